/* SPDX-License-Identifier: MIT */

/* A tree that is being written, as a whole: who writes it, and how much it may become. */

#include "image/writer.h"

#include "image/userns.h"

int ct_tree_init(struct ct_tree *tree, int root_fd, const struct ct_unpack *how,
                 struct ct_unpack_counts *counts, contain_error_t **err)
{
        size_t i;
        int is_empty;

        *tree = (struct ct_tree){ .root_fd = root_fd, .how = how, .counts = counts };
        for (i = 0; i < CT_FOLDERS; i++)
                tree->folders[i].fd = -EBADF;
        tree->uid = geteuid();
        tree->gid = getegid();
        tree->needs_rights = tree->uid != 0;
        tree->is_unprivileged = tree->uid != 0 || !ct_userns_is_first();
        is_empty = ct_tree_is_empty(root_fd);
        if (is_empty < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -is_empty, NULL, "cannot read the root folder");
        /* Of what began with nothing, all is the layer's own, but for copies of what lower layers have. */
        if (is_empty && how->n_lowers == 0)
                return 0;
        tree->brought = ct_brought_new();
        return tree->brought ? 0 : ct_fail_memory(err);
}
