/* SPDX-License-Identifier: MIT */

/*
 * A plan as JSON, one step or slot per line. The members are called as steps.h calls them; strings that are
 * absent and numbers that are zero are left out, but for those of which zero says something.
 */

#include "plan/plan.h"

#include <inttypes.h>
#include <linux/filter.h>
#include <sched.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct bit {
        uint64_t bit;
        const char *name;
};

static const struct bit namespaces[] = {
        { CLONE_NEWUSER, "user" }, { CLONE_NEWPID, "pid" },       { CLONE_NEWNET, "network" },
        { CLONE_NEWNS, "mount" },  { CLONE_NEWIPC, "ipc" },       { CLONE_NEWUTS, "uts" },
        { CLONE_NEWTIME, "time" }, { CLONE_NEWCGROUP, "cgroup" },
};

static const struct bit flags[] = {
        { PLAN_FLAG_STAGED, "staged" },
        { PLAN_FLAG_BECOME, "in-place" },
        { PLAN_FLAG_USERNS, "user-namespace" },
        { PLAN_FLAG_AMBIENT, "ambient" },
};

static const char *const slot_kinds[PLAN_SLOT_KINDS] = {
        [PLAN_SLOT_ROOTFS] = "rootfs",       [PLAN_SLOT_TREE] = "tree",
        [PLAN_SLOT_NAMESPACE] = "namespace", [PLAN_SLOT_USERNS] = "id-map",
        [PLAN_SLOT_STDIO] = "stdio",         [PLAN_SLOT_EXTRA] = "extra",
        [PLAN_SLOT_START] = "start",         [PLAN_SLOT_SECCOMP] = "seccomp",
        [PLAN_SLOT_ROOT] = "root",           [PLAN_SLOT_MAPPED_TREE] = "mapped-tree",
};

static const struct {
        const char *strings, *numbers, *blob;
} members[STEP_N] = {
#define X(op, side, name, code, strings_, numbers_, blob_)                                                   \
        [STEP_##op] = { .strings = strings_, .numbers = numbers_, .blob = blob_ },
        PLAN_STEPS(X)
#undef X
};

/* --- members --------------------------------------------------------------------------------- */

/* Goes on to the next name of a space-separated list; its length in *ret_length, NULL at the end. */
static const char *next_name(const char **list, size_t *ret_length)
{
        const char *name = *list + strspn(*list, " ");

        *ret_length = strcspn(name, " ");
        *list = name + *ret_length;
        return *ret_length > 0 ? name : NULL;
}

static void put_key(struct ct_buf *out, const char *name, size_t length)
{
        (void)ct_buf_puts(out, ", \"");
        (void)ct_buf_append(out, name, length);
        (void)ct_buf_puts(out, "\": ");
}

static void put_string(struct ct_buf *out, const char *key, const char *value)
{
        put_key(out, key, strlen(key));
        (void)ct_buf_json_string(out, value);
}

static void put_names(struct ct_buf *out, const struct bit *bits, size_t n, uint64_t value)
{
        const char *separator = "";

        (void)ct_buf_puts(out, "[");
        for (size_t i = 0; i < n; i++) {
                if (!(value & bits[i].bit))
                        continue;
                (void)ct_buf_printf(out, "%s\"%s\"", separator, bits[i].name);
                separator = ", ";
        }
        (void)ct_buf_puts(out, "]");
}

static bool is_named(const char *name, size_t length, const char *other)
{
        return length == strlen(other) && strncmp(name, other, length) == 0;
}

/* Of these zero is an answer, not the lack of one. */
static bool is_always_shown(const char *name, size_t length)
{
        static const char *const names[] = { "uid",  "gid",       "number",    "soft",        "hard",
                                             "keep", "effective", "permitted", "inheritable", "ambient" };

        for (size_t i = 0; i < LENGTH(names); i++)
                if (is_named(name, length, names[i]))
                        return true;
        return false;
}

/* Numbers that stand for words. NULL when this is none. */
static const char *number_word(unsigned op, unsigned i, uint64_t value)
{
        static const char *const joins[] = { "must", "try", "retry" };
        static const char *const pivots[] = { "pivot-root", "move", "chroot" };
        static const char *const groups[] = { "keep", "set", "try" };

        if (op == STEP_JOIN && i == 1 && value < LENGTH(joins))
                return joins[value];
        if (op == STEP_IDENTITY && i == 2 && value < LENGTH(groups))
                return groups[value];
        if (op == STEP_PIVOT && i == 0 && value < LENGTH(pivots))
                return pivots[value];
        return NULL;
}

static bool is_namespaces(unsigned op, unsigned i)
{
        return i == 0 && (op == STEP_JOIN || op == STEP_UNSHARE);
}

static void put_number(struct ct_buf *out, unsigned op, unsigned i, const char *name, size_t length,
                       uint64_t value)
{
        const char *word = number_word(op, i, value);
        char form = ' ';

        if (*name == '#' || *name == '%') {
                form = *name++;
                length--;
        }
        if (value == 0 && !word && !is_always_shown(name, length))
                return;
        put_key(out, name, length);
        if (word)
                (void)ct_buf_printf(out, "\"%s\"", word);
        else if (is_namespaces(op, i))
                put_names(out, namespaces, LENGTH(namespaces), value);
        else if (is_named(name, length, "device"))
                (void)ct_buf_printf(out, "\"%" PRIu64 ":%" PRIu64 "\"", value >> 32, value & UINT32_MAX);
        else if (form == '#')
                (void)ct_buf_printf(out, "\"0%" PRIo64 "\"", value);
        else if (form == '%')
                (void)ct_buf_printf(out, "\"0x%" PRIx64 "\"", value);
        else
                (void)ct_buf_printf(out, "%" PRIu64, value);
}

/* --- tables of bytes ------------------------------------------------------------------------- */

static void put_strings(struct ct_buf *out, const char *bytes, size_t size)
{
        const char *separator = "";

        for (size_t i = 0; i < size;) {
                (void)ct_buf_puts(out, separator);
                (void)ct_buf_json_string(out, bytes + i); /* ends within the pool, whatever it is */
                i += strlen(bytes + i) + 1;
                separator = ", ";
        }
}

static void put_u32(struct ct_buf *out, const char *bytes, size_t size)
{
        for (size_t i = 0; i + sizeof(uint32_t) <= size; i += sizeof(uint32_t)) {
                uint32_t value;

                memcpy(&value, bytes + i, sizeof(value));
                (void)ct_buf_printf(out, "%s%" PRIu32, i > 0 ? ", " : "", value);
        }
}

/* Signed, for nice values. */
static void put_u64(struct ct_buf *out, const char *bytes, size_t size)
{
        for (size_t i = 0; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t)) {
                int64_t value;

                memcpy(&value, bytes + i, sizeof(value));
                (void)ct_buf_printf(out, "%s%" PRId64, i > 0 ? ", " : "", value);
        }
}

static void put_blob(struct ct_buf *out, const struct ct_plan *plan, const struct plan_step *step)
{
        const char *kind = members[step->op].blob, *bytes = (const char *)plan->bytes + step->blob;

        if (step->blob == 0 || kind[0] == '\0')
                return;
        put_key(out, kind, strlen(kind));
        if (strcmp(kind, "bpf") == 0) {
                (void)ct_buf_printf(out, "{\"instructions\": %zu}",
                                    step->blob_size / sizeof(struct sock_filter));
                return;
        }
        (void)ct_buf_puts(out, "[");
        if (strcmp(kind, "strings") == 0)
                put_strings(out, bytes, step->blob_size);
        else if (strcmp(kind, "u32") == 0)
                put_u32(out, bytes, step->blob_size);
        else
                put_u64(out, bytes, step->blob_size);
        (void)ct_buf_puts(out, "]");
}

/* --- lines ----------------------------------------------------------------------------------- */

static void put_step(struct ct_buf *out, const struct ct_plan *plan, const struct plan_step *step)
{
        const char *strings = members[step->op].strings, *numbers = members[step->op].numbers, *name;
        size_t length;

        (void)ct_buf_printf(out, "    {\"step\": \"%s\", \"side\": \"%s\"", ct_plan_op_name(step->op),
                            ct_plan_op_is_host(step->op) ? "host" : "init");
        if (step->at != 0)
                put_string(out, "at", ct_plan_string(plan, step->at));
        if (step->slot != PLAN_NO_SLOT)
                (void)ct_buf_printf(out, ", \"slot\": %u", step->slot);
        for (unsigned i = 0; i < PLAN_STRINGS && (name = next_name(&strings, &length)); i++) {
                if (step->s[i] == 0)
                        continue;
                put_key(out, name, length);
                (void)ct_buf_json_string(out, ct_plan_string(plan, step->s[i]));
        }
        for (unsigned i = 0; i < PLAN_NUMBERS && (name = next_name(&numbers, &length)); i++)
                put_number(out, step->op, i, name, length, step->n[i]);
        put_blob(out, plan, step);
        (void)ct_buf_puts(out, "}");
}

static void put_slot(struct ct_buf *out, const struct ct_plan *plan, const struct plan_slot *slot)
{
        (void)ct_buf_printf(out, "    {\"kind\": \"%s\"", slot_kinds[slot->kind]);
        if (slot->at != 0)
                put_string(out, "at", ct_plan_string(plan, slot->at));
        if (slot->path != 0)
                put_string(out, "path", ct_plan_string(plan, slot->path));
        if (slot->path2 != 0)
                put_string(out, "path2", ct_plan_string(plan, slot->path2));
        if (slot->kind == PLAN_SLOT_NAMESPACE) {
                (void)ct_buf_puts(out, ", \"type\": ");
                put_names(out, namespaces, LENGTH(namespaces), slot->number);
        } else if (slot->kind == PLAN_SLOT_MAPPED_TREE) {
                (void)ct_buf_printf(out, ", \"ids\": %" PRIu64 "%s%s", slot->number >> PLAN_MAPPED_SLOT,
                                    slot->number & PLAN_MAPPED_TREE_RECURSIVE ? ", \"recursive\": 1" : "",
                                    slot->number & PLAN_MAPPED_IDS_RECURSIVE ? ", \"ids_recursive\": 1" : "");
        } else if (slot->kind == PLAN_SLOT_ROOTFS && slot->number != 0) {
                (void)ct_buf_printf(out, ", \"ids\": %" PRIu64, slot->number - 1);
        } else if (slot->kind == PLAN_SLOT_TREE && slot->number != 0) {
                (void)ct_buf_puts(out, ", \"recursive\": 1");
        } else if (slot->kind == PLAN_SLOT_STDIO || slot->kind == PLAN_SLOT_EXTRA) {
                (void)ct_buf_printf(out, ", \"number\": %" PRIu64, slot->number);
        }
        (void)ct_buf_puts(out, "}");
}

int ct_plan_dump(const struct ct_plan *plan, struct ct_buf *ret)
{
        const struct plan_header *header = ct_plan_header(plan);

        (void)ct_buf_printf(ret, "{\n  \"version\": %u,\n  \"flags\": ", header->version);
        put_names(ret, flags, LENGTH(flags), header->flags);
        (void)ct_buf_puts(ret, ",\n  \"clone\": ");
        put_names(ret, namespaces, LENGTH(namespaces), header->clone_flags);
        (void)ct_buf_puts(ret, ",\n  \"slots\": [\n");
        for (uint32_t i = 0; i < header->n_slots; i++) {
                put_slot(ret, plan, ct_plan_slot(plan, i));
                (void)ct_buf_puts(ret, i + 1 < header->n_slots ? ",\n" : "\n");
        }
        (void)ct_buf_puts(ret, "  ],\n  \"steps\": [\n");
        for (uint32_t i = 0; i < header->n_steps; i++) {
                put_step(ret, plan, ct_plan_step(plan, i));
                (void)ct_buf_puts(ret, i + 1 < header->n_steps ? ",\n" : "\n");
        }
        return ct_buf_puts(ret, "  ]\n}\n");
}
