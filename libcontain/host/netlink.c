/* SPDX-License-Identifier: MIT */

/* rtnetlink: messages, attributes, and one request with its answer. See host/netlink.h. */

#include "host/netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel fills at most so many bytes at once when it lists, and a device's description is shorter. */
#define ANSWER_SIZE 32768

int ct_netlink_open(void)
{
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

        return fd < 0 ? -errno : fd;
}

void ct_netlink_done(struct ct_netlink *netlink)
{
        ct_close(netlink->fd);
        free(netlink->answer);
        *netlink = (struct ct_netlink){ .fd = -EBADF };
}

/* --- requests ------------------------------------------------------------------------------- */

static void *extend(struct ct_netlink_request *request, size_t size)
{
        size_t at = NLMSG_ALIGN(request->message.header.nlmsg_len);

        if (request->too_long || size > CT_NETLINK_REQUEST - at) {
                request->too_long = 1;
                return NULL;
        }
        request->message.header.nlmsg_len = (uint32_t)(at + size);
        return request->message.bytes + at;
}

void ct_netlink_begin(struct ct_netlink_request *request, uint16_t type, uint16_t flags, const void *body,
                      size_t size)
{
        void *to;

        memset(request, 0, sizeof(*request));
        request->message.header = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN,
                                                     .nlmsg_type = type,
                                                     .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) };
        to = extend(request, size);
        if (to)
                memcpy(to, body, size);
}

void ct_netlink_put(struct ct_netlink_request *request, uint16_t type, const void *value, size_t size)
{
        char *to = extend(request, RTA_LENGTH(size));
        const struct rtattr header = { .rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = type };

        if (!to)
                return;
        memcpy(to, &header, sizeof(header));
        if (size > 0)
                memcpy(to + RTA_LENGTH(0), value, size);
}

/*
 * With the kernel's address given, the right to ask is that of the one who sends. Without it, it would also
 * be that of the one who made the socket, which in a user namespace has none outside of that.
 */
static int send_request(struct ct_netlink *netlink, struct ct_netlink_request *request)
{
        const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        ssize_t n;

        if (request->too_long)
                return -EMSGSIZE;
        request->message.header.nlmsg_seq = ++netlink->sequence;
        do
                n = sendto(netlink->fd, request->message.bytes, request->message.header.nlmsg_len,
                           MSG_NOSIGNAL, (const struct sockaddr *)&kernel, sizeof(kernel));
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : 0;
}

/* --- answers -------------------------------------------------------------------------------- */

struct answer {
        const struct ct_netlink *netlink;
        ct_netlink_each *each;
        void *arg;
        int result;
        bool disturbed; /* what was listed has changed meanwhile */
};

/* 1: that was the last one. */
static int take_message(struct answer *answer, const struct nlmsghdr *message)
{
        int error = 0;

        if (message->nlmsg_seq != answer->netlink->sequence)
                return 0; /* left over from a request that was given up */
        answer->disturbed = answer->disturbed || message->nlmsg_flags & NLM_F_DUMP_INTR;
        if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
                if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
                        memcpy(&error, NLMSG_DATA(message), sizeof(error));
                if (answer->result == 0 && error < 0)
                        answer->result = error;
                return 1;
        }
        if (answer->result == 0 && answer->each)
                answer->result = answer->each(message, answer->arg);
        return 0;
}

static ssize_t receive(const struct ct_netlink *netlink)
{
        struct sockaddr_nl from = { 0 };
        struct iovec iov = { .iov_base = netlink->answer, .iov_len = ANSWER_SIZE };
        struct msghdr message = { .msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t n;

        for (;;) {
                message.msg_namelen = sizeof(from);
                n = recvmsg(netlink->fd, &message, 0);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (message.msg_flags & MSG_TRUNC)
                        return -EMSGSIZE;
                /* Other processes may send here, too. */
                if (from.nl_pid == 0)
                        return n;
        }
}

/* Every message of the @size bytes received at once. 1: the last one was among them. */
static int take_messages(struct answer *answer, const char *bytes, size_t size)
{
        size_t at = 0;

        while (size - at >= sizeof(struct nlmsghdr)) {
                const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)(bytes + at);

                if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > size - at)
                        return 0;
                if (take_message(answer, message))
                        return 1;
                at += NLMSG_ALIGN((size_t)message->nlmsg_len);
                if (at > size)
                        return 0;
        }
        return 0;
}

static int take_answer(struct answer *answer)
{
        int done = 0;

        while (!done) {
                ssize_t n = receive(answer->netlink);

                if (n < 0)
                        return (int)n;
                done = take_messages(answer, answer->netlink->answer, (size_t)n);
        }
        return answer->result == 0 && answer->disturbed ? -EAGAIN : answer->result;
}

int ct_netlink_ask(struct ct_netlink *netlink, struct ct_netlink_request *request, ct_netlink_each *each,
                   void *arg)
{
        struct answer answer = { .netlink = netlink, .each = each, .arg = arg };
        int r;

        if (!netlink->answer)
                netlink->answer = malloc(ANSWER_SIZE);
        if (!netlink->answer)
                return -ENOMEM;
        /* So that each answer has an end: after what was asked for, if anything. */
        if ((request->message.header.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
                request->message.header.nlmsg_flags |= NLM_F_ACK;
        r = send_request(netlink, request);
        return r < 0 ? r : take_answer(&answer);
}

/* --- what is in a message ------------------------------------------------------------------- */

const void *ct_netlink_body(const struct nlmsghdr *message, size_t size)
{
        return message->nlmsg_len >= NLMSG_LENGTH(size) ? NLMSG_DATA(message) : NULL;
}

const struct rtattr *ct_netlink_attribute(const struct nlmsghdr *message, size_t size,
                                          const struct rtattr *previous)
{
        const char *begin = (const char *)NLMSG_DATA(message) + NLMSG_ALIGN(size);
        const char *end = (const char *)message + message->nlmsg_len;
        const struct rtattr *next;

        if (previous)
                begin = (const char *)previous + RTA_ALIGN(previous->rta_len);
        next = (const struct rtattr *)(const void *)begin;
        if (begin > end || (size_t)(end - begin) < sizeof(*next) || next->rta_len < sizeof(*next) ||
            next->rta_len > (size_t)(end - begin))
                return NULL;
        return next;
}

const struct rtattr *ct_netlink_find(const struct nlmsghdr *message, size_t size, uint16_t type, size_t min)
{
        const struct rtattr *attribute = ct_netlink_attribute(message, size, NULL);

        for (; attribute; attribute = ct_netlink_attribute(message, size, attribute))
                if (attribute->rta_type == type && RTA_PAYLOAD(attribute) >= min)
                        return attribute;
        return NULL;
}
