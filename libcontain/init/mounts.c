/* SPDX-License-Identifier: MIT */

/*
 * Mounts: a tree is made detached, changed while nobody can see it, and attached to a descriptor. Only
 * what is mounted already is changed in place.
 */

#include "init/init.h"

#define KEY_SIZE 256 /* the kernel takes no longer one */

/* --- the current tree ----------------------------------------------------------------------- */

static void set_tree(struct init *in, int fd, bool is_file_system)
{
        in->tree_fd = fd;
        in->tree_is_file_system = is_file_system;
        in->tree_has_late = false;
}

int init_step_tree(struct init *in, const struct plan_step *step)
{
        const char *source = init_text(in, step->s[0]);
        uint64_t type = step->n[1], device = step->n[2];
        struct statx is;
        int fd = init_slot(in, step), r;

        if (fd < 0 && !source)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        if (fd < 0)
                fd = sys_open_tree(CURRENT_DIR, source,
                                   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
                                           (step->n[0] ? (unsigned)AT_RECURSIVE : 0u));
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_SOURCE, fd);
        set_tree(in, fd, false);
        if (type == 0)
                return 0;
        r = sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &is);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_SOURCE, r);
        if ((is.stx_mode & S_IFMT) != type ||
            (device && ((uint64_t)is.stx_rdev_major << 32 | is.stx_rdev_minor) != device))
                return init_fail(in, PLAN_DETAIL_MISMATCH, -ENODEV);
        return 0;
}

/* --- file systems --------------------------------------------------------------------------- */

static const struct {
        unsigned long flag;
        const char *set, *clear;
} superblock_flags[] = {
        { MS_RDONLY, "ro", "rw" },
        { MS_SYNCHRONOUS, "sync", "async" },
        { MS_DIRSYNC, "dirsync", NULL },
        { MS_MANDLOCK, "mand", "nomand" },
        { MS_LAZYTIME, "lazytime", "nolazytime" },
};

static int configure_flags(int fd, uint64_t set, uint64_t clear)
{
        int r = 0;

        for (size_t i = 0; i < sizeof(superblock_flags) / sizeof(superblock_flags[0]) && r == 0; i++) {
                const char *key = NULL;

                if (set & superblock_flags[i].flag)
                        key = superblock_flags[i].set;
                else if (clear & superblock_flags[i].flag)
                        key = superblock_flags[i].clear;
                if (key)
                        r = sys_fsconfig(fd, FSCONFIG_SET_FLAG, key, NULL);
        }
        return r;
}

static int configure_option(int fd, const char *option)
{
        const char *value = text_find(option, '=');
        char key[KEY_SIZE];
        size_t size;

        if (!value)
                return sys_fsconfig(fd, FSCONFIG_SET_FLAG, option, NULL);
        size = (size_t)(value - option);
        if (size >= sizeof(key))
                return -EINVAL;
        *text_copy(key, option, size) = '\0';
        return sys_fsconfig(fd, FSCONFIG_SET_STRING, key, value + 1);
}

static int configure_options(struct init *in, int fd, const struct plan_step *step)
{
        const char *table = init_blob(in, step);
        uint64_t index = 0;

        for (uint32_t i = 0; i < step->blob_size; index++) {
                int r = configure_option(fd, table + i);

                if (r < 0) {
                        in->value = index;
                        return init_fail(in, PLAN_DETAIL_OPTION, r);
                }
                i += (uint32_t)text_length(table + i) + 1;
        }
        return 0;
}

static int make_file_system(struct init *in, const struct plan_step *step, int fd)
{
        const char *source = init_text(in, step->s[1]);
        int r = 0;

        if (source)
                r = sys_fsconfig(fd, FSCONFIG_SET_STRING, "source", source);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_SOURCE, r);
        r = configure_options(in, fd, step);
        if (r < 0)
                return r;
        r = configure_flags(fd, step->n[1], 0);
        if (r == 0)
                r = sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL);
        if (r == 0)
                r = sys_fsmount(fd, FSMOUNT_CLOEXEC, (unsigned)step->n[0]);
        return r < 0 ? init_fail(in, PLAN_DETAIL_SUPERBLOCK, r) : r;
}

int init_step_fs(struct init *in, const struct plan_step *step)
{
        const char *type = init_text(in, step->s[0]);
        int fd, r;

        if (!type)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = sys_fsopen(type, FSOPEN_CLOEXEC);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_TYPE, fd);
        r = make_file_system(in, step, fd);
        init_close(&fd);
        if (r < 0)
                return r;
        set_tree(in, r, true);
        return 0;
}

/* --- attributes ----------------------------------------------------------------------------- */

/* Adds a later change to an earlier one. */
static void merge(struct mount_attr *to, const struct mount_attr *from)
{
        to->attr_set = (to->attr_set & ~from->attr_clr) | from->attr_set;
        to->attr_clr |= from->attr_clr;
        if (from->propagation)
                to->propagation = from->propagation;
}

int init_step_attr(struct init *in, const struct plan_step *step)
{
        const struct mount_attr attributes = { .attr_set = step->n[0],
                                               .attr_clr = step->n[1],
                                               .propagation = step->n[2] };
        bool recursive = step->n[3] != 0;
        int r = -ENOSYS;

        if (!in->no_setattr)
                r = sys_mount_setattr(in->tree_fd, AT_EMPTY_PATH | (recursive ? (unsigned)AT_RECURSIVE : 0u),
                                      &attributes);
        if (r == -ENOSYS && (!recursive || !(attributes.attr_set | attributes.attr_clr))) {
                in->no_setattr = true;
                if (!in->tree_has_late)
                        in->late = (struct mount_attr){ 0 };
                merge(&in->late, &attributes);
                in->tree_has_late = true;
                return 0;
        }
        return r < 0 ? init_fail(in, PLAN_DETAIL_ATTRIBUTES, r) : 0;
}

int init_step_idmap(struct init *in, const struct plan_step *step)
{
        const struct mount_attr attributes = { .attr_set = MOUNT_ATTR_IDMAP,
                                               .userns_fd = (uint64_t)(unsigned)init_slot(in, step) };
        int r;

        r = sys_mount_setattr(in->tree_fd, AT_EMPTY_PATH | (step->n[0] ? (unsigned)AT_RECURSIVE : 0u),
                              &attributes);
        return r < 0 ? init_fail(in, PLAN_DETAIL_ATTRIBUTES, r) : 0;
}

/* --- in the container ----------------------------------------------------------------------- */

static int open_target(struct init *in, const struct plan_step *step, const char *target)
{
        uint64_t more = step->n[0] & PLAN_ATTACH_REAL_DIR ? RESOLVE_NO_SYMLINKS : 0;
        int fd = init_resolve(in, target, O_PATH | (more ? O_DIRECTORY : 0), more), folder;

        if (fd == -ENOENT && !(step->n[0] & PLAN_ATTACH_IF_PRESENT)) {
                folder = in->tree_is_file_system ? 1 : init_is_folder(in->tree_fd);
                if (folder < 0)
                        return folder;
                return init_make(in, target, folder != 0, (unsigned)step->n[1], more);
        }
        if (fd < 0)
                return init_fail(in, fd == -ELOOP ? PLAN_DETAIL_TARGET_LINK : PLAN_DETAIL_TARGET, fd);
        return fd;
}

int init_step_attach(struct init *in, const struct plan_step *step)
{
        const char *target = init_text(in, step->s[0]);
        int fd, r;

        if (in->tree_fd < 0 || !target)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = open_target(in, step, target);
        if (fd == -ENOENT && (step->n[0] & PLAN_ATTACH_IF_PRESENT)) {
                init_close(&in->tree_fd);
                return 0;
        }
        if (fd < 0)
                return fd;
        r = sys_move_mount(in->tree_fd, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
        /* The kernel's word for that says less. */
        if (r == -EINVAL && init_is_folder(in->tree_fd) != init_is_folder(fd))
                r = -ENOTDIR;
        init_close(&fd);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_ATTACH, r);
        if (in->tree_has_late)
                r = init_set_attributes(in, in->tree_fd, &in->late, false);
        if (!(step->n[0] & PLAN_ATTACH_KEEP))
                init_close(&in->tree_fd);
        return r;
}

/* Opens what is mounted at a step's target. */
static int open_mounted(struct init *in, const struct plan_step *step)
{
        const char *target = init_text(in, step->s[0]);
        int fd;

        if (!target)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = init_resolve(in, target, O_PATH, 0);
        return fd < 0 ? init_fail(in, PLAN_DETAIL_TARGET, fd) : fd;
}

static int reconfigure(struct init *in, const struct plan_step *step, int fd)
{
        int config_fd, r;

        config_fd = sys_fspick(fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
        if (config_fd < 0)
                return init_fail(in, PLAN_DETAIL_SUPERBLOCK, config_fd);
        r = configure_options(in, config_fd, step);
        if (r == 0) {
                r = configure_flags(config_fd, step->n[2], step->n[3]);
                if (r == 0)
                        r = sys_fsconfig(config_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL);
                if (r < 0)
                        r = init_fail(in, PLAN_DETAIL_SUPERBLOCK, r);
        }
        init_close(&config_fd);
        return r;
}

int init_step_remount(struct init *in, const struct plan_step *step)
{
        const struct mount_attr attributes = { .attr_set = step->n[0], .attr_clr = step->n[1] };
        int fd, r = 0;

        fd = open_mounted(in, step);
        if (fd < 0)
                return fd;
        if (step->n[2] || step->n[3] || step->blob_size)
                r = reconfigure(in, step, fd);
        if (r == 0 && (attributes.attr_set || attributes.attr_clr))
                r = init_set_attributes(in, fd, &attributes, false);
        init_close(&fd);
        return r;
}

int init_step_target_attr(struct init *in, const struct plan_step *step)
{
        const struct mount_attr attributes = { .attr_set = step->n[0],
                                               .attr_clr = step->n[1],
                                               .propagation = step->n[2] };
        int fd, r;

        fd = open_mounted(in, step);
        if (fd < 0)
                return fd;
        r = init_set_attributes(in, fd, &attributes, step->n[3] != 0);
        init_close(&fd);
        return r;
}

/* As a rule it is absent: looking first would be one call more. */
int init_step_mkdir(struct init *in, const struct plan_step *step)
{
        const char *path = init_text(in, step->s[0]), *name;
        int dir_fd, fd, r;

        if (!path)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        if (text_equal(path, "/"))
                return 0;
        dir_fd = init_resolve_parent(in, path, 0, &name);
        if (dir_fd < 0)
                return dir_fd;
        r = sys_mkdirat(dir_fd, name, step->n[0] ? (unsigned)step->n[0] : INIT_FOLDER_MODE);
        if (r != -EEXIST)
                return r < 0 ? init_fail(in, PLAN_DETAIL_TARGET_CREATE, r) : 0;
        fd = init_resolve(in, path, O_PATH | O_DIRECTORY, 0);
        if (fd == -ENOENT) /* a link that leads nowhere */
                return init_fail(in, PLAN_DETAIL_TARGET_LINK, -ELOOP);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_TARGET_CREATE, fd);
        init_close(&fd);
        return 0;
}
