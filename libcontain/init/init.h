/* SPDX-License-Identifier: MIT */
#ifndef CT_INIT_INIT_H
#define CT_INIT_INIT_H

/*
 * contain-init: the only code of this library that runs inside of a container. It executes a plan
 * (docs/plan.md), one function per step, and becomes the user's process. No C library, no globals, no
 * memory but the stack; every descriptor that it opens is close-on-exec.
 *
 * Functions return 0 or more, or -errno. A step that fails says in @detail which part of it did.
 */

#include "init/sys.h"
#include "plan/format.h"
#include "plan/steps.h"

#include <stdbool.h>

/* How contain-init itself ends. */
enum {
        INIT_EXIT_DONE = 0,             /* the process that goes on was forked */
        INIT_EXIT_FAILED = 1,           /* a step before the start: the host has been told */
        INIT_EXIT_ALONE = 2,            /* no host to talk to: no socket, or it has gone */
        INIT_EXIT_START = 125,          /* from the start on: a step failed */
        INIT_EXIT_NOT_EXECUTABLE = 126, /* … the user's program cannot be executed */
        INIT_EXIT_NOT_FOUND = 127       /* … it is not there */
};

#define INIT_NO_FD       (-EBADF)
#define INIT_FOLDER_MODE 0755 /* of folders that are made on the way */

/* A folder that was resolved, kept for the next node in it. */
struct init_folder {
        int fd;
        const char *path; /* not ended by NUL */
        size_t size;
};

struct init {
        const struct plan_header *plan;
        int plan_fd; /* goes with a failure to whoever asked for the start: the words are in it */
        int *slots;
        bool become; /* nobody to talk to */

        /* The step that runs. */
        uint32_t step;
        uint32_t detail; /* PLAN_DETAIL_: which part of it failed */
        uint64_t value;

        /* The conversation. */
        int host_fd;   /* until the start is waited for */
        int report_fd; /* where a failure is told: the host, then who asked for the start */
        int host_pid;  /* of this process, as the host sees it */
        bool started;

        /* Namespaces. */
        uint64_t refused_joins; /* CLONE_NEW* to try again in the user namespace */
        bool foreign_mounts;    /* the mount namespace is somebody else's */
        int maps_pid;           /* in place: who writes the id maps */
        int maps_fd;            /* and the pipe that tells it to */
        bool left_userns;       /* the one that it came from */

        /* The root, and how to get at what is in it. */
        int root_fd;
        bool attached; /* mounted over "/", in a mount namespace of our own */
        bool pivoted;
        struct init_folder folder;

        /* The current tree. */
        int tree_fd;
        bool tree_is_file_system;
        bool no_setattr;    /* Linux before 5.12 */
        bool tree_has_late; /* to be set once it is attached: */
        struct mount_attr late;
        uint64_t late_below; /* propagation, first and with all that is mounted below */

        /* Things from outside that are needed inside. */
        int proc_fd;
        bool proc_is_host;
        int null_fd;  /* a mount of /dev/null */
        int empty_fd; /* a mount of an empty folder */
        bool null_attached, empty_attached;
        int terminal_fd; /* slave end */

        /* The user's process. */
        unsigned inherited_umask;
        bool umask_set, unblocked;
        const struct plan_step *exec; /* once it is prepared */
        char **argv, **envp;
        bool listen_pid; /* the program is to be told its pid */

        /* Memory for tables. */
        char *arena;
        size_t arena_left;
};

/* --- start.c, steps.c, memory.c ------------------------------------------------------------- */

_Noreturn void init_main(int argc, char **argv);
int init_step(struct init *in, const struct plan_step *step);
/* Is a step of this operation run by the host? */
bool init_step_is_host(unsigned op);
/* @size bytes for good, aligned for pointers; NULL when there are none. */
void *init_alloc(struct init *in, size_t size);

static inline int init_fail(struct init *in, enum plan_detail detail, long r)
{
        in->detail = detail;
        return (int)r;
}

static inline const struct plan_step *init_plan_steps(const struct init *in)
{
        return (const struct plan_step *)((const char *)in->plan + in->plan->steps);
}

static inline const struct plan_slot *init_plan_slots(const struct init *in)
{
        return (const struct plan_slot *)((const char *)in->plan + in->plan->slots);
}

/* The string at @offset, NULL when absent. */
static inline const char *init_text(const struct init *in, uint32_t offset)
{
        return offset ? (const char *)in->plan + offset : NULL;
}

static inline const void *init_blob(const struct init *in, const struct plan_step *step)
{
        return (const char *)in->plan + step->blob;
}

static inline int init_slot(const struct init *in, const struct plan_step *step)
{
        return step->slot == PLAN_NO_SLOT ? INIT_NO_FD : in->slots[step->slot];
}

/* Closes *@fd unless there is none. */
static inline void init_close(int *fd)
{
        if (*fd >= 0)
                (void)sys_close(*fd);
        *fd = INIT_NO_FD;
}

/* --- receive.c: messages -------------------------------------------------------------------- */

/* Returns 1, or 0 at end of file. *@n_fds: room in @fds, then how many came. */
int init_receive(int socket_fd, struct plan_message *ret, int *fds, uint32_t *n_fds);
/* The same of a message of another size. */
int init_receive_bytes(int socket_fd, void *ret, size_t size, int *fds, uint32_t *n_fds);
int init_send(int socket_fd, const struct plan_message *message, int fd);
/* The same with up to 4 descriptors. */
int init_send_fds(int socket_fd, const struct plan_message *message, const int *fds, uint32_t n_fds);
/* Sends bytes of whatever kind of socket with a descriptor, all of them. */
int init_send_bytes(int socket_fd, struct kernel_iovec *iov, size_t n_iov, int fd);
/* Receives the plan and what its slots hold. */
int init_receive_plan(struct init *in);

/* --- descriptors.c -------------------------------------------------------------------------- */

/* Makes @fd number @number in the user's process; moves what is ours out of the way. */
int init_place(struct init *in, int fd, int number);

/* --- resolve.c: paths in the container ------------------------------------------------------ */

/* Opens @path in the root. @more: RESOLVE_ flags. */
int init_resolve(const struct init *in, const char *path, int flags, uint64_t more);
/*
 * Opens the folder that @path is in, making it if need be; *@ret_name is the rest. The descriptor is kept:
 * not the caller's to close.
 */
int init_resolve_parent(struct init *in, const char *path, uint64_t more, const char **ret_name);
void init_forget_parent(struct init *in);
/* Makes a folder, or an empty file, where nothing is; @mode 0: the usual one. Opens it. */
int init_make(struct init *in, const char *path, bool folder, unsigned mode, uint64_t more);
/* Opens what is at @path with O_PATH; makes an empty file when there is nothing. */
int init_resolve_or_make_file(struct init *in, const char *path);
/* 1 when @fd is a folder. */
int init_is_folder(int fd);

/* --- attributes.c --------------------------------------------------------------------------- */

/* What mount(2) calls the flags @now (of statfs(2)) once they are changed. */
unsigned long init_mount_flags(unsigned long now, const struct mount_attr *attributes);
/*
 * Is it for mount(2) to do what mount_setattr(2) answered @r to? Before Linux 5.12 there is no such call,
 * before 5.14 it does not know about symbolic links.
 */
bool init_is_for_mount(struct init *in, int r, const struct mount_attr *attributes, bool recursive);
/* mount_setattr() on the mount at @fd, by older calls where it is not known. */
int init_set_attributes(struct init *in, int fd, const struct mount_attr *attributes, bool recursive);

/* --- mounts.c: the current tree --------------------------------------------------------------- */

void init_set_tree(struct init *in, int fd, bool is_file_system);
/* The same on the current tree; what takes mount(2) is done when the tree is attached. */
int init_change_tree(struct init *in, const struct mount_attr *change, bool recursive);
/* Opens what is mounted at a step's target. */
int init_open_mounted(struct init *in, const struct plan_step *step);

/* --- proc.c: a procfs that the container has no hand in ------------------------------------- */

/* Opens @path in it. */
int init_proc_open(struct init *in, const char *path, int flags);
int init_proc_write(struct init *in, const char *path, const char *value);
/* Opens it now, if a later step needs it: soon the host's is out of reach. */
int init_proc_before_pivot(struct init *in);

/* --- masks.c -------------------------------------------------------------------------------- */

int init_masks_before_pivot(struct init *in);

/* --- exec.c --------------------------------------------------------------------------------- */

/*
 * Splits @step's table: @argc strings and NULL, @envc strings, @spare NULLs and NULL. *@ret_envp is the
 * second part.
 */
int init_split_table(struct init *in, const struct plan_step *step, uint64_t argc, uint64_t envc,
                     unsigned spare, char ***ret_argv, char ***ret_envp);
/* All that can be done for execve before a filter may forbid it. */
int init_prepare_exec(struct init *in);
/* An empty signal mask. */
int init_unblock(struct init *in);

/* --- identity.c ----------------------------------------------------------------------------- */

/* Changes all ids and keeps all capabilities. */
int init_set_ids(struct init *in, uint32_t uid, uint32_t gid);

/* --- clone.c -------------------------------------------------------------------------------- */

/*
 * Runs fn(arg) in a child that shares our memory, while we wait for it to execute or exit. *@ret_pidfd may
 * be NULL. Returns its pid.
 */
int init_vfork(int (*fn)(void *), void *arg, int *ret_pidfd);

/* --- become.c: steps that the host has elsewhere -------------------------------------------- */

/* What takes the privilege of the user namespace that is about to be left; and forks who writes the id maps.
 */
int init_become_before_userns(struct init *in);
int init_become_step(struct init *in, const struct plan_step *step);
void init_become_report(const struct init *in, int error);

/* --- guard.c -------------------------------------------------------------------------------- */

_Noreturn void init_guard(void);

/* --- keeper.c ------------------------------------------------------------------------------- */

_Noreturn void init_keeper(void);

/* --- steps ---------------------------------------------------------------------------------- */

typedef int init_step_function(struct init *in, const struct plan_step *step);

/* namespaces.c */
init_step_function init_step_join, init_step_unshare, init_step_root_ids, init_step_enter_time,
        init_step_fork, init_step_hide, init_step_hostname, init_step_domainname;
/* network.c */
init_step_function init_step_loopback, init_step_net_socket;
/* root.c */
init_step_function init_step_propagate, init_step_rootfs, init_step_pivot, init_step_root_attr,
        init_step_enter_root;
/* mounts.c, file-systems.c */
init_step_function init_step_tree, init_step_attr, init_step_idmap, init_step_attach, init_step_target_attr,
        init_step_mkdir, init_step_fs, init_step_remount;
/* unmount.c */
init_step_function init_step_unmount;
/* copyup.c, devices.c, console.c, hooks.c, masks.c, wait.c */
init_step_function init_step_copy_up, init_step_mknod, init_step_symlink, init_step_console,
        init_step_stdio_console, init_step_hook, init_step_mask, init_step_read_only, init_step_start_wait;
/* proc.c, limits.c */
init_step_function init_step_sysctl, init_step_label, init_step_keyring, init_step_personality,
        init_step_scheduler, init_step_io_priority, init_step_memory_policy, init_step_cpu_affinity;
/* descriptors.c, seccomp.c, identity.c, exec.c */
init_step_function init_step_stdio, init_step_extra_fd, init_step_seccomp, init_step_no_new_privs,
        init_step_bounding, init_step_identity, init_step_capabilities, init_step_umask, init_step_cwd,
        init_step_find_program, init_step_exec;

#include "init/text.h"
#include "init/poison.h"

#endif
