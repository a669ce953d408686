/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_IMAGE_CONFIG_H
#define CT_OPS_IMAGE_CONFIG_H

/*
 * What an image says of the process that is to run in it, by its configuration (image-spec, config.md) and by
 * files in its root file system. Both are hostile: what is read is bounded, and found below the root only.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "ops/handle.h"

/* --- files ----------------------------------------------------------------------------------- */

/*
 * Reads a regular file of at most @max bytes below @root_fd, malloc'd, NUL added. -ENOENT when it is not
 * there, -EFBIG, -EINVAL when it is anything but a file.
 */
int ct_image_read_file(int root_fd, const char *path, size_t max, char **ret, size_t *ret_size);

/* --- users ----------------------------------------------------------------------------------- */

struct ct_image_user {
        uint32_t uid, gid;
        uint32_t *groups; /* supplementary ones, in the arena */
        size_t n_groups;
};

/*
 * Looks @user and @group (NULL for none) up in /etc/passwd and /etc/group below @root_fd, without NSS. Digits
 * are an id, which nobody has to have. Without a group, it is the user's own, and the supplementary groups
 * are those that name the user. @at: where it was asked for, for errors.
 */
int ct_image_find_user(struct ct_arena *arena, int root_fd, const char *user, const char *group,
                       const char *at, struct ct_image_user *ret, contain_error_t **err);
/* The same of "user", "uid", "user:group", "uid:gid" and so on; NULL and "" are the root user. */
int ct_image_parse_user(struct ct_arena *arena, int root_fd, const char *text, const char *at,
                        struct ct_image_user *ret, contain_error_t **err);

/* --- the environment ------------------------------------------------------------------------- */

#define CT_IMAGE_ENV_MAX 4096 /* variables */

/* Variables in their order, each name once. */
struct ct_image_env {
        struct ct_arena *arena;
        const char **items; /* "NAME=value" */
        size_t n;
};

/* Sets a variable, in the place of the one of its name. -EINVAL for what is none, -E2BIG. */
int ct_image_env_set(struct ct_image_env *env, const char *variable);
bool ct_image_env_has(const struct ct_image_env *env, const char *name);
/* Sets those of a list that is ended by NULL; @what is their noun in errors. */
int ct_image_env_add(struct ct_image_env *env, const char *const *variables, const char *what,
                     contain_error_t **err);
/* Sets those of /.drootenv (base/env-file.h) below @root_fd, if there is one. */
int ct_image_env_add_file(struct ct_image_env *env, int root_fd, contain_error_t **err);

/* Sets those of a file of the host's. */
int ct_image_env_add_named(struct ct_image_env *env, const char *path, contain_error_t **err);

/* --- the configuration ----------------------------------------------------------------------- */

/* What the caller says, which goes before what the image does. */
struct ct_image_run {
        const char *const *argv;       /* instead of Cmd; NULL for none */
        const char *const *entrypoint; /* instead of Entrypoint, and without Cmd; NULL for none */
        const char *user;              /* as ct_image_parse_user() takes it; NULL for the image's */
        const char *const *env_files;  /* paths; NULL for none */
        const char *const *env;        /* NULL for none */
        const char *cwd;               /* NULL for the image's */
        unsigned flags;                /* CONTAIN_CONFIG_ */
        bool readonly;
        bool volumes_in_root; /* the root is the container's own, and so are folders of volumes in it */
        bool userns_auto;     /* subordinate ids, for a caller who may map any */
};

/*
 * The OCI configuration of a container of the image (image-spec, conversion.md): @config is the image's own,
 * @root_fd its root file system (negative: there is none yet), which is going to be at @rootfs (NULL:
 * "rootfs"). Errors point into @config.
 */
int ct_op_image_config(struct contain_ctx *ctx, const char *config, size_t size, int root_fd,
                       const char *rootfs, const struct ct_image_run *run, char **ret, contain_error_t **err);

/* The same of a document that has been read. */
int ct_image_convert(struct contain_ctx *ctx, struct ct_arena *arena, const struct ct_json *image,
                     int root_fd, const char *rootfs, const struct ct_image_run *run, char **ret,
                     contain_error_t **err);

/* The same of the answer of contain-image, whose member "config" it is. */
int ct_image_convert_answer(struct contain_ctx *ctx, const char *answer, int root_fd, const char *rootfs,
                            const struct ct_image_run *run, char **ret, contain_error_t **err);
/* What the caller has asked for, with ids that it can have (ops/image-userns.h). */
struct ct_image_ids;
void ct_image_run_fill(struct ct_image_run *ret, const contain_run_options_t *run,
                       const struct ct_image_ids *ids, const char *const *argv);

/* What programs in images expect of their root, ended by NULL. */
extern const char *const ct_image_capabilities[];

/* Parts of it, as members of a JSON object: "annotations", "user", "capabilities". */
int ct_image_put_annotations(struct contain_ctx *ctx, const struct ct_json *image,
                             const struct ct_json *config, struct ct_buf *buf, contain_error_t **err);
void ct_image_put_user(struct ct_buf *buf, const struct ct_image_user *user);
void ct_image_put_capabilities(struct ct_buf *buf, const char *const *names, size_t n);
/* A list of strings. */
void ct_image_put_strings(struct ct_buf *buf, const char *const *items, size_t n);
/* *ret is the configuration @base as the document in @change changes it; its mounts and
 * namespaces are those of @change, or added to those of @base. */
int ct_image_merge(struct ct_arena *arena, const char *base, const struct ct_buf *change, bool add_mounts,
                   char **ret, contain_error_t **err);

#endif
