/* SPDX-License-Identifier: MIT */

/*
 * contain-image: all work on images, in a process of its own. Not for people: libcontain starts it with a
 * socket as descriptor 3, on which one request comes and one answer goes.
 */

#include "base/error-json.h"
#include "base/message.h"
#include "image/requests.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define SOCKET_FD 3

static const struct {
        const char *name;
        int (*run)(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err);
} requests[] = {
        { "inspect", ct_do_inspect }, { "unpack", ct_do_unpack },     { "pull", ct_do_pull },
        { "images", ct_do_images },   { "mount", ct_do_mount },       { "gc", ct_do_gc },
        { "remove", ct_do_remove },   { "unmount", ct_do_unmount },   { "export", ct_do_export },
        { "deploy", ct_do_deploy },   { "releases", ct_do_releases }, { "rollback", ct_do_rollback },
        { "prune", ct_do_prune },     { "discard", ct_do_discard },
};

static int run(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        const char *name = NULL;
        int r = ct_json_require(ct_json_get_string(&job->request, "do", &name, err), &job->request, "do",
                                err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
                if (strcmp(requests[i].name, name) == 0)
                        return requests[i].run(job, ret_json, err);
        return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL, "contain-image knows no request '%s'",
                       name);
}

static int answer(const struct ct_job *job, const struct ct_buf *result, const contain_error_t *error)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        bool with_fd = !error && job->reply_fd >= 0;

        (void)ct_buf_puts(&text, error ? "{\"error\":" : "{\"result\":");
        if (error)
                (void)ct_error_put_json(&text, error);
        else
                (void)ct_buf_append(&text, result->data, result->size);
        if (ct_buf_puts(&text, "}") < 0 || text.failed)
                return -ENOMEM;
        return ct_message_send(SOCKET_FD, text.data, text.size, with_fd ? &job->reply_fd : NULL,
                               with_fd ? 1 : 0, true);
}

/* An installed copy may be older or newer than the library that is still loaded somewhere. */
static int check_version(int argc, char **argv, contain_error_t **err)
{
        const char *wanted = argc > 1 ? argv[1] : "";

        if (strcmp(wanted, CT_VERSION) == 0)
                return 0;
        (void)ct_fail(err, CONTAIN_E_SPAWN, EPROTO, NULL,
                      "contain-image is of version '%s', and the library of '%.50s'", CT_VERSION, wanted);
        ct_error_set_hint(err, "what was running when libcontain was upgraded has to be started again");
        return -EPROTO;
}

/*
 * Its memory has credentials in it, and what strangers sent: it leaves no core and cannot be looked into, and
 * nothing that it starts becomes more than it is. Changing ids makes a process dumpable again.
 */
static void give_up_rights(void)
{
        (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int main(int argc, char **argv)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_job_endp) struct ct_job *job = NULL;
        _cleanup_buf_ struct ct_buf result = CT_BUF_INIT;
        int r;

        /* Keys that are pressed for the caller are not for us: it hangs up when it goes. */
        (void)setsid();
        (void)signal(SIGPIPE, SIG_IGN);
        /* Programs that are asked for credentials are not to speak for us. */
        (void)fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC);
        (void)umask(0);
        r = ct_job_begin(SOCKET_FD, &job, &error);
        if (r == 0)
                r = check_version(argc, argv, &error);
        give_up_rights();
        if (r == 0)
                r = run(job, &result, &error);
        if (r == 0 && (result.failed || !result.data))
                r = ct_fail_memory(&error);
        if (r < 0 && !error)
                (void)ct_fail(&error, CONTAIN_E_SYSTEM, -r, NULL, "the request failed");
        return answer(job, &result, error) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
