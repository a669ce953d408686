/* SPDX-License-Identifier: MIT */

/* Every allocation of the planner fails once: no crash, no leak, no half of a plan. libseccomp's own are not
 * reached. */

#include "base/fds.h"
#include "harness/alloc.h"
#include "harness/test.h"
#include "world.h"

#include <fcntl.h>
#include <string.h>

#define MAX_FILE (1 << 20)

struct task {
        const struct ct_spec *spec;
        const struct world *world;
        size_t expected; /* size of the plan */
};

static bool compile(const struct task *task)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
        int r = ct_plan_compile(task->spec, &task->world->facts, &task->world->request, &plan, &error);

        if (r < 0) {
                EXPECT_EQ(r, -ENOMEM);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_NO_MEMORY);
                EXPECT(plan == NULL);
                return false;
        }
        EXPECT_EQ(plan->size, task->expected);
        return ct_plan_dump(plan, &out) == 0;
}

static void check_each(const char *path, const char *facts)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        _cleanup_(world_done) struct world world = { 0 };
        _cleanup_free_ char *text = NULL;
        struct ct_spec *spec = NULL;
        struct task task = { 0 };
        bool done = false;

        REQUIRE_EQ(ct_read_file_at(AT_FDCWD, path, MAX_FILE, &text, NULL), 0);
        REQUIRE(world_init(&world, facts));
        REQUIRE_EQ(ct_spec_parse(world.arena, text, strlen(text), &spec, &error), 0);
        REQUIRE_EQ(ct_plan_compile(spec, &world.facts, &world.request, &plan, &error), 0);
        task = (struct task){ .spec = spec, .world = &world, .expected = plan->size };

        for (size_t nth = 1; !done && nth < 10000; nth++) {
                long before = alloc_live();

                alloc_fail(nth, 0);
                done = compile(&task);
                alloc_fail(0, 0);
                EXPECT_EQ(alloc_live(), before);
        }
        EXPECT(done);
}

TEST(failing_allocations)
{
        check_each(GOLDEN "/podman.config.json", "has apparmor\n");
        check_each(GOLDEN "/other-settings.config.json", "");
        check_each(GOLDEN "/mounts.config.json", "");
        check_each(GOLDEN "/user-namespace-staged.config.json", "");
}
