/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SPEC_FIXTURE_H
#define TESTS_UNIT_SPEC_FIXTURE_H

#include "spec/spec.h"

/* A parsed configuration, or the error. For _cleanup_(fixture_done). */
struct fixture {
        struct ct_arena *arena;
        struct ct_spec *spec; /* NULL when refused */
        contain_error_t *error;
        int r;
};

void fixture_done(struct fixture *f);
void fixture_parse(struct fixture *f, const char *text, size_t size);

/*
 * A configuration that is good in everything but what the test adds: members of the document, of
 * process and of linux, each as text such as "\"terminal\":true"; "" for none. linux has a mount namespace
 * unless @linux_ names "namespaces".
 */
void fixture_build(struct fixture *f, const char *document, const char *process, const char *linux_);

/* A mount with these options, such as "\"ro\",\"bind\"". NULL, and a failed test, when it is refused. */
const struct ct_spec_mount *fixture_mount(struct fixture *f, const char *options);

/* A file of the folder cases/, malloc'd; NULL, and a failed test, when it cannot be read. */
char *fixture_read_case(const char *name, size_t *ret_size);

#endif
