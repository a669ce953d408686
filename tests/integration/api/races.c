/* SPDX-License-Identifier: MIT */

/*
 * Sixteen threads at once on one container, with a handle each and with one for all: each call has one
 * winner, the others get their error. And handles that outlive their container, whose id is another one's by
 * then.
 */

#include "api.h"
#include "harness/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define THREADS 16
#define ROUNDS  test_rounds(10)

/* One call by one thread. */
struct call {
        int (*fn)(contain_t *c, contain_error_t **err);
        contain_t *c;
        pthread_barrier_t *barrier;
        int result, code;
};

static void *make_call(void *data)
{
        struct call *call = data;
        contain_error_t *error = NULL;

        pthread_barrier_wait(call->barrier);
        call->result = call->fn(call->c, &error);
        call->code = contain_error_code(error);
        contain_error_free(error);
        return NULL;
}

static int force(contain_t *c, contain_error_t **err)
{
        return contain_destroy(c, CONTAIN_DESTROY_FORCE, err);
}

static int destroy(contain_t *c, contain_error_t **err)
{
        return contain_destroy(c, 0, err);
}

/* All handles at the same moment. Returns how many succeeded; the others have to fail with @errnum and @code.
 */
static int all_at_once(contain_t *handles[THREADS], int (*fn)(contain_t *, contain_error_t **), int errnum,
                       int code)
{
        struct call calls[THREADS];
        pthread_t threads[THREADS];
        pthread_barrier_t barrier;
        int n = 0;

        pthread_barrier_init(&barrier, NULL, THREADS);
        for (int i = 0; i < THREADS; i++) {
                calls[i] = (struct call){ .fn = fn, .c = handles[i], .barrier = &barrier };
                if (pthread_create(&threads[i], NULL, make_call, &calls[i]) != 0)
                        abort();
        }
        for (int i = 0; i < THREADS; i++) {
                pthread_join(threads[i], NULL);
                if (calls[i].result == 0)
                        n++;
                else
                        test_check(calls[i].result == -errnum && calls[i].code == code, __FILE__, __LINE__,
                                   "errno %d and CT-%d, found %d and CT-%d", errnum, code, -calls[i].result,
                                   calls[i].code);
        }
        pthread_barrier_destroy(&barrier);
        return n;
}

static int count_descriptors(void)
{
        DIR *folder = opendir("/proc/self/fd");
        int n = 0;

        while (folder && readdir(folder))
                n++;
        if (folder)
                closedir(folder);
        return n;
}

/* A handle of @id with a configuration that runs for long. */
static contain_t *new_handle(struct world *w, const char *id)
{
        contain_t *c = NULL;

        EXPECT_OK(contain_new(&c, w->ctx, id, &error_));
        EXPECT_OK(guest_load(c, w, CONFIG(*w, "exec sleep 100"), &error_));
        return c;
}

static contain_t *new_running(struct world *w, const char *id)
{
        contain_t *c = new_handle(w, id);

        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        return c;
}

/* --- at once -------------------------------------------------------------------------------- */

TEST(a_handle_for_each_thread)
{
        contain_t *makers[THREADS], *handles[THREADS];
        int before = 0;
        char id[64];
        WORLD_OF_ANYBODY(w);

        for (int round = 0; round <= ROUNDS; round++) {
                world_id(&w, id, sizeof(id));
                for (int i = 0; i < THREADS; i++)
                        makers[i] = new_handle(&w, id);
                EXPECT_EQ(all_at_once(makers, contain_create, EEXIST, CONTAIN_E_EXISTS), 1);
                for (int i = 0; i < THREADS; i++)
                        EXPECT_OK(contain_open(&handles[i], w.ctx, id, &error_));
                EXPECT_EQ(all_at_once(handles, contain_start, EINVAL, CONTAIN_E_STATUS), 1);
                EXPECT_EQ(all_at_once(handles, destroy, EBUSY, CONTAIN_E_STATUS), 0);
                EXPECT_EQ(all_at_once(handles, force, ENOENT, CONTAIN_E_NOT_FOUND), 1);
                for (int i = 0; i < THREADS; i++) {
                        contain_unref(handles[i]);
                        contain_unref(makers[i]);
                }
                /* What a context keeps is opened in the first round. */
                if (round == 0)
                        before = count_descriptors();
        }
        EXPECT_EQ(count_descriptors(), before);
        EXPECT_EQ(children_left(), 0);
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(one_handle_for_all_threads)
{
        contain_t *handles[THREADS];
        char id[64];
        WORLD_OF_ANYBODY(w);

        for (int round = 0; round < ROUNDS; round++) {
                auto_container c = new_handle(&w, world_id(&w, id, sizeof(id)));

                for (int i = 0; i < THREADS; i++)
                        handles[i] = c;
                EXPECT_EQ(all_at_once(handles, contain_create, EBUSY, CONTAIN_E_STATUS), 1);
                EXPECT_EQ(all_at_once(handles, contain_start, EINVAL, CONTAIN_E_STATUS), 1);
                EXPECT_EQ(all_at_once(handles, force, ENOENT, CONTAIN_E_NOT_FOUND), 1);
        }
        EXPECT_EQ(children_left(), 0);
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(a_silent_caller_holds_nobody_up)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        auto_fd silent = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        char id[64];
        WORLD_OF_ANYBODY(w);
        auto_container c = new_handle(&w, world_id(&w, id, sizeof(id)));

        EXPECT_OK(contain_create(c, &error_));
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%.30s/start", w.state, id);
        REQUIRE_EQ(connect(silent, (struct sockaddr *)&address, sizeof(address)), 0);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_CREATED);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_OK(force(c, &error_));
}

/* --- handles that outlive their container ---------------------------------------------------- */

/* Has another handle remove the container of @id, and makes the next one of that id. */
static contain_t *replace(struct world *w, const char *id)
{
        auto_container other = NULL;

        EXPECT_OK(contain_open(&other, w->ctx, id, &error_));
        EXPECT_OK(force(other, &error_));
        return new_running(w, id);
}

static void expect_harmless(contain_t *stale, contain_t *next)
{
        EXPECT_EQ(contain_status(stale, NULL), CONTAIN_STATUS_NONE);
        EXPECT_FAILS(contain_start(stale, &error_), ENOENT, CONTAIN_E_NOT_FOUND);
        EXPECT_FAILS(contain_signal(stale, SIGKILL, 0, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_OK(contain_signal(stale, SIGKILL, CONTAIN_SIGNAL_ALL, &error_));
        EXPECT_FAILS(destroy(stale, &error_), ENOENT, CONTAIN_E_NOT_FOUND);
        EXPECT_FAILS(force(stale, &error_), ENOENT, CONTAIN_E_NOT_FOUND);
        EXPECT_EQ(contain_wait(next, 100, NULL, NULL), -ETIMEDOUT);
        EXPECT_EQ(contain_status(next, NULL), CONTAIN_STATUS_RUNNING);
}

TEST(the_maker_of_an_earlier_container)
{
        char id[64];
        WORLD_OF_ANYBODY(w);
        auto_container stale = new_running(&w, world_id(&w, id, sizeof(id)));
        auto_container next = replace(&w, id);

        expect_harmless(stale, next);
        EXPECT_OK(force(next, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(who_had_opened_an_earlier_container)
{
        char id[64];
        WORLD_OF_ANYBODY(w);
        auto_container first = new_running(&w, world_id(&w, id, sizeof(id)));
        auto_container stale = NULL;
        auto_container late = NULL;
        auto_container next = NULL;

        EXPECT_OK(contain_open(&stale, w.ctx, id, &error_));
        EXPECT_OK(contain_signal(first, SIGKILL, 0, &error_));
        EXPECT_OK(contain_wait(first, 5000, NULL, &error_));
        EXPECT_OK(contain_open(&late, w.ctx, id, &error_));
        next = replace(&w, id);
        expect_harmless(stale, next);
        expect_harmless(late, next);
        EXPECT_OK(force(next, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}
