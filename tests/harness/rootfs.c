/* SPDX-License-Identifier: MIT */

/* The folder that a test's containers live in. */

#include "harness/rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = { "bin", "dev", "etc", "proc", "root", "run", "sys", "tmp", "var" };

static const char *const commands[] = {
        "awk",   "cat",    "chmod",    "chown",   "cut",      "dd",    "echo", "env",      "false", "find",
        "grep",  "head",   "hostname", "id",      "ifconfig", "ip",    "kill", "ln",       "ls",    "mkdir",
        "mknod", "mount",  "nice",     "od",      "printenv", "ps",    "pwd",  "readlink", "rm",    "sed",
        "sh",    "sleep",  "sort",     "stat",    "stty",     "tail",  "test", "touch",    "tr",    "true",
        "tty",   "umount", "uname",    "unshare", "wc",       "xargs",
};

static const char *find_busybox(void)
{
        static const char *const places[] = { "/bin/busybox", "/usr/bin/busybox",
                                              "/usr/lib/initramfs-tools/bin/busybox" };

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
                if (access(places[i], X_OK) == 0)
                        return places[i];
        return NULL;
}

int world_possible(const char **ret_reason)
{
        if (!find_busybox())
                *ret_reason = "needs busybox (static)";
        else
                return 1;
        return 0;
}

static int copy_program(const char *from, const char *to)
{
        int in = open(from, O_RDONLY | O_CLOEXEC);
        int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
        int r = in < 0 || out < 0 ? -errno : 0;
        ssize_t n;

        do {
                n = r < 0 ? 0 : sendfile(out, in, NULL, 1 << 20);
                if (n < 0)
                        r = -errno;
        } while (n > 0);
        if (in >= 0)
                close(in);
        if (out >= 0)
                close(out);
        return r;
}

static int fill_rootfs(const char *rootfs)
{
        const char *busybox = find_busybox();
        char path[256];

        if (!busybox)
                return -ENOENT;
        if (mkdir(rootfs, 0755) < 0)
                return -errno;
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                snprintf(path, sizeof(path), "%s/%s", rootfs, folders[i]);
                if (mkdir(path, 0755) < 0)
                        return -errno;
        }
        snprintf(path, sizeof(path), "%s/bin/busybox", rootfs);
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
                char link[256];

                snprintf(link, sizeof(link), "%s/bin/%s", rootfs, commands[i]);
                if (symlink("busybox", link) < 0)
                        return -errno;
        }
        return copy_program(busybox, path);
}

static int make_context(struct world *w)
{
        contain_error_t *error = NULL;
        int r;

        r = contain_ctx_new(&w->ctx, &error);
        if (r >= 0)
                r = contain_ctx_set_state_root(w->ctx, w->state, &error);
        if (r < 0)
                fprintf(stderr, "context: %s\n", contain_error_message(error));
        contain_error_free(error);
        return r;
}

int world_forked(struct world *w)
{
        contain_ctx_unref(w->ctx);
        w->ctx = NULL;
        return make_context(w);
}

int world_init(struct world *w)
{
        int r;

        *w = (struct world){ 0 };
        snprintf(w->dir, sizeof(w->dir), "/tmp/contain-test-XXXXXX");
        if (!mkdtemp(w->dir)) {
                perror(w->dir);
                return -errno;
        }
        if (chmod(w->dir, 0755) < 0)
                return -errno;
        snprintf(w->rootfs, sizeof(w->rootfs), "%s/rootfs", w->dir);
        snprintf(w->state, sizeof(w->state), "%s/state", w->dir);
        snprintf(w->name, sizeof(w->name), "%s", strrchr(w->dir, '/') + 1);
        r = fill_rootfs(w->rootfs);
        if (r < 0) {
                fprintf(stderr, "%s: %s\n", w->rootfs, strerror(-r));
                return r;
        }
        return make_context(w);
}

/* A test that ends half way leaves containers, which have processes, keepers included. */
static void destroy_left(struct world *w)
{
        DIR *dir = opendir(w->state);
        struct dirent *entry;

        while (dir && (entry = readdir(dir))) {
                contain_t *c = NULL;

                if (entry->d_name[0] != '.' && contain_open(&c, w->ctx, entry->d_name, NULL) >= 0)
                        (void)contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL);
                contain_unref(c);
        }
        if (dir)
                (void)closedir(dir);
}

void world_done(struct world *w)
{
        if (w->ctx)
                destroy_left(w);
        contain_ctx_unref(w->ctx);
        w->ctx = NULL;
        remove_tree(w->dir);
}

char *world_id(struct world *w, char *buffer, size_t size)
{
        unsigned number = __atomic_add_fetch(&w->ids, 1, __ATOMIC_RELAXED);

        snprintf(buffer, size, "%s-%u", w->name, number);
        return buffer;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        if (remove(path) < 0)
                fprintf(stderr, "cannot remove %s: %m\n", path);
        return 0;
}

int remove_tree(const char *path)
{
        return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

char *read_text(const char *path)
{
        size_t size = 0, room = 4096;
        char *text = malloc(room);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        while (text && fd >= 0) {
                ssize_t n = read(fd, text + size, room - size - 1);

                if (n <= 0) {
                        text[size] = '\0';
                        close(fd);
                        if (n == 0)
                                return text;
                        fd = -1;
                        break;
                }
                size += (size_t)n;
                if (room - size < 2) {
                        char *more = realloc(text, room *= 2);

                        if (!more)
                                break;
                        text = more;
                }
        }
        if (fd >= 0)
                close(fd);
        free(text);
        return NULL;
}

int write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
        int r = n < 0 ? -errno : 0;

        if (fd >= 0)
                close(fd);
        return r;
}
