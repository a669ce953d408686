/* SPDX-License-Identifier: MIT */

/* Well-formed UTF-8 as of RFC 3629: no long forms, no surrogates, nothing above U+10FFFF. */

#include "base/utf8.h"

size_t ct_utf8_length(const char *text, size_t size)
{
        const unsigned char *bytes = (const unsigned char *)text;
        unsigned char low = 0x80, high = 0xbf;
        size_t length, i;

        if (size == 0)
                return 0;
        if (bytes[0] < 0x80)
                return 1;
        if (bytes[0] < 0xc2 || bytes[0] > 0xf4)
                return 0;
        length = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
        if (size < length)
                return 0;
        /* Only the second byte has limits that depend on the first. */
        if (bytes[0] == 0xe0)
                low = 0xa0;
        else if (bytes[0] == 0xed)
                high = 0x9f;
        else if (bytes[0] == 0xf0)
                low = 0x90;
        else if (bytes[0] == 0xf4)
                high = 0x8f;
        for (i = 1; i < length; i++) {
                if (bytes[i] < low || bytes[i] > high)
                        return 0;
                low = 0x80;
                high = 0xbf;
        }
        return length;
}
