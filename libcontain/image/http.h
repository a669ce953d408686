/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_HTTP_H
#define CT_IMAGE_HTTP_H

/*
 * One request over HTTP, and what comes back as a stream (RFC 9110). Who may see which image, and going on
 * where a connection broke, are others' matters.
 */

#include "base/buf.h"
#include "image/job.h"
#include "image/stream.h"

/* How to reach a server. Borrowed by the streams that come from it. */
struct ct_http_server {
        const char *unix_socket;        /* a path; NULL: what the URL names */
        const char *ca_file;            /* who vouches for it, besides whom the system trusts; NULL */
        const char *ca_folder;          /* the same in a folder, instead of the system's; NULL */
        const char *client_certificate; /* NULL */
        const char *client_key;
        bool unverified;          /* believes any certificate */
        bool plain;               /* http:// is good enough */
        uint64_t stall_ms;        /* without bytes worth the name; 0: a minute */
        const struct ct_job *job; /* who may cancel; NULL */
};

struct ct_http_request {
        const char *url;           /* http:// or https:// */
        const char *accept;        /* media types; NULL */
        const char *authorization; /* the header's value, told to this URL's host only; NULL */
        const char *form;          /* POST with these bytes of application/x-www-form-urlencoded; NULL: GET */
        uint64_t offset;           /* of the first byte that is wanted */
        const struct ct_stream *for_stream; /* stopped with it; NULL */
};

struct ct_http_response {
        int status;
        uint64_t offset;    /* of the first byte that comes: 0 when the server knows no ranges */
        char *content_type; /* without parameters; NULL */
        char *digest;       /* Docker-Content-Digest; NULL */
        char *challenges;   /* the values of WWW-Authenticate, a line each; NULL */
};

void ct_http_response_done(struct ct_http_response *response);
#define _cleanup_http_response_ _cleanup_(ct_http_response_done)

/*
 * Asks, follows redirects, and returns when the head of the answer is there, whatever its status. Credentials
 * do not go to another host, nor from https to http. Errors by errno: ECONNREFUSED and EHOSTUNREACH for
 * nobody there, ECONNRESET and ETIMEDOUT for a connection that broke or stalled (as those of *ret_body),
 * EPROTO for one that is not to be trusted, ECANCELED.
 */
int ct_http_open(const struct ct_http_server *server, const struct ct_http_request *request,
                 struct ct_http_response *ret, struct ct_stream **ret_body, contain_error_t **err);

#endif
