/* SPDX-License-Identifier: MIT */

/* The end of a container's cgroups. */

#include "cgroup/systemd/systemd.h"

#include "base/clock.h"

#include <signal.h>
#include <time.h>

enum { DELAY_MAX_MS = 64 };

static void sleep_ms(int ms)
{
        struct timespec delay = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

        (void)nanosleep(&delay, NULL);
}

static int remove_one(const struct ct_cgroup *cgroup, size_t i, bool kill)
{
        const struct ct_hierarchy *hierarchy = &cgroup->layout->items[i];
        enum ct_cgroup_end end = ct_cgroup_end(cgroup, i);

        if (end == CT_CGROUP_REMOVED)
                return ct_folders_remove(hierarchy, cgroup->members[i].path, kill);
        return ct_folders_empty(hierarchy, cgroup->members[i].path, end == CT_CGROUP_EMPTIED, kill);
}

/* Removes what can be removed. 0 all is gone; else what keeps @ret_i from going, -EBUSY if anything is waited
 * for. */
static int remove_all(struct ct_cgroup *cgroup, bool kill, size_t *ret_i)
{
        int result = 0;

        for (size_t i = 0; i < cgroup->layout->n; i++) {
                int r;

                if (!cgroup->members[i].path)
                        continue;
                r = remove_one(cgroup, i, kill);
                if (r >= 0 || (result == -EBUSY && r != -EBUSY))
                        continue;
                result = r;
                *ret_i = i;
        }
        return result;
}

/* Whether the calling process itself lives there, as after a failed contain_become(): it must not be killed.
 */
static bool has_caller(const struct ct_cgroup *cgroup)
{
        for (size_t i = 0; i < cgroup->layout->n; i++) {
                _cleanup_pids_ struct ct_pid_list list = { 0 };
                _cleanup_close_ int fd = -EBADF;

                if (!cgroup->members[i].path)
                        continue;
                fd = ct_cgroup_open(cgroup, i);
                if (fd < 0 || ct_procs_read_below(fd, &list) < 0)
                        continue;
                for (size_t k = 0; k < list.n; k++)
                        if (list.items[k] == getpid())
                                return true;
        }
        return false;
}

int ct_cgroup_destroy(struct ct_cgroup *cgroup, int timeout_ms, contain_error_t **err)
{
        int64_t deadline = ct_clock_deadline(timeout_ms > 0 ? timeout_ms : 0);
        int delay = 1, left;
        size_t i = 0;
        int r;

        /* Usually everybody has left, and the folders just go. */
        r = remove_all(cgroup, false, &i);
        if (r == -EBUSY && has_caller(cgroup))
                return ct_fail(err, CONTAIN_E_CGROUP, EBUSY, NULL, "the calling process is in cgroup '%s%s'",
                               cgroup->layout->items[i].mountpoint, cgroup->members[i].path);
        while (r == -EBUSY) {
                (void)ct_cgroup_signal(cgroup, SIGKILL);
                r = remove_all(cgroup, true, &i);
                left = ct_clock_left(deadline);
                if (r != -EBUSY || left == 0)
                        break;
                sleep_ms(delay < left ? delay : left);
                delay = 2 * delay < DELAY_MAX_MS ? 2 * delay : DELAY_MAX_MS;
        }
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -r, NULL, "cannot remove cgroup '%s%s'",
                               cgroup->layout->items[i].mountpoint, cgroup->members[i].path);
        for (i = 0; i < cgroup->layout->n; i++)
                if (cgroup->members[i].path)
                        ct_folders_remove_parents(&cgroup->layout->items[i], cgroup->members[i].path,
                                                  cgroup->members[i].made);
        cgroup->v2_fd = ct_close(cgroup->v2_fd);
        return cgroup->scope ? ct_scope_stop(cgroup->scope, err) : 0;
}
