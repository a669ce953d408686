/* SPDX-License-Identifier: MIT */

/*
 * umount: takes off what is mounted below a folder, as the old way of running in place (chroot, in the host's
 * own mount table) left it. Nothing is followed: a mount is named by its folder and its last part, and the
 * folder is reached from --root without leaving it.
 */

#include "app.h"
#include "commands.h"
#include "mounts.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

struct umount_options {
        const char *root;
        bool dry_run;
        bool lazy;
};

/* Opens a folder below @root_fd; "" is that itself. Symbolic links on the way are refused. */
static int open_below(int root_fd, const char *path)
{
        struct open_how how = {
                .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
        };
        long fd = syscall(SYS_openat2, root_fd, path[0] ? path : ".", &how, sizeof(how));

        return fd < 0 ? -errno : (int)fd;
}

/* umount2(2) takes a path only: this program's own working directory makes it one of a single part. */
static int take_off(int root_fd, const struct mount_entry *mount, bool lazy)
{
        _cleanup_free_ char *path = strdup(mount->below);
        _cleanup_close_ int folder_fd = -EBADF;
        const char *name;
        char *slash;

        if (!path)
                return -ENOMEM;
        slash = strrchr(path, '/');
        name = slash ? slash + 1 : path;
        if (slash)
                *slash = '\0';
        folder_fd = open_below(root_fd, slash ? path : "");
        if (folder_fd < 0)
                return folder_fd;
        if (fchdir(folder_fd) < 0 || umount2(name, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) < 0)
                return -errno;
        return 0;
}

/* Returns how many were taken off; @errors receives the errno of each, 0 for those. */
static size_t umount_each(const struct umount_options *options, int root_fd, const char *root,
                          struct mount_table *table, int *errors)
{
        size_t done = 0;

        for (size_t i = 0; i < table->n; i++) {
                int r = options->dry_run ? 0 : take_off(root_fd, &table->items[i], options->lazy);

                errors[i] = -r;
                if (r < 0)
                        continue;
                printf("%s/%s\n", root, table->items[i].below);
                done++;
        }
        return done;
}

/* What covers a folder hides the mounts in it: they show when it is off, so it takes another round. */
static int umount_all(struct app *app, const struct umount_options *options, const char *root)
{
        _cleanup_close_ int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        size_t done = 1;

        if (root_fd < 0)
                return app_fail(app, "cannot open '%s': %s", root, strerror(errno));
        while (done > 0) {
                _cleanup_(mounts_done) struct mount_table table = { 0 };
                _cleanup_free_ int *errors = NULL;
                int r = mounts_below(root, &table);

                if (r < 0)
                        return app_fail(app, "cannot read '/proc/self/mountinfo': %s", strerror(-r));
                errors = calloc(table.n + 1, sizeof(*errors));
                if (!errors)
                        return app_fail(app, "out of memory");
                done = umount_each(options, root_fd, root, &table, errors);
                if (done == table.n)
                        return 0;
                for (size_t i = 0; i < table.n && done == 0; i++)
                        (void)app_fail(app, "cannot unmount '%s/%s': %s", root, table.items[i].below,
                                       strerror(errors[i]));
        }
        return EXIT_FAILURE;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct umount_options *options = values;
        _cleanup_free_ char *root = NULL;
        int r;

        (void)operands;
        if (!options->root)
                return app_fail(app, "--root is missing: the folder below which to unmount");
        root = realpath(options->root, NULL);
        if (!root)
                return app_fail(app, "cannot use '%s': %s", options->root, strerror(errno));
        if (strcmp(root, "/") == 0)
                return app_fail(app, "'%s' is the root of the machine", options->root);
        r = umount_all(app, options, root);
        if (fflush(stdout) != 0)
                return app_fail(app, "cannot write to standard output");
        return r;
}

static const struct option options_table[] = {
        { "root", 0, OPTION_TEXT, offsetof(struct umount_options, root), "DIR",
          "what is mounted below that folder, not the folder itself" },
        { "dry-run", 'n', OPTION_FLAG, offsetof(struct umount_options, dry_run), NULL,
          "only print what would be unmounted" },
        { "lazy", 0, OPTION_FLAG, offsetof(struct umount_options, lazy), NULL,
          "at once, also what is in use" },
        { 0 },
};

const struct command command_umount = {
        .name = "umount",
        .synopsis = "--root DIR",
        .summary = "unmount what is mounted below a folder, deepest first",
        .options = { options_table },
        .options_size = sizeof(struct umount_options),
        .run = run,
};
