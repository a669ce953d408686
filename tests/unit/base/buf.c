/* SPDX-License-Identifier: MIT */

#include "base/buf.h"

#include "harness/test.h"

#include <json-c/json.h>
#include <stdint.h>
#include <string.h>

TEST(buf_grows_and_ends_in_nul)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        size_t i;

        for (i = 0; i < 1000; i++) {
                EXPECT_EQ(ct_buf_printf(&buf, "%zu,", i % 10), 0);
                EXPECT_EQ(buf.data[buf.size], 0);
        }
        EXPECT_EQ(buf.size, 2000);
        EXPECT_EQ(ct_buf_append(&buf, "\0\1", 2), 0);
        EXPECT_EQ(buf.size, 2002);
        EXPECT_EQ(buf.data[2001], 1);
}

TEST(buf_steal_empties)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        _cleanup_free_ char *empty = NULL, *full = NULL;

        empty = ct_buf_steal(&buf);
        EXPECT_STR(empty, "");
        (void)ct_buf_puts(&buf, "abc");
        full = ct_buf_steal(&buf);
        EXPECT_STR(full, "abc");
        EXPECT(buf.data == NULL);
        EXPECT_EQ(buf.size, 0);
}

TEST(buf_failure_sticks)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;

        EXPECT_EQ(ct_buf_puts(&buf, "abc"), 0);
        EXPECT(ct_buf_append(&buf, "", SIZE_MAX) < 0);
        EXPECT(ct_buf_puts(&buf, "d") < 0);
        EXPECT(ct_buf_printf(&buf, "d") < 0);
        EXPECT(ct_buf_json_string(&buf, "d") < 0);
        EXPECT(ct_buf_steal(&buf) == NULL);
}

static void expect_json(const char *text, const char *expected)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;

        EXPECT_EQ(ct_buf_json_string(&buf, text), 0);
        EXPECT_STR(buf.data, expected);
}

TEST(buf_json_strings_are_escaped)
{
        expect_json("", "\"\"");
        expect_json("plain /path", "\"plain /path\"");
        expect_json("a\"b\\c", "\"a\\\"b\\\\c\"");
        expect_json("\n\t\r\x01\x1f\x7f", "\"\\n\\t\\u000d\\u0001\\u001f\\u007f\"");
        expect_json("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
        expect_json("bad \xff\xc0\xaf end", "\"bad \\ufffd\\ufffd\\ufffd end\"");
        expect_json("cut \xe2\x82", "\"cut \\ufffd\\ufffd\"");
}

TEST(buf_json_strings_read_back)
{
        char text[512];
        size_t i;

        for (i = 1; i < 128; i++) {
                _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
                struct json_object *value;

                memset(text, (int)i, 3);
                text[3] = '\0';
                EXPECT_EQ(ct_buf_json_string(&buf, text), 0);
                value = json_tokener_parse(buf.data);
                EXPECT_STR(json_object_get_string(value), text);
                (void)json_object_put(value);
        }
}
