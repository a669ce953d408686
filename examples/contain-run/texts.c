/* SPDX-License-Identifier: MIT */

/*
 * Engines learn what went wrong from the text of a runtime: containerd, CRI-O and podman each
 * look for certain words. These are the ones that the library's own sentences do not have.
 */

#include "texts.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct text {
        int code;
        int errnum; /* or 0 for any */
        const char *words;
};

static const struct text texts[] = {
        { CONTAIN_E_ID, 0, "invalid container ID format" },
        { CONTAIN_E_EXISTS, 0, "container with given ID already exists" },
        { CONTAIN_E_NOT_FOUND, 0, "container does not exist" },
        { CONTAIN_E_NOT_RUNNING, 0, "container not running" },
        { CONTAIN_E_STATUS, EBUSY, "container still running" },
};

const char *texts_canonical(const contain_error_t *error)
{
        int errnum = contain_error_errno(error);
        int code = contain_error_code(error);

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                const struct text *text = &texts[i];

                if (text->code != code || (text->errnum != 0 && text->errnum != errnum))
                        continue;
                return strcasestr(contain_error_message(error), text->words) ? "" : text->words;
        }
        return "";
}
