/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_IMAGE_H
#define CT_HOST_IMAGE_H

/*
 * The conversation with contain-image, the program that does all work on images: archives of strangers, TLS
 * and threads are none of the host process's business. A program runs per request. It gets a JSON document
 * with descriptors, tells how far it is, and answers with a JSON document, perhaps with a descriptor, or an
 * error.
 *
 * A build without the program has these, too: they say so (image-absent.c).
 */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ct_image_progress {
        const char *phase; /* "" while nothing was told */
        const char *what;
        uint64_t done, total; /* total 0: not known */
};

/* What is asked for. */
struct ct_image_call {
        int program_fd; /* ct_image_program_fd() */
        const char *request;
        size_t size;
        const int *fds; /* the request says by index which is what */
        size_t n_fds;
        int timeout_ms; /* less than 0: for ever */
        int clean_ms;   /* how long it may take to clean up when it is told to stop; 0: half a minute */
        /* Called now and then, also while nothing moves; non-zero to give up. May be NULL. */
        int (*progress)(void *userdata, const struct ct_image_progress *progress);
        void *userdata;
};

bool ct_image_built(void);
/* contain-image as a descriptor to be executed any number of times. */
int ct_image_program_fd(contain_error_t **err);
/*
 * Runs the program to its end. *ret receives the document of the result, malloc'd, *ret_fd (may be NULL) the
 * descriptor that came along, or -EBADF. CONTAIN_E_TIMEOUT, CONTAIN_E_CANCELLED: it was told to stop and has
 * cleaned up, if the hint says nothing else.
 */
int ct_image_call(const struct ct_image_call *call, char **ret, int *ret_fd, contain_error_t **err);

#endif
