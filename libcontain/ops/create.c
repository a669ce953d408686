/* SPDX-License-Identifier: MIT */

/*
 * Makes a container, up to the point where it waits for the request to start. What is made on the way is kept
 * in a struct creation, whose cleanup undoes all of it; success is the last thing that happens, and empties
 * it.
 */

#include "ops/handle.h"
#include "ops/image-copy.h"
#include "ops/keep.h"
#include "ops/talk.h"

#include "base/fds.h"
#include "host/console.h"
#include "host/converse.h"

#include <string.h>

struct creation {
        struct contain *c;
        struct ct_turn turn;
        struct ct_state *state; /* claimed and locked; NULL when ephemeral */
        struct ct_record *record;
        struct ct_cgroup *cgroup;
        bool cgroup_made;
        struct ct_resctrl *resctrl;
        bool resctrl_made;
        struct ct_plan *plan;
        struct ct_slots slots;
        int socket_fd; /* the host's end of the conversation */
        int init_fd;   /* the other one, until contain-init has it */
        int start_fd;  /* the host's end of the start socket, when ephemeral */
        int wait_fd;   /* what contain-init waits on */
        int guard_fd;
        int console_fd;
        struct ct_talk talk;
        struct ct_keep keep;
        bool kept; /* the keeper stays by itself */
};

static void creation_init(struct creation *make, struct contain *c)
{
        *make = (struct creation){ .c = c,
                                   .socket_fd = -EBADF,
                                   .init_fd = -EBADF,
                                   .start_fd = -EBADF,
                                   .wait_fd = -EBADF,
                                   .guard_fd = -EBADF,
                                   .console_fd = -EBADF };
        make->turn.c = c;
        make->turn.child.pidfd = -EBADF;
        make->turn.network_fd = -EBADF;
        ct_keep_init(&make->keep, c);
}

/* Virtual ones would be gone with the container's network namespace. */
static void return_net_devices(struct creation *make)
{
        contain_error_t *error = NULL;

        if (make->turn.net_devices && ct_net_devices_return(make->turn.net_devices, &error) < 0)
                ct_log_error(make->c->ctx, CONTAIN_LOG_WARNING, "after a failed create", &error);
        make->turn.net_devices = ct_net_devices_free(make->turn.net_devices);
        make->turn.network_fd = ct_close(make->turn.network_fd);
}

/* Undoes what is left in @make, last things first. */
static void creation_done(struct creation *make)
{
        contain_error_t *error = NULL;

        make->socket_fd = ct_close(make->socket_fd);
        make->init_fd = ct_close(make->init_fd);
        return_net_devices(make);
        ct_child_reap(&make->turn.child);
        if (make->kept && make->state)
                ct_keep_end(make->state, make->record);
        ct_keep_done(&make->keep);
        if (make->cgroup_made && ct_cgroup_destroy(make->cgroup, CT_KILL_TIMEOUT_MS, &error) < 0)
                ct_log_error(make->c->ctx, CONTAIN_LOG_WARNING, "after a failed create", &error);
        if (make->resctrl_made)
                ct_resctrl_undo(make->resctrl);
        ct_close(make->guard_fd);
        if (make->state && ct_state_remove(make->state, &error) < 0)
                ct_log_error(make->c->ctx, CONTAIN_LOG_WARNING, "after a failed create", &error);
        ct_state_free(make->state);
        ct_slots_done(&make->slots);
        ct_close(make->start_fd);
        ct_close(make->wait_fd);
        ct_close(make->console_fd);
        ct_plan_free(make->plan);
        ct_cgroup_free(make->cgroup);
        ct_resctrl_free(make->resctrl);
        ct_record_free(make->record);
}

/* Everything that can fail without a trace: the plan, and with it most of what is wrong with a configuration.
 */
static int compile(struct creation *make, contain_error_t **err)
{
        struct contain *c = make->c;
        int r;

        r = ct_op_name_cgroup(c, &make->cgroup, err);
        if (r < 0)
                return r;
        r = ct_op_compile(c, make->cgroup, false, &make->plan, err);
        if (r < 0)
                return r;
        r = ct_op_name_resctrl(c, &make->resctrl, err);
        if (r < 0)
                return r;
        r = ct_record_make(c, &make->record, err);
        if (r < 0)
                return r;
        if (make->cgroup && ct_cgroup_save(make->cgroup, &make->record->cgroup) < 0)
                return ct_fail_memory(err);
        if (make->resctrl && ct_resctrl_save(make->resctrl, &make->record->resctrl) < 0)
                return ct_fail_memory(err);
        make->turn.plan = make->plan;
        make->turn.record = make->record;
        make->turn.cgroup = make->cgroup;
        return 0;
}

/* Takes the id. The record goes first: whatever is made from here on can be found, and removed, after a
 * crash. */
static int claim(struct creation *make, contain_error_t **err)
{
        struct contain *c = make->c;
        int ends[2], r;

        if (ct_is_ephemeral(c)) {
                r = ct_converse_pair(ends);
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot make a socket pair");
                make->start_fd = ends[0];
                make->wait_fd = ends[1];
                return 0;
        }
        r = ct_state_claim(c->ctx->state_root, c->id, &make->state, err);
        if (r < 0)
                return r;
        r = ct_state_save(make->state, make->record, err);
        if (r == 0)
                r = ct_state_save_config(make->state, c->config, c->config_size, err);
        if (r == 0 && c->notify_socket)
                r = ct_state_make_notify(make->state, err);
        if (r == 0)
                r = ct_keep_prepare(&make->keep, c, make->state, make->record, err);
        if (r < 0)
                return r;
        make->wait_fd = ct_state_listen(make->state, err);
        return make->wait_fd < 0 ? make->wait_fd : 0;
}

static int hand_plan_over(struct creation *make, contain_error_t **err)
{
        int r;

        r = ct_converse_queue(make->socket_fd, make->plan, &make->slots);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot hand the plan over");
        ct_slots_done(&make->slots);
        return 0;
}

static int make_cgroup(struct creation *make, contain_error_t **err)
{
        int r;

        if (!make->cgroup || make->cgroup_made)
                return 0;
        r = ct_cgroup_create(make->cgroup, &make->c->spec->linux_.resources, err);
        if (r < 0)
                return r;
        make->cgroup_made = true;
        /* Whoever may make none has none: no signal, no number and no pause can go by it. */
        if (ct_cgroup_is_nowhere(make->cgroup)) {
                make->cgroup = make->turn.cgroup = ct_cgroup_free(make->cgroup);
                make->cgroup_made = false;
        }
        return 0;
}

/* Late, with the process that is going to be the container's: what it starts is born in its class. */
static int enter_resctrl(struct creation *make, contain_error_t **err)
{
        int r;

        if (!make->resctrl)
                return 0;
        r = ct_resctrl_create(make->resctrl, &make->c->spec->linux_.intel_rdt, err);
        if (r < 0)
                return r;
        make->resctrl_made = true;
        r = ct_resctrl_enter(make->resctrl, make->turn.child.pid, err);
        if (r < 0)
                return r;
        free(ct_take(make->record->resctrl));
        return ct_resctrl_save(make->resctrl, &make->record->resctrl) < 0 ? ct_fail_memory(err) : 0;
}

static bool is_scope(const struct creation *make)
{
        return make->cgroup && ct_cgroup_is_scope(make->cgroup);
}

static int spawn(struct creation *make, contain_error_t **err)
{
        const struct plan_header *header = ct_plan_header(make->plan);
        struct ct_spawn_init what = {
                .program_fd = make->c->ctx->program_fd,
                .name = "contain-init",
                .clone_flags = header->clone_flags,
                .cgroup_fd = -1,
                .ambient = (header->flags & PLAN_FLAG_AMBIENT) != 0,
        };
        int ends[2], in_cgroup = 0, r;

        r = ct_converse_pair(ends);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot make a socket pair");
        make->socket_fd = ends[0];
        make->init_fd = ends[1];
        if (!is_scope(make)) {
                r = hand_plan_over(make, err);
                if (r < 0)
                        return r;
        }
        if (make->cgroup && make->cgroup_made)
                what.cgroup_fd = ct_cgroup_v2_fd(make->cgroup);
        what.socket_fd = make->init_fd;
        if (make->keep.wanted) {
                r = ct_keep_spawn(&make->keep, make->c, &what, make->record, &make->turn.child, &in_cgroup,
                                  err);
                if (r < 0)
                        return r;
        } else {
                r = -ct_spawn_init(&what, &make->turn.child, &in_cgroup);
        }
        if (r > 0)
                return ct_op_fail_clone(make->c, header->clone_flags, r, err);
        make->turn.in_v2 = in_cgroup != 0;
        make->init_fd = ct_close(make->init_fd);
        return 0;
}

/*
 * systemd makes the cgroup around a process. contain-init gets its plan when it is there, so that whatever it
 * does, and whom it forks, is inside.
 */
static int spawn_in_scope(struct creation *make, const struct ct_cgroup_layout *layout, contain_error_t **err)
{
        const struct ct_spec_resources *resources = &make->c->spec->linux_.resources;
        int r;

        r = spawn(make, err);
        if (r < 0)
                return r;
        r = ct_cgroup_start_scope(make->cgroup, make->c->id, make->turn.child.pid, resources, err);
        if (r < 0)
                return r;
        make->cgroup_made = true; /* from here on there is something to undo */
        r = ct_cgroup_create(make->cgroup, resources, err);
        if (r >= 0 && layout->kind != CT_CGROUPS_V2)
                r = ct_turn_enter_cgroup(&make->turn, err);
        make->turn.in_cgroup = true;
        return r < 0 ? r : hand_plan_over(make, err);
}

/*
 * On cgroup v2 the process is cloned into its cgroup. A v1 cgroup takes a move, which costs a grace
 * period of the kernel each: it is made and entered while contain-init is already at work.
 */
static int spawn_in_cgroup(struct creation *make, contain_error_t **err)
{
        const struct ct_cgroup_layout *layout = NULL;
        int r;

        if (make->cgroup) {
                r = ct_context_layout(make->c->ctx, &layout, err);
                if (r < 0)
                        return r;
                if (is_scope(make))
                        return spawn_in_scope(make, layout, err);
        }
        if (layout && layout->kind == CT_CGROUPS_V2) {
                r = make_cgroup(make, err);
                if (r < 0)
                        return r;
        }
        r = spawn(make, err);
        if (r < 0)
                return r;
        r = make_cgroup(make, err);
        if (r < 0)
                return r;
        /* The first process of a staged plan is not the container's. */
        return ct_plan_header(make->plan)->flags & PLAN_FLAG_STAGED ? 0
                                                                    : ct_turn_enter_cgroup(&make->turn, err);
}

/* From here on its keeper stays. The terminal is the keeper's, unless it goes to a socket. */
static int keep(struct creation *make, contain_error_t **err)
{
        bool has_console = make->console_fd >= 0 && !make->c->console_socket;
        int r;

        r = ct_keep_commit(&make->keep, make->c, &make->turn.child, make->talk.forked,
                           has_console ? make->console_fd : -EBADF, make->cgroup, err);
        if (r < 0)
                return r;
        make->kept = true;
        make->keep.pidfd = ct_close(make->keep.pidfd);
        if (has_console)
                make->console_fd = ct_close(make->console_fd);
        return 0;
}

/* Writes down that the container is created; after this it does not need its maker. */
static int commit(struct creation *make, contain_error_t **err)
{
        struct ct_record *record = make->record;
        int r;

        record->pid = make->turn.child.pid;
        r = ct_process_start_time(record->pid, &record->start_time);
        if (r < 0)
                return ct_talk_lost(&make->talk, err);
        r = enter_resctrl(make, err);
        if (r < 0)
                return r;
        if (make->state) {
                free(record->cgroup);
                record->cgroup = NULL;
                if (make->cgroup && ct_cgroup_save(make->cgroup, &record->cgroup) < 0)
                        return ct_fail_memory(err);
                r = ct_state_save(make->state, record, err);
                return r < 0 || !make->keep.wanted ? r : keep(make, err);
        }
        return ct_guard_start(make->c, make->cgroup, make->resctrl, make->turn.child.pidfd, &make->guard_fd,
                              err);
}

/* Runs the host's steps at contain-init's turn. 1: the container is created. */
static int take_turn(void *userdata, uint32_t step, contain_error_t **err)
{
        struct creation *make = userdata;
        bool ready;
        int r;

        r = ct_turn_run(&make->turn, &step, err);
        if (r < 0)
                return r;
        ready = ct_plan_step(make->plan, step)->op == STEP_READY;
        if (ready) {
                r = commit(make, err);
                if (r < 0)
                        return r;
                step++;
        }
        r = ct_converse_send(make->socket_fd, PLAN_MESSAGE_GO, step, (uint64_t)make->turn.child.pid);
        if (r < 0)
                return ct_talk_lost(&make->talk, err);
        return ready;
}

/* Talks with contain-init until the container is created. */
static int converse(struct creation *make, contain_error_t **err)
{
        make->talk = (struct ct_talk){ .c = make->c,
                                       .deadline = CT_CLOCK_NEVER,
                                       .plan = make->plan,
                                       .who = "the container's first process",
                                       .socket_fd = make->socket_fd,
                                       .child = &make->turn.child,
                                       .console_fd = &make->console_fd,
                                       .network_fd = &make->turn.network_fd,
                                       .turn = take_turn,
                                       .userdata = make };
        return ct_talk_run(&make->talk, err);
}

/* The container is created: everything becomes the handle's. */
static void hand_over(struct creation *make)
{
        struct contain *c = make->c;

        ct_container_release(c);
        ct_image_copy_commit(c);
        c->start_fd = ct_take_fd(&make->start_fd);
        c->guard_fd = ct_take_fd(&make->guard_fd);
        make->state = ct_state_free(make->state);
        make->kept = false;
        make->turn.net_devices = ct_net_devices_free(make->turn.net_devices);

        pthread_mutex_lock(&c->look);
        c->record = ct_take(make->record);
        c->cgroup = ct_take(make->cgroup);
        make->cgroup_made = false;
        c->resctrl = ct_take(make->resctrl);
        make->resctrl_made = false;
        c->child = make->turn.child;
        c->child.pidfd = ct_high_fd(c->child.pidfd);
        make->turn.child.pidfd = -EBADF;
        c->console_fd = ct_high_fd(ct_take_fd(&make->console_fd));
        c->exited = c->exit_complete = c->started = c->oom = false;
        c->started_nsec = c->ended_nsec = 0;
        c->events.exit_told = c->events.exit_watched = false;
        c->events.oom_kills = 0;
        ct_event_watch(c);
        ct_event_put_locked(c, CONTAIN_EVENT_CREATED);
        pthread_mutex_unlock(&c->look);
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: created, with process %d", c->id, (int)c->child.pid);
}

int ct_op_create(struct contain *c, contain_error_t **err)
{
        _cleanup_(creation_done) struct creation make;
        int r;

        creation_init(&make, c);
        if (make.keep.wanted && ct_is_ephemeral(c))
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, NULL,
                               "an ephemeral container has no keeper: it ends with its host");
        r = compile(&make, err);
        if (r < 0)
                return r;
        r = claim(&make, err);
        if (r < 0)
                return r;
        r = ct_op_open_slots(c, make.plan, make.keep.stdio, make.wait_fd, &make.slots, err);
        if (r < 0)
                return r;
        make.wait_fd = ct_close(make.wait_fd);
        r = spawn_in_cgroup(&make, err);
        if (r < 0)
                return r;
        r = converse(&make, err);
        if (r < 0)
                return r;
        if (c->console_socket && make.console_fd >= 0) {
                r = ct_console_send(c->console_socket, make.console_fd, err);
                if (r < 0)
                        return r;
                make.console_fd = ct_close(make.console_fd);
        }
        hand_over(&make);
        return 0;
}
