/* SPDX-License-Identifier: MIT */

/*
 * Paths as text. Nothing here looks at a file system: what a path leads to is found out by those who
 * open it. A path's clean form only tells which paths of a configuration mean the same place.
 */

#include "plan/parts.h"

#include <string.h>

const char *ct_plan_host_path(struct ct_build *build, const char *path)
{
        if (path[0] == '/')
                return path;
        while (strncmp(path, "./", 2) == 0)
                path += 2;
        return ct_build_text(build, "%s/%s", build->request->bundle, path);
}

static size_t parent_length(const char *text, size_t length)
{
        while (length > 0 && text[--length] != '/')
                continue;
        return length;
}

const char *ct_plan_clean_path(struct ct_build *build, const char *path)
{
        char *clean = ct_arena_alloc(build->arena, strlen(path) + 2);
        size_t length = 0;

        if (!clean) {
                build->failed = true;
                return "/";
        }
        while (*path != '\0') {
                size_t n = strcspn(path, "/");

                if (n == 2 && strncmp(path, "..", 2) == 0) {
                        length = parent_length(clean, length);
                } else if (n > 0 && !(n == 1 && path[0] == '.')) {
                        clean[length++] = '/';
                        memcpy(clean + length, path, n);
                        length += n;
                }
                path += n;
                path += strspn(path, "/");
        }
        if (length == 0)
                clean[length++] = '/';
        clean[length] = '\0';
        return clean;
}

bool ct_plan_path_is_below(const char *path, const char *folder)
{
        size_t length = strlen(folder);

        if (strcmp(folder, "/") == 0)
                return strcmp(path, "/") != 0;
        return strncmp(path, folder, length) == 0 && path[length] == '/';
}
