/* SPDX-License-Identifier: MIT */

/*
 * Parts of the host's file tree. When the caller may, the host clones them: that works across user
 * namespaces, reaches what the container's root may not, and keeps the propagation. Otherwise
 * contain-init does it, by path, in its own copy of the mount table.
 */

#include "plan/parts.h"

#include <linux/mount.h>

static unsigned tree_slot(struct ct_build *build, const struct ct_tree *tree)
{
        uint64_t number = tree->recursive;

        if (!build->trees_by_slot || tree->by_path)
                return 0;
        if (tree->map_slot == 0)
                return ct_build_slot(build, PLAN_SLOT_TREE, tree->at, tree->source, NULL, number);
        number = (uint64_t)(tree->map_slot - 1) << PLAN_MAPPED_SLOT |
                 (tree->recursive ? PLAN_MAPPED_TREE_RECURSIVE : 0) |
                 (tree->map_recursive ? PLAN_MAPPED_IDS_RECURSIVE : 0);
        return ct_build_slot(build, PLAN_SLOT_MAPPED_TREE, tree->at, tree->source, NULL, number);
}

void ct_plan_add_tree(struct ct_build *build, const struct ct_tree *tree)
{
        unsigned slot = tree_slot(build, tree);

        ct_build_add(build, .op = STEP_TREE, .at = tree->at, .slot = slot,
                     .s = { slot == 0 ? tree->source : NULL },
                     .n = { tree->recursive, tree->type, tree->device });
}

uint64_t ct_plan_default_propagation(const struct ct_build *build)
{
        uint64_t root = build->spec->linux_.rootfs_propagation;

        /* What is cloned inside comes from a mount table that has been made so as a whole. */
        if ((root & MS_SHARED) || !build->trees_by_slot)
                return 0;
        return root & MS_PRIVATE ? MS_PRIVATE : MS_SLAVE;
}
