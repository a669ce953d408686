/* SPDX-License-Identifier: MIT */

/* The writing of the document: members, with their commas, and objects that may come to nothing. */

#include "cgroup/stats/stats.h"

#include <inttypes.h>

/* A comma, unless this is the first of its object or array. */
static void separate(struct ct_buf *buf)
{
        char last = buf->size > 0 ? buf->data[buf->size - 1] : '{';

        if (last != '{' && last != '[')
                (void)ct_buf_puts(buf, ",");
}

void ct_stats_key(struct ct_buf *buf, const char *key)
{
        separate(buf);
        (void)ct_buf_json_string(buf, key);
        (void)ct_buf_puts(buf, ":");
}

void ct_stats_put(struct ct_buf *buf, const char *key, uint64_t value)
{
        ct_stats_key(buf, key);
        (void)ct_buf_printf(buf, "%" PRIu64, value);
}

void ct_stats_put_file(struct ct_buf *buf, const char *key, int fd, const char *file)
{
        uint64_t value;

        if (ct_stats_read_number(fd, file, buf, &value))
                ct_stats_put(buf, key, value);
}

size_t ct_stats_open(struct ct_buf *buf, const char *key, char bracket)
{
        size_t begin = buf->size;

        if (key)
                ct_stats_key(buf, key);
        else
                separate(buf);
        (void)ct_buf_append(buf, &bracket, 1);
        return begin;
}

void ct_stats_close(struct ct_buf *buf, char bracket)
{
        (void)ct_buf_append(buf, &bracket, 1);
}

void ct_stats_close_or_drop(struct ct_buf *buf, size_t begin, char bracket)
{
        char last = buf->size > 0 ? buf->data[buf->size - 1] : '\0';

        if (last != '{' && last != '[') {
                ct_stats_close(buf, bracket);
                return;
        }
        buf->size = begin;
        buf->data[begin] = '\0';
}
