/* SPDX-License-Identifier: MIT */

/* The container's terminal. */

#include "init/init.h"

#define PTMX_MAJOR 5
#define PTMX_MINOR 2

/* The master end: from the container's own devpts, whatever the image has at /dev/ptmx. */
static int open_master(struct init *in, const char *devpts)
{
        struct kernel_statfs fs;
        struct statx is;
        int folder_fd, fd, r;

        if (!devpts || *devpts == '\0') {
                fd = sys_openat(CURRENT_DIR, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
                return fd;
        }
        folder_fd = init_resolve(in, devpts, O_PATH | O_DIRECTORY, 0);
        if (folder_fd < 0)
                return folder_fd;
        r = sys_fstatfs(folder_fd, &fs);
        if (r == 0 && fs.f_type != DEVPTS_SUPER_MAGIC)
                r = -ENOTTY;
        if (r == 0)
                r = sys_statx(folder_fd, "ptmx", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &is);
        if (r == 0 &&
            (!S_ISCHR(is.stx_mode) || is.stx_rdev_major != PTMX_MAJOR || is.stx_rdev_minor != PTMX_MINOR))
                r = -ENOTTY;
        fd = r < 0 ? r : sys_openat(folder_fd, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC, 0);
        init_close(&folder_fd);
        return fd;
}

/* The slave end by its master, not by its path. */
static int open_slave(int master_fd, const struct plan_step *step)
{
        const struct winsize size = { .ws_row = (unsigned short)step->n[0],
                                      .ws_col = (unsigned short)step->n[1] };
        const int unlocked = 0;
        int r;

        r = sys_ioctl(master_fd, TIOCSPTLCK, &unlocked);
        if (r == 0 && size.ws_row != 0 && size.ws_col != 0)
                r = sys_ioctl(master_fd, TIOCSWINSZ, &size);
        if (r < 0)
                return r;
        return sys_ioctl(master_fd, TIOCGPTPEER, (const void *)(uintptr_t)(O_RDWR | O_NOCTTY | O_CLOEXEC));
}

static int attach_slave(struct init *in, int slave_fd)
{
        int tree_fd, target_fd, r;

        tree_fd = sys_open_tree(slave_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
        if (tree_fd < 0)
                return init_fail(in, PLAN_DETAIL_SOURCE, tree_fd);
        target_fd = init_resolve_or_make_file(in, "/dev/console");
        r = target_fd;
        if (target_fd >= 0) {
                r = sys_move_mount(tree_fd, "", target_fd, "",
                                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
                if (r < 0)
                        r = init_fail(in, PLAN_DETAIL_ATTACH, r);
        }
        init_close(&target_fd);
        init_close(&tree_fd);
        return r;
}

int init_step_console(struct init *in, const struct plan_step *step)
{
        struct plan_message message = { .kind = PLAN_MESSAGE_CONSOLE, .step = in->step };
        int master_fd, r;

        master_fd = open_master(in, init_text(in, step->s[0]));
        if (master_fd < 0)
                return init_fail(in, PLAN_DETAIL_PTY, master_fd);
        in->terminal_fd = open_slave(master_fd, step);
        if (in->terminal_fd < 0)
                return init_fail(in, PLAN_DETAIL_PTY, in->terminal_fd);
        r = sys_fchownat(in->terminal_fd, "", (uint32_t)step->n[2], ~0u, AT_EMPTY_PATH);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_OWNER, r);
        if (in->attached) {
                r = attach_slave(in, in->terminal_fd);
                if (r < 0)
                        return r;
        }
        r = init_send(in->host_fd, &message, master_fd);
        init_close(&master_fd);
        return r < 0 ? init_fail(in, PLAN_DETAIL_SEND, r) : 0;
}

int init_step_stdio_console(struct init *in, const struct plan_step *step)
{
        int r = 0;

        (void)step;
        for (int i = 0; i < 3 && r >= 0; i++)
                r = init_place(in, in->terminal_fd, i);
        return r < 0 ? r : sys_ioctl(0, TIOCSCTTY, NULL);
}
