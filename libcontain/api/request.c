/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/request.h: all that is said about a container before it is created. */

#include "api/gate.h"

#include "base/fds.h"

#include <contain/request.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

int contain_load_bundle(contain_t *c, const char *dir, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(dir, "dir", err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        return r < 0 ? r : ct_op_load_bundle(c, dir, err);
}

int contain_load_config(contain_t *c, const char *json, size_t len, const char *dir, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(json, "json", err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        return r < 0 ? r : ct_op_load(c, json, len, dir, err);
}

int contain_load_rootfs(contain_t *c, const char *rootfs, const char *const *argv, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(rootfs, "rootfs", err);
        if (r == 0)
                r = gate_argument(argv, "argv", err);
        if (r == 0)
                r = gate_argument(argv[0], "argv[0]", err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        return r < 0 ? r : ct_op_load_rootfs(c, rootfs, argv, err);
}

int contain_set_flags(contain_t *c, unsigned flags, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_flags(flags, CONTAIN_EPHEMERAL | CONTAIN_NO_PIVOT | CONTAIN_NO_NEW_KEYRING, err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        if (r == 0)
                atomic_store(&c->flags, flags);
        return r;
}

/* A copy of the caller's descriptor, or an error that names the argument. */
static int copy_fd(int fd, const char *name, contain_error_t **err)
{
        int copy = ct_dup(fd);

        if (copy < 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, -copy, NULL,
                               "argument '%s' is not an open descriptor", name);
        return copy;
}

static void replace_fd(int *slot, int fd)
{
        ct_close(*slot);
        *slot = fd;
}

int contain_set_stdio(contain_t *c, int stdin_fd, int stdout_fd, int stderr_fd, contain_error_t **err)
{
        static const char *const names[] = { "stdin_fd", "stdout_fd", "stderr_fd" };
        const int given[] = { stdin_fd, stdout_fd, stderr_fd };
        int copies[3] = { -EBADF, -EBADF, -EBADF };
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        for (size_t i = 0; i < 3 && r == 0; i++) {
                copies[i] = given[i] < 0 ? -EBADF : copy_fd(given[i], names[i], err);
                if (given[i] >= 0 && copies[i] < 0)
                        r = copies[i];
        }
        for (size_t i = 0; i < 3; i++) {
                if (r == 0)
                        replace_fd(&c->stdio[i], copies[i]);
                else
                        ct_close(copies[i]);
        }
        return r;
}

int contain_add_fd(contain_t *c, int fd, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        if (r < 0)
                return r;
        if (c->n_extra_fds == CT_MAX_EXTRA_FDS)
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL, "more than %d additional descriptors",
                               CT_MAX_EXTRA_FDS);
        r = copy_fd(fd, "fd", err);
        if (r < 0)
                return r;
        c->extra_fds[c->n_extra_fds++] = r;
        return (int)c->n_extra_fds + 2;
}

/* What a descriptor has to be. */
static bool is_folder(int fd, uint64_t unused)
{
        struct stat st;

        (void)unused;
        return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_socket(int fd, uint64_t unused)
{
        struct stat st;

        (void)unused;
        return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool is_namespace(int fd, uint64_t type)
{
        int found = ioctl(fd, NS_GET_NSTYPE);

        return found >= 0 && (uint64_t)found == type;
}

/* Keeps a copy of @fd at @slot if it @fits; otherwise fails with @errnum, saying that it is not @what. */
static int set_fd(struct contain *c, int *slot, int fd, bool (*fits)(int, uint64_t), uint64_t which,
                  int errnum, const char *what, contain_error_t **err)
{
        _cleanup_close_ int copy = -EBADF;
        int r;

        GATE_LIFE(c);
        r = gate_before_create(c, err);
        if (r < 0)
                return r;
        copy = copy_fd(fd, "fd", err);
        if (copy < 0)
                return copy;
        if (!fits(copy, which))
                return ct_fail(err, CONTAIN_E_ARGUMENT, errnum, NULL, "argument 'fd' is not a %s", what);
        replace_fd(slot, ct_take_fd(&copy));
        return 0;
}

int contain_set_rootfs_fd(contain_t *c, int fd, contain_error_t **err)
{
        int r = gate_container(c, err);

        return r < 0 ? r : set_fd(c, &c->rootfs_fd, fd, is_folder, 0, ENOTDIR, "folder", err);
}

int contain_set_seccomp_socket(contain_t *c, int fd, contain_error_t **err)
{
        int r = gate_container(c, err);

        return r < 0 ? r : set_fd(c, &c->seccomp_fd, fd, is_socket, 0, ENOTSOCK, "socket", err);
}

int contain_set_namespace_fd(contain_t *c, const char *type, int fd, contain_error_t **err)
{
        char what[32];
        size_t i = 0;
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(type, "type", err);
        if (r < 0)
                return r;
        while (i < CT_NAMESPACES && strcmp(ct_namespace_name(ct_namespace_types[i]), type) != 0)
                i++;
        if (i == CT_NAMESPACES)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%s' is not a type of namespace",
                               type);
        (void)snprintf(what, sizeof(what), "%s namespace", type);
        return set_fd(c, &c->namespace_fds[i], fd, is_namespace, ct_namespace_types[i], EINVAL, what, err);
}

int contain_set_console_socket(contain_t *c, const char *path, contain_error_t **err)
{
        char *copy = NULL;
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        if (path && strlen(path) >= 4096)
                return ct_fail(err, CONTAIN_E_ARGUMENT, ENAMETOOLONG, NULL,
                               "the console socket's path is too long");
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        if (r < 0)
                return r;
        if (path) {
                copy = strdup(path);
                if (!copy)
                        return ct_fail_memory(err);
        }
        free(c->console_socket);
        c->console_socket = copy;
        return 0;
}

int contain_set_notify_socket(contain_t *c, const char *path, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_set_notify(c, path, err);
}

int contain_set_listen_fds(contain_t *c, unsigned n, const char *names, contain_error_t **err)
{
        char *copy = NULL;
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        if (r < 0)
                return r;
        if (n > CT_MAX_EXTRA_FDS)
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL, "more than %d sockets to serve",
                               CT_MAX_EXTRA_FDS);
        if (names) {
                copy = strdup(names);
                if (!copy)
                        return ct_fail_memory(err);
        }
        free(c->listen_names);
        c->listen_names = copy;
        c->n_listen_fds = n;
        return 0;
}

int contain_plan_json(contain_t *c, char **ret, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        if (!c->spec)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "container '%s' has no configuration",
                               c->id);
        return ct_op_plan(c, ret, err);
}

int contain_check(contain_t *c, const char *config, size_t size, const char *dir, char **ret,
                  contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_check(c, config, size, dir, ret, err);
}
