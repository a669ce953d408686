/* SPDX-License-Identifier: MIT */

/* The floor's cgroups: one folder in each hierarchy, the device rules, and away again. */

#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The rules that runtimes add to a configuration that denies everything (config-linux.md, "Default Devices").
 */
static const char *const device_rules[] = {
        "c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:8 rwm",   "c 1:7 rwm", "c 5:0 rwm",
        "c 1:5 rwm", "c 1:9 rwm", "c 5:1 rwm", "c 136:* rwm", "c 5:2 rwm",
};

static void read_line(const char *path, char *ret, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

        ret[n < 0 ? 0 : n] = '\0';
        if (fd >= 0)
                close(fd);
}

int floor_cgroups_find(struct floor_cgroups *cgroups)
{
        char line[1024], mountpoint[256], options[256];
        FILE *mounts = fopen("/proc/self/mounts", "re");

        if (!mounts)
                return -errno;
        cgroups->n = 0;
        while (fgets(line, sizeof(line), mounts) && cgroups->n < FLOOR_HIERARCHIES) {
                struct floor_hierarchy *h = &cgroups->items[cgroups->n];
                char type[32], *controllers;

                if (sscanf(line, "%*s %255s %31s %255s", mountpoint, type, options) != 3 ||
                    strncmp(type, "cgroup", 6) != 0)
                        continue;
                h->v2 = strcmp(type, "cgroup2") == 0;
                controllers = strstr(options, "relatime,");
                snprintf(h->mountpoint, sizeof(h->mountpoint), "%s", mountpoint);
                snprintf(h->name, sizeof(h->name), "%s", strrchr(mountpoint, '/') + 1);
                snprintf(h->options, sizeof(h->options), "%s%s",
                         controllers && strstr(controllers, "name=") ? "none," : "",
                         controllers ? controllers + strlen("relatime,") : "");
                cgroups->n++;
        }
        fclose(mounts);
        read_line("/sys/fs/cgroup/cpuset/cpuset.cpus", cgroups->cpus, sizeof(cgroups->cpus));
        read_line("/sys/fs/cgroup/cpuset/cpuset.mems", cgroups->mems, sizeof(cgroups->mems));
        return 0;
}

static int write_at(int folder, const char *file, const char *text)
{
        int fd = openat(folder, file, O_WRONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
        int error = n < 0 ? -errno : 0;

        if (fd >= 0)
                close(fd);
        return error;
}

static int device_limits(int folder)
{
        int fd, r = write_at(folder, "devices.deny", "a");

        if (r < 0)
                return r;
        fd = openat(folder, "devices.allow", O_WRONLY | O_CLOEXEC);
        for (size_t i = 0; fd >= 0 && i < sizeof(device_rules) / sizeof(device_rules[0]); i++)
                if (write(fd, device_rules[i], strlen(device_rules[i])) < 0)
                        r = -errno;
        if (fd < 0)
                return -errno;
        close(fd);
        return r;
}

int floor_cgroups_make(struct floor_cgroups *cgroups, const char *name)
{
        for (size_t i = 0; i < cgroups->n; i++) {
                struct floor_hierarchy *h = &cgroups->items[i];
                int folder, r = 0;

                snprintf(h->folder, sizeof(h->folder), "%s/%s", h->mountpoint, name);
                if (mkdir(h->folder, 0755) < 0)
                        return -errno;
                folder = open(h->folder, O_DIRECTORY | O_CLOEXEC);
                if (folder < 0)
                        return -errno;
                if (!h->v2 && strcmp(h->options, "cpuset") == 0) {
                        r = write_at(folder, "cpuset.cpus", cgroups->cpus);
                        r = r < 0 ? r : write_at(folder, "cpuset.mems", cgroups->mems);
                } else if (!h->v2 && strcmp(h->options, "devices") == 0) {
                        r = device_limits(folder);
                }
                h->procs_fd = openat(folder, "cgroup.procs", O_WRONLY | O_CLOEXEC);
                close(folder);
                if (r < 0 || h->procs_fd < 0)
                        return r < 0 ? r : -errno;
        }
        return 0;
}

int floor_cgroups_enter(const struct floor_cgroups *cgroups)
{
        for (size_t i = 0; i < cgroups->n; i++)
                if (!cgroups->items[i].v2 && write(cgroups->items[i].procs_fd, "0", 1) < 0)
                        return -errno;
        return 0;
}

void floor_cgroups_remove(struct floor_cgroups *cgroups)
{
        for (size_t i = 0; i < cgroups->n; i++) {
                close(cgroups->items[i].procs_fd);
                rmdir(cgroups->items[i].folder);
        }
}
