/* SPDX-License-Identifier: MIT */

#include "document.h"

#include <string.h>

int document_format(struct app *app, const char *document, char **ret)
{
        json_object *value = json_tokener_parse(document);
        const char *text = NULL;

        if (value)
                text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
                                                                     JSON_C_TO_STRING_SPACED |
                                                                     JSON_C_TO_STRING_NOSLASHESCAPE);
        *ret = strdup(text ? text : document);
        (void)json_object_put(value);
        return *ret ? 0 : app_fail(app, "out of memory");
}

int document_print(struct app *app, const char *document)
{
        _cleanup_free_ char *text = NULL;
        int r = document_format(app, document, &text);

        return r != 0 ? r : app_print(app, text);
}

const char *document_text(json_object *object, const char *key)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : "";
}
