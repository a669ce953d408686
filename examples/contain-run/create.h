/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_CREATE_H
#define CONTAIN_RUN_CREATE_H

/* What create and run, and in part plan, have in common. */

#include "app.h"
#include "image-run.h"
#include "keeper.h"
#include "place.h"
#include "process.h"
#include "source.h"

struct create_options {
        struct source_options source; /* of an image; first, as its table counts from the beginning */
        const char *bundle;
        const char *config;
        const char *rootfs; /* not of create */
        const char *pid_file;
        const char *console_socket;
        const char *pidfd_socket;
        unsigned preserve_fds;
        bool no_pivot;
        bool no_new_keyring;
        bool no_subreaper; /* accepted, without effect: nothing of ours reaps others */
        bool detach;       /* of run only */
        bool keep;         /* of run only */
        struct keeper_options keeper;
        struct image_run_options image; /* not of plan */
        struct place_options place;     /* of run only */
        struct process_options process; /* likewise */
};

/* Where the configuration comes from; a rootfs instead of one; the rest of what create takes. */
extern const struct option create_config_options[];
extern const struct option create_rootfs_options[];
extern const struct option create_options[];

/* What is passed on to the program: descriptors, and the service manager's sockets. The first is to be called
 * before the library opens anything, which else could be taken for the caller's. */
int create_check_passed(struct app *app, const struct create_options *options);
int create_set_passed(struct app *app, const struct create_options *options, contain_t *c);

/* Makes a handle with the options set, and no configuration yet. @id may be NULL for a random one. */
int create_handle(struct app *app, const struct create_options *options, const char *id, contain_t **ret);

/* Makes a handle with its configuration: nothing exists yet. @id may be NULL for a random one. */
int create_load(struct app *app, const struct create_options *options, const char *id, char **program,
                contain_t **ret);

/* Creates the container of a handle. */
int create_container(struct app *app, contain_t *c);

/* Sends the pidfd and writes the pid file, as the options ask. */
int create_announce(struct app *app, const struct create_options *options, contain_t *c);

/* Takes back what a command that fails has made. */
void create_undo(contain_t *c);

#endif
