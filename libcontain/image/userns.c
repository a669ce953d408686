/* SPDX-License-Identifier: MIT */

/* The caller's ids: see image/userns.h. */

#include "image/userns.h"

#include "base/fds.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

int ct_userns_enter(const struct ct_job *job, contain_error_t **err)
{
        int fd = -EBADF, r;

        r = ct_job_fd(job, "asRoot", &fd, err);
        if (r <= 0)
                return r;
        if (setns(fd, CLONE_NEWUSER) < 0)
                return ct_fail(err, CONTAIN_E_NAMESPACE, errno, NULL,
                               "cannot enter the user namespace of the image's ids");
        /* Where one group only is mapped, setgroups(2) has been given up: what there is goes unmapped. */
        (void)setgroups(0, NULL);
        if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
                return ct_fail(err, CONTAIN_E_IDENTITY, errno, NULL,
                               "cannot become root of the user namespace of the image's ids");
        return 0;
}

bool ct_userns_is_first(void)
{
        _cleanup_free_ char *text = NULL;
        unsigned inside, outside, count;

        /* It has all ids, in their places; no other has. */
        if (ct_read_file_at(AT_FDCWD, "/proc/self/uid_map", 4096, &text, NULL) < 0)
                return true;
        return sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 && outside == 0 &&
               count == UINT32_MAX;
}
