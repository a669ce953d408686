/* SPDX-License-Identifier: MIT */

/* Entering namespaces, and what is set in them at once. */

#include "init/init.h"

/* In place, some of what comes later has to be done before the privilege outside is given up. */
static int before_userns(struct init *in, uint64_t types)
{
        return in->become && (types & CLONE_NEWUSER) ? init_become_before_userns(in) : 0;
}

int init_step_join(struct init *in, const struct plan_step *step)
{
        uint64_t type = step->n[0];
        int r;

        if (step->n[1] == PLAN_JOIN_RETRY && !(in->refused_joins & type))
                return 0;
        r = before_userns(in, type);
        /* The host's procfs is out of reach from there. */
        if (r == 0 && type == CLONE_NEWNS && !in->foreign_mounts)
                r = init_proc_before_pivot(in);
        if (r < 0)
                return r;
        r = sys_setns(init_slot(in, step), type);
        if (r == -EPERM && step->n[1] == PLAN_JOIN_TRY) {
                in->refused_joins |= type;
                return 0;
        }
        if (r == 0 && type == CLONE_NEWNS)
                in->foreign_mounts = true;
        return r;
}

int init_step_unshare(struct init *in, const struct plan_step *step)
{
        int r = before_userns(in, step->n[0]);

        return r < 0 ? r : sys_unshare(step->n[0]);
}

/*
 * Whoever was root outside is nobody in here at first. The ambient set was only there to carry the
 * capabilities over execve, and must not reach the user's program.
 */
int init_step_root_ids(struct init *in, const struct plan_step *step)
{
        int r;

        r = init_set_ids(in, (uint32_t)step->n[0], (uint32_t)step->n[1]);
        if (r < 0)
                return r;
        return sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
}

/* A new time namespace is for children; entering it oneself takes its file. */
int init_step_enter_time(struct init *in, const struct plan_step *step)
{
        int folder_fd, fd, r;

        (void)step;
        folder_fd = init_proc_open(in, "self/ns", O_PATH | O_DIRECTORY);
        if (folder_fd < 0)
                return folder_fd;
        fd = sys_openat(folder_fd, "time_for_children", O_RDONLY | O_CLOEXEC, 0);
        init_close(&folder_fd);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_OPEN, fd);
        r = sys_setns(fd, CLONE_NEWTIME);
        init_close(&fd);
        return r;
}

/*
 * The process that goes on is born into the namespaces that were joined or unshared for children, as
 * a sibling of this one, so that the host is its parent, or as nobody's child. Both may talk to the host;
 * this one has one thing left to say.
 */
int init_step_fork(struct init *in, const struct plan_step *step)
{
        struct plan_message message = { .kind = PLAN_MESSAGE_CHILD, .step = in->step };
        int pidfd = INIT_NO_FD;
        struct clone_args args = { .flags = CLONE_PIDFD | step->n[0], .pidfd = (uintptr_t)&pidfd };
        int r;

        /* An orphan is its subreaper's, or the first process's, as soon as this one is gone. */
        if (step->n[1] != 0)
                args.exit_signal = SIGCHLD;
        else
                args.flags |= CLONE_PARENT;

        r = sys_fork(&args);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_FORK, r);
        if (r > 0) {
                message.value = (uint64_t)r;
                r = init_send(in->host_fd, &message, pidfd);
                sys_exit(r < 0 ? INIT_EXIT_ALONE : INIT_EXIT_DONE);
        }
        (void)sys_setsid();
        return 0;
}

int init_step_hide(struct init *in, const struct plan_step *step)
{
        (void)in;
        (void)step;
        return sys_prctl(PR_SET_DUMPABLE, 0, 0);
}

int init_step_hostname(struct init *in, const struct plan_step *step)
{
        const char *name = init_text(in, step->s[0]);

        return name ? sys_sethostname(name, text_length(name)) : init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
}

int init_step_domainname(struct init *in, const struct plan_step *step)
{
        const char *name = init_text(in, step->s[0]);

        return name ? sys_setdomainname(name, text_length(name)) : init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
}
