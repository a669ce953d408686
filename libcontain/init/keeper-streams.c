/* SPDX-License-Identifier: MIT */

/* The container's streams: pipes, or a terminal. Nothing here blocks. */

#include "init/keeper.h"

/* A pipe's reader may read what it holds later on, so no more than that is there at any time. */
#define READS_AT_ONCE 64

/* What a client's pipe has no room for is lost to it, and counted: others must not wait for it. */
static void give(struct keeper_client *client, unsigned i, const char *bytes, size_t size)
{
        long r;

        if (client->output_fds[i] < 0)
                return;
        r = sys_write(client->output_fds[i], bytes, size);
        if (r < 0 && r != -EAGAIN && r != -EINTR)
                init_close(&client->output_fds[i]);
        else
                client->lost += size - (r > 0 ? (size_t)r : 0);
}

bool keeper_read_output(struct keeper *k, unsigned i)
{
        char bytes[KEEPER_READ_SIZE];
        long size = sys_read(k->outputs[i], bytes, sizeof(bytes));

        if (size == -EAGAIN || size == -EINTR)
                return false;
        if (size == -EIO && k->console && !k->exited) {
                k->hung_up = true;
                return false;
        }
        if (size <= 0) {
                init_close(&k->outputs[i]);
                return false;
        }
        k->hung_up = false;
        keeper_log(&k->log, (int)i + 1, bytes, (size_t)size);
        for (unsigned n = 0; n < KEEPER_CLIENTS; n++)
                if (k->clients[n].fd >= 0)
                        give(&k->clients[n], i, bytes, (size_t)size);
        return true;
}

void keeper_read_outputs(struct keeper *k)
{
        for (unsigned i = 0; i < 2; i++)
                for (unsigned n = 0; n < READS_AT_ONCE && k->outputs[i] >= 0; n++)
                        if (!keeper_read_output(k, i))
                                break;
}

/* --- input ---------------------------------------------------------------------------------- */

static int input_fd(const struct keeper *k)
{
        return k->console ? k->outputs[0] : k->stdin_fd;
}

void keeper_write_input(struct keeper *k)
{
        while (k->pending > 0) {
                long r = sys_write(input_fd(k), k->input + k->pending_from, k->pending);

                if (r == -EAGAIN || r == -EINTR)
                        return;
                if (r < 0) {
                        /* Nobody reads any more. */
                        k->pending = 0;
                        if (!k->console)
                                init_close(&k->stdin_fd);
                        return;
                }
                k->pending -= (size_t)r;
                k->pending_from += (size_t)r;
        }
        if (k->ended_input && !k->console)
                init_close(&k->stdin_fd);
}

void keeper_read_input(struct keeper *k, struct keeper_client *client)
{
        long r = sys_read(client->input_fd, k->input, sizeof(k->input));

        if (r == -EAGAIN || r == -EINTR)
                return;
        if (r <= 0) {
                init_close(&client->input_fd);
                if (k->flags & KEEPER_FLAG_STDIN_ONCE)
                        k->ended_input = true;
        }
        k->pending = r > 0 ? (size_t)r : 0;
        k->pending_from = 0;
        keeper_write_input(k);
}

int keeper_resize(struct keeper *k, uint64_t rows_and_columns)
{
        const struct winsize size = { .ws_row = (unsigned short)(rows_and_columns >> 16),
                                      .ws_col = (unsigned short)rows_and_columns };

        if (!k->console || k->outputs[0] < 0)
                return -ENOTTY;
        return sys_ioctl(k->outputs[0], TIOCSWINSZ, &size);
}
