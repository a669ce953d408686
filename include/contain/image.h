/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_IMAGE_H
#define CONTAIN_IMAGE_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Images: looking at them, and unpacking them. An image is named as in containers-transports(5):
 * "oci:DIR[:TAG]", "oci-archive:FILE[:TAG]", "docker-archive:FILE[:NAME]", "docker-daemon:NAME",
 * "docker://HOST/NAME[:TAG|@DIGEST]", "dir:ROOTFS", "tarball:FILE"; "-" for standard input; or as a path, of
 * which it is found out what it is. Relative paths are relative to the caller's working directory.
 *
 * All work is done by a program of its own, contain-image, which a call starts and which is gone when the
 * call returns. A build may be without it: then every function here answers -EOPNOTSUPP
 * (CONTAIN_E_UNSUPPORTED), and the annotation "libcontain.images" of contain_features_json() is "false".
 */

/** How far a call is. There may be more members in later versions. */
typedef struct contain_image_progress {
        size_t size;       /* of this struct, as the library knows it */
        const char *phase; /* what is being done, such as "fetch" or "unpack"; "" at first */
        const char *what;  /* with what: a digest, a path; borrowed during the call, as phase is */
        uint64_t done;     /* bytes, of what this is about */
        uint64_t total;    /* 0: not known */
} contain_image_progress_t;

/**
 * contain_image_progress_fn - receives how far a call is
 * @userdata: as given in the options
 * @progress: how far it is, borrowed during the call
 *
 * Called by the thread that called the library, a few times a second, also while nothing moves.
 *
 * Returns: 0 to go on; anything else to give up: the call cleans up and fails with -ECANCELED.
 */
typedef int (*contain_image_progress_fn)(void *userdata, const contain_image_progress_t *progress);

/** Flags of contain_image_options_t. */
enum {
        CONTAIN_IMAGE_INSECURE = 1 << 0 /* registries without TLS, or with certificates nobody vouches for */
};

/** How to get at an image. Zero where nothing is asked for. */
typedef struct contain_image_options {
        size_t size;                        /* sizeof(contain_image_options_t), set by the caller */
        uint32_t flags;                     /* CONTAIN_IMAGE_ flags */
        int32_t stdin_fd;                   /* what the image "-" is read from; 0 is standard input */
        uint64_t timeout_ms;                /* for the whole call; 0: none */
        const char *platform;               /* "linux/arm64/v8"; NULL: this machine's */
        const char *auth_file;              /* containers-auth.json(5); NULL: where that says */
        const char *certificates;           /* a folder as docker's certs.d; NULL: the usual ones */
        const char *store;                  /* the content store's folder; NULL: none is used */
        const char *const *mirrors;         /* "HOST=MIRROR", ended by NULL; NULL: none */
        contain_image_progress_fn progress; /* NULL: nobody is told */
        void *userdata;                     /* for progress */
        /* Limits of what is unpacked, be it to a folder, to the content store or for a container; 0: none */
        uint64_t max_bytes;        /* of all files together, holes included */
        uint64_t max_entries;      /* of all layers together */
        uint64_t max_file_bytes;   /* of one file */
        uint64_t max_depth;        /* of folders in folders */
        uint64_t stall_timeout_ms; /* longest time without anything from a registry or a pipe; 0: a
                                    * minute of a registry, which is then asked again, else none */
} contain_image_options_t;

/**
 * contain_image_inspect_json() - tell what an image is, without unpacking it
 * @ctx:     a context
 * @image:   the image's name
 * @options: how to get at it; NULL for the defaults
 * @ret:     receives a JSON object, to be freed with contain_free(): "name"; "mediaType", "digest" and "size"
 *           of its manifest, and the "manifest", where it has one; its "config"; "layers" from the lowest up
 * @err:     receives the details of a failure; may be NULL
 *
 * Of an index, what is told of is the image for the platform asked for.
 *
 * Threads: any.
 * Returns: 0; -ENOENT when there is no such image; -EINVAL for a name that is none; -ETIMEDOUT; -ECANCELED;
 *          -EOPNOTSUPP when this build has no part for images; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_image_inspect_json(contain_ctx_t *ctx, const char *image,
                                           const contain_image_options_t *options, char **ret,
                                           contain_error_t **err);

/** Whose the files of an unpacked image become. */
enum {
        /* those of the image; takes root, or an image whose files are all the caller's */
        CONTAIN_OWNER_AS_IS = 0,
        /* one user and one group own all */
        CONTAIN_OWNER_SINGLE = 1,
        /* as maps say, as for a user namespace; takes root */
        CONTAIN_OWNER_SHIFTED = 2,
        /* root's become the caller's, others' those of the caller's subordinate ids */
        CONTAIN_OWNER_SUBIDS = 3
};

/** Flags of contain_unpack_options_t. */
enum {
        CONTAIN_UNPACK_NO_DEVICES = 1 << 0 /* device nodes are left out, and counted */
};

/** How an image is unpacked. Zero where nothing is asked for. */
typedef struct contain_unpack_options {
        size_t size;                 /* sizeof(contain_unpack_options_t), set by the caller */
        uint32_t flags;              /* CONTAIN_UNPACK_ flags */
        uint32_t owner;              /* CONTAIN_OWNER_ */
        uint32_t uid;                /* of CONTAIN_OWNER_SINGLE */
        uint32_t gid;                /* likewise */
        const char *const *uid_maps; /* of CONTAIN_OWNER_SHIFTED: "INSIDE:OUTSIDE:COUNT" each, NULL-ended */
        const char *const *gid_maps; /* likewise; NULL: as uid_maps */
        /* Limits as those of contain_image_options_t; the lower ones hold; 0: none */
        uint64_t max_bytes;
        uint64_t max_entries;
        uint64_t max_file_bytes;
        uint64_t max_depth;
} contain_unpack_options_t;

/**
 * contain_image_unpack() - write an image's root file system to a folder
 * @ctx:     a context
 * @image:   the image's name
 * @dir:     the folder: absent, or empty; its parent has to be there
 * @options: how to get at the image; NULL for the defaults
 * @unpack:  how to write it; NULL for the defaults
 * @ret:     receives a JSON object, to be freed with contain_free(): "name" and "digest" of the image, its
 *           "config", how many "entries" and "bytes" were written, and how many devices and extended
 *           attributes, which the file system cannot have, were not: "skippedDevices", "skippedAttributes";
 *           may be NULL
 * @err:     receives the details of a failure; may be NULL
 *
 * All digests are verified. A folder that was absent appears when it is complete. On failure, also when the
 * caller's process dies meanwhile, what was written is removed, and so is a folder that was not there.
 * Layers are applied in their order, with whiteouts; nothing in an image leads out of the folder.
 *
 * Threads: any.
 * Returns: 0; -ENOTEMPTY or -ENOTDIR when @dir is something else; -EFBIG beyond a limit; -EPERM for owners or
 *          devices that the caller may not make; otherwise as contain_image_inspect_json().
 * Since:   1.0
 */
CONTAIN_API int contain_image_unpack(contain_ctx_t *ctx, const char *image, const char *dir,
                                     const contain_image_options_t *options,
                                     const contain_unpack_options_t *unpack, char **ret,
                                     contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
