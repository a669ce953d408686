/* SPDX-License-Identifier: MIT */

/*
 * The record of a container as JSON. Members that are not known here are passed over, so that a
 * later version can add some without a new version number. Documents inside of it (cgroup,
 * annotations, hooks) are kept as text, and come back byte for byte.
 */

#include "state/folder.h"

#include "base/buf.h"
#include "base/fds.h"
#include "base/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

static const struct {
        const char *key;
        size_t offset;
} strings[] = {
        { "id", offsetof(struct ct_record, id) },
        { "ociVersion", offsetof(struct ct_record, oci_version) },
        { "bundle", offsetof(struct ct_record, bundle) },
        { "rootfs", offsetof(struct ct_record, rootfs) },
        { "copy", offsetof(struct ct_record, copy) },
        { "created", offsetof(struct ct_record, created) },
        { "owner", offsetof(struct ct_record, owner) },
        { "log", offsetof(struct ct_record, log) },
        { "cgroup", offsetof(struct ct_record, cgroup) },
        { "resctrl", offsetof(struct ct_record, resctrl) },
        { "annotations", offsetof(struct ct_record, annotations) },
        { "hooks", offsetof(struct ct_record, hooks) },
};

#define N_STRINGS (sizeof strings / sizeof strings[0])

static char **string_slot(struct ct_record *record, size_t i)
{
        return (char **)((char *)record + strings[i].offset);
}

static const char *string_value(const struct ct_record *record, size_t i)
{
        return *(char *const *)((const char *)record + strings[i].offset);
}

struct ct_record *ct_record_free(struct ct_record *record)
{
        size_t i;

        if (!record)
                return NULL;
        for (i = 0; i < N_STRINGS; i++)
                free(*string_slot(record, i));
        free(record);
        return NULL;
}

/* --- save ----------------------------------------------------------------------------------- */

static int format_record(const struct ct_record *record, struct ct_buf *buf)
{
        size_t i;

        (void)ct_buf_printf(buf, "{\n  \"version\": %d", CT_RECORD_VERSION);
        for (i = 0; i < N_STRINGS; i++) {
                const char *value = string_value(record, i);

                if (!value)
                        continue;
                (void)ct_buf_printf(buf, ",\n  \"%s\": ", strings[i].key);
                (void)ct_buf_json_string(buf, value);
        }
        if (record->no_process)
                (void)ct_buf_puts(buf, ",\n  \"noProcess\": true");
        if (record->no_new_keyring)
                (void)ct_buf_puts(buf, ",\n  \"noNewKeyring\": true");
        if (record->keeper_pid > 0)
                (void)ct_buf_printf(buf,
                                    ",\n  \"keeper\": %d,\n  \"keeperStartTime\": %" PRIu64
                                    ",\n  \"logFiles\": %" PRIu64,
                                    record->keeper_pid, record->keeper_start, record->log_files);
        if (record->log_ring)
                (void)ct_buf_puts(buf, ",\n  \"logRing\": true");
        return ct_buf_printf(buf, ",\n  \"pid\": %d,\n  \"startTime\": %" PRIu64 "\n}\n", record->pid,
                             record->start_time);
}

/* The first one: nobody can have read an earlier one, so it need not be replaced as a whole. */
static int write_first(const struct ct_state *state, const struct ct_buf *buf)
{
        _cleanup_close_ int fd = -EBADF;

        fd = openat(state->dir_fd, CT_STATE_RECORD, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
        return fd < 0 ? -errno : ct_write_all(fd, buf->data, buf->size);
}

int ct_state_save(struct ct_state *state, const struct ct_record *record, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        int r;

        r = format_record(record, &buf);
        if (r < 0)
                return ct_fail_memory(err);
        /* What could not be read back must not be written. */
        if (buf.size > CT_JSON_MAX_SIZE)
                r = -EFBIG;
        else if (state->fresh)
                r = write_first(state, &buf);
        else
                r = ct_replace_file_at(state->dir_fd, CT_STATE_RECORD, buf.data, buf.size);
        if (r == 0)
                state->fresh = false;
        if (r < 0)
                return ct_fail(err, CONTAIN_E_STATE, -r, NULL,
                               "cannot write the record '%s/%s/" CT_STATE_RECORD "'", state->root, state->id);
        return 0;
}

/* --- load ----------------------------------------------------------------------------------- */

static int check_version(const struct ct_json *root, int *ret, contain_error_t **err)
{
        int64_t version = 0;
        int r;

        r = ct_json_get_int(root, "version", 1, INT_MAX, &version, err);
        r = ct_json_require(r, root, "version", err);
        if (r < 0)
                return r;
        *ret = (int)version;
        return 0;
}

static int parse_strings(const struct ct_json *root, struct ct_record *record, contain_error_t **err)
{
        size_t i;

        for (i = 0; i < N_STRINGS; i++) {
                const char *value = NULL;
                int r;

                r = ct_json_get_string(root, strings[i].key, &value, err);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                *string_slot(record, i) = strdup(value);
                if (!*string_slot(record, i))
                        return ct_fail_memory(err);
        }
        return 0;
}

static int parse_process(const struct ct_json *root, struct ct_record *record, contain_error_t **err)
{
        int64_t pid = 0;
        int r;

        r = ct_json_get_int(root, "pid", 0, INT_MAX, &pid, err);
        if (r < 0)
                return r;
        record->pid = (pid_t)pid;
        r = ct_json_get_bool(root, "noProcess", &record->no_process, err);
        if (r >= 0)
                r = ct_json_get_bool(root, "noNewKeyring", &record->no_new_keyring, err);
        if (r < 0)
                return r;
        r = ct_json_get_uint(root, "startTime", UINT64_MAX, &record->start_time, err);
        return r < 0 ? r : 0;
}

static int parse_keeper(const struct ct_json *root, struct ct_record *record, contain_error_t **err)
{
        int64_t pid = 0;
        int r;

        r = ct_json_get_int(root, "keeper", 0, INT_MAX, &pid, err);
        record->keeper_pid = (pid_t)pid;
        if (r >= 0)
                r = ct_json_get_uint(root, "keeperStartTime", UINT64_MAX, &record->keeper_start, err);
        if (r >= 0)
                r = ct_json_get_uint(root, "logFiles", 1000, &record->log_files, err);
        if (r >= 0)
                r = ct_json_get_bool(root, "logRing", &record->log_ring, err);
        return r < 0 ? r : 0;
}

/* Stops after the version when that is a later one: the rest may mean anything. */
static int parse_record(const char *text, size_t size, struct ct_record *record, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = NULL;
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json root;
        int r;

        arena = ct_arena_new();
        if (!arena)
                return ct_fail_memory(err);
        r = ct_json_parse(arena, "it", text, size, &document, &root, err);
        if (r >= 0)
                r = ct_json_check_object(&root, err);
        if (r >= 0)
                r = check_version(&root, &record->version, err);
        if (r < 0 || record->version > CT_RECORD_VERSION)
                return r;
        r = parse_strings(&root, record, err);
        if (r == 0)
                r = parse_process(&root, record, err);
        if (r == 0)
                r = parse_keeper(&root, record, err);
        return r;
}

/* What is wrong with the record itself is worded here; the file is no configuration, so no pointer is given.
 */
static int fail_record(const struct ct_state *state, const contain_error_t *cause, contain_error_t **err)
{
        const char *at = contain_error_pointer(cause);

        if (contain_error_code(cause) == CONTAIN_E_NO_MEMORY)
                return ct_fail_memory(err);
        return ct_fail(err, CONTAIN_E_STATE, EBADMSG, NULL,
                       "the record '%s/%s/" CT_STATE_RECORD "' is damaged: %s%s%s", state->root, state->id,
                       at, at[0] != '\0' ? ": " : "", contain_error_sentence(cause));
}

static int check_record(const struct ct_state *state, const struct ct_record *record, contain_error_t **err)
{
        if (record->version > CT_RECORD_VERSION)
                return ct_fail(err, CONTAIN_E_STATE, EBADMSG, NULL,
                               "the record '%s/%s/" CT_STATE_RECORD
                               "' is of version %d, this library understands up to version %d",
                               state->root, state->id, record->version, CT_RECORD_VERSION);
        if (!record->id || strcmp(record->id, state->id) != 0)
                return ct_fail(err, CONTAIN_E_STATE, EBADMSG, NULL,
                               "the record '%s/%s/" CT_STATE_RECORD "' is damaged: it is not that of '%s'",
                               state->root, state->id, state->id);
        return 0;
}

/* A file of its own, and nothing that is only called so: -EBADMSG. */
static int read_record(const struct ct_state *state, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat status;
        int r;

        /* Not blocking: a pipe in its place must not hold the host up. */
        fd = openat(state->dir_fd, CT_STATE_RECORD,
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return errno == ELOOP || errno == ENXIO ? -EBADMSG : -errno;
        if (fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISREG(status.st_mode))
                return -EBADMSG;
        r = ct_read_fd(fd, CT_JSON_MAX_SIZE, ret, ret_size);
        return r == -EFBIG ? -EBADMSG : r;
}

int ct_state_load(struct ct_state *state, struct ct_record **ret, contain_error_t **err)
{
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;
        _cleanup_(contain_error_freep) contain_error_t *cause = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = read_record(state, &text, &size);
        /* Empty: its maker was killed as it began to write. */
        if (r == -ENOENT || (r == 0 && size == 0))
                return -ENODATA;
        if (r == -ENOMEM)
                return ct_fail_memory(err);
        if (r == -EBADMSG)
                return ct_fail(err, CONTAIN_E_STATE, EBADMSG, NULL,
                               "the record '%s/%s/" CT_STATE_RECORD
                               "' is damaged: it is no file, or larger than any record",
                               state->root, state->id);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_STATE, -r, NULL,
                               "cannot read the record '%s/%s/" CT_STATE_RECORD "'", state->root, state->id);

        record = calloc(1, sizeof *record);
        if (!record)
                return ct_fail_memory(err);
        r = parse_record(text, size, record, &cause);
        if (r < 0)
                return fail_record(state, cause, err);
        r = check_record(state, record, err);
        if (r < 0)
                return r;
        *ret = ct_take(record);
        return 0;
}
