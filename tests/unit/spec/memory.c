/* SPDX-License-Identifier: MIT */

/* Every allocation of the parser fails once, alone and with all after it: no crash, no leak, no wrong answer.
 */

#include "fixture.h"

#include "base/problems.h"
#include "harness/alloc.h"
#include "harness/test.h"

#include <string.h>

/* One run; returns whether the failure was reached. */
static bool run(const char *name, const char *text, size_t size, int expected_code, size_t nth, int all)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct ct_arena *arena;
        struct ct_spec *spec = NULL;
        bool reached;
        int r;

        arena = ct_arena_new();
        if (!test_check(arena != NULL, name, 0, "an arena"))
                return false;
        alloc_fail(nth, all);
        r = ct_spec_parse(arena, text, size, &spec, &error);
        reached = alloc_count() >= nth;
        alloc_fail(0, 0);
        arena = ct_arena_free(arena);

        (void)test_equal(r, -contain_error_errno(error), name, (int)nth, "the result is the error's");
        (void)test_check((r == 0) == (spec != NULL), name, (int)nth, "a result on success only");
        /* A failure may cost no more than a hint or an exact place; otherwise it is reported as what it is.
         */
        if (contain_error_code(error) != expected_code)
                (void)test_equal(contain_error_code(error), CONTAIN_E_NO_MEMORY, name, (int)nth,
                                 "out of memory");
        if (contain_error_code(error) == CONTAIN_E_NO_MEMORY)
                (void)test_check(reached, name, (int)nth, "memory to be enough when nothing fails");
        return reached;
}

static void fail_each(const char *name, int expected_code)
{
        _cleanup_free_ char *text = NULL;
        long before;
        size_t size, nth;
        int all;

        text = fixture_read_case(name, &size);
        if (!text)
                return;
        before = alloc_live();
        for (all = 0; all < 2; all++) {
                for (nth = 1; run(name, text, size, expected_code, nth, all); nth++)
                        ;
                (void)test_check(nth > 1, name, 0, "at least one allocation");
        }
        (void)test_equal(alloc_live(), before, name, 0, "all memory is freed");
}

TEST(memory_good_configurations)
{
        static const char *const names[] = {
                "y_base.json",
                "y_process_all.json",
                "y_resources_all.json",
                "y_seccomp_all.json",
                "y_hooks_all.json",
                "y_namespaces_all_new.json",
                "y_devices.json",
                "y_sysctl.json",
                "y_mount_options_all.json",
                "y_net_devices.json",
                "y_intel_rdt.json",
                "y_engine_docker_run.json",
                "y_mount_id_mapped.json",
        };
        size_t i;

        for (i = 0; i < sizeof names / sizeof names[0]; i++)
                fail_each(names[i], 0);
}

TEST(memory_bad_configurations)
{
        fail_each("n_text_truncated.json", CONTAIN_E_JSON);
        fail_each("n_namespaces_unknown.json", CONTAIN_E_VALUE);
        fail_each("n_rlimits_duplicate.json", CONTAIN_E_DUPLICATE);
        fail_each("n_hostname_without_uts.json", CONTAIN_E_CONFLICT);
        fail_each("n_sysctl_hostname.json", CONTAIN_E_VALUE);
        fail_each("n_id_maps_none_in_a_new_user_namespace.json", CONTAIN_E_CONFLICT);
        fail_each("n_user_uid_missing.json", CONTAIN_E_MISSING);
}

/* As run(), with a list of problems; the list is freed as well. */
static bool collect(const char *name, const char *text, size_t size, size_t nth)
{
        _cleanup_(ct_problems_done) struct ct_problems problems = { 0 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_spec *spec = NULL;
        bool reached;
        int r;

        if (!test_check(arena != NULL, name, 0, "an arena"))
                return false;
        ct_arena_set_problems(arena, &problems);
        alloc_fail(nth, 0);
        r = ct_spec_parse(arena, text, size, &spec, &error);
        reached = alloc_count() >= nth;
        alloc_fail(0, 0);
        (void)test_check(r == 0 || contain_error_code(error) == CONTAIN_E_NO_MEMORY, name, (int)nth,
                         "all problems, or out of memory");
        return reached;
}

TEST(memory_lists_of_problems)
{
        _cleanup_free_ char *text = NULL;
        long before;
        size_t size, nth;

        text = fixture_read_case("m_everywhere.json", &size);
        REQUIRE(text);
        before = alloc_live();
        for (nth = 1; collect("m_everywhere.json", text, size, nth); nth++)
                ;
        EXPECT(nth > 1);
        EXPECT_EQ(alloc_live(), before);
}
