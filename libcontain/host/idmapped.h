/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_IDMAPPED_H
#define CT_HOST_IDMAPPED_H

#include "base/error.h"

/* Adds to the error just made why ids could not be mapped: of a file system of @type, or, with NULL, of
 * @path. */
void ct_idmapped_explain(contain_error_t **err, int error, const char *type, const char *path);

#endif
