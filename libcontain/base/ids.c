/* SPDX-License-Identifier: MIT */

#include "base/ids.h"

bool ct_id_parse(const char *text, uint32_t *ret)
{
        uint64_t value = 0;

        if (!text || *text == '\0')
                return false;
        for (; *text != '\0'; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                value = value * 10 + (uint64_t)(*text - '0');
                if (value >= UINT32_MAX)
                        return false;
        }
        *ret = (uint32_t)value;
        return true;
}
