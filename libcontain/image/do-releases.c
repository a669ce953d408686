/* SPDX-License-Identifier: MIT */

/* releases: what was deployed to a folder, from the newest to the oldest. */

#include "image/deploy.h"
#include "image/requests.h"

#include <string.h>

/* An answer has a limit: of older releases than fit into this, the configuration is left out. */
#define CONFIGS_MAX (CT_JSON_MAX_SIZE / 2)

/* Of a folder that is deployed to in place there is one. */
static int put_in_place(int root_fd, const char *root_name, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = NULL;
        struct ct_release release;
        int r = ct_sync_release(root_fd, root_name, &releases, &release, err);

        if (r <= 0)
                return r;
        (void)ct_buf_puts(ret_json, "[");
        (void)ct_release_put_json(ret_json, &release, false);
        return ct_buf_puts(ret_json, "]") < 0 ? ct_fail_memory(err) : 1;
}

int ct_do_releases(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = NULL;
        const char *root_name;
        int root_fd, r;

        r = ct_deploy_root(job, &root_fd, &root_name, err);
        if (r == 0)
                r = put_in_place(root_fd, root_name, ret_json, err);
        if (r > 0)
                return 0;
        if (r == 0)
                r = ct_deploy_open(job, false, &releases, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(ret_json, "[");
        for (size_t i = 0; i < releases->n; i++) {
                (void)ct_buf_puts(ret_json, i > 0 ? "," : "");
                (void)ct_release_put_json(ret_json, &releases->items[i],
                                          ret_json->size + strlen(releases->items[i].text) > CONFIGS_MAX);
        }
        return ct_buf_puts(ret_json, "]") < 0 ? ct_fail_memory(err) : 0;
}
