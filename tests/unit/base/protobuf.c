/* SPDX-License-Identifier: MIT */

/* The wire format of protocol buffers: known bytes, round trips, and what is no message. */

#include "base/protobuf.h"
#include "harness/test.h"

#include <string.h>

static bool wrote(const struct ct_buf *buf, const char *bytes, size_t size)
{
        return !buf->failed && buf->size == size && memcmp(buf->data, bytes, size) == 0;
}

#define WROTE(buf, bytes) wrote(buf, bytes, sizeof(bytes) - 1)

static int read_all(const void *bytes, size_t size)
{
        struct ct_pb_reader reader = ct_pb_reader(bytes, size);
        struct ct_pb_field field;
        int r;

        do
                r = ct_pb_next(&reader, &field);
        while (r > 0);
        return r;
}

/* The samples of the format's own description. */
TEST(pb_known_bytes)
{
        _cleanup_buf_ struct ct_buf number = CT_BUF_INIT, text = CT_BUF_INIT, outer = CT_BUF_INIT;

        ct_pb_put_uint(&number, 1, 150);
        EXPECT(WROTE(&number, "\x08\x96\x01"));
        ct_pb_put_string(&text, 2, "testing");
        EXPECT(WROTE(&text, "\x12\x07testing"));
        ct_pb_put_message(&outer, 3, &number);
        EXPECT(WROTE(&outer, "\x1a\x03\x08\x96\x01"));
}

TEST(pb_numbers_come_back)
{
        static const uint64_t values[] = { 0, 1, 127, 128, 300, 1u << 31, UINT64_MAX - 1, UINT64_MAX };

        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
                _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
                struct ct_pb_reader reader;
                struct ct_pb_field field;

                ct_pb_put_uint(&buf, 63, values[i]);
                reader = ct_pb_reader(buf.data, buf.size);
                EXPECT_EQ(ct_pb_next(&reader, &field), 1);
                EXPECT_EQ(field.number, 63);
                EXPECT(!field.is_bytes);
                EXPECT(field.value == values[i]);
                EXPECT_EQ(ct_pb_next(&reader, &field), 0);
        }
}

TEST(pb_strings_come_back)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT, inner = CT_BUF_INIT;
        struct ct_pb_reader reader, message;
        struct ct_pb_field field;
        char text[8];

        ct_pb_put_string(&inner, 1, "");
        ct_pb_put_string(&inner, 2, "setup-namespaces");
        ct_pb_put_message(&buf, 5, &inner);
        ct_pb_put_string(&buf, 9, NULL);
        reader = ct_pb_reader(buf.data, buf.size);
        REQUIRE_EQ(ct_pb_next(&reader, &field), 1);
        message = ct_pb_message(&field);
        EXPECT_EQ(ct_pb_next(&reader, &field), 0);
        REQUIRE_EQ(ct_pb_next(&message, &field), 1);
        EXPECT_EQ(ct_pb_copy_string(&field, text, sizeof(text)), 0);
        EXPECT_STR(text, "");
        REQUIRE_EQ(ct_pb_next(&message, &field), 1);
        EXPECT_EQ(ct_pb_copy_string(&field, text, sizeof(text)), 0);
        EXPECT_STR(text, "setup-n");
}

TEST(pb_fixed_fields_are_read)
{
        struct ct_pb_reader reader = ct_pb_reader("\x0d\x01\x02\x03\x04\x11\x01\0\0\0\0\0\0\x80", 14);
        struct ct_pb_field field;

        REQUIRE_EQ(ct_pb_next(&reader, &field), 1);
        EXPECT(field.value == 0x04030201);
        REQUIRE_EQ(ct_pb_next(&reader, &field), 1);
        EXPECT(field.value == 0x8000000000000001);
        EXPECT_EQ(ct_pb_next(&reader, &field), 0);
}

TEST(pb_what_is_no_message)
{
        static const struct {
                const char *bytes;
                size_t size;
        } bad[] = {
                { "\x08", 1 },                                          /* no number */
                { "\x08\x80", 2 },                                      /* half a number */
                { "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 11 }, /* 65 bits */
                { "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12 },
                { "\x12\x05test", 6 },                                  /* shorter than it says */
                { "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 }, /* longer than memory */
                { "\x0d\x01\x02\x03", 4 },
                { "\x11\x01\x02\x03\x04", 5 },
                { "\x00\x01", 2 },                 /* field 0 */
                { "\x0b\x0c", 2 },                 /* a group */
                { "\xf8\xff\xff\xff\x7f\x01", 6 }, /* a number that no field has */
        };

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                EXPECT_EQ(read_all(bad[i].bytes, bad[i].size), -EBADMSG);
        EXPECT_EQ(read_all(NULL, 0), 0);
}

TEST(pb_a_nul_is_no_part_of_a_string)
{
        struct ct_pb_reader reader = ct_pb_reader("\x12\x03"
                                                  "a\0b",
                                                  5);
        struct ct_pb_field field;
        char text[8];

        REQUIRE_EQ(ct_pb_next(&reader, &field), 1);
        EXPECT_EQ(ct_pb_copy_string(&field, text, sizeof(text)), -EBADMSG);
}

/* Every run of two and a half bytes, as a hostile peer might send them. */
TEST(pb_any_bytes_end)
{
        unsigned char bytes[3];

        for (unsigned i = 0; i < 1u << 20; i++) {
                bytes[0] = (unsigned char)i;
                bytes[1] = (unsigned char)(i >> 8);
                bytes[2] = (unsigned char)(i >> 16);
                (void)read_all(bytes, sizeof(bytes));
        }
        EXPECT_EQ(read_all("\x08\x01", 2), 0);
}
