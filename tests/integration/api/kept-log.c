/* SPDX-License-Identifier: MIT */

/* What tests of keepers do with logs: see keeper.h. */

#include "keeper.h"

char *kept_log(contain_t *c, const contain_logs_options_t *options, int stream)
{
        auto_logs logs = NULL;
        contain_log_entry_t entry = { .size = sizeof(entry) };
        char *text = strdup("");
        size_t size = 0, room = 1;
        int r = 1;

        EXPECT_OK(contain_logs(c, options, &logs, &error_));
        while (text && logs && r > 0) {
                EXPECT_OK(r = contain_log_next(logs, 20000, &entry, &error_));
                if (r <= 0 || (stream != 0 && entry.stream != stream))
                        continue;
                if (size + entry.length + 2 > room) {
                        room = 2 * (size + entry.length + 2);
                        text = realloc(text, room);
                }
                if (!text)
                        return NULL;
                memcpy(text + size, entry.text, entry.length);
                size += entry.length;
                if (!entry.partial)
                        text[size++] = '\n';
                text[size] = '\0';
        }
        return text;
}
