/* SPDX-License-Identifier: MIT */

/*
 * A program that believes it sits at a terminal: console ROOTFS PROGRAM [ARGUMENT]... The
 * terminal's master end comes as a descriptor; what is written to it is typed, what is read
 * from it was shown.
 */

#include <contain/contain.h>

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Loads the default configuration, which has no terminal unless it is asked for. */
static int load(contain_t *c, contain_ctx_t *ctx, const char *rootfs, char **argv, contain_error_t **err)
{
        char *config = NULL;
        int r;

        r = contain_default_config(ctx, rootfs, (const char *const *)argv, CONTAIN_CONFIG_TERMINAL, &config,
                                   err);
        if (r < 0)
                return r;
        r = contain_load_config(c, config, strlen(config), NULL, err);
        contain_free(config);
        return r;
}

/* Before the start, so that the program never sees another size. */
static int set_size(int console_fd)
{
        const struct winsize size = { .ws_row = 24, .ws_col = 80 };

        return ioctl(console_fd, TIOCSWINSZ, &size);
}

/* Shows what the program writes, until nobody has its terminal open any more. */
static void show(int console_fd)
{
        char bytes[4096];
        ssize_t n;

        /* The end of a terminal is an error, EIO, not the end of a file. */
        while ((n = read(console_fd, bytes, sizeof(bytes))) > 0)
                (void)!write(STDOUT_FILENO, bytes, (size_t)n);
}

int main(int argc, char **argv)
{
        contain_exit_t status = { .size = sizeof(status) };
        contain_error_t *error = NULL;
        contain_ctx_t *ctx = NULL;
        contain_t *c = NULL;
        int console_fd = -1;

        if (argc < 3) {
                fprintf(stderr, "usage: %s ROOTFS PROGRAM [ARGUMENT]...\n", argv[0]);
                return 1;
        }
        if (contain_ctx_new(&ctx, &error) == 0 && contain_new(&c, ctx, NULL, &error) == 0 &&
            load(c, ctx, argv[1], argv + 2, &error) == 0 && contain_create(c, &error) == 0 &&
            (console_fd = contain_console_fd(c, &error)) >= 0 && set_size(console_fd) == 0 &&
            contain_start(c, &error) == 0) {
                show(console_fd);
                (void)contain_wait(c, -1, &status, &error);
        }
        if (error)
                fprintf(stderr, "%s\n", contain_error_message(error));
        if (console_fd >= 0)
                (void)close(console_fd);
        if (c)
                (void)contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL);
        contain_unref(c);
        contain_ctx_unref(ctx);
        contain_error_free(error);
        return status.known && !status.signo ? status.code : 1;
}
