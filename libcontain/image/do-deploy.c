/* SPDX-License-Identifier: MIT */

/* deploy: an image becomes a release, and that the one in force; or what is in a folder. */

#include "image/deploy.h"
#include "image/request.h"
#include "image/requests.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAME_DIGITS 12 /* of the digest */

int ct_deploy_root(const struct ct_job *job, int *ret_fd, const char **ret_name, contain_error_t **err)
{
        int r;

        r = ct_json_require(ct_job_fd(job, "root", ret_fd, err), &job->request, "root", err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&job->request, "rootName", ret_name, err),
                                    &job->request, "rootName", err);
        return r < 0 ? r : 0;
}

int ct_deploy_open_image(struct ct_job *job, int spool_fd, struct ct_image *ret, contain_error_t **err)
{
        struct ct_source_options options;
        const char *name;
        int r;

        r = ct_json_require(ct_json_get_string(&job->request, "image", &name, err), &job->request, "image",
                            err);
        if (r >= 0)
                r = ct_request_source_options(job, &options, err);
        if (r < 0)
                return r;
        options.spool_fd = spool_fd;
        return ct_source_open(job->arena, name, &options, ret, err);
}

void ct_deploy_name(const struct ct_releases *releases, const struct ct_digest *digest, char ret[64])
{
        char text[CT_DIGEST_TEXT], moment[32] = "";
        time_t now = time(NULL);
        struct tm parts;
        const char *hex;

        ct_digest_format(digest, text);
        hex = strchr(text, ':');
        if (gmtime_r(&now, &parts))
                (void)strftime(moment, sizeof moment, "%Y%m%dT%H%M%SZ", &parts);
        (void)snprintf(ret, 64, "%s-%.*s", moment, NAME_DIGITS, hex ? hex + 1 : "");
        /* The same image for other owners, within a second. */
        for (unsigned i = 2; ct_releases_find(releases, ret); i++)
                (void)snprintf(ret, 64, "%s-%.*s-%u", moment, NAME_DIGITS, hex ? hex + 1 : "", i);
}

struct ct_release *ct_deploy_find(const struct ct_releases *releases, const struct ct_digest *digest,
                                  const char *owner)
{
        struct ct_release *current = ct_releases_current(releases);
        char text[CT_DIGEST_TEXT];

        ct_digest_format(digest, text);
        if (*text == '\0')
                return NULL;
        if (current && strcmp(current->digest, text) == 0 && strcmp(current->owner, owner) == 0)
                return current;
        for (size_t i = 0; i < releases->n; i++)
                if (strcmp(releases->items[i].digest, text) == 0 &&
                    strcmp(releases->items[i].owner, owner) == 0)
                        return &releases->items[i];
        return NULL;
}

/* Publishes what is in @staging. A release that cannot be switched to does not stay. */
static int publish(struct ct_staging *staging, const struct ct_image *image, const struct ct_deploy *how,
                   struct ct_release **ret, contain_error_t **err)
{
        struct ct_releases *releases = staging->releases;
        struct ct_release *release;
        char name[64];
        int r;

        ct_deploy_name(releases, &staging->digest, name);
        r = ct_staging_describe(staging, image, how, name, err);
        if (r == 0)
                r = ct_staging_publish(staging, name, err);
        if (r == 0)
                r = ct_releases_load(releases, err);
        if (r < 0)
                return r;
        release = ct_releases_find(releases, name);
        if (!release)
                return ct_fail(err, CONTAIN_E_DEPLOY, ENOENT, NULL, "release '%s' has vanished from '%s'",
                               name, releases->path);
        r = ct_releases_switch(releases, release, err);
        if (r < 0) {
                (void)ct_tree_remove(releases->dir_fd, name);
                return r;
        }
        *ret = release;
        return 0;
}

/* The release of the image: made, or found. @ret_status tells which. */
static int make_release(struct ct_job *job, struct ct_releases *releases, const struct ct_deploy *how,
                        struct ct_release **ret, const char **ret_status, contain_error_t **err)
{
        _cleanup_staging_ struct ct_staging staging = CT_STAGING_INIT;
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        const char *owner = ct_staging_owner(releases->arena, &how->unpack.owner);
        struct ct_image image = { 0 };
        struct ct_release *release;
        struct ct_digest known;
        int r;

        if (!owner)
                return ct_fail_memory(err);
        r = ct_staging_make(releases, &staging, err);
        if (r == 0)
                r = ct_deploy_open_image(job, staging.dir_fd, &image, err);
        source = image.source;
        if (r == 0)
                r = ct_staging_check(&image, how, err);
        if (r < 0)
                return r;
        known = ct_staging_known(&image);
        release = ct_deploy_find(releases, &known, owner);
        if (!release) {
                r = ct_staging_fill(&staging, &image, how, job, err);
                if (r < 0)
                        return r;
                release = ct_deploy_find(releases, &staging.digest, owner);
        }
        if (!release) {
                *ret_status = "deployed";
                return publish(&staging, &image, how, ret, err);
        }
        *ret = release;
        *ret_status = release->current ? "unchanged" : "switched";
        return ct_releases_switch(releases, release, err);
}

/* The release is in force by now: that others cannot be removed is told, and no failure. */
static void prune(struct ct_releases *releases, uint64_t keep, struct ct_buf *ret_json)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_buf_ struct ct_buf json = CT_BUF_INIT;

        if (ct_releases_load(releases, &error) == 0 &&
            ct_releases_prune(releases, keep, false, &json, &error) == 0) {
                (void)ct_buf_printf(ret_json, ",%s", json.data);
                return;
        }
        (void)ct_buf_puts(ret_json, ",\"warning\":");
        (void)ct_buf_json_string(ret_json, contain_error_message(error));
}

/* The folder is a root file system then, in which the releases would be. */
static int refuse_in_place(int root_fd, const char *root_name, contain_error_t **err)
{
        if (faccessat(root_fd, CT_RELEASES_IN_PLACE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        return ct_fail(err, CONTAIN_E_DEPLOY, EEXIST, NULL, "'%s' has been deployed to in place", root_name);
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
                r = refuse_in_place(root_fd, root_name, err);
        if (r == 0)
                r = ct_releases_open(root_fd, root_name, CT_RELEASES_FOLDER, true, &releases, err);
        if (r == 0)
                r = ct_releases_lock(releases, job, err);
        if (r == 0)
                r = ct_releases_check_links(releases, err);
        if (r == 0)
                r = ct_releases_clean(releases, err);
        if (r == 0)
                r = ct_releases_load(releases, err);
        if (r == 0)
                r = make_release(job, releases, how, &release, &status, err);
        if (r < 0)
                return r;
        (void)ct_buf_printf(ret_json, "{\"status\":\"%s\",\"name\":\"%s\",\"digest\":\"%s\"", status,
                            release->name, release->digest);
        if (keep > 0)
                prune(releases, keep, ret_json);
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
