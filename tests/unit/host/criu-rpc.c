/* SPDX-License-Identifier: MIT */

/* CRIU's messages as bytes, and what its log says. */

#include "helper.h"

#include "host/criu.h"

#include "harness/test.h"

#include <fcntl.h>
#include <string.h>

static bool wrote(const struct ct_buf *buf, const char *bytes, size_t size)
{
        return !buf->failed && buf->size == size && memcmp(buf->data, bytes, size) == 0;
}

#define WROTE(buf, bytes) wrote(buf, bytes, sizeof(bytes) - 1)

/* As protoc would have them. */
TEST(criu_requests)
{
        _cleanup_buf_ struct ct_buf version = CT_BUF_INIT, dump = CT_BUF_INIT, opts = CT_BUF_INIT;
        _cleanup_buf_ struct ct_buf features = CT_BUF_INIT, answer = CT_BUF_INIT;

        ct_criu_put_request(&version, CT_CRIU_VERSION, NULL, true);
        EXPECT(WROTE(&version, "\x08\x0a\x20\x01"));

        ct_pb_put_uint(&opts, CT_CRIU_PID, 300);
        ct_criu_put_pair(&opts, CT_CRIU_EXT_MNT, "/a", "/b");
        ct_criu_put_inherit_fd(&opts, "net", 4);
        ct_criu_put_request(&dump, CT_CRIU_DUMP, &opts, false);
        EXPECT(WROTE(&dump, "\x08\x01\x12\x18"
                            "\x10\xac\x02"
                            "\xba\x01\x08\x0a\x02/a\x12\x02/b"
                            "\xda\x01\x07\x0a\x03net\x10\x04"));

        ct_criu_put_feature_check(&features, true, false, false);
        EXPECT(WROTE(&features, "\x08\x09\x2a\x04\x08\x01\x10\x00"));
        ct_criu_put_answer(&answer, true);
        EXPECT(WROTE(&answer, "\x08\x06\x18\x01"));
}

#define PARSE(bytes, ret) ct_criu_parse_response(bytes, sizeof(bytes) - 1, ret)

TEST(criu_responses)
{
        struct ct_criu_response r;

        REQUIRE_EQ(PARSE("\x08\x06\x10\x01\x2a\x10\x0a\x0cpost-restore\x10\x07", &r), 0);
        EXPECT_EQ(r.type, CT_CRIU_NOTIFY);
        EXPECT_STR(r.script, "post-restore");
        EXPECT_EQ(r.pid, 7);

        REQUIRE_EQ(PARSE("\x08\x0a\x10\x01\x52\x06\x08\x03\x10\x11\x20\x01", &r), 0);
        EXPECT_EQ(r.version, 31701);

        REQUIRE_EQ(PARSE("\x08\x01\x10\x00\x38\x34\x4a\x03"
                         "why",
                         &r),
                   0);
        EXPECT(!r.success);
        EXPECT_EQ(r.errnum, 52);
        EXPECT_STR(r.words, "why");

        /* A pid of -1, and fields of versions to come. */
        REQUIRE_EQ(
                PARSE("\x08\x02\x10\x00\x22\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xa0\x06\x01", &r),
                0);
        EXPECT_EQ(r.pid, 0);
}

TEST(criu_what_is_no_response)
{
        struct ct_criu_response r;

        EXPECT_EQ(PARSE("", &r), -EBADMSG);
        EXPECT_EQ(PARSE("\x10\x01", &r), -EBADMSG); /* no type */
        EXPECT_EQ(PARSE("\x08", &r), -EBADMSG);
        EXPECT_EQ(PARSE("\x08\x06\x28\x01", &r), -EBADMSG);          /* a notice that is a number */
        EXPECT_EQ(PARSE("\x08\x06\x2a\x05\x0a\x01x", &r), -EBADMSG); /* longer than it is */
        EXPECT_EQ(PARSE("\x08\x06\x2a\x03\x0a\x05x", &r), -EBADMSG);
        EXPECT_EQ(PARSE("\x0a\x01x", &r), -EBADMSG); /* a type that is a string */
}

static void expect_log(const char *text, const char *expected)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_close_ int folder_fd = -1, fd = -1;
        char words[128];

        REQUIRE(folder_make(&folder));
        folder_fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fd = openat(folder_fd, "dump.log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        REQUIRE(fd >= 0);
        EXPECT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        ct_criu_read_log(folder_fd, "dump.log", words, sizeof(words));
        EXPECT_STR(words, expected);
}

TEST(criu_log)
{
        expect_log("", "");
        expect_log("(00.1) all is well\n(00.2) Warn  (criu/a.c:1): hm\n", "");
        expect_log("(00.1) x\n(00.2) Error (criu/mount.c:9): mnt: no\n(00.3) Error (criu/cr-dump.c:1): "
                   "Dumping FAILED.\n",
                   "mnt: no");
        expect_log("Error (a.c:1): one\nError (a.c:2): two\nError (a.c:3): three\nError (a.c:4): four",
                   "two; three; four");
        expect_log("Error (a.c:1): bad \xff byte\ttab", "bad ? byte tab");
        expect_log("Error (a.c:1): "
                   "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
                   "890123456789012345678901234567890123456789\xc3\xa4",
                   "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
                   "890123456789012345678901234567890123456");
}

TEST(criu_log_that_is_not_there)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_close_ int folder_fd = -1;
        char words[16] = "x";

        REQUIRE(folder_make(&folder));
        folder_fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ct_criu_read_log(folder_fd, "dump.log", words, sizeof(words));
        EXPECT_STR(words, "");
        REQUIRE_EQ(symlinkat("/etc/passwd", folder_fd, "dump.log"), 0);
        ct_criu_read_log(folder_fd, "dump.log", words, sizeof(words));
        EXPECT_STR(words, "");
}
