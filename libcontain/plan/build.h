/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_BUILD_H
#define CT_PLAN_BUILD_H

/*
 * A plan while it is written: steps, slots and a pool of strings that grow. Private to plan/.
 *
 * Adding cannot fail at once: running out of memory, or of numbers, is remembered and reported by
 * ct_build_finish(). So the parts of the planner read as the list of steps that they are.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "plan/plan.h"

struct ct_build {
        const struct ct_spec *spec;
        const struct ct_facts *facts;
        const struct ct_request *request;
        struct ct_problems *problems; /* NULL: the first one ends it */

        /* What the configuration comes down to; decided first (decide.c). */
        uint64_t new_namespaces;    /* CLONE_NEW* */
        uint64_t joined_namespaces; /* CLONE_NEW* */
        bool userns;                /* the container has a user namespace of its own, new or joined */
        bool own_mounts;            /* a new mount namespace: nothing that is mounted is seen outside */
        bool trees_by_slot;         /* the host may clone trees, instead of contain-init by path */
        bool id_helpers;            /* newuidmap(1) and newgidmap(1) write the maps */
        bool deny_setgroups;
        bool host_dev; /* the host's own /dev is bound over /dev */

        /* What one part leaves for another. */
        bool in_cgroup;      /* the process is where it belongs, and in its cgroup namespace */
        unsigned user_slot;  /* slot of the joined user namespace */
        bool *late_readonly; /* by mount: becomes read-only when all has been put in it */

        /* The plan. */
        uint32_t flags;
        uint64_t clone_flags;
        const char *state_creating[2], *state_created[2];
        struct ct_buf steps, slots, pool;
        size_t n_steps, n_slots;

        struct ct_arena *arena; /* texts needed while building */
        struct {
                uint32_t *offsets; /* of the pool's strings, by hash; 0: free */
                size_t n, capacity;
        } strings;
        bool failed; /* out of memory */
        bool too_big;
};

int ct_build_init(struct ct_build *build, const struct ct_spec *spec, const struct ct_facts *facts,
                  const struct ct_request *request, contain_error_t **err);
void ct_build_done(struct ct_build *build);

/* A step, with strings instead of offsets. */
struct ct_step {
        enum plan_op op;
        const char *at;
        unsigned slot; /* what ct_build_slot() returned; 0 for none */
        const char *s[PLAN_STRINGS];
        uint64_t n[PLAN_NUMBERS];
        const struct ct_buf *blob; /* NULL for none */
};

void ct_build_step(struct ct_build *build, const struct ct_step *step);
#define ct_build_add(build, ...) ct_build_step(build, &(struct ct_step){ __VA_ARGS__ })

/* Returns the slot's number + 1, so that 0 can mean none. Strings may be NULL. */
unsigned ct_build_slot(struct ct_build *build, enum plan_slot_kind kind, const char *at, const char *path,
                       const char *path2, uint64_t number);

/* A text that lives as long as @build; "" when out of memory, which is remembered. */
const char *ct_build_text(struct ct_build *build, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* What @buf holds, as such a text. */
const char *ct_build_buf_text(struct ct_build *build, const struct ct_buf *buf);
/* Place of member @key of the object at @at, escaped as JSON pointers have it. */
const char *ct_build_member(struct ct_build *build, const char *at, const char *key);

/* For the failure of one of several like parts: goes on without it when problems are kept. */
static inline int ct_build_keep(const struct ct_build *build, int r, contain_error_t **err)
{
        return ct_problems_keep(build->problems, r, err);
}

/* Adds each string with its NUL. */
void ct_build_put_strings(struct ct_buf *blob, const struct ct_strings *strings);

/* Lays the block out, and checks it. */
int ct_build_finish(struct ct_build *build, struct ct_plan **ret, contain_error_t **err);

#endif
