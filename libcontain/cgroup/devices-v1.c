/* SPDX-License-Identifier: MIT */

/*
 * Device rules as cgroup v1 keeps them: one answer for everything, and a set of exceptions from it, none
 * of which has exceptions of its own. The ordered rules are played through here, and the set that is
 * left in the end is written.
 */

#include "cgroup/devices.h"

#include <inttypes.h>

struct exception {
        char type; /* 'c' or 'b' */
        int64_t major, minor;
        unsigned access;
        const char *at;
};

struct exceptions {
        bool allow; /* the answer for everything else */
        struct exception *items;
        size_t n, capacity;
};

static bool add(struct exceptions *set, struct ct_arena *arena, const struct exception *one)
{
        struct exception *more;

        if (set->n == set->capacity) {
                set->capacity = 2 * set->capacity + 32;
                more = ct_arena_array(arena, set->capacity, sizeof *more);
                if (!more)
                        return false;
                for (size_t i = 0; i < set->n; i++)
                        more[i] = set->items[i];
                set->items = more;
        }
        set->items[set->n++] = *one;
        return true;
}

static bool same_devices(const struct exception *a, const struct exception *b)
{
        return a->type == b->type && a->major == b->major && a->minor == b->minor;
}

/* Whether every device of @b is one of @a. */
static bool covers(const struct exception *a, const struct exception *b)
{
        return a->type == b->type && (a->major < 0 || a->major == b->major) &&
               (a->minor < 0 || a->minor == b->minor);
}

static bool overlap(const struct exception *a, const struct exception *b)
{
        return a->type == b->type && (a->major < 0 || b->major < 0 || a->major == b->major) &&
               (a->minor < 0 || b->minor < 0 || a->minor == b->minor);
}

/* A rule that answers as everything else does takes away from the exceptions before it. */
static int take_away(struct exceptions *set, const struct exception *rule, contain_error_t **err)
{
        for (size_t i = 0; i < set->n; i++) {
                struct exception *present = &set->items[i];

                if (!overlap(present, rule) || !(present->access & rule->access))
                        continue;
                if (covers(rule, present)) {
                        present->access &= ~rule->access;
                        continue;
                }
                /* The right to make nodes of anything is worth nothing, so what can't be taken from it may
                 * stay. */
                if (!present->at && (present->access & rule->access) == BPF_DEVCG_ACC_MKNOD)
                        continue;
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, rule->at,
                               "cgroup v1 cannot make an exception from the wider rule '%s' before it",
                               present->at ? present->at : "of every container");
        }
        return 0;
}

static int apply_rule(struct exceptions *set, struct ct_arena *arena, const struct exception *rule,
                      bool allow, contain_error_t **err)
{
        if (allow == set->allow)
                return take_away(set, rule, err);
        for (size_t i = 0; i < set->n; i++)
                if (same_devices(&set->items[i], rule)) {
                        set->items[i].access |= rule->access;
                        return 0;
                }
        return add(set, arena, rule) ? 0 : ct_fail_memory(err);
}

static const char *number(struct ct_cgroup_writes *writes, int64_t value)
{
        return value < 0 ? "*" : ct_writes_text(writes, "%" PRId64, value);
}

static void write_exception(const struct exception *one, const char *file, struct ct_cgroup_writes *writes)
{
        const char *at = one->at ? one->at : "/linux/resources/devices";

        if (one->access == 0)
                return;
        ct_writes_add(
                writes, CT_WRITE_DEVICES, at, file, "%c %s:%s %s%s%s", one->type, number(writes, one->major),
                number(writes, one->minor), one->access & BPF_DEVCG_ACC_READ ? "r" : "",
                one->access & BPF_DEVCG_ACC_WRITE ? "w" : "", one->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
}

int ct_devices_write_v1(const struct ct_device_rules *rules, struct ct_cgroup_writes *writes,
                        contain_error_t **err)
{
        struct exceptions set = { .allow = rules->allow };
        int r;

        for (size_t i = 0; i < rules->n; i++) {
                const struct ct_device_rule *rule = &rules->items[i];
                struct exception one = { rule->type, rule->major, rule->minor, rule->access, rule->at };

                /* To the kernel, 'a' is everything, whatever numbers come with it: both types are meant here.
                 */
                for (const char *type = "cb"; *type != '\0'; type++) {
                        if (rule->type != 'a' && rule->type != *type)
                                continue;
                        one.type = *type;
                        r = apply_rule(&set, writes->arena, &one, rule->allow, err);
                        if (r < 0)
                                return r;
                }
        }
        /* Either word begins anew: it drops all exceptions. */
        ct_writes_add(writes, CT_WRITE_DEVICES, "/linux/resources/devices",
                      set.allow ? "devices.allow" : "devices.deny", "a");
        for (size_t i = 0; i < set.n; i++)
                write_exception(&set.items[i], set.allow ? "devices.deny" : "devices.allow", writes);
        return 0;
}
