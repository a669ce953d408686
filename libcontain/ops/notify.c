/* SPDX-License-Identifier: MIT */

/* What a container's program says about itself (sd_notify(3)), passed on to where the caller wants it. */

#include "ops/handle.h"

#include "base/fds.h"
#include "host/notify.h"

#include <string.h>

int ct_op_set_notify(struct contain *c, const char *path, contain_error_t **err)
{
        char *copy = NULL;
        int r = path ? ct_notify_check(path) : 0;

        if (r < 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, -r, NULL,
                               "'%s' is not the address of a socket: an absolute path, or '@' and a name",
                               path);
        if (c->started)
                return ct_fail(err, CONTAIN_E_BUSY, EBUSY, NULL, "container '%s' is started already", c->id);
        if (path) {
                copy = strdup(path);
                if (!copy)
                        return ct_fail_memory(err);
        }
        free(c->notify_socket);
        c->notify_socket = copy;
        return 0;
}

int ct_op_notify_fd(struct contain *c, contain_error_t **err)
{
        int fd = -ENOTCONN;

        pthread_mutex_lock(&c->look);
        if (c->notify_fd >= 0)
                fd = ct_dup(c->notify_fd);
        pthread_mutex_unlock(&c->look);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_STATUS, -fd, NULL,
                               "nobody listens here to what container '%s' says of itself", c->id);
        return fd;
}

int ct_op_notify_forward(struct contain *c, bool main_process, contain_error_t **err)
{
        _cleanup_close_ int fd = ct_op_notify_fd(c, err);
        int r;

        if (fd < 0)
                return fd;
        r = ct_notify_forward(fd, c->notify_socket, main_process ? c->child.pid : 0);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL,
                               "cannot pass on to '%s' what container '%s' says of itself", c->notify_socket,
                               c->id);
        c->notified = c->notified || r > 0;
        return c->notified;
}
