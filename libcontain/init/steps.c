/* SPDX-License-Identifier: MIT */

/* Which function runs which step. */

#include "init/init.h"

bool init_step_is_host(unsigned op)
{
        enum { INIT, HOST };

        switch (op) {
#define X(op, side, name, code, strings, numbers, blob)                                                      \
        case STEP_##op:                                                                                      \
                return (side) == HOST;
                PLAN_STEPS(X)
#undef X
        default:
                return false;
        }
}

/* A step without a line here does not compile. */
int init_step(struct init *in, const struct plan_step *step)
{
        switch ((enum plan_op)step->op) {
        case STEP_JOIN:
                return init_step_join(in, step);
        case STEP_UNSHARE:
                return init_step_unshare(in, step);
        case STEP_ROOT_IDS:
                return init_step_root_ids(in, step);
        case STEP_ENTER_TIME:
                return init_step_enter_time(in, step);
        case STEP_FORK:
                return init_step_fork(in, step);
        case STEP_HIDE:
                return init_step_hide(in, step);
        case STEP_LOOPBACK:
                return init_step_loopback(in, step);
        case STEP_HOSTNAME:
                return init_step_hostname(in, step);
        case STEP_DOMAINNAME:
                return init_step_domainname(in, step);
        case STEP_PROPAGATE:
                return init_step_propagate(in, step);
        case STEP_ROOTFS:
                return init_step_rootfs(in, step);
        case STEP_TREE:
                return init_step_tree(in, step);
        case STEP_FS:
                return init_step_fs(in, step);
        case STEP_ATTR:
                return init_step_attr(in, step);
        case STEP_IDMAP:
                return init_step_idmap(in, step);
        case STEP_COPY_UP:
                return init_step_copy_up(in, step);
        case STEP_ATTACH:
                return init_step_attach(in, step);
        case STEP_REMOUNT:
                return init_step_remount(in, step);
        case STEP_TARGET_ATTR:
                return init_step_target_attr(in, step);
        case STEP_MKDIR:
                return init_step_mkdir(in, step);
        case STEP_MKNOD:
                return init_step_mknod(in, step);
        case STEP_SYMLINK:
                return init_step_symlink(in, step);
        case STEP_CONSOLE:
                return init_step_console(in, step);
        case STEP_NET_SOCKET:
                return init_step_net_socket(in, step);
        case STEP_HOOK:
                return init_step_hook(in, step);
        case STEP_PIVOT:
                return init_step_pivot(in, step);
        case STEP_ROOT_ATTR:
                return init_step_root_attr(in, step);
        case STEP_SYSCTL:
                return init_step_sysctl(in, step);
        case STEP_MASK:
                return init_step_mask(in, step);
        case STEP_READ_ONLY:
                return init_step_read_only(in, step);
        case STEP_FIND_PROGRAM:
                return init_step_find_program(in, step);
        case STEP_START_WAIT:
                return init_step_start_wait(in, step);
        case STEP_STDIO:
                return init_step_stdio(in, step);
        case STEP_STDIO_CONSOLE:
                return init_step_stdio_console(in, step);
        case STEP_EXTRA_FD:
                return init_step_extra_fd(in, step);
        case STEP_LISTEN_PID:
                in->listen_pid = true;
                return 0;
        case STEP_KEYRING:
                return init_step_keyring(in, step);
        case STEP_PERSONALITY:
                return init_step_personality(in, step);
        case STEP_SCHEDULER:
                return init_step_scheduler(in, step);
        case STEP_IO_PRIORITY:
                return init_step_io_priority(in, step);
        case STEP_MEMORY_POLICY:
                return init_step_memory_policy(in, step);
        case STEP_LABEL:
                return init_step_label(in, step);
        case STEP_NO_NEW_PRIVS:
                return init_step_no_new_privs(in, step);
        case STEP_SECCOMP:
                return init_step_seccomp(in, step);
        case STEP_BOUNDING:
                return init_step_bounding(in, step);
        case STEP_IDENTITY:
                return init_step_identity(in, step);
        case STEP_CAPABILITIES:
                return init_step_capabilities(in, step);
        case STEP_UMASK:
                return init_step_umask(in, step);
        case STEP_CWD:
                return init_step_cwd(in, step);
        case STEP_EXEC:
                return init_step_exec(in, step);
        case STEP_ID_MAPS:
        case STEP_TIME_OFFSETS:
        case STEP_CGROUP:
        case STEP_NET_DEVICE:
        case STEP_RUNTIME_HOOK:
        case STEP_RLIMIT:
        case STEP_OOM_SCORE:
        case STEP_READY:
                return init_become_step(in, step);
        case STEP_NONE:
        case STEP_N:
                break;
        }
        return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
}
