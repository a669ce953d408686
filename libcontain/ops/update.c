/* SPDX-License-Identifier: MIT */

/* Changes the limits of a container that exists. */

#include "ops/handle.h"

#include <string.h>

#define AT_RESOURCES "/linux/resources"
#define AT_LINUX     "/linux"

/* Places are those of the configuration, where the limits are first set; here, the document begins further
 * in. */
static const char *place_of(const char *at)
{
        if (strncmp(at, AT_RESOURCES, strlen(AT_RESOURCES)) == 0)
                return at + strlen(AT_RESOURCES);
        if (strncmp(at, AT_LINUX, strlen(AT_LINUX)) == 0)
                return at + strlen(AT_LINUX);
        return at;
}

static int move_place(contain_error_t **err, int r)
{
        if (r < 0 && err && *err) {
                const char *at = contain_error_pointer(*err);
                const char *place = place_of(at);

                if (place != at)
                        (void)ct_error_set_pointer(err, place);
        }
        return r;
}

static int check_running(struct contain *c, contain_error_t **err)
{
        int status = ct_op_status(c, err);

        if (status < 0 || status == CONTAIN_STATUS_CREATED || status == CONTAIN_STATUS_RUNNING ||
            status == CONTAIN_STATUS_PAUSED)
                return status;
        return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' is not running", c->id);
}

static int update_class(struct contain *c, const struct ct_spec_intel_rdt *rdt, char **ret_before,
                        contain_error_t **err)
{
        if (!rdt->has)
                return 0;
        if (!c->resctrl)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/intelRdt",
                               "container '%s' was made without a class of service", c->id);
        return ct_resctrl_update(c->resctrl, rdt, ret_before, err);
}

static int update_cgroup(struct contain *c, const struct ct_spec_resources *resources, contain_error_t **err)
{
        struct ct_passed_over passed_over = { .n = 0 };
        int r;

        if (!resources->has)
                return 0;
        r = ct_op_require_cgroup(c, "have limits", err);
        if (r >= 0)
                r = ct_cgroup_update(c->cgroup, resources, &passed_over, err);
        for (size_t i = 0; r >= 0 && i < passed_over.n; i++)
                ct_log(c->ctx, CONTAIN_LOG_WARNING, "%s: %s: this kernel has no such limit: left out", c->id,
                       place_of(passed_over.at[i]));
        return r;
}

static int update_all(struct contain *c, const struct ct_spec_update *update, contain_error_t **err)
{
        _cleanup_free_ char *before = NULL;
        int r;

        r = update_class(c, &update->intel_rdt, &before, err);
        if (r < 0)
                return r;
        r = update_cgroup(c, &update->resources, err);
        if (r < 0 && before)
                ct_resctrl_restore(c->resctrl, before);
        return r;
}

int ct_op_update(struct contain *c, const char *json, size_t size, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_spec_update update;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_spec_parse_update(arena, json, size, &update, err);
        if (r >= 0)
                r = check_running(c, err);
        if (r < 0)
                return r;
        /* One at a time: what is brought back after a failure must be nobody else's. */
        if (!ct_is_ephemeral(c)) {
                r = ct_state_open(c->ctx->state_root, c->id, &state, err);
                if (r >= 0)
                        r = ct_state_lock(state, err);
                if (r >= 0)
                        r = check_running(c, err);
                if (r < 0)
                        return r;
        }
        r = move_place(err, update_all(c, &update, err));
        if (r < 0)
                return r;
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: updated", c->id);
        return 0;
}
