/* SPDX-License-Identifier: MIT */

/*
 * linux.resources.hugepageLimits. The specification wants the limit on reservations (Linux 5.7), as a page
 * that was reserved but is over the plain limit ends in SIGBUS; the plain limit is set too, for pages that
 * are never reserved.
 */

#include "cgroup/controllers.h"

#include <inttypes.h>

#define AT "/linux/resources/hugepageLimits"

static const char *hugetlb_asked(const struct ct_spec_resources *resources)
{
        return resources->n_hugepage_limits > 0 ? AT : NULL;
}

static void write_limits(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                         const char *suffix)
{
        for (size_t i = 0; i < resources->n_hugepage_limits; i++) {
                const struct ct_spec_hugepage_limit *limit = &resources->hugepage_limits[i];
                const char *at = ct_writes_text(writes, AT "/%zu", i);

                ct_writes_add(writes, CT_WRITE_OPTIONAL, at,
                              ct_writes_text(writes, "hugetlb.%s.rsvd.%s", limit->page_size, suffix),
                              "%" PRIu64, limit->limit);
                ct_writes_add(writes, 0, at,
                              ct_writes_text(writes, "hugetlb.%s.%s", limit->page_size, suffix), "%" PRIu64,
                              limit->limit);
        }
}

static int hugetlb_v1(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                      contain_error_t **err)
{
        (void)err;
        write_limits(resources, writes, "limit_in_bytes");
        return 0;
}

static int hugetlb_v2(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                      contain_error_t **err)
{
        (void)err;
        write_limits(resources, writes, "max");
        return 0;
}

const struct ct_controller ct_controller_hugetlb = {
        .v1_name = "hugetlb",
        .v2_name = "hugetlb",
        .asked = hugetlb_asked,
        .write_v1 = hugetlb_v1,
        .write_v2 = hugetlb_v2,
};
