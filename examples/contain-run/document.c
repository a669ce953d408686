/* SPDX-License-Identifier: MIT */

#include "document.h"

#include <json-c/json.h>

int document_print(struct app *app, const char *document)
{
        json_object *value = json_tokener_parse(document);
        const char *text = NULL;
        int r;

        if (value)
                text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
                                                                     JSON_C_TO_STRING_SPACED |
                                                                     JSON_C_TO_STRING_NOSLASHESCAPE);
        r = app_print(app, text ? text : document);
        (void)json_object_put(value);
        return r;
}
