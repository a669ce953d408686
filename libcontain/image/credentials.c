/* SPDX-License-Identifier: MIT */

/* The files that credentials are kept in. The first one that knows the registry is believed. */

#include "image/credentials.h"

#include "base/fds.h"

#include <fcntl.h>
#include <nettle/base64.h>
#include <string.h>

#define MAX_FILE (1024 * 1024)

/* --- one file --- */

/* What an entry is for: newer files have "HOST/NAME", older ones "https://HOST/v1/". */
static bool is_entry_for(const char *key, const char *place, size_t length)
{
        const char *scheme_end = strstr(key, "://");
        const char *name = scheme_end ? scheme_end + 3 : key;
        size_t name_length = scheme_end ? strcspn(name, "/") : strlen(name);

        return name_length == length && strncmp(name, place, length) == 0;
}

static int decode_auth(const struct ct_json *entry, const char *text, struct ct_credentials *ret,
                       contain_error_t **err)
{
        struct base64_decode_ctx context;
        size_t length = strlen(text), size = BASE64_DECODE_LENGTH(length);
        char *plain = ct_arena_alloc(entry->arena, size + 1), *colon;

        if (!plain)
                return ct_fail_memory(err);
        base64_decode_init(&context);
        if (!base64_decode_update(&context, &size, (uint8_t *)plain, length, text) ||
            !base64_decode_final(&context) || !(colon = memchr(plain, ':', size)))
                return ct_json_fail(entry, err, CONTAIN_E_VALUE, "'auth' is not the base64 of USER:PASSWORD");
        plain[size] = 0;
        *colon = 0;
        ret->user = plain;
        ret->password = colon + 1;
        return 0;
}

static int read_entry(const struct ct_json *entry, struct ct_credentials *ret, contain_error_t **err)
{
        struct ct_credentials found = { 0 };
        const char *auth = NULL;
        int r;

        r = ct_json_get_string(entry, "auth", &auth, err);
        if (r >= 0 && auth && *auth)
                r = decode_auth(entry, auth, &found, err);
        if (r >= 0)
                r = ct_json_get_string(entry, "identitytoken", &found.identity_token, err);
        if (r < 0)
                return r;
        if (found.identity_token && !*found.identity_token)
                found.identity_token = NULL;
        if (!found.user && !found.identity_token)
                return 0;
        *ret = found;
        return 1;
}

/* "HOST/a/b", "HOST/a", "HOST". */
static int find_entry(const struct ct_json *auths, const char *registry, const char *repository,
                      struct ct_credentials *ret, contain_error_t **err)
{
        const char *place = ct_arena_printf(auths->arena, "%s/%s", registry, repository);
        size_t length;

        if (!place)
                return ct_fail_memory(err);
        for (length = strlen(place); length >= strlen(registry);) {
                struct ct_json entry;
                void *position = NULL;
                const char *key;

                while (ct_json_next(auths, &position, &key, &entry)) {
                        int r = is_entry_for(key, place, length) ? read_entry(&entry, ret, err) : 0;

                        if (r != 0)
                                return r;
                }
                while (length > 0 && place[--length] != '/')
                        ;
        }
        return 0;
}

static int ask_programs(const struct ct_json *file, const char *registry, const struct ct_job *job,
                        struct ct_credentials *ret, contain_error_t **err)
{
        struct ct_json helpers = { 0 };
        const char *name = NULL;
        int r;

        r = ct_json_get_object(file, "credHelpers", &helpers, err);
        if (r > 0)
                r = ct_json_get_string(&helpers, registry, &name, err);
        if (r >= 0 && !name)
                r = ct_json_get_string(file, "credsStore", &name, err);
        if (r < 0 || !name || !*name)
                return r < 0 ? r : 0;
        return ct_credentials_ask_program(file->arena, name, registry, job, ret, err);
}

/* 1 found, 0 not. */
static int search_file(struct ct_arena *arena, const char *path, const char *registry, const char *repository,
                       const struct ct_job *job, struct ct_credentials *ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json file, auths = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = ct_read_file_at(AT_FDCWD, path, MAX_FILE, &text, &size);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        if (r < 0)
                return ct_fail(err, CONTAIN_E_REGISTRY, -r, NULL, "cannot read the credentials in '%s'",
                               path);
        r = ct_json_parse(arena, path, text, size, &document, &file, err);
        if (r >= 0)
                r = ask_programs(&file, registry, job, ret, err);
        if (r == 0)
                r = ct_json_get_object(&file, "auths", &auths, err);
        else if (r > 0)
                return r;
        if (r > 0)
                r = find_entry(&auths, registry, repository, ret, err);
        return r;
}

/* --- which files --- */

static const char *below(struct ct_arena *arena, const char *variable, const char *rest)
{
        const char *folder = getenv(variable);

        return folder && folder[0] == '/' ? ct_arena_printf(arena, "%s/%s", folder, rest) : NULL;
}

static int search_usual(struct ct_arena *arena, const char *registry, const char *repository,
                        const struct ct_job *job, struct ct_credentials *ret, contain_error_t **err)
{
        const char *configured = below(arena, "XDG_CONFIG_HOME", "containers/auth.json");
        const char *paths[] = {
                ct_arena_printf(arena, "/run/containers/%u/auth.json", (unsigned)geteuid()),
                below(arena, "XDG_RUNTIME_DIR", "containers/auth.json"),
                configured ? configured : below(arena, "HOME", ".config/containers/auth.json"),
                below(arena, "DOCKER_CONFIG", "config.json"),
                below(arena, "HOME", ".docker/config.json"),
        };

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
                int r = paths[i] ? search_file(arena, paths[i], registry, repository, job, ret, err) : 0;

                if (r != 0)
                        return r;
        }
        return 0;
}

int ct_credentials_find(struct ct_arena *arena, const char *file, const char *registry,
                        const char *repository, const struct ct_job *job, struct ct_credentials *ret,
                        contain_error_t **err)
{
        struct ct_credentials found = { 0 };
        int r;

        if (!file)
                file = getenv("REGISTRY_AUTH_FILE");
        if (file && *file) {
                if (access(file, R_OK) < 0)
                        return ct_fail(err, CONTAIN_E_REGISTRY, errno, NULL,
                                       "cannot read the credentials in '%s'", file);
                r = search_file(arena, file, registry, repository, job, &found, err);
        } else {
                r = search_usual(arena, registry, repository, job, &found, err);
        }
        if (r < 0)
                return r;
        *ret = found;
        return 0;
}

const char *ct_credentials_basic(struct ct_arena *arena, const struct ct_credentials *credentials)
{
        const char *plain = ct_arena_printf(arena, "%s:%s", credentials->user, credentials->password);
        size_t length = plain ? strlen(plain) : 0;
        char *encoded = plain ? ct_arena_alloc(arena, BASE64_ENCODE_RAW_LENGTH(length) + 1) : NULL;

        if (!encoded)
                return NULL;
        base64_encode_raw(encoded, length, (const uint8_t *)plain);
        return ct_arena_printf(arena, "Basic %s", encoded);
}
