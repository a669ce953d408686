/* SPDX-License-Identifier: MIT */

/* What a seccomp agent gets at listenerPath (config-linux.md, "The Container Process State"), and when. */

#include "api.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* An agent that listens, and a container of @w that notifies it of a call that its program does not make. */
struct agent {
        int listening_fd;
        char path[108];
};

static void agent_end(struct agent *agent)
{
        if (agent->listening_fd >= 0)
                close(agent->listening_fd);
}

static bool agent_begin(struct agent *agent, const struct world *w)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/agent", w->dir);
        memcpy(agent->path, address.sun_path, sizeof(agent->path));
        agent->listening_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        return bind(agent->listening_fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
               listen(agent->listening_fd, 4) == 0;
}

#define AGENT(w, agent)                                                                                      \
        WORLD(w);                                                                                            \
        struct agent agent __attribute__((cleanup(agent_end))) = { -1, "" };                                 \
        REQUIRE(agent_begin(&(agent), &(w)))

static contain_t *notifying(struct world *w, const char *path, const char *more)
{
        struct json_object *config = CONFIG(*w, "sleep 60");

        config_set(config, "/annotations", "{'org.example.key': 'a value'}");
        config_set(config, "/linux/seccomp",
                   "{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '%s'%s,"
                   " 'syscalls': [{'names': ['swapon'], 'action': 'SCMP_ACT_NOTIFY'}]}",
                   path, more);
        return guest_new(w, config);
}

/* One message: its length, the text, and how many descriptors came along. */
static ssize_t receive(int fd, char *text, size_t size, size_t *ret_fds)
{
        union {
                struct cmsghdr header;
                char buffer[CMSG_SPACE(8 * sizeof(int))];
        } control;
        struct iovec data = { text, size - 1 };
        struct msghdr message = {
                .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        struct cmsghdr *header;
        ssize_t n;

        *ret_fds = 0;
        text[0] = '\0';
        if (poll(&wait, 1, 10000) <= 0)
                return -ETIMEDOUT;
        n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        if (n < 0)
                return -errno;
        text[n] = '\0';
        header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_type == SCM_RIGHTS) {
                *ret_fds = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (size_t i = 0; i < *ret_fds; i++) {
                        int received;

                        memcpy(&received, CMSG_DATA(header) + i * sizeof(int), sizeof(received));
                        close(received);
                }
        }
        return n;
}

static const char *text_of(struct json_object *object, const char *key)
{
        struct json_object *value = NULL;

        return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : "";
}

static void expect_state(struct json_object *document, const struct world *w, contain_t *c,
                         const char *metadata)
{
        struct json_object *state = NULL;
        char pid[32];

        snprintf(pid, sizeof(pid), "%d", contain_pid(c));
        EXPECT_STR(text_of(document, "ociVersion"), "1.3.0");
        EXPECT_STR(text_of(document, "fds"), "[ \"seccompFd\" ]");
        EXPECT_STR(text_of(document, "pid"), pid);
        EXPECT_STR(text_of(document, "metadata"), metadata);
        EXPECT(json_object_object_get_ex(document, "state", &state));
        EXPECT_STR(text_of(state, "ociVersion"), "1.3.0");
        EXPECT_STR(text_of(state, "id"), contain_id(c));
        EXPECT_STR(text_of(state, "status"), "created");
        EXPECT_STR(text_of(state, "pid"), pid);
        EXPECT_STR(text_of(state, "bundle"), w->dir);
        EXPECT_STR(text_of(state, "annotations"), "{ \"org.example.key\": \"a value\" }");
}

TEST(one_state_with_the_descriptor_on_a_connection_that_is_closed)
{
        static const struct {
                const char *more, *metadata;
        } cases[] = { { ", 'listenerMetadata': 'opaque \\\\ data'", "opaque \\ data" }, { "", "" } };
        AGENT(w, agent);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                auto_container c = notifying(&w, agent.path, cases[i].more);
                struct json_object *document, *metadata;
                char text[4096];
                auto_fd fd = -1;
                size_t n_fds;

                REQUIRE(c != NULL);
                EXPECT_OK(contain_create(c, &error_));
                EXPECT_OK(contain_start(c, &error_));
                fd = accept4(agent.listening_fd, NULL, NULL, SOCK_CLOEXEC);
                /* The descriptor comes with the first byte, and all of it at once. */
                EXPECT(receive(fd, text, sizeof(text), &n_fds) > 0);
                EXPECT_EQ(n_fds, 1);
                document = json_tokener_parse(text);
                REQUIRE(document != NULL);
                expect_state(document, &w, c, cases[i].metadata);
                EXPECT_EQ(json_object_object_get_ex(document, "metadata", &metadata), i == 0);
                json_object_put(document);
                /* Nothing else, while the container runs; and nobody else has connected. */
                EXPECT_EQ(receive(fd, text, sizeof(text), &n_fds), 0);
                EXPECT_EQ(poll(&(struct pollfd){ .fd = agent.listening_fd, .events = POLLIN }, 1, 0), 0);
                EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
                EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        }
}

TEST(path_is_ignored_when_nobody_is_to_be_notified)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, "echo ran");
        config_set(config, "/linux/seccomp",
                   "{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/no/such/socket', "
                   "'listenerMetadata': 'x',"
                   " 'flags': ['SECCOMP_FILTER_FLAG_LOG'],"
                   " 'syscalls': [{'names': ['swapon'], 'action': 'SCMP_ACT_ERRNO'}]}");
        EXPECT_OUTPUT(w, config, "ran\n");
}

TEST(agent_that_cannot_be_reached)
{
        auto_container c = NULL;
        contain_error_t *error = NULL;
        WORLD(w);

        c = notifying(&w, "/no/such/socket", "");
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_create(c, &error), -ENOENT);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_SECCOMP);
        EXPECT_STR(contain_error_pointer(error), "/linux/seccomp/listenerPath");
        contain_error_free(error);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
}

TEST(agent_that_has_gone_before_it_is_sent_to)
{
        contain_error_t *error = NULL;
        auto_container c = NULL;
        int fd;
        AGENT(w, agent);

        c = notifying(&w, agent.path, "");
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        fd = accept4(agent.listening_fd, NULL, NULL, SOCK_CLOEXEC);
        close(fd);
        EXPECT(contain_start(c, &error) < 0);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_SECCOMP);
        EXPECT_STR(contain_error_pointer(error), "/linux/seccomp");
        contain_error_free(error);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_STOPPED);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}
