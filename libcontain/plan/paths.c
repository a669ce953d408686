/* SPDX-License-Identifier: MIT */

/* Paths of the container that it may not see, or not write to. */

#include "plan/parts.h"

static void add_paths(struct ct_build *build, const struct ct_strings *paths, enum plan_op op,
                      const char *list)
{
        for (size_t i = 0; i < paths->n; i++)
                ct_build_add(build, .op = op, .at = ct_build_text(build, "%s/%zu", list, i),
                             .s = { paths->items[i] });
}

int ct_plan_add_paths(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;

        (void)err;
        /* Masks last: a path in both lists is covered, not made readable again by a bind of itself. */
        add_paths(build, &linux_->readonly_paths, STEP_READ_ONLY, "/linux/readonlyPaths");
        add_paths(build, &linux_->masked_paths, STEP_MASK, "/linux/maskedPaths");
        return 0;
}
