/* SPDX-License-Identifier: MIT */
#ifndef CT_STATE_STATE_H
#define CT_STATE_STATE_H

/*
 * One folder per container below the state root: the claim on its id, its lock, its record and its start
 * socket. Any process may be killed at any moment; whatever it leaves can be read, or removed, by the next.
 *
 *      ROOT/ID              locked by flock(2), which goes with the open file: threads and processes alike
 *      ROOT/ID/record.json  replaced as a whole, never changed in place
 *      ROOT/ID/config.json  the configuration it was made from, as it was given
 *      ROOT/ID/notify/notify.sock
 *                           socket on which the program says that it is ready, if anybody wants to know
 *      ROOT/ID/keeper       socket of its keeper, if it has one
 *      ROOT/ID/exit.json    how it ended, which its keeper writes
 *      ROOT/ID/log, log.1   what it wrote, unless the log is elsewhere
 *      ROOT/ID/started      when it was started, in nanoseconds since the epoch
 *      ROOT/ID/start        socket on which contain-init waits for the request to start; gone once started
 *
 * The folder is the claim: mkdir(2) succeeds once. A folder without a record is one whose maker has not come
 * that far, when the lock is held, or was killed. The folder is the lock, too: a file for it would have to go
 * before its folder does, and whoever came in between would lock another one.
 */

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CT_RECORD_VERSION 1
#define CT_ID_MAX         256 /* bytes, with the NUL: it names a folder */

/* What is known of a container; all strings malloc'd or NULL. */
struct ct_record {
        int version; /* CT_RECORD_VERSION; a higher one is refused, a lower one is understood */
        char *id;
        char *oci_version;
        char *bundle;          /* absolute */
        char *rootfs;          /* absolute; "" when given as a descriptor */
        char *copy;            /* folder with a copy of an image, which goes with it; NULL for none */
        char *created;         /* RFC 3339 with nanoseconds, UTC */
        char *owner;           /* user name, or number as text */
        pid_t pid;             /* 0 until the container is created */
        uint64_t start_time;   /* of pid: ct_process_start_time() */
        bool no_process;       /* the configuration has none: it cannot be started */
        bool no_new_keyring;   /* its processes keep the session keyring of who starts them */
        char *cgroup;          /* ct_cgroup_save()'s text, NULL for none */
        char *resctrl;         /* ct_resctrl_save()'s text, NULL for none */
        char *annotations;     /* JSON object as text, NULL for none */
        pid_t keeper_pid;      /* of its keeper; 0 for none */
        uint64_t keeper_start; /* of that: ct_process_start_time() */
        bool log_ring;         /* its log is in its keeper's memory */
        char *log;             /* path of its log, or its name in this folder; NULL for none */
        uint64_t log_files;    /* how many there may be, rotated ones included */
        char *hooks; /* JSON object with the poststart and poststop arrays of the configuration, NULL for none
                      */
};

struct ct_record *ct_record_free(struct ct_record *record);
CT_CLEANUP(struct ct_record, ct_record_free)

/* A container's folder, open and perhaps locked. */
struct ct_state;
struct ct_state *ct_state_free(struct ct_state *state); /* unlocks first */
CT_CLEANUP(struct ct_state, ct_state_free)

/* 0 for an id that is valid as include/contain/container.h says, else -EINVAL and an error. */
int ct_state_check_id(const char *id, contain_error_t **err);

/* Makes the root and the folder (both 0700), and locks it. -EEXIST: the id is taken. */
int ct_state_claim(const char *root, const char *id, struct ct_state **ret, contain_error_t **err);
/* Opens an existing folder, unlocked. -ENOENT. */
int ct_state_open(const char *root, const char *id, struct ct_state **ret, contain_error_t **err);

/*
 * Waits for the lock; in the locked state the folder is still the one at ROOT/ID, else -ENOENT (it was
 * removed meanwhile). Unlocking is explicit, never by close alone: another thread's fork may hold a copy of
 * the descriptor.
 */
int ct_state_lock(struct ct_state *state, contain_error_t **err);
void ct_state_unlock(struct ct_state *state);
/* Is it locked by somebody else just now? */
bool ct_state_is_locked(struct ct_state *state);

int ct_state_save(struct ct_state *state, const struct ct_record *record, contain_error_t **err);
/* -ENODATA, without words: there is no record (yet). -EBADMSG: damaged, or of a newer version. */
int ct_state_load(struct ct_state *state, struct ct_record **ret, contain_error_t **err);

/* The container's configuration as text: written once. -ENOENT, without words: there is none. */
int ct_state_save_config(struct ct_state *state, const char *text, size_t size, contain_error_t **err);
int ct_state_load_config(struct ct_state *state, char **ret, size_t *ret_size, contain_error_t **err);

/* A listening SOCK_SEQPACKET socket at ROOT/ID/start, whatever the length of ROOT. Returns the descriptor. */
int ct_state_listen(struct ct_state *state, contain_error_t **err);
/* Connects to it. -ECONNREFUSED or -ENOENT, without words: nobody waits there any more. Returns the
 * descriptor. */
int ct_state_connect(struct ct_state *state);
/* Removes it: the container has been started, which its absence tells everybody. */
void ct_state_unlisten(struct ct_state *state);

/* The same of the keeper's socket, which the keeper removes when it goes. */
int ct_state_listen_keeper(struct ct_state *state, contain_error_t **err);
int ct_state_connect_keeper(struct ct_state *state);

/* What a keeper has written down. */
struct ct_exit_record {
        bool known;
        int code; /* -1 when ended by a signal */
        int signo;
        bool core, oom;
        int64_t ended_nsec;
};

/* -ENOENT: there is none; -EBADMSG. Without words. */
int ct_state_load_exit(struct ct_state *state, struct ct_exit_record *ret);

/* The folder, borrowed. */
int ct_state_folder(const struct ct_state *state);

/* Writes down when it was started; that it was, the absence of the socket tells. Best effort. */
void ct_state_note_started(struct ct_state *state, int64_t nsec);
/* When it was, 0 when that is not known. */
int64_t ct_state_started(struct ct_state *state);

/* Makes the folder ROOT/ID/notify, which the container sees. */
int ct_state_make_notify(struct ct_state *state, contain_error_t **err);
/* Binds the socket in it, anew. Returns the descriptor, which does not block. */
int ct_state_bind_notify(struct ct_state *state, contain_error_t **err);

/* Removes the folder with all in it. Call locked. */
int ct_state_remove(struct ct_state *state, contain_error_t **err);

/* The ids below @root, sorted; *ret is a malloc'd array of malloc'd strings. No root: none. */
int ct_state_list(const char *root, char ***ret, size_t *ret_n, contain_error_t **err);
void ct_state_list_free(char **ids, size_t n);

#endif
