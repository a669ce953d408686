/* SPDX-License-Identifier: MIT */

/* The rules about devices, and who has to obey them. */

#include "cgroup/devices.h"
#include "cgroup/internal.h"

#include "base/fds.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#define AT "/linux/resources/devices"

#define ALL   CT_DEVICE_ACCESS_ALL
#define MKNOD BPF_DEVCG_ACC_MKNOD

/* Nodes can be made of anything, as without the right to open it a node does nothing. */
static const struct ct_device_rule defaults[] = {
        { true, 'c', -1, -1, MKNOD, NULL }, { true, 'b', -1, -1, MKNOD, NULL },
        { true, 'c', 1, 3, ALL, NULL },    /* null */
        { true, 'c', 1, 5, ALL, NULL },    /* zero */
        { true, 'c', 1, 7, ALL, NULL },    /* full */
        { true, 'c', 1, 8, ALL, NULL },    /* random */
        { true, 'c', 1, 9, ALL, NULL },    /* urandom */
        { true, 'c', 5, 0, ALL, NULL },    /* tty */
        { true, 'c', 5, 1, ALL, NULL },    /* console */
        { true, 'c', 5, 2, ALL, NULL },    /* ptmx */
        { true, 'c', 136, -1, ALL, NULL }, /* what is in a devpts */
        { true, 'c', 10, 200, ALL, NULL }, /* net/tun */
};

#define N_DEFAULTS (sizeof defaults / sizeof defaults[0])

static bool is_everything(const struct ct_spec_device_rule *rule)
{
        return rule->type == 'a' && rule->major < 0 && rule->minor < 0 && rule->read && rule->write &&
               rule->mknod;
}

static int add_rule(const struct ct_spec_device_rule *rule, size_t i, struct ct_arena *arena,
                    struct ct_device_rules *rules)
{
        struct ct_device_rule added = { .allow = rule->allow,
                                        .type = rule->type,
                                        .major = rule->major < 0 ? -1 : rule->major,
                                        .minor = rule->minor < 0 ? -1 : rule->minor };

        if (rule->read)
                added.access |= BPF_DEVCG_ACC_READ;
        if (rule->write)
                added.access |= BPF_DEVCG_ACC_WRITE;
        if (rule->mknod)
                added.access |= BPF_DEVCG_ACC_MKNOD;
        if (added.access == 0)
                return 0;
        if (is_everything(rule)) { /* nothing before it counts any more */
                rules->allow = rule->allow;
                rules->n = 0;
                return 0;
        }
        added.at = ct_arena_printf(arena, AT "/%zu", i);
        if (!added.at)
                return -ENOMEM;
        rules->items[rules->n++] = added;
        return 0;
}

int ct_devices_compile(const struct ct_spec_resources *resources, struct ct_arena *arena,
                       struct ct_device_rules *ret, contain_error_t **err)
{
        struct ct_device_rules rules = { 0 };
        size_t first = 0;

        rules.items = ct_arena_array(arena, N_DEFAULTS + resources->n_devices, sizeof *rules.items);
        if (!rules.items)
                return ct_fail_memory(err);
        memcpy(rules.items, defaults, sizeof defaults);
        rules.n = N_DEFAULTS;
        /* To begin with denying everything is every caller's custom, and the state before the defaults. */
        while (first < resources->n_devices && is_everything(&resources->devices[first]) &&
               !resources->devices[first].allow)
                first++;
        for (size_t i = first; i < resources->n_devices; i++)
                if (add_rule(&resources->devices[i], i, arena, &rules) < 0)
                        return ct_fail_memory(err);
        *ret = rules;
        return 0;
}

/* The first user namespace is the one that maps every id to itself. */
bool ct_in_first_user_namespace(void)
{
        _cleanup_free_ char *text = NULL;
        unsigned long inside, outside, size;
        char more;

        if (ct_read_file_at(AT_FDCWD, "/proc/self/uid_map", 65536, &text, NULL) < 0)
                return true; /* a kernel without user namespaces; or no procfs, and then the strict answer */
        return sscanf(text, "%lu %lu %lu %c", &inside, &outside, &size, &more) == 3 && inside == 0 &&
               outside == 0 && size == UINT32_MAX;
}

bool ct_cgroup_restricts_devices(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        if (syscall(SYS_capget, &header, data) < 0)
                return true;
        return (data[CAP_SYS_ADMIN / 32].effective & (UINT32_C(1) << (CAP_SYS_ADMIN % 32))) != 0 &&
               ct_in_first_user_namespace();
}
