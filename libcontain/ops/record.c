/* SPDX-License-Identifier: MIT */

/* What is written down about a container, from its configuration; and the state object made of it. */

#include "ops/handle.h"

#include "base/buf.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static char *time_now(void)
{
        struct timespec now;
        struct tm utc;
        char *text = NULL;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        if (!gmtime_r(&now.tv_sec, &utc))
                return NULL;
        if (asprintf(&text, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec) < 0)
                return NULL;
        return text;
}

/* The caller as text. No name service is asked: it may be slow, and load code into the host. */
static char *owner_text(void)
{
        char *text = NULL;

        if (geteuid() == 0)
                return strdup("root");
        if (asprintf(&text, "%u", (unsigned)geteuid()) < 0)
                return NULL;
        return text;
}

static void put_strings(struct ct_buf *buf, const char *key, const struct ct_strings *strings)
{
        if (!strings->items)
                return;
        (void)ct_buf_printf(buf, ",\"%s\":[", key);
        for (size_t i = 0; i < strings->n; i++) {
                (void)ct_buf_puts(buf, i ? "," : "");
                (void)ct_buf_json_string(buf, strings->items[i]);
        }
        (void)ct_buf_puts(buf, "]");
}

static void put_hooks(struct ct_buf *buf, const struct ct_spec *spec, enum ct_spec_hook_kind kind)
{
        const struct ct_spec_hooks *hooks = &spec->hooks[kind];

        (void)ct_buf_printf(buf, "\"%s\":[", ct_spec_hook_name(kind));
        for (size_t i = 0; i < hooks->n; i++) {
                (void)ct_buf_puts(buf, i ? ",{\"path\":" : "{\"path\":");
                (void)ct_buf_json_string(buf, hooks->items[i].path);
                put_strings(buf, "args", &hooks->items[i].args);
                put_strings(buf, "env", &hooks->items[i].env);
                if (hooks->items[i].timeout > 0)
                        (void)ct_buf_printf(buf, ",\"timeout\":%u", hooks->items[i].timeout);
                (void)ct_buf_puts(buf, "}");
        }
        (void)ct_buf_puts(buf, "]");
}

/* The hooks that are run later on, perhaps by another process: as in the configuration. */
static char *hooks_text(const struct ct_spec *spec)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;

        (void)ct_buf_puts(&buf, "{");
        put_hooks(&buf, spec, CT_HOOK_POSTSTART);
        (void)ct_buf_puts(&buf, ",");
        put_hooks(&buf, spec, CT_HOOK_POSTSTOP);
        (void)ct_buf_puts(&buf, "}");
        return ct_buf_steal(&buf);
}

static char *annotations_text(const struct ct_spec_pairs *annotations)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;

        (void)ct_buf_puts(&buf, "{");
        for (size_t i = 0; i < annotations->n; i++) {
                (void)ct_buf_puts(&buf, i ? "," : "");
                (void)ct_buf_json_string(&buf, annotations->items[i].key);
                (void)ct_buf_puts(&buf, ":");
                (void)ct_buf_json_string(&buf, annotations->items[i].value);
        }
        (void)ct_buf_puts(&buf, "}");
        return ct_buf_steal(&buf);
}

/* Links followed as of now: one such as "current" leads elsewhere later on. */
static char *rootfs_text(const struct contain *c)
{
        _cleanup_free_ char *text = NULL;
        char *real;

        if (c->rootfs_fd >= 0)
                return strdup("");
        if (c->spec->root_path[0] == '/')
                text = strdup(c->spec->root_path);
        else if (asprintf(&text, "%s/%s", c->bundle, c->spec->root_path) < 0)
                text = NULL;
        real = text ? realpath(text, NULL) : NULL;
        return real || !text ? real : ct_take(text);
}

int ct_record_make(struct contain *c, struct ct_record **ret, contain_error_t **err)
{
        _cleanup_(ct_record_freep) struct ct_record *record = calloc(1, sizeof(*record));
        bool has_hooks = c->spec->hooks[CT_HOOK_POSTSTART].n + c->spec->hooks[CT_HOOK_POSTSTOP].n > 0;

        if (!record)
                return ct_fail_memory(err);
        record->version = CT_RECORD_VERSION;
        record->id = strdup(c->id);
        record->oci_version = strdup(CT_OCI_VERSION);
        record->bundle = strdup(c->bundle);
        record->rootfs = rootfs_text(c);
        record->created = time_now();
        record->owner = owner_text();
        record->no_process = !c->spec->process.has;
        record->no_new_keyring = (c->flags & CONTAIN_NO_NEW_KEYRING) != 0;
        if (c->copy.path)
                record->copy = strdup(c->copy.path);
        if (has_hooks)
                record->hooks = hooks_text(c->spec);
        if (c->spec->annotations.n > 0)
                record->annotations = annotations_text(&c->spec->annotations);
        if (!record->id || !record->oci_version || !record->bundle || !record->rootfs || !record->created ||
            !record->owner || (has_hooks && !record->hooks) || (c->copy.path && !record->copy) ||
            (c->spec->annotations.n > 0 && !record->annotations))
                return ct_fail_memory(err);
        *ret = ct_take(record);
        return 0;
}

const char *ct_status_name(int status)
{
        switch (status) {
        case CONTAIN_STATUS_CREATING:
                return "creating";
        case CONTAIN_STATUS_CREATED:
                return "created";
        case CONTAIN_STATUS_RUNNING:
                return "running";
        case CONTAIN_STATUS_PAUSED:
                return "paused";
        case CONTAIN_STATUS_STOPPED:
        default:
                return "stopped";
        }
}

char *ct_state_text(const struct ct_record *record, int status, pid_t pid, bool more)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        const struct {
                const char *key, *value;
        } extra[] = { { "rootfs", record->rootfs },
                      { "created", record->created },
                      { "owner", record->owner } };

        (void)ct_buf_puts(&buf, "{\"ociVersion\":");
        (void)ct_buf_json_string(&buf, record->oci_version);
        (void)ct_buf_puts(&buf, ",\"id\":");
        (void)ct_buf_json_string(&buf, record->id);
        (void)ct_buf_printf(&buf, ",\"pid\":%d,\"status\":\"%s\",\"bundle\":", (int)pid,
                            ct_status_name(status));
        (void)ct_buf_json_string(&buf, record->bundle);
        for (size_t i = 0; more && i < sizeof(extra) / sizeof(extra[0]); i++) {
                (void)ct_buf_printf(&buf, ",\"%s\":", extra[i].key);
                (void)ct_buf_json_string(&buf, extra[i].value ? extra[i].value : "");
        }
        if (record->annotations)
                (void)ct_buf_printf(&buf, ",\"annotations\":%s", record->annotations);
        (void)ct_buf_puts(&buf, "}");
        return ct_buf_steal(&buf);
}
