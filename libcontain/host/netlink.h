/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_NETLINK_H
#define CT_HOST_NETLINK_H

/*
 * Requests to the kernel about network devices (rtnetlink(7)), one at a time on a socket. Which network
 * namespace they are about is the socket's affair, not the caller's. Words nothing.
 */

#include "base/cleanup.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

struct ct_netlink {
        int fd;
        uint32_t sequence;
        char *answer; /* room for one; made by the first request, so that none is sent whose answer is lost */
};

/* A socket of the calling thread's network namespace. Returns the descriptor or -errno. */
int ct_netlink_open(void);
void ct_netlink_done(struct ct_netlink *netlink);

#define CT_NETLINK_REQUEST 512 /* bytes; what does not fit is remembered, and fails when it is sent */

struct ct_netlink_request {
        union {
                struct nlmsghdr header;
                char bytes[CT_NETLINK_REQUEST];
        } message;
        int too_long;
};

/* Begins a request; @body is the structure that its type wants, such as struct ifinfomsg. */
void ct_netlink_begin(struct ct_netlink_request *request, uint16_t type, uint16_t flags, const void *body,
                      size_t size);
void ct_netlink_put(struct ct_netlink_request *request, uint16_t type, const void *value, size_t size);

/* Sees one message of an answer. Not 0: the rest is passed over, and this is what asking returns. */
typedef int ct_netlink_each(const struct nlmsghdr *message, void *arg);

/*
 * Sends @request and takes the answer. Returns 0, what @each (which may be NULL) returned, or -errno: the
 * kernel's own, if it refused. -EAGAIN: what was listed has changed meanwhile, so that the list may have
 * gaps.
 */
int ct_netlink_ask(struct ct_netlink *netlink, struct ct_netlink_request *request, ct_netlink_each *each,
                   void *arg);

/* The structure that @message begins with; NULL when it is too short for one of @size bytes. */
const void *ct_netlink_body(const struct nlmsghdr *message, size_t size);
/* Its attributes, behind a structure of @size bytes; the first one, then the next. NULL after the last. */
const struct rtattr *ct_netlink_attribute(const struct nlmsghdr *message, size_t size,
                                          const struct rtattr *previous);
/* The attribute of @type that has at least @min bytes, or NULL. */
const struct rtattr *ct_netlink_find(const struct nlmsghdr *message, size_t size, uint16_t type, size_t min);

#endif
