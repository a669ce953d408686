/* SPDX-License-Identifier: MIT */

/* The gates of resources.h. */

#include "api/gate.h"

int contain_stats_json(contain_t *c, char **ret, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_stats(c, ret, err);
}

int contain_processes_json(contain_t *c, char **ret, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_processes(c, ret, err);
}

int contain_update(contain_t *c, const char *json, size_t size, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(json, "json", err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_update(c, json, size, err);
}
