/* SPDX-License-Identifier: MIT */

/*
 * Certificates for one registry, in a folder of its name (containers-certs.d(5)): NAME.crt is who vouches for
 * it, NAME.cert and NAME.key are who we are to it. Besides, the environment may say whom the system trusts.
 */

#include "image/registry-endpoint.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#define MAX_CERTIFICATES (4 * 1024 * 1024)

static DIR *folder_free(DIR *folder)
{
        if (folder)
                (void)closedir(folder);
        return NULL;
}

CT_CLEANUP(DIR, folder_free)

static bool ends_with(const char *name, const char *ending)
{
        size_t length = strlen(name), n = strlen(ending);

        return length > n && strcmp(name + length - n, ending) == 0;
}

static int add_authority(int folder_fd, const char *name, struct ct_buf *authorities, contain_error_t **err)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = ct_read_file_at(folder_fd, name, MAX_CERTIFICATES, &text, &size);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_REGISTRY, -r, NULL, "cannot read the certificate '%s'", name);
        if (authorities->size + size > MAX_CERTIFICATES)
                return ct_fail(err, CONTAIN_E_REGISTRY, EFBIG, NULL, "too many certificates, up to '%s'",
                               name);
        (void)ct_buf_append(authorities, text, size);
        return ct_buf_puts(authorities, "\n") < 0 ? ct_fail_memory(err) : 0;
}

static int set_identity(struct ct_arena *arena, int folder_fd, const char *path, const char *name,
                        struct ct_http_server *ret, contain_error_t **err)
{
        int stem = (int)(strlen(name) - strlen(".cert"));
        const char *certificate = ct_arena_printf(arena, "%s/%s", path, name);
        const char *key = ct_arena_printf(arena, "%s/%.*s.key", path, stem, name);

        if (!certificate || !key)
                return ct_fail_memory(err);
        if (faccessat(folder_fd, strrchr(key, '/') + 1, R_OK, 0) < 0)
                return ct_fail(err, CONTAIN_E_REGISTRY, errno, NULL, "cannot read '%s', the key of '%s'", key,
                               name);
        ret->client_certificate = certificate;
        ret->client_key = key;
        return 0;
}

/*
 * libcurl takes authorities from one file: a memfd has them all. It stays open as long as the program, which
 * reads from few registries.
 */
static int set_authorities(struct ct_arena *arena, const struct ct_buf *authorities,
                           struct ct_http_server *ret, contain_error_t **err)
{
        int fd = ct_memfd("contain-authorities", authorities->data, authorities->size, false);

        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL, "cannot make a file in memory");
        ret->ca_file = ct_arena_printf(arena, "/proc/self/fd/%d", fd);
        return ret->ca_file ? 0 : ct_fail_memory(err);
}

static int read_folder(struct ct_arena *arena, DIR *folder, const char *path, struct ct_buf *authorities,
                       struct ct_http_server *ret, contain_error_t **err)
{
        struct dirent *entry;
        int r = 0;

        while (r == 0 && (entry = readdir(folder))) {
                if (ends_with(entry->d_name, ".crt"))
                        r = add_authority(dirfd(folder), entry->d_name, authorities, err);
                else if (ends_with(entry->d_name, ".cert"))
                        r = set_identity(arena, dirfd(folder), path, entry->d_name, ret, err);
        }
        return r;
}

/* The first of the folders that there is. */
static int read_folders(struct ct_arena *arena, const char *folder, const char *host,
                        struct ct_buf *authorities, struct ct_http_server *ret, contain_error_t **err)
{
        const char *places[] = {
                folder ? folder : ct_arena_printf(arena, "/etc/containers/certs.d/%s", host),
                folder ? NULL : ct_arena_printf(arena, "/etc/docker/certs.d/%s", host),
        };

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                _cleanup_(folder_freep) DIR *open_folder = NULL;

                if (!places[i])
                        continue;
                open_folder = opendir(places[i]);
                if (open_folder)
                        return read_folder(arena, open_folder, places[i], authorities, ret, err);
                if (folder || (errno != ENOENT && errno != ENOTDIR && errno != EACCES))
                        return ct_fail(err, CONTAIN_E_REGISTRY, errno, NULL,
                                       "cannot read the folder of certificates '%s'", places[i]);
        }
        return 0;
}

/* Whom the system trusts, where the environment says so in the words of OpenSSL; libcurl does not look. */
static int read_environment(struct ct_arena *arena, struct ct_buf *authorities, struct ct_http_server *ret,
                            contain_error_t **err)
{
        const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");

        if (folder && *folder) {
                ret->ca_folder = ct_arena_strdup(arena, folder);
                if (!ret->ca_folder)
                        return ct_fail_memory(err);
        }
        return file && *file ? add_authority(AT_FDCWD, file, authorities, err) : 0;
}

int ct_registry_certificates(struct ct_arena *arena, const char *folder, const char *host,
                             struct ct_http_server *ret, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf authorities = CT_BUF_INIT;
        int r;

        r = read_folders(arena, folder, host, &authorities, ret, err);
        if (r == 0)
                r = read_environment(arena, &authorities, ret, err);
        if (r == 0 && authorities.size > 0)
                r = set_authorities(arena, &authorities, ret, err);
        return r;
}
