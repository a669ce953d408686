/* SPDX-License-Identifier: MIT */

/* What of a configuration is left out where refusing it would not do: said in the log. */

#include "ops/handle.h"

static void warn_of_groups(struct contain *c, const struct ct_facts *facts, const struct ct_request *request)
{
        const char *why = NULL;

        if (ct_plan_keeps_groups(c->spec))
                why = "an annotation keeps the caller's groups";
        else if (ct_plan_lacks_groups(c->spec, facts, request))
                why = "the caller's user namespace has given up setgroups(2) for good";
        if (c->spec->process.user.n_groups > 0 && why)
                ct_log(c->ctx, CONTAIN_LOG_WARNING, "%s: /process/user/additionalGids: left out, as %s",
                       c->id, why);
}

/* config.md: a capability that cannot be granted is no reason to fail, but one to say so. */
void ct_op_warn_of_capabilities(struct contain *c, const char *at, const struct ct_spec *spec,
                                const struct ct_facts *facts, const struct ct_request *request)
{
        const struct ct_strings *unknown = &spec->process.capabilities.unknown;
        uint64_t missing = ct_plan_missing_capabilities(spec, facts, request);
        const char *name;

        for (size_t i = 0; i < unknown->n; i++)
                ct_log(c->ctx, CONTAIN_LOG_WARNING, "%s: %s: '%s' is not known, and left out", c->id, at,
                       unknown->items[i]);
        for (unsigned i = 0; (name = ct_spec_capability_name(i)); i++)
                if (missing >> i & 1)
                        ct_log(c->ctx, CONTAIN_LOG_WARNING,
                               "%s: %s: '%s' cannot be granted here, and is left out", c->id, at, name);
}

/*
 * To deny everything and to allow some of it again is what every engine asks for, and what a user
 * namespace comes down to: there are no devices in it but those that are bound. More than that is lost.
 */
static void warn_of_devices(struct contain *c)
{
        const struct ct_spec_resources *resources = &c->spec->linux_.resources;
        size_t first = 0;

        while (first < resources->n_devices && resources->devices[first].type == 'a' &&
               !resources->devices[first].allow)
                first++;
        for (size_t i = first; i < resources->n_devices; i++) {
                if (resources->devices[i].allow)
                        continue;
                if (ct_cgroup_restricts_devices())
                        return;
                ct_log(c->ctx, CONTAIN_LOG_WARNING,
                       "%s: /linux/resources/devices/%zu: left out, as to restrict devices takes "
                       "CAP_SYS_ADMIN outside of user namespaces",
                       c->id, i);
        }
}

void ct_op_warn(struct contain *c, const struct ct_facts *facts, const struct ct_request *request)
{
        ct_op_warn_of_capabilities(c, "/process/capabilities", c->spec, facts, request);
        warn_of_groups(c, facts, request);
        warn_of_devices(c);
}
