/* SPDX-License-Identifier: MIT */
#ifndef CT_SPEC_VALUES_H
#define CT_SPEC_VALUES_H

/* The kinds of values that occur in many sections. Private to spec/. Getters return as those of base/json.h.
 */

#include "base/json.h"
#include "spec/spec.h"

/* A word of the runtime-spec and the kernel's number for it. */
struct ct_word {
        const char *name;
        uint64_t value;
};

#define CT_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Looks @name up; @at is its place, @what its noun: "unknown @what 'name'", with a hint that
 * lists the words. *ret points into @words. Returns as ct_json_string() does.
 */
int ct_spec_find_word(const struct ct_json *at, const char *name, const char *what,
                      const struct ct_word *words, size_t n_words, const struct ct_word **ret,
                      contain_error_t **err);
int ct_spec_get_word(const struct ct_json *object, const char *key, const char *what,
                     const struct ct_word *words, size_t n_words, const struct ct_word **ret,
                     contain_error_t **err);
/* The member that must be there. */
int ct_spec_require_word(const struct ct_json *object, const char *key, const char *what,
                         const struct ct_word *words, size_t n_words, const struct ct_word **ret,
                         contain_error_t **err);
/* An array of words whose values are bits. */
int ct_spec_get_flags(const struct ct_json *object, const char *key, const char *what,
                      const struct ct_word *words, size_t n_words, uint64_t *ret, contain_error_t **err);

/* How the elements of an array become items of one C type. */
struct ct_item_type {
        size_t size;
        /* @ret is the item, zeroed. */
        int (*parse)(const struct ct_json *element, void *ret, contain_error_t **err);
        /* May be NULL: whether item @i, just parsed, goes with those before it. */
        int (*check)(const struct ct_json *element, const void *items, size_t i, contain_error_t **err);
};

/* The items are in the arena, in the array's order. The first that is refused ends it, or is left out when
 * the arena collects problems. */
int ct_spec_parse_items(const struct ct_json *array, const struct ct_item_type *type, void **ret,
                        size_t *ret_n, contain_error_t **err);
int ct_spec_get_items(const struct ct_json *object, const char *key, const struct ct_item_type *type,
                      void **ret, size_t *ret_n, contain_error_t **err);

/* Absent leaves ret->has false. They return 0 for present as well. */
int ct_spec_get_int(const struct ct_json *object, const char *key, int64_t min, int64_t max,
                    struct ct_optional_int *ret, contain_error_t **err);
int ct_spec_get_uint(const struct ct_json *object, const char *key, uint64_t max,
                     struct ct_optional_uint *ret, contain_error_t **err);

int ct_spec_get_uint32(const struct ct_json *object, const char *key, uint32_t max, uint32_t *ret,
                       contain_error_t **err);
/* A user or group id: a uint32 but (uint32_t)-1, which means "no change" to the kernel. */
int ct_spec_get_id(const struct ct_json *object, const char *key, uint32_t *ret, contain_error_t **err);

/* An empty string counts as absent: that is how some generators write "not set". */
int ct_spec_get_text(const struct ct_json *object, const char *key, const char **ret, contain_error_t **err);
int ct_spec_get_strings(const struct ct_json *object, const char *key, struct ct_strings *ret,
                        contain_error_t **err);
/* Strings that each pass @check, which returns as ct_json_string() does. */
int ct_spec_get_checked_strings(const struct ct_json *object, const char *key,
                                int (*check)(const struct ct_json *at, const char *text,
                                             contain_error_t **err),
                                struct ct_strings *ret, contain_error_t **err);
/* A path that has to be absolute. */
int ct_spec_get_path(const struct ct_json *object, const char *key, const char **ret, contain_error_t **err);
int ct_spec_get_paths(const struct ct_json *object, const char *key, struct ct_strings *ret,
                      contain_error_t **err);
/* A list of numbers as the kernel reads them: "0-3,7", "0-31:2/4"; empty counts as absent. */
int ct_spec_get_list(const struct ct_json *object, const char *key, const char **ret, contain_error_t **err);
/* An object of strings; no key may be empty. */
int ct_spec_get_pairs(const struct ct_json *object, const char *key, struct ct_spec_pairs *ret,
                      contain_error_t **err);

/* A network interface name as the kernel takes it. Returns as ct_json_string() does. */
int ct_spec_check_interface(const struct ct_json *at, const char *name, contain_error_t **err);

#endif
