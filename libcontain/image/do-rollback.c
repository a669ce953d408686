/* SPDX-License-Identifier: MIT */

/* rollback: an earlier release, or any other one, becomes the one in force. */

#include "image/deploy.h"
#include "image/requests.h"

/* The one that @name says, otherwise the one that was in force before. */
static int choose(const struct ct_releases *releases, const char *name, struct ct_release **ret,
                  contain_error_t **err)
{
        *ret = name ? ct_releases_find(releases, name) : ct_releases_previous(releases);
        if (*ret)
                return 0;
        if (name)
                return ct_fail(err, CONTAIN_E_DEPLOY, ENOENT, NULL, "there is no release '%s' in '%s'", name,
                               releases->path);
        return ct_fail(err, CONTAIN_E_DEPLOY, ENOENT, NULL, "there is no earlier release in '%s'",
                       releases->path);
}

int ct_do_rollback(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = NULL;
        const char *name = NULL;
        struct ct_release *release;
        bool unchanged;
        int r;

        r = ct_json_get_string(&job->request, "to", &name, err);
        if (r < 0)
                return r;
        r = ct_deploy_open(job, true, &releases, err);
        if (r == 0)
                r = choose(releases, name, &release, err);
        if (r < 0)
                return r;
        unchanged = release->current;
        r = ct_releases_switch(releases, release, err);
        if (r < 0)
                return r;
        ct_deploy_put_result(ret_json, unchanged ? "unchanged" : "switched", release);
        return ct_buf_puts(ret_json, "}") < 0 ? ct_fail_memory(err) : 0;
}
