/* SPDX-License-Identifier: MIT */

/* Log records: their two formats, and the places that they go to. */

#include "log.h"

#include "cleanup.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

static const char *const level_names[] = {
        [CONTAIN_LOG_ERROR] = "error",
        [CONTAIN_LOG_WARNING] = "warning",
        [CONTAIN_LOG_INFO] = "info",
        [CONTAIN_LOG_DEBUG] = "debug",
};

int log_level_from_name(const char *name)
{
        if (strcasecmp(name, "warn") == 0)
                return CONTAIN_LOG_WARNING;
        for (int level = 0; level <= CONTAIN_LOG_DEBUG; level++)
                if (strcasecmp(name, level_names[level]) == 0)
                        return level;
        return -EINVAL;
}

/* The length of the UTF-8 sequence at @text, or 0 when there is none. */
static size_t sequence_length(const unsigned char *text)
{
        unsigned long point;
        size_t length;

        if (text[0] < 0x80)
                return 1;
        if (text[0] < 0xc2 || text[0] > 0xf4)
                return 0;
        length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
        point = text[0] & (0x7fU >> length);
        for (size_t i = 1; i < length; i++) {
                if ((text[i] & 0xc0) != 0x80)
                        return 0;
                point = point << 6 | (text[i] & 0x3f);
        }
        /* Overlong forms, surrogates, and what lies beyond Unicode. */
        if ((length == 3 && point < 0x800) || (length == 4 && point < 0x10000) || point > 0x10ffff ||
            (point >= 0xd800 && point <= 0xdfff))
                return 0;
        return length;
}

/* Messages quote what users gave, which can be any bytes: the record must be JSON all the same. */
static void put_string(FILE *out, const char *string)
{
        const unsigned char *text = (const unsigned char *)string;

        fputc('"', out);
        while (*text) {
                size_t length = sequence_length(text);

                if (length == 0) {
                        fputs("\\ufffd", out);
                        length = 1;
                } else if (*text == '"' || *text == '\\') {
                        fprintf(out, "\\%c", *text);
                } else if (*text == '\n') {
                        fputs("\\n", out);
                } else if (*text < 0x20 || *text == 0x7f) {
                        fprintf(out, "\\u%04x", *text);
                } else {
                        fwrite(text, 1, length, out);
                }
                text += length;
        }
        fputc('"', out);
}

char *log_format_record(int level, const char *text, bool json)
{
        char when[sizeof("2000-01-01T00:00:00Z") + 8] = "";
        time_t now = time(NULL);
        char *record = NULL;
        struct tm utc;
        size_t size;
        FILE *out;

        out = open_memstream(&record, &size);
        if (!out)
                return NULL;
        if (gmtime_r(&now, &utc))
                (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
        if (json) {
                fprintf(out, "{\"level\":\"%s\",\"msg\":", level_names[level]);
                put_string(out, text);
                fprintf(out, ",\"time\":\"%s\"}\n", when);
        } else {
                fprintf(out, "time=\"%s\" level=%s msg=", when, level_names[level]);
                put_string(out, text);
                fputc('\n', out);
        }
        if (fclose(out) != 0) {
                free(record);
                return NULL;
        }
        return record;
}

char *log_format_line(int level, const char *text)
{
        char *line = NULL;
        size_t size;
        FILE *out;

        out = open_memstream(&line, &size);
        if (!out)
                return NULL;
        fprintf(out, "contain-run: %s", level == CONTAIN_LOG_WARNING ? "warning: " : "");
        /* What users and configurations gave must not move the cursor of who reads it. */
        for (const unsigned char *p = (const unsigned char *)text; *p; p++)
                fprintf(out, *p < 0x20 || *p == 0x7f ? "\\x%02x" : "%c", *p);
        fputc('\n', out);
        if (fclose(out) != 0) {
                free(line);
                return NULL;
        }
        return line;
}

static int append_file(const char *path, const char *record)
{
        _cleanup_close_ int fd = -EBADF;

        /* Not blocking: it may be a pipe that nobody reads. */
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0644);
        if (fd < 0)
                return -errno;
        /* In one piece: other processes append to the same file. */
        return write(fd, record, strlen(record)) < 0 ? -errno : 0;
}

static int send_datagram(const char *path, const char *text)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address, sizeof(address)) <
            0)
                return -errno;
        return 0;
}

/* syslog(3) priorities, which the journal has too. */
static int priority(int level)
{
        static const int priorities[] = {
                [CONTAIN_LOG_ERROR] = 3,
                [CONTAIN_LOG_WARNING] = 4,
                [CONTAIN_LOG_INFO] = 6,
                [CONTAIN_LOG_DEBUG] = 7,
        };

        return priorities[level];
}

static int send_journal(const char *tag, int level, const char *text)
{
        _cleanup_free_ char *datagram = NULL;
        _cleanup_free_ char *line = strdup(text);

        if (!line)
                return -ENOMEM;
        /* A line end would begin the next field. */
        for (char *p = line; *p; p++)
                if (*p == '\n')
                        *p = ' ';
        if (asprintf(&datagram, "PRIORITY=%d\nSYSLOG_IDENTIFIER=contain-run\nID=%s\nMESSAGE=%s\n",
                     priority(level), tag, line) < 0)
                return -ENOMEM;
        return send_datagram("/run/systemd/journal/socket", datagram);
}

static int send_syslog(const char *tag, int level, const char *text)
{
        enum { FACILITY_DAEMON = 3 << 3 };
        _cleanup_free_ char *datagram = NULL;

        if (asprintf(&datagram, "<%d>%s: %s", FACILITY_DAEMON | priority(level), tag, text) < 0)
                return -ENOMEM;
        return send_datagram("/dev/log", datagram);
}

/* What follows @prefix in @text, or NULL. */
static const char *after(const char *text, const char *prefix)
{
        size_t length = strlen(prefix);

        return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

int log_append(const char *destination, int level, const char *text, const char *record)
{
        const char *rest;

        rest = after(destination, "journald:");
        if (rest)
                return send_journal(rest, level, text);
        rest = after(destination, "syslog:");
        if (rest)
                return send_syslog(rest, level, text);
        rest = after(destination, "file:");
        return append_file(rest ? rest : destination, record);
}
