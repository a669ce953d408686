/* SPDX-License-Identifier: MIT */

/*
 * The calling process becomes the container's program: become BUNDLE. No child, no daemon: a
 * supervisor that started this keeps its pid, its signals and its exit status. The bundle's
 * configuration has to do without a new pid namespace and without a terminal.
 */

#include <contain/contain.h>

#include <stdio.h>

int main(int argc, char **argv)
{
        contain_error_t *error = NULL;
        contain_t *c = NULL;

        if (argc != 2) {
                fprintf(stderr, "usage: %s BUNDLE\n", argv[0]);
                return 125;
        }
        if (contain_new(&c, NULL, NULL, &error) == 0 && contain_load_bundle(c, argv[1], &error) == 0)
                (void)contain_become(c, &error);
        fprintf(stderr, "%s: %s\n", argv[1], contain_error_message(error));
        contain_unref(c);
        contain_error_free(error);
        return 125;
}
