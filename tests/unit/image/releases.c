/* SPDX-License-Identifier: MIT */

/* Which release a rollback leads to, which ones may go, and what is told of one. */

#include "harness/test.h"

#include "image/releases.h"

#include <stdio.h>
#include <string.h>

/* From the newest to the oldest; "c" for the current one, "p" for the previous one, "b" for both. */
static struct ct_releases *make(struct ct_releases *releases, const char *marks)
{
        static struct ct_release items[8];
        static const char *const names[] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7" };

        memset(items, 0, sizeof items);
        *releases = (struct ct_releases){ .items = items, .n = strlen(marks) };
        for (size_t i = 0; i < releases->n; i++) {
                items[i].name = names[i];
                items[i].sequence = releases->n - i;
                items[i].current = marks[i] == 'c' || marks[i] == 'b';
                items[i].previous = marks[i] == 'p' || marks[i] == 'b';
        }
        return releases;
}

static const char *back_to(const char *marks)
{
        struct ct_releases releases;
        const struct ct_release *found = ct_releases_previous(make(&releases, marks));

        return found ? found->name : "none";
}

TEST(a_rollback_leads_to_what_was_in_force_before)
{
        EXPECT_STR(back_to("cp.."), "r1");
        EXPECT_STR(back_to("c..p"), "r3");
        EXPECT_STR(back_to("p.c."), "r0");
        EXPECT_STR(back_to("c"), "none");
        EXPECT_STR(back_to(""), "none");
        EXPECT_STR(back_to("..."), "none");
        /* The newest of the older ones: killed between the two links, or without the previous one. */
        EXPECT_STR(back_to(".b."), "r2");
        EXPECT_STR(back_to(".c.."), "r2");
        EXPECT_STR(back_to("..c"), "none");
}

static const char *chosen(const char *marks, uint64_t keep)
{
        static char text[9];
        struct ct_releases releases;
        bool goes[8] = { false };

        ct_releases_choose(make(&releases, marks), keep, goes);
        for (size_t i = 0; i < releases.n; i++)
                text[i] = goes[i] ? 'x' : marks[i];
        text[releases.n] = '\0';
        return text;
}

TEST(what_is_needed_never_goes)
{
        EXPECT_STR(chosen("cp....", 0), "cpxxxx");
        EXPECT_STR(chosen("cp....", 3), "cp.xxx");
        EXPECT_STR(chosen("....pc", 1), ".xxxpc");
        EXPECT_STR(chosen("....pc", 0), "xxxxpc");
        EXPECT_STR(chosen("..b...", 1), ".xb.xx");
        EXPECT_STR(chosen("....", UINT64_MAX), "....");
}

TEST(the_configuration_is_the_last_that_is_told)
{
        const struct ct_release release = {
                .text = "{\"name\":\"a,\\\"config\\\":b\",\"config\":{\"config\":{\"x\":\"}\"}}}\n",
                .current = true
        };
        _cleanup_buf_ struct ct_buf whole = CT_BUF_INIT, brief = CT_BUF_INIT;

        EXPECT_EQ(ct_release_put_json(&whole, &release, false), 0);
        EXPECT_STR(whole.data, "{\"name\":\"a,\\\"config\\\":b\",\"config\":{\"config\":{\"x\":\"}\"}},"
                               "\"current\":true,\"previous\":false}");
        EXPECT_EQ(ct_release_put_json(&brief, &release, true), 0);
        EXPECT_STR(brief.data, "{\"name\":\"a,\\\"config\\\":b\",\"current\":true,\"previous\":false}");
}
