/* SPDX-License-Identifier: MIT */

/*
 * Containers in an event loop: poll-loop BUNDLE... runs them all at once and tells what happens
 * to them, from one thread that never blocks in contain_wait().
 */

#include <contain/contain.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct watch {
        contain_t *container;
        int event_fd;
};

static int fail(const char *what, contain_error_t *error)
{
        fprintf(stderr, "%s: %s\n", what, contain_error_message(error));
        contain_error_free(error);
        return -1;
}

/* What a failure leaves in @watch is for stop(). */
static int start(contain_ctx_t *ctx, const char *bundle, struct watch *watch)
{
        contain_error_t *error = NULL;

        if (contain_new(&watch->container, ctx, NULL, &error) < 0 ||
            contain_load_bundle(watch->container, bundle, &error) < 0 ||
            contain_create(watch->container, &error) < 0 || contain_start(watch->container, &error) < 0)
                return fail(bundle, error);
        watch->event_fd = contain_event_fd(watch->container, &error);
        return watch->event_fd < 0 ? fail(bundle, error) : 0;
}

static void stop(struct watch *watch)
{
        if (watch->event_fd >= 0)
                (void)close(watch->event_fd);
        if (watch->container)
                (void)contain_destroy(watch->container, CONTAIN_DESTROY_FORCE, NULL);
        watch->container = contain_unref(watch->container);
        watch->event_fd = -1;
}

/* Returns 1 once the container has ended. */
static int handle(struct watch *watch)
{
        contain_exit_t status = { .size = sizeof(status) };
        contain_t *c = watch->container;
        int event;

        while ((event = contain_event_next(c, NULL)) > 0) {
                if (event == CONTAIN_EVENT_STARTED)
                        printf("%s: started, pid %d\n", contain_id(c), contain_pid(c));
                if (event == CONTAIN_EVENT_OOM)
                        printf("%s: out of memory\n", contain_id(c));
                if (event != CONTAIN_EVENT_EXITED)
                        continue;
                if (contain_wait(c, 0, &status, NULL) == 0 && status.known)
                        printf("%s: ended, code %d, signal %d\n", contain_id(c), status.code, status.signo);
                return 1;
        }
        return 0;
}

static void loop(int epoll_fd, int running)
{
        while (running > 0) {
                struct epoll_event event;

                if (epoll_wait(epoll_fd, &event, 1, -1) == 1 && handle(event.data.ptr)) {
                        stop(event.data.ptr);
                        running--;
                }
        }
}

int main(int argc, char **argv)
{
        struct watch *watches = calloc((size_t)argc, sizeof(*watches));
        int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        contain_error_t *error = NULL;
        contain_ctx_t *ctx = NULL;
        int running = 0;

        if (!watches || epoll_fd < 0 || contain_ctx_new(&ctx, &error) < 0)
                return fail("poll-loop", error) < 0;
        for (int i = 1; i < argc; i++) {
                struct epoll_event event = { .events = EPOLLIN, .data.ptr = &watches[i] };

                watches[i].event_fd = -1;
                if (start(ctx, argv[i], &watches[i]) < 0 ||
                    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, watches[i].event_fd, &event) < 0)
                        stop(&watches[i]);
                else
                        running++;
        }
        loop(epoll_fd, running);
        contain_ctx_unref(ctx);
        (void)close(epoll_fd);
        free(watches);
        return running == argc - 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
