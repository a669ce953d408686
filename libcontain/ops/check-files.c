/* SPDX-License-Identifier: MIT */

/* Files and network devices of the host that the configuration names: are they there, and what they have to
 * be? */

#include "ops/check.h"

#include "base/fds.h"
#include "base/json.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* @path as create sees it: relative ones start from the bundle. NULL when out of memory. */
static const char *host_path(struct ct_check *check, const char *path)
{
        if (path[0] == '/')
                return path;
        return ct_arena_printf(check->view.arena, "%s/%s", check->view.bundle, path);
}

static int open_rootfs(struct ct_check *check, const char *path)
{
        struct stat st;
        int fd;

        if (check->view.rootfs_fd >= 0)
                fd = ct_dup(check->view.rootfs_fd);
        else
                fd = open(path, O_PATH | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        check->rootfs_fd = fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int ct_check_rootfs(struct ct_check *check, contain_error_t **err)
{
        const char *path;
        int r;

        if (ct_problems_damage(&check->problems, "/root/path") || !check->view.spec->has_root)
                return 0;
        path = host_path(check, check->view.spec->root_path);
        if (!path)
                return ct_fail_memory(err);
        r = open_rootfs(check, path);
        if (r < 0) {
                check->rootfs_fd = ct_close(check->rootfs_fd);
                return ct_fail(err, CONTAIN_E_ROOTFS, -r, "/root/path",
                               "cannot use '%s' as the root file system", path);
        }
        return 0;
}

bool ct_check_has_early_hooks(const struct ct_check *check)
{
        const struct ct_spec *spec = check->view.spec;

        return spec->hooks[CT_HOOK_PRESTART].n > 0 || spec->hooks[CT_HOOK_CREATE_RUNTIME].n > 0 ||
               spec->hooks[CT_HOOK_CREATE_CONTAINER].n > 0;
}

int ct_check_bind_sources(struct ct_check *check, contain_error_t **err)
{
        const struct ct_spec *spec = check->view.spec;

        for (size_t i = 0; i < spec->n_mounts && !ct_check_has_early_hooks(check); i++) {
                const struct ct_spec_mount *mount = &spec->mounts[i];
                const char *source = host_path(check, mount->source);
                char at[48];
                int r = 0;

                if (!source)
                        return ct_fail_memory(err);
                if (!mount->bind || mount->remount || mount->source[0] == '\0')
                        continue;
                (void)snprintf(at, sizeof(at), "/mounts/%zu", i);
                if (faccessat(AT_FDCWD, source, F_OK, AT_EACCESS) < 0)
                        r = ct_fail(err, CONTAIN_E_MOUNT, errno, at, "cannot bind '%s'", source);
                r = ct_check_keep(check, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool is_given(const struct contain *view, uint64_t type)
{
        for (size_t i = 0; i < CT_NAMESPACES; i++)
                if (ct_namespace_types[i] == type)
                        return view->namespace_fds[i] >= 0;
        return false;
}

int ct_check_namespaces(struct ct_check *check, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &check->view.spec->linux_;

        for (size_t i = 0; i < linux_->n_namespaces; i++) {
                const struct ct_spec_namespace *entry = &linux_->namespaces[i];
                _cleanup_close_ int fd = -EBADF;
                char at[48];
                int r;

                if (!entry->path || is_given(&check->view, entry->type))
                        continue;
                (void)snprintf(at, sizeof(at), "/linux/namespaces/%zu", i);
                fd = ct_namespace_open(entry->path, entry->type, at, err);
                r = ct_check_keep(check, fd < 0 ? fd : 0, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Nobody is disturbed: a connection would reach whoever listens. */
static int look_at_socket(const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0)
                return -errno;
        if (!S_ISSOCK(st.st_mode))
                return -ENOTSOCK;
        return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 ? -errno : 0;
}

int ct_check_sockets(struct ct_check *check, contain_error_t **err)
{
        const struct ct_spec_seccomp *seccomp = &check->view.spec->linux_.seccomp;
        const char *console = check->view.console_socket;
        int r = 0;

        if (check->view.spec->process.terminal && console)
                r = look_at_socket(console);
        if (r < 0)
                r = ct_fail(err, CONTAIN_E_CONSOLE, -r, "/process/terminal",
                            "cannot send the terminal to '%s'", console);
        if (r == -ENOTSOCK)
                ct_error_set_cause(err, CONTAIN_CAUSE_CONFIG);
        r = ct_check_keep(check, r, err);
        if (r < 0 || !seccomp->listener_path || check->view.seccomp_fd >= 0)
                return r;
        r = look_at_socket(seccomp->listener_path);
        if (r < 0)
                r = ct_fail(err, CONTAIN_E_SECCOMP, -r, "/linux/seccomp/listenerPath",
                            "cannot connect to the seccomp agent at '%s'", seccomp->listener_path);
        if (r == -ENOTSOCK)
                ct_error_set_cause(err, CONTAIN_CAUSE_CONFIG);
        return r;
}

static int check_hook(const struct ct_spec_hook *hook, const char *at, contain_error_t **err)
{
        struct stat st;

        if (stat(hook->path, &st) < 0)
                return ct_fail(err, CONTAIN_E_HOOK, errno, at, "cannot run '%s'", hook->path);
        if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, hook->path, X_OK, AT_EACCESS) < 0)
                return ct_fail(err, CONTAIN_E_HOOK, EACCES, at, "cannot run '%s'", hook->path);
        return 0;
}

int ct_check_hooks(struct ct_check *check, contain_error_t **err)
{
        /* Those of startContainer are files of the container's. */
        static const enum ct_spec_hook_kind kinds[] = { CT_HOOK_PRESTART, CT_HOOK_CREATE_RUNTIME,
                                                        CT_HOOK_CREATE_CONTAINER, CT_HOOK_POSTSTART,
                                                        CT_HOOK_POSTSTOP };

        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
                const struct ct_spec_hooks *hooks = &check->view.spec->hooks[kinds[k]];

                for (size_t i = 0; i < hooks->n; i++) {
                        char at[64];
                        int r;

                        (void)snprintf(at, sizeof(at), "/hooks/%s/%zu", ct_spec_hook_name(kinds[k]), i);
                        r = ct_check_keep(check, check_hook(&hooks->items[i], at, err), err);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

int ct_check_net_devices(struct ct_check *check, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &check->view.spec->linux_;

        for (size_t i = 0; i < linux_->n_net_devices; i++) {
                const char *name = linux_->net_devices[i].host_name;
                const char *at = ct_json_pointer_join(check->view.arena, "/linux/netDevices", name);
                int r = 0;

                if (!at)
                        return ct_fail_memory(err);
                if (if_nametoindex(name) == 0 && errno == ENODEV)
                        r = ct_fail(err, CONTAIN_E_NETWORK, ENODEV, at, "the host has no network device '%s'",
                                    name);
                r = ct_check_keep(check, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}
