/* SPDX-License-Identifier: MIT */

/*
 * Network devices of the host in the container. The host is a network namespace of the test's own, in which
 * veth pairs and bridges come and go.
 */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* The namespace that the test came from. */
struct network {
        int fd;
};

static void network_end(struct network *network)
{
        if (network->fd < 0)
                return;
        if (setns(network->fd, CLONE_NEWNET) < 0)
                abort();
        close(network->fd);
}

/* Runs a command of the host's; its exit status. */
static int host(const char *command)
{
        char line[1024];

        snprintf(line, sizeof(line), "{ %s; } >/dev/null 2>&1", command);
        return system(line);
}

/* What a command of the host's writes. */
static char *host_output(const char *command)
{
        FILE *pipe = popen(command, "re");
        char *text;

        if (!pipe)
                abort();
        text = guest_read(fileno(pipe), 10000, NULL);
        pclose(pipe);
        return text;
}

static bool network_begin(struct network *network, const char *setup)
{
        network->fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        if (network->fd < 0 || unshare(CLONE_NEWNET) < 0)
                abort();
        return host(setup) == 0;
}

/* WORLD(w), and a host with the devices that @setup makes. */
#define NETWORK(w, setup)                                                                                    \
        WORLD(w);                                                                                            \
        struct network network_ __attribute__((cleanup(network_end))) = { -1 };                              \
        if (access("/sbin/ip", X_OK) < 0 && access("/usr/sbin/ip", X_OK) < 0)                                \
                SKIP("needs ip of iproute2");                                                                \
        REQUIRE(network_begin(&network_, setup))

#define PAIR "ip link add a0 type veth peer name b0; ip link set b0 up; "

/* What a device is: flags, addresses and lifetimes, without what the kernel makes and time changes. */
#define LOOK                                                                                                 \
        "ip -o link show a0 | sed 's/^[0-9]*: //; s/qdisc.*mode//'; "                                        \
        "ip -o addr show a0 | sed 's/^[0-9]*: //; s/[0-9]*sec/sec/g' | grep -v fe80: | sort"

/* Permanent and global, secondary with a label, with a peer, in IPv6; and four that are not to be kept. */
#define ADDRESSES                                                                                            \
        PAIR "ip addr add 10.1.2.3/24 brd + dev a0 && ip addr add 10.1.2.4/24 label a0:x dev a0 && "         \
             "ip addr add 10.9.0.1 peer 10.9.0.2/32 dev a0 metric 77 && "                                    \
             "ip addr add 169.254.9.9/16 scope link dev a0 && ip addr add 10.8.0.1/24 scope host dev a0 && " \
             "ip addr add 10.7.0.1/24 valid_lft 1000 preferred_lft 500 dev a0 && "                           \
             "ip addr add 2001:db8::5/64 nodad dev a0 && "                                                   \
             "ip addr add 2001:db8::7/64 nodad valid_lft 1000 preferred_lft 500 dev a0 && "                  \
             "ip link set a0 mtu 1400 address 02:00:00:00:00:11 up"

TEST(device_moves_with_its_permanent_global_addresses)
{
        struct json_object *config;
        auto_text output = NULL;
        NETWORK(w, ADDRESSES);

        config = CONFIG(w, "busybox ip addr show a0");
        config_set(config, "/linux/netDevices", "{'a0': {}}");
        output = guest_output(&w, config);
        EXPECT_CONTAINS(output, "UP");
        EXPECT_CONTAINS(output, "mtu 1400");
        EXPECT_CONTAINS(output, "link/ether 02:00:00:00:00:11");
        EXPECT_CONTAINS(output, "inet 10.1.2.3/24 brd 10.1.2.255 scope global a0\n");
        EXPECT_CONTAINS(output, "inet 10.1.2.4/24 scope global secondary a0:x\n");
        EXPECT_CONTAINS(output, "inet 10.9.0.1 peer 10.9.0.2/32 scope global a0\n");
        EXPECT_CONTAINS(output, "inet6 2001:db8::5/64 scope global");
        EXPECT(strstr(output, "169.254") == NULL);
        EXPECT(strstr(output, "10.8.0.1") == NULL);
        EXPECT(strstr(output, "10.7.0.1") == NULL);
        EXPECT(strstr(output, "2001:db8::7") == NULL);
}

TEST(device_gets_a_new_name_before_parameters_of_it_are_set)
{
        struct json_object *config;
        auto_text output = NULL;
        NETWORK(w, ADDRESSES);

        config = CONFIG(w, "busybox ip addr show net1; busybox ip link show a0; "
                           "cat /proc/sys/net/ipv4/conf/net1/forwarding");
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'net1'}}");
        config_set(config, "/linux/sysctl", "{'net.ipv4.conf.net1.forwarding': '1'}");
        output = guest_output(&w, config);
        EXPECT_CONTAINS(output, "net1@if");
        EXPECT_CONTAINS(output, "scope global secondary net1:x\n");
        EXPECT_CONTAINS(output, "can't find device 'a0'");
        EXPECT_CONTAINS(output, "\n1\n");
        /* It went with the container's namespace: nobody brings it back. */
        EXPECT(host("ip link show a0 || ip link show net1") != 0);
}

TEST(kernel_numbers_devices_of_a_template)
{
        struct json_object *config;
        auto_text output = NULL;
        NETWORK(w, PAIR "ip link add eth0 type veth peer name b1");

        config = CONFIG(w, "ls /sys/class/net 2>/dev/null; busybox ip -o link | cut -d ' ' -f 2 | sort");
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'eth%%d'}, 'eth0': {'name': 'eth%%d'}}");
        output = guest_output(&w, config);
        EXPECT_CONTAINS(output, "eth0@");
        EXPECT_CONTAINS(output, "lo:");
        EXPECT(strstr(strstr(output, "eth0@") + 1, "eth") != NULL);
}

TEST(devices_move_into_a_user_namespace)
{
        struct json_object *config;
        auto_text output = NULL;
        NETWORK(w, ADDRESSES);

        config = CONFIG(w, "busybox ip addr show a0");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/netDevices", "{'a0': {}}");
        output = guest_output(&w, config);
        EXPECT_CONTAINS(output, "inet 10.1.2.3/24 brd 10.1.2.255 scope global a0\n");
}

/* Fails to create @config (consumed) with @code at @pointer; afterwards the host's device is as it was. */
static void expect_untouched(struct world *w, struct json_object *config, int code, const char *pointer)
{
        contain_error_t *error = NULL;
        auto_text before = host_output(LOOK);
        auto_container c = guest_new(w, config);
        auto_text after = NULL;

        REQUIRE(c != NULL);
        EXPECT(contain_create(c, &error) < 0);
        EXPECT_EQ(contain_error_code(error), code);
        EXPECT_EQ(contain_error_cause(error),
                  code == CONTAIN_E_HOOK ? CONTAIN_CAUSE_OTHER : CONTAIN_CAUSE_CONFIG);
        EXPECT_STR(contain_error_pointer(error), pointer);
        contain_error_free(error);
        after = host_output(LOOK);
        EXPECT_STR(after, before);
}

TEST(name_that_is_taken)
{
        struct json_object *config;
        NETWORK(w, ADDRESSES);

        config = CONFIG(w, "true");
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'lo'}}");
        expect_untouched(&w, config, CONTAIN_E_NETWORK, "/linux/netDevices/a0");
}

TEST(device_that_the_host_does_not_have)
{
        struct json_object *config;
        NETWORK(w, ADDRESSES);

        /* The one that was moved before it comes back. */
        config = CONFIG(w, "true");
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'net1'}, 'absent': {}}");
        expect_untouched(&w, config, CONTAIN_E_NETWORK, "/linux/netDevices/absent");
}

TEST(devices_that_cannot_leave)
{
        struct json_object *config;
        NETWORK(w, ADDRESSES " && ip link add br0 type bridge");

        config = CONFIG(w, "true");
        config_set(config, "/linux/netDevices", "{'a0': {}, 'br0': {}}");
        expect_untouched(&w, config, CONTAIN_E_NETWORK, "/linux/netDevices/br0");
        config = CONFIG(w, "true");
        config_set(config, "/linux/netDevices", "{'lo': {'name': 'lo2'}}");
        expect_untouched(&w, config, CONTAIN_E_NETWORK, "/linux/netDevices/lo");
}

TEST(device_comes_back_when_something_later_fails)
{
        static const char *const hooks[] = { "prestart", "createRuntime", "createContainer" };
        struct json_object *config;
        char pointer[64];
        NETWORK(w, ADDRESSES " && ip link add br0 type bridge && ip link set a0 master br0");

        for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
                config = CONFIG(w, "true");
                config_set(config, "/linux/netDevices", "{'a0': {'name': 'net1'}}");
                snprintf(pointer, sizeof(pointer), "/hooks/%s/-", hooks[i]);
                config_set(config, pointer, "{'path': '/bin/false'}");
                snprintf(pointer, sizeof(pointer), "/hooks/%s/0", hooks[i]);
                expect_untouched(&w, config, CONTAIN_E_HOOK, pointer);
        }
        config = CONFIG(w, "true");
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'net1'}}");
        config_set(config, "/process/args", "['/absent']");
        expect_untouched(&w, config, CONTAIN_E_PROGRAM, "/process/args/0");

        config = CONFIG(w, "true");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'net1'}}");
        config_set(config, "/process/args", "['/absent']");
        expect_untouched(&w, config, CONTAIN_E_PROGRAM, "/process/args/0");
}

TEST(hooks_find_the_device_in_the_container)
{
        struct json_object *config;
        char script[256], path[128];
        auto_text seen = NULL;
        NETWORK(w, ADDRESSES);

        config = CONFIG(w, "true");
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'net1'}}");
        snprintf(path, sizeof(path), "%s/seen", w.dir);
        snprintf(script, sizeof(script), "cat /proc/net/dev >%s", path);
        config_set(config, "/hooks/createContainer/-",
                   "{'path': '/bin/sh', 'args': ['sh', '-c', '%s'], 'env': ['PATH=/bin']}", script);
        EXPECT_OUTPUT(w, config, "");
        seen = read_text(path);
        EXPECT_CONTAINS(seen ? seen : "", "net1:");
}

TEST(device_moves_into_a_namespace_that_is_joined)
{
        struct json_object *config;
        auto_container holder = NULL;
        auto_text output = NULL;
        char path[64];
        NETWORK(w, ADDRESSES "; ip link add c0 type veth peer name d0");

        config = CONFIG(w, "true");
        config_set(config, "/linux/netDevices", "{'c0': {'name': 'eth0'}}");
        holder = guest_new(&w, config);
        REQUIRE(holder != NULL);
        EXPECT_OK(contain_create(holder, &error_));
        snprintf(path, sizeof(path), "/proc/%d/ns/net", contain_pid(holder));

        config = CONFIG(w, "true");
        config_namespace(config, "network", path);
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'eth0'}}");
        expect_untouched(&w, config, CONTAIN_E_NETWORK, "/linux/netDevices/a0");

        config = CONFIG(w, "busybox ip addr show eth1");
        config_namespace(config, "network", path);
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'eth%%d'}}");
        output = guest_output(&w, config);
        EXPECT_CONTAINS(output, "inet 10.1.2.3/24 brd 10.1.2.255 scope global eth1\n");
        EXPECT_OK(contain_destroy(holder, 0, &error_));
}

TEST(joined_namespace_that_is_the_hosts_own)
{
        struct json_object *config;
        NETWORK(w, ADDRESSES);

        config = CONFIG(w, "true");
        config_namespace(config, "network", "/proc/thread-self/ns/net");
        config_set(config, "/linux/netDevices", "{'a0': {'name': 'net1'}}");
        expect_untouched(&w, config, CONTAIN_E_NETWORK, "/linux/netDevices/a0");
}

TEST(parameters_of_a_device_with_a_dot_in_its_name)
{
        struct json_object *config;
        NETWORK(w, "ip link add eno2.100 type veth peer name b0");

        /* With slashes between the parts, dots belong to names, as with sysctl(8); with dots, slashes do. */
        config = CONFIG(w, "cd /proc/sys/net/ipv4/conf; cat eno2.100/forwarding lo/forwarding "
                           "eno2.100/accept_redirects");
        config_set(config, "/linux/netDevices", "{'eno2.100': {}}");
        config_set(config, "/linux/sysctl",
                   "{'net/ipv4/conf/eno2.100/forwarding': '1', 'net.ipv4.conf.lo.forwarding': '1',"
                   " 'net.ipv4.conf.eno2/100.accept_redirects': '0'}");
        EXPECT_OUTPUT(w, config, "1\n1\n0\n");
}

TEST(features_tell_of_network_devices)
{
        auto_text features = NULL;
        WORLD(w);

        EXPECT_OK(contain_features_json(w.ctx, &features, &error_));
        EXPECT_CONTAINS(features ? features : "", "\"netDevices\": {\"enabled\": true}");
}
