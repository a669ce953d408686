/* SPDX-License-Identifier: MIT */
#ifndef CT_INIT_KEEPER_H
#define CT_INIT_KEEPER_H

/*
 * A container's keeper: this program under another name, outside of the container. It is the parent of the
 * container's process, holds its streams, writes its log and its exit down, and serves clients. Nothing that
 * a client or a full disk does may hold it up: it writes to what does not block, and what there is no room
 * for is counted as lost.
 */

#include "init/init.h"
#include "plan/keeper.h"

/* The last place is for who comes when all others are taken, until the next one does. */
#define KEEPER_CLIENTS 33
#define KEEPER_LAST    (KEEPER_CLIENTS - 1)

/* --- keeper-log.c --------------------------------------------------------------------------- */

#define KEEPER_BATCH_SIZE (KEEPER_RECORD_SIZE + 3072)

struct keeper_log {
        int fd;        /* the file that is written to, or the ring; INIT_NO_FD: to be opened */
        int folder_fd; /* of the files; INIT_NO_FD for none */
        bool ring;
        const char *name;
        uint64_t limit; /* of one file, or of the ring */
        uint64_t size;  /* of the file; of the ring: all that was ever written */
        uint32_t files;
        uint64_t lost;    /* bytes of output that could not be written */
        uint64_t batches; /* how many were written: another number means that there is more to read */
        uint64_t taken;   /* bytes of output in the batch */
        size_t batch_size;
        char batch[KEEPER_BATCH_SIZE]; /* whole records */
};

/* Logs @size bytes, at most KEEPER_READ_SIZE, that came on @stream (1 or 2). */
void keeper_log(struct keeper_log *log, int stream, const char *bytes, size_t size);
/* "2024-02-29T12:34:56.123456789Z" */
char *keeper_stamp(char to[KEEPER_STAMP_SIZE], const struct __kernel_timespec *time);

/* --- keeper.c ------------------------------------------------------------------------------- */

struct keeper_client {
        int fd; /* INIT_NO_FD: a place that is free */
        int input_fd;
        int output_fds[2]; /* of what the container writes to 1 and to 2 */
        uint64_t lost;
        bool waits;   /* for the exit */
        bool follows; /* wants to know when more is logged than ... */
        uint64_t seen;
};

struct keeper {
        uint32_t flags;
        int folder_fd, socket_fd;

        /* The container's process. */
        int pid, pidfd;
        int oom_fd;
        bool exited, recorded;

        /* Its streams: the other ends of pipes, or a terminal. */
        bool console;
        bool hung_up; /* nobody has the terminal open just now */
        int stdin_fd; /* the terminal's is outputs[0] */
        int outputs[2];
        size_t pending, pending_from; /* input that there was no room for yet */
        char input[4096];
        bool ended_input; /* the client whose it was has no more */

        struct keeper_log log;
        struct keeper_client clients[KEEPER_CLIENTS];
        bool ending; /* a client said so */
};

/* All output has been read to its end. */
static inline bool keeper_is_drained(const struct keeper *k)
{
        return k->outputs[0] < 0 && k->outputs[1] < 0;
}

/* --- keeper-spawn.c ------------------------------------------------------------------------- */

/* Spawns contain-init and tells the host. */
int keeper_spawn(const struct keeper_setup *setup, const int fds[KEEPER_DESCRIPTORS], int *ret_pidfd);

/* --- keeper-exit.c -------------------------------------------------------------------------- */

/* Takes the status of the process that has ended, and writes it down. */
void keeper_record_exit(struct keeper *k);

/* --- keeper-streams.c ----------------------------------------------------------------------- */

/* Reads what there is on output @i once, for the log and the clients. Returns whether there was any. */
bool keeper_read_output(struct keeper *k, unsigned i);
/* All there is now. */
void keeper_read_outputs(struct keeper *k);
/* Passes on what client @client sends. */
void keeper_read_input(struct keeper *k, struct keeper_client *client);
/* Tries again with what is pending. */
void keeper_write_input(struct keeper *k);
/* Sets the terminal's size. */
int keeper_resize(struct keeper *k, uint64_t rows_and_columns);

/* --- keeper-clients.c ----------------------------------------------------------------------- */

void keeper_accept(struct keeper *k);
/* Answers a client's request, or forgets the client when it has gone. */
void keeper_serve(struct keeper *k, struct keeper_client *client);
void keeper_forget(struct keeper_client *client);
/* Tells those who wait for the exit. */
void keeper_tell_waiting(struct keeper *k);
/* Tells those who follow the log, if there is anything new for them. */
void keeper_tell_following(struct keeper *k);
/* Ends the outputs of all clients. */
void keeper_end_outputs(struct keeper *k);

#endif
