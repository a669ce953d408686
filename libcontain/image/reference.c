/* SPDX-License-Identifier: MIT */

/*
 * The grammar of references (distribution-spec, "Pulling manifests", and what registries' clients agree on):
 * [domain "/"] path [":" tag] ["@" digest]. A first part without a dot, a colon or a capital that is not
 * "localhost" is no domain but belongs to the path.
 */

#include "image/reference.h"

#include <string.h>

#define NAME_MAX_BYTES 255
#define TAG_MAX_BYTES  128
#define DEFAULT_DOMAIN "docker.io"
#define DEFAULT_FOLDER "library"
#define DEFAULT_TAG    "latest"

/* Not those of <ctype.h>: they follow the locale. */
static bool is_lower_or_digit(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_word(char c)
{
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/* [a-z0-9]+ with one '.', one or two '_', or any number of '-' between such runs. */
static bool is_path_component(const char *text, size_t size)
{
        size_t i = 0;

        if (size == 0 || !is_lower_or_digit(text[0]) || !is_lower_or_digit(text[size - 1]))
                return false;
        while (i < size) {
                size_t begin = i;

                while (i < size && is_lower_or_digit(text[i]))
                        i++;
                begin = i;
                while (i < size && text[i] == text[begin] && !is_lower_or_digit(text[i]))
                        i++;
                if (i == begin)
                        continue;
                if (!is_lower_or_digit(text[i]))
                        return false;
                if (text[begin] == '-' || (text[begin] == '.' && i - begin == 1) ||
                    (text[begin] == '_' && i - begin <= 2))
                        continue;
                return false;
        }
        return true;
}

static bool is_path(const char *text)
{
        for (;;) {
                size_t size = strcspn(text, "/");

                if (!is_path_component(text, size))
                        return false;
                if (text[size] == '\0')
                        return true;
                text += size + 1;
        }
}

static bool is_port(const char *text)
{
        size_t size = strspn(text, "0123456789");

        return size > 0 && size <= 5 && text[size] == '\0';
}

/* A host's name, an IPv4 address, or an IPv6 address in brackets; and a port. */
static bool is_domain(const char *text)
{
        size_t size;

        if (text[0] == '[') {
                size = strspn(text + 1, "0123456789abcdefABCDEF:.");
                if (size == 0 || text[1 + size] != ']')
                        return false;
                text += 2 + size;
                return text[0] == '\0' || (text[0] == ':' && is_port(text + 1));
        }
        for (;;) {
                size = 0;
                while ((is_word(text[size]) && text[size] != '_') || text[size] == '-')
                        size++;
                if (size == 0 || text[0] == '-' || text[size - 1] == '-')
                        return false;
                text += size;
                if (text[0] != '.')
                        break;
                text++;
        }
        return text[0] == '\0' || (text[0] == ':' && is_port(text + 1));
}

static bool is_tag(const char *text)
{
        size_t size = 1;

        if (!is_word(text[0]))
                return false;
        while (is_word(text[size]) || text[size] == '.' || text[size] == '-')
                size++;
        return text[size] == '\0' && size <= TAG_MAX_BYTES;
}

/* Does the first part of a name say where, or is it the first folder of the path? */
static bool has_domain(const char *text)
{
        size_t i, size = strcspn(text, "/");

        if (text[size] != '/')
                return false;
        if (size == strlen("localhost") && strncmp(text, "localhost", size) == 0)
                return true;
        for (i = 0; i < size; i++)
                if (text[i] == '.' || text[i] == ':' || (text[i] >= 'A' && text[i] <= 'Z'))
                        return true;
        return false;
}

/* Cuts "@digest" and ":tag" off the end of @name. */
static int split(char *name, struct ct_reference *reference, contain_error_t **err)
{
        char *at = strchr(name, '@'), *colon, *slash;
        int r;

        if (at) {
                *at = '\0';
                r = ct_digest_parse(at + 1, NULL, &reference->digest, err);
                if (r < 0)
                        return r;
        }
        slash = strrchr(name, '/');
        colon = strrchr(name, ':');
        if (colon && (!slash || colon > slash)) {
                *colon = '\0';
                reference->tag = colon + 1;
        } else if (!at) {
                reference->tag = DEFAULT_TAG;
        }
        return 0;
}

static int fill_in(struct ct_arena *arena, char *name, struct ct_reference *reference, contain_error_t **err)
{
        char digest[CT_DIGEST_TEXT];

        if (has_domain(name)) {
                char *slash = strchr(name, '/');

                *slash = '\0';
                reference->domain = name;
                reference->path = slash + 1;
                if (strcmp(name, "index.docker.io") == 0)
                        reference->domain = DEFAULT_DOMAIN;
        } else {
                reference->domain = DEFAULT_DOMAIN;
                reference->path = name;
        }
        if (strcmp(reference->domain, DEFAULT_DOMAIN) == 0 && !strchr(reference->path, '/'))
                reference->path = ct_arena_printf(arena, DEFAULT_FOLDER "/%s", reference->path);
        if (!reference->path)
                return ct_fail_memory(err);

        ct_digest_format(&reference->digest, digest);
        reference->text = ct_arena_printf(arena, "%s/%s%s%s%s%s", reference->domain, reference->path,
                                          reference->tag ? ":" : "", reference->tag ? reference->tag : "",
                                          digest[0] ? "@" : "", digest);
        return reference->text ? 0 : ct_fail_memory(err);
}

int ct_reference_parse(struct ct_arena *arena, const char *text, struct ct_reference *ret,
                       contain_error_t **err)
{
        struct ct_reference reference = { .tag = NULL };
        char *name = ct_arena_strdup(arena, text);
        int r;

        if (!name)
                return ct_fail_memory(err);
        r = split(name, &reference, err);
        if (r < 0)
                return r;
        r = fill_in(arena, name, &reference, err);
        if (r < 0)
                return r;
        if (!is_domain(reference.domain) || !is_path(reference.path) ||
            strlen(reference.domain) + 1 + strlen(reference.path) > NAME_MAX_BYTES) {
                (void)ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%.300s' is not the name of an image",
                              text);
                ct_error_set_hint(err,
                                  "such as busybox, alpine:3.20 or registry.example:5000/team/app@sha256:…; "
                                  "in lower case");
                return -EINVAL;
        }
        if (reference.tag && !is_tag(reference.tag))
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%.150s' is not a tag", reference.tag);
        *ret = reference;
        return 0;
}

bool ct_reference_equal(const struct ct_reference *a, const struct ct_reference *b)
{
        return strcmp(a->text, b->text) == 0;
}
