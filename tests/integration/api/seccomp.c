/* SPDX-License-Identifier: MIT */

/* Seccomp: actions, arguments, and notification of a supervisor. */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* mkdir(1) makes one of these calls. */
#define MKDIR "'mkdir', 'mkdirat'"

TEST(calls_fail_with_the_chosen_error)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(
                w,
                "mkdir /tmp/x 2>&1; touch /tmp/y && echo other calls work; grep Seccomp: /proc/self/status");
        config_set(config, "/linux/seccomp",
                   "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': [" MKDIR
                   "], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 95}]}");
        EXPECT_OUTPUT(w, config,
                      "mkdir: can't create directory '/tmp/x': Operation not supported\nother calls "
                      "work\nSeccomp:\t2\n");
}

TEST(process_is_killed)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "exec mkdir /tmp/x");
        config_set(config, "/linux/seccomp",
                   "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': [" MKDIR
                   "], 'action': 'SCMP_ACT_KILL_PROCESS'}]}");
        EXPECT_OUTPUT(w, config, "signal 31\n");
}

TEST(filter_is_loaded_with_and_without_no_new_privileges)
{
        static const char *const values[] = { "true", "false" };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < 2; i++) {
                struct json_object *config = CONFIG(w, "mkdir /tmp/x 2>/dev/null || echo refused");

                config_set(config, "/process/noNewPrivileges", "%s", values[i]);
                config_set(config, "/process/user", "{'uid': 1000, 'gid': 1000}");
                config_set(config, "/linux/seccomp",
                           "{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_X86_64', "
                           "'SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64'],"
                           " 'syscalls': [{'names': [" MKDIR
                           ", 'no_such_call_in_this_kernel'], 'action': 'SCMP_ACT_ERRNO'}]}");
                EXPECT_OUTPUT(w, config, "refused\n");
        }
}

TEST(arguments_are_compared)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        /* kill(pid, 0) is refused, kill(pid, SIGCONT) is not. */
        config = CONFIG(w, "kill -0 $$ 2>/dev/null || echo refused; kill -CONT $$ && echo allowed");
        config_set(config, "/linux/seccomp",
                   "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['kill'], 'action': "
                   "'SCMP_ACT_ERRNO',"
                   " 'args': [{'index': 1, 'value': 0, 'op': 'SCMP_CMP_EQ'}]}]}");
        EXPECT_OUTPUT(w, config, "refused\nallowed\n");
}

TEST(flags_that_the_kernel_knows)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "echo filtered");
        config_set(config, "/linux/seccomp",
                   "{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_LOG', "
                   "'SECCOMP_FILTER_FLAG_SPEC_ALLOW'],"
                   " 'syscalls': [{'names': ['mkdir'], 'action': 'SCMP_ACT_LOG'}]}");
        EXPECT_OUTPUT(w, config, "filtered\n");
}

/* Receives the notification descriptor, and the state that comes with it. */
static int receive_listener(int socket_fd, char *state, size_t size)
{
        union {
                struct cmsghdr header;
                char buffer[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec data = { state, size - 1 };
        struct msghdr message = {
                .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        struct pollfd wait = { .fd = socket_fd, .events = POLLIN };
        struct cmsghdr *header;
        ssize_t n;
        int fd = -1;

        if (poll(&wait, 1, 10000) <= 0)
                return -1;
        n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
        state[n < 0 ? 0 : n] = '\0';
        header = CMSG_FIRSTHDR(&message);
        if (n > 0 && header && header->cmsg_type == SCM_RIGHTS)
                memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        return fd;
}

/* Answers one notification with @error. Returns the number of the system call. */
static int answer(int listener, int error)
{
        struct pollfd wait = { .fd = listener, .events = POLLIN };
        struct seccomp_notif request = { 0 };
        struct seccomp_notif_resp response = { 0 };

        if (poll(&wait, 1, 10000) <= 0 || ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
                return -1;
        response.id = request.id;
        response.error = -error;
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0)
                return -1;
        return request.data.nr;
}

static const char notify[] = "{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerMetadata': 'meta', %s"
                             " 'syscalls': [{'names': [" MKDIR "], 'action': 'SCMP_ACT_NOTIFY'}]}";

/* Starts @c, answers its mkdir, and looks at what it says. */
static void supervise(contain_t *c, int socket_fd, int out_fd)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_text output = NULL;
        auto_fd listener = -1;
        char state[4096];

        EXPECT_OK(contain_start(c, &error_));
        listener = receive_listener(socket_fd, state, sizeof(state));
        REQUIRE(listener >= 0);
        EXPECT_CONTAINS(state, "seccompFd");
        EXPECT_CONTAINS(state, contain_id(c));
        EXPECT_CONTAINS(state, "meta");
        EXPECT(answer(listener, EXDEV) >= 0);
        output = guest_read(out_fd, 10000, NULL);
        EXPECT_CONTAINS(output, "Invalid cross-device link");
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.code, 1);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(supervisor_answers_on_a_given_socket)
{
        struct json_object *config;
        auto_container c = NULL;
        int pair[2], out[2];
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        REQUIRE_EQ(pipe2(out, O_CLOEXEC), 0);
        config = CONFIG(w, "mkdir /tmp/x 2>&1");
        config_set(config, "/linux/seccomp", notify, "'listenerPath': '/no/such/socket',");
        c = guest_new(&w, config);
        if (c) {
                EXPECT_EQ(contain_set_seccomp_socket(c, out[0], NULL), -ENOTSOCK);
                EXPECT_OK(contain_set_seccomp_socket(c, pair[1], &error_));
                EXPECT_OK(contain_set_stdio(c, -1, out[1], out[1], &error_));
                EXPECT_OK(contain_create(c, &error_));
                close(out[1]);
                supervise(c, pair[0], out[0]);
        }
        close(out[0]);
        close(pair[0]);
        close(pair[1]);
}

TEST(supervisor_listens_at_a_path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct json_object *config;
        auto_container c = NULL;
        char member[160];
        int out[2], connection = -1;
        auto_fd listening = -1;
        WORLD_OF_ANYBODY(w);

        listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/listener", w.dir);
        REQUIRE_EQ(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
        REQUIRE_EQ(listen(listening, 1), 0);
        REQUIRE_EQ(pipe2(out, O_CLOEXEC), 0);
        config = CONFIG(w, "mkdir /tmp/x 2>&1");
        snprintf(member, sizeof(member), "'listenerPath': '%s',", address.sun_path);
        config_set(config, "/linux/seccomp", notify, member);
        c = guest_new(&w, config);
        if (c) {
                EXPECT_OK(contain_set_stdio(c, -1, out[1], out[1], &error_));
                EXPECT_OK(contain_create(c, &error_));
                close(out[1]);
                connection = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
                supervise(c, connection, out[0]);
        }
        close(connection);
        close(out[0]);
}

TEST(unknown_words_are_named)
{
        static const struct {
                const char *json, *pointer;
        } cases[] = {
                { "{'defaultAction': 'SCMP_ACT_SMILE'}", "/linux/seccomp/defaultAction" },
                { "{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_NONE']}",
                  "/linux/seccomp/flags/0" },
                { "{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_Z80']}",
                  "/linux/seccomp/architectures/0" },
                { "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': [], 'action': "
                  "'SCMP_ACT_ERRNO'}]}",
                  "/linux/seccomp/syscalls/0/names" },
        };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "true");
                contain_error_t *error = NULL;
                auto_container c = NULL;

                config_set(config, "/linux/seccomp", "%s", cases[i].json);
                REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
                EXPECT_EQ(guest_load(c, &w, config, &error), -EINVAL);
                EXPECT_STR(contain_error_pointer(error), cases[i].pointer);
                contain_error_free(error);
        }
}
