/* SPDX-License-Identifier: MIT */

/* linux.memoryPolicy: the NUMA policy, as set_mempolicy(2) takes it. */

#include "spec/sections.h"

#include "spec/values.h"

/* Numbers of <linux/mempolicy.h>; the newest of them came with Linux 6.9. */
enum { MODE_DEFAULT = 0, MODE_PREFERRED = 1, MODE_LOCAL = 4 };
enum { FLAG_NUMA_BALANCING = 1 << 13, FLAG_RELATIVE_NODES = 1 << 14, FLAG_STATIC_NODES = 1 << 15 };

static const struct ct_word modes[] = {
        { "MPOL_DEFAULT", MODE_DEFAULT },  { "MPOL_PREFERRED", MODE_PREFERRED }, { "MPOL_BIND", 2 },
        { "MPOL_INTERLEAVE", 3 },          { "MPOL_LOCAL", MODE_LOCAL },         { "MPOL_PREFERRED_MANY", 5 },
        { "MPOL_WEIGHTED_INTERLEAVE", 6 },
};

static const struct ct_word mode_flags[] = {
        { "MPOL_F_NUMA_BALANCING", FLAG_NUMA_BALANCING },
        { "MPOL_F_RELATIVE_NODES", FLAG_RELATIVE_NODES },
        { "MPOL_F_STATIC_NODES", FLAG_STATIC_NODES },
};

static int check(const struct ct_json *value, const struct ct_spec_memory_policy *policy,
                 contain_error_t **err)
{
        bool without_nodes = policy->mode == MODE_DEFAULT || policy->mode == MODE_LOCAL;
        bool has_nodes = policy->nodes[0] != '\0';

        if (without_nodes && has_nodes)
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT, "this mode takes no nodes");
        if (without_nodes && policy->flags != 0)
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT, "this mode takes no flags");
        if (!without_nodes && !has_nodes && policy->mode != MODE_PREFERRED)
                return ct_json_fail(value, err, CONTAIN_E_MISSING, "'nodes' is required");
        if ((policy->flags & FLAG_RELATIVE_NODES) && (policy->flags & FLAG_STATIC_NODES))
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT,
                                    "nodes cannot be both relative and static");
        return 0;
}

int ct_spec_parse_memory_policy(const struct ct_json *value, struct ct_spec_memory_policy *ret,
                                contain_error_t **err)
{
        const struct ct_word *mode = NULL;
        uint64_t flags = 0;
        int r;

        r = ct_spec_require_word(value, "mode", "memory policy", modes, CT_LENGTH(modes), &mode, err);
        if (r < 0)
                return r;
        ret->mode = mode ? (int)mode->value : 0;
        r = ct_spec_get_flags(value, "flags", "memory policy flag", mode_flags, CT_LENGTH(mode_flags), &flags,
                              err);
        if (r < 0)
                return r;
        ret->flags = (uint32_t)flags;
        r = ct_spec_get_list(value, "nodes", &ret->nodes, err);
        if (r < 0)
                return r;
        if (ct_json_is_damaged(value))
                return 0;
        ret->has = true;
        return check(value, ret, err);
}
