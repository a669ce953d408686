/* SPDX-License-Identifier: MIT */

/* Processor time, in nanoseconds: used, and refused or lent by the bandwidth limit. */

#include "cgroup/stats/stats.h"

#include <string.h>

#define NSEC_PER_SEC  UINT64_C(1000000000)
#define NSEC_PER_USEC UINT64_C(1000)

/* Writes the number of line @line of @text, @unit nanoseconds each. */
static void put_line(struct ct_buf *buf, const char *key, const char *text, const char *line, uint64_t unit)
{
        uint64_t value;

        if (ct_stats_find(text, line, &value) && !__builtin_mul_overflow(value, unit, &value))
                ct_stats_put(buf, key, value);
}

static void put_element(struct ct_buf *buf, const char *word)
{
        uint64_t value;

        if (word && ct_stats_number(word, &value))
                (void)ct_buf_printf(buf, "%s%llu", buf->size > 0 ? "," : "", (unsigned long long)value);
}

static void put_list(struct ct_buf *buf, const char *key, struct ct_buf *list)
{
        if (list->failed)
                buf->failed = true;
        if (list->size == 0)
                return;
        ct_stats_key(buf, key);
        (void)ct_buf_puts(buf, "[");
        (void)ct_buf_append(buf, list->data, list->size);
        (void)ct_buf_puts(buf, "]");
}

/* "17 25 ", a number per processor. */
static void put_percpu(int fd, struct ct_buf *buf)
{
        _cleanup_free_ char *text = ct_stats_read(fd, "cpuacct.usage_percpu", buf);
        _cleanup_buf_ struct ct_buf list = CT_BUF_INIT;
        char *rest = text, *word;

        if (!text)
                return;
        text[strcspn(text, "\n")] = '\0';
        while ((word = ct_stats_word(&rest)))
                put_element(&list, word);
        put_list(buf, "percpu", &list);
}

/* "cpu user system", then "0 11 6" and so on. */
static void put_percpu_modes(int fd, struct ct_buf *buf)
{
        _cleanup_free_ char *text = ct_stats_read(fd, "cpuacct.usage_all", buf);
        _cleanup_buf_ struct ct_buf user = CT_BUF_INIT, kernel = CT_BUF_INIT;
        char *rest = text, *line;

        if (!text)
                return;
        while ((line = ct_stats_line(&rest))) {
                const char *cpu = ct_stats_word(&line);
                uint64_t number;

                if (!cpu || !ct_stats_number(cpu, &number))
                        continue;
                put_element(&user, ct_stats_word(&line));
                put_element(&kernel, ct_stats_word(&line));
        }
        put_list(buf, "percpu_kernel", &kernel);
        put_list(buf, "percpu_user", &user);
}

static void put_usage_v1(int fd, struct ct_buf *buf)
{
        _cleanup_free_ char *text = ct_stats_read(fd, "cpuacct.stat", buf);
        long ticks = sysconf(_SC_CLK_TCK);

        ct_stats_put_file(buf, "total", fd, "cpuacct.usage");
        put_percpu(fd, buf);
        put_percpu_modes(fd, buf);
        if (text && ticks > 0) {
                put_line(buf, "kernel", text, "system", NSEC_PER_SEC / (uint64_t)ticks);
                put_line(buf, "user", text, "user", NSEC_PER_SEC / (uint64_t)ticks);
        }
}

static void put_usage_v2(const char *text, struct ct_buf *buf)
{
        put_line(buf, "total", text, "usage_usec", NSEC_PER_USEC);
        put_line(buf, "kernel", text, "system_usec", NSEC_PER_USEC);
        put_line(buf, "user", text, "user_usec", NSEC_PER_USEC);
}

/* cpu.stat of either version; v1 has nanoseconds. */
static void put_bandwidth(const char *text, bool v2, struct ct_buf *buf)
{
        uint64_t unit = v2 ? NSEC_PER_USEC : 1;
        size_t begin;

        begin = ct_stats_open(buf, "throttling", '{');
        put_line(buf, "periods", text, "nr_periods", 1);
        put_line(buf, "throttledPeriods", text, "nr_throttled", 1);
        put_line(buf, "throttledTime", text, v2 ? "throttled_usec" : "throttled_time", unit);
        ct_stats_close_or_drop(buf, begin, '}');
        begin = ct_stats_open(buf, "burst", '{'); /* Linux 5.15 */
        put_line(buf, "burstsPeriods", text, "nr_bursts", 1);
        put_line(buf, "burstTime", text, v2 ? "burst_usec" : "burst_time", unit);
        ct_stats_close_or_drop(buf, begin, '}');
}

void ct_stats_cpu(const struct ct_cgroup_stats *stats, struct ct_buf *buf)
{
        int cpuacct = ct_stats_v1(stats, "cpuacct"), cpu = ct_stats_v1(stats, "cpu");
        _cleanup_free_ char *v1 = ct_stats_read(cpu, "cpu.stat", buf);
        /* Every cgroup of v2 has it, also without the controller. */
        _cleanup_free_ char *v2 = ct_stats_read(ct_stats_v2(stats), "cpu.stat", buf);
        size_t begin;

        begin = ct_stats_open(buf, "usage", '{');
        if (cpuacct >= 0)
                put_usage_v1(cpuacct, buf);
        else if (v2)
                put_usage_v2(v2, buf);
        ct_stats_close_or_drop(buf, begin, '}');
        if (v1 || v2)
                put_bandwidth(v1 ? v1 : v2, !v1, buf);
        ct_stats_pressure(stats, "cpu.pressure", buf);
}
