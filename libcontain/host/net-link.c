/* SPDX-License-Identifier: MIT */

/* Network devices by rtnetlink: find, move, rename, set up. */

#include "host/net-link.h"

#include <errno.h>
#include <string.h>

static int take_link(const struct nlmsghdr *message, void *arg)
{
        const struct ifinfomsg *body = ct_netlink_body(message, sizeof(*body));
        struct ct_link *ret = arg;
        const struct rtattr *name, *master;

        if (message->nlmsg_type != RTM_NEWLINK || !body)
                return 0;
        ret->index = body->ifi_index;
        ret->flags = body->ifi_flags;
        name = ct_netlink_find(message, sizeof(*body), IFLA_IFNAME, 1);
        if (name && RTA_PAYLOAD(name) <= sizeof(ret->name))
                memcpy(ret->name, RTA_DATA(name), RTA_PAYLOAD(name));
        ret->name[sizeof(ret->name) - 1] = '\0';
        master = ct_netlink_find(message, sizeof(*body), IFLA_MASTER, sizeof(ret->master));
        if (master)
                memcpy(&ret->master, RTA_DATA(master), sizeof(ret->master));
        return 0;
}

static int look(struct ct_netlink *netlink, struct ct_netlink_request *request, struct ct_link *ret)
{
        struct ct_link link = { 0 };
        int r;

        r = ct_netlink_ask(netlink, request, take_link, &link);
        if (r < 0)
                return r;
        if (link.index == 0)
                return -ENODEV;
        *ret = link;
        return 0;
}

int ct_link_find(struct ct_netlink *netlink, const char *name, struct ct_link *ret)
{
        const struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
        struct ct_netlink_request request;

        ct_netlink_begin(&request, RTM_GETLINK, 0, &body, sizeof(body));
        ct_netlink_put(&request, IFLA_IFNAME, name, strlen(name) + 1);
        return look(netlink, &request, ret);
}

int ct_link_look(struct ct_netlink *netlink, int index, struct ct_link *ret)
{
        const struct ifinfomsg body = { .ifi_family = AF_UNSPEC, .ifi_index = index };
        struct ct_netlink_request request;

        ct_netlink_begin(&request, RTM_GETLINK, 0, &body, sizeof(body));
        return look(netlink, &request, ret);
}

static void begin_change(struct ct_netlink_request *request, int index, unsigned flags)
{
        const struct ifinfomsg body = {
                .ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = flags, .ifi_change = flags
        };

        ct_netlink_begin(request, RTM_SETLINK, 0, &body, sizeof(body));
}

int ct_link_move(struct ct_netlink *netlink, int index, int namespace_fd, const char *name)
{
        struct ct_netlink_request request;

        begin_change(&request, index, 0);
        ct_netlink_put(&request, IFLA_NET_NS_FD, &namespace_fd, sizeof(namespace_fd));
        ct_netlink_put(&request, IFLA_IFNAME, name, strlen(name) + 1);
        return ct_netlink_ask(netlink, &request, NULL, NULL);
}

int ct_link_rename(struct ct_netlink *netlink, int index, const char *name)
{
        struct ct_netlink_request request;

        begin_change(&request, index, 0);
        ct_netlink_put(&request, IFLA_IFNAME, name, strlen(name) + 1);
        return ct_netlink_ask(netlink, &request, NULL, NULL);
}

int ct_link_set_up(struct ct_netlink *netlink, int index)
{
        struct ct_netlink_request request;

        begin_change(&request, index, IFF_UP);
        return ct_netlink_ask(netlink, &request, NULL, NULL);
}

int ct_link_set_master(struct ct_netlink *netlink, int index, int master)
{
        struct ct_netlink_request request;

        begin_change(&request, index, 0);
        ct_netlink_put(&request, IFLA_MASTER, &master, sizeof(master));
        return ct_netlink_ask(netlink, &request, NULL, NULL);
}
