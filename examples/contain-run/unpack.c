/* SPDX-License-Identifier: MIT */

/* unpack: an image's root file system to a folder. */

#include "commands.h"
#include "source.h"
#include "unpack.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "UID:GID", numbers. */
static bool parse_owner(const char *text, uint32_t *ret_uid, uint32_t *ret_gid)
{
        char rest;

        return text[0] >= '0' && text[0] <= '9' &&
               sscanf(text, "%" SCNu32 ":%" SCNu32 "%c", ret_uid, ret_gid, &rest) == 2;
}

static int get_owner(struct app *app, const struct unpack_options *options, contain_unpack_options_t *ret)
{
        if (options->owner && options->uid_maps.n > 0)
                return app_fail(app, "--owner and --uid-map exclude each other");
        if (options->gid_maps.n > 0 && options->uid_maps.n == 0)
                return app_fail(app, "--gid-map is of no use without --uid-map");
        if (options->uid_maps.n > 0) {
                ret->owner = CONTAIN_OWNER_SHIFTED;
                ret->uid_maps = options->uid_maps.items;
                ret->gid_maps = options->gid_maps.items;
        } else if (options->owner) {
                ret->owner = CONTAIN_OWNER_SINGLE;
                if (strcmp(options->owner, "subids") == 0) {
                        ret->owner = CONTAIN_OWNER_SUBIDS;
                } else if (strcmp(options->owner, "me") == 0) {
                        ret->uid = geteuid();
                        ret->gid = getegid();
                } else if (!parse_owner(options->owner, &ret->uid, &ret->gid)) {
                        return app_fail(app, "--owner '%s' is none of 'me', 'subids' and UID:GID",
                                        options->owner);
                }
        }
        return 0;
}

int unpack_get(struct app *app, const struct unpack_options *options, contain_unpack_options_t *ret)
{
        contain_unpack_options_t result = { .size = sizeof(result) };
        int r;

        if (options->no_devices)
                result.flags |= CONTAIN_UNPACK_NO_DEVICES;
        r = get_owner(app, options, &result);
        if (r == 0)
                *ret = result;
        return r;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct unpack_options *options = values;
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        contain_image_options_t image_options;
        contain_unpack_options_t unpack;
        struct progress progress;
        int r;

        r = app_context(app, &ctx);
        if (r == 0)
                r = unpack_get(app, options, &unpack);
        if (r == 0)
                r = source_get(app, &options->source, &progress, &image_options);
        if (r != 0)
                return r;
        r = contain_image_unpack(ctx, operands->words[0], operands->words[1], &image_options, &unpack, NULL,
                                 &error);
        progress_end(&progress);
        return r < 0 ? app_fail_error(app, error) : EXIT_SUCCESS;
}

const struct option unpack_options[] = {
        { "owner", 0, OPTION_TEXT, offsetof(struct unpack_options, owner), "UID:GID",
          "one owner for all files; 'me' for the caller, 'subids' for as many as the caller has subordinate "
          "ids" },
        { "uid-map", 0, OPTION_LIST, offsetof(struct unpack_options, uid_maps), "INSIDE:OUTSIDE:COUNT",
          "owners shifted as for a user namespace; may be repeated" },
        { "gid-map", 0, OPTION_LIST, offsetof(struct unpack_options, gid_maps), "INSIDE:OUTSIDE:COUNT",
          "the same for groups, if it is different" },
        { "no-devices", 0, OPTION_FLAG, offsetof(struct unpack_options, no_devices), NULL,
          "leave device nodes out" },
        { 0 },
};

const struct command command_unpack = {
        .name = "unpack",
        .synopsis = "IMAGE DIR",
        .summary = "write the root file system of an image to a folder",
        .options = { unpack_options, source_options, limit_options },
        .options_size = sizeof(struct unpack_options),
        .min_operands = 2,
        .max_operands = 2,
        .run = run,
};
