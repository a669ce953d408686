/* SPDX-License-Identifier: MIT */

/* Names of cgroups. */

#include "support.h"

#include "base/error.h"

#include <string.h>

/* The path in the first hierarchy, or the error. */
static const char *name_of(const struct ct_cgroup_layout *layout, const char *path, const char *id)
{
        static char text[8192];
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        const char *found;

        if (ct_cgroup_new(layout, path, id, &cgroup, &error) < 0) {
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_CGROUP);
                EXPECT_STR(contain_error_pointer(error), "/linux/cgroupsPath");
                return "refused";
        }
        found = ct_cgroup_path(cgroup, 0);
        EXPECT(ct_cgroup_path(cgroup, layout->n) == NULL);
        EXPECT_EQ(ct_cgroup_v2_fd(cgroup), -ENOENT);
        (void)strncpy(text, found ? found : "none", sizeof text - 1);
        return text;
}

TEST(naming_absolute_and_relative)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = layout_v2();

        EXPECT_STR(name_of(layout, "/a", "id"), "/a");
        EXPECT_STR(name_of(layout, "/kubepods/burstable/pod1/c.x", "id"), "/kubepods/burstable/pod1/c.x");
        EXPECT_STR(name_of(layout, "a/b", "id"), "/a/b");
        free(layout->items[0].own_path);
        layout->items[0].own_path = strdup("/user.slice/me");
        EXPECT_STR(name_of(layout, "/a", "id"), "/a");
        EXPECT_STR(name_of(layout, "a/b", "id"), "/user.slice/me/a/b");
        free(layout->items[0].own_path);
        layout->items[0].own_path = NULL;
        EXPECT_STR(name_of(layout, "a/b", "id"), "none");
        EXPECT_STR(name_of(layout, "/a/b", "id"), "/a/b");
}

TEST(naming_default)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = layout_v2();

        free(layout->items[0].mountpoint);
        layout->items[0].mountpoint = strdup("/tmp");
        EXPECT_STR(name_of(layout, NULL, "web-1"), "/contain-web-1");
        /* Nobody writes there: below the own one. */
        free(layout->items[0].mountpoint);
        layout->items[0].mountpoint = strdup("/nowhere/to/be/found");
        free(layout->items[0].own_path);
        layout->items[0].own_path = strdup("/me");
        EXPECT_STR(name_of(layout, NULL, "web-1"), "/me/contain-web-1");
}

TEST(naming_refused)
{
        static const char *const bad[] = { "",        "/",  "//",     "/a/",     "/a//b", "/..",
                                           "/a/../b", "/.", "/a/./b", "..",      "../x",  "a/..",
                                           "a/",      ".",  "/a\nb",  "/a/b/..", "./a" };
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = layout_v2();
        char long_name[NAME_MAX + 3], long_path[2 * PATH_MAX];

        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                (void)test_string(name_of(layout, bad[i], "id"), "refused", __FILE__, __LINE__, bad[i]);
        EXPECT_STR(name_of(layout, "/...", "id"), "/...");
        EXPECT_STR(name_of(layout, "/.a/b..", "id"), "/.a/b..");

        memset(long_name, 'x', sizeof long_name);
        long_name[0] = '/';
        long_name[NAME_MAX + 1] = '\0';
        EXPECT_STR(name_of(layout, long_name, "id"), long_name);
        long_name[NAME_MAX + 1] = 'x';
        long_name[NAME_MAX + 2] = '\0';
        EXPECT_STR(name_of(layout, long_name, "id"), "refused");
        for (size_t i = 0; i < sizeof long_path; i++)
                long_path[i] = i % 2 == 0 ? '/' : 'a';
        long_path[sizeof long_path - 1] = '\0';
        EXPECT_STR(name_of(layout, long_path, "id"), "refused");
}

TEST(naming_pieces)
{
        char path[] = "/a/b/c";

        EXPECT_EQ(ct_cgroup_depth("/a"), 1);
        EXPECT_EQ(ct_cgroup_depth(path), 3);
        ct_cgroup_cut(path);
        EXPECT_STR(path, "/a/b");
        ct_cgroup_cut(path);
        ct_cgroup_cut(path);
        EXPECT_STR(path, "");
}
