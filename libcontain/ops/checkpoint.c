/* SPDX-License-Identifier: MIT */

/* Writes a container to files. CRIU stops it, writes it, and kills it or lets it go on. */

#include "ops/criu.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct dump {
        struct ct_criu_job job;
        struct ct_arena *arena; /* of a configuration that was read for this */
        const contain_checkpoint_options_t *opts;
        bool told_ready;
};

static void dump_done(struct dump *dump)
{
        ct_criu_job_done(&dump->job);
        ct_arena_free(dump->arena);
}

static int refuse_status(struct contain *c, contain_error_t **err)
{
        int status = ct_op_status(c, err);

        if (status < 0 || status == CONTAIN_STATUS_RUNNING || status == CONTAIN_STATUS_PAUSED)
                return status < 0 ? status : 0;
        if (status == CONTAIN_STATUS_NONE)
                return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL, "container '%s' is not created", c->id);
        return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL, "cannot checkpoint container '%s' in status '%s'",
                       c->id, ct_status_name(status));
}

/* The configuration that it was created with. */
static int find_spec(struct dump *dump, contain_error_t **err)
{
        struct contain *c = dump->job.c;
        _cleanup_free_ char *text = NULL;
        struct ct_spec *spec;
        size_t size;
        int r;

        if (c->spec) {
                dump->job.spec = c->spec;
                return 0;
        }
        r = ct_op_config(c, &text, &size, err);
        if (r < 0)
                return r;
        dump->arena = ct_arena_new();
        if (!dump->arena)
                return ct_fail_memory(err);
        r = ct_spec_parse(dump->arena, text, size, &spec, err);
        if (r < 0)
                return r;
        dump->job.spec = spec;
        return 0;
}

/* --- options --------------------------------------------------------------------------------- */

static int check_options(const struct dump *dump, contain_error_t **err)
{
        const contain_checkpoint_options_t *opts = dump->opts;

        if (opts->parent_path && opts->parent_path[0] == '/')
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "'%s', where the parent's images are, has to be relative to '%s'",
                               opts->parent_path, opts->image_path);
        if ((opts->flags & CONTAIN_CHECKPOINT_LAZY_PAGES) && !opts->page_server)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "lazy pages take an address for those who ask for them");
        if (opts->status_fd > 0 && fcntl(opts->status_fd, F_GETFD) < 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EBADF, NULL,
                               "descriptor %d, for the status, is not open", opts->status_fd);
        return 0;
}

static int check_parent(const struct dump *dump, contain_error_t **err)
{
        const char *path = dump->opts->parent_path;
        _cleanup_close_ int fd = -EBADF;

        if (!path)
                return 0;
        fd = openat(dump->job.image_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, errno, NULL,
                               "cannot open '%s', relative to '%s', where the parent's images are", path,
                               dump->opts->image_path);
        return 0;
}

static int put_page_server(struct dump *dump, contain_error_t **err)
{
        const char *text = dump->opts->page_server, *colon;
        _cleanup_free_ char *address = NULL;
        unsigned long port;
        char *end = NULL;

        if (!text)
                return 0;
        colon = strrchr(text, ':');
        port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 0;
        if (port == 0 || port > 65535 || *end != '\0' || colon == text)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%s' is no address and port", text);
        if (text[0] == '[' && colon[-1] == ']')
                address = strndup(text + 1, (size_t)(colon - text) - 2);
        else
                address = strndup(text, (size_t)(colon - text));
        if (!address)
                return ct_fail_memory(err);
        ct_criu_put_page_server(&dump->job.opts, address, (unsigned)port);
        return 0;
}

/* The cgroup by which all of the container can be stopped at once. */
static int put_freezer(struct dump *dump, contain_error_t **err)
{
        struct contain *c = dump->job.c;
        const struct ct_cgroup_layout *layout;
        int r;

        if (!c->cgroup)
                return 0;
        r = ct_context_layout(c->ctx, &layout, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < layout->n; i++) {
                const struct ct_hierarchy *hierarchy = &layout->items[i];
                const char *path = ct_cgroup_path(c->cgroup, i);
                _cleanup_free_ char *folder = NULL;

                if (!path || (layout->kind == CT_CGROUPS_V2 ? !hierarchy->v2
                                                            : strcmp(hierarchy->controllers, "freezer") != 0))
                        continue;
                if (asprintf(&folder, "%s%s", hierarchy->mountpoint, path) < 0)
                        return ct_fail_memory(err);
                ct_pb_put_string(&dump->job.opts, CT_CRIU_FREEZE_CGROUP, folder);
                return 0;
        }
        return 0;
}

/* What comes from outside; not of interest while memory only is written. */
static int put_outside(struct dump *dump, contain_error_t **err)
{
        struct ct_criu_job *job = &dump->job;
        pid_t pid = job->c->child.pid;
        _cleanup_close_ int root_fd = -EBADF;
        char path[40];
        int r;

        (void)snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
        root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root_fd < 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, errno, NULL,
                               "cannot open the root of container '%s'", job->c->id);
        r = ct_criu_put_mounts(job, root_fd, err);
        if (r == 0)
                r = ct_criu_save_streams(job, pid, err);
        return r;
}

static int put_options(struct dump *dump, contain_error_t **err)
{
        struct ct_criu_job *job = &dump->job;
        struct contain *c = job->c;
        int r;

        r = ct_criu_job_put_common(job, err);
        if (r < 0)
                return r;
        ct_pb_put_uint(&job->opts, CT_CRIU_PID, (uint64_t)c->child.pid);
        if (c->record->rootfs && c->record->rootfs[0])
                ct_pb_put_string(&job->opts, CT_CRIU_ROOT, c->record->rootfs);
        if (dump->opts->parent_path)
                ct_pb_put_string(&job->opts, CT_CRIU_PARENT_IMG, dump->opts->parent_path);
        if (dump->opts->parent_path || (job->flags & CONTAIN_CHECKPOINT_PRE_DUMP))
                ct_pb_put_uint(&job->opts, CT_CRIU_TRACK_MEM, 1);
        r = put_page_server(dump, err);
        if (r == 0)
                r = put_freezer(dump, err);
        if (r == 0)
                r = ct_criu_put_namespaces(job, c->child.pid, err);
        if (r == 0 && !(job->flags & CONTAIN_CHECKPOINT_PRE_DUMP))
                r = put_outside(dump, err);
        return r;
}

/* --- the conversation ------------------------------------------------------------------------ */

/* Memory can be tracked, or handed out late, where kernel and machine have what that takes. */
static int check_features(struct dump *dump, contain_error_t **err)
{
        bool track = (dump->job.flags & CONTAIN_CHECKPOINT_PRE_DUMP) || dump->opts->parent_path;
        bool lazy = (dump->job.flags & CONTAIN_CHECKPOINT_LAZY_PAGES) != 0;
        _cleanup_buf_ struct ct_buf request = CT_BUF_INIT;
        struct ct_criu_response response;
        int r;

        if (!track && !lazy)
                return 0;
        ct_criu_put_feature_check(&request, track, lazy, true);
        r = ct_criu_call(&dump->job.criu, CT_CRIU_FEATURE_CHECK, &request, NULL, NULL, &response, err);
        if (r < 0)
                return r;
        if (track && !response.mem_track)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "this kernel does not tell CRIU which memory has changed");
        if (lazy && !response.lazy_pages)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "this kernel has no lazy pages for CRIU");
        return 0;
}

static int on_notice(void *userdata, const struct ct_criu_response *notice, int fd, contain_error_t **err)
{
        struct dump *dump = userdata;
        struct contain *c = dump->job.c;

        (void)fd;
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: CRIU tells of %s", c->id, notice->script);
        /* CRIU was given a pid. While the process is there, the number is that of no other. */
        if (ct_pidfd_poll(c->child.pidfd, 0) == 1)
                return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' is not running",
                               c->id);
        if (strcmp(notice->script, "status-ready") == 0 && dump->opts->status_fd > 0 && !dump->told_ready) {
                int r = ct_write_all(dump->opts->status_fd, "", 1);

                dump->told_ready = true;
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_CHECKPOINT, -r, NULL,
                                       "cannot write to descriptor %d that pages can be asked for",
                                       dump->opts->status_fd);
        }
        return 0;
}

static int run(struct dump *dump, contain_error_t **err)
{
        const struct ct_criu_start start = { .program = dump->job.program, .stdio = { -1, -1, -1 } };
        struct ct_criu_job *job = &dump->job;
        struct ct_criu_response response;
        int r;

        r = ct_criu_start(&start, &job->criu, err);
        if (r == 0)
                r = ct_criu_job_ask_version(job, err);
        if (r == 0)
                r = check_features(dump, err);
        if (r == 0)
                r = put_options(dump, err);
        if (r < 0)
                return r;
        r = ct_criu_job_run(job, job->flags & CONTAIN_CHECKPOINT_PRE_DUMP ? CT_CRIU_PRE_DUMP : CT_CRIU_DUMP,
                            on_notice, dump, &response, err);
        /* It has one more thing to do: to end what it has stopped, or to let it go on. */
        if (r == 0)
                ct_criu_wait(&job->criu);
        return r;
}

/* CRIU kills a container that it has written. */
static int wait_for_end(struct contain *c, contain_error_t **err)
{
        if (ct_pidfd_poll(c->child.pidfd, CT_KILL_TIMEOUT_MS) != 1)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, ETIMEDOUT, NULL,
                               "the process of container '%s' does not end after its checkpoint", c->id);
        (void)ct_process_ended(c);
        return 0;
}

/* A CRIU that was killed may have left the container frozen. */
static void thaw(struct contain *c, bool was_frozen)
{
        if (c->cgroup && !was_frozen && ct_cgroup_frozen(c->cgroup) == 1)
                ct_cgroup_thaw(c->cgroup);
}

static int checkpoint_locked(struct dump *dump, contain_error_t **err)
{
        struct contain *c = dump->job.c;
        bool was_frozen;
        int r;

        r = refuse_status(c, err);
        if (r == 0)
                r = find_spec(dump, err);
        if (r == 0)
                r = ct_criu_job_open(&dump->job, err);
        if (r == 0)
                r = check_parent(dump, err);
        if (r < 0)
                return r;
        was_frozen = c->cgroup && ct_cgroup_frozen(c->cgroup) == 1;
        r = run(dump, err);
        ct_criu_done(&dump->job.criu);
        if (r < 0) {
                thaw(c, was_frozen);
                return r;
        }
        if (dump->job.flags & (CONTAIN_CHECKPOINT_LEAVE_RUNNING | CONTAIN_CHECKPOINT_PRE_DUMP))
                return 0;
        return wait_for_end(c, err);
}

int ct_op_checkpoint(struct contain *c, const contain_checkpoint_options_t *opts, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(dump_done) struct dump dump = { .job = CT_CRIU_JOB_INIT, .opts = opts };
        int r;

        dump.job.c = c;
        dump.job.flags = opts->flags;
        dump.job.image_path = opts->image_path;
        dump.job.work_path = opts->work_path;
        dump.job.cgroups_mode = opts->cgroups_mode;
        dump.job.network_lock = opts->network_lock;
        dump.job.given_program = opts->criu;
        r = check_options(&dump, err);
        if (r < 0)
                return r;
        if (!ct_is_ephemeral(c)) {
                r = ct_state_open(c->ctx->state_root, c->id, &state, err);
                if (r == 0)
                        r = ct_state_lock(state, err);
                if (r == 0)
                        r = ct_op_look_again(c, state, err);
                if (r < 0)
                        return r;
        }
        r = checkpoint_locked(&dump, err);
        if (r == 0)
                ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: written to '%s'", c->id, opts->image_path);
        return r;
}
