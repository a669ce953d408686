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

static void write_lists(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                        unsigned flags)
{
        if (is_given(resources->cpu.cpus))
                ct_writes_add(writes, flags, AT "/cpus", "cpuset.cpus", "%s", resources->cpu.cpus);
        if (is_given(resources->cpu.mems))
                ct_writes_add(writes, flags, AT "/mems", "cpuset.mems", "%s", resources->cpu.mems);
}

static int cpuset_v1(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                     contain_error_t **err)
{
        (void)err;
        write_lists(resources, writes, 0);
        return 0;
}

static int cpuset_v2(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                     contain_error_t **err)
{
        (void)err;
        write_lists(resources, writes, CT_WRITE_EFFECTIVE);
        return 0;
}

/* Cuts "3" or "0-7" off the list; false at its end. */
static bool next_range(const char **list, unsigned long *ret_first, unsigned long *ret_last)
{
        char *end;

        *list += strcspn(*list, "0123456789");
        if (**list == '\0')
                return false;
        *ret_first = *ret_last = strtoul(*list, &end, 10);
        if (*end == '-')
                *ret_last = strtoul(end + 1, &end, 10);
        *list = end;
        return true;
}

static bool has_number(const char *list, unsigned long number)
{
        unsigned long first, last;

        while (next_range(&list, &first, &last))
                if (number >= first && number <= last)
                        return true;
        return false;
}

bool ct_list_has(const char *list, const char *part)
{
        unsigned long first, last;

        while (next_range(&part, &first, &last))
                for (unsigned long number = first; number <= last; number++)
                        if (!has_number(list, number))
                                return false;
        return true;
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
        .write_v1 = cpuset_v1,
        .write_v2 = cpuset_v2,
};
