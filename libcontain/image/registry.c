/* SPDX-License-Identifier: MIT */

/*
 * docker://HOST/NAME[:TAG|@DIGEST]: images of a registry (distribution-spec, "Pull"). Mirrors of the host are
 * asked first, the host itself last; what one of them cannot give, the next one may.
 */

#include "image/http.h"
#include "image/manifest.h"
#include "image/reference.h"
#include "image/registry-endpoint.h"
#include "image/resume.h"

#include <stdio.h>
#include <string.h>

#define ACCEPTED                                                                                             \
        CT_MEDIA_INDEX ", " CT_MEDIA_MANIFEST ", " CT_MEDIA_DOCKER_INDEX ", " CT_MEDIA_DOCKER_MANIFEST

struct registry {
        struct ct_source source;
        const struct ct_job *job;
        bool stall_ends; /* see ct_resume */
        struct ct_registry_endpoint **endpoints;
        size_t n_endpoints;
};

static void free_registry(struct ct_source *source)
{
        struct registry *registry = (struct registry *)source;

        for (size_t i = 0; i < registry->n_endpoints; i++)
                ct_registry_endpoint_done(registry->endpoints[i]);
}

/* --- whom to ask --- */

static int add_endpoint(struct ct_arena *arena, struct registry *registry, const char *place,
                        const char *repository, const struct ct_source_options *options,
                        contain_error_t **err)
{
        struct ct_registry_endpoint *endpoint = NULL;
        int r = ct_registry_endpoint_new(arena, place, repository, options, &endpoint, err);

        if (endpoint)
                registry->endpoints[registry->n_endpoints++] = endpoint;
        return r;
}

/* Who we are to the host is none of a mirror's business. */
static int add_mirror(struct ct_arena *arena, struct registry *registry, const char *place,
                      const char *repository, const struct ct_source_options *options, contain_error_t **err)
{
        int r = add_endpoint(arena, registry, place, repository, options, err);
        struct ct_http_server *server;

        if (r < 0 || !options->certificates)
                return r;
        server = &registry->endpoints[registry->n_endpoints - 1]->server;
        server->client_certificate = server->client_key = NULL;
        return 0;
}

/* Mirrors "HOST=MIRROR" in their order, then the host. */
static int add_endpoints(struct ct_arena *arena, struct registry *registry,
                         const struct ct_reference *reference, const struct ct_source_options *options,
                         contain_error_t **err)
{
        size_t n = 0, host_length = strlen(reference->domain);
        int r = 0;

        while (options->mirrors && options->mirrors[n])
                n++;
        registry->endpoints = ct_arena_array(arena, n + 1, sizeof(*registry->endpoints));
        if (!registry->endpoints)
                return ct_fail_memory(err);
        for (size_t i = 0; i < n && r >= 0; i++) {
                const char *mirror = options->mirrors[i], *equals = strchr(mirror, '=');

                if (!equals || equals == mirror || !equals[1])
                        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                                       "mirror '%s' is not of the form HOST=MIRROR", mirror);
                if ((size_t)(equals - mirror) == host_length &&
                    strncmp(mirror, reference->domain, host_length) == 0)
                        r = add_mirror(arena, registry, equals + 1, reference->path, options, err);
        }
        return r < 0 ? r : add_endpoint(arena, registry, reference->domain, reference->path, options, err);
}

/*
 * Asks one after the other. What the last one says is the answer: it is the registry itself. @first receives
 * which one had it.
 */
static int get(struct registry *registry, const struct ct_registry_request *request, size_t *first,
               struct ct_http_response *ret, struct ct_stream **ret_body, contain_error_t **err)
{
        for (size_t i = *first;; i++) {
                _cleanup_(contain_error_freep) contain_error_t *why = NULL;
                int r = ct_registry_endpoint_get(registry->endpoints[i], request, ret, ret_body, &why);

                if (r >= 0)
                        *first = i;
                if (r < 0 && r != -ECANCELED && i + 1 < registry->n_endpoints)
                        continue;
                if (err)
                        *err = ct_take(why);
                return r;
        }
}

/* --- blobs --- */

static bool is_manifest(const struct ct_descriptor *blob)
{
        static const char *const types[] = { CT_MEDIA_INDEX, CT_MEDIA_MANIFEST, CT_MEDIA_DOCKER_INDEX,
                                             CT_MEDIA_DOCKER_MANIFEST };

        for (size_t i = 0; blob->media_type && i < sizeof(types) / sizeof(types[0]); i++)
                if (strcmp(blob->media_type, types[i]) == 0)
                        return true;
        return false;
}

struct blob {
        struct registry *registry;
        size_t endpoint; /* that has it: also for going on */
        bool manifest;
        char digest[CT_DIGEST_TEXT];
        char what[CT_DIGEST_TEXT + 16];
};

static int open_blob_at(void *userdata, uint64_t offset, const struct ct_stream *for_stream,
                        struct ct_stream **ret, uint64_t *ret_offset, contain_error_t **err)
{
        _cleanup_http_response_ struct ct_http_response response = { 0 };
        char path[CT_DIGEST_TEXT + 16];
        struct blob *blob = userdata;
        struct ct_registry_request request = {
                .path = path, .what = blob->what, .offset = offset, .for_stream = for_stream
        };
        int r;

        (void)snprintf(path, sizeof(path), "%s/%s", blob->manifest ? "manifests" : "blobs", blob->digest);
        request.accept = blob->manifest ? ACCEPTED : NULL;
        r = get(blob->registry, &request, &blob->endpoint, &response, ret, err);
        if (r < 0)
                return r;
        *ret_offset = response.status == 206 ? response.offset : 0;
        return 0;
}

static int get_blob_from(struct ct_source *source, const struct ct_descriptor *descriptor, uint64_t offset,
                         struct ct_stream **ret, contain_error_t **err)
{
        struct registry *registry = (struct registry *)source;
        struct blob *blob = calloc(1, sizeof(*blob));

        if (!blob)
                return ct_fail_memory(err);
        blob->registry = registry;
        blob->manifest = is_manifest(descriptor);
        ct_digest_format(&descriptor->digest, blob->digest);
        (void)snprintf(blob->what, sizeof(blob->what), "%s '%s'", blob->manifest ? "manifest" : "blob",
                       blob->digest);
        return ct_resume_new(&(struct ct_resume){ .open = open_blob_at,
                                                  .close = free,
                                                  .userdata = blob,
                                                  .what = blob->what,
                                                  .offset = offset,
                                                  .size = descriptor->size,
                                                  .job = registry->job,
                                                  .stall_ends = registry->stall_ends },
                             ret, err);
}

static int get_blob(struct ct_source *source, const struct ct_descriptor *descriptor, struct ct_stream **ret,
                    contain_error_t **err)
{
        return get_blob_from(source, descriptor, 0, ret, err);
}

/* --- the image --- */

static int check_digest(const char *what, const struct ct_digest *wanted, const struct ct_buf *text,
                        struct ct_digest *ret, contain_error_t **err)
{
        enum ct_digest_algorithm algorithm = wanted->algorithm ? wanted->algorithm : CT_DIGEST_SHA256;
        struct ct_digester *digester = ct_digester_new(algorithm);
        char found[CT_DIGEST_TEXT];

        if (!digester)
                return ct_fail_memory(err);
        ct_digester_add(digester, text->data, text->size);
        ct_digester_end(digester, ret);
        (void)ct_digester_free(digester);
        if (wanted->algorithm == CT_DIGEST_NONE || ct_digest_equal(wanted, ret))
                return 0;
        ct_digest_format(ret, found);
        return ct_fail(err, CONTAIN_E_DIGEST, EBADMSG, NULL, "what is sent as %s has the digest '%s'", what,
                       found);
}

/* The manifest or index that a tag or a digest names. */
static int get_top(struct ct_arena *arena, struct registry *registry, const struct ct_reference *reference,
                   struct ct_descriptor *ret, struct ct_buf *text, contain_error_t **err)
{
        _cleanup_http_response_ struct ct_http_response response = { 0 };
        _cleanup_(ct_stream_freep) struct ct_stream *body = NULL;
        char digest[CT_DIGEST_TEXT];
        struct ct_registry_request request = { .accept = ACCEPTED };
        size_t endpoint = 0;
        int r;

        ct_digest_format(&reference->digest, digest);
        request.path = ct_arena_printf(arena, "manifests/%s", digest[0] ? digest : reference->tag);
        request.what = ct_arena_printf(arena, "image '%s'", reference->text);
        if (!request.path || !request.what)
                return ct_fail_memory(err);
        r = get(registry, &request, &endpoint, &response, &body, err);
        if (r >= 0)
                r = ct_stream_read_all(body, CT_IMAGE_JSON_MAX, text, err);
        if (r < 0)
                return r;
        if (!text->data)
                return ct_fail(err, CONTAIN_E_REGISTRY, EPROTO, NULL, "registry '%s' has nothing in %s",
                               registry->endpoints[endpoint]->host, request.what);
        /* The header is what the registry takes it for: worth no more than a look. */
        ret->media_type = response.content_type ? ct_arena_strdup(arena, response.content_type) : "";
        ret->size = (int64_t)text->size;
        ret->place = NULL;
        return ret->media_type ? check_digest(request.what, &reference->digest, text, &ret->digest, err)
                               : ct_fail_memory(err);
}

static int parse_name(struct ct_arena *arena, const char *rest, struct ct_reference *ret,
                      contain_error_t **err)
{
        int r;

        if (strncmp(rest, "//", 2) != 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'docker:%s' has no // before its host",
                               rest);
        r = ct_reference_parse(arena, rest + 2, ret, err);
        if (r < 0)
                return r;
        if (strncmp(rest + 2, ret->domain, strlen(ret->domain)) == 0)
                return 0;
        r = ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'docker:%s' does not say which registry", rest);
        ct_error_set_hint(err, "no registry is the usual one here: docker://HOST[:PORT]/NAME");
        return r;
}

static int open_registry(struct ct_arena *arena, const char *rest, const struct ct_source_options *options,
                         struct ct_image *ret, contain_error_t **err)
{
        struct registry *registry = ct_arena_alloc(arena, sizeof(*registry));
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        struct ct_reference reference;
        struct ct_descriptor top;
        int r;

        if (!registry)
                return ct_fail_memory(err);
        registry->source.type = &ct_source_registry;
        registry->job = options->job;
        registry->stall_ends = options->stall_ms > 0;
        source = &registry->source;
        r = parse_name(arena, rest, &reference, err);
        if (r >= 0)
                r = add_endpoints(arena, registry, &reference, options, err);
        if (r >= 0)
                r = get_top(arena, registry, &reference, &top, &text, err);
        if (r >= 0)
                r = ct_image_load_text(arena, source, &top, text.data, text.size, options->platform, ret,
                                       err);
        if (r >= 0)
                (void)ct_take(source);
        return r;
}

const struct ct_source_type ct_source_registry = {
        .name = "docker",
        .open = open_registry,
        .blob = get_blob,
        .blob_from = get_blob_from,
        .free = free_registry,
};
