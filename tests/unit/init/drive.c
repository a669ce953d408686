/* SPDX-License-Identifier: MIT */

/* The host's part of the conversation: see drive.h. */

#include "drive.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(call) check((long)(call), #call)

static long check(long r, const char *what)
{
        if (r < 0) {
                (void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
                exit(1);
        }
        return r;
}

void drive_begin(struct drive *drive, uint32_t flags)
{
        memset(drive, 0, offsetof(struct drive, output));
        build_begin(&drive->build, flags);
        drive->pidfd = drive->host_fd = drive->console_fd = drive->output_fd = -1;
        drive->output[0] = '\0';
}

int drive_slot(struct drive *drive, enum plan_slot_kind kind, uint64_t number, int fd)
{
        int slot = build_slot(&drive->build, kind, number);

        drive->fds[slot - 1] = fd;
        return slot;
}

void drive_stdio_slots(struct drive *drive, int ret[3])
{
        int ends[2];

        CHECK(pipe2(ends, O_CLOEXEC));
        drive->output_fd = ends[0];
        ret[0] = drive_slot(drive, PLAN_SLOT_STDIO, 0, (int)CHECK(open("/dev/null", O_RDONLY | O_CLOEXEC)));
        ret[1] = drive_slot(drive, PLAN_SLOT_STDIO, 1, ends[1]);
        ret[2] = drive_slot(drive, PLAN_SLOT_STDIO, 2, (int)CHECK(fcntl(ends[1], F_DUPFD_CLOEXEC, 3)));
}

void drive_stdio_steps(struct drive *drive, const int slots[3])
{
        for (int i = 0; i < 3; i++)
                STEP(&drive->build, .op = STEP_STDIO, .slot = slots[i], .n = { (uint64_t)i });
}

/* The other end is kept as host_fd of the second conversation, in the slot after the last one. */
int drive_start_slot(struct drive *drive)
{
        int ends[2], slot;

        CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
        slot = drive_slot(drive, PLAN_SLOT_START, 0, ends[1]);
        drive->fds[BUILD_SLOTS - 1] = ends[0];
        return slot;
}

int drive_listen_slot(struct drive *drive)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = (int)CHECK(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));

        CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address.sun_family)));
        CHECK(listen(fd, 16));
        drive->fds[BUILD_SLOTS - 1] = -1;
        return drive_slot(drive, PLAN_SLOT_START, 1, fd);
}

/* --- the process ---------------------------------------------------------------------------- */

static void raise_ambient(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];

        CHECK(syscall(SYS_capget, &header, data));
        for (int i = 0; i < 2; i++)
                data[i].inheritable = data[i].permitted;
        CHECK(syscall(SYS_capset, &header, data));
        for (unsigned long cap = 0; cap < 64; cap++)
                if (data[cap / 32].permitted & (1u << (cap % 32)))
                        CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
}

/* As on Linux before 5.12. */
static void forget_mount_setattr(void)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount_setattr, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

        CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static void execute(struct drive *drive, int socket_fd)
{
        const char *program = getenv("INIT_PROGRAM"), *emulator = getenv("INIT_EMULATOR");
        char *environment[] = { NULL };
        sigset_t all;

        (void)sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        if (socket_fd == PLAN_SOCKET_FD)
                CHECK(fcntl(socket_fd, F_SETFD, 0));
        else
                CHECK(dup2(socket_fd, PLAN_SOCKET_FD));
        /* Left open by a careless host. */
        CHECK(dup2(0, 57));
        if (drive->ambient)
                raise_ambient();
        if (drive->no_setattr)
                forget_mount_setattr();
        if (emulator) {
                CHECK(execle(emulator, emulator, program, NULL, environment));
        } else {
                CHECK(execle(program, drive->argv0 ? drive->argv0 : "contain-init", NULL, environment));
        }
}

static void spawn(struct drive *drive, int socket_fd)
{
        struct clone_args args = { .flags = drive->clone_flags | CLONE_PIDFD,
                                   .pidfd = (uint64_t)(uintptr_t)&drive->pidfd,
                                   .exit_signal = SIGCHLD };
        bool in_place = (drive->build.header.flags & PLAN_FLAG_BECOME) != 0;

        (void)fflush(stdout);
        drive->pid = (pid_t)CHECK(syscall(SYS_clone3, &args, sizeof(args)));
        if (drive->pid == 0) {
                if (in_place && drive->output_fd >= 0) {
                        CHECK(dup2(drive->fds[1], 1));
                        CHECK(dup2(drive->fds[1], 2));
                }
                execute(drive, socket_fd);
        }
}

static void send_fds(int socket_fd, const struct plan_message *message, const int *fds, size_t n)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * PLAN_FDS_PER_MESSAGE)];
                struct cmsghdr align;
        } control = { .bytes = { 0 } };
        struct iovec iov = { (void *)(uintptr_t)message, sizeof(*message) };
        struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

        if (n > 0) {
                msg.msg_control = &control;
                msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
                control.align.cmsg_level = SOL_SOCKET;
                control.align.cmsg_type = SCM_RIGHTS;
                control.align.cmsg_len = CMSG_LEN(sizeof(int) * n);
                memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * n);
        }
        CHECK(sendmsg(socket_fd, &msg, MSG_NOSIGNAL));
}

static void queue_plan(struct drive *drive)
{
        size_t size = build_finish(&drive->build);
        struct plan_message message = { .kind = PLAN_MESSAGE_PLAN, .step = drive->build.n_slots };
        int fd = (int)CHECK(memfd_create("plan", MFD_CLOEXEC));

        CHECK(write(fd, drive->build.bytes, size));
        send_fds(drive->host_fd, &message, &fd, 1);
        (void)close(fd);
        message.kind = PLAN_MESSAGE_SLOTS;
        /* In several messages, as when there are many. */
        for (message.step = 0; message.step < drive->build.n_slots;) {
                uint32_t n = drive->build.n_slots - message.step;

                n = n > 3 ? 3 : n;
                send_fds(drive->host_fd, &message, drive->fds + message.step, n);
                message.step += n;
        }
}

/* --- serving it ----------------------------------------------------------------------------- */

/* 1: a message, 0: end of file */
static int receive(int socket_fd, struct plan_message *ret, int *ret_fd)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int))];
                struct cmsghdr align;
        } control;
        struct iovec iov = { ret, sizeof(*ret) };
        struct msghdr msg = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t n = recvmsg(socket_fd, &msg, MSG_CMSG_CLOEXEC);
        struct cmsghdr *header;

        *ret_fd = -1;
        if (n <= 0)
                return 0;
        header = CMSG_FIRSTHDR(&msg);
        if (header && header->cmsg_type == SCM_RIGHTS)
                memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
        return 1;
}

static bool is_host_step(unsigned op)
{
        switch (op) {
        case STEP_ID_MAPS:
        case STEP_TIME_OFFSETS:
        case STEP_CGROUP:
        case STEP_RUNTIME_HOOK:
        case STEP_NET_DEVICE:
        case STEP_RLIMIT:
        case STEP_OOM_SCORE:
        case STEP_READY:
                return true;
        default:
                return false;
        }
}

static void write_map(pid_t pid, const char *file, const char *value)
{
        char path[64];
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        fd = (int)CHECK(open(path, O_WRONLY | O_CLOEXEC));
        CHECK(write(fd, value, strlen(value)));
        (void)close(fd);
}

static void take_turn(struct drive *drive, uint32_t i)
{
        struct plan_message go = { .kind = PLAN_MESSAGE_GO, .value = (uint64_t)drive->pid };

        for (; i < drive->build.n_steps && is_host_step(drive->build.steps[i].op); i++) {
                const struct plan_step *step = &drive->build.steps[i];
                const char *base = (const char *)drive->build.bytes;

                if (step->op == STEP_ID_MAPS) {
                        write_map(drive->pid, "uid_map", base + step->s[0]);
                        write_map(drive->pid, "gid_map", base + step->s[1]);
                }
                if (step->op == STEP_TIME_OFFSETS)
                        write_map(drive->pid, "timens_offsets", base + step->s[0]);
                if (step->op == STEP_READY)
                        drive->created = true;
        }
        go.step = i;
        send_fds(drive->host_fd, &go, NULL, 0);
}

/* The process in whose stead another one goes on: it is our child too. */
static void adopt(struct drive *drive, int pidfd)
{
        char path[64], line[256];
        FILE *file;

        CHECK(waitpid(drive->pid, NULL, 0));
        (void)close(drive->pidfd);
        drive->pidfd = pidfd;
        (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
        file = fopen(path, "re");
        while (file && fgets(line, sizeof(line), file))
                (void)sscanf(line, "Pid: %d", &drive->pid);
        (void)fclose(file);
}

/* Until end of file, or a failure. A TURN may come before the CHILD that takes it: looked at afterwards. */
static void serve(struct drive *drive, int socket_fd)
{
        bool forks = (drive->build.header.flags & PLAN_FLAG_STAGED) != 0, forked = false;
        struct plan_message message, early = { 0 };
        int fd;

        while (receive(socket_fd, &message, &fd) == 1) {
                switch (message.kind) {
                case PLAN_MESSAGE_FAILED:
                        drive->failed = message;
                        drive->plan_came = fd >= 0;
                        if (fd >= 0)
                                (void)close(fd);
                        break;
                case PLAN_MESSAGE_CHILD:
                        adopt(drive, fd);
                        forked = true;
                        if (early.kind != 0)
                                take_turn(drive, early.step);
                        break;
                case PLAN_MESSAGE_TURN: {
                        uint32_t fork_step = 0;

                        while (fork_step < drive->build.n_steps &&
                               drive->build.steps[fork_step].op != STEP_FORK)
                                fork_step++;
                        if (forks && !forked && message.step > fork_step)
                                early = message;
                        else
                                take_turn(drive, message.step);
                        break;
                }
                case PLAN_MESSAGE_CONSOLE:
                        drive->console_fd = fd;
                        break;
                default:
                        if (fd >= 0)
                                (void)close(fd);
                }
        }
}

void drive_create(struct drive *drive)
{
        int ends[2];

        CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
        drive->host_fd = ends[0];
        queue_plan(drive);
        spawn(drive, ends[1]);
        (void)close(ends[1]);
        if (drive->build.header.flags & PLAN_FLAG_BECOME) {
                /* Nobody speaks. */
                (void)close(drive->host_fd);
                drive->host_fd = -1;
        } else {
                serve(drive, drive->host_fd);
        }
        for (uint32_t i = 0; i < drive->build.n_slots; i++) {
                if (drive->build.slots[i].kind == PLAN_SLOT_START && drive->build.slots[i].number == 1)
                        continue;
                (void)close(drive->fds[i]);
                drive->fds[i] = -1;
        }
}

static int connect_start(int listen_fd)
{
        struct sockaddr_un address;
        socklen_t size = sizeof(address);
        int fd = (int)CHECK(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));

        CHECK(getsockname(listen_fd, (struct sockaddr *)&address, &size));
        CHECK(connect(fd, (struct sockaddr *)&address, size));
        return fd;
}

void drive_start(struct drive *drive)
{
        const struct plan_message start = { .kind = PLAN_MESSAGE_START };
        int fd = drive->fds[BUILD_SLOTS - 1];

        for (uint32_t i = 0; i < drive->build.n_slots; i++) {
                if (drive->fds[i] < 0)
                        continue;
                for (int probe = 0; probe < 5 && drive->probes; probe++) {
                        fd = connect_start(drive->fds[i]);
                        if (probe % 2)
                                CHECK(send(fd, "nonsense", 8, MSG_NOSIGNAL));
                        (void)close(fd);
                }
                fd = connect_start(drive->fds[i]);
                (void)close(drive->fds[i]);
                drive->fds[i] = -1;
        }
        send_fds(fd, &start, NULL, 0);
        serve(drive, fd);
        (void)close(fd);
        drive->fds[BUILD_SLOTS - 1] = -1;
        drive->started = drive->failed.kind == 0;
}

void drive_wait(struct drive *drive)
{
        size_t size = 0;
        ssize_t n = 1;
        int status;

        while (drive->output_fd >= 0 && n > 0 && size < sizeof(drive->output) - 1) {
                n = read(drive->output_fd, drive->output + size, sizeof(drive->output) - 1 - size);
                size += n > 0 ? (size_t)n : 0;
        }
        drive->output[size] = '\0';
        CHECK(waitpid(drive->pid, &status, 0));
        drive->pid = 0;
        drive->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void drive_run(struct drive *drive)
{
        drive_create(drive);
        if (drive->created && drive->failed.kind == 0)
                drive_start(drive);
        drive_wait(drive);
}

void drive_end(struct drive *drive)
{
        if (drive->pid > 0) {
                (void)kill(drive->pid, SIGKILL);
                (void)waitpid(drive->pid, NULL, 0);
        }
        for (uint32_t i = 0; i < BUILD_SLOTS; i++)
                if (drive->fds[i] > 2)
                        (void)close(drive->fds[i]);
        for (int i = 0; i < 4; i++) {
                int fds[] = { drive->pidfd, drive->host_fd, drive->console_fd, drive->output_fd };

                if (fds[i] >= 0)
                        (void)close(fds[i]);
        }
}
