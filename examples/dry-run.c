/* SPDX-License-Identifier: MIT */

/*
 * Looks at configurations without running them: dry-run BUNDLE... says of each whether a plan can be made
 * of it here, and if not, which line of it is in the way. Needs no privilege. To list all problems, and those
 * that only a look at the machine tells, contain_check() is the call: see contain-run/check.c.
 */

#include <contain/contain.h>

#include <stdio.h>
#include <stdlib.h>

static int check(contain_ctx_t *ctx, const char *bundle)
{
        contain_error_t *error = NULL;
        contain_t *c = NULL;
        char *plan = NULL;
        int r;

        r = contain_new(&c, ctx, NULL, &error);
        if (r == 0)
                r = contain_load_bundle(c, bundle, &error);
        if (r == 0)
                r = contain_plan_json(c, &plan, &error);
        if (r == 0)
                printf("%s: fine\n", bundle);
        else
                printf("%s: at '%s': %s (code %d)\n", bundle, contain_error_pointer(error),
                       contain_error_sentence(error), contain_error_code(error));
        contain_free(plan);
        contain_unref(c);
        contain_error_free(error);
        return r;
}

int main(int argc, char **argv)
{
        contain_ctx_t *ctx = NULL;
        int status = EXIT_SUCCESS;

        if (contain_ctx_new(&ctx, NULL) < 0)
                return EXIT_FAILURE;
        for (int i = 1; i < argc; i++)
                if (check(ctx, argv[i]) < 0)
                        status = EXIT_FAILURE;
        contain_ctx_unref(ctx);
        return status;
}
