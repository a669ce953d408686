/* SPDX-License-Identifier: MIT */

/*
 * Any bytes as a tar: as one that files are read from by name, and as a layer, of which every name stays
 * below its root and which is applied to a tree in memory. The corpus is archives/; how it is built for a
 * fuzzer is in fuzz-spec.c.
 */

#include "image/flat.h"
#include "image/layer-reader.h"
#include "image/tar-index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
        if (!condition)
                abort();
}

static void require_outcome(int r, const contain_error_t *error)
{
        require((r < 0) == (error != NULL));
        require(!error || (r == -contain_error_errno(error) && contain_error_sentence(error)[0] != '\0'));
}

static void read_file(const struct ct_tar_index *index, const char *path)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        int r = ct_tar_index_stream(index, path, &stream, &error);

        require_outcome(r, error);
        require(r == 0 || !ct_tar_index_has(index, path) || r != -ENOENT);
        if (r < 0)
                return;
        r = ct_stream_read_all(stream, READ_MAX, &buf, &error);
        require_outcome(r, error);
}

static void read_files(const uint8_t *data, size_t size)
{
        static const char *const paths[] = { "manifest.json", "index.json", "a/b", "../x", "/", "" };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_tar_index_freep) struct ct_tar_index *index = NULL;
        int fd = memfd_create("archive", MFD_CLOEXEC), r;

        require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
        r = ct_tar_index_open(fd, "it", &index, &error);
        require_outcome(r, error);
        for (size_t i = 0; r == 0 && i < sizeof paths / sizeof paths[0]; i++)
                read_file(index, paths[i]);
}

static void check_path(const struct ct_member_path *path)
{
        char text[PATH_MAX];

        require(path->length < PATH_MAX && strlen(path->text) == path->length);
        require(path->text[0] != '/' && (path->length == 0 || path->text[path->length - 1] != '/'));
        (void)memcpy(text, path->text, path->length + 1);
        for (char *rest = text, *name; (name = strsep(&rest, "/")) && path->length > 0;)
                require(name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
}

static int pass_content(struct ct_layer_reader *reader, contain_error_t **err)
{
        uint64_t offset, passed = 0;
        const void *bytes;
        size_t size;
        int r;

        while ((r = ct_layer_reader_data(reader, &bytes, &size, &offset, err)) > 0) {
                passed += size;
                require(passed < UINT32_MAX);
        }
        return r;
}

static void check_tree(struct ct_flat *flat)
{
        char path[PATH_MAX];
        size_t n = 0;

        require(ct_flat_sort(flat) == 0);
        for (struct ct_flat_node *node = ct_flat_next(flat, NULL); node; node = ct_flat_next(flat, node), n++)
                require(ct_flat_path(node, path) == 0);
        require(n == flat->n_nodes + 1);
}

static void read_layer(const uint8_t *data, size_t size)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_layer_reader_freep) struct ct_layer_reader *reader = NULL;
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        _cleanup_(ct_flat_freep) struct ct_flat *flat = NULL;
        const struct ct_member *member;
        uint64_t ordinal = 0;
        int r;

        require(ct_stream_from_memory(data, size, &stream, NULL) == 0 && ct_flat_new(&flat, NULL) == 0);
        r = ct_layer_reader_open(stream, NULL, &reader, &error);
        while (r >= 0 && (r = ct_layer_reader_next(reader, &member, &error)) > 0) {
                check_path(&member->path);
                if (member->kind == CT_MEMBER_LINK)
                        check_path(&member->target);
                require(ct_flat_add(flat, ordinal / 3, ordinal, member) <= 0);
                ordinal++;
                r = pass_content(reader, &error);
        }
        require_outcome(r, error);
        check_tree(flat);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        read_files(data, size);
        read_layer(data, size);
        return 0;
}
