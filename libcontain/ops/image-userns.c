/* SPDX-License-Identifier: MIT */

/*
 * A user namespace of the caller's subordinate ids, for contain-image to work in: there, it may give files to
 * any of those. The caller is its root.
 */

#include "ops/image.h"

#include "host/idmap.h"

#include <fcntl.h>

static int put_map(struct ct_buf *buf, enum ct_id_kind kind, uint32_t own, const struct ct_facts *facts,
                   contain_error_t **err)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(ct_subids_done) struct ct_subids subids = { 0 };
        uint32_t next = 1;
        int r;

        if (root_fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot open the root folder");
        r = ct_subids_read(root_fd, kind, facts->uid, &subids);
        if (r < 0)
                return ct_fail_memory(err);
        if (subids.n == 0) {
                r = ct_fail(err, CONTAIN_E_IDMAP, EPERM, NULL, "'/%s' has no ids for the caller",
                            ct_subids_path(kind));
                ct_error_set_hint(err, "add a line there, or have one user own all files");
                return r;
        }
        (void)ct_buf_printf(buf, "0 %u 1\n", own);
        for (size_t i = 0; i < subids.n && subids.ranges[i].count <= UINT32_MAX - 1 - next; i++) {
                (void)ct_buf_printf(buf, "%u %u %u\n", next, subids.ranges[i].first, subids.ranges[i].count);
                next += subids.ranges[i].count;
        }
        return buf->failed ? ct_fail_memory(err) : 0;
}

int ct_image_userns(struct contain_ctx *ctx, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf users = CT_BUF_INIT, groups = CT_BUF_INIT;
        const struct ct_facts *facts;
        int program_fd, r;

        r = ct_context_facts(ctx, &facts, err);
        if (r == 0)
                r = put_map(&users, CT_ID_USER, facts->uid, facts, err);
        if (r == 0)
                r = put_map(&groups, CT_ID_GROUP, facts->gid, facts, err);
        if (r < 0)
                return r;
        program_fd = ct_context_program(ctx, err);
        if (program_fd < 0)
                return program_fd;
        const struct ct_idmap map = {
                .uid_map = users.data, .gid_map = groups.data, .helpers = facts->uid != 0, .at = ""
        };

        return ct_idmap_userns(&map, program_fd, facts, err);
}
