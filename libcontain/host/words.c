/* SPDX-License-Identifier: MIT */

/*
 * One sentence per step and detail. What a detail always means alike is worded once, in common_words();
 * the rest stands with its step.
 */

#include "host/words.h"

#include "host/idmapped.h"
#include "host/mount-hints.h"
#include "host/slots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE 512

struct failure {
        const struct ct_plan *plan;
        const struct plan_step *step;
        const struct plan_message *message;
};

static const char *text(const struct failure *f, int i)
{
        return ct_plan_string(f->plan, f->step->s[i]);
}

/* Where the mount that this step belongs to goes: the target of the step itself, or of the next attach. */
static const char *mount_target(const struct failure *f)
{
        const struct plan_header *header = ct_plan_header(f->plan);

        for (size_t i = f->message->step; i < header->n_steps; i++) {
                const struct plan_step *step = ct_plan_step(f->plan, i);

                if (step->op == STEP_ATTACH)
                        return ct_plan_string(f->plan, step->s[0]);
        }
        return "";
}

/* String number @i of the step's table, "" past the end. */
static const char *table_string(const struct failure *f, uint64_t i)
{
        const char *base = (const char *)f->plan->bytes + f->step->blob, *end = base + f->step->blob_size;

        for (; i > 0 && base < end; i--)
                base += strnlen(base, (size_t)(end - base)) + 1;
        return base < end ? base : "";
}

static void mount_words(const struct failure *f, char *out)
{
        const char *target = mount_target(f);
        const char *own = text(f, 0);

        if (f->step->op == STEP_UNMOUNT) {
                (void)snprintf(out, SENTENCE,
                               f->message->detail == PLAN_DETAIL_MISMATCH ? "nothing is mounted on '%s'"
                                                                          : "cannot unmount '%s'",
                               own);
                return;
        }
        switch (f->message->detail) {
        case PLAN_DETAIL_SOURCE:
                (void)snprintf(out, SENTENCE, "cannot bind '%s' to '%s'", *own ? own : "the source", target);
                return;
        case PLAN_DETAIL_TYPE:
                (void)snprintf(out, SENTENCE, "cannot mount file system type '%s' on '%s'", own, target);
                return;
        case PLAN_DETAIL_OPTION:
                (void)snprintf(out, SENTENCE, "option '%s' is refused for '%s'",
                               table_string(f, f->message->value),
                               f->step->op == STEP_REMOUNT ? own : target);
                return;
        case PLAN_DETAIL_MISMATCH:
                (void)snprintf(out, SENTENCE, "'%s' is not the device that is expected there",
                               *own ? own : target);
                return;
        case PLAN_DETAIL_COPY:
                (void)snprintf(out, SENTENCE, "cannot copy the contents of '%s' up", own);
                return;
        case PLAN_DETAIL_TARGET:
        case PLAN_DETAIL_TARGET_CREATE:
        case PLAN_DETAIL_TARGET_LINK:
        case PLAN_DETAIL_ATTACH:
        default:
                break;
        }
        switch (f->step->op) {
        case STEP_FS:
                (void)snprintf(out, SENTENCE, "cannot mount %s on '%s'", own, target);
                return;
        case STEP_TREE:
                (void)snprintf(out, SENTENCE, "cannot bind '%s' to '%s'", *own ? own : "the source", target);
                return;
        case STEP_ATTR:
                (void)snprintf(out, SENTENCE, "cannot set the options of the mount on '%s'", target);
                return;
        case STEP_IDMAP:
                (void)snprintf(out, SENTENCE, "cannot map the ids of the mount on '%s'", target);
                return;
        case STEP_REMOUNT:
        case STEP_TARGET_ATTR:
                (void)snprintf(out, SENTENCE, "cannot change the mount on '%s'", own);
                return;
        case STEP_MASK:
                (void)snprintf(out, SENTENCE, "cannot mask '%s'", own);
                return;
        case STEP_READ_ONLY:
                (void)snprintf(out, SENTENCE, "cannot make '%s' read-only", own);
                return;
        case STEP_MKDIR:
                (void)snprintf(out, SENTENCE, "cannot make the folder '%s'", own);
                return;
        default:
                (void)snprintf(out, SENTENCE, "cannot mount on '%s'", own);
                return;
        }
}

/* A target's own troubles say more than the mount's. */
static bool target_words(const struct failure *f, char *out)
{
        const char *target = text(f, 0);

        switch (f->message->detail) {
        case PLAN_DETAIL_TARGET:
                (void)snprintf(out, SENTENCE, "'%s' cannot be reached in the root file system", target);
                return true;
        case PLAN_DETAIL_TARGET_CREATE:
                (void)snprintf(out, SENTENCE, "'%s' cannot be made in the root file system", target);
                return true;
        case PLAN_DETAIL_TARGET_LINK:
                (void)snprintf(out, SENTENCE, "'%s' is, or is below, a symbolic link in the root file system",
                               target);
                return true;
        default:
                return false;
        }
}

static void hook_words(const struct failure *f, char *out)
{
        const char *path = text(f, 0), *kind = text(f, 1);
        unsigned value = (unsigned)f->message->value;

        switch (f->message->detail) {
        case PLAN_DETAIL_EXIT:
                if (value > 256)
                        (void)snprintf(out, SENTENCE, "%s hook '%s' was ended by signal %u", kind, path,
                                       value - 256);
                else
                        (void)snprintf(out, SENTENCE, "%s hook '%s' exited with status %u", kind, path,
                                       value);
                return;
        case PLAN_DETAIL_TIMEOUT:
                (void)snprintf(out, SENTENCE, "%s hook '%s' did not finish within %llu seconds", kind, path,
                               (unsigned long long)f->step->n[2]);
                return;
        default:
                (void)snprintf(out, SENTENCE, "%s hook '%s' cannot be executed", kind, path);
                return;
        }
}

static void program_words(const struct failure *f, char *out)
{
        const char *program = text(f, 0);

        /* Engines look for these very words to tell "not found" from other failures. */
        if (f->message->detail == PLAN_DETAIL_NOT_FOUND && !strchr(program, '/'))
                (void)snprintf(out, SENTENCE, "exec '%s': executable file not found in $PATH", program);
        else
                (void)snprintf(out, SENTENCE, "exec '%s'", program);
}

static void identity_words(const struct failure *f, char *out)
{
        switch (f->step->op) {
        case STEP_IDENTITY:
                if (f->message->detail == PLAN_DETAIL_GROUPS)
                        (void)snprintf(out, SENTENCE, "cannot set the additional groups");
                else
                        (void)snprintf(out, SENTENCE, "cannot become user %llu, group %llu",
                                       (unsigned long long)f->step->n[0], (unsigned long long)f->step->n[1]);
                return;
        case STEP_CAPABILITIES:
                (void)snprintf(out, SENTENCE, "cannot set the capabilities");
                return;
        default:
                (void)snprintf(out, SENTENCE, "cannot set the %s", ct_plan_op_name(f->step->op));
                return;
        }
}

static void namespace_words(const struct failure *f, char *out)
{
        const char *name = ct_namespace_name(f->step->n[0]);

        if (f->step->op == STEP_JOIN)
                (void)snprintf(out, SENTENCE, "cannot join the %s namespace", name ? name : "given");
        else if (f->step->op == STEP_UNSHARE && name)
                (void)snprintf(out, SENTENCE, "cannot make a new %s namespace", name);
        else if (f->step->op == STEP_UNSHARE)
                (void)snprintf(out, SENTENCE, "cannot make new namespaces");
        else
                (void)snprintf(out, SENTENCE, "cannot enter the time namespace");
}

static void cwd_words(const struct failure *f, char *out)
{
        if (f->message->detail == PLAN_DETAIL_OUTSIDE)
                (void)snprintf(out, SENTENCE, "the working directory '%s' is not below the container's root",
                               text(f, 0));
        else
                (void)snprintf(out, SENTENCE, "cannot use '%s' as the working directory", text(f, 0));
}

static void device_words(const struct failure *f, char *out)
{
        if (f->message->detail == PLAN_DETAIL_MISMATCH)
                (void)snprintf(out, SENTENCE, "what is at '%s' is not the device that is asked for",
                               text(f, 0));
        else
                (void)snprintf(out, SENTENCE, "cannot make '%s'", text(f, 0));
}

static void limit_words(const struct failure *f, char *out)
{
        const char *what = f->step->op == STEP_SCHEDULER     ? "scheduling policy and its values"
                           : f->step->op == STEP_IO_PRIORITY ? "I/O priority"
                           : f->step->op == STEP_PERSONALITY ? "execution domain"
                                                             : "memory policy";

        (void)snprintf(out, SENTENCE, "cannot set the %s", what);
}

static void step_words(const struct failure *f, char *out)
{
        switch (f->step->op) {
        case STEP_JOIN:
        case STEP_UNSHARE:
        case STEP_ENTER_TIME:
                namespace_words(f, out);
                return;
        case STEP_MKNOD:
        case STEP_SYMLINK:
                device_words(f, out);
                return;
        case STEP_HOOK:
                hook_words(f, out);
                return;
        case STEP_FIND_PROGRAM:
        case STEP_EXEC:
                program_words(f, out);
                return;
        case STEP_BOUNDING:
        case STEP_IDENTITY:
        case STEP_CAPABILITIES:
        case STEP_UMASK:
                identity_words(f, out);
                return;
        case STEP_CWD:
                cwd_words(f, out);
                return;
        case STEP_ROOTFS:
        case STEP_PROPAGATE:
        case STEP_PIVOT:
        case STEP_ROOT_ATTR:
                (void)snprintf(out, SENTENCE, "cannot set up the root file system (%s)",
                               ct_plan_op_name(f->step->op));
                return;
        case STEP_ENTER_ROOT:
                (void)snprintf(out, SENTENCE, "cannot enter the root file system of the container");
                return;
        case STEP_CPU_AFFINITY:
                (void)snprintf(out, SENTENCE, "cannot run on the CPUs '%s'", text(f, 0));
                return;
        case STEP_HOSTNAME:
        case STEP_DOMAINNAME:
                (void)snprintf(out, SENTENCE, "cannot set the %s to '%s'", ct_plan_op_name(f->step->op),
                               text(f, 0));
                return;
        case STEP_SYSCTL:
                (void)snprintf(out, SENTENCE, "cannot set kernel parameter '%s' to '%s'", text(f, 0),
                               text(f, 1));
                return;
        case STEP_LABEL:
                (void)snprintf(out, SENTENCE, "cannot set the security label `/proc/self/attr/%s` to '%s'",
                               text(f, 0), text(f, 1));
                return;
        case STEP_CONSOLE:
        case STEP_STDIO_CONSOLE:
                (void)snprintf(out, SENTENCE, "cannot set up the terminal");
                return;
        case STEP_PERSONALITY:
        case STEP_SCHEDULER:
        case STEP_IO_PRIORITY:
        case STEP_MEMORY_POLICY:
                limit_words(f, out);
                return;
        case STEP_NET_SOCKET:
                (void)snprintf(out, SENTENCE, "cannot open a way to the container's network namespace");
                return;
        case STEP_SECCOMP:
                (void)snprintf(out, SENTENCE,
                               f->message->detail == PLAN_DETAIL_SEND
                                       ? "cannot send the seccomp notification descriptor"
                                       : "the kernel refuses the seccomp filter");
                return;
        default:
                if (ct_plan_op_code(f->step->op) == CONTAIN_E_MOUNT)
                        mount_words(f, out);
                else
                        (void)snprintf(out, SENTENCE, "step '%s' failed", ct_plan_op_name(f->step->op));
                return;
        }
}

/* The step that made the tree which the failed one was to change says what it is a tree of. */
static void explain_idmap(const struct failure *f, contain_error_t **err)
{
        for (uint32_t i = f->message->step; i-- > 0;) {
                const struct plan_step *step = ct_plan_step(f->plan, i);
                const char *source = ct_plan_string(f->plan, step->s[0]);

                if (step->op == STEP_TREE && step->slot != PLAN_NO_SLOT)
                        source = ct_plan_string(f->plan, ct_plan_slot(f->plan, step->slot)->path);
                if (step->op != STEP_TREE && step->op != STEP_FS)
                        continue;
                ct_idmapped_explain(err, f->message->error, step->op == STEP_FS ? source : NULL, source);
                return;
        }
}

static void limit_hint(const struct failure *f, contain_error_t **err)
{
        int error = f->message->error;

        if (f->step->op == STEP_SCHEDULER && error == EPERM)
                ct_error_set_hint(
                        err, "it takes CAP_SYS_NICE, in a cgroup of version 1 a cpu.realtimeRuntime, and "
                             "for SCHED_DEADLINE that all CPUs may be used");
        else if (f->step->op == STEP_SCHEDULER && error == EBUSY)
                ct_error_set_hint(err, "no more time is left to be promised to SCHED_DEADLINE");
        else if (f->step->op == STEP_SCHEDULER && (error == EINVAL || error == EOPNOTSUPP))
                ct_error_set_hint(err,
                                  "this kernel does not have this policy or flag, or not for these values");
        else if (f->step->op == STEP_IO_PRIORITY && error == EPERM)
                ct_error_set_hint(err, "IOPRIO_CLASS_RT takes CAP_SYS_NICE");
        else if (f->step->op == STEP_MEMORY_POLICY && error == EINVAL)
                ct_error_set_hint(err, "this kernel does not have this mode or flag, or none of these nodes");
        else if (f->step->op == STEP_CPU_AFFINITY && error == EINVAL)
                ct_error_set_hint(err, "none of them is online, and in the cgroup's cpuset");
        else if (f->step->op == STEP_MEMORY_POLICY && error == ENOSYS)
                ct_error_set_hint(err, "this kernel was built without NUMA");
}

static void hint(const struct failure *f, contain_error_t **err)
{
        limit_hint(f, err);
        const char *mount = ct_mount_hint(f->plan, f->step, (int)f->message->error);

        if (f->step->op == STEP_JOIN && f->message->error == EPERM)
                ct_error_set_hint(err, "it belongs to a user namespace in which the caller has no privilege");
        else if (f->message->detail == PLAN_DETAIL_TARGET_CREATE && f->message->error == EROFS)
                ct_error_set_hint(err, "make it in the image, as the root file system cannot be written to");
        else if (f->step->op == STEP_TREE && f->message->error == EINVAL && !f->step->n[0])
                ct_error_set_hint(err, "in a user namespace, a folder with mounts below takes 'rbind'");
        else if (f->step->op == STEP_PROPAGATE && f->message->error == EINVAL)
                ct_error_set_hint(
                        err, "the caller's own root is not a mount point, as in a chroot: bind it on itself");
        else if (f->message->detail == PLAN_DETAIL_OUTSIDE)
                ct_error_set_hint(err, "it was reached through a descriptor of another mount namespace");
        else if (f->step->op == STEP_IDENTITY && f->message->detail == PLAN_DETAIL_GROUPS &&
                 f->message->error == EPERM)
                ct_error_set_hint(err, "the user namespace has given up setgroups(2) for good");
        else if (f->step->op == STEP_IDENTITY && f->message->error == EINVAL)
                ct_error_set_hint(err, "the user namespace that is joined does not map it");
        else if (f->step->op == STEP_COPY_UP && f->message->error == ENOSPC)
                ct_error_set_hint(err, "the tmpfs is too small for it: more by 'size' and 'nr_inodes'");
        else if (f->step->op == STEP_IDMAP)
                explain_idmap(f, err);
        else if (mount)
                ct_error_set_hint(err, "%s", mount);
}

/* Where the step comes from, or the part of it that failed. */
static const char *pointer(const struct failure *f)
{
        if (f->step->op == STEP_IDENTITY && f->message->detail == PLAN_DETAIL_GROUPS)
                return "/process/user/additionalGids";
        return ct_plan_string(f->plan, f->step->at);
}

int ct_words_fail(const struct ct_plan *plan, const struct plan_message *message, contain_error_t **err)
{
        struct failure f = { .plan = plan, .message = message };
        char sentence[SENTENCE];
        int r;

        if (message->step >= ct_plan_header(plan)->n_steps || message->detail == PLAN_DETAIL_PLAN)
                return ct_fail(err, CONTAIN_E_SPAWN, message->error, NULL,
                               "contain-init cannot read its plan");
        f.step = ct_plan_step(plan, message->step);
        if (message->detail == PLAN_DETAIL_MEMORY)
                (void)snprintf(sentence, sizeof(sentence), "contain-init has no memory for step '%s'",
                               ct_plan_op_name(f.step->op));
        else if (message->detail == PLAN_DETAIL_PROC)
                (void)snprintf(sentence, sizeof(sentence), "there is no trustworthy procfs for step '%s'",
                               ct_plan_op_name(f.step->op));
        else if (!target_words(&f, sentence))
                step_words(&f, sentence);

        r = ct_fail(err, ct_plan_op_code(f.step->op), message->error, pointer(&f), "%s", sentence);
        ct_error_set_step(err, ct_plan_op_name(f.step->op));
        hint(&f, err);
        return r;
}
