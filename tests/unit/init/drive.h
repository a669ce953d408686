/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_INIT_DRIVE_H
#define TESTS_UNIT_INIT_DRIVE_H

/*
 * Runs the real contain-init with a plan written by hand, and speaks the host's part of the conversation.
 * INIT_PROGRAM in the environment is the program, INIT_EMULATOR what to run it with.
 */

#include "build.h"

#include <stdbool.h>
#include <sys/types.h>

#define DRIVE_OUTPUT 65536

struct drive {
        struct build build;
        int fds[BUILD_SLOTS]; /* of the slots; closed by drive_end() */
        uint64_t clone_flags;
        const char *argv0; /* NULL: "contain-init" */
        const char *maps;  /* what ID_MAPS writes; NULL: as the step says */
        bool ambient;      /* raise the capabilities before execve */
        bool no_setattr;   /* mount_setattr() is unknown to it */
        bool probes;       /* knock on the start socket before starting */

        /* What happened. */
        pid_t pid;
        int pidfd;
        int host_fd;
        bool created, started;
        struct plan_message failed; /* kind 0 unless it did */
        bool plan_came;             /* with the failure */
        int console_fd;
        int status;                /* exit status, or 128 + signal */
        char output[DRIVE_OUTPUT]; /* of the slots made by drive_stdio() */
        int output_fd;
};

void drive_begin(struct drive *drive, uint32_t flags);
/* A slot that holds @fd. */
int drive_slot(struct drive *drive, enum plan_slot_kind kind, uint64_t number, int fd);
/* Slots for the standard streams, and the steps that place them; what is written is in drive->output. */
void drive_stdio_slots(struct drive *drive, int ret[3]);
void drive_stdio_steps(struct drive *drive, const int slots[3]);
/* A slot with one end of a connected pair as the start socket. */
int drive_start_slot(struct drive *drive);
/* The same with a listening socket. */
int drive_listen_slot(struct drive *drive);

/* Spawns, and serves it up to the end of the first conversation: created, failed, or over. */
void drive_create(struct drive *drive);
/* Asks for the start, and waits until it runs or fails. */
void drive_start(struct drive *drive);
/* Waits for its end, and reads the output. */
void drive_wait(struct drive *drive);
/* All of these. */
void drive_run(struct drive *drive);
void drive_end(struct drive *drive);

/* A process in namespaces of its own (CLONE_NEW*), to be joined; ended by drive_let_go(). */
pid_t drive_hold(uint64_t flags);
/* Its namespace "net", "user" … */
int drive_namespace(pid_t pid, const char *type);
void drive_let_go(pid_t pid);

/* A root file system with busybox in it, below a new folder; removed with its name by drive_remove(). */
void drive_make_rootfs(char path[64]);
void drive_remove(const char *path);

#endif
