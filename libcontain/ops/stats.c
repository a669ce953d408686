/* SPDX-License-Identifier: MIT */

/* A container's numbers as one document: of its cgroup, its class of service and its network namespace. */

#include "ops/handle.h"

#include "base/buf.h"
#include "base/fds.h"
#include "host/net-stats.h"

/* What the numbers are read from: open, so that the handle need not be held meanwhile. */
struct sources {
        struct ct_cgroup_stats *cgroup;
        int resctrl_fds[3];
        int process_fd; /* the folder in /proc; negative for none */
};

static void sources_done(struct sources *sources)
{
        ct_cgroup_stats_free(sources->cgroup);
        for (size_t i = 0; i < 3; i++)
                ct_close(sources->resctrl_fds[i]);
        ct_close(sources->process_fd);
}

/* Call with `look` held. */
static int open_sources(struct contain *c, struct sources *ret)
{
        int r;

        if (!c->record)
                return -EINVAL;
        if (!c->cgroup)
                return -EOPNOTSUPP;
        if (c->resctrl)
                ct_resctrl_folders(c->resctrl, ret->resctrl_fds);
        if (!ct_process_ended_locked(c))
                ret->process_fd = ct_pidfd_open_folder(c->child.pidfd, c->child.pid);
        r = ct_cgroup_stats_new(c->cgroup, &ret->cgroup);
        return r >= 0 && ct_op_cgroup_is_lost(c) ? -ENOENT : r;
}

static int write_document(const struct sources *sources, struct ct_buf *buf)
{
        int r;

        (void)ct_buf_puts(buf, "{");
        r = ct_cgroup_stats_write(sources->cgroup, buf);
        if (r < 0)
                return r;
        (void)ct_buf_puts(buf, ",\"intel_rdt\":{");
        r = ct_resctrl_stats(sources->resctrl_fds, buf);
        if (r < 0)
                return r;
        (void)ct_buf_puts(buf, "},\"network_interfaces\":[");
        r = sources->process_fd >= 0 ? ct_net_stats(sources->process_fd, buf) : 0;
        if (r < 0)
                return r;
        (void)ct_buf_puts(buf, "]}");
        return 0;
}

static int fail(const struct contain *c, int r, contain_error_t **err)
{
        switch (r) {
        case -ENOMEM:
                return ct_fail_memory(err);
        case -EINVAL:
                return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL, "container '%s' has not been created",
                               c->id);
        case -EOPNOTSUPP:
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "container '%s' has no cgroup, where its numbers would be", c->id);
        case -ENOENT:
                return ct_fail(err, CONTAIN_E_CGROUP, ENOENT, NULL, "the cgroup of container '%s' is gone",
                               c->id);
        default:
                return ct_fail(err, CONTAIN_E_CGROUP, -r, NULL, "cannot read the cgroup of container '%s'",
                               c->id);
        }
}

int ct_op_stats(struct contain *c, char **ret, contain_error_t **err)
{
        _cleanup_(sources_done) struct sources sources = { .resctrl_fds = { -EBADF, -EBADF, -EBADF },
                                                           .process_fd = -EBADF };
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        char *text;
        int r;

        pthread_mutex_lock(&c->look);
        r = open_sources(c, &sources);
        pthread_mutex_unlock(&c->look);
        if (r >= 0)
                r = write_document(&sources, &buf);
        if (r < 0)
                return fail(c, r, err);
        text = ct_buf_steal(&buf);
        if (!text)
                return ct_fail_memory(err);
        *ret = text;
        return 0;
}
