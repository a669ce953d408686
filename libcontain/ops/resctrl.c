/* SPDX-License-Identifier: MIT */

/* linux.intelRdt: the container's class of service, from its configuration and from its record. */

#include "ops/handle.h"

int ct_op_name_resctrl(struct contain *c, struct ct_resctrl **ret, contain_error_t **err)
{
        const struct ct_spec_intel_rdt *rdt = &c->spec->linux_.intel_rdt;
        int fd, r;

        if (!rdt->has)
                return 0;
        fd = ct_resctrl_open_root();
        r = ct_resctrl_new(fd, rdt, c->id, ret, err);
        (void)ct_close(fd);
        return r;
}

int ct_op_open_resctrl(const char *text, struct ct_resctrl **ret, contain_error_t **err)
{
        int fd, r;

        if (!text)
                return 0;
        fd = ct_resctrl_open_root();
        r = ct_resctrl_load(fd, text, ret, err);
        (void)ct_close(fd);
        return r;
}
