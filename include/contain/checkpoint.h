/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_CHECKPOINT_H
#define CONTAIN_CHECKPOINT_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A container written to files with all its processes, memory included, and made again from them later, or
 * elsewhere. The work is done by CRIU (criu.org), a program of its own, 3.15 or later, which needs root.
 */

/** Flags of checkpoints; those of restores are marked. What a flag allows has to be allowed both times. */
enum {
        CONTAIN_CHECKPOINT_LEAVE_RUNNING = 1 << 0,      /* it goes on afterwards */
        CONTAIN_CHECKPOINT_PRE_DUMP = 1 << 1,           /* memory only, as the parent of a later checkpoint */
        CONTAIN_CHECKPOINT_TCP_ESTABLISHED = 1 << 2,    /* restore, too: open TCP connections */
        CONTAIN_CHECKPOINT_TCP_SKIP_IN_FLIGHT = 1 << 3, /* leave out connections that are just being made */
        CONTAIN_CHECKPOINT_EXT_UNIX_SK = 1 << 4,        /* restore, too: Unix sockets connected to outside */
        CONTAIN_CHECKPOINT_SHELL_JOB = 1 << 5,          /* restore, too: a session or terminal from outside */
        CONTAIN_CHECKPOINT_FILE_LOCKS = 1 << 6,         /* restore, too: file locks that are held */
        CONTAIN_CHECKPOINT_EMPTY_NETWORK = 1 << 7, /* restore, too: the network namespace without content */
        CONTAIN_CHECKPOINT_LAZY_PAGES = 1 << 8,    /* restore, too: memory is fetched when it is needed */
        CONTAIN_CHECKPOINT_AUTO_DEDUP = 1 << 9,    /* restore, too: drop memory that is doubly kept */
        CONTAIN_CHECKPOINT_LINK_REMAP = 1 << 10,   /* give deleted files that are open a name for a while */
        CONTAIN_CHECKPOINT_TCP_CLOSE = 1 << 11     /* restore only: connections as if they had been lost */
};

/** How a checkpoint is made. Zero where nothing is asked for. */
typedef struct contain_checkpoint_options {
        size_t size;              /* sizeof(contain_checkpoint_options_t), set by the caller */
        uint32_t flags;           /* CONTAIN_CHECKPOINT_ flags */
        int32_t status_fd;        /* gets a NUL byte when lazy pages can be asked for; 0 or less: none */
        const char *image_path;   /* the folder for the images, made when it is not there */
        const char *work_path;    /* the folder for dump.log, made when it is not there; NULL: image_path */
        const char *parent_path;  /* images of an earlier pre-dump, relative to image_path; NULL: none */
        const char *page_server;  /* "ADDRESS:PORT" of who takes memory; NULL: it is written to files */
        const char *cgroups_mode; /* "soft", "full", "strict" or "ignore"; NULL: "soft" */
        const char *network_lock; /* "iptables", "nftables" or "skip"; NULL: as CRIU sees fit */
        const char *criu;         /* the program; NULL: "criu" in one of the usual folders */
} contain_checkpoint_options_t;

/**
 * contain_checkpoint() - write a running container to files
 * @c:    a container that runs, or is paused
 * @opts: how, and where to; image_path must be set
 * @err:  receives the details of a failure, with what CRIU says; may be NULL
 *
 * Afterwards the container is stopped, and stays to be destroyed, unless it is left running. When the
 * checkpoint fails, it runs on as before. Mounts of the configuration's that come from outside, and a
 * network or pid namespace that was joined by path, are not written but referred to.
 *
 * Threads: any; contain_wait() and contain_signal() on @c run beside it.
 * Returns: 0; -EINVAL when it does not run, or for options that are not acceptable; -ENOENT when there is no
 *          CRIU; -EPERM when the caller is not root; -EOPNOTSUPP for what this CRIU lacks; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_checkpoint(contain_t *c, const contain_checkpoint_options_t *opts,
                                   contain_error_t **err);

/** How a container is restored. Zero where nothing is asked for. */
typedef struct contain_restore_options {
        size_t size;                   /* sizeof(contain_restore_options_t), set by the caller */
        uint32_t flags;                /* CONTAIN_CHECKPOINT_ flags that are for restores */
        uint32_t reserved;             /* 0 */
        const char *image_path;        /* the folder with the images */
        const char *work_path;         /* the folder for restore.log; NULL: image_path */
        const char *cgroups_mode;      /* "soft", "full", "strict" or "ignore"; NULL: "soft" */
        const char *network_lock;      /* as for the checkpoint */
        const char *lsm_profile;       /* "apparmor:NAME" or "selinux:LABEL" instead of the one kept */
        const char *lsm_mount_context; /* SELinux context of mounts, instead of the one kept */
        const char *criu;              /* the program; NULL: "criu" in one of the usual folders */
} contain_restore_options_t;

/**
 * contain_restore() - make a container from a checkpoint
 * @c:    a container with a configuration, that has not been created; not an ephemeral one
 * @opts: how, and where from; image_path must be set
 * @err:  receives the details of a failure, with what CRIU says; may be NULL
 *
 * The configuration is that of the container which was checkpointed, perhaps with other paths: its mounts,
 * namespaces, cgroup and hooks count. Standard streams that were pipes, or came from outside, become those of
 * contain_set_stdio(); a terminal is handed on as by contain_create(). The hooks prestart and createRuntime
 * run before its processes do, poststart after. Its program runs when this returns, without contain_start().
 * On failure nothing is left behind but the log.
 *
 * Threads: any; contain_wait() and contain_signal() on @c run beside it.
 * Returns: 0; -EEXIST when the id is taken; otherwise as contain_checkpoint().
 * Since:   1.0
 */
CONTAIN_API int contain_restore(contain_t *c, const contain_restore_options_t *opts, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
