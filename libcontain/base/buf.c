/* SPDX-License-Identifier: MIT */

/* The growing buffer, and the writing half of JSON: strings with their escapes. */

#include "base/buf.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void ct_buf_done(struct ct_buf *buf)
{
        int saved = errno;

        free(buf->data);
        *buf = (struct ct_buf)CT_BUF_INIT;
        errno = saved;
}

/* Makes room for @size more bytes and the NUL. */
static int reserve(struct ct_buf *buf, size_t size)
{
        size_t needed, capacity;
        char *data;

        if (buf->failed)
                return -ENOMEM;
        if (__builtin_add_overflow(buf->size, size, &needed) || needed > SIZE_MAX / 2) {
                buf->failed = true;
                return -ENOMEM;
        }
        if (buf->data && needed < buf->capacity)
                return 0;
        capacity = buf->capacity > 0 ? buf->capacity : 64;
        while (capacity <= needed)
                capacity *= 2;
        data = realloc(buf->data, capacity);
        if (!data) {
                buf->failed = true;
                return -ENOMEM;
        }
        buf->data = data;
        buf->capacity = capacity;
        return 0;
}

int ct_buf_append(struct ct_buf *buf, const void *bytes, size_t size)
{
        int r;

        r = reserve(buf, size);
        if (r < 0)
                return r;
        if (size > 0)
                memcpy(buf->data + buf->size, bytes, size);
        buf->size += size;
        buf->data[buf->size] = '\0';
        return 0;
}

int ct_buf_puts(struct ct_buf *buf, const char *text)
{
        return ct_buf_append(buf, text, strlen(text));
}

int ct_buf_printf(struct ct_buf *buf, const char *format, ...)
{
        va_list args;
        int length, r;

        va_start(args, format);
        length = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (length < 0) {
                buf->failed = true;
                return -ENOMEM;
        }
        r = reserve(buf, (size_t)length);
        if (r < 0)
                return r;
        va_start(args, format);
        (void)vsnprintf(buf->data + buf->size, (size_t)length + 1, format, args);
        va_end(args);
        buf->size += (size_t)length;
        return 0;
}

static void put_escaped(struct ct_buf *buf, unsigned char c)
{
        switch (c) {
        case '"':
                (void)ct_buf_puts(buf, "\\\"");
                break;
        case '\\':
                (void)ct_buf_puts(buf, "\\\\");
                break;
        case '\n':
                (void)ct_buf_puts(buf, "\\n");
                break;
        case '\t':
                (void)ct_buf_puts(buf, "\\t");
                break;
        default:
                (void)ct_buf_printf(buf, "\\u%04x", c);
                break;
        }
}

int ct_buf_json_string(struct ct_buf *buf, const char *text)
{
        size_t left = strlen(text);

        (void)ct_buf_append(buf, "\"", 1);
        while (left > 0) {
                size_t length = ct_utf8_length(text, left);
                unsigned char c = (unsigned char)*text;

                if (length == 0) /* file names may hold any byte, JSON may not */
                        (void)ct_buf_puts(buf, "\\ufffd");
                else if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
                        put_escaped(buf, c);
                else
                        (void)ct_buf_append(buf, text, length);
                length = length > 0 ? length : 1;
                text += length;
                left -= length;
        }
        return ct_buf_append(buf, "\"", 1);
}

char *ct_buf_steal(struct ct_buf *buf)
{
        char *data;

        if (ct_buf_append(buf, "", 0) < 0)
                return NULL;
        data = buf->data;
        *buf = (struct ct_buf)CT_BUF_INIT;
        return data;
}
