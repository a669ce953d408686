/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_JSON_NAMES_H
#define CT_BASE_JSON_NAMES_H

#include "base/json.h"

/*
 * 0 when no object of the document has a name twice, which RFC 8259 leaves to the reader and the
 * runtime-spec forbids: two readers may see two different documents. @text was parsed to @root.
 */
int ct_json_check_names(struct ct_arena *arena, const char *text, size_t size, struct json_object *root,
                        contain_error_t **err);

#endif
