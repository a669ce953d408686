/* SPDX-License-Identifier: MIT */

/* URLs and redirects, and servers that say nothing. What servers do say is tried with real ones elsewhere. */

#include "harness/test.h"

#include "image/http-url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct ct_http_server strict = { 0 }, lax = { .plain = true };

TEST(only_web_addresses_are_fetched_and_plain_ones_when_allowed)
{
        static const char *const wrong[] = { "",           "a",         "file:///etc/passwd", "ftp://a/",
                                             "gopher://a", "https://",  "https://a:b@c/",     "https://u@c/",
                                             "//a/b",      "unix:///a", "https://a b/",       "dict://a" };

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                EXPECT(ct_http_url_check(&strict, wrong[i], NULL) < 0);
                EXPECT(ct_http_url_check(&lax, wrong[i], NULL) < 0);
        }
        EXPECT_EQ(ct_http_url_check(&strict, "https://a/b?c", NULL), 0);
        EXPECT_EQ(ct_http_url_check(&strict, "http://a/b", NULL), -EPROTO);
        EXPECT_EQ(ct_http_url_check(&lax, "HTTP://a:5000/b", NULL), 0);
}

static const struct {
        const char *url, *location, *result; /* NULL: refused */
        bool own;
} redirects[] = {
        { "https://a/x/y", "z", "https://a/x/z", true },
        { "https://a/x/y", "/z?q", "https://a/z?q", true },
        { "https://a/x", "https://A:443/z", "https://a:443/z", true },
        { "https://a/x", "//b/z", "https://b/z", false },
        { "https://a/x", "https://a:444/z", "https://a:444/z", false },
        { "https://a/x", "https://a.evil/z", "https://a.evil/z", false },
        { "https://a/x", "http://a/z", NULL, false },
        { "https://a/x", "https://a@evil/z", NULL, false },
        { "https://a/x", "file:///etc/passwd", NULL, false },
        { "https://a/x", "javascript:1", NULL, false },
};

TEST(redirects_lead_away_from_who_may_know_us)
{
        for (size_t i = 0; i < sizeof(redirects) / sizeof(redirects[0]); i++) {
                char *url = strdup(redirects[i].url);
                bool own = true;
                int r = ct_http_url_follow(&strict, redirects[i].url, redirects[i].location, &url, &own,
                                           NULL);

                EXPECT_EQ(r == 0, redirects[i].result != NULL);
                if (r == 0 && redirects[i].result) {
                        EXPECT_EQ(strcasecmp(url, redirects[i].result), 0);
                        EXPECT_EQ(own, redirects[i].own);
                }
                free(url);
        }
}

TEST(who_was_left_once_is_not_told_again)
{
        char *url = strdup("https://a/1");
        bool own = true;

        EXPECT_EQ(ct_http_url_follow(&strict, "https://a/1", "https://b/2", &url, &own, NULL), 0);
        EXPECT_EQ(ct_http_url_follow(&strict, "https://a/1", "https://a/3", &url, &own, NULL), 0);
        EXPECT_STR(url, "https://a/3");
        EXPECT(!own);
        free(url);
}

TEST(plain_redirects_are_followed_when_allowed_without_credentials)
{
        char *url = strdup("https://a/1");
        bool own = true;

        EXPECT_EQ(ct_http_url_follow(&lax, "https://a/1", "http://a/1", &url, &own, NULL), 0);
        EXPECT(!own);
        free(url);
}

TEST(a_server_that_says_nothing_is_given_up)
{
        const struct ct_http_server server = { .plain = true, .stall_ms = 1000 };
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        struct ct_http_response response = { 0 };
        struct ct_stream *body = NULL;
        socklen_t size = sizeof(address);
        contain_error_t *error = NULL;
        char url[64];
        int fd;

        (void)setenv("no_proxy", "127.0.0.1", 1);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT(bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 1) == 0 &&
               getsockname(fd, (struct sockaddr *)&address, &size) == 0);
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/x?secret", ntohs(address.sin_port));
        EXPECT_EQ(ct_http_open(&server, &(struct ct_http_request){ .url = url }, &response, &body, &error),
                  -ETIMEDOUT);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_REGISTRY);
        EXPECT(!strstr(contain_error_message(error), "secret"));
        (void)contain_error_free(error);
        close(fd);
}
