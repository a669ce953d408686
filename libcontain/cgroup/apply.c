/* SPDX-License-Identifier: MIT */

/* Performs lists of writes in a cgroup's folder. */

#include "cgroup/controllers.h"
#include "cgroup/devices.h"

#include "base/fds.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Kernels round a limit down to a multiple of the page size. */
#define ROUNDING_MAX (UINT64_C(1) << 16)

#define LIST_MAX ((size_t)65536)

/* What an errno that says little may be about. */
static const struct {
        const char *file; /* or the beginning of its name */
        int errnum;
        const char *hint;
} hints[] = {
        { "io.", ENODEV, "major and minor have to be those of a whole disk, not of a partition" },
        { "blkio.", ENODEV, "major and minor have to be those of a whole disk, not of a partition" },
        { "rdma.max", ENODEV, "there is no rdma device of this name" },
        { "cpu.rt_", EINVAL, "the cgroups above need as much real-time budget; a new one has none" },
        { "memory.limit_in_bytes", EINVAL,
          "the limit of memory and swap together is below that: it has to be raised as well" },
        { "memory.memsw.limit_in_bytes", EINVAL, "the limit of memory, which counts as well, is above that" },
        { "devices.", EINVAL, "cgroup v1 changes no device rules above other cgroups" },
};

/* The file that was written last stays open: device rules are many writes to one. */
struct target {
        int folder_fd;
        int fd;
        const char *file;
};

static void target_done(struct target *target)
{
        target->fd = ct_close(target->fd);
}

static int write_value(struct target *target, const char *file, const char *value)
{
        if (!target->file || strcmp(target->file, file) != 0) {
                target->file = NULL;
                target->fd = ct_close(target->fd);
                target->fd = openat(target->folder_fd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
                if (target->fd < 0)
                        return -errno;
                target->file = file;
        }
        return write(target->fd, value, strlen(value)) < 0 ? -errno : 0;
}

/* Reads the first word of a file: a number, "max", or nothing. */
static int read_word(int folder_fd, const char *file, char ret[static 32])
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = ct_read_file_at(folder_fd, file, 4096, &text, NULL);
        if (r < 0)
                return r;
        text[strcspn(text, " \n")] = '\0';
        return snprintf(ret, 32, "%s", text) >= 32 ? -EINVAL : 0;
}

/* 1 when the number in the file is above @limit, 0 when not. */
static int is_above(int folder_fd, const char *file, uint64_t limit)
{
        char word[32];
        int r;

        r = read_word(folder_fd, file, word);
        if (r < 0)
                return r;
        return strcmp(word, "max") == 0 || strtoull(word, NULL, 10) > limit;
}

static int write_keeping_first(struct target *target, const struct ct_cgroup_write *write)
{
        char word[32], value[128];
        int r;

        r = read_word(target->folder_fd, write->file, word);
        if (r < 0)
                return r;
        r = snprintf(value, sizeof value, "%s %s", word, write->value);
        return r >= (int)sizeof value ? -EINVAL : write_value(target, write->file, value);
}

/* Memory and swap together, less the limit of memory. -EDOM: that has none, so there is no difference. */
static int write_beyond_limit(struct target *target, const struct ct_cgroup_write *write)
{
        uint64_t both = strtoull(write->value, NULL, 10), limit;
        char word[32];
        int r;

        r = read_word(target->folder_fd, "memory.max", word);
        if (r < 0)
                return r;
        if (strcmp(word, "max") == 0)
                return -EDOM;
        limit = strtoull(word, NULL, 10);
        if (both < limit)
                return -ERANGE;
        (void)snprintf(word, sizeof word, "%" PRIu64, both - limit);
        return write_value(target, write->file, word);
}

/* Whether what the cgroup has now is of what was asked for: -ENXIO when not. */
static int check_effective(int folder_fd, const struct ct_cgroup_write *write)
{
        _cleanup_free_ char *text = NULL;
        char file[64];
        int r;

        (void)snprintf(file, sizeof file, "%s.effective", write->file);
        r = ct_read_file_at(folder_fd, file, LIST_MAX, &text, NULL);
        if (r < 0)
                return r;
        return ct_list_has(write->value, text) ? 0 : -ENXIO;
}

static int perform(struct target *target, const struct ct_cgroup_write *write)
{
        uint64_t number = strtoull(write->value, NULL, 10);
        int r;

        if (write->flags & CT_WRITE_CHECK) {
                r = is_above(target->folder_fd, write->file, number);
                return r > 0 ? -EBUSY : r;
        }
        if (write->flags & CT_WRITE_KEEP_FIRST)
                return write_keeping_first(target, write);
        if (write->flags & CT_WRITE_BEYOND_LIMIT)
                return write_beyond_limit(target, write);
        r = write_value(target, write->file, write->value);
        if (r >= 0 && write->flags & CT_WRITE_EFFECTIVE)
                return check_effective(target->folder_fd, write);
        if (r < 0 || !(write->flags & CT_WRITE_VERIFY))
                return r;
        r = is_above(target->folder_fd, write->file, number + ROUNDING_MAX);
        return r > 0 ? -EOPNOTSUPP : r;
}

static int word_check(const struct ct_cgroup_write *write, int r, contain_error_t **err)
{
        (void)ct_fail(err, CONTAIN_E_CGROUP, -r, write->at, "more than the limit of '%s' is in use ('%s')",
                      write->value, write->file);
        ct_error_set_cause(err, CONTAIN_CAUSE_CONFIG);
        return r;
}

static int word_failure(const struct ct_cgroup_write *write, int r, contain_error_t **err)
{
        if (r == -ENOENT || r == -EOPNOTSUPP)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, write->at,
                               "this kernel has no use for cgroup file '%s'", write->file);
        if (write->flags & CT_WRITE_CHECK)
                return word_check(write, r, err);
        if (write->flags & CT_WRITE_BEYOND_LIMIT && r == -EDOM)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, write->at,
                               "on cgroup v2, swap cannot be limited while memory is not");
        if (write->flags & CT_WRITE_EFFECTIVE && r == -ENXIO)
                return ct_fail(err, CONTAIN_E_CGROUP, ERANGE, write->at,
                               "the cgroups above have nothing of '%s' ('%s')", write->value, write->file);
        (void)ct_fail(err, CONTAIN_E_CGROUP, -r, write->at, "cannot write '%s' to cgroup file '%s'",
                      write->value, write->file);
        for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
                if (r == -hints[i].errnum && strncmp(write->file, hints[i].file, strlen(hints[i].file)) == 0)
                        ct_error_set_hint(err, "%s", hints[i].hint);
        return r;
}

/* Whether the write's failure is none. */
static bool is_fine(const struct ct_cgroup_writes *writes, const struct ct_cgroup_write *write, int r)
{
        if (r >= 0)
                return true;
        if ((r == -ENOENT || r == -EOPNOTSUPP) && write->flags & CT_WRITE_PASS_OVER) {
                ct_writes_pass_over(writes, write->at);
                return true;
        }
        if (r == -ENOENT && write->flags & CT_WRITE_OPTIONAL)
                return true;
        return (r == -EPERM || r == -EACCES) && write->flags & CT_WRITE_DEVICES &&
               !ct_cgroup_restricts_devices();
}

/* Tells both of a pair; one that has no use for it is passed over, unless that is both. */
static int perform_pair(struct target *target, const struct ct_cgroup_write *pair, contain_error_t **err)
{
        int done = 0, r = 0;

        for (size_t i = 0; i < 2; i++) {
                r = perform(target, &pair[i]);
                if (r < 0 && r != -ENOENT && r != -EOPNOTSUPP)
                        return word_failure(&pair[i], r, err);
                done += r >= 0;
        }
        return done > 0 ? 0 : word_failure(&pair[1], r, err);
}

/* Writes @n neighbours of a group from @first on, again and again while that gets further. */
static int perform_group(struct target *target, const struct ct_cgroup_writes *list, size_t first, size_t n,
                         contain_error_t **err)
{
        const struct ct_cgroup_write *writes = list->items + first;
        const struct ct_cgroup_write *refused;
        uint64_t done = 0, before;

        do {
                before = done;
                refused = NULL;
                for (size_t i = 0; i < n; i++) {
                        int r;

                        if (done & UINT64_C(1) << i)
                                continue;
                        r = perform(target, &writes[i]);
                        if (is_fine(list, &writes[i], r))
                                done |= UINT64_C(1) << i;
                        else if (r != -EINVAL)
                                return word_failure(&writes[i], r, err);
                        else if (!refused)
                                refused = &writes[i];
                }
        } while (refused && done != before);
        return refused ? word_failure(refused, -EINVAL, err) : 0;
}

/* How many writes from @i on belong together. */
static size_t group_size(const struct ct_cgroup_writes *writes, size_t i)
{
        size_t n = 1;

        while (writes->items[i].group != 0 && i + n < writes->n && n < 64 &&
               writes->items[i + n].group == writes->items[i].group)
                n++;
        return n;
}

static int apply_devices(const struct ct_cgroup_writes *writes, int folder_fd, contain_error_t **err)
{
        int r;

        r = ct_devices_attach(writes->devices, folder_fd);
        if (r >= 0 || ((r == -EPERM || r == -EACCES) && !ct_cgroup_restricts_devices()))
                return 0;
        return ct_fail(err, CONTAIN_E_CGROUP, -r, "/linux/resources/devices",
                       "cannot attach the program that restricts devices");
}

int ct_writes_check(const struct ct_cgroup_writes *writes, int folder_fd, contain_error_t **err)
{
        _cleanup_(target_done) struct target target = { .folder_fd = folder_fd, .fd = -EBADF };

        for (size_t i = 0; i < writes->n; i++) {
                int r;

                if (!(writes->items[i].flags & CT_WRITE_CHECK))
                        continue;
                r = perform(&target, &writes->items[i]);
                if (r < 0)
                        return word_failure(&writes->items[i], r, err);
        }
        return 0;
}

int ct_writes_apply(const struct ct_cgroup_writes *writes, int folder_fd, contain_error_t **err)
{
        _cleanup_(target_done) struct target target = { .folder_fd = folder_fd, .fd = -EBADF };
        int r;

        for (size_t i = 0; i < writes->n;) {
                const struct ct_cgroup_write *write = &writes->items[i];
                size_t n = group_size(writes, i);

                if (write->flags & CT_WRITE_OR_NEXT) {
                        r = perform_pair(&target, write, err);
                        n = 2;
                } else {
                        r = perform_group(&target, writes, i, n, err);
                }
                if (r < 0)
                        return r;
                i += n;
        }
        return writes->devices ? apply_devices(writes, folder_fd, err) : 0;
}
