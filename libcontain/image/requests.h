/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_REQUESTS_H
#define CT_IMAGE_REQUESTS_H

/*
 * What the program can be asked to do, a file do-NAME.c each: reads what it needs from the request and
 * appends the result to @ret_json, as one JSON value; job->reply_fd may go along. On failure nothing that it
 * made is left.
 */

#include "image/job.h"

#define CT_REQUEST(verb) int ct_do_##verb(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)

CT_REQUEST(inspect);
CT_REQUEST(unpack);

CT_REQUEST(pull);
CT_REQUEST(images);
CT_REQUEST(mount);
CT_REQUEST(unmount);
CT_REQUEST(remove);
CT_REQUEST(gc);

CT_REQUEST(export);
CT_REQUEST(deploy);
CT_REQUEST(releases);
CT_REQUEST(rollback);
CT_REQUEST(prune);

CT_REQUEST(discard);

#endif
