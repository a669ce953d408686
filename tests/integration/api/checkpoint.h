/* SPDX-License-Identifier: MIT */
#ifndef API_CHECKPOINT_H
#define API_CHECKPOINT_H

/* What the tests of checkpoints share, those with CRIU and those with a stand-in. */

#include "api.h"
#include "harness/checkpoint.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A folder of the world's, and both structs of options with it. */
struct images {
        char path[96], work[96];
        contain_checkpoint_options_t dump;
        contain_restore_options_t restore;
};

static inline void images_init(struct images *images, const struct world *w, const char *name,
                               const char *criu)
{
        *images = (struct images){ .dump = { .size = sizeof(images->dump), .criu = criu },
                                   .restore = { .size = sizeof(images->restore), .criu = criu } };
        snprintf(images->path, sizeof(images->path), "%s/%s", w->dir, name);
        snprintf(images->work, sizeof(images->work), "%s/%s-log", w->dir, name);
        images->dump.image_path = images->restore.image_path = images->path;
        images->dump.work_path = images->restore.work_path = images->work;
}

/* Ends a container, whatever it does, and takes it away. */
static inline void end_container(contain_t *c)
{
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* A running container of @config (consumed), with pipes to standard input and from standard output. */
static inline contain_t *run_with_pipes(struct world *w, struct json_object *config, int *ret_in,
                                        int *ret_out)
{
        contain_t *c = guest_new(w, config);
        int in[2] = { -1, -1 }, out[2] = { -1, -1 };

        if (!c || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
                return contain_unref(c);
        EXPECT_OK(contain_set_stdio(c, in[0], out[1], out[1], &error_));
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        close(in[0]);
        close(out[1]);
        *ret_in = in[1];
        *ret_out = out[0];
        return c;
}

/* A new handle to restore @config (consumed) with, and pipes of its own. */
static inline contain_t *prepare_restore(struct world *w, struct json_object *config, int *ret_in,
                                         int *ret_out)
{
        contain_t *c = guest_new(w, config);
        int in[2] = { -1, -1 }, out[2] = { -1, -1 };

        if (!c || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
                return contain_unref(c);
        EXPECT_OK(contain_set_stdio(c, in[0], out[1], out[1], &error_));
        close(in[0]);
        close(out[1]);
        *ret_in = in[1];
        *ret_out = out[0];
        return c;
}

#endif
