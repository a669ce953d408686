/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_IMAGE_STORE_H
#define CONTAIN_IMAGE_STORE_H

#include <contain/image.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The content store: images that were pulled, each blob and each unpacked layer kept once, and mounted as
 * overlay for any number of containers at a time. It is the folder that member "store" of the options names;
 * NULL: the user's own, /var/lib/contain for root and else $XDG_DATA_HOME/contain. The folder is an image
 * layout, too.
 *
 * Any number of processes may use a store at the same time. Removing waits for those that add.
 */

/**
 * contain_image_pull() - bring an image with all its layers into the store
 * @ctx:     a context
 * @image:   the image's name
 * @name:    what it is to be called in the store; NULL for its name at a registry or a daemon; files and
 *           folders need one
 * @options: how to get at it, and which store; NULL for the defaults
 * @ret:     receives a JSON object, to be freed with contain_free(): "name", "digest" of the manifest, how
 *           many "layers", and their "size"; may be NULL
 * @err:     receives the details of a failure; may be NULL
 *
 * What is in the store already is not fetched again. What was fetched of a blob before a failure is kept, and
 * another attempt goes on behind it; the name leads to the image only once all of it is there.
 *
 * Threads: any.
 * Returns: 0; -EACCES when the registry wants other credentials; -EBADMSG for content with a wrong digest;
 *          otherwise as contain_image_inspect_json().
 * Since:   1.0
 */
CONTAIN_API int contain_image_pull(contain_ctx_t *ctx, const char *image, const char *name,
                                   const contain_image_options_t *options, char **ret, contain_error_t **err);

/**
 * contain_image_store_list_json() - tell what is in the store
 * @ctx:     a context
 * @options: which store; NULL for the user's own
 * @ret:     receives a JSON object, to be freed with contain_free(): "images", each as contain_image_pull()
 *           tells of it, with the ids of the "containers" that use it; "containers", each with its "id",
 *           "image" and "digest"
 * @err:     receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: 0; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_image_store_list_json(contain_ctx_t *ctx, const contain_image_options_t *options,
                                              char **ret, contain_error_t **err);

/**
 * contain_image_store_remove() - take a name out of the store
 * @ctx:     a context
 * @name:    the image's name there, or the digest of its manifest, or the first six or more digits of that
 * @options: which store; NULL for the user's own
 * @err:     receives the details of a failure; may be NULL
 *
 * Containers that use the image are not touched. What nothing leads to any more takes up space until
 * contain_image_store_collect().
 *
 * Threads: any.
 * Returns: 0; -ENOENT when there is no such name; -EINVAL for digits that several digests begin with; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_image_store_remove(contain_ctx_t *ctx, const char *name,
                                           const contain_image_options_t *options, contain_error_t **err);

/** Flags of contain_image_store_collect(). */
enum {
        CONTAIN_COLLECT_DRY_RUN = 1 << 0 /* removes nothing, tells what would go */
};

/**
 * contain_image_store_collect() - remove what no name and no container needs
 * @ctx:     a context
 * @flags:   CONTAIN_COLLECT_ flags
 * @options: which store; NULL for the user's own
 * @ret:     receives a JSON object, to be freed with contain_free(): how many "containers" were released, how
 *           many "blobs", "layers" and "partial" downloads went, and how many "bytes" on the disk these were;
 *           may be NULL
 * @err:     receives the details of a failure; may be NULL
 *
 * Containers of contain_load_image() that are gone without having been destroyed, after a crash or a reboot,
 * are released; in the user's own store, copies of images that such have left in the usual storage go, too.
 * Waits for calls that are adding to the store, in any process. Nothing is removed when a name or a
 * container's record cannot be understood.
 *
 * Threads: any.
 * Returns: 0; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_image_store_collect(contain_ctx_t *ctx, unsigned flags,
                                            const contain_image_options_t *options, char **ret,
                                            contain_error_t **err);

/**
 * contain_image_store_mount() - make a root file system over the shared layers of an image
 * @ctx:       a context
 * @image:     an image's name in the store; or one that is pulled if it is not there, as contain_image_pull()
 * @id:        what is written is kept under this id until contain_image_store_release(); NULL for a file
 *             system that cannot be written to, and that nobody holds: it has to be unmounted before layers
 *             are collected
 * @userns_fd: a user namespace whose maps shift the owners of the layers' files; -1 for none
 * @options:   how to get at it, and which store; NULL for the defaults
 * @ret_fd:    receives an overlay mount that is attached nowhere yet, to be given to move_mount(2)
 * @ret:       receives a JSON object, to be freed with contain_free(): "image" as contain_image_pull() tells
 *             of it, and its "config"; may be NULL
 * @err:       receives the details of a failure; may be NULL
 *
 * The mount lives as long as the descriptor or a place where it was attached.
 *
 * Threads: any.
 * Returns: 0; -EEXIST when @id has a file system in the store; -EPERM for a caller that may not mount;
 *          -EOPNOTSUPP where owners cannot be shifted, which takes Linux 5.19 and a file system that has it;
 *          -E2BIG for more layers than the kernel stacks, which are 500; otherwise as contain_image_pull().
 * Since:   1.0
 */
CONTAIN_API int contain_image_store_mount(contain_ctx_t *ctx, const char *image, const char *id,
                                          int userns_fd, const contain_image_options_t *options, int *ret_fd,
                                          char **ret, contain_error_t **err);

/**
 * contain_image_store_release() - a container's file system is not needed any more
 * @ctx:     a context
 * @id:      as given to contain_image_store_mount()
 * @options: which store; NULL for the user's own
 * @err:     receives the details of a failure; may be NULL
 *
 * Removes what was written to it. It has to be unmounted before.
 *
 * Threads: any.
 * Returns: 0; -ENOENT when @id has none; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_image_store_release(contain_ctx_t *ctx, const char *id,
                                            const contain_image_options_t *options, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
