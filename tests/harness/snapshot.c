/* SPDX-License-Identifier: MIT */

/* Writes down everything that a library could have changed in its host. */

#include "harness/snapshot.h"
#include "harness/rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/keyctl.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[SNAPSHOT_PARTS] = { "working directory", "environment", "status",
                                                   "signal handlers",   "limits",      "settings",
                                                   "descriptors",       "children",    "mounts",
                                                   "cgroups",           "state files" };

/* Text that grows. Without memory a test has no way on. */
struct text {
        char *data;
        size_t size;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
        char *line = NULL, *more;
        va_list args;
        int n;

        va_start(args, format);
        n = vasprintf(&line, format, args);
        va_end(args);
        more = n < 0 ? NULL : realloc(text->data, text->size + (size_t)n + 1);
        if (!more)
                abort();
        memcpy(more + text->size, line, (size_t)n + 1);
        text->data = more;
        text->size += (size_t)n;
        free(line);
}

static char *take_cwd(void)
{
        struct text text = { 0 };
        char path[4096];
        struct stat st;

        if (!getcwd(path, sizeof(path)) || stat(".", &st) < 0)
                add(&text, "none: %s\n", strerror(errno));
        else
                add(&text, "%s %lu\n", path, (unsigned long)st.st_ino);
        return text.data;
}

static char *take_environ(void)
{
        struct text text = { 0 };

        add(&text, "at %p\n", (void *)environ);
        for (char **e = environ; *e; e++)
                add(&text, "%s\n", *e);
        return text.data;
}

static char *take_status(void)
{
        static const char *const wanted[] = { "Umask:",        "Uid:",          "Gid:",        "Groups:",
                                              "NStgid:",       "Threads:",      "SigBlk:",     "SigIgn:",
                                              "SigCgt:",       "CapInh:",       "CapPrm:",     "CapEff:",
                                              "CapBnd:",       "CapAmb:",       "NoNewPrivs:", "Seccomp:",
                                              "Cpus_allowed:", "Mems_allowed:", "CoreDumping:" };
        char *status = read_text("/proc/thread-self/status"), *rest = status, *line;
        struct text text = { 0 };

        while ((line = strsep(&rest, "\n")))
                for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
                        if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
                                add(&text, "%s\n", line);
        free(status);
        return text.data;
}

static char *take_signals(void)
{
        struct text text = { 0 };

        for (int signo = 1; signo <= SIGRTMAX; signo++) {
                struct sigaction action;

                if (sigaction(signo, NULL, &action) == 0)
                        add(&text, "%d: %p flags %#x\n", signo, (void *)(uintptr_t)action.sa_handler,
                            (unsigned)action.sa_flags);
        }
        return text.data;
}

static char *take_limits(void)
{
        struct text text = { 0 };

        for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
                struct rlimit limit;

                if (getrlimit((__rlimit_resource_t)resource, &limit) == 0)
                        add(&text, "%d: %llu %llu\n", resource, (unsigned long long)limit.rlim_cur,
                            (unsigned long long)limit.rlim_max);
        }
        return text.data;
}

static char *take_settings(void)
{
        struct text text = { 0 };
        int subreaper = -1, mode = -1;
        char *label;

        prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
        syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0);
        add(&text, "subreaper %d, dumpable %d, parent death signal unset, keepcaps %d, securebits %d\n",
            subreaper, prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS));
        add(&text, "nice %d, policy %d, io priority %ld, memory policy %d, personality %#x\n",
            getpriority(PRIO_PROCESS, 0), sched_getscheduler(0), syscall(SYS_ioprio_get, 1, 0), mode,
            (unsigned)personality(0xffffffff));
        add(&text, "session %d, group %d, keyring %ld, locale %s\n", (int)getsid(0), (int)getpgrp(),
            syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0), setlocale(LC_ALL, NULL));
        label = read_text("/proc/self/oom_score_adj");
        add(&text, "oom %s", label ? label : "?\n");
        free(label);
        return text.data;
}

static int compare_numbers(const struct dirent **a, const struct dirent **b)
{
        return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static char *take_descriptors(void)
{
        DIR *folder = opendir("/proc/self/fd");
        struct text text = { 0 };
        struct dirent **entries;
        char target[4096];
        int n, own = folder ? dirfd(folder) : -1;

        if (folder)
                closedir(folder);
        n = scandir("/proc/self/fd", &entries, NULL, compare_numbers);
        for (int i = 0; i < n; i++) {
                int fd = atoi(entries[i]->d_name);
                char path[64];
                ssize_t size;

                snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
                size = readlink(path, target, sizeof(target) - 1);
                /* The folder that is being read was open at a number that the next free descriptor has, too.
                 */
                if (entries[i]->d_name[0] != '.' && !(fd == own && size < 0))
                        add(&text, "%d: %.*s, flags %#x, %#x\n", fd, (int)size, target,
                            (unsigned)fcntl(fd, F_GETFD), (unsigned)fcntl(fd, F_GETFL));
                free(entries[i]);
        }
        free(entries);
        return text.data;
}

static char *take_children(void)
{
        struct text text = { 0 };
        struct dirent **tasks;
        int n = scandir("/proc/self/task", &tasks, NULL, compare_numbers);

        for (int i = 0; i < n; i++) {
                char path[64], *children;

                if (tasks[i]->d_name[0] != '.') {
                        snprintf(path, sizeof(path), "/proc/self/task/%.16s/children", tasks[i]->d_name);
                        children = read_text(path);
                        add(&text, "%s", children ? children : "");
                        free(children);
                }
                free(tasks[i]);
        }
        free(tasks);
        return text.data;
}

/* nftw(3) has no argument for its callback; one snapshot is taken at a time. */
static struct {
        struct text *text;
        const char *mark;
        int found;
} walk;

static int visit_cgroup(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)ftw;
        if (type == FTW_D && strstr(path, walk.mark)) {
                add(walk.text, "%s\n", path);
                walk.found++;
        }
        return 0;
}

static void find_cgroups(struct text *text, const char *mark)
{
        char *mounts = read_text("/proc/self/mounts"), *rest = mounts, *line;

        walk.text = text;
        walk.mark = mark;
        walk.found = 0;
        while ((line = strsep(&rest, "\n"))) {
                char path[512], type[32];

                if (sscanf(line, "%*s %511s %31s", path, type) == 2 && strncmp(type, "cgroup", 6) == 0)
                        nftw(path, visit_cgroup, 16, FTW_PHYS | FTW_MOUNT);
        }
        free(mounts);
}

static char *take_cgroups(const char *mark)
{
        char *own = read_text("/proc/self/cgroup");
        struct text text = { 0 };

        add(&text, "%s", own ? own : "");
        free(own);
        find_cgroups(&text, mark);
        return text.data;
}

static int visit_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)type;
        (void)ftw;
        add(walk.text, "%s %o\n", path, st->st_mode);
        return 0;
}

static char *take_files(const char *state_root)
{
        struct text text = { 0 };

        add(&text, "%s", "");
        walk.text = &text;
        nftw(state_root, visit_file, 16, FTW_PHYS);
        /* The root itself is made when it is first needed, and stays. */
        if (text.size && !strchr(strchr(text.data, '\n') + 1, '\n'))
                text.data[text.size = 0] = '\0';
        return text.data;
}

struct snapshot *snapshot_take(const char *state_root, const char *mark)
{
        struct snapshot *s = calloc(1, sizeof(*s));

        if (!s)
                abort();
        s->parts[SNAPSHOT_CWD] = take_cwd();
        s->parts[SNAPSHOT_ENVIRON] = take_environ();
        s->parts[SNAPSHOT_STATUS] = take_status();
        s->parts[SNAPSHOT_SIGNALS] = take_signals();
        s->parts[SNAPSHOT_LIMITS] = take_limits();
        s->parts[SNAPSHOT_SETTINGS] = take_settings();
        s->parts[SNAPSHOT_DESCRIPTORS] = take_descriptors();
        s->parts[SNAPSHOT_CHILDREN] = take_children();
        s->parts[SNAPSHOT_MOUNTS] = read_text("/proc/self/mountinfo");
        s->parts[SNAPSHOT_CGROUPS] = take_cgroups(mark);
        s->parts[SNAPSHOT_FILES] = take_files(state_root);
        return s;
}

void snapshot_free(struct snapshot *s)
{
        for (int part = 0; s && part < SNAPSHOT_PARTS; part++)
                free(s->parts[part]);
        free(s);
}

/* Is @line, which ends at @end, one of @text's? */
static int has_line(const char *text, const char *line, size_t size)
{
        for (const char *at = text; (at = strstr(at, line)); at++)
                if ((at == text || at[-1] == '\n') && (at[size] == '\n' || at[size] == '\0'))
                        return 1;
        return 0;
}

static void print_missing(const char *what, const char *from, const char *in)
{
        char *copy = strdup(from), *rest = copy, *line;

        while ((line = strsep(&rest, "\n")))
                if (*line && !has_line(in, line, strlen(line)))
                        fprintf(stderr, "  %s %s\n", what, line);
        free(copy);
}

int snapshot_compare(const struct snapshot *before, const struct snapshot *after)
{
        int differ = 0;

        for (int part = 0; part < SNAPSHOT_PARTS; part++) {
                const char *a = before->parts[part] ? before->parts[part] : "";
                const char *b = after->parts[part] ? after->parts[part] : "";

                if (strcmp(a, b) == 0)
                        continue;
                fprintf(stderr, "%s changed:\n", names[part]);
                print_missing("-", a, b);
                print_missing("+", b, a);
                differ++;
        }
        return differ;
}

int cgroups_left(const char *mark)
{
        struct text text = { 0 };

        find_cgroups(&text, mark);
        if (walk.found)
                fprintf(stderr, "cgroups left: %s", text.data);
        free(text.data);
        return walk.found;
}

int children_left(void)
{
        char *children = take_children(), *rest = children, *pid;
        int n = 0;

        while ((pid = strsep(&rest, " ")))
                n += *pid != '\0';
        free(children);
        return n;
}
