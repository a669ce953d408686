/* SPDX-License-Identifier: MIT */

/* What an image says of itself, as annotations of its containers (image-spec, conversion.md). */

#include "ops/image-config.h"

#include "base/signals.h"

#include <string.h>

#define ANNOTATION "org.opencontainers.image."

/*
 * Labels that the library, or others who read its configurations, would take for an order of the
 * administrator's. An image gives none.
 */
static const char *const reserved_labels[] = { "org.systemd.property.", "run.oci.", "io.podman.",
                                               "io.crun." };

/* Members of an object that is being written. */
struct pairs {
        struct ct_buf *buf;
        bool some;
};

/* A label of the name goes before what the image's other members say. */
static bool has_label(const struct ct_json *labels, const char *name)
{
        void *position = NULL;
        struct ct_json value;
        const char *key;

        while (labels->value && ct_json_next(labels, &position, &key, &value))
                if (strcmp(key, name) == 0)
                        return true;
        return false;
}

static void put_pair(struct pairs *pairs, const char *name, const char *value)
{
        (void)ct_buf_puts(pairs->buf, pairs->some ? ", " : "");
        (void)ct_buf_json_string(pairs->buf, name);
        (void)ct_buf_puts(pairs->buf, ": ");
        (void)ct_buf_json_string(pairs->buf, value);
        pairs->some = true;
}

static bool is_reserved(const char *name)
{
        for (size_t i = 0; i < sizeof(reserved_labels) / sizeof(reserved_labels[0]); i++)
                if (strncmp(name, reserved_labels[i], strlen(reserved_labels[i])) == 0)
                        return true;
        return false;
}

static int check_stop_signal(const struct ct_json *at, const char *value, contain_error_t **err)
{
        if (ct_signal_number(value) > 0)
                return 0;
        return ct_json_fail(at, err, CONTAIN_E_VALUE, "'%s' is no signal", value);
}

static int put_labels(struct contain_ctx *ctx, const struct ct_json *labels, struct pairs *pairs,
                      contain_error_t **err)
{
        void *position = NULL;
        struct ct_json item;
        const char *key;

        while (labels->value && ct_json_next(labels, &position, &key, &item)) {
                const char *value;
                int r = ct_json_string(&item, &value, err);

                if (r > 0 && strcmp(key, CT_STOP_SIGNAL) == 0)
                        r = check_stop_signal(&item, value, err);
                if (r < 0)
                        return r;
                if (key[0] == '\0' || is_reserved(key))
                        ct_log(ctx, CONTAIN_LOG_WARNING,
                               "the image's label '%s' does not become an annotation", key);
                else
                        put_pair(pairs, key, value);
        }
        return 0;
}

/* A member of text that becomes an annotation. */
static int put_text(const struct ct_json *object, const char *member, const char *name,
                    const struct ct_json *labels, struct pairs *pairs, contain_error_t **err)
{
        const char *value = NULL;
        struct ct_json at;
        int r;

        r = ct_json_get_string(object, member, &value, err);
        if (r <= 0 || value[0] == '\0' || has_label(labels, name))
                return r < 0 ? r : 0;
        if (strcmp(name, CT_STOP_SIGNAL) == 0) {
                r = ct_json_get(object, member, &at, err);
                if (r > 0)
                        r = check_stop_signal(&at, value, err);
                if (r < 0)
                        return r;
        }
        put_pair(pairs, name, value);
        return 0;
}

/* The words of @list, or with NULL the names in @object, with commas between them. */
static int put_joined(char **list, const struct ct_json *object, const char *name, struct pairs *pairs,
                      contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        void *position = NULL;
        struct ct_json value;
        const char *key;

        for (; list && *list; list++)
                (void)ct_buf_printf(&text, "%s%s", text.size ? "," : "", *list);
        while (!list && ct_json_next(object, &position, &key, &value))
                (void)ct_buf_printf(&text, "%s%s", text.size ? "," : "", key);
        if (text.failed)
                return ct_fail_memory(err);
        if (text.size > 0)
                put_pair(pairs, name, text.data);
        return 0;
}

static int put_lists(const struct ct_json *image, const struct ct_json *config, const struct ct_json *labels,
                     struct pairs *pairs, contain_error_t **err)
{
        static const char features_name[] = ANNOTATION "os.features",
                          ports_name[] = ANNOTATION "exposedPorts";
        struct ct_json ports;
        char **features = NULL;
        size_t n = 0;
        int r;

        r = ct_json_get_strings(image, "os.features", &features, &n, err);
        if (r > 0 && !has_label(labels, features_name))
                r = put_joined(features, NULL, features_name, pairs, err);
        if (r >= 0)
                r = ct_json_get_object(config, "ExposedPorts", &ports, err);
        if (r > 0 && !has_label(labels, ports_name))
                r = put_joined(NULL, &ports, ports_name, pairs, err);
        return r < 0 ? r : 0;
}

int ct_image_put_annotations(struct contain_ctx *ctx, const struct ct_json *image,
                             const struct ct_json *config, struct ct_buf *buf, contain_error_t **err)
{
        static const struct {
                const char *member, *name;
        } members[] = {
                { "os", ANNOTATION "os" },           { "architecture", ANNOTATION "architecture" },
                { "variant", ANNOTATION "variant" }, { "os.version", ANNOTATION "os.version" },
                { "author", ANNOTATION "author" },   { "created", ANNOTATION "created" },
        };
        struct pairs pairs = { .buf = buf };
        struct ct_json labels = { 0 };
        int r;

        (void)ct_buf_puts(buf, "\"annotations\": {");
        r = ct_json_get_object(config, "Labels", &labels, err);
        if (r >= 0)
                r = put_labels(ctx, &labels, &pairs, err);
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && r >= 0; i++)
                r = put_text(image, members[i].member, members[i].name, &labels, &pairs, err);
        if (r >= 0)
                r = put_text(config, "StopSignal", CT_STOP_SIGNAL, &labels, &pairs, err);
        if (r >= 0)
                r = put_lists(image, config, &labels, &pairs, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(buf, "}");
        return 0;
}
