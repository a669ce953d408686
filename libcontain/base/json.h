/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_JSON_H
#define CT_BASE_JSON_H

/*
 * json-c with places: a value is read together with the JSON pointer that leads to it, so that
 * every complaint can name the line of the user's file that it is about. The one module of
 * base/ that words errors, because wrong types and missing members are worded alike everywhere.
 *
 * Getters come in two kinds. ct_json_X(value, …) converts a value. ct_json_get_X(object, key, …)
 * looks a member up first: absent, or null, leaves *ret as it is and returns 0; present returns 1.
 *
 * When the arena collects problems, refusing a value is no failure: ct_json_fail() keeps the error and
 * returns 0, so what was refused counts as absent, and reading goes on behind it. Otherwise it
 * never returns 0, nor does what converts a value or requires a member.
 */

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct json_object;

#define CT_JSON_MAX_SIZE  (4 * 1024 * 1024) /* bytes */
#define CT_JSON_MAX_DEPTH 64

/* A value and its place. Lives as long as the document and the arena it was parsed with. */
struct ct_json {
        struct json_object *value;
        const char *at;         /* JSON pointer, "" for the document itself */
        struct ct_arena *arena; /* where deeper pointers are allocated */
};

/* A parsed document; frees the json-c objects, not the arena. */
struct ct_json_document;
struct ct_json_document *ct_json_document_free(struct ct_json_document *document);
CT_CLEANUP(struct ct_json_document, ct_json_document_free)

/*
 * Parses strict JSON: UTF-8, no trailing text, no name twice, within the limits. Syntax errors name line and
 * column.
 * @what names the document in errors, such as "config.json".
 */
int ct_json_parse(struct ct_arena *arena, const char *what, const char *text, size_t size,
                  struct ct_json_document **ret_document, struct ct_json *ret, contain_error_t **err);

/* Fails with @at = value's place: -EINVAL, or 0 when the arena collects problems. */
int ct_json_fail(const struct ct_json *value, contain_error_t **err, int code, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/*
 * Has something at or below the value, of what has been read last, been refused? Then it is not to be used
 * further: rules that compare its members would complain of what is missing only because it was refused.
 */
bool ct_json_is_damaged(const struct ct_json *value);
/* The element does not become one of what is read (ct_problems_leave_out()). Returns 0, -ENOMEM. */
int ct_json_leave_out(const struct ct_json *element, contain_error_t **err);

/* Values: 1. Strings and names are copied to the arena; a NUL inside one is an error. */
int ct_json_string(const struct ct_json *value, const char **ret, contain_error_t **err);
int ct_json_bool(const struct ct_json *value, bool *ret, contain_error_t **err);
int ct_json_int(const struct ct_json *value, int64_t min, int64_t max, int64_t *ret, contain_error_t **err);
int ct_json_uint(const struct ct_json *value, uint64_t max, uint64_t *ret, contain_error_t **err);

/* Members: 1 present, 0 absent or null, -errno wrong. @object must be an object (or absent: value NULL). */
int ct_json_get(const struct ct_json *object, const char *key, struct ct_json *ret, contain_error_t **err);
int ct_json_get_object(const struct ct_json *object, const char *key, struct ct_json *ret,
                       contain_error_t **err);
int ct_json_get_array(const struct ct_json *object, const char *key, struct ct_json *ret, size_t *ret_n,
                      contain_error_t **err);
int ct_json_get_string(const struct ct_json *object, const char *key, const char **ret,
                       contain_error_t **err);
int ct_json_get_bool(const struct ct_json *object, const char *key, bool *ret, contain_error_t **err);
int ct_json_get_int(const struct ct_json *object, const char *key, int64_t min, int64_t max, int64_t *ret,
                    contain_error_t **err);
int ct_json_get_uint(const struct ct_json *object, const char *key, uint64_t max, uint64_t *ret,
                     contain_error_t **err);
/* An array of strings, as a NULL-ended vector in the arena. */
int ct_json_get_strings(const struct ct_json *object, const char *key, char ***ret, size_t *ret_n,
                        contain_error_t **err);

/* The member that must be there: turns 0 of a getter into CONTAIN_E_MISSING at the object's place. */
int ct_json_require(int r, const struct ct_json *object, const char *key, contain_error_t **err);

/* Element @i of an array, 0 <= @i < its length. Out of memory, its place is the array's. */
void ct_json_element(const struct ct_json *array, size_t i, struct ct_json *ret);

/*
 * Members of an object in file order: call with *position = NULL first; false at the end. The key
 * is the document's and goes with it. Of a name that is there twice, only the last value is seen.
 */
bool ct_json_next(const struct ct_json *object, void **position, const char **ret_key, struct ct_json *ret);

/* Number of members of an object. */
size_t ct_json_length(const struct ct_json *object);

/* 1: the value is an object, or an array. */
int ct_json_check_object(const struct ct_json *value, contain_error_t **err);
int ct_json_check_array(const struct ct_json *value, size_t *ret_n, contain_error_t **err);

/* Escapes @key for a JSON pointer ('~' and '/'), into the arena. NULL when out of memory. */
const char *ct_json_pointer_join(struct ct_arena *arena, const char *at, const char *key);

/* The value as text, on one line; malloc'd. Returns 0, -ENOMEM. */
int ct_json_print(const struct ct_json *value, char **ret);

/*
 * *ret is the text of @base as @change changes it (RFC 7396): a member takes the place of the one of its
 * name, objects are merged, null takes a member away. Arrays at one of the pointers @joined, ended by NULL,
 * get the new elements at their end.
 */
int ct_json_merge(const struct ct_json *base, const struct ct_json *change, const char *const *joined,
                  char **ret, contain_error_t **err);

#endif
