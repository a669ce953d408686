/* SPDX-License-Identifier: MIT */

#include "image/registry-endpoint.h"

#include "image/http-url.h"
#include "image/resume.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TRIES = 4, MAX_COMPLAINT = 16 * 1024, SHOWN_COMPLAINT = 200 };

/* --- making one --- */

int ct_registry_endpoint_new(struct ct_arena *arena, const char *place, const char *repository,
                             const struct ct_source_options *options, struct ct_registry_endpoint **ret,
                             contain_error_t **err)
{
        struct ct_registry_endpoint *endpoint = ct_arena_alloc(arena, sizeof(*endpoint));
        const char *scheme_end = strstr(place, "://");
        const char *host = scheme_end ? scheme_end + 3 : place;
        size_t length = strcspn(host, "/");
        const char *prefix = host[length] && host[length + 1] ? host + length + 1 : NULL;

        if (!endpoint)
                return ct_fail_memory(err);
        endpoint->scheme = "https";
        endpoint->scheme_known = scheme_end || !options->insecure;
        if (scheme_end && strncmp(place, "http://", 7) == 0)
                endpoint->scheme = "http";
        else if (scheme_end && strncmp(place, "https://", 8) != 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%s' is no place of a registry",
                               place);
        endpoint->host = ct_arena_strndup(arena, host, length);
        endpoint->repository = prefix ? ct_arena_printf(arena, "%s/%s", prefix, repository) : repository;
        if (!endpoint->host || !endpoint->repository)
                return ct_fail_memory(err);
        endpoint->auth_file = options->auth_file;
        endpoint->server.job = options->job;
        endpoint->server.stall_ms = options->stall_ms;
        endpoint->server.unverified = options->insecure;
        endpoint->server.plain = options->insecure || strcmp(endpoint->scheme, "http") == 0;
        if (pthread_mutex_init(&endpoint->lock, NULL) != 0)
                return ct_fail_memory(err);
        *ret = endpoint;
        return ct_registry_certificates(arena, options->certificates, endpoint->host, &endpoint->server, err);
}

void ct_registry_endpoint_done(struct ct_registry_endpoint *endpoint)
{
        (void)pthread_mutex_destroy(&endpoint->lock);
        free(endpoint->authorization);
}

/* --- who we are, for all threads --- */

static int make_url(struct ct_registry_endpoint *endpoint, const char *path, char **ret_url,
                    char **ret_authorization)
{
        _cleanup_buf_ struct ct_buf url = CT_BUF_INIT;
        char *authorization = NULL;
        bool failed = false;

        (void)pthread_mutex_lock(&endpoint->lock);
        (void)ct_buf_printf(&url, "%s://%s/v2/%s/%s", endpoint->scheme, endpoint->host, endpoint->repository,
                            path);
        if (endpoint->authorization) {
                authorization = strdup(endpoint->authorization);
                failed = !authorization;
        }
        (void)pthread_mutex_unlock(&endpoint->lock);
        *ret_url = ct_buf_steal(&url);
        *ret_authorization = authorization;
        return *ret_url && !failed ? 0 : -ENOMEM;
}

static void keep_authorization(struct ct_registry_endpoint *endpoint, char **authorization)
{
        (void)pthread_mutex_lock(&endpoint->lock);
        free(endpoint->authorization);
        endpoint->authorization = ct_take(*authorization);
        (void)pthread_mutex_unlock(&endpoint->lock);
}

/* --- answers --- */

/* What the registry says for itself (distribution-spec, "Error Codes"), in one line of plain characters. */
static void read_complaint(struct ct_stream *body, char ret[SHOWN_COMPLAINT + 1])
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_json root, errors = { 0 }, first;
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        const char *message = NULL;
        size_t n = 0, i = 0;

        ret[0] = 0;
        if (!arena || ct_stream_read_all(body, MAX_COMPLAINT, &text, NULL) < 0 || !text.data ||
            ct_json_parse(arena, "", text.data, text.size, &document, &root, NULL) < 0 ||
            ct_json_get_array(&root, "errors", &errors, &n, NULL) <= 0 || n == 0)
                return;
        ct_json_element(&errors, 0, &first);
        if (ct_json_get_string(&first, "message", &message, NULL) <= 0)
                return;
        for (; message[i] && i < SHOWN_COMPLAINT; i++)
                ret[i] = message[i] >= ' ' && message[i] <= '~' ? message[i] : '?';
        ret[i] = 0;
}

static int fail_status(const struct ct_registry_endpoint *endpoint, const struct ct_registry_request *request,
                       int status, struct ct_stream *body, contain_error_t **err)
{
        char complaint[SHOWN_COMPLAINT + 1];

        read_complaint(body, complaint);
        if (status == 404)
                return ct_fail(err, CONTAIN_E_REGISTRY, ENOENT, NULL, "registry '%s' has no %s",
                               endpoint->host, request->what);
        if (status == 401 || status == 403)
                return ct_fail(err, CONTAIN_E_REGISTRY, EACCES, NULL, "registry '%s' does not give us %s%s%s",
                               endpoint->host, request->what, complaint[0] ? ": " : "", complaint);
        return ct_fail(err, CONTAIN_E_REGISTRY, status >= 500 || status == 429 ? EAGAIN : EREMOTEIO, NULL,
                       "registry '%s' answers with status %d for %s%s%s", endpoint->host, status,
                       request->what, complaint[0] ? ": " : "", complaint);
}

/* One question, and a second one with credentials when the first is answered by 401. */
static int get_once(struct ct_registry_endpoint *endpoint, const struct ct_registry_request *request,
                    struct ct_http_response *ret, struct ct_stream **ret_body, contain_error_t **err)
{
        for (bool authorized = false;; authorized = true) {
                _cleanup_http_response_ struct ct_http_response response = { 0 };
                _cleanup_free_ char *url = NULL, *authorization = NULL;
                _cleanup_(ct_stream_freep) struct ct_stream *body = NULL;
                int r;

                if (make_url(endpoint, request->path, &url, &authorization) < 0)
                        return ct_fail_memory(err);
                r = ct_http_open(&endpoint->server,
                                 &(struct ct_http_request){ .url = url,
                                                            .accept = request->accept,
                                                            .authorization = authorization,
                                                            .offset = request->offset,
                                                            .for_stream = request->for_stream },
                                 &response, &body, err);
                if (r < 0)
                        return r;
                if (response.status == 200 || response.status == 206) {
                        *ret = response;
                        memset(&response, 0, sizeof(response));
                        *ret_body = ct_take(body);
                        return 0;
                }
                if (response.status != 401 || authorized)
                        return fail_status(endpoint, request, response.status, body, err);
                free(ct_take(authorization));
                r = ct_registry_authorize(endpoint, url, response.challenges, &authorization, err);
                if (r < 0)
                        return r;
                keep_authorization(endpoint, &authorization);
        }
}

/* Without TLS, where that was allowed, and nobody speaks it there. True when it is worth trying again. */
static bool try_plain(struct ct_registry_endpoint *endpoint, int r)
{
        bool again = !endpoint->scheme_known && (r == -ECONNREFUSED || r == -EPROTO);

        endpoint->scheme_known = endpoint->scheme_known || again || r >= 0;
        if (again)
                endpoint->scheme = "http";
        return again;
}

int ct_registry_endpoint_get(struct ct_registry_endpoint *endpoint, const struct ct_registry_request *request,
                             struct ct_http_response *ret, struct ct_stream **ret_body, contain_error_t **err)
{
        for (unsigned tries = 0;;) {
                _cleanup_(contain_error_freep) contain_error_t *why = NULL;
                bool again;
                int r;

                r = get_once(endpoint, request, ret, ret_body, &why);
                (void)pthread_mutex_lock(&endpoint->lock);
                again = try_plain(endpoint, r);
                (void)pthread_mutex_unlock(&endpoint->lock);
                if (r >= 0)
                        return r;
                if (again)
                        continue;
                /* Nobody there is an answer, too: only what broke is tried again. */
                if ((r != -ECONNRESET && r != -EAGAIN) || ++tries >= MAX_TRIES) {
                        if (err)
                                *err = ct_take(why);
                        return r;
                }
                if (ct_resume_wait(endpoint->server.job, request->for_stream, tries) < 0)
                        return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL, "cancelled");
        }
}
