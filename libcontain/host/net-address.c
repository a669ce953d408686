/* SPDX-License-Identifier: MIT */

/* Addresses of network devices by rtnetlink: listed on one side, given on the other. */

#include "host/net-link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Came with Linux 5.18, later than some headers. */
#ifndef IFA_PROTO
#define IFA_PROTO 11
#endif

/* What an address may be asked to be; the other flags tell how the kernel sees it. */
#define ASKED_FLAGS                                                                                          \
        (IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |   \
         IFA_F_MCAUTOJOIN)

#define LABEL_SIZE 32

enum { LIST_TRIES = 10 };

void ct_addresses_done(struct ct_addresses *addresses)
{
        for (size_t i = 0; i < addresses->n; i++)
                free(addresses->items[i]);
        free(addresses->items);
        *addresses = (struct ct_addresses){ NULL, 0 };
}

struct listing {
        int index;
        struct ct_addresses *addresses;
};

static int take_address(const struct nlmsghdr *message, void *arg)
{
        const struct listing *listing = arg;
        struct ct_addresses *addresses = listing->addresses;
        const struct ifaddrmsg *body = ct_netlink_body(message, sizeof(*body));
        struct nlmsghdr **items, *copy;

        if (message->nlmsg_type != RTM_NEWADDR || !body || (int)body->ifa_index != listing->index)
                return 0;
        items = realloc(addresses->items, (addresses->n + 1) * sizeof(*items));
        if (!items)
                return -ENOMEM;
        addresses->items = items;
        copy = malloc(message->nlmsg_len);
        if (!copy)
                return -ENOMEM;
        memcpy(copy, message, message->nlmsg_len);
        addresses->items[addresses->n++] = copy;
        return 0;
}

static int list_once(struct ct_netlink *netlink, int index, struct ct_addresses *ret)
{
        const struct ifaddrmsg body = { .ifa_family = AF_UNSPEC };
        _cleanup_(ct_addresses_done) struct ct_addresses addresses = { NULL, 0 };
        struct listing listing = { .index = index, .addresses = &addresses };
        struct ct_netlink_request request;
        int r;

        ct_netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP, &body, sizeof(body));
        r = ct_netlink_ask(netlink, &request, take_address, &listing);
        if (r < 0)
                return r;
        *ret = addresses;
        addresses = (struct ct_addresses){ NULL, 0 };
        return 0;
}

int ct_addresses_list(struct ct_netlink *netlink, int index, struct ct_addresses *ret)
{
        int r = -EAGAIN;

        /* On a busy host other devices' addresses come and go at any time. */
        for (int i = 0; i < LIST_TRIES && r == -EAGAIN; i++)
                r = list_once(netlink, index, ret);
        return r;
}

static const struct ifaddrmsg *body_of(const struct nlmsghdr *address)
{
        return NLMSG_DATA(address);
}

static uint32_t flags_of(const struct nlmsghdr *address)
{
        const struct rtattr *attribute =
                ct_netlink_find(address, sizeof(struct ifaddrmsg), IFA_FLAGS, sizeof(uint32_t));
        uint32_t flags = body_of(address)->ifa_flags;

        if (attribute)
                memcpy(&flags, RTA_DATA(attribute), sizeof(flags));
        return flags;
}

int ct_address_is_permanent(const struct nlmsghdr *address)
{
        return (flags_of(address) & IFA_F_PERMANENT) != 0;
}

int ct_address_is_global(const struct nlmsghdr *address)
{
        return body_of(address)->ifa_scope == RT_SCOPE_UNIVERSE;
}

int ct_address_is_automatic(const struct nlmsghdr *address)
{
        /* With IPv4 the same bit says that it is a secondary one. */
        return body_of(address)->ifa_family == AF_INET6 && (flags_of(address) & IFA_F_TEMPORARY) != 0;
}

/* "eth0:1" of a device that is called "net1" now is "net1:1". The name alone is what there is without one. */
static void put_label(struct ct_netlink_request *request, const struct rtattr *attribute, const char *from,
                      const char *to)
{
        size_t length = strlen(from);
        char old[LABEL_SIZE] = "", label[LABEL_SIZE];

        if (RTA_PAYLOAD(attribute) >= sizeof(old))
                return;
        memcpy(old, RTA_DATA(attribute), RTA_PAYLOAD(attribute));
        if (strcmp(old, from) == 0)
                return;
        if (strncmp(old, from, length) == 0 && old[length] == ':')
                (void)snprintf(label, sizeof(label), "%s%s", to, old + length);
        else
                (void)snprintf(label, sizeof(label), "%s", old);
        label[IF_NAMESIZE - 1] = '\0';
        ct_netlink_put(request, IFA_LABEL, label, strlen(label) + 1);
}

int ct_address_add(struct ct_netlink *netlink, int index, const struct nlmsghdr *address, const char *from,
                   const char *to)
{
        struct ifaddrmsg body = *body_of(address);
        uint32_t flags = flags_of(address) & ASKED_FLAGS;
        const struct rtattr *attribute = NULL;
        struct ct_netlink_request request;

        body.ifa_index = (unsigned)index;
        body.ifa_flags = (unsigned char)flags;
        ct_netlink_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof(body));
        ct_netlink_put(&request, IFA_FLAGS, &flags, sizeof(flags));
        while ((attribute = ct_netlink_attribute(address, sizeof(body), attribute))) {
                switch (attribute->rta_type) {
                case IFA_ADDRESS:
                case IFA_LOCAL:
                case IFA_BROADCAST:
                case IFA_CACHEINFO:
                case IFA_RT_PRIORITY:
                case IFA_PROTO:
                        ct_netlink_put(&request, attribute->rta_type, RTA_DATA(attribute),
                                       RTA_PAYLOAD(attribute));
                        break;
                case IFA_LABEL:
                        put_label(&request, attribute, from, to);
                        break;
                default:
                        break;
                }
        }
        return ct_netlink_ask(netlink, &request, NULL, NULL);
}

void ct_address_text(const struct nlmsghdr *address, char ret[CT_ADDRESS_TEXT])
{
        const struct ifaddrmsg *body = body_of(address);
        size_t size = body->ifa_family == AF_INET ? 4 : 16;
        const struct rtattr *attribute = ct_netlink_find(address, sizeof(*body), IFA_LOCAL, size);
        char text[INET6_ADDRSTRLEN];

        if (!attribute)
                attribute = ct_netlink_find(address, sizeof(*body), IFA_ADDRESS, size);
        if (!attribute || !inet_ntop(body->ifa_family, RTA_DATA(attribute), text, sizeof(text)))
                (void)snprintf(text, sizeof(text), "of family %u", body->ifa_family);
        (void)snprintf(ret, CT_ADDRESS_TEXT, "%s/%u", text, body->ifa_prefixlen);
}
