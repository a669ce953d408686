/* SPDX-License-Identifier: MIT */

/* Copying between the user's terminal and the container's. */

#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MASTER, INPUT, OUTPUT };

static bool is_empty(const struct terminal_buffer *buffer)
{
        return buffer->start == buffer->end;
}

/* Returns false at the end of the input. */
static bool fill(struct terminal_buffer *buffer, int fd)
{
        ssize_t n;

        n = read(fd, buffer->bytes, sizeof(buffer->bytes));
        if (n < 0)
                return errno == EAGAIN || errno == EINTR;
        if (n == 0)
                return false;
        buffer->start = 0;
        buffer->end = (size_t)n;
        return true;
}

/* Returns false when nobody will read what is written. */
static bool drain(struct terminal_buffer *buffer, int fd)
{
        ssize_t n;

        n = write(fd, buffer->bytes + buffer->start, buffer->end - buffer->start);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR;
        buffer->start += (size_t)n;
        return true;
}

void terminal_resize(struct terminal *terminal)
{
        struct winsize size;

        if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
                (void)ioctl(terminal->master_fd, TIOCSWINSZ, &size);
}

void terminal_init(struct terminal *terminal, int master_fd)
{
        struct termios raw;

        *terminal = (struct terminal){
                .master_fd = master_fd,
                .master_open = true,
                .input_open = true,
                .output_open = true,
        };
        (void)fcntl(master_fd, F_SETFL, O_RDWR | O_NONBLOCK);
        terminal_resize(terminal);
        if (tcgetattr(STDIN_FILENO, &terminal->saved) < 0)
                return;
        raw = terminal->saved;
        cfmakeraw(&raw);
        terminal->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void terminal_done(struct terminal *terminal)
{
        while (terminal->output_open) {
                if (is_empty(&terminal->output)) {
                        /* Without writers left, a master end answers EIO; with some, EAGAIN. */
                        (void)fill(&terminal->output, terminal->master_fd);
                        if (is_empty(&terminal->output))
                                break;
                }
                (void)poll(&(struct pollfd){ .fd = STDOUT_FILENO, .events = POLLOUT }, 1, -1);
                terminal->output_open = drain(&terminal->output, STDOUT_FILENO);
        }
        if (terminal->raw)
                (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->saved);
        (void)close(terminal->master_fd);
        terminal->master_fd = -EBADF;
}

void terminal_prepare(const struct terminal *terminal, struct pollfd *fds)
{
        bool has_output = !is_empty(&terminal->output);
        bool has_input = !is_empty(&terminal->input);
        short events = 0;

        if (!has_output)
                events |= POLLIN;
        if (has_input)
                events |= POLLOUT;
        /* Only what is asked about may be in the list: a hang-up is reported again and again. */
        fds[MASTER].fd = terminal->master_open && events ? terminal->master_fd : -1;
        fds[MASTER].events = events;
        fds[INPUT].fd = terminal->master_open && terminal->input_open && !has_input ? STDIN_FILENO : -1;
        fds[INPUT].events = POLLIN;
        fds[OUTPUT].fd = has_output ? STDOUT_FILENO : -1;
        fds[OUTPUT].events = POLLOUT;
        for (int i = 0; i < TERMINAL_POLLFDS; i++)
                fds[i].revents = 0;
}

/*
 * What the user's end of input is for the program inside: the character that means it, twice
 * when it would only end a line that has begun.
 */
static void pass_end_of_input(struct terminal *terminal)
{
        struct terminal_buffer *input = &terminal->input;
        bool begun = input->end > 0 && input->bytes[input->end - 1] != '\n';
        struct termios settings;

        terminal->input_open = false;
        if (tcgetattr(terminal->master_fd, &settings) < 0)
                return;
        input->start = 0;
        input->end = begun ? 2 : 1;
        memset(input->bytes, settings.c_cc[VEOF], input->end);
}

static void show(struct terminal *terminal)
{
        if (terminal->output_open)
                terminal->output_open = drain(&terminal->output, STDOUT_FILENO);
        if (!terminal->output_open)
                terminal->output.start = terminal->output.end;
}

void terminal_copy(struct terminal *terminal, const struct pollfd *fds)
{
        if (fds[INPUT].revents && !fill(&terminal->input, STDIN_FILENO))
                pass_end_of_input(terminal);
        if ((fds[MASTER].revents & POLLOUT) && !drain(&terminal->input, terminal->master_fd))
                terminal->input.start = terminal->input.end;
        /* EIO: nobody in the container has the terminal open any more. */
        if ((fds[MASTER].revents & (POLLIN | POLLHUP | POLLERR)) && is_empty(&terminal->output))
                terminal->master_open = fill(&terminal->output, terminal->master_fd);
        if (fds[OUTPUT].revents)
                show(terminal);
}
