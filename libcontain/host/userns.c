/* SPDX-License-Identifier: MIT */

/* See host/userns.h. One function per obstacle, in the order in which the kernel would stumble over them. */

#include "host/userns.h"

#include "base/cleanup.h"
#include "base/fds.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

#define FILE_MAX    65536
#define SECCOMP_ON  2 /* "Seccomp:" in status: a filter */
#define MOST_LEVELS 32

struct look {
        int root_fd;
        const struct ct_facts *facts;
        uint64_t types;
        int errnum; /* 0: nothing has failed yet */
        struct ct_why *ret;
};

static bool has_capability(const struct ct_facts *facts, unsigned number)
{
        return facts->capabilities >> number & 1;
}

static char *read_text(const struct look *look, const char *path)
{
        char *text = NULL;

        return ct_read_file_at(look->root_fd, path, FILE_MAX, &text, NULL) < 0 ? NULL : text;
}

/* The number in a file; @missing when there is no such file. */
static long read_number(const struct look *look, const char *path, long missing)
{
        _cleanup_free_ char *text = read_text(look, path);

        return text ? strtol(text, NULL, 10) : missing;
}

static void put(char *to, size_t size, const char *format, va_list args)
        __attribute__((format(printf, 3, 0)));
static void put(char *to, size_t size, const char *format, va_list args)
{
        (void)vsnprintf(to, size, format, args);
}

static bool found(const struct look *look, uint64_t type, int errnum, const char *sentence)
{
        *look->ret = (struct ct_why){ .type = type, .errnum = look->errnum ? look->errnum : errnum };
        (void)snprintf(look->ret->sentence, sizeof(look->ret->sentence), "%s", sentence);
        return true;
}

static void advise(const struct look *look, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void advise(const struct look *look, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        put(look->ret->hint, sizeof(look->ret->hint), format, args);
        va_end(args);
}

/* --- of all kinds of namespaces ------------------------------------------------------------- */

static const struct {
        uint64_t type;
        const char *name, *file;
} limits[] = {
        { CLONE_NEWUSER, "user", "max_user_namespaces" },
        { CLONE_NEWNS, "mount", "max_mnt_namespaces" },
        { CLONE_NEWPID, "pid", "max_pid_namespaces" },
        { CLONE_NEWNET, "network", "max_net_namespaces" },
        { CLONE_NEWIPC, "ipc", "max_ipc_namespaces" },
        { CLONE_NEWUTS, "uts", "max_uts_namespaces" },
        { CLONE_NEWCGROUP, "cgroup", "max_cgroup_namespaces" },
        { CLONE_NEWTIME, "time", "max_time_namespaces" },
};
#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static bool no_namespace_allowed(const struct look *look)
{
        for (size_t i = 0; i < LIMITS; i++) {
                char path[64], sentence[96];

                if (!(look->types & limits[i].type))
                        continue;
                (void)snprintf(path, sizeof(path), "proc/sys/user/%s", limits[i].file);
                if (read_number(look, path, -1) != 0)
                        continue;
                (void)snprintf(sentence, sizeof(sentence), "no %s namespaces are allowed: user.%s is 0",
                               limits[i].name, limits[i].file);
                (void)found(look, limits[i].type, ENOSPC, sentence);
                advise(look, "'sysctl -w user.%s=15000', by root, allows them", limits[i].file);
                return true;
        }
        return false;
}

/* ENOSPC, and no limit in sight is zero. Which one it is cannot be read: nor can how many there are. */
static bool too_many(const struct look *look)
{
        const char *name = look->types & CLONE_NEWUSER ? "user" : "new";
        uint64_t type = look->types & CLONE_NEWUSER ? CLONE_NEWUSER : look->types;
        char sentence[96];

        if (look->errnum != ENOSPC && look->errnum != EUSERS)
                return false;
        (void)snprintf(sentence, sizeof(sentence), "no more %s namespaces can be made", name);
        (void)found(look, type, ENOSPC, sentence);
        advise(look,
               "user.max_user_namespaces, or another limit of that kind, is reached here or further out; and "
               "user and pid namespaces nest %d deep at most",
               MOST_LEVELS);
        return true;
}

static bool filtered(const struct look *look)
{
        _cleanup_free_ char *text = NULL;
        const char *line;

        if (look->errnum != EPERM && look->errnum != ENOSYS)
                return false;
        text = read_text(look, "proc/self/status");
        line = text ? strstr(text, "\nSeccomp:") : NULL;
        if (!line || strtol(line + strlen("\nSeccomp:"), NULL, 10) != SECCOMP_ON)
                return false;
        (void)found(look, look->types & CLONE_NEWUSER ? CLONE_NEWUSER : look->types, EPERM,
                    "a seccomp filter of the caller's forbids new namespaces");
        advise(look,
               "the caller is in a container itself: run that one with a profile that allows clone(2) and "
               "unshare(2), such as '--security-opt seccomp=unconfined'");
        return true;
}

/* --- of user namespaces --------------------------------------------------------------------- */

static bool no_procfs(const struct look *look)
{
        _cleanup_free_ char *text = read_text(look, "proc/self/status");

        if (text)
                return false;
        (void)found(look, CLONE_NEWUSER, ENOENT, "there is no procfs on /proc, by which ids are mapped");
        advise(look, "mount it: 'mount -t proc proc /proc'");
        return true;
}

static bool sysctl_forbids(const struct look *look)
{
        /* Privilege counts in the first user namespace only. */
        if (look->facts->in_initial_userns && has_capability(look->facts, CAP_SYS_ADMIN))
                return false;
        if (read_number(look, "proc/sys/kernel/unprivileged_userns_clone", 1) != 0)
                return false;
        (void)found(look, CLONE_NEWUSER, EPERM,
                    "user namespaces are for root only: kernel.unprivileged_userns_clone is 0");
        advise(look, "'sysctl -w kernel.unprivileged_userns_clone=1', by root, allows them to everybody");
        return true;
}

/* Is @id in a map file, "inside outside size" per line? Unknown counts as yes. */
static bool is_mapped(const struct look *look, const char *path, uint32_t id)
{
        _cleanup_free_ char *text = read_text(look, path);
        unsigned long inside, outside, size;
        int length;

        for (const char *line = text;
             line && sscanf(line, " %lu %lu %lu%n", &inside, &outside, &size, &length) == 3; line += length)
                if (id >= inside && id - inside < size)
                        return true;
        return !text;
}

static bool caller_unmapped(const struct look *look)
{
        char sentence[128];
        bool uid = !is_mapped(look, "proc/self/uid_map", look->facts->uid);

        if (!uid && is_mapped(look, "proc/self/gid_map", look->facts->gid))
                return false;
        (void)snprintf(sentence, sizeof(sentence), "the caller's %s is not mapped in its own user namespace",
                       uid ? "user" : "group");
        (void)found(look, CLONE_NEWUSER, EPERM, sentence);
        advise(look, "map it where that namespace is made; it shows as %u",
               uid ? look->facts->uid : look->facts->gid);
        return true;
}

/* In a chroot nothing in the table of mounts is on "/", as a rule; the fifth word of a line says where. */
static bool chrooted(const struct look *look)
{
        _cleanup_free_ char *text = read_text(look, "proc/self/mountinfo");
        char *line, *position = NULL;

        if (!text || text[0] == '\0')
                return false;
        for (line = strtok_r(text, "\n", &position); line; line = strtok_r(NULL, "\n", &position)) {
                for (int i = 0; i < 4; i++)
                        (void)strsep(&line, " ");
                if (line && strncmp(line, "/ ", 2) == 0)
                        return false;
        }
        (void)found(look, CLONE_NEWUSER, EPERM, "no user namespace can be made in a chroot");
        advise(look,
               "the kernel wants the root of the mount namespace: enter the folder by pivot_root(2), as "
               "containers do, instead of chroot(2)");
        return true;
}

static bool confined(const struct look *look)
{
        return ct_userns_why_powerless(look->root_fd, look->facts, look->ret) > 0;
}

static bool policy_forbids(const struct look *look)
{
        if (look->errnum != EACCES)
                return false;
        (void)found(look, CLONE_NEWUSER, EACCES, "a security policy forbids new user namespaces");
        advise(look, "see the logs of AppArmor or SELinux: 'journalctl -k | grep userns_create'");
        return true;
}

/* --- all of them ---------------------------------------------------------------------------- */

int ct_userns_why_powerless(int root_fd, const struct ct_facts *facts, struct ct_why *ret)
{
        const struct look look = { .root_fd = root_fd, .facts = facts, .ret = ret };
        _cleanup_free_ char *label = NULL;

        if (has_capability(facts, CAP_SYS_ADMIN) ||
            read_number(&look, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) != 1)
                return 0;
        label = read_text(&look, "proc/self/attr/apparmor/current");
        if (!label)
                label = read_text(&look, "proc/self/attr/current");
        /* A profile of its own may allow it; programs without one are restricted. */
        if (label && strncmp(label, "unconfined", strlen("unconfined")) != 0)
                return 0;
        (void)found(&look, CLONE_NEWUSER, EPERM,
                    "AppArmor takes all privilege from user namespaces of unprivileged programs: "
                    "kernel.apparmor_restrict_unprivileged_userns is 1");
        advise(&look, "give the calling program a profile with 'userns,' in /etc/apparmor.d, or, by root, "
                      "'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'");
        return 1;
}

int ct_userns_why(int root_fd, const struct ct_facts *facts, uint64_t types, int errnum, struct ct_why *ret)
{
        static bool (*const of_user[])(const struct look *) = {
                no_procfs, sysctl_forbids, caller_unmapped, chrooted, confined,
        };
        const struct look look = {
                .root_fd = root_fd, .facts = facts, .types = types, .errnum = errnum, .ret = ret
        };
        bool refused = errnum == 0 || errnum == EPERM || errnum == EACCES;

        if ((errnum == 0 || errnum == ENOSPC) && no_namespace_allowed(&look))
                return 1;
        for (size_t i = 0; i < sizeof(of_user) / sizeof(of_user[0]) && refused; i++)
                if ((types & CLONE_NEWUSER) && of_user[i](&look))
                        return 1;
        if (filtered(&look) || too_many(&look))
                return 1;
        return (types & CLONE_NEWUSER) && policy_forbids(&look);
}
