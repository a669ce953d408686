/* SPDX-License-Identifier: MIT */

/* Rules that hold between sections. Those of one section are in its file; those about this machine are the
 * planner's. */

#include "spec/sections.h"

#include "spec/values.h"

#include <inttypes.h>
#include <linux/sched.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static bool has_namespace(const struct ct_spec *spec, uint64_t type)
{
        return ct_spec_namespace_find(spec, type, NULL) != NULL;
}

static int conflict(contain_error_t **err, const char *at, const char *sentence, const char *hint)
{
        int r = ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, at, "%s", sentence);

        if (hint)
                ct_error_set_hint(err, "%s", hint);
        return r;
}

static int check_user_namespace(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &spec->linux_;
        const struct ct_spec_namespace *user;
        const char *at;
        size_t index;

        user = ct_spec_namespace_find(spec, CLONE_NEWUSER, &index);
        if (!user && linux_->uid_maps.n > 0)
                return conflict(err, "/linux/uidMappings", "ids are mapped without a user namespace",
                                "add { \"type\": \"user\" } to linux.namespaces");
        if (!user && linux_->gid_maps.n > 0)
                return conflict(err, "/linux/gidMappings", "ids are mapped without a user namespace",
                                "add { \"type\": \"user\" } to linux.namespaces");
        if (!user || user->path || (linux_->uid_maps.n > 0 && linux_->gid_maps.n > 0))
                return 0;
        at = ct_arena_printf(arena, "/linux/namespaces/%zu", index);
        if (!at)
                return ct_fail_memory(err);
        return conflict(err, at, "a new user namespace without ids in it",
                        "give at least one entry each in linux.uidMappings and linux.gidMappings");
}

static int check_id_mapped_mounts(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        const char *at;
        size_t i;

        if (has_namespace(spec, CLONE_NEWUSER))
                return 0;
        for (i = 0; i < spec->n_mounts; i++) {
                if (!spec->mounts[i].idmap || spec->mounts[i].uid_maps.n > 0)
                        continue;
                at = ct_arena_printf(arena, "/mounts/%zu", i);
                if (!at)
                        return ct_fail_memory(err);
                return conflict(err, at,
                                "an id-mapped mount needs mappings, its own or those of a user namespace",
                                NULL);
        }
        return 0;
}

static int check_names(const struct ct_spec *spec, contain_error_t **err)
{
        static const char hint[] = "add { \"type\": \"uts\" } to linux.namespaces";

        if (has_namespace(spec, CLONE_NEWUTS))
                return 0;
        if (spec->hostname)
                return conflict(err, "/hostname", "the host's own name would change without a uts namespace",
                                hint);
        if (spec->domainname)
                return conflict(err, "/domainname",
                                "the host's own domain name would change without a uts namespace", hint);
        return 0;
}

static int check_time(const struct ct_spec *spec, contain_error_t **err)
{
        const struct ct_spec_namespace *time;

        if (!spec->linux_.time_monotonic.has && !spec->linux_.time_boottime.has)
                return 0;
        time = ct_spec_namespace_find(spec, CLONE_NEWTIME, NULL);
        if (!time || time->path)
                return conflict(err, "/linux/timeOffsets", "offsets can be set for a new time namespace only",
                                NULL);
        return 0;
}

/* Without a mount namespace these would be mounts over the host's own files. */
static int check_covered_paths(const struct ct_spec *spec, contain_error_t **err)
{
        if (has_namespace(spec, CLONE_NEWNS))
                return 0;
        if (spec->linux_.masked_paths.n > 0)
                return conflict(err, "/linux/maskedPaths", "paths can be masked in a mount namespace only",
                                NULL);
        if (spec->linux_.readonly_paths.n > 0)
                return conflict(err, "/linux/readonlyPaths",
                                "paths can be made read-only in a mount namespace only", NULL);
        return 0;
}

static int check_net_devices(const struct ct_spec *spec, contain_error_t **err)
{
        if (spec->linux_.n_net_devices == 0 || has_namespace(spec, CLONE_NEWNET))
                return 0;
        return conflict(err, "/linux/netDevices", "network devices can move to a network namespace only",
                        NULL);
}

static int check_resources(const struct ct_spec_resources *resources, contain_error_t **err)
{
        const struct ct_spec_memory *memory = &resources->memory;
        const struct ct_spec_cpu *cpu = &resources->cpu;

        /* The swap limit is that of memory and swap together. */
        if (memory->limit.value > 0 && memory->swap.value > 0 && memory->swap.value < memory->limit.value)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/linux/resources/memory/swap",
                               "%" PRId64 " is less than the memory limit %" PRId64 ", which it includes",
                               memory->swap.value, memory->limit.value);
        if (cpu->quota.value > 0 && cpu->burst.value > (uint64_t)cpu->quota.value)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/linux/resources/cpu/burst",
                               "%" PRIu64 " is more than the quota %" PRId64, cpu->burst.value,
                               cpu->quota.value);
        return 0;
}

int ct_spec_check(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        int r;

        r = check_user_namespace(arena, spec, err);
        if (r < 0)
                return r;
        r = check_id_mapped_mounts(arena, spec, err);
        if (r < 0)
                return r;
        r = check_names(spec, err);
        if (r < 0)
                return r;
        r = check_time(spec, err);
        if (r < 0)
                return r;
        r = check_covered_paths(spec, err);
        if (r < 0)
                return r;
        r = check_net_devices(spec, err);
        if (r < 0)
                return r;
        r = ct_spec_check_sysctl(arena, spec, err);
        if (r < 0)
                return r;
        return check_resources(&spec->linux_.resources, err);
}
