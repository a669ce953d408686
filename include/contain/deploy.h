/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_DEPLOY_H
#define CONTAIN_DEPLOY_H

#include <contain/base.h>
#include <contain/image.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Images as one archive, and as releases in a folder, of which one is in force:
 *
 *      DIR/releases/TIME-DIGEST/rootfs         what was unpacked
 *      DIR/releases/TIME-DIGEST/release.json   where it came from
 *      DIR/current -> releases/.../rootfs      the one in force, replaced by one rename
 *      DIR/previous -> releases/.../rootfs     the one that was before
 *
 * Whoever is killed at any moment, or loses power, leaves the old or the new release in force, whole; what is
 * half-made is removed by the next deployment. Two at once wait for each other.
 */

/** Flags of contain_image_export(). */
enum {
        CONTAIN_EXPORT_NO_ENV = 1 << 0,    /* without the file /.drootenv */
        CONTAIN_EXPORT_NO_DEVICES = 1 << 1 /* device nodes are left out, and counted */
};

/**
 * contain_image_export() - write an image's root file system as one tar
 * @ctx:     a context
 * @image:   the image's name
 * @fd:      what is written to: a file, a pipe
 * @flags:   CONTAIN_EXPORT_ flags
 * @options: how to get at the image; NULL for the defaults
 * @ret:     receives a JSON object, to be freed with contain_free(): "digest" and "size" of what was written,
 *           and how many devices were not: "skippedDevices"; may be NULL
 * @err:     receives the details of a failure; may be NULL
 *
 * The layers are read twice and unpacked nowhere, so no privilege is needed. The bytes follow from the image
 * alone: folders, then files, in one order, with their owners, times and extended attributes. The
 * environment of the image's configuration becomes a file, /.drootenv, in the place of one that the image may
 * have. The owners are those of the image: whoever unpacks the archive says whose they become.
 *
 * Threads: any.
 * Returns: 0; -EPIPE when nobody reads any more; -ENOSPC; -EFBIG beyond a limit; otherwise as
 *          contain_image_inspect_json(). What has been written until then is of no use.
 * Since:   1.0
 */
CONTAIN_API int contain_image_export(contain_ctx_t *ctx, const char *image, int fd, uint32_t flags,
                                     const contain_image_options_t *options, char **ret,
                                     contain_error_t **err);

/** Flags of contain_deploy_options_t. */
enum {
        CONTAIN_DEPLOY_IN_PLACE = 1 << 0, /* make the image what is in the folder itself, file by file */
        CONTAIN_DEPLOY_QUICK = 1 << 1,    /* there, take files of the same size and time for the same */
        CONTAIN_DEPLOY_FORCE = 1 << 2,    /* there, also where files are that were never deployed */
        CONTAIN_DEPLOY_NO_ENV = 1 << 3    /* without the file /.drootenv */
};

/** What is to become of an image that is deployed. Zero where nothing is asked for. */
typedef struct contain_deploy_options {
        size_t size;               /* sizeof(contain_deploy_options_t), set by the caller */
        uint32_t flags;            /* CONTAIN_DEPLOY_ flags */
        uint32_t keep;             /* releases that stay, the newest; 0: all */
        const char *expect_digest; /* "sha256:...": refuse any other image; NULL: take what comes */
} contain_deploy_options_t;

/**
 * contain_deploy() - make an image the release that is in force in a folder
 * @ctx:     a context
 * @image:   the image's name; "-" for one on standard input, as contain_image_export() writes it
 * @dir:     the folder; made, for its owner alone, if it is absent
 * @options: how to get at the image; NULL for the defaults
 * @unpack:  how to write it; NULL for the defaults
 * @deploy:  what is to become of it; NULL for the defaults
 * @ret:     receives a JSON object, to be freed with contain_free(): "status", which is "deployed",
 *           "switched" (to a release that was there) or "unchanged"; "name" and "digest" of the release;
 *           with a number to keep "pruned" and "inUse", the releases that went, and those that could not;
 *           in place "changed", "unchanged" and "removed", numbers of files; may be NULL
 * @err:     receives the details of a failure; may be NULL
 *
 * An image is known by the digest of its configuration, an archive that is none by that of its uncompressed
 * bytes. One that is deployed already, for the same owners, is not unpacked again. The digest that is
 * expected may be that of the manifest, of the configuration, or of the archive, as it came or uncompressed.
 *
 * In place (CONTAIN_DEPLOY_IN_PLACE) there are no releases: the image is unpacked beside, in DIR/.contain,
 * and what differs replaces what is in the folder, file by file; what the image does not have goes last. What
 * something is mounted on, in any mount namespace, is left alone.
 *
 * Threads: any.
 * Returns: 0; -EBADMSG for another digest; -EEXIST when something else stands where a link has to, or @dir is
 *          deployed to in the other way; -ENOTEMPTY for a folder in place that would need
 *          CONTAIN_DEPLOY_FORCE; -ENOSPC; otherwise as contain_image_unpack().
 * Since:   1.0
 */
CONTAIN_API int contain_deploy(contain_ctx_t *ctx, const char *image, const char *dir,
                               const contain_image_options_t *options, const contain_unpack_options_t *unpack,
                               const contain_deploy_options_t *deploy, char **ret, contain_error_t **err);

/**
 * contain_releases_json() - list what was deployed to a folder
 * @ctx: a context
 * @dir: the folder
 * @ret: receives a JSON array, to be freed with contain_free(), from the newest to the oldest: "name",
 *       "created", "digest", "source", the image's "config" (not of older ones, when there are megabytes of
 *       them), whether it is "current" or "previous"
 * @err: receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: 0; -ENOENT when nothing was ever deployed there; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_releases_json(contain_ctx_t *ctx, const char *dir, char **ret, contain_error_t **err);

/**
 * contain_rollback() - make another release the one in force
 * @ctx: a context
 * @dir: the folder
 * @to:  the release's name; NULL for the one that was in force before
 * @ret: receives a JSON object, to be freed with contain_free(): "status", "name", "digest"; may be NULL
 * @err: receives the details of a failure; may be NULL
 *
 * Without a name, a second call undoes the first.
 *
 * Threads: any.
 * Returns: 0; -ENOENT when there is no such release; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_rollback(contain_ctx_t *ctx, const char *dir, const char *to, char **ret,
                                 contain_error_t **err);

/** Flags of contain_prune(). */
enum {
        CONTAIN_PRUNE_DRY_RUN = 1 << 0 /* only tell what would be removed */
};

/**
 * contain_prune() - remove old releases
 * @ctx:   a context
 * @dir:   the folder
 * @keep:  how many of the newest stay; 0 for none but those that have to
 * @flags: CONTAIN_PRUNE_ flags
 * @ret:   receives a JSON object, to be freed with contain_free(): the names "pruned", and those "inUse", by
 *         whom ("pid") and "how"; may be NULL
 * @err:   receives the details of a failure; may be NULL
 *
 * The current release, the one before, and those in use always stay. In use is one that a process has its
 * root, its working directory, its program, a mapped or an open file in, or that is mounted, or mounted on,
 * in any mount namespace, as far as the caller may look at others' processes; and one that a container below
 * the context's state root, which is not stopped, has its root in ("container" is its id).
 *
 * Threads: any.
 * Returns: 0; -ENOENT when nothing was ever deployed there; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_prune(contain_ctx_t *ctx, const char *dir, uint32_t keep, uint32_t flags, char **ret,
                              contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
