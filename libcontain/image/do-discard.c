/* SPDX-License-Identifier: MIT */

/* Removes a tree that was unpacked, whatever somebody has made of it since. */

#include "image/requests.h"
#include "image/tree.h"

#include <string.h>

int ct_do_discard(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        const char *name = NULL;
        int fd = -EBADF, r;

        r = ct_json_require(ct_job_fd(job, "folder", &fd, err), &job->request, "folder", err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&job->request, "name", &name, err), &job->request,
                                    "name", err);
        if (r < 0)
                return r;
        if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%s' is no name of a folder", name);
        r = ct_tree_remove(fd, name);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot remove '%s'", name);
        return ct_buf_puts(ret_json, "{}") < 0 ? ct_fail_memory(err) : 0;
}
