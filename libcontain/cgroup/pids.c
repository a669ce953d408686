/* SPDX-License-Identifier: MIT */

/* linux.resources.pids: 0 is a limit, -1 is none. */

#include "cgroup/controllers.h"

#define AT "/linux/resources/pids/limit"

static const char *pids_asked(const struct ct_spec_resources *resources)
{
        return resources->pids_limit.has && resources->pids_limit.value >= 0 ? AT : NULL;
}

static int pids_both(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                     contain_error_t **err)
{
        (void)err;
        if (resources->pids_limit.has)
                ct_writes_limit(writes, 0, AT, "pids.max", resources->pids_limit.value, "max");
        return 0;
}

const struct ct_controller ct_controller_pids = {
        .v1_name = "pids",
        .v2_name = "pids",
        .asked = pids_asked,
        .write_v1 = pids_both,
        .write_v2 = pids_both,
};
