/* SPDX-License-Identifier: MIT */

/* Huge pages, in bytes, by their size: what is reserved where the kernel tells that, else what is used. */

#include "cgroup/stats/stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "hugetlb."

/* The files are named by size: "hugetlb.2MB.current". False for other files, and for
 * "hugetlb.2MB.rsvd.current". */
static bool parse_size(const char *file, const char *suffix, char ret[static NAME_MAX])
{
        size_t length = strlen(file), end = strlen(suffix);

        if (length <= strlen(PREFIX) + end || length >= NAME_MAX ||
            strncmp(file, PREFIX, strlen(PREFIX)) != 0 || strcmp(file + length - end, suffix) != 0)
                return false;
        length -= strlen(PREFIX) + end;
        memcpy(ret, file + strlen(PREFIX), length);
        ret[length] = '\0';
        return !strchr(ret, '.');
}

/* hugetlb.SIZE.rsvd.NAME if it is there, else hugetlb.SIZE.NAME. */
static void put_file(struct ct_buf *buf, const char *key, int fd, const char *size, const char *name)
{
        char file[2 * NAME_MAX];
        uint64_t value;

        (void)snprintf(file, sizeof file, PREFIX "%s.rsvd.%s", size, name);
        if (!ct_stats_read_number(fd, file, buf, &value)) {
                (void)snprintf(file, sizeof file, PREFIX "%s.%s", size, name);
                if (!ct_stats_read_number(fd, file, buf, &value))
                        return;
        }
        ct_stats_put(buf, key, value);
}

static void put_v1(int fd, const char *size, struct ct_buf *buf)
{
        put_file(buf, "usage", fd, size, "usage_in_bytes");
        put_file(buf, "max", fd, size, "max_usage_in_bytes");
        put_file(buf, "failcnt", fd, size, "failcnt");
}

static void put_v2(int fd, const char *size, struct ct_buf *buf)
{
        _cleanup_free_ char *events = NULL;
        char file[2 * NAME_MAX];
        uint64_t count;

        put_file(buf, "usage", fd, size, "current");
        (void)snprintf(file, sizeof file, PREFIX "%s.events", size);
        events = ct_stats_read(fd, file, buf);
        if (events && ct_stats_find(events, "max", &count))
                ct_stats_put(buf, "failcnt", count);
}

static void closedirp(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

void ct_stats_hugetlb(const struct ct_cgroup_stats *stats, struct ct_buf *buf)
{
        int v1 = ct_stats_v1(stats, "hugetlb"), fd = v1 >= 0 ? v1 : ct_stats_v2(stats), folder;
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        char size[NAME_MAX];

        /* A descriptor of its own: the position in it is not shared with anybody. */
        folder = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder >= 0)
                dir = fdopendir(folder);
        if (!dir) {
                if (folder >= 0 && errno == ENOMEM)
                        buf->failed = true;
                (void)ct_close(folder);
                return;
        }
        while ((entry = readdir(dir))) {
                if (!parse_size(entry->d_name, v1 >= 0 ? ".usage_in_bytes" : ".current", size))
                        continue;
                (void)ct_stats_open(buf, size, '{');
                if (v1 >= 0)
                        put_v1(fd, size, buf);
                else
                        put_v2(fd, size, buf);
                ct_stats_close(buf, '}');
        }
}
