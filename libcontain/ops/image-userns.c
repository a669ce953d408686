/* SPDX-License-Identifier: MIT */

/* User namespaces for work on images: see ops/image-userns.h. */

#include "ops/image-userns.h"

#include "base/buf.h"
#include "host/idmap.h"

void ct_image_ids_done(struct ct_image_ids *ids)
{
        ids->userns_fd = ct_close(ids->userns_fd);
}

/* Lines of one of the maps that a caller can have (default-maps.c). */
enum maps { OWN, OWN_AND_SUBIDS, AUTO };

static int open_userns(struct contain_ctx *ctx, enum maps maps, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf uids = CT_BUF_INIT, gids = CT_BUF_INIT;
        struct ct_idmap map = { .deny_setgroups = maps == OWN, .at = "" };
        const struct ct_facts *facts;
        int program_fd, r;

        r = ct_context_facts(ctx, &facts, err);
        if (r == 0)
                r = maps == AUTO ? ct_auto_map_lines(&uids, &gids, facts, err)
                                 : ct_default_map_lines(&uids, &gids, facts, maps == OWN_AND_SUBIDS, err);
        if (r < 0) {
                (void)ct_error_set_pointer(err, ""); /* it is not of a configuration */
                return r;
        }
        if (ct_buf_puts(&uids, "") < 0 || ct_buf_puts(&gids, "") < 0)
                return ct_fail_memory(err);
        map.uid_map = uids.data;
        map.gid_map = gids.data;
        map.helpers = maps != OWN && !ct_may_map_any_ids(facts);
        program_fd = ct_context_program(ctx, err);
        return program_fd < 0 ? program_fd : ct_idmap_userns(&map, program_fd, facts, err);
}

int ct_image_userns(struct contain_ctx *ctx, contain_error_t **err)
{
        return open_userns(ctx, OWN_AND_SUBIDS, err);
}

int ct_image_userns_auto(struct contain_ctx *ctx, contain_error_t **err)
{
        return open_userns(ctx, AUTO, err);
}

int ct_image_ids_open(struct contain_ctx *ctx, bool auto_, struct ct_image_ids *ret, contain_error_t **err)
{
        contain_error_t *reason = NULL;
        const struct ct_facts *facts;
        int fd, r;

        *ret = (struct ct_image_ids){ .userns_fd = -EBADF };
        r = ct_context_facts(ctx, &facts, err);
        if (r < 0)
                return r;
        if (ct_may_map_any_ids(facts)) {
                ret->mapped = auto_;
                return 0;
        }
        fd = open_userns(ctx, OWN_AND_SUBIDS, auto_ ? err : &reason);
        if (fd < 0 && auto_)
                return fd;
        ret->mapped = fd >= 0;
        if (fd < 0) {
                ct_log_error(ctx, CONTAIN_LOG_INFO, "one id only", &reason);
                fd = open_userns(ctx, OWN, err);
        }
        if (fd < 0)
                return fd;
        ret->userns_fd = fd;
        return 0;
}
