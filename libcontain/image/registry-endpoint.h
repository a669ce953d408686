/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_REGISTRY_ENDPOINT_H
#define CT_IMAGE_REGISTRY_ENDPOINT_H

/* One server that has the images of one repository (distribution-spec): the registry itself, or a mirror of
 * it. */

#include "image/credentials.h"
#include "image/http.h"
#include "image/source.h"

#include <pthread.h>

struct ct_registry_endpoint {
        struct ct_http_server server;
        const char *host;       /* "HOST[:PORT]" */
        const char *repository; /* there, which for a mirror may have something before it */
        const char *auth_file;  /* NULL */
        bool scheme_known;      /* plain http is not tried instead of https any more */
        pthread_mutex_t lock;   /* of what follows */
        const char *scheme;     /* "https" */
        char *authorization;    /* what was accepted last; NULL */
};

/* @place: "[SCHEME://]HOST[:PORT][/PREFIX]". */
int ct_registry_endpoint_new(struct ct_arena *arena, const char *place, const char *repository,
                             const struct ct_source_options *options, struct ct_registry_endpoint **ret,
                             contain_error_t **err);
void ct_registry_endpoint_done(struct ct_registry_endpoint *endpoint);

struct ct_registry_request {
        const char *path; /* behind /v2/REPOSITORY/ */
        const char *accept;
        uint64_t offset;
        const struct ct_stream *for_stream; /* stopped with it; NULL */
        const char *what;                   /* for errors: "image 'HOST/NAME:TAG'" */
};

/*
 * Asks for it, shows credentials when they are wanted, and returns an answer of the statuses 200 and 206
 * only. ENOENT for what is not there, EACCES for what we may not have. May be called by several threads.
 */
int ct_registry_endpoint_get(struct ct_registry_endpoint *endpoint, const struct ct_registry_request *request,
                             struct ct_http_response *ret, struct ct_stream **ret_body,
                             contain_error_t **err);

/* registry-token.c: what to answer to a challenge, as the value of a header, malloc'd. */
int ct_registry_authorize(const struct ct_registry_endpoint *endpoint, const char *url,
                          const char *challenges, char **ret, contain_error_t **err);
/* registry-certificates.c: fills in who vouches for the server, and who we are to it. */
int ct_registry_certificates(struct ct_arena *arena, const char *folder, const char *host,
                             struct ct_http_server *ret, contain_error_t **err);

#endif
