/* SPDX-License-Identifier: MIT */

/* Manifests, indexes and configurations: what is read of them, and what is refused. */

#include "harness/test.h"

#include "image/manifest.h"

#include <stdio.h>
#include <string.h>

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define D3 "sha256:3333333333333333333333333333333333333333333333333333333333333333"

#define CONFIG      "\"config\":{\"mediaType\":\"" CT_MEDIA_CONFIG "\",\"digest\":\"" D1 "\",\"size\":10}"
#define LAYER(type) "{\"mediaType\":\"" type "\",\"digest\":\"" D2 "\",\"size\":20}"
#define ENTRY(digest, more)                                                                                  \
        "{\"mediaType\":\"" CT_MEDIA_MANIFEST "\",\"digest\":\"" digest "\",\"size\":30" more "}"
#define PLATFORM(os, architecture) ",\"platform\":{\"os\":\"" os "\",\"architecture\":\"" architecture "\"}"

static int parse(struct ct_arena *arena, const char *said, const char *text, struct ct_manifest *ret,
                 char message[500])
{
        contain_error_t *error = NULL;
        int r = ct_manifest_parse(arena, "it", said, text, strlen(text), ret, &error);

        (void)snprintf(message, 500, "%s", contain_error_message(error));
        (void)contain_error_free(error);
        return r;
}

TEST(manifests_have_a_config_and_layers)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_manifest manifest = { .is_index = true };
        char message[500], digest[CT_DIGEST_TEXT];

        EXPECT_EQ(
                parse(arena, CT_MEDIA_MANIFEST,
                      "{\"schemaVersion\":2,\"mediaType\":\"" CT_MEDIA_MANIFEST "\"," CONFIG
                      ",\"layers\":[" LAYER("application/vnd.oci.image.layer.v1.tar+gzip") "," LAYER(
                              "applica"
                              "tion/"
                              "vnd."
                              "oci."
                              "image."
                              "layer."
                              "v1.tar+"
                              "zstd") "," LAYER("application/"
                                                "vnd.oci.image.layer.nondistributable.v1.tar+gzip") "," LAYER("appl"
                                                                                                              "icat"
                                                                                                              "ion/"
                                                                                                              "vnd."
                                                                                                              "dock"
                                                                                                              "er."
                                                                                                              "imag"
                                                                                                              "e."
                                                                                                              "root"
                                                                                                              "fs."
                                                                                                              "fore"
                                                                                                              "ign."
                                                                                                              "diff"
                                                                                                              ".tar"
                                                                                                              ".gzi"
                                                                                                              "p") "," LAYER("application/vnd.docker.image.rootfs.diff.tar") "]}",
                      &manifest, message),
                0);
        EXPECT_STR(message, "");
        EXPECT(!manifest.is_index);
        REQUIRE_EQ(manifest.n_layers, 5);
        EXPECT_EQ(manifest.layers[4].size, 20);
        ct_digest_format(&manifest.layers[4].digest, digest);
        EXPECT_STR(digest, D2);
        EXPECT_EQ(manifest.config.size, 10);
}

TEST(manifests_are_refused)
{
        static const struct {
                const char *said, *text, *words;
        } cases[] = {
                { "", "[]", "object" },
                { "", "{}", "config" },
                { "", "{\"schemaVersion\":1}", "schema 1" },
                { "", "{\"mediaType\":\"application/x\"}", "'application/x', which is not understood" },
                { CT_MEDIA_INDEX, "{\"mediaType\":\"" CT_MEDIA_MANIFEST "\"}", "calls itself" },
                { "", "{\"manifests\":[],\"layers\":[]}", "a manifest and an index at once" },
                { "", "{\"mediaType\":\"" CT_MEDIA_MANIFEST "\"," CONFIG ",\"layers\":[],\"manifests\":[]}",
                  "at once" },
                { "", "{" CONFIG "}", "layers" },
                { "", "{" CONFIG ",\"layers\":[{}]}", "/layers/0" },
                { "", "{" CONFIG ",\"layers\":[{\"digest\":\"" D1 "\",\"size\":-1}]}", "/layers/0/size" },
                { "", "{" CONFIG ",\"layers\":[{\"digest\":\"sha256:12\",\"size\":1}]}", "/layers/0/digest" },
                { "", "{" CONFIG ",\"layers\":[" LAYER("application/x-tar") "]}", "/layers/0" },
                { "",
                  "{" CONFIG
                  ",\"layers\":[" LAYER("application/vnd.oci.image.layer.v1.tar+gzip+encrypted") "]}",
                  "encrypted" },
                { "",
                  "{\"config\":{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\"" D1
                  "\",\"size\":2},\"layers\":[]}",
                  "artifact" },
                { "", "{\"manifests\":[{\"digest\":\"" D1 "\"}]}", "/manifests/0" },
                { "", "{\"manifests\":7}", "/manifests" },
        };
        size_t i;

        for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
                struct ct_manifest manifest;
                char message[500];

                EXPECT(parse(arena, cases[i].said, cases[i].text, &manifest, message) < 0);
                EXPECT_CONTAINS(message, cases[i].words);
        }
}

/* What nobody can verify is no obstacle to what can be, and is never handed out. */
TEST(index_entries_with_digests_of_unknown_algorithms_are_passed_over)
{
        static const struct {
                const char *text;
                int r;
                const char *digest;
        } cases[] = {
                { "{\"manifests\":[" ENTRY("blake3:12", PLATFORM("linux", "s390x")) "," ENTRY(
                          D1, PLATFORM("linux", "amd64")) "]}",
                  0, D1 },
                { "{\"manifests\":[" ENTRY("blake3:12", PLATFORM("linux", "amd64")) "," ENTRY(
                          D2, PLATFORM("linux", "amd64")) "]}",
                  0, D2 },
                { "{\"manifests\":[" ENTRY(D1, PLATFORM("linux", "s390x")) "," ENTRY(
                          "blake3:12", PLATFORM("linux", "amd64")) "]}",
                  -ENOTSUP, "" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
                const struct ct_index_entry *entry = NULL;
                struct ct_manifest index;
                char message[500], digest[CT_DIGEST_TEXT] = "";

                REQUIRE_EQ(parse(arena, "", cases[i].text, &index, message), 0);
                EXPECT_EQ(index.n_entries, 2);
                EXPECT_EQ(ct_manifest_choose(arena, "it", &index, "linux/amd64", &entry, NULL), cases[i].r);
                if (entry)
                        ct_digest_format(&entry->blob.digest, digest);
                EXPECT_STR(digest, cases[i].digest);
        }
}

TEST(manifests_have_a_thousand_layers_at_most)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        struct ct_manifest manifest;
        char message[500];
        int i;

        (void)ct_buf_puts(&text, "{" CONFIG ",\"layers\":[");
        for (i = 0; i <= CT_IMAGE_LAYERS_MAX; i++)
                (void)ct_buf_printf(&text, "%s%s", i ? "," : "", LAYER(""));
        (void)ct_buf_puts(&text, "]}");
        EXPECT_EQ(parse(arena, "", text.data, &manifest, message), -EFBIG);
}

/* Which of the entries, by its digest's first digit; '-' for none. */
static char choose(const char *entries, const char *platform)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        const struct ct_index_entry *entry;
        struct ct_manifest index;
        char message[500], digest[CT_DIGEST_TEXT];

        EXPECT_EQ(parse(arena, "", ct_arena_printf(arena, "{\"manifests\":[%s]}", entries), &index, message),
                  0);
        EXPECT_STR(message, "");
        if (ct_manifest_choose(arena, "it", &index, platform, &entry, NULL) < 0)
                return '-';
        ct_digest_format(&entry->blob.digest, digest);
        return digest[7];
}

TEST(indexes_choose_by_platform)
{
        static const char two[] =
                ENTRY(D1, PLATFORM("linux", "arm64")) "," ENTRY(D2, PLATFORM("linux", "s390x"));

        EXPECT_EQ(choose(two, "arm64"), '1');
        EXPECT_EQ(choose(two, "linux/s390x"), '2');
        EXPECT_EQ(choose(two, "amd64"), '-');
        EXPECT_EQ(choose(two, "windows/arm64"), '-');
        EXPECT_EQ(choose(ENTRY(D1, "") "," ENTRY(D2, PLATFORM("linux", "arm64")), "arm64"), '2');
        EXPECT_EQ(choose(ENTRY(D1, ""), "arm64"), '1');
        EXPECT_EQ(choose("", NULL), '-');
}

TEST(indexes_pass_over_what_is_no_image)
{
        EXPECT_EQ(choose(ENTRY(D1, PLATFORM("unknown", "unknown")) "," ENTRY(D2, PLATFORM("linux", "arm64")),
                         "arm64"),
                  '2');
        EXPECT_EQ(choose(ENTRY(D1, ",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-"
                                   "manifest\"}") "," ENTRY(D2, ""),
                         "arm64"),
                  '2');
        EXPECT_EQ(choose(ENTRY(D1, ",\"artifactType\":\"application/spdx+json\"") "," ENTRY(D3, ""), "arm64"),
                  '3');
        EXPECT_EQ(choose("{\"mediaType\":\"application/x\",\"digest\":\"" D1 "\",\"size\":1}", "arm64"), '-');
}

TEST(configurations_tell_the_layers)
{
        static const char text[] = "{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\","
                                   "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D1 "\",\"" D2 "\"]}}";
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_image_config config;

        REQUIRE_EQ(ct_image_config_parse(arena, "it", text, strlen(text), &config, NULL), 0);
        EXPECT_EQ(config.n_diff_ids, 2);
        EXPECT_EQ(ct_image_config_check(arena, &config, NULL, NULL), 0);
        EXPECT_EQ(ct_image_config_check(arena, &config, "arm64", NULL), 0);
        EXPECT_EQ(ct_image_config_check(arena, &config, "amd64", NULL), -ENOENT);
        config.platform.os = "windows";
        EXPECT_EQ(ct_image_config_check(arena, &config, NULL, NULL), -ENOENT);
        EXPECT_EQ(ct_image_config_check(arena, &config, "windows/arm64", NULL), 0);
}

TEST(configurations_are_refused)
{
        static const char *const bad[] = {
                "",
                "[]",
                "{\"rootfs\":[]}",
                "{\"rootfs\":{\"type\":\"other\"}}",
                "{\"rootfs\":{\"diff_ids\":{}}}",
                "{\"rootfs\":{\"diff_ids\":[7]}}",
                "{\"rootfs\":{\"diff_ids\":[\"x\"]}}",
                "{\"os\":1}",
        };
        size_t i;

        for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
                struct ct_image_config config;

                EXPECT(ct_image_config_parse(arena, "it", bad[i], strlen(bad[i]), &config, NULL) < 0);
        }
}
