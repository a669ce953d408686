/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_CRIU_RPC_H
#define CT_HOST_CRIU_RPC_H

/*
 * The messages of CRIU's RPC (criu(8), "swrk"): which fields there are, requests as bytes, and responses out
 * of bytes. A field that CRIU does not know it passes over in silence, so what is newer than
 * CT_CRIU_OLDEST is asked for only when the version has it.
 */

#include "base/protobuf.h"

#include <sys/types.h>

#define CT_CRIU_OLDEST 31500 /* 3.15, as CRIU counts: the version of Debian 11 */

enum ct_criu_type {
        CT_CRIU_EMPTY = 0, /* of responses to what is no request */
        CT_CRIU_DUMP = 1,
        CT_CRIU_RESTORE = 2,
        CT_CRIU_PRE_DUMP = 4,
        CT_CRIU_NOTIFY = 6,
        CT_CRIU_FEATURE_CHECK = 9,
        CT_CRIU_VERSION = 10,
};

/* How cgroups are restored. */
enum ct_criu_cgroups {
        CT_CRIU_CGROUPS_IGNORE = 0,
        CT_CRIU_CGROUPS_SOFT = 3,
        CT_CRIU_CGROUPS_FULL = 4,
        CT_CRIU_CGROUPS_STRICT = 5,
};

/* Fields of the options, which are the larger part of a request. */
enum ct_criu_field {
        CT_CRIU_IMAGES_DIR_FD = 1, /* descriptors of folders are the caller's: CRIU opens /proc/PID/fd/N */
        CT_CRIU_PID = 2,
        CT_CRIU_LEAVE_RUNNING = 3,
        CT_CRIU_EXT_UNIX_SK = 4,
        CT_CRIU_TCP_ESTABLISHED = 5,
        CT_CRIU_EVASIVE_DEVICES = 6,
        CT_CRIU_SHELL_JOB = 7,
        CT_CRIU_FILE_LOCKS = 8,
        CT_CRIU_LOG_LEVEL = 9,
        CT_CRIU_LOG_FILE = 10,
        CT_CRIU_PAGE_SERVER = 11, /* ct_criu_put_page_server() */
        CT_CRIU_NOTIFY_SCRIPTS = 12,
        CT_CRIU_ROOT = 13,
        CT_CRIU_PARENT_IMG = 14,
        CT_CRIU_TRACK_MEM = 15,
        CT_CRIU_AUTO_DEDUP = 16,
        CT_CRIU_WORK_DIR_FD = 17,
        CT_CRIU_LINK_REMAP = 18,
        CT_CRIU_EXT_MNT = 23, /* ct_criu_put_pair() */
        CT_CRIU_MANAGE_CGROUPS = 24,
        CT_CRIU_CG_ROOT = 25, /* ct_criu_put_pair(): controller, path */
        CT_CRIU_RST_SIBLING = 26,
        CT_CRIU_INHERIT_FD = 27, /* ct_criu_put_inherit_fd() */
        CT_CRIU_MANAGE_CGROUPS_MODE = 34,
        CT_CRIU_EXTERNAL = 37,
        CT_CRIU_EMPTY_NS = 38, /* CLONE_NEW* */
        CT_CRIU_JOIN_NS = 39,  /* ct_criu_put_pair(): name, path; 3.16.1 */
        CT_CRIU_FREEZE_CGROUP = 44,
        CT_CRIU_TCP_SKIP_IN_FLIGHT = 46,
        CT_CRIU_LAZY_PAGES = 48,
        CT_CRIU_ORPHAN_PTS_MASTER = 50,
        CT_CRIU_CONFIG_FILE = 51,
        CT_CRIU_TCP_CLOSE = 52,
        CT_CRIU_LSM_PROFILE = 53,       /* 3.16 */
        CT_CRIU_LSM_MOUNT_CONTEXT = 63, /* 3.16 */
        CT_CRIU_NETWORK_LOCK = 64,      /* 3.17 */
};

/* To the options in @opts. */
void ct_criu_put_pair(struct ct_buf *opts, enum ct_criu_field field, const char *first, const char *second);
void ct_criu_put_inherit_fd(struct ct_buf *opts, const char *key, int fd);
void ct_criu_put_page_server(struct ct_buf *opts, const char *address, unsigned port);

/* Appends a request with @opts, or without for NULL. @more: another request follows on the same socket. */
void ct_criu_put_request(struct ct_buf *buf, enum ct_criu_type type, const struct ct_buf *opts, bool more);
/* A feature check. */
void ct_criu_put_feature_check(struct ct_buf *buf, bool mem_track, bool lazy_pages, bool more);
/* The answer to a notification. */
void ct_criu_put_answer(struct ct_buf *buf, bool success);

#define CT_CRIU_WORDS 400

struct ct_criu_response {
        enum ct_criu_type type;
        bool success;
        pid_t pid;                 /* of a restored process, or one that is told of; 0 when there is none */
        char script[32];           /* what a notification is about: "post-restore" */
        int errnum;                /* why it failed; 0 when that is not told */
        char words[CT_CRIU_WORDS]; /* the first failure, as CRIU's log has it; perhaps empty */
        bool mem_track, lazy_pages;
        unsigned version; /* 31701 for 3.17.1; 0 when it was not asked for */
};

/* -EBADMSG: @bytes are no response. */
int ct_criu_parse_response(const void *bytes, size_t size, struct ct_criu_response *ret);

#endif
