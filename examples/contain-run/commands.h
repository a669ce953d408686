/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_COMMANDS_H
#define CONTAIN_RUN_COMMANDS_H

/* The commands, each in the file of its name. */

#include "options.h"

extern const struct command command_attach;
extern const struct command command_check;
extern const struct command command_checkpoint;
extern const struct command command_create;
extern const struct command command_delete;
extern const struct command command_deploy;
extern const struct command command_events;
extern const struct command command_exec;
extern const struct command command_export;
extern const struct command command_features;
extern const struct command command_gc;
extern const struct command command_images;
extern const struct command command_inspect;
extern const struct command command_kill;
extern const struct command command_list;
extern const struct command command_logs;
extern const struct command command_pause;
extern const struct command command_plan;
extern const struct command command_prune;
extern const struct command command_ps;
extern const struct command command_pull;
extern const struct command command_releases;
extern const struct command command_restore;
extern const struct command command_resume;
extern const struct command command_rmi;
extern const struct command command_rollback;
extern const struct command command_run;
extern const struct command command_spec;
extern const struct command command_start;
extern const struct command command_state;
extern const struct command command_umount;
extern const struct command command_unpack;
extern const struct command command_update;
extern const struct command command_wait;

/* --version */
int print_version(struct app *app);

#endif
