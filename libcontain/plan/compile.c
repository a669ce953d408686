/* SPDX-License-Identifier: MIT */

/* The order of a plan (docs/plan.md). Each part adds the steps of its subject, if the configuration has any.
 */

#include "plan/parts.h"

#include <string.h>

/* Up to the container that is created. */
/* clang-format off */
static ct_plan_part *const creating[] = {
        ct_plan_decide,
        ct_plan_refuse,
        ct_plan_add_state,

        ct_plan_add_namespaces,
        ct_plan_add_time,
        ct_plan_add_names,

        ct_plan_add_rootfs,
        ct_plan_add_mounts,
        ct_plan_add_notify,
        ct_plan_add_cgroup,
        ct_plan_add_devices,
        ct_plan_add_net_devices,
        ct_plan_add_create_hooks,
        ct_plan_add_pivot,
        ct_plan_add_cwd_folder,
        ct_plan_add_late_readonly,
        ct_plan_add_sysctl,
        ct_plan_add_paths,
        ct_plan_add_root_attributes,

        ct_plan_add_program,
        ct_plan_add_outer_limits,
        ct_plan_add_own_stdio,
        ct_plan_add_ready,
};
/* clang-format on */

/* From there to the user's process. */
/* clang-format off */
static ct_plan_part *const starting[] = {
        ct_plan_add_io_priority,
        ct_plan_add_start_hooks,
        ct_plan_add_extra_fds,
        ct_plan_add_listen_pid,
        ct_plan_add_keyring,
        ct_plan_add_inner_limits,
        ct_plan_add_labels,
        ct_plan_add_umask,

        ct_plan_add_bounding,
        ct_plan_add_identity,
        ct_plan_add_cwd,
        ct_plan_add_seccomp_early,
        ct_plan_add_capabilities,
        ct_plan_add_no_new_privileges,
        ct_plan_add_seccomp_late,
        ct_plan_add_exec,
};
/* clang-format on */

/* One more process in a container that is there. */
/* clang-format off */
static ct_plan_part *const executing[] = {
        ct_plan_decide,

        ct_plan_add_exec_begin,
        ct_plan_add_entry,
        ct_plan_add_exec_affinity,
        ct_plan_add_program,
        ct_plan_add_exec_console,
        ct_plan_add_rlimits,
        ct_plan_add_exec_ready,

        ct_plan_add_io_priority,
        ct_plan_add_stdio,
        ct_plan_add_keyring,
        ct_plan_add_inner_limits,
        ct_plan_add_labels,
        ct_plan_add_umask,

        ct_plan_add_bounding,
        ct_plan_add_identity,
        ct_plan_add_hide,
        ct_plan_add_cwd,
        ct_plan_add_seccomp_early,
        ct_plan_add_capabilities,
        ct_plan_add_no_new_privileges,
        ct_plan_add_seccomp_late,
        ct_plan_add_exec,
};
/* clang-format on */

int ct_plan_fail_no_process(contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_MISSING, EINVAL, "/process", "there is no process to run");
}

static int run_parts(struct ct_build *build, ct_plan_part *const *parts, size_t n, contain_error_t **err)
{
        for (size_t i = 0; i < n; i++) {
                int r = ct_build_keep(build, parts[i](build, err), err);

                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_plan_compile_rest(const struct ct_spec *spec, const struct ct_facts *facts,
                         const struct ct_request *request, struct ct_problems *problems, struct ct_plan **ret,
                         contain_error_t **err)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        int r;

        r = ct_build_init(&build, spec, facts, request, err);
        if (r < 0)
                return r;
        build.problems = problems;
        if (!spec->process.has && request->become)
                return ct_plan_fail_no_process(err);
        r = run_parts(&build, creating, sizeof(creating) / sizeof(creating[0]), err);
        /* config.md: a process is needed to start, not to create. */
        if (r == 0 && spec->process.has)
                r = run_parts(&build, starting, sizeof(starting) / sizeof(starting[0]), err);
        if (r < 0)
                return r;
        return ct_build_finish(&build, ret, err);
}

int ct_plan_place_in_process(int r, contain_error_t **err)
{
        static const char process[] = "/process/";
        size_t size = sizeof(process) - 2;
        const char *at = err && *err ? contain_error_pointer(*err) : "";

        if (r < 0 && strncmp(at, process, size + 1) == 0)
                (void)ct_error_set_pointer(err, at + size);
        return r;
}

int ct_plan_compile_exec(const struct ct_spec *spec, const struct ct_facts *facts,
                         const struct ct_request *request, struct ct_plan **ret, contain_error_t **err)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        int r;

        r = ct_build_init(&build, spec, facts, request, err);
        if (r == 0)
                r = run_parts(&build, executing, sizeof(executing) / sizeof(executing[0]), err);
        if (r < 0)
                return ct_plan_place_in_process(r, err);
        return ct_build_finish(&build, ret, err);
}

int ct_plan_compile(const struct ct_spec *spec, const struct ct_facts *facts,
                    const struct ct_request *request, struct ct_plan **ret, contain_error_t **err)
{
        return ct_plan_compile_rest(spec, facts, request, NULL, ret, err);
}
