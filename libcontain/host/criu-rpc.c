/* SPDX-License-Identifier: MIT */

/* CRIU's messages: see host/criu-rpc.h. The numbers are those of its rpc.proto, which only ever grows. */

#include "host/criu-rpc.h"

#include <limits.h>
#include <stdint.h>

/* Fields of a request. */
enum {
        REQUEST_TYPE = 1,
        REQUEST_OPTS = 2,
        REQUEST_NOTIFY_SUCCESS = 3,
        REQUEST_KEEP_OPEN = 4,
        REQUEST_FEATURES = 5
};

/* Fields of a response. */
enum {
        RESPONSE_TYPE = 1,
        RESPONSE_SUCCESS = 2,
        RESPONSE_RESTORE = 4,
        RESPONSE_NOTIFY = 5,
        RESPONSE_ERRNO = 7,
        RESPONSE_FEATURES = 8,
        RESPONSE_WORDS = 9,
        RESPONSE_VERSION = 10
};

/* Fields of the messages within. */
enum { FEATURE_MEM_TRACK = 1, FEATURE_LAZY_PAGES = 2 };
enum { NOTIFY_SCRIPT = 1, NOTIFY_PID = 2 };
enum { RESTORE_PID = 1 };
enum { VERSION_MAJOR = 1, VERSION_MINOR = 2, VERSION_SUBLEVEL = 4 };

/* --- requests ------------------------------------------------------------------------------- */

void ct_criu_put_pair(struct ct_buf *opts, enum ct_criu_field field, const char *first, const char *second)
{
        _cleanup_buf_ struct ct_buf pair = CT_BUF_INIT;

        ct_pb_put_string(&pair, 1, first);
        ct_pb_put_string(&pair, 2, second);
        ct_pb_put_message(opts, field, &pair);
}

void ct_criu_put_inherit_fd(struct ct_buf *opts, const char *key, int fd)
{
        _cleanup_buf_ struct ct_buf pair = CT_BUF_INIT;

        ct_pb_put_string(&pair, 1, key);
        ct_pb_put_uint(&pair, 2, (uint64_t)fd);
        ct_pb_put_message(opts, CT_CRIU_INHERIT_FD, &pair);
}

void ct_criu_put_page_server(struct ct_buf *opts, const char *address, unsigned port)
{
        _cleanup_buf_ struct ct_buf server = CT_BUF_INIT;

        ct_pb_put_string(&server, 1, address);
        ct_pb_put_uint(&server, 2, port);
        ct_pb_put_message(opts, CT_CRIU_PAGE_SERVER, &server);
}

void ct_criu_put_request(struct ct_buf *buf, enum ct_criu_type type, const struct ct_buf *opts, bool more)
{
        ct_pb_put_uint(buf, REQUEST_TYPE, type);
        if (opts)
                ct_pb_put_message(buf, REQUEST_OPTS, opts);
        if (more)
                ct_pb_put_uint(buf, REQUEST_KEEP_OPEN, 1);
}

void ct_criu_put_feature_check(struct ct_buf *buf, bool mem_track, bool lazy_pages, bool more)
{
        _cleanup_buf_ struct ct_buf features = CT_BUF_INIT;

        ct_criu_put_request(buf, CT_CRIU_FEATURE_CHECK, NULL, more);
        ct_pb_put_uint(&features, FEATURE_MEM_TRACK, mem_track);
        ct_pb_put_uint(&features, FEATURE_LAZY_PAGES, lazy_pages);
        ct_pb_put_message(buf, REQUEST_FEATURES, &features);
}

void ct_criu_put_answer(struct ct_buf *buf, bool success)
{
        ct_criu_put_request(buf, CT_CRIU_NOTIFY, NULL, false);
        ct_pb_put_uint(buf, REQUEST_NOTIFY_SUCCESS, success);
}

/* --- responses ------------------------------------------------------------------------------ */

/* A pid, or any other int32 that is not negative. */
static int get_pid(const struct ct_pb_field *field, pid_t *ret)
{
        if (field->is_bytes || field->value > INT_MAX)
                return -EBADMSG;
        *ret = (pid_t)field->value;
        return 0;
}

static int parse_restore(struct ct_pb_reader reader, struct ct_criu_response *response)
{
        struct ct_pb_field field;
        int r;

        while ((r = ct_pb_next(&reader, &field)) > 0) {
                /* -1: there is no process, as nothing was restored. */
                if (field.number == RESTORE_PID && get_pid(&field, &response->pid) < 0)
                        response->pid = 0;
        }
        return r;
}

static int parse_notify(struct ct_pb_reader reader, struct ct_criu_response *response)
{
        struct ct_pb_field field;
        int r;

        while ((r = ct_pb_next(&reader, &field)) > 0) {
                if (field.number == NOTIFY_SCRIPT)
                        r = ct_pb_copy_string(&field, response->script, sizeof(response->script));
                else if (field.number == NOTIFY_PID)
                        r = get_pid(&field, &response->pid);
                if (r < 0)
                        return r;
        }
        return r;
}

static int parse_features(struct ct_pb_reader reader, struct ct_criu_response *response)
{
        struct ct_pb_field field;
        int r;

        while ((r = ct_pb_next(&reader, &field)) > 0) {
                if (field.number == FEATURE_MEM_TRACK)
                        response->mem_track = field.value != 0;
                else if (field.number == FEATURE_LAZY_PAGES)
                        response->lazy_pages = field.value != 0;
        }
        return r;
}

static int parse_version(struct ct_pb_reader reader, struct ct_criu_response *response)
{
        unsigned numbers[VERSION_SUBLEVEL + 1] = { 0 };
        struct ct_pb_field field;
        int r;

        while ((r = ct_pb_next(&reader, &field)) > 0)
                if (field.number <= VERSION_SUBLEVEL && !field.is_bytes)
                        numbers[field.number] = field.value < 100 ? (unsigned)field.value : 99;
        response->version =
                numbers[VERSION_MAJOR] * 10000 + numbers[VERSION_MINOR] * 100 + numbers[VERSION_SUBLEVEL];
        return r;
}

static int parse_field(const struct ct_pb_field *field, struct ct_criu_response *response)
{
        switch (field->number) {
        case RESPONSE_TYPE:
                if (field->is_bytes || field->value > INT_MAX)
                        return -EBADMSG;
                response->type = (enum ct_criu_type)field->value;
                return 0;
        case RESPONSE_SUCCESS:
                response->success = !field->is_bytes && field->value != 0;
                return 0;
        case RESPONSE_RESTORE:
                return parse_restore(ct_pb_message(field), response);
        case RESPONSE_NOTIFY:
                return parse_notify(ct_pb_message(field), response);
        case RESPONSE_ERRNO:
                response->errnum = field->value > 0 && field->value < 4096 ? (int)field->value : 0;
                return 0;
        case RESPONSE_FEATURES:
                return parse_features(ct_pb_message(field), response);
        case RESPONSE_WORDS:
                return ct_pb_copy_string(field, response->words, sizeof(response->words));
        case RESPONSE_VERSION:
                return parse_version(ct_pb_message(field), response);
        default:
                return 0;
        }
}

/* Is it one of those that hold a message or a string? */
static bool holds_bytes(unsigned number)
{
        return number == RESPONSE_RESTORE || number == RESPONSE_NOTIFY || number == RESPONSE_FEATURES ||
               number == RESPONSE_WORDS || number == RESPONSE_VERSION;
}

int ct_criu_parse_response(const void *bytes, size_t size, struct ct_criu_response *ret)
{
        struct ct_pb_reader reader = ct_pb_reader(bytes, size);
        struct ct_criu_response response = { 0 };
        struct ct_pb_field field;
        bool has_type = false;
        int r;

        while ((r = ct_pb_next(&reader, &field)) > 0) {
                if (holds_bytes(field.number) && !field.is_bytes)
                        return -EBADMSG;
                r = parse_field(&field, &response);
                if (r < 0)
                        return r;
                has_type = has_type || field.number == RESPONSE_TYPE;
        }
        if (r < 0 || !has_type)
                return -EBADMSG;
        *ret = response;
        return 0;
}
