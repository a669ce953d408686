/* SPDX-License-Identifier: MIT */

/* Hooks: what they get, how they may fail, and that none of it disturbs the host. */

#include "helper.h"

#include "host/hooks.h"

#include "harness/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Runs @path with the folder's path as its argument. */
static int run_hook(const struct folder *folder, const char *path, uint32_t timeout, contain_error_t **err)
{
        char *argv[] = { (char *)"hook", (char *)(uintptr_t)folder->path, NULL };
        char *envp[] = { (char *)"PATH=/usr/bin:/bin", (char *)"MARK=1", NULL };
        const struct ct_hook_run hook = { .path = path,
                                          .argv = argv,
                                          .envp = envp,
                                          .timeout = timeout,
                                          .at = "/hooks/createRuntime/0",
                                          .kind = "createRuntime",
                                          .state = "{\"id\":\"web\"}\n" };

        return ct_hook_run(&hook, err);
}

/* The same with a script of that body. */
static int run_script(const struct folder *folder, const char *body, uint32_t timeout, contain_error_t **err)
{
        const char *path = folder_script(folder, "hook", body);

        return path ? run_hook(folder, path, timeout, err) : -ENOTRECOVERABLE;
}

/* Expects it to fail with one sentence: "createRuntime hook 'PATH' " and then @rest. */
static void expect_failure(const struct folder *folder, const char *body, uint32_t timeout, int error,
                           const char *rest)
{
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        char sentence[1024];

        EXPECT_EQ(run_script(folder, body, timeout, &err), error);
        (void)snprintf(sentence, sizeof sentence, "createRuntime hook '%s/hook' %s", folder->path, rest);
        EXPECT_STR(contain_error_sentence(err), sentence);
        EXPECT_STR(contain_error_pointer(err), "/hooks/createRuntime/0");
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_HOOK);
        EXPECT(is_childless());
}

TEST(hook_gets_state_arguments_and_environment)
{
        _cleanup_(folder_remove) struct folder folder = { "" };

        REQUIRE(folder_make(&folder));
        EXPECT_EQ(run_script(&folder,
                             "cat >$1/state; cat </dev/stdin >$1/again; /usr/bin/env >$1/env; ls "
                             "/proc/self/fd >$1/fds; echo "
                             "lost; echo kept >&2",
                             5, NULL),
                  0);
        EXPECT_STR(read_text(folder_path(&folder, "state")), "{\"id\":\"web\"}\n");
        EXPECT_STR(read_text(folder_path(&folder, "again")), "{\"id\":\"web\"}\n");
        EXPECT_CONTAINS(read_text(folder_path(&folder, "env")), "MARK=1");
        EXPECT(!strstr(read_text(folder_path(&folder, "env")), "HOME="));
        EXPECT_STR(read_text(folder_path(&folder, "fds")), "0\n1\n2\n3\n"); /* 3 is that of ls itself */
        EXPECT(is_childless());
}

TEST(hook_that_reads_nothing)
{
        _cleanup_(folder_remove) struct folder folder = { "" };

        REQUIRE(folder_make(&folder));
        EXPECT_EQ(run_script(&folder, "exec <&-; exit 0", 0, NULL), 0);
}

TEST(hook_that_exits_with_a_status)
{
        _cleanup_(folder_remove) struct folder folder = { "" };

        REQUIRE(folder_make(&folder));
        expect_failure(&folder, "exit 3", 0, -ECANCELED, "exited with status 3");
        expect_failure(&folder, "echo 'no such  bridge' >&2; echo >&2; echo 'give up' >&2; exit 1", 5,
                       -ECANCELED, "exited with status 1: no such bridge give up");
        expect_failure(&folder, "printf 'a\\001\\033b\\377\\303\\251' >&2; exit 1", 5, -ECANCELED,
                       "exited with status 1: a b?\xc3\xa9");
}

TEST(hook_that_is_ended_by_a_signal)
{
        _cleanup_(folder_remove) struct folder folder = { "" };

        REQUIRE(folder_make(&folder));
        expect_failure(&folder, "kill -TERM $$", 0, -ECANCELED, "was ended by signal 15");
}

TEST(hook_that_says_much)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        const char *sentence;

        REQUIRE(folder_make(&folder));
        EXPECT_EQ(run_script(&folder,
                             "yes '\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9' | head -c 1000000 >&2; printf END >&2; "
                             "exit 1",
                             20, &err),
                  -ECANCELED);
        sentence = contain_error_sentence(err);
        EXPECT(strlen(sentence) > 400 && strlen(sentence) < 700);
        EXPECT_CONTAINS(sentence, "exited with status 1: \xc3\xa9");
        EXPECT_STR(strrchr(sentence, 'E'), "END");
}

TEST(hook_that_takes_too_long)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        int64_t before = milliseconds(), took;

        REQUIRE(folder_make(&folder));
        expect_failure(&folder, "echo waiting >&2; exec sleep 60", 3, -ETIMEDOUT,
                       "did not finish within 3 seconds: waiting");
        took = milliseconds() - before;
        EXPECT(took >= 3000 && took < 20000);
}

/* Standard error is always ready to be read then: the clock has to be looked at all the same. */
TEST(hook_that_takes_too_long_talking)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        int64_t before = milliseconds();

        REQUIRE(folder_make(&folder));
        EXPECT_EQ(run_script(&folder, "exec yes >&2", 1, &err), -ETIMEDOUT);
        EXPECT(milliseconds() - before < 5000);
        EXPECT(is_childless());
}

TEST(hook_that_leaves_a_child_with_its_standard_error)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        int64_t before = milliseconds();

        REQUIRE(folder_make(&folder));
        EXPECT_EQ(run_script(&folder, "sleep 20 & echo $! >$1/pid; exit 0", 10, NULL), 0);
        EXPECT(milliseconds() - before < 5000);
        REQUIRE(atoi(read_text(folder_path(&folder, "pid"))) > 1);
        (void)kill(atoi(read_text(folder_path(&folder, "pid"))), SIGKILL);
}

TEST(hook_that_closes_its_standard_error)
{
        _cleanup_(folder_remove) struct folder folder = { "" };

        REQUIRE(folder_make(&folder));
        expect_failure(&folder, "echo first >&2; exec 2>&-; sleep 0.2; exit 4", 10, -ECANCELED,
                       "exited with status 4: first");
}

TEST(hook_that_cannot_be_executed)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_(contain_error_freep) contain_error_t *absent = NULL, *err = NULL;
        const char *path;

        REQUIRE(folder_make(&folder));
        EXPECT_EQ(run_hook(&folder, "/nowhere/hook", 0, &absent), -ENOENT);
        EXPECT_STR(contain_error_message(absent),
                   "/hooks/createRuntime/0: createRuntime hook '/nowhere/hook' cannot be "
                   "executed: no such file or directory [CT-431]");
        path = folder_script(&folder, "hook", "exit 0");
        REQUIRE(path && chmod(path, 0644) == 0);
        EXPECT_EQ(run_hook(&folder, path, 0, &err), -EACCES);
        EXPECT(is_childless());
}

/* --- hosts with a SIGCHLD policy of their own ----------------------------------------------- */

/* On Linux before 6.15 the status is lost: that is a failure, as the hook may have failed. */
static void expect_status_or_complaint(const struct folder *folder)
{
        _cleanup_(contain_error_freep) contain_error_t *good = NULL, *bad = NULL;
        int r;

        r = run_script(folder, "exit 0", 5, &good);
        EXPECT(r == 0 || r == -ECHILD);
        if (r == -ECHILD)
                EXPECT_CONTAINS(contain_error_sentence(good), "was taken by another part of this program");
        r = run_script(folder, "exit 9", 5, &bad);
        EXPECT(r == -ECANCELED || r == -ECHILD);
}

TEST(hook_of_a_host_that_ignores_sigchld)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        void (*before)(int) = signal(SIGCHLD, SIG_IGN);

        REQUIRE(folder_make(&folder));
        expect_status_or_complaint(&folder);
        (void)signal(SIGCHLD, before);
        EXPECT(is_childless());
}

static void reap_all(int signo)
{
        int saved = errno;

        (void)signo;
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        errno = saved;
}

TEST(hook_of_a_host_that_reaps_everybodys_children)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        void (*before)(int) = signal(SIGCHLD, reap_all);

        REQUIRE(folder_make(&folder));
        expect_status_or_complaint(&folder);
        (void)signal(SIGCHLD, before);
        EXPECT(is_childless());
}
