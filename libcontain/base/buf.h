/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_BUF_H
#define CT_BASE_BUF_H

/*
 * A growing run of bytes, always followed by a NUL that is not counted. Errors stick: after a
 * failed append the buffer stays failed, so a caller may check once, at the end.
 */

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct ct_buf {
        char *data; /* NULL while nothing was appended */
        size_t size;
        size_t capacity;
        bool failed;
};

#define CT_BUF_INIT                                                                                          \
        {                                                                                                    \
                NULL, 0, 0, false                                                                            \
        }

void ct_buf_done(struct ct_buf *buf);
#define _cleanup_buf_ _cleanup_(ct_buf_done)

int ct_buf_append(struct ct_buf *buf, const void *bytes, size_t size);
int ct_buf_puts(struct ct_buf *buf, const char *text);
int ct_buf_printf(struct ct_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends @text as a JSON string, quotes included. */
int ct_buf_json_string(struct ct_buf *buf, const char *text);
/* Hands the bytes on as a malloc'd string ("" when empty), and empties @buf. NULL when out of memory. */
char *ct_buf_steal(struct ct_buf *buf);

#endif
