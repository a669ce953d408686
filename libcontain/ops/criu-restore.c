/* SPDX-License-Identifier: MIT */

/* What CRIU is told for a restore: where things are that are not in the images, and what is to differ from
 * them. */

#include "ops/criu.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* One line of /proc/PID/cgroup, "ID:CONTROLLERS:PATH": each controller's images are moved to where CRIU is.
 */
static void put_cgroup_line(struct ct_buf *opts, char *line)
{
        char *controllers = strchr(line, ':'), *path, *next;

        path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
                return;
        *path++ = '\0';
        for (char *name = controllers + 1; name; name = next) {
                next = strchr(name, ',');
                if (next)
                        *next++ = '\0';
                ct_criu_put_pair(opts, CT_CRIU_CG_ROOT, name, path);
        }
}

static int put_cgroups(struct ct_criu_job *job, contain_error_t **err)
{
        _cleanup_free_ char *text = NULL;
        char path[40];
        int r;

        (void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)job->criu.child.pid);
        r = ct_read_file_at(AT_FDCWD, path, 64 * 1024, &text, NULL);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -r, NULL, "cannot find out the cgroups of CRIU");
        for (char *line = text, *end; line && *line; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                put_cgroup_line(&job->opts, line);
        }
        return 0;
}

static int put_labels(struct ct_criu_job *job, const contain_restore_options_t *opts, contain_error_t **err)
{
        int r = 0;

        if (opts->lsm_profile || opts->lsm_mount_context)
                r = ct_criu_job_need(job, 31600, "to choose a security label", err);
        if (r < 0)
                return r;
        ct_pb_put_string(&job->opts, CT_CRIU_LSM_PROFILE, opts->lsm_profile);
        ct_pb_put_string(&job->opts, CT_CRIU_LSM_MOUNT_CONTEXT, opts->lsm_mount_context);
        return 0;
}

int ct_criu_job_put_restore(struct ct_criu_job *job, const contain_restore_options_t *opts,
                            const struct ct_cgroup *cgroup, const struct ct_criu_fds *namespaces,
                            contain_error_t **err)
{
        int r;

        r = ct_criu_job_put_common(job, err);
        if (r < 0)
                return r;
        ct_pb_put_uint(&job->opts, CT_CRIU_RST_SIBLING, 1);
        ct_pb_put_uint(&job->opts, CT_CRIU_EVASIVE_DEVICES, 1);
        r = ct_criu_put_sources(job, cgroup, err);
        if (r == 0)
                r = ct_criu_put_joined(job, namespaces, err);
        if (r == 0)
                r = ct_criu_load_streams(job, err);
        if (r == 0)
                r = put_labels(job, opts, err);
        return r < 0 ? r : put_cgroups(job, err);
}
