/* SPDX-License-Identifier: MIT */

/*
 * Hands a v2 cgroup over to the user who runs in it, so that the container can make cgroups of its own: the
 * folder, and the files that the kernel lists for that (cgroups(7), "Cgroup delegation"). Its limits stay
 * with whoever set them.
 */

#include "cgroup/internal.h"

#include "base/fds.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define LIST     "/sys/kernel/cgroup/delegate" /* Linux 4.15 */
#define LIST_MAX ((size_t)65536)

/* What the list had when it came up. */
static const char usual[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";

/* Not every file is in every cgroup. */
static int give(int folder_fd, const char *name, uid_t uid)
{
        if (name[0] == '\0' || strchr(name, '/'))
                return 0;
        if (fchownat(folder_fd, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0 || errno == ENOENT)
                return 0;
        return -errno;
}

int ct_cgroup_hand_over(int folder_fd, uid_t uid, contain_error_t **err)
{
        _cleanup_free_ char *list = NULL;
        char *rest, *name;
        int r;

        r = ct_read_file_at(AT_FDCWD, LIST, LIST_MAX, &list, NULL);
        if (r < 0) {
                list = strdup(usual);
                if (!list)
                        return ct_fail_memory(err);
        }
        r = fchown(folder_fd, uid, (gid_t)-1) < 0 ? -errno : 0;
        rest = list;
        while (r >= 0 && (name = strsep(&rest, "\n")))
                r = give(folder_fd, name, uid);
        /* Without the right to give files away, the cgroup stays the caller's: that is allowed, too. */
        if (r >= 0 || r == -EPERM)
                return 0;
        return ct_fail(err, CONTAIN_E_CGROUP, -r, "/process/user/uid",
                       "cannot give the container's cgroup to user %u", (unsigned)uid);
}

void ct_cgroup_set_owner(struct ct_cgroup *cgroup, uid_t uid)
{
        cgroup->has_owner = true;
        cgroup->owner = uid;
}
