/* SPDX-License-Identifier: MIT */

/* The block: one copy of each string, aligned tables, offsets that hold. */

#include "harness/test.h"
#include "plan/build.h"
#include "plan/verify.h"

#include <stdio.h>
#include <string.h>

static const struct ct_spec spec;
static const struct ct_facts facts;
static const struct ct_request request = { .id = "test", .bundle = "/bundle" };

static struct ct_plan *finish(struct ct_build *build)
{
        struct ct_plan *plan = NULL;

        build->state_creating[0] = build->state_creating[1] = "";
        build->state_created[0] = build->state_created[1] = "";
        return ct_build_finish(build, &plan, NULL) < 0 ? NULL : plan;
}

TEST(an_empty_plan_is_sound)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;

        REQUIRE_EQ(ct_build_init(&build, &spec, &facts, &request, NULL), 0);
        plan = finish(&build);
        REQUIRE(plan != NULL);
        EXPECT_EQ(plan_verify(plan->bytes, plan->size), 0);
        EXPECT_EQ(ct_plan_header(plan)->n_steps, 0);
}

TEST(equal_strings_are_stored_once)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        char name[16];

        REQUIRE_EQ(ct_build_init(&build, &spec, &facts, &request, NULL), 0);
        for (int i = 0; i < 3000; i++) {
                (void)snprintf(name, sizeof(name), "name-%d", i % 1000);
                ct_build_add(&build, .op = STEP_MASK, .at = "/somewhere", .s = { name });
        }
        plan = finish(&build);
        REQUIRE(plan != NULL);
        EXPECT_EQ(ct_plan_header(plan)->n_steps, 3000);
        EXPECT(ct_plan_header(plan)->pool_size < 1000 * 10);
        for (size_t i = 0; i < 3000; i++) {
                const struct plan_step *step = ct_plan_step(plan, i);

                (void)snprintf(name, sizeof(name), "name-%zu", i % 1000);
                EXPECT_STR(ct_plan_string(plan, step->s[0]), name);
                EXPECT_EQ(step->s[0], ct_plan_step(plan, i % 1000)->s[0]);
                EXPECT_STR(ct_plan_string(plan, step->at), "/somewhere");
        }
}

TEST(absent_is_not_empty)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;

        REQUIRE_EQ(ct_build_init(&build, &spec, &facts, &request, NULL), 0);
        ct_build_add(&build, .op = STEP_SYSCTL, .at = "", .s = { "a", "" });
        ct_build_add(&build, .op = STEP_SYSCTL, .s = { "a", NULL });
        plan = finish(&build);
        REQUIRE(plan != NULL);
        EXPECT(ct_plan_step(plan, 0)->s[1] != 0);
        EXPECT_STR(ct_plan_string(plan, ct_plan_step(plan, 0)->s[1]), "");
        EXPECT_EQ(ct_plan_step(plan, 0)->at, 0);
        EXPECT_EQ(ct_plan_step(plan, 1)->s[1], 0);
        EXPECT_EQ(ct_plan_step(plan, 1)->slot, PLAN_NO_SLOT);
}

TEST(tables_are_aligned)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        _cleanup_buf_ struct ct_buf blob = CT_BUF_INIT;
        const struct ct_buf empty = CT_BUF_INIT;
        char name[16];

        REQUIRE_EQ(ct_build_init(&build, &spec, &facts, &request, NULL), 0);
        for (int i = 0; i < 20; i++) {
                (void)ct_buf_puts(&blob, "x");
                (void)snprintf(name, sizeof(name), "%.*s", i % 9, "123456789");
                ct_build_add(&build, .op = STEP_SYSCTL, .s = { name }, .blob = &blob);
        }
        ct_build_add(&build, .op = STEP_SYSCTL, .blob = &empty);
        plan = finish(&build);
        REQUIRE(plan != NULL);
        for (size_t i = 0; i < 20; i++) {
                const struct plan_step *step = ct_plan_step(plan, i);

                EXPECT_EQ(step->blob % 8, 0);
                EXPECT_EQ(step->blob_size, i + 1);
                EXPECT(memcmp((const char *)plan->bytes + step->blob, "xxxxxxxxxxxxxxxxxxxxxxxx", i + 1) ==
                       0);
        }
        EXPECT_EQ(ct_plan_step(plan, 20)->blob, 0);
}

TEST(slots_are_numbered_from_zero)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        unsigned first, second;

        REQUIRE_EQ(ct_build_init(&build, &spec, &facts, &request, NULL), 0);
        first = ct_build_slot(&build, PLAN_SLOT_TREE, "/mounts/0", "/a", NULL, 1);
        second = ct_build_slot(&build, PLAN_SLOT_USERNS, NULL, "0 0 1\n", "0 1 1\n", 0);
        ct_build_add(&build, .op = STEP_TREE, .slot = first);
        ct_build_add(&build, .op = STEP_IDMAP, .slot = second);
        plan = finish(&build);
        REQUIRE(plan != NULL);
        EXPECT_EQ(ct_plan_step(plan, 0)->slot, 0);
        EXPECT_EQ(ct_plan_step(plan, 1)->slot, 1);
        EXPECT_STR(ct_plan_string(plan, ct_plan_slot(plan, 0)->path), "/a");
        EXPECT_STR(ct_plan_string(plan, ct_plan_slot(plan, 1)->path2), "0 1 1\n");
        EXPECT_EQ(ct_plan_slot(plan, 1)->at, 0);
}

TEST(more_slots_than_numbers_are_an_error)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        struct ct_plan *plan = NULL;

        REQUIRE_EQ(ct_build_init(&build, &spec, &facts, &request, NULL), 0);
        for (unsigned i = 0; i < 0x10000; i++)
                (void)ct_build_slot(&build, PLAN_SLOT_EXTRA, NULL, NULL, NULL, i);
        EXPECT_EQ(ct_build_finish(&build, &plan, &error), -E2BIG);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_UNSUPPORTED);
        EXPECT(plan == NULL);
}

TEST(a_failed_table_fails_the_plan)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        const struct ct_buf failed = { .failed = true };
        struct ct_plan *plan = NULL;

        REQUIRE_EQ(ct_build_init(&build, &spec, &facts, &request, NULL), 0);
        ct_build_add(&build, .op = STEP_FS, .blob = &failed);
        EXPECT_EQ(ct_build_finish(&build, &plan, &error), -ENOMEM);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_NO_MEMORY);
}

TEST(every_operation_has_a_name)
{
        for (unsigned i = 0; i < STEP_N; i++) {
                for (unsigned j = 1; j < i; j++)
                        EXPECT(strcmp(ct_plan_op_name(i), ct_plan_op_name(j)) != 0);
                EXPECT((ct_plan_op_name(i)[0] != '\0') == (i != STEP_NONE));
        }
        EXPECT_STR(ct_plan_op_name(STEP_N), "");
        EXPECT_STR(ct_plan_op_name(STEP_ATTACH), "attach");
        EXPECT_EQ(ct_plan_op_code(STEP_ATTACH), CONTAIN_E_MOUNT);
        EXPECT(ct_plan_op_is_host(STEP_READY) && !ct_plan_op_is_host(STEP_EXEC));
}
