/* SPDX-License-Identifier: MIT */

/* One document changed by another (RFC 7396), with arrays that grow instead of being replaced. */

#include "base/json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 256 /* of pointers that could be one of those that are joined */

struct merge {
        const char *const *joined;
};

static int merge_object(const struct merge *merge, struct json_object *into, struct json_object *change,
                        const char *at);

static bool is_joined(const struct merge *merge, const char *at)
{
        for (const char *const *joined = merge->joined; joined && *joined; joined++)
                if (strcmp(*joined, at) == 0)
                        return true;
        return false;
}

/* Takes the reference @value. */
static int put(struct json_object *into, const char *key, struct json_object *value)
{
        if (json_object_object_add(into, key, value) == 0)
                return 0;
        (void)json_object_put(value);
        return -ENOMEM;
}

static int join(struct json_object *into, struct json_object *change)
{
        for (size_t i = 0; i < json_object_array_length(change); i++) {
                struct json_object *element = json_object_get(json_object_array_get_idx(change, i));

                if (json_object_array_add(into, element) < 0) {
                        (void)json_object_put(element);
                        return -ENOMEM;
                }
        }
        return 0;
}

static int merge_member(const struct merge *merge, struct json_object *into, const char *key,
                        struct json_object *change, const char *at)
{
        struct json_object *now = NULL;
        bool is_object = json_object_is_type(change, json_type_object);

        if (!change) {
                json_object_object_del(into, key);
                return 0;
        }
        (void)json_object_object_get_ex(into, key, &now);
        if (json_object_is_type(now, json_type_array) && json_object_is_type(change, json_type_array) &&
            is_joined(merge, at))
                return join(now, change);
        if (!is_object)
                return put(into, key, json_object_get(change));
        if (!json_object_is_type(now, json_type_object)) {
                now = json_object_new_object();
                if (!now || put(into, key, now) < 0)
                        return -ENOMEM;
        }
        return merge_object(merge, now, change, at);
}

static int merge_object(const struct merge *merge, struct json_object *into, struct json_object *change,
                        const char *at)
{
        json_object_object_foreach(change, key, value)
        {
                char path[PATH_SIZE];
                int r;

                /* One that is cut is none of those asked for. */
                (void)snprintf(path, sizeof(path), "%s/%s", at, key);
                r = merge_member(merge, into, key, value, path);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_json_merge(const struct ct_json *base, const struct ct_json *change, const char *const *joined,
                  char **ret, contain_error_t **err)
{
        const struct merge merge = { .joined = joined };
        struct json_object *copy = NULL;
        const char *text = NULL;
        char *result = NULL;

        if (json_object_deep_copy(base->value, &copy, NULL) == 0 &&
            merge_object(&merge, copy, change->value, "") == 0)
                text = json_object_to_json_string_ext(copy, JSON_C_TO_STRING_PLAIN |
                                                                    JSON_C_TO_STRING_NOSLASHESCAPE);
        if (text)
                result = strdup(text);
        (void)json_object_put(copy);
        if (!result)
                return ct_fail_memory(err);
        *ret = result;
        return 0;
}
