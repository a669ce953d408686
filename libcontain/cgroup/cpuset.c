/* SPDX-License-Identifier: MIT */

/* linux.resources.cpu.cpus and mems; and v1's rule that a cpuset begins empty, and lets nobody in until it is
 * filled. */

#include "cgroup/controllers.h"

#include "base/fds.h"

#include <fcntl.h>
#include <string.h>

#define AT       "/linux/resources/cpu"
#define LIST_MAX ((size_t)65536)

static bool is_given(const char *list)
{
        return list && list[0] != '\0';
}

static const char *cpuset_asked(const struct ct_spec_resources *resources)
{
        if (is_given(resources->cpu.cpus))
                return AT "/cpus";
        return is_given(resources->cpu.mems) ? AT "/mems" : NULL;
}

static int cpuset_both(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                       contain_error_t **err)
{
        (void)err;
        if (is_given(resources->cpu.cpus))
                ct_writes_add(writes, 0, AT "/cpus", "cpuset.cpus", "%s", resources->cpu.cpus);
        if (is_given(resources->cpu.mems))
                ct_writes_add(writes, 0, AT "/mems", "cpuset.mems", "%s", resources->cpu.mems);
        return 0;
}

/* Reads a list; *ret is NULL when it is empty. */
static int read_list(const struct ct_hierarchy *hierarchy, const char *path, const char *file, char **ret)
{
        _cleanup_free_ char *text = NULL;
        char full[PATH_MAX];
        int r;

        r = ct_cgroup_format(full, hierarchy, path, file);
        if (r < 0)
                return r;
        r = ct_read_file_at(AT_FDCWD, full, LIST_MAX, &text, NULL);
        if (r < 0)
                return r;
        text[strcspn(text, "\n")] = '\0';
        *ret = text[0] == '\0' ? NULL : ct_take(text);
        return 0;
}

static int write_list(const struct ct_hierarchy *hierarchy, const char *path, const char *file,
                      const char *list)
{
        char full[PATH_MAX];
        int r;

        r = ct_cgroup_format(full, hierarchy, path, file);
        return r < 0 ? r : ct_write_file_at(AT_FDCWD, full, list);
}

/*
 * From the top down, as each level takes what the one above has. Levels that others made are filled
 * too where they are empty: whoever made them may be about to do the same.
 */
static int inherit_file(const struct ct_hierarchy *hierarchy, const char *path, size_t made, const char *file)
{
        _cleanup_free_ char *list = NULL;
        size_t depth = ct_cgroup_depth(path), level = 0;
        char part[PATH_MAX];
        int r;

        r = read_list(hierarchy, "", file, &list);
        for (const char *end = path; r >= 0 && list && *end != '\0'; level++) {
                _cleanup_free_ char *present = NULL;

                end = strchrnul(end + 1, '/');
                memcpy(part, path, (size_t)(end - path));
                part[end - path] = '\0';
                if (level + made < depth)
                        r = read_list(hierarchy, part, file, &present);
                if (r < 0)
                        break;
                if (present) {
                        free(list);
                        list = ct_take(present);
                } else {
                        r = write_list(hierarchy, part, file, list);
                }
        }
        return r;
}

int ct_cpuset_inherit(const struct ct_hierarchy *hierarchy, const char *path, size_t made)
{
        int r;

        r = inherit_file(hierarchy, path, made, "cpuset.cpus");
        return r < 0 ? r : inherit_file(hierarchy, path, made, "cpuset.mems");
}

const struct ct_controller ct_controller_cpuset = {
        .v1_name = "cpuset",
        .v2_name = "cpuset",
        .asked = cpuset_asked,
        .write_v1 = cpuset_both,
        .write_v2 = cpuset_both,
};
