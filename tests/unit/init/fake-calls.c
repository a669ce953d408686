/* SPDX-License-Identifier: MIT */

/* What the fake writes down: see fake.h. */

#include "fake-calls.h"

#include "fake.h"
#include "init/kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TRACE_SIZE 65536

static char trace[TRACE_SIZE];
static size_t trace_size;

static const struct fake_call calls[] = {
        { __NR_accept4, "accept4", "d", 'A', 4, O_CLOEXEC },
        { __NR_capget, "capget", "", 'c', 0, 0 },
        { __NR_capset, "capset", "-C", '0', 0, 0 },
        { __NR_chdir, "chdir", "s", '0', 0, 0 },
        { __NR_chroot, "chroot", "s", '0', 0, 0 },
        { __NR_clone3, "clone3", "", 'f', 0, 0 },
        { __NR_close, "close", "d", 'x', 0, 0 },
        { __NR_close_range, "close_range", "ddd", '0', 0, 0 },
        { __NR_dup3, "dup3", "dd", 'D', 0, 0 },
        { __NR_execve, "execve", "s", 'E', 0, 0 },
        { __NR_exit_group, "exit_group", "d", 'X', 0, 0 },
        { __NR_fchdir, "fchdir", "d", '0', 0, 0 },
        { __NR_fchmod, "fchmod", "do", '0', 0, 0 },
        { __NR_fchownat, "fchownat", "dsdd", '0', 0, 0 },
        { __NR_fcntl, "fcntl", "ddd", 'F', 0, 0 },
        { __NR_fsconfig, "fsconfig", "ddss", '0', 0, 0 },
        { __NR_fgetxattr, "fgetxattr", "ds", '0', 0, 0 },
        { __NR_flistxattr, "flistxattr", "d", '0', 0, 0 },
        { __NR_fsetxattr, "fsetxattr", "ds", '0', 0, 0 },
        { __NR_fsmount, "fsmount", "d-x", 'n', 2, FSMOUNT_CLOEXEC },
        { __NR_fsopen, "fsopen", "s", 'n', 2, FSOPEN_CLOEXEC },
        { __NR_fspick, "fspick", "ds", 'n', 3, FSPICK_CLOEXEC },
        { __NR_fstatfs, "fstatfs", "d", 'S', 0, 0 },
        { __NR_getcwd, "getcwd", "", 'w', 0, 0 },
        { __NR_getdents64, "getdents64", "d", '0', 0, 0 },
        { __NR_getpid, "getpid", "", '1', 0, 0 },
        { __NR_getsockopt, "getsockopt", "d", 'L', 0, 0 },
        { __NR_ioctl, "ioctl", "dx", 'I', 0, 0 },
        { __NR_ioprio_set, "ioprio_set", "ddd", '0', 0, 0 },
        { __NR_keyctl, "keyctl", "d", '1', 0, 0 },
        { __NR_linkat, "linkat", "dsds", '0', 0, 0 },
        { __NR_lseek, "lseek", "d", 'l', 0, 0 },
        { __NR_memfd_create, "memfd_create", "s", 'n', 2, MFD_CLOEXEC },
        { __NR_mkdirat, "mkdirat", "dso", '0', 0, 0 },
        { __NR_mknodat, "mknodat", "dsox", '0', 0, 0 },
        { __NR_mmap, "mmap", "-d--d", 'm', 0, 0 },
        { __NR_mount, "mount", "-s-x", '0', 0, 0 },
        { __NR_mount_setattr, "mount_setattr", "d-xa", '0', 0, 0 },
        { __NR_move_mount, "move_mount", "dsds", '0', 0, 0 },
        { __NR_open_tree, "open_tree", "dsx", 'n', 3, O_CLOEXEC },
        { __NR_openat, "openat", "dsx", 'n', 3, O_CLOEXEC },
        { __NR_openat2, "openat2", "dsh", 'n', 0, 0 },
        { __NR_personality, "personality", "x", '0', 0, 0 },
        { __NR_pidfd_send_signal, "pidfd_send_signal", "dd", '0', 0, 0 },
        { __NR_pipe2, "pipe2", "", 'p', 2, O_CLOEXEC },
        { __NR_pivot_root, "pivot_root", "ss", '0', 0, 0 },
        { __NR_ppoll, "ppoll", "", 'P', 0, 0 },
        { __NR_prctl, "prctl", "ddd", '0', 0, 0 },
        { __NR_prlimit64, "prlimit64", "-d", '0', 0, 0 },
        { __NR_read, "read", "d", 'r', 0, 0 },
        { __NR_readlinkat, "readlinkat", "ds", '0', 0, 0 },
        { __NR_recvmsg, "recvmsg", "d", 'R', 3, 0x40000000 },
        { __NR_rt_sigaction, "rt_sigaction", "d", '0', 0, 0 },
        { __NR_rt_sigprocmask, "rt_sigprocmask", "d", '0', 0, 0 },
        { __NR_sched_setattr, "sched_setattr", "", '0', 0, 0 },
        { __NR_sched_yield, "sched_yield", "", 'y', 0, 0 },
        { __NR_seccomp, "seccomp", "dx", 'n', 0, 0 },
        { __NR_sendmsg, "sendmsg", "dm", 'M', 0, 0 },
        { __NR_set_mempolicy, "set_mempolicy", "d-d", '0', 0, 0 },
        { __NR_setdomainname, "setdomainname", "sd", '0', 0, 0 },
        { __NR_setgroups, "setgroups", "d", '0', 0, 0 },
        { __NR_sethostname, "sethostname", "sd", '0', 0, 0 },
        { __NR_setns, "setns", "dx", '0', 0, 0 },
        { __NR_setresgid, "setresgid", "ddd", '0', 0, 0 },
        { __NR_setresuid, "setresuid", "ddd", '0', 0, 0 },
        { __NR_setsid, "setsid", "", '1', 0, 0 },
        { __NR_socket, "socket", "d", 'n', 2, O_CLOEXEC },
        { __NR_statx, "statx", "ds", 's', 0, 0 },
        { __NR_symlinkat, "symlinkat", "sds", '0', 0, 0 },
        { __NR_umask, "umask", "o", 'u', 0, 0 },
        { __NR_umount2, "umount2", "sx", '0', 0, 0 },
        { __NR_unshare, "unshare", "x", '0', 0, 0 },
        { __NR_utimensat, "utimensat", "ds", '0', 0, 0 },
        { __NR_wait4, "wait4", "d", 'W', 0, 0 },
        { __NR_write, "write", "dt", 'z', 0, 0 },
};

const struct fake_call *fake_call_find(long nr)
{
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                if (calls[i].nr == nr)
                        return &calls[i];
        return NULL;
}

void fake_record_reset(void)
{
        trace[0] = '\0';
        trace_size = 0;
}

void fake_record(const char *format, ...)
{
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(trace + trace_size, sizeof(trace) - trace_size, format, args);
        va_end(args);
        if (n > 0 && trace_size + (size_t)n < sizeof(trace))
                trace_size += (size_t)n;
}

const char *fake_trace(void)
{
        return trace;
}

const char *fake_trace_after(const char *line)
{
        const char *found = strstr(trace, line);

        found = found ? strchr(found, '\n') : NULL;
        return found ? found + 1 : "";
}

static void record_message(const struct kernel_msghdr *message)
{
        static const char *const kinds[] = { "?",    "PLAN",   "SLOTS",   "GO",    "START",  "GUARD",
                                             "TURN", "FAILED", "CONSOLE", "CHILD", "WARNING" };
        const struct plan_message *plan = message->iov->base;

        if (message->iov->size != sizeof(*plan) || plan->kind >= sizeof(kinds) / sizeof(kinds[0])) {
                fake_record(", \"");
                for (size_t i = 0; i < message->n_iov; i++)
                        fake_record("%.*s", (int)message->iov[i].size, (const char *)message->iov[i].base);
                fake_record("\"");
                return;
        }
        fake_record(", %s %u", kinds[plan->kind], plan->step);
        if (plan->error)
                fake_record(" errno %d detail %u", plan->error, plan->detail);
}

static void record_argument(char form, long value, long next)
{
        const struct mount_attr *attr = (const struct mount_attr *)value;
        const struct __user_cap_data_struct *caps = (const struct __user_cap_data_struct *)value;

        switch (form) {
        case 'd':
                fake_record("%ld", value);
                break;
        case 'x':
                fake_record("0x%lx", (unsigned long)value & 0xffffffff);
                break;
        case 'o':
                fake_record("0%lo", (unsigned long)value);
                break;
        case 's':
                fake_record(value ? "\"%s\"" : "NULL", (const char *)value);
                break;
        case 't':
                fake_record("\"%.*s\"", (int)next, (const char *)value);
                break;
        case 'h':
                fake_record("0x%llx, 0x%llx", ((const struct open_how *)value)->flags,
                            ((const struct open_how *)value)->resolve);
                break;
        case 'a':
                fake_record("+0x%llx -0x%llx =0x%llx", attr->attr_set, attr->attr_clr, attr->propagation);
                break;
        case 'C':
                fake_record("0x%x 0x%x 0x%x", caps[0].effective, caps[0].permitted, caps[0].inheritable);
                break;
        default:
                break;
        }
}

void fake_record_call(const struct fake_call *call, const long *a, bool in_child)
{
        bool first = true;

        fake_record("%s%s(", in_child ? "  " : "", call->name);
        for (size_t i = 0; call->arguments[i] != '\0'; i++) {
                if (call->arguments[i] == 'm') {
                        record_message((const struct kernel_msghdr *)a[i]);
                        continue;
                }
                if (call->arguments[i] == '-')
                        continue;
                if (!first)
                        fake_record(", ");
                first = false;
                record_argument(call->arguments[i], a[i], a[i + 1]);
        }
        fake_record(")\n");
}
