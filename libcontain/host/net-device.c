/* SPDX-License-Identifier: MIT */

/*
 * Moves network devices into the container, and back when it does not come to be. A physical device would
 * come back by itself when the namespace ends, under whatever name; a virtual one would be gone.
 *
 * What can be known to fail is looked at before anything is changed: routes through a device do not
 * survive its move, whether or not it comes back.
 */

#include "host/net-device.h"

#include "host/net-link.h"

#include <linux/sockios.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

struct moved {
        struct ct_link before; /* on the host */
        struct ct_addresses addresses;
        int index; /* in the container */
};

struct ct_net_devices {
        struct ct_netlink host, inside;
        int host_namespace_fd, inside_namespace_fd;
        struct moved *items;
        size_t n;
};

struct ct_net_devices *ct_net_devices_free(struct ct_net_devices *devices)
{
        if (!devices)
                return NULL;
        for (size_t i = 0; i < devices->n; i++)
                ct_addresses_done(&devices->items[i].addresses);
        free(devices->items);
        ct_netlink_done(&devices->host);
        ct_netlink_done(&devices->inside);
        ct_close(devices->host_namespace_fd);
        ct_close(devices->inside_namespace_fd);
        free(devices);
        return NULL;
}

/* The network namespace that a socket is of. */
static int namespace_of(int socket_fd)
{
        int fd = ioctl(socket_fd, SIOCGSKNS);

        return fd < 0 ? -errno : fd;
}

static bool is_same(int a_fd, int b_fd)
{
        struct stat a, b;

        return fstat(a_fd, &a) == 0 && fstat(b_fd, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int open_both(struct ct_net_devices *devices)
{
        devices->host.fd = ct_netlink_open();
        if (devices->host.fd < 0)
                return devices->host.fd;
        devices->host_namespace_fd = namespace_of(devices->host.fd);
        if (devices->host_namespace_fd < 0)
                return devices->host_namespace_fd;
        devices->inside_namespace_fd = namespace_of(devices->inside.fd);
        return devices->inside_namespace_fd < 0 ? devices->inside_namespace_fd : 0;
}

int ct_net_devices_new(int inside_fd, const char *at, struct ct_net_devices **ret, contain_error_t **err)
{
        _cleanup_(ct_net_devices_freep) struct ct_net_devices *devices = NULL;
        _cleanup_close_ int fd = inside_fd;
        int r;

        devices = malloc(sizeof(*devices));
        if (!devices)
                return ct_fail_memory(err);
        *devices = (struct ct_net_devices){ .host.fd = -EBADF,
                                            .inside.fd = ct_take_fd(&fd),
                                            .host_namespace_fd = -EBADF,
                                            .inside_namespace_fd = -EBADF };
        r = open_both(devices);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_NETWORK, -r, at, "cannot ask the kernel about network devices");
        if (is_same(devices->host_namespace_fd, devices->inside_namespace_fd))
                return ct_fail(err, CONTAIN_E_NETWORK, EINVAL, at,
                               "the network namespace that the container joins is the host's own");
        *ret = ct_take(devices);
        return 0;
}

/* --- back to the host ----------------------------------------------------------------------- */

/* Everything that it had, but what the kernel makes by itself. */
static int restore(struct ct_net_devices *devices, const struct moved *moved)
{
        const char *name = moved->before.name;
        struct ct_link link;
        int first, r;

        first = ct_link_find(&devices->host, name, &link);
        if (first < 0)
                return first;
        if (moved->before.master != 0)
                first = ct_link_set_master(&devices->host, link.index, moved->before.master);
        for (size_t i = 0; i < moved->addresses.n; i++) {
                if (ct_address_is_automatic(moved->addresses.items[i]))
                        continue;
                r = ct_address_add(&devices->host, link.index, moved->addresses.items[i], name, name);
                first = first < 0 ? first : r;
        }
        if (moved->before.flags & IFF_UP) {
                r = ct_link_set_up(&devices->host, link.index);
                first = first < 0 ? first : r;
        }
        return first;
}

/* Brings the last one back. */
static int return_last(struct ct_net_devices *devices, contain_error_t **err)
{
        struct moved *moved = &devices->items[--devices->n];
        int r;

        r = ct_link_move(&devices->inside, moved->index, devices->host_namespace_fd, moved->before.name);
        if (r == 0)
                r = restore(devices, moved);
        if (r < 0)
                (void)ct_fail(err, CONTAIN_E_NETWORK, -r, NULL,
                              "cannot give network device '%s' back to the host", moved->before.name);
        ct_addresses_done(&moved->addresses);
        return r;
}

int ct_net_devices_return(struct ct_net_devices *devices, contain_error_t **err)
{
        int first = 0;

        while (devices->n > 0) {
                int r = return_last(devices, first < 0 ? NULL : err);

                first = first < 0 ? first : r;
        }
        return first;
}

/* --- into the container --------------------------------------------------------------------- */

static int fail_taken(const char *name, const char *at, contain_error_t **err)
{
        int r = ct_fail(err, CONTAIN_E_NETWORK, EEXIST, at, "the container has a network device '%s' already",
                        name);

        ct_error_set_hint(err, "another 'name', or one that ends in '%%d', lets it be unique");
        return r;
}

/* Looks at the device, and at whether its name is free, before anything is changed. */
static int look(struct ct_net_devices *devices, const char *host_name, const char *name, const char *at,
                struct moved *ret, contain_error_t **err)
{
        struct ct_link taken;
        int r;

        r = ct_link_find(&devices->host, host_name, &ret->before);
        if (r == -ENODEV) {
                (void)ct_fail(err, CONTAIN_E_NETWORK, ENODEV, at, "the host has no network device '%s'",
                              host_name);
                ct_error_set_cause(err, CONTAIN_CAUSE_CONFIG);
                return r;
        }
        if (r < 0)
                return ct_fail(err, CONTAIN_E_NETWORK, -r, at, "cannot look at network device '%s'",
                               host_name);
        if (name[0] == '\0')
                name = ret->before.name;
        if (!strchr(name, '%') && ct_link_find(&devices->inside, name, &taken) == 0)
                return fail_taken(name, at, err);
        r = ct_addresses_list(&devices->host, ret->before.index, &ret->addresses);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_NETWORK, -r, at, "cannot look at the addresses of '%s'",
                               host_name);
        return 0;
}

/*
 * A name that nobody else has: under its own one the device might not be found again, when the kernel has
 * to choose another name or number for it.
 */
static void make_name(const struct ct_link *link, char ret[IF_NAMESIZE])
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        (void)snprintf(ret, IF_NAMESIZE, "ct%05x%08lx", (unsigned)link->index & 0xfffff,
                       (unsigned long)now.tv_nsec);
}

/* Afterwards it is in the list, and return_last() brings it back. */
static int move(struct ct_net_devices *devices, struct moved *moved, const char *at, contain_error_t **err)
{
        char name[IF_NAMESIZE];
        struct ct_link link;
        int r;

        make_name(&moved->before, name);
        /* Nothing but the kernel may fail between the move and the place in the list. */
        r = ct_link_find(&devices->inside, name, &link);
        if (r != -ENODEV)
                return ct_fail(err, CONTAIN_E_NETWORK, r < 0 ? -r : EEXIST, at,
                               "cannot look at the container's network devices");
        r = ct_link_move(&devices->host, moved->before.index, devices->inside_namespace_fd, name);
        if (r < 0) {
                (void)ct_fail(err, CONTAIN_E_NETWORK, -r, at,
                              "cannot move network device '%s' into the container", moved->before.name);
                if (r == -EINVAL)
                        ct_error_set_hint(err, "loopback, bridges and the like stay where they were made");
                else if (r == -EPERM)
                        ct_error_set_hint(err, "it takes CAP_NET_ADMIN on the host and in the container");
                return r;
        }
        r = ct_link_find(&devices->inside, name, &link);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_NETWORK, -r, at,
                               "cannot find network device '%s' in the container", moved->before.name);
        moved->index = link.index;
        devices->items[devices->n++] = *moved;
        moved->addresses = (struct ct_addresses){ NULL, 0 };
        return 0;
}

static int give_addresses(struct ct_net_devices *devices, const struct moved *moved,
                          const struct ct_link *link, const char *at, contain_error_t **err)
{
        for (size_t i = 0; i < moved->addresses.n; i++) {
                const struct nlmsghdr *address = moved->addresses.items[i];
                char text[CT_ADDRESS_TEXT];
                int r;

                if (!ct_address_is_permanent(address) || !ct_address_is_global(address))
                        continue;
                r = ct_address_add(&devices->inside, moved->index, address, moved->before.name, link->name);
                if (r < 0) {
                        ct_address_text(address, text);
                        return ct_fail(err, CONTAIN_E_NETWORK, -r, at,
                                       "cannot keep the address %s of network device '%s'", text,
                                       moved->before.name);
                }
        }
        return 0;
}

static int set_up(struct ct_net_devices *devices, const struct moved *moved, const char *name, const char *at,
                  contain_error_t **err)
{
        struct ct_link link;
        int r;

        r = ct_link_rename(&devices->inside, moved->index, name);
        if (r == -EEXIST)
                return fail_taken(name, at, err);
        if (r == 0)
                r = ct_link_look(&devices->inside, moved->index, &link);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_NETWORK, -r, at,
                               "cannot call network device '%s' '%s' in the container", moved->before.name,
                               name);
        r = give_addresses(devices, moved, &link, at, err);
        if (r < 0)
                return r;
        r = ct_link_set_up(&devices->inside, moved->index);
        return r < 0 ? ct_fail(err, CONTAIN_E_NETWORK, -r, at, "cannot set network device '%s' up",
                               moved->before.name)
                     : 0;
}

int ct_net_devices_move(struct ct_net_devices *devices, const char *host_name, const char *name,
                        const char *at, contain_error_t **err)
{
        struct moved moved = { .index = 0 }, *items;
        int r;

        items = realloc(devices->items, (devices->n + 1) * sizeof(*items));
        if (!items)
                return ct_fail_memory(err);
        devices->items = items;
        r = look(devices, host_name, name, at, &moved, err);
        if (r == 0)
                r = move(devices, &moved, at, err);
        ct_addresses_done(&moved.addresses);
        if (r < 0)
                return r;
        items += devices->n - 1;
        return set_up(devices, items, name[0] != '\0' ? name : items->before.name, at, err);
}
