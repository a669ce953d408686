/* SPDX-License-Identifier: MIT */

/* Answers of a kernel that others keep busy; a socket pair plays it. */

#include "harness/alloc.h"
#include "harness/test.h"

#include "host/net-link.h"

#include <string.h>
#include <sys/socket.h>

/* The answer to a listing: one address of device @index, and the end. @flags: of the address. */
static void answer(int fd, uint32_t sequence, unsigned index, uint16_t flags)
{
        struct {
                struct nlmsghdr header;
                struct ifaddrmsg body;
        } address = { { sizeof(address), RTM_NEWADDR, flags, sequence, 0 }, { .ifa_index = index } };
        struct {
                struct nlmsghdr header;
                int error;
        } end = { { sizeof(end), NLMSG_DONE, NLM_F_MULTI, sequence, 0 }, 0 };

        EXPECT_EQ(send(fd, &address, sizeof(address), 0), (ssize_t)sizeof(address));
        EXPECT_EQ(send(fd, &end, sizeof(end), 0), (ssize_t)sizeof(end));
}

static int list(int own, struct ct_addresses *ret)
{
        struct ct_netlink netlink = { .fd = own };
        int r = ct_addresses_list(&netlink, 3, ret);

        free(netlink.answer);
        return r;
}

/* While addresses come and go elsewhere, some may be told twice, or not at all: the kernel says so. */
TEST(netlink_listing_that_was_disturbed)
{
        _cleanup_(ct_addresses_done) struct ct_addresses addresses = { NULL, 0 };
        _cleanup_close_ int own = -EBADF, kernel = -EBADF;
        int ends[2];

        REQUIRE_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        own = ends[0];
        kernel = ends[1];
        answer(kernel, 1, 3, NLM_F_MULTI | NLM_F_DUMP_INTR);
        answer(kernel, 2, 3, NLM_F_MULTI);
        EXPECT_EQ(list(own, &addresses), 0);
        EXPECT_EQ(addresses.n, 1);
        /* The second answer was waited for. */
        EXPECT_EQ(recv(own, ends, sizeof(ends), MSG_DONTWAIT), -1);
}

TEST(netlink_listing_that_is_always_disturbed)
{
        _cleanup_(ct_addresses_done) struct ct_addresses addresses = { NULL, 0 };
        _cleanup_close_ int own = -EBADF, kernel = -EBADF;
        int ends[2];

        REQUIRE_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        own = ends[0];
        kernel = ends[1];
        for (uint32_t i = 1; i <= 10; i++)
                answer(kernel, i, 3, NLM_F_MULTI | NLM_F_DUMP_INTR);
        EXPECT_EQ(list(own, &addresses), -EAGAIN);
        EXPECT_EQ(addresses.n, 0);
}

/* What the kernel was asked for is done, whether or not its answer can be read: a device that was moved has
 * to be known of. */
TEST(netlink_without_memory_asks_for_nothing)
{
        _cleanup_close_ int own = -EBADF, kernel = -EBADF;
        struct ct_netlink netlink;
        char text[64];
        int ends[2];

        REQUIRE_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        own = ends[0];
        kernel = ends[1];
        netlink = (struct ct_netlink){ .fd = own };
        answer(kernel, 1, 3, NLM_F_MULTI);
        alloc_fail(1, 1);
        EXPECT_EQ(ct_link_set_up(&netlink, 3), -ENOMEM);
        EXPECT_EQ(recv(kernel, text, sizeof(text), MSG_DONTWAIT), -1);
        alloc_fail(0, 0);
        EXPECT_EQ(ct_link_set_up(&netlink, 3), 0);
        EXPECT(recv(kernel, text, sizeof(text), MSG_DONTWAIT) > 0);

        /* Once it has been asked, no memory is needed any more. */
        answer(kernel, 2, 3, NLM_F_MULTI);
        alloc_fail(1, 1);
        EXPECT_EQ(ct_link_set_up(&netlink, 3), 0);
        alloc_fail(0, 0);
        free(netlink.answer);
}
