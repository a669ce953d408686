/* SPDX-License-Identifier: MIT */

/* Names of images and of platforms. */

#include "harness/test.h"

#include "image/platform.h"
#include "image/reference.h"

TEST(references_are_completed)
{
        static const struct {
                const char *written, *meant;
        } cases[] = {
                { "busybox", "docker.io/library/busybox:latest" },
                { "busybox:1.36", "docker.io/library/busybox:1.36" },
                { "docker.io/busybox", "docker.io/library/busybox:latest" },
                { "index.docker.io/library/busybox", "docker.io/library/busybox:latest" },
                { "team/app", "docker.io/team/app:latest" },
                { "localhost/app", "localhost/app:latest" },
                { "localhost:5000/app", "localhost:5000/app:latest" },
                { "registry.example/a/b/c:1.0-rc_2", "registry.example/a/b/c:1.0-rc_2" },
                { "Host/app", "Host/app:latest" },
                { "[fe80::1]:5000/app", "[fe80::1]:5000/app:latest" },
                { "a__b/c-d.e", "docker.io/a__b/c-d.e:latest" },
                { "app@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                  "docker.io/library/app@sha256:"
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
                { "app:1@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                  "docker.io/library/app:1@sha256:"
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        };
        size_t i;

        for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
                struct ct_reference reference = { .text = "" };
                contain_error_t *error = NULL;

                EXPECT_EQ(ct_reference_parse(arena, cases[i].written, &reference, &error), 0);
                EXPECT_STR(reference.text, cases[i].meant);
                EXPECT_STR(contain_error_message(error), "");
                (void)contain_error_free(error);
        }
}

TEST(references_are_refused)
{
        static const char *const bad[] = {
                "",          ":",      "/",     "a//b",     "/a",         "a/",           "Busybox", "a..b",
                "a_-b",      "a.-b",   "a___b", "-a",       "a-",         "a:",           "a:-1",    "a@",
                "a@sha256:", "a b",    "../a",  "a/../b",   "h.x:port/a", "h.x:/a",       "h..x/a",  "-h.x/a",
                "a:b:c",     "[::1/a", "a\nb",  "a@md5:12", "a;b",        "h.x:123456/a",
        };
        size_t i;

        for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
                struct ct_reference reference = { .text = "" };

                EXPECT(ct_reference_parse(arena, bad[i], &reference, NULL) < 0);
                EXPECT_STR(reference.text, "");
        }
}

static int match(const char *wanted, const char *os, const char *architecture, const char *variant)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_platform a = { .os = "" }, b = { os, architecture, variant };

        EXPECT_EQ(ct_platform_parse(arena, wanted, &a, NULL), 0);
        return ct_platform_match(&a, &b);
}

TEST(platforms_match)
{
        EXPECT(match("linux/amd64", "linux", "amd64", "") > 0);
        EXPECT(match("amd64", "linux", "amd64", "v1") > 0);
        EXPECT(match("x86_64", "linux", "amd64", "") > 0);
        EXPECT(match("amd64", "linux", "amd64", "v3") == 0);
        EXPECT(match("amd64/v3", "linux", "amd64", "v3") > 0);
        EXPECT(match("amd64/v3", "amd64", "v3", "") == 0);
        EXPECT(match("linux/amd64/v3", "linux", "amd64", "v3") >
               match("linux/amd64/v3", "linux", "amd64", ""));
        EXPECT(match("linux/amd64/v3", "linux", "amd64", "") > 0);
        EXPECT(match("arm64", "linux", "arm64", "v8") > 0);
        EXPECT(match("arm64", "linux", "arm", "v7") == 0);
        EXPECT(match("linux/arm/v7", "linux", "arm", "v6") > match("linux/arm/v7", "linux", "arm", "v5"));
        EXPECT(match("linux/arm/v6", "linux", "arm", "v7") == 0);
        EXPECT(match("linux/amd64", "windows", "amd64", "") == 0);
        EXPECT(match("linux/amd64", "", "", "") > 0);
        EXPECT(match(NULL, "linux", "no-such", "") == 0);
}

TEST(platforms_are_refused)
{
        static const char *const bad[] = { "", "/", "a/", "/a", "a//b", "a/b/c/d" };
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_platform platform;
        size_t i;

        for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
                EXPECT_EQ(ct_platform_parse(arena, bad[i], &platform, NULL), -EINVAL);
}
