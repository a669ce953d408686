/* SPDX-License-Identifier: MIT */

/* What contain-init says while it carries a plan out, and who hears it: see ops/talk.h. */

#include "ops/talk.h"

#include "host/converse.h"
#include "host/words.h"

#include <signal.h>

void ct_child_reap(struct ct_child *child)
{
        struct ct_exit exit;

        if (child->pidfd < 0)
                return;
        (void)ct_pidfd_signal(child->pidfd, SIGKILL);
        (void)ct_pidfd_poll(child->pidfd, CT_KILL_TIMEOUT_MS);
        (void)ct_pidfd_exit(child->pidfd, &exit);
        child->pidfd = ct_close(child->pidfd);
}

static int fail_plan(contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_SPAWN, EPROTO, NULL, "contain-init does not keep to its plan");
}

/* The first process of a staged plan has forked the second one, which goes on; the first is over. */
static int adopt(struct ct_talk *talk, const struct plan_message *message, int *fd, contain_error_t **err)
{
        struct ct_child first = *talk->child;

        if (*fd < 0 || talk->forked)
                return fail_plan(err);
        *talk->child = (struct ct_child){ .pid = (pid_t)message->value, .pidfd = ct_take_fd(fd) };
        talk->forked = true;
        (void)ct_pidfd_poll(first.pidfd, CT_KILL_TIMEOUT_MS);
        ct_child_reap(&first);
        return 0;
}

int ct_talk_lost(const struct ct_talk *talk, contain_error_t **err)
{
        struct ct_exit exit = { 0 };

        (void)ct_pidfd_poll(talk->child->pidfd, 1000);
        (void)ct_pidfd_exit(talk->child->pidfd, &exit);
        if (exit.known && exit.signo)
                return ct_fail(err, CONTAIN_E_LOST, ECANCELED, NULL,
                               "%s was ended by signal %d while it was being set up", talk->who, exit.signo);
        return ct_fail(err, CONTAIN_E_LOST, ECANCELED, NULL, "%s ended while it was being set up", talk->who);
}

static int handle(struct ct_talk *talk, const struct plan_message *message, int *fd, contain_error_t **err)
{
        contain_error_t *warning = NULL;

        switch (message->kind) {
        case PLAN_MESSAGE_TURN:
                return talk->turn(talk->userdata, message->step, err);
        case PLAN_MESSAGE_CHILD:
                return adopt(talk, message, fd, err);
        case PLAN_MESSAGE_CONSOLE:
                ct_close(*talk->console_fd);
                *talk->console_fd = ct_take_fd(fd);
                return 0;
        case PLAN_MESSAGE_NETWORK:
                if (!talk->network_fd)
                        return fail_plan(err);
                ct_close(*talk->network_fd);
                *talk->network_fd = ct_take_fd(fd);
                return 0;
        case PLAN_MESSAGE_WARNING:
                (void)ct_words_fail(talk->plan, message, &warning);
                ct_log_error(talk->c->ctx, CONTAIN_LOG_WARNING, talk->c->id, &warning);
                return 0;
        case PLAN_MESSAGE_FAILED:
                return ct_op_explain_step(talk->c, talk->plan, message->step,
                                          ct_words_fail(talk->plan, message, err), err);
        default:
                return fail_plan(err);
        }
}

static uint32_t find_fork(const struct ct_plan *plan)
{
        for (uint32_t i = 0; i < ct_plan_header(plan)->n_steps; i++)
                if (ct_plan_step(plan, i)->op == STEP_FORK)
                        return i;
        return 0;
}

int ct_talk_run(struct ct_talk *talk, contain_error_t **err)
{
        struct plan_message early = { 0 };
        int r = 0;

        talk->fork_step = find_fork(talk->plan);
        while (r == 0) {
                struct plan_message message;
                _cleanup_close_ int fd = -EBADF;

                r = ct_converse_receive(talk->socket_fd, talk->child->pidfd, talk->deadline, &message, &fd);
                if (r == -ETIMEDOUT)
                        return ct_fail(err, CONTAIN_E_TIMEOUT, ETIMEDOUT, NULL,
                                       "%s did not get ready in time", talk->who);
                if (r == -EPIPE && early.kind != 0)
                        return handle(talk, &early, &fd, err);
                if (r < 0)
                        return r == -EPIPE ? ct_talk_lost(talk, err)
                                           : ct_fail(err, CONTAIN_E_SPAWN, -r, NULL,
                                                     "cannot talk to contain-init");
                /* The second process may ask, or fail, before the first one has told of it. */
                if ((message.kind == PLAN_MESSAGE_TURN || message.kind == PLAN_MESSAGE_FAILED) &&
                    !talk->forked && message.step > talk->fork_step && talk->fork_step > 0) {
                        early = message;
                        continue;
                }
                r = handle(talk, &message, &fd, err);
                if (r == 0 && message.kind == PLAN_MESSAGE_CHILD && early.kind != 0)
                        r = handle(talk, &early, &fd, err);
        }
        return r < 0 ? r : 0;
}
