/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_KEEPER_H
#define CT_HOST_KEEPER_H

/* The library's half of what is said between it and a keeper (plan/keeper.h). All return -errno. */

#include "host/spawn.h"
#include "plan/keeper.h"

#include <stdbool.h>
#include <stddef.h>

/* How long a keeper may take to answer: it never waits for anybody. */
#define CT_KEEPER_PATIENCE_MS 10000

/*
 * Starts a keeper with @setup and the descriptors in @fds (-EBADF for none; setup->descriptors is filled in),
 * and has it spawn contain-init. *ret_socket is where it waits for KEEPER_KEEP. The spawned process is its
 * child, not ours. Returns a positive errno when it is the clone that has failed.
 */
int ct_keeper_spawn(int program_fd, struct keeper_setup *setup, const int fds[KEEPER_DESCRIPTORS],
                    int *ret_socket, pid_t *ret_keeper, struct ct_child *ret, int *ret_in_cgroup);

/* Sends a request, without waiting. */
int ct_keeper_send(int socket_fd, enum keeper_message_kind kind, uint32_t step, uint64_t value);

/*
 * Waits for the next message of @kind, up to @timeout_ms; -1 for ever. *n_fds: room in @fds, then how many
 * came. Returns 1; 0 when the keeper has gone; -ETIMEDOUT.
 */
int ct_keeper_receive(int socket_fd, enum keeper_message_kind kind, int timeout_ms, struct plan_message *ret,
                      int *fds, size_t *n_fds);

/* Both, with CT_KEEPER_PATIENCE_MS. The answer's own error becomes the result. */
int ct_keeper_ask(int socket_fd, struct plan_message *message, int *fds, size_t *n_fds);

#endif
