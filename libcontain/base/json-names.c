/* SPDX-License-Identifier: MIT */

/*
 * Names that an object has twice. json-c keeps the last value and forgets that there was another, so
 * the text is asked: how many names does each object have there, and how many in the tree?
 */

#include "base/json-names.h"

#include "base/problems.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* One object of the text. */
struct object {
        size_t start; /* just behind its '{' */
        size_t names;
};

/* All objects of the text, in the order of their beginnings. */
struct objects {
        struct object *items;
        size_t n;
};

/* Where a value of the tree is: the way up to the document. */
struct place {
        const struct place *parent;
        const char *name; /* NULL in an array */
        size_t index;
};

/* Behind the string that begins with the quote at @i. */
static size_t skip_string(const char *text, size_t i)
{
        for (i++; text[i] != '"'; i++)
                if (text[i] == '\\')
                        i++;
        return i + 1;
}

static size_t count_objects(const char *text, size_t size)
{
        size_t n = 0, i = 0;

        while (i < size) {
                n += text[i] == '{';
                i = text[i] == '"' ? skip_string(text, i) : i + 1;
        }
        return n;
}

static void count_names(const char *text, size_t size, struct objects *ret)
{
        size_t open[CT_JSON_MAX_DEPTH +
                    1]; /* the objects and arrays that are not closed; an array counts nothing */
        size_t depth = 0, i = 0;

        while (i < size) {
                switch (text[i]) {
                case '{':
                        ret->items[ret->n].start = i + 1;
                        open[depth++] = ret->n++;
                        break;
                case '[':
                        open[depth++] = SIZE_MAX;
                        break;
                case '}':
                case ']':
                        depth--;
                        break;
                case ':':
                        ret->items[open[depth - 1]].names++;
                        break;
                default:
                        break;
                }
                i = text[i] == '"' ? skip_string(text, i) : i + 1;
        }
}

/* The pointer to a place; NULL without memory. */
static const char *place_pointer(struct ct_arena *arena, const struct place *place)
{
        const char *at;

        if (!place)
                return "";
        at = place_pointer(arena, place->parent);
        if (!at)
                return NULL;
        return place->name ? ct_json_pointer_join(arena, at, place->name)
                           : ct_arena_printf(arena, "%s/%zu", at, place->index);
}

static bool is_name(const struct json_object_iterator *member, const char *name, size_t length)
{
        const char *known = json_object_iter_peek_name(member);

        return strlen(known) == length && memcmp(known, name, length) == 0;
}

/*
 * The first name of the object that is not new, in the arena. Up to there, text and tree have the same
 * names in the same order. NULL without memory, or when names are written with escapes.
 */
static const char *find_twice(struct ct_arena *arena, const char *text, struct json_object *object)
{
        struct json_object_iterator member = json_object_iter_begin(object),
                                    last = json_object_iter_end(object);
        size_t depth = 0, i = 0;

        for (;;) {
                size_t end = text[i] == '"' ? skip_string(text, i) : i + 1;

                depth += text[i] == '{' || text[i] == '[';
                depth -= text[i] == '}' || text[i] == ']';
                if (depth == 0 && text[i] == '"') {
                        size_t length = end - i - 2;

                        if (memchr(text + i, '\\', length + 1))
                                return NULL;
                        if (json_object_iter_equal(&member, &last) || !is_name(&member, text + i + 1, length))
                                return ct_arena_printf(arena, "%.*s", (int)length, text + i + 1);
                        json_object_iter_next(&member);
                        /* Its value may be a string, too. */
                        end += strspn(text + end, " \t\r\n:");
                        if (text[end] == '"')
                                end = skip_string(text, end);
                }
                i = end;
        }
}

/* 1 when the arena collects problems: the tree is not that of the text from here on. */
static int fail(struct ct_arena *arena, const char *text, struct json_object *object,
                const struct place *place, contain_error_t **err)
{
        const char *name = find_twice(arena, text, object);
        const struct place inside = { .parent = place, .name = name };
        const char *at = place_pointer(arena, name ? &inside : place);
        int r;

        if (!at)
                return ct_fail_memory(err);
        if (name)
                r = ct_fail(err, CONTAIN_E_DUPLICATE, EINVAL, at, "'%s' is given twice", name);
        else
                r = ct_fail(err, CONTAIN_E_DUPLICATE, EINVAL, at, "a name is given twice");
        r = ct_problems_keep(ct_arena_problems(arena), r, err);
        return r < 0 ? r : 1;
}

/* Compares a value and all below it; *next is the number of the object that comes next in the text.
 * Returns as fail(). */
static int compare(struct ct_arena *arena, const char *text, const struct objects *objects, size_t *next,
                   struct json_object *value, const struct place *place, contain_error_t **err)
{
        struct place inside = { .parent = place };
        int r = 0;

        if (json_object_is_type(value, json_type_array)) {
                size_t n = json_object_array_length(value);

                for (; inside.index < n && r == 0; inside.index++)
                        r = compare(arena, text, objects, next,
                                    json_object_array_get_idx(value, inside.index), &inside, err);
        } else if (json_object_is_type(value, json_type_object)) {
                const struct object *object = &objects->items[(*next)++];
                struct json_object_iterator member = json_object_iter_begin(value),
                                            last = json_object_iter_end(value);

                if (object->names != (size_t)json_object_object_length(value))
                        return fail(arena, text + object->start, value, place, err);
                for (; !json_object_iter_equal(&member, &last) && r == 0; json_object_iter_next(&member)) {
                        inside.name = json_object_iter_peek_name(&member);
                        r = compare(arena, text, objects, next, json_object_iter_peek_value(&member), &inside,
                                    err);
                }
        }
        return r;
}

int ct_json_check_names(struct ct_arena *arena, const char *text, size_t size, struct json_object *root,
                        contain_error_t **err)
{
        struct objects objects = { 0 };
        size_t n = count_objects(text, size), next = 0;
        int r;

        if (n == 0)
                return 0;
        objects.items = calloc(n, sizeof(objects.items[0]));
        if (!objects.items)
                return ct_fail_memory(err);
        count_names(text, size, &objects);
        r = compare(arena, text, &objects, &next, root, NULL, err);
        free(objects.items);
        return r < 0 ? r : 0;
}
