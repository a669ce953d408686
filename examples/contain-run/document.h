/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_DOCUMENT_H
#define CONTAIN_RUN_DOCUMENT_H

#include "app.h"

#include <json-c/json.h>

/* The JSON document in lines, to be freed. Returns 0, or the exit status after a report. */
int document_format(struct app *app, const char *document, char **ret);
/* Prints a JSON document in lines that can be searched, as other runtimes print theirs. */
int document_print(struct app *app, const char *document);
/* Member @key of an object as text; "" when it is not there. Borrowed from it. */
const char *document_text(json_object *object, const char *key);

#endif
