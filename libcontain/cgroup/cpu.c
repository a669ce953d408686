/* SPDX-License-Identifier: MIT */

/*
 * linux.resources.cpu, but for cpus and mems (cpuset.c). A 0 for shares, quota and period, which are no
 * values to the kernel, says as little as leaving them out: callers do send it.
 */

#include "cgroup/controllers.h"

#include <inttypes.h>

#define AT "/linux/resources/cpu"

enum { GROUP_WEIGHT = 1, GROUP_BANDWIDTH, GROUP_REALTIME };

/* log2(x) for x >= 1: halve into [1, 2), then ln by the series of atanh((x - 1) / (x + 1)). */
static double log_2(double x)
{
        double whole = 0, y, square, term, sum = 0;

        for (; x >= 2; x /= 2)
                whole += 1;
        y = (x - 1) / (x + 1);
        square = y * y;
        term = y;
        for (int i = 1; i < 40; i += 2, term *= square)
                sum += term / i;
        return whole + 2 * sum / 0.693147180559945309417;
}

/* 10 to the power of 0 <= x <= 4. */
static double power_of_10(double x)
{
        double term = 1, sum = 0, y;
        int whole = 0;

        for (; x >= 1; x -= 1)
                whole++;
        y = x * 2.302585092994045684018;
        for (int i = 1; i < 40; term *= y / i, i++)
                sum += term;
        for (; whole > 0; whole--)
                sum *= 10;
        return sum;
}

/*
 * The curve that the runtimes of this field agree on (docs/decisions.md): log10(weight) is the
 * parabola in log2(shares) which takes the least (2), the default (1024) and the greatest (262144) shares to
 * the least (1), the default (100) and the greatest (10000) weight. Rounded up. Computed here: libm is not
 * worth a dependency.
 */
uint64_t ct_cpu_weight(uint64_t shares)
{
        double l, weight;
        uint64_t whole;

        if (shares <= 2)
                return 1;
        if (shares >= 262144)
                return 10000;
        l = log_2((double)shares);
        weight = power_of_10((l - 1) * (l + 126) / 612);
        whole = (uint64_t)weight;
        return weight - (double)whole > 1e-6 ? whole + 1 : whole;
}

static const char *cpu_asked(const struct ct_spec_resources *resources)
{
        const struct ct_spec_cpu *cpu = &resources->cpu;

        if (cpu->shares.has && cpu->shares.value > 0)
                return AT "/shares";
        if (cpu->quota.has && cpu->quota.value > 0)
                return AT "/quota";
        if (cpu->period.has && cpu->period.value > 0)
                return AT "/period";
        if (cpu->burst.has && cpu->burst.value > 0)
                return AT "/burst";
        if (cpu->idle.has && cpu->idle.value != 0)
                return AT "/idle";
        if (cpu->realtime_runtime.has)
                return AT "/realtimeRuntime";
        if (cpu->realtime_period.has)
                return AT "/realtimePeriod";
        return NULL;
}

static void write_burst(const struct ct_spec_cpu *cpu, struct ct_cgroup_writes *writes,
                        const char *burst_file)
{
        /* A burst may not be above the quota, at any moment. */
        if (cpu->burst.has)
                ct_writes_add(writes, cpu->burst.value == 0 ? CT_WRITE_OPTIONAL : 0, AT "/burst", burst_file,
                              "%" PRIu64, cpu->burst.value);
        writes->group = 0;
}

static void write_idle(const struct ct_spec_cpu *cpu, struct ct_cgroup_writes *writes)
{
        if (cpu->idle.has)
                ct_writes_add(writes, cpu->idle.value == 0 ? CT_WRITE_OPTIONAL : 0, AT "/idle", "cpu.idle",
                              "%" PRId64, cpu->idle.value);
        writes->group = 0;
}

static int cpu_v1(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                  contain_error_t **err)
{
        const struct ct_spec_cpu *cpu = &resources->cpu;

        (void)err;
        writes->group = GROUP_WEIGHT; /* an idle cgroup takes no weight */
        if (cpu->shares.has && cpu->shares.value > 0)
                ct_writes_add(writes, 0, AT "/shares", "cpu.shares", "%" PRIu64, cpu->shares.value);
        write_idle(cpu, writes);

        writes->group = GROUP_BANDWIDTH; /* each is checked against the others as they are */
        if (cpu->period.has && cpu->period.value > 0)
                ct_writes_add(writes, 0, AT "/period", "cpu.cfs_period_us", "%" PRIu64, cpu->period.value);
        if (cpu->quota.has && cpu->quota.value != 0)
                ct_writes_limit(writes, 0, AT "/quota", "cpu.cfs_quota_us", cpu->quota.value, "-1");
        write_burst(cpu, writes, "cpu.cfs_burst_us");

        writes->group = GROUP_REALTIME;
        if (cpu->realtime_period.has)
                ct_writes_add(writes, 0, AT "/realtimePeriod", "cpu.rt_period_us", "%" PRIu64,
                              cpu->realtime_period.value);
        if (cpu->realtime_runtime.has)
                ct_writes_add(writes, 0, AT "/realtimeRuntime", "cpu.rt_runtime_us", "%" PRId64,
                              cpu->realtime_runtime.value);
        writes->group = 0;
        return 0;
}

static void write_max(const struct ct_spec_cpu *cpu, struct ct_cgroup_writes *writes)
{
        bool has_quota = cpu->quota.has && cpu->quota.value != 0;
        bool has_period = cpu->period.has && cpu->period.value > 0;
        const char *quota = "max";

        if (has_quota && cpu->quota.value > 0)
                quota = ct_writes_text(writes, "%" PRId64, cpu->quota.value);
        if (has_quota && has_period)
                ct_writes_add(writes, 0, AT "/quota", "cpu.max", "%s %" PRIu64, quota, cpu->period.value);
        else if (has_quota) /* the kernel leaves the period as it is */
                ct_writes_add(writes, cpu->quota.value < 0 ? CT_WRITE_OPTIONAL : 0, AT "/quota", "cpu.max",
                              "%s", quota);
        else if (has_period)
                ct_writes_add(writes, CT_WRITE_KEEP_FIRST, AT "/period", "cpu.max", "%" PRIu64,
                              cpu->period.value);
}

static int cpu_v2(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                  contain_error_t **err)
{
        const struct ct_spec_cpu *cpu = &resources->cpu;

        if (cpu->realtime_runtime.has)
                return ct_fail_v1_only(err, AT "/realtimeRuntime", "real-time limits");
        if (cpu->realtime_period.has)
                return ct_fail_v1_only(err, AT "/realtimePeriod", "real-time limits");
        writes->group = GROUP_WEIGHT;
        if (cpu->shares.has && cpu->shares.value > 0)
                ct_writes_add(writes, 0, AT "/shares", "cpu.weight", "%" PRIu64,
                              ct_cpu_weight(cpu->shares.value));
        write_idle(cpu, writes);
        writes->group = GROUP_BANDWIDTH;
        write_max(cpu, writes);
        write_burst(cpu, writes, "cpu.max.burst");
        return 0;
}

const struct ct_controller ct_controller_cpu = {
        .v1_name = "cpu",
        .v2_name = "cpu",
        .asked = cpu_asked,
        .write_v1 = cpu_v1,
        .write_v2 = cpu_v2,
};
