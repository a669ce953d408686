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

#define RUN(op, function)                                                                                    \
        case STEP_##op:                                                                                      \
                return function(in, step)

/* A step without a line here does not compile. */
int init_step(struct init *in, const struct plan_step *step)
{
        switch ((enum plan_op)step->op) {
                RUN(JOIN, init_step_join);
                RUN(UNSHARE, init_step_unshare);
                RUN(ROOT_IDS, init_step_root_ids);
                RUN(ENTER_TIME, init_step_enter_time);
                RUN(FORK, init_step_fork);
                RUN(HIDE, init_step_hide);
                RUN(ENTER_ROOT, init_step_enter_root);
                RUN(CPU_AFFINITY, init_step_cpu_affinity);
                RUN(LOOPBACK, init_step_loopback);
                RUN(HOSTNAME, init_step_hostname);
                RUN(DOMAINNAME, init_step_domainname);
                RUN(PROPAGATE, init_step_propagate);
                RUN(ROOTFS, init_step_rootfs);
                RUN(TREE, init_step_tree);
                RUN(FS, init_step_fs);
                RUN(ATTR, init_step_attr);
                RUN(IDMAP, init_step_idmap);
                RUN(COPY_UP, init_step_copy_up);
                RUN(ATTACH, init_step_attach);
                RUN(REMOUNT, init_step_remount);
                RUN(TARGET_ATTR, init_step_target_attr);
                RUN(MKDIR, init_step_mkdir);
                RUN(UNMOUNT, init_step_unmount);
                RUN(MKNOD, init_step_mknod);
                RUN(SYMLINK, init_step_symlink);
                RUN(CONSOLE, init_step_console);
                RUN(NET_SOCKET, init_step_net_socket);
                RUN(HOOK, init_step_hook);
                RUN(PIVOT, init_step_pivot);
                RUN(ROOT_ATTR, init_step_root_attr);
                RUN(SYSCTL, init_step_sysctl);
                RUN(MASK, init_step_mask);
                RUN(READ_ONLY, init_step_read_only);
                RUN(FIND_PROGRAM, init_step_find_program);
                RUN(START_WAIT, init_step_start_wait);
                RUN(STDIO, init_step_stdio);
                RUN(STDIO_CONSOLE, init_step_stdio_console);
                RUN(EXTRA_FD, init_step_extra_fd);
        case STEP_LISTEN_PID:
                in->listen_pid = true;
                return 0;
                RUN(KEYRING, init_step_keyring);
                RUN(PERSONALITY, init_step_personality);
                RUN(SCHEDULER, init_step_scheduler);
                RUN(IO_PRIORITY, init_step_io_priority);
                RUN(MEMORY_POLICY, init_step_memory_policy);
                RUN(LABEL, init_step_label);
                RUN(NO_NEW_PRIVS, init_step_no_new_privs);
                RUN(SECCOMP, init_step_seccomp);
                RUN(BOUNDING, init_step_bounding);
                RUN(IDENTITY, init_step_identity);
                RUN(CAPABILITIES, init_step_capabilities);
                RUN(UMASK, init_step_umask);
                RUN(CWD, init_step_cwd);
                RUN(EXEC, init_step_exec);
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
