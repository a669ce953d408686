/* SPDX-License-Identifier: MIT */

/* What deployments have in common, whether they make a release or what is in the folder itself. */

#include "image/deploy.h"

#include "image/request.h"

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

int ct_deploy_refuse_in_place(int root_fd, const char *root_name, contain_error_t **err)
{
        if (faccessat(root_fd, CT_RELEASES_IN_PLACE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        return ct_fail(err, CONTAIN_E_DEPLOY, EEXIST, NULL,
                       "'%s' has been deployed to in place, and has no releases", root_name);
}

int ct_deploy_open(struct ct_job *job, bool lock, struct ct_releases **ret, contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = NULL;
        const char *root_name;
        int root_fd, r;

        r = ct_deploy_root(job, &root_fd, &root_name, err);
        if (r == 0)
                r = ct_deploy_refuse_in_place(root_fd, root_name, err);
        if (r == 0)
                r = ct_releases_open(root_fd, root_name, CT_RELEASES_FOLDER, false, &releases, err);
        if (r == 0 && lock)
                r = ct_releases_lock(releases, job, err);
        if (r == 0)
                r = ct_releases_read_containers(releases, job, err);
        if (r == 0)
                r = ct_releases_load(releases, err);
        if (r < 0)
                return r;
        *ret = ct_take(releases);
        return 0;
}

int ct_deploy_begin(struct ct_job *job, int root_fd, const char *root_name, const char *folder,
                    struct ct_releases **ret, contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = NULL;
        _cleanup_(contain_error_freep) contain_error_t *left = NULL;
        int r;

        r = ct_releases_open(root_fd, root_name, folder, true, &releases, err);
        if (r == 0)
                r = ct_releases_lock(releases, job, err);
        if (r == 0)
                r = ct_releases_read_containers(releases, job, err);
        if (r < 0)
                return r;
        if (ct_releases_clean(releases, &left) < 0) {
                releases->warning = ct_arena_strdup(releases->arena, contain_error_message(left));
                if (!releases->warning)
                        return ct_fail_memory(err);
        }
        *ret = ct_take(releases);
        return 0;
}

/* What has to be read twice is kept in the folder @spool_fd. */
static int open_image(struct ct_job *job, int spool_fd, struct ct_image *ret, contain_error_t **err)
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

/* The release that @digest is already deployed as, in the same way; the current one first. NULL. */
static struct ct_release *find(const struct ct_releases *releases, const struct ct_digest *digest,
                               const char *treatment)
{
        struct ct_release *same = NULL;
        char text[CT_DIGEST_TEXT];

        ct_digest_format(digest, text);
        for (size_t i = 0; *text != '\0' && i < releases->n; i++) {
                struct ct_release *release = &releases->items[i];

                if (strcmp(release->digest, text) != 0 || strcmp(release->treatment, treatment) != 0)
                        continue;
                if (release->current)
                        return release;
                same = same ? same : release;
        }
        return same;
}

int ct_deploy_stage(struct ct_job *job, struct ct_releases *releases, const struct ct_deploy *how,
                    struct ct_staging *staging, struct ct_image *ret_image, struct ct_release **ret,
                    contain_error_t **err)
{
        const char *treatment = ct_staging_treatment(releases->arena, how);
        struct ct_digest known;
        int r;

        if (!treatment)
                return ct_fail_memory(err);
        r = ct_staging_make(releases, staging, err);
        if (r == 0)
                r = open_image(job, staging->dir_fd, ret_image, err);
        if (r == 0)
                r = ct_staging_check(ret_image, how, err);
        if (r < 0)
                return r;
        known = ct_staging_known(ret_image);
        *ret = find(releases, &known, treatment);
        if (*ret)
                return 1;
        r = ct_staging_fill(staging, ret_image, how, job, err);
        if (r < 0)
                return r;
        *ret = find(releases, &staging->digest, treatment);
        return *ret != NULL;
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

void ct_deploy_put_result(struct ct_buf *buf, const char *status, const struct ct_release *release)
{
        (void)ct_buf_printf(buf, "{\"status\":\"%s\",\"name\":", status);
        (void)ct_buf_json_string(buf, release->name);
        (void)ct_buf_puts(buf, ",\"digest\":");
        (void)ct_buf_json_string(buf, release->digest);
}

void ct_deploy_put_warning(struct ct_buf *buf, const char *text)
{
        if (!text)
                return;
        (void)ct_buf_puts(buf, ",\"warning\":");
        (void)ct_buf_json_string(buf, text);
}
