/* SPDX-License-Identifier: MIT */

/* process.capabilities: five lists of names, kept as masks. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

/* Of the names that are not known, so many are remembered: as many as a kernel can ever have. */
#define MAX_UNKNOWN 64

/* By number. A name that newer kernels add belongs at the end. */
static const char *const names[] = {
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_DAC_READ_SEARCH",
        "CAP_FOWNER",
        "CAP_FSETID",
        "CAP_KILL",
        "CAP_SETGID",
        "CAP_SETUID",
        "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE",
        "CAP_NET_BIND_SERVICE",
        "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN",
        "CAP_NET_RAW",
        "CAP_IPC_LOCK",
        "CAP_IPC_OWNER",
        "CAP_SYS_MODULE",
        "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT",
        "CAP_SYS_PTRACE",
        "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN",
        "CAP_SYS_BOOT",
        "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE",
        "CAP_SYS_TIME",
        "CAP_SYS_TTY_CONFIG",
        "CAP_MKNOD",
        "CAP_LEASE",
        "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL",
        "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE",
        "CAP_MAC_ADMIN",
        "CAP_SYSLOG",
        "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ",
        "CAP_PERFMON",
        "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
};

const char *ct_spec_capability_name(unsigned number)
{
        return number < CT_LENGTH(names) ? names[number] : NULL;
}

static bool add_name(const char *name, uint64_t *mask)
{
        size_t i;

        for (i = 0; i < CT_LENGTH(names); i++) {
                if (strcmp(names[i], name) == 0) {
                        *mask |= UINT64_C(1) << i;
                        return true;
                }
        }
        return false;
}

static bool contains(const struct ct_strings *strings, const char *text)
{
        size_t i;

        for (i = 0; i < strings->n; i++)
                if (strcmp(strings->items[i], text) == 0)
                        return true;
        return false;
}

/* The spec wants a warning for what cannot be granted, no failure: remembers each unknown name once. */
static int add_unknown(struct ct_arena *arena, struct ct_strings *unknown, char *name, contain_error_t **err)
{
        if (!unknown->items) {
                unknown->items = ct_arena_array(arena, MAX_UNKNOWN + 1, sizeof *unknown->items);
                if (!unknown->items)
                        return ct_fail_memory(err);
        }
        if (unknown->n < MAX_UNKNOWN && !contains(unknown, name))
                unknown->items[unknown->n++] = name;
        return 0;
}

int ct_spec_parse_capabilities(const struct ct_json *value, struct ct_spec_capabilities *ret,
                               contain_error_t **err)
{
        const struct {
                const char *key;
                uint64_t *mask;
        } sets[] = {
                { "bounding", &ret->bounding },       { "effective", &ret->effective },
                { "inheritable", &ret->inheritable }, { "permitted", &ret->permitted },
                { "ambient", &ret->ambient },
        };
        size_t i, j;
        int r;

        for (i = 0; i < CT_LENGTH(sets); i++) {
                struct ct_strings list = { NULL, 0 };

                r = ct_spec_get_strings(value, sets[i].key, &list, err);
                if (r < 0)
                        return r;
                for (j = 0; j < list.n; j++) {
                        if (add_name(list.items[j], sets[i].mask))
                                continue;
                        r = add_unknown(value->arena, &ret->unknown, list.items[j], err);
                        if (r < 0)
                                return r;
                }
        }
        ret->has = true;
        return 0;
}
