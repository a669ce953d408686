/* SPDX-License-Identifier: MIT */

/* Who uses what: a folder for each container, which holds its layers in the store and has what it wrote. */

#include "image/store.h"
#include "image/tree.h"

#include "base/fds.h"
#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_USE (1024 * 1024)

static DIR *folder_free(DIR *folder)
{
        if (folder)
                (void)closedir(folder);
        return NULL;
}

CT_CLEANUP(DIR, folder_free)

static int fail_container(const struct ct_store *store, int r, const char *what, const char *id,
                          contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot %s container '%s' in the image store '%s'",
                       what, id, store->path);
}

/* Letters, digits and _+-. as for containers' ids; it becomes a folder's name. */
static int check_id(const char *id, contain_error_t **err)
{
        size_t length = strlen(id);

        if (length == 0 || length > 255 || id[0] == '.' ||
            strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.") != length)
                return ct_fail(err, CONTAIN_E_ID, EINVAL, NULL, "'%s' is no id of a container", id);
        return 0;
}

static int write_use(const struct ct_store *store, int dir_fd, const struct ct_store_use *use,
                     contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        char digest[CT_DIGEST_TEXT];

        ct_digest_format(&use->image->manifest.digest, digest);
        (void)ct_buf_puts(&text, "{\"image\":");
        (void)ct_buf_json_string(&text, use->image->name);
        if (use->copy) {
                (void)ct_buf_puts(&text, ",\"copy\":");
                (void)ct_buf_json_string(&text, use->copy);
        }
        (void)ct_buf_printf(&text, ",\"digest\":\"%s\",\"layers\":[", digest);
        for (size_t i = 0; i < use->n; i++)
                (void)ct_buf_printf(&text, "%s\"%s\"", i ? "," : "", use->chain[i]);
        if (ct_buf_puts(&text, "]}\n") < 0 || text.failed)
                return ct_fail_memory(err);
        return ct_store_write_file(store, dir_fd, "use.json", text.data, text.size, err);
}

/* Owner and group of @path as the maps of @userns_fd show them: the kernel's own answer. */
static int shift_owner(const struct ct_store *store, const char *path, int userns_fd, struct stat *ret)
{
        _cleanup_close_ int fd = ct_sys_open_tree(store->fd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        struct stat status;
        int r;

        if (fd < 0)
                return fd;
        r = ct_sys_mount_setattr(fd, "", AT_EMPTY_PATH, MOUNT_ATTR_IDMAP, 0, 0, userns_fd);
        if (r < 0)
                return r;
        if (fstat(fd, &status) < 0)
                return -errno;
        ret->st_uid = status.st_uid;
        ret->st_gid = status.st_gid;
        return 0;
}

/*
 * What a container sees of its root's own mode, owner and time is the upper folder's: they are those of the
 * highest layer. Its ids are those outside, as upper folders are not shifted.
 */
static int copy_root(const struct ct_store *store, int dir_fd, const struct ct_store_use *use)
{
        struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };
        struct stat status = { .st_mode = 0755 };
        char path[512] = ".";
        int r;

        if (use->n > 0) {
                (void)snprintf(path, sizeof(path), "layers/%s/diff", use->chain[use->n - 1]);
                if (fstatat(store->fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                times[1] = status.st_mtim;
        }
        if (use->userns_fd >= 0) {
                r = shift_owner(store, path, use->userns_fd, &status);
                if (r < 0)
                        return r;
        }
        if (fchownat(dir_fd, "upper", status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
            fchmodat(dir_fd, "upper", status.st_mode & 07777, 0) < 0 ||
            utimensat(dir_fd, "upper", times, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        return 0;
}

int ct_store_use(const struct ct_store *store, const struct ct_store_use *use, contain_error_t **err)
{
        const char *place = ct_arena_printf(store->arena, "containers/%s", use->id);
        const char *ingest = ct_store_ingest_path(store, "container");
        _cleanup_close_ int dir_fd = -EBADF;
        int r;

        if (!place || !ingest)
                return ct_fail_memory(err);
        r = check_id(use->id, err);
        if (r < 0)
                return r;
        if (mkdirat(store->fd, ingest, 0700) < 0)
                return fail_container(store, -errno, "make", use->id, err);
        dir_fd = openat(store->fd, ingest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir_fd < 0 || mkdirat(dir_fd, "upper", 0755) < 0 || mkdirat(dir_fd, "work", 0700) < 0)
                r = -errno;
        if (r >= 0)
                r = copy_root(store, dir_fd, use);
        if (r < 0)
                r = use->userns_fd >= 0 && (r == -EINVAL || r == -ENOSYS)
                            ? ct_store_fail_shifted(store, err)
                            : fail_container(store, r, "make", use->id, err);
        if (r >= 0)
                r = write_use(store, dir_fd, use, err);
        if (r >= 0 && renameat(store->fd, ingest, store->fd, place) < 0)
                r = errno == EEXIST || errno == ENOTEMPTY
                            ? ct_fail(err, CONTAIN_E_EXISTS, EEXIST, NULL,
                                      "container '%s' has a file system in the image store '%s' already",
                                      use->id, store->path)
                            : fail_container(store, -errno, "make", use->id, err);
        if (r < 0)
                (void)ct_tree_remove(store->fd, ingest);
        return r;
}

/* Moved out of sight first, so that it is there as a whole or not. */
int ct_store_release(const struct ct_store *store, const char *id, contain_error_t **err)
{
        const char *place = ct_arena_printf(store->arena, "containers/%s", id);
        const char *ingest = ct_store_ingest_path(store, "released");
        int r;

        if (!place || !ingest)
                return ct_fail_memory(err);
        r = check_id(id, err);
        if (r < 0)
                return r;
        if (renameat(store->fd, place, store->fd, ingest) < 0)
                return errno == ENOENT ? ct_fail(err, CONTAIN_E_NOT_FOUND, ENOENT, NULL,
                                                 "container '%s' has no file system in the image store '%s'",
                                                 id, store->path)
                                       : fail_container(store, -errno, "remove", id, err);
        r = ct_tree_remove(store->fd, ingest);
        return r < 0 ? fail_container(store, r, "remove", id, err) : 0;
}

/* --- all of them --- */

/* 1; 0 when it has gone meanwhile. */
static int read_use(const struct ct_store *store, int fd, const char *id, struct ct_store_container *ret,
                    contain_error_t **err)
{
        const char *path = ct_arena_printf(store->arena, "containers/%s/use.json", id);
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_free_ char *text = NULL;
        const char *digest = NULL;
        struct ct_json root;
        size_t size, n;
        int r;

        ret->id = ct_arena_strdup(store->arena, id);
        if (!path || !ret->id)
                return ct_fail_memory(err);
        r = ct_read_file_at(store->fd, path, MAX_USE, &text, &size);
        if (r == -ENOENT && faccessat(fd, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
                return 0;
        if (r < 0)
                return fail_container(store, r, "read what is used by", id, err);
        r = ct_json_parse(store->arena, path, text, size, &document, &root, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&root, "image", &ret->image, err), &root, "image",
                                    err);
        if (r >= 0)
                r = ct_json_get_string(&root, "copy", &ret->copy, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&root, "digest", &digest, err), &root, "digest", err);
        if (r >= 0)
                r = ct_digest_parse(digest, "/digest", &ret->manifest, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_strings(&root, "layers", &ret->chain, &n, err), &root,
                                    "layers", err);
        return r < 0 ? r : 1;
}

int ct_store_containers(const struct ct_store *store, struct ct_store_container **ret, size_t *ret_n,
                        contain_error_t **err)
{
        _cleanup_(folder_freep) DIR *folder = NULL;
        struct ct_store_container *list = NULL;
        size_t n = 0, room = 0;
        struct dirent *entry;
        int fd, r;

        fd = openat(store->fd, "containers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        folder = fd < 0 ? NULL : fdopendir(fd);
        if (!folder) {
                (void)ct_close(fd);
                return ct_fail(err, CONTAIN_E_STORE, errno, NULL, "cannot list the containers of '%s'",
                               store->path);
        }
        while ((entry = readdir(folder))) {
                if (entry->d_name[0] == '.')
                        continue;
                if (n == room) {
                        struct ct_store_container *longer;

                        room = room ? room * 2 : 16;
                        longer = ct_arena_array(store->arena, room, sizeof(*longer));
                        if (!longer)
                                return ct_fail_memory(err);
                        if (n > 0)
                                memcpy(longer, list, n * sizeof(*list));
                        list = longer;
                }
                r = read_use(store, fd, entry->d_name, &list[n], err);
                if (r < 0)
                        return r;
                n += (size_t)r;
        }
        *ret = list;
        *ret_n = n;
        return 0;
}
