/* SPDX-License-Identifier: MIT */

/* The start socket, also below roots whose path no socket address can hold. */

#include "scratch.h"

#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void expect_conversation(int listener, int client)
{
        _cleanup_close_ int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        char text[8] = "";

        EXPECT(server >= 0);
        EXPECT_EQ(send(client, "start", 5, MSG_NOSIGNAL), 5);
        EXPECT_EQ(recv(server, text, sizeof text, 0), 5);
        EXPECT_STR(text, "start");
}

TEST(socket_below_a_long_root)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL, *other = NULL;
        _cleanup_close_ int listener = -EBADF, client = -EBADF;
        char part[101];

        REQUIRE(scratch_make(&scratch));
        memset(part, 'x', sizeof part - 1);
        part[sizeof part - 1] = '\0';
        (void)snprintf(scratch.root, sizeof scratch.root, "%s/%s/%s/%s", scratch.folder, part, part, part);
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        listener = ct_state_listen(state, NULL);
        REQUIRE(listener >= 0);
        REQUIRE_EQ(ct_state_open(scratch.root, "web", &other, NULL), 0);
        client = ct_state_connect(other);
        REQUIRE(client >= 0);
        EXPECT(fcntl(listener, F_GETFD) & FD_CLOEXEC);
        EXPECT(fcntl(client, F_GETFD) & FD_CLOEXEC);
        EXPECT(!(fcntl(client, F_GETFL) & O_NONBLOCK));
        expect_conversation(listener, client);
}

TEST(socket_that_nobody_listens_on)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_close_ int listener = -EBADF, client = -EBADF;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        EXPECT_EQ(ct_state_connect(state), -ENOENT);
        listener = ct_state_listen(state, NULL);
        REQUIRE(listener >= 0);
        listener = ct_close(listener);
        EXPECT_EQ(ct_state_connect(state), -ECONNREFUSED);

        /* What a killed maker left is in nobody's way. */
        listener = ct_state_listen(state, NULL);
        REQUIRE(listener >= 0);
        client = ct_state_connect(state);
        REQUIRE(client >= 0);
        expect_conversation(listener, client);
        EXPECT_EQ(ct_state_remove(state, NULL), 0);
        EXPECT_EQ(ct_state_connect(state), -ENOENT);
}

/* A frozen container hears nothing, and must not hang who asks it to start. */
TEST(socket_with_a_full_queue)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_close_ int listener = -EBADF;
        int clients[512], n, last = 0;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        listener = ct_state_listen(state, NULL);
        REQUIRE(listener >= 0);
        for (n = 0; n < 512; n++) {
                last = clients[n] = ct_state_connect(state);
                if (last < 0)
                        break;
        }
        EXPECT_EQ(last, -EAGAIN);
        while (n > 0)
                (void)ct_close(clients[--n]);
}

TEST(socket_that_cannot_be_made)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        REQUIRE_EQ(ct_state_remove(state, NULL), 0);
        EXPECT_EQ(ct_state_listen(state, &err), -ENOENT);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_STATE);
        EXPECT_CONTAINS(contain_error_sentence(err), "/web/start'");
}
