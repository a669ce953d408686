/* SPDX-License-Identifier: MIT */

/* index.json: which names there are, and the manifests that they lead to. Changed under a lock of its own. */

#include "image/store.h"

#include "base/fds.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

enum { MAX_INDEX = 4 * 1024 * 1024, MAX_NAME = 512, MIN_PREFIX = 6 };

#define INDEX_TYPE "application/vnd.oci.image.index.v1+json"

static int read_entry(const struct ct_json *entry, struct ct_store_name *ret, contain_error_t **err)
{
        struct ct_json annotations = { 0 };
        struct ct_store_name name = { .name = "", .manifest = { .media_type = "", .size = -1 } };
        const char *digest = NULL;
        int r;

        r = ct_json_require(ct_json_get_string(entry, "digest", &digest, err), entry, "digest", err);
        if (r >= 0)
                r = ct_digest_parse(digest, entry->at, &name.manifest.digest, err);
        if (r >= 0)
                r = ct_json_get_string(entry, "mediaType", &name.manifest.media_type, err);
        if (r >= 0)
                r = ct_json_get_int(entry, "size", 0, INT64_MAX, &name.manifest.size, err);
        if (r >= 0)
                r = ct_json_get_object(entry, "annotations", &annotations, err);
        if (r > 0)
                r = ct_json_get_string(&annotations, CT_STORE_REF_NAME, &name.name, err);
        if (r < 0)
                return r;
        *ret = name;
        return 0;
}

int ct_store_names(const struct ct_store *store, struct ct_store_name **ret, size_t *ret_n,
                   contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json root, manifests = { 0 }, entry;
        _cleanup_free_ char *text = NULL;
        struct ct_store_name *names;
        size_t size, n = 0;
        int r;

        r = ct_read_file_at(store->fd, "index.json", MAX_INDEX, &text, &size);
        if (r < 0 && r != -ENOENT)
                return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot read '%s/index.json'", store->path);
        r = r == -ENOENT ? 0 : ct_json_parse(store->arena, "index.json", text, size, &document, &root, err);
        if (r >= 0 && document)
                r = ct_json_get_array(&root, "manifests", &manifests, &n, err);
        if (r < 0)
                return r;
        names = ct_arena_array(store->arena, n, sizeof(*names));
        if (!names)
                return ct_fail_memory(err);
        for (size_t i = 0; i < n; i++) {
                ct_json_element(&manifests, i, &entry);
                r = read_entry(&entry, &names[i], err);
                if (r < 0)
                        return r;
        }
        *ret = names;
        *ret_n = n;
        return 0;
}

/* --- finding one --- */

/* "sha256:HEX", or the first digits of HEX. */
static bool is_digest_of(const char *name, const struct ct_digest *digest)
{
        char text[CT_DIGEST_TEXT];
        size_t length = strlen(name);
        const char *hex;

        ct_digest_format(digest, text);
        hex = strchr(text, ':');
        return strcmp(text, name) == 0 ||
               (hex && length >= MIN_PREFIX && strspn(name, "0123456789abcdef") == length &&
                strncmp(hex + 1, name, length) == 0);
}

/* The name as it is, or with the tag that docker:// has where none is told. */
static bool is_name_of(const char *name, const char *known)
{
        size_t length = strlen(name);

        return strcmp(known, name) == 0 ||
               (strncmp(known, name, length) == 0 && strcmp(known + length, ":latest") == 0);
}

int ct_store_find(const struct ct_store *store, const char *name, struct ct_store_name *ret,
                  contain_error_t **err)
{
        const struct ct_store_name *found = NULL;
        struct ct_store_name *names;
        size_t n;
        int r;

        r = ct_store_names(store, &names, &n, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n && !found; i++)
                if (is_name_of(name, names[i].name))
                        found = &names[i];
        for (size_t i = 0; i < n && (!found || !is_name_of(name, found->name)); i++) {
                if (!is_digest_of(name, &names[i].manifest.digest))
                        continue;
                if (found && !ct_digest_equal(&found->manifest.digest, &names[i].manifest.digest))
                        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                                       "'%s' begins the digests of several images", name);
                found = &names[i];
        }
        if (found)
                *ret = *found;
        return found ? 1 : 0;
}

/* --- changing one --- */

static void put_entry(struct ct_buf *text, const struct ct_store_name *name)
{
        char digest[CT_DIGEST_TEXT];

        ct_digest_format(&name->manifest.digest, digest);
        (void)ct_buf_puts(text, text->data[text->size - 1] == '[' ? "{\"mediaType\":" : ",{\"mediaType\":");
        (void)ct_buf_json_string(text, name->manifest.media_type);
        (void)ct_buf_printf(text, ",\"digest\":\"%s\"", digest);
        if (name->manifest.size >= 0)
                (void)ct_buf_printf(text, ",\"size\":%lld", (long long)name->manifest.size);
        if (*name->name) {
                (void)ct_buf_puts(text, ",\"annotations\":{\"" CT_STORE_REF_NAME "\":");
                (void)ct_buf_json_string(text, name->name);
                (void)ct_buf_puts(text, "}");
        }
        (void)ct_buf_puts(text, "}");
}

static int check_name(const char *name, contain_error_t **err)
{
        size_t length = strlen(name);

        for (size_t i = 0; i < length; i++)
                if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
                        length = 0;
        if (length == 0 || length > MAX_NAME)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "'%.*s' is no name for an image in the store", MAX_NAME, name);
        return 0;
}

static int rewrite(const struct ct_store *store, const char *name, const struct ct_descriptor *manifest,
                   contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        struct ct_store_name *names;
        size_t n;
        int r;

        r = ct_store_names(store, &names, &n, err);
        if (r < 0)
                return r;
        if (ct_buf_puts(&text, "{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":[") < 0)
                return ct_fail_memory(err);
        for (size_t i = 0; i < n; i++)
                if (strcmp(names[i].name, name) != 0)
                        put_entry(&text, &names[i]);
        if (manifest)
                put_entry(&text, &(struct ct_store_name){ .name = name, .manifest = *manifest });
        if (ct_buf_puts(&text, "]}\n") < 0)
                return ct_fail_memory(err);
        return ct_store_write_file(store, store->fd, "index.json", text.data, text.size, err);
}

int ct_store_set_name(const struct ct_store *store, const char *name, const struct ct_descriptor *manifest,
                      contain_error_t **err)
{
        _cleanup_close_ int lock_fd = -EBADF;
        int r;

        r = manifest ? check_name(name, err) : 0;
        if (r < 0)
                return r;
        lock_fd = openat(store->fd, "index.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        r = lock_fd < 0 ? -errno : ct_store_wait_lock(store, lock_fd, LOCK_EX);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot lock the names of '%s'", store->path);
        return rewrite(store, name, manifest, err);
}
