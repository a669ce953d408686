/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_ERROR_H
#define CT_BASE_ERROR_H

/*
 * Errors are worded once, by the first function that knows the user's noun, and passed on
 * unchanged: `return ct_fail(err, CONTAIN_E_MOUNT, errno, at, "cannot …", …);`. Functions of
 * base/ word nothing: they return -errno only.
 */

#include <contain/error.h>

#include "base/cleanup.h"

#include <stdarg.h>

/*
 * Fills *err, if there is one, and returns -errnum (-EINVAL should errnum be 0).
 * @at is a JSON pointer ("" or NULL for none), copied. The sentence has no full stop, begins in
 * lower case and has user values in single quotes; the errno's text is added by the object.
 */
int ct_fail(contain_error_t **err, int code, int errnum, const char *at, const char *format, ...)
        __attribute__((format(printf, 5, 6)));
int ct_failv(contain_error_t **err, int code, int errnum, const char *at, const char *format, va_list args)
        __attribute__((format(printf, 5, 0)));

/* Out of memory: needs none itself, *err becomes a constant object. Returns -ENOMEM. */
int ct_fail_memory(contain_error_t **err);

/* These add to the error just made; without effect on NULL and on the constant object. */
void ct_error_set_hint(contain_error_t **err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ct_error_set_step(contain_error_t **err, const char *step);

/* Returns 0; -ENOMEM, which leaves the error as it was. */
int ct_error_set_pointer(contain_error_t **err, const char *at);
/* CONTAIN_CAUSE_: where the one that follows from code and errno is not right. */
void ct_error_set_cause(contain_error_t **err, int cause);

CT_CLEANUP(contain_error_t, contain_error_free)

#endif
