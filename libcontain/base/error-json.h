/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_ERROR_JSON_H
#define CT_BASE_ERROR_JSON_H

/* An error that goes to another process, whole. */

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

/* Appends the error as a JSON object. */
int ct_error_put_json(struct ct_buf *buf, const contain_error_t *error);
/* The error that such an object tells of becomes *err, or one that says that it is no such object. -errno. */
int ct_error_from_json(const struct ct_json *object, contain_error_t **err);

#endif
