/* SPDX-License-Identifier: MIT */

/*
 * Runs one more program in a container, as execve(2) would: it runs when this returns, or has failed and left
 * nothing behind. What is taken from the handle is copied at once, so that whatever else is done with the
 * container goes on meanwhile: a process in a container that is paused waits for it to be resumed.
 */

#include "ops/exec.h"

#include "base/fds.h"
#include "host/console.h"
#include "host/converse.h"
#include "host/entry.h"
#include "host/words.h"
#include "ops/talk.h"

#include <sched.h>
#include <signal.h>
#include <string.h>

/* How long a container that ends may take until its first process counts as ended. */
#define END_MS 1000

struct execution {
        struct contain *c;
        const struct ct_exec_request *request;

        /* Of the container. */
        char *config; /* its document */
        size_t config_size;
        char *bundle;
        bool no_new_keyring;
        struct ct_child first; /* its own process */
        struct ct_resctrl *resctrl;
        struct ct_entry entry;

        struct ct_arena *arena;
        struct ct_spec *spec; /* the container's, with the process that is to run */
        struct ct_plan *plan;
        struct ct_slots slots;
        struct ct_turn turn; /* with a copy of the container's cgroup */
        struct ct_talk talk;
        int64_t deadline; /* by which the program runs */
        int socket_fd, init_fd;
        int console_fd;
};

static void execution_init(struct execution *exec, struct contain *c, const struct ct_exec_request *request)
{
        *exec = (struct execution){ .c = c,
                                    .request = request,
                                    .deadline = request->timeout_ms > 0
                                                        ? ct_clock_deadline(request->timeout_ms)
                                                        : CT_CLOCK_NEVER,
                                    .first = { .pidfd = -EBADF },
                                    .entry = CT_ENTRY_INIT,
                                    .turn = { .c = c, .child = { .pidfd = -EBADF }, .network_fd = -EBADF },
                                    .socket_fd = -EBADF,
                                    .init_fd = -EBADF,
                                    .console_fd = -EBADF };
}

static void execution_done(struct execution *exec)
{
        ct_close(exec->socket_fd);
        ct_close(exec->init_fd);
        ct_cgroup_free(exec->turn.cgroup);
        ct_resctrl_free(exec->resctrl);
        ct_entry_done(&exec->entry);
        ct_slots_done(&exec->slots);
        ct_plan_free(exec->plan);
        ct_arena_free(exec->arena);
        ct_close(exec->first.pidfd);
        ct_close(exec->console_fd);
        free(exec->config);
        free(exec->bundle);
}

/* --- the container -------------------------------------------------------------------------- */

static int fail_ended(const struct contain *c, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' is not running", c->id);
}

static int check_status(struct contain *c, contain_error_t **err)
{
        int status = ct_op_status(c, err);

        if (status < 0)
                return status;
        if (status == CONTAIN_STATUS_NONE)
                return ct_fail(err, CONTAIN_E_NOT_FOUND, ENOENT, NULL, "container '%s' does not exist",
                               c->id);
        if (status == CONTAIN_STATUS_STOPPED)
                return fail_ended(c, err);
        if (status == CONTAIN_STATUS_CREATING)
                return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL,
                               "cannot exec in container '%s', which is being created", c->id);
        return 0;
}

/* Of the cgroup that the process is to be in, which the container itself may have frozen. */
static int check_frozen(const struct execution *exec, contain_error_t **err)
{
        if ((exec->request->flags & CONTAIN_EXEC_IGNORE_PAUSED) || !exec->turn.cgroup ||
            ct_cgroup_frozen(exec->turn.cgroup) != 1)
                return 0;
        (void)ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL, "cannot exec in a paused container ('%s')",
                      exec->c->id);
        ct_error_set_hint(err, "resume it first");
        return -EINVAL;
}

static int copy_cgroup(struct execution *exec, const struct ct_cgroup *cgroup, contain_error_t **err)
{
        const struct ct_cgroup_layout *layout;
        _cleanup_free_ char *text = NULL;
        int r;

        if (!cgroup)
                return 0;
        r = ct_context_layout(exec->c->ctx, &layout, err);
        if (r < 0)
                return r;
        if (ct_cgroup_save(cgroup, &text) < 0)
                return ct_fail_memory(err);
        return ct_cgroup_load(layout, text, &exec->turn.cgroup, err);
}

static int copy_resctrl(struct execution *exec, const struct ct_resctrl *resctrl, contain_error_t **err)
{
        _cleanup_free_ char *text = NULL;

        if (resctrl && ct_resctrl_save(resctrl, &text) < 0)
                return ct_fail_memory(err);
        return ct_op_open_resctrl(text, &exec->resctrl, err);
}

/* Call with `look` held. */
static int copy_container(struct execution *exec, contain_error_t **err)
{
        struct contain *c = exec->c;
        int r;

        if (!c->record || c->child.pidfd < 0)
                return fail_ended(c, err);
        exec->first = (struct ct_child){ .pid = c->child.pid, .pidfd = ct_dup(c->child.pidfd) };
        if (exec->first.pidfd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -exec->first.pidfd, NULL, "cannot duplicate a pidfd");
        exec->no_new_keyring = c->record->no_new_keyring;
        exec->bundle = strdup(c->record->bundle ? c->record->bundle : "");
        if (!exec->bundle)
                return ct_fail_memory(err);
        r = copy_cgroup(exec, c->cgroup, err);
        return r < 0 ? r : copy_resctrl(exec, c->resctrl, err);
}

static int look_at_container(struct execution *exec, contain_error_t **err)
{
        struct contain *c = exec->c;
        int r = 0;

        pthread_mutex_lock(&c->life);
        /* Opened while it was being made. */
        if (c->opened && c->child.pidfd < 0)
                r = ct_op_open(c, err);
        if (r == 0)
                r = check_status(c, err);
        if (r == 0)
                r = ct_op_config(c, &exec->config, &exec->config_size, err);
        if (r == 0) {
                pthread_mutex_lock(&c->look);
                r = copy_container(exec, err);
                pthread_mutex_unlock(&c->look);
        }
        pthread_mutex_unlock(&c->life);
        return r;
}

/* --- the plan ------------------------------------------------------------------------------- */

static int parse(struct execution *exec, contain_error_t **err)
{
        const struct ct_exec_request *request = exec->request;
        struct ct_spec_process process;
        int r;

        exec->arena = ct_arena_new();
        if (!exec->arena)
                return ct_fail_memory(err);
        r = ct_spec_parse(exec->arena, exec->config, exec->config_size, &exec->spec, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_exec(exec->arena, exec->spec, request->document, request->size, &process, err);
        if (r == 0)
                exec->spec->process = process;
        return r;
}

/* Without a mount namespace that was made for it, the container's root is not that of the namespace. */
static bool has_own_mounts(const struct ct_spec *spec)
{
        const struct ct_spec_namespace *mount = ct_spec_namespace_find(spec, CLONE_NEWNS, NULL);

        return mount && !mount->path;
}

static int find_cgroup(struct execution *exec, contain_error_t **err)
{
        const char *const *cgroups = exec->request->cgroups;

        if (!cgroups || !cgroups[0])
                return exec->turn.cgroup ? ct_cgroup_follow(exec->turn.cgroup, exec->first.pid, err) : 0;
        if (!exec->turn.cgroup)
                return ct_fail(err, CONTAIN_E_CGROUP, ENOENT, NULL, "container '%s' has no cgroup",
                               exec->c->id);
        for (; *cgroups; cgroups++) {
                int r = ct_cgroup_descend(exec->turn.cgroup, *cgroups, err);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* For people: any hierarchy's path will do. */
static const char *shown_cgroup(const struct execution *exec, const struct ct_cgroup_layout *layout)
{
        const char *path = NULL;

        for (size_t i = 0; exec->turn.cgroup && i < layout->n && !path; i++)
                path = ct_cgroup_path(exec->turn.cgroup, i);
        return path ? path : "";
}

static int compile(struct execution *exec, contain_error_t **err)
{
        const struct ct_cgroup_layout *layout = NULL;
        const struct ct_facts *facts;
        struct ct_request request = {
                .id = exec->c->id,
                .bundle = exec->bundle,
                .exec = true,
                .detach = (exec->request->flags & CONTAIN_EXEC_DETACH) != 0,
                .chroot = !has_own_mounts(exec->spec),
                .no_new_keyring = exec->no_new_keyring,
                .namespace_fds = exec->entry.types,
                .n_extra_fds = (unsigned)exec->request->n_extra_fds,
        };
        int r;

        r = ct_context_facts(exec->c->ctx, &facts, err);
        if (r == 0 && exec->turn.cgroup)
                r = ct_context_layout(exec->c->ctx, &layout, err);
        if (r < 0)
                return r;
        request.cgroup_path = shown_cgroup(exec, layout);
        r = ct_plan_compile_exec(exec->spec, facts, &request, &exec->plan, err);
        if (r == 0)
                ct_op_warn_of_capabilities(exec->c, "/capabilities", exec->spec, facts, &request);
        return r;
}

static int open_slots(struct execution *exec, contain_error_t **err)
{
        const struct ct_exec_request *request = exec->request;
        struct ct_slot_sources sources = { .rootfs_fd = -EBADF,
                                           .extra_fds = request->extra_fds,
                                           .n_extra_fds = request->n_extra_fds,
                                           .start_fd = -EBADF,
                                           .seccomp_fd = -EBADF,
                                           .root_fd = exec->entry.root_fd };
        int r;

        sources.program_fd = ct_context_program(exec->c->ctx, err);
        if (sources.program_fd < 0)
                return sources.program_fd;
        r = ct_context_facts(exec->c->ctx, &sources.facts, err);
        if (r < 0)
                return r;
        memcpy(sources.stdio, request->stdio, sizeof(sources.stdio));
        memcpy(sources.namespace_fds, exec->entry.namespace_fds, sizeof(sources.namespace_fds));
        return ct_slots_open(exec->plan, &sources, &exec->slots, err);
}

/* --- the process ---------------------------------------------------------------------------- */

/* It is to be on these CPUs before it is in the cgroup. */
static bool enters_late(const struct execution *exec)
{
        return exec->spec->process.exec_cpu_initial && exec->spec->process.exec_cpu_initial[0] != '\0';
}

/*
 * Outside of the cgroup, and moved there when it is a process of its own: until then it runs in the host's
 * memory and the host waits for it, which those in the cgroup could make use of. They may freeze it, and with
 * memory.oom.group the kernel kills all that share the memory of what is in it.
 */
static int spawn(struct execution *exec, contain_error_t **err)
{
        struct ct_spawn_init what = { .program_fd = exec->c->ctx->program_fd,
                                      .name = "contain-init",
                                      .cgroup_fd = -1 };
        int ends[2], r;

        r = ct_converse_pair(ends);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot make a socket pair");
        exec->socket_fd = ends[0];
        exec->init_fd = ends[1];
        r = ct_converse_queue(exec->socket_fd, exec->plan, &exec->slots);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot hand the plan over");
        ct_slots_done(&exec->slots);
        what.socket_fd = exec->init_fd;
        r = ct_spawn_init(&what, &exec->turn.child, NULL);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot start contain-init");
        exec->init_fd = ct_close(exec->init_fd);
        /* While contain-init is at work already: a move takes the kernel its time. */
        return enters_late(exec) ? 0 : ct_turn_enter_cgroup(&exec->turn, err);
}

/* The last thing that can fail outside. */
static int get_ready(struct execution *exec, contain_error_t **err)
{
        int r = 0;

        if (exec->resctrl)
                r = ct_resctrl_enter(exec->resctrl, exec->turn.child.pid, err);
        if (r == 0 && exec->request->console_socket && exec->console_fd >= 0) {
                r = ct_console_send(exec->request->console_socket, exec->console_fd, err);
                exec->console_fd = ct_close(exec->console_fd);
        }
        return r;
}

/* Runs the host's steps at contain-init's turn. 1: there are none behind it. */
static int take_turn(void *userdata, uint32_t step, contain_error_t **err)
{
        struct execution *exec = userdata;
        bool ready;
        int r;

        r = ct_turn_run(&exec->turn, &step, err);
        if (r < 0)
                return r;
        ready = ct_plan_step(exec->plan, step)->op == STEP_READY;
        if (ready) {
                r = get_ready(exec, err);
                if (r < 0)
                        return r;
                step++;
        }
        r = ct_converse_send(exec->socket_fd, PLAN_MESSAGE_GO, step, (uint64_t)exec->turn.child.pid);
        if (r < 0)
                return ct_talk_lost(&exec->talk, err);
        return ready;
}

/* Until the program runs, or is known not to. */
static int converse(struct execution *exec, contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;
        struct plan_message message;
        int r;

        exec->talk = (struct ct_talk){ .c = exec->c,
                                       .plan = exec->plan,
                                       .who = "the process",
                                       .socket_fd = exec->socket_fd,
                                       .deadline = exec->deadline,
                                       .child = &exec->turn.child,
                                       .console_fd = &exec->console_fd,
                                       .turn = take_turn,
                                       .userdata = exec };
        exec->turn.plan = exec->plan;
        r = ct_talk_run(&exec->talk, err);
        if (r < 0)
                return r;
        r = ct_converse_started(exec->socket_fd, &exec->turn.child, exec->c->ctx->program_fd, exec->deadline,
                                &message, &fd);
        if (r == -ETIMEDOUT)
                return ct_fail(err, CONTAIN_E_TIMEOUT, ETIMEDOUT, NULL, "the program did not begin in time");
        if (r < 0)
                return ct_fail(err, CONTAIN_E_LOST, -r, NULL, "contain-init does not answer");
        return r == 0 ? 0 : ct_words_fail(exec->plan, &message, err);
}

static void hand_over(struct execution *exec, struct contain_process *process)
{
        process->detached = (exec->request->flags & CONTAIN_EXEC_DETACH) != 0;
        process->started_nsec = ct_time_now();
        process->child = exec->turn.child;
        process->child.pidfd = ct_high_fd(process->child.pidfd);
        exec->turn.child.pidfd = -EBADF;
        process->console_fd = ct_high_fd(ct_take_fd(&exec->console_fd));
        ct_further_add(process);
}

static int execute(struct execution *exec, contain_error_t **err)
{
        struct contain *c = exec->c;
        int r;

        r = look_at_container(exec, err);
        if (r == 0)
                r = parse(exec, err);
        if (r == 0)
                r = find_cgroup(exec, err);
        if (r == 0)
                r = check_frozen(exec, err);
        if (r < 0)
                return r;
        r = ct_entry_open(&exec->first, &exec->entry, err);
        if (r == -ESRCH)
                return fail_ended(c, err);
        if (r == 0)
                r = compile(exec, err);
        if (r == 0)
                r = open_slots(exec, err);
        if (r == 0)
                r = spawn(exec, err);
        return r < 0 ? r : converse(exec, err);
}

/* The process that has not come as far as to run the program ends with its handle: when it can, if it is
 * frozen. */
static void give_up(struct execution *exec, struct contain_process *process)
{
        if (exec->turn.child.pidfd < 0)
                return;
        process->child = exec->turn.child;
        exec->turn.child.pidfd = -EBADF;
        ct_further_add(process);
}

/* Failures that can come from the container's end, and come a moment before its first process counts as
 * ended. */
static bool may_be_its_end(int code)
{
        return code == CONTAIN_E_SPAWN || code == CONTAIN_E_CGROUP || code == CONTAIN_E_LOST ||
               code == CONTAIN_E_NAMESPACE || code == CONTAIN_E_ROOTFS || code == CONTAIN_E_STATE;
}

/* Nothing can be forked in the pid namespace of a container that ended meanwhile, its cgroup is gone, and so
 * on. */
static int explain_end(const struct execution *exec, int r, contain_error_t **err)
{
        if (!may_be_its_end(contain_error_code(*err)))
                return r;
        if (exec->first.pidfd >= 0 ? ct_pidfd_poll(exec->first.pidfd, END_MS) != 1
                                   : !ct_process_ended(exec->c))
                return r;
        *err = contain_error_free(*err);
        return fail_ended(exec->c, err);
}

int ct_op_exec(struct contain *c, const struct ct_exec_request *request, struct contain_process **ret,
               contain_error_t **err)
{
        _cleanup_(ct_exec_process_freep) struct contain_process *process = NULL;
        _cleanup_(contain_error_freep) contain_error_t *unheard = NULL;
        _cleanup_(execution_done) struct execution exec;
        int r;

        err = err ? err : &unheard;
        execution_init(&exec, c, request);
        process = ct_exec_process_new(c, err);
        if (!process)
                return -ENOMEM;
        r = ct_plan_place_in_process(execute(&exec, err), err);
        if (r < 0) {
                give_up(&exec, process);
                return explain_end(&exec, r, err);
        }
        hand_over(&exec, process);
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: process %d runs in it", c->id, (int)process->child.pid);
        *ret = ct_take(process);
        return 0;
}
