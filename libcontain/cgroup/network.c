/* SPDX-License-Identifier: MIT */

/* linux.resources.network: marks and priorities for packets, which v2 leaves to BPF. */

#include "cgroup/controllers.h"

#include <inttypes.h>

#define AT "/linux/resources/network"

static const char *class_asked(const struct ct_spec_resources *resources)
{
        return resources->network_class_id.has ? AT "/classID" : NULL;
}

static int class_v1(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                    contain_error_t **err)
{
        (void)err;
        if (resources->network_class_id.has)
                ct_writes_add(writes, 0, AT "/classID", "net_cls.classid", "%" PRIu64,
                              resources->network_class_id.value);
        return 0;
}

static const char *priorities_asked(const struct ct_spec_resources *resources)
{
        return resources->n_network_priorities > 0 ? AT "/priorities" : NULL;
}

static int priorities_v1(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                         contain_error_t **err)
{
        (void)err;
        for (size_t i = 0; i < resources->n_network_priorities; i++)
                ct_writes_add(writes, 0, ct_writes_text(writes, AT "/priorities/%zu", i),
                              "net_prio.ifpriomap", "%s %" PRIu32, resources->network_priorities[i].name,
                              resources->network_priorities[i].priority);
        return 0;
}

const struct ct_controller ct_controller_net_cls = {
        .v1_name = "net_cls",
        .asked = class_asked,
        .write_v1 = class_v1,
};

const struct ct_controller ct_controller_net_prio = {
        .v1_name = "net_prio",
        .asked = priorities_asked,
        .write_v1 = priorities_v1,
};
