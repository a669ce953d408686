/* SPDX-License-Identifier: MIT */

/* Whether the cgroup can be made, and given its limits. */

#include "ops/check.h"

int ct_check_cgroup(struct ct_check *check, contain_error_t **err)
{
        if (!check->cgroup)
                return 0;
        return ct_cgroup_check(check->cgroup, &check->view.spec->linux_.resources, check->view.opened,
                               check->view.arena, err);
}
