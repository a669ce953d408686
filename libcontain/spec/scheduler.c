/* SPDX-License-Identifier: MIT */

/* process.scheduler, process.ioPriority and process.execCPUAffinity: when the process gets to run. */

#include "spec/sections.h"

#include "spec/values.h"

/* Numbers of the kernel's UAPI: glibc has only some of them, and <linux/sched.h> does not mix with it. */
enum { POLICY_OTHER, POLICY_FIFO, POLICY_RR, POLICY_BATCH, POLICY_ISO, POLICY_IDLE, POLICY_DEADLINE };

static const struct ct_word policies[] = {
        { "SCHED_OTHER", POLICY_OTHER },       { "SCHED_FIFO", POLICY_FIFO }, { "SCHED_RR", POLICY_RR },
        { "SCHED_BATCH", POLICY_BATCH },       { "SCHED_ISO", POLICY_ISO },   { "SCHED_IDLE", POLICY_IDLE },
        { "SCHED_DEADLINE", POLICY_DEADLINE },
};

static const struct ct_word scheduler_flags[] = {
        { "SCHED_FLAG_RESET_ON_FORK", 0x01 },  { "SCHED_FLAG_RECLAIM", 0x02 },
        { "SCHED_FLAG_DL_OVERRUN", 0x04 },     { "SCHED_FLAG_KEEP_POLICY", 0x08 },
        { "SCHED_FLAG_KEEP_PARAMS", 0x10 },    { "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
        { "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 },
};

/* Numbers of <linux/ioprio.h>, which Linux 5.10 did not export yet. */
static const struct ct_word io_classes[] = {
        { "IOPRIO_CLASS_RT", 1 },
        { "IOPRIO_CLASS_BE", 2 },
        { "IOPRIO_CLASS_IDLE", 3 },
};

static int check_scheduler(const struct ct_json *value, const struct ct_spec_scheduler *scheduler,
                           contain_error_t **err)
{
        bool realtime = scheduler->policy == POLICY_FIFO || scheduler->policy == POLICY_RR;
        bool deadline = scheduler->policy == POLICY_DEADLINE;

        if (realtime && scheduler->priority == 0)
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT,
                                    "this policy needs a priority from 1 to 99");
        if (!realtime && scheduler->priority != 0)
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT,
                                    "a priority is for SCHED_FIFO and SCHED_RR only");
        if ((realtime || deadline) && scheduler->nice != 0)
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT,
                                    "a nice value is not for real-time policies");
        if (!deadline && (scheduler->runtime || scheduler->deadline || scheduler->period))
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT,
                                    "runtime, deadline and period are for SCHED_DEADLINE only");
        /* A period of 0 stands for the deadline (sched_setattr(2)). */
        if (deadline && (scheduler->runtime == 0 || scheduler->runtime > scheduler->deadline ||
                         (scheduler->period != 0 && scheduler->deadline > scheduler->period)))
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "SCHED_DEADLINE needs 0 < runtime <= deadline <= period");
        return 0;
}

int ct_spec_parse_scheduler(const struct ct_json *value, struct ct_spec_scheduler *ret, contain_error_t **err)
{
        const struct {
                const char *key;
                uint64_t *ret;
        } times[] = { { "runtime", &ret->runtime },
                      { "deadline", &ret->deadline },
                      { "period", &ret->period } };
        const struct ct_word *policy = NULL;
        int64_t nice = 0;
        size_t i;
        int r;

        r = ct_spec_require_word(value, "policy", "scheduling policy", policies, CT_LENGTH(policies), &policy,
                                 err);
        if (r < 0)
                return r;
        ret->policy = policy ? (uint32_t)policy->value : 0;
        r = ct_json_get_int(value, "nice", -20, 19, &nice, err);
        if (r < 0)
                return r;
        ret->nice = (int32_t)nice;
        r = ct_spec_get_uint32(value, "priority", 99, &ret->priority, err);
        if (r < 0)
                return r;
        r = ct_spec_get_flags(value, "flags", "scheduling flag", scheduler_flags, CT_LENGTH(scheduler_flags),
                              &ret->flags, err);
        if (r < 0)
                return r;
        for (i = 0; i < CT_LENGTH(times); i++) {
                /* The kernel keeps the top bit for itself. */
                r = ct_json_get_uint(value, times[i].key, INT64_MAX, times[i].ret, err);
                if (r < 0)
                        return r;
        }
        if (ct_json_is_damaged(value))
                return 0;
        ret->has = true;
        return check_scheduler(value, ret, err);
}

int ct_spec_parse_io_priority(const struct ct_json *value, struct ct_spec_io_priority *ret,
                              contain_error_t **err)
{
        const struct ct_word *io_class = NULL;
        int64_t priority = 0;
        int r;

        r = ct_spec_require_word(value, "class", "I/O class", io_classes, CT_LENGTH(io_classes), &io_class,
                                 err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_json_get_int(value, "priority", 0, 7, &priority, err), value, "priority", err);
        if (r <= 0 || !io_class)
                return r;
        *ret = (struct ct_spec_io_priority){ .has = true,
                                             .class = (uint32_t)io_class->value,
                                             .priority = (int32_t)priority };
        return 0;
}

int ct_spec_parse_cpu_affinity(const struct ct_json *value, struct ct_spec_process *ret,
                               contain_error_t **err)
{
        int r;

        r = ct_spec_get_list(value, "initial", &ret->exec_cpu_initial, err);
        if (r < 0)
                return r;
        r = ct_spec_get_list(value, "final", &ret->exec_cpu_final, err);
        return r < 0 ? r : 0;
}
