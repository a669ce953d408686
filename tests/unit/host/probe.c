/* SPDX-License-Identifier: MIT */

#include "helper.h"

#include "host/probe.h"

#include "harness/test.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>

TEST(probe_agrees_with_procfs)
{
        _cleanup_(ct_probe_freep) struct ct_probe *probe = NULL;
        unsigned long long effective = 0;
        unsigned major = 0, minor = 0;
        struct utsname name;
        const char *line;

        REQUIRE_EQ(ct_probe_new(&probe, NULL), 0);
        REQUIRE_EQ(uname(&name), 0);
        EXPECT_EQ(sscanf(name.release, "%u.%u", &major, &minor), 2);
        EXPECT_EQ(probe->facts.kernel_major, major);
        EXPECT_EQ(probe->facts.kernel_minor, minor);
        EXPECT_EQ(probe->facts.last_capability, atoi(read_text("/proc/sys/kernel/cap_last_cap")));
        line = strstr(read_text("/proc/self/status"), "CapEff:");
        REQUIRE(line && sscanf(line, "CapEff: %llx", &effective) == 1);
        EXPECT_EQ(probe->facts.capabilities, effective);
        EXPECT_EQ(probe->facts.uid, geteuid());
        EXPECT_EQ(probe->facts.gid, getegid());
        EXPECT_EQ(probe->facts.has_user_namespace, access("/proc/self/ns/user", F_OK) == 0);
        EXPECT_EQ(probe->facts.has_time_namespace, access("/proc/self/ns/time", F_OK) == 0);
        EXPECT_EQ(probe->facts.has_cgroup_namespace, access("/proc/self/ns/cgroup", F_OK) == 0);
        EXPECT_EQ(probe->facts.has_mount_setattr, major > 5 || (major == 5 && minor >= 12));
        EXPECT_EQ(probe->facts.has_pidfd_info, major > 6 || (major == 6 && minor >= 15));
}

TEST(probe_of_seccomp_loads_nothing)
{
        _cleanup_(ct_probe_freep) struct ct_probe *probe = NULL;

        REQUIRE_EQ(ct_probe_new(&probe, NULL), 0);
        EXPECT(probe->facts.has_seccomp);
        /* Those of Linux 5.7 are there in every kernel that is supported. */
        EXPECT_EQ(probe->facts.seccomp_flags & 0x1f, 0x1f);
        EXPECT_EQ(prctl(PR_GET_SECCOMP), 0);
        EXPECT(is_childless());
}

TEST(probe_of_helpers)
{
        _cleanup_(ct_probe_freep) struct ct_probe *probe = NULL;

        REQUIRE_EQ(ct_probe_new(&probe, NULL), 0);
        EXPECT_EQ(access("/usr/bin/newuidmap", X_OK) == 0, probe->facts.newuidmap != NULL);
        if (probe->facts.newuidmap)
                EXPECT_STR(probe->facts.newuidmap, "/usr/bin/newuidmap");
}

TEST(probe_in_a_user_namespace)
{
        int status = -1;
        pid_t pid;

        pid = fork();
        if (pid == 0) {
                struct ct_probe *probe = NULL;

                if (unshare(CLONE_NEWUSER) < 0)
                        _exit(77);
                if (ct_probe_new(&probe, NULL) < 0)
                        _exit(1);
                _exit(probe->facts.in_initial_userns || probe->facts.uid != 65534);
        }
        EXPECT_EQ(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                SKIP("no user namespace can be made here");
        EXPECT_EQ(status, 0);
}
