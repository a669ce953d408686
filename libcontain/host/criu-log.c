/* SPDX-License-Identifier: MIT */

/* What CRIU's log says about a failure. */

#include "host/criu.h"

#include "base/fds.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Logs have megabytes; failures are at the end. */
#define TAIL_MAX  (64 * 1024)
#define LINES_MAX 3

/* The end of the file, malloc'd, beginning with a whole line. */
static char *read_tail(int folder_fd, const char *name)
{
        _cleanup_close_ int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        struct stat status;
        off_t from;
        ssize_t n;

        if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
                return NULL;
        from = status.st_size > TAIL_MAX ? status.st_size - TAIL_MAX : 0;
        text = malloc(TAIL_MAX + 1);
        if (!text)
                return NULL;
        n = pread(fd, text, TAIL_MAX, from);
        if (n < 0)
                return NULL;
        for (ssize_t i = 0; i < n; i++)
                if (text[i] == '\0')
                        text[i] = '?';
        text[n] = '\0';
        return ct_take(text);
}

/* "(00.029571) Error (criu/mount.c:1088): mnt: Mount …": what comes after the place, or NULL for other lines.
 */
static const char *failure_of(const char *line)
{
        const char *words = strstr(line, "Error (");

        words = words ? strstr(words, "): ") : NULL;
        if (!words)
                return NULL;
        words += 3;
        /* These follow from what was said before. */
        return strcmp(words, "Dumping FAILED.") == 0 || strcmp(words, "Restoring FAILED.") == 0 ? NULL
                                                                                                : words;
}

static void append(char *ret, size_t size, const char *words)
{
        size_t n = strlen(ret);

        if (n > 0 && n + 2 < size)
                n += (size_t)(stpcpy(ret + n, "; ") - (ret + n));
        while (*words && n + 1 < size) {
                size_t length = ct_utf8_length(words, strlen(words));

                if (length > 0 && n + length >= size)
                        break;
                if (length == 1 && (unsigned char)*words < ' ')
                        ret[n++] = ' ';
                else if (length == 0)
                        ret[n++] = '?';
                else
                        memcpy(ret + n, words, length), n += length;
                words += length > 0 ? length : 1;
        }
        ret[n] = '\0';
}

void ct_criu_read_log(int folder_fd, const char *name, char *ret, size_t size)
{
        _cleanup_free_ char *text = read_tail(folder_fd, name);
        const char *last[LINES_MAX];
        size_t n = 0;

        ret[0] = '\0';
        for (char *line = text, *end; line; line = end) {
                const char *words;

                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                words = failure_of(line);
                if (!words)
                        continue;
                if (n == LINES_MAX)
                        memmove(last, last + 1, --n * sizeof(last[0]));
                last[n++] = words;
        }
        for (size_t i = 0; i < n; i++)
                append(ret, size, last[i]);
}
