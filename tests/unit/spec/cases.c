/* SPDX-License-Identifier: MIT */

/*
 * The folder cases/: every y_*.json parses, every n_*.json is refused with the code and the place
 * that expect.txt has for it. No file without a row, no row without a file.
 */

#include "fixture.h"

#include "harness/test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const struct {
        const char *name;
        int code;
} codes[] = {
        { "JSON", CONTAIN_E_JSON },           { "TYPE", CONTAIN_E_TYPE },
        { "MISSING", CONTAIN_E_MISSING },     { "VALUE", CONTAIN_E_VALUE },
        { "DUPLICATE", CONTAIN_E_DUPLICATE }, { "CONFLICT", CONTAIN_E_CONFLICT },
};

static const char *code_name(int code)
{
        size_t i;

        for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
                if (codes[i].code == code)
                        return codes[i].name;
        return "none";
}

/* The row of @name in the list, as "CODE /pointer", or NULL. In @space. */
static const char *find_row(const char *list, const char *name, char *space, size_t size)
{
        size_t length = strlen(name);
        const char *line;

        for (line = list; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
                if (strncmp(line, name, length) != 0 || line[length] != ' ')
                        continue;
                line += length + 1;
                (void)snprintf(space, size, "%.*s", (int)strcspn(line, "\n"), line);
                return space;
        }
        return NULL;
}

static void check_refused(const char *name, const char *list)
{
        _cleanup_(fixture_done) struct fixture f = { 0 };
        _cleanup_free_ char *text = NULL;
        char space[256], found[256];
        const char *row = find_row(list, name, space, sizeof space), *pointer;
        size_t size;

        if (!test_check(row != NULL, name, 0, "a row in expect.txt"))
                return;
        text = fixture_read_case(name, &size);
        if (!text)
                return;
        fixture_parse(&f, text, size);
        pointer = contain_error_pointer(f.error);
        (void)snprintf(found, sizeof found, "%s%s%s", code_name(contain_error_code(f.error)),
                       pointer[0] ? " " : "", pointer);
        (void)test_string(found, row, name, 0, contain_error_message(f.error));
        (void)test_check(contain_error_sentence(f.error)[0] != '\0', name, 0, "a sentence");
}

static void check_accepted(const char *name)
{
        _cleanup_(fixture_done) struct fixture f = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;

        text = fixture_read_case(name, &size);
        if (!text)
                return;
        fixture_parse(&f, text, size);
        (void)test_string(contain_error_message(f.error), "", name, 0, "no error");
}

/* Calls back for each file that begins with @prefix, and returns how many there are. */
static size_t each_case(const char *prefix, void (*check)(const char *name, const char *list),
                        const char *list)
{
        DIR *folder = opendir(CASES);
        struct dirent *entry;
        size_t n = 0;

        while (folder && (entry = readdir(folder))) {
                if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
                        continue;
                check(entry->d_name, list);
                n++;
        }
        if (folder)
                (void)closedir(folder);
        return n;
}

static void accept_case(const char *name, const char *list)
{
        (void)list;
        check_accepted(name);
}

TEST(cases_that_parse)
{
        EXPECT(each_case("y_", accept_case, NULL) >= 25);
}

TEST(cases_that_are_refused)
{
        _cleanup_free_ char *list = NULL;
        size_t n, rows = 0;
        const char *line;

        list = fixture_read_case("expect.txt", &n);
        REQUIRE(list);
        n = each_case("n_", check_refused, list);
        EXPECT(n >= 60);
        for (line = list; *line != '\0'; line = strchr(line, '\n') + 1)
                rows += *line != '#';
        EXPECT_EQ(rows, n);
}
