/* SPDX-License-Identifier: MIT */

/* linux.resources: memory, cpu, pids, hugepages, network, rdma, unified. Devices and blockIO have files of
 * their own. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

static int parse_memory(const struct ct_json *value, struct ct_spec_memory *ret, contain_error_t **err)
{
        const struct {
                const char *key;
                struct ct_optional_int *ret;
        } limits[] = {
                { "limit", &ret->limit },   { "reservation", &ret->reservation }, { "swap", &ret->swap },
                { "kernel", &ret->kernel }, { "kernelTCP", &ret->kernel_tcp },
        };
        size_t i;
        int r;

        for (i = 0; i < CT_LENGTH(limits); i++) {
                r = ct_spec_get_int(value, limits[i].key, -1, INT64_MAX, limits[i].ret, err);
                if (r < 0)
                        return r;
        }
        r = ct_spec_get_uint(value, "swappiness", 100, &ret->swappiness, err);
        if (r < 0)
                return r;
        r = ct_json_get_bool(value, "disableOOMKiller", &ret->disable_oom_killer, err);
        if (r < 0)
                return r;
        ret->has_disable_oom_killer = r > 0;
        r = ct_json_get_bool(value, "useHierarchy", &ret->use_hierarchy, err);
        if (r < 0)
                return r;
        ret->has_use_hierarchy = r > 0;
        r = ct_json_get_bool(value, "checkBeforeUpdate", &ret->check_before_update, err);
        return r < 0 ? r : 0;
}

static int parse_cpu(const struct ct_json *value, struct ct_spec_cpu *ret, contain_error_t **err)
{
        const struct {
                const char *key;
                struct ct_optional_uint *ret;
        } amounts[] = {
                { "shares", &ret->shares },
                { "burst", &ret->burst },
                { "period", &ret->period },
                { "realtimePeriod", &ret->realtime_period },
        };
        size_t i;
        int r;

        for (i = 0; i < CT_LENGTH(amounts); i++) {
                r = ct_spec_get_uint(value, amounts[i].key, UINT64_MAX, amounts[i].ret, err);
                if (r < 0)
                        return r;
        }
        r = ct_spec_get_int(value, "quota", -1, INT64_MAX, &ret->quota, err);
        if (r < 0)
                return r;
        r = ct_spec_get_int(value, "realtimeRuntime", -1, INT64_MAX, &ret->realtime_runtime, err);
        if (r < 0)
                return r;
        r = ct_spec_get_int(value, "idle", 0, 1, &ret->idle, err);
        if (r < 0)
                return r;
        r = ct_spec_get_list(value, "cpus", &ret->cpus, err);
        if (r < 0)
                return r;
        r = ct_spec_get_list(value, "mems", &ret->mems, err);
        return r < 0 ? r : 0;
}

/* "2MB" and the like. It becomes a part of a file name. */
static bool is_page_size(const char *text)
{
        size_t n = strspn(text, "0123456789");

        if (n == 0 || text[0] == '0')
                return false;
        text += n;
        if (*text == 'K' || *text == 'M' || *text == 'G')
                text++;
        return strcmp(text, "B") == 0;
}

static int parse_hugepage_limit(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_hugepage_limit *limit = ret;
        struct ct_json size;
        int r;

        r = ct_json_require(ct_json_get(value, "pageSize", &size, err), value, "pageSize", err);
        if (r > 0)
                r = ct_json_string(&size, &limit->page_size, err);
        if (r > 0 && !is_page_size(limit->page_size))
                r = ct_json_fail(&size, err, CONTAIN_E_VALUE, "'%s' is not a page size such as '2MB'",
                                 limit->page_size);
        if (r < 0)
                return r;
        r = ct_json_require(ct_json_get_uint(value, "limit", UINT64_MAX, &limit->limit, err), value, "limit",
                            err);
        return r < 0 ? r : 0;
}

static int parse_hugepage_limits(const struct ct_json *value, struct ct_spec_resources *ret,
                                 contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->hugepage_limits,
                                                  .parse = parse_hugepage_limit };
        void *items;
        int r;

        r = ct_spec_get_items(value, "hugepageLimits", &type, &items, &ret->n_hugepage_limits, err);
        if (r <= 0)
                return r;
        ret->hugepage_limits = items;
        return 0;
}

static int parse_priority(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_interface_priority *priority = ret;
        struct ct_json name;
        int r;

        r = ct_json_require(ct_json_get(value, "name", &name, err), value, "name", err);
        if (r > 0)
                r = ct_json_string(&name, &priority->name, err);
        if (r > 0)
                r = ct_spec_check_interface(&name, priority->name, err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_spec_get_uint32(value, "priority", UINT32_MAX, &priority->priority, err),
                            value, "priority", err);
        return r < 0 ? r : 0;
}

static int parse_network(const struct ct_json *value, struct ct_spec_resources *ret, contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->network_priorities,
                                                  .parse = parse_priority };
        void *items;
        int r;

        r = ct_spec_get_uint(value, "classID", UINT32_MAX, &ret->network_class_id, err);
        if (r < 0)
                return r;
        r = ct_spec_get_items(value, "priorities", &type, &items, &ret->n_network_priorities, err);
        if (r <= 0)
                return r;
        ret->network_priorities = items;
        return 0;
}

static int parse_rdma_device(const struct ct_json *value, const char *name, struct ct_spec_rdma *ret,
                             contain_error_t **err)
{
        int r;

        /* The name becomes a word of a line that is written to rdma.max. */
        if (name[0] == '\0' || strpbrk(name, " \t\n"))
                return ct_json_fail(value, err, CONTAIN_E_VALUE, "'%s' is not an rdma device name", name);
        ret->device = ct_arena_strdup(value->arena, name);
        if (!ret->device)
                return ct_fail_memory(err);
        r = ct_spec_get_uint(value, "hcaHandles", UINT32_MAX, &ret->hca_handles, err);
        if (r < 0)
                return r;
        r = ct_spec_get_uint(value, "hcaObjects", UINT32_MAX, &ret->hca_objects, err);
        if (r < 0)
                return r;
        if (!ret->hca_handles.has && !ret->hca_objects.has && !ct_json_is_damaged(value))
                return ct_json_fail(value, err, CONTAIN_E_MISSING,
                                    "'hcaHandles' or 'hcaObjects' is required");
        return 0;
}

static int parse_rdma(const struct ct_json *value, struct ct_spec_resources *ret, contain_error_t **err)
{
        struct ct_json map, member;
        struct ct_spec_rdma *items;
        void *position = NULL;
        const char *name;
        size_t n = 0;
        int r;

        r = ct_json_get_object(value, "rdma", &map, err);
        if (r <= 0)
                return r;
        items = ct_arena_array(value->arena, ct_json_length(&map), sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        while (ct_json_next(&map, &position, &name, &member)) {
                items[n] = (struct ct_spec_rdma){ 0 };
                r = parse_rdma_device(&member, name, &items[n], err);
                if (r < 0)
                        return r;
                n += !ct_json_is_damaged(&member);
        }
        ret->rdma = items;
        ret->n_rdma = n;
        return 0;
}

static int parse_unified(const struct ct_json *value, struct ct_spec_resources *ret, contain_error_t **err)
{
        struct ct_spec_pairs pairs;
        struct ct_json map;
        size_t i;
        int r;

        r = ct_spec_get_pairs(value, "unified", &pairs, err);
        if (r <= 0)
                return r;
        r = ct_json_get_object(value, "unified", &map, err);
        if (r < 0)
                return r;
        for (i = 0; i < pairs.n; i++) {
                const char *key = pairs.items[i].key;

                /* Each key is a file of the cgroup, and must not lead to another folder. */
                if (!strchr(key, '/') && strcmp(key, ".") != 0 && strcmp(key, "..") != 0) {
                        pairs.items[ret->unified.n++] = pairs.items[i];
                        continue;
                }
                r = ct_json_fail(&map, err, CONTAIN_E_VALUE, "'%s' is not the name of a cgroup file", key);
                if (r < 0)
                        return r;
        }
        ret->unified.items = pairs.items;
        return 0;
}

int ct_spec_parse_resources(const struct ct_json *value, struct ct_spec_resources *ret, contain_error_t **err)
{
        struct ct_json member;
        size_t n;
        int r;

        r = ct_json_get_array(value, "devices", &member, &n, err);
        if (r > 0)
                r = ct_spec_parse_device_rules(&member, ret, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "memory", &member, err);
        if (r > 0)
                r = parse_memory(&member, &ret->memory, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "cpu", &member, err);
        if (r > 0)
                r = parse_cpu(&member, &ret->cpu, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "pids", &member, err);
        if (r > 0)
                r = ct_spec_get_int(&member, "limit", -1, INT64_MAX, &ret->pids_limit, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "blockIO", &member, err);
        if (r > 0)
                r = ct_spec_parse_block_io(&member, &ret->block_io, err);
        if (r < 0)
                return r;
        r = parse_hugepage_limits(value, ret, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "network", &member, err);
        if (r > 0)
                r = parse_network(&member, ret, err);
        if (r < 0)
                return r;
        r = parse_rdma(value, ret, err);
        if (r < 0)
                return r;
        r = parse_unified(value, ret, err);
        if (r < 0)
                return r;
        ret->has = true;
        return 0;
}
