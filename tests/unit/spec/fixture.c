/* SPDX-License-Identifier: MIT */

#include "fixture.h"

#include "base/buf.h"
#include "base/fds.h"
#include "harness/test.h"

#include <fcntl.h>
#include <string.h>

void fixture_done(struct fixture *f)
{
        f->arena = ct_arena_free(f->arena);
        f->error = contain_error_free(f->error);
}

void fixture_parse(struct fixture *f, const char *text, size_t size)
{
        *f = (struct fixture){ .arena = ct_arena_new() };
        f->r = ct_spec_parse(f->arena, text, size, &f->spec, &f->error);
        EXPECT_EQ(f->r == 0, f->spec != NULL);
        EXPECT_EQ(f->r == 0, f->error == NULL);
        EXPECT_EQ(f->r, -contain_error_errno(f->error));
}

void fixture_build(struct fixture *f, const char *document, const char *process, const char *linux_)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        (void)ct_buf_printf(&text,
                            "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"}%s%s,"
                            "\"process\":{\"args\":[\"true\"],\"cwd\":\"/\"%s%s},\"linux\":{%s%s%s}}",
                            document[0] ? "," : "", document, process[0] ? "," : "", process,
                            strstr(linux_, "\"namespaces\"") ? "" : "\"namespaces\":[{\"type\":\"mount\"}]",
                            linux_[0] && !strstr(linux_, "\"namespaces\"") ? "," : "", linux_);
        fixture_parse(f, text.data, text.size);
}

const struct ct_spec_mount *fixture_mount(struct fixture *f, const char *options)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        (void)ct_buf_printf(
                &text,
                "\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"source\":\"s\",\"options\":[%s]}]",
                options);
        fixture_build(f, text.data, "", "");
        EXPECT_STR(contain_error_message(f->error), "");
        return f->spec ? &f->spec->mounts[0] : NULL;
}

char *fixture_read_case(const char *name, size_t *ret_size)
{
        _cleanup_close_ int folder_fd = -EBADF;
        char *text = NULL;

        folder_fd = open(CASES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void)test_check(ct_read_file_at(folder_fd, name, 64 * 1024 * 1024, &text, ret_size) == 0, name, 0,
                         "a readable file in %s", CASES);
        return text;
}
