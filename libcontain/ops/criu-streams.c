/* SPDX-License-Identifier: MIT */

/*
 * Standard streams: what they were is written down beside the images, in descriptors.json, as other runtimes
 * do: a list of the keys by which CRIU finds them again. "pipe:[INODE]" is a pipe; "file[MOUNT:INODE]" a
 * file, and "tty[DEVICE:FS]" a terminal, that is not of the container's own file systems. Anything else is
 * CRIU's to restore.
 */

#include "ops/criu.h"

#include "base/fds.h"
#include "base/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define FILE_NAME "descriptors.json"
#define FILE_MAX  (64 * 1024)

/* --- a checkpoint ---------------------------------------------------------------------------- */

/* The mount that descriptor @number of @pid is of; -1 when that cannot be told. */
static int mount_of(pid_t pid, int number)
{
        _cleanup_free_ char *text = NULL;
        char path[64];
        const char *line;

        (void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, number);
        if (ct_read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0)
                return -1;
        line = strstr(text, "mnt_id:");
        return line ? (int)strtol(line + strlen("mnt_id:"), NULL, 10) : -1;
}

/* Is @mount one of the container's? The first word of each line of its mount table tells. */
static bool is_own_mount(pid_t pid, int mount)
{
        _cleanup_free_ char *text = NULL;
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
        if (ct_read_file_at(AT_FDCWD, path, CT_JSON_MAX_SIZE, &text, NULL) < 0)
                return true;
        for (const char *line = text; line && *line;) {
                if (strtol(line, NULL, 10) == mount)
                        return true;
                line = strchr(line, '\n');
                line = line ? line + 1 : NULL;
        }
        return false;
}

static bool is_terminal(const struct stat *status)
{
        unsigned device = S_ISCHR(status->st_mode) ? major(status->st_rdev) : 0;

        /* /dev/ttyN, /dev/console and serial lines; both ends of pseudo terminals. */
        return device == 4 || device == 5 || (device >= 128 && device <= 143);
}

/* The key of descriptor @number, "" for one that CRIU restores by itself. */
static void find_key(struct ct_criu_job *job, pid_t pid, int number, char *ret, size_t size)
{
        char path[64], link[PATH_MAX];
        struct stat status;
        ssize_t n;
        int mount;

        ret[0] = '\0';
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, number);
        n = readlink(path, link, sizeof(link) - 1);
        if (n < 0 || stat(path, &status) < 0)
                return;
        link[n] = '\0';
        if (S_ISFIFO(status.st_mode) && strncmp(link, "pipe:[", 6) == 0) {
                (void)snprintf(ret, size, "%s", link);
                return;
        }
        mount = mount_of(pid, number);
        if (mount < 0 || is_own_mount(pid, mount))
                return;
        if (is_terminal(&status) && (job->flags & CONTAIN_CHECKPOINT_SHELL_JOB))
                return;
        if (is_terminal(&status))
                (void)snprintf(ret, size, "tty[%" PRIx64 ":%" PRIx64 "]", (uint64_t)status.st_rdev,
                               (uint64_t)status.st_dev);
        else if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode))
                (void)snprintf(ret, size, "file[%x:%" PRIx64 "]", (unsigned)mount, (uint64_t)status.st_ino);
        if (ret[0])
                ct_pb_put_string(&job->opts, CT_CRIU_EXTERNAL, ret);
}

int ct_criu_save_streams(struct ct_criu_job *job, pid_t pid, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        int r;

        (void)ct_buf_puts(&text, "[");
        for (int i = 0; i < 3; i++) {
                char key[PATH_MAX];

                find_key(job, pid, i, key, sizeof(key));
                (void)ct_buf_puts(&text, i ? "," : "");
                (void)ct_buf_json_string(&text, key);
        }
        (void)ct_buf_puts(&text, "]\n");
        if (text.failed)
                return ct_fail_memory(err);
        r = ct_replace_file_at(job->image_fd, FILE_NAME, text.data, text.size);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, -r, NULL, "cannot write '%s/" FILE_NAME "'",
                               job->image_path);
        return 0;
}

/* --- a restore ------------------------------------------------------------------------------- */

static bool is_key(const char *text)
{
        return strncmp(text, "pipe:[", 6) == 0 || strncmp(text, "file[", 5) == 0 ||
               strncmp(text, "tty[", 4) == 0;
}

static int put_streams(struct ct_criu_job *job, const struct ct_json *list, size_t n, contain_error_t **err)
{
        for (size_t i = 0; i < n && i < 3; i++) {
                const char *key = "";
                struct ct_json item;
                int r;

                ct_json_element(list, i, &item);
                r = ct_json_string(&item, &key, err);
                if (r < 0)
                        return r;
                if (is_key(key))
                        ct_criu_put_inherit_fd(&job->opts, key, (int)i);
        }
        return 0;
}

static int parse(struct ct_criu_job *job, const char *text, size_t size, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json list;
        size_t n;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_json_parse(arena, FILE_NAME, text, size, &document, &list, err);
        if (r >= 0)
                r = ct_json_check_array(&list, &n, err);
        return r < 0 ? r : put_streams(job, &list, n, err);
}

int ct_criu_load_streams(struct ct_criu_job *job, contain_error_t **err)
{
        _cleanup_(contain_error_freep) contain_error_t *cause = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = ct_read_file_at(job->image_fd, FILE_NAME, FILE_MAX, &text, &size);
        if (r < 0) {
                r = ct_fail(err, CONTAIN_E_CHECKPOINT, -r, NULL, "cannot read '%s/" FILE_NAME "'",
                            job->image_path);
                ct_error_set_hint(err, "is it the folder of a checkpoint?");
                return r;
        }
        r = parse(job, text, size, &cause);
        if (r == -ENOMEM)
                return ct_fail_memory(err);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, EBADMSG, NULL, "'%s/" FILE_NAME "' is damaged: %s",
                               job->image_path, contain_error_sentence(cause));
        return 0;
}
