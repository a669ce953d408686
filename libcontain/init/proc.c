/* SPDX-License-Identifier: MIT */

/*
 * procfs, for what is written there: kernel parameters and labels. Never the container's: what is mounted
 * on its /proc, or over parts of it, is the configuration's to choose.
 *
 * The host's is used when it can be trusted, held from before the pivot: its answers depend on who
 * asks, not on where it is mounted, and a private instance costs more than 0.1 ms to make and
 * to take down (measured on Linux 6.18), as much as everything else in this folder together. Where the
 * host's will not do, a private one is made.
 */

#include "init/init.h"

#define ROOT_INODE 1 /* of procfs; what is bound from elsewhere in it has another */

static int check(int fd)
{
        struct kernel_statfs fs;
        struct statx is;
        int r;

        r = sys_fstatfs(fd, &fs);
        if (r < 0)
                return r;
        r = sys_statx(fd, "", AT_EMPTY_PATH, STATX_INO, &is);
        if (r < 0)
                return r;
        return fs.f_type == PROC_SUPER_MAGIC && is.stx_ino == ROOT_INODE ? 0 : -ENOTTY;
}

static int open_host(const struct init *in)
{
        int fd, r;

        if (in->pivoted || in->foreign_mounts)
                return -ENOENT;
        fd = sys_openat(CURRENT_DIR, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (fd < 0)
                return fd;
        r = check(fd);
        if (r < 0) {
                init_close(&fd);
                return r;
        }
        return fd;
}

static int make_private(void)
{
        int config_fd, r;

        config_fd = sys_fsopen("proc", FSOPEN_CLOEXEC);
        if (config_fd < 0)
                return config_fd;
        r = sys_fsconfig(config_fd, FSCONFIG_CMD_CREATE, NULL, NULL);
        if (r == 0)
                r = sys_fsmount(config_fd, FSMOUNT_CLOEXEC,
                                MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        init_close(&config_fd);
        return r;
}

static int open_proc(struct init *in)
{
        int fd = open_host(in);

        in->proc_is_host = fd >= 0;
        if (fd < 0)
                fd = make_private();
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_PROC, fd);
        in->proc_fd = fd;
        return 0;
}

/* NO_XDEV: nothing that is mounted over a part of it. */
static int open_below(int proc_fd, const char *path, int flags)
{
        const struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC),
                                      .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS };

        return sys_openat2(proc_fd, path, &how);
}

int init_proc_open(struct init *in, const char *path, int flags)
{
        int fd, private_fd, r;

        if (in->proc_fd < 0) {
                r = open_proc(in);
                if (r < 0)
                        return r;
        }
        fd = open_below(in->proc_fd, path, flags);
        if (fd >= 0)
                return fd;
        /* The host's may be read-only, in parts covered, or reduced to processes. */
        if (in->proc_is_host) {
                private_fd = make_private();
                if (private_fd >= 0) {
                        init_close(&in->proc_fd);
                        in->proc_fd = private_fd;
                        in->proc_is_host = false;
                        fd = open_below(in->proc_fd, path, flags);
                        if (fd >= 0)
                                return fd;
                }
        }
        return init_fail(in, PLAN_DETAIL_OPEN, fd);
}

int init_proc_write(struct init *in, const char *path, const char *value)
{
        int fd;
        long r;

        fd = init_proc_open(in, path, O_WRONLY);
        if (fd < 0)
                return fd;
        r = sys_write(fd, value, text_length(value));
        init_close(&fd);
        return r < 0 ? init_fail(in, PLAN_DETAIL_WRITE, r) : 0;
}

int init_proc_before_pivot(struct init *in)
{
        const struct plan_step *steps = init_plan_steps(in);

        for (uint32_t i = in->step + 1; i < in->plan->n_steps && in->proc_fd < 0; i++)
                if (steps[i].op == STEP_SYSCTL || steps[i].op == STEP_LABEL ||
                    (in->become && !in->left_userns && steps[i].op == STEP_OOM_SCORE))
                        return open_proc(in);
        return 0;
}

/* --- the steps that write there ------------------------------------------------------------- */

/* Names with ".." would leave the folder that they are meant for. */
static bool is_below(const char *file)
{
        for (; file; file = text_find(file, '/')) {
                file += *file == '/';
                if (file[0] == '.' && file[1] == '.' && (file[2] == '/' || file[2] == '\0'))
                        return false;
        }
        return true;
}

static int write_below(struct init *in, const char *folder, const struct plan_step *step)
{
        const char *file = init_text(in, step->s[0]), *value = init_text(in, step->s[1]);
        char path[PATH_SIZE];
        const char *end = path + sizeof(path);

        if (!file || !value)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        if (!is_below(file))
                return init_fail(in, PLAN_DETAIL_OPEN, -EINVAL);
        if (text_add(text_add(path, end, folder), end, file) + 1 == end)
                return init_fail(in, PLAN_DETAIL_OPEN, -ENAMETOOLONG);
        return init_proc_write(in, path, value);
}

int init_step_sysctl(struct init *in, const struct plan_step *step)
{
        return write_below(in, "sys/", step);
}

int init_step_label(struct init *in, const struct plan_step *step)
{
        return write_below(in, "self/attr/", step);
}
