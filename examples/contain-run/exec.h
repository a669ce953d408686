/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_EXEC_H
#define CONTAIN_RUN_EXEC_H

#include "app.h"

struct exec_options {
        const char *process; /* a file; the options below up to `caps` change the container's own instead */
        const char *cwd;
        const char *user;
        const char *process_label;
        const char *apparmor;
        struct option_list env;
        struct option_list groups;
        struct option_list caps;
        bool tty;
        bool no_new_privs;

        const char *pid_file;
        const char *console_socket;
        const char *pidfd_socket;
        struct option_list cgroups;
        unsigned preserve_fds;
        bool detach;
        bool ignore_paused;
        bool no_subreaper; /* accepted, without effect: nothing of ours reaps others */
};

/* exec-document.c: the document of the process, to be freed. @argv: the command, ended by NULL; may be empty.
 */
int exec_document(struct app *app, const struct exec_options *options, contain_t *c, char **argv, char **ret,
                  size_t *ret_length);

#endif
