/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_HANDLE_H
#define CT_OPS_HANDLE_H

/*
 * What a context and a container handle hold, and the verbs on them, one file each. The gates of api/ have
 * checked the arguments, the process and, where a verb says so, hold the handle's `life` lock.
 */

#include "base/arena.h"
#include "base/error.h"
#include "base/pidfd.h"
#include "cgroup/cgroup.h"
#include "cgroup/resctrl.h"
#include "host/idmap.h"
#include "host/net-device.h"
#include "host/probe.h"
#include "host/slots.h"
#include "host/spawn.h"
#include "plan/plan.h"
#include "spec/spec.h"
#include "state/state.h"

#include <contain/contain.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define CT_MAX_EXTRA_FDS     128
/* How long killed processes may take to go before destroying gives up: they may hang in the kernel. */
#define CT_KILL_TIMEOUT_MS   10000
/* How long processes may take to be frozen: one that waits for a disk cannot be, until that answers. */
#define CT_PAUSE_TIMEOUT_MS  10000
/* How long the file systems of a container, which may be anything, may take to find a path. */
#define CT_MOUNT_TIMEOUT_MS  10000
/* Thawing waits for nobody, unless a cgroup above is frozen as well. */
#define CT_RESUME_TIMEOUT_MS 1000

/* --- context ------------------------------------------------------------------------------- */

enum ct_cgroup_manager { CT_MANAGER_CGROUPFS, CT_MANAGER_SYSTEMD, CT_MANAGER_DISABLED };

struct contain_ctx {
        atomic_uint refs;
        pid_t maker;      /* the process that made it */
        atomic_bool used; /* a container was made from it: no more settings */
        char *state_root;
        enum ct_cgroup_manager manager;
        contain_log_fn log;
        void *log_userdata;
        int log_level;

        pthread_mutex_t lock; /* of what is looked up once, when first needed */
        struct ct_probe *probe;
        struct ct_cgroup_layout *layout;
        int program_fd;
        int image_program_fd;

        pthread_mutex_t further_lock;
        struct contain_process *further; /* those that contain_exec() has started, and that are not freed */
        int further_fd;                  /* epoll set of their pidfds; -1 until asked for */
};

int ct_context_new(struct contain_ctx **ret, contain_error_t **err);
struct contain_ctx *ct_context_unref(struct contain_ctx *ctx);
CT_CLEANUP(struct contain_ctx, ct_context_unref)
int ct_context_facts(struct contain_ctx *ctx, const struct ct_facts **ret, contain_error_t **err);
int ct_context_layout(struct contain_ctx *ctx, const struct ct_cgroup_layout **ret, contain_error_t **err);
/* The descriptor of contain-init, borrowed. */
int ct_context_program(struct contain_ctx *ctx, contain_error_t **err);

void ct_log(struct contain_ctx *ctx, int level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* Logs an error's message with a few words before it, and frees the error. */
void ct_log_error(struct contain_ctx *ctx, int level, const char *what, contain_error_t **err);

/* --- handle -------------------------------------------------------------------------------- */

#define CT_EVENT_QUEUE 8

struct ct_events {
        int epoll_fd; /* what contain_event_fd() hands out copies of; -1 until asked for */
        int wake_fd;  /* eventfd: the queue is not empty */
        int oom_fd;
        int oom_again_fd; /* timer: what oom_fd told of may have been counted by now */
        unsigned oom_again_ms;
        int frozen_fd; /* where the kernel tells of it */
        int queue[CT_EVENT_QUEUE];
        unsigned n;
        uint64_t oom_kills; /* how many were told of */
        bool paused;        /* the last that was told of */
        bool pause_watched; /* others' pauses are told of from here on */
        bool exit_told;
        bool exit_watched; /* the pidfd is in the epoll set */
};

struct contain {
        atomic_uint refs;
        pid_t maker;
        struct contain_ctx *ctx;
        char *id;

        /* Held by whatever changes the container: load, set, create, start, destroy. */
        pthread_mutex_t life;

        /* The request */
        atomic_uint flags;
        int stdio[3];
        int extra_fds[CT_MAX_EXTRA_FDS];
        size_t n_extra_fds;
        int rootfs_fd;
        int namespace_fds[CT_NAMESPACES];
        int seccomp_fd;
        char *console_socket;
        char *notify_socket; /* where to pass on what the program says of itself; NULL for nowhere */
        unsigned n_listen_fds;
        char *listen_names; /* of those, "a:b"; NULL for none */

        struct {
                bool wanted;
                unsigned flags; /* CONTAIN_KEEPER_ */
                uint32_t log_files;
                uint64_t log_bytes;
                char *log_path; /* NULL: in the state folder */
        } keeper;

        /* The configuration */
        struct ct_arena *arena;
        struct ct_spec *spec; /* in the arena; NULL until loaded */
        char *bundle;         /* absolute */
        char *config;         /* the document itself; NULL when opened */
        size_t config_size;
        struct {
                char *path;   /* NULL for none */
                int fd;       /* holds it */
                bool mounted; /* rootfs_fd is its */
        } copy;               /* of an image, that is not a container's yet */
        bool maps_rootfs;     /* the files of its root show with the ids of its user namespace */

        bool opened; /* made by contain_open(): there is, or was, a folder of its name */

        /* Of ephemeral containers; under `life`. */
        int start_fd; /* the host's end of the start socket */
        int guard_fd; /* closing it lets the guard loose */

        /* The container and its process. Changed under `life` and `look` both, read under either. */
        pthread_mutex_t look;
        struct ct_record *record;   /* NULL until created or opened */
        struct ct_cgroup *cgroup;   /* NULL for none */
        struct ct_resctrl *resctrl; /* NULL for none */
        struct ct_child child;      /* pid 0: none */
        int console_fd;
        int notify_fd; /* receives what the program says of itself */
        bool started;
        bool starting; /* a request to start is on its way */
        struct ct_exit exit;
        bool exited;
        bool exit_complete;   /* nothing more can be found out about it */
        bool oom;             /* a process in its cgroup was killed for want of memory; once exited */
        int64_t started_nsec; /* since the epoch; 0 when not known */
        int64_t ended_nsec;
        atomic_bool notified; /* READY=1 was passed on */
        struct ct_events events;
};

int ct_container_new(struct contain_ctx *ctx, const char *id, struct contain **ret, contain_error_t **err);
struct contain *ct_container_free(struct contain *c);
CT_CLEANUP(struct contain, ct_container_free)
/* Lets go of the caller's descriptors: a pipe kept open here would never come to its end. */
void ct_container_release(struct contain *c);
/* Forgets the process and everything else that create made, after it was undone or destroyed. */
void ct_container_reset(struct contain *c);
static inline bool ct_is_ephemeral(struct contain *c)
{
        return (atomic_load(&c->flags) & CONTAIN_EPHEMERAL) != 0;
}

/* --- verbs ---------------------------------------------------------------------------------- */

int ct_op_load(struct contain *c, const char *json, size_t size, const char *dir, contain_error_t **err);
/* The absolute path of the bundle @dir (NULL: the working directory), without symbolic links. */
int ct_op_resolve_bundle(const char *dir, char **ret, contain_error_t **err);
/* Its config.json, malloc'd. */
int ct_op_read_bundle(const char *dir, char **ret, size_t *ret_size, contain_error_t **err);
int ct_op_load_bundle(struct contain *c, const char *dir, contain_error_t **err);
int ct_op_load_rootfs(struct contain *c, const char *rootfs, const char *const *argv, contain_error_t **err);
int ct_op_load_place(struct contain *c, const char *rootfs, const contain_place_options_t *options,
                     const char *const *argv, contain_error_t **err);
int ct_op_load_image(struct contain *c, const char *image, const contain_image_options_t *options,
                     const contain_run_options_t *run, const char *const *argv, contain_error_t **err);
int ct_op_image_spec(struct contain_ctx *ctx, const char *image, const char *rootfs,
                     const contain_image_options_t *options, const contain_run_options_t *run,
                     const char *const *argv, char **ret, contain_error_t **err);
int ct_op_default_config(struct contain_ctx *ctx, const char *rootfs, const char *const *argv, unsigned flags,
                         bool private_tmp, char **ret, contain_error_t **err);
/* Adds "uidMappings" and "gidMappings". */
int ct_default_maps(struct ct_buf *buf, const struct ct_facts *facts, bool subids, contain_error_t **err);
/* The same as lines of the kernel's. */
int ct_default_map_lines(struct ct_buf *uids, struct ct_buf *gids, const struct ct_facts *facts, bool subids,
                         contain_error_t **err);
/* The same of subordinate ids: none of them the caller's own, if it may map any. */
int ct_auto_maps(struct ct_buf *buf, const struct ct_facts *facts, contain_error_t **err);
/* As lines, of a caller who may. */
int ct_auto_map_lines(struct ct_buf *uids, struct ct_buf *gids, const struct ct_facts *facts,
                      contain_error_t **err);
bool ct_may_map_any_ids(const struct ct_facts *facts);
/* The document that the container was made from, malloc'd and ended by NUL. Call with `life` held. */
int ct_op_config(struct contain *c, char **ret, size_t *ret_size, contain_error_t **err);
int ct_op_open(struct contain *c, contain_error_t **err);
int ct_op_compile(struct contain *c, struct ct_cgroup *cgroup, bool become, struct ct_plan **ret,
                  contain_error_t **err);
/* Logs what of the configuration a plan leaves out. */
void ct_op_warn(struct contain *c, const struct ct_facts *facts, const struct ct_request *request);
/* The same of the capabilities alone, of a further process: @at is their place. */
void ct_op_warn_of_capabilities(struct contain *c, const char *at, const struct ct_spec *spec,
                                const struct ct_facts *facts, const struct ct_request *request);
/* Opens what a plan's slots name, and makes sure of contain-init. @start_fd: what it waits on, or -1. */
int ct_op_open_slots(struct contain *c, const struct ct_plan *plan, const int stdio[3], int start_fd,
                     struct ct_slots *ret, contain_error_t **err);
/* Names the container's cgroup, if it is to have one; without a configuration, the one it has by default. */
int ct_op_name_cgroup(struct contain *c, struct ct_cgroup **ret, contain_error_t **err);
/*
 * The host's id of the user who is to own it, if one is to. In a user namespace that is joined without
 * mappings, ids are not known here.
 */
bool ct_op_cgroup_owner(const struct contain *c, uid_t *ret);
/* Finds the container's class of service, if it is to have one; and the one of the record, NULL for none. */
int ct_op_name_resctrl(struct contain *c, struct ct_resctrl **ret, contain_error_t **err);
int ct_op_open_resctrl(const char *text, struct ct_resctrl **ret, contain_error_t **err);
int ct_op_plan(struct contain *c, char **ret, contain_error_t **err);
/* @text NULL: the config.json of @dir. Returns how many problems there are. */
int ct_op_check(struct contain *c, const char *text, size_t size, const char *dir, char **ret,
                contain_error_t **err);
int ct_op_create(struct contain *c, contain_error_t **err);
int ct_op_start(struct contain *c, contain_error_t **err);
int ct_op_signal(struct contain *c, int signo, unsigned flags, contain_error_t **err);
/* The signal that the container is to be ended with. */
int ct_op_stop_signal(struct contain *c, contain_error_t **err);
int ct_op_pause(struct contain *c, contain_error_t **err);
int ct_op_resume(struct contain *c, contain_error_t **err);
int ct_op_update(struct contain *c, const char *json, size_t size, contain_error_t **err);
int ct_op_mount(struct contain *c, int source_fd, const char *target, unsigned flags, int userns_fd,
                contain_error_t **err);
int ct_op_unmount(struct contain *c, const char *target, unsigned flags, contain_error_t **err);
int ct_op_wait(struct contain *c, int timeout_ms, contain_exit_t *ret, contain_error_t **err);
int ct_op_exit_fd(struct contain *c, contain_error_t **err);
int ct_op_destroy(struct contain *c, unsigned flags, contain_error_t **err);
int ct_op_become(struct contain *c, contain_error_t **err);
int ct_op_checkpoint(struct contain *c, const contain_checkpoint_options_t *opts, contain_error_t **err);
int ct_op_restore(struct contain *c, const contain_restore_options_t *opts, contain_error_t **err);
int ct_op_status(struct contain *c, contain_error_t **err);
int ct_op_state(struct contain *c, char **ret, contain_error_t **err);
int ct_op_stats(struct contain *c, char **ret, contain_error_t **err);
int ct_op_processes(struct contain *c, char **ret, contain_error_t **err);
int ct_op_list(struct contain_ctx *ctx, char **ret, contain_error_t **err);
int ct_op_features(struct contain_ctx *ctx, char **ret, contain_error_t **err);
int ct_op_set_notify(struct contain *c, const char *path, contain_error_t **err);
int ct_op_notify_fd(struct contain *c, contain_error_t **err);
int ct_op_notify_forward(struct contain *c, bool main_process, contain_error_t **err);
int ct_op_event_fd(struct contain *c, contain_error_t **err);
int ct_op_event_next(struct contain *c, contain_error_t **err);

/* --- namespaces that the caller cannot have -------------------------------------------------- */

/* Fails when it is certain that one of @plan's will be refused; for those who cannot be told afterwards. */
int ct_op_foresee_refusal(struct contain *c, const struct ct_plan *plan, contain_error_t **err);
/* The same of @plan's id maps. */
int ct_op_foresee_maps(struct contain *c, const struct ct_plan *plan, contain_error_t **err);
/* What @step of @plan, which is one of id maps, writes. */
struct ct_idmap ct_op_id_maps(const struct ct_plan *plan, const struct plan_step *step);
/* The clone into namespaces of @types (CLONE_NEW*) has failed with @errnum. */
int ct_op_fail_clone(struct contain *c, uint64_t types, int errnum, contain_error_t **err);
/* Step @step has failed with @r, worded in *err: says why, if its namespaces are the reason. Returns -errno.
 */
int ct_op_explain_step(struct contain *c, const struct ct_plan *plan, uint32_t step, int r,
                       contain_error_t **err);

/* --- shared by verbs ------------------------------------------------------------------------ */

/* Fails when it has no cgroup, without which it cannot "be paused", "have limits". */
int ct_op_require_cgroup(struct contain *c, const char *what, contain_error_t **err);

/* Queues an event. Takes `look`; the other is for callers that hold it. */
void ct_event_put(struct contain *c, int event);
void ct_event_put_locked(struct contain *c, int event);
/* Queues a pause or its end, unless that has been told of. Takes `look`. */
void ct_event_put_pause(struct contain *c, bool paused);
/* While it starts, the end of the process is not told: the start comes first. Call with `look` held. */
void ct_event_hold_exit(struct contain *c, bool hold);
/* Queues the end of a process that is about to be forgotten, if it was not told of. Call with `look` held. */
void ct_event_settle(struct contain *c);
/* Has the pidfd and the OOM descriptor watched, if events were asked for. Call with `look` held. */
void ct_event_watch(struct contain *c);

/*
 * An id is not a container: another handle may have removed this one's, and somebody else have taken its id
 * since. While its process lives that cannot be, as the process goes before the id is free. Whether @state,
 * an open folder of the id, is another container's.
 */
bool ct_op_is_replaced(struct contain *c, struct ct_state *state);
/*
 * When its process has ended, its cgroup may be gone, and a folder of the same name another container's. What
 * was opened of it is its own if the id still is afterwards, as that goes last. Call with `look` held.
 */
bool ct_op_cgroup_is_lost(struct contain *c);
/* Opens the folder of the id: -ENOENT when there is none, or another container's. Takes `look`. */
int ct_op_open_own(struct contain *c, struct ct_state **ret, contain_error_t **err);
/* Looks at what is under the id again, with the folder locked: -ENOENT when it is another container's. */
int ct_op_look_again(struct contain *c, struct ct_state *state, contain_error_t **err);

/* What event.c and event-oom.c share: has @fd polled with the others, closes it; reads what is in it, if
 * anything is.
 */
void ct_event_poll(struct ct_events *events, int fd);
void ct_event_forget(struct ct_events *events, int *fd);
bool ct_event_drain(int fd);
/* Kills for memory: watches for them; CONTAIN_EVENT_OOM or 0; looks no more. Call with `look` held. */
void ct_event_oom_watch(struct contain *c);
int ct_event_oom_take(struct contain *c);
void ct_event_oom_end(struct ct_events *events);

/* Has the process ended? Keeps how. Takes `look`; the other is for callers that hold it. */
bool ct_process_ended(struct contain *c);
bool ct_process_ended_locked(struct contain *c);
/* Nanoseconds since the epoch. */
int64_t ct_time_now(void);
/* What @c's exit still lacks, as far as its folder has it. Takes `look`. */
void ct_exit_complete(struct contain *c);
/* Says how a process ended. */
void ct_exit_fill(const struct ct_exit *exit, contain_exit_t *ret);
/*
 * An exec'd process of ours that nobody has waited for is a zombie, and keeps the first process of its pid
 * namespace from ending. So whoever waits for that takes their status first.
 */
/* An epoll set that is readable when one of them has ended, borrowed; -EBADF when there is no room for it. */
int ct_further_fd(struct contain_ctx *ctx);
void ct_further_reap(struct contain_ctx *ctx);
/* At the end of @ctx: those that have no handle any more. */
void ct_further_done(struct contain_ctx *ctx);
/* ct_pidfd_poll() of a container's process, seeing to them meanwhile. */
int ct_further_poll(struct contain_ctx *ctx, int pidfd, int timeout_ms);

/* Kills what the container has and waits for its end, up to CT_KILL_TIMEOUT_MS. */
int ct_process_kill(struct contain *c, contain_error_t **err);

/* The state object of the runtime-spec with this status and pid; malloc'd. Nothing but the spec's members
 * when !@more. */
char *ct_state_text(const struct ct_record *record, int status, pid_t pid, bool more);
const char *ct_status_name(int status);

/* Fills in a record from the configuration. */
int ct_record_make(struct contain *c, struct ct_record **ret, contain_error_t **err);
/* Runs the hooks of a kind that is not in the plan: poststart, poststop. The first failure ends it unless
 * @all. */
int ct_hooks_run(struct contain *c, enum ct_spec_hook_kind kind, int status, bool all, contain_error_t **err);
/* Runs the hooks of a list in @folder, up to the first that fails. */
int ct_hook_list_run(const struct ct_spec_hooks *hooks, enum ct_spec_hook_kind kind, const char *folder,
                     const char *state, contain_error_t **err);

/* The host's turns in the plan of a container that is being created. */
struct ct_turn {
        struct contain *c;
        const struct ct_plan *plan;
        struct ct_record *record;
        struct ct_cgroup *cgroup;           /* NULL for none */
        struct ct_child child;              /* the process that is being made the container's */
        bool in_cgroup;                     /* it has been moved to all of its cgroups */
        bool in_v2;                         /* it was cloned into the cgroup v2 one */
        int network_fd;                     /* a rtnetlink socket of the container's, until it is used */
        struct ct_net_devices *net_devices; /* what has been moved to it; NULL for none */
};

/* Runs host steps from *step on; *step becomes the first that is contain-init's, or READY's own number. */
int ct_turn_run(struct ct_turn *turn, uint32_t *step, contain_error_t **err);
int ct_turn_enter_cgroup(struct ct_turn *turn, contain_error_t **err);

/* Starts the guard of an ephemeral container: its end when *ret_fd is closed. */
int ct_guard_start(struct contain *c, const struct ct_cgroup *cgroup, const struct ct_resctrl *resctrl,
                   int pidfd, int *ret_fd, contain_error_t **err);

#endif
