/* SPDX-License-Identifier: MIT */

/* Names in archives: which are taken, and what they mean. */

#include "harness/test.h"

#include "image/brought.h"
#include "image/member.h"

#include <stdio.h>
#include <string.h>

static const char *path_of(const char *name)
{
        static struct ct_member_path path;

        return ct_member_path_set(&path, name) < 0 ? "refused" : path.text;
}

TEST(names_are_paths_below_the_root)
{
        EXPECT_STR(path_of("a/b"), "a/b");
        EXPECT_STR(path_of("./a//b/"), "a/b");
        EXPECT_STR(path_of("/etc/passwd"), "etc/passwd");
        EXPECT_STR(path_of("./."), "");
        EXPECT_STR(path_of("/"), "");
        EXPECT_STR(path_of("..."), "...");
        EXPECT_STR(path_of("a/..b/c.."), "a/..b/c..");
        EXPECT_STR(path_of("\xff/\xc3\x28"), "\xff/\xc3\x28");
}

TEST(names_that_are_refused)
{
        EXPECT_STR(path_of(""), "refused");
        EXPECT_STR(path_of(".."), "refused");
        EXPECT_STR(path_of("../a"), "refused");
        EXPECT_STR(path_of("a/../b"), "refused");
        EXPECT_STR(path_of("/a/.."), "refused");
}

TEST(names_of_any_length_are_taken_or_refused)
{
        static char name[3 * PATH_MAX];
        struct ct_member_path path;
        size_t i;

        memset(name, 'a', NAME_MAX);
        EXPECT_EQ(ct_member_path_set(&path, name), 0);
        name[NAME_MAX] = 'a';
        EXPECT_EQ(ct_member_path_set(&path, name), -ENAMETOOLONG);
        for (i = 0; i < PATH_MAX - 1; i++)
                name[i] = i % 2 ? '/' : 'a';
        name[PATH_MAX - 1] = '\0';
        EXPECT_EQ(ct_member_path_set(&path, name), 0);
        EXPECT_EQ(path.length, PATH_MAX - 1);
        EXPECT_EQ(path.depth, PATH_MAX / 2);
        memcpy(name + PATH_MAX - 1, "/a", 3);
        EXPECT_EQ(ct_member_path_set(&path, name), -ENAMETOOLONG);
        /* What is left out costs nothing. */
        memset(name, '/', sizeof name - 1);
        EXPECT_EQ(ct_member_path_set(&path, name), 0);
        EXPECT_EQ(path.length, 0);
}

TEST(the_parts_of_a_path)
{
        struct ct_member_path path;

        EXPECT_EQ(ct_member_path_set(&path, "usr/lib/x"), 0);
        EXPECT_EQ(path.depth, 3);
        EXPECT_STR(path.text + path.name, "x");
        EXPECT_EQ(path.length, strlen("usr/lib/x"));
}

static const char *meaning_of(const char *name)
{
        static struct ct_member member;
        static char text[PATH_MAX + 16];
        static const char *const kinds[] = { "node", "link", "whiteout", "opaque", "nothing" };

        member.kind = CT_MEMBER_NODE;
        if (ct_member_path_set(&member.path, name) < 0 || ct_member_find_whiteout(&member) < 0)
                return "refused";
        if (strlen(member.path.text) != member.path.length)
                return "of another length";
        (void)snprintf(text, sizeof text, "%s %s", kinds[member.kind], member.path.text);
        return text;
}

TEST(whiteouts_by_their_names)
{
        EXPECT_STR(meaning_of("a/b"), "node a/b");
        EXPECT_STR(meaning_of("a/.wh.b"), "whiteout a/b");
        EXPECT_STR(meaning_of(".wh.b"), "whiteout b");
        EXPECT_STR(meaning_of("a/b/.wh..wh..opq"), "opaque a/b");
        EXPECT_STR(meaning_of(".wh..wh..opq"), "opaque ");
        EXPECT_STR(meaning_of("a/.wh..wh.plnk/1.2"), "nothing a/.wh..wh.plnk/1.2");
        EXPECT_STR(meaning_of(".wh..wh.aufs"), "nothing .wh..wh.aufs");
        EXPECT_STR(meaning_of("a.wh.b"), "node a.wh.b");
        EXPECT_STR(meaning_of(".wh"), "node .wh");
}

TEST(whiteouts_of_what_has_no_name_are_refused)
{
        EXPECT_STR(meaning_of(".wh."), "refused");
        EXPECT_STR(meaning_of("a/.wh.."), "refused");
        EXPECT_STR(meaning_of("a/.wh..."), "refused");
        EXPECT_STR(meaning_of("a/.wh..../x"), "node a/.wh..../x");
        EXPECT_STR(meaning_of(".wh.../x/../../y"), "refused");
}

TEST(attributes_that_an_image_may_bring)
{
        EXPECT(ct_member_xattr_is_wanted("user.x"));
        EXPECT(ct_member_xattr_is_wanted("trusted.x"));
        EXPECT(ct_member_xattr_is_wanted("security.capability"));
        EXPECT(ct_member_xattr_is_wanted("system.posix_acl_access"));
        EXPECT(!ct_member_xattr_is_wanted("security.selinux"));
        EXPECT(!ct_member_xattr_is_wanted("trusted.overlay.opaque"));
        EXPECT(!ct_member_xattr_is_wanted("user.overlay.redirect"));
        EXPECT(!ct_member_xattr_is_wanted("system.nfs4_acl"));
}

TEST(a_hundred_thousand_paths_are_remembered)
{
        _cleanup_(ct_brought_freep) struct ct_brought *brought = ct_brought_new();
        char path[32];
        int i, length, wrong = 0;

        REQUIRE(brought);
        for (i = 0; i < 100000; i++) {
                length = snprintf(path, sizeof path, "folder/%d", i);
                wrong += ct_brought_add(brought, path, (size_t)length) != 1;
        }
        for (i = 0; i < 200000; i++) {
                length = snprintf(path, sizeof path, "folder/%d", i);
                wrong += ct_brought_has(brought, path, (size_t)length) != (i < 100000);
        }
        EXPECT_EQ(wrong, 0);
        EXPECT_EQ(ct_brought_add(brought, "folder/7", 8), 0);
        EXPECT(!ct_brought_has(brought, "folder/7", 7));
}
