/* SPDX-License-Identifier: MIT */

/* A scope of the machine's systemd around a child: its limits are changed, and seen in the unit and in the
 * files. */

#include "live.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const char *unit_of(const struct live *live)
{
        return strrchr(live->path, '/') + 1;
}

/* The first line that a command prints, without its end. */
__attribute__((format(printf, 1, 2))) static const char *ask(const char *format, ...)
{
        static char answers[4][128];
        static unsigned next;
        char *answer = answers[next++ % 4], line[512];
        va_list arguments;
        FILE *output;

        va_start(arguments, format);
        (void)vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        answer[0] = '\0';
        output = popen(line, "re");
        if (!test_check(output != NULL, __FILE__, __LINE__, "popen"))
                return answer;
        if (!fgets(answer, sizeof answers[0], output))
                answer[0] = '\0';
        (void)test_equal(pclose(output), 0, __FILE__, __LINE__, line);
        answer[strcspn(answer, "\n")] = '\0';
        return answer;
}

static const char *property(const struct live *live, const char *name)
{
        return ask("systemctl show --value --property=%s %s", name, unit_of(live));
}

/* What the unit allows to be done with a device, "" for nothing. */
static const char *allowed(const struct live *live, const char *device)
{
        return ask("systemctl show --value --property=DeviceAllow %s | sed -n 's|^/dev/char/%s ||p'",
                   unit_of(live), device);
}

/* Whether the kernel's list has it, whatever is allowed. */
static const char *listed(const struct live *live, const char *device)
{
        int i = ct_cgroup_find(live->cgroup, "devices", NULL);

        return ask("sed -n 's|^c %s ||p' '%s%s/devices.list'", device, live->layout->items[i].mountpoint,
                   live->path);
}

/* A child that waits, in a scope with these limits. */
static bool start(struct live *live, const char *json)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        pid_t pid;
        int r;

        (void)fflush(NULL);
        pid = fork();
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                while (true)
                        (void)pause();
        }
        if (!test_check(pid > 0, __FILE__, __LINE__, "fork"))
                return false;
        live->children[live->n_children++] = pid;
        r = ct_cgroup_start_scope(live->cgroup, "unit", pid, resources_parse(live->arena, json), &error);
        if (test_check(r == 0, __FILE__, __LINE__, "%s", contain_error_message(error)) &&
            test_string(live_create(live, json), "", __FILE__, __LINE__, "create") &&
            test_equal(ct_cgroup_enter(live->cgroup, pid, false, NULL), 0, __FILE__, __LINE__, "enter"))
                return true;
        (void)kill(pid, SIGKILL);
        return false;
}

static void expect_limits(const struct live *live, const char *memory, const char *pids, const char *quota,
                          const char *period)
{
        char line[64];

        if (live_has_v1(live, "memory")) {
                EXPECT_STR(live_file(live, "memory", "memory.limit_in_bytes"), memory);
                EXPECT_STR(property(live, "MemoryLimit"), memory);
        } else {
                EXPECT_STR(live_file(live, "memory", "memory.max"), memory);
                EXPECT_STR(property(live, "MemoryMax"), memory);
        }
        EXPECT_STR(live_file(live, "pids", "pids.max"), pids);
        EXPECT_STR(property(live, "TasksMax"), pids);
        if (live_has_v1(live, "cpu")) {
                EXPECT_STR(live_file(live, "cpu", "cpu.cfs_quota_us"), quota);
                EXPECT_STR(live_file(live, "cpu", "cpu.cfs_period_us"), period);
                return;
        }
        (void)snprintf(line, sizeof line, "%s %s", strcmp(quota, "-1") == 0 ? "max" : quota, period);
        EXPECT_STR(live_file(live, "cpu", "cpu.max"), line);
}

TEST(live_scope_is_changed)
{
        struct live live;

        LIVE_SCOPE(&live);
        if (start(&live, "{\"memory\":{\"limit\":67108864},\"pids\":{\"limit\":50},"
                         "\"cpu\":{\"shares\":512,\"quota\":20000,\"period\":50000}}")) {
                expect_limits(&live, "67108864", "50", "20000", "50000");
                EXPECT_STR(property(&live, "CPUQuotaPerSecUSec"), "400ms");

                EXPECT_STR(live_update(&live, "{\"memory\":{\"limit\":33554432},\"pids\":{\"limit\":30}}"),
                           "");
                expect_limits(&live, "33554432", "30", "20000", "50000");
                /* The period stays, and with it what the quota is worth. */
                EXPECT_STR(live_update(&live, "{\"cpu\":{\"quota\":40000}}"), "");
                EXPECT_STR(property(&live, "CPUQuotaPerSecUSec"), "800ms");
                EXPECT_STR(property(&live, "CPUQuotaPeriodUSec"), "50ms");
                expect_limits(&live, "33554432", "30", "40000", "50000");
                (void)ask("systemctl daemon-reload");
                EXPECT_STR(property(&live, "CPUQuotaPerSecUSec"), "800ms");
                expect_limits(&live, "33554432", "30", "40000", "50000");
                if (live_has_v1(&live, "cpu"))
                        EXPECT_STR(property(&live, "CPUShares"), "512");
                else
                        EXPECT_STR(property(&live, "CPUWeight"), "59");

                EXPECT_STR(live_update(&live, "{\"cpu\":{\"quota\":-1}}"), "");
                EXPECT_STR(property(&live, "CPUQuotaPerSecUSec"), "infinity");
                expect_limits(&live, "33554432", "30", "-1", "50000");
        }
        live_end(&live);
}

/* systemd keeps hundredths of a second: what it writes must not come after what the library does. */
TEST(live_scope_files_are_exact)
{
        struct live live;

        LIVE_SCOPE(&live);
        if (start(&live, "{\"cpu\":{\"quota\":33333,\"period\":100000},\"memory\":{\"limit\":67108864},"
                         "\"pids\":{\"limit\":50}}")) {
                EXPECT_STR(property(&live, "CPUQuotaPerSecUSec"), "340ms");
                expect_limits(&live, "67108864", "50", "33333", "100000");
                EXPECT_STR(live_update(&live, "{\"cpu\":{\"quota\":44444}}"), "");
                EXPECT_STR(property(&live, "CPUQuotaPerSecUSec"), "450ms");
                expect_limits(&live, "67108864", "50", "44444", "100000");
                EXPECT_STR(live_update(&live, "{\"cpu\":{\"shares\":512}}"), "");
                expect_limits(&live, "67108864", "50", "44444", "100000");
        }
        live_end(&live);
}

TEST(live_scope_devices_v1)
{
        struct live live;

        LIVE_SCOPE(&live);
        if (!live_has_v1(&live, "devices"))
                test_skip("no cgroup v1 hierarchy with devices");
        else if (start(&live, "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,"
                              "\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rw\"}]}")) {
                EXPECT_STR(allowed(&live, "10:229"), "rw");
                EXPECT_STR(listed(&live, "10:229"), "rw");
                EXPECT_STR(live_update(&live, "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
                                              "{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":"
                                              "228,\"access\":\"rw\"}]}"),
                           "");
                (void)ask("systemctl daemon-reload");
                EXPECT_STR(allowed(&live, "10:229"), "");
                EXPECT_STR(listed(&live, "10:229"), "");
                EXPECT_STR(allowed(&live, "10:228"), "rw");
                EXPECT_STR(listed(&live, "10:228"), "rw");
        }
        live_end(&live);
}

TEST(live_scope_that_is_gone)
{
        struct live live;

        LIVE_SCOPE(&live);
        if (start(&live, "{\"pids\":{\"limit\":50}}")) {
                (void)ask("systemctl kill --signal=KILL %s", unit_of(&live));
                EXPECT_EQ(live_wait(&live, live.children[0]), -SIGKILL);
                for (int i = 0; i < 500 && strcmp(property(&live, "LoadState"), "loaded") == 0; i++)
                        (void)usleep(10000);
                EXPECT_CONTAINS(live_update(&live, "{\"pids\":{\"limit\":30}}"),
                                "/linux/resources/pids/limit");
        }
        live_end(&live);
}
