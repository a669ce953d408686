/* SPDX-License-Identifier: MIT */

#include "base/json.h"

#include "harness/test.h"

#include <stdio.h>
#include <string.h>

/* A parsed text, or the error, and what to free. */
struct fixture {
        struct ct_arena *arena;
        struct ct_json_document *document;
        struct ct_json value;
        contain_error_t *error;
        int r;
};

static void fixture_done(struct fixture *f)
{
        f->document = ct_json_document_free(f->document);
        f->arena = ct_arena_free(f->arena);
        f->error = contain_error_free(f->error);
}

static void parse_bytes(struct fixture *f, const char *text, size_t size)
{
        *f = (struct fixture){ .arena = ct_arena_new() };
        f->r = ct_json_parse(f->arena, "doc", text, size, &f->document, &f->value, &f->error);
}

static void parse(struct fixture *f, const char *text)
{
        parse_bytes(f, text, strlen(text));
}

static void expect_refused(const char *text, size_t size, const char *message)
{
        _cleanup_(fixture_done) struct fixture f;

        parse_bytes(&f, text, size);
        EXPECT(f.r < 0);
        EXPECT(f.document == NULL);
        EXPECT_STR(contain_error_message(f.error), message);
}

TEST(json_syntax_errors_name_line_and_column)
{
        static const struct {
                const char *text, *message;
        } cases[] = {
                { "", "doc is empty [CT-305]" },
                { " \n\t\r", "doc is empty [CT-305]" },
                { "{", "doc is not valid JSON: line 1, column 2: unexpected end of the text [CT-305]" },
                { "{\"a\":1",
                  "doc is not valid JSON: line 1, column 7: unexpected end of the text [CT-305]" },
                { "{\n \"a\": 1,\n}",
                  "doc is not valid JSON: line 3, column 1: unexpected character [CT-305]" },
                { "{\n\"a\" 1}", "doc is not valid JSON: line 2, column 5: expected ':' [CT-305]" },
                { "{} x", "doc is not valid JSON: line 1, column 4: unexpected character [CT-305]" },
                { "{}{}", "doc is not valid JSON: line 1, column 3: unexpected character [CT-305]" },
                { "[1 2]", "doc is not valid JSON: line 1, column 4: expected ',' or ']' [CT-305]" },
                { "{\"a\":1 \"b\":2}",
                  "doc is not valid JSON: line 1, column 8: expected ',' or '}' [CT-305]" },
                { "// no\n{}", "doc is not valid JSON: line 1, column 1: unexpected character [CT-305]" },
                { "{'a':1}", "doc is not valid JSON: line 1, column 2: unexpected character [CT-305]" },
                { "[True]", "doc is not valid JSON: line 1, column 2: unexpected character [CT-305]" },
                { "[NaN]", "doc is not valid JSON: line 1, column 2: unexpected character [CT-305]" },
                { "[-Infinity]", "doc is not valid JSON: line 1, column 2: malformed number [CT-305]" },
                { "[01]", "doc is not valid JSON: line 1, column 2: malformed number [CT-305]" },
                { "[5.]", "doc is not valid JSON: line 1, column 2: malformed number [CT-305]" },
                { "[1e]", "doc is not valid JSON: line 1, column 2: malformed number [CT-305]" },
                { "[\"\\q\"]", "doc is not valid JSON: line 1, column 4: malformed string [CT-305]" },
                { "[\"a\tb\"]",
                  "doc is not valid JSON: line 1, column 4: control character in a string [CT-305]" },
                { "[\"\xc0\x80\"]",
                  "doc is not valid JSON: line 1, column 3: string that is not UTF-8 [CT-305]" },
                { "[\"a\\u0000b\"]",
                  "doc is not valid JSON: line 1, column 4: NUL character in a string [CT-305]" },
                { "{\"a\\u0000b\":1}",
                  "doc is not valid JSON: line 1, column 4: NUL character in a string [CT-305]" },
                { "[18446744073709551616]",
                  "doc is not valid JSON: line 1, column 2: number too large for 64 bits [CT-305]" },
                { "[-9223372036854775809]",
                  "doc is not valid JSON: line 1, column 2: number too large for 64 bits [CT-305]" },
        };
        size_t i;

        for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
                expect_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
        expect_refused("{}\0", 3, "doc is not valid JSON: line 1, column 3: unexpected character [CT-305]");
        expect_refused("{\"a\0\":1}", 8,
                       "doc is not valid JSON: line 1, column 4: control character in a string [CT-305]");
}

TEST(json_names_are_there_once)
{
        static const struct {
                const char *text, *message;
        } cases[] = {
                { "{\"a\":1,\"a\":1}", "/a: 'a' is given twice [CT-317]" },
                { "{\"a\":{\"b\":[0,{\"x\":\"x\",\"y\":{},\"x\":1}]}}",
                  "/a/b/1/x: 'x' is given twice [CT-317]" },
                /* The first and the last value are of different types: what is below them does not matter. */
                { "{\"a\":{\"c\":{}},\"b\":[{}],\"a\":[]}", "/a: 'a' is given twice [CT-317]" },
                { "[{},{\"a\":\"{:\\\"\",\"\":2,\"\":3}]", "/1/: '' is given twice [CT-317]" },
                { "{\"a\" : \"b\", \"b\" :\n\"a\", \"c\": [\"b\", \"b\"], \"b\": 1}",
                  "/b: 'b' is given twice [CT-317]" },
                { "{\"a\":1,\"\\u0061\":1}", "a name is given twice [CT-317]" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
                expect_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
}

TEST(json_depth_is_limited)
{
        char text[2 * CT_JSON_MAX_DEPTH + 2];
        _cleanup_(fixture_done) struct fixture f;

        memset(text, '[', CT_JSON_MAX_DEPTH);
        memset(text + CT_JSON_MAX_DEPTH, ']', CT_JSON_MAX_DEPTH);
        parse_bytes(&f, text, 2 * CT_JSON_MAX_DEPTH);
        EXPECT_EQ(f.r, 0);

        memset(text, '[', CT_JSON_MAX_DEPTH + 1);
        memset(text + CT_JSON_MAX_DEPTH + 1, ']', CT_JSON_MAX_DEPTH + 1);
        expect_refused(text, 2 * CT_JSON_MAX_DEPTH + 2, "doc is nested deeper than 64 levels [CT-305]");
}

TEST(json_size_is_limited)
{
        _cleanup_free_ char *text = malloc(CT_JSON_MAX_SIZE + 1);
        _cleanup_(fixture_done) struct fixture f;

        REQUIRE(text);
        memset(text, ' ', CT_JSON_MAX_SIZE + 1);
        memcpy(text, "{}", 2);
        expect_refused(text, CT_JSON_MAX_SIZE + 1, "doc is larger than 4 MiB [CT-305]");
        parse_bytes(&f, text, CT_JSON_MAX_SIZE);
        EXPECT_EQ(f.r, 0);
}

TEST(json_text_needs_no_nul_at_its_end)
{
        _cleanup_(fixture_done) struct fixture f;
        char *text = malloc(7);
        int64_t value = 0;

        REQUIRE(text);
        memcpy(text, "{\"a\":1}", 7); /* sanitizers see a read of an eighth byte */
        parse_bytes(&f, text, 7);
        free(text);
        EXPECT_EQ(ct_json_get_int(&f.value, "a", 0, 9, &value, &f.error), 1);
        EXPECT_EQ(value, 1);
}

TEST(json_top_level_values_of_any_type)
{
        static const char *const texts[] = { "42", "-1.5e3", "\"x\"", "true", "null", "[]", " {} \n" };
        size_t i;

        for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                _cleanup_(fixture_done) struct fixture f;

                parse(&f, texts[i]);
                EXPECT_EQ(f.r, 0);
                EXPECT_STR(f.value.at, "");
        }
}

TEST(json_members_absent_null_and_present)
{
        _cleanup_(fixture_done) struct fixture f;
        struct ct_json none = { .value = NULL, .at = "/none" }, member;
        const char *text = "before";

        parse(&f, "{\"n\":null,\"s\":\"x\",\"o\":{}}");
        none.arena = f.arena;
        EXPECT_EQ(ct_json_get_string(&f.value, "absent", &text, &f.error), 0);
        EXPECT_EQ(ct_json_get_string(&f.value, "n", &text, &f.error), 0);
        EXPECT_EQ(ct_json_get_string(&none, "x", &text, &f.error), 0);
        EXPECT_STR(text, "before");
        EXPECT_EQ(ct_json_get_string(&f.value, "s", &text, &f.error), 1);
        EXPECT_STR(text, "x");
        EXPECT_EQ(ct_json_get_object(&f.value, "o", &member, &f.error), 1);
        EXPECT_STR(member.at, "/o");
        EXPECT(f.error == NULL);
}

TEST(json_required_members)
{
        _cleanup_(fixture_done) struct fixture f;
        struct ct_json object;

        parse(&f, "{\"o\":{}}");
        REQUIRE_EQ(ct_json_get_object(&f.value, "o", &object, &f.error), 1);
        EXPECT_EQ(ct_json_require(1, &object, "x", &f.error), 1);
        EXPECT_EQ(ct_json_require(-EPERM, &object, "x", &f.error), -EPERM);
        EXPECT(f.error == NULL);
        EXPECT_EQ(ct_json_require(0, &object, "x", &f.error), -EINVAL);
        EXPECT_STR(contain_error_message(f.error), "/o: 'x' is required [CT-311]");
}

/* What asking for an integer between -5 and 5, or of up to 10, says. */
static void expect_integer(const char *text, const char *as_int, const char *as_uint)
{
        _cleanup_(contain_error_freep) contain_error_t *int_error = NULL, *uint_error = NULL;
        _cleanup_(fixture_done) struct fixture f;
        uint64_t u = 77;
        int64_t i = 77;

        parse(&f, text);
        (void)ct_json_get_int(&f.value, "a", -5, 5, &i, &int_error);
        EXPECT_STR(contain_error_message(int_error), as_int);
        EXPECT_EQ(i == 77, int_error != NULL); /* touched on success only */
        (void)ct_json_get_uint(&f.value, "a", 10, &u, &uint_error);
        EXPECT_STR(contain_error_message(uint_error), as_uint);
        EXPECT_EQ(u == 77, uint_error != NULL);
}

TEST(json_integers_are_exact_and_in_range)
{
        expect_integer("{\"a\":5}", "", "");
        expect_integer("{\"a\":-5}", "", "/a: expected an integer from 0 to 10, found -5 [CT-314]");
        expect_integer("{\"a\":6}", "/a: expected an integer from -5 to 5, found 6 [CT-314]", "");
        expect_integer("{\"a\":1.0}",
                       "/a: expected an integer, found a number with a fraction or an exponent [CT-308]",
                       "/a: expected an integer, found a number with a fraction or an exponent [CT-308]");
        expect_integer("{\"a\":1e1}",
                       "/a: expected an integer, found a number with a fraction or an exponent [CT-308]",
                       "/a: expected an integer, found a number with a fraction or an exponent [CT-308]");
        expect_integer("{\"a\":\"1\"}", "/a: expected an integer, found a string [CT-308]",
                       "/a: expected an integer, found a string [CT-308]");
        expect_integer("{\"a\":18446744073709551615}",
                       "/a: expected an integer from -5 to 5, found 18446744073709551615 [CT-314]",
                       "/a: expected an integer from 0 to 10, found 18446744073709551615 [CT-314]");
        expect_integer("{\"a\":9223372036854775807}",
                       "/a: expected an integer from -5 to 5, found 9223372036854775807 [CT-314]",
                       "/a: expected an integer from 0 to 10, found 9223372036854775807 [CT-314]");
}

TEST(json_integers_reach_their_ends)
{
        _cleanup_(fixture_done) struct fixture f;
        uint64_t u = 0;
        int64_t i = 0;

        parse(&f, "{\"min\":-9223372036854775808,\"max\":9223372036854775807,\"umax\":18446744073709551615,"
                  "\"over\":9223372036854775808}");
        EXPECT_EQ(ct_json_get_int(&f.value, "min", INT64_MIN, INT64_MAX, &i, &f.error), 1);
        EXPECT(i == INT64_MIN);
        EXPECT_EQ(ct_json_get_int(&f.value, "max", INT64_MIN, INT64_MAX, &i, &f.error), 1);
        EXPECT(i == INT64_MAX);
        EXPECT_EQ(ct_json_get_uint(&f.value, "umax", UINT64_MAX, &u, &f.error), 1);
        EXPECT(u == UINT64_MAX);
        EXPECT(ct_json_get_int(&f.value, "over", INT64_MIN, INT64_MAX, &i, &f.error) < 0);
}

TEST(json_wrong_types_are_named)
{
        static const struct {
                const char *text, *message;
        } cases[] = {
                { "{\"a\":null}", "" },
                { "{\"a\":true}", "/a: expected a string, found a boolean [CT-308]" },
                { "{\"a\":1}", "/a: expected a string, found a number [CT-308]" },
                { "{\"a\":1.5}", "/a: expected a string, found a number [CT-308]" },
                { "{\"a\":{}}", "/a: expected a string, found an object [CT-308]" },
                { "{\"a\":[]}", "/a: expected a string, found an array [CT-308]" },
                { "[]", "expected an object, found an array [CT-308]" },
        };
        size_t i;

        for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                _cleanup_(fixture_done) struct fixture f;
                const char *text;

                parse(&f, cases[i].text);
                (void)ct_json_get_string(&f.value, "a", &text, &f.error);
                EXPECT_STR(contain_error_message(f.error), cases[i].message);
        }
}

TEST(json_pointers_are_escaped)
{
        _cleanup_(fixture_done) struct fixture f;
        struct ct_json outer, inner;
        bool flag = false;

        parse(&f, "{\"a/b~c\":{\"~1\":3}}");
        REQUIRE_EQ(ct_json_get_object(&f.value, "a/b~c", &outer, &f.error), 1);
        EXPECT_STR(outer.at, "/a~1b~0c");
        REQUIRE_EQ(ct_json_get(&outer, "~1", &inner, &f.error), 1);
        EXPECT_STR(inner.at, "/a~1b~0c/~01");
        EXPECT_EQ(ct_json_bool(&inner, &flag, &f.error), -EINVAL);
        EXPECT_STR(contain_error_pointer(f.error), "/a~1b~0c/~01");
        EXPECT_STR(ct_json_pointer_join(f.arena, "/x", ""), "/x/");
}

TEST(json_string_vectors)
{
        _cleanup_(fixture_done) struct fixture f;
        char **strings = NULL;
        size_t n = 7;

        parse(&f, "{\"a\":[\"x\",\"\",\"z\"],\"e\":[],\"b\":[\"x\",null]}");
        EXPECT_EQ(ct_json_get_strings(&f.value, "none", &strings, &n, &f.error), 0);
        EXPECT(strings == NULL);
        EXPECT_EQ(n, 7);
        REQUIRE_EQ(ct_json_get_strings(&f.value, "a", &strings, &n, &f.error), 1);
        EXPECT_EQ(n, 3);
        EXPECT_STR(strings[0], "x");
        EXPECT_STR(strings[1], "");
        EXPECT(strings[3] == NULL);
        REQUIRE_EQ(ct_json_get_strings(&f.value, "e", &strings, &n, &f.error), 1);
        EXPECT_EQ(n, 0);
        EXPECT(strings[0] == NULL);
        EXPECT(ct_json_get_strings(&f.value, "b", &strings, &n, &f.error) < 0);
        EXPECT_STR(contain_error_message(f.error), "/b/1: expected a string, found null [CT-308]");
}

TEST(json_members_in_file_order)
{
        _cleanup_(fixture_done) struct fixture f;
        struct ct_json member;
        void *position = NULL;
        const char *key;
        char seen[64] = "";

        parse(&f, "{\"z\":1,\"a\":2,\"m/n\":null}");
        EXPECT_EQ(ct_json_length(&f.value), 3);
        while (ct_json_next(&f.value, &position, &key, &member)) {
                (void)strcat(seen, member.at);
                (void)strcat(seen, " ");
        }
        EXPECT_STR(seen, "/z /a /m~1n ");
        EXPECT(!ct_json_next(&f.value, &position, &key, &member));
}

TEST(json_strings_outlive_the_document)
{
        _cleanup_(fixture_done) struct fixture f;
        const char *text = NULL;

        parse(&f, "{\"s\":\"h\\u00e9 \\ud83d\\ude00\"}");
        REQUIRE_EQ(ct_json_get_string(&f.value, "s", &text, &f.error), 1);
        f.document = ct_json_document_free(f.document);
        EXPECT_STR(text, "h\xc3\xa9 \xf0\x9f\x98\x80");
}
