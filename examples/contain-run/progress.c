/* SPDX-License-Identifier: MIT */

/* A progress line on a terminal: see progress.h. */

#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define BAR_MAX   30
#define LINE_SIZE 256

static const int signals[] = { SIGINT, SIGTERM };

/* The signal that has come, for progress_tell(). */
static volatile sig_atomic_t caught;

static void note_signal(int signo)
{
        caught = signo;
}

void progress_begin(struct progress *progress, bool quiet)
{
        struct sigaction action = { .sa_handler = note_signal };
        const char *terminal = getenv("TERM");

        *progress = (struct progress){ .active = true };
        progress->shown = !quiet && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
        caught = 0;
        for (size_t i = 0; i < 2; i++) {
                (void)sigaction(signals[i], NULL, &progress->before[i]);
                if (progress->before[i].sa_handler != SIG_IGN)
                        (void)sigaction(signals[i], &action, NULL);
        }
}

static unsigned width(void)
{
        struct winsize size;

        if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return 80;
        return size.ws_col < LINE_SIZE ? size.ws_col : LINE_SIZE - 1;
}

/* "12.3 MiB" */
static void format_bytes(uint64_t bytes, char *ret, size_t size)
{
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
        double value = (double)bytes;
        size_t unit = 0;

        while (value >= 1024 && unit < 4) {
                value /= 1024;
                unit++;
        }
        (void)snprintf(ret, size, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static void format_bar(const contain_image_progress_t *told, char *ret, size_t size)
{
        uint64_t done = told->done < told->total ? told->done : told->total;
        double part = told->total > 0 ? (double)done / (double)told->total : 0;
        char bar[BAR_MAX + 1];

        memset(bar, ' ', BAR_MAX);
        memset(bar, '=', (size_t)(part * BAR_MAX));
        bar[BAR_MAX] = '\0';
        (void)snprintf(ret, size, "[%s] %3.0f %%", bar, part * 100);
}

/* What a terminal might take for a command is not passed on. */
static void make_printable(char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text < ' ' || *text == 0x7f)
                        *text = '?';
}

static void draw(struct progress *progress, const contain_image_progress_t *told)
{
        char done[32], total[32], bar[BAR_MAX + 16], line[LINE_SIZE];

        format_bytes(told->done, done, sizeof(done));
        format_bytes(told->total, total, sizeof(total));
        format_bar(told, bar, sizeof(bar));
        if (told->total > 0)
                (void)snprintf(line, sizeof(line), "%s %s %s of %s  %.19s", told->phase, bar, done, total,
                               told->what);
        else
                (void)snprintf(line, sizeof(line), "%s %s  %s", told->phase, done, told->what);
        make_printable(line);
        (void)fprintf(stderr, "\r%.*s\033[K", (int)width() - 1, line);
        progress->drawn = true;
}

int progress_tell(void *userdata, const contain_image_progress_t *told)
{
        struct progress *progress = userdata;

        if (progress->shown && told->phase[0])
                draw(progress, told);
        return caught;
}

void progress_end(struct progress *progress)
{
        if (!progress->active)
                return;
        progress->active = false;
        if (progress->drawn)
                (void)fputs("\r\033[K", stderr);
        for (size_t i = 0; i < 2; i++)
                (void)sigaction(signals[i], &progress->before[i], NULL);
        if (caught)
                (void)raise(caught);
}
