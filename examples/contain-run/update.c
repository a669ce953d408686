/* SPDX-License-Identifier: MIT */

/* update: change the limits of a container, given as a linux.resources document or one by one. */

#include "app.h"
#include "commands.h"
#include "files.h"

#include <ctype.h>
#include <json-c/json.h>
#include <string.h>
#include <strings.h>

struct update_options {
        const char *resources;
        const char *blkio_weight;
        const char *cpu_period;
        const char *cpu_quota;
        const char *cpu_burst;
        const char *cpu_share;
        const char *cpu_rt_period;
        const char *cpu_rt_runtime;
        const char *cpu_idle;
        const char *cpuset_cpus;
        const char *cpuset_mems;
        const char *kernel_memory;
        const char *kernel_memory_tcp;
        const char *memory;
        const char *memory_reservation;
        const char *memory_swap;
        const char *pids_limit;
        const char *l3_cache_schema;
        const char *mem_bw_schema;
};

enum value {
        VALUE_COUNT,  /* 0 or more */
        VALUE_NUMBER, /* -1, too */
        VALUE_SIZE,   /* bytes, "512m", or -1 */
        VALUE_TEXT
};

/* Which member of the document an option is. */
static const struct {
        size_t offset;
        const char *option, *section, *member;
        enum value value;
} limits[] = {
        { offsetof(struct update_options, blkio_weight), "blkio-weight", "blockIO", "weight", VALUE_COUNT },
        { offsetof(struct update_options, cpu_period), "cpu-period", "cpu", "period", VALUE_COUNT },
        { offsetof(struct update_options, cpu_quota), "cpu-quota", "cpu", "quota", VALUE_NUMBER },
        { offsetof(struct update_options, cpu_burst), "cpu-burst", "cpu", "burst", VALUE_COUNT },
        { offsetof(struct update_options, cpu_share), "cpu-share", "cpu", "shares", VALUE_COUNT },
        { offsetof(struct update_options, cpu_rt_period), "cpu-rt-period", "cpu", "realtimePeriod",
          VALUE_COUNT },
        { offsetof(struct update_options, cpu_rt_runtime), "cpu-rt-runtime", "cpu", "realtimeRuntime",
          VALUE_NUMBER },
        { offsetof(struct update_options, cpu_idle), "cpu-idle", "cpu", "idle", VALUE_NUMBER },
        { offsetof(struct update_options, cpuset_cpus), "cpuset-cpus", "cpu", "cpus", VALUE_TEXT },
        { offsetof(struct update_options, cpuset_mems), "cpuset-mems", "cpu", "mems", VALUE_TEXT },
        { offsetof(struct update_options, kernel_memory), "kernel-memory", "memory", "kernel", VALUE_SIZE },
        { offsetof(struct update_options, kernel_memory_tcp), "kernel-memory-tcp", "memory", "kernelTCP",
          VALUE_SIZE },
        { offsetof(struct update_options, memory), "memory", "memory", "limit", VALUE_SIZE },
        { offsetof(struct update_options, memory_reservation), "memory-reservation", "memory", "reservation",
          VALUE_SIZE },
        { offsetof(struct update_options, memory_swap), "memory-swap", "memory", "swap", VALUE_SIZE },
        { offsetof(struct update_options, pids_limit), "pids-limit", "pids", "limit", VALUE_NUMBER },
        { offsetof(struct update_options, l3_cache_schema), "l3-cache-schema", "intelRdt", "l3CacheSchema",
          VALUE_TEXT },
        { offsetof(struct update_options, mem_bw_schema), "mem-bw-schema", "intelRdt", "memBwSchema",
          VALUE_TEXT },
};

enum { N_LIMITS = sizeof(limits) / sizeof(limits[0]) };

static const char *given(const struct update_options *options, size_t i)
{
        return *(const char *const *)((const char *)options + limits[i].offset);
}

/* A whole number in decimal. */
static bool read_number(const char *text, int64_t *ret)
{
        const char *digits = text + (text[0] == '-');
        char *end;

        if (!isdigit((unsigned char)digits[0]))
                return false;
        errno = 0;
        *ret = strtoll(text, &end, 10);
        return errno == 0 && *end == '\0';
}

/* "1073741824", "1g", "1.5GiB": units are powers of 1024, in any case. */
static bool read_size(const char *text, int64_t *ret)
{
        static const char units[] = "bkmgtp";
        size_t digits = strspn(text, "0123456789."), shift = 0;
        const char *unit = text + digits;
        const char *found;
        char *end;
        double size;

        if (strcmp(text, "-1") == 0) {
                *ret = -1;
                return true;
        }
        if (!isdigit((unsigned char)text[0]))
                return false;
        if (*unit == '\0' && read_number(text, ret))
                return true;
        size = strtod(text, &end);
        unit += *unit == ' ';
        if (end != text + digits)
                return false;
        found = *unit ? strchr(units, tolower((unsigned char)*unit)) : units;
        if (!found)
                return false;
        shift = 10 * (size_t)(found - units);
        if (*unit && shift > 0 && strcasecmp(unit + 1, "") != 0 && strcasecmp(unit + 1, "b") != 0 &&
            strcasecmp(unit + 1, "ib") != 0)
                return false;
        if (shift == 0 && *unit && unit[1])
                return false;
        size *= (double)(INT64_C(1) << shift);
        if (size >= 9223372036854775807.0)
                return false;
        *ret = (int64_t)size;
        return true;
}

/* The value as JSON; NULL when it is none of its kind, or without memory. */
static json_object *read_value(enum value kind, const char *text)
{
        int64_t number = 0;

        switch (kind) {
        case VALUE_TEXT:
                return json_object_new_string(text);
        case VALUE_SIZE:
                return read_size(text, &number) ? json_object_new_int64(number) : NULL;
        case VALUE_NUMBER:
                return read_number(text, &number) ? json_object_new_int64(number) : NULL;
        case VALUE_COUNT:
                return read_number(text, &number) && number >= 0 ? json_object_new_int64(number) : NULL;
        }
        return NULL;
}

static bool put(json_object *document, size_t i, json_object *value)
{
        json_object *section;

        if (!json_object_object_get_ex(document, limits[i].section, &section)) {
                section = json_object_new_object();
                if (!section || json_object_object_add(document, limits[i].section, section) < 0) {
                        (void)json_object_put(section);
                        return false;
                }
        }
        return json_object_object_add(section, limits[i].member, value) == 0;
}

static int read_options(struct app *app, const struct update_options *options, json_object *document)
{
        for (size_t i = 0; i < N_LIMITS; i++) {
                const char *text = given(options, i);
                json_object *value;

                if (!text || text[0] == '\0')
                        continue;
                value = read_value(limits[i].value, text);
                if (!value)
                        return app_fail(app, "invalid value '%s' for flag --%s", text, limits[i].option);
                if (!put(document, i, value)) {
                        (void)json_object_put(value);
                        return app_fail(app, "out of memory");
                }
        }
        return 0;
}

static int update(struct app *app, const char *id, const char *text, size_t size)
{
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        r = app_open(app, id, &c);
        if (r != 0)
                return r;
        if (contain_update(c, text, size, &error) < 0)
                return app_fail_error(app, error);
        return EXIT_SUCCESS;
}

static int update_from_options(struct app *app, const struct update_options *options, const char *id)
{
        json_object *document = json_object_new_object();
        const char *text;
        int r;

        if (!document)
                return app_fail(app, "out of memory");
        r = read_options(app, options, document);
        if (r == 0) {
                text = json_object_to_json_string(document);
                r = text ? update(app, id, text, strlen(text)) : app_fail(app, "out of memory");
        }
        (void)json_object_put(document);
        return r;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct update_options *options = values;
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r;

        if (!options->resources)
                return update_from_options(app, options, operands->words[0]);
        for (size_t i = 0; i < N_LIMITS; i++)
                if (given(options, i))
                        return app_fail(app, "flag --%s cannot be used with --resources", limits[i].option);
        if (strcmp(options->resources, "-") == 0)
                r = files_read_fd(STDIN_FILENO, &text, &size);
        else
                r = files_read(options->resources, &text, &size);
        if (r < 0)
                return app_fail(app, "cannot read '%s': %s", options->resources, strerror(-r));
        return update(app, operands->words[0], text, size);
}

static const struct option options_table[] = {
        { "resources", 'r', OPTION_TEXT, offsetof(struct update_options, resources), "FILE",
          "all limits as a linux.resources document; '-' for standard input" },
        { "blkio-weight", 0, OPTION_TEXT, offsetof(struct update_options, blkio_weight), "NUMBER",
          "weight of block I/O, 10 to 1000" },
        { "cpu-period", 0, OPTION_TEXT, offsetof(struct update_options, cpu_period), "USEC",
          "length of a period of CPU time" },
        { "cpu-quota", 0, OPTION_TEXT, offsetof(struct update_options, cpu_quota), "USEC",
          "CPU time in a period; -1 for no limit" },
        { "cpu-burst", 0, OPTION_TEXT, offsetof(struct update_options, cpu_burst), "USEC",
          "CPU time that may be saved up beyond the quota" },
        { "cpu-share", 0, OPTION_TEXT, offsetof(struct update_options, cpu_share), "NUMBER",
          "weight of CPU time, 2 to 262144" },
        { "cpu-rt-period", 0, OPTION_TEXT, offsetof(struct update_options, cpu_rt_period), "USEC",
          "length of a period of real-time CPU time" },
        { "cpu-rt-runtime", 0, OPTION_TEXT, offsetof(struct update_options, cpu_rt_runtime), "USEC",
          "real-time CPU time in a period" },
        { "cpu-idle", 0, OPTION_TEXT, offsetof(struct update_options, cpu_idle), "NUMBER",
          "1 to run on idle processors only, 0 not to" },
        { "cpuset-cpus", 0, OPTION_TEXT, offsetof(struct update_options, cpuset_cpus), "LIST",
          "processors to run on, such as 0-3,8" },
        { "cpuset-mems", 0, OPTION_TEXT, offsetof(struct update_options, cpuset_mems), "LIST",
          "memory nodes to use" },
        { "kernel-memory", 0, OPTION_TEXT, offsetof(struct update_options, kernel_memory), "SIZE",
          "accepted, for kernels that had such a limit" },
        { "kernel-memory-tcp", 0, OPTION_TEXT, offsetof(struct update_options, kernel_memory_tcp), "SIZE",
          "limit of memory for TCP buffers, cgroup v1" },
        { "memory", 0, OPTION_TEXT, offsetof(struct update_options, memory), "SIZE",
          "limit of memory; -1 for none" },
        { "memory-reservation", 0, OPTION_TEXT, offsetof(struct update_options, memory_reservation), "SIZE",
          "memory that is left alone, or soft limit" },
        { "memory-swap", 0, OPTION_TEXT, offsetof(struct update_options, memory_swap), "SIZE",
          "limit of memory and swap together; -1 for none" },
        { "pids-limit", 0, OPTION_TEXT, offsetof(struct update_options, pids_limit), "NUMBER",
          "limit of processes; -1 for none" },
        { "l3-cache-schema", 0, OPTION_TEXT, offsetof(struct update_options, l3_cache_schema), "SCHEMA",
          "share of the L3 cache" },
        { "mem-bw-schema", 0, OPTION_TEXT, offsetof(struct update_options, mem_bw_schema), "SCHEMA",
          "share of memory bandwidth" },
        { 0 },
};

const struct command command_update = {
        .name = "update",
        .synopsis = "ID",
        .summary = "change the limits of a container",
        .options = { options_table },
        .options_size = sizeof(struct update_options),
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
