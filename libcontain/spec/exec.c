/* SPDX-License-Identifier: MIT */

/* The document of one more process in a container: the same object as "process" in a configuration. */

#include "spec/sections.h"

/* What a document does not say is not given up: the process is confined as the container's own one is. */
static void inherit(struct ct_spec_process *process, const struct ct_spec_process *first)
{
        if (!process->capabilities.has)
                process->capabilities = first->capabilities;
        if (!process->has_no_new_privileges)
                process->no_new_privileges = first->no_new_privileges;
        if (!process->apparmor_profile)
                process->apparmor_profile = first->apparmor_profile;
        if (!process->selinux_label)
                process->selinux_label = first->selinux_label;
        if (process->n_rlimits == 0) {
                process->rlimits = first->rlimits;
                process->n_rlimits = first->n_rlimits;
        }
        if (!process->oom_score_adj.has)
                process->oom_score_adj = first->oom_score_adj;
        if (!process->scheduler.has)
                process->scheduler = first->scheduler;
        if (!process->io_priority.has)
                process->io_priority = first->io_priority;
        if (!process->exec_cpu_initial && !process->exec_cpu_final) {
                process->exec_cpu_initial = first->exec_cpu_initial;
                process->exec_cpu_final = first->exec_cpu_final;
        }
}

int ct_spec_parse_exec(struct ct_arena *arena, const struct ct_spec *spec, const char *text, size_t size,
                       struct ct_spec_process *ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_spec_process process = { .cwd = "" };
        struct ct_json value;
        int r;

        r = ct_json_parse(arena, "the process", text, size, &document, &value, err);
        if (r >= 0)
                r = ct_json_check_object(&value, err);
        if (r >= 0)
                r = ct_spec_parse_process(&value, &process, err);
        if (r < 0)
                return r;
        inherit(&process, &spec->process);
        *ret = process;
        return 0;
}
