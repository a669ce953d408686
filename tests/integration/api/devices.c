/* SPDX-License-Identifier: MIT */

/* Devices: those every container has, those of the configuration, and those that are forbidden. */

#include "api.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

TEST(default_devices_and_links)
{
        static const char script[] =
                "for d in null zero full random urandom tty; do stat -c '%n %t:%T %a %F' /dev/$d; done;"
                "for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done";
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, script);
        config_mount(config, "/dev/pts", "devpts", "devpts", "newinstance,ptmxmode=0666,mode=620,gid=5");
        EXPECT_OUTPUT(w, config,
                      "/dev/null 1:3 666 character special file\n/dev/zero 1:5 666 character special file\n"
                      "/dev/full 1:7 666 character special file\n/dev/random 1:8 666 character special file\n"
                      "/dev/urandom 1:9 666 character special file\n/dev/tty 5:0 666 character special file\n"
                      "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n");
}

TEST(configured_devices)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, "stat -c '%n %t:%T %a %u %g' /dev/deep/mine /etc/pipe; head -c 2 /dev/deep/mine | "
                           "od -A n -t x1");
        config_set(config, "/linux/devices",
                   "[{'path': '/dev/deep/mine', 'type': 'c', 'major': 1, 'minor': 5, 'fileMode': 416, 'uid': "
                   "5, 'gid': 6},"
                   " {'path': '/etc/pipe', 'type': 'p', 'fileMode': 384}]");
        EXPECT_OUTPUT(w, config, "/dev/deep/mine 1:5 640 5 6\n/etc/pipe 0:0 600 0 0\n 00 00\n");
}

TEST(devices_in_a_user_namespace_are_bound)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(
                w, "echo x >/dev/null && head -c 1 /dev/zero | od -A n -t x1; stat -c '%t:%T' /dev/full");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        EXPECT_OUTPUT(w, config, " 00\n1:7\n");
}

TEST(rules_forbid_what_is_not_allowed)
{
        /* 10:229 is /dev/fuse: making the node is one thing, opening it another. */
        static const char script[] = "mknod /tmp/fuse$$ c 10 229 && dd if=/tmp/fuse$$ of=/dev/null count=0 "
                                     "2>&1 | grep -c 'not permitted';"
                                     "echo x >/dev/null && echo null is fine";
        struct json_object *config;
        char path[160];
        WORLD(w);

        config = CONFIG(w, script);
        config_set(config, "/linux/resources/devices", "[{'allow': false, 'access': 'rwm'}]");
        EXPECT_OUTPUT(w, config, "1\nnull is fine\n");

        snprintf(path, sizeof(path), "%s/tmp/fuse1", w.rootfs);
        EXPECT_EQ(unlink(path), 0);
        config = CONFIG(w, script);
        config_set(config, "/linux/resources/devices",
                   "[{'allow': false, 'access': 'rwm'}, {'allow': true, 'type': 'c', 'major': 10, 'minor': "
                   "229, 'access': 'rw'}]");
        EXPECT_OUTPUT(w, config, "0\nnull is fine\n");
}

TEST(other_files_in_the_way_are_an_error)
{
        struct json_object *config;
        contain_error_t *error = NULL;
        auto_container c = NULL;
        char path[160];
        WORLD(w);

        snprintf(path, sizeof(path), "%s/etc/device", w.rootfs);
        write_text(path, "a file\n");
        config = CONFIG(w, "true");
        config_set(config, "/linux/devices",
                   "[{'path': '/etc/device', 'type': 'c', 'major': 1, 'minor': 5}]");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT(contain_create(c, &error) < 0);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_DEVICE);
        EXPECT_STR(contain_error_pointer(error), "/linux/devices/0");
        contain_error_free(error);
        auto_text text = read_text(path);
        EXPECT_STR(text, "a file\n");
}

/* Where nodes are bound, not made: in a user namespace, and here in the image's own /dev. */
TEST(other_files_in_the_way_in_a_user_namespace)
{
        static const struct {
                const char *content, *expected;
        } cases[] = { { "", "1:5\n" }, { "a file\n", "error: /linux/devices/0: " } };
        char path[160];
        WORLD(w);

        EXPECT_EQ(chmod(w.dir, 0755), 0);
        snprintf(path, sizeof(path), "%s/dev", w.rootfs);
        EXPECT_EQ(chown(path, 100000, 100000), 0);
        snprintf(path, sizeof(path), "%s/dev/zero", w.rootfs);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "stat -c %t:%T /dev/zero");

                write_text(path, cases[i].content);
                config_remove(config, "/mounts/1");
                config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
                config_set(config, "/linux/uidMappings",
                           "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
                config_set(config, "/linux/gidMappings",
                           "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
                config_set(config, "/linux/devices",
                           "[{'path': '/dev/zero', 'type': 'c', 'major': 1, 'minor': 5}]");
                EXPECT_IN_OUTPUT(w, config, cases[i].expected);
        }
}

TEST(dev_of_the_image_that_leads_out)
{
        struct json_object *config;
        char path[192], host[160], link[192];
        struct stat st;
        WORLD(w);

        /* No mount at /dev, and the image's /dev is a link to a folder of the host: that one must stay empty.
         */
        snprintf(host, sizeof(host), "%s/outside", w.dir);
        mkdir(host, 0755);
        snprintf(path, sizeof(path), "%s/dev", w.rootfs);
        rmdir(path);
        snprintf(link, sizeof(link), "../../../../../..%s", host);
        EXPECT_EQ(symlink(link, path), 0);
        config = CONFIG(w, "true");
        config_remove(config, "/mounts/1");
        free(guest_output(&w, config));
        snprintf(path, sizeof(path), "%s/null", host);
        EXPECT(lstat(path, &st) < 0);
}
