/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_NET_STATS_H
#define CT_HOST_NET_STATS_H

/* What went through the network devices of a process's namespace, as procfs shows it: nobody enters it. */

struct ct_buf;

/*
 * Appends the elements of a JSON array, one per device, of the process whose folder in /proc is @folder_fd.
 * None when its network namespace is the calling thread's own, or cannot be seen. -ENOMEM.
 */
int ct_net_stats(int folder_fd, struct ct_buf *buf);
/* The same of the text of /proc/PID/net/dev, which is changed; of any bytes. */
int ct_net_stats_parse(char *text, struct ct_buf *buf);

#endif
