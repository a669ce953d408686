/* SPDX-License-Identifier: MIT */

/* Environments: of an image, of a file that it has, and what is said besides. */

#include "ops/image-config.h"

#include "base/env-file.h"
#include "base/fds.h"

#include <fcntl.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 20)

/* Of "NAME=value"; 0 for what has no name, or no value. */
static size_t name_length(const char *variable)
{
        size_t length = strcspn(variable, "=");

        return variable[length] == '=' ? length : 0;
}

static const char **find(const struct ct_image_env *env, const char *name, size_t length)
{
        for (size_t i = 0; i < env->n; i++)
                if (strncmp(env->items[i], name, length) == 0 && env->items[i][length] == '=')
                        return &env->items[i];
        return NULL;
}

bool ct_image_env_has(const struct ct_image_env *env, const char *name)
{
        return find(env, name, strlen(name)) != NULL;
}

int ct_image_env_set(struct ct_image_env *env, const char *variable)
{
        size_t length = name_length(variable);
        const char **place, *copy;

        if (length == 0)
                return -EINVAL;
        place = find(env, variable, length);
        if (!place && env->n == CT_IMAGE_ENV_MAX)
                return -E2BIG;
        if (!env->items) {
                env->items = ct_arena_array(env->arena, CT_IMAGE_ENV_MAX + 1, sizeof(*env->items));
                if (!env->items)
                        return -ENOMEM;
        }
        copy = ct_arena_strdup(env->arena, variable);
        if (!copy)
                return -ENOMEM;
        if (!place)
                place = &env->items[env->n++];
        *place = copy;
        return 0;
}

/* As it was asked for in so many words, a variable that is none is no oversight. */
static int set(struct ct_image_env *env, const char *variable, const char *what, contain_error_t **err)
{
        int r = ct_image_env_set(env, variable);

        if (r == -EINVAL)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, NULL, "'%s' of %s is not of the form NAME=value",
                               variable, what);
        if (r == -E2BIG)
                return ct_fail(err, CONTAIN_E_VALUE, E2BIG, NULL, "with %s there are more than %d variables",
                               what, CT_IMAGE_ENV_MAX);
        return r < 0 ? ct_fail_memory(err) : 0;
}

int ct_image_env_add(struct ct_image_env *env, const char *const *variables, const char *what,
                     contain_error_t **err)
{
        int r = 0;

        for (; variables && *variables && r == 0; variables++)
                r = set(env, *variables, what, err);
        return r;
}

int ct_image_env_add_file(struct ct_image_env *env, int root_fd, contain_error_t **err)
{
        static const char what[] = "the image's '/" CT_ENV_FILE_NAME "'";
        _cleanup_free_ char *text = NULL;
        char **variables = NULL;
        size_t size = 0, line = 0;
        int r;

        r = ct_image_read_file(root_fd, CT_ENV_FILE_NAME, FILE_MAX, &text, &size);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return ct_fail(err, CONTAIN_E_VALUE, -r, NULL, "cannot read %s", what);
        r = ct_env_file_parse(env->arena, text, size, &variables, &line);
        if (r == -EINVAL)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, NULL,
                               "line %zu of %s is not of the form NAME=value", line, what);
        if (r < 0)
                return ct_fail_memory(err);
        return ct_image_env_add(env, (const char *const *)variables, what, err);
}

int ct_image_env_add_named(struct ct_image_env *env, const char *path, contain_error_t **err)
{
        _cleanup_free_ char *text = NULL;
        char **variables = NULL;
        size_t size = 0, line = 0;
        int r;

        r = ct_read_file_at(AT_FDCWD, path, FILE_MAX, &text, &size);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_VALUE, -r, NULL, "cannot read '%s'", path);
        r = ct_env_file_parse(env->arena, text, size, &variables, &line);
        if (r == -EINVAL)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, NULL,
                               "line %zu of '%s' is not of the form NAME=value", line, path);
        if (r < 0)
                return ct_fail_memory(err);
        return ct_image_env_add(env, (const char *const *)variables, path, err);
}
