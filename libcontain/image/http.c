/* SPDX-License-Identifier: MIT */

/*
 * Requests by libcurl, pulled by whoever reads: bytes come in only as long as there is room for them, so a
 * slow reader slows the server down. No thread, and nothing is shared between two requests.
 */

#include "image/http.h"

#include "image/http-url.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
        ROOM = 256 * 1024, /* bytes that may wait for the reader */
        MAX_HEAD = 64 * 1024,
        MAX_REDIRECTS = 8,
        CONNECT_SECONDS = 20,
        STALL_MSEC = 60000,
        STALL_MAX = 1000 * 1000 * 1000,
        STALL_BYTES_A_SECOND = 128,
        CANCEL_MSEC = 200, /* how soon a job that was cancelled is noticed */
};

struct exchange {
        const struct ct_http_server *server;
        const struct ct_stream *for_stream;
        CURL *easy;
        CURLM *multi;
        struct curl_slist *headers;
        char *body; /* of ROOM bytes, those from start to end wait */
        size_t start, end;
        size_t head_size;
        bool head_done, finished, paused;
        bool out_of_memory, head_too_long;
        CURLcode result;
        struct ct_http_response response;
        char *location;
        char *url; /* for errors: without a query, which may hold secrets */
        char reason[CURL_ERROR_SIZE];
};

void ct_http_response_done(struct ct_http_response *response)
{
        free(response->content_type);
        free(response->digest);
        free(response->challenges);
        memset(response, 0, sizeof(*response));
}

static struct exchange *exchange_free(struct exchange *x)
{
        if (!x)
                return NULL;
        if (x->multi && x->easy)
                (void)curl_multi_remove_handle(x->multi, x->easy);
        if (x->easy)
                curl_easy_cleanup(x->easy);
        if (x->multi)
                (void)curl_multi_cleanup(x->multi);
        curl_slist_free_all(x->headers);
        ct_http_response_done(&x->response);
        free(x->location);
        free(x->body);
        free(x->url);
        free(x);
        return NULL;
}

CT_CLEANUP(struct exchange, exchange_free)

/* --- the head of the answer --- */

static void set_text(struct exchange *x, char **text, const char *value, size_t length)
{
        char *copy = strndup(value, length);

        if (!copy)
                x->out_of_memory = true;
        else {
                free(*text);
                *text = copy;
        }
}

static void add_challenge(struct exchange *x, const char *value, size_t length)
{
        _cleanup_buf_ struct ct_buf lines = CT_BUF_INIT;

        if (x->response.challenges)
                (void)ct_buf_printf(&lines, "%s\n", x->response.challenges);
        (void)ct_buf_append(&lines, value, length);
        free(x->response.challenges);
        x->response.challenges = ct_buf_steal(&lines);
        if (!x->response.challenges)
                x->out_of_memory = true;
}

/* "bytes 100-199/200" */
static void set_range(struct exchange *x, const char *value, size_t length)
{
        char text[64];
        unsigned long long first;

        if (length < sizeof(text)) {
                memcpy(text, value, length);
                text[length] = 0;
                if (sscanf(text, "bytes %llu-", &first) == 1)
                        x->response.offset = first;
        }
}

/* Of a media type without its parameters. */
static size_t plain_length(const char *value, size_t length)
{
        size_t plain = 0;

        while (plain < length && !strchr("; \t", value[plain]))
                plain++;
        return plain;
}

static void set_header(struct exchange *x, const char *name, size_t name_length, const char *value,
                       size_t length)
{
#define IS(wanted) (name_length == strlen(wanted) && strncasecmp(name, wanted, name_length) == 0)
        if (IS("Location"))
                set_text(x, &x->location, value, length);
        else if (IS("WWW-Authenticate"))
                add_challenge(x, value, length);
        else if (IS("Docker-Content-Digest"))
                set_text(x, &x->response.digest, value, length);
        else if (IS("Content-Range"))
                set_range(x, value, length);
        else if (IS("Content-Type"))
                set_text(x, &x->response.content_type, value, plain_length(value, length));
#undef IS
}

static void begin_head(struct exchange *x)
{
        ct_http_response_done(&x->response);
        free(x->location);
        x->location = NULL;
        x->head_done = false;
}

/* One line, with its end; interim answers (1xx) have a head of their own. */
static size_t take_header(char *line, size_t one, size_t size, void *userdata)
{
        struct exchange *x = userdata;
        const char *colon, *value;
        size_t length = size;
        long status = 0;

        (void)one;
        x->head_size += size;
        if (x->head_size > MAX_HEAD) {
                x->head_too_long = true;
                return 0;
        }
        while (length > 0 && strchr(" \t\r\n", line[length - 1]))
                length--;
        (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
        if (length >= 5 && strncmp(line, "HTTP/", 5) == 0 && !memchr(line, ':', length)) {
                begin_head(x);
        } else if (length == 0) {
                x->response.status = (int)status;
                x->head_done = status >= 200;
        } else if ((colon = memchr(line, ':', length))) {
                value = colon + 1;
                while (value < line + length && (*value == ' ' || *value == '\t'))
                        value++;
                set_header(x, line, (size_t)(colon - line), value, (size_t)(line + length - value));
        }
        return x->out_of_memory ? 0 : size;
}

static size_t take_body(char *bytes, size_t one, size_t size, void *userdata)
{
        struct exchange *x = userdata;

        (void)one;
        x->head_done = true;
        if (size > ROOM - x->end) {
                x->paused = true;
                return CURL_WRITEFUNC_PAUSE;
        }
        memcpy(x->body + x->end, bytes, size);
        x->end += size;
        return size;
}

/* --- what went wrong --- */

static int fail_transfer(const struct exchange *x, contain_error_t **err)
{
        const char *reason = x->reason[0] ? x->reason : curl_easy_strerror(x->result);
        int errnum;

        if (x->out_of_memory || x->result == CURLE_OUT_OF_MEMORY)
                return ct_fail_memory(err);
        if (x->head_too_long)
                return ct_fail(err, CONTAIN_E_REGISTRY, EPROTO, NULL,
                               "'%s' answers with headers of more than %d bytes", x->url, (int)MAX_HEAD);
        switch (x->result) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
                errnum = EHOSTUNREACH;
                break;
        case CURLE_COULDNT_CONNECT:
                errnum = ECONNREFUSED;
                break;
        case CURLE_OPERATION_TIMEDOUT:
                errnum = ETIMEDOUT;
                break;
        case CURLE_PARTIAL_FILE:
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
                errnum = ECONNRESET;
                break;
        default:
                errnum = EPROTO;
        }
        return ct_fail(err, CONTAIN_E_REGISTRY, errnum, NULL, "cannot fetch '%s': %s", x->url, reason);
}

static bool is_cancelled(const struct exchange *x)
{
        return (x->server->job && ct_job_is_cancelled(x->server->job)) ||
               (x->for_stream && ct_stream_is_stopped(x->for_stream));
}

static void see_end(struct exchange *x)
{
        CURLMsg *message;
        int left;

        while ((message = curl_multi_info_read(x->multi, &left)))
                if (message->msg == CURLMSG_DONE) {
                        x->finished = true;
                        x->result = message->data.result;
                }
}

/* Goes on until there are bytes, or @head, or the end. */
static int advance(struct exchange *x, bool head, contain_error_t **err)
{
        CURLMcode code = CURLM_OK;
        int running = 0;

        if (x->paused) {
                x->paused = false;
                (void)curl_easy_pause(x->easy, CURLPAUSE_CONT);
        }
        while (code == CURLM_OK && x->end == 0 && !x->finished && !(head && x->head_done)) {
                if (is_cancelled(x))
                        return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL, "cancelled");
                code = curl_multi_perform(x->multi, &running);
                see_end(x);
                if (code == CURLM_OK && x->end == 0 && !x->finished && !(head && x->head_done))
                        code = curl_multi_poll(x->multi, NULL, 0, CANCEL_MSEC, NULL);
        }
        if (code != CURLM_OK)
                return ct_fail(err, CONTAIN_E_REGISTRY, EIO, NULL, "cannot fetch '%s': %s", x->url,
                               curl_multi_strerror(code));
        if (x->end == 0 && x->finished && x->result != CURLE_OK)
                return fail_transfer(x, err);
        return 0;
}

static ssize_t read_body(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct exchange *x = userdata;
        int r;

        if (x->end == 0) {
                r = advance(x, false, err);
                if (r < 0)
                        return r;
        }
        if (size > x->end - x->start)
                size = x->end - x->start;
        memcpy(to, x->body + x->start, size);
        x->start += size;
        if (x->start == x->end)
                x->start = x->end = 0;
        return (ssize_t)size;
}

static void close_body(void *userdata)
{
        (void)exchange_free(userdata);
}

/* --- the question --- */

static void add_header(struct exchange *x, const char *name, const char *value)
{
        _cleanup_buf_ struct ct_buf line = CT_BUF_INIT;
        struct curl_slist *longer = NULL;

        if (!value)
                return;
        (void)ct_buf_printf(&line, "%s: %s", name, value);
        if (!line.failed)
                longer = curl_slist_append(x->headers, line.data);
        if (longer)
                x->headers = longer;
        else
                x->out_of_memory = true;
}

/* @own: the host that was asked first, which may see who we are. */
static void set_secrets(struct exchange *x, const struct ct_http_request *request, bool own)
{
        if (!own)
                return;
        add_header(x, "Authorization", request->authorization);
        if (x->server->client_certificate)
                (void)curl_easy_setopt(x->easy, CURLOPT_SSLCERT, x->server->client_certificate);
        if (x->server->client_key)
                (void)curl_easy_setopt(x->easy, CURLOPT_SSLKEY, x->server->client_key);
}

static void set_connection(struct exchange *x)
{
        const struct ct_http_server *server = x->server;
        uint64_t stall_ms = server->stall_ms ? server->stall_ms : STALL_MSEC;
        long stall = stall_ms > STALL_MAX ? STALL_MAX / 1000 : (long)((stall_ms + 999) / 1000);

        (void)curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
        (void)curl_easy_setopt(x->easy, CURLOPT_LOW_SPEED_TIME, stall);
        (void)curl_easy_setopt(x->easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_A_SECOND);
        /* A stream of HTTP/2 that is paused goes on to be buffered; a connection of HTTP/1.1 is not. */
        (void)curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        (void)curl_easy_setopt(x->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        (void)curl_easy_setopt(x->easy, CURLOPT_HTTP09_ALLOWED, 0L);
        if (server->unix_socket) {
                (void)curl_easy_setopt(x->easy, CURLOPT_UNIX_SOCKET_PATH, server->unix_socket);
                (void)curl_easy_setopt(x->easy, CURLOPT_PROXY, "");
        }
        if (server->ca_file)
                (void)curl_easy_setopt(x->easy, CURLOPT_CAINFO, server->ca_file);
        if (server->ca_folder)
                (void)curl_easy_setopt(x->easy, CURLOPT_CAPATH, server->ca_folder);
        if (server->unverified) {
                (void)curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYPEER, 0L);
                (void)curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYHOST, 0L);
        }
}

static void set_question(struct exchange *x, const struct ct_http_request *request, const char *url)
{
        char range[32];

        (void)curl_easy_setopt(x->easy, CURLOPT_URL, url);
        (void)curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "libcontain/" CT_VERSION);
        add_header(x, "Accept", request->accept);
        if (request->form) {
                (void)curl_easy_setopt(x->easy, CURLOPT_POST, 1L);
                (void)curl_easy_setopt(x->easy, CURLOPT_COPYPOSTFIELDS, request->form);
                add_header(x, "Expect", "");
        }
        if (request->offset > 0) {
                (void)snprintf(range, sizeof(range), "%llu-", (unsigned long long)request->offset);
                (void)curl_easy_setopt(x->easy, CURLOPT_RANGE, range);
        }
        (void)curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
        (void)curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->reason);
        (void)curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, take_header);
        (void)curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
        (void)curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, take_body);
        (void)curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
}

static void prepare_curl(void)
{
        (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int ask(const struct ct_http_server *server, const struct ct_http_request *request, const char *url,
               bool own, struct exchange **ret, contain_error_t **err)
{
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        _cleanup_(exchange_freep) struct exchange *x = NULL;
        int r;

        (void)pthread_once(&once, prepare_curl);
        x = calloc(1, sizeof(*x));
        if (!x)
                return ct_fail_memory(err);
        x->server = server;
        x->for_stream = request->for_stream;
        x->body = malloc(ROOM);
        x->easy = curl_easy_init();
        x->multi = curl_multi_init();
        x->url = strndup(url, strcspn(url, "?"));
        if (!x->body || !x->easy || !x->multi || !x->url)
                return ct_fail_memory(err);
        set_connection(x);
        set_secrets(x, request, own);
        set_question(x, request, url);
        if (x->out_of_memory || curl_multi_add_handle(x->multi, x->easy) != CURLM_OK)
                return ct_fail_memory(err);
        r = advance(x, true, err);
        if (r < 0)
                return r;
        if (!x->head_done)
                return ct_fail(err, CONTAIN_E_REGISTRY, ECONNRESET, NULL, "no answer for '%s'", x->url);
        *ret = ct_take(x);
        return 0;
}

static bool is_redirect(int status)
{
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int ct_http_open(const struct ct_http_server *server, const struct ct_http_request *request,
                 struct ct_http_response *ret, struct ct_stream **ret_body, contain_error_t **err)
{
        _cleanup_(exchange_freep) struct exchange *x = NULL;
        _cleanup_free_ char *url = NULL;
        struct ct_stream *body;
        bool own = true;
        int r;

        r = ct_http_url_check(server, request->url, err);
        if (r < 0)
                return r;
        url = strdup(request->url);
        if (!url)
                return ct_fail_memory(err);
        for (unsigned redirects = 0;; redirects++) {
                x = exchange_free(x);
                r = ask(server, request, url, own, &x, err);
                if (r < 0)
                        return r;
                /* What is posted has secrets in it, and is meant for one host. */
                if (!is_redirect(x->response.status) || !x->location || request->form)
                        break;
                if (redirects == MAX_REDIRECTS || server->unix_socket)
                        return ct_fail(err, CONTAIN_E_REGISTRY, ELOOP, NULL,
                                       "'%s' leads from one redirect to the next", request->url);
                r = ct_http_url_follow(server, request->url, x->location, &url, &own, err);
                if (r < 0)
                        return r;
        }
        body = ct_stream_new(read_body, close_body, x);
        *ret = x->response;
        memset(&x->response, 0, sizeof(x->response));
        (void)ct_take(x);
        if (!body) {
                ct_http_response_done(ret);
                return ct_fail_memory(err);
        }
        *ret_body = body;
        return 0;
}
