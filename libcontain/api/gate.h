/* SPDX-License-Identifier: MIT */
#ifndef CT_API_GATE_H
#define CT_API_GATE_H

/*
 * What every public function does first: an argument that is missing and a handle of another process are
 * refused with words, never undefined. Then the handle's lock, where the call changes it, and one op.
 */

#include "ops/handle.h"

/* 0, or -EINVAL for a NULL argument called @name. */
static inline int gate_argument(const void *argument, const char *name, contain_error_t **err)
{
        return argument ? 0 : ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "argument '%s' is NULL", name);
}

/* 0, or -ECHILD in a forked copy of the process that made the object. */
static inline int gate_maker(pid_t maker, contain_error_t **err)
{
        if (maker == getpid())
                return 0;
        return ct_fail(err, CONTAIN_E_FORKED, ECHILD, NULL,
                       "this handle was made by process %d, not by this one", (int)maker);
}

static inline int gate_container(struct contain *c, contain_error_t **err)
{
        int r = gate_argument(c, "c", err);

        return r < 0 ? r : gate_maker(c->maker, err);
}

static inline int gate_context(struct contain_ctx *ctx, contain_error_t **err)
{
        int r = gate_argument(ctx, "ctx", err);

        return r < 0 ? r : gate_maker(ctx->maker, err);
}

static inline int gate_flags(unsigned flags, unsigned known, contain_error_t **err)
{
        if ((flags & ~known) == 0)
                return 0;
        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "flags 0x%x are not known to this function",
                       flags & ~known);
}

/* The handle's `life` lock for the length of a scope. */
static inline void gate_unlock(pthread_mutex_t **lock)
{
        if (*lock)
                (void)pthread_mutex_unlock(*lock);
}

static inline pthread_mutex_t *gate_lock(struct contain *c)
{
        (void)pthread_mutex_lock(&c->life);
        return &c->life;
}

#define GATE_LIFE(c) _cleanup_(gate_unlock) pthread_mutex_t *gate_life_ __attribute__((unused)) = gate_lock(c)

#endif
