/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_IMAGES_H
#define CONTAIN_RUN_IMAGES_H

/* What checkpoint and restore have in common. */

#include "create.h"

struct images_options {
        struct create_options create; /* of restore only, but first: its tables count from the beginning */
        const char *image_path;
        const char *work_path;
        const char *cgroups_mode;
        const char *network_lock;
        const char *empty_ns;
        const char *criu;
        bool tcp_established;
        bool tcp_skip_in_flight;
        bool ext_unix_sk;
        bool shell_job;
        bool file_locks;
        bool lazy_pages;
        bool auto_dedup;
        bool link_remap;
        /* Of checkpoint only */
        const char *parent_path;
        const char *page_server;
        unsigned status_fd;
        bool leave_running;
        bool pre_dump;
        /* Of restore only */
        const char *lsm_profile;
        const char *lsm_mount_context;
        bool tcp_close;
};

/* The options that both have. */
extern const struct option images_options[];

/* The CONTAIN_CHECKPOINT_ flags of those. Returns 0, or the exit status after a report. */
int images_flags(struct app *app, const struct images_options *images, unsigned *ret);

/* The folder of the images. */
const char *images_path(const struct images_options *images);

/* Whether there is a CRIU on this machine, which engines ask for by `checkpoint --help`. */
int images_help(struct app *app);

#endif
