/* SPDX-License-Identifier: MIT */

/* Users of an image, found in files of small trees. */

#include "../host/tree.h"

#include "ops/image-config.h"

#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PASSWD                                                                                               \
        "root:x:0:0:root:/root:/bin/sh\n"                                                                    \
        "# www:x:1:1::/:\n"                                                                                  \
        "app:x:1000:100:An App:/srv:/bin/false\n"                                                            \
        "short:x:7\n"                                                                                        \
        "bad:x:-1:5::/:\n"                                                                                   \
        "far:x:4294967295:5::/:\n"                                                                           \
        ":x:8:8::/:\n"                                                                                       \
        "app:x:2000:200::/:\n"                                                                               \
        "4242:x:9:9::/:\n"                                                                                   \
        "last:x:77:78::/:"
#define GROUP                                                                                                \
        "root:x:0:\n"                                                                                        \
        "users:x:100:app\n"                                                                                  \
        "disk:x:6:root,app\n"                                                                                \
        "video:x:44:last,app\n"                                                                              \
        "again:x:6:app\n"                                                                                    \
        "none:x:45:apple,ap,app2\n"                                                                          \
        "bad:x:46x:app\n"                                                                                    \
        "short:47:app\n"                                                                                     \
        "tail:x:48:app"

/* "uid:gid groups", or the error's message. */
static const char *found(const struct tree *tree, const char *text, char *ret, size_t size)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct ct_image_user user;
        int n;

        if (ct_image_parse_user(arena, tree->fd, text, "/config/User", &user, &error) < 0) {
                (void)snprintf(ret, size, "%s", contain_error_message(error));
                return ret;
        }
        n = snprintf(ret, size, "%u:%u", user.uid, user.gid);
        for (size_t i = 0; i < user.n_groups && n > 0 && (size_t)n < size; i++)
                n += snprintf(ret + n, size - (size_t)n, " %u", user.groups[i]);
        return ret;
}

TEST(users_are_found_in_the_images_files)
{
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { NULL, "0:0 6" },
                { "", "0:0 6" },
                { "root", "0:0 6" },
                { "0", "0:0 6" },
                { "app", "1000:100 6 44 48" },
                { "1000", "1000:100 6 44 48" }, /* the user's own groups: there is no other group said */
                { "app:video", "1000:44" },     /* without supplementary groups */
                { "app:0", "1000:0" },
                { "1000:5000", "1000:5000" },
                { "12:video", "12:44" },
                { "12", "12:0" },       /* nobody's id needs no entry */
                { "4242", "4242:0" },   /* digits are an id, not a name */
                { "007", "7:0" },       /* a line that is too short is none */
                { "last", "77:78 44" }, /* no line end at the end */
                { "app:", "1000:100 6 44 48" },
                { "app:tail", "1000:48" },
        };
        struct tree tree;
        char text[512];

        REQUIRE(tree_make(&tree));
        EXPECT(tree_put(&tree, "etc/passwd", PASSWD) && tree_put(&tree, "etc/group", GROUP));
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                EXPECT_STR(found(&tree, cases[i].text, text, sizeof(text)), cases[i].expected);
        tree_remove(&tree);
}

TEST(users_that_are_not_there_are_refused)
{
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "nobody", "/config/User: the image's '/etc/passwd' has no user 'nobody'" },
                { "app:wheel", "/config/User: the image's '/etc/group' has no group 'wheel'" },
                { "bad", "no user 'bad'" },
                { "far", "no user 'far'" },
                { "short", "no user 'short'" },
                { "# www", "no user '# www'" },
                { "app:bad", "no group 'bad'" },
                { "-1", "no user '-1'" },
                { "4294967295", "/config/User: '4294967295' is no user id" },
                { "0:99999999999999999999", "'99999999999999999999' is no group id" },
                { ":app", "':app' is not of the form USER or USER:GROUP" },
                { "a:b:c", "'a:b:c' is not of the form USER or USER:GROUP" },
                { ":", "is not of the form" },
                { "app\n", "no user 'app\n'" },
        };
        struct tree tree;
        char text[512];

        REQUIRE(tree_make(&tree));
        EXPECT(tree_put(&tree, "etc/passwd", PASSWD) && tree_put(&tree, "etc/group", GROUP));
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                EXPECT_CONTAINS(found(&tree, cases[i].text, text, sizeof(text)), cases[i].expected);
        tree_remove(&tree);
}

TEST(users_need_no_files)
{
        struct tree tree;
        char text[512];

        REQUIRE(tree_make(&tree));
        EXPECT_STR(found(&tree, "5:6", text, sizeof(text)), "5:6");
        EXPECT_STR(found(&tree, "", text, sizeof(text)), "0:0");
        EXPECT_CONTAINS(found(&tree, "app", text, sizeof(text)), "no user 'app'");
        tree_remove(&tree);
}

/* What an image has in the place of the files: nothing of it is waited for, read without end, or outside. */
TEST(users_of_a_hostile_image)
{
        static const char outside[] = "/tmp/contain-passwd-outside";
        char text[512], path[128], big[4096];
        _cleanup_close_ int fd = -EBADF;
        struct tree tree;

        REQUIRE(tree_make(&tree));
        EXPECT(tree_put(&tree, "etc/hosts", "x"));

        (void)snprintf(path, sizeof(path), "%s/etc/passwd", tree.path);
        EXPECT_EQ(mkfifo(path, 0600), 0);
        EXPECT_CONTAINS(found(&tree, "app", text, sizeof(text)), "cannot read the image's '/etc/passwd'");
        EXPECT_EQ(unlink(path), 0);

        EXPECT_EQ(mkdir(path, 0755), 0);
        EXPECT_CONTAINS(found(&tree, "app", text, sizeof(text)), "cannot read the image's '/etc/passwd'");
        EXPECT_EQ(rmdir(path), 0);

        /* A link leads where it would inside of the image. */
        fd = open(outside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        EXPECT(fd >= 0 && write(fd, "app:x:1:1::/:\n", 14) == 14);
        EXPECT_EQ(symlink(outside, path), 0);
        EXPECT_CONTAINS(found(&tree, "app", text, sizeof(text)), "no user 'app'");
        EXPECT_EQ(unlink(outside), 0);
        EXPECT_EQ(unlink(path), 0);
        EXPECT_EQ(symlink("../../../etc/other", path), 0);
        EXPECT(tree_put(&tree, "etc/other", "app:x:3:4::/:\n"));
        EXPECT_STR(found(&tree, "app", text, sizeof(text)), "3:4");
        EXPECT_EQ(unlink(path), 0);

        /* Five megabytes. */
        fd = ct_close(fd);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        memset(big, 'a', sizeof(big));
        for (int i = 0; i < 1280 && fd >= 0; i++)
                EXPECT_EQ(write(fd, big, sizeof(big)), sizeof(big));
        EXPECT_CONTAINS(found(&tree, "app", text, sizeof(text)), "is larger than 4194304 bytes");

        /* A NUL in a line, and lines of colons. */
        EXPECT_EQ(ftruncate(fd, 0), 0);
        EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
        EXPECT_EQ(write(fd, "app\0:x:1:1::/:\n:::\n::::::::::::\napp:x:5:6::/:\0\napp:x:7:8::/:\n", 62), 62);
        EXPECT_STR(found(&tree, "app", text, sizeof(text)), "7:8");
        tree_remove(&tree);
}

TEST(users_in_more_groups_than_anybody_is)
{
        struct ct_buf groups = CT_BUF_INIT;
        struct tree tree;
        char text[512];

        REQUIRE(tree_make(&tree));
        for (int i = 0; i < 1100; i++)
                EXPECT_EQ(ct_buf_printf(&groups, "g%d:x:%d:app\n", i, 1000 + i), 0);
        EXPECT(tree_put(&tree, "etc/passwd", PASSWD) && tree_put(&tree, "etc/group", groups.data));
        EXPECT_CONTAINS(found(&tree, "app", text, sizeof(text)), "user 'app' is in more than 1024 groups");
        EXPECT_STR(found(&tree, "app:g1", text, sizeof(text)), "1000:1001");
        ct_buf_done(&groups);
        tree_remove(&tree);
}
