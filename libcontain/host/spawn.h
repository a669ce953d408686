/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_SPAWN_H
#define CT_HOST_SPAWN_H

/*
 * The only place that makes processes. A child is cloned with CLONE_VM|CLONE_VFORK, on a stack of its own,
 * with all signals blocked, makes raw system calls only and executes: the host is never copied, and nothing
 * runs in between that could take a lock (docs/plan.md, "How a container starts").
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A child: kernel identity, and a number for display. */
struct ct_child {
        pid_t pid;
        int pidfd; /* the caller's to close */
};

/* What contain-init, or its guard mode, is started with. */
struct ct_spawn_init {
        int program_fd;       /* the sealed memfd */
        int socket_fd;        /* becomes PLAN_SOCKET_FD */
        const char *name;     /* argv[0]: "contain-init", "contain-guard" */
        uint64_t clone_flags; /* CLONE_NEW* */
        int cgroup_fd;        /* for CLONE_INTO_CGROUP, or -1 */
        int ambient; /* keep capabilities across execve in a user namespace whose ids are not mapped */
};

/* Returns 0 or -errno; *ret_in_cgroup (may be NULL) tells whether cgroup_fd could be used. */
int ct_spawn_init(const struct ct_spawn_init *what, struct ct_child *ret, int *ret_in_cgroup);

/* A program of the host's: hooks, newuidmap; or one of the library's own. */
struct ct_spawn_program {
        const char *path;   /* NULL: what program_fd is */
        int program_fd;     /* not looked at when there is a path */
        char *const *argv;  /* ended by NULL */
        char *const *envp;  /* ended by NULL */
        int stdio[3];       /* descriptors, or -1 for /dev/null */
        const char *folder; /* its working directory, or "/" when that is not there; NULL for the caller's */
        const int *extra_fds; /* become 3, 4, … */
        size_t n_extra_fds;   /* at most CT_SPAWN_EXTRA_FDS */
        /* A detached tree, which it finds at this place, in a mount namespace of its own; NULL for neither.
         */
        const char *tree_target;
        int tree_fd;
};

#define CT_SPAWN_EXTRA_FDS 10

/* -errno when it cannot be executed, synchronously. */
int ct_spawn_program(const struct ct_spawn_program *what, struct ct_child *ret);

/* Replaces the calling process by contain-init (contain_become()). Returns -errno on failure only. */
int ct_spawn_become(int program_fd, int socket_fd);

/*
 * contain-init, to be executed any number of times: a sealed memfd, or where those may not be executed, the
 * copy at the path @installed. -errno (helper.c).
 */
int ct_spawn_program_fd(const char *installed);
/* The same of any program that the library has in it. */
int ct_spawn_embedded_fd(const char *name, const void *bytes, size_t size, const char *installed);

#endif
