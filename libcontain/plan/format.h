/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_FORMAT_H
#define CT_PLAN_FORMAT_H

/*
 * The plan as bytes: what the host compiles and contain-init executes. One flat block of
 * offsets, no pointers, little assumption: header, steps, slots, then one pool of strings and
 * tables. Sealed in a memfd, it is shared by every process spawned from it.
 *
 * Included by both sides. Freestanding: nothing but <stdint.h>.
 *
 * An offset of 0 means "absent". Strings end with NUL inside of the pool. Both sides check
 * every offset before they use any (plan/verify.h).
 */

#include <stdint.h>

#define PLAN_MAGIC    0x314e4c50u /* "PLN1" */
#define PLAN_VERSION  1u
#define PLAN_MAX_SIZE (64u << 20)
#define PLAN_NO_SLOT  0xffffu

#define PLAN_STRINGS 3
#define PLAN_NUMBERS 4

/* One step. What the members mean is listed per operation in steps.h. */
struct plan_step {
        uint16_t op;              /* STEP_ number */
        uint16_t slot;            /* descriptor that it uses, or PLAN_NO_SLOT */
        uint32_t at;              /* string: JSON pointer of the configuration behind it */
        uint32_t s[PLAN_STRINGS]; /* strings */
        uint32_t blob, blob_size; /* table of bytes */
        uint32_t reserved;
        uint64_t n[PLAN_NUMBERS];
};

/* Descriptors that the host opens and passes along, in the order of their numbers. */
enum plan_slot_kind {
        PLAN_SLOT_ROOTFS = 1,  /* detached clone of the root file system's tree; path: where it is; number: 0,
                                  or 1 + that of a user namespace's slot before it, with whose ids it shows */
        PLAN_SLOT_TREE,        /* detached clone of path; number 1: with what is mounted below */
        PLAN_SLOT_NAMESPACE,   /* namespace to join; path, or given by the caller; number: CLONE_NEW* */
        PLAN_SLOT_USERNS,      /* user namespace that carries the id maps of an idmapped mount; path: uid map,
                                  path2: gid map */
        PLAN_SLOT_STDIO,       /* number: 0, 1, 2 */
        PLAN_SLOT_EXTRA,       /* number: which of the caller's additional descriptors, from 0 */
        PLAN_SLOT_START,       /* socket on which the request to start comes in */
        PLAN_SLOT_SECCOMP,     /* connected socket that receives the seccomp notification descriptor; path:
                                  listenerPath */
        PLAN_SLOT_ROOT,        /* root of the container's process, for a further one */
        PLAN_SLOT_MAPPED_TREE, /* a PLAN_SLOT_TREE with its ids mapped, by a host that may do so where the
                                  container may not; number: PLAN_MAPPED_ bits, and from bit
                                  PLAN_MAPPED_SLOT the number of a user namespace's slot before it */
        PLAN_SLOT_KINDS
};

enum {
        PLAN_MAPPED_TREE_RECURSIVE = 1 << 0, /* the clone */
        PLAN_MAPPED_IDS_RECURSIVE = 1 << 1,  /* the map */
        PLAN_MAPPED_SLOT = 32
};

struct plan_slot {
        uint32_t kind;
        uint32_t at;    /* string: JSON pointer */
        uint32_t path;  /* string */
        uint32_t path2; /* string */
        uint64_t number;
};

struct plan_header {
        uint32_t magic, version;
        uint32_t size;            /* of the whole block */
        uint32_t steps, n_steps;  /* offset of struct plan_step[] */
        uint32_t slots, n_slots;  /* offset of struct plan_slot[] */
        uint32_t pool, pool_size; /* strings and tables */
        uint32_t flags;           /* PLAN_ flags */
        uint64_t clone_flags;     /* CLONE_NEW* flags that the first process is cloned with */
        /*
         * The state object that hooks read on standard input, in two halves: the pid goes in between.
         * For the hooks that run inside; status is "creating" in the first, "created" in the second.
         */
        uint32_t state_creating[2];
        uint32_t state_created[2];
};

enum {
        PLAN_FLAG_STAGED = 1 << 0, /* the first process forks the one that becomes the container */
        PLAN_FLAG_BECOME = 1 << 1, /* runs in the caller's own process: there is no host to talk to */
        PLAN_FLAG_USERNS = 1 << 2, /* the container has a user namespace of its own, new or joined */
        PLAN_FLAG_AMBIENT = 1 << 3 /* cloned into a new user namespace: capabilities must survive execve */
};

/* --- the conversation ------------------------------------------------------------------------
 *
 * One SOCK_SEQPACKET socket pair; each message is one struct. contain-init finds its end at
 * descriptor PLAN_SOCKET_FD and nothing else open but 0, 1 and 2. The host has queued, before it
 * spawned: PLAN_MESSAGE_PLAN with the plan's descriptor, then PLAN_MESSAGE_SLOTS as often as
 * needed, each with up to PLAN_FDS_PER_MESSAGE descriptors as SCM_RIGHTS, in the order of the slots. A slot
 * for which the host has nothing is sent as a descriptor of /dev/null opened with O_PATH.
 *
 * contain-init runs the steps in order. At a host step it sends PLAN_MESSAGE_TURN with its number; the host
 * runs that step and the host steps that follow it, and answers PLAN_MESSAGE_GO with the number of the next
 * step. STEP_START_WAIT is where the conversation on this socket ends: contain-init closes it,
 * and from then on talks to whoever sends PLAN_MESSAGE_START on a connection of the
 * PLAN_SLOT_START socket. That slot is either a listening SOCK_SEQPACKET socket, or
 * one end of a connected pair (SO_ACCEPTCONN tells which). It answers PLAN_MESSAGE_FAILED, with the
 * plan's descriptor so that whoever asked can word it, when something goes wrong, and nothing at all, but
 * end of file by close-on-exec, when the program runs.
 *
 * End of file on the socket before that point means that the host is gone: contain-init exits.
 */

#define PLAN_SOCKET_FD       3
#define PLAN_FDS_PER_MESSAGE 64

enum plan_message_kind {
        /* host to init */
        PLAN_MESSAGE_PLAN = 1, /* + descriptor; step: number of slots that will come */
        PLAN_MESSAGE_SLOTS,    /* + descriptors; step: number of the first slot in this message */
        PLAN_MESSAGE_GO,       /* step: where to go on; value: pid of the container as the host sees it */
        PLAN_MESSAGE_START,    /* on the start socket */
        PLAN_MESSAGE_GUARD,    /* to a guard; step: number of cgroup folders; + descriptors: pidfd, then their
                                  parents */
        /* init to host */
        PLAN_MESSAGE_TURN,    /* step: the host step that is reached */
        PLAN_MESSAGE_FAILED,  /* step, error, detail, value */
        PLAN_MESSAGE_CONSOLE, /* + descriptor: the terminal's master end */
        PLAN_MESSAGE_CHILD, /* + descriptor: pidfd of the process that goes on; value: its pid in the sender's
                               pid namespace */
        PLAN_MESSAGE_WARNING, /* like FAILED, but init goes on */
        PLAN_MESSAGE_NETWORK, /* + descriptor: a rtnetlink socket of the container's network namespace */
};

struct plan_message {
        uint32_t kind;
        uint32_t step;
        int32_t error;   /* errno, positive */
        uint32_t detail; /* PLAN_DETAIL_ number: which part of the step */
        uint64_t value;  /* PLAN_MESSAGE_FAILED: what detail says it is */
};

/* Which part of a step failed. The host has the words. */
enum plan_detail {
        PLAN_DETAIL_NONE,
        PLAN_DETAIL_PLAN,          /* the plan is damaged; value: offset */
        PLAN_DETAIL_PROTOCOL,      /* the host did not keep to the conversation */
        PLAN_DETAIL_MEMORY,        /* mmap for tables failed */
        PLAN_DETAIL_PROC,          /* no trustworthy procfs */
        PLAN_DETAIL_SOURCE,        /* the source of a bind mount */
        PLAN_DETAIL_TYPE,          /* file system type not known or not allowed */
        PLAN_DETAIL_OPTION,        /* an option was refused; value: index in the table */
        PLAN_DETAIL_SUPERBLOCK,    /* the file system could not be set up */
        PLAN_DETAIL_ATTRIBUTES,    /* flags or propagation could not be set */
        PLAN_DETAIL_TARGET,        /* the target does not resolve */
        PLAN_DETAIL_TARGET_CREATE, /* the target is absent and cannot be made */
        PLAN_DETAIL_TARGET_LINK,   /* the target is a symbolic link where none may be */
        PLAN_DETAIL_ATTACH,        /* move_mount */
        PLAN_DETAIL_MISMATCH,      /* what is there is not what was expected */
        PLAN_DETAIL_COPY,          /* copying up */
        PLAN_DETAIL_OPEN,
        PLAN_DETAIL_WRITE,
        PLAN_DETAIL_OWNER,
        PLAN_DETAIL_FORK,
        PLAN_DETAIL_EXEC,      /* a hook cannot be executed */
        PLAN_DETAIL_EXIT,      /* a hook failed; value: exit code, or 256 + signal */
        PLAN_DETAIL_TIMEOUT,   /* a hook took too long */
        PLAN_DETAIL_NOT_FOUND, /* the program is in no folder of PATH */
        PLAN_DETAIL_NOT_EXECUTABLE,
        PLAN_DETAIL_OUTSIDE, /* the working directory is not below the root */
        PLAN_DETAIL_GROUPS,
        PLAN_DETAIL_GID,
        PLAN_DETAIL_UID,
        PLAN_DETAIL_PTY,
        PLAN_DETAIL_SEND,
        PLAN_DETAIL_N
};

#endif
