/* SPDX-License-Identifier: MIT */

/*
 * In place of contain-image: does what the request's first letter says, so that the other side of the
 * conversation can be tested with every end that there is. The request is "{"do":"LETTER"}".
 */

#include "base/message.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#define SOCKET_FD 3

static void say(const char *text, const int *fds, size_t n_fds)
{
        (void)ct_message_send(SOCKET_FD, text, strlen(text), fds, n_fds, true);
}

static void say_progress(void)
{
        say("{\"progress\":{\"phase\":\"fetch\",\"what\":\"x\",\"done\":5,\"total\":10}}", NULL, 0);
}

/* Until the other side hangs up. */
static void wait_for_hangup(void)
{
        struct pollfd fd = { .fd = SOCKET_FD, .events = POLLRDHUP };

        while (poll(&fd, 1, -1) <= 0)
                ;
}

/* A document that fits into no message. */
static void say_much(void)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        (void)ct_buf_puts(&text, "{\"result\":\"");
        for (int i = 0; i < 300000; i++)
                (void)ct_buf_puts(&text, "abcdefgh");
        (void)ct_buf_puts(&text, "\"}");
        (void)ct_message_send(SOCKET_FD, text.data, text.size, NULL, 0, true);
}

static int act(char letter, const struct ct_message *request)
{
        switch (letter) {
        case 'r': /* a result, with the descriptor that came */
                say_progress();
                say("{\"result\":{\"a\":[1,\"\\u00e4\"]}}", request->fds, request->n_fds);
                return 0;
        case 'e':
                say("{\"error\":{\"code\":606,\"errno\":28,\"cause\":3,\"pointer\":\"/a\",\"sentence\":\"it "
                    "is full\","
                    "\"hint\":\"empty it\"}}",
                    NULL, 0);
                return 1;
        case 'a': /* an error that has the number of "not yet" */
                say("{\"error\":{\"code\":118,\"errno\":11,\"cause\":0,\"sentence\":\"not now\"}}", NULL, 0);
                return 1;
        case 'l':
                say_much();
                return 0;
        case 'n': /* no JSON */
                say("hello", NULL, 0);
                return 0;
        case 'u': /* no message that is known */
                say("{\"what\":1}", NULL, 0);
                return 0;
        case 'x': /* as the dynamic linker does it */
                (void)fprintf(stderr, "cannot find a library\n");
                return 127;
        case 'k':
                (void)raise(SIGKILL);
                return 0;
        case 'w': /* waits, and cleans up */
                say_progress();
                wait_for_hangup();
                say("{\"error\":{\"code\":125,\"errno\":125,\"cause\":0,\"sentence\":\"cancelled\"}}", NULL,
                    0);
                return 1;
        case 'd': /* is done just then */
                wait_for_hangup();
                say("{\"result\":{}}", NULL, 0);
                return 0;
        case 't': /* never stops talking */
                for (;;)
                        say_progress();
        default: /* never stops */
                for (;;)
                        (void)pause();
        }
}

int main(void)
{
        _cleanup_message_ struct ct_message request = CT_MESSAGE_INIT;
        char text[8] = "";

        /* A test that fails must not leave it behind. */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (ct_message_receive(SOCKET_FD, 1 << 20, &request) != 1 || request.text.size < 9)
                return 2;
        memcpy(text, request.text.data, 7);
        if (strcmp(text, "{\"do\":\"") != 0)
                return 3;
        return act(request.text.data[7], &request);
}
