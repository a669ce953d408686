/* SPDX-License-Identifier: MIT */

/* The end of contain-init: the working directory, and the user's program. */

#include "init/init.h"

#define PASSWD_MAX   (1u << 20)
#define PASSWD_CHUNK 512
#define HOME_SIZE    1024

/* --- tables --------------------------------------------------------------------------------- */

int init_split_table(struct init *in, const struct plan_step *step, uint64_t argc, uint64_t envc,
                     unsigned spare, char ***ret_argv, char ***ret_envp)
{
        const char *table = init_blob(in, step);
        const char *end = table + step->blob_size;
        char **items;
        size_t n = 0;

        if (argc > step->blob_size || envc > step->blob_size || argc + envc > step->blob_size ||
            (step->blob_size > 0 && end[-1] != '\0'))
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        items = init_alloc(in, (size_t)(argc + envc + spare + 2) * sizeof(*items));
        if (!items)
                return init_fail(in, PLAN_DETAIL_MEMORY, -ENOMEM);
        for (uint64_t i = 0; i < argc + envc; i++) {
                if (table == end)
                        return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
                if (i == argc)
                        items[n++] = NULL;
                items[n++] = (char *)(uintptr_t)table;
                table += text_length(table) + 1;
        }
        if (envc == 0)
                items[n++] = NULL;
        for (unsigned i = 0; i <= spare; i++)
                items[n++] = NULL;
        *ret_argv = items;
        *ret_envp = items + argc + 1;
        return 0;
}

/* --- HOME ----------------------------------------------------------------------------------- */

/* What has been read of a line of passwd(5), name:password:uid:gid:comment:home:shell. */
struct passwd_line {
        unsigned field;
        bool bad;
        uint64_t uid;
        bool has_uid;
        size_t home_size;
        char *home;
};

/* Returns true at the end of the line of @uid. */
static bool read_byte(struct passwd_line *line, char byte, uint32_t uid)
{
        if (byte == '\n') {
                bool found = !line->bad && line->has_uid && line->uid == uid && line->field >= 5 &&
                             line->home_size > 0;

                if (!found)
                        *line = (struct passwd_line){ .home = line->home };
                return found;
        }
        if (byte == ':') {
                line->field++;
        } else if (line->field == 2) {
                line->bad |= byte < '0' || byte > '9' || line->uid > UINT32_MAX;
                line->uid = line->uid * 10 + (uint64_t)(byte - '0');
                line->has_uid = true;
        } else if (line->field == 5) {
                line->bad |= byte == '\0' || line->home_size + 1 >= HOME_SIZE;
                if (!line->bad)
                        line->home[line->home_size++] = byte;
        }
        return false;
}

static bool find_home(int fd, uint32_t uid, char *home)
{
        struct passwd_line line = { .home = home };
        char chunk[PASSWD_CHUNK];
        size_t total = 0;
        long n = 1;

        while (n > 0 && total < PASSWD_MAX) {
                n = sys_read(fd, chunk, sizeof(chunk));
                for (long i = 0; i < n; i++)
                        if (read_byte(&line, chunk[i], uid))
                                return home[line.home_size] = '\0', true;
                total += n > 0 ? (size_t)n : 0;
        }
        if (n == 0 && read_byte(&line, '\n', uid))
                return home[line.home_size] = '\0', true;
        return false;
}

/* The container's own list of users is a file that the image chose: it may be anything, or not be there. */
static bool read_home(struct init *in, uint32_t uid, char *home)
{
        int fd = init_resolve(in, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        struct statx is;
        bool found;

        if (fd < 0)
                return false;
        found = sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &is) == 0 && S_ISREG(is.stx_mode) &&
                find_home(fd, uid, home);
        init_close(&fd);
        return found;
}

static uint32_t planned_uid(const struct init *in)
{
        const struct plan_step *steps = init_plan_steps(in);

        for (uint32_t i = 0; i < in->plan->n_steps; i++)
                if (steps[i].op == STEP_IDENTITY)
                        return (uint32_t)steps[i].n[0];
        return 0;
}

static int add_home(struct init *in, uint64_t envc)
{
        static const char name[] = "HOME=";
        const size_t name_size = sizeof(name) - 1;
        char home[HOME_SIZE], *variable;
        size_t size;

        if (!read_home(in, planned_uid(in), home))
                (void)text_add(home, home + sizeof(home), "/");
        size = text_length(home) + 1;
        variable = init_alloc(in, name_size + size);
        if (!variable)
                return init_fail(in, PLAN_DETAIL_MEMORY, -ENOMEM);
        (void)text_copy(text_copy(variable, name, name_size), home, size);
        in->envp[envc] = variable;
        return 0;
}

/* --- LISTEN_PID ----------------------------------------------------------------------------- */

static int add_listen_pid(struct init *in, uint64_t envc)
{
        static const char name[] = "LISTEN_PID=";
        char *variable = init_alloc(in, sizeof(name) + TEXT_DECIMAL);

        if (!variable)
                return init_fail(in, PLAN_DETAIL_MEMORY, -ENOMEM);
        (void)text_decimal(text_copy(variable, name, sizeof(name) - 1), (uint64_t)sys_getpid());
        in->envp[envc] = variable;
        return 0;
}

/* --- before the filter ---------------------------------------------------------------------- */

int init_unblock(struct init *in)
{
        const uint64_t none[SIGSET_SIZE / 8] = { 0 };
        int r = in->unblocked ? 0 : sys_sigmask(SIG_SETMASK, none);

        in->unblocked = r == 0;
        return r;
}

/*
 * While a container waits to be started, nobody is there who could miss it. Whoever asked for one more
 * process has to be: it would run without anybody who knows of it.
 */
static void leave_without_host(const struct init *in)
{
        struct kernel_pollfd end = { .fd = in->host_fd };
        struct __kernel_timespec now = { 0 };

        if (in->host_fd >= 0 && sys_poll(&end, 1, &now) > 0)
                sys_exit(INIT_EXIT_ALONE);
}

int init_prepare_exec(struct init *in)
{
        const struct plan_step *step = init_plan_steps(in) + in->plan->n_steps - 1;
        int r;

        if (in->exec)
                return 0;
        if (step->op != STEP_EXEC)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        r = init_split_table(in, step, step->n[0], step->n[1], 2, &in->argv, &in->envp);
        if (r == 0 && in->listen_pid)
                r = add_listen_pid(in, step->n[1]);
        if (r == 0 && step->n[2] != 0)
                r = add_home(in, step->n[1] + in->listen_pid);
        if (r == 0)
                r = init_unblock(in);
        if (r < 0)
                return r;
        if (!in->umask_set)
                (void)sys_umask(in->inherited_umask);
        leave_without_host(in);
        in->exec = step;
        return 0;
}

/* --- the working directory ------------------------------------------------------------------ */

/*
 * A descriptor that leaked in would be a way out: no magic links, and the kernel says where we are.
 * An older profile may filter openat2(2); then the second has to do.
 */
int init_step_cwd(struct init *in, const struct plan_step *step)
{
        const char *path = init_text(in, step->s[0]);
        char cwd[PATH_SIZE];
        int fd;
        long r;

        if (!path)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = init_resolve(in, path, O_PATH | O_DIRECTORY, 0);
        if (fd == -ENOSYS || fd == -EPERM) {
                r = sys_chdir(path);
        } else {
                r = fd < 0 ? fd : sys_fchdir(fd);
                init_close(&fd);
        }
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_OPEN, r);
        r = sys_getcwd(cwd, sizeof(cwd));
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_OUTSIDE, r);
        return cwd[0] == '/' ? 0 : init_fail(in, PLAN_DETAIL_OUTSIDE, -EACCES);
}

/* --- the program ---------------------------------------------------------------------------- */

/* Keeps looking after these; anything else is a file that is there. */
static bool is_missing(int r)
{
        return r == -ENOENT || r == -ENOTDIR;
}

static int fail_program(struct init *in, int r)
{
        return init_fail(in, is_missing(r) ? PLAN_DETAIL_NOT_FOUND : PLAN_DETAIL_NOT_EXECUTABLE, r);
}

/* What is done with each place where the program may be: 0 ends the search. */
typedef int try_function(struct init *in, const char *path);

/* Looks for @program as execvp(3) does: in each folder of @path unless it has a slash. */
static int search(struct init *in, const char *program, const char *path, try_function *try)
{
        char file[PATH_SIZE];
        const char *end = file + sizeof(file);
        int denied = 0, r;

        if (text_find(program, '/'))
                return try(in, program);
        if (*program == '\0' || !path)
                return -ENOENT;
        for (;;) {
                size_t size = 0;
                char *tail;

                while (path[size] != '\0' && path[size] != ':')
                        size++;
                if (size + text_length(program) + 2 < sizeof(file)) {
                        tail = size > 0 ? text_copy(file, path, size) : text_add(file, end, ".");
                        (void)text_add(text_add(tail, end, "/"), end, program);
                        r = try(in, file);
                        if (r != -EACCES && !is_missing(r))
                                return r;
                        if (r == -EACCES)
                                denied = r;
                }
                if (path[size] == '\0')
                        return denied ? denied : -ENOENT;
                path += size + 1;
        }
}

/* Would it be executed? As root does: any of the three bits will do. */
static int look(struct init *in, const char *path)
{
        struct statx is;
        int r = sys_statx(CURRENT_DIR, path, 0, STATX_TYPE | STATX_MODE, &is);

        (void)in;
        if (r < 0)
                return r;
        return S_ISREG(is.stx_mode) && (is.stx_mode & 0111) ? 0 : -EACCES;
}

/* Does it depend on the working directory where the program is? */
static bool is_relative(const char *program, const char *path)
{
        if (text_find(program, '/'))
                return program[0] != '/';
        for (; path; path = text_find(path, ':')) {
                path += *path == ':';
                if (*path != '/')
                        return true;
        }
        return false;
}

/* What only the user can see, and root cannot, is left to exec: as is a working directory not there yet. */
int init_step_find_program(struct init *in, const struct plan_step *step)
{
        const char *program = init_text(in, step->s[0]), *path = init_text(in, step->s[1]);
        const char *cwd = init_text(in, step->s[2]);
        bool relative;
        int r;

        if (!program)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        relative = cwd && is_relative(program, path);
        if (relative) {
                int fd = init_resolve(in, cwd, O_PATH | O_DIRECTORY, 0);

                r = fd < 0 ? fd : sys_fchdir(fd);
                init_close(&fd);
                if (r < 0)
                        return 0;
        }
        r = search(in, program, path, look);
        if (r < 0)
                return fail_program(in, r);
        return relative ? sys_fchdir(in->root_fd) : 0;
}

static int try_execve(struct init *in, const char *path)
{
        return sys_execve(path, in->argv, in->envp);
}

int init_step_exec(struct init *in, const struct plan_step *step)
{
        const char *program = init_text(in, step->s[0]);
        int r;

        if (!program)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        r = init_prepare_exec(in);
        if (r < 0)
                return r;
        return fail_program(in, search(in, program, init_text(in, step->s[1]), try_execve));
}
