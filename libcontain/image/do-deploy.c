/* SPDX-License-Identifier: MIT */

/* deploy: an image becomes a release, and that the one in force; or what is in a folder. */

#include "image/deploy.h"
#include "image/request.h"
#include "image/requests.h"

static bool is_current(struct ct_releases *releases, const char *name)
{
        const struct ct_release *release;

        if (ct_releases_load(releases, NULL) < 0)
                return true;
        release = ct_releases_find(releases, name);
        return release && release->current;
}

static int publish_and_switch(struct ct_staging *staging, const char *name, struct ct_release **ret,
                              contain_error_t **err)
{
        struct ct_releases *releases = staging->releases;
        int r;

        r = ct_staging_publish(staging, name, err);
        if (r == 0)
                r = ct_releases_load(releases, err);
        if (r < 0)
                return r;
        *ret = ct_releases_find(releases, name);
        if (!*ret)
                return ct_fail(err, CONTAIN_E_DEPLOY, ENOENT, NULL, "release '%s' has vanished from '%s'",
                               name, releases->path);
        return ct_releases_switch(releases, *ret, err);
}

/* Publishes what is in @staging. A release that cannot be switched to does not stay. */
static int publish(struct ct_staging *staging, const struct ct_image *image, const struct ct_deploy *how,
                   struct ct_release **ret, contain_error_t **err)
{
        struct ct_releases *releases = staging->releases;
        char name[64];
        int r;

        ct_deploy_name(releases, &staging->digest, name);
        r = ct_staging_describe(staging, image, how, name, err);
        if (r < 0)
                return r;
        r = publish_and_switch(staging, name, ret, err);
        /* The link may be there, and only not be known to be on disk. */
        if (r < 0 && !is_current(releases, name))
                (void)ct_tree_remove(releases->dir_fd, name);
        return r;
}

/* The release of the image: made, or found. @ret_status tells which. */
static int make_release(struct ct_job *job, struct ct_releases *releases, const struct ct_deploy *how,
                        struct ct_release **ret, const char **ret_status, contain_error_t **err)
{
        _cleanup_staging_ struct ct_staging staging = CT_STAGING_INIT;
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        struct ct_image image = { 0 };
        int r;

        r = ct_deploy_stage(job, releases, how, &staging, &image, ret, err);
        source = image.source;
        if (r < 0)
                return r;
        if (r == 0) {
                *ret_status = "deployed";
                return publish(&staging, &image, how, ret, err);
        }
        *ret_status = (*ret)->current ? "unchanged" : "switched";
        return ct_releases_switch(releases, *ret, err);
}

/* The release is in force by now: that others cannot be removed is told, and no failure. */
static void prune(struct ct_releases *releases, uint64_t keep, struct ct_buf *ret_json)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_buf_ struct ct_buf json = CT_BUF_INIT;

        if (ct_releases_load(releases, &error) == 0 &&
            ct_releases_prune(releases, keep, false, &json, &error) == 0) {
                (void)ct_buf_printf(ret_json, ",%s", json.data);
                ct_deploy_put_warning(ret_json, releases->warning);
                return;
        }
        ct_deploy_put_warning(ret_json, contain_error_message(error));
}

static int deploy_release(struct ct_job *job, const struct ct_deploy *how, uint64_t keep,
                          struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = NULL;
        struct ct_release *release = NULL;
        const char *root_name, *status = "";
        int root_fd, r;

        r = ct_deploy_root(job, &root_fd, &root_name, err);
        if (r == 0)
                r = ct_deploy_refuse_in_place(root_fd, root_name, err);
        if (r == 0)
                r = ct_deploy_begin(job, root_fd, root_name, CT_RELEASES_FOLDER, &releases, err);
        /* Once more: who deploys in place at the same moment has another lock, and looks for ours. */
        if (r == 0)
                r = ct_deploy_refuse_in_place(root_fd, root_name, err);
        if (r == 0)
                r = ct_releases_check_links(releases, err);
        if (r == 0)
                r = ct_releases_load(releases, err);
        if (r == 0)
                r = make_release(job, releases, how, &release, &status, err);
        if (r < 0)
                return r;
        ct_deploy_put_result(ret_json, status, release);
        if (keep > 0)
                prune(releases, keep, ret_json);
        else
                ct_deploy_put_warning(ret_json, releases->warning);
        return ct_buf_puts(ret_json, "}") < 0 ? ct_fail_memory(err) : 0;
}

static int read_options(struct ct_job *job, struct ct_deploy *ret, contain_error_t **err)
{
        const struct ct_json *request = &job->request;
        const char *expected = NULL;
        int r;

        r = ct_request_unpack_options(job, &ret->unpack, err);
        if (r >= 0)
                r = ct_json_get_bool(request, "noEnv", &ret->no_env, err);
        if (r >= 0)
                r = ct_json_get_string(request, "expectDigest", &expected, err);
        if (r > 0)
                r = ct_digest_parse(expected, "", &ret->expected, err);
        return r < 0 ? r : 0;
}

int ct_do_deploy(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        const struct ct_json *request = &job->request;
        struct ct_deploy how = { 0 };
        struct ct_sync_request sync = { 0 };
        bool in_place = false;
        uint64_t keep = 0;
        int r;

        r = read_options(job, &how, err);
        if (r >= 0)
                r = ct_json_get_uint(request, "keep", UINT64_MAX, &keep, err);
        if (r >= 0)
                r = ct_json_get_bool(request, "inPlace", &in_place, err);
        if (r >= 0)
                r = ct_json_get_bool(request, "quick", &sync.quick, err);
        if (r >= 0)
                r = ct_json_get_bool(request, "force", &sync.force, err);
        if (r < 0)
                return r;
        return in_place ? ct_sync_deploy(job, &how, &sync, ret_json, err)
                        : deploy_release(job, &how, keep, ret_json, err);
}
