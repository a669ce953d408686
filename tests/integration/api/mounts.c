/* SPDX-License-Identifier: MIT */

/* Mounts with their options, the root file system, propagation, masked and read-only paths. */

#include "harness/snapshot.h"
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The line of what is mounted at TARGET: options, "optional fields", and after "-" type, source, options. */
#define LINE(target) "grep ' " target " ' /proc/self/mountinfo | tail -n 1 | cut -d ' ' -f 6-"

TEST(options_become_flags)
{
        static const struct {
                const char *options;
                const char *expected; /* how the first fields begin */
        } cases[] = {
                { "", "rw,relatime" },
                { "defaults", "rw,relatime" },
                { "ro", "ro,relatime" },
                { "ro,rw", "rw,relatime" },
                { "nosuid,nodev,noexec", "rw,nosuid,nodev,noexec,relatime" },
                { "nosuid,suid,nodev,dev,noexec,exec", "rw,relatime" },
                { "noatime", "rw,noatime" },
                { "strictatime", "rw" },
                { "nodiratime", "rw,nodiratime,relatime" },
                { "nosymfollow", "rw,relatime,nosymfollow" },
                { "lazytime,sync", "rw,relatime" },
        };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, LINE("/t"));
                auto_text output = NULL;
                char start[128];

                config_mount(config, "/t", "tmpfs", "tmpfs", cases[i].options);
                output = guest_output(&w, config);
                snprintf(start, sizeof(start), "%s - tmpfs tmpfs ", cases[i].expected);
                EXPECT_CONTAINS(output, start);
        }
}

TEST(data_reaches_the_file_system)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, LINE("/t") " | sed s/,inode64//; stat -c %a /t; " LINE("/dev/pts"));
        config_mount(config, "/t", "tmpfs", "scratch", "size=64k,mode=710,nr_inodes=10,sync");
        config_mount(config, "/dev/pts", "devpts", "devpts", "newinstance,ptmxmode=0666,mode=620,gid=5");
        EXPECT_OUTPUT(w, config,
                      "rw,relatime - tmpfs scratch rw,sync,size=64k,nr_inodes=10,mode=710\n710\n"
                      "rw,relatime - devpts devpts rw,gid=5,mode=620,ptmxmode=666\n");
}

TEST(file_systems_of_the_kernel)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "cat /proc/1/comm; ls -d /sys/class/net/lo; stat -f -c %T /dev/mqueue; touch "
                           "/sys/x 2>&1 | wc -l");
        config_mount(config, "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro");
        config_mount(config, "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev");
        EXPECT_IN_OUTPUT(w, config, "sh\n/sys/class/net/lo\n");
}

TEST(cgroup_mount_shows_the_containers_own)
{
        struct json_object *config;
        auto_text output = NULL;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "find /sys/fs/cgroup -name cgroup.procs | head -n 1 | xargs cat; "
                           "mkdir /sys/fs/cgroup/x 2>/dev/null || echo read-only");
        config_mount(config, "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro");
        config_mount(config, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro");
        output = guest_output(&w, config);
        EXPECT(output && strncmp(output, "1\n", 2) == 0);
        EXPECT_CONTAINS(output, "read-only");
}

TEST(binds_of_folders_and_files)
{
        struct json_object *config;
        char folder[128], file[160];
        WORLD_OF_ANYBODY(w);

        snprintf(folder, sizeof(folder), "%s/data", w.dir);
        snprintf(file, sizeof(file), "%s/data/file", w.dir);
        mkdir(folder, 0755);
        write_text(file, "content\n");
        config = CONFIG(w, "cat /in/file; echo new >/in/other; cat /etc/deep/one; (echo x >/etc/deep/one) "
                           "2>/dev/null || echo no");
        config_mount(config, "/in", "none", folder, "bind");
        config_mount(config, "/etc/deep/one", "", file, "bind,ro");
        EXPECT_OUTPUT(w, config, "content\ncontent\nno\n");
        snprintf(file, sizeof(file), "%s/data/other", w.dir);
        EXPECT(access(file, F_OK) == 0);
}

TEST(recursive_binds)
{
        struct json_object *config;
        char outer[128], inner[160];
        WORLD(w);

        if (!kernel_is_at_least(5, 12))
                SKIP("'rro' takes Linux 5.12");
        snprintf(outer, sizeof(outer), "%s/outer", w.dir);
        snprintf(inner, sizeof(inner), "%s/outer/inner", w.dir);
        mkdir(outer, 0755);
        mkdir(inner, 0755);
        REQUIRE_EQ(mount("tmpfs", inner, "tmpfs", 0, NULL), 0);
        config = CONFIG(w, "for i in plain plain/inner deep deep/inner top top/inner all all/inner; do "
                           "touch /$i/f 2>/dev/null && echo $i; done; ls /plain/inner /all/inner");
        config_mount(config, "/plain", "none", outer, "bind");
        config_mount(config, "/deep", "none", outer, "rbind");
        config_mount(config, "/top", "none", outer, "rbind,ro");
        config_mount(config, "/all", "none", outer, "rbind,rro");
        EXPECT_OUTPUT(
                w, config,
                "plain\nplain/inner\ndeep\ndeep/inner\ntop/inner\n/all/inner:\nf\n\n/plain/inner:\nf\n");
        EXPECT_EQ(umount(inner), 0);
}

TEST(relative_sources_start_at_the_bundle)
{
        struct json_object *config;
        char file[128];
        WORLD_OF_ANYBODY(w);

        snprintf(file, sizeof(file), "%s/beside", w.dir);
        write_text(file, "found\n");
        config = CONFIG(w, "cat /etc/f");
        config_mount(config, "/etc/f", "bind", "beside", "bind,ro");
        EXPECT_OUTPUT(w, config, "found\n");
}

TEST(later_mounts_cover_earlier_ones)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "ls /t; ls /t/sub; ls -d /t/a");
        config_mount(config, "/t", "tmpfs", "tmpfs", "");
        config_mount(config, "/t/a", "tmpfs", "tmpfs", "");
        config_mount(config, "/t/sub/folder", "tmpfs", "tmpfs", "");
        EXPECT_OUTPUT(w, config, "a\nsub\nfolder\n/t/a\n");
}

TEST(content_is_copied_up)
{
        struct json_object *config;
        char path[160];
        WORLD_OF_ANYBODY(w);

        snprintf(path, sizeof(path), "%s/var/log", w.rootfs);
        mkdir(path, 0750);
        snprintf(path, sizeof(path), "%s/var/file", w.rootfs);
        write_text(path, "kept\n");
        chmod(path, 0604);
        snprintf(path, sizeof(path), "%s/var/link", w.rootfs);
        EXPECT_EQ(symlink("file", path), 0);
        config = CONFIG(w, "cat /var/link; stat -c %a /var/file /var/log; echo gone >/var/file");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup");
        EXPECT_OUTPUT(w, config, "kept\n604\n750\n");
        snprintf(path, sizeof(path), "%s/var/file", w.rootfs);
        auto_text text = read_text(path);
        EXPECT_STR(text, "kept\n");
}

TEST(propagation_of_mounts_and_of_the_root)
{
        static const struct {
                const char *word, *expected;
        } roots[] = { { "private", "rw,relatime -" },
                      { "shared", "shared:" },
                      { "unbindable", "unbindable" } };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
                struct json_object *config =
                        CONFIG(w, "grep ' / / \\| / ' /proc/self/mountinfo | head -n 1 | cut -d ' ' -f 5-");

                config_set(config, "/linux/rootfsPropagation", "'%s'", roots[i].word);
                if (strcmp(roots[i].word, "private") != 0)
                        EXPECT_IN_OUTPUT(w, config, roots[i].expected);
                else
                        EXPECT_IN_OUTPUT(w, config, " - ");
        }
        for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
                struct json_object *config = CONFIG(w, LINE("/t"));

                config_mount(config, "/t", "tmpfs", "tmpfs", roots[i].word);
                EXPECT_IN_OUTPUT(w, config, roots[i].expected);
        }
}

TEST(root_is_read_only_and_mounts_are_not)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "touch /x 2>/dev/null || echo no; touch /new/place/x && echo yes");
        config_set(config, "/root/readonly", "true");
        config_mount(config, "/new/place", "tmpfs", "tmpfs", "");
        EXPECT_OUTPUT(w, config, "no\nyes\n");
}

TEST(nothing_of_the_old_root_is_left)
{
        char file[128];
        WORLD_OF_ANYBODY(w);

        snprintf(file, sizeof(file), "%s/secret", w.dir);
        write_text(file, "secret");
        EXPECT_OUTPUT(
                w,
                CONFIG(w,
                       "cd ..; ls -d tmp etc; grep -c secret /proc/self/mountinfo; ls /proc/1/root/../tmp"),
                "etc\ntmp\n0\n");
}

TEST(no_pivot)
{
        auto_container c = NULL;
        auto_text output = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "ls / | head -n 3; cd /; cd ..; pwd"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_set_flags(c, CONTAIN_NO_PIVOT, &error_));
        output = guest_run(c);
        EXPECT_STR(output, "bin\ndev\netc\n/\n");
}

TEST(root_given_as_a_descriptor)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text output = NULL;
        auto_fd fd = -1;
        auto_fd file = -1;
        WORLD(w);

        config = CONFIG(w, "echo here");
        config_set(config, "/root/path", "'/does/not/exist'");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        fd = open(w.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
        file = open("/dev/null", O_RDONLY | O_CLOEXEC);
        EXPECT_EQ(contain_set_rootfs_fd(c, file, NULL), -ENOTDIR);
        EXPECT_EQ(contain_set_rootfs_fd(c, 12345, NULL), -EBADF);
        EXPECT_OK(contain_set_rootfs_fd(c, fd, &error_));
        output = guest_run(c);
        EXPECT_STR(output, "here\n");
}

TEST(masked_and_read_only_paths)
{
        struct json_object *config;
        char path[160];
        WORLD_OF_ANYBODY(w);

        snprintf(path, sizeof(path), "%s/etc/secret", w.rootfs);
        write_text(path, "secret\n");
        snprintf(path, sizeof(path), "%s/var/secrets", w.rootfs);
        mkdir(path, 0755);
        strcat(path, "/one");
        write_text(path, "secret\n");
        config = CONFIG(w, "cat /etc/secret; ls /var/secrets; touch /var/secrets/x 2>/dev/null || echo no;"
                           "echo 1 2>/dev/null >/proc/sys/kernel/domainname || echo no; touch /run/x "
                           "2>/dev/null || echo no");
        config_set(config, "/linux/maskedPaths",
                   "['/etc/secret', '/var/secrets', '/proc/absent', '/no/such/place']");
        config_set(config, "/linux/readonlyPaths", "['/proc/sys', '/run', '/no/such/place']");
        EXPECT_OUTPUT(w, config, "no\nno\nno\n");
}

TEST(targets_stay_inside)
{
        struct json_object *config;
        char path[160], outside[160];
        WORLD_OF_ANYBODY(w);

        /* A link of the image leads out by any number of steps, and ends at the image's own root. */
        snprintf(path, sizeof(path), "%s/escape", w.rootfs);
        snprintf(outside, sizeof(outside), "../../../../../../../..%s", w.dir);
        EXPECT_EQ(symlink(outside, path), 0);
        config = CONFIG(w, "true");
        config_mount(config, "/escape/made", "tmpfs", "tmpfs", "");
        free(guest_output(&w, config));
        snprintf(outside, sizeof(outside), "%s/made", w.dir);
        EXPECT(access(outside, F_OK) < 0);

        /* /proc must not end up anywhere else: what the runtime writes there has to be procfs. */
        snprintf(path, sizeof(path), "%s/proc", w.rootfs);
        EXPECT_EQ(rmdir(path), 0);
        EXPECT_EQ(symlink("tmp", path), 0);
        auto_text output = guest_output(&w, CONFIG(w, "echo started"));
        EXPECT_CONTAINS(output, "error: /mounts/0");
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(refused_mounts_are_named)
{
        static const struct {
                const char *type, *source, *options, *pointer;
        } cases[] = {
                { "nosuchfs", "none", "", "/mounts/2" },
                { "tmpfs", "tmpfs", "size=rubbish", "/mounts/2" },
                { "tmpfs", "tmpfs", "no-such-option", "/mounts/2" },
                { "bind", "/no/such/source", "bind", "/mounts/2" },
        };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "true");
                contain_error_t *error = NULL;
                auto_container c = NULL;

                config_mount(config, "/t", cases[i].type, cases[i].source, cases[i].options);
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                EXPECT(contain_create(c, &error) < 0);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_MOUNT);
                EXPECT_CONTAINS(contain_error_pointer(error), cases[i].pointer);
                contain_error_free(error);
        }
        EXPECT_EQ(cgroups_left(w.name), 0);
}
