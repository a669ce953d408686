/* SPDX-License-Identifier: MIT */

/* prune: releases that nobody needs any more go. */

#include "image/deploy.h"
#include "image/requests.h"

int ct_do_prune(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = NULL;
        bool dry_run = false;
        uint64_t keep = 0;
        int r;

        r = ct_json_get_uint(&job->request, "keep", UINT64_MAX, &keep, err);
        if (r >= 0)
                r = ct_json_get_bool(&job->request, "dryRun", &dry_run, err);
        if (r < 0)
                return r;
        r = ct_deploy_open(job, !dry_run, &releases, err);
        if (r == 0 && !dry_run)
                r = ct_releases_clean(releases, err);
        /* Anew: one that somebody uses may have got its name back. */
        if (r == 0 && !dry_run)
                r = ct_releases_load(releases, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(ret_json, "{");
        r = ct_releases_prune(releases, keep, dry_run, ret_json, err);
        if (r < 0)
                return r;
        return ct_buf_puts(ret_json, "}") < 0 ? ct_fail_memory(err) : 0;
}
