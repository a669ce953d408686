/* SPDX-License-Identifier: MIT */

/* Memory, in bytes: used, limited, the most that ever was, how often the limit was met. */

#include "cgroup/stats/stats.h"

#include <stdio.h>
#include <string.h>

/* memory.stat as it is; of a name that is there twice, the document has it twice, too. */
static void put_raw(const char *text, struct ct_buf *buf)
{
        _cleanup_free_ char *copy = strdup(text);
        char *rest = copy, *line;
        size_t begin;

        if (!copy) {
                buf->failed = true;
                return;
        }
        begin = ct_stats_open(buf, "raw", '{');
        while ((line = ct_stats_line(&rest))) {
                const char *key = ct_stats_word(&line);
                const char *word = ct_stats_word(&line);
                uint64_t value;

                if (key && word && ct_stats_number(word, &value))
                        ct_stats_put(buf, key, value);
        }
        ct_stats_close_or_drop(buf, begin, '}');
}

/* The four files of one kind of memory: "memory.usage_in_bytes", "memory.memsw.usage_in_bytes" … */
static void put_entry_v1(int fd, const char *key, const char *prefix, struct ct_buf *buf)
{
        static const char *const files[][2] = { { "limit", "limit_in_bytes" },
                                                { "usage", "usage_in_bytes" },
                                                { "max", "max_usage_in_bytes" },
                                                { "failcnt", "failcnt" } };
        size_t begin = ct_stats_open(buf, key, '{');

        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                char file[64];

                (void)snprintf(file, sizeof file, "%s.%s", prefix, files[i][1]);
                ct_stats_put_file(buf, files[i][0], fd, file);
        }
        ct_stats_close_or_drop(buf, begin, '}');
}

static void put_v1(int fd, struct ct_buf *buf)
{
        _cleanup_free_ char *stat = ct_stats_read(fd, "memory.stat", buf);
        uint64_t cache;

        if (stat && ct_stats_find(stat, "cache", &cache))
                ct_stats_put(buf, "cache", cache);
        put_entry_v1(fd, "usage", "memory", buf);
        put_entry_v1(fd, "swap", "memory.memsw", buf);
        put_entry_v1(fd, "kernel", "memory.kmem", buf);
        put_entry_v1(fd, "kernelTCP", "memory.kmem.tcp", buf);
        if (stat)
                put_raw(stat, buf);
}

/* How often the limit was met: the line "max" of a file of events. */
static void put_events(int fd, const char *file, struct ct_buf *buf)
{
        _cleanup_free_ char *text = ct_stats_read(fd, file, buf);
        uint64_t count;

        if (text && ct_stats_find(text, "max", &count))
                ct_stats_put(buf, "failcnt", count);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
        return __builtin_add_overflow(a, b, &a) ? UINT64_MAX : a;
}

/* v1's number is that of memory and swap together, which v2 counts apart. */
static void put_swap_v2(int fd, uint64_t usage, uint64_t limit, struct ct_buf *buf)
{
        uint64_t swap_usage, swap_limit;
        size_t begin;

        if (!ct_stats_read_number(fd, "memory.swap.current", buf, &swap_usage) ||
            !ct_stats_read_number(fd, "memory.swap.max", buf, &swap_limit))
                return;
        begin = ct_stats_open(buf, "swap", '{');
        ct_stats_put(buf, "limit", sum(swap_limit, limit));
        ct_stats_put(buf, "usage", sum(swap_usage, usage));
        put_events(fd, "memory.swap.events", buf);
        ct_stats_close_or_drop(buf, begin, '}');
}

static void put_v2(int fd, struct ct_buf *buf)
{
        _cleanup_free_ char *stat = ct_stats_read(fd, "memory.stat", buf);
        uint64_t usage, limit, value;
        size_t begin;

        if (stat && ct_stats_find(stat, "file", &value))
                ct_stats_put(buf, "cache", value);
        if (ct_stats_read_number(fd, "memory.current", buf, &usage) &&
            ct_stats_read_number(fd, "memory.max", buf, &limit)) {
                begin = ct_stats_open(buf, "usage", '{');
                ct_stats_put(buf, "limit", limit);
                ct_stats_put(buf, "usage", usage);
                ct_stats_put_file(buf, "max", fd, "memory.peak"); /* Linux 5.19 */
                put_events(fd, "memory.events", buf);
                ct_stats_close_or_drop(buf, begin, '}');
                put_swap_v2(fd, usage, limit, buf);
        }
        if (stat && ct_stats_find(stat, "kernel", &value)) { /* Linux 5.18 */
                begin = ct_stats_open(buf, "kernel", '{');
                ct_stats_put(buf, "usage", value);
                ct_stats_close_or_drop(buf, begin, '}');
        }
        if (stat)
                put_raw(stat, buf);
}

void ct_stats_memory(const struct ct_cgroup_stats *stats, struct ct_buf *buf)
{
        int v1 = ct_stats_v1(stats, "memory"), v2 = ct_stats_v2(stats);

        if (v1 >= 0)
                put_v1(v1, buf);
        else if (v2 >= 0)
                put_v2(v2, buf);
        ct_stats_pressure(stats, "memory.pressure", buf);
}
