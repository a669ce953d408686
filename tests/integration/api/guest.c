/* SPDX-License-Identifier: MIT */

/*
 * A good guest: a host with many threads makes and destroys containers, while other threads allocate and
 * fork; afterwards the host is as it was. Runs under the thread sanitizer as well.
 */

#include "api.h"
#include "harness/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define THREADS    8
#define CONTAINERS test_rounds(50)
#define IMAGES     20

struct host {
        struct world *world;
        atomic_int failed, finished, forked;
        atomic_bool stop;
};

/* One container: all that it sees of descriptors is what it was given. */
static const char *one_container(struct host *host, char message[static 256])
{
        contain_exit_t ended = { .size = sizeof(ended) };
        contain_error_t *error = NULL;
        auto_container c = NULL;
        auto_text output = NULL;
        int out[2], r;

        c = guest_new(host->world, config_new(host->world->rootfs, "echo /proc/self/fd/*"));
        if (!c || pipe2(out, O_CLOEXEC) < 0)
                return "cannot begin";
        r = contain_set_stdio(c, -1, out[1], -1, &error);
        r = r < 0 ? r : contain_create(c, &error);
        close(out[1]);
        r = r < 0 ? r : contain_start(c, &error);
        if (r >= 0)
                output = guest_read(out[0], 60000, NULL);
        close(out[0]);
        r = r < 0 ? r : contain_wait(c, 60000, &ended, &error);
        r = r < 0 ? r : contain_destroy(c, 0, &error);
        snprintf(message, 256, "%s", contain_error_message(error));
        contain_error_free(error);
        if (r < 0)
                return message;
        if (ended.code != 0)
                return "exit code";
        if (strcmp(output, "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n") != 0) {
                snprintf(message, 256, "descriptors inside: %s", output);
                return message;
        }
        return NULL;
}

static void *make_containers(void *data)
{
        struct host *host = data;
        char message[256];

        for (int i = 0; i < CONTAINERS; i++) {
                const char *problem = one_container(host, message);

                if (problem) {
                        fprintf(stderr, "container: %s\n", problem);
                        atomic_fetch_add(&host->failed, 1);
                }
                atomic_fetch_add(&host->finished, 1);
        }
        return NULL;
}

static int give_up(void *userdata, const contain_image_progress_t *progress)
{
        (void)userdata;
        (void)progress;
        return 1;
}

/*
 * Looks at images, which another program does for the host: one that is there, one that is not, one that the
 * caller loses interest in. A build without that program says so, and that is all.
 */
static void *look_at_images(void *data)
{
        contain_image_options_t impatient = { .size = sizeof(impatient), .progress = give_up };
        struct host *host = data;
        char name[PATH_MAX];

        snprintf(name, sizeof(name), "dir:%s", host->world->rootfs);
        for (int i = 0; i < IMAGES; i++) {
                contain_error_t *error = NULL;
                char *document = NULL;
                int r = contain_image_inspect_json(host->world->ctx, name, NULL, &document, &error);

                if (r < 0 && r != -EOPNOTSUPP) {
                        fprintf(stderr, "image: %s\n", contain_error_message(error));
                        atomic_fetch_add(&host->failed, 1);
                }
                contain_free(document);
                contain_error_free(error);
                document = NULL;
                if (contain_image_inspect_json(host->world->ctx, "oci:/no/such/folder", NULL, &document,
                                               NULL) >= 0)
                        atomic_fetch_add(&host->failed, 1);
                /* It may well be done before it is asked to stop. */
                if (contain_image_inspect_json(host->world->ctx, name, &impatient, &document, NULL) >= 0)
                        contain_free(document);
        }
        return NULL;
}

static void *allocate(void *data)
{
        struct host *host = data;
        unsigned seed = 1;

        while (!atomic_load(&host->stop)) {
                char *blocks[64];

                for (size_t i = 0; i < 64; i++) {
                        seed = seed * 1103515245 + 12345;
                        blocks[i] = malloc(1 + (seed >> 8) % 20000);
                        if (blocks[i])
                                blocks[i][0] = 1;
                }
                for (size_t i = 0; i < 64; i++)
                        free(blocks[i]);
                /* Two CPUs have to be enough for all these threads. */
                usleep(200);
        }
        return NULL;
}

static void *fork_children(void *data)
{
        struct host *host = data;

        while (!atomic_load(&host->stop)) {
                int status = 0;
                pid_t pid = fork();

                if (pid == 0)
                        _exit(17);
                if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
                    WEXITSTATUS(status) != 17)
                        atomic_fetch_add(&host->failed, 1);
                atomic_fetch_add(&host->forked, 1);
                usleep(2000);
        }
        return NULL;
}

static void on_signal(int signo)
{
        (void)signo;
}

/* Settings that a careless library would overwrite, each away from its default. */
static int unusual_settings(const struct world *w)
{
        struct rlimit limit;
        sigset_t blocked;

        umask(0135);
        setenv("CONTAIN_TEST", "kept", 1);
        signal(SIGUSR1, on_signal);
        signal(SIGPIPE, SIG_IGN);
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGUSR2);
        pthread_sigmask(SIG_BLOCK, &blocked, NULL);
        getrlimit(RLIMIT_CORE, &limit);
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
        if (chdir(w->rootfs) < 0)
                return -1;
        return open("/etc/passwd", O_RDONLY); /* without close-on-exec */
}

static void usual_settings(int leaked)
{
        sigset_t none;

        close(leaked);
        umask(022);
        unsetenv("CONTAIN_TEST");
        signal(SIGUSR1, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        sigemptyset(&none);
        pthread_sigmask(SIG_SETMASK, &none, NULL);
        if (chdir("/") < 0)
                abort();
}

static void *end_at_once(void *unused)
{
        return unused;
}

/* Threads of this program; pthread_join() may return a little before the kernel has let go of one. */
static int threads_count(void)
{
        struct dirent **tasks = NULL;
        int n = scandir("/proc/self/task", &tasks, NULL, NULL);

        for (int i = 0; i < n; i++)
                free(tasks[i]);
        free(tasks);
        return n;
}

/* Waits up to a second for their number to be no more than @n. */
static void threads_settle(int n)
{
        for (int i = 0; i < 100 && threads_count() > n; i++)
                usleep(10000);
}

/* Those that stay: one of the test before may still be on its way out. */
static int threads_that_stay(void)
{
        int least = threads_count();

        for (int i = 0; i < 20 && least > 1; i++) {
                int n;

                usleep(10000);
                n = threads_count();
                least = n < least ? n : least;
        }
        return least;
}

TEST(many_threads_leave_the_host_as_it_was)
{
        pthread_t makers[THREADS], others[3], looker;
        struct snapshot *before, *after;
        struct host host = { 0 };
        int leaked, threads;
        WORLD_OF_ANYBODY(w);

        host.world = &w;
        leaked = unusual_settings(&w);
        REQUIRE(leaked >= 0);
        threads = threads_that_stay();
        /* The first one may make what stays: the state root's folder, caches of the context. */
        one_container(&host, (char[256]){ 0 });
        look_at_images(&host);
        /* The C library catches a signal of its own (SIGSETXID) from a program's first thread on. */
        pthread_create(&others[0], NULL, end_at_once, NULL);
        pthread_join(others[0], NULL);
        threads_settle(threads);
        before = snapshot_take(w.state, w.name);

        pthread_create(&looker, NULL, look_at_images, &host);
        pthread_create(&others[0], NULL, allocate, &host);
        pthread_create(&others[1], NULL, allocate, &host);
        pthread_create(&others[2], NULL, fork_children, &host);
        for (size_t i = 0; i < THREADS; i++)
                pthread_create(&makers[i], NULL, make_containers, &host);
        for (size_t i = 0; i < THREADS; i++)
                pthread_join(makers[i], NULL);
        pthread_join(looker, NULL);
        atomic_store(&host.stop, true);
        for (size_t i = 0; i < 3; i++)
                pthread_join(others[i], NULL);
        threads_settle(threads);

        after = snapshot_take(w.state, w.name);
        EXPECT_EQ(snapshot_compare(before, after), 0);
        EXPECT_EQ(atomic_load(&host.failed), 0);
        EXPECT_EQ(atomic_load(&host.finished), THREADS * CONTAINERS);
        EXPECT(atomic_load(&host.forked) > 0);
        snapshot_free(before);
        snapshot_free(after);
        usual_settings(leaked);
}

/* Every call that can fail, failing: the host must not notice that either. */
TEST(failures_leave_the_host_as_it_was)
{
        static const struct {
                const char *pointer, *value;
        } causes[] = {
                { "/process/cwd", "'relative'" },
                { "/process/args", "['no-such-program']" },
                { "/root/path", "'/no/such/folder'" },
                { "/mounts/-", "{'destination': '/t', 'type': 'nosuchfs', 'source': 'x'}" },
                { "/linux/namespaces/0/path", "'/etc/passwd'" },
                { "/linux/resources/cpu/cpus", "'999'" },
                { "/linux/sysctl", "{'net.nothing': '1'}" },
                { "/hooks/createRuntime", "[{'path': '/bin/false'}]" },
                { "/hooks/createContainer", "[{'path': '/bin/false'}]" },
                { "/process/apparmorProfile", "'no-such-profile'" },
                { "/linux/seccomp", "{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/no/such/socket',"
                                    " 'syscalls': [{'names': ['mkdir'], 'action': 'SCMP_ACT_NOTIFY'}]}" },
        };
        struct snapshot *before, *after;
        struct host host = { 0 };
        int leaked;
        WORLD_OF_ANYBODY(w);

        leaked = unusual_settings(&w);
        REQUIRE(leaked >= 0);
        free(guest_output(&w, CONFIG(w, "true")));
        host.world = &w;
        look_at_images(&host);
        before = snapshot_take(w.state, w.name);
        look_at_images(&host);
        EXPECT_EQ(atomic_load(&host.failed), 0);
        for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
                struct json_object *config = CONFIG(w, "true");
                auto_text output = NULL;

                config_set(config, causes[i].pointer, "%s", causes[i].value);
                output = guest_output(&w, config);
                (void)test_check(output && strncmp(output, "error: ", 7) == 0, __FILE__, __LINE__,
                                 "%s = %s to fail, found %s", causes[i].pointer, causes[i].value,
                                 output ? output : "nothing");
        }
        after = snapshot_take(w.state, w.name);
        EXPECT_EQ(snapshot_compare(before, after), 0);
        snapshot_free(before);
        snapshot_free(after);
        usual_settings(leaked);
}

struct shared {
        contain_t *c;
        atomic_int odd;
};

/* All sorts of calls on one handle; each has to give one of the results that make sense. */
static void *use_handle(void *data)
{
        struct shared *shared = data;
        contain_exit_t ended = { .size = sizeof(ended) };

        for (int i = 0; i < 200; i++) {
                char *text = NULL;
                int r = contain_status(shared->c, NULL);

                if (r < 0)
                        atomic_fetch_add(&shared->odd, 1);
                r = contain_state_json(shared->c, &text, NULL);
                if (r < 0 && r != -ENOENT)
                        atomic_fetch_add(&shared->odd, 1);
                contain_free(text);
                r = contain_wait(shared->c, 1, &ended, NULL);
                if (r < 0 && r != -ETIMEDOUT && r != -EINVAL)
                        atomic_fetch_add(&shared->odd, 1);
                r = contain_signal(shared->c, SIGCONT, 0, NULL);
                if (r < 0 && r != -ESRCH && r != -EINVAL)
                        atomic_fetch_add(&shared->odd, 1);
                r = contain_event_next(shared->c, NULL);
                if (r < 0)
                        atomic_fetch_add(&shared->odd, 1);
        }
        return NULL;
}

TEST(one_handle_in_many_threads)
{
        struct shared shared = { 0 };
        pthread_t threads[4];
        WORLD_OF_ANYBODY(w);

        shared.c = guest_new(&w, CONFIG(w, "sleep 0.1"));
        REQUIRE(shared.c != NULL);
        for (size_t i = 0; i < 4; i++)
                pthread_create(&threads[i], NULL, use_handle, &shared);
        EXPECT_OK(contain_create(shared.c, &error_));
        EXPECT_OK(contain_start(shared.c, &error_));
        EXPECT_OK(contain_wait(shared.c, 20000, NULL, &error_));
        EXPECT_OK(contain_destroy(shared.c, 0, &error_));
        for (size_t i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        EXPECT_EQ(atomic_load(&shared.odd), 0);
        contain_unref(shared.c);
}
