/* SPDX-License-Identifier: MIT */

/*
 * Reading on after what is refused. Each m_*.json of the folder cases/ has several problems, which are those
 * of the m_*.txt beside it: all of them, in this order, and nothing that only follows from them. Every other
 * case has the same problem as without a list, among others or alone.
 */

#include "fixture.h"

#include "base/buf.h"
#include "base/problems.h"
#include "harness/test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* A configuration that was read as far as it goes. */
struct collected {
        struct ct_arena *arena;
        struct ct_problems problems;
        struct ct_spec *spec;
        contain_error_t *error;
};

static void collected_done(struct collected *c)
{
        ct_arena_free(c->arena);
        ct_problems_done(&c->problems);
        (void)contain_error_free(c->error);
}

static int collect(struct collected *c, const char *text, size_t size)
{
        *c = (struct collected){ .arena = ct_arena_new() };
        ct_arena_set_problems(c->arena, &c->problems);
        return ct_spec_parse(c->arena, text, size, &c->spec, &c->error);
}

static int collect_case(struct collected *c, const char *name)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;

        text = fixture_read_case(name, &size);
        return collect(c, text ? text : "", size);
}

static bool has_pointer(const struct collected *c, const char *pointer)
{
        for (size_t i = 0; i < c->problems.n; i++)
                if (strcmp(contain_error_pointer(c->problems.items[i]), pointer) == 0)
                        return true;
        return false;
}

static void each_case(const char *prefix, const char *suffix, void (*check)(const char *name))
{
        DIR *folder = opendir(CASES);
        struct dirent *entry;
        size_t n = 0;

        while (folder && (entry = readdir(folder))) {
                size_t length = strlen(entry->d_name);

                if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || length < strlen(suffix) ||
                    strcmp(entry->d_name + length - strlen(suffix), suffix) != 0)
                        continue;
                check(entry->d_name);
                n++;
        }
        if (folder)
                (void)closedir(folder);
        EXPECT(n > 0);
}

static void check_good(const char *name)
{
        _cleanup_(collected_done) struct collected c = { 0 };

        (void)test_equal(collect_case(&c, name), 0, name, 0, "parsed");
        (void)test_equal((long long)c.problems.n, 0, name, 0, "no problem");
        (void)test_equal((long long)c.problems.n_left_out, 0, name, 0, "nothing left out");
}

TEST(problems_of_good_configurations_are_none)
{
        each_case("y_", ".json", check_good);
}

/* What is found first without a list is found with one, and is the first. */
static void check_bad(const char *name)
{
        _cleanup_(collected_done) struct collected c = { 0 };
        _cleanup_(fixture_done) struct fixture f = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r;

        text = fixture_read_case(name, &size);
        if (!text)
                return;
        fixture_parse(&f, text, size);
        r = collect(&c, text, size);
        if (contain_error_code(f.error) == CONTAIN_E_JSON) {
                (void)test_string(contain_error_message(c.error), contain_error_message(f.error), name, 0,
                                  "the error of a text that is no JSON");
                return;
        }
        (void)test_equal(r, 0, name, 0, "read to the end");
        if (test_check(c.problems.n > 0, name, 0, "problems"))
                (void)test_string(contain_error_message(c.problems.items[0]), contain_error_message(f.error),
                                  name, 0, "the first problem");
}

TEST(problems_begin_with_the_first_error)
{
        each_case("n_", ".json", check_bad);
}

static void check_many(const char *name)
{
        _cleanup_(collected_done) struct collected c = { 0 };
        _cleanup_buf_ struct ct_buf found = CT_BUF_INIT;
        _cleanup_free_ char *expected = NULL;
        char list[256];
        size_t size = 0;

        (void)snprintf(list, sizeof(list), "%.*s.txt", (int)(strlen(name) - strlen(".json")), name);
        expected = fixture_read_case(list, &size);
        if (!expected || collect_case(&c, name) < 0)
                return;
        for (size_t i = 0; i < c.problems.n; i++)
                (void)ct_buf_printf(&found, "%s\n", contain_error_message(c.problems.items[i]));
        (void)test_string(found.data ? found.data : "", expected, name, 0, list);
}

TEST(problems_are_all_listed_and_no_others)
{
        each_case("m_", ".json", check_many);
}

TEST(problems_leave_the_rest_in_its_order)
{
        static const char text[] =
                "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},"
                "\"process\":{\"args\":[\"a\",2,\"c\"],\"cwd\":\"/\",\"env\":[\"A=1\",\"B\",\"C=3\"]},"
                "\"mounts\":[{\"destination\":\"/a\"},{},{\"destination\":\"/c\"},3,{\"destination\":\"/"
                "e\"}],"
                "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}],\"maskedPaths\":[\"b\",\"/a\"]}}";
        _cleanup_(collected_done) struct collected c = { 0 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;

        REQUIRE_EQ(collect(&c, text, strlen(text)), 0);
        REQUIRE_EQ(c.spec->process.args.n, 2);
        EXPECT_STR(c.spec->process.args.items[1], "c");
        REQUIRE_EQ(c.spec->process.env.n, 2);
        EXPECT_STR(c.spec->process.env.items[1], "C=3");
        REQUIRE_EQ(c.spec->n_mounts, 3);
        EXPECT_STR(c.spec->mounts[1].destination, "/c");
        EXPECT_STR(c.spec->mounts[2].destination, "/e");
        REQUIRE_EQ(c.spec->linux_.masked_paths.n, 1);
        EXPECT_STR(c.spec->linux_.masked_paths.items[0], "/a");

        /* A place in what is left becomes one in the file. */
        EXPECT_EQ(ct_problems_keep(&c.problems,
                                   ct_fail(&error, CONTAIN_E_MOUNT, ENOENT, "/mounts/2/source", "x"), &error),
                  0);
        EXPECT(has_pointer(&c, "/mounts/4/source"));
        EXPECT(error == NULL);
}

TEST(problems_have_a_limit)
{
        _cleanup_(collected_done) struct collected c = { 0 };
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        (void)ct_buf_puts(&text, "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"mounts\":[0");
        for (int i = 1; i < CT_PROBLEMS_MAX + 10; i++)
                (void)ct_buf_puts(&text, ",0");
        (void)ct_buf_puts(&text, "]}");
        REQUIRE_EQ(collect(&c, text.data, text.size), 0);
        EXPECT_EQ(c.problems.n, CT_PROBLEMS_MAX);
        EXPECT_EQ(c.problems.more, 10);
        EXPECT_EQ(c.spec->n_mounts, 0);
}
