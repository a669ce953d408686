/* SPDX-License-Identifier: MIT */
#ifndef CT_API_GATE_H
#define CT_API_GATE_H

/*
 * What every public function does first: an argument that is missing and a handle of another process are
 * refused with words, never undefined. Then the handle's lock, where the call changes it, and one op.
 */

#include "ops/handle.h"

#include <string.h>

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

/* What is said about a container has to be said before it exists. Call with `life` held. */
static inline int gate_before_create(struct contain *c, contain_error_t **err)
{
        if (!c->record && !c->opened)
                return 0;
        return ct_fail(err, CONTAIN_E_BUSY, EBUSY, NULL, "container '%s' is created already", c->id);
}

static inline int gate_flags(unsigned flags, unsigned known, contain_error_t **err)
{
        if ((flags & ~known) == 0)
                return 0;
        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "flags 0x%x are not known to this function",
                       flags & ~known);
}

/* A configuration is there and the container is not. Call with `life` held. */
static inline int gate_configured(struct contain *c, contain_error_t **err)
{
        if (c->record || c->opened)
                return ct_fail(err, CONTAIN_E_STATUS, EBUSY, NULL, "container '%s' is created already",
                               c->id);
        if (!c->spec)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "container '%s' has no configuration yet", c->id);
        return 0;
}

/*
 * Copies a struct of options that begins with its size. What the caller's version of the library did not know
 * is zero in @known; what this one does not know has to be.
 */
static inline int gate_opts(const void *opts, void *known, size_t size, contain_error_t **err)
{
        const unsigned char *bytes = opts;
        size_t given = 0;
        int r = gate_argument(opts, "opts", err);

        if (r < 0)
                return r;
        memcpy(&given, opts, sizeof(given));
        if (given < sizeof(given) || given > 4096)
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL,
                               "the size of argument 'opts' is not set");
        for (size_t i = size; i < given; i++)
                if (bytes[i] != 0)
                        return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL,
                                       "argument 'opts' has members that this version does not know");
        memcpy(known, opts, given < size ? given : size);
        return 0;
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
