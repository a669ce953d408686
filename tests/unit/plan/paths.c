/* SPDX-License-Identifier: MIT */

/* Paths as text. */

#include "harness/test.h"
#include "plan/parts.h"

#include <string.h>

static struct ct_build *new_build(struct ct_build *build, const struct ct_spec *spec,
                                  const struct ct_request *request)
{
        static const struct ct_facts facts;

        return ct_build_init(build, spec, &facts, request, NULL) < 0 ? NULL : build;
}

TEST(clean_paths)
{
        static const struct {
                const char *path, *clean;
        } paths[] = {
                { "/", "/" },           { "", "/" },
                { "a", "/a" },          { "//a///b/", "/a/b" },
                { "/a/./b/.", "/a/b" }, { "/a/../b", "/b" },
                { "/../../a", "/a" },   { "/a/b/..", "/a" },
                { "/a/..", "/" },       { "/..a/b.", "/..a/b." },
                { "/...", "/..." },     { "a/../..", "/" },
        };
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        const struct ct_spec spec = { 0 };
        const struct ct_request request = { .bundle = "/bundle" };

        REQUIRE(new_build(&build, &spec, &request));
        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                EXPECT_STR(ct_plan_clean_path(&build, paths[i].path), paths[i].clean);
}

TEST(host_paths_are_relative_to_the_bundle)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        const struct ct_spec spec = { 0 };
        const struct ct_request request = { .bundle = "/bundle" };

        REQUIRE(new_build(&build, &spec, &request));
        EXPECT_STR(ct_plan_host_path(&build, "/a"), "/a");
        EXPECT_STR(ct_plan_host_path(&build, "a/b"), "/bundle/a/b");
        EXPECT_STR(ct_plan_host_path(&build, "./a"), "/bundle/a");
        EXPECT_STR(ct_plan_host_path(&build, "../a"), "/bundle/../a");
}

TEST(below_is_not_beside)
{
        EXPECT(ct_plan_path_is_below("/dev/pts", "/dev"));
        EXPECT(!ct_plan_path_is_below("/dev", "/dev"));
        EXPECT(!ct_plan_path_is_below("/devices", "/dev"));
        EXPECT(ct_plan_path_is_below("/dev", "/"));
        EXPECT(!ct_plan_path_is_below("/", "/"));
}
