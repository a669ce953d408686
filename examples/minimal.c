/* SPDX-License-Identifier: MIT */

/* A container in a few lines: minimal ROOTFS PROGRAM [ARGUMENT]... */

#include <contain/contain.h>

#include <stdio.h>

int main(int argc, char **argv)
{
        contain_exit_t status = { .size = sizeof(status) };
        contain_error_t *error = NULL;
        contain_t *c = NULL;

        if (argc < 3 || contain_new(&c, NULL, NULL, &error) < 0 ||
            contain_load_rootfs(c, argv[1], (const char *const *)argv + 2, &error) < 0 ||
            contain_create(c, &error) < 0 || contain_start(c, &error) < 0 ||
            contain_wait(c, -1, &status, &error) < 0)
                fprintf(stderr, "%s\n", contain_error_message(error));
        if (c)
                (void)contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL);
        contain_unref(c);
        contain_error_free(error);
        return status.known && !status.signo ? status.code : 1;
}
