/* SPDX-License-Identifier: MIT */

/* How the process ended, as far as others have written it down. */

#include "ops/handle.h"

void ct_exit_complete(struct contain *c)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        int64_t started;

        pthread_mutex_lock(&c->look);
        started = c->started_nsec;
        pthread_mutex_unlock(&c->look);
        if (started != 0 || ct_is_ephemeral(c))
                return;
        if (ct_state_open(c->ctx->state_root, c->id, &state, NULL) < 0)
                return;
        started = ct_state_started(state);
        pthread_mutex_lock(&c->look);
        c->started_nsec = started;
        pthread_mutex_unlock(&c->look);
}
