/* SPDX-License-Identifier: MIT */

/* Reasons why namespaces and id maps are refused, found in trees of files that stand for machines. */

#include "tree.h"

#include "host/idmap.h"
#include "host/subids.h"
#include "host/userns.h"

#include "harness/test.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define ALL_CAPABILITIES UINT64_MAX
#define ORDINARY         (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID)

static const struct ct_facts user = { .uid = 1000, .gid = 1000, .in_initial_userns = true };
static const struct ct_facts root = { .capabilities = ALL_CAPABILITIES, .in_initial_userns = true };
static const struct ct_facts nested_root = { .capabilities = ALL_CAPABILITIES };

/* A machine on which nothing is in the way. */
static bool put_healthy(const struct tree *tree)
{
        return tree_put(tree, "proc/self/status", "Name:\tx\nNoNewPrivs:\t0\nSeccomp:\t0\n") &&
               tree_put(tree, "proc/self/uid_map", "         0          0 4294967295\n") &&
               tree_put(tree, "proc/self/gid_map", "         0          0 4294967295\n") &&
               tree_put(tree, "proc/self/mountinfo", "21 1 8:1 / / rw - ext4 /dev/sda rw\n") &&
               tree_put(tree, "proc/sys/user/max_user_namespaces", "15000\n") &&
               tree_put(tree, "proc/sys/kernel/unprivileged_userns_clone", "1\n") &&
               tree_put(tree, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0\n") &&
               tree_put(tree, "proc/self/attr/current", "unconfined\n");
}

static const struct {
        const char *path, *text; /* the one file that differs */
        const struct ct_facts *facts;
        int errnum;
        uint64_t type;        /* of the namespace that is blamed; 0: nothing is found */
        const char *sentence; /* a part of it */
        const char *hint;
} refusals[] = {
        { "x/y", "", &user, 0, 0, NULL, NULL },
        { "x/y", "", &root, 0, 0, NULL, NULL },
        { "x/y", "", &user, EPERM, 0, NULL, NULL },
        { "x/y", "", &user, EACCES, CLONE_NEWUSER, "security policy", "AppArmor" },
        { "x/y", "", &user, ENOSPC, CLONE_NEWUSER, "no more user namespaces", "user.max_user_namespaces" },
        { "proc/sys/user/max_user_namespaces", "0\n", &user, 0, CLONE_NEWUSER,
          "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces" },
        { "proc/sys/user/max_user_namespaces", "0\n", &root, ENOSPC, CLONE_NEWUSER, "is 0", "sysctl" },
        { "proc/sys/user/max_pid_namespaces", "0\n", &user, 0, CLONE_NEWPID, "no pid namespaces",
          "user.max_pid_namespaces" },
        { "proc/sys/user/max_net_namespaces", "0\n", &user, 0, 0, NULL, NULL }, /* none is asked for */
        { "proc/sys/kernel/unprivileged_userns_clone", "0\n", &user, 0, CLONE_NEWUSER,
          "kernel.unprivileged_userns_clone is 0", "sysctl" },
        { "proc/sys/kernel/unprivileged_userns_clone", "0\n", &user, EPERM, CLONE_NEWUSER,
          "kernel.unprivileged_userns_clone is 0", "sysctl" },
        { "proc/sys/kernel/unprivileged_userns_clone", "0\n", &root, 0, 0, NULL, NULL },
        { "proc/sys/kernel/unprivileged_userns_clone", "0\n", &nested_root, 0, CLONE_NEWUSER,
          "kernel.unprivileged_userns_clone is 0", "sysctl" },
        { "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", &user, 0, CLONE_NEWUSER,
          "kernel.apparmor_restrict_unprivileged_userns is 1", "/etc/apparmor.d" },
        { "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", &root, 0, 0, NULL, NULL },
        { "proc/self/status", "Name:\tx\nSeccomp:\t2\n", &user, EPERM, CLONE_NEWUSER, "seccomp filter",
          "--security-opt" },
        { "proc/self/status", "Name:\tx\nSeccomp:\t2\n", &user, 0, 0, NULL, NULL }, /* it may allow it */
        { "proc/self/uid_map", "0 100000 1000\n", &user, EPERM, CLONE_NEWUSER, "user is not mapped", "1000" },
        { "proc/self/gid_map", "0 100000 1\n", &user, 0, CLONE_NEWUSER, "group is not mapped", "1000" },
        { "proc/self/mountinfo", "21 1 8:1 /srv /proc rw - proc proc rw\n", &user, EPERM, CLONE_NEWUSER,
          "chroot", "pivot_root" },
};

TEST(what_keeps_namespaces_from_being_made)
{
        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
                _cleanup_(tree_remove) struct tree tree = { "", -EBADF };
                struct ct_why why = { 0 };
                int r;

                REQUIRE(tree_make(&tree) && put_healthy(&tree));
                REQUIRE(tree_put(&tree, refusals[i].path, refusals[i].text));
                r = ct_userns_why(tree.fd, refusals[i].facts, ORDINARY, refusals[i].errnum, &why);
                EXPECT_EQ(r, refusals[i].type != 0);
                EXPECT_EQ(why.type, refusals[i].type);
                if (r == 0)
                        continue;
                EXPECT_CONTAINS(why.sentence, refusals[i].sentence);
                EXPECT_CONTAINS(why.hint, refusals[i].hint);
                EXPECT(why.errnum != 0);
        }
}

TEST(without_procfs_nothing_else_is_blamed)
{
        _cleanup_(tree_remove) struct tree tree = { "", -EBADF };
        struct ct_why why;

        REQUIRE(tree_make(&tree));
        EXPECT_EQ(ct_userns_why(tree.fd, &user, ORDINARY, 0, &why), 1);
        EXPECT_CONTAINS(why.sentence, "procfs");
        EXPECT_EQ(ct_userns_why(tree.fd, &user, CLONE_NEWPID, 0, &why), 0);
}

TEST(apparmor_spares_programs_with_a_profile)
{
        _cleanup_(tree_remove) struct tree tree = { "", -EBADF };
        struct ct_why why;

        REQUIRE(tree_make(&tree) && put_healthy(&tree));
        REQUIRE(tree_put(&tree, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"));
        EXPECT_EQ(ct_userns_why_powerless(tree.fd, &user, &why), 1);
        REQUIRE(tree_put(&tree, "proc/self/attr/apparmor/current", "podman (unconfined)\n"));
        EXPECT_EQ(ct_userns_why_powerless(tree.fd, &user, &why), 0);
}

/* --- subordinate ids ------------------------------------------------------------------------ */

TEST(subordinate_ids_by_name_and_by_number)
{
        _cleanup_(tree_remove) struct tree tree = { "", -EBADF };
        struct ct_subids ids = { 0 };

        REQUIRE(tree_make(&tree));
        REQUIRE(tree_put(&tree, "etc/passwd", "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/:/bin/sh\n"));
        REQUIRE(tree_put(&tree, "etc/subuid",
                         "bob:1:2\nann:100000:65536\n1000:165536:10\nann:7\nann:x:1\nann:4294967290:100\n"
                         "ann:5:0\n#ann:1:1\n"));
        REQUIRE_EQ(ct_subids_read(tree.fd, CT_ID_USER, 1000, &ids), 0);
        EXPECT_STR(ids.name, "ann");
        EXPECT_EQ(ids.n, 2);
        EXPECT_EQ(ids.ranges[0].first, 100000);
        EXPECT_EQ(ids.ranges[1].count, 10);
        EXPECT(ct_subids_have(&ids, 100000, 65546)); /* two ranges side by side */
        EXPECT(!ct_subids_have(&ids, 100000, 65547));
        EXPECT(!ct_subids_have(&ids, 99999, 2));
        ct_subids_done(&ids);

        REQUIRE_EQ(ct_subids_read(tree.fd, CT_ID_GROUP, 1000, &ids), 0);
        EXPECT(ids.n == 0 && !ids.has_file);
        ct_subids_done(&ids);
        REQUIRE_EQ(ct_subids_read(tree.fd, CT_ID_USER, 77, &ids), 0);
        EXPECT(ids.n == 0 && ids.has_file && !ids.name);
        ct_subids_done(&ids);
}

/* --- id maps -------------------------------------------------------------------------------- */

static const struct ct_idmap by_helper = { .uid_map = "0 1000 1\n1 100000 65536\n",
                                           .gid_map = "0 1000 1\n1 100000 65536\n",
                                           .helpers = 1,
                                           .at = "/linux/uidMappings",
                                           .gid_at = "/linux/gidMappings" };

static bool put_user(const struct tree *tree, const char *subuid, const char *subgid)
{
        char helper[128];

        (void)snprintf(helper, sizeof(helper), "%s/usr/bin/newuidmap", tree->path);
        return put_healthy(tree) && tree_put(tree, "etc/passwd", "ann:x:1000:1000::/:/bin/sh\n") &&
               tree_put(tree, "etc/subuid", subuid) && tree_put(tree, "etc/subgid", subgid) &&
               tree_put(tree, "usr/bin/newuidmap", "") && chmod(helper, 04755) == 0;
}

TEST(why_helpers_refuse_a_map)
{
        static const struct {
                const char *subuid, *subgid;
                enum ct_id_kind kind;
                const char *at, *sentence, *hint; /* NULL: nothing is found */
        } cases[] = {
                { "ann:100000:65536\n", "", CT_ID_USER, NULL, NULL, NULL },
                { "1000:100000:65536\n", "", CT_ID_USER, NULL, NULL, NULL },
                { "bob:100000:65536\n", "", CT_ID_USER, "/linux/uidMappings",
                  "'/etc/subuid' has no ids for user 'ann'", "usermod --add-subuids" },
                { "ann:100000:100\nann:9:1\n", "", CT_ID_USER, "/linux/uidMappings/1",
                  "user ids 100000-165535 are not the caller's", "gives user 'ann' 100000-100099, 9-9" },
                { "ann:100000:65536\n", "", CT_ID_GROUP, "/linux/gidMappings", "'/etc/subgid' has no ids",
                  "usermod --add-subgids" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_(tree_remove) struct tree tree = { "", -EBADF };
                struct ct_facts facts = user;
                struct ct_idmap_why why;
                struct statvfs fs;
                int r;

                if (geteuid() != 0)
                        SKIP("needs root, to make a setuid program of root's");
                REQUIRE(tree_make(&tree));
                if (fstatvfs(tree.fd, &fs) == 0 && (fs.f_flag & ST_NOSUID))
                        SKIP("needs setuid programs in /tmp");
                REQUIRE(put_user(&tree, cases[i].subuid, cases[i].subgid));
                facts.newuidmap = facts.newgidmap = "/usr/bin/newuidmap";
                r = ct_idmap_why(tree.fd, &by_helper, cases[i].kind, &facts, &why);
                EXPECT_EQ(r, cases[i].sentence != NULL);
                if (r == 0 || !cases[i].sentence)
                        continue;
                EXPECT_STR(why.at, cases[i].at);
                EXPECT_CONTAINS(why.sentence, cases[i].sentence);
                EXPECT_CONTAINS(why.hint, cases[i].hint);
        }
}

/* Nobody but the helper knows them: nothing can be said. */
TEST(ranges_that_a_directory_service_has)
{
        static const struct {
                const char *text;
                bool elsewhere;
        } cases[] = { { "passwd: files\nsubid: sss\n", true },
                      { "  subid:\tfiles\n", false },
                      { "#subid: sss\n", false } };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_(tree_remove) struct tree tree = { "", -EBADF };
                struct ct_idmap_why why;

                REQUIRE(tree_make(&tree) && put_user(&tree, "", ""));
                REQUIRE(tree_put(&tree, "etc/nsswitch.conf", cases[i].text));
                EXPECT_EQ(ct_idmap_why(tree.fd, &by_helper, CT_ID_USER, &user, &why), !cases[i].elsewhere);
        }
}

TEST(why_helpers_have_no_power)
{
        _cleanup_(tree_remove) struct tree tree = { "", -EBADF };
        struct ct_facts facts = user;
        struct ct_idmap_why why;

        REQUIRE(tree_make(&tree) && put_user(&tree, "ann:100000:65536\n", ""));
        REQUIRE(tree_put(&tree, "usr/bin/newgidmap", ""));
        facts.newuidmap = "/usr/bin/newuidmap";
        facts.newgidmap = "/usr/bin/newgidmap";
        EXPECT_EQ(ct_idmap_why(tree.fd, &by_helper, CT_ID_GROUP, &facts, &why), 1);
        EXPECT_CONTAINS(why.sentence, "'/usr/bin/newgidmap' is neither setuid root");
        EXPECT_CONTAINS(why.hint, "chmod u+s /usr/bin/newgidmap");
        REQUIRE(tree_put(&tree, "proc/self/status", "Name:\tx\nNoNewPrivs:\t1\n"));
        EXPECT_EQ(ct_idmap_why(tree.fd, &by_helper, CT_ID_USER, &facts, &why), 1);
        EXPECT_CONTAINS(why.sentence, "no_new_privs");
}

TEST(why_the_kernel_refuses_a_map)
{
        static const struct ct_idmap whole = { .uid_map = "0 0 10\n10 100000 5\n",
                                               .gid_map = "0 0 1\n",
                                               .at = "/mounts/2" };
        _cleanup_(tree_remove) struct tree tree = { "", -EBADF };
        struct ct_facts few = { .capabilities = 1 << CAP_SETUID, .in_initial_userns = true };
        struct ct_idmap_why why;

        REQUIRE(tree_make(&tree) && put_healthy(&tree));
        EXPECT_EQ(ct_idmap_why(tree.fd, &whole, CT_ID_USER, &root, &why), 0);
        EXPECT_EQ(ct_idmap_why(tree.fd, &whole, CT_ID_USER, &few, &why), 1);
        EXPECT_CONTAINS(why.sentence, "CAP_SETFCAP");
        EXPECT_STR(why.at, "/mounts/2");

        REQUIRE(tree_put(&tree, "proc/self/uid_map", "0 1000 1\n1 100000 65536\n"));
        EXPECT_EQ(ct_idmap_why(tree.fd, &whole, CT_ID_USER, &nested_root, &why), 1);
        EXPECT_CONTAINS(why.sentence, "user ids 0-9 are not all mapped in the caller's own user namespace");
        EXPECT_CONTAINS(why.hint, "it has 0-0, 1-65536");
}
