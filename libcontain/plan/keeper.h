/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_KEEPER_H
#define CT_PLAN_KEEPER_H

/*
 * What the library and a container's keeper (contain-init under another name, docs/keeper.md) say to each
 * other, and what the keeper writes. All sockets are SOCK_SEQPACKET.
 *
 * On PLAN_SOCKET_FD the keeper gets one struct keeper_setup with descriptors, spawns contain-init, and
 * answers KEEPER_SPAWNED. KEEPER_KEEP makes it stay; end of file before that means that the host is gone, and
 * with it everything.
 *
 * From then on, clients connect to a socket in the container's folder. Each sends one request at a time, a
 * struct plan_message, and gets an answer of the same kind.
 */

#include "plan/format.h"

#define KEEPER_NAME     "contain-keeper"
#define KEEPER_LOG_NAME 256 /* bytes of a log's name in its folder, with the NUL */
#define KEEPER_MAX_LOGS 100 /* files, rotated ones included */

/* Descriptors that come with the setup, in this order. */
enum keeper_descriptor {
        KEEPER_PROGRAM, /* contain-init */
        KEEPER_INIT,    /* its end of the conversation with the host */
        KEEPER_FOLDER,  /* the container's */
        KEEPER_SOCKET,  /* the listening one */
        KEEPER_CGROUP,  /* cgroup v2 folder to clone into */
        KEEPER_STDIN,   /* our ends of pipes */
        KEEPER_STDOUT,
        KEEPER_STDERR,
        KEEPER_LOG, /* the folder of the log files, or the memfd of the ring */
        KEEPER_DESCRIPTORS
};

enum keeper_flag {
        KEEPER_FLAG_AMBIENT = 1 << 0,   /* as PLAN_FLAG_AMBIENT */
        KEEPER_FLAG_RING = 1 << 1,      /* KEEPER_LOG is a memfd */
        KEEPER_FLAG_STDIN_ONCE = 1 << 2 /* the first client that ends its input ends the container's */
};

struct keeper_setup {
        uint32_t descriptors; /* 1 << KEEPER_*: which ones come along */
        uint32_t flags;
        uint64_t clone_flags; /* CLONE_NEW* of contain-init */
        uint64_t log_bytes;   /* of one file, or of the ring */
        uint32_t log_files;
        uint32_t reserved;
        char log_name[KEEPER_LOG_NAME];
};

enum keeper_message_kind {
        /* keeper to host */
        KEEPER_SPAWNED = 64, /* + pidfd; step: 1 in its cgroup; error; detail: the keeper's pid; value: pid */
        /* host to keeper */
        KEEPER_KEEP, /* + pidfd of the container's process, then what KEEPER_WITH_ flags in step say */
        /* clients */
        KEEPER_ATTACH, /* step: 1 << 0, 1, 2 for each stream; answer: + those there are, step: which */
        KEEPER_RESIZE, /* value: rows << 16 | columns */
        KEEPER_WAIT,   /* answered when the exit is written down, and what was written before it logged */
        KEEPER_LOGGED, /* value: of the last answer; answered when more was logged, with another value;
                          step: 1 at the end of the output */
        KEEPER_RING,   /* answer: + the ring's memfd */
        KEEPER_LOST,   /* answer: value: bytes that this connection's streams had no room for */
        KEEPER_END     /* log what there is, and go; answer: end of file */
};

enum keeper_keep_flag {
        KEEPER_WITH_FIRST = 1 << 0,   /* contain-init forked another process, and is to be reaped */
        KEEPER_WITH_CONSOLE = 1 << 1, /* + the terminal's master end */
        KEEPER_WITH_OOM = 1 << 2      /* + the cgroup's file with a line "oom_kill N" */
};

/* The files in the container's folder. */
#define KEEPER_EXIT_FILE   "exit.json"
#define KEEPER_SOCKET_FILE "keeper"

/*
 * The log, in files or in a ring, is a line per line of output, as the Kubernetes container runtime interface
 * has it: "2024-02-29T12:34:56.123456789Z stdout F text\n", with P instead of F for a part of a line that
 * goes on in the next one of that stream. A record is never split between two files.
 */
#define KEEPER_STAMP_SIZE  30 /* of the time, without NUL */
#define KEEPER_READ_SIZE   8192
#define KEEPER_RECORD_SIZE (KEEPER_STAMP_SIZE + 10 + KEEPER_READ_SIZE + 1) /* at most */

/*
 * The ring's memfd: this at 0, the bytes from KEEPER_RING_START on. Numbers count bytes from the very first:
 * what is between begin and end can be read. begin is moved up before bytes are overwritten.
 */
#define KEEPER_RING_START 4096

struct keeper_ring {
        uint64_t begin, end;
};

#endif
