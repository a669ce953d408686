/* SPDX-License-Identifier: MIT */

/* Rules that hold between sections. Those of one section are in its file; those about this machine are the
 * planner's. */

#include "spec/sections.h"

#include "base/problems.h"
#include "spec/values.h"

#include <inttypes.h>
#include <linux/sched.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* Has something in the section at @at been refused, so that nobody knows what it was to be? */
static bool is_damaged(struct ct_arena *arena, const char *at)
{
        return ct_problems_damage(ct_arena_problems(arena), at);
}

bool ct_spec_may_have_namespace(struct ct_arena *arena, const struct ct_spec *spec, uint64_t type)
{
        return ct_spec_namespace_find(spec, type, NULL) || is_damaged(arena, "/linux/namespaces");
}

static int refuse(struct ct_arena *arena, contain_error_t **err, const char *at, const char *sentence,
                  const char *hint)
{
        int r = ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, at, "%s", sentence);

        if (hint)
                ct_error_set_hint(err, "%s", hint);
        return ct_problems_keep(ct_arena_problems(arena), r, err);
}

static int check_user_namespace(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        static const char sentence[] = "ids are mapped without a user namespace",
                          hint[] = "add { \"type\": \"user\" } to linux.namespaces";
        const struct ct_spec_linux *linux_ = &spec->linux_;
        int r = 0;

        if (ct_spec_may_have_namespace(arena, spec, CLONE_NEWUSER))
                return 0;
        if (linux_->uid_maps.n > 0)
                r = refuse(arena, err, "/linux/uidMappings", sentence, hint);
        if (r >= 0 && linux_->gid_maps.n > 0)
                r = refuse(arena, err, "/linux/gidMappings", sentence, hint);
        return r;
}

static int check_new_user_namespace(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &spec->linux_;
        const struct ct_spec_namespace *user;
        const char *at;
        size_t index;

        user = ct_spec_namespace_find(spec, CLONE_NEWUSER, &index);
        if (!user || user->path || (linux_->uid_maps.n > 0 && linux_->gid_maps.n > 0))
                return 0;
        if (is_damaged(arena, "/linux/uidMappings") || is_damaged(arena, "/linux/gidMappings"))
                return 0;
        at = ct_arena_printf(arena, "/linux/namespaces/%zu", index);
        if (!at)
                return ct_fail_memory(err);
        return refuse(arena, err, at, "a new user namespace without ids in it",
                      "give at least one entry each in linux.uidMappings and linux.gidMappings");
}

static int check_id_mapped_mounts(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        const char *at;
        size_t i;
        int r;

        if (ct_spec_may_have_namespace(arena, spec, CLONE_NEWUSER))
                return 0;
        for (i = 0; i < spec->n_mounts; i++) {
                if (!spec->mounts[i].idmap || spec->mounts[i].uid_maps.n > 0)
                        continue;
                at = ct_arena_printf(arena, "/mounts/%zu", i);
                if (!at)
                        return ct_fail_memory(err);
                r = refuse(arena, err, at,
                           "an id-mapped mount needs mappings, its own or those of a user namespace", NULL);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_names(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        static const char hint[] = "add { \"type\": \"uts\" } to linux.namespaces";
        int r = 0;

        if (ct_spec_may_have_namespace(arena, spec, CLONE_NEWUTS))
                return 0;
        if (spec->hostname)
                r = refuse(arena, err, "/hostname",
                           "the host's own name would change without a uts namespace", hint);
        if (r >= 0 && spec->domainname)
                r = refuse(arena, err, "/domainname",
                           "the host's own domain name would change without a uts namespace", hint);
        return r;
}

static int check_time(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        const struct ct_spec_namespace *time = ct_spec_namespace_find(spec, CLONE_NEWTIME, NULL);

        if (!spec->linux_.time_monotonic.has && !spec->linux_.time_boottime.has)
                return 0;
        if (time ? !time->path : ct_spec_may_have_namespace(arena, spec, CLONE_NEWTIME))
                return 0;
        return refuse(arena, err, "/linux/timeOffsets", "offsets can be set for a new time namespace only",
                      NULL);
}

/* Without a mount namespace these would be mounts over the host's own files. */
static int check_covered_paths(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        int r = 0;

        if (ct_spec_may_have_namespace(arena, spec, CLONE_NEWNS))
                return 0;
        if (spec->linux_.masked_paths.n > 0)
                r = refuse(arena, err, "/linux/maskedPaths", "paths can be masked in a mount namespace only",
                           NULL);
        if (r >= 0 && spec->linux_.readonly_paths.n > 0)
                r = refuse(arena, err, "/linux/readonlyPaths",
                           "paths can be made read-only in a mount namespace only", NULL);
        return r;
}

static int check_net_devices(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        if (spec->linux_.n_net_devices == 0 || ct_spec_may_have_namespace(arena, spec, CLONE_NEWNET))
                return 0;
        return refuse(arena, err, "/linux/netDevices", "network devices can move to a network namespace only",
                      NULL);
}

/* The swap limit is that of memory and swap together. */
static int check_swap(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        const struct ct_spec_memory *memory = &spec->linux_.resources.memory;

        (void)arena;
        if (memory->limit.value <= 0 || memory->swap.value <= 0 || memory->swap.value >= memory->limit.value)
                return 0;
        return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/linux/resources/memory/swap",
                       "%" PRId64 " is less than the memory limit %" PRId64 ", which it includes",
                       memory->swap.value, memory->limit.value);
}

static int check_burst(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        const struct ct_spec_cpu *cpu = &spec->linux_.resources.cpu;

        (void)arena;
        if (cpu->quota.value <= 0 || cpu->burst.value <= (uint64_t)cpu->quota.value)
                return 0;
        return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/linux/resources/cpu/burst",
                       "%" PRIu64 " is more than the quota %" PRId64, cpu->burst.value, cpu->quota.value);
}

int ct_spec_check(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        static int (*const rules[])(struct ct_arena *, const struct ct_spec *, contain_error_t **) = {
                check_user_namespace,
                check_new_user_namespace,
                check_id_mapped_mounts,
                check_names,
                check_time,
                check_covered_paths,
                check_net_devices,
                ct_spec_check_sysctl,
                check_swap,
                check_burst,
        };
        struct ct_problems *problems = ct_arena_problems(arena);

        if (problems)
                ct_problems_next_stage(problems);
        for (size_t i = 0; i < CT_LENGTH(rules); i++) {
                int r = ct_problems_keep(problems, rules[i](arena, spec, err), err);

                if (r < 0)
                        return r;
        }
        return 0;
}
