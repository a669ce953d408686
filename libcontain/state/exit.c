/* SPDX-License-Identifier: MIT */

/* The exit that a container's keeper wrote down. */

#include "state/folder.h"

#include "base/fds.h"
#include "base/json.h"

#include <limits.h>
#include <string.h>

#define EXIT_MAX_SIZE 4096

static int parse(const struct ct_json *root, struct ct_exit_record *ret)
{
        struct ct_exit_record record = { .code = -1 };
        int64_t code = -1, signo = 0;
        int has_code, has_signal;

        has_code = ct_json_get_int(root, "code", 0, 255, &code, NULL);
        has_signal = ct_json_get_int(root, "signal", 1, 127, &signo, NULL);
        if (has_code < 0 || has_signal < 0 || ct_json_get_bool(root, "core", &record.core, NULL) < 0 ||
            ct_json_get_bool(root, "oom", &record.oom, NULL) < 0 ||
            ct_json_get_int(root, "ended", 0, INT64_MAX, &record.ended_nsec, NULL) < 0)
                return -EBADMSG;
        record.known = has_code > 0 || has_signal > 0;
        record.code = (int)code;
        record.signo = (int)signo;
        *ret = record;
        return 0;
}

int ct_state_load_exit(struct ct_state *state, struct ct_exit_record *ret)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = NULL;
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_free_ char *text = NULL;
        struct ct_json root;
        size_t size;
        int r;

        r = ct_read_file_at(state->dir_fd, CT_STATE_EXIT, EXIT_MAX_SIZE, &text, &size);
        if (r < 0)
                return r;
        arena = ct_arena_new();
        if (!arena)
                return -ENOMEM;
        if (ct_json_parse(arena, "it", text, size, &document, &root, NULL) < 0 ||
            ct_json_check_object(&root, NULL) < 0)
                return -EBADMSG;
        return parse(&root, ret);
}
