/* SPDX-License-Identifier: MIT */

/* The kernel, as far as contain-init can tell: see fake.h. */

#include "fake.h"

#include "fake-calls.h"
#include "fake-thread.h"
#include "init/kernel.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define FILES     16
#define FIRST_FD  20
#define FDS       4096
#define POOL_SIZE (512 * 1024)

long sys_call(long nr, long a, long b, long c, long d, long e, long f);
long sys_clone_call(const struct clone_args *args, int (*fn)(void *), void *arg);
void sys_relax(void);
_Noreturn void init_main(int argc, char **argv);
/* <stdlib.h> and the kernel have different ideas of sigset_t. */
_Noreturn void abort(void);

static struct {
        char violations[512];
        int count;

        const char *fail_name;
        int fail_error, fail_after, fail_number;
        const char *times_name;
        int times_error, times;
        const char *failed_name;

        struct {
                const char *path;
                uint32_t mode;
                uint64_t number;
        } files[FILES];
        size_t n_files;
        const char *content;
        int child_status;

        struct build *build;
        size_t plan_size;
        bool open[FDS];
        int next_fd;
        const char *last_path; /* that the last descriptor was opened by */
        struct plan_message failure, turn;
        int received, host_ends;
        int probes;
        bool listening, started;

        jmp_buf end, child_end;
        bool in_child;
        int status;

        int *thread_alive;

        char pool[POOL_SIZE];
        size_t pool_used;
} fake;

static void violation(const char *name, const char *what)
{
        size_t size = strlen(fake.violations);

        (void)snprintf(fake.violations + size, sizeof(fake.violations) - size, "%s: %s\n", name, what);
}

/* --- answers -------------------------------------------------------------------------------- */

static int new_fd(void)
{
        int fd = fake.next_fd++;

        if (fd < FDS)
                fake.open[fd] = true;
        return fd;
}

/* Descriptors that a message brings. */
static void bring(struct kernel_msghdr *message, uint32_t n)
{
        struct kernel_cmsghdr *header = message->control;
        size_t room = message->control_size;

        message->control_size = 0;
        message->flags = 0;
        if (n == 0)
                return;
        if (room < sizeof(*header) + n * sizeof(int)) {
                message->flags = RECV_CUT;
                return;
        }
        *header = (struct kernel_cmsghdr){ .size = sizeof(*header) + n * sizeof(int),
                                           .level = SOL_SOCKET,
                                           .type = RIGHTS };
        for (uint32_t i = 0; i < n; i++)
                ((int *)(header + 1))[i] = new_fd();
        message->control_size = sizeof(*header) + n * sizeof(int);
}

static bool is_host_step(unsigned op)
{
        return op == STEP_ID_MAPS || op == STEP_TIME_OFFSETS || op == STEP_CGROUP ||
               op == STEP_RUNTIME_HOOK || op == STEP_RLIMIT || op == STEP_OOM_SCORE || op == STEP_READY ||
               op == STEP_NET_DEVICE;
}

static long receive(int fd, struct kernel_msghdr *message)
{
        struct plan_message *to = message->iov->base;
        const struct build *build = fake.build;
        uint32_t n = 0;

        if (fake.host_ends >= 0 && fake.received >= fake.host_ends)
                return 0;
        *to = (struct plan_message){ 0 };
        if (fd != PLAN_SOCKET_FD) {
                bring(message, 0);
                if (fake.probes > 0)
                        return fake.probes--, 0;
                to->kind = PLAN_MESSAGE_START;
        } else if (fake.received++ == 0) {
                *to = (struct plan_message){ .kind = PLAN_MESSAGE_PLAN, .step = build->n_slots };
                n = 1;
        } else if (fake.received == 2 && build->n_slots > 0) {
                *to = (struct plan_message){ .kind = PLAN_MESSAGE_SLOTS };
                n = build->n_slots;
        } else {
                to->kind = PLAN_MESSAGE_GO;
                to->value = 4711;
                for (to->step = fake.turn.step; is_host_step(build->steps[to->step].op);)
                        to->step++;
        }
        bring(message, n);
        return sizeof(*to);
}

static long send_message(const struct kernel_msghdr *message)
{
        const struct plan_message *plan = message->iov->base;
        long size = 0;

        if (message->iov->size == sizeof(*plan) && plan->kind == PLAN_MESSAGE_FAILED)
                fake.failure = *plan;
        if (message->iov->size == sizeof(*plan) && plan->kind == PLAN_MESSAGE_TURN)
                fake.turn = *plan;
        for (size_t i = 0; i < message->n_iov; i++)
                size += (long)message->iov[i].size;
        return size;
}

static long map(long size, int fd)
{
        if (fd >= 0)
                return (long)fake.build->bytes;
        fake.pool_used += (size_t)size;
        return fake.pool_used > POOL_SIZE ? -ENOMEM : (long)(fake.pool + fake.pool_used - (size_t)size);
}

/* By the path it was opened with, when it is asked for by descriptor. */
static long file_status(const char *path, struct statx *to)
{
        if (*path == '\0')
                path = fake.last_path ? fake.last_path : "";
        memset(to, 0, sizeof(*to));
        to->stx_mode = S_IFDIR | 0755;
        to->stx_ino = 1;
        for (size_t i = 0; i < fake.n_files; i++) {
                if (strcmp(fake.files[i].path, path) != 0)
                        continue;
                if (fake.files[i].mode == 0)
                        return -ENOENT;
                to->stx_mode = (uint16_t)fake.files[i].mode;
                to->stx_ino = fake.files[i].number;
                to->stx_rdev_major = (uint32_t)(fake.files[i].number >> 32);
                to->stx_rdev_minor = (uint32_t)fake.files[i].number;
        }
        return 0;
}

static long file_system(struct statfs *to)
{
        memset(to, 0, sizeof(*to));
        to->f_type = fake.last_path && strstr(fake.last_path, "pts") ? DEVPTS_SUPER_MAGIC : PROC_SUPER_MAGIC;
        return 0;
}

static long read_content(char *to, size_t size)
{
        size_t n = fake.content ? strlen(fake.content) : 0;

        n = n < size ? n : size;
        if (n > 0) {
                memcpy(to, fake.content, n);
                fake.content += n;
        }
        return (long)n;
}

/* Who came last has something to say. */
static long ready(struct kernel_pollfd *fds, size_t n)
{
        if (n > 0)
                fds[n - 1].revents = POLLIN;
        return 1;
}

static long executed(void)
{
        if (fake.in_child)
                longjmp(fake.child_end, 1);
        fake.status = 0;
        longjmp(fake.end, 1 + FAKE_EXECUTED);
}

static long answer(const struct fake_call *call, const long *a)
{
        switch (call->result) {
        case 'n':
                if (strncmp(call->name, "open", 4) == 0)
                        fake.last_path = (const char *)a[1];
                return new_fd();
        case 'x':
                if (a[0] >= FIRST_FD && a[0] < FDS && !fake.open[a[0]])
                        violation(call->name, "it is not open");
                if (a[0] >= 0 && a[0] < FDS)
                        fake.open[a[0]] = false;
                return 0;
        case 'F':
                return a[1] == F_DUPFD_CLOEXEC ? new_fd() : 0;
        case 'D':
                return a[1];
        case 'I':
                return a[1] == (long)TIOCGPTPEER ? new_fd() : 0;
        case 'A':
                return new_fd();
        case 'L':
                *(int *)a[3] = fake.listening;
                return 0;
        case 'R':
                return receive((int)a[0], (struct kernel_msghdr *)a[1]);
        case 'M':
                return send_message((const struct kernel_msghdr *)a[1]);
        case 'l':
                return a[2] == SEEK_END ? (long)fake.plan_size : 0;
        case 'm':
                return map(a[1], (int)a[4]);
        case 's':
                return file_status((const char *)a[1], (struct statx *)a[4]);
        case 'S':
                return file_system((struct statfs *)a[1]);
        case 'r':
                return read_content((char *)a[1], (size_t)a[2]);
        case 'z':
                return a[2];
        case 'w':
                memcpy((char *)a[0], "/", 2);
                return 2;
        case 'c':
                memset((void *)a[1], 0x0f, 2 * sizeof(struct __user_cap_data_struct));
                return 0;
        case 'W':
                *(int *)a[1] = fake.child_status;
                return a[0];
        case 'p':
                ((int *)a[0])[0] = new_fd();
                ((int *)a[0])[1] = new_fd();
                return 0;
        case 'y':
                sys_relax();
                return 0;
        case 'f':
                return 77;
        case 'u':
                return 022;
        case '1':
                return 1;
        case 'P':
                return ready((struct kernel_pollfd *)a[0], (size_t)a[1]);
        case 'E':
                return executed();
        case 'X':
                fake.status = (int)a[0];
                longjmp(fake.end, 1 + FAKE_EXITED);
        default:
                return 0;
        }
}

static bool is_to_fail(const struct fake_call *call)
{
        if (call->result == 'X')
                return false;
        if (fake.fail_number > 0 && fake.count == fake.fail_number) {
                fake.fail_error = EIO;
                return true;
        }
        if (fake.fail_name && strcmp(fake.fail_name, call->name) == 0)
                return fake.fail_error != 0 && fake.fail_after-- <= 0;
        return false;
}

static bool is_to_fail_yet(const struct fake_call *call)
{
        return fake.times > 0 && strcmp(fake.times_name, call->name) == 0 && fake.times-- > 0;
}

long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
        const long arguments[] = { a, b, c, d, e, f, 0 };
        const struct fake_call *call = fake_call_find(nr);

        if (!call) {
                (void)fprintf(stderr, "the fake does not know system call %ld\n", nr);
                abort();
        }
        fake.count++;
        fake_record_call(call, arguments, fake.in_child || fake_thread_runs());
        if (call->cloexec_argument > 0 &&
            ((unsigned long)arguments[call->cloexec_argument - 1] & call->cloexec) != call->cloexec)
                violation(call->name, "not close-on-exec");
        if (nr == __NR_openat2 && !(((const struct open_how *)c)->flags & O_CLOEXEC))
                violation(call->name, "not close-on-exec");
        if (is_to_fail_yet(call))
                return -fake.times_error;
        if (is_to_fail(call)) {
                if (!fake.failed_name)
                        fake.failed_name = call->name;
                return -fake.fail_error;
        }
        return answer(call, arguments);
}

/* A child that shares memory runs at once; a thread when the other waits for it. */
long sys_clone_call(const struct clone_args *args, int (*fn)(void *), void *arg)
{
        fake.count++;
        fake_record("clone(0x%llx)\n", args->flags);
        if (fake.fail_number == fake.count || (fake.fail_name && strcmp(fake.fail_name, "clone") == 0)) {
                fake.failed_name = "clone";
                return -EAGAIN;
        }
        if (args->flags & CLONE_THREAD) {
                fake_thread_start(fn, arg);
                fake.thread_alive = (int *)(uintptr_t)args->child_tid;
                return 78;
        }
        if (args->flags & CLONE_PIDFD)
                *(int *)(uintptr_t)args->pidfd = new_fd();
        fake.in_child = true;
        if (setjmp(fake.child_end) == 0)
                (void)fn(arg);
        fake.in_child = false;
        return 78;
}

/* Lets the other thread go on. */
void sys_relax(void)
{
        if (fake_thread_runs())
                fake_thread_wait();
        else if (fake_thread_exists() && fake_thread_continue())
                *fake.thread_alive = 0;
}

/* --- the tests' side ------------------------------------------------------------------------ */

void fake_reset(struct build *build)
{
        memset(&fake, 0, sizeof(fake));
        fake_record_reset();
        fake_thread_reset();
        fake.build = build;
        fake.next_fd = FIRST_FD;
        fake.host_ends = -1;
        if (build)
                fake.plan_size = build_finish(build);
        fake_file("/dev/null", S_IFCHR | 0666, UINT64_C(1) << 32 | 3);
}

void fake_fail(const char *name, int error, int after)
{
        fake.fail_name = name;
        fake.fail_error = error;
        fake.fail_after = after;
}

void fake_fail_times(const char *name, int error, int times)
{
        fake.times_name = name;
        fake.times_error = error;
        fake.times = times;
}

void fake_fail_number(int number)
{
        fake.fail_number = number;
}

void fake_file(const char *path, uint32_t mode, uint64_t number)
{
        fake.files[fake.n_files].path = path;
        fake.files[fake.n_files].mode = mode;
        fake.files[fake.n_files++].number = number;
}

void fake_content(const char *text)
{
        fake.content = text;
}

void fake_child_status(int status)
{
        fake.child_status = status;
}

void fake_host_ends(int after)
{
        fake.host_ends = after;
}

void fake_listen(int probes)
{
        fake.listening = true;
        fake.probes = probes;
}

enum fake_end fake_run(const char *argv0, int *ret_status)
{
        char *argv[] = { (char *)(uintptr_t)argv0, NULL };
        int end = setjmp(fake.end);

        if (end == 0)
                init_main(1, argv);
        *ret_status = fake.status;
        return (enum fake_end)(end - 1);
}

int fake_count(void)
{
        return fake.count;
}

const char *fake_failed_name(void)
{
        return fake.failed_name;
}

const char *fake_violations(void)
{
        return fake.violations;
}

struct plan_message fake_failure(void)
{
        return fake.failure;
}
