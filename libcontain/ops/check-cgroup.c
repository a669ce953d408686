/* SPDX-License-Identifier: MIT */

/* Whether the cgroup can be made, and given its limits; and the class of service. */

#include "ops/check.h"

int ct_check_cgroup(struct ct_check *check, contain_error_t **err)
{
        if (!check->cgroup)
                return 0;
        return ct_cgroup_check(check->cgroup, &check->view.spec->linux_.resources, check->view.opened,
                               check->view.arena, err);
}

int ct_check_resctrl(struct ct_check *check, contain_error_t **err)
{
        _cleanup_(ct_resctrl_freep) struct ct_resctrl *resctrl = NULL;

        return check->view.opened ? 0 : ct_op_name_resctrl(&check->view, &resctrl, err);
}
