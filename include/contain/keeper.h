/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_KEEPER_H
#define CONTAIN_KEEPER_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A keeper is a small process of its own that stays with a container for as long as that lives, so that
 * whoever made it need not. It holds the standard streams or the terminal, writes what comes out of them to a
 * log, writes down how the container ended, and lets any process of the same user attach to it.
 */

/** Flags of a keeper. */
enum {
        CONTAIN_KEEPER_STDIN = 1 << 0,      /* the container reads what clients send, for ever */
        CONTAIN_KEEPER_STDIN_ONCE = 1 << 1, /* the same, until the first one that sends has no more */
        CONTAIN_KEEPER_RING = 1 << 2,       /* the log is in memory, and goes with the container */
        CONTAIN_KEEPER_NO_LOG = 1 << 3      /* no log: clients only */
};

/** What a keeper is to do; all but the size may be zero. */
typedef struct contain_keeper_options {
        size_t size;          /* sizeof(contain_keeper_options_t), set by the caller */
        uint32_t flags;       /* CONTAIN_KEEPER_ flags */
        uint32_t log_files;   /* how many files, rotated ones included, 1 to 100; 0 for 2 */
        uint64_t log_bytes;   /* of one file, or of the ring: 16 KiB to 1 GiB; 0 for 8 MiB, a ring 1 MiB */
        const char *log_path; /* absolute; NULL for a file in the container's state folder */
} contain_keeper_options_t;

/**
 * contain_set_keeper() - give the container a keeper
 * @c:       a container that has not been created
 * @options: what it is to do; NULL for no keeper
 * @err:     receives the details of a failure; may be NULL
 *
 * The keeper is started by contain_create(). Streams that contain_set_stdio() chose are left alone, and so is
 * a terminal that goes to a console socket. Without a flag for it, standard input is /dev/null. Not
 * for ephemeral containers.
 *
 * The log has a line for each line of output, as the Kubernetes container runtime interface defines it: time,
 * "stdout" or "stderr", F or P (for a part of a line), text. When a file is full it becomes PATH.1, that one
 * PATH.2 and so on; the oldest goes. A log that has a path outlives the container.
 *
 * A keeper that is killed takes the streams with it; the container goes on, and its exit may not become
 * known.
 *
 * Threads: any.
 * Returns: 0; -EINVAL; -ENAMETOOLONG; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_set_keeper(contain_t *c, const contain_keeper_options_t *options,
                                   contain_error_t **err);

/* --- attaching ----------------------------------------------------------------------------- */

/** A connection with the streams of a kept container. */
typedef struct contain_attachment contain_attachment_t;

/** Flags of contain_attach(): which streams. */
enum { CONTAIN_ATTACH_STDIN = 1 << 0, CONTAIN_ATTACH_STDOUT = 1 << 1, CONTAIN_ATTACH_STDERR = 1 << 2 };

/**
 * contain_attach() - connect with the streams of a container that has a keeper
 * @c:     a container that has been created
 * @flags: CONTAIN_ATTACH_ flags; 0 for all that there are
 * @ret:   receives the connection, to be freed with contain_attachment_free()
 * @err:   receives the details of a failure; may be NULL
 *
 * Output is what is written from now on; what was before is in the log. Any number of processes, within
 * reason, can be attached at a time: each gets all of the output, and what they send is put together as
 * it comes. Nobody waits for a slow reader: see contain_attachment_lost().
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0; -ENOTCONN when it has no keeper, or no longer one; -ENOENT when it does not exist any more;
 *          -EBUSY when 32 are connected already;
 *          -EINVAL; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_attach(contain_t *c, unsigned flags, contain_attachment_t **ret,
                               contain_error_t **err);

/**
 * contain_attachment_fd() - take one of the streams
 * @attach: a connection
 * @stream: 0 to write to the container's standard input, 1 and 2 to read its output and its errors; a
 *          terminal has 0 and 1
 * @err:    receives the details of a failure; may be NULL
 *
 * A pipe's end, which is read or written like any other. End of file comes when the container has written its
 * last. Closing number 0 ends the input of a container with CONTAIN_KEEPER_STDIN_ONCE.
 *
 * Threads: one at a time for each connection.
 * Returns: a descriptor, close-on-exec, the caller's to close: once for each stream; -EBADF when there is no
 *          such stream, or it has been taken.
 * Since:   1.0
 */
CONTAIN_API int contain_attachment_fd(contain_attachment_t *attach, int stream, contain_error_t **err);

/**
 * contain_attachment_lost() - how much output this connection has missed
 * @attach: a connection
 * @ret:    receives a number of bytes
 * @err:    receives the details of a failure; may be NULL
 *
 * A reader may fall behind by as much as a pipe holds (1 MiB where that is allowed, else 64 KiB). What there
 * is no room for, it does not get; the log does.
 *
 * Threads: one at a time for each connection.
 * Returns: 0; -ENOTCONN when the keeper has gone, with which nothing more can be said.
 * Since:   1.0
 */
CONTAIN_API int contain_attachment_lost(contain_attachment_t *attach, uint64_t *ret, contain_error_t **err);

/**
 * contain_attachment_free() - end a connection
 * @attach: a connection, or NULL
 *
 * Output that was taken with contain_attachment_fd() ends; what was written to its input still arrives.
 *
 * Threads: any, when no other call on it runs.
 * Returns: NULL.
 * Since:   1.0
 */
CONTAIN_API contain_attachment_t *contain_attachment_free(contain_attachment_t *attach);

/**
 * contain_resize() - set the size of the container's terminal
 * @c:       a container that has a keeper which holds its terminal, or whose contain_console_fd() is here
 * @rows:    its height in characters
 * @columns: its width
 * @err:     receives the details of a failure; may be NULL
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0; -ENOTTY when it has no terminal; -ENOTCONN without a keeper; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_resize(contain_t *c, unsigned rows, unsigned columns, contain_error_t **err);

/* --- the log ------------------------------------------------------------------------------- */

/** A log that is being read. */
typedef struct contain_log contain_log_t;

/** Flags of contain_logs(). */
enum {
        CONTAIN_LOGS_FOLLOW = 1 << 0 /* wait for what is still to be written */
};

/** Which part of a log is wanted; all but the size may be zero. */
typedef struct contain_logs_options {
        size_t size;        /* sizeof(contain_logs_options_t), set by the caller */
        uint32_t flags;     /* CONTAIN_LOGS_ flags */
        uint32_t has_tail;  /* 1: only the last ones, as many as tail says */
        uint64_t tail;      /* lines */
        int64_t since_nsec; /* only what was written at this time or later: nanoseconds since the epoch */
} contain_logs_options_t;

/** One entry of a log. */
typedef struct contain_log_entry {
        size_t size;       /* sizeof(contain_log_entry_t), set by the caller */
        int64_t time_nsec; /* when it was written: nanoseconds since the epoch */
        int32_t stream;    /* 1: standard output; 2: standard error */
        int32_t partial;   /* 1: the line goes on in the next entry of the same stream */
        int32_t gap;       /* 1: what was before has been rotated away before it could be read */
        int32_t reserved;
        size_t length;    /* bytes of the text */
        const char *text; /* without the end of the line; borrowed until the next call */
} contain_log_entry_t;

/**
 * contain_logs() - read the log of a container that has, or had, a keeper
 * @c:       a container that has been created
 * @options: which part; NULL for all that there is now
 * @ret:     receives a reader at the first entry, to be freed with contain_log_free()
 * @err:     receives the details of a failure; may be NULL
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0; -ENOTCONN when it has no keeper that writes a log; -EINVAL; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_logs(contain_t *c, const contain_logs_options_t *options, contain_log_t **ret,
                             contain_error_t **err);

/**
 * contain_log_next() - read the next entry
 * @logs:       a reader
 * @timeout_ms: how long to wait for one with CONTAIN_LOGS_FOLLOW, in milliseconds; -1 for ever; 0 only looks
 * @ret:        receives the entry; its size must be set
 * @err:        receives the details of a failure; may be NULL
 *
 * Threads: one at a time for each reader.
 * Returns: 1; 0 at the end, which with CONTAIN_LOGS_FOLLOW comes when the container has written its last;
 *          -ETIMEDOUT; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_log_next(contain_log_t *logs, int timeout_ms, contain_log_entry_t *ret,
                                 contain_error_t **err);

/**
 * contain_log_free() - end reading
 * @logs: a reader, or NULL
 *
 * Threads: any, when no other call on it runs.
 * Returns: NULL.
 * Since:   1.0
 */
CONTAIN_API contain_log_t *contain_log_free(contain_log_t *logs);

#ifdef __cplusplus
}
#endif
#endif
