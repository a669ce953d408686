/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_ERROR_H
#define CONTAIN_ERROR_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Codes are permanent: a number keeps its meaning for ever and is never given out again.
 * They are not sequential, so their order means nothing. docs/errors.md explains each one.
 */
enum {
        /* The call itself */
        CONTAIN_E_NO_MEMORY = 101,   /* out of memory */
        CONTAIN_E_ARGUMENT = 104,    /* an argument is not acceptable */
        CONTAIN_E_FORKED = 107,      /* the handle belongs to another process */
        CONTAIN_E_BUSY = 111,        /* too late or too early for this call on this handle */
        CONTAIN_E_TIMEOUT = 115,     /* the time given is over */
        CONTAIN_E_SYSTEM = 118,      /* a system call failed that should not have */
        CONTAIN_E_UNSUPPORTED = 121, /* the kernel or this build lacks what is asked for */
        CONTAIN_E_CANCELLED = 125,   /* the caller gave the call up */

        /* Containers and their state */
        CONTAIN_E_ID = 203,           /* not a valid container id */
        CONTAIN_E_EXISTS = 206,       /* a container with this id exists */
        CONTAIN_E_NOT_FOUND = 209,    /* no container has this id */
        CONTAIN_E_STATUS = 213,       /* the container is not in the status the call needs */
        CONTAIN_E_NOT_RUNNING = 216,  /* the container's process has ended */
        CONTAIN_E_STATE = 219,        /* the state directory or a record in it is unusable */
        CONTAIN_E_EXIT_UNKNOWN = 223, /* the exit status was taken by another process */
        CONTAIN_E_KEEPER = 227,       /* there is no keeper, or it cannot do what is asked */

        /* The configuration */
        CONTAIN_E_BUNDLE = 302,    /* the bundle cannot be read */
        CONTAIN_E_JSON = 305,      /* not JSON, or beyond the limits */
        CONTAIN_E_TYPE = 308,      /* a value of the wrong type */
        CONTAIN_E_MISSING = 311,   /* a required member is missing */
        CONTAIN_E_VALUE = 314,     /* a value outside of what is allowed */
        CONTAIN_E_DUPLICATE = 317, /* given twice where once is allowed */
        CONTAIN_E_CONFLICT = 322,  /* contradicts another part of the configuration */

        /* Building the container */
        CONTAIN_E_SPAWN = 401,     /* the first process cannot be started */
        CONTAIN_E_NAMESPACE = 404, /* a namespace cannot be made or joined */
        CONTAIN_E_IDMAP = 408,     /* ids cannot be mapped */
        CONTAIN_E_ROOTFS = 412,    /* the root file system is unusable */
        CONTAIN_E_MOUNT = 417,     /* a mount failed */
        CONTAIN_E_PATH = 421,      /* a path inside leads nowhere, or out */
        CONTAIN_E_DEVICE = 424,    /* a device cannot be supplied */
        CONTAIN_E_CONSOLE = 427,   /* the terminal cannot be set up */
        CONTAIN_E_HOOK = 431,      /* a hook failed or took too long */
        CONTAIN_E_CGROUP = 435,    /* a cgroup cannot be made, set, joined or read */
        CONTAIN_E_SYSCTL = 438,    /* a kernel parameter cannot be set */
        CONTAIN_E_LIMIT = 442,     /* a resource limit or a scheduling value cannot be set */
        CONTAIN_E_IDENTITY = 445,  /* ids, groups or capabilities cannot be set */
        CONTAIN_E_SECURITY = 448,  /* a security label or attribute cannot be set */
        CONTAIN_E_SECCOMP = 451,   /* the seccomp filter is refused */
        CONTAIN_E_NETWORK = 455,   /* a network device cannot be set up */
        CONTAIN_E_CWD = 458,       /* the working directory is unusable */
        CONTAIN_E_PROGRAM = 462,   /* the program is absent or cannot be executed */
        CONTAIN_E_LOST = 466,      /* the container's first process died while being set up */

        /* Containers at work */
        CONTAIN_E_CHECKPOINT = 506, /* a container cannot be checkpointed, or not be restored */

        /* Images */
        CONTAIN_E_SOURCE = 602,   /* what an image is to be taken from is absent or cannot be read */
        CONTAIN_E_IMAGE = 605,    /* an image is damaged, too big, or of a kind that is not understood */
        CONTAIN_E_DIGEST = 609,   /* content is not what its digest or its size says */
        CONTAIN_E_UNPACK = 614,   /* what is in an image cannot be written */
        CONTAIN_E_SIZE = 617,     /* an image is beyond the limits that were given */
        CONTAIN_E_REGISTRY = 622, /* a registry or daemon cannot be reached, or refuses */
        CONTAIN_E_STORE = 625,    /* the content store is unusable */
        CONTAIN_E_DEPLOY = 628    /* a release cannot be made, switched to or removed */
};

/** Who has to change something: the part of the world that an error is due to. */
enum {
        CONTAIN_CAUSE_OTHER = 0,  /* none of these, or not known: a busy handle, a full disk, a failed hook */
        CONTAIN_CAUSE_CONFIG = 1, /* the configuration, or what it names: a file, a user id, a folder */
        CONTAIN_CAUSE_KERNEL = 2, /* the kernel, or how this machine has set it up, lacks what is asked for */
        CONTAIN_CAUSE_PRIVILEGE = 3, /* the caller lacks a right */
        CONTAIN_CAUSE_BUILD = 4      /* this build of the library lacks what is asked for */
};

/**
 * contain_error_code() - what went wrong, as one of the CONTAIN_E_ numbers
 * @error: an error, or NULL
 *
 * Threads: any; an error object never changes.
 * Returns: the code; 0 for NULL.
 * Since:   1.0
 */
CONTAIN_API int contain_error_code(const contain_error_t *error);

/**
 * contain_error_errno() - the errno value behind the error, positive
 * @error: an error, or NULL
 *
 * The function that filled in @error returned this number, negated.
 *
 * Threads: any.
 * Returns: the number; 0 for NULL.
 * Since:   1.0
 */
CONTAIN_API int contain_error_errno(const contain_error_t *error);

/**
 * contain_error_cause() - what the error is due to, as one of the CONTAIN_CAUSE_ numbers
 * @error: an error, or NULL
 *
 * For programs that tell people whom to turn to. There may be more causes in later versions.
 *
 * Threads: any.
 * Returns: the cause; CONTAIN_CAUSE_OTHER for NULL.
 * Since:   1.0
 */
CONTAIN_API int contain_error_cause(const contain_error_t *error);

/**
 * contain_error_pointer() - the place in the configuration that the error is about
 * @error: an error, or NULL
 *
 * Threads: any.
 * Returns: a JSON pointer (RFC 6901) such as "/mounts/3/type", borrowed; "" when the error is
 *          not about one place.
 * Since:   1.0
 */
CONTAIN_API const char *contain_error_pointer(const contain_error_t *error);

/**
 * contain_error_step() - the step of the plan that failed
 * @error: an error, or NULL
 *
 * Threads: any.
 * Returns: the step's name as contain_plan_json() gives it, borrowed; "" when no step was at work.
 * Since:   1.0
 */
CONTAIN_API const char *contain_error_step(const contain_error_t *error);

/**
 * contain_error_sentence() - what failed, without place, number and hint
 * @error: an error, or NULL
 *
 * Threads: any.
 * Returns: such as "cannot mount tmpfs on '/dev/shm'", borrowed; "" for NULL.
 * Since:   1.0
 */
CONTAIN_API const char *contain_error_sentence(const contain_error_t *error);

/**
 * contain_error_hint() - what might help
 * @error: an error, or NULL
 *
 * Threads: any.
 * Returns: a sentence, borrowed; "" when there is none.
 * Since:   1.0
 */
CONTAIN_API const char *contain_error_hint(const contain_error_t *error);

/**
 * contain_error_message() - all of it in one line, for people
 * @error: an error, or NULL
 *
 * Threads: any.
 * Returns: such as "/mounts/3: cannot mount tmpfs on '/dev/shm': operation not permitted
 *          [CT-417] (hint: ...)", borrowed; "" for NULL.
 * Since:   1.0
 */
CONTAIN_API const char *contain_error_message(const contain_error_t *error);

/**
 * contain_error_free() - free an error
 * @error: an error, or NULL
 *
 * Threads: any.
 * Returns: NULL.
 * Since:   1.0
 */
CONTAIN_API contain_error_t *contain_error_free(contain_error_t *error);

#ifdef __cplusplus
}
#endif
#endif
