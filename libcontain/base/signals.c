/* SPDX-License-Identifier: MIT */

/* Names of signals, as people and images write them. */

#include "base/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
        const char *name;
        int signo;
} names[] = {
        { "ABRT", SIGABRT },     { "ALRM", SIGALRM },     { "BUS", SIGBUS },     { "CHLD", SIGCHLD },
        { "CLD", SIGCHLD },      { "CONT", SIGCONT },     { "FPE", SIGFPE },     { "HUP", SIGHUP },
        { "ILL", SIGILL },       { "INT", SIGINT },       { "IO", SIGIO },       { "IOT", SIGABRT },
        { "KILL", SIGKILL },     { "PIPE", SIGPIPE },     { "POLL", SIGIO },     { "PROF", SIGPROF },
        { "PWR", SIGPWR },       { "QUIT", SIGQUIT },     { "SEGV", SIGSEGV },   { "STOP", SIGSTOP },
        { "SYS", SIGSYS },       { "TERM", SIGTERM },     { "TRAP", SIGTRAP },   { "TSTP", SIGTSTP },
        { "TTIN", SIGTTIN },     { "TTOU", SIGTTOU },     { "URG", SIGURG },     { "USR1", SIGUSR1 },
        { "USR2", SIGUSR2 },     { "VTALRM", SIGVTALRM }, { "WINCH", SIGWINCH }, { "XCPU", SIGXCPU },
        { "XFSZ", SIGXFSZ },
#ifdef SIGSTKFLT
        { "STKFLT", SIGSTKFLT },
#endif
};

/* A decimal number without sign, or -EINVAL. */
static int parse_number(const char *text)
{
        char *end;
        long value;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        errno = 0;
        value = strtol(text, &end, 10);
        if (errno != 0 || *end || value > SIGRTMAX)
                return -EINVAL;
        return (int)value;
}

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n". */
static int parse_real_time(const char *text)
{
        int from_start = strncasecmp(text, "RTMIN", 5) == 0;
        int base = from_start ? SIGRTMIN : SIGRTMAX;
        int offset, signo;

        if (!from_start && strncasecmp(text, "RTMAX", 5) != 0)
                return -EINVAL;
        if (!text[5])
                return base;
        if (text[5] != (from_start ? '+' : '-'))
                return -EINVAL;
        offset = parse_number(text + 6);
        if (offset < 0)
                return -EINVAL;
        signo = from_start ? base + offset : base - offset;
        return signo >= SIGRTMIN && signo <= SIGRTMAX ? signo : -EINVAL;
}

int ct_signal_number(const char *text)
{
        int signo;

        signo = parse_number(text);
        if (signo > 0)
                return signo;
        if (strncasecmp(text, "SIG", 3) == 0)
                text += 3;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strcasecmp(names[i].name, text) == 0)
                        return names[i].signo;
        return parse_real_time(text);
}
