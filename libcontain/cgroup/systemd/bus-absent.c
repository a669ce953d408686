/* SPDX-License-Identifier: MIT */

/* The twin of systemd-bus.c in a build without systemd. */

#include "cgroup/systemd/systemd.h"

bool ct_systemd_built(void)
{
        return false;
}

int ct_bus_open(bool user, struct ct_bus **ret, contain_error_t **err)
{
        (void)user;
        (void)ret;
        return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                       "this build cannot manage cgroups through systemd");
}

struct ct_bus *ct_bus_free(struct ct_bus *bus)
{
        (void)bus;
        return NULL;
}

int ct_bus_manager_text(struct ct_bus *bus, const char *name, char **ret, struct ct_bus_failure *failure)
{
        (void)bus;
        (void)name;
        (void)ret;
        (void)failure;
        return -EOPNOTSUPP;
}

int ct_bus_start(struct ct_bus *bus, const char *unit, const struct ct_properties *properties,
                 struct ct_bus_failure *failure)
{
        (void)bus;
        (void)unit;
        (void)properties;
        (void)failure;
        return -EOPNOTSUPP;
}

int ct_bus_stop(struct ct_bus *bus, const char *unit, struct ct_bus_failure *failure)
{
        (void)bus;
        (void)unit;
        (void)failure;
        return -EOPNOTSUPP;
}

int ct_bus_reset_failed(struct ct_bus *bus, const char *unit, struct ct_bus_failure *failure)
{
        (void)bus;
        (void)unit;
        (void)failure;
        return -EOPNOTSUPP;
}

int ct_bus_set_properties(struct ct_bus *bus, const char *unit, const struct ct_properties *properties,
                          struct ct_bus_failure *failure)
{
        (void)bus;
        (void)unit;
        (void)properties;
        (void)failure;
        return -EOPNOTSUPP;
}
