/* SPDX-License-Identifier: MIT */

/* A container's numbers: where they are read, and the members that they become. */

#include "cgroup/stats/stats.h"

#include <fcntl.h>

struct ct_cgroup_stats *ct_cgroup_stats_free(struct ct_cgroup_stats *stats)
{
        if (!stats)
                return NULL;
        for (size_t i = 0; stats->fds && i < stats->layout->n; i++)
                (void)ct_close(stats->fds[i]);
        free(stats->fds);
        free(stats);
        return NULL;
}

int ct_cgroup_stats_new(const struct ct_cgroup *cgroup, struct ct_cgroup_stats **ret)
{
        _cleanup_(ct_cgroup_stats_freep) struct ct_cgroup_stats *stats = calloc(1, sizeof *stats);
        int result = -ENOENT;

        if (!stats)
                return -ENOMEM;
        stats->layout = cgroup->layout;
        stats->fds = calloc(cgroup->layout->n + 1, sizeof *stats->fds);
        if (!stats->fds)
                return -ENOMEM;
        for (size_t i = 0; i < cgroup->layout->n; i++)
                stats->fds[i] = -EBADF;
        for (size_t i = 0; i < cgroup->layout->n; i++) {
                if (!cgroup->members[i].path)
                        continue;
                stats->fds[i] = ct_cgroup_open(cgroup, i);
                /* They go one by one: what is left of them is not the container's numbers any more. */
                if (stats->fds[i] == -ENOENT)
                        return -ENOENT;
                result = stats->fds[i] >= 0 || result == 0 ? 0 : stats->fds[i];
        }
        if (result < 0)
                return result;
        *ret = ct_take(stats);
        return 0;
}

int ct_stats_v1(const struct ct_cgroup_stats *stats, const char *controller)
{
        for (size_t i = 0; i < stats->layout->n; i++)
                if (!stats->layout->items[i].v2 && stats->fds[i] >= 0 &&
                    ct_hierarchy_has(&stats->layout->items[i], controller))
                        return stats->fds[i];
        return -1;
}

int ct_stats_v2(const struct ct_cgroup_stats *stats)
{
        for (size_t i = 0; i < stats->layout->n; i++)
                if (stats->layout->items[i].v2 && stats->fds[i] >= 0)
                        return stats->fds[i];
        return -1;
}

/* In a folder that was removed nothing is found, whoever has it open. */
static bool are_there(const struct ct_cgroup_stats *stats)
{
        for (size_t i = 0; i < stats->layout->n; i++)
                if (stats->fds[i] >= 0 && faccessat(stats->fds[i], "cgroup.procs", F_OK, 0) < 0)
                        return false;
        return true;
}

int ct_cgroup_stats_write(const struct ct_cgroup_stats *stats, struct ct_buf *buf)
{
        static const struct {
                const char *key;
                void (*write)(const struct ct_cgroup_stats *stats, struct ct_buf *buf);
        } members[] = {
                { "cpu", ct_stats_cpu },   { "cpuset", ct_stats_cpuset },  { "memory", ct_stats_memory },
                { "pids", ct_stats_pids }, { "blkio", ct_stats_block_io }, { "hugetlb", ct_stats_hugetlb },
        };

        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
                (void)ct_stats_open(buf, members[i].key, '{');
                if (!buf->failed)
                        members[i].write(stats, buf);
                ct_stats_close(buf, '}');
        }
        if (buf->failed)
                return -ENOMEM;
        return are_there(stats) ? 0 : -ENOENT;
}
