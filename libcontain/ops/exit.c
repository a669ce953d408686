/* SPDX-License-Identifier: MIT */

/* How the process ended, as far as others have written it down. */

#include "ops/keep.h"

/* Its keeper was there at the very moment. */
static void take_record(struct contain *c, const struct ct_exit_record *record)
{
        if (record->known)
                c->exit = (struct ct_exit){
                        .known = true, .code = record->code, .signo = record->signo, .core = record->core
                };
        c->oom = record->oom;
        c->ended_nsec = record->ended_nsec;
        c->exited = true;
}

void ct_exit_complete(struct contain *c)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        struct ct_exit_record record;
        int64_t started;
        bool complete, kept, found;

        pthread_mutex_lock(&c->look);
        complete = c->exit_complete || ct_is_ephemeral(c);
        kept = c->record && c->record->keeper_pid > 0;
        pthread_mutex_unlock(&c->look);
        if (complete || ct_op_open_own(c, &state, NULL) < 0)
                return;
        if (kept)
                ct_keep_wait(state);
        found = kept && ct_state_load_exit(state, &record) == 0;
        started = ct_state_started(state);

        pthread_mutex_lock(&c->look);
        c->started_nsec = started;
        if (found)
                take_record(c, &record);
        c->exit_complete = true;
        pthread_mutex_unlock(&c->look);
}
