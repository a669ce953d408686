/* SPDX-License-Identifier: MIT */

/* Every allocation fails once, in what reads images: an error each time, and nothing lost. */

#include "harness/alloc.h"
#include "harness/test.h"

#include "image/flat.h"
#include "image/layer-reader.h"
#include "image/manifest.h"
#include "image/tar-index.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define DIGEST "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define BLOB   "\"digest\":\"" DIGEST "\",\"size\":30"

static const char manifest_text[] = "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"" CT_MEDIA_CONFIG
                                    "\"," BLOB "},\"layers\":[{" BLOB "},{" BLOB "}]}";
static const char index_text[] =
        "{\"schemaVersion\":2,\"manifests\":[{" BLOB ",\"platform\":{\"os\":\"linux\",\"architecture\":"
        "\"amd64\"},\"annotations\":{\"" CT_ANNOTATION_REF_NAME
        "\":\"one\"}},{\"digest\":\"blake3:12\",\"size\":1}]}";
static const char config_text[] =
        "{\"os\":\"linux\",\"architecture\":\"arm64\",\"rootfs\":{\"type\":\"layers\","
        "\"diff_ids\":[\"" DIGEST "\",\"" DIGEST "\"]}}";

/* A tar of empty files and folders, whose names end with a slash. */
static size_t make_tar(char *ret, const char *const *names)
{
        size_t size = 0;

        for (; *names; names++, size += 512) {
                char *header = ret + size;
                unsigned sum = 0;

                memset(header, 0, 512);
                (void)snprintf(header, 100, "%s", *names);
                memcpy(header + 100, "0000755", 8);
                memcpy(header + 108, "0000000", 8);
                memcpy(header + 116, "0000000", 8);
                memcpy(header + 124, "00000000000", 12);
                memcpy(header + 136, "00000000000", 12);
                memset(header + 148, ' ', 8);
                header[156] = (*names)[strlen(*names) - 1] == '/' ? '5' : '0';
                memcpy(header + 257, "ustar\00000", 8);
                for (size_t i = 0; i < 512; i++)
                        sum += (unsigned char)header[i];
                (void)snprintf(header + 148, 8, "%06o", sum);
        }
        memset(ret + size, 0, 1024);
        return size + 1024;
}

static int read_documents(contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        const struct ct_index_entry *entry;
        struct ct_image_config config;
        struct ct_manifest manifest;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_manifest_parse(arena, "it", "", manifest_text, strlen(manifest_text), &manifest, err);
        if (r == 0)
                r = ct_manifest_parse(arena, "it", "", index_text, strlen(index_text), &manifest, err);
        if (r == 0)
                r = ct_manifest_choose(arena, "it", &manifest, "linux/amd64", &entry, err);
        if (r == 0)
                r = ct_image_config_parse(arena, "it", config_text, strlen(config_text), &config, err);
        return r < 0 ? r : ct_image_config_check(arena, &config, "linux/arm64", err);
}

static const char *const names[] = { "a/", "a/b", "manifest.json", "a/.wh.c", "d/e/f", NULL };

static int read_layer(contain_error_t **err)
{
        _cleanup_(ct_layer_reader_freep) struct ct_layer_reader *reader = NULL;
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        _cleanup_(ct_flat_freep) struct ct_flat *flat = NULL;
        const struct ct_digest none = { .algorithm = CT_DIGEST_NONE };
        const struct ct_member *member;
        char tar[4096];
        int r;

        r = ct_stream_from_memory(tar, make_tar(tar, names), &stream, err);
        if (r == 0)
                r = ct_stream_verify(ct_take(stream), "it", &none, -1, &stream, err);
        if (r == 0)
                r = ct_stream_decompress(ct_take(stream), &stream, err);
        if (r == 0)
                r = ct_flat_new(&flat, err);
        if (r == 0)
                r = ct_layer_reader_open(stream, NULL, &reader, err);
        while (r == 0 && (r = ct_layer_reader_next(reader, &member, err)) > 0)
                r = ct_flat_add(flat, 0, 0, member) < 0 ? ct_fail_memory(err) : 0;
        if (r == 0 && ct_flat_sort(flat) < 0)
                r = ct_fail_memory(err);
        return r;
}

static int read_index(contain_error_t **err)
{
        _cleanup_(ct_tar_index_freep) struct ct_tar_index *index = NULL;
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        int fd = memfd_create("archive", MFD_CLOEXEC), r;
        char tar[4096];
        size_t size = make_tar(tar, names);

        EXPECT_EQ(write(fd, tar, size), size);
        r = ct_tar_index_open(fd, "it", &index, err);
        if (r == 0)
                r = ct_tar_index_stream(index, "./manifest.json", &stream, err);
        return r < 0 ? r : ct_stream_read_all(stream, 100, &buf, err);
}

static void expect_errors(int (*run)(contain_error_t **err))
{
        size_t nth;
        int r;

        REQUIRE_EQ(run(NULL), 0);
        for (nth = 1; nth < 1000; nth++) {
                contain_error_t *error = NULL;
                long live = alloc_live();

                alloc_fail(nth, 0);
                r = run(&error);
                alloc_fail(0, 0);
                if (r < 0) {
                        EXPECT_EQ(r, -ENOMEM);
                        EXPECT_EQ(contain_error_code(error), CONTAIN_E_NO_MEMORY);
                }
                (void)contain_error_free(error);
                EXPECT_EQ(alloc_live(), live);
                if (r == 0)
                        break;
        }
        EXPECT(nth > 3 && nth < 1000);
}

TEST(memory_of_documents)
{
        expect_errors(read_documents);
}

TEST(memory_of_layers)
{
        expect_errors(read_layer);
}

TEST(memory_of_archives)
{
        expect_errors(read_index);
}
