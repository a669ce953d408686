/* SPDX-License-Identifier: MIT */

/* The tree that layers make, member by member, and the limits that they count against. */

#include "harness/test.h"

#include "image/flat.h"
#include "image/unpack-limits.h"

#include <stdio.h>
#include <string.h>

static struct ct_member member;
static uint64_t ordinal;

static struct ct_member *make(enum ct_member_kind kind, const char *path, mode_t mode)
{
        memset(&member, 0, sizeof member);
        member.kind = kind;
        member.mode = mode;
        EXPECT_EQ(ct_member_path_set(&member.path, path), 0);
        if (S_ISLNK(mode))
                member.symlink = "to";
        return &member;
}

static int add(struct ct_flat *flat, size_t layer, const char *path, mode_t type)
{
        return ct_flat_add(flat, layer, ordinal++, make(CT_MEMBER_NODE, path, type | 0644));
}

static int add_link(struct ct_flat *flat, size_t layer, const char *path, const char *target)
{
        struct ct_member *link = make(CT_MEMBER_LINK, path, 0);

        EXPECT_EQ(ct_member_path_set(&link->target, target), 0);
        return ct_flat_add(flat, layer, ordinal++, link);
}

static int hide(struct ct_flat *flat, size_t layer, const char *path, enum ct_member_kind kind)
{
        return ct_flat_add(flat, layer, ordinal++, make(kind, path, 0));
}

/* All paths, folders with a slash, in the order of the tree. */
static const char *paths(struct ct_flat *flat)
{
        static char text[4096];
        struct ct_flat_node *node = NULL;
        size_t size = 0;

        EXPECT_EQ(ct_flat_sort(flat), 0);
        text[0] = '\0';
        while ((node = ct_flat_next(flat, node))) {
                char path[PATH_MAX];

                if (!node->parent)
                        continue;
                EXPECT_EQ(ct_flat_path(node, path), 0);
                size += (size_t)snprintf(text + size, sizeof text - size, "%s%s ", path,
                                         S_ISDIR(node->inode->mode) ? "/" : "");
        }
        return text;
}

static struct ct_flat *begin(void)
{
        struct ct_flat *flat = NULL;

        EXPECT_EQ(ct_flat_new(&flat, NULL), 0);
        return flat;
}

TEST(members_make_a_tree_in_order_of_their_bytes)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = begin();

        EXPECT_EQ(add(flat, 0, "b", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "a/x/file", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "a.b", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "\xff", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "a", S_IFDIR), 0);
        EXPECT_STR(paths(flat), "a/ a/x/ a/x/file a.b b \xff ");
        EXPECT_EQ(flat->n_nodes, 6);
}

TEST(an_upper_layer_hides_what_is_below_it_and_not_its_own)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = begin();

        EXPECT_EQ(add(flat, 0, "d/old", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "d/deep/older", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "gone", S_IFREG), 0);
        EXPECT_EQ(add(flat, 1, "d/new", S_IFREG), 0);
        EXPECT_EQ(hide(flat, 1, "d", CT_MEMBER_OPAQUE), 0);
        EXPECT_EQ(hide(flat, 1, "gone", CT_MEMBER_WHITEOUT), 0);
        EXPECT_EQ(hide(flat, 1, "never/was", CT_MEMBER_WHITEOUT), 0);
        EXPECT_STR(paths(flat), "d/ d/new ");
}

TEST(files_and_folders_take_each_others_place)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = begin();

        EXPECT_EQ(add(flat, 0, "was/folder", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "link", S_IFLNK), 0);
        EXPECT_EQ(add(flat, 1, "was", S_IFREG), 0);
        EXPECT_EQ(add(flat, 1, "link/in", S_IFREG), 0);
        EXPECT_STR(paths(flat), "link/ link/in was ");
}

TEST(nothing_is_put_into_what_the_same_layer_made_a_link_or_a_file)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = begin();

        EXPECT_EQ(add(flat, 0, "link", S_IFLNK), 0);
        EXPECT_EQ(add(flat, 0, "file", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "link/x", S_IFREG), -ELOOP);
        EXPECT_EQ(add(flat, 0, "file/x", S_IFREG), -ENOTDIR);
        EXPECT_EQ(add(flat, 0, "/", S_IFREG), -EISDIR);
}

TEST(links_are_names_of_one_file)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = begin();
        struct ct_flat_node *first, *second;

        EXPECT_EQ(add(flat, 0, "file", S_IFREG), 0);
        EXPECT_EQ(add(flat, 0, "d", S_IFDIR), 0);
        EXPECT_EQ(add_link(flat, 0, "again", "file"), 0);
        EXPECT_EQ(add_link(flat, 1, "nowhere", "none"), -ENOENT);
        EXPECT_EQ(add_link(flat, 1, "folder", "d"), -EPERM);
        EXPECT_STR(paths(flat), "again d/ file ");
        first = ct_flat_next(flat, flat->root);
        second = ct_flat_next(flat, ct_flat_next(flat, first));
        EXPECT(first->inode == second->inode);
        /* It stays under its other name. */
        EXPECT_EQ(hide(flat, 2, "file", CT_MEMBER_WHITEOUT), 0);
        EXPECT_STR(paths(flat), "again d/ ");
        ct_flat_remove(flat, "again");
        ct_flat_remove(flat, "never");
        EXPECT_STR(paths(flat), "d/ ");
}

TEST(many_names_are_all_found)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = begin();
        char name[32];

        for (int i = 0; i < 10000; i++) {
                (void)snprintf(name, sizeof name, "d%d/f%d", i % 7, i);
                EXPECT_EQ(add(flat, 0, name, S_IFREG), 0);
        }
        EXPECT_EQ(flat->n_nodes, 10007);
        for (int i = 0; i < 10000; i++) {
                (void)snprintf(name, sizeof name, "d%d/f%d", i % 7, i);
                EXPECT_EQ(hide(flat, 1, name, CT_MEMBER_WHITEOUT), 0);
        }
        EXPECT_EQ(flat->n_nodes, 7);
}

/* --- limits ---------------------------------------------------------------------------------- */

static int count(const struct ct_unpack_limits *limits, enum ct_member_kind kind, const char *path,
                 uint64_t size)
{
        struct ct_unpack_counts counts = { .entries = 2, .bytes = 10 };
        struct ct_member *m = make(kind, path, S_IFREG | 0644);
        int r;

        m->size = size;
        r = ct_limits_count_entry(limits, &counts, NULL);
        return r < 0 ? r : ct_limits_count_member(limits, &counts, m, NULL);
}

TEST(limits_are_what_is_still_allowed)
{
        EXPECT_EQ(count(&(struct ct_unpack_limits){ 0 }, CT_MEMBER_NODE, "a/b", UINT64_MAX - 10), 0);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ 0 }, CT_MEMBER_NODE, "a/b", UINT64_MAX), -EFBIG);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .entries = 3 }, CT_MEMBER_NODE, "a", 0), 0);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .entries = 2 }, CT_MEMBER_NODE, "a", 0), -EFBIG);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .bytes = 15 }, CT_MEMBER_NODE, "a", 5), 0);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .bytes = 15 }, CT_MEMBER_NODE, "a", 6), -EFBIG);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .bytes = 15 }, CT_MEMBER_NODE, "a", UINT64_MAX), -EFBIG);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .bytes = 5 }, CT_MEMBER_NODE, "a", 0), -EFBIG);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .file_size = 5 }, CT_MEMBER_NODE, "a", 5), 0);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .file_size = 5 }, CT_MEMBER_NODE, "a", 6), -EFBIG);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .path_depth = 2 }, CT_MEMBER_NODE, "a/b", 0), 0);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .path_depth = 2 }, CT_MEMBER_NODE, "a/b/c", 0), -EFBIG);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .path_depth = 2 }, CT_MEMBER_LINK, "a/b/c", 0), -EFBIG);
        EXPECT_EQ(count(&(struct ct_unpack_limits){ .path_depth = 2 }, CT_MEMBER_WHITEOUT, "a/b/c", 0), 0);
}
