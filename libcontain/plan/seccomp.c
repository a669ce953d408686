/* SPDX-License-Identifier: MIT */

/* When the seccomp filter is loaded, with which flags, and who is notified. */

#include "plan/parts.h"
#include "plan/state-text.h"

#include <linux/seccomp.h>
#include <string.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define AT "/linux/seccomp"

/* Of <linux/sched.h>, which does not mix with the C library's. */
#define DEADLINE      6
#define RESET_ON_FORK 0x01

static uint64_t flag_bit(const char *name)
{
        static const struct {
                const char *name;
                uint64_t bit;
        } flags[] = {
                { "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
                { "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
                { "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
                { "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
        };

        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
                if (strcmp(name, flags[i].name) == 0)
                        return flags[i].bit;
        return 0;
}

static int filter_flags(struct ct_build *build, bool notifies, uint64_t *ret, contain_error_t **err)
{
        const struct ct_spec_seccomp *seccomp = &build->spec->linux_.seccomp;
        uint64_t known = build->facts->seccomp_flags, flags = 0;

        for (size_t i = 0; i < seccomp->flags.n; i++) {
                uint64_t bit = flag_bit(seccomp->flags.items[i]);

                int r = 0;

                if (bit == 0 || !(known & bit))
                        r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP,
                                    ct_build_text(build, AT "/flags/%zu", i),
                                    "this kernel does not know '%s'", seccomp->flags.items[i]);
                r = ct_build_keep(build, r, err);
                if (r < 0)
                        return r;
                flags |= bit;
        }
        if (!notifies) {
                /* About how one waits for an answer to a notification: an error where there are none. */
                *ret = flags & ~(uint64_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
                return 0;
        }
        if (!(known & SECCOMP_FILTER_FLAG_NEW_LISTENER))
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, AT,
                               "this kernel has no seccomp notifications");
        /* There are no other threads to bring into line, and the kernel takes only one of the two. */
        flags &= ~(uint64_t)SECCOMP_FILTER_FLAG_TSYNC;
        *ret = flags | SECCOMP_FILTER_FLAG_NEW_LISTENER;
        return 0;
}

/* What the agent is told (runtime-spec, config-linux.md, "The Container Process State"); the pid is in it
 * twice. */
static void add_notifying(struct ct_build *build, uint64_t flags, const struct ct_buf *filter)
{
        _cleanup_buf_ struct ct_buf head = CT_BUF_INIT, middle = CT_BUF_INIT, tail = CT_BUF_INIT;
        const struct ct_spec_seccomp *seccomp = &build->spec->linux_.seccomp;

        (void)ct_buf_puts(&head, "{\"ociVersion\":");
        (void)ct_buf_json_string(&head, CT_OCI_VERSION);
        (void)ct_buf_puts(&head, ",\"fds\":[\"seccompFd\"],\"pid\":");

        (void)ct_buf_puts(&middle, ",");
        if (seccomp->listener_metadata) {
                (void)ct_buf_puts(&middle, "\"metadata\":");
                (void)ct_buf_json_string(&middle, seccomp->listener_metadata);
                (void)ct_buf_puts(&middle, ",");
        }
        (void)ct_buf_puts(&middle, "\"state\":");
        ct_plan_put_state_head(build, &middle, "created");

        ct_plan_put_state_tail(build, &tail);
        (void)ct_buf_puts(&tail, "}");
        ct_build_add(build, .op = STEP_SECCOMP, .at = AT,
                     .slot = ct_build_slot(build, PLAN_SLOT_SECCOMP, AT "/listenerPath",
                                           seccomp->listener_path, NULL, 0),
                     .s = { ct_build_buf_text(build, &head), ct_build_buf_text(build, &middle),
                            ct_build_buf_text(build, &tail) },
                     .n = { flags }, .blob = filter);
}

/*
 * Whoever is to be notified gets the descriptor from a thread that contain-init makes when it is the
 * scheduler's already, and the kernel lets nobody fork under SCHED_DEADLINE who does not reset.
 */
static int check_scheduler(const struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_scheduler *scheduler = &build->spec->process.scheduler;
        int r;

        if (!scheduler->has || scheduler->policy != DEADLINE || (scheduler->flags & RESET_ON_FORK))
                return 0;
        r = ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, AT,
                    "'SCMP_ACT_NOTIFY' takes a thread, which 'SCHED_DEADLINE' forbids");
        ct_error_set_hint(err, "add 'SCHED_FLAG_RESET_ON_FORK' to process.scheduler.flags");
        return r;
}

static int add_filter(struct ct_build *build, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf filter = CT_BUF_INIT;
        const struct ct_spec_seccomp *seccomp = &build->spec->linux_.seccomp;
        bool notifies = ct_plan_seccomp_notifies(seccomp);
        uint64_t flags = 0;
        int r;

        if (!build->facts->has_seccomp)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, AT,
                               "this kernel has no seccomp filters");
        if (notifies && !seccomp->listener_path && !build->request->has_seccomp_socket)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, AT,
                               "'SCMP_ACT_NOTIFY' needs a 'listenerPath' to send the notifications to");
        if (notifies) {
                r = check_scheduler(build, err);
                if (r < 0)
                        return r;
        }
        r = filter_flags(build, notifies, &flags, err);
        if (r < 0)
                return r;
        r = ct_plan_seccomp_filter(seccomp, &filter, err);
        if (r < 0)
                return r;
        if (notifies)
                add_notifying(build, flags, &filter);
        else
                ct_build_add(build, .op = STEP_SECCOMP, .at = AT, .n = { flags }, .blob = &filter);
        return 0;
}

/* Without no_new_privs, loading takes CAP_SYS_ADMIN, which the identity step leaves, and the last one takes.
 */
int ct_plan_add_seccomp_early(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec *spec = build->spec;

        return spec->linux_.seccomp.has && !spec->process.no_new_privileges ? add_filter(build, err) : 0;
}

/* With it, as late as can be: the filter need not allow what init does before. */
int ct_plan_add_seccomp_late(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec *spec = build->spec;

        return spec->linux_.seccomp.has && spec->process.no_new_privileges ? add_filter(build, err) : 0;
}
