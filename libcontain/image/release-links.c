/* SPDX-License-Identifier: MIT */

/* Which release is in force: two links, and the one rename that changes it. */

#include "image/releases.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LINK_NEW CT_RELEASE_NEW "link"

/* A link where something else stands is somebody's folder, which a rename could not replace, or would. */
static int check_link(const struct ct_releases *releases, const char *name, contain_error_t **err)
{
        struct stat status;

        if (fstatat(releases->top_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0
                                       : ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot look at '%s/%s'",
                                                 releases->path, name);
        if (!S_ISLNK(status.st_mode))
                return ct_fail(err, CONTAIN_E_DEPLOY, EEXIST, NULL, "'%s/%s' is no symbolic link",
                               releases->path, name);
        return 0;
}

int ct_releases_check_links(const struct ct_releases *releases, contain_error_t **err)
{
        int r = check_link(releases, CT_RELEASES_CURRENT, err);

        return r < 0 ? r : check_link(releases, CT_RELEASES_PREVIOUS, err);
}

/* The new link is made aside, and takes the place of the old one in one step. */
static int point(const struct ct_releases *releases, const char *name, const char *release,
                 contain_error_t **err)
{
        char target[PATH_MAX];

        (void)snprintf(target, sizeof target, "%s/%s/%s", CT_RELEASES_FOLDER, release, CT_RELEASE_ROOTFS);
        if (unlinkat(releases->dir_fd, LINK_NEW, 0) < 0 && errno != ENOENT)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot remove '%s/%s/%s'", releases->path,
                               releases->folder, LINK_NEW);
        if (symlinkat(target, releases->dir_fd, LINK_NEW) < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot make a link in '%s/%s'",
                               releases->path, releases->folder);
        if (renameat2(releases->dir_fd, LINK_NEW, releases->top_fd, name, 0) < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot switch '%s/%s'", releases->path,
                               name);
        return 0;
}

static int fail_disk(const struct ct_releases *releases, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot write '%s' to its disk", releases->path);
}

/*
 * "previous" first: killed between the two, both are the old release, and ct_releases_previous() knows. The
 * other way round, what was in force would be forgotten.
 */
int ct_releases_switch(struct ct_releases *releases, const struct ct_release *release, contain_error_t **err)
{
        const struct ct_release *before = ct_releases_current(releases);
        int r;

        if (release->current)
                return 0;
        r = ct_releases_check_links(releases, err);
        /* Its name has to be on disk before a link leads there: who gave it may have been killed just then.
         */
        if (r == 0 && fsync(releases->dir_fd) < 0)
                r = fail_disk(releases, err);
        if (r == 0 && before)
                r = point(releases, CT_RELEASES_PREVIOUS, before->name, err);
        if (r == 0)
                r = point(releases, CT_RELEASES_CURRENT, release->name, err);
        if (r < 0)
                return r;
        return fsync(releases->top_fd) < 0 ? fail_disk(releases, err) : 0;
}
