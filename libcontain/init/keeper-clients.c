/* SPDX-License-Identifier: MIT */

/*
 * The keeper's clients. One that does not read its answers loses them, one that sends what is none of its
 * business is forgotten.
 */

#include "init/keeper.h"

#define CLIENT_PIPE_SIZE (1 << 20) /* what a client may fall behind, if it may have that much */
#define SET_PIPE_SIZE    1031      /* F_SETPIPE_SZ */

void keeper_forget(struct keeper_client *client)
{
        init_close(&client->fd);
        init_close(&client->input_fd);
        init_close(&client->output_fds[0]);
        init_close(&client->output_fds[1]);
        *client = (struct keeper_client){ .fd = INIT_NO_FD,
                                          .input_fd = INIT_NO_FD,
                                          .output_fds = { INIT_NO_FD, INIT_NO_FD } };
}

/* The client has gone; what it sent before is still for the container. */
static void leave(struct keeper_client *client)
{
        init_close(&client->fd);
        init_close(&client->output_fds[0]);
        init_close(&client->output_fds[1]);
        client->waits = client->follows = false;
}

/* There is always a place for a question, and for the word to end; who loses it by that may come again. */
void keeper_accept(struct keeper *k)
{
        int fd = sys_accept(k->socket_fd, O_CLOEXEC | O_NONBLOCK);
        unsigned i = 0;

        if (fd < 0)
                return;
        while (i < KEEPER_LAST && (k->clients[i].fd >= 0 || k->clients[i].input_fd >= 0))
                i++;
        keeper_forget(&k->clients[i]);
        k->clients[i].fd = fd;
}

/* --- answers -------------------------------------------------------------------------------- */

static void answer(struct keeper_client *client, struct plan_message *message, const int *fds, uint32_t n)
{
        if (init_send_fds(client->fd, message, fds, n) < 0)
                leave(client);
}

void keeper_tell_waiting(struct keeper *k)
{
        for (unsigned i = 0; i < KEEPER_CLIENTS; i++) {
                struct plan_message message = { .kind = KEEPER_WAIT };

                if (k->clients[i].fd < 0 || !k->clients[i].waits)
                        continue;
                k->clients[i].waits = false;
                answer(&k->clients[i], &message, NULL, 0);
        }
}

void keeper_tell_following(struct keeper *k)
{
        bool drained = keeper_is_drained(k);

        for (unsigned i = 0; i < KEEPER_CLIENTS; i++) {
                struct plan_message message = { .kind = KEEPER_LOGGED,
                                                .step = drained,
                                                .value = k->log.batches };

                if (k->clients[i].fd < 0 || !k->clients[i].follows ||
                    (k->clients[i].seen == k->log.batches && !drained))
                        continue;
                k->clients[i].follows = false;
                answer(&k->clients[i], &message, NULL, 0);
        }
}

void keeper_end_outputs(struct keeper *k)
{
        for (unsigned i = 0; i < KEEPER_CLIENTS; i++) {
                init_close(&k->clients[i].output_fds[0]);
                init_close(&k->clients[i].output_fds[1]);
        }
}

/* --- attaching ------------------------------------------------------------------------------ */

/* A pipe whose one end is ours, at @ours of the pair, and does not block. */
static int make_pipe(unsigned ours, int ret[2])
{
        int r = sys_pipe(ret, O_CLOEXEC);

        if (r < 0)
                return r;
        (void)sys_fcntl(ret[ours], F_SETFL, O_NONBLOCK);
        if (ours == 1)
                (void)sys_fcntl(ret[ours], SET_PIPE_SIZE, CLIENT_PIPE_SIZE);
        return 0;
}

static bool has_stream(const struct keeper *k, unsigned i)
{
        if (i == 0)
                return k->console ? k->outputs[0] >= 0 : k->stdin_fd >= 0;
        return k->outputs[i - 1] >= 0;
}

static void attach(struct keeper *k, struct keeper_client *client, uint32_t wanted)
{
        struct plan_message message = { .kind = KEEPER_ATTACH };
        int *const ours[] = { &client->input_fd, &client->output_fds[0], &client->output_fds[1] };
        int theirs[3];
        uint32_t n = 0;

        if (client == &k->clients[KEEPER_LAST]) {
                message.error = EBUSY;
                wanted = 0;
        }
        for (unsigned i = 0; i < 3; i++) {
                int ends[2];

                if (!(wanted & (1u << i)) || !has_stream(k, i) || *ours[i] >= 0)
                        continue;
                message.error = -make_pipe(i > 0, ends);
                if (message.error != 0)
                        break;
                *ours[i] = ends[i > 0];
                theirs[n++] = ends[i == 0];
                message.step |= 1u << i;
        }
        answer(client, &message, theirs, n);
        while (n > 0)
                init_close(&theirs[--n]);
}

/* --- requests ------------------------------------------------------------------------------- */

static void handle(struct keeper *k, struct keeper_client *client, struct plan_message *message)
{
        switch (message->kind) {
        case KEEPER_ATTACH:
                attach(k, client, message->step);
                return;
        case KEEPER_WAIT:
                client->waits = true;
                if (k->recorded)
                        keeper_tell_waiting(k);
                return;
        case KEEPER_LOGGED:
                client->follows = true;
                client->seen = message->value;
                keeper_tell_following(k);
                return;
        case KEEPER_RESIZE:
                message->error = -keeper_resize(k, message->value);
                break;
        case KEEPER_LOST:
                message->value = client->lost;
                break;
        case KEEPER_RING:
                message->error = k->log.ring ? 0 : ENOENT;
                answer(client, message, &k->log.fd, k->log.ring);
                return;
        case KEEPER_END:
                k->ending = true;
                return;
        default:
                leave(client);
                return;
        }
        answer(client, message, NULL, 0);
}

void keeper_serve(struct keeper *k, struct keeper_client *client)
{
        struct plan_message message;
        uint32_t no_fds = 0;
        int r = init_receive(client->fd, &message, NULL, &no_fds);

        if (r == -EAGAIN || r == -EINTR)
                return;
        if (r <= 0)
                leave(client);
        else
                handle(k, client, &message);
}
