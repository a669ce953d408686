/* SPDX-License-Identifier: MIT */

/* What exec runs: a file's document, or the container's own process with what the options change in it. */

#include "exec.h"

#include "files.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <string.h>

static void object_put_p(struct json_object **object)
{
        (void)json_object_put(*object);
}
#define _cleanup_object_ _cleanup_(object_put_p)

/* Of the pairs here, a NULL value stands for no memory; json-c then has nothing under that name. */
static bool add(struct json_object *object, const char *key, struct json_object *value)
{
        return value && json_object_object_add(object, key, value) == 0;
}

static bool add_text(struct json_object *object, const char *key, const char *text)
{
        return !text || add(object, key, json_object_new_string(text));
}

static struct json_object *strings(const char *const *items)
{
        struct json_object *array = json_object_new_array();

        for (; array && *items; items++)
                (void)json_object_array_add(array, json_object_new_string(*items));
        return array;
}

/* A whole number and nothing else: what is no number must not become that of root. */
static bool parse_id(const char *text, const char *end, int64_t *ret)
{
        int64_t id = 0;

        if (text == end)
                return false;
        for (; text < end; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                id = id * 10 + (*text - '0');
                if (id >= UINT32_MAX)
                        return false;
        }
        *ret = id;
        return true;
}

/* UID or UID:GID. Names are the image's, whose files are not ours to believe. */
static int add_user(struct app *app, const char *text, struct json_object *user)
{
        const char *end = text + strlen(text), *colon = strchr(text, ':');
        int64_t uid = 0, gid = 0;

        if (!parse_id(text, colon ? colon : end, &uid) || (colon && !parse_id(colon + 1, end, &gid)))
                return app_fail(app, "invalid user '%s': it takes the form UID or UID:GID, in numbers", text);
        if (!add(user, "uid", json_object_new_int64(uid)) ||
            (colon && !add(user, "gid", json_object_new_int64(gid))))
                return app_fail(app, "out of memory");
        return 0;
}

static int add_groups(struct app *app, const struct option_list *groups, struct json_object *user)
{
        struct json_object *array = json_object_new_array();

        if (!add(user, "additionalGids", array))
                return app_fail(app, "out of memory");
        for (size_t i = 0; i < groups->n; i++) {
                const char *text = groups->items[i];
                int64_t gid;

                if (!parse_id(text, text + strlen(text), &gid))
                        return app_fail(app, "invalid group '%s': it takes a number", text);
                (void)json_object_array_add(array, json_object_new_int64(gid));
        }
        return 0;
}

static int add_identity(struct app *app, const struct exec_options *options, struct json_object *changes)
{
        struct json_object *user;
        int r = 0;

        if (!options->user && options->groups.n == 0)
                return 0;
        user = json_object_new_object();
        if (!add(changes, "user", user))
                return app_fail(app, "out of memory");
        if (options->user)
                r = add_user(app, options->user, user);
        if (r == 0 && options->groups.n > 0)
                r = add_groups(app, &options->groups, user);
        return r;
}

/* Not to the inheritable set: a program's file capabilities would give more than was asked for. */
static bool add_capabilities(struct json_object *changes, const struct option_list *caps)
{
        static const char *const sets[] = { "bounding", "effective", "permitted", "ambient" };
        struct json_object *object;
        bool done = true;

        if (caps->n == 0)
                return true;
        object = json_object_new_object();
        for (size_t i = 0; object && i < sizeof(sets) / sizeof(sets[0]); i++)
                done = add(object, sets[i], strings(caps->items)) && done;
        return add(changes, "capabilities", object) && done;
}

static bool add_rest(struct json_object *changes, const struct exec_options *options, char **argv)
{
        return add(changes, "terminal", json_object_new_boolean(options->tty)) &&
               (!argv[0] || add(changes, "args", strings((const char *const *)argv))) &&
               (options->env.n == 0 || add(changes, "env", strings(options->env.items))) &&
               add_text(changes, "cwd", options->cwd) &&
               add_text(changes, "selinuxLabel", options->process_label) &&
               add_text(changes, "apparmorProfile", options->apparmor) &&
               (!options->no_new_privs || add(changes, "noNewPrivileges", json_object_new_boolean(true))) &&
               add_capabilities(changes, &options->caps);
}

static int change(struct app *app, const struct exec_options *options, contain_t *c, char **argv, char **ret)
{
        _cleanup_object_ struct json_object *changes = json_object_new_object();
        _cleanup_error_ contain_error_t *error = NULL;
        const char *text = NULL;
        int r;

        if (!changes || !add_rest(changes, options, argv))
                return app_fail(app, "out of memory");
        r = add_identity(app, options, changes);
        if (r != 0)
                return r;
        text = json_object_to_json_string_ext(changes, JSON_C_TO_STRING_PLAIN);
        if (!text)
                return app_fail(app, "out of memory");
        if (contain_process_json(c, text, strlen(text), ret, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

int exec_document(struct app *app, const struct exec_options *options, contain_t *c, char **argv, char **ret,
                  size_t *ret_length)
{
        int r;

        if (!options->process && !argv[0])
                return app_fail(app, "no command to run: exec takes one, or --process");
        if (!options->process) {
                r = change(app, options, c, argv, ret);
                if (r == 0)
                        *ret_length = strlen(*ret);
                return r;
        }
        r = files_read(options->process, ret, ret_length);
        if (r < 0)
                return app_fail(app, "cannot read '%s': %s", options->process, strerror(-r));
        return 0;
}
