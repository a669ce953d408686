/* SPDX-License-Identifier: MIT */

/*
 * Whole plans: each golden/NAME.config.json, with the facts in NAME.facts if there is one, gives
 * NAME.plan.json. With UPDATE_GOLDEN=1 in the environment the plans are written instead; read the difference
 * before it is kept.
 */

#include "base/fds.h"
#include "harness/test.h"
#include "world.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#define MAX_FILE (1 << 20)

static char *read_file(const char *name, const char *suffix)
{
        char path[512], *text = NULL;

        (void)snprintf(path, sizeof(path), GOLDEN "/%s%s", name, suffix);
        return ct_read_file_at(AT_FDCWD, path, MAX_FILE, &text, NULL) < 0 ? NULL : text;
}

/* The length of a filter is the affair of libseccomp and of the machine. */
static void mask_length(char *plan)
{
        static const char key[] = "\"instructions\": ";

        for (char *at = plan; (at = strstr(at, key));) {
                char *digits = at + strlen(key), *end = digits + strspn(digits, "0123456789");

                EXPECT(end > digits);
                memmove(digits + 1, end, strlen(end) + 1);
                *digits = '0';
                at = digits;
        }
}

/* Names the first line that differs. */
static void compare(const char *name, const char *plan, const char *expected)
{
        size_t line = 0, i = 0;

        while (plan[i] != '\0' && plan[i] == expected[i])
                if (plan[i++] == '\n')
                        line = i;
        (void)test_check(plan[i] == expected[i], __FILE__, __LINE__, "%s:\n    %.*s\n    found\n    %.*s",
                         name, (int)strcspn(expected + line, "\n"), expected + line,
                         (int)strcspn(plan + line, "\n"), plan + line);
}

static void check_plan(const char *name)
{
        _cleanup_free_ char *config = read_file(name, ".config.json"), *facts = read_file(name, ".facts");
        _cleanup_free_ char *expected = read_file(name, ".plan.json"), *plan = NULL;
        char path[512];

        REQUIRE(config != NULL);
        plan = world_plan(facts ? facts : "", config);
        REQUIRE(plan != NULL);
        mask_length(plan);
        if (getenv("UPDATE_GOLDEN")) {
                (void)snprintf(path, sizeof(path), GOLDEN "/%s.plan.json", name);
                EXPECT_EQ(ct_replace_file_at(AT_FDCWD, path, plan, strlen(plan)), 0);
                return;
        }
        compare(name, plan, expected ? expected : "");
}

TEST(golden_plans)
{
        glob_t found;

        REQUIRE_EQ(glob(GOLDEN "/*.config.json", 0, NULL, &found), 0);
        for (size_t i = 0; i < found.gl_pathc; i++) {
                const char *file = strrchr(found.gl_pathv[i], '/') + 1;
                char name[256];

                (void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - strlen(".config.json")),
                               file);
                check_plan(name);
        }
        EXPECT(found.gl_pathc > 10);
        globfree(&found);
}
