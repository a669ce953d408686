/* SPDX-License-Identifier: MIT */

/* The user's process: program, environment, user, limits, capabilities, and what it may not do. */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

TEST(program_is_searched_in_the_path)
{
        char path[160];
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        snprintf(path, sizeof(path), "%s/var/tool", w.rootfs);
        write_text(path, "#!/bin/sh\necho tool \"$@\"\n");
        chmod(path, 0755);
        config = CONFIG(w, "");
        config_set(config, "/process/env", "['PATH=/nowhere:/var:/bin']");
        config_set(config, "/process/args", "['tool', 'with an', 'argument']");
        EXPECT_OUTPUT(w, config, "tool with an argument\n");

        config = CONFIG(w, "");
        config_set(config, "/process/cwd", "'/var'");
        config_set(config, "/process/args", "['./tool']");
        EXPECT_OUTPUT(w, config, "tool\n");
}

TEST(environment_is_the_configurations)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        setenv("HOST_SECRET", "x", 1);
        config = CONFIG(w, "env | sort | grep -v -e SHLVL -e PWD");
        config_set(config, "/process/env", "['PATH=/bin', 'A=1', 'B=two words', 'HOME=/var']");
        EXPECT_OUTPUT(w, config, "A=1\nB=two words\nHOME=/var\nPATH=/bin\n");
        unsetenv("HOST_SECRET");
}

TEST(working_directory)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "pwd; readlink /proc/self/cwd");
        config_set(config, "/process/cwd", "'/var'");
        EXPECT_OUTPUT(w, config, "/var\n/var\n");
}

/* As other runtimes do, on which engines rely: by root, whoever the user is, also in a root that is
 * read-only. */
TEST(absent_working_directory_is_made)
{
        struct json_object *config;
        auto_text output = NULL;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "pwd; stat -c '%a %u' . ..");
        config_set(config, "/process/cwd", "'/var/absent/folder/'");
        config_set(config, "/process/user", "{'uid': 1000, 'gid': 1000}");
        config_set(config, "/root/readonly", "true");
        EXPECT_OUTPUT(w, config, "/var/absent/folder\n755 0\n755 0\n");

        config = CONFIG(w, "true");
        config_set(config, "/process/cwd", "'/proc/absent'");
        output = guest_output(&w, config);
        EXPECT_CONTAINS(output,
                        "error: /process/cwd: cannot use '/proc/absent' as the working directory: no such");
}

/* A link that leads nowhere is one in the root, and what is made is in there. */
TEST(absent_working_directory_is_made_in_the_root)
{
        char path[160];
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        snprintf(path, sizeof(path), "%s/var/link", w.rootfs);
        REQUIRE(symlink("../../../../../../../../../../contain-test-cwd", path) == 0);
        config = CONFIG(w, "pwd");
        config_set(config, "/process/cwd", "'/var/link'");
        EXPECT_OUTPUT(w, config, "/contain-test-cwd\n");
        EXPECT(access("/contain-test-cwd", F_OK) < 0);
}

TEST(working_directory_cannot_be_a_descriptor_of_the_host)
{
        WORLD_OF_ANYBODY(w);

        for (int fd = 3; fd < 12; fd++) {
                struct json_object *config = CONFIG(w, "pwd");
                auto_text output = NULL;

                config_set(config, "/process/cwd", "'/proc/self/fd/%d'", fd);
                output = guest_output(&w, config);
                EXPECT_CONTAINS(output, "error: /process/cwd");
        }
}

TEST(user_and_groups)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "id -u; id -g; id -G; umask; touch /tmp/f && stat -c '%a %u %g' /tmp/f");
        config_set(config, "/process/user",
                   "{'uid': 1000, 'gid': 2000, 'umask': 55, 'additionalGids': [5, 6]}");
        config_mount(config, "/tmp", "tmpfs", "tmpfs", "mode=1777");
        EXPECT_OUTPUT(w, config, "1000\n2000\n2000 5 6\n0067\n600 1000 2000\n");
}

TEST(ordinary_users_have_no_capabilities)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status; id -G");
        config_set(config, "/process/user", "{'uid': 1000, 'gid': 1000}");
        config_set(config, "/process/capabilities",
                   "{'bounding': ['CAP_KILL'], 'permitted': ['CAP_KILL'], 'effective': ['CAP_KILL']}");
        EXPECT_OUTPUT(w, config,
                      "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
                      "CapAmb:\t0000000000000000\n1000\n");
}

TEST(all_five_sets)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        /* KILL is 5, SETGID 6, SETUID 7, NET_BIND_SERVICE 10. */
        config = CONFIG(w, "grep Cap /proc/self/status | cut -f 2");
        config_set(config, "/process/user", "{'uid': 1000, 'gid': 1000}");
        config_set(config, "/process/capabilities",
                   "{'bounding': ['CAP_KILL', 'CAP_SETUID', 'CAP_SETGID', 'CAP_NET_BIND_SERVICE'],"
                   " 'permitted': ['CAP_KILL', 'CAP_NET_BIND_SERVICE'], 'effective': ['CAP_KILL'],"
                   " 'inheritable': ['CAP_KILL', 'CAP_NET_BIND_SERVICE'], 'ambient': ['CAP_KILL']}");
        EXPECT_OUTPUT(
                w, config,
                "0000000000000420\n0000000000000020\n0000000000000020\n00000000000004e0\n0000000000000020\n");
}

TEST(absent_sets_are_empty)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "grep -E 'Cap(Prm|Bnd|Amb)' /proc/self/status | cut -f 2");
        config_set(config, "/process/capabilities", "{}");
        EXPECT_OUTPUT(w, config, "0000000000000000\n0000000000000000\n0000000000000000\n");
}

TEST(no_new_privileges)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "grep NoNewPrivs /proc/self/status");
        config_set(config, "/process/noNewPrivileges", "true");
        EXPECT_OUTPUT(w, config, "NoNewPrivs:\t1\n");
        config = CONFIG(w, "grep NoNewPrivs /proc/self/status");
        config_set(config, "/process/noNewPrivileges", "false");
        EXPECT_OUTPUT(w, config, "NoNewPrivs:\t0\n");
}

TEST(resource_limits)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "grep -e 'open files' -e 'core file' -e 'pending signals' /proc/self/limits | "
                           "awk '{print $(NF-2), $(NF-1)}'; ulimit -n");
        config_set(config, "/process/rlimits",
                   "[{'type': 'RLIMIT_NOFILE', 'soft': 100, 'hard': 200}, {'type': 'RLIMIT_CORE', 'soft': 0, "
                   "'hard': 1},"
                   " {'type': 'RLIMIT_SIGPENDING', 'soft': 7, 'hard': 7}]");
        EXPECT_OUTPUT(w, config, "0 1\n100 200\n7 7\n100\n");
}

TEST(umask_and_out_of_memory_score_are_the_callers_when_not_given)
{
        char expected[64];
        auto_text score = NULL;
        mode_t before;
        WORLD(w);

        before = umask(026);
        score = read_text("/proc/self/oom_score_adj");
        snprintf(expected, sizeof(expected), "0026\n%s", score);
        EXPECT_OUTPUT(w, CONFIG(w, "umask; cat /proc/self/oom_score_adj"), expected);
        umask(before);
}

TEST(apparmor_profile)
{
        struct json_object *config;
        WORLD(w);

        if (access("/sys/kernel/security/apparmor/profiles", F_OK) < 0)
                SKIP("needs a kernel with AppArmor enabled");
        config = CONFIG(w, "cat /proc/self/attr/apparmor/current");
        config_set(config, "/process/apparmorProfile", "'unconfined'");
        EXPECT_OUTPUT(w, config, "unconfined\n");
        config = CONFIG(w, "true");
        config_set(config, "/process/apparmorProfile", "'no-such-profile'");
        EXPECT_IN_OUTPUT(w, config, "error: /process/apparmorProfile");
}

TEST(labels_of_security_modules_that_are_not_there)
{
        static const struct {
                const char *at, *module;
        } cases[] = { { "/process/apparmorProfile", "/sys/kernel/security/apparmor" },
                      { "/process/selinuxLabel", "/sys/fs/selinux/enforce" },
                      { "/linux/mountLabel", "/sys/fs/selinux/enforce" } };
        WORLD(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "true");
                contain_error_t *error = NULL;
                auto_container c = NULL;

                if (access(cases[i].module, F_OK) == 0) {
                        json_object_put(config);
                        continue;
                }
                config_set(config, cases[i].at, "'some:label'");
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                EXPECT_EQ(contain_create(c, &error), -EOPNOTSUPP);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_UNSUPPORTED);
                EXPECT_EQ(contain_error_cause(error), CONTAIN_CAUSE_KERNEL);
                EXPECT_STR(contain_error_pointer(error), cases[i].at);
                contain_error_free(error);
        }
}

TEST(out_of_memory_score)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "cat /proc/self/oom_score_adj");
        config_set(config, "/process/oomScoreAdj", "321");
        EXPECT_OUTPUT(w, config, "321\n");
}

TEST(personality_and_scheduling)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "cut -d ' ' -f 19 /proc/self/stat; cat /proc/self/personality");
        config_set(config, "/process/scheduler", "{'policy': 'SCHED_OTHER', 'nice': 7}");
        config_set(config, "/linux/personality", "{'domain': 'LINUX32'}");
        EXPECT_IN_OUTPUT(w, config, "7\n00000008\n");
}

TEST(signals_begin_at_their_defaults)
{
        struct json_object *config;
        auto_text output = NULL;
        WORLD_OF_ANYBODY(w);

        /* Whatever this host blocks and ignores is its own business. */
        config = CONFIG(w, "");
        config_set(config, "/process/args", "['grep', 'Sig[BI]', '/proc/self/status']");
        output = guest_output(&w, config);
        EXPECT_STR(output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(nothing_of_the_runtime_is_left_inside)
{
        auto_text output = NULL;
        WORLD_OF_ANYBODY(w);

        output = guest_output(
                &w,
                CONFIG(w, "readlink /proc/1/exe; ls /proc | grep -c '^[0-9]'; grep -c memfd /proc/self/maps; "
                          "grep TracerPid /proc/self/status"));
        EXPECT_CONTAINS(output, "/bin/busybox\n");
        EXPECT_CONTAINS(output, "\n0\nTracerPid:\t0\n");
}

TEST(program_of_an_entry_point_that_names_itself)
{
        auto_text output = NULL;
        struct json_object *config;
        char path[160];
        WORLD_OF_ANYBODY(w);

        /* CVE-2019-5736: "#!/proc/self/exe" runs whatever executed it. The script's interpreter must be the
         * image's own affair. */
        snprintf(path, sizeof(path), "%s/var/self", w.rootfs);
        write_text(path, "#!/proc/self/exe\n");
        chmod(path, 0755);
        config = CONFIG(w, "");
        config_set(config, "/process/args", "['/var/self']");
        output = guest_output(&w, config);
        EXPECT(output != NULL && strlen(output) > 0);
}
