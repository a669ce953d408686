/* SPDX-License-Identifier: MIT */

/* What only the plan of a further process has (docs/plan.md, "One more process"). */

#include "plan/parts.h"

#define MAX_CPUS 8192 /* NR_CPUS of the largest kernel configuration */

/* As large as the kernel's own mask may be, of which contain-init does not know the size. */
static int add_affinity(struct ct_build *build, const char *cpus, const char *at, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf blob = CT_BUF_INIT;
        uint64_t bits[MAX_CPUS / 64] = { 0 };
        size_t words = 0;

        if (!cpus || cpus[0] == '\0')
                return 0;
        if (!ct_plan_read_list(cpus, bits, MAX_CPUS / 64, &words))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at, "'%s' has no CPUs that a machine could have",
                               cpus);
        (void)ct_buf_append(&blob, bits, words * sizeof(bits[0]));
        ct_build_add(build, .op = STEP_CPU_AFFINITY, .at = at, .s = { cpus }, .blob = &blob);
        return 0;
}

/*
 * The score first: who may write it is the question of who may trace the process, which nobody may later on.
 */
int ct_plan_add_exec_begin(struct ct_build *build, contain_error_t **err)
{
        int r = ct_plan_add_oom_score(build, err);

        if (r < 0)
                return r;
        return add_affinity(build, build->spec->process.exec_cpu_initial, "/process/execCPUAffinity/initial",
                            err);
}

int ct_plan_add_exec_affinity(struct ct_build *build, contain_error_t **err)
{
        return add_affinity(build, build->spec->process.exec_cpu_final, "/process/execCPUAffinity/final",
                            err);
}

/* Nothing but a devpts is good enough: what else the image has at that place may be anything. */
int ct_plan_add_exec_console(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_process *process = &build->spec->process;

        (void)err;
        if (process->terminal)
                ct_build_add(build, .op = STEP_CONSOLE, .at = "/process/terminal", .s = { "/dev/pts" },
                             .n = { process->console_height, process->console_width, process->user.uid });
        return 0;
}

/* What is behind it is contain-init's alone; the host waits for the program to be executed. */
int ct_plan_add_exec_ready(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        ct_build_add(build, .op = STEP_READY);
        return 0;
}
