/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_HTTP_URL_H
#define CT_IMAGE_HTTP_URL_H

/* Which URLs may be asked, and where a redirect leads. */

#include "image/http.h"

/* https, or http where that is good enough; without a user in it. */
int ct_http_url_check(const struct ct_http_server *server, const char *url, contain_error_t **err);

/*
 * Replaces *url by where @location leads from it. *own becomes false for good at the first step away from the
 * scheme, host and port of @first: what comes then is not told who we are.
 */
int ct_http_url_follow(const struct ct_http_server *server, const char *first, const char *location,
                       char **url, bool *own, contain_error_t **err);

/* Scheme, host and port are the same. */
bool ct_http_url_is_same_place(const char *a, const char *b);

/* Escapes @text for a query, into *ret, which is malloc'd. */
int ct_http_url_escape(const char *text, char **ret);

#endif
