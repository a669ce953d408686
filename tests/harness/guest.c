/* SPDX-License-Identifier: MIT */

/* One container of a test, from beginning to end. */

#include "harness/guest.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GUEST_TIMEOUT_MS 30000

int guest_load(contain_t *c, struct world *w, struct json_object *config, contain_error_t **err)
{
        const char *text = json_object_to_json_string_ext(config, JSON_C_TO_STRING_PLAIN);
        int r = contain_load_config(c, text, strlen(text), w->dir, err);

        json_object_put(config);
        return r;
}

contain_t *guest_new(struct world *w, struct json_object *config)
{
        contain_error_t *error = NULL;
        contain_t *c = NULL;
        char id[64];
        int r;

        r = contain_new(&c, w->ctx, world_id(w, id, sizeof(id)), &error);
        if (r >= 0)
                r = guest_load(c, w, config, &error);
        else
                json_object_put(config);
        if (r < 0) {
                fprintf(stderr, "%s\n", contain_error_message(error));
                contain_error_free(error);
                return contain_unref(c);
        }
        return c;
}

static long long now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

char *guest_read(int fd, int timeout_ms, int *ret_end)
{
        long long deadline = now_ms() + timeout_ms;
        size_t size = 0, room = 256;
        char *text = malloc(room);
        int end = 0;

        for (;;) {
                struct pollfd wait = { .fd = fd, .events = POLLIN };
                long long left = deadline - now_ms();
                ssize_t n;

                if (!text)
                        abort();
                if (poll(&wait, 1, left > 0 ? (int)left : 0) <= 0)
                        break;
                n = read(fd, text + size, room - size - 1);
                /* A terminal whose other end is gone reads as EIO. */
                if (n <= 0) {
                        end = 1;
                        break;
                }
                size += (size_t)n;
                if (room - size < 64)
                        text = realloc(text, room *= 2);
        }
        text[size] = '\0';
        if (ret_end)
                *ret_end = end;
        return text;
}

char *guest_error(contain_error_t *error, char *buffer, size_t size)
{
        const char *pointer = contain_error_pointer(error);

        snprintf(buffer, size, "CT-%d %s%s%s", contain_error_code(error), pointer, *pointer ? ": " : "",
                 contain_error_sentence(error));
        contain_error_free(error);
        return buffer;
}

/* Adds a line to malloc'd @text. */
static char *add_line(char *text, const char *word, const char *value)
{
        char *more = NULL;

        if (asprintf(&more, "%s%s%s\n", text ? text : "", word, value) < 0)
                abort();
        free(text);
        return more;
}

char *guest_run(contain_t *c)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        contain_error_t *error = NULL, *ignored = NULL;
        char *output = NULL, number[16];
        int fds[2], null_fd, r, created;

        null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null_fd < 0 || pipe2(fds, O_CLOEXEC) < 0)
                abort();
        r = contain_set_stdio(c, null_fd, fds[1], fds[1], &error);
        if (r >= 0)
                r = contain_create(c, &error);
        created = r >= 0;
        close(null_fd);
        close(fds[1]);
        if (r >= 0)
                r = contain_start(c, &error);
        if (r >= 0) {
                output = guest_read(fds[0], GUEST_TIMEOUT_MS, NULL);
                r = contain_wait(c, GUEST_TIMEOUT_MS, &ended, &error);
        }
        if (r >= 0 && ended.code != 0) {
                snprintf(number, sizeof(number), "%d", ended.signo ? ended.signo : ended.code);
                output = add_line(output, ended.signo ? "signal " : "exit ", number);
        }
        if (r < 0)
                output = add_line(output, "error: ", contain_error_message(error));
        contain_error_free(error);
        if (created && contain_destroy(c, CONTAIN_DESTROY_FORCE, &ignored) < 0)
                output = add_line(output, "destroy: ", contain_error_message(ignored));
        contain_error_free(ignored);
        close(fds[0]);
        return output;
}

char *guest_output(struct world *w, struct json_object *config)
{
        contain_error_t *error = NULL;
        contain_t *c = NULL;
        char id[64], *output;
        int r;

        r = contain_new(&c, w->ctx, world_id(w, id, sizeof(id)), &error);
        if (r >= 0)
                r = guest_load(c, w, config, &error);
        else
                json_object_put(config);
        output = r < 0 ? add_line(NULL, "error: ", contain_error_message(error)) : guest_run(c);
        contain_error_free(error);
        contain_unref(c);
        return output;
}
