/* SPDX-License-Identifier: MIT */

/*
 * Namespaces that a container has joined. CRIU leaves network and pid namespaces out of the images when it is
 * told so, under a key that it finds again among the descriptors of a restore; the others it writes down as
 * if they were the container's own, and joins others instead when it is told so then.
 */

#include "ops/criu.h"

#include "base/fds.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
        uint64_t type;
        const char *file; /* in /proc/PID/ns */
        const char *key;
} external[] = {
        { CLONE_NEWNET, "net", "extRootNetNS" },
        { CLONE_NEWPID, "pid", "extRootPidNS" },
};

#define N_EXTERNAL (sizeof(external) / sizeof(external[0]))

static int find_external(uint64_t type)
{
        for (size_t i = 0; i < N_EXTERNAL; i++)
                if (external[i].type == type)
                        return (int)i;
        return -1;
}

static int given_fd(const struct contain *c, uint64_t type)
{
        for (size_t i = 0; i < CT_NAMESPACES; i++)
                if (ct_namespace_types[i] == type)
                        return c->namespace_fds[i];
        return -EBADF;
}

int ct_criu_put_namespaces(struct ct_criu_job *job, pid_t pid, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &job->spec->linux_;

        for (size_t i = 0; i < linux_->n_namespaces; i++) {
                int k = find_external(linux_->namespaces[i].type);
                char file[64], text[96];
                struct stat status;

                if (k < 0 || !linux_->namespaces[i].path)
                        continue;
                (void)snprintf(file, sizeof(file), "/proc/%d/ns/%s", (int)pid, external[k].file);
                if (stat(file, &status) < 0)
                        return ct_fail(err, CONTAIN_E_CHECKPOINT, errno, NULL,
                                       "cannot look at the namespaces of container '%s'", job->c->id);
                (void)snprintf(text, sizeof(text), "%s[%llu]:%s", external[k].file,
                               (unsigned long long)status.st_ino, external[k].key);
                ct_pb_put_string(&job->opts, CT_CRIU_EXTERNAL, text);
        }
        return 0;
}

void ct_criu_fds_done(struct ct_criu_fds *fds)
{
        for (size_t i = 0; i < fds->n; i++)
                ct_close(fds->fds[i]);
        fds->n = 0;
}

static int open_one(struct ct_criu_job *job, const struct ct_spec_namespace *namespace, size_t i,
                    struct ct_criu_fds *ret, contain_error_t **err)
{
        int k = find_external(namespace->type), given = given_fd(job->c, namespace->type), fd;
        char at[64];

        (void)snprintf(at, sizeof(at), "/linux/namespaces/%zu/path", i);
        if (given < 0 && !namespace->path)
                return 0;
        if (k < 0 && given >= 0)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at,
                               "a restored container takes a descriptor of a %s namespace only by its path",
                               namespace->name);
        if (namespace->type == CLONE_NEWCGROUP || namespace->type == CLONE_NEWNS)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at,
                               "a restored container cannot join a %s namespace", namespace->name);
        if (k < 0)
                return 0;
        fd = given >= 0 ? ct_dup(given) : ct_namespace_open(namespace->path, namespace->type, at, err);
        if (fd < 0)
                return given >= 0 ? ct_fail(err, CONTAIN_E_SYSTEM, -fd, at, "cannot pass a namespace on")
                                  : fd;
        ret->keys[ret->n] = external[k].key;
        ret->fds[ret->n++] = fd;
        return 0;
}

int ct_criu_open_namespaces(struct ct_criu_job *job, struct ct_criu_fds *ret, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &job->spec->linux_;
        int r = 0;

        /* Each type is there once, so there is room. */
        for (size_t i = 0; r == 0 && i < linux_->n_namespaces; i++)
                r = open_one(job, &linux_->namespaces[i], i, ret, err);
        return r;
}

/* As CRIU calls them, and the kernel. */
static const char *short_name(const struct ct_spec_namespace *namespace)
{
        return strcmp(namespace->name, "network") == 0 ? "net" : namespace->name;
}

int ct_criu_put_joined(struct ct_criu_job *job, const struct ct_criu_fds *fds, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &job->spec->linux_;

        for (size_t i = 0; i < fds->n; i++)
                ct_criu_put_inherit_fd(&job->opts, fds->keys[i], CT_CRIU_FIRST_FD + (int)i);
        for (size_t i = 0; i < linux_->n_namespaces; i++) {
                const struct ct_spec_namespace *namespace = &linux_->namespaces[i];
                int r;

                if (!namespace->path || find_external(namespace->type) >= 0)
                        continue;
                r = ct_criu_job_need(job, 31601, "to join a namespace again", err);
                if (r < 0)
                        return r;
                ct_criu_put_pair(&job->opts, CT_CRIU_JOIN_NS, short_name(namespace), namespace->path);
        }
        return 0;
}
