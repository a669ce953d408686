/* SPDX-License-Identifier: MIT */

/* One more process in a container: what it is asked to be, what it is in, and how it is confined. */

#include "api.h"
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

TEST(it_is_where_the_container_is)
{
        static const char script[] =
                "for i in ipc mnt net pid uts cgroup user; do "
                "a=$(readlink /proc/1/ns/$i); b=$(readlink /proc/self/ns/$i); "
                "[ \"$a\" = \"$b\" ] || echo \"$i: $a $b\"; done; "
                "[ \"$(cat /proc/1/cgroup)\" = \"$(cat /proc/self/cgroup)\" ] || echo cgroup; "
                "pwd; echo done";
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_EXEC(c, "{}", script, "/\ndone\n");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(descriptors_of_it)
{
        auto_container c = NULL;
        auto_process p = NULL;
        auto_fd pidfd = -1, events = -1;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        p = exec_script(c, "{}", "sleep 100", NULL);
        REQUIRE(p != NULL);
        pidfd = contain_process_pidfd(p, NULL);
        events = contain_process_event_fd(p, NULL);
        REQUIRE(pidfd >= 0 && events >= 0);
        EXPECT(contain_process_pid(p) > 0);
        EXPECT_FAILS(contain_process_console_fd(p, &error_), ENOTTY, CONTAIN_E_CONSOLE);
        EXPECT_FAILS(contain_process_resize(p, 1, 1, &error_), ENOTTY, CONTAIN_E_CONSOLE);
        EXPECT_EQ(poll(&(struct pollfd){ .fd = events, .events = POLLIN }, 1, 0), 0);
        EXPECT_OK(contain_process_signal(p, SIGKILL, &error_));
        EXPECT_EQ(poll(&(struct pollfd){ .fd = events, .events = POLLIN }, 1, 10000), 1);
        EXPECT_EQ(poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, 0), 1);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(a_program_that_cannot_be_executed_is_an_error)
{
        static const struct {
                const char *args, *pointer;
                int errnum;
        } cases[] = {
                { "{'args':['nosuch']}", "/args/0", ENOENT },
                { "{'args':['/etc']}", "/args/0", EACCES },
        };
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                contain_error_t *error = NULL;
                contain_process_t *p = exec_changed(c, cases[i].args, NULL, &error);

                EXPECT(p == NULL);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_PROGRAM);
                EXPECT_EQ(contain_error_errno(error), cases[i].errnum);
                EXPECT_STR(contain_error_pointer(error), cases[i].pointer);
                contain_error_free(error);
        }
        /* Nothing is left of them. */
        EXPECT_EXEC(c, "{}", "set -- /proc/[0-9]*; echo $#", "2\n");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(documents_that_are_not_valid)
{
        static const struct {
                const char *text, *pointer;
                int code;
        } cases[] = {
                { "", "", CONTAIN_E_JSON },
                { "[]", "", CONTAIN_E_TYPE },
                { "{\"cwd\":\"/\"}", "", CONTAIN_E_MISSING },
                { "{\"cwd\":\"/\",\"args\":[]}", "/args", CONTAIN_E_VALUE },
                { "{\"cwd\":\"x\",\"args\":[\"true\"]}", "/cwd", CONTAIN_E_VALUE },
                { "{\"cwd\":\"/\",\"args\":[\"true\"],\"env\":[\"A\"]}", "/env/0", CONTAIN_E_VALUE },
                { "{\"cwd\":\"/\",\"args\":[\"true\"],\"user\":{\"uid\":-1,\"gid\":0}}", "/user/uid",
                  CONTAIN_E_VALUE },
                { "{\"cwd\":\"/\",\"args\":[\"true\"],\"execCPUAffinity\":{\"final\":\"9000\"}}",
                  "/execCPUAffinity/final", CONTAIN_E_VALUE },
        };
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                contain_error_t *error = NULL;
                contain_process_t *p = NULL;

                EXPECT(contain_exec(c, cases[i].text, strlen(cases[i].text), NULL, &p, &error) < 0);
                EXPECT(p == NULL);
                EXPECT_EQ(contain_error_code(error), cases[i].code);
                EXPECT_STR(contain_error_pointer(error), cases[i].pointer);
                contain_error_free(error);
        }
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(arguments_that_are_missing)
{
        static const char document[] = "{\"cwd\":\"/\",\"args\":[\"true\"]}";
        contain_exec_options_t options = { 0 };
        contain_process_t *p = NULL;
        auto_container c = NULL;
        int closed = 900;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_exec(NULL, document, 1, NULL, &p, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_exec(c, NULL, 1, NULL, &p, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_exec(c, document, 1, NULL, NULL, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_exec(c, document, 1, &options, &p, &error_), E2BIG, CONTAIN_E_ARGUMENT);
        options.size = sizeof(options);
        options.flags = 1u << 31;
        EXPECT_FAILS(contain_exec(c, document, 1, &options, &p, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        options.flags = 0;
        options.n_fds = 1;
        EXPECT_FAILS(contain_exec(c, document, 1, &options, &p, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        options.fds = &closed;
        EXPECT_FAILS(contain_exec(c, document, 1, &options, &p, &error_), EBADF, CONTAIN_E_ARGUMENT);
        EXPECT_EQ(contain_process_wait(NULL, 0, NULL, NULL), -EINVAL);
        EXPECT_EQ(contain_process_signal(NULL, 9, NULL), -EINVAL);
        EXPECT_EQ(contain_process_pid(NULL), 0);
        EXPECT(contain_process_unref(NULL) == NULL);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* --- what it is given ----------------------------------------------------------------------- */

TEST(descriptors_and_streams)
{
        contain_exec_options_t options = { .size = sizeof(options) };
        int stdio[3] = { -1, -1, -1 }, fds[2], more[2];
        char line[64] = "";
        auto_container c = NULL;
        auto_process p = NULL;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        REQUIRE_EQ(pipe2(fds, O_CLOEXEC), 0);
        REQUIRE_EQ(pipe(more), 0); /* and these are not passed on, though nobody has said so */
        stdio[0] = fds[0];
        options.stdio = stdio;
        options.fds = &more[1];
        options.n_fds = 1;
        EXPECT_EQ(write(fds[1], "hello\n", 6), 6);
        p = exec_script(c, "{}", "read a; ls /proc/self/fd | tr '\\n' ' ' >&3; echo $a >&3", &options);
        close(fds[0]);
        close(fds[1]);
        close(more[1]);
        REQUIRE(p != NULL);
        EXPECT_OK(contain_process_wait(p, 10000, NULL, &error_));
        EXPECT(read(more[0], line, sizeof(line) - 1) > 0);
        close(more[0]);
        EXPECT_STR(line, "0 1 2 3 4 hello\n");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(members_of_the_document)
{
        auto_container c = NULL;
        WORLD(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_EXEC(c,
                    "{'user':{'uid':5,'gid':6,'additionalGids':[7,8],'umask':63},'cwd':'/tmp','env':['A=b']}",
                    "id -u; id -g; id -G; umask; pwd; echo $A", "5\n6\n6 7 8\n0077\n/tmp\nb\n");
        EXPECT_EXEC(c, "{'rlimits':[{'type':'RLIMIT_NOFILE','soft':20,'hard':30}]}", "ulimit -Sn; ulimit -Hn",
                    "20\n30\n");
        EXPECT_EXEC(c, "{'oomScoreAdj':77}", "cat /proc/self/oom_score_adj", "77\n");
        EXPECT_EXEC(c, "{'noNewPrivileges':true}", "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1\n");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* CVE-2022-29162: a capability that is inheritable is had by way of any program with file capabilities. */
TEST(capabilities)
{
        struct json_object *config;
        auto_container c = NULL;
        WORLD(w);

        config = config_new(w.rootfs, "sleep 100");
        config_set(config, "/process/capabilities",
                   "{'bounding':['CAP_CHOWN','CAP_KILL'],'effective':['CAP_KILL'],'permitted':['CAP_KILL']}");
        c = exec_running(&w, config);
        REQUIRE(c != NULL);
        EXPECT_EXEC(c, "{}", "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status",
                    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000021\nCapEff:\t0000000000000021\n"
                    "CapBnd:\t0000000000000021\nCapAmb:\t0000000000000000\n");
        /* CVE-2016-8867: nothing of it is somebody else's. */
        EXPECT_EXEC(c, "{'user':{'uid':9,'gid':9}}", "grep -E 'Cap(Inh|Eff|Amb)' /proc/self/status",
                    "CapInh:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n");
        EXPECT_EXEC(c, "{'capabilities':{'bounding':['CAP_SETUID'],'inheritable':['CAP_CHOWN']}}",
                    "grep -E 'Cap(Inh|Bnd)' /proc/self/status",
                    "CapInh:\t0000000000000001\nCapBnd:\t00000000000000a1\n");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(confined_as_the_container_is)
{
        static const char bare[] =
                "{'cwd':'/','args':['sh','-c','grep CapEff /proc/self/status; "
                "grep NoNewPrivs /proc/self/status; grep Seccomp: /proc/self/status; "
                "ulimit -Hn; cat /proc/self/oom_score_adj; mkdir /x'],'env':['PATH=/bin']}";
        struct json_object *config;
        auto_container c = NULL;
        auto_text output = NULL;
        WORLD(w);

        config = config_new(w.rootfs, "sleep 100");
        config_set(config, "/process/capabilities",
                   "{'bounding':['CAP_KILL'],'effective':['CAP_KILL'],'permitted':['CAP_KILL']}");
        config_set(config, "/process/noNewPrivileges", "true");
        config_set(config, "/process/oomScoreAdj", "55");
        config_set(config, "/process/rlimits", "[{'type':'RLIMIT_NOFILE','soft':20,'hard':30}]");
        config_set(config, "/linux/seccomp",
                   "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['mkdir','mkdirat'],'action':"
                   "'SCMP_ACT_ERRNO','errnoRet':38}]}");
        c = exec_running(&w, config);
        REQUIRE(c != NULL);
        output = exec_output_of(c, bare);
        EXPECT_CONTAINS(output, "CapEff:\t0000000000000020\nNoNewPrivs:\t1\nSeccomp:\t2\n30\n55\n");
        EXPECT_CONTAINS(output, "mkdir: can't create directory '/x': Function not implemented");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(cpu_affinity)
{
        struct json_object *config;
        cpu_set_t cpus;
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
        if (!CPU_ISSET(0, &cpus) || !CPU_ISSET(1, &cpus))
                SKIP("needs CPUs 0 and 1");
        config = config_new(w.rootfs, "sleep 100");
        config_set(config, "/process/execCPUAffinity", "{'initial':'0','final':'1'}");
        c = exec_running(&w, config);
        REQUIRE(c != NULL);
        EXPECT_EXEC(c, "{}", "grep Cpus_allowed_list /proc/self/status", "Cpus_allowed_list:\t1\n");
        EXPECT_EXEC(c, "{'execCPUAffinity':{'final':'0-1'}}", "grep Cpus_allowed_list /proc/self/status",
                    "Cpus_allowed_list:\t0-1\n");
        /* What is left of that in the cgroup is the kernel's affair. */
        EXPECT_EXEC(c, "{'execCPUAffinity':{'initial':'0','final':null}}",
                    "grep -q Cpus_allowed_list /proc/self/status", "");
        /* It is about further processes, not about the container's own. */
        EXPECT_EXEC(c, "{'execCPUAffinity':{'initial':null,'final':'1'}}",
                    "[ \"$(grep Cpus_allowed_list /proc/1/status)\" = \"$(grep Cpus_allowed_list "
                    "/proc/self/status)\" "
                    "] || echo other",
                    "other\n");
        EXPECT_EXEC_FAILURE(c, "{'execCPUAffinity':{'final':'4000'}}",
                            "CT-442 /execCPUAffinity/final: cannot run on the CPUs '4000'");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(terminal)
{
        struct json_object *config;
        struct winsize size = { 0 };
        auto_container c = NULL;
        auto_process p = NULL;
        auto_text output = NULL;
        auto_fd master = -1;
        WORLD_OF_ANYBODY(w);

        config = config_new(w.rootfs, "sleep 100");
        config_mount(config, "/dev/pts", "devpts", "devpts", "newinstance,ptmxmode=0666,mode=620");
        c = exec_running(&w, config);
        REQUIRE(c != NULL);
        p = exec_script(c, "{'terminal':true,'consoleSize':{'height':30,'width':101}}",
                        "tty; stty size; read line; echo \"got $line\"; stty size; echo through >/dev/tty",
                        NULL);
        REQUIRE(p != NULL);
        master = contain_process_console_fd(p, NULL);
        REQUIRE(master >= 0);
        EXPECT_EQ(ioctl(master, TIOCGWINSZ, &size), 0);
        EXPECT_EQ(size.ws_row, 30);
        EXPECT_OK(contain_process_resize(p, 7, 9, &error_));
        EXPECT_FAILS(contain_process_resize(p, 70000, 9, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_EQ(write(master, "hello\n", 6), 6);
        output = guest_read(master, 10000, NULL);
        EXPECT_CONTAINS(output, "/dev/pts/0\r\n");
        EXPECT_CONTAINS(output, "got hello\r\n7 9\r\nthrough\r\n");
        EXPECT_OK(contain_process_wait(p, 10000, NULL, &error_));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* --- states and handles --------------------------------------------------------------------- */

TEST(in_a_container_that_is_created)
{
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_FAILS(exec_result(c, &error_), ENOENT, CONTAIN_E_NOT_FOUND);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_EXEC(c, "{}", "echo before", "before\n");
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EXEC(c, "{}", "echo after", "after\n");
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT_FAILS(exec_result(c, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(by_another_handle)
{
        auto_container c = NULL;
        auto_container other = NULL;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        REQUIRE(other != NULL);
        EXPECT_EXEC(other, "{}", "echo here", "here\n");
        EXPECT_OK(contain_destroy(other, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT(exec_result(c, NULL) < 0);
}

TEST(in_an_ephemeral_container)
{
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_set_flags(c, CONTAIN_EPHEMERAL, &error_));
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EXEC(c, "{}", "echo here", "here\n");
}

TEST(without_a_process_of_its_own)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text output = NULL;
        auto_text made = NULL;
        WORLD_OF_ANYBODY(w);

        config = config_new(w.rootfs, "sleep 100");
        config_remove(config, "/process");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_FAILS(contain_process_json(c, NULL, 0, &made, &error_), EINVAL, CONTAIN_E_MISSING);
        output = exec_output_of(c, "{'cwd':'/','args':['/bin/echo','here']}");
        EXPECT_STR(output, "here\n");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(changes_to_the_process)
{
        static const char changes[] =
                "{\"args\":[\"x\"],\"env\":[\"B=2\"],\"user\":{\"uid\":4,\"additionalGids\":[2]},"
                "\"noNewPrivileges\":null,\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}}";
        struct json_object *config;
        auto_container c = NULL;
        auto_text made = NULL;
        auto_text none = NULL;
        WORLD_OF_ANYBODY(w);

        config = config_new(w.rootfs, "sleep 100");
        config_set(
                config, "/process",
                "{'args':['sleep','100'],'cwd':'/','env':['PATH=/bin'],'noNewPrivileges':true,"
                "'user':{'uid':0,'gid':0,'additionalGids':[1]},'capabilities':{'bounding':['CAP_CHOWN']}}");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_process_json(c, changes, strlen(changes), &made, &error_));
        EXPECT_STR(made, "{\"args\":[\"x\"],\"cwd\":\"/\",\"env\":[\"PATH=/bin\",\"B=2\"],"
                         "\"user\":{\"uid\":4,\"gid\":0,\"additionalGids\":[1,2]},"
                         "\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"]}}");
        EXPECT_FAILS(contain_process_json(c, "[]", 2, &none, &error_), EINVAL, CONTAIN_E_TYPE);
        EXPECT_FAILS(contain_process_json(c, "{", 1, &none, &error_), EINVAL, CONTAIN_E_JSON);
}
