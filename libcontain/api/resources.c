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
