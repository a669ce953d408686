/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/checkpoint.h. */

#include "api/gate.h"

#include <contain/checkpoint.h>
#include <string.h>

#define BOTH_FLAGS                                                                                           \
        (CONTAIN_CHECKPOINT_TCP_ESTABLISHED | CONTAIN_CHECKPOINT_EXT_UNIX_SK |                               \
         CONTAIN_CHECKPOINT_SHELL_JOB | CONTAIN_CHECKPOINT_FILE_LOCKS | CONTAIN_CHECKPOINT_EMPTY_NETWORK |   \
         CONTAIN_CHECKPOINT_LAZY_PAGES | CONTAIN_CHECKPOINT_AUTO_DEDUP)
#define DUMP_FLAGS                                                                                           \
        (BOTH_FLAGS | CONTAIN_CHECKPOINT_LEAVE_RUNNING | CONTAIN_CHECKPOINT_PRE_DUMP |                       \
         CONTAIN_CHECKPOINT_TCP_SKIP_IN_FLIGHT | CONTAIN_CHECKPOINT_LINK_REMAP)
#define RESTORE_FLAGS (BOTH_FLAGS | CONTAIN_CHECKPOINT_TCP_CLOSE)

int contain_checkpoint(contain_t *c, const contain_checkpoint_options_t *opts, contain_error_t **err)
{
        contain_checkpoint_options_t known = { 0 };
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_opts(opts, &known, sizeof(known), err);
        if (r == 0)
                r = gate_flags(known.flags, DUMP_FLAGS, err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_checkpoint(c, &known, err);
}

int contain_restore(contain_t *c, const contain_restore_options_t *opts, contain_error_t **err)
{
        contain_restore_options_t known = { 0 };
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_opts(opts, &known, sizeof(known), err);
        if (r == 0)
                r = gate_flags(known.flags, RESTORE_FLAGS, err);
        if (r < 0)
                return r;
        if (known.reserved != 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "a reserved member is not 0");
        GATE_LIFE(c);
        r = gate_configured(c, err);
        return r < 0 ? r : ct_op_restore(c, &known, err);
}
