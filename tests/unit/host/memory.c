/* SPDX-License-Identifier: MIT */

/* Every allocation fails once: an error each time, and nothing lost. */

#include "helper.h"

#include "base/pidfd.h"
#include "host/idmap.h"
#include "host/probe.h"

#include "harness/alloc.h"
#include "harness/test.h"

/* Calls @work with ever later allocations failing, until none is left to fail. */
static void fail_each(int (*work)(void *data, contain_error_t **err), void *data)
{
        size_t nth;
        int r = -1;

        for (nth = 1; nth < 100 && r != 0; nth++) {
                contain_error_t *err = NULL;
                long live = alloc_live();

                alloc_fail(nth, 0);
                r = work(data, &err);
                alloc_fail(0, 0);
                EXPECT(r == 0 || r == -ENOMEM);
                EXPECT_EQ(contain_error_code(err), r == 0 ? 0 : CONTAIN_E_NO_MEMORY);
                err = contain_error_free(err);
                EXPECT_EQ(alloc_live(), live);
                EXPECT(is_childless());
        }
        EXPECT(r == 0 && nth > 2);
}

static int probe(void *data, contain_error_t **err)
{
        _cleanup_(ct_probe_freep) struct ct_probe *result = NULL;

        (void)data;
        return ct_probe_new(&result, err);
}

TEST(memory_of_the_probe)
{
        fail_each(probe, NULL);
}

static int map_nothing(void *data, contain_error_t **err)
{
        const struct ct_facts facts = { .newuidmap = "/bin/true", .newgidmap = "/bin/true" };
        const struct ct_idmap map = { .uid_map = "0 1 1\n", .gid_map = "0 1 1\n", .helpers = 1, .at = "" };
        _cleanup_close_ int pidfd = ct_pidfd_open(getpid());

        (void)data;
        return ct_idmap_write(&map, getpid(), pidfd, &facts, err);
}

TEST(memory_of_the_id_map_helpers)
{
        fail_each(map_nothing, NULL);
}
