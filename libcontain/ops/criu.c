/* SPDX-License-Identifier: MIT */

/* Folders, common options and failures of checkpoint and restore: see ops/criu.h. */

#include "ops/criu.h"

#include "base/fds.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_LEVEL 4 /* what a person needs to find out what is wrong */

/* Who has the rules for CRIU that are this machine's, by the name under which engines document it. */
#define CONFIG_FILE       "/etc/criu/runc.conf"
#define CONFIG_ANNOTATION "org.criu.config"

void ct_criu_job_done(struct ct_criu_job *job)
{
        ct_criu_done(&job->criu);
        job->image_fd = ct_close(job->image_fd);
        job->work_fd = ct_close(job->work_fd);
        ct_buf_done(&job->opts);
        free(job->program);
}

static const char *log_name(const struct ct_criu_job *job)
{
        return job->restores ? "restore.log" : "dump.log";
}

/* --- folders --------------------------------------------------------------------------------- */

static int open_folder(const char *path, bool make, int *ret, contain_error_t **err)
{
        int r = make ? ct_mkdirat(AT_FDCWD, path, 0700) : 0, fd;

        if (r < 0 && r != -EEXIST)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, -r, NULL, "cannot make the folder '%s'", path);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, errno, NULL, "cannot open the folder '%s'", path);
        *ret = ct_high_fd(fd);
        return 0;
}

static int name_to_number(const char *what, const char *given, const char *const *names,
                          const unsigned *numbers, size_t n, unsigned *ret, contain_error_t **err)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(names[i], given) == 0) {
                        *ret = numbers[i];
                        return 0;
                }
        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%s' is no %s", given, what);
}

static int cgroups_mode(const struct ct_criu_job *job, unsigned *ret, contain_error_t **err)
{
        static const char *const names[] = { "soft", "full", "strict", "ignore" };
        static const unsigned numbers[] = { CT_CRIU_CGROUPS_SOFT, CT_CRIU_CGROUPS_FULL,
                                            CT_CRIU_CGROUPS_STRICT, CT_CRIU_CGROUPS_IGNORE };

        return name_to_number("way to restore cgroups", job->cgroups_mode ? job->cgroups_mode : "soft", names,
                              numbers, 4, ret, err);
}

static int network_lock(const struct ct_criu_job *job, unsigned *ret, contain_error_t **err)
{
        static const char *const names[] = { "iptables", "nftables", "skip" };
        static const unsigned numbers[] = { 1, 2, 3 };

        return name_to_number("way to lock the network", job->network_lock, names, numbers, 3, ret, err);
}

int ct_criu_job_open(struct ct_criu_job *job, contain_error_t **err)
{
        unsigned number = 0;
        int r;

        if (!job->image_path || !job->image_path[0])
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "no folder for the images is given");
        r = cgroups_mode(job, &number, err);
        if (r == 0 && job->network_lock)
                r = network_lock(job, &number, err);
        if (r < 0)
                return r;
        if (geteuid() != 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, EPERM, NULL, "%s takes root",
                               job->restores ? "restoring a container" : "a checkpoint");
        r = ct_criu_find(job->given_program, &job->program, err);
        if (r == 0)
                r = open_folder(job->image_path, !job->restores, &job->image_fd, err);
        if (r == 0 && job->work_path)
                r = open_folder(job->work_path, true, &job->work_fd, err);
        return r;
}

/*
 * @fd once more, as a process with another mount table sees it: what is mounted below by relative paths has
 * to be of that table.
 */
static int reopen(pid_t pid, int *fd)
{
        char link[40], path[PATH_MAX];
        struct stat here, there;
        ssize_t length;
        int n, reopened;

        if (*fd < 0)
                return 0;
        n = snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", *fd);
        length = readlink(link, path + n, sizeof(path) - 1 - (size_t)n);
        if (length < 0)
                return -errno;
        path[n + length] = '\0';
        reopened = ct_high_fd(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (reopened < 0)
                return -errno;
        if (fstat(*fd, &here) < 0 || fstat(reopened, &there) < 0 || here.st_dev != there.st_dev ||
            here.st_ino != there.st_ino) {
                ct_close(reopened);
                return -ESTALE;
        }
        ct_close(*fd);
        *fd = reopened;
        return 0;
}

int ct_criu_job_reopen(struct ct_criu_job *job, contain_error_t **err)
{
        pid_t pid = job->criu.child.pid; /* a child that nobody has reaped */
        int r;

        r = reopen(pid, &job->image_fd);
        if (r == 0)
                r = reopen(pid, &job->work_fd);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, -r, NULL,
                               "cannot open the folder of the images, or of the log, for CRIU");
        return 0;
}

/* --- versions -------------------------------------------------------------------------------- */

int ct_criu_job_need(const struct ct_criu_job *job, unsigned version, const char *what, contain_error_t **err)
{
        if (job->version >= version)
                return 0;
        return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                       "%s takes CRIU %u.%u or later, '%s' is version %u.%u", what, version / 10000,
                       version / 100 % 100, job->program, job->version / 10000, job->version / 100 % 100);
}

int ct_criu_job_ask_version(struct ct_criu_job *job, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf request = CT_BUF_INIT;
        struct ct_criu_response response;
        int r;

        ct_criu_put_request(&request, CT_CRIU_VERSION, NULL, true);
        r = ct_criu_call(&job->criu, CT_CRIU_VERSION, &request, NULL, NULL, &response, err);
        if (r < 0)
                return r;
        job->version = response.success ? response.version : 0;
        return ct_criu_job_need(job, CT_CRIU_OLDEST, job->restores ? "restoring" : "a checkpoint", err);
}

/* --- options --------------------------------------------------------------------------------- */

static const struct {
        unsigned flag;
        enum ct_criu_field field;
} switches[] = {
        { CONTAIN_CHECKPOINT_LEAVE_RUNNING, CT_CRIU_LEAVE_RUNNING },
        { CONTAIN_CHECKPOINT_TCP_ESTABLISHED, CT_CRIU_TCP_ESTABLISHED },
        { CONTAIN_CHECKPOINT_TCP_SKIP_IN_FLIGHT, CT_CRIU_TCP_SKIP_IN_FLIGHT },
        { CONTAIN_CHECKPOINT_TCP_CLOSE, CT_CRIU_TCP_CLOSE },
        { CONTAIN_CHECKPOINT_EXT_UNIX_SK, CT_CRIU_EXT_UNIX_SK },
        { CONTAIN_CHECKPOINT_SHELL_JOB, CT_CRIU_SHELL_JOB },
        { CONTAIN_CHECKPOINT_FILE_LOCKS, CT_CRIU_FILE_LOCKS },
        { CONTAIN_CHECKPOINT_LAZY_PAGES, CT_CRIU_LAZY_PAGES },
        { CONTAIN_CHECKPOINT_AUTO_DEDUP, CT_CRIU_AUTO_DEDUP },
        { CONTAIN_CHECKPOINT_LINK_REMAP, CT_CRIU_LINK_REMAP },
};

/* An annotation may name another file, or with no name none. One that is not there CRIU does without. */
static void put_config_file(struct ct_criu_job *job)
{
        const struct ct_spec_pairs *annotations = &job->spec->annotations;
        const char *file = CONFIG_FILE;

        for (size_t i = 0; i < annotations->n; i++)
                if (strcmp(annotations->items[i].key, CONFIG_ANNOTATION) == 0)
                        file = annotations->items[i].value;
        if (file[0])
                ct_pb_put_string(&job->opts, CT_CRIU_CONFIG_FILE, file);
}

int ct_criu_job_put_common(struct ct_criu_job *job, contain_error_t **err)
{
        struct ct_buf *opts = &job->opts;
        unsigned number = 0;
        int r;

        ct_pb_put_uint(opts, CT_CRIU_IMAGES_DIR_FD, (uint64_t)job->image_fd);
        if (job->work_fd >= 0)
                ct_pb_put_uint(opts, CT_CRIU_WORK_DIR_FD, (uint64_t)job->work_fd);
        ct_pb_put_uint(opts, CT_CRIU_LOG_LEVEL, LOG_LEVEL);
        ct_pb_put_string(opts, CT_CRIU_LOG_FILE, log_name(job));
        ct_pb_put_uint(opts, CT_CRIU_NOTIFY_SCRIPTS, 1);
        ct_pb_put_uint(opts, CT_CRIU_ORPHAN_PTS_MASTER, 1);
        for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
                if (job->flags & switches[i].flag)
                        ct_pb_put_uint(opts, switches[i].field, 1);
        if (job->flags & CONTAIN_CHECKPOINT_EMPTY_NETWORK)
                ct_pb_put_uint(opts, CT_CRIU_EMPTY_NS, CLONE_NEWNET);
        r = cgroups_mode(job, &number, err);
        if (r < 0)
                return r;
        ct_pb_put_uint(opts, CT_CRIU_MANAGE_CGROUPS, 1);
        ct_pb_put_uint(opts, CT_CRIU_MANAGE_CGROUPS_MODE, number);
        if (job->network_lock) {
                r = ct_criu_job_need(job, 31700, "to choose how the network is locked", err);
                if (r == 0)
                        r = network_lock(job, &number, err);
                if (r < 0)
                        return r;
                ct_pb_put_uint(opts, CT_CRIU_NETWORK_LOCK, number);
        }
        put_config_file(job);
        return 0;
}

/* --- the request ----------------------------------------------------------------------------- */

/* What CRIU says in its log, or at least in its response. */
static int fail(struct ct_criu_job *job, const struct ct_criu_response *response, contain_error_t **err)
{
        char words[1024] = "";
        int r;

        ct_criu_read_log(job->work_fd >= 0 ? job->work_fd : job->image_fd, log_name(job), words,
                         sizeof(words));
        r = ct_fail(err, CONTAIN_E_CHECKPOINT, response->errnum ? response->errnum : EIO, NULL,
                    "CRIU cannot %s container '%s': %s", job->restores ? "restore" : "checkpoint", job->c->id,
                    words[0]             ? words
                    : response->words[0] ? response->words
                                         : "it does not say why");
        ct_error_set_hint(err, "its log is '%s/%s'", job->work_path ? job->work_path : job->image_path,
                          log_name(job));
        return r;
}

int ct_criu_job_run(struct ct_criu_job *job, enum ct_criu_type type, ct_criu_notify_fn notify, void *userdata,
                    struct ct_criu_response *ret, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf request = CT_BUF_INIT;
        int r;

        ct_criu_put_request(&request, type, &job->opts, false);
        /* What an earlier attempt has left is no news of this one. */
        (void)unlinkat(job->work_fd >= 0 ? job->work_fd : job->image_fd, log_name(job), 0);
        r = ct_criu_call(&job->criu, type, &request, notify, userdata, ret, err);
        if (r < 0) {
                ct_error_set_hint(err, "its log is '%s/%s'",
                                  job->work_path ? job->work_path : job->image_path, log_name(job));
                return r;
        }
        return ret->success ? 0 : fail(job, ret, err);
}
