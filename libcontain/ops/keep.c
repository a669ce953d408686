/* SPDX-License-Identifier: MIT */

/* Makes a container's keeper: what it holds, how it is told, how it is ended. */

#include "ops/keep.h"

#include "base/fds.h"
#include "base/sys.h"
#include "host/converse.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define END_TIMEOUT_MS  5000
#define TURNED_AWAY_MAX 500
#define TURNED_AWAY_MS  10
#define LOG_NAME        "log"

void ct_keep_init(struct ct_keep *keep, struct contain *c)
{
        *keep = (struct ct_keep){ .wanted = c->keeper.wanted, .socket_fd = -EBADF, .pidfd = -EBADF };
        for (size_t i = 0; i < KEEPER_DESCRIPTORS; i++)
                keep->fds[i] = -EBADF;
        memcpy(keep->stdio, c->stdio, sizeof(keep->stdio));
}

static void close_held(struct ct_keep *keep)
{
        for (size_t i = 0; i < KEEPER_DESCRIPTORS; i++)
                keep->fds[i] = ct_close(keep->fds[i]);
        for (size_t i = 0; i < 3; i++)
                if (keep->own_stdio[i])
                        keep->stdio[i] = ct_close(keep->stdio[i]);
}

void ct_keep_done(struct ct_keep *keep)
{
        bool waits = keep->socket_fd >= 0;

        close_held(keep);
        keep->socket_fd = ct_close(keep->socket_fd);
        if (waits && keep->pidfd >= 0 && ct_pidfd_poll(keep->pidfd, END_TIMEOUT_MS) != 1)
                (void)ct_pidfd_signal(keep->pidfd, SIGKILL);
        keep->pidfd = ct_close(keep->pidfd);
}

/* --- what it holds -------------------------------------------------------------------------- */

/* A pipe for stream @i, unless the caller has one of its own for it. */
static int make_stream(struct ct_keep *keep, size_t i)
{
        int ends[2];

        if (keep->stdio[i] >= 0)
                return 0;
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        keep->stdio[i] = ct_high_fd(ends[i > 0]);
        keep->own_stdio[i] = true;
        keep->fds[KEEPER_STDIN + i] = ct_high_fd(ends[i == 0]);
        return 0;
}

static int make_streams(struct ct_keep *keep, struct contain *c, contain_error_t **err)
{
        bool input = (c->keeper.flags & (CONTAIN_KEEPER_STDIN | CONTAIN_KEEPER_STDIN_ONCE)) != 0;
        int r = 0;

        if (c->spec->process.terminal)
                return 0;
        if (!input && keep->stdio[0] < 0) {
                keep->stdio[0] = ct_high_fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
                keep->own_stdio[0] = true;
        }
        for (size_t i = input ? 0 : 1; i < 3 && r == 0; i++)
                r = make_stream(keep, i);
        return r < 0 ? ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot make the pipes of the keeper") : 0;
}

static int make_ring(struct ct_keep *keep, contain_error_t **err)
{
        int fd = ct_high_fd(memfd_create("contain-log", MFD_CLOEXEC));

        keep->fds[KEEPER_LOG] = fd;
        if (fd < 0 || ftruncate(fd, (off_t)(KEEPER_RING_START + keep->setup.log_bytes)) < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot make the ring of the keeper");
        keep->setup.flags |= KEEPER_FLAG_RING;
        return 0;
}

/* The folder of the log files stays open: wherever it is moved to, they are in it. */
static int open_folder(struct ct_keep *keep, const char *path, contain_error_t **err)
{
        _cleanup_free_ char *folder = strdup(path);
        char *name;

        if (!folder)
                return ct_fail_memory(err);
        name = strrchr(folder, '/');
        *name++ = '\0';
        (void)snprintf(keep->setup.log_name, sizeof(keep->setup.log_name), "%s", name);
        keep->fds[KEEPER_LOG] =
                ct_high_fd(open(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (keep->fds[KEEPER_LOG] < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, errno, NULL, "cannot open the folder of the log '%s'",
                               path);
        return 0;
}

static int fail_dup(int r, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot duplicate a descriptor");
}

static int make_log(struct ct_keep *keep, struct contain *c, struct ct_state *state, struct ct_record *record,
                    contain_error_t **err)
{
        if (c->keeper.flags & CONTAIN_KEEPER_NO_LOG)
                return 0;
        keep->setup.log_bytes = c->keeper.log_bytes;
        keep->setup.log_files = c->keeper.log_files;
        record->log_files = c->keeper.log_files;
        record->log_ring = (c->keeper.flags & CONTAIN_KEEPER_RING) != 0;
        if (record->log_ring)
                return make_ring(keep, err);
        record->log = strdup(c->keeper.log_path ? c->keeper.log_path : LOG_NAME);
        if (!record->log)
                return ct_fail_memory(err);
        if (c->keeper.log_path)
                return open_folder(keep, record->log, err);
        (void)snprintf(keep->setup.log_name, sizeof(keep->setup.log_name), LOG_NAME);
        keep->fds[KEEPER_LOG] = ct_dup(ct_state_folder(state));
        return keep->fds[KEEPER_LOG] < 0 ? fail_dup(keep->fds[KEEPER_LOG], err) : 0;
}

int ct_keep_prepare(struct ct_keep *keep, struct contain *c, struct ct_state *state, struct ct_record *record,
                    contain_error_t **err)
{
        int r;

        if (!keep->wanted)
                return 0;
        if (c->keeper.flags & CONTAIN_KEEPER_STDIN_ONCE)
                keep->setup.flags |= KEEPER_FLAG_STDIN_ONCE;
        r = make_streams(keep, c, err);
        if (r == 0)
                r = make_log(keep, c, state, record, err);
        if (r < 0)
                return r;
        keep->fds[KEEPER_FOLDER] = ct_dup(ct_state_folder(state));
        if (keep->fds[KEEPER_FOLDER] < 0)
                return fail_dup(keep->fds[KEEPER_FOLDER], err);
        r = ct_state_listen_keeper(state, err);
        if (r < 0)
                return r;
        keep->fds[KEEPER_SOCKET] = ct_high_fd(r);
        return 0;
}

/* --- its life ------------------------------------------------------------------------------- */

int ct_keep_spawn(struct ct_keep *keep, struct contain *c, const struct ct_spawn_init *what,
                  struct ct_record *record, struct ct_child *ret, int *ret_in_cgroup, contain_error_t **err)
{
        int fds[KEEPER_DESCRIPTORS], r;

        memcpy(fds, keep->fds, sizeof(fds));
        fds[KEEPER_PROGRAM] = what->program_fd;
        fds[KEEPER_INIT] = what->socket_fd;
        fds[KEEPER_CGROUP] = what->cgroup_fd;
        keep->setup.clone_flags = what->clone_flags;
        if (what->ambient)
                keep->setup.flags |= KEEPER_FLAG_AMBIENT;
        r = ct_keeper_spawn(c->ctx->program_fd, &keep->setup, fds, &keep->socket_fd, &record->keeper_pid, ret,
                            ret_in_cgroup);
        if (r > 0)
                return r;
        /* It cannot end before we let go of its socket: the pid is its own. */
        if (r == 0) {
                keep->pidfd = ct_high_fd(ct_pidfd_open(record->keeper_pid));
                r = keep->pidfd < 0 ? keep->pidfd
                                    : ct_process_start_time(record->keeper_pid, &record->keeper_start);
        }
        if (r < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, -r, NULL, "cannot start the keeper of container '%s'",
                               c->id);
        /* The container is to see the ends of its pipes when its keeper closes them, and the reverse. */
        close_held(keep);
        return 0;
}

int ct_keep_commit(struct ct_keep *keep, struct contain *c, const struct ct_child *child, bool forked,
                   int console_fd, struct ct_cgroup *cgroup, contain_error_t **err)
{
        struct plan_message message = { .kind = KEEPER_KEEP, .value = (uint64_t)child->pid };
        _cleanup_close_ int oom_fd = cgroup ? ct_cgroup_oom_file(cgroup) : -EBADF;
        int fds[3] = { child->pidfd }, r;
        size_t n = 1;

        if (forked)
                message.step |= KEEPER_WITH_FIRST;
        if (console_fd >= 0) {
                message.step |= KEEPER_WITH_CONSOLE;
                fds[n++] = console_fd;
        }
        if (oom_fd >= 0) {
                message.step |= KEEPER_WITH_OOM;
                fds[n++] = oom_fd;
        }
        r = ct_converse_send_fds(keep->socket_fd, &message, sizeof(message), fds, n);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, -r, NULL, "the keeper of container '%s' has gone",
                               c->id);
        return 0;
}

int ct_keep_connect(struct contain *c, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        bool kept;
        int r;

        pthread_mutex_lock(&c->look);
        kept = c->record && c->record->keeper_pid > 0;
        pthread_mutex_unlock(&c->look);
        if (!kept)
                return ct_fail(err, CONTAIN_E_KEEPER, ENOTCONN, NULL, "container '%s' has no keeper", c->id);
        r = ct_op_open_own(c, &state, err);
        if (r < 0)
                return r;
        r = ct_state_connect_keeper(state);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, ENOTCONN, NULL, "the keeper of container '%s' has gone",
                               c->id);
        return r;
}

/* A keeper with as many clients as it has places for turns us away, and still is about to write. */
void ct_keep_wait(struct ct_state *state)
{
        for (unsigned i = 0; i < TURNED_AWAY_MAX; i++) {
                _cleanup_close_ int fd = ct_state_connect_keeper(state);
                struct plan_message message = { .kind = KEEPER_WAIT };
                struct ct_exit_record record;

                if (fd < 0 || ct_keeper_ask(fd, &message, NULL, NULL) != -EPIPE ||
                    ct_state_load_exit(state, &record) == 0)
                        return;
                (void)poll(NULL, 0, TURNED_AWAY_MS);
        }
}

void ct_keep_end(struct ct_state *state, const struct ct_record *record)
{
        _cleanup_close_ int fd = -EBADF, pidfd = -EBADF;
        struct plan_message message;

        fd = ct_state_connect_keeper(state);
        if (record && record->keeper_pid > 0)
                pidfd = ct_pidfd_open_checked(record->keeper_pid, record->keeper_start);
        if (fd >= 0 && ct_keeper_send(fd, KEEPER_END, 0, 0) == 0)
                (void)ct_keeper_receive(fd, KEEPER_END, END_TIMEOUT_MS, &message, NULL, NULL);
        if (pidfd >= 0 && ct_pidfd_poll(pidfd, fd >= 0 ? END_TIMEOUT_MS : 0) != 1) {
                (void)ct_pidfd_signal(pidfd, SIGKILL);
                (void)ct_pidfd_poll(pidfd, END_TIMEOUT_MS);
        }
}
