/* SPDX-License-Identifier: MIT */

/* Folders of volumes: see image/volumes.h. */

#include "image/volumes.h"

#include "base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MODE        0755
#define FOLDERS_MAX 1000 /* of all volumes of an image */

static int open_below(int root_fd, const char *path)
{
        return ct_sys_openat2(root_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
                              RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* Also where the mode of the caller's own folder forbids it: it is to be what it would be for root. */
static int make_in(int parent_fd, const struct stat *parent, const char *name)
{
        char link[64];
        int r;

        if (mkdirat(parent_fd, name, MODE) == 0)
                return 0;
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", parent_fd);
        if (errno != EACCES || chmod(link, (parent->st_mode & 07777) | 0700) < 0)
                return errno == EEXIST ? -ENOENT : -errno; /* it is a link to nothing */
        r = mkdirat(parent_fd, name, MODE) < 0 ? -errno : 0;
        return chmod(link, parent->st_mode & 07777) < 0 ? -errno : r;
}

/* One folder, which becomes whose the folder is that it is in. */
static int make_folder(int parent_fd, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat parent;
        int r;

        if (fstat(parent_fd, &parent) < 0)
                return -errno;
        r = make_in(parent_fd, &parent, name);
        if (r < 0)
                return r;
        fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fchown(fd, parent.st_uid, parent.st_gid) < 0)
                return -errno;
        return 0;
}

/* Counts in *made what it makes. */
static int make_path(int root_fd, const char *path, size_t *made)
{
        _cleanup_close_ int parent_fd = open_below(root_fd, ".");
        char prefix[PATH_MAX];
        size_t start = 0, end;

        if (strlen(path) >= sizeof(prefix))
                return -ENAMETOOLONG;
        for (; path[start] && parent_fd >= 0; start = end) {
                int fd, r;

                start += strspn(path + start, "/");
                end = start + strcspn(path + start, "/");
                memcpy(prefix, path, end);
                prefix[end] = '\0';
                fd = open_below(root_fd, prefix);
                if (fd == -ENOENT) {
                        r = ++*made > FOLDERS_MAX ? -E2BIG : make_folder(parent_fd, prefix + start);
                        fd = r < 0 ? r : open_below(root_fd, prefix);
                }
                ct_close(parent_fd);
                parent_fd = fd;
        }
        return parent_fd < 0 ? parent_fd : 0;
}

int ct_volumes_make(struct ct_job *job, const struct ct_image *image, int root_fd, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json root, config, volumes, item;
        void *position = NULL;
        bool wanted = false;
        const char *key;
        size_t n = 0;
        int r;

        r = ct_json_get_bool(&job->request, "volumes", &wanted, err);
        if (r < 0 || !wanted)
                return r < 0 ? r : 0;
        r = ct_json_parse(job->arena, "the image's configuration", image->config_json,
                          strlen(image->config_json), &document, &root, err);
        if (r >= 0)
                r = ct_json_get_object(&root, "config", &config, err);
        if (r > 0)
                r = ct_json_get_object(&config, "Volumes", &volumes, err);
        while (r > 0 && ct_json_next(&volumes, &position, &key, &item)) {
                int made = make_path(root_fd, key, &n);

                if (made < 0)
                        return ct_fail(err, CONTAIN_E_UNPACK, -made, item.at,
                                       "cannot make the folder of volume '%s'", key);
        }
        return r < 0 ? r : 0;
}
