/* SPDX-License-Identifier: MIT */

/* Keys that are typed, and which of them end that. */

#include "keys.h"

#include <string.h>

/* One key at the beginning of @text; returns what is behind it, NULL for none. */
static const char *parse_key(const char *text, char *ret)
{
        if (strncmp(text, "ctrl-", 5) != 0) {
                *ret = text[0];
                return text[0] > ' ' && text[0] <= '~' && text[0] != ',' ? text + 1 : NULL;
        }
        if ((text[5] < '@' || text[5] > '_') && (text[5] < 'a' || text[5] > 'z'))
                return NULL;
        *ret = (char)(text[5] & 0x1f);
        return text + 6;
}

bool keys_parse(const char *text, struct keys *ret)
{
        struct keys keys = { .n = 0 };

        while (*text != '\0') {
                if (keys.n == KEYS_MAX)
                        return false;
                text = parse_key(text, &keys.keys[keys.n++]);
                if (!text || (*text != ',' && *text != '\0') || (*text == ',' && text[1] == '\0'))
                        return false;
                text += *text == ',';
        }
        *ret = keys;
        return true;
}

/* After a key that does not go on with the sequence: lets the oldest go until what is left is its beginning.
 */
static size_t release(struct keys *keys, char key, char *to)
{
        char held[KEYS_MAX + 1];
        size_t n = keys->pressed + 1, first = 0;

        memcpy(held, keys->keys, keys->pressed);
        held[keys->pressed] = key;
        do
                to[first] = held[first];
        while (++first < n && memcmp(held + first, keys->keys, n - first) != 0);
        keys->pressed = n - first;
        return first;
}

bool keys_filter(struct keys *keys, const char *from, size_t n, char *to, size_t *ret_n)
{
        size_t filled = 0;
        bool complete = false;

        for (size_t i = 0; i < n && !complete; i++) {
                if (keys->pressed < keys->n && from[i] == keys->keys[keys->pressed])
                        complete = ++keys->pressed == keys->n;
                else
                        filled += release(keys, from[i], to + filled);
        }
        *ret_n = filled;
        return complete;
}
