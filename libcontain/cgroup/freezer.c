/* SPDX-License-Identifier: MIT */

/* Frozen or not: v1's freezer controller, v2's cgroup.freeze. In hybrid mode either may be in use. */

#include "cgroup/internal.h"

#include "base/clock.h"
#include "base/fds.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>

enum { SLICE_MS = 10 };

/* Writes to the v1 freezer, if there is one, and to v2. */
static void set(struct ct_cgroup *cgroup, const char *v1_value, const char *v2_value)
{
        int v1 = ct_cgroup_find(cgroup, "freezer", NULL), v2 = ct_cgroup_find_v2(cgroup);
        char file[PATH_MAX];

        if (v1 >= 0 && ct_cgroup_format(file, &cgroup->layout->items[v1], cgroup->members[v1].path,
                                        "freezer.state") >= 0)
                (void)ct_write_file_at(AT_FDCWD, file, v1_value);
        if (v2 >= 0 && ct_cgroup_format(file, &cgroup->layout->items[v2], cgroup->members[v2].path,
                                        "cgroup.freeze") >= 0)
                (void)ct_write_file_at(AT_FDCWD, file, v2_value);
}

void ct_cgroup_freeze(struct ct_cgroup *cgroup)
{
        set(cgroup, "FROZEN", "1");
}

void ct_cgroup_thaw(struct ct_cgroup *cgroup)
{
        set(cgroup, "THAWED", "0");
}

/* Whether @line is a line of the file of hierarchy @i. */
static int has_line(const struct ct_cgroup *cgroup, int i, const char *file, const char *line)
{
        _cleanup_free_ char *text = NULL;
        size_t length = strlen(line);
        char path[PATH_MAX];
        int r;

        r = ct_cgroup_format(path, &cgroup->layout->items[i], cgroup->members[i].path, file);
        if (r < 0)
                return r;
        r = ct_read_file_at(AT_FDCWD, path, 65536, &text, NULL);
        if (r < 0)
                return r;
        for (const char *p = text; *p != '\0';) {
                if (strncmp(p, line, length) == 0 && (p[length] == '\n' || p[length] == '\0'))
                        return 1;
                p = strchrnul(p, '\n');
                p += *p == '\n';
        }
        return 0;
}

int ct_cgroup_frozen(struct ct_cgroup *cgroup)
{
        int v1 = ct_cgroup_find(cgroup, "freezer", NULL), v2 = ct_cgroup_find_v2(cgroup);
        int r = -EOPNOTSUPP;

        if (v1 >= 0)
                r = has_line(cgroup, v1, "freezer.state", "FROZEN");
        if (r <= 0 && v2 >= 0) {
                int r_v2 = has_line(cgroup, v2, "cgroup.events", "frozen 1");

                r = r_v2 > 0 || r < 0 ? r_v2 : r;
        }
        return r;
}

/* --- paused and resumed --------------------------------------------------------------------- */

/* What a container is paused by: its folder in one hierarchy. */
struct freezer {
        const char *path;
        bool v2;
        int fd;        /* the folder */
        int events_fd; /* v2: cgroup.events, which polls POLLPRI when it changes */
};

static void freezer_done(struct freezer *freezer)
{
        (void)ct_close(freezer->fd);
        (void)ct_close(freezer->events_fd);
}

static int freezer_open(const struct ct_cgroup *cgroup, struct freezer *ret, contain_error_t **err)
{
        int i = ct_cgroup_find(cgroup, "freezer", NULL);

        ret->v2 = i < 0;
        if (i < 0)
                i = ct_cgroup_find_v2(cgroup);
        if (i < 0)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "no cgroup hierarchy on this machine can freeze");
        ret->path = cgroup->members[i].path;
        ret->fd = ct_cgroup_open(cgroup, (size_t)i);
        if (ret->fd < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -ret->fd, NULL, "cannot open cgroup '%s'", ret->path);
        if (!ret->v2)
                return 0;
        ret->events_fd = openat(ret->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
        if (ret->events_fd < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, errno, NULL, "cannot look at the events of cgroup '%s'",
                               ret->path);
        return 0;
}

static int freezer_write(const struct freezer *freezer, bool frozen)
{
        if (freezer->v2)
                return ct_write_file_at(freezer->fd, "cgroup.freeze", frozen ? "1" : "0");
        return ct_write_file_at(freezer->fd, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

/* Whether @word is what the file begins with. */
static int begins_with(int folder_fd, const char *file, const char *word)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = ct_read_file_at(folder_fd, file, 4096, &text, NULL);
        return r < 0 ? r : strncmp(text, word, strlen(word)) == 0;
}

/* 1 all of it is frozen, 0 some of it is not. */
static int freezer_read(const struct freezer *freezer)
{
        _cleanup_free_ char *text = NULL;
        int r;

        if (!freezer->v2)
                return begins_with(freezer->fd, "freezer.state", "FROZEN");
        /* From this very descriptor, so that what changes afterwards wakes poll(). */
        if (lseek(freezer->events_fd, 0, SEEK_SET) < 0)
                return -errno;
        r = ct_read_fd(freezer->events_fd, 4096, &text, NULL);
        return r < 0 ? r : strstr(text, "frozen 1") != NULL;
}

/* Whether somebody else has taken the order to freeze back. */
static int freezer_recalled(const struct freezer *freezer)
{
        if (freezer->v2)
                return begins_with(freezer->fd, "cgroup.freeze", "0");
        return begins_with(freezer->fd, "freezer.state", "THAWED");
}

/* v1 tells nobody: there, the file is looked at again a little later. */
static void freezer_sleep(const struct freezer *freezer)
{
        struct pollfd poll_fd = { .fd = freezer->events_fd, .events = POLLPRI };

        (void)poll(&poll_fd, freezer->v2, SLICE_MS);
}

/* The order is repeated: on v1, what was forked or was busy meanwhile may have missed it. */
static int freezer_freeze(const struct freezer *freezer, int timeout_ms)
{
        int64_t deadline = ct_clock_deadline(timeout_ms);
        int r;

        r = freezer_write(freezer, true);
        while (r >= 0) {
                r = freezer_read(freezer);
                if (r != 0)
                        return r < 0 ? r : 0;
                r = freezer_recalled(freezer);
                if (r > 0)
                        return -ECANCELED;
                if (r >= 0 && ct_clock_left(deadline) == 0)
                        return -ETIMEDOUT;
                freezer_sleep(freezer);
                if (r >= 0 && !freezer->v2)
                        r = freezer_write(freezer, true);
        }
        return r;
}

static int freezer_thaw(const struct freezer *freezer, int timeout_ms)
{
        int64_t deadline = ct_clock_deadline(timeout_ms);
        int r;

        r = freezer_write(freezer, false);
        while (r >= 0) {
                r = freezer_read(freezer);
                if (r <= 0)
                        return r;
                if (ct_clock_left(deadline) == 0)
                        return -ETIMEDOUT;
                freezer_sleep(freezer);
        }
        return r;
}

/* A process that froze itself could not say so, nor be asked to stop. */
static int check_caller(const struct freezer *freezer, contain_error_t **err)
{
        _cleanup_pids_ struct ct_pid_list list = { 0 };
        int r;

        r = ct_procs_read_below(freezer->fd, &list);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -r, NULL, "cannot look into cgroup '%s'",
                               freezer->path);
        for (size_t i = 0; i < list.n; i++)
                if (list.items[i] == getpid())
                        return ct_fail(err, CONTAIN_E_CGROUP, EDEADLK, NULL,
                                       "the calling process itself is in cgroup '%s'", freezer->path);
        return 0;
}

int ct_cgroup_pause(struct ct_cgroup *cgroup, int timeout_ms, contain_error_t **err)
{
        _cleanup_(freezer_done) struct freezer freezer = { .fd = -EBADF, .events_fd = -EBADF };
        int r;

        r = freezer_open(cgroup, &freezer, err);
        if (r >= 0)
                r = check_caller(&freezer, err);
        if (r < 0)
                return r;
        r = freezer_freeze(&freezer, timeout_ms);
        if (r >= 0)
                return 0;
        (void)freezer_write(&freezer, false);
        (void)ct_fail(err, CONTAIN_E_CGROUP, -r, NULL, "cannot freeze cgroup '%s'", freezer.path);
        if (r == -ETIMEDOUT)
                ct_error_set_hint(err, "a process waits for something that cannot be interrupted");
        return r;
}

int ct_cgroup_resume(struct ct_cgroup *cgroup, int timeout_ms, contain_error_t **err)
{
        _cleanup_(freezer_done) struct freezer freezer = { .fd = -EBADF, .events_fd = -EBADF };
        int r;

        r = freezer_open(cgroup, &freezer, err);
        if (r < 0)
                return r;
        r = freezer_thaw(&freezer, timeout_ms);
        if (r >= 0) {
                ct_cgroup_thaw(cgroup); /* in hybrid mode, somebody may have used the other one */
                return 0;
        }
        (void)ct_fail(err, CONTAIN_E_CGROUP, -r, NULL, "cannot thaw cgroup '%s'", freezer.path);
        if (r == -ETIMEDOUT)
                ct_error_set_hint(err, "a cgroup above it is frozen");
        return r;
}

int ct_cgroup_frozen_fd(const struct ct_cgroup *cgroup)
{
        _cleanup_close_ int fd = -EBADF;
        int i = ct_cgroup_find_v2(cgroup), r;
        char file[PATH_MAX];

        if (i < 0)
                return -EOPNOTSUPP;
        r = ct_cgroup_format(file, &cgroup->layout->items[i], cgroup->members[i].path, "cgroup.events");
        if (r < 0)
                return r;
        fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (fd < 0 || inotify_add_watch(fd, file, IN_MODIFY) < 0)
                return -errno;
        return ct_take_fd(&fd);
}
