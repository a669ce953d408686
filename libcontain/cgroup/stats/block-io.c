/* SPDX-License-Identifier: MIT */

/* Block devices: bytes and operations per device and direction. v1 has files for each, v2 one for all. */

#include "cgroup/stats/stats.h"

#include <string.h>

enum { CANDIDATES = 4 };

/* What each member may be read from on v1, in this order: the I/O schedulers count, or the throttle does. */
static const struct table {
        const char *key;
        const char *files[CANDIDATES];
} tables[] = {
        { "ioServiceBytesRecursive",
          { "blkio.bfq.io_service_bytes_recursive", "blkio.io_service_bytes_recursive",
            "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes" } },
        { "ioServicedRecursive",
          { "blkio.bfq.io_serviced_recursive", "blkio.io_serviced_recursive",
            "blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced" } },
        { "ioQueueRecursive", { "blkio.bfq.io_queued_recursive", "blkio.io_queued_recursive" } },
        { "ioServiceTimeRecursive",
          { "blkio.bfq.io_service_time_recursive", "blkio.io_service_time_recursive" } },
        { "ioWaitTimeRecursive", { "blkio.bfq.io_wait_time_recursive", "blkio.io_wait_time_recursive" } },
        { "ioMergedRecursive", { "blkio.bfq.io_merged_recursive", "blkio.io_merged_recursive" } },
        { "ioTimeRecursive", { "blkio.bfq.time_recursive", "blkio.time_recursive" } },
        { "sectorsRecursive", { "blkio.bfq.sectors_recursive", "blkio.sectors_recursive" } },
};

/* Splits "8:0". */
static bool parse_device(char *word, uint64_t ret[static 2])
{
        char *colon = strchr(word, ':');

        if (!colon)
                return false;
        *colon = '\0';
        return ct_stats_number(word, &ret[0]) && ct_stats_number(colon + 1, &ret[1]);
}

static void put_entry(struct ct_buf *buf, const uint64_t device[static 2], const char *op, uint64_t value)
{
        (void)ct_stats_open(buf, NULL, '{');
        ct_stats_put(buf, "major", device[0]);
        ct_stats_put(buf, "minor", device[1]);
        if (op) {
                ct_stats_key(buf, "op");
                (void)ct_buf_json_string(buf, op);
        }
        ct_stats_put(buf, "value", value);
        ct_stats_close(buf, '}');
}

/* "8:0 Read 1282048", or "8:0 1282048" where there are no directions; "Total 1282048" is of no device. */
static void put_line_v1(char *line, struct ct_buf *buf)
{
        char *name = ct_stats_word(&line), *op = ct_stats_word(&line), *word = ct_stats_word(&line);
        uint64_t device[2], value;

        if (!name || !op || !parse_device(name, device))
                return;
        if (ct_stats_number(word ? word : op, &value))
                put_entry(buf, device, word ? op : NULL, value);
}

/* False: no device is in it, or it is not there. */
static bool put_file_v1(int fd, const struct table *table, size_t candidate, struct ct_buf *buf)
{
        _cleanup_free_ char *text = ct_stats_read(fd, table->files[candidate], buf);
        size_t begin = buf->size;
        char *rest = text, *line;

        if (!text)
                return false;
        begin = ct_stats_open(buf, table->key, '[');
        while ((line = ct_stats_line(&rest)))
                put_line_v1(line, buf);
        ct_stats_close_or_drop(buf, begin, ']');
        return buf->size > begin;
}

static void put_v1(int fd, struct ct_buf *buf)
{
        for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
                for (size_t k = 0; k < CANDIDATES && tables[i].files[k]; k++)
                        if (put_file_v1(fd, &tables[i], k, buf))
                                break;
}

/*
 * The entries of io.stat that have one of the three names, each as the operation of v1 that it is. Kernels
 * up to 6.1 may have several devices on a line: "8:0 8:16 rbytes=1 …" is of 8:16.
 */
static void put_v2(const char *text, const char *key, const char *const names[static 3], struct ct_buf *buf)
{
        static const char *const ops[3] = { "Read", "Write", "Discard" };
        _cleanup_free_ char *copy = strdup(text);
        char *rest = copy, *line, *word;
        size_t begin;

        if (!copy) {
                buf->failed = true;
                return;
        }
        begin = ct_stats_open(buf, key, '[');
        while ((line = ct_stats_line(&rest))) {
                uint64_t device[2], value;
                bool has_device = false;

                while ((word = ct_stats_word(&line))) {
                        char *equals = strchr(word, '=');

                        if (!equals) {
                                has_device = parse_device(word, device);
                                continue;
                        }
                        *equals = '\0';
                        for (size_t i = 0; has_device && i < 3; i++)
                                if (strcmp(word, names[i]) == 0 && ct_stats_number(equals + 1, &value))
                                        put_entry(buf, device, ops[i], value);
                }
        }
        ct_stats_close_or_drop(buf, begin, ']');
}

void ct_stats_block_io(const struct ct_cgroup_stats *stats, struct ct_buf *buf)
{
        static const char *const bytes[3] = { "rbytes", "wbytes", "dbytes" };
        static const char *const operations[3] = { "rios", "wios", "dios" };
        int v1 = ct_stats_v1(stats, "blkio");
        _cleanup_free_ char *text = NULL;

        if (v1 >= 0)
                put_v1(v1, buf);
        else
                text = ct_stats_read(ct_stats_v2(stats), "io.stat", buf);
        if (text) {
                put_v2(text, "ioServiceBytesRecursive", bytes, buf);
                put_v2(text, "ioServicedRecursive", operations, buf);
        }
        ct_stats_pressure(stats, "io.pressure", buf);
}
