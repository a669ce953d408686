/* SPDX-License-Identifier: MIT */

/*
 * The keeper as the parent: it spawns contain-init in the host's stead, who has put together what is needed.
 * Our memory is a few pages, so this is an ordinary fork.
 */

#include "init/keeper.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

/* Raises every permitted capability into the ambient set: execve under unmapped ids drops the others. */
static int raise_ambient(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];
        int r;

        r = sys_capget(&header, data);
        if (r < 0)
                return r;
        data[0].inheritable = data[0].permitted;
        data[1].inheritable = data[1].permitted;
        r = sys_capset(&header, data);
        for (unsigned cap = 0; cap < 64 && r >= 0; cap++)
                if (data[cap / 32].permitted & (1u << (cap % 32)))
                        r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap);
        return r;
}

/* The host hears of a failure by the end of its conversation. */
static _Noreturn void execute(const struct keeper_setup *setup, const int fds[KEEPER_DESCRIPTORS])
{
        char name[] = "contain-init";
        char *argv[] = { name, NULL }, *envp[] = { NULL };
        int r;

        r = sys_dup3(fds[KEEPER_INIT], PLAN_SOCKET_FD, 0);
        if (r >= 0 && (setup->flags & KEEPER_FLAG_AMBIENT))
                r = raise_ambient();
        if (r >= 0)
                (void)sys_execveat(fds[KEEPER_PROGRAM], argv, envp);
        sys_exit(INIT_EXIT_FAILED);
}

int keeper_spawn(const struct keeper_setup *setup, const int fds[KEEPER_DESCRIPTORS], int *ret_pidfd)
{
        struct plan_message message = { .kind = KEEPER_SPAWNED, .detail = (uint32_t)sys_getpid() };
        struct clone_args args = { .flags = setup->clone_flags | CLONE_PIDFD,
                                   .pidfd = (uintptr_t)ret_pidfd,
                                   .exit_signal = SIGCHLD };
        int pid = -ENOSYS, r;

        if (fds[KEEPER_CGROUP] >= 0) {
                struct clone_args in_cgroup = args;

                in_cgroup.flags |= CLONE_INTO_CGROUP;
                in_cgroup.cgroup = (uint64_t)(unsigned)fds[KEEPER_CGROUP];
                pid = sys_fork(&in_cgroup);
                message.step = pid > 0;
        }
        /* Whatever kept it out: the host moves it, or learns why that does not work. */
        if (pid < 0)
                pid = sys_fork(&args);
        if (pid == 0)
                execute(setup, fds);
        message.error = pid < 0 ? -pid : 0;
        message.value = pid < 0 ? 0 : (uint64_t)pid;
        r = init_send(PLAN_SOCKET_FD, &message, pid < 0 ? INIT_NO_FD : *ret_pidfd);
        if (r < 0 && pid > 0)
                (void)sys_pidfd_kill(*ret_pidfd, SIGKILL);
        return pid < 0 ? pid : r < 0 ? r : pid;
}
