/* SPDX-License-Identifier: MIT */

/* Runs the hooks that run on the host. Those that run inside are contain-init's. */

#include "host/hooks.h"

#include "base/fds.h"
#include "host/program.h"

#include <string.h>

/* Words how @hook ended; 0 when it did what it should. */
static int judge(const struct ct_hook_run *hook, const struct ct_program_result *result,
                 contain_error_t **err)
{
        const char *separator = result->tail[0] != '\0' ? ": " : "";

        if (result->timed_out)
                return ct_fail(err, CONTAIN_E_HOOK, ETIMEDOUT, hook->at,
                               "%s hook '%s' did not finish within %u second%s%s%s", hook->kind, hook->path,
                               hook->timeout, hook->timeout == 1 ? "" : "s", separator, result->tail);
        if (!result->exit.known) {
                (void)ct_fail(err, CONTAIN_E_HOOK, ECHILD, hook->at,
                              "the exit status of %s hook '%s' was taken by another part of this program%s%s",
                              hook->kind, hook->path, separator, result->tail);
                ct_error_set_hint(err,
                                  "SIGCHLD is ignored, or a thread waits for any child; with Linux 6.15 or "
                                  "later that does no harm");
                return -ECHILD;
        }
        if (result->exit.signo != 0)
                return ct_fail(err, CONTAIN_E_HOOK, ECANCELED, hook->at,
                               "%s hook '%s' was ended by signal %d%s%s", hook->kind, hook->path,
                               result->exit.signo, separator, result->tail);
        if (result->exit.code != 0)
                return ct_fail(err, CONTAIN_E_HOOK, ECANCELED, hook->at,
                               "%s hook '%s' exited with status %d%s%s", hook->kind, hook->path,
                               result->exit.code, separator, result->tail);
        return 0;
}

int ct_hook_run(const struct ct_hook_run *hook, contain_error_t **err)
{
        int64_t timeout_ms = hook->timeout > 0 ? (int64_t)hook->timeout * 1000 : -1;
        _cleanup_close_ int state_fd = -EBADF;
        struct ct_spawn_program program;
        struct ct_program_result result;
        int r;

        /* A file, not a pipe: nobody has to feed it, and a hook that reads nothing holds nobody up. */
        state_fd = ct_memfd("contain-state", hook->state, strlen(hook->state), true);
        if (state_fd < 0)
                return ct_fail(err, CONTAIN_E_HOOK, -state_fd, hook->at,
                               "cannot make the standard input of %s hook '%s'", hook->kind, hook->path);
        program = (struct ct_spawn_program){ .path = hook->path,
                                             .argv = hook->argv,
                                             .envp = hook->envp,
                                             .stdio = { state_fd, -1, -1 },
                                             .folder = hook->folder };
        r = ct_program_run(&program, timeout_ms, &result);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_HOOK, -r, hook->at, "%s hook '%s' cannot be executed",
                               hook->kind, hook->path);
        return judge(hook, &result, err);
}
