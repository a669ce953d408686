/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_CRIU_H
#define CT_OPS_CRIU_H

/* What checkpoint and restore have in common: the folders, the options that both take, and CRIU's failures.
 */

#include "host/criu.h"
#include "ops/handle.h"

struct ct_criu_job {
        struct contain *c;
        const struct ct_spec *spec;
        bool restores;
        const char *image_path, *work_path; /* the caller's; work_path may be NULL */
        const char *cgroups_mode, *network_lock, *given_program;
        unsigned flags; /* CONTAIN_CHECKPOINT_ */

        char *program;
        int image_fd, work_fd; /* the host's: CRIU opens them by its /proc */
        unsigned version;      /* of CRIU, once it was asked */
        struct ct_criu criu;
        struct ct_buf opts; /* of the request to come */
};

#define CT_CRIU_JOB_INIT                                                                                     \
        {                                                                                                    \
                .image_fd = -EBADF, .work_fd = -EBADF, .criu = CT_CRIU_NONE, .opts = CT_BUF_INIT             \
        }

void ct_criu_job_done(struct ct_criu_job *job);

/* Checks what both take, finds the program, and opens the folders, which a checkpoint makes. */
int ct_criu_job_open(struct ct_criu_job *job, contain_error_t **err);
/* The folders as CRIU sees them, which has been started with a mount namespace of its own. */
int ct_criu_job_reopen(struct ct_criu_job *job, contain_error_t **err);
/* Asks the CRIU that was started for its version. */
int ct_criu_job_ask_version(struct ct_criu_job *job, contain_error_t **err);
/* -EOPNOTSUPP when it is older than @version, which @what needs. */
int ct_criu_job_need(const struct ct_criu_job *job, unsigned version, const char *what,
                     contain_error_t **err);
/* The options that both have. */
int ct_criu_job_put_common(struct ct_criu_job *job, contain_error_t **err);
/* The request, with all options; what fails is worded with what the log says. */
int ct_criu_job_run(struct ct_criu_job *job, enum ct_criu_type type, ct_criu_notify_fn notify, void *userdata,
                    struct ct_criu_response *ret, contain_error_t **err);

/* --- what is not in the images, but comes from outside -------------------------------------------- */

/*
 * Mounts that come from outside, by the places that the configuration gives them: those are their names in
 * the images. @root_fd is the root of the container that is checkpointed.
 */
int ct_criu_put_mounts(struct ct_criu_job *job, int root_fd, contain_error_t **err);
/* The same names, with what is to be bound there. @cgroup: the container's, NULL for none. */
int ct_criu_put_sources(struct ct_criu_job *job, const struct ct_cgroup *cgroup, contain_error_t **err);
/* The path of a bind's source, which may be relative to the bundle; malloc'd. */
char *ct_criu_source_path(const struct ct_criu_job *job, const char *source);
/* Makes the places of mounts that @rootfs_fd, or a folder that is bound in it, lacks. */
int ct_criu_make_mountpoints(struct ct_criu_job *job, int rootfs_fd, contain_error_t **err);

/* Joined namespaces: left out of a checkpoint of process @pid. */
int ct_criu_put_namespaces(struct ct_criu_job *job, pid_t pid, contain_error_t **err);

/* Descriptors for CRIU, and what it is to do with them. */
struct ct_criu_fds {
        int fds[CT_CRIU_FDS];
        const char *keys[CT_CRIU_FDS];
        size_t n;
};

void ct_criu_fds_done(struct ct_criu_fds *fds);
/* Joined namespaces, for a restore: opens what CRIU has to be started with. */
int ct_criu_open_namespaces(struct ct_criu_job *job, struct ct_criu_fds *ret, contain_error_t **err);
/* The other ones, and what was opened. */
int ct_criu_put_joined(struct ct_criu_job *job, const struct ct_criu_fds *fds, contain_error_t **err);

/* All that a restore by a CRIU that was started is told: @cgroup is the container's, NULL for none. */
int ct_criu_job_put_restore(struct ct_criu_job *job, const contain_restore_options_t *opts,
                            const struct ct_cgroup *cgroup, const struct ct_criu_fds *namespaces,
                            contain_error_t **err);

/* Standard streams that come from outside, of process @pid: written down in the image folder. */
int ct_criu_save_streams(struct ct_criu_job *job, pid_t pid, contain_error_t **err);
/* Reads it; the streams that CRIU was started with take their places. */
int ct_criu_load_streams(struct ct_criu_job *job, contain_error_t **err);

#endif
