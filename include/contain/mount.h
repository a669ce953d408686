/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_MOUNT_H
#define CONTAIN_MOUNT_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Mounts in a container that is there. */

/** Flags of contain_mount(). */
enum {
        CONTAIN_MOUNT_RECURSIVE = 1 << 0, /* with what is mounted below the source */
        CONTAIN_MOUNT_CREATE = 1 << 1,    /* make the target when it is absent: a folder, or an empty file */
        CONTAIN_MOUNT_READ_ONLY = 1 << 2,
        CONTAIN_MOUNT_NO_SUID = 1 << 3,
        CONTAIN_MOUNT_NO_DEVICES = 1 << 4,
        CONTAIN_MOUNT_NO_EXEC = 1 << 5,
        CONTAIN_MOUNT_NO_SYMLINKS = 1 << 6, /* symbolic links in it are not followed; Linux 5.14 */
        CONTAIN_MOUNT_IDMAP = 1 << 7        /* with the ids of a user namespace; Linux 5.12 */
};

/**
 * contain_mount() - mount a file or folder of the host's into a container
 * @c:         a container that has been created or started
 * @source_fd: what to mount: an open file or folder, O_PATH will do, or a detached mount (open_tree(2),
 *             fsmount(2)), which is moved itself before Linux 6.15
 * @target:    where, as the container sees it: an absolute path, other than "/"
 * @flags:     CONTAIN_MOUNT_ flags, or 0
 * @userns_fd: with CONTAIN_MOUNT_IDMAP the user namespace whose ids the mount has; else not looked at
 * @err:       receives the details of a failure; may be NULL
 *
 * The target is resolved in the container's root and never leaves it, whatever the container does meanwhile.
 * What the host mounts below the source later on appears in the container as well, if the source is shared;
 * nothing goes the other way. From Linux 5.12 on, nobody sees the mount without its flags. It goes with the
 * container.
 *
 * Without privilege, it takes a container with a user namespace of the caller's, and CONTAIN_MOUNT_RECURSIVE
 * where there are mounts below the source.
 *
 * Threads: any.
 * Returns: 0; -ESRCH when it is not running; -EINVAL when it has no mount namespace of its own; -ENOENT when
 *          there is no target; -ENOTDIR for a file on a folder, or a folder on a file; -ETIMEDOUT when the
 *          container's file systems do not answer; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_mount(contain_t *c, int source_fd, const char *target, unsigned flags, int userns_fd,
                              contain_error_t **err);

/** Flags of contain_unmount(). */
enum {
        CONTAIN_UNMOUNT_DETACH = 1 << 0 /* at once, for those who open it from now on (MNT_DETACH) */
};

/**
 * contain_unmount() - take a mount off in a container
 * @c:      a container that has been created or started
 * @target: where it is, as the container sees it: an absolute path, other than "/"
 * @flags:  CONTAIN_UNMOUNT_ flags, or 0
 * @err:    receives the details of a failure; may be NULL
 *
 * Only what is mounted at exactly that place is taken off, the topmost of several. A symbolic link at the end
 * of the path is not followed.
 *
 * Threads: any.
 * Returns: 0; -ESRCH when it is not running; -EINVAL when nothing is mounted there; -ELOOP for a symbolic
 *          link; -EBUSY when it is in use; -ETIMEDOUT; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_unmount(contain_t *c, const char *target, unsigned flags, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
