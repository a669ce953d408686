/* SPDX-License-Identifier: MIT */
#ifndef CT_STATE_FOLDER_H
#define CT_STATE_FOLDER_H

/* What the files of state/ share, and nobody else sees: the open folder, and how its root is opened. */

#include "state/state.h"

#include <sys/stat.h>

#define CT_STATE_RECORD        "record.json"
#define CT_STATE_CONFIG        "config.json"
#define CT_STATE_START         "start"
#define CT_STATE_STARTED       "started"
#define CT_STATE_KEEPER        "keeper"
#define CT_STATE_EXIT          "exit.json"
#define CT_STATE_NOTIFY        "notify"
#define CT_STATE_NOTIFY_SOCKET "notify.sock"

struct ct_state {
        char *root, *id;
        int root_fd;
        int dir_fd; /* carries the lock */
        bool locked;
        bool fresh;   /* claimed, and without a record yet */
        dev_t device; /* which folder dir_fd is, to tell it from a later one of the same name */
        ino_t inode;
};

/*
 * Opens the state root with @flags besides O_DIRECTORY, and checks that nobody else can put folders there.
 * Without @make, -ENOENT, without words, when there is none.
 */
int ct_state_root_open(const char *root, bool make, int flags, contain_error_t **err);

/* empty.c: removes all that is in the folder. -errno. */
int ct_state_empty(int top_fd);

/* ct_state_lock() without words. */
int ct_state_lock_acquire(struct ct_state *state);

#endif
