/* SPDX-License-Identifier: MIT */

/* URLs, understood by the code of libcurl that will use them, so that there are no two opinions. */

#include "image/http-url.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

struct parts {
        char *scheme, *host, *port;
};

static void parts_done(struct parts *parts)
{
        curl_free(parts->scheme);
        curl_free(parts->host);
        curl_free(parts->port);
}

static CURLU *url_free(CURLU *url)
{
        curl_url_cleanup(url);
        return NULL;
}

CT_CLEANUP(CURLU, url_free)

/* @location: taken relative to @url; NULL for @url itself. */
static CURLU *parse(const char *url, const char *location)
{
        _cleanup_(url_freep) CURLU *parsed = curl_url();

        if (!parsed || curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK)
                return NULL;
        if (location && curl_url_set(parsed, CURLUPART_URL, location, CURLU_DISALLOW_USER) != CURLUE_OK)
                return NULL;
        return ct_take(parsed);
}

static int take_apart(CURLU *url, struct parts *ret)
{
        if (curl_url_get(url, CURLUPART_SCHEME, &ret->scheme, 0) != CURLUE_OK ||
            curl_url_get(url, CURLUPART_HOST, &ret->host, 0) != CURLUE_OK ||
            curl_url_get(url, CURLUPART_PORT, &ret->port, CURLU_DEFAULT_PORT) != CURLUE_OK)
                return -EINVAL;
        return 0;
}

static bool is_same_place(const struct parts *a, const struct parts *b)
{
        return strcasecmp(a->scheme, b->scheme) == 0 && strcasecmp(a->host, b->host) == 0 &&
               strcmp(a->port, b->port) == 0;
}

static int check_parts(const struct ct_http_server *server, CURLU *url, struct parts *parts)
{
        if (!url || take_apart(url, parts) < 0)
                return -EINVAL;
        if (strcasecmp(parts->scheme, "https") == 0)
                return 0;
        if (strcasecmp(parts->scheme, "http") != 0)
                return -EINVAL;
        return server->plain || server->unix_socket ? 0 : -EPROTO;
}

static int fail_url(contain_error_t **err, int r, const char *url)
{
        int length = (int)strcspn(url, "?");

        if (r == -EPROTO)
                return ct_fail(err, CONTAIN_E_REGISTRY, EPROTO, NULL, "'%.*s' is not fetched by TLS", length,
                               url);
        return ct_fail(err, CONTAIN_E_REGISTRY, EINVAL, NULL, "'%.*s' is no URL that can be fetched", length,
                       url);
}

int ct_http_url_check(const struct ct_http_server *server, const char *url, contain_error_t **err)
{
        _cleanup_(url_freep) CURLU *parsed = parse(url, NULL);
        _cleanup_(parts_done) struct parts parts = { 0 };
        int r;

        r = check_parts(server, parsed, &parts);
        return r < 0 ? fail_url(err, r, url) : 0;
}

int ct_http_url_follow(const struct ct_http_server *server, const char *first, const char *location,
                       char **url, bool *own, contain_error_t **err)
{
        _cleanup_(url_freep) CURLU *from = parse(first, NULL), *next = parse(*url, location);
        _cleanup_(parts_done) struct parts from_parts = { 0 }, next_parts = { 0 };
        char *text = NULL, *copy;
        int r;

        r = check_parts(server, next, &next_parts);
        if (r < 0)
                return fail_url(err, r, location);
        if (!from || take_apart(from, &from_parts) < 0)
                return fail_url(err, -EINVAL, first);
        if (curl_url_get(next, CURLUPART_URL, &text, 0) != CURLUE_OK)
                return ct_fail_memory(err);
        copy = strdup(text);
        curl_free(text);
        if (!copy)
                return ct_fail_memory(err);
        free(*url);
        *url = copy;
        *own = *own && is_same_place(&from_parts, &next_parts);
        return 0;
}

bool ct_http_url_is_same_place(const char *a, const char *b)
{
        _cleanup_(url_freep) CURLU *a_url = parse(a, NULL), *b_url = parse(b, NULL);
        _cleanup_(parts_done) struct parts a_parts = { 0 }, b_parts = { 0 };

        return a_url && b_url && take_apart(a_url, &a_parts) == 0 && take_apart(b_url, &b_parts) == 0 &&
               is_same_place(&a_parts, &b_parts);
}

int ct_http_url_escape(const char *text, char **ret)
{
        char *escaped = curl_easy_escape(NULL, text, 0);
        char *copy = escaped ? strdup(escaped) : NULL;

        curl_free(escaped);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}
