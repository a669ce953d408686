/* SPDX-License-Identifier: MIT */

/*
 * Writes to cgroup files as properties of a unit, so that systemd and the kernel are told the same. Taken
 * from the writes and not from the configuration: what a value means is decided once, and the files that the
 * configuration names itself (unified) count, too.
 */

#include "cgroup/systemd/systemd.h"
#include "cgroup/writes.h"

#include <stdio.h>
#include <string.h>

#define PERIOD_USUAL UINT64_C(100000)
#define CPUS_MAX     8192

enum form {
        FORM_LIMIT,    /* "5", "max", "-1" */
        FORM_QUOTA,    /* "50000 100000", "max" */
        FORM_V1_QUOTA, /* "50000", "-1" */
        FORM_PERIOD,   /* "100000" */
        FORM_IDLE,     /* "1" */
        FORM_SET,      /* "0-3,7" */
        FORM_WEIGHT,   /* "100", "default 100", "8:0 100" */
        FORM_MAX,      /* "8:0 rbps=1048576 wiops=max" */
        FORM_THROTTLE, /* "8:0 1048576" */
        FORM_DEVICE,   /* "c 1:3 rwm", "a" */
        FORM_NO_DEVICE
};

/* Which file is which property, from which version of systemd on. */
static const struct rule {
        const char *file, *name;
        enum form form;
        uint64_t min; /* systemd takes no less; the file has the exact value */
        unsigned version;
        const char *device_name; /* the property for single devices */
} rules[] = {
        { "memory.max", "MemoryMax", FORM_LIMIT, 1, 0, NULL },
        { "memory.high", "MemoryHigh", FORM_LIMIT, 1, 0, NULL },
        { "memory.low", "MemoryLow", FORM_LIMIT, 0, 0, NULL },
        { "memory.min", "MemoryMin", FORM_LIMIT, 0, 240, NULL },
        { "memory.swap.max", "MemorySwapMax", FORM_LIMIT, 0, 0, NULL },
        { "memory.zswap.max", "MemoryZSwapMax", FORM_LIMIT, 0, 253, NULL },
        { "memory.limit_in_bytes", "MemoryLimit", FORM_LIMIT, 1, 0, NULL },
        { "pids.max", "TasksMax", FORM_LIMIT, 1, 0, NULL },
        { "cpu.weight", "CPUWeight", FORM_LIMIT, 1, 0, NULL },
        { "cpu.shares", "CPUShares", FORM_LIMIT, 2, 0, NULL },
        { "cpu.idle", "CPUWeight", FORM_IDLE, 0, 252, NULL },
        { "cpu.max", NULL, FORM_QUOTA, 0, 0, NULL },
        { "cpu.cfs_quota_us", NULL, FORM_V1_QUOTA, 0, 0, NULL },
        { "cpu.cfs_period_us", NULL, FORM_PERIOD, 0, 0, NULL },
        { "cpuset.cpus", "AllowedCPUs", FORM_SET, 0, 244, NULL },
        { "cpuset.mems", "AllowedMemoryNodes", FORM_SET, 0, 244, NULL },
        { "io.weight", "IOWeight", FORM_WEIGHT, 1, 0, "IODeviceWeight" },
        { "io.max", NULL, FORM_MAX, 0, 0, NULL },
        { "blkio.weight", "BlockIOWeight", FORM_LIMIT, 10, 0, NULL },
        { "blkio.weight_device", NULL, FORM_WEIGHT, 10, 0, "BlockIODeviceWeight" },
        { "blkio.throttle.read_bps_device", "BlockIOReadBandwidth", FORM_THROTTLE, 0, 0, NULL },
        { "blkio.throttle.write_bps_device", "BlockIOWriteBandwidth", FORM_THROTTLE, 0, 0, NULL },
        { "devices.allow", "DeviceAllow", FORM_DEVICE, 0, 240, NULL },
        { "devices.deny", "DeviceAllow", FORM_NO_DEVICE, 0, 240, NULL },
};

/* The last one of this name. */
static struct ct_property *find(struct ct_properties *properties, const char *name)
{
        for (size_t i = properties->n; i-- > 0;)
                if (strcmp(properties->items[i].name, name) == 0)
                        return &properties->items[i];
        return NULL;
}

/* A new property; NULL when out of memory. */
static struct ct_property *append(struct ct_properties *properties, const char *name, const char *signature,
                                  const char *at)
{
        struct ct_property *more;

        if (properties->n == properties->capacity) {
                size_t capacity = properties->capacity ? 2 * properties->capacity : 16;

                more = ct_arena_array(properties->arena, capacity, sizeof(*more));
                if (!more) {
                        properties->failed = true;
                        return NULL;
                }
                if (properties->n > 0)
                        memcpy(more, properties->items, properties->n * sizeof(*more));
                properties->items = more;
                properties->capacity = capacity;
        }
        more = &properties->items[properties->n++];
        *more = (struct ct_property){ .name = name, .signature = signature, .at = at };
        return more;
}

/* The property of this name, emptied, or a new one; NULL when out of memory. */
static struct ct_property *put(struct ct_properties *properties, const char *name, const char *signature,
                               const char *at)
{
        struct ct_property *found = find(properties, name);

        if (!found)
                return append(properties, name, signature, at);
        *found = (struct ct_property){ .name = name, .signature = signature, .at = at };
        return found;
}

/* Room for @n more values at the end of a property; NULL when out of memory. */
static struct ct_property_value *extend(struct ct_properties *properties, struct ct_property *property,
                                        size_t n)
{
        struct ct_property_value *more;

        if (!property)
                return NULL;
        more = ct_arena_array(properties->arena, property->n + n, sizeof(*more));
        if (!more) {
                properties->failed = true;
                return NULL;
        }
        if (property->n > 0)
                memcpy(more, property->values, property->n * sizeof(*more));
        property->values = more;
        property->n += n;
        return more + property->n - n;
}

static void put_scalar(struct ct_properties *properties, const char *name, const char *signature,
                       struct ct_property_value value, const char *at)
{
        struct ct_property_value *slot = extend(properties, put(properties, name, signature, at), 1);

        if (slot)
                *slot = value;
}

static void put_number(struct ct_properties *properties, const char *name, uint64_t number, const char *at)
{
        put_scalar(properties, name, "t", (struct ct_property_value){ .number = number }, at);
}

void ct_properties_add_text(struct ct_properties *properties, const char *name, const char *value)
{
        put_scalar(properties, name, "s", (struct ct_property_value){ .text = value }, NULL);
}

void ct_properties_add_bool(struct ct_properties *properties, const char *name, bool value)
{
        put_scalar(properties, name, "b", (struct ct_property_value){ .number = value }, NULL);
}

void ct_properties_add_pid(struct ct_properties *properties, const char *name, pid_t pid)
{
        put_scalar(properties, name, "au", (struct ct_property_value){ .number = (uint64_t)pid }, NULL);
}

/* A number, or UINT64_MAX for no limit. Past it in *text. */
static bool take_number(const char **text, uint64_t *ret)
{
        char *end;

        if (strncmp(*text, "max", 3) == 0 || strncmp(*text, "-1", 2) == 0) {
                *text += strcspn(*text, " ");
                *ret = UINT64_MAX;
                return true;
        }
        if (**text < '0' || **text > '9')
                return false;
        *ret = strtoull(*text, &end, 10);
        *text = end;
        return true;
}

/* Quota and period make two properties: how much of a second, and the period. */
static void put_bandwidth(struct ct_properties *properties, unsigned version, const char *at)
{
        uint64_t period = properties->period > 0 ? properties->period : PERIOD_USUAL;
        uint64_t quota = properties->quota > 0 ? properties->quota : UINT64_MAX;
        uint64_t per_second = UINT64_MAX;

        /* systemd keeps whole hundredths on its disk: rounded up, a reload gives no less than was asked for.
         */
        if (quota < UINT64_MAX / 1000000)
                per_second = (quota * 1000000 / period + 9999) / 10000 * 10000;
        put_number(properties, "CPUQuotaPerSecUSec", per_second, at);
        if (version >= 242 && properties->period > 0)
                put_number(properties, "CPUQuotaPeriodUSec", properties->period, at);
}

static void add_bandwidth(struct ct_properties *properties, const struct rule *rule,
                          const struct ct_cgroup_write *write, unsigned version)
{
        const char *text = write->value;
        bool has_quota = rule->form != FORM_PERIOD && !(write->flags & CT_WRITE_KEEP_FIRST);

        if (has_quota && !take_number(&text, &properties->quota))
                return;
        text += *text == ' ';
        if (rule->form != FORM_V1_QUOTA && *text != '\0')
                (void)take_number(&text, &properties->period);
        put_bandwidth(properties, version, write->at);
}

/* A list of numbers as a set of bits, the least one first. */
static void add_set(struct ct_properties *properties, const char *name, const struct ct_cgroup_write *write)
{
        unsigned char bits[CPUS_MAX / 8] = { 0 };
        struct ct_property_value *values;
        const char *text = write->value;
        size_t n = 0;

        while (*text != '\0') {
                uint64_t first, last;

                if (!take_number(&text, &first))
                        return;
                last = first;
                if (*text == '-') {
                        text++;
                        if (!take_number(&text, &last))
                                return;
                }
                if (last >= CPUS_MAX || (*text != ',' && *text != '\0'))
                        return; /* for the kernel to judge */
                for (uint64_t i = first; i <= last; i++)
                        bits[i / 8] |= (unsigned char)(1u << i % 8);
                n = last / 8 + 1 > n ? last / 8 + 1 : n;
                text += *text == ',';
        }
        values = extend(properties, put(properties, name, "ay", write->at), n);
        for (size_t i = 0; values && i < n; i++)
                values[i].number = bits[i];
}

/* A device and a number, in a property that has one for each device. */
static void add_device_number(struct ct_properties *properties, const char *name, const char *device,
                              uint64_t number, const char *at)
{
        struct ct_property *property = find(properties, name);
        struct ct_property_value *values;
        const char *path =
                ct_arena_printf(properties->arena, "/dev/block/%.*s", (int)strcspn(device, " "), device);

        if (!property)
                property = put(properties, name, "a(st)", at);
        values = extend(properties, property, 2);
        if (!values || !path) {
                properties->failed = true;
                return;
        }
        values[0].text = path;
        values[1].number = number;
}

static void add_weight(struct ct_properties *properties, const struct rule *rule,
                       const struct ct_cgroup_write *write)
{
        const char *text = write->value;
        bool device = strchr(text, ':') != NULL;
        uint64_t weight;

        if (device || strncmp(text, "default ", 8) == 0)
                text += strcspn(text, " ") + 1;
        if (!take_number(&text, &weight))
                return;
        if (device)
                add_device_number(properties, rule->device_name, write->value, weight, write->at);
        else
                put_number(properties, rule->name, weight, write->at);
}

static void add_max(struct ct_properties *properties, const struct ct_cgroup_write *write)
{
        static const char *const names[][2] = { { "rbps=", "IOReadBandwidthMax" },
                                                { "wbps=", "IOWriteBandwidthMax" },
                                                { "riops=", "IOReadIOPSMax" },
                                                { "wiops=", "IOWriteIOPSMax" } };

        for (const char *word = strchr(write->value, ' '); word; word = strchr(word, ' ')) {
                word++;
                for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                        const char *text = word + strlen(names[i][0]);
                        uint64_t number;

                        if (strncmp(word, names[i][0], strlen(names[i][0])) == 0 &&
                            take_number(&text, &number))
                                add_device_number(properties, names[i][1], write->value, number, write->at);
                }
        }
}

static void add_throttle(struct ct_properties *properties, const struct rule *rule,
                         const struct ct_cgroup_write *write)
{
        const char *text = strchr(write->value, ' ');
        uint64_t number;

        if (!text)
                return;
        text++;
        if (take_number(&text, &number)) /* 0 takes the limit away */
                add_device_number(properties, rule->name, write->value, number ? number : UINT64_MAX,
                                  write->at);
}

/*
 * v1: everything is denied, then devices are allowed. Where everything is allowed and devices are denied,
 * there are no words for the latter: the policy stays "auto", which leaves them to the files.
 */
static void add_device(struct ct_properties *properties, const struct rule *rule,
                       const struct ct_cgroup_write *write)
{
        struct ct_property *property = find(properties, rule->name);
        struct ct_property_value *values;
        char type, device[64], access[8];
        const char *minor, *path;

        if (strcmp(write->value, "a") == 0) {
                put_scalar(properties, "DevicePolicy", "s",
                           (struct ct_property_value){ .text = rule->form == FORM_NO_DEVICE ? "strict"
                                                                                            : "auto" },
                           write->at);
                (void)put(properties, rule->name, "a(ss)", write->at);
                return;
        }
        if (!property || rule->form == FORM_NO_DEVICE ||
            sscanf(write->value, "%c %63s %7s", &type, device, access) != 3)
                return;
        minor = strchr(device, ':');
        if (!minor)
                return;
        if (property->n == 0) /* an empty list drops what the unit has, any other is added to it */
                property = append(properties, rule->name, "a(ss)", write->at);
        if (device[0] == '*')
                path = type == 'c' ? "char-*" : "block-*";
        else if (minor[1] == '*')
                path = ct_arena_printf(properties->arena, "%s-%.*s", type == 'c' ? "char" : "block",
                                       (int)(minor - device), device);
        else
                path = ct_arena_printf(properties->arena, "/dev/%s/%s", type == 'c' ? "char" : "block",
                                       device);
        values = extend(properties, property, 2);
        if (!values || !path) {
                properties->failed = true;
                return;
        }
        values[0].text = path;
        values[1].text = ct_arena_strdup(properties->arena, access);
        properties->failed = properties->failed || !values[1].text;
}

static void add_limit(struct ct_properties *properties, const struct rule *rule,
                      const struct ct_cgroup_write *write)
{
        const char *text = write->value;
        uint64_t number;

        if (take_number(&text, &number))
                put_number(properties, rule->name, number < rule->min ? rule->min : number, write->at);
}

static void add_write(struct ct_properties *properties, const struct rule *rule,
                      const struct ct_cgroup_write *write, unsigned version)
{
        switch (rule->form) {
        case FORM_LIMIT:
                add_limit(properties, rule, write);
                return;
        case FORM_QUOTA:
        case FORM_V1_QUOTA:
        case FORM_PERIOD:
                add_bandwidth(properties, rule, write, version);
                return;
        case FORM_IDLE:
                if (strcmp(write->value, "1") == 0)
                        put_number(properties, rule->name, 0, write->at);
                return;
        case FORM_SET:
                add_set(properties, rule->name, write);
                return;
        case FORM_WEIGHT:
                add_weight(properties, rule, write);
                return;
        case FORM_MAX:
                add_max(properties, write);
                return;
        case FORM_THROTTLE:
                add_throttle(properties, rule, write);
                return;
        case FORM_DEVICE:
        case FORM_NO_DEVICE:
                add_device(properties, rule, write);
                return;
        }
}

void ct_properties_add_writes(struct ct_properties *properties, const struct ct_cgroup_writes *writes,
                              unsigned version)
{
        for (size_t i = 0; i < writes->n; i++)
                for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++)
                        if (!(writes->items[i].flags & CT_WRITE_CHECK) && version >= rules[k].version &&
                            strcmp(writes->items[i].file, rules[k].file) == 0)
                                add_write(properties, &rules[k], &writes->items[i], version);
}
