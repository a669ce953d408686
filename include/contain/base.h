/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_BASE_H
#define CONTAIN_BASE_H

/*
 * What every other header needs: the export mark, the types that are only ever handled by
 * pointer, and the rules that hold for each function unless its own comment says otherwise.
 *
 * Results.     A function that can fail returns an int: 0 or more on success, a negative errno
 *              on failure. Out-parameters are touched on success only.
 * Errors.      The last parameter @err may be NULL. Otherwise *err must be NULL on entry, and on
 *              failure receives an object that the caller frees with contain_error_free().
 * Strings in   are copied. Strings out are borrowed until the object they come from is next
 *              changed or freed, except documents in a `char **ret`: free with contain_free().
 * Descriptors  that a function returns are new ones, close-on-exec, the caller's to close.
 *              Descriptors passed in are duplicated: the caller keeps its own. The copies are
 *              closed once the container has been created, so that ends of file come through.
 * Structs      passed in or filled in begin with their own size; set it with sizeof before the
 *              call, and the rest to zero.
 * Threads.     Different objects may be used from any threads at once. Calls on one object are
 *              serialised inside, unless a comment says that they run beside each other.
 * Forks.       A handle used in a forked copy of the process that made it answers -ECHILD.
 * The host.    No call changes the caller's working directory, umask, environment, signal mask
 *              or handlers, ids, limits, or any child or descriptor that is not the library's.
 */

#include <stddef.h>
#include <stdint.h>

#define CONTAIN_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/** Settings and caches that containers share. */
typedef struct contain_ctx contain_ctx_t;

/** One container. */
typedef struct contain contain_t;

/** One more process in a container. */
typedef struct contain_process contain_process_t;

/** What went wrong, and where. */
typedef struct contain_error contain_error_t;

/**
 * contain_free() - free a document that the library returned
 * @document: what a `char **ret` parameter received, or NULL
 *
 * Threads: any.
 * Since:   1.0
 */
CONTAIN_API void contain_free(void *document);

/**
 * contain_version() - the version of the library that is in use
 *
 * Threads: any.
 * Returns: "MAJOR.MINOR.PATCH", static.
 * Since:   1.0
 */
CONTAIN_API const char *contain_version(void);

#ifdef __cplusplus
}
#endif
#endif
