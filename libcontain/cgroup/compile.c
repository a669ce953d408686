/* SPDX-License-Identifier: MIT */

/* Resources to lists of writes: which hierarchy gets what. Nothing is touched here. */

#include "base/problems.h"
#include "cgroup/controllers.h"
#include "cgroup/devices.h"

static const struct ct_controller *const controllers[] = {
        &ct_controller_memory, &ct_controller_cpu,      &ct_controller_cpuset,
        &ct_controller_pids,   &ct_controller_block_io, &ct_controller_hugetlb,
        &ct_controller_rdma,   &ct_controller_net_cls,  &ct_controller_net_prio,
};

/* One subject's writes go to the one hierarchy that has its controller. */
static int compile_controller(const struct ct_cgroup *cgroup, const struct ct_controller *controller,
                              const struct ct_spec_resources *resources, struct ct_cgroup_writes *lists,
                              contain_error_t **err)
{
        int i = ct_cgroup_find(cgroup, controller->v1_name, controller->v2_name);
        const char *at = controller->asked(resources);
        int r;

        if (i < 0) {
                if (!at)
                        return 0;
                if (!controller->v2_name && cgroup->layout->kind == CT_CGROUPS_V2)
                        return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at,
                                       "cgroup v2 has no controller '%s'", controller->v1_name);
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at,
                               "no cgroup controller '%s' on this machine", controller->v1_name);
        }
        if (!cgroup->layout->items[i].v2)
                return controller->write_v1(resources, &lists[i], err);
        r = controller->write_v2(resources, &lists[i], err);
        if (r >= 0 && at)
                ct_writes_need(&lists[i], controller->v2_name, at);
        return r;
}

/* On v2, devices need no controller, only a cgroup to attach the program to. */
static int compile_devices(const struct ct_cgroup *cgroup, const struct ct_spec_resources *resources,
                           struct ct_cgroup_writes *lists, contain_error_t **err)
{
        struct ct_device_rules *rules;
        int i, r;

        i = ct_cgroup_find(cgroup, "devices", NULL);
        if (i < 0)
                i = ct_cgroup_find_v2(cgroup);
        if (i < 0 && resources->n_devices > 0 && ct_cgroup_restricts_devices())
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, "/linux/resources/devices",
                               "no cgroup can restrict devices on this machine");
        if (i < 0 || (lists[i].update && resources->n_devices == 0))
                return 0;
        rules = ct_arena_alloc(lists[i].arena, sizeof *rules);
        if (!rules)
                return ct_fail_memory(err);
        r = ct_devices_compile(resources, lists[i].arena, rules, err);
        if (r < 0)
                return r;
        if (!cgroup->layout->items[i].v2)
                return ct_devices_write_v1(rules, &lists[i], err);
        lists[i].devices = rules;
        return 0;
}

static int compile_unified(const struct ct_cgroup *cgroup, const struct ct_spec_resources *resources,
                           struct ct_cgroup_writes *lists, contain_error_t **err)
{
        int i = ct_cgroup_find_v2(cgroup);

        if (resources->unified.n == 0)
                return 0;
        if (i < 0)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, "/linux/resources/unified",
                               "there is no cgroup v2 on this machine");
        return ct_unified_write(resources, &cgroup->layout->items[i], &lists[i], err);
}

int ct_cgroup_compile(const struct ct_cgroup *cgroup, const struct ct_spec_resources *resources, bool update,
                      struct ct_arena *arena, struct ct_cgroup_writes **ret, contain_error_t **err)
{
        struct ct_problems *problems = ct_arena_problems(arena);
        struct ct_passed_over *passed_over = NULL;
        size_t n = cgroup->layout->n;
        struct ct_cgroup_writes *lists;
        int r;

        lists = ct_arena_array(arena, n, sizeof *lists);
        if (!lists)
                return ct_fail_memory(err);
        if (update) {
                passed_over = ct_arena_alloc(arena, sizeof *passed_over);
                if (!passed_over)
                        return ct_fail_memory(err);
        }
        for (size_t i = 0; i < n; i++) {
                lists[i].arena = arena;
                lists[i].update = update;
                lists[i].passed_over = passed_over;
        }
        for (size_t i = 0; i < sizeof controllers / sizeof controllers[0]; i++) {
                r = compile_controller(cgroup, controllers[i], resources, lists, err);
                r = ct_problems_keep(problems, r, err);
                if (r < 0)
                        return r;
        }
        r = ct_problems_keep(problems, compile_devices(cgroup, resources, lists, err), err);
        if (r < 0)
                return r;
        /* Last, so that it has the last word on what the others set too. */
        r = ct_problems_keep(problems, compile_unified(cgroup, resources, lists, err), err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                if (lists[i].failed)
                        return ct_fail_memory(err);
        *ret = lists;
        return 0;
}
