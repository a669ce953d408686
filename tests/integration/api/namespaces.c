/* SPDX-License-Identifier: MIT */

/* All eight namespaces: new, by path, by descriptor; id maps and time offsets. */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define ALL "for n in pid mnt ipc uts net cgroup user time; do readlink /proc/self/ns/$n; done"

static const char *const files[] = { "pid", "mnt", "ipc", "uts", "net", "cgroup", "user", "time" };

/* "pid:[4026531836]", as seen from outside. */
static char *namespace_of(int pid, const char *file, char buffer[static 64])
{
        char path[64];
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, file);
        n = readlink(path, buffer, 63);
        buffer[n < 0 ? 0 : n] = '\0';
        return buffer;
}

/* Which of the names in @output, a line each in the order of files[], are this process's own? Bit i for
 * files[i]. */
static unsigned shared_with_host(const char *output)
{
        unsigned shared = 0;
        char name[64];

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                if (output && strstr(output, namespace_of(getpid(), files[i], name)))
                        shared |= 1u << i;
        return shared;
}

TEST(new_ones_of_every_kind)
{
        struct json_object *config;
        auto_text output = NULL;
        WORLD(w);

        if (access("/proc/self/ns/time", F_OK) < 0)
                SKIP("no time namespaces in this kernel");
        config = CONFIG(w, ALL);
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/namespaces/-", "{'type': 'time'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        output = guest_output(&w, config);
        EXPECT_CONTAINS(output, "time:[");
        EXPECT_EQ(shared_with_host(output), 0);
}

TEST(what_is_not_listed_is_the_hosts)
{
        struct json_object *config;
        auto_text output = NULL;
        WORLD(w);

        config = CONFIG(w, ALL);
        config_remove(config, "/hostname");
        config_set(config, "/linux/namespaces", "[{'type': 'mount'}]");
        output = guest_output(&w, config);
        EXPECT_EQ(shared_with_host(output), 0xff & ~(1u << 1));
}

TEST(ids_are_mapped)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, "id -u; id -g; awk '{print $1, $2, $3}' /proc/self/uid_map /proc/self/gid_map; "
                           "stat -L -c %u /proc/self");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings",
                   "[{'containerID': 0, 'hostID': 100000, 'size': 1000}, {'containerID': 1000, 'hostID': "
                   "300000, 'size': 5}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 200000, 'size': 65536}]");
        EXPECT_OUTPUT(w, config, "0\n0\n0 100000 1000\n1000 300000 5\n0 200000 65536\n0\n");
}

TEST(user_in_a_user_namespace)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, "id -u; id -g; id -G; grep CapEff /proc/self/status");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/process/user", "{'uid': 7, 'gid': 8, 'additionalGids': [9, 10]}");
        config_remove(config, "/process/capabilities");
        EXPECT_OUTPUT(w, config, "7\n8\n8 9 10\nCapEff:\t0000000000000000\n");
}

TEST(rootless_kind_of_map)
{
        struct json_object *config;
        WORLD(w);

        /* One id only, and setgroups denied: what a user without subordinate ids can have. */
        config = CONFIG(w, "id -u; cat /proc/self/setgroups; mount -t tmpfs none /tmp && echo mounted");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 0, 'size': 1}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 0, 'size': 1}]");
        EXPECT_IN_OUTPUT(w, config, "mounted\n");
}

TEST(clocks_are_moved)
{
        struct json_object *config;
        WORLD(w);

        if (access("/proc/self/ns/time", F_OK) < 0)
                SKIP("no time namespaces in this kernel");
        config = CONFIG(w, "awk '{print $1, $2, $3}' /proc/self/timens_offsets");
        config_set(config, "/linux/namespaces/-", "{'type': 'time'}");
        config_set(config, "/linux/timeOffsets",
                   "{'monotonic': {'secs': 100000}, 'boottime': {'secs': 200000, 'nanosecs': 5}}");
        EXPECT_OUTPUT(w, config, "monotonic 100000 0\nboottime 200000 5\n");
}

TEST(joined_by_path)
{
        static const char *const types[][2] = { { "pid", "pid" },
                                                { "ipc", "ipc" },
                                                { "uts", "uts" },
                                                { "network", "net" },
                                                { "cgroup", "cgroup" } };
        struct json_object *config;
        auto_container holder = NULL;
        auto_text output = NULL;
        char path[64], name[64];
        WORLD(w);

        holder = guest_new(&w, CONFIG(w, "exec sleep 100"));
        REQUIRE(holder != NULL);
        EXPECT_OK(contain_create(holder, &error_));
        EXPECT_OK(contain_start(holder, &error_));

        config = CONFIG(w, ALL "; hostname; cat /proc/1/comm");
        config_remove(config, "/hostname");
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
                snprintf(path, sizeof(path), "/proc/%d/ns/%s", contain_pid(holder), types[i][1]);
                config_namespace(config, types[i][0], path);
        }
        output = guest_output(&w, config);
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                EXPECT_CONTAINS(output, namespace_of(contain_pid(holder), types[i][1], name));
        EXPECT_CONTAINS(output, "guest\nsleep\n");
        EXPECT_EQ(contain_status(holder, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_OK(contain_destroy(holder, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(joined_user_namespace_with_a_new_network)
{
        struct json_object *config;
        auto_container holder = NULL;
        auto_text output = NULL;
        char path[64], name[64];
        WORLD(w);

        config = CONFIG(w, "exec sleep 100");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        holder = guest_new(&w, config);
        REQUIRE(holder != NULL);
        EXPECT_OK(contain_create(holder, &error_));

        config = CONFIG(w, ALL "; id -u");
        snprintf(path, sizeof(path), "/proc/%d/ns/user", contain_pid(holder));
        config_namespace(config, "user", path);
        output = guest_output(&w, config);
        EXPECT_CONTAINS(output, namespace_of(contain_pid(holder), "user", name));
        EXPECT(output && !strstr(output, namespace_of(contain_pid(holder), "net", name)));
        EXPECT_CONTAINS(output, "\n0\n");
        EXPECT_EQ(shared_with_host(output), 1u << 7);
        EXPECT_OK(contain_destroy(holder, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(given_as_a_descriptor)
{
        auto_container c = NULL;
        auto_container holder = NULL;
        auto_text output = NULL;
        char path[64], name[64];
        auto_fd fd = -1;
        WORLD(w);

        holder = guest_new(&w, CONFIG(w, "exec sleep 100"));
        REQUIRE(holder != NULL);
        EXPECT_OK(contain_create(holder, &error_));
        snprintf(path, sizeof(path), "/proc/%d/ns/net", contain_pid(holder));
        fd = open(path, O_RDONLY | O_CLOEXEC);
        REQUIRE(fd >= 0);

        c = guest_new(&w, CONFIG(w, ALL));
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_set_namespace_fd(c, "ipc", fd, NULL), -EINVAL);
        EXPECT_EQ(contain_set_namespace_fd(c, "nothing", fd, NULL), -EINVAL);
        EXPECT_EQ(contain_set_namespace_fd(c, "network", -1, NULL), -EBADF);
        EXPECT_OK(contain_set_namespace_fd(c, "network", fd, &error_));
        output = guest_run(c);
        EXPECT_CONTAINS(output, namespace_of(contain_pid(holder), "net", name));
        EXPECT_OK(contain_destroy(holder, 0, &error_));
}

TEST(wrong_paths_are_named)
{
        static const struct {
                const char *type, *path;
        } cases[] = { { "network", "/proc/self/ns/uts" },
                      { "network", "/proc/self/ns/absent" },
                      { "ipc", "/etc/passwd" } };
        WORLD(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "true");
                contain_error_t *error = NULL;
                auto_container c = NULL;

                config_namespace(config, cases[i].type, cases[i].path);
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                EXPECT(contain_create(c, &error) < 0);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_NAMESPACE);
                EXPECT_CONTAINS(contain_error_pointer(error), "/linux/namespaces/5");
                EXPECT_CONTAINS(contain_error_message(error), cases[i].path);
                contain_error_free(error);
        }
}

TEST(names_of_the_host)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, "hostname; cat /proc/sys/kernel/domainname; cat /proc/sys/kernel/shm_rmid_forced");
        config_set(config, "/hostname", "'box'");
        config_set(config, "/domainname", "'example.org'");
        config_set(config, "/linux/sysctl", "{'kernel.shm_rmid_forced': '1', 'net.ipv4.ip_forward': '1'}");
        EXPECT_OUTPUT(w, config, "box\nexample.org\n1\n");
}

TEST(loopback_is_up)
{
        WORLD(w);

        EXPECT_IN_OUTPUT(w, CONFIG(w, "ifconfig lo"), "UP LOOPBACK RUNNING");
}
