/* SPDX-License-Identifier: MIT */

/*
 * New file systems, and how the kernel is told what they should be like. fsconfig(2) takes options one by
 * one, of 255 bytes at most, and has no key for some flags. mount(2) takes a page of them, separated by
 * commas, as engines write them. The former says which option it does not like, so the latter is for what
 * needs it.
 */

#include "plan/parts.h"

#include <linux/mount.h>
#include <string.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

#define KEY_MAX   255  /* of fsconfig(2), keys and values alike */
#define DATA_SIZE 4096 /* of mount(2): a page, at the least */

/* Flags of a file system that fsconfig(2) has no key for. */
#define SB_WITHOUT_KEY (MS_I_VERSION | MS_SILENT)

/* --- options --------------------------------------------------------------------------------- */

static bool is_long(const char *option)
{
        const char *value = strchr(option, '=');

        if (!value)
                return strlen(option) > KEY_MAX;
        return value - option > KEY_MAX || strlen(value + 1) > KEY_MAX;
}

/* Quotes and backslashes are mount(2)'s way to pass a comma on, which here would be part of the value. */
static bool is_for_mount(const char *option)
{
        return is_long(option) || strpbrk(option, ",\"");
}

static bool any_is_for_mount(const struct ct_file_system *fs)
{
        for (size_t i = 0; i < fs->data->n; i++)
                if (is_for_mount(fs->data->items[i]))
                        return true;
        return fs->label && strlen(fs->label) > KEY_MAX;
}

/* The security label of all files has commas of its own. */
static void put_label(struct ct_buf *blob, const char *label, bool by_mount)
{
        (void)ct_buf_printf(blob, by_mount ? "context=\"%s\"" : "context=%s", label);
        (void)ct_buf_append(blob, "", 1);
}

static void put_options(struct ct_buf *blob, const struct ct_file_system *fs, bool by_mount)
{
        ct_build_put_strings(blob, fs->data);
        if (fs->label)
                put_label(blob, fs->label, by_mount);
}

/* --- more than a page of an overlay's layers -------------------------------------------------- */

/* One of the layers, without the backslashes that kept it together. Returns what comes after it. */
static const char *put_layer(struct ct_buf *blob, const char *key, const char *layer)
{
        (void)ct_buf_puts(blob, key);
        for (; *layer != '\0' && *layer != ':'; layer++) {
                if (*layer == '\\' && layer[1] != '\0')
                        layer++;
                (void)ct_buf_append(blob, layer, 1);
        }
        (void)ct_buf_append(blob, "", 1);
        return layer;
}

/* "/a:/b::/data" as "lowerdir+=/a", "lowerdir+=/b", "datadir+=/data". False when one of them is too long. */
static bool put_layers(struct ct_buf *blob, const char *layers)
{
        const char *key = "lowerdir+=";

        for (;;) {
                size_t start = blob->size;

                layers = put_layer(blob, key, layers);
                if (blob->size - start > strlen(key) + KEY_MAX + 1)
                        return false;
                if (*layers == '\0')
                        return true;
                layers++;
                if (*layers == ':') {
                        key = "datadir+=";
                        layers++;
                }
        }
}

static bool put_layered_options(struct ct_buf *blob, const struct ct_file_system *fs)
{
        static const char lowerdir[] = "lowerdir=";

        for (size_t i = 0; i < fs->data->n; i++) {
                const char *option = fs->data->items[i];

                if (strncmp(option, lowerdir, strlen(lowerdir)) == 0) {
                        if (!put_layers(blob, option + strlen(lowerdir)))
                                return false;
                        continue;
                }
                if (is_long(option))
                        return false;
                (void)ct_buf_append(blob, option, strlen(option) + 1);
        }
        if (fs->label)
                put_label(blob, fs->label, false);
        return true;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int fail_too_long(struct ct_build *build, const struct ct_file_system *fs, contain_error_t **err)
{
        const char *at = fs->at;
        size_t longest = 0;
        int r;

        for (size_t i = 0; i < fs->data->n; i++) {
                size_t length = strlen(fs->data->items[i]);

                if (length <= longest)
                        continue;
                longest = length;
                at = ct_plan_option_at(build, fs->mount, fs->at, fs->data->items[i]);
        }
        if (strcmp(fs->type, "overlay") == 0 && ct_plan_is_before(build->facts, 6, 8))
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, E2BIG, at,
                               "more than %d bytes of options for an overlay take Linux 6.8", DATA_SIZE - 1);
        r = ct_fail(err, CONTAIN_E_VALUE, E2BIG, at,
                    "the options are longer than the %d bytes that the kernel takes", DATA_SIZE - 1);
        ct_error_set_hint(err, "shorter paths help, by symbolic links or a folder higher up");
        return r;
}

void ct_plan_add_fs(struct ct_build *build, const struct ct_file_system *fs, bool by_mount,
                    const struct ct_buf *options)
{
        /* Only mount(2) knows about this one before. */
        if ((fs->attr & MOUNT_ATTR_NOSYMFOLLOW) && ct_plan_is_before(build->facts, 5, 14))
                by_mount = true;
        ct_build_add(build, .op = STEP_FS, .at = fs->at, .s = { fs->type, fs->source },
                     .n = { fs->attr, fs->sb_flags, by_mount }, .blob = options);
}

int ct_plan_add_file_system(struct ct_build *build, const struct ct_file_system *fs, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf options = CT_BUF_INIT, layers = CT_BUF_INIT;
        bool by_mount = (fs->sb_flags & SB_WITHOUT_KEY) != 0 || any_is_for_mount(fs) ||
                        (fs->source && strlen(fs->source) > KEY_MAX);

        put_options(&options, fs, by_mount);
        if (!by_mount || options.size <= DATA_SIZE) {
                ct_plan_add_fs(build, fs, by_mount, &options);
                return 0;
        }
        if (strcmp(fs->type, "overlay") != 0 || (fs->sb_flags & SB_WITHOUT_KEY) ||
            ct_plan_is_before(build->facts, 6, 8) || !put_layered_options(&layers, fs))
                return fail_too_long(build, fs, err);
        ct_plan_add_fs(build, fs, false, &layers);
        return 0;
}
