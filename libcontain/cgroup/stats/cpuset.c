/* SPDX-License-Identifier: MIT */

/* Which processors and memory nodes may be used. */

#include "cgroup/stats/stats.h"

#include <inttypes.h>
#include <string.h>

/* The document's numbers have 16 bits. */
#define NUMBER_MAX UINT16_MAX

/* "0-3,8" as 0,1,2,3,8. */
static void put_list(struct ct_buf *buf, const char *key, int fd, const char *file)
{
        _cleanup_free_ char *text = ct_stats_read(fd, file, buf);
        uint64_t next = 0; /* the kernel's lists ascend; a list that does not could be without end */
        size_t begin;
        char *rest;

        if (!text)
                return;
        text[strcspn(text, "\n")] = '\0';
        begin = ct_stats_open(buf, key, '[');
        for (char *p = text; *p != '\0'; p = rest) {
                uint64_t first, last;
                char *dash;

                rest = p + strcspn(p, ",");
                if (*rest != '\0')
                        *rest++ = '\0';
                dash = strchr(p, '-');
                if (dash)
                        *dash = '\0';
                if (!ct_stats_number(p, &first) || first < next)
                        break;
                last = first;
                if ((dash && !ct_stats_number(dash + 1, &last)) || last > NUMBER_MAX)
                        break;
                for (next = first; next <= last; next++)
                        (void)ct_buf_printf(buf, "%s%" PRIu64,
                                            buf->failed || buf->data[buf->size - 1] == '[' ? "" : ",", next);
        }
        ct_stats_close_or_drop(buf, begin, ']');
}

/* -1 for "as the system has it", or a level. */
static void put_relax_level(struct ct_buf *buf, int fd)
{
        _cleanup_free_ char *text = ct_stats_read(fd, "cpuset.sched_relax_domain_level", buf);
        uint64_t value;

        if (!text)
                return;
        text[strcspn(text, "\n")] = '\0';
        if (!ct_stats_number(text[0] == '-' ? text + 1 : text, &value) || value > INT32_MAX)
                return;
        ct_stats_key(buf, "sched_relax_domain_level");
        (void)ct_buf_printf(buf, "%s%" PRIu64, text[0] == '-' ? "-" : "", value);
}

static void put_v1(int fd, struct ct_buf *buf)
{
        static const char *const flags[][2] = {
                { "cpu_exclusive", "cpuset.cpu_exclusive" },
                { "mem_hardwall", "cpuset.mem_hardwall" },
                { "mem_exclusive", "cpuset.mem_exclusive" },
                { "memory_migrate", "cpuset.memory_migrate" },
                { "memory_spread_page", "cpuset.memory_spread_page" },
                { "memory_spread_slab", "cpuset.memory_spread_slab" },
                { "memory_pressure", "cpuset.memory_pressure" },
                { "sched_load_balance", "cpuset.sched_load_balance" },
        };

        put_list(buf, "cpus", fd, "cpuset.cpus");
        put_list(buf, "mems", fd, "cpuset.mems");
        for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
                ct_stats_put_file(buf, flags[i][0], fd, flags[i][1]);
        put_relax_level(buf, fd);
}

void ct_stats_cpuset(const struct ct_cgroup_stats *stats, struct ct_buf *buf)
{
        int v1 = ct_stats_v1(stats, "cpuset"), v2 = ct_stats_v2(stats);

        if (v1 >= 0) {
                put_v1(v1, buf);
                return;
        }
        /* On v2 an empty list means those of the cgroup above, which these say. */
        put_list(buf, "cpus", v2, "cpuset.cpus.effective");
        put_list(buf, "mems", v2, "cpuset.mems.effective");
}
