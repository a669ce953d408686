/* SPDX-License-Identifier: MIT */

/*
 * File systems: made detached, by a context that takes one option at a time, and reconfigured like that. What
 * such a context cannot be told, flags without a key and long values, takes mount(2).
 */

#include "init/init.h"

#define KEY_SIZE  256  /* the kernel takes no longer one */
#define DATA_SIZE 4096 /* of mount(2)'s options: a page of the CPUs with the smallest ones */

/* --- a context ------------------------------------------------------------------------------ */

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

static int configure_file_system(struct init *in, const struct plan_step *step, int fd)
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

static int make_by_context(struct init *in, const struct plan_step *step, const char *type)
{
        int fd, r;

        fd = sys_fsopen(type, FSOPEN_CLOEXEC);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_TYPE, fd);
        r = configure_file_system(in, step, fd);
        init_close(&fd);
        if (r >= 0)
                init_set_tree(in, r, true);
        return r < 0 ? r : 0;
}

/* --- mount(2) ------------------------------------------------------------------------------- */

/*
 * Where mount(2), which takes paths only, can mount something for a moment: what is on top of "/", where
 * the container's root is already. Its own paths are resolved from its descriptor, below this.
 */
#define TOP "/.."

/* All options in one text, with commas between. */
static int join_options(struct init *in, const struct plan_step *step, char data[DATA_SIZE])
{
        const char *table = init_blob(in, step);

        if (step->blob_size > DATA_SIZE)
                return init_fail(in, PLAN_DETAIL_OPTION, -E2BIG);
        (void)text_copy(data, table, step->blob_size);
        for (uint32_t i = 0; i + 1 < step->blob_size; i++)
                if (data[i] == '\0')
                        data[i] = ',';
        return 0;
}

static int make_by_mount(struct init *in, const struct plan_step *step, const char *type)
{
        /* Of a new mount the whole field of the access time is chosen; read-only is for the clone alone. */
        const struct mount_attr attributes = { .attr_set = step->n[0] & ~(uint64_t)MOUNT_ATTR_RDONLY,
                                               .attr_clr = MOUNT_ATTR__ATIME };
        const struct mount_attr readonly = { .attr_set = step->n[0] & MOUNT_ATTR_RDONLY };
        const char *source = init_text(in, step->s[1]);
        char data[DATA_SIZE] = "";
        int fd, r;

        r = join_options(in, step, data);
        if (r < 0)
                return r;
        r = sys_mount_new(source ? source : "none", TOP, type,
                          (unsigned long)step->n[1] | init_mount_flags(0, &attributes), data);
        if (r < 0)
                return init_fail(in, r == -ENODEV ? PLAN_DETAIL_TYPE : PLAN_DETAIL_SUPERBLOCK, r);
        fd = sys_open_tree(CURRENT_DIR, TOP, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        r = sys_umount(TOP, UMOUNT_LAZY);
        if (r < 0)
                init_close(&fd);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_SUPERBLOCK, r < 0 ? r : fd);
        init_set_tree(in, fd, true);
        return readonly.attr_set ? init_change_tree(in, &readonly, false) : 0;
}

/* --- steps ---------------------------------------------------------------------------------- */

int init_step_fs(struct init *in, const struct plan_step *step)
{
        const char *type = init_text(in, step->s[0]);

        if (!type)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        return step->n[2] ? make_by_mount(in, step, type) : make_by_context(in, step, type);
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

        fd = init_open_mounted(in, step);
        if (fd < 0)
                return fd;
        if (step->n[2] || step->n[3] || step->blob_size)
                r = reconfigure(in, step, fd);
        if (r == 0 && (attributes.attr_set || attributes.attr_clr))
                r = init_set_attributes(in, fd, &attributes, false);
        init_close(&fd);
        return r;
}
