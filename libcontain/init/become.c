/* SPDX-License-Identifier: MIT */

/*
 * In place, contain-init has nobody outside: it runs the host's steps itself. Only the id maps take somebody
 * who stays out of the new user namespace.
 */

#include "init/init.h"

#define ERROR_SIZE 512
#define MAPS_MAX   (3 + 3 * 340) /* arguments of newuidmap: the kernel takes 340 lines */

static const char *const names[] = {
#define X(op, side, name, code, strings, numbers, blob) [STEP_##op] = name,
        PLAN_STEPS(X)
#undef X
};

/* The one thing that contain-init ever words. */
void init_become_report(const struct init *in, int error)
{
        char line[ERROR_SIZE], number[TEXT_DECIMAL];
        const char *end = line + sizeof(line), *at = NULL, *name = "plan";
        char *to = text_add(line, end, "contain: ");

        if (in->plan && in->step < in->plan->n_steps) {
                const struct plan_step *step = &init_plan_steps(in)[in->step];

                at = init_text(in, step->at);
                name = names[step->op];
        }
        if (at && *at != '\0')
                to = text_add(text_add(to, end, at), end, ": ");
        to = text_add(text_add(to, end, name), end, " failed: errno ");
        (void)text_decimal(number, (uint64_t)(unsigned)error);
        to = text_add(text_add(to, end, number), end, "\n");
        (void)sys_write(2, line, (size_t)(to - line));
}

/* --- id maps -------------------------------------------------------------------------------- */

/* A program of the host's that writes a map for those who may not. */
struct map_helper {
        const char *const *places;
        char **argv;
        int error;
};

static int execute_helper(void *arg)
{
        struct map_helper *helper = arg;
        const uint64_t none[SIGSET_SIZE / 8] = { 0 };
        char *const envp[] = { NULL };

        (void)sys_sigmask(SIG_SETMASK, none);
        for (size_t i = 0; helper->places[i]; i++)
                helper->error = sys_execve(helper->places[i], helper->argv, envp);
        return 1;
}

/* Arguments: its name, the process, then every number of the map. */
static int run_helper(struct init *in, const char *const *places, const char *pid, const char *map)
{
        struct map_helper helper = { .places = places };
        size_t size = text_length(map) + 1, n = 0;
        char *words = init_alloc(in, size);
        int child, r, status = 0;

        helper.argv = init_alloc(in, (MAPS_MAX + 1) * sizeof(*helper.argv));
        if (!words || !helper.argv)
                return -ENOMEM;
        (void)text_copy(words, map, size);
        helper.argv[n++] = (char *)(uintptr_t)places[0];
        helper.argv[n++] = (char *)(uintptr_t)pid;
        while (*words != '\0' && n < MAPS_MAX) {
                if (*words != ' ' && *words != '\n')
                        helper.argv[n++] = words;
                while (*words != '\0' && *words != ' ' && *words != '\n')
                        words++;
                while (*words == ' ' || *words == '\n')
                        *words++ = '\0';
        }
        helper.argv[n] = NULL;

        child = init_vfork(execute_helper, &helper, NULL);
        if (child < 0)
                return child;
        r = sys_wait(child, &status);
        if (helper.error != 0)
                return helper.error;
        if (r < 0)
                return r;
        return status == 0 ? 0 : -EPERM;
}

static int write_map(struct init *in, const char *pid, const char *file, const char *value)
{
        char path[64];
        const char *end = path + sizeof(path);

        (void)text_add(text_add(text_add(path, end, pid), end, "/"), end, file);
        return init_proc_write(in, path, value);
}

static int write_maps(struct init *in, const struct plan_step *step, const char *pid)
{
        static const char *const uid_helpers[] = { "/usr/bin/newuidmap", "/bin/newuidmap",
                                                   "/usr/local/bin/newuidmap", "/run/wrappers/bin/newuidmap",
                                                   NULL };
        static const char *const gid_helpers[] = { "/usr/bin/newgidmap", "/bin/newgidmap",
                                                   "/usr/local/bin/newgidmap", "/run/wrappers/bin/newgidmap",
                                                   NULL };
        const char *uid_map = init_text(in, step->s[0]), *gid_map = init_text(in, step->s[1]);
        bool helpers = step->n[0] != 0;
        int r;

        if (!uid_map || !gid_map)
                return -EINVAL;
        r = helpers ? run_helper(in, uid_helpers, pid, uid_map) : write_map(in, pid, "uid_map", uid_map);
        /* Without privilege a group map is only taken when setgroups(2) has been given up. */
        if (r == 0 && step->n[1] != 0)
                r = write_map(in, pid, "setgroups", "deny");
        if (r == 0)
                r = helpers ? run_helper(in, gid_helpers, pid, gid_map)
                            : write_map(in, pid, "gid_map", gid_map);
        return r;
}

/* The child: waits until the namespace is there, writes, and tells by its status how it went. */
static _Noreturn void write_maps_and_exit(struct init *in, const struct plan_step *step, int fd,
                                          const char *pid)
{
        char byte;
        int r = -ECANCELED;

        if (sys_read(fd, &byte, 1) == 1)
                r = write_maps(in, step, pid);
        sys_exit(-r & 0xff);
}

static int start_maps(struct init *in, const struct plan_step *step)
{
        const struct clone_args args = { .exit_signal = SIGCHLD };
        char pid[TEXT_DECIMAL];
        int ends[2], r;

        r = sys_pipe(ends, O_CLOEXEC);
        if (r < 0)
                return r;
        (void)text_decimal(pid, (uint64_t)sys_getpid());
        in->maps_pid = sys_fork(&args);
        if (in->maps_pid == 0) {
                init_close(&ends[1]);
                write_maps_and_exit(in, step, ends[0], pid);
        }
        init_close(&ends[0]);
        in->maps_fd = ends[1];
        return in->maps_pid < 0 ? init_fail(in, PLAN_DETAIL_FORK, in->maps_pid) : 0;
}

static int finish_maps(struct init *in)
{
        int status = 0;
        long r;

        if (in->maps_fd < 0)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        r = sys_write(in->maps_fd, "", 1);
        init_close(&in->maps_fd);
        if (r < 0)
                return (int)r;
        r = sys_wait(in->maps_pid, &status);
        if (r < 0)
                return (int)r;
        return status & 0x7f ? -EIO : -(status >> 8 & 0xff);
}

/* --- the host's steps ----------------------------------------------------------------------- */

/* Only where one comes from may one raise a limit: the soft one stays for the step itself, as may lowering.
 */
static int raise_hard_limit(const struct plan_step *step)
{
        struct kernel_rlimit limit;
        int r = sys_get_rlimit((int)step->n[0], &limit);

        if (r < 0 || step->n[2] <= limit.hard)
                return r;
        limit.hard = step->n[2];
        return sys_set_rlimit((int)step->n[0], &limit);
}

static int write_own(struct init *in, const char *file, const struct plan_step *step)
{
        const char *value = init_text(in, step->s[0]);

        return value ? init_proc_write(in, file, value) : init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
}

int init_become_before_userns(struct init *in)
{
        const struct plan_step *steps = init_plan_steps(in);
        int r = 0;

        for (uint32_t i = in->step; i < in->plan->n_steps && r == 0; i++) {
                switch (steps[i].op) {
                case STEP_ID_MAPS:
                        r = start_maps(in, &steps[i]);
                        break;
                case STEP_RLIMIT:
                        r = raise_hard_limit(&steps[i]);
                        break;
                case STEP_OOM_SCORE:
                        r = write_own(in, "self/oom_score_adj", &steps[i]);
                        break;
                default:
                        break;
                }
                if (r < 0)
                        in->step = i;
        }
        in->left_userns = true;
        return r;
}

/*
 * Since its ids have changed, the process's own files belong to the root of the namespace that it was
 * executed in, unless it is dumpable.
 */
static int write_time_offsets(struct init *in, const struct plan_step *step)
{
        int r, back;

        r = sys_prctl(PR_SET_DUMPABLE, 1, 0);
        if (r < 0)
                return r;
        r = write_own(in, "self/timens_offsets", step);
        back = sys_prctl(PR_SET_DUMPABLE, 0, 0);
        return r < 0 ? r : back;
}

int init_become_step(struct init *in, const struct plan_step *step)
{
        const struct kernel_rlimit limit = { .soft = step->n[1], .hard = step->n[2] };

        switch (step->op) {
        case STEP_ID_MAPS:
                return finish_maps(in);
        case STEP_TIME_OFFSETS:
                return write_time_offsets(in, step);
        case STEP_RLIMIT:
                return sys_set_rlimit((int)step->n[0], &limit);
        case STEP_OOM_SCORE:
                return in->left_userns ? 0 : write_own(in, "self/oom_score_adj", step);
        default:
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        }
}
