/* SPDX-License-Identifier: MIT */

/* How many tasks there are, and may be. */

#include "cgroup/stats/stats.h"

/* Without the controller, processes are counted: their threads are not told. */
static void put_count(int fd, struct ct_buf *buf)
{
        _cleanup_pids_ struct ct_pid_list list = { 0 };
        int r;

        r = ct_procs_read_below(fd, &list);
        if (r >= 0)
                ct_stats_put(buf, "current", list.n);
        else if (r == -ENOMEM)
                buf->failed = true;
}

void ct_stats_pids(const struct ct_cgroup_stats *stats, struct ct_buf *buf)
{
        int v1 = ct_stats_v1(stats, "pids"), fd = v1 >= 0 ? v1 : ct_stats_v2(stats);
        uint64_t current, limit;

        if (fd < 0)
                return;
        if (!ct_stats_read_number(fd, "pids.current", buf, &current)) {
                put_count(fd, buf);
                return;
        }
        ct_stats_put(buf, "current", current);
        /* No limit is told by no member. */
        if (ct_stats_read_number(fd, "pids.max", buf, &limit) && limit != UINT64_MAX)
                ct_stats_put(buf, "limit", limit);
}
