/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_WRITES_H
#define CT_CGROUP_WRITES_H

/*
 * Resources are compiled to lists of writes, one list per hierarchy, before anything is made:
 * what is to be written where is a pure function of the configuration, and tested as text.
 */

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ct_device_rules;

enum {
        CT_WRITE_OPTIONAL = 1 << 0,   /* the value means "no limit": an absent file says so too */
        CT_WRITE_OR_NEXT = 1 << 1,    /* the next write tells the same to another part of the kernel: one of
                                         the two has to have a use for it */
        CT_WRITE_DEVICES = 1 << 2,    /* a device rule: see ct_cgroup_restricts_devices() */
        CT_WRITE_KEEP_FIRST = 1 << 3, /* the first word that is in the file goes before the value */
        CT_WRITE_VERIFY = 1 << 4,     /* some kernels accept the value and do nothing: read it back */
        CT_WRITE_CHECK = 1 << 5, /* writes nothing: fails when the number in the file is above the value */
        CT_WRITE_BEYOND_LIMIT = 1 << 6, /* the value counts memory.max too, which is taken off */
        CT_WRITE_EFFECTIVE = 1 << 7, /* v2's cpusets: the kernel takes any list, and gives what the parent has
                                        when that has none of it */
        CT_WRITE_PASS_OVER = 1 << 8  /* a kernel that has no use for it does not make the update fail */
};

struct ct_cgroup_write {
        const char *file, *value;
        const char *at; /* JSON pointer of what asks for it */
        unsigned flags; /* CT_WRITE_ */
        unsigned group; /* not 0: neighbours with the same number depend on each other, in an order that the
                           kernel knows: those refused with EINVAL are tried again after the others */
};

/* A controller that has to be enabled for the cgroup, on v2. */
struct ct_cgroup_need {
        const char *controller, *at;
};

struct ct_passed_over;

struct ct_cgroup_writes {
        struct ct_arena *arena;
        struct ct_passed_over *passed_over; /* of an update: what the kernel had no use for */
        bool update;    /* the cgroup exists already: what it may have set before has to be unset too */
        bool failed;    /* out of memory, looked at once, at the end */
        unsigned group; /* given to the writes that are added */
        struct ct_cgroup_write *items;
        size_t n, capacity;
        struct ct_cgroup_need *needs;
        size_t n_needs;
        const struct ct_device_rules *devices; /* v2: to be attached as a program; NULL for none */
};

/* Adds a write. @at and @file have to live as long as the list. */
void ct_writes_add(struct ct_cgroup_writes *writes, unsigned flags, const char *at, const char *file,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Adds a limit of bytes or the like, where -1 is written as @unlimited. */
void ct_writes_limit(struct ct_cgroup_writes *writes, unsigned flags, const char *at, const char *file,
                     int64_t value, const char *unlimited);
/* A text in the writes' arena; "" (and failed) when out of memory. */
const char *ct_writes_text(struct ct_cgroup_writes *writes, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* The place of member @key of what is at @at. */
const char *ct_writes_pointer(struct ct_cgroup_writes *writes, const char *at, const char *key);
/* Says that @controller has to be enabled. */
void ct_writes_need(struct ct_cgroup_writes *writes, const char *controller, const char *at);
/* The place of the first thing that must not be passed over, NULL when there is none. Device rules are not
 * counted. */
const char *ct_writes_asked(const struct ct_cgroup_writes *writes);

/* Performs the writes in the folder. */
int ct_writes_apply(const struct ct_cgroup_writes *writes, int folder_fd, contain_error_t **err);

/* Does nothing but the checks among the writes (CT_WRITE_CHECK). */
int ct_writes_check(const struct ct_cgroup_writes *writes, int folder_fd, contain_error_t **err);
/* Notes that what is asked for at @at is passed over. */
void ct_writes_pass_over(const struct ct_cgroup_writes *writes, const char *at);

/* undo.c */

/* Fills *ret with what brings back, as far as that can be read, all that @writes are about to change. */
void ct_writes_remember(const struct ct_cgroup_writes *writes, int folder_fd, struct ct_cgroup_writes *ret);
/* Performs such a list, in whatever order the kernel takes it. */
void ct_writes_take_back(const struct ct_cgroup_writes *writes, int folder_fd);

/* Fails because cgroup v2 knows no such thing. */
int ct_fail_v1_only(contain_error_t **err, const char *at, const char *what);

#endif
