/* SPDX-License-Identifier: MIT */

/* Streams: verified, decompressed, read ahead. */

#include "harness/test.h"

#include "image/digest.h"
#include "image/stream.h"

#include <fcntl.h>
#include <lzma.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define PLAIN_SIZE ((size_t)700 * 1000)

/* Neither all alike nor all different, and longer than any buffer on its way. */
static char *make_plain(void)
{
        char *plain = malloc(PLAIN_SIZE);
        unsigned state = 1;
        size_t i;

        for (i = 0; plain && i < PLAIN_SIZE; i++) {
                state = state * 1103515245U + 12345U;
                plain[i] = (char)("abcdefgh"[state >> 29] ^ (i % 1000 == 0));
        }
        return plain;
}

static struct ct_digest digest_of(const void *bytes, size_t size)
{
        struct ct_digester *digester = ct_digester_new(CT_DIGEST_SHA256);
        struct ct_digest digest;

        ct_digester_add(digester, bytes, size);
        ct_digester_end(digester, &digest);
        (void)ct_digester_free(digester);
        return digest;
}

/* One gzip member of @size bytes. */
static void add_gzip(struct ct_buf *buf, const char *bytes, size_t size)
{
        z_stream stream = { .next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size };
        size_t room = size + 1000;
        char *out = malloc(room);

        EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        stream.next_out = (Bytef *)out;
        stream.avail_out = (uInt)room;
        EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
        (void)ct_buf_append(buf, out, stream.total_out);
        (void)deflateEnd(&stream);
        free(out);
}

static void add_zstd(struct ct_buf *buf, const char *bytes, size_t size)
{
        size_t room = ZSTD_compressBound(size), n;
        char *out = malloc(room);

        n = ZSTD_compress(out, room, bytes, size, 3);
        EXPECT(!ZSTD_isError(n));
        (void)ct_buf_append(buf, out, n);
        free(out);
}

static void add_xz(struct ct_buf *buf, const char *bytes, size_t size)
{
        size_t room = lzma_stream_buffer_bound(size), n = 0;
        uint8_t *out = malloc(room);

        EXPECT_EQ(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, (const uint8_t *)bytes, size, out, &n,
                                          room),
                  LZMA_OK);
        (void)ct_buf_append(buf, out, n);
        free(out);
}

/* Whatever it decompresses to: 0 or -errno. */
static int decompress(const struct ct_buf *from, size_t piece, struct ct_buf *ret, contain_error_t **err)
{
        struct ct_stream *stream;
        _cleanup_free_ char *chunk = malloc(piece);
        ssize_t n;

        if (ct_stream_from_memory(from->data, from->size, &stream, err) < 0 ||
            ct_stream_set_name(stream, "it") < 0 || ct_stream_decompress(stream, &stream, err) < 0)
                return -1;
        while ((n = ct_stream_read(stream, chunk, piece, err)) > 0)
                (void)ct_buf_append(ret, chunk, (size_t)n);
        (void)ct_stream_free(stream);
        return (int)n;
}

static void expect_same(const struct ct_buf *packed, const char *plain, size_t size)
{
        static const size_t pieces[] = { 1000000, 4096, 333 };
        size_t i;

        for (i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
                _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
                contain_error_t *error = NULL;

                EXPECT_EQ(decompress(packed, pieces[i], &out, &error), 0);
                EXPECT_STR(contain_error_message(error), "");
                EXPECT_EQ(out.size, size);
                EXPECT(out.size == size && (size == 0 || memcmp(out.data, plain, size) == 0));
                (void)contain_error_free(error);
        }
}

static void expect_failure(const struct ct_buf *packed, int errnum, const char *words)
{
        _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
        contain_error_t *error = NULL;

        EXPECT_EQ(decompress(packed, 4096, &out, &error), -errnum);
        EXPECT_CONTAINS(contain_error_message(error), words);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_IMAGE);
        (void)contain_error_free(error);
}

TEST(decompress_tells_by_the_bytes)
{
        _cleanup_buf_ struct ct_buf gzip = CT_BUF_INIT, zstd = CT_BUF_INIT, xz = CT_BUF_INIT,
                                    as_is = CT_BUF_INIT;
        _cleanup_free_ char *plain = make_plain();

        add_gzip(&gzip, plain, PLAIN_SIZE);
        add_zstd(&zstd, plain, PLAIN_SIZE);
        add_xz(&xz, plain, PLAIN_SIZE);
        (void)ct_buf_append(&as_is, plain, PLAIN_SIZE);
        expect_same(&gzip, plain, PLAIN_SIZE);
        expect_same(&zstd, plain, PLAIN_SIZE);
        expect_same(&xz, plain, PLAIN_SIZE);
        expect_same(&as_is, plain, PLAIN_SIZE);
}

TEST(decompress_takes_short_and_empty_streams)
{
        _cleanup_buf_ struct ct_buf empty = CT_BUF_INIT, shorter = CT_BUF_INIT, gzip = CT_BUF_INIT;

        expect_same(&empty, "", 0);
        (void)ct_buf_append(&shorter, "\x1f\x8b", 2);
        expect_same(&shorter, "\x1f\x8b", 2);
        add_gzip(&gzip, "", 0);
        expect_same(&gzip, "", 0);
}

TEST(decompress_joins_members)
{
        _cleanup_buf_ struct ct_buf gzip = CT_BUF_INIT, zstd = CT_BUF_INIT, xz = CT_BUF_INIT;
        _cleanup_free_ char *plain = make_plain();
        const size_t half = PLAIN_SIZE / 2;

        add_gzip(&gzip, plain, half);
        add_gzip(&gzip, "", 0);
        add_gzip(&gzip, plain + half, PLAIN_SIZE - half);
        (void)ct_buf_append(&gzip, "\0\0\0\0\0", 5); /* padding */
        add_zstd(&zstd, plain, half);
        (void)ct_buf_append(&zstd, "\x51\x2a\x4d\x18\x03\0\0\0abc", 11); /* skippable */
        add_zstd(&zstd, plain + half, PLAIN_SIZE - half);
        add_xz(&xz, plain, half);
        (void)ct_buf_append(&xz, "\0\0\0\0", 4);
        add_xz(&xz, plain + half, PLAIN_SIZE - half);
        expect_same(&gzip, plain, PLAIN_SIZE);
        expect_same(&zstd, plain, PLAIN_SIZE);
        expect_same(&xz, plain, PLAIN_SIZE);
}

TEST(decompress_sees_a_skippable_frame_first)
{
        _cleanup_buf_ struct ct_buf zstd = CT_BUF_INIT;

        (void)ct_buf_append(&zstd, "\x5f\x2a\x4d\x18\x02\0\0\0ab", 10);
        add_zstd(&zstd, "text", 4);
        expect_same(&zstd, "text", 4);
}

TEST(decompress_refuses_what_was_cut_off)
{
        static void (*const add[])(struct ct_buf *, const char *, size_t) = { add_gzip, add_zstd, add_xz };
        _cleanup_free_ char *plain = make_plain();
        size_t i, k;

        for (i = 0; i < 3; i++) {
                _cleanup_buf_ struct ct_buf packed = CT_BUF_INIT;
                size_t whole;

                add[i](&packed, plain, PLAIN_SIZE);
                whole = packed.size;
                for (k = 1; k < 9; k++) {
                        packed.size = k < 5 ? whole - k : whole / k;
                        expect_failure(&packed, EBADMSG, "ends too early");
                }
        }
}

TEST(decompress_refuses_what_was_changed)
{
        static void (*const add[])(struct ct_buf *, const char *, size_t) = { add_gzip, add_zstd, add_xz };
        _cleanup_free_ char *plain = make_plain();
        size_t i;

        for (i = 0; i < 3; i++) {
                _cleanup_buf_ struct ct_buf packed = CT_BUF_INIT, out = CT_BUF_INIT;
                contain_error_t *error = NULL;

                add[i](&packed, plain, PLAIN_SIZE);
                packed.data[packed.size / 2] ^= 0x55;
                /* zstd has no checksum here: there it may only come out wrong, for the digest to see. */
                if (decompress(&packed, 4096, &out, &error) == 0)
                        EXPECT(i == 1 &&
                               (out.size != PLAIN_SIZE || memcmp(out.data, plain, PLAIN_SIZE) != 0));
                else
                        EXPECT_EQ(contain_error_errno(error), EBADMSG);
                (void)contain_error_free(error);
        }
}

TEST(decompress_refuses_what_follows_gzip_data)
{
        _cleanup_buf_ struct ct_buf gzip = CT_BUF_INIT, padded = CT_BUF_INIT;

        add_gzip(&gzip, "text", 4);
        (void)ct_buf_append(&gzip, "garbage", 7);
        expect_failure(&gzip, EBADMSG, "gzip data of 'it' is damaged");
        add_gzip(&padded, "text", 4);
        (void)ct_buf_append(&padded, "\0\0x", 3);
        expect_failure(&padded, EBADMSG, "something behind its gzip data");
}

TEST(decompress_says_what_it_does_not_know)
{
        _cleanup_buf_ struct ct_buf bzip2 = CT_BUF_INIT;

        (void)ct_buf_append(&bzip2, "BZh91AY&SY rest", 15);
        expect_failure(&bzip2, ENOTSUP, "compressed with bzip2");
}

/* A frame may ask for as much memory as it likes; it does not get it. */
TEST(decompress_limits_windows)
{
        _cleanup_buf_ struct ct_buf zstd = CT_BUF_INIT;
        uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 1, 0, 0 };

        (void)ct_buf_append(&zstd, frame, sizeof frame);
        expect_failure(&zstd, EFBIG, "window larger than 64 MiB");
}

/* ---- Verified ---- */

static int read_verified(const char *bytes, size_t size, const struct ct_digest *digest, int64_t announced,
                         char *message, size_t room)
{
        _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
        contain_error_t *error = NULL;
        struct ct_stream *stream;
        int r;

        EXPECT_EQ(ct_stream_from_memory(bytes, size, &stream, &error), 0);
        EXPECT_EQ(ct_stream_verify(stream, "blob", digest, announced, &stream, &error), 0);
        r = ct_stream_read_all(stream, 1000, &out, &error);
        (void)snprintf(message, room, "%s", contain_error_message(error));
        EXPECT_EQ(ct_stream_read(stream, message + room - 1, 0, NULL) < 0, r < 0);
        (void)contain_error_free(error);
        (void)ct_stream_free(stream);
        return r;
}

TEST(verify_compares_size_and_digest)
{
        struct ct_digest good = digest_of("content", 7), none = { .algorithm = CT_DIGEST_NONE };
        char message[400];

        EXPECT_EQ(read_verified("content", 7, &good, 7, message, sizeof message), 0);
        EXPECT_EQ(read_verified("content", 7, &good, -1, message, sizeof message), 0);
        EXPECT_EQ(read_verified("content", 7, &none, -1, message, sizeof message), 0);
        EXPECT_EQ(read_verified("content", 7, &good, 8, message, sizeof message), -EBADMSG);
        EXPECT_CONTAINS(message, "'blob' ends after 7 of 8 bytes");
        EXPECT_EQ(read_verified("content", 7, &good, 6, message, sizeof message), -EBADMSG);
        EXPECT_CONTAINS(message, "more than its 6 bytes");
        EXPECT_EQ(read_verified("Content", 7, &good, 7, message, sizeof message), -EBADMSG);
        EXPECT_CONTAINS(message, "has the digest 'sha256:");
        EXPECT_CONTAINS(message, "[CT-609]");
}

TEST(verify_knows_sha512)
{
        static const char text[] = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        struct ct_digest digest;
        char message[400], again[CT_DIGEST_TEXT];

        REQUIRE_EQ(ct_digest_parse(text, NULL, &digest, NULL), 0);
        ct_digest_format(&digest, again);
        EXPECT_STR(again, text);
        EXPECT_EQ(read_verified("abc", 3, &digest, 3, message, sizeof message), 0);
        EXPECT_EQ(read_verified("abd", 3, &digest, 3, message, sizeof message), -EBADMSG);
}

TEST(digests_are_parsed_strictly)
{
        static const char good[] = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        static const char *const bad[] = {
                "",
                "sha256",
                "sha256:",
                "sha256:ba7816bf",
                "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
                "sha256:../../../../../../../../../../../../../../../../../../../../etc",
                "md5:d41d8cd98f00b204e9800998ecf8427e",
                " sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        };
        struct ct_digest digest;
        size_t i;

        EXPECT_EQ(ct_digest_parse(good, NULL, &digest, NULL), 0);
        for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
                EXPECT(ct_digest_parse(bad[i], "/digest", &digest, NULL) < 0);
}

TEST(a_stream_goes_on_failing)
{
        struct ct_digest good = digest_of("content", 7);
        contain_error_t *error = NULL;
        struct ct_stream *stream;
        char chunk[100];

        REQUIRE_EQ(ct_stream_from_memory("content!", 8, &stream, NULL), 0);
        REQUIRE_EQ(ct_stream_verify(stream, "blob", &good, 7, &stream, NULL), 0);
        EXPECT_EQ(ct_stream_read(stream, chunk, sizeof chunk, &error), -EBADMSG);
        error = contain_error_free(error);
        EXPECT_EQ(ct_stream_read(stream, chunk, sizeof chunk, &error), -EBADMSG);
        EXPECT(error != NULL);
        (void)contain_error_free(error);
        (void)ct_stream_free(stream);
}

/* ---- Ahead ---- */

TEST(ahead_passes_all_on_whatever_the_sizes)
{
        static const size_t rings[] = { 1, 7, 4096, 1000000 };
        _cleanup_free_ char *plain = make_plain();
        struct ct_digest digest = digest_of(plain, 50000);
        size_t i;

        for (i = 0; i < sizeof rings / sizeof rings[0]; i++) {
                _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
                struct ct_stream *stream;

                REQUIRE_EQ(ct_stream_from_memory(plain, 50000, &stream, NULL), 0);
                REQUIRE_EQ(ct_stream_ahead(stream, rings[i], &stream, NULL), 0);
                REQUIRE_EQ(ct_stream_verify(stream, "it", &digest, 50000, &stream, NULL), 0);
                EXPECT_EQ(ct_stream_read_all(stream, 50000, &out, NULL), 0);
                (void)ct_stream_free(stream);
        }
}

TEST(ahead_hands_errors_on_behind_what_was_good)
{
        struct ct_digest wrong = digest_of("other", 5);
        contain_error_t *error = NULL;
        struct ct_stream *stream;
        char chunk[100];

        REQUIRE_EQ(ct_stream_from_memory("content", 7, &stream, NULL), 0);
        REQUIRE_EQ(ct_stream_verify(stream, "blob", &wrong, 7, &stream, NULL), 0);
        REQUIRE_EQ(ct_stream_ahead(stream, 4096, &stream, NULL), 0);
        EXPECT_EQ(ct_stream_read(stream, chunk, sizeof chunk, &error), 7);
        EXPECT_EQ(ct_stream_read(stream, chunk, sizeof chunk, &error), -EBADMSG);
        EXPECT_CONTAINS(contain_error_message(error), "has the digest");
        (void)contain_error_free(error);
        (void)ct_stream_free(stream);
}

TEST(ahead_is_ended_while_it_waits_for_a_writer)
{
        struct ct_stream *stream;
        int ends[2];

        REQUIRE_EQ(pipe2(ends, O_CLOEXEC), 0);
        REQUIRE_EQ(ct_stream_from_fd(ends[0], -1, -1, &stream, NULL), 0);
        REQUIRE_EQ(ct_stream_ahead(stream, 4096, &stream, NULL), 0);
        (void)ct_stream_free(stream);
        (void)close(ends[1]);
}

TEST(ahead_is_ended_while_its_ring_is_full)
{
        _cleanup_free_ char *plain = make_plain();
        struct ct_stream *stream;
        char chunk[10];

        REQUIRE_EQ(ct_stream_from_memory(plain, PLAIN_SIZE, &stream, NULL), 0);
        REQUIRE_EQ(ct_stream_ahead(stream, 100, &stream, NULL), 0);
        REQUIRE_EQ(ct_stream_ahead(stream, 100, &stream, NULL), 0);
        EXPECT(ct_stream_read(stream, chunk, sizeof chunk, NULL) > 0);
        (void)ct_stream_free(stream);
}

/* ---- Where it is ---- */

/* All of @stream, by turns as pieces where they are and as copies. */
static void take_all(struct ct_stream *stream, struct ct_buf *ret)
{
        char copy[700];
        ssize_t n = 1;

        for (unsigned turn = 0; n > 0; turn++) {
                const void *piece = copy;

                n = turn % 3 == 2 ? ct_stream_read(stream, copy, sizeof copy, NULL)
                                  : ct_stream_next(stream, &piece, NULL);
                if (n > 0)
                        (void)ct_buf_append(ret, piece, (size_t)n);
        }
        EXPECT_EQ(n, 0);
}

TEST(next_and_read_go_on_where_the_other_ended)
{
        static const size_t rings[] = { 0, 1, 7, 4096, 300000 };
        _cleanup_free_ char *plain = make_plain();
        size_t i;

        for (i = 0; i < sizeof rings / sizeof rings[0]; i++) {
                _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
                /* Byte by byte it takes its time. */
                const size_t size = rings[i] == 1 || rings[i] == 7 ? 5000 : PLAIN_SIZE;
                struct ct_digest digest = digest_of(plain, size);
                struct ct_stream *stream;

                REQUIRE_EQ(ct_stream_from_memory(plain, size, &stream, NULL), 0);
                if (rings[i] > 0)
                        REQUIRE_EQ(ct_stream_ahead(stream, rings[i], &stream, NULL), 0);
                REQUIRE_EQ(ct_stream_verify(stream, "it", &digest, (int64_t)size, &stream, NULL), 0);
                take_all(stream, &out);
                EXPECT_EQ(out.size, size);
                EXPECT(out.size == size && memcmp(out.data, plain, size) == 0);
                (void)ct_stream_free(stream);
        }
}

TEST(next_verifies_and_goes_on_failing)
{
        struct ct_digest wrong = digest_of("other", 5);
        contain_error_t *error = NULL;
        struct ct_stream *stream;
        const void *piece = NULL;

        REQUIRE_EQ(ct_stream_from_memory("content", 7, &stream, NULL), 0);
        REQUIRE_EQ(ct_stream_ahead(stream, 4096, &stream, NULL), 0);
        REQUIRE_EQ(ct_stream_verify(stream, "blob", &wrong, 7, &stream, NULL), 0);
        EXPECT_EQ(ct_stream_next(stream, &piece, &error), 7);
        EXPECT(piece && memcmp(piece, "content", 7) == 0);
        EXPECT_EQ(ct_stream_next(stream, &piece, &error), -EBADMSG);
        EXPECT_CONTAINS(contain_error_message(error), "has the digest");
        error = contain_error_free(error);
        EXPECT_EQ(ct_stream_next(stream, &piece, &error), -EBADMSG);
        EXPECT(error != NULL);
        (void)contain_error_free(error);
        (void)ct_stream_free(stream);
}

TEST(from_fd_reads_a_part)
{
        _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
        struct ct_stream *stream;
        int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

        REQUIRE(fd >= 0);
        EXPECT_EQ(write(fd, "0123456789", 10), 10);
        REQUIRE_EQ(ct_stream_from_fd(fd, 3, 4, &stream, NULL), 0);
        EXPECT_EQ(ct_stream_read_all(stream, 100, &out, NULL), 0);
        EXPECT_STR(out.data, "3456");
        (void)ct_stream_free(stream);
}

TEST(read_all_has_a_limit)
{
        _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
        struct ct_stream *stream;

        REQUIRE_EQ(ct_stream_from_memory("0123456789", 10, &stream, NULL), 0);
        EXPECT_EQ(ct_stream_read_all(stream, 9, &out, NULL), -EFBIG);
        (void)ct_stream_free(stream);
}
