/* SPDX-License-Identifier: MIT */

/* What may be a container's id. It becomes a file name, so this is also what keeps it below the root. */

#include "state/state.h"

#include <string.h>

/* The C library's classes follow the host's locale; an id does not. */
static bool is_id_byte(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '+' || c == '-' || c == '.';
}

int ct_state_check_id(const char *id, contain_error_t **err)
{
        size_t length = strlen(id), i;

        if (length == 0)
                return ct_fail(err, CONTAIN_E_ID, EINVAL, NULL, "invalid container ID format: it is empty");
        /* Said before anything that would repeat the id. */
        if (length >= CT_ID_MAX)
                return ct_fail(err, CONTAIN_E_ID, EINVAL, NULL,
                               "invalid container ID format: it has %zu bytes, %d are allowed", length,
                               CT_ID_MAX - 1);
        for (i = 0; i < length; i++)
                if (!is_id_byte(id[i]))
                        return ct_fail(
                                err, CONTAIN_E_ID, EINVAL, NULL,
                                "invalid container ID format: '%s' has more in it than letters, digits, "
                                "'_', '+', '-' and '.'",
                                id);
        if (id[0] == '.')
                return ct_fail(err, CONTAIN_E_ID, EINVAL, NULL,
                               "invalid container ID format: '%s' begins with '.'", id);
        return 0;
}
