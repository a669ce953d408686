/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_NET_DEVICE_H
#define CT_HOST_NET_DEVICE_H

/*
 * Network devices of the host that become the container's (config-linux.md, "Network Devices"). They are
 * asked about and changed through two rtnetlink sockets, one in the network namespace of the calling
 * thread, one in the container's that contain-init made: no thread of the host ever changes namespaces.
 */

#include "base/error.h"

/* What was moved so far, and how it was before. */
struct ct_net_devices;
struct ct_net_devices *ct_net_devices_free(struct ct_net_devices *devices);
CT_CLEANUP(struct ct_net_devices, ct_net_devices_free)

/* @inside_fd: the socket in the container; taken, also on failure. @at: place of the device it is made for.
 */
int ct_net_devices_new(int inside_fd, const char *at, struct ct_net_devices **ret, contain_error_t **err);

/*
 * Moves @host_name, under the name @name, which may have a "%d" for the kernel to fill in, or under its own
 * when "". Its permanent addresses of global scope go with it, and it is set up. After a failure it may be on
 * either side, until ct_net_devices_return() is called.
 */
int ct_net_devices_move(struct ct_net_devices *devices, const char *host_name, const char *name,
                        const char *at, contain_error_t **err);

/*
 * Brings back all of them, last one first: names, addresses, bridge or bond that they were part of, up or
 * not. The first failure is told; the others are brought back nevertheless.
 */
int ct_net_devices_return(struct ct_net_devices *devices, contain_error_t **err);

#endif
