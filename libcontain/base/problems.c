/* SPDX-License-Identifier: MIT */

/* Errors that are kept, put right, and dropped when they are no news. */

#include "base/problems.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void ct_problems_done(struct ct_problems *problems)
{
        for (size_t i = 0; i < problems->n; i++)
                (void)contain_error_free(problems->items[i]);
        for (size_t i = 0; i < problems->n_left_out; i++)
                free(problems->left_out[i]);
        free(problems->items);
        free(problems->left_out);
        free(problems->last);
        *problems = (struct ct_problems){ 0 };
}

/* Is the pointer @at the place @top, or below it? */
static bool is_in(const char *at, const char *top)
{
        size_t length = strlen(top);

        return strncmp(at, top, length) == 0 && (at[length] == '\0' || at[length] == '/');
}

bool ct_problems_last_is_in(const struct ct_problems *problems, const char *at)
{
        return problems && problems->last && is_in(problems->last, at);
}

bool ct_problems_damage(const struct ct_problems *problems, const char *at)
{
        for (size_t i = 0; problems && i < problems->n; i++) {
                const char *place = contain_error_pointer(problems->items[i]);

                if (is_in(place, at))
                        return true;
                if (contain_error_code(problems->items[i]) == CONTAIN_E_TYPE && is_in(at, place))
                        return true;
        }
        return false;
}

/* --- elements that were left out ------------------------------------------------------------- */

int ct_problems_leave_out(struct ct_problems *problems, const char *at)
{
        char *copy;
        void *grown;

        /* Nothing that comes later will be kept. */
        if (!problems || problems->n_left_out == CT_PROBLEMS_MAX)
                return 0;
        grown = realloc(problems->left_out, (problems->n_left_out + 1) * sizeof(*problems->left_out));
        if (!grown)
                return -ENOMEM;
        problems->left_out = grown;
        copy = strdup(at);
        if (!copy)
                return -ENOMEM;
        problems->left_out[problems->n_left_out++] = copy;
        return 0;
}

/* Counts the element that @gap was back in: *pointer, malloc'd, may be replaced. */
static int put_back(const char *gap, char **pointer)
{
        size_t length = (size_t)(strrchr(gap, '/') + 1 - gap);
        unsigned long missing = strtoul(gap + length, NULL, 10), index;
        char *end, *renumbered;

        if (strncmp(*pointer, gap, length) != 0 || !isdigit((unsigned char)(*pointer)[length]))
                return 0;
        index = strtoul(*pointer + length, &end, 10);
        if (index < missing)
                return 0;
        if (asprintf(&renumbered, "%.*s%lu%s", (int)length, *pointer, index + 1, end) < 0)
                return -ENOMEM;
        free(*pointer);
        *pointer = renumbered;
        return 0;
}

static int renumber(const struct ct_problems *problems, contain_error_t **err)
{
        _cleanup_free_ char *pointer = NULL;

        if (problems->n_left_out == 0 || !problems->later_stage)
                return 0;
        pointer = strdup(contain_error_pointer(*err));
        if (!pointer)
                return -ENOMEM;
        for (size_t i = 0; i < problems->n_left_out; i++)
                if (put_back(problems->left_out[i], &pointer) < 0)
                        return -ENOMEM;
        return ct_error_set_pointer(err, pointer);
}

void ct_problems_next_stage(struct ct_problems *problems)
{
        problems->later_stage = true;
        problems->n_earlier = problems->n;
}

/* --- the list -------------------------------------------------------------------------------- */

static bool is_same(const contain_error_t *a, const contain_error_t *b)
{
        return strcmp(contain_error_pointer(a), contain_error_pointer(b)) == 0 &&
               strcmp(contain_error_sentence(a), contain_error_sentence(b)) == 0;
}

/* Of a value that was refused, what else is said about the configuration is only half true. */
static bool follows_from(const contain_error_t *error, const contain_error_t *earlier)
{
        const char *at = contain_error_pointer(error), *place = contain_error_pointer(earlier);

        if (at[0] == '\0' || place[0] == '\0' || contain_error_cause(error) != CONTAIN_CAUSE_CONFIG ||
            contain_error_cause(earlier) != CONTAIN_CAUSE_CONFIG)
                return false;
        if (contain_error_code(earlier) == CONTAIN_E_TYPE && is_in(at, place))
                return true;
        return is_in(place, at);
}

static bool is_news(const struct ct_problems *problems, const contain_error_t *error)
{
        for (size_t i = 0; i < problems->n; i++) {
                if (is_same(error, problems->items[i]))
                        return false;
                if (i < problems->n_earlier && follows_from(error, problems->items[i]))
                        return false;
        }
        return true;
}

static int add(struct ct_problems *problems, contain_error_t **err)
{
        char *last = strdup(contain_error_pointer(*err));
        bool elsewhere;

        if (!last)
                return -ENOMEM;
        elsewhere = !problems->last || strcmp(problems->last, last) != 0;
        free(problems->last);
        problems->last = last;
        if (problems->n == CT_PROBLEMS_MAX) {
                problems->more += elsewhere;
                return 0;
        }
        if (!is_news(problems, *err))
                return 0;
        if (problems->n == problems->capacity) {
                size_t capacity = problems->capacity ? problems->capacity * 2 : 16;
                void *grown = realloc(problems->items, capacity * sizeof(contain_error_t *));

                if (!grown)
                        return -ENOMEM;
                problems->items = grown;
                problems->capacity = capacity;
        }
        problems->items[problems->n++] = ct_take(*err);
        return 0;
}

int ct_problems_keep(struct ct_problems *problems, int r, contain_error_t **err)
{
        if (r >= 0 || !problems || !err || contain_error_code(*err) == CONTAIN_E_NO_MEMORY)
                return r;
        if (renumber(problems, err) < 0 || add(problems, err) < 0) {
                *err = contain_error_free(*err);
                return ct_fail_memory(err);
        }
        *err = contain_error_free(*err); /* if it was not taken */
        return 0;
}
