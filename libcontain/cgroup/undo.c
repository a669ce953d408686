/* SPDX-License-Identifier: MIT */

/*
 * What an update changes, as it was before: a list of writes that brings it back, made by reading the files.
 * Some hold one value, others a line per device, and say nothing of one that has no limit.
 */

#include "cgroup/writes.h"

#include "base/fds.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)1024 * 1024)

/* Files with a line per device or the like, and what to write for one that has none. */
static const struct {
        const char *file; /* the beginning of its name */
        const char *none;
} keyed[] = {
        { "io.max", "rbps=max wbps=max riops=max wiops=max" },
        { "io.weight", "default" },
        { "io.bfq.weight", "default" },
        { "io.latency", "target=0" },
        { "blkio.throttle.", "0" },
        { "blkio.weight_device", "0" },
        { "blkio.leaf_weight_device", "0" },
        { "blkio.bfq.weight_device", "0" },
        { "rdma.max", "hca_handle=max hca_object=max" },
        { "misc.max", "max" },
        { "net_prio.ifpriomap", "0" },
};

static const char *none_of(const char *file)
{
        for (size_t i = 0; i < sizeof keyed / sizeof keyed[0]; i++)
                if (strncmp(file, keyed[i].file, strlen(keyed[i].file)) == 0)
                        return keyed[i].none;
        return NULL;
}

/* The line of @text that begins with the word of @size bytes at @key. */
static const char *find_line(const char *text, const char *key, size_t size)
{
        for (const char *line = text; *line != '\0'; line += *line == '\n') {
                if (strncmp(line, key, size) == 0 && line[size] == ' ')
                        return line;
                line = strchrnul(line, '\n');
        }
        return NULL;
}

static bool is_remembered(const struct ct_cgroup_writes *undo, const char *file, const char *key, size_t size)
{
        for (size_t i = 0; i < undo->n; i++)
                if (strcmp(undo->items[i].file, file) == 0 &&
                    (!key || strncmp(undo->items[i].value, key, size) == 0))
                        return true;
        return false;
}

static void remember_line(const struct ct_cgroup_write *write, const char *none, const char *text,
                          struct ct_cgroup_writes *undo)
{
        const char *line;
        size_t size = strcspn(write->value, " ");

        if (is_remembered(undo, write->file, write->value, size + 1))
                return;
        line = find_line(text, write->value, size);
        if (line)
                ct_writes_add(undo, 0, write->at, write->file, "%.*s", (int)strcspn(line, "\n"), line);
        else
                ct_writes_add(undo, 0, write->at, write->file, "%.*s %s", (int)size, write->value, none);
}

static void remember_value(const struct ct_cgroup_write *write, const char *text,
                           struct ct_cgroup_writes *undo)
{
        const char *limit = strstr(write->file, "limit_in_bytes");
        int length = (int)strcspn(text, "\n");

        if (is_remembered(undo, write->file, NULL, 0))
                return;
        if (strcmp(write->file, "memory.oom_control") == 0 && strncmp(text, "oom_kill_disable ", 17) == 0)
                ct_writes_add(undo, 0, write->at, write->file, "%.1s", text + 17);
        else if (limit && strtoull(text, NULL, 10) > (uint64_t)INT64_MAX - TEXT_MAX) /* v1's "no limit" */
                ct_writes_add(undo, 0, write->at, write->file, "-1");
        else /* an empty list is written by its line end alone */
                ct_writes_add(undo, 0, write->at, write->file, "%.*s", length > 0 ? length : 1, text);
}

static void allow_lines(const struct ct_cgroup_write *write, const char *text, struct ct_cgroup_writes *undo)
{
        while (*text != '\0') {
                int length = (int)strcspn(text, "\n");

                ct_writes_add(undo, CT_WRITE_DEVICES, write->at, "devices.allow", "%.*s", length, text);
                text += length;
                text += *text == '\n';
        }
}

/*
 * v1's list of devices. When everything is allowed, the kernel does not tell the exceptions from that: then
 * what the update made of it stays, rather than allow what had been denied.
 */
static void remember_devices(const struct ct_cgroup_write *write, int folder_fd,
                             struct ct_cgroup_writes *undo)
{
        _cleanup_free_ char *text = NULL;

        if (is_remembered(undo, "devices.deny", NULL, 0) ||
            ct_read_file_at(folder_fd, "devices.list", TEXT_MAX, &text, NULL) < 0 || text[0] == 'a')
                return;
        ct_writes_add(undo, CT_WRITE_DEVICES, write->at, "devices.deny", "a");
        allow_lines(write, text, undo);
}

void ct_writes_remember(const struct ct_cgroup_writes *writes, int folder_fd, struct ct_cgroup_writes *ret)
{
        for (size_t i = 0; i < writes->n; i++) {
                const struct ct_cgroup_write *write = &writes->items[i];
                _cleanup_free_ char *text = NULL;
                const char *none = none_of(write->file);

                if (write->flags & CT_WRITE_CHECK)
                        continue;
                if (write->flags & CT_WRITE_DEVICES) {
                        remember_devices(write, folder_fd, ret);
                        continue;
                }
                /* What cannot be read was not there, or is an order rather than a limit. */
                if (ct_read_file_at(folder_fd, write->file, TEXT_MAX, &text, NULL) < 0 || text[0] == '\0')
                        continue;
                if (none && strchr(write->value, ' '))
                        remember_line(write, none, text, ret);
                else
                        remember_value(write, text, ret);
        }
}

void ct_writes_take_back(const struct ct_cgroup_writes *writes, int folder_fd)
{
        _cleanup_free_ bool *done = calloc(writes->n + 1, sizeof *done);
        bool further = done != NULL;

        while (further) {
                further = false;
                for (size_t i = 0; i < writes->n; i++) {
                        if (done[i])
                                continue;
                        done[i] = ct_write_file_at(folder_fd, writes->items[i].file,
                                                   writes->items[i].value) >= 0;
                        further = further || done[i];
                }
        }
}
