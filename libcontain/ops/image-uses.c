/* SPDX-License-Identifier: MIT */

/* Containers whose root may be in a release: contain-image knows nothing of records. */

#include "ops/deploy.h"

struct ids {
        char **items;
        size_t n;
};

static void ids_done(struct ids *ids)
{
        ct_state_list_free(ids->items, ids->n);
}

static bool may_use(int status)
{
        return status == CONTAIN_STATUS_CREATING || status == CONTAIN_STATUS_CREATED ||
               status == CONTAIN_STATUS_RUNNING || status == CONTAIN_STATUS_PAUSED;
}

/* A root that was given as a descriptor has no path; its processes are seen. */
static void put_container(struct ct_buf *buf, const struct contain *c, bool first)
{
        (void)ct_buf_printf(buf, "%s{\"id\":", first ? "" : ",");
        (void)ct_buf_json_string(buf, c->id);
        (void)ct_buf_puts(buf, ",\"rootfs\":");
        (void)ct_buf_json_string(buf, c->record->rootfs);
        (void)ct_buf_printf(buf, ",\"pid\":%d}", (int)c->record->pid);
}

/* One that is gone by now, or cannot be read, is left out. */
static bool put_if_used(struct ct_buf *buf, struct contain_ctx *ctx, const char *id, bool first)
{
        _cleanup_(ct_container_freep) struct contain *c = NULL;
        contain_error_t *error = NULL;
        int r;

        r = ct_container_new(ctx, id, &c, &error);
        if (r == 0)
                r = ct_op_open(c, &error);
        if (r == 0)
                r = ct_op_status(c, &error);
        if (r < 0) {
                ct_log_error(ctx, r == -ENOENT ? CONTAIN_LOG_DEBUG : CONTAIN_LOG_WARNING,
                             "not asked whether it uses a release", &error);
                return false;
        }
        if (!may_use(r) || !c->record || !c->record->rootfs || c->record->rootfs[0] != '/')
                return false;
        put_container(buf, c, first);
        return true;
}

int ct_deploy_request_containers(struct ct_image_request *request, struct contain_ctx *ctx,
                                 contain_error_t **err)
{
        _cleanup_(ids_done) struct ids ids = { 0 };
        contain_error_t *error = NULL;
        bool first = true;
        int r = ct_state_list(ctx->state_root, &ids.items, &ids.n, &error);

        /* Somebody else's containers are not known of, as somebody else's processes are not. */
        if (r == -EACCES) {
                ct_log_error(ctx, CONTAIN_LOG_WARNING, "no container is asked whether it uses a release",
                             &error);
                return 0;
        }
        if (r < 0) {
                if (err)
                        *err = error;
                else
                        error = contain_error_free(error);
                return r;
        }
        (void)ct_buf_puts(&request->text, ",\"containers\":[");
        for (size_t i = 0; i < ids.n; i++)
                if (put_if_used(&request->text, ctx, ids.items[i], first))
                        first = false;
        (void)ct_buf_puts(&request->text, "]");
        return 0;
}
