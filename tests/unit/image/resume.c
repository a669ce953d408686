/* SPDX-License-Identifier: MIT */

/* Streams that break and are taken up: from a server of a few lines that counts. */

#include "harness/test.h"

#include "image/resume.h"

#include <errno.h>
#include <stdlib.h>

enum { SIZE = 300000 };

struct server {
        size_t piece;  /* bytes before each break */
        bool stubborn; /* begins at the beginning each time */
        bool skips;    /* begins behind what was asked for */
        int failure;   /* of each break; 0: just ends */
        unsigned opened, closed;
};

struct piece {
        struct server *server;
        size_t offset, left;
};

static ssize_t read_piece(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct piece *piece = userdata;

        if (piece->offset == SIZE)
                return 0;
        if (piece->left == 0)
                return piece->server->failure
                               ? ct_fail(err, CONTAIN_E_REGISTRY, piece->server->failure, NULL, "broken")
                               : 0;
        if (size > piece->left)
                size = piece->left;
        if (size > SIZE - piece->offset)
                size = SIZE - piece->offset;
        for (size_t i = 0; i < size; i++)
                ((char *)to)[i] = (char)((piece->offset + i) % 251);
        piece->offset += size;
        piece->left -= size;
        return (ssize_t)size;
}

static int open_piece(void *userdata, uint64_t offset, const struct ct_stream *for_stream,
                      struct ct_stream **ret, uint64_t *ret_offset, contain_error_t **err)
{
        struct server *server = userdata;
        struct piece *piece = calloc(1, sizeof(*piece));

        (void)for_stream;
        (void)err;
        server->opened++;
        piece->server = server;
        piece->offset = server->stubborn ? 0 : server->skips ? (size_t)offset + 1 : (size_t)offset;
        piece->left = server->stubborn ? server->piece * server->opened : server->piece;
        *ret_offset = piece->offset;
        *ret = ct_stream_new(read_piece, free, piece);
        return 0;
}

static void count_close(void *userdata)
{
        ((struct server *)userdata)->closed++;
}

/* Bytes that came, all of them right; -errno of the failure. */
static ssize_t read_all(struct server *server, int64_t size)
{
        const struct ct_resume how = {
                .open = open_piece, .close = count_close, .userdata = server, .what = "it", .size = size
        };
        struct ct_stream *stream = NULL;
        static char part[7001];
        ssize_t n, sum = 0;

        n = ct_resume_new(&how, &stream, NULL);
        while (n >= 0 && (n = ct_stream_read(stream, part, sizeof(part), NULL)) > 0) {
                for (ssize_t i = 0; i < n; i++)
                        if (part[i] != (char)((sum + i) % 251))
                                return -EILSEQ;
                sum += n;
        }
        (void)ct_stream_free(stream);
        EXPECT_EQ(server->closed, 1);
        return n < 0 ? n : sum;
}

TEST(what_breaks_is_taken_up)
{
        struct server server = { .piece = 100000, .failure = ECONNRESET };

        EXPECT_EQ(read_all(&server, SIZE), SIZE);
        EXPECT_EQ(server.opened, 3);
}

TEST(an_end_that_comes_too_early_is_a_break)
{
        struct server server = { .piece = 150000 }, unknown = { .piece = 150000 };

        EXPECT_EQ(read_all(&server, SIZE), SIZE);
        EXPECT_EQ(read_all(&unknown, -1), 150000);
}

TEST(what_came_already_is_passed_over)
{
        struct server server = { .piece = 100000, .stubborn = true, .failure = ETIMEDOUT };

        EXPECT_EQ(read_all(&server, SIZE), SIZE);
}

TEST(a_gap_is_refused)
{
        struct server server = { .piece = 100000, .skips = true, .failure = ECONNRESET };

        EXPECT_EQ(read_all(&server, SIZE), -EPROTO);
}

TEST(only_what_passes_is_tried_again)
{
        struct server server = { .piece = 100000, .failure = EACCES };

        EXPECT_EQ(read_all(&server, SIZE), -EACCES);
        EXPECT_EQ(server.opened, 1);
}

TEST(tries_are_bounded)
{
        struct server server = { .piece = 10, .failure = ECONNRESET };

        EXPECT_EQ(read_all(&server, SIZE), -ECONNRESET);
        EXPECT(server.opened < 10);
}
