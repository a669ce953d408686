/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_H
#define CONTAIN_RUN_H

#include <contain/image.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Containers of images. */

/** Flags of contain_run_options_t. */
enum {
        CONTAIN_RUN_READ_ONLY = 1 << 0,  /* the root file system is read-only */
        CONTAIN_RUN_TERMINAL = 1 << 1,   /* the program has a terminal */
        CONTAIN_RUN_USERNS_AUTO = 1 << 2 /* a user namespace of subordinate ids (subuid(5)) */
};

/** What is to differ from what an image says. Zero where nothing is asked for. */
typedef struct contain_run_options {
        size_t size;                   /* sizeof(contain_run_options_t), set by the caller */
        uint32_t flags;                /* CONTAIN_RUN_ flags */
        uint32_t reserved;             /* 0 */
        const char *user;              /* "user", "uid", "user:group" and so on, by the image's own files */
        const char *cwd;               /* the working directory */
        const char *const *entrypoint; /* ended by NULL; the image's Cmd is left out then */
        const char *const *env_files;  /* paths of files of NAME=value lines, ended by NULL */
        const char *const *env;        /* "NAME=value", ended by NULL */
        const char *storage;           /* folder for the copy; NULL: /var/lib/contain/copies, or the user's */
} contain_run_options_t;

/**
 * contain_load_image() - take root file system and configuration from an image
 * @c:       a container that has not been created
 * @image:   the image's name, as image.h has it
 * @options: how to get at it; NULL for the defaults
 * @run:     what is to differ from what the image says; NULL for nothing
 * @argv:    takes the place of the image's Cmd, ended by NULL; NULL for that
 * @err:     receives the details of a failure, with its place in the image's configuration; may be NULL
 *
 * With a content store, in which the image has a name, and CAP_SYS_ADMIN, the root file system is made of the
 * store's layers, which containers share, and what this one writes; with CONTAIN_RUN_USERNS_AUTO, that takes
 * Linux 5.19. Otherwise the image is unpacked to a copy of the container's own, which goes with it: by
 * contain_destroy(), by another configuration, or with a handle from which no container was made. What a
 * crash leaves goes when the next copy is made in that storage. The configuration is made after image-spec's
 * conversion.md. A volume is a folder of that root file system like others, on disk, and goes with it; it is
 * made if the image does not have it. With CONTAIN_RUN_READ_ONLY it is a tmpfs that begins with what the
 * image has there.
 *
 * For a caller without privilege it is a rootless container: with subordinate ids when there are any, or else
 * with one id, whose the files all are then. With CONTAIN_RUN_USERNS_AUTO they have to be there; for root the
 * files keep their ids, and show in the container by an id-mapped mount.
 *
 * Threads: any.
 * Returns: 0; -EINVAL for an image whose configuration cannot be carried out, or for a container that is to
 *          become the calling process; -EEXIST when another copy is made under this id; -EBUSY once created;
 *          otherwise as contain_image_unpack().
 * Since:   1.0
 */
CONTAIN_API int contain_load_image(contain_t *c, const char *image, const contain_image_options_t *options,
                                   const contain_run_options_t *run, const char *const *argv,
                                   contain_error_t **err);

/**
 * contain_image_config() - the configuration of a container of an image, for a bundle
 * @ctx:     a context
 * @image:   the image's name, as image.h has it
 * @rootfs:  a folder to which its root file system was unpacked, in which users are looked up; NULL: there is
 *           none yet, and users have to be numbers
 * @options: how to get at it; NULL for the defaults
 * @run:     what is to differ from what the image says, without a storage; NULL for nothing
 * @argv:    takes the place of the image's Cmd, ended by NULL; NULL for that
 * @ret:     receives the document, whose root.path is "rootfs"; free with contain_free()
 * @err:     receives the details of a failure, with its place in the image's configuration; may be NULL
 *
 * Nothing is unpacked. As nobody knows what becomes of the bundle, a volume is a tmpfs that begins with what
 * the image has there. For a caller without privilege it is the configuration of a rootless container.
 *
 * Threads: any.
 * Returns: 0; -EINVAL for an image whose configuration cannot be carried out; -ENOENT when there is no such
 *          image, or no @rootfs; otherwise as contain_image_inspect_json().
 * Since:   1.0
 */
CONTAIN_API int contain_image_config(contain_ctx_t *ctx, const char *image, const char *rootfs,
                                     const contain_image_options_t *options, const contain_run_options_t *run,
                                     const char *const *argv, char **ret, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
