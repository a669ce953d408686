/* SPDX-License-Identifier: MIT */

/* linux.sysctl: only parameters that belong to one of the container's namespaces, or the host's would change.
 */

#include "spec/sections.h"

#include "base/problems.h"
#include "spec/values.h"

#include <linux/sched.h>
#include <string.h>

struct parameter {
        const char *name; /* a whole group when it ends in '.' */
        uint64_t type;
        const char *namespace_;
};

static const struct parameter parameters[] = {
        { "fs.mqueue.", CLONE_NEWIPC, "ipc" },
        { "kernel.domainname", CLONE_NEWUTS, "uts" },
        { "kernel.msgmax", CLONE_NEWIPC, "ipc" },
        { "kernel.msgmnb", CLONE_NEWIPC, "ipc" },
        { "kernel.msgmni", CLONE_NEWIPC, "ipc" },
        { "kernel.sem", CLONE_NEWIPC, "ipc" },
        { "kernel.shm_rmid_forced", CLONE_NEWIPC, "ipc" },
        { "kernel.shmall", CLONE_NEWIPC, "ipc" },
        { "kernel.shmmax", CLONE_NEWIPC, "ipc" },
        { "kernel.shmmni", CLONE_NEWIPC, "ipc" },
        { "net.", CLONE_NEWNET, "network" },
};

/*
 * As sysctl(8): when the first separator is '/', the dots are part of names ("net/ipv4/conf/eno2.100/…"),
 * and the other way round. In place; turns the slashes of such a key to dots and back.
 */
static void swap_separators(char *key)
{
        char *first = strpbrk(key, "./");

        if (!first || *first == '.')
                return;
        for (; *key != '\0'; key++) {
                if (*key == '/')
                        *key = '.';
                else if (*key == '.')
                        *key = '/';
        }
}

/* Each part becomes a folder below /proc/sys: none may be empty or lead elsewhere. */
static bool is_key(const char *key)
{
        while (*key != '\0') {
                size_t n = strcspn(key, ".");

                if (n == 0 || strncmp(key, "/", n) == 0 || strncmp(key, "//", n) == 0)
                        return false;
                key += n;
                if (*key == '.' && *++key == '\0')
                        return false;
        }
        return true;
}

static const struct parameter *find(const char *key)
{
        size_t i;

        for (i = 0; i < CT_LENGTH(parameters); i++) {
                size_t length = strlen(parameters[i].name);
                bool group = parameters[i].name[length - 1] == '.';

                if (group ? strncmp(key, parameters[i].name, length) == 0
                          : strcmp(key, parameters[i].name) == 0)
                        return &parameters[i];
        }
        return NULL;
}

static int check_pair(struct ct_arena *arena, const struct ct_spec *spec, const char *name,
                      contain_error_t **err)
{
        const char *at = ct_json_pointer_join(arena, "/linux/sysctl", name);
        char *key = ct_arena_strdup(arena, name);
        const struct parameter *parameter;
        int r;

        if (!at || !key)
                return ct_fail_memory(err);
        swap_separators(key);
        if (!is_key(key))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at, "'%s' is not the name of a kernel parameter",
                               name);
        parameter = find(key);
        if (!parameter) {
                r = ct_fail(err, CONTAIN_E_VALUE, EINVAL, at,
                            "'%s' belongs to no namespace: it would change the host", name);
                if (strcmp(key, "kernel.hostname") == 0)
                        ct_error_set_hint(err, "use the member 'hostname' instead");
                return r;
        }
        if (!ct_spec_may_have_namespace(arena, spec, parameter->type)) {
                r = ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, at,
                            "'%s' would change the host without a %s namespace", name, parameter->namespace_);
                ct_error_set_hint(err, "add { \"type\": \"%s\" } to linux.namespaces", parameter->namespace_);
                return r;
        }
        return 0;
}

int ct_spec_check_sysctl(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err)
{
        size_t i;
        int r;

        for (i = 0; i < spec->linux_.sysctl.n; i++) {
                r = check_pair(arena, spec, spec->linux_.sysctl.items[i].key, err);
                r = ct_problems_keep(ct_arena_problems(arena), r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}
