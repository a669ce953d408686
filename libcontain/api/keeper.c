/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/keeper.h: a container's keeper, its streams, its log. */

#include "api/gate.h"

#include "base/fds.h"
#include "ops/streams.h"

#include <contain/keeper.h>
#include <string.h>

#define LOG_BYTES_MIN (UINT64_C(16) << 10)
#define LOG_BYTES_MAX (UINT64_C(1) << 30)
#define LOG_BYTES     (UINT64_C(8) << 20)
#define RING_BYTES    (UINT64_C(1) << 20)
#define LOG_FILES     2
#define LOG_NAME_MAX  250 /* and ".99" */
#define TERMINAL_MAX  65535
#define KEEPER_FLAGS                                                                                         \
        (CONTAIN_KEEPER_STDIN | CONTAIN_KEEPER_STDIN_ONCE | CONTAIN_KEEPER_RING | CONTAIN_KEEPER_NO_LOG)

static int check_path(const char *path, contain_error_t **err)
{
        const char *name = strrchr(path, '/');

        if (path[0] != '/' || name[1] == '\0' || strcmp(name, "/.") == 0 || strcmp(name, "/..") == 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "the log's path '%s' is not the absolute path of a file", path);
        if (strlen(path) >= 4096 || strlen(name + 1) > LOG_NAME_MAX)
                return ct_fail(err, CONTAIN_E_ARGUMENT, ENAMETOOLONG, NULL, "the log's path is too long");
        return 0;
}

static int check_options(const contain_keeper_options_t *options, contain_error_t **err)
{
        bool in_files = (options->flags & (CONTAIN_KEEPER_RING | CONTAIN_KEEPER_NO_LOG)) == 0;
        int r;

        if (options->size != sizeof(*options))
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL,
                               "the size of argument 'options' is not set");
        r = gate_flags(options->flags, KEEPER_FLAGS, err);
        if (r < 0)
                return r;
        if ((options->flags & CONTAIN_KEEPER_RING) && (options->flags & CONTAIN_KEEPER_NO_LOG))
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "a ring, and no log, cannot both be had");
        if (!in_files && (options->log_path || options->log_files))
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "there is a log file only without a ring");
        if (options->log_files > KEEPER_MAX_LOGS)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "%u log files are more than %d",
                               options->log_files, KEEPER_MAX_LOGS);
        if (options->log_bytes != 0 &&
            (options->log_bytes < LOG_BYTES_MIN || options->log_bytes > LOG_BYTES_MAX))
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "a log has 16 KiB to 1 GiB, not %llu bytes",
                               (unsigned long long)options->log_bytes);
        return options->log_path ? check_path(options->log_path, err) : 0;
}

int contain_set_keeper(contain_t *c, const contain_keeper_options_t *options, contain_error_t **err)
{
        _cleanup_free_ char *path = NULL;
        bool ring;
        int r = gate_container(c, err);

        if (r == 0 && options)
                r = check_options(options, err);
        if (r < 0)
                return r;
        if (options && options->log_path) {
                path = strdup(options->log_path);
                if (!path)
                        return ct_fail_memory(err);
        }
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        if (r < 0)
                return r;
        free(ct_take(c->keeper.log_path));
        c->keeper.wanted = options != NULL;
        if (!options)
                return 0;
        ring = (options->flags & CONTAIN_KEEPER_RING) != 0;
        c->keeper.flags = options->flags;
        c->keeper.log_files = options->log_files ? options->log_files : LOG_FILES;
        c->keeper.log_bytes = options->log_bytes ? options->log_bytes : ring ? RING_BYTES : LOG_BYTES;
        c->keeper.log_path = ct_take(path);
        return 0;
}

/* --- attaching ------------------------------------------------------------------------------ */

static int gate_attach(struct contain_attachment *attach, contain_error_t **err)
{
        int r = gate_argument(attach, "attach", err);

        return r < 0 ? r : gate_maker(attach->maker, err);
}

int contain_attach(contain_t *c, unsigned flags, contain_attachment_t **ret, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        if (r == 0)
                r = gate_flags(flags, CONTAIN_ATTACH_STDIN | CONTAIN_ATTACH_STDOUT | CONTAIN_ATTACH_STDERR,
                               err);
        return r < 0 ? r : ct_op_attach(c, flags, ret, err);
}

int contain_attachment_fd(contain_attachment_t *attach, int stream, contain_error_t **err)
{
        int r = gate_attach(attach, err);

        if (r < 0)
                return r;
        if (stream < 0 || stream > 2)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "%d is not a standard stream", stream);
        if (attach->fds[stream] < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, EBADF, NULL, "there is no stream %d, or no longer",
                               stream);
        return ct_take_fd(&attach->fds[stream]);
}

int contain_attachment_lost(contain_attachment_t *attach, uint64_t *ret, contain_error_t **err)
{
        int r = gate_attach(attach, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_attach_lost(attach, ret, err);
}

contain_attachment_t *contain_attachment_free(contain_attachment_t *attach)
{
        return ct_attach_free(attach);
}

int contain_resize(contain_t *c, unsigned rows, unsigned columns, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        if (rows > TERMINAL_MAX || columns > TERMINAL_MAX)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "%u by %u is no terminal's size", rows,
                               columns);
        return ct_op_resize(c, rows, columns, err);
}

/* --- the log -------------------------------------------------------------------------------- */

int contain_logs(contain_t *c, const contain_logs_options_t *options, contain_log_t **ret,
                 contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        if (r < 0)
                return r;
        if (options && options->size != sizeof(*options))
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL,
                               "the size of argument 'options' is not set");
        if (options)
                r = gate_flags(options->flags, CONTAIN_LOGS_FOLLOW, err);
        return r < 0 ? r : ct_op_logs(c, options, ret, err);
}

int contain_log_next(contain_log_t *logs, int timeout_ms, contain_log_entry_t *ret, contain_error_t **err)
{
        int r = gate_argument(logs, "logs", err);

        if (r == 0)
                r = gate_maker(logs->maker, err);
        if (r == 0)
                r = gate_argument(ret, "ret", err);
        if (r < 0)
                return r;
        if (ret->size != sizeof(*ret))
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL, "the size of argument 'ret' is not set");
        return ct_op_logs_next(logs, timeout_ms, ret, err);
}

contain_log_t *contain_log_free(contain_log_t *logs)
{
        return ct_logs_free(logs);
}
