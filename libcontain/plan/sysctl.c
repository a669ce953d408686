/* SPDX-License-Identifier: MIT */

/* Kernel parameters, as paths below /proc/sys. Which ones a container may have is the specification's
 * subject. */

#include "plan/parts.h"

#include <string.h>

/*
 * As sysctl(8) reads names: the first separator tells whether "." or "/" separates, the other one is part of
 * a name ("net.ipv4.conf.eth0/1.rp_filter" is about the interface eth0.1).
 */
static const char *to_path(struct ct_build *build, const char *key)
{
        bool dots = key[strcspn(key, "./")] == '.';
        char *path = ct_arena_strdup(build->arena, key);

        if (!path) {
                build->failed = true;
                return "";
        }
        for (char *c = path; dots && *c != '\0'; c++)
                *c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
        return path;
}

int ct_plan_add_sysctl(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_pairs *pairs = &build->spec->linux_.sysctl;

        (void)err;
        for (size_t i = 0; i < pairs->n; i++)
                ct_build_add(build, .op = STEP_SYSCTL,
                             .at = ct_build_member(build, "/linux/sysctl", pairs->items[i].key),
                             .s = { to_path(build, pairs->items[i].key), pairs->items[i].value });
        return 0;
}
