/* SPDX-License-Identifier: MIT */

/* The life of a container's keeper: see init/keeper.h. */

#include "init/keeper.h"

#define HUNG_UP_MS 100

/* --- the beginning -------------------------------------------------------------------------- */

/* Nobody's child, in nobody's session, with /dev/null for what contain-init is to find open. */
static void settle(void)
{
        const struct clone_args args = { .exit_signal = SIGCHLD };
        int r;

        /* The process that the host spawned ends at once, for the host to reap. */
        r = sys_fork(&args);
        if (r != 0)
                sys_exit(r < 0 ? INIT_EXIT_FAILED : INIT_EXIT_DONE);
        (void)sys_setsid();
        r = sys_openat(CURRENT_DIR, "/dev/null", O_RDWR, 0);
        if (r < 0)
                (void)sys_close_range(0, PLAN_SOCKET_FD - 1, 0);
        for (int fd = 0; fd < PLAN_SOCKET_FD; fd++)
                if (r >= 0 && r != fd)
                        (void)sys_dup3(r, fd, 0);
        if (r >= PLAN_SOCKET_FD)
                init_close(&r);
}

static bool receive_setup(struct keeper_setup *setup, int fds[KEEPER_DESCRIPTORS])
{
        int received[KEEPER_DESCRIPTORS];
        uint32_t n = KEEPER_DESCRIPTORS, next = 0;

        if (init_receive_bytes(PLAN_SOCKET_FD, setup, sizeof(*setup), received, &n) != 1)
                return false;
        for (unsigned i = 0; i < KEEPER_DESCRIPTORS; i++) {
                bool comes = (setup->descriptors & (1u << i)) != 0;

                if (comes && next == n)
                        return false;
                fds[i] = comes ? received[next++] : INIT_NO_FD;
        }
        return next == n && setup->log_name[KEEPER_LOG_NAME - 1] == '\0' &&
               (fds[KEEPER_LOG] < 0 || (setup->log_files > 0 && setup->log_files <= KEEPER_MAX_LOGS &&
                                        setup->log_bytes >= KEEPER_BATCH_SIZE));
}

static void never_block(int fd)
{
        if (fd >= 0)
                (void)sys_fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void prepare(struct keeper *k, const struct keeper_setup *setup, const int fds[KEEPER_DESCRIPTORS])
{
        bool ring = (setup->flags & KEEPER_FLAG_RING) != 0;

        k->flags = setup->flags;
        k->folder_fd = fds[KEEPER_FOLDER];
        k->socket_fd = fds[KEEPER_SOCKET];
        k->pidfd = k->oom_fd = INIT_NO_FD;
        k->stdin_fd = fds[KEEPER_STDIN];
        k->outputs[0] = fds[KEEPER_STDOUT];
        k->outputs[1] = fds[KEEPER_STDERR];
        never_block(k->socket_fd);
        never_block(k->stdin_fd);
        never_block(k->outputs[0]);
        never_block(k->outputs[1]);
        k->log.ring = ring;
        k->log.fd = ring ? fds[KEEPER_LOG] : INIT_NO_FD;
        k->log.folder_fd = ring ? INIT_NO_FD : fds[KEEPER_LOG];
        k->log.name = setup->log_name;
        k->log.limit = setup->log_bytes;
        k->log.files = setup->log_files;
        for (unsigned i = 0; i < KEEPER_CLIENTS; i++) {
                k->clients[i].fd = k->clients[i].input_fd = INIT_NO_FD;
                keeper_forget(&k->clients[i]);
        }
}

/* Waits for the word that the container is created; without it, nothing of it stays. */
static void wait_for_host(struct keeper *k, int first_pid, int first_pidfd)
{
        struct plan_message message;
        int fds[3], status;
        uint32_t n = 3, next = 1;

        if (init_receive(PLAN_SOCKET_FD, &message, fds, &n) != 1 || message.kind != KEEPER_KEEP || n == 0) {
                (void)sys_pidfd_kill(first_pidfd, SIGKILL);
                sys_exit(INIT_EXIT_ALONE);
        }
        k->pid = (int)message.value;
        k->pidfd = fds[0];
        if ((message.step & KEEPER_WITH_FIRST) != 0)
                (void)sys_wait(first_pid, &status);
        if ((message.step & KEEPER_WITH_CONSOLE) != 0 && next < n) {
                k->console = true;
                k->outputs[0] = fds[next++];
                never_block(k->outputs[0]);
        }
        if ((message.step & KEEPER_WITH_OOM) != 0 && next < n)
                k->oom_fd = fds[next++];
}

/* --- the loop ------------------------------------------------------------------------------- */

enum { POLL_PROCESS, POLL_SOCKET, POLL_OUTPUT, POLL_INPUT = POLL_OUTPUT + 2, POLL_CLIENTS };

#define POLLS (POLL_CLIENTS + 2 * KEEPER_CLIENTS)

static void fill(const struct keeper *k, struct kernel_pollfd polls[POLLS])
{
        bool waits_for_input = k->pending > 0;

        polls[POLL_PROCESS] = (struct kernel_pollfd){ k->pidfd, POLLIN, 0 };
        polls[POLL_SOCKET] = (struct kernel_pollfd){ k->socket_fd, POLLIN, 0 };
        for (unsigned i = 0; i < 2; i++)
                polls[POLL_OUTPUT + i] =
                        (struct kernel_pollfd){ k->hung_up ? INIT_NO_FD : k->outputs[i], POLLIN, 0 };
        polls[POLL_INPUT] = (struct kernel_pollfd){ waits_for_input ? k->console ? k->outputs[0] : k->stdin_fd
                                                                    : INIT_NO_FD,
                                                    POLLOUT, 0 };
        for (unsigned i = 0; i < KEEPER_CLIENTS; i++) {
                const struct keeper_client *client = &k->clients[i];

                polls[POLL_CLIENTS + i] = (struct kernel_pollfd){ client->fd, POLLIN, 0 };
                polls[POLL_CLIENTS + KEEPER_CLIENTS + i] =
                        (struct kernel_pollfd){ waits_for_input ? INIT_NO_FD : client->input_fd, POLLIN, 0 };
        }
}

/* Clients last: answers know of all that came before the question. */
static void handle(struct keeper *k, const struct kernel_pollfd polls[POLLS])
{
        for (unsigned i = 0; i < 2; i++)
                if (k->outputs[i] >= 0 && (polls[POLL_OUTPUT + i].revents != 0 || k->hung_up))
                        (void)keeper_read_output(k, i);
        if (polls[POLL_PROCESS].revents != 0)
                keeper_record_exit(k);
        if (polls[POLL_INPUT].revents != 0)
                keeper_write_input(k);
        for (unsigned i = 0; i < KEEPER_CLIENTS; i++) {
                struct keeper_client *client = &k->clients[i];

                if (polls[POLL_CLIENTS + KEEPER_CLIENTS + i].revents != 0 && client->input_fd >= 0 &&
                    k->pending == 0)
                        keeper_read_input(k, client);
                if (polls[POLL_CLIENTS + i].revents != 0 && client->fd >= 0)
                        keeper_serve(k, client);
        }
        if (polls[POLL_SOCKET].revents != 0)
                keeper_accept(k);
        keeper_tell_following(k);
        if (keeper_is_drained(k))
                keeper_end_outputs(k);
}

/* A ring can be read for as long as we are here. */
static bool is_over(const struct keeper *k)
{
        return k->ending || (k->recorded && keeper_is_drained(k) && !k->log.ring);
}

static void keep(struct keeper *k)
{
        while (!is_over(k)) {
                struct __kernel_timespec timeout = { .tv_nsec = HUNG_UP_MS * 1000000 };
                struct kernel_pollfd polls[POLLS];

                fill(k, polls);
                if (sys_poll(polls, POLLS, k->hung_up ? &timeout : NULL) >= 0)
                        handle(k, polls);
        }
        keeper_read_outputs(k);
}

void init_keeper(void)
{
        struct keeper_setup setup;
        struct keeper k = { 0 };
        int fds[KEEPER_DESCRIPTORS], pidfd = INIT_NO_FD, pid;

        settle();
        if (!receive_setup(&setup, fds))
                sys_exit(INIT_EXIT_ALONE);
        prepare(&k, &setup, fds);
        pid = keeper_spawn(&setup, fds, &pidfd);
        if (pid < 0)
                sys_exit(INIT_EXIT_FAILED);
        init_close(&fds[KEEPER_INIT]);
        init_close(&fds[KEEPER_CGROUP]);
        init_close(&fds[KEEPER_PROGRAM]);
        wait_for_host(&k, pid, pidfd);
        init_close(&pidfd);
        (void)sys_close(PLAN_SOCKET_FD);
        (void)sys_prctl(PR_SET_DUMPABLE, 0, 0);
        (void)sys_chdir("/");
        (void)sys_umask(0);
        keep(&k);
        (void)sys_unlinkat(k.folder_fd, KEEPER_SOCKET_FILE, 0);
        sys_exit(INIT_EXIT_DONE);
}
