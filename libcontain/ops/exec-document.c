/* SPDX-License-Identifier: MIT */

/* The document of one more process, made from that of the container's own one. */

#include "ops/exec.h"

#include "base/json.h"

#include <string.h>

/* Of these, callers say what they want besides. */
static const char *const joined[] = { "/env",
                                      "/user/additionalGids",
                                      "/capabilities/ambient",
                                      "/capabilities/bounding",
                                      "/capabilities/effective",
                                      "/capabilities/inheritable",
                                      "/capabilities/permitted",
                                      NULL };

static int parse_object(struct ct_arena *arena, const char *what, const char *text, size_t size,
                        struct ct_json_document **ret_document, struct ct_json *ret, contain_error_t **err)
{
        int r = ct_json_parse(arena, what, text, size, ret_document, ret, err);

        return r < 0 ? r : ct_json_check_object(ret, err);
}

int ct_op_process_json(struct contain *c, const char *changes, size_t size, char **ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *config = NULL, *document = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_free_ char *text = NULL;
        struct ct_json root, process, change;
        size_t text_size = 0;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        pthread_mutex_lock(&c->life);
        r = ct_op_config(c, &text, &text_size, err);
        pthread_mutex_unlock(&c->life);
        if (r < 0)
                return r;
        r = parse_object(arena, "config.json", text, text_size, &config, &root, err);
        if (r >= 0)
                r = ct_json_get_object(&root, "process", &process, err);
        if (r < 0)
                return r;
        if (r == 0)
                return ct_plan_fail_no_process(err);
        if (!changes) {
                changes = "{}";
                size = strlen(changes);
        }
        r = parse_object(arena, "the list of changes", changes, size, &document, &change, err);
        return r < 0 ? r : ct_json_merge(&process, &change, joined, ret, err);
}
