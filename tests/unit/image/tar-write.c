/* SPDX-License-Identifier: MIT */

/* The bytes of archives: what fits into a plain header, and what takes a pax one. */

#include "harness/test.h"

#include "image/tar-write.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK 512

static char archive[64 * 1024];
static size_t size;

/* The archive of one entry with @data. */
static int write_one(const struct ct_tar_entry *entry, const char *data, size_t length)
{
        int fd = memfd_create("archive", MFD_CLOEXEC);
        _cleanup_(ct_tar_writer_freep) struct ct_tar_writer *writer = NULL;
        struct ct_digest digest;
        uint64_t written = 0;
        ssize_t n;
        int r;

        EXPECT(fd >= 0);
        EXPECT_EQ(ct_tar_writer_new(fd, NULL, &writer, NULL), 0);
        r = ct_tar_writer_entry(writer, entry, NULL);
        if (r == 0 && length > 0)
                r = ct_tar_writer_data(writer, data, length, NULL);
        if (r == 0 && S_ISREG(entry->mode))
                r = ct_tar_writer_end_entry(writer, NULL);
        if (r == 0)
                r = ct_tar_writer_finish(writer, &digest, &written, NULL);
        n = pread(fd, archive, sizeof archive, 0);
        size = n < 0 ? 0 : (size_t)n;
        if (r == 0)
                EXPECT_EQ(written, size);
        EXPECT_EQ(close(fd), 0);
        return r;
}

static void check_sum(const char *header)
{
        unsigned sum = 8 * ' ', told = 0;

        for (size_t i = 0; i < BLOCK; i++)
                if (i < 148 || i >= 156)
                        sum += (unsigned char)header[i];
        EXPECT_EQ(sscanf(header + 148, "%o", &told), 1);
        EXPECT_EQ(told, sum);
}

TEST(a_plain_header_and_its_file)
{
        const struct ct_tar_entry entry = { .path = "etc/version",
                                            .mode = S_IFREG | 04755,
                                            .uid = 7,
                                            .gid = 8,
                                            .mtime = 1700000000,
                                            .size = 3 };

        EXPECT_EQ(write_one(&entry, "one", 3), 0);
        EXPECT_EQ(size, 4 * BLOCK); /* header, content, two of zeros */
        EXPECT_STR(archive, "etc/version");
        EXPECT_STR(archive + 100, "0004755");
        EXPECT_STR(archive + 108, "0000007");
        EXPECT_STR(archive + 116, "0000010");
        EXPECT_STR(archive + 124, "00000000003");
        EXPECT_STR(archive + 136, "14524770400");
        EXPECT_EQ(archive[156], '0');
        EXPECT_EQ(memcmp(archive + 257,
                         "ustar\0"
                         "00",
                         8),
                  0);
        check_sum(archive);
        EXPECT_STR(archive + BLOCK, "one");
        for (size_t i = BLOCK + 3; i < size; i++)
                EXPECT_EQ(archive[i], 0);
}

TEST(types_are_told_by_a_letter)
{
        static const struct {
                mode_t mode;
                int is_hardlink;
                char type;
        } cases[] = { { S_IFDIR, 0, '5' }, { S_IFLNK, 0, '2' }, { S_IFCHR, 0, '3' },
                      { S_IFBLK, 0, '4' }, { S_IFIFO, 0, '6' }, { S_IFDIR, 1, '1' } };

        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                const struct ct_tar_entry entry = { .path = "x",
                                                    .link = "y",
                                                    .mode = cases[i].mode,
                                                    .is_hardlink = cases[i].is_hardlink,
                                                    .device_major = 1,
                                                    .device_minor = 3 };

                EXPECT_EQ(write_one(&entry, NULL, 0), 0);
                EXPECT_EQ(archive[156], cases[i].type);
                EXPECT_STR(archive, cases[i].type == '5' ? "x/" : "x");
                EXPECT_STR(archive + 157, "y");
        }
}

TEST(what_a_plain_header_cannot_say_is_in_a_pax_one)
{
        const struct ct_member_xattr xattr = { "user.x", "a\0b", 3 };
        char name[151];
        const struct ct_tar_entry entry = { .path = name,
                                            .mode = S_IFREG,
                                            .uid = 3000000,
                                            .gid = 07777777,
                                            .mtime = -2,
                                            .mtime_nsec = 750000000,
                                            .xattrs = &xattr,
                                            .n_xattrs = 1 };
        static const char records[] = "15 uid=3000000\n15 mtime=-1.25\n27 SCHILY.xattr.user.x=a\0b\n";
        size_t path_size = sizeof "160 path=" - 1 + 150 + 1;

        memset(name, 'n', 150);
        name[150] = '\0';
        EXPECT_EQ(write_one(&entry, NULL, 0), 0);
        EXPECT_EQ(archive[156], 'x');
        check_sum(archive);
        EXPECT_EQ(memcmp(archive + BLOCK, "160 path=nnn", 12), 0);
        EXPECT_EQ(memcmp(archive + BLOCK + path_size, records, sizeof records - 1), 0);
        EXPECT_EQ(archive[2 * BLOCK + 156], '0');
        check_sum(archive + 2 * BLOCK);
        EXPECT_STR(archive + 2 * BLOCK + 108, "0000000");
        EXPECT_STR(archive + 2 * BLOCK + 116, "7777777");
        EXPECT_EQ(memcmp(archive + 2 * BLOCK, name, 100), 0);
}

TEST(names_that_are_no_text_are_marked_only_in_a_pax_header)
{
        char name[121];
        struct ct_tar_entry entry = { .path = "\xff", .mode = S_IFREG };

        EXPECT_EQ(write_one(&entry, NULL, 0), 0);
        EXPECT_EQ(archive[156], '0');
        EXPECT_STR(archive, "\xff");
        memset(name, '\xff', 120);
        name[120] = '\0';
        entry.path = name;
        EXPECT_EQ(write_one(&entry, NULL, 0), 0);
        EXPECT_EQ(memcmp(archive + BLOCK, "21 hdrcharset=BINARY\n130 path=\xff", 31), 0);
}

TEST(holes_are_a_map_before_the_data)
{
        const struct ct_member_extent extents[] = { { 4096, 3 }, { 8192, 2 } };
        const struct ct_tar_entry entry = {
                .path = "sparse", .mode = S_IFREG, .size = 100000, .extents = extents, .n_extents = 2
        };

        EXPECT_EQ(write_one(&entry, "abcde", 5), 0);
        EXPECT_CONTAINS(archive + BLOCK, "GNU.sparse.realsize=100000\n");
        EXPECT_STR(archive + 2 * BLOCK, "GNUSparseFile.0/sparse");
        EXPECT_STR(archive + 2 * BLOCK + 124, "00000001005"); /* a block, and five */
        EXPECT_STR(archive + 3 * BLOCK, "3\n4096\n3\n8192\n2\n100000\n0\n");
        EXPECT_STR(archive + 4 * BLOCK, "abcde");
}

TEST(data_has_to_be_as_long_as_was_said)
{
        const struct ct_tar_entry entry = { .path = "x", .mode = S_IFREG, .size = 3 };

        EXPECT_EQ(write_one(&entry, "four", 4), -EBADMSG);
        EXPECT_EQ(write_one(&entry, "12", 2), -EBADMSG);
}
