/* SPDX-License-Identifier: MIT */

/* The numbers of a class of service: what the processor has, what the class gets, what was measured. */

#include "cgroup/resctrl.h"
#include "cgroup/stats/stats.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 65536

static char *read_text(int fd, const char *file, struct ct_buf *buf)
{
        char *text = NULL;

        if (fd >= 0 && ct_read_file_at(fd, file, TEXT_MAX, &text, NULL) == -ENOMEM)
                buf->failed = true;
        return text;
}

/* What info/ says of one resource: a mask as text, the others as numbers. */
static void put_info(int root_fd, const char *key, const char *folder, const char *const names[static 4],
                     struct ct_buf *buf)
{
        size_t begin = ct_stats_open(buf, key, '{');
        char file[64];

        for (size_t i = 0; i < 4 && names[i]; i++) {
                _cleanup_free_ char *text = NULL;

                (void)snprintf(file, sizeof file, "info/%s/%s", folder, names[i]);
                if (strcmp(names[i], "cbm_mask") != 0) {
                        ct_stats_put_file(buf, names[i], root_fd, file);
                        continue;
                }
                text = read_text(root_fd, file, buf);
                if (!text)
                        continue;
                text[strcspn(text, "\n")] = '\0';
                ct_stats_key(buf, names[i]);
                (void)ct_buf_json_string(buf, text);
        }
        ct_stats_close_or_drop(buf, begin, '}');
}

/* The line of a class's schemata that begins with @prefix, which the kernel indents. */
static void put_schema(int fd, const char *key, const char *prefix, struct ct_buf *buf)
{
        _cleanup_free_ char *text = read_text(fd, "schemata", buf);
        char *rest = text, *line;

        if (!text)
                return;
        while ((line = ct_stats_line(&rest))) {
                line += strspn(line, " ");
                if (strncmp(line, prefix, strlen(prefix)) != 0)
                        continue;
                ct_stats_key(buf, key);
                (void)ct_buf_json_string(buf, line);
                return;
        }
}

/* One element for each cache whose folder in mon_data has one of the files; "Unavailable" is no number. */
static void put_monitors(int mon_fd, const char *key, struct dirent *const *folders, int n,
                         const char *const files[static 2], struct ct_buf *buf)
{
        size_t begin = ct_stats_open(buf, key, '[');
        char path[2 * NAME_MAX];

        for (int i = 0; i < n; i++) {
                size_t element = ct_stats_open(buf, NULL, '{');

                for (size_t k = 0; k < 2 && files[k]; k++) {
                        (void)snprintf(path, sizeof path, "mon_data/%s/%s", folders[i]->d_name, files[k]);
                        ct_stats_put_file(buf, files[k], mon_fd, path);
                }
                ct_stats_close_or_drop(buf, element, '}');
        }
        ct_stats_close_or_drop(buf, begin, ']');
}

static int is_of_l3(const struct dirent *entry)
{
        return strncmp(entry->d_name, "mon_L3_", strlen("mon_L3_")) == 0;
}

static void put_monitoring(int mon_fd, struct ct_buf *buf)
{
        static const char *const bandwidth[2] = { "mbm_total_bytes", "mbm_local_bytes" };
        static const char *const occupancy[2] = { "llc_occupancy", NULL };
        struct dirent **folders = NULL;
        int n;

        n = mon_fd < 0 ? -1 : scandirat(mon_fd, "mon_data", &folders, is_of_l3, alphasort);
        if (n < 0) {
                if (mon_fd >= 0 && errno == ENOMEM)
                        buf->failed = true;
                return;
        }
        put_monitors(mon_fd, "mbm_stats", folders, n, bandwidth, buf);
        put_monitors(mon_fd, "cmt_stats", folders, n, occupancy, buf);
        for (int i = 0; i < n; i++)
                free(folders[i]);
        free(folders);
}

int ct_resctrl_stats(const int fds[static 3], struct ct_buf *buf)
{
        static const char *const cache[4] = { "cbm_mask", "min_cbm_bits", "num_closids", NULL };
        static const char *const bandwidth[4] = { "bandwidth_gran", "delay_linear", "min_bandwidth",
                                                  "num_closids" };

        put_info(fds[0], "l3_cache_info", "L3", cache, buf);
        put_schema(fds[0], "l3_cache_schema_root", "L3:", buf);
        put_schema(fds[1], "l3_cache_schema", "L3:", buf);
        put_info(fds[0], "mem_bw_info", "MB", bandwidth, buf);
        put_schema(fds[0], "mem_bw_schema_root", "MB:", buf);
        put_schema(fds[1], "mem_bw_schema", "MB:", buf);
        put_monitoring(fds[2], buf);
        return buf->failed ? -ENOMEM : 0;
}
