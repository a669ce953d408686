/* SPDX-License-Identifier: MIT */

/*
 * The one resolver of paths in the container. The root file system is hostile, and may change while we
 * look: a path is resolved by the kernel below the root's descriptor, and what it is resolved to is a
 * descriptor too. Nothing is ever made by a path, only by a name in a folder that is open.
 */

#include "init/init.h"

#define NAME_SIZE 256
#define FILE_MODE 0644

/* How often to try again when somebody renames folders on the way. */
#define RACES 64

/* How many links that lead to one another. */
#define LINKS 8

int init_resolve(const struct init *in, const char *path, int flags, uint64_t more)
{
        struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC),
                                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | more };
        int r = -EAGAIN;

        for (int i = 0; i < RACES && r == -EAGAIN; i++)
                r = sys_openat2(in->root_fd, path, &how);
        return r;
}

/* Opens what is called @name in a folder, whatever links there may be in its place. */
static int open_child(int dir_fd, const char *name, int flags)
{
        struct open_how how = { .flags = (unsigned)(flags | O_PATH | O_CLOEXEC),
                                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

        return sys_openat2(dir_fd, name, &how);
}

static int fail_target(struct init *in, int r)
{
        return init_fail(in, r == -ELOOP ? PLAN_DETAIL_TARGET_LINK : PLAN_DETAIL_TARGET, r);
}

/* Makes the folder @name in @dir_fd unless it is there, and opens it. */
static int enter_folder(struct init *in, int dir_fd, const char *name)
{
        int r, fd;

        r = sys_mkdirat(dir_fd, name, INIT_FOLDER_MODE);
        if (r < 0 && r != -EEXIST)
                return init_fail(in, PLAN_DETAIL_TARGET_CREATE, r);
        fd = open_child(dir_fd, name, O_DIRECTORY);
        return fd < 0 ? fail_target(in, fd) : fd;
}

/* Makes the rest of a path below @fd, which is closed. */
static int make_folders(struct init *in, int fd, const char *path, const char *end)
{
        while (path < end && fd >= 0) {
                char name[NAME_SIZE];
                size_t size = 0;
                int next;

                while (path < end && *path == '/')
                        path++;
                while (path + size < end && path[size] != '/')
                        size++;
                if (size == 0)
                        break;
                if (size >= sizeof(name)) {
                        (void)sys_close(fd);
                        return init_fail(in, PLAN_DETAIL_TARGET_CREATE, -ENAMETOOLONG);
                }
                *text_copy(name, path, size) = '\0';
                path += size;
                next = enter_folder(in, fd, name);
                (void)sys_close(fd);
                fd = next;
        }
        return fd;
}

/* Opens the folder at the first @size bytes of @path; what is missing of it is made. */
static int open_folder(struct init *in, const char *path, size_t size, uint64_t more)
{
        char buf[PATH_SIZE];
        size_t have = size;
        int fd;

        if (size >= sizeof(buf))
                return init_fail(in, PLAN_DETAIL_TARGET, -ENAMETOOLONG);
        text_copy(buf, path, size);
        for (;;) {
                buf[have] = '\0';
                fd = init_resolve(in, have > 0 ? buf : "/", O_PATH | O_DIRECTORY, more);
                if (fd != -ENOENT || have == 0)
                        break;
                while (have > 0 && buf[have - 1] != '/')
                        have--;
                while (have > 0 && buf[have - 1] == '/')
                        have--;
        }
        if (fd < 0)
                return fail_target(in, fd);
        return make_folders(in, fd, path + have, path + size);
}

void init_forget_parent(struct init *in)
{
        init_close(&in->folder.fd);
}

static bool is_same_folder(const struct init_folder *folder, const char *path, size_t size)
{
        if (folder->fd < 0 || folder->size != size)
                return false;
        for (size_t i = 0; i < size; i++)
                if (folder->path[i] != path[i])
                        return false;
        return true;
}

int init_resolve_parent(struct init *in, const char *path, uint64_t more, const char **ret_name)
{
        const char *name = path;
        size_t size;
        int fd;

        for (const char *p = path; *p != '\0'; p++)
                if (*p == '/')
                        name = p + 1;
        if (*name == '\0' || text_equal(name, ".") || text_equal(name, ".."))
                return init_fail(in, PLAN_DETAIL_TARGET, -EINVAL);
        size = (size_t)(name - path);
        while (size > 0 && path[size - 1] == '/')
                size--;
        if (!is_same_folder(&in->folder, path, size)) {
                fd = open_folder(in, path, size, more);
                if (fd < 0)
                        return fd;
                init_forget_parent(in);
                in->folder = (struct init_folder){ .fd = fd, .path = path, .size = size };
        }
        *ret_name = name;
        return in->folder.fd;
}

/*
 * Where the link @name in @dir_fd leads, which is what @path ends with: as a path in the container again, to
 * be resolved like any other. 0 when it is no link.
 */
static int read_link(int dir_fd, const char *path, const char *name, char *ret)
{
        const char *end = ret + PATH_SIZE;
        char target[PATH_SIZE];
        long n = sys_readlinkat(dir_fd, name, target, sizeof(target) - 1);

        if (n <= 0 || n >= (long)sizeof(target) - 1)
                return 0;
        target[n] = '\0';
        if (target[0] == '/')
                return text_add(ret, end, target) < end - 1;
        if ((size_t)(name - path) >= PATH_SIZE)
                return 0;
        return text_add(text_copy(ret, path, (size_t)(name - path)), end, target) < end - 1;
}

/* Makes what is absent at @path. 1 when a link that leads nowhere is in its place, and *ret_next is where. */
static int make_once(struct init *in, const char *path, bool folder, unsigned mode, uint64_t more,
                     int *ret_fd, char *ret_next)
{
        const char *name;
        int dir_fd, r;

        dir_fd = init_resolve_parent(in, path, more, &name);
        if (dir_fd < 0)
                return dir_fd;
        if (folder) {
                r = sys_mkdirat(dir_fd, name, mode ? mode : INIT_FOLDER_MODE);
                if (r >= 0)
                        r = open_child(dir_fd, name, O_DIRECTORY);
        } else {
                r = sys_openat(dir_fd, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
        }
        if (r == -EEXIST && !(more & RESOLVE_NO_SYMLINKS) && read_link(dir_fd, path, name, ret_next)) {
                init_forget_parent(in);
                return 1;
        }
        init_forget_parent(in);
        /* It was absent a moment ago: somebody is playing. */
        if (r == -EEXIST)
                return init_fail(in, PLAN_DETAIL_TARGET_LINK, -ELOOP);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_TARGET_CREATE, r);
        *ret_fd = r;
        return 0;
}

/*
 * Images have links that lead nowhere yet, such as /etc/resolv.conf into /run: what is made is their target,
 * in the root as always. Links among the folders on the way are not followed like that.
 */
int init_make(struct init *in, const char *path, bool folder, unsigned mode, uint64_t more)
{
        char paths[2][PATH_SIZE];

        for (unsigned links = 0; links < LINKS; links++) {
                char *next = paths[links % 2];
                int fd = -ENOENT, r;

                if (links > 0)
                        fd = init_resolve(in, path, O_PATH, more);
                if (fd != -ENOENT)
                        return fd < 0 ? fail_target(in, fd) : fd;
                r = make_once(in, path, folder, mode, more, &fd, next);
                if (r <= 0)
                        return r < 0 ? r : fd;
                path = next;
        }
        return init_fail(in, PLAN_DETAIL_TARGET_LINK, -ELOOP);
}

int init_resolve_or_make_file(struct init *in, const char *path)
{
        int fd = init_resolve(in, path, O_PATH, 0);

        if (fd == -ENOENT)
                return init_make(in, path, false, 0, 0);
        return fd < 0 ? fail_target(in, fd) : fd;
}

int init_is_folder(int fd)
{
        struct statx is;
        int r = sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &is);

        return r < 0 ? r : S_ISDIR(is.stx_mode);
}
