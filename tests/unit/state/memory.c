/* SPDX-License-Identifier: MIT */

/* Every allocation fails once: an error each time, nothing lost, nothing left behind. */

#include "scratch.h"

#include "harness/alloc.h"
#include "harness/test.h"

static int claim_save_load(const char *root, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;
        const struct ct_record saved = { .version = CT_RECORD_VERSION,
                                         .id = (char *)"web",
                                         .owner = (char *)"root" };
        char **ids = NULL;
        size_t n = 0;
        int r, removed;

        r = ct_state_claim(root, "web", &state, err);
        if (r < 0)
                return r;
        r = ct_state_save(state, &saved, err);
        if (r == 0)
                r = ct_state_load(state, &record, err);
        if (r == 0)
                r = ct_state_list(root, &ids, &n, err);
        ct_state_list_free(ids, n);
        removed = ct_state_remove(state, NULL);
        return r < 0 ? r : removed;
}

TEST(memory_every_allocation_fails_once)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        size_t nth;
        int r;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(claim_save_load(scratch.root, NULL), 0);
        for (nth = 1; nth < 1000; nth++) {
                _cleanup_(contain_error_freep) contain_error_t *err = NULL;
                long live = alloc_live();

                alloc_fail(nth, 0);
                r = claim_save_load(scratch.root, &err);
                alloc_fail(0, 0);
                EXPECT_EQ(scratch_count(scratch.root), 0);
                EXPECT_EQ(alloc_live(), live);
                if (r == 0)
                        break;
                EXPECT_EQ(r, -ENOMEM);
                EXPECT_EQ(contain_error_code(err), CONTAIN_E_NO_MEMORY);
        }
        EXPECT(nth > 8 && nth < 1000);
}
