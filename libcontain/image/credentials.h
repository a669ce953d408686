/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_CREDENTIALS_H
#define CT_IMAGE_CREDENTIALS_H

/* Who we are to a registry: containers-auth.json(5), and the programs that it names. */

#include "image/job.h"

/* All NULL: nobody in particular. */
struct ct_credentials {
        const char *user, *password;
        const char *identity_token; /* instead of a password, for a token service */
};

/*
 * Looks for @registry ("HOST[:PORT]") and what is in it, down to @repository, in @file, or else in the
 * files that containers-auth.json(5) names. What is found lives in @arena.
 */
int ct_credentials_find(struct ct_arena *arena, const char *file, const char *registry,
                        const char *repository, const struct ct_job *job, struct ct_credentials *ret,
                        contain_error_t **err);

/* Asks docker-credential-@name for @registry: 1 when it knows, 0 when it does not. */
int ct_credentials_ask_program(struct ct_arena *arena, const char *name, const char *registry,
                               const struct ct_job *job, struct ct_credentials *ret, contain_error_t **err);

/* "Basic …" for a header: NULL when out of memory. */
const char *ct_credentials_basic(struct ct_arena *arena, const struct ct_credentials *credentials);

#endif
