/* SPDX-License-Identifier: MIT */

/* Every allocation of base/ fails once: nothing may crash, leak, or look like success. */

#include "base/buf.h"
#include "base/fds.h"
#include "base/json.h"
#include "harness/alloc.h"
#include "harness/test.h"

#include <fcntl.h>
#include <string.h>

/* Runs @work with its first, second, … allocation failing, until it gets by without a failure. */
static void fail_each(bool (*work)(void), int all)
{
        size_t nth = 0;
        bool worked;

        do {
                long before = alloc_live();

                alloc_fail(++nth, all);
                worked = work();
                if (worked)
                        EXPECT(alloc_count() < nth);
                alloc_fail(0, 0);
                EXPECT_EQ(alloc_live(), before);
        } while (!worked && nth < 1000);
        EXPECT(worked);
        EXPECT(nth > 1);
}

static bool make_error(void)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        int r = ct_fail(&error, CONTAIN_E_VALUE, EINVAL, "/x", "bad '%s'", "thing");

        EXPECT(error != NULL);
        EXPECT_EQ(r, -contain_error_errno(error));
        ct_error_set_hint(&error, "hint");
        ct_error_set_step(&error, "step");
        EXPECT(contain_error_message(error)[0] != '\0');
        return strcmp(contain_error_message(error), "/x: bad 'thing' [CT-314] (hint: hint)") == 0 &&
               strcmp(contain_error_step(error), "step") == 0;
}

static bool fill_buf(void)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        _cleanup_free_ char *text = NULL;
        int i;

        for (i = 0; i < 100; i++) {
                (void)ct_buf_printf(&buf, "%d", i);
                (void)ct_buf_json_string(&buf, "a\nb");
        }
        text = ct_buf_steal(&buf);
        return text != NULL;
}

static bool read_json(void)
{
        static const char text[] = "{\"a\":{\"b\":[\"x\",\"y\"]}}";
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = NULL;
        struct ct_json value, inner;
        char **strings;
        size_t n;
        int r;

        arena = ct_arena_new();
        if (!arena)
                return false;
        r = ct_json_parse(arena, "doc", text, strlen(text), &document, &value, &error);
        if (r == 0)
                r = ct_json_get_object(&value, "a", &inner, &error);
        if (r == 1)
                r = ct_json_get_strings(&inner, "b", &strings, &n, &error);
        EXPECT_EQ(r < 0, error != NULL);
        if (r < 0)
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_NO_MEMORY);
        return r == 1;
}

static bool use_files(void)
{
        _cleanup_free_ char *text = NULL;

        return ct_read_file_at(AT_FDCWD, "/proc/self/stat", 4096, &text, NULL) == 0 &&
               ct_mkdir_parents("/tmp", 0700) == 0;
}

TEST(memory_each_allocation_fails_once)
{
        static bool (*const works[])(void) = { make_error, fill_buf, read_json, use_files };
        size_t i;

        for (i = 0; i < sizeof works / sizeof works[0]; i++) {
                fail_each(works[i], 0);
                fail_each(works[i], 1);
        }
}
