/* SPDX-License-Identifier: MIT */

/* How the container's process ended, as a file that replaces nothing half. */

#include "init/keeper.h"

#define NEW_FILE  KEEPER_EXIT_FILE ".new"
#define FILE_MODE 0600
#define OOM_SIZE  4096
#define EXIT_SIZE 256

/* The number behind "oom_kill " at the beginning of a line. */
static bool was_oom(int fd)
{
        static const char word[] = "\noom_kill ";
        char text[OOM_SIZE];
        long size;

        text[0] = '\n';
        size = fd < 0 ? -EBADF : sys_read(fd, text + 1, sizeof(text) - 1);
        for (long i = 0; i + (long)sizeof(word) - 1 < size + 1; i++) {
                unsigned n = 0;

                while (n < sizeof(word) - 1 && text[i + n] == word[n])
                        n++;
                if (n == sizeof(word) - 1)
                        return text[i + n] > '0' && text[i + n] <= '9';
        }
        return false;
}

static char *add_member(char *to, const char *end, const char *name, uint64_t value)
{
        char digits[TEXT_DECIMAL];

        (void)text_decimal(digits, value);
        return text_add(text_add(text_add(to, end, name), end, ": "), end, digits);
}

static size_t format(const struct keeper *k, int status, bool known, char text[EXIT_SIZE])
{
        struct __kernel_timespec now = { 0 };
        const char *end = text + EXIT_SIZE;
        unsigned signo = (unsigned)status & 0x7f;
        char *to;

        (void)sys_now(&now);
        to = text_add(text, end, "{ \"version\": 1");
        if (known && signo == 0)
                to = add_member(to, end, ", \"code\"", (unsigned)status >> 8 & 0xff);
        if (known && signo != 0)
                to = add_member(to, end, ", \"signal\"", signo);
        if (known && (status & 0x80))
                to = text_add(to, end, ", \"core\": true");
        if (was_oom(k->oom_fd))
                to = text_add(to, end, ", \"oom\": true");
        to = add_member(to, end, ", \"ended\"", (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
        to = add_member(to, end, ", \"lost\"", k->log.lost);
        return (size_t)(text_add(to, end, " }\n") - text);
}

static int write_file(int folder_fd, const char *text, size_t size)
{
        int fd = sys_openat(folder_fd, NEW_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                            FILE_MODE);
        int r;

        if (fd < 0)
                return fd;
        r = sys_write(fd, text, size) == (long)size ? sys_fsync(fd) : -ENOSPC;
        init_close(&fd);
        return r;
}

void keeper_record_exit(struct keeper *k)
{
        char text[EXIT_SIZE];
        int status = 0;
        bool known = sys_wait_now(k->pid, &status) == k->pid;

        k->exited = true;
        init_close(&k->pidfd);
        /* What it has written is in the log by then. */
        keeper_read_outputs(k);
        if (write_file(k->folder_fd, text, format(k, status, known, text)) == 0 &&
            sys_renameat(k->folder_fd, NEW_FILE, k->folder_fd, KEEPER_EXIT_FILE) == 0)
                (void)sys_fsync(k->folder_fd);
        init_close(&k->oom_fd);
        k->recorded = true;
        keeper_tell_waiting(k);
}
