/* SPDX-License-Identifier: MIT */

/* When a container was started: a file of its own, as the record is not written anew for that. */

#include "state/folder.h"

#include "base/fds.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void ct_state_note_started(struct ct_state *state, int64_t nsec)
{
        char text[32];
        int size = snprintf(text, sizeof(text), "%" PRId64 "\n", nsec);

        (void)ct_replace_file_at(state->dir_fd, CT_STATE_STARTED, text, (size_t)size);
}

int64_t ct_state_started(struct ct_state *state)
{
        _cleanup_free_ char *text = NULL;
        long long nsec;

        if (ct_read_file_at(state->dir_fd, CT_STATE_STARTED, 32, &text, NULL) < 0)
                return 0;
        nsec = strtoll(text, NULL, 10);
        return nsec > 0 ? nsec : 0;
}
