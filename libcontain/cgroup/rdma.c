/* SPDX-License-Identifier: MIT */

/* linux.resources.rdma: one line per device, alike in v1 and v2. */

#include "cgroup/controllers.h"

#include <inttypes.h>

#define AT "/linux/resources/rdma"

static const char *rdma_asked(const struct ct_spec_resources *resources)
{
        return resources->n_rdma > 0 ? AT : NULL;
}

static int rdma_both(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                     contain_error_t **err)
{
        (void)err;
        for (size_t i = 0; i < resources->n_rdma; i++) {
                const struct ct_spec_rdma *rdma = &resources->rdma[i];
                const char *handles = "", *objects = "";

                if (rdma->hca_handles.has)
                        handles = ct_writes_text(writes, " hca_handle=%" PRIu64, rdma->hca_handles.value);
                if (rdma->hca_objects.has)
                        objects = ct_writes_text(writes, " hca_object=%" PRIu64, rdma->hca_objects.value);
                if (rdma->hca_handles.has || rdma->hca_objects.has)
                        ct_writes_add(writes, 0, ct_writes_pointer(writes, AT, rdma->device), "rdma.max",
                                      "%s%s%s", rdma->device, handles, objects);
        }
        return 0;
}

const struct ct_controller ct_controller_rdma = {
        .v1_name = "rdma",
        .v2_name = "rdma",
        .asked = rdma_asked,
        .write_v1 = rdma_both,
        .write_v2 = rdma_both,
};
