/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_SERVICE_H
#define CONTAIN_RUN_SERVICE_H

/*
 * As a service of systemd's: what its manager hands to this program through the environment is for the
 * container. Both variables are empty, or absent, elsewhere.
 */

#include "app.h"

/* How many sockets were passed to this process, from descriptor 3 on (sd_listen_fds(3)). */
unsigned service_listen_fds(void);

/* NOTIFY_SOCKET, or NULL. */
const char *service_notify_socket(void);
/* Has the container say when it is ready, if the manager wants to know (sd_notify(3)). */
int service_set_notify(struct app *app, contain_t *c);
/* Hands the sockets on. Call once the descriptors are added. */
int service_set_sockets(struct app *app, contain_t *c, unsigned n);

/* For callers that end once the container is started: waits until it says that it is ready, or ends. */
int service_wait_ready(struct app *app, contain_t *c);

#endif
