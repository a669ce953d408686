/* SPDX-License-Identifier: MIT */

/*
 * Makes a container from a checkpoint. CRIU is started in the cgroup that was made for the container, in a
 * mount namespace of its own, where the root file system is a mount, which CRIU needs, at the place of the
 * container's state folder: nobody else sees it, and it goes with CRIU. The restored process is CRIU's
 * sibling, and so a child of the host, as that of a created container is.
 *
 * What is made on the way is kept in a struct restoration, whose cleanup undoes all of it.
 */

#include "ops/criu.h"

#include "base/fds.h"
#include "host/console.h"
#include "host/hooks.h"
#include "ops/talk.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct restoration {
        struct contain *c;
        const contain_restore_options_t *opts;
        struct ct_criu_job job;
        struct ct_criu_fds namespaces;
        struct ct_state *state; /* claimed and locked */
        struct ct_record *record;
        struct ct_cgroup *cgroup;
        bool cgroup_made;
        struct ct_resctrl *resctrl;
        bool resctrl_made;
        int rootfs_fd;
        int stdio[3];
        struct ct_child child; /* the restored process, once it is told of */
        int console_fd;
        bool hooks_run;
};

static void restoration_init(struct restoration *make, struct contain *c,
                             const contain_restore_options_t *opts)
{
        *make = (struct restoration){
                .c = c,
                .opts = opts,
                .job = CT_CRIU_JOB_INIT,
                .rootfs_fd = -EBADF,
                .stdio = { -EBADF, -EBADF, -EBADF },
                .child = { 0, -EBADF },
                .console_fd = -EBADF,
        };
        make->job.c = c;
        make->job.spec = c->spec;
        make->job.restores = true;
        make->job.flags = opts->flags;
        make->job.image_path = opts->image_path;
        make->job.work_path = opts->work_path;
        make->job.cgroups_mode = opts->cgroups_mode;
        make->job.network_lock = opts->network_lock;
        make->job.given_program = opts->criu;
}

static void close_sources(struct restoration *make)
{
        ct_criu_fds_done(&make->namespaces);
        make->rootfs_fd = ct_close(make->rootfs_fd);
        for (int i = 0; i < 3; i++)
                make->stdio[i] = ct_close(make->stdio[i]);
}

static bool is_in_cgroup(struct restoration *make, pid_t pid)
{
        _cleanup_free_ pid_t *pids = NULL;
        size_t n = 0;

        (void)ct_cgroup_pids(make->cgroup, &pids, &n);
        for (size_t i = 0; i < n; i++)
                if (pids[i] == pid)
                        return true;
        return false;
}

/*
 * A CRIU that was killed has told of no process, and may have made one, which is a child of the host's: kills
 * all that is in the cgroup, so that no zombie stays. A pid may be somebody else's by the time of its turn,
 * but not when it is in the cgroup after the pidfd was opened.
 */
static void reap_untold(struct restoration *make)
{
        _cleanup_free_ pid_t *pids = NULL;
        size_t n = 0;

        if (!make->cgroup_made || make->child.pid > 0 || ct_cgroup_pids(make->cgroup, &pids, &n) < 0)
                return;
        for (size_t i = 0; i < n; i++) {
                struct ct_child child = { .pid = pids[i], .pidfd = ct_pidfd_open(pids[i]) };

                if (!is_in_cgroup(make, child.pid))
                        child.pidfd = ct_close(child.pidfd);
                ct_child_reap(&child);
        }
}

/* Undoes what is left in @make, last things first. */
static void restoration_done(struct restoration *make)
{
        contain_error_t *error = NULL;

        ct_criu_job_done(&make->job);
        ct_child_reap(&make->child);
        reap_untold(make);
        if (make->cgroup_made && ct_cgroup_destroy(make->cgroup, CT_KILL_TIMEOUT_MS, &error) < 0)
                ct_log_error(make->c->ctx, CONTAIN_LOG_WARNING, "after a failed restore", &error);
        if (make->resctrl_made)
                ct_resctrl_undo(make->resctrl);
        if (make->state && ct_state_remove(make->state, &error) < 0)
                ct_log_error(make->c->ctx, CONTAIN_LOG_WARNING, "after a failed restore", &error);
        ct_state_free(make->state);
        close_sources(make);
        ct_close(make->console_fd);
        ct_cgroup_free(make->cgroup);
        ct_resctrl_free(make->resctrl);
        ct_record_free(make->record);
}

/* --- before CRIU ------------------------------------------------------------------------------ */

/* What can fail without a trace. */
static int prepare(struct restoration *make, contain_error_t **err)
{
        struct contain *c = make->c;
        int r;

        if (ct_is_ephemeral(c))
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "an ephemeral container cannot be restored");
        if (c->notify_socket)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "a restored container has no socket for notifications");
        if (c->n_extra_fds > 0 || c->seccomp_fd >= 0)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "a restored container has the descriptors that it was checkpointed with");
        r = ct_criu_job_open(&make->job, err);
        if (r == 0)
                r = ct_op_name_cgroup(c, &make->cgroup, err);
        if (r == 0)
                r = ct_op_name_resctrl(c, &make->resctrl, err);
        if (r == 0)
                r = ct_record_make(c, &make->record, err);
        if (r < 0)
                return r;
        if (make->cgroup && ct_cgroup_save(make->cgroup, &make->record->cgroup) < 0)
                return ct_fail_memory(err);
        if (make->resctrl && ct_resctrl_save(make->resctrl, &make->record->resctrl) < 0)
                return ct_fail_memory(err);
        return 0;
}

static int claim(struct restoration *make, contain_error_t **err)
{
        struct contain *c = make->c;
        int r = ct_state_claim(c->ctx->state_root, c->id, &make->state, err);

        if (r == 0)
                r = ct_state_save(make->state, make->record, err);
        return r < 0 ? r : ct_state_save_config(make->state, c->config, c->config_size, err);
}

static int open_sources(struct restoration *make, contain_error_t **err)
{
        struct contain *c = make->c;
        int r;

        make->rootfs_fd = ct_rootfs_open(make->record->rootfs, "/root/path", c->rootfs_fd, err);
        if (make->rootfs_fd < 0)
                return make->rootfs_fd;
        for (int i = 0; i < 3; i++) {
                make->stdio[i] = ct_stdio_open(c->stdio[i], i, err);
                if (make->stdio[i] < 0)
                        return make->stdio[i];
        }
        r = ct_criu_open_namespaces(&make->job, &make->namespaces, err);
        return r < 0 ? r : ct_criu_make_mountpoints(&make->job, make->rootfs_fd, err);
}

static int start_criu(struct restoration *make, contain_error_t **err)
{
        _cleanup_free_ char *target = NULL;
        struct ct_criu_start start = {
                .program = make->job.program,
                .fds = make->namespaces.fds,
                .n_fds = make->namespaces.n,
                .tree_fd = make->rootfs_fd,
        };
        int r;

        if (asprintf(&target, "%s/%s", make->c->ctx->state_root, make->c->id) < 0)
                return ct_fail_memory(err);
        start.tree_target = target;
        memcpy(start.stdio, make->stdio, sizeof(start.stdio));
        r = ct_criu_start(&start, &make->job.criu, err);
        if (r < 0)
                return r;
        ct_pb_put_string(&make->job.opts, CT_CRIU_ROOT, target);
        return ct_criu_job_reopen(&make->job, err);
}

/* CRIU goes where the container will be: what it restores is born there, and limits count from the start. */
static int enter_cgroup(struct restoration *make, contain_error_t **err)
{
        const struct ct_spec_resources *resources = &make->c->spec->linux_.resources;
        pid_t pid = make->job.criu.child.pid;
        bool scope = make->cgroup && ct_cgroup_is_scope(make->cgroup);
        const struct ct_cgroup_layout *layout;
        int r = 0;

        if (make->cgroup) {
                r = ct_context_layout(make->c->ctx, &layout, err);
                if (r < 0)
                        return r;
                if (scope)
                        r = ct_cgroup_start_scope(make->cgroup, make->c->id, pid, resources, err);
                if (r == 0) {
                        make->cgroup_made = scope;
                        r = ct_cgroup_create(make->cgroup, resources, err);
                }
                if (r < 0)
                        return r;
                make->cgroup_made = true;
                /* On v2 systemd has put it there. */
                if (!scope || layout->kind != CT_CGROUPS_V2)
                        r = ct_cgroup_enter(make->cgroup, pid, false, err);
        }
        if (r == 0 && make->resctrl) {
                r = ct_resctrl_create(make->resctrl, &make->c->spec->linux_.intel_rdt, err);
                if (r < 0)
                        return r;
                make->resctrl_made = true;
                r = ct_resctrl_enter(make->resctrl, pid, err);
        }
        return r;
}

/* --- the conversation ------------------------------------------------------------------------- */

/* The process is told of by a number, while CRIU has it stopped: it is not reaped, so the number is its own.
 */
static int note_child(struct restoration *make, pid_t pid, contain_error_t **err)
{
        uint64_t start_time;
        int pidfd, r;

        if (make->child.pidfd >= 0 || pid <= 0)
                return 0;
        pidfd = ct_pidfd_open(pid);
        r = pidfd < 0 ? pidfd : ct_process_start_time(pid, &start_time);
        if (r < 0) {
                ct_close(pidfd);
                return ct_fail(err, CONTAIN_E_LOST, -r, NULL,
                               "the process of container '%s' ended while it was restored", make->c->id);
        }
        make->child = (struct ct_child){ .pid = pid, .pidfd = pidfd };
        make->record->pid = pid;
        make->record->start_time = start_time;
        return 0;
}

static int run_hooks(struct restoration *make, contain_error_t **err)
{
        static const enum ct_spec_hook_kind kinds[] = { CT_HOOK_PRESTART, CT_HOOK_CREATE_RUNTIME };
        struct ct_record *record = make->record;
        int r = 0;

        if (make->hooks_run)
                return 0;
        make->hooks_run = true;
        for (size_t i = 0; i < 2 && r == 0; i++) {
                const struct ct_spec_hooks *hooks = &make->c->spec->hooks[kinds[i]];
                _cleanup_free_ char *state = NULL;

                if (hooks->n == 0)
                        continue;
                state = ct_state_text(record, CONTAIN_STATUS_CREATING, make->child.pid, false);
                if (!state)
                        return ct_fail_memory(err);
                r = ct_hook_list_run(hooks, kinds[i], record->bundle, state, err);
        }
        return r;
}

/* From here on the container can be found, whatever becomes of the host. */
static int commit(struct restoration *make, contain_error_t **err)
{
        struct ct_record *record = make->record;

        free(ct_take(record->cgroup));
        free(ct_take(record->resctrl));
        if (make->cgroup && ct_cgroup_save(make->cgroup, &record->cgroup) < 0)
                return ct_fail_memory(err);
        if (make->resctrl && ct_resctrl_save(make->resctrl, &record->resctrl) < 0)
                return ct_fail_memory(err);
        return ct_state_save(make->state, record, err);
}

static int take_console(struct restoration *make, int fd, contain_error_t **err)
{
        struct contain *c = make->c;

        if (fd < 0)
                return 0;
        if (c->console_socket)
                return ct_console_send(c->console_socket, fd, err);
        ct_close(make->console_fd);
        make->console_fd = ct_dup(fd);
        return make->console_fd < 0
                       ? ct_fail(err, CONTAIN_E_CONSOLE, -make->console_fd, NULL, "cannot keep the terminal")
                       : 0;
}

static int on_notice(void *userdata, const struct ct_criu_response *notice, int fd, contain_error_t **err)
{
        struct restoration *make = userdata;
        int r;

        ct_log(make->c->ctx, CONTAIN_LOG_DEBUG, "%s: CRIU tells of %s", make->c->id, notice->script);
        r = note_child(make, notice->pid, err);
        if (r < 0)
                return r;
        if (strcmp(notice->script, "setup-namespaces") == 0)
                return run_hooks(make, err);
        if (strcmp(notice->script, "post-restore") == 0) {
                r = run_hooks(make, err);
                return r < 0 ? r : commit(make, err);
        }
        if (strcmp(notice->script, "orphan-pts-master") == 0)
                return take_console(make, fd, err);
        return 0;
}

static int run(struct restoration *make, contain_error_t **err)
{
        struct ct_criu_response response;
        int r;

        r = start_criu(make, err);
        if (r == 0)
                r = enter_cgroup(make, err);
        if (r == 0)
                r = ct_criu_job_ask_version(&make->job, err);
        if (r == 0)
                r = ct_criu_job_put_restore(&make->job, make->opts, make->cgroup, &make->namespaces, err);
        if (r == 0)
                r = ct_criu_job_run(&make->job, CT_CRIU_RESTORE, on_notice, make, &response, err);
        if (r < 0)
                return r;
        ct_criu_wait(&make->job.criu);
        if (make->child.pidfd < 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, EPROTO, NULL,
                               "CRIU does not tell which process it has restored");
        return 0;
}

/* Everything becomes the handle's. */
static void hand_over(struct restoration *make)
{
        struct contain *c = make->c;
        int64_t now = ct_time_now();

        ct_container_release(c);
        ct_state_note_started(make->state, now);
        make->state = ct_state_free(make->state);
        pthread_mutex_lock(&c->look);
        c->record = ct_take(make->record);
        c->cgroup = ct_take(make->cgroup);
        make->cgroup_made = false;
        c->resctrl = ct_take(make->resctrl);
        make->resctrl_made = false;
        c->child = make->child;
        c->child.pidfd = ct_high_fd(c->child.pidfd);
        make->child.pidfd = -EBADF;
        c->console_fd = ct_high_fd(ct_take_fd(&make->console_fd));
        c->exited = c->oom = false;
        c->started = true;
        c->started_nsec = now;
        c->ended_nsec = 0;
        c->events.exit_told = c->events.exit_watched = false;
        c->events.oom_kills = 0;
        ct_event_watch(c);
        ct_event_put_locked(c, CONTAIN_EVENT_CREATED);
        ct_event_put_locked(c, CONTAIN_EVENT_STARTED);
        pthread_mutex_unlock(&c->look);
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: restored, with process %d", c->id, (int)c->child.pid);
}

static int restore(struct contain *c, const contain_restore_options_t *opts, contain_error_t **err)
{
        _cleanup_(restoration_done) struct restoration make;
        int r;

        restoration_init(&make, c, opts);
        r = prepare(&make, err);
        if (r == 0)
                r = claim(&make, err);
        if (r == 0)
                r = open_sources(&make, err);
        if (r == 0)
                r = run(&make, err);
        if (r < 0)
                return r;
        hand_over(&make);
        return 0;
}

int ct_op_restore(struct contain *c, const contain_restore_options_t *opts, contain_error_t **err)
{
        contain_error_t *kill_error = NULL;
        int r;

        r = restore(c, opts, err);
        if (r < 0)
                return r;
        /* Its folder is unlocked: a hook may ask for the state, or signal. */
        r = ct_hooks_run(c, CT_HOOK_POSTSTART, CONTAIN_STATUS_RUNNING, false, err);
        if (r < 0 && ct_process_kill(c, &kill_error) < 0)
                ct_log_error(c->ctx, CONTAIN_LOG_WARNING, "after a failed poststart hook", &kill_error);
        return r;
}
