/* SPDX-License-Identifier: MIT */

/*
 * Network devices that move into the container. Hooks find them there; what was mounted until then cannot
 * fail any more, as routes through a device do not come back with it.
 */

#include "plan/parts.h"

#include <linux/capability.h>

static int refuse(struct ct_build *build, const char *at, contain_error_t **err)
{
        int r;

        if (build->request->become)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, at,
                               "a process that becomes the container leaves nobody to move network devices");
        if (ct_plan_has_capability(build, CAP_NET_ADMIN))
                return 0;
        r = ct_fail(err, CONTAIN_E_NETWORK, EPERM, at,
                    "to move a network device of the host's takes CAP_NET_ADMIN there");
        ct_error_set_hint(err, "run as root, or have a device made in a network namespace to be joined");
        return r;
}

int ct_plan_add_net_devices(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;

        for (size_t i = 0; i < linux_->n_net_devices; i++) {
                const struct ct_spec_net_device *device = &linux_->net_devices[i];
                const char *at = ct_build_member(build, "/linux/netDevices", device->host_name);
                int r = refuse(build, at, err);

                if (r < 0)
                        return r;
                if (i == 0)
                        ct_build_add(build, .op = STEP_NET_SOCKET, .at = "/linux/netDevices");
                ct_build_add(build, .op = STEP_NET_DEVICE, .at = at,
                             .s = { device->host_name, device->name });
        }
        return 0;
}
