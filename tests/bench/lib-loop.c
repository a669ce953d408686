/* SPDX-License-Identifier: MIT */

/*
 * Times contain_create, contain_start, contain_wait and contain_destroy of one configuration,
 * in a host of a chosen size.
 *
 * Usage: lib-loop BUNDLE STATE COUNT [MIB]
 *
 * MIB is how much heap this program touches first, to see that the price does not grow with it.
 */

#include "samples.h"

#include <contain/contain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what, contain_error_t *error)
{
        fprintf(stderr, "%s: %s\n", what, contain_error_message(error));
        contain_error_free(error);
        return -1;
}

/* One life; the handle's making and reading the configuration are part of it. */
static int run_once(contain_ctx_t *ctx, const char *bundle, const char *id)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        contain_error_t *error = NULL;
        contain_t *c = NULL;
        int r;

        r = contain_new(&c, ctx, id, &error);
        if (r >= 0)
                r = contain_load_bundle(c, bundle, &error);
        if (r >= 0)
                r = contain_create(c, &error);
        if (r >= 0)
                r = contain_start(c, &error);
        if (r >= 0)
                r = contain_wait(c, -1, &ended, &error);
        if (r >= 0)
                r = contain_destroy(c, 0, &error);
        contain_unref(c);
        if (r < 0)
                return fail(id, error);
        if (ended.code != 0) {
                fprintf(stderr, "%s: exit code %d\n", id, (int)ended.code);
                return -1;
        }
        return 0;
}

int main(int argc, char **argv)
{
        contain_error_t *error = NULL;
        contain_ctx_t *ctx = NULL;
        double *samples;
        char *heap = NULL;
        size_t n, size;

        if (argc < 4 || argc > 5) {
                fprintf(stderr, "usage: %s BUNDLE STATE COUNT [MIB]\n", argv[0]);
                return 2;
        }
        n = samples_count(argv[3]);
        size = (argc == 5 ? samples_count(argv[4]) : 1) << 20;
        samples = calloc(n, sizeof(samples[0]));
        heap = malloc(size);
        if (!samples || !heap)
                return 1;
        memset(heap, 0x55, size);
        __asm__ volatile("" : : "r"(heap) : "memory");
        if (contain_ctx_new(&ctx, &error) < 0)
                return fail("context", error) < 0;
        if (contain_ctx_set_state_root(ctx, argv[2], &error) < 0)
                return fail(argv[2], error) < 0;

        for (size_t i = 0; i < n; i++) {
                double begin;
                char id[64];

                snprintf(id, sizeof(id), "bench-%d-%zu", (int)getpid(), i);
                begin = samples_now();
                if (run_once(ctx, argv[1], id) < 0)
                        return 1;
                samples[i] = samples_now() - begin;
        }
        samples_print(samples, n);
        contain_ctx_unref(ctx);
        free(samples);
        free(heap);
        return 0;
}
