/* SPDX-License-Identifier: MIT */

/* Counters of network devices, from /proc/PID/net/dev (proc(5)). */

#include "host/net-stats.h"

#include "base/buf.h"
#include "base/fds.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

/* The container decides how many devices it has. */
#define TEXT_MAX ((size_t)16 * 1024 * 1024)

enum { COLUMNS = 16 };

static const struct {
        const char *key;
        size_t column; /* after the name and its colon */
} members[] = {
        { "RxBytes", 0 }, { "RxPackets", 1 }, { "RxErrors", 2 },  { "RxDropped", 3 },
        { "TxBytes", 8 }, { "TxPackets", 9 }, { "TxErrors", 10 }, { "TxDropped", 11 },
};

/* The next decimal number of a line; false for anything else. */
static bool take_number(const char **rest, uint64_t *ret)
{
        const char *p = *rest + strspn(*rest, " ");
        uint64_t value = 0;

        if (*p < '0' || *p > '9')
                return false;
        for (; *p >= '0' && *p <= '9'; p++)
                if (__builtin_mul_overflow(value, 10u, &value) ||
                    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
                        return false;
        *rest = p;
        *ret = value;
        return *p == ' ' || *p == '\0';
}

/* "  eth0: 1296 16 0 0 0 0 0 0 1296 16 0 0 0 0 0 0"; a line of the heading has no numbers. */
static void put_device(char *line, bool first, struct ct_buf *buf)
{
        char *name = line + strspn(line, " ");
        char *colon = strchr(name, ':');
        uint64_t numbers[COLUMNS];
        const char *rest;

        if (!colon)
                return;
        *colon = '\0';
        rest = colon + 1;
        for (size_t i = 0; i < COLUMNS; i++)
                if (!take_number(&rest, &numbers[i]))
                        return;
        (void)ct_buf_puts(buf, first ? "{\"Name\":" : ",{\"Name\":");
        (void)ct_buf_json_string(buf, name);
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
                (void)ct_buf_printf(buf, ",\"%s\":%" PRIu64, members[i].key, numbers[members[i].column]);
        (void)ct_buf_puts(buf, "}");
}

int ct_net_stats_parse(char *text, struct ct_buf *buf)
{
        size_t begin = buf->size;

        for (char *line = text, *next; *line != '\0'; line = next) {
                next = strchrnul(line, '\n');
                if (*next != '\0')
                        *next++ = '\0';
                put_device(line, buf->size == begin, buf);
        }
        return buf->failed ? -ENOMEM : 0;
}

int ct_net_stats(int folder_fd, struct ct_buf *buf)
{
        _cleanup_free_ char *text = NULL;
        struct stat own, its;
        int r;

        if (fstatat(folder_fd, "ns/net", &its, 0) < 0 ||
            fstatat(AT_FDCWD, "/proc/thread-self/ns/net", &own, 0) < 0 ||
            (own.st_dev == its.st_dev && own.st_ino == its.st_ino))
                return 0;
        r = ct_read_file_at(folder_fd, "net/dev", TEXT_MAX, &text, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return ct_net_stats_parse(text, buf);
}
