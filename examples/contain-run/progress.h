/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_PROGRESS_H
#define CONTAIN_RUN_PROGRESS_H

/* How far work on an image is, as a line that changes, on a terminal only. */

#include "app.h"

#include <signal.h>

struct progress {
        bool shown;  /* standard error is a terminal that can show it */
        bool drawn;  /* there is a line on it */
        bool active; /* the signals below are ours */
        struct sigaction before[2];
};

void progress_begin(struct progress *progress, bool quiet);
/* contain_image_progress_fn; @userdata is the struct. Ends the call once a signal has asked for it. */
int progress_tell(void *userdata, const contain_image_progress_t *told);
/* Removes the line. If a signal has asked for it, this program ends by it now. */
void progress_end(struct progress *progress);

#endif
