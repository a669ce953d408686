/* SPDX-License-Identifier: MIT */

/*
 * What a registry that answers 401 is shown: a password, or a token that another server gives out for it
 * (distribution-spec; the token authentication of docker's registry).
 */

#include "image/challenge.h"
#include "image/http-url.h"
#include "image/registry-endpoint.h"

#include <stdio.h>
#include <string.h>

#define MAX_ANSWER (1024 * 1024)

/* Adds "NAME=VALUE" with the character that has to stand before it. */
static void add_value(struct ct_buf *query, char before, const char *name, const char *value)
{
        _cleanup_free_ char *escaped = NULL;

        if (!value)
                return;
        if (ct_http_url_escape(value, &escaped) < 0)
                query->failed = true;
        else
                (void)ct_buf_printf(query, "%.*s%s=%s", before ? 1 : 0, &before, name, escaped);
}

/* It goes into a header as it is. */
static bool is_token(const char *text)
{
        for (; *text; text++)
                if (*text <= ' ' || *text > '~')
                        return false;
        return true;
}

static int read_token(struct ct_arena *arena, struct ct_stream *body, const char *realm, char **ret,
                      contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT, value = CT_BUF_INIT;
        const char *token = NULL;
        struct ct_json root;
        int r;

        r = ct_stream_read_all(body, MAX_ANSWER, &text, err);
        if (r >= 0)
                r = ct_json_parse(arena, "the token service's answer", text.data ? text.data : "", text.size,
                                  &document, &root, err);
        if (r >= 0)
                r = ct_json_get_string(&root, "token", &token, err);
        if (r == 0)
                r = ct_json_get_string(&root, "access_token", &token, err);
        if (r < 0)
                return r;
        if (!token || !*token || !is_token(token))
                return ct_fail(err, CONTAIN_E_REGISTRY, EPROTO, NULL, "the token service '%s' gives no token",
                               realm);
        (void)ct_buf_printf(&value, "Bearer %s", token);
        *ret = ct_buf_steal(&value);
        return *ret ? 0 : ct_fail_memory(err);
}

static int fail_status(int status, const char *realm, contain_error_t **err)
{
        if (status == 401 || status == 403)
                return ct_fail(err, CONTAIN_E_REGISTRY, EACCES, NULL,
                               "the token service '%s' refuses the credentials", realm);
        return ct_fail(err, CONTAIN_E_REGISTRY, status >= 500 || status == 429 ? EAGAIN : EREMOTEIO, NULL,
                       "the token service '%s' answers with status %d", realm, status);
}

/* The token service may be another host; then it is not shown the certificate meant for the registry. */
static void choose_server(const struct ct_registry_endpoint *endpoint, const char *url, const char *realm,
                          struct ct_http_server *ret)
{
        *ret = endpoint->server;
        if (!ct_http_url_is_same_place(url, realm))
                ret->client_certificate = ret->client_key = NULL;
}

static int ask_for_token(const struct ct_registry_endpoint *endpoint, struct ct_arena *arena, const char *url,
                         const struct ct_challenge *challenge, const struct ct_credentials *who, char **ret,
                         contain_error_t **err)
{
        const char *scope = challenge->scope
                                    ? challenge->scope
                                    : ct_arena_printf(arena, "repository:%s:pull", endpoint->repository);
        _cleanup_http_response_ struct ct_http_response response = { 0 };
        _cleanup_(ct_stream_freep) struct ct_stream *body = NULL;
        _cleanup_buf_ struct ct_buf query = CT_BUF_INIT;
        struct ct_http_request request = { 0 };
        struct ct_http_server server;
        int r;

        choose_server(endpoint, url, challenge->realm, &server);
        if (who->identity_token) {
                add_value(&query, 0, "grant_type", "refresh_token");
                add_value(&query, '&', "client_id", "libcontain");
                add_value(&query, '&', "refresh_token", who->identity_token);
                add_value(&query, '&', "service", challenge->service);
        } else {
                (void)ct_buf_puts(&query, challenge->realm);
                if (challenge->service)
                        add_value(&query, strchr(query.data ? query.data : "", '?') ? '&' : '?', "service",
                                  challenge->service);
                if (who->user)
                        request.authorization = ct_credentials_basic(arena, who);
        }
        add_value(&query, strchr(query.data ? query.data : "", '?') || who->identity_token ? '&' : '?',
                  "scope", scope);
        if (query.failed || !scope || (who->user && !request.authorization && !who->identity_token))
                return ct_fail_memory(err);
        request.url = who->identity_token ? challenge->realm : query.data;
        request.form = who->identity_token ? query.data : NULL;
        r = ct_http_open(&server, &request, &response, &body, err);
        if (r < 0)
                return r;
        if (response.status != 200)
                return fail_status(response.status, challenge->realm, err);
        return read_token(arena, body, challenge->realm, ret, err);
}

int ct_registry_authorize(const struct ct_registry_endpoint *endpoint, const char *url,
                          const char *challenges, char **ret, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_challenge challenge;
        struct ct_credentials who;
        const char *basic;
        int r;

        if (!arena || ct_challenge_parse(arena, challenges ? challenges : "", &challenge) < 0)
                return ct_fail_memory(err);
        r = ct_credentials_find(arena, endpoint->auth_file, endpoint->host, endpoint->repository,
                                endpoint->server.job, &who, err);
        if (r < 0)
                return r;
        if (challenge.bearer && challenge.realm)
                return ask_for_token(endpoint, arena, url, &challenge, &who, ret, err);
        if (!challenge.basic)
                return ct_fail(err, CONTAIN_E_REGISTRY, EPROTO, NULL,
                               "registry '%s' wants credentials of a kind that is not known", endpoint->host);
        if (!who.user) {
                r = ct_fail(err, CONTAIN_E_REGISTRY, EACCES, NULL, "registry '%s' wants credentials",
                            endpoint->host);
                ct_error_set_hint(err,
                                  "'podman login' and 'skopeo login' keep them where they are looked for");
                return r;
        }
        basic = ct_credentials_basic(arena, &who);
        *ret = basic ? strdup(basic) : NULL;
        return *ret ? 0 : ct_fail_memory(err);
}
