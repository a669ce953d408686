/* SPDX-License-Identifier: MIT */

/* Limits, OOM score and clock offsets of the container's process, set from outside. */

#include "host/limits.h"

#include "base/fds.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *limit_text(uint64_t value, char space[24])
{
        if (value == UINT64_MAX)
                return "unlimited";
        (void)snprintf(space, 24, "%" PRIu64, value);
        return space;
}

static int fail_rlimit(const char *name, uint64_t soft, uint64_t hard, int errnum, const char *at,
                       contain_error_t **err)
{
        char soft_space[24], hard_space[24];

        (void)ct_fail(err, CONTAIN_E_LIMIT, errnum, at, "cannot set %s to %s:%s", name,
                      limit_text(soft, soft_space), limit_text(hard, hard_space));
        if (errnum == EPERM)
                ct_error_set_hint(err, "to raise a hard limit takes CAP_SYS_RESOURCE");
        return -errnum;
}

int ct_limits_rlimit(pid_t pid, int resource, const char *name, uint64_t soft, uint64_t hard, const char *at,
                     contain_error_t **err)
{
        /* The kernel's structure, which has 64 bits on every machine; the C library's may not. */
        const uint64_t limit[2] = { soft, hard };

        if (syscall(SYS_prlimit64, pid, resource, limit, NULL) == 0)
                return 0;
        return fail_rlimit(name, soft, hard, errno, at, err);
}

/* The kernel asks for the capability in the first user namespace. */
static bool has_sys_resource(const struct ct_facts *facts)
{
        return facts->in_initial_userns && (facts->capabilities >> CAP_SYS_RESOURCE & 1);
}

int ct_limits_check_rlimit(int resource, const char *name, uint64_t soft, uint64_t hard,
                           const struct ct_facts *facts, const char *at, contain_error_t **err)
{
        uint64_t own[2];

        if (has_sys_resource(facts) || syscall(SYS_prlimit64, 0, resource, NULL, own) < 0 || hard <= own[1])
                return 0;
        return fail_rlimit(name, soft, hard, EPERM, at, err);
}

static int write_proc(pid_t pid, const char *file, const char *text)
{
        char path[64];

        (void)snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
        return ct_write_file_at(AT_FDCWD, path, text);
}

static int fail_oom_score(const char *value, int errnum, const char *at, contain_error_t **err)
{
        (void)ct_fail(err, CONTAIN_E_LIMIT, errnum, at, "cannot set oom_score_adj to %s", value);
        if (errnum == EACCES)
                ct_error_set_hint(err, "to lower it takes CAP_SYS_RESOURCE");
        return -errnum;
}

int ct_limits_oom_score(pid_t pid, const char *value, const char *at, contain_error_t **err)
{
        int r = write_proc(pid, "oom_score_adj", value);

        return r < 0 ? fail_oom_score(value, -r, at, err) : 0;
}

int ct_limits_check_oom_score(const char *value, const struct ct_facts *facts, const char *at,
                              contain_error_t **err)
{
        _cleanup_free_ char *own = NULL;

        if (has_sys_resource(facts) ||
            ct_read_file_at(AT_FDCWD, "/proc/self/oom_score_adj", 64, &own, NULL) < 0 ||
            strtol(value, NULL, 10) >= strtol(own, NULL, 10))
                return 0;
        return fail_oom_score(value, EACCES, at, err);
}

int ct_limits_time_offsets(pid_t pid, const char *offsets, const char *at, contain_error_t **err)
{
        int r;

        r = write_proc(pid, "timens_offsets", offsets);
        if (r < 0)
                (void)ct_fail(err, CONTAIN_E_NAMESPACE, -r, at, "cannot set the clock offsets");
        if (r == -ERANGE)
                ct_error_set_hint(err, "no clock may be set to before zero, or centuries ahead");
        else if (r == -EACCES)
                ct_error_set_hint(err, "the time namespace is in use already");
        return r;
}
