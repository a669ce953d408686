/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_NET_LINK_H
#define CT_HOST_NET_LINK_H

/* Single operations on a network device and on its addresses. All return 0 or -errno and word nothing. */

#include "host/netlink.h"

#include <net/if.h>

struct ct_link {
        int index;
        unsigned flags; /* IFF_ */
        int master;     /* index of the bridge or the like that it is part of, or 0 */
        char name[IF_NAMESIZE];
};

/* -ENODEV: there is none. */
int ct_link_find(struct ct_netlink *netlink, const char *name, struct ct_link *ret);
int ct_link_look(struct ct_netlink *netlink, int index, struct ct_link *ret);
/* Moves and renames at once. It comes out set down, and without its addresses. */
int ct_link_move(struct ct_netlink *netlink, int index, int namespace_fd, const char *name);
int ct_link_rename(struct ct_netlink *netlink, int index, const char *name);
int ct_link_set_up(struct ct_netlink *netlink, int index);
int ct_link_set_master(struct ct_netlink *netlink, int index, int master);

/* Addresses as the kernel described them, in its order: that of IPv4 tells primary ones from secondary. */
struct ct_addresses {
        struct nlmsghdr **items;
        size_t n;
};

void ct_addresses_done(struct ct_addresses *addresses);
/* All addresses of device @index, of any family. */
int ct_addresses_list(struct ct_netlink *netlink, int index, struct ct_addresses *ret);

/* Does it stay for ever, and mean the same everywhere? */
int ct_address_is_permanent(const struct nlmsghdr *address);
int ct_address_is_global(const struct nlmsghdr *address);
/* Does the kernel make it by itself, as it does temporary ones of IPv6? */
int ct_address_is_automatic(const struct nlmsghdr *address);

/*
 * Gives the device @index of this socket's namespace an address that was listed, with scope, prefix, peer,
 * lifetimes and all. A label that begins with the name @from begins with @to afterwards.
 */
int ct_address_add(struct ct_netlink *netlink, int index, const struct nlmsghdr *address, const char *from,
                   const char *to);

#define CT_ADDRESS_TEXT 64
/* "10.0.0.1/24" */
void ct_address_text(const struct nlmsghdr *address, char ret[CT_ADDRESS_TEXT]);

#endif
