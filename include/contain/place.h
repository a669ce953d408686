/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_PLACE_H
#define CONTAIN_PLACE_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Programs that run in place: contain_load_place() makes the configuration, contain_become() executes it. The
 * program is in a root file system of its own and in the host otherwise: the pid, the network, the host's
 * name and the cgroup stay those of the caller, whom a supervisor has started and goes on to see.
 */

/** Flags of contain_place_options_t. */
enum {
        /* the host's /etc/passwd, group, hosts and resolv.conf in the place of the image's, read-only */
        CONTAIN_PLACE_HOST_FILES = 1 << 0,
        /* every capability that the caller has, and programs may gain more (no_new_privs is off) */
        CONTAIN_PLACE_KEEP_PRIVILEGES = 1 << 1,
        /* a user namespace of subordinate ids (subuid(5)): nobody in it is anybody outside */
        CONTAIN_PLACE_USERNS_AUTO = 1 << 2
};

/** What contain_load_place() is to do. Members that are NULL are left to their defaults. */
typedef struct contain_place_options {
        size_t size;              /* sizeof(contain_place_options_t), set by the caller */
        uint32_t flags;           /* CONTAIN_PLACE_ flags */
        uint32_t reserved;        /* 0 */
        const char *user;         /* a name of the image's /etc/passwd or an id, "user:group" as well; root */
        const char *group;        /* a name of the image's /etc/group or an id; the user's own */
        const char *cwd;          /* absolute; "/" */
        const char *const *binds; /* "SOURCE[:TARGET[:OPTION,…]]", ended by NULL; both absolute */
        const char *const *read_only_binds; /* the same, with all that is mounted below */
        const char *const *env_files;       /* paths of files of NAME=value lines, ended by NULL */
        const char *const *env;             /* "NAME=value", ended by NULL */
        const char *cap_profile;            /* "droot", "image" (what images expect) or "none"; "droot" */
        const char *const *capabilities;    /* "CAP_CHOWN", ended by NULL: besides those of the profile */
        const char *notify_socket;          /* absolute path of a service manager's socket; none */
} contain_place_options_t;

/**
 * contain_load_place() - run a command in a root file system, for contain_become()
 * @c:       a container that has not been created
 * @rootfs:  the folder that becomes "/"; a symbolic link is followed now
 * @opts:    what is to differ from the defaults; NULL for nothing
 * @argv:    the command, ended by NULL; searched for in the image's PATH
 * @err:     receives the details of a failure; may be NULL
 *
 * The root is writable. The environment is that of the image's /.drootenv, if there is one, then of the
 * files, then of the variables given: later ones take the place of earlier ones. /proc, /sys (read-only) and
 * a /dev of its own are mounted, besides the binds, in a mount namespace that ends with the program. The
 * profile "droot" is CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_SETGID, CAP_SETUID and
 * CAP_NET_BIND_SERVICE.
 *
 * With CONTAIN_PLACE_USERNS_AUTO, root's ids are those that /etc/subuid and /etc/subgid have for the caller,
 * or else for the name "containers", and the root file system shows with them by an id-mapped mount: its
 * files keep their ids. A caller without privilege is root in there, and has its own subordinate ids besides;
 * without the flag, it has no other id than root.
 *
 * Threads: any.
 * Returns: 0; -EINVAL, for a user that the image does not have as well; -EBUSY once created; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_load_place(contain_t *c, const char *rootfs, const contain_place_options_t *opts,
                                   const char *const *argv, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
