/* SPDX-License-Identifier: MIT */

/* The pids of a container's processes: those in its cgroup; without one, those in its pid namespace. */

#include "ops/handle.h"

#include "base/buf.h"
#include "host/members.h"

/* Without a cgroup and without a pid namespace of its own, its first process is all that is known to be its.
 */
static int list_namespace(struct contain *c, pid_t **ret, size_t *ret_n)
{
        _cleanup_close_ int fd = -EBADF;
        int r = -ENOENT;

        fd = ct_pidfd_open_folder(c->child.pidfd, c->child.pid);
        if (fd >= 0)
                r = ct_pid_namespace_members(fd, ret, ret_n);
        if (r != -ENOENT)
                return r;
        *ret = calloc(1, sizeof **ret);
        if (!*ret)
                return -ENOMEM;
        (*ret)[0] = c->child.pid;
        *ret_n = 1;
        return 0;
}

/* Call with `look` held. */
static int list(struct contain *c, pid_t **ret, size_t *ret_n)
{
        if (!c->record)
                return -EINVAL;
        if (c->cgroup) {
                int r = ct_cgroup_pids(c->cgroup, ret, ret_n);

                if (r >= 0 && ct_op_cgroup_is_lost(c))
                        *ret_n = 0;
                return r;
        }
        return ct_process_ended_locked(c) ? 0 : list_namespace(c, ret, ret_n);
}

int ct_op_processes(struct contain *c, char **ret, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        _cleanup_free_ pid_t *pids = NULL;
        size_t n = 0;
        char *text;
        int r;

        pthread_mutex_lock(&c->look);
        r = list(c, &pids, &n);
        pthread_mutex_unlock(&c->look);
        if (r == -EINVAL)
                return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL, "container '%s' has not been created",
                               c->id);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot list the processes of container '%s'",
                               c->id);
        (void)ct_buf_puts(&buf, "[");
        for (size_t i = 0; i < n; i++)
                (void)ct_buf_printf(&buf, "%s%d", i > 0 ? "," : "", (int)pids[i]);
        (void)ct_buf_puts(&buf, "]");
        text = ct_buf_steal(&buf);
        if (!text)
                return ct_fail_memory(err);
        *ret = text;
        return 0;
}
