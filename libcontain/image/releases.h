/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_RELEASES_H
#define CT_IMAGE_RELEASES_H

/*
 * A folder to which images are deployed:
 *
 *      releases/TIME-DIGEST/rootfs         what was unpacked
 *      releases/TIME-DIGEST/release.json   where it came from
 *      current -> releases/…/rootfs        the one in force: a symbolic link, replaced by one rename
 *      previous -> releases/…/rootfs       the one that was before
 *
 * Whatever in releases/ begins with a dot is half-made, or half-removed, and nobody's. All that changes holds
 * the lock, which is releases/ itself.
 */

#include "image/digest.h"
#include "image/job.h"
#include "image/uses.h"

#include <stdbool.h>
#include <stdint.h>

#define CT_RELEASES_FOLDER   "releases"
#define CT_RELEASES_IN_PLACE ".contain" /* instead, where an image is what is in the folder itself */
#define CT_RELEASES_CURRENT  "current"
#define CT_RELEASES_PREVIOUS "previous"
#define CT_RELEASE_ROOTFS    "rootfs"
#define CT_RELEASE_FILE      "release.json"
/* What begins with these, in releases/, was being made, or removed. */
#define CT_RELEASE_NEW       ".new-"
#define CT_RELEASE_OLD       ".old-"

struct ct_release {
        const char *name;
        const char *text;      /* of release.json, an object */
        uint64_t sequence;     /* later ones have higher numbers */
        const char *created;   /* RFC 3339 */
        const char *digest;    /* what it is known by */
        const char *treatment; /* how it was unpacked, in words that are compared */
        bool current, previous;
};

struct ct_releases {
        struct ct_arena *arena;
        const char *path;         /* of the folder, for people */
        const char *folder;       /* CT_RELEASES_FOLDER or CT_RELEASES_IN_PLACE */
        int top_fd;               /* borrowed */
        int dir_fd;               /* of @folder in it */
        struct ct_release *items; /* from the newest to the oldest */
        size_t n;
        const struct ct_use_container *containers; /* that may use one */
        size_t n_containers;
        const char *warning; /* what an earlier deployment left and cannot be removed; NULL */
};

/* Opens it. Without @make, -ENOENT, worded, where nothing was ever deployed. */
int ct_releases_open(int top_fd, const char *path, const char *folder, bool make, struct ct_releases **ret,
                     contain_error_t **err);
/* Member "containers" of the request: those that the caller knows of. */
int ct_releases_read_containers(struct ct_releases *releases, const struct ct_job *job,
                                contain_error_t **err);
struct ct_releases *ct_releases_free(struct ct_releases *releases);
CT_CLEANUP(struct ct_releases, ct_releases_free)
/* Waits for the lock, as long as the job is not cancelled. It goes with the descriptor. */
int ct_releases_lock(struct ct_releases *releases, const struct ct_job *job, contain_error_t **err);
/* Reads what there is, anew. A folder without a file that can be read is none of ours, and not listed. */
int ct_releases_load(struct ct_releases *releases, contain_error_t **err);

/* Reads the file of one release: 1, 0 when there is none that can be read, -ENOMEM. */
int ct_releases_read(const struct ct_releases *releases, const char *name, struct ct_release *ret);

/* NULL when there is none. */
struct ct_release *ct_releases_find(const struct ct_releases *releases, const char *name);
struct ct_release *ct_releases_current(const struct ct_releases *releases);
/* The one that a rollback leads to: the one that was in force before, otherwise the newest of the older. */
struct ct_release *ct_releases_previous(const struct ct_releases *releases);

/* Fails when something else stands where a link has to. */
int ct_releases_check_links(const struct ct_releases *releases, contain_error_t **err);
/* Makes @release the one in force. What is there stays on failure. */
int ct_releases_switch(struct ct_releases *releases, const struct ct_release *release, contain_error_t **err);

/* The members of a release as an object: those of its file, without the configuration if @brief, and its
 * status. */
int ct_release_put_json(struct ct_buf *buf, const struct ct_release *release, bool brief);

/* Which of them have to go so that the @keep newest stay, and the current and the previous one: sets ret[i].
 */
void ct_releases_choose(const struct ct_releases *releases, uint64_t keep, bool *ret);
/*
 * Removes those, but for those in use, and what was left half-removed. Appends the members "pruned" and
 * "inUse" to @ret_json, an object that is being written. With @dry_run nothing is done.
 */
int ct_releases_prune(struct ct_releases *releases, uint64_t keep, bool dry_run, struct ct_buf *ret_json,
                      contain_error_t **err);
/* Removes what was left half-made or half-removed, as far as nobody uses it. Call with the lock. */
int ct_releases_clean(struct ct_releases *releases, contain_error_t **err);

#endif
