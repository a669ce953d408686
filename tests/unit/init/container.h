/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_INIT_CONTAINER_H
#define TESTS_UNIT_INIT_CONTAINER_H

/* What most plans of these tests begin and end with. */

#include "drive.h"

#include <stdint.h>

/* fstab flags that several tests name */
#define ATTR_RDONLY 1
#define ATTR_NOSUID 2
#define ATTR_NODEV  4
#define ATTR_NOEXEC 8

struct container {
        char root[64];
        struct drive drive;
        int stdio[3];
        int start;
        int rootfs;
};

/* Skips the running test, and returns true, unless it can make namespaces. */
bool container_cannot_run(void);

/* A root file system, streams, a start socket; no step yet. */
void container_begin(struct container *c, uint32_t flags);
/* A listening start socket instead of a connected pair. */
void container_begin_listening(struct container *c, uint32_t flags);
/* The root file system alone, in mounts that do not reach the host's, which may be shared. */
void container_add_rootfs(struct container *c);
/* The same, with /proc, and a tmpfs on /dev. */
void container_add_root(struct container *c);
void container_add_pivot(struct container *c);
/* A file system with up to two options, attached. */
void container_add_mount(struct container *c, const char *type, const char *target, const char *option,
                         uint64_t attr);
/* Created, started, streams in place. */
void container_add_start(struct container *c);
/* No user's ids: root runs @script with sh. */
void container_add_exec(struct container *c, const char *script);
/* container_add_pivot() to container_add_exec() */
void container_add_rest(struct container *c, const char *script);
/* With a file in the root file system that has @text in it. */
void container_put_file(struct container *c, const char *path, const char *text);
void container_end(struct container *c);

#define CSTEP(c, ...) STEP(&(c)->drive.build, __VA_ARGS__)

#endif
