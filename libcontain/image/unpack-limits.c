/* SPDX-License-Identifier: MIT */

#include "image/unpack-limits.h"

static int fail_limit(contain_error_t **err, const char *what, uint64_t limit)
{
        return ct_fail(err, CONTAIN_E_SIZE, EFBIG, NULL, "the image has more than %llu %s",
                       (unsigned long long)limit, what);
}

int ct_limits_count_entry(const struct ct_unpack_limits *limits, struct ct_unpack_counts *counts,
                          contain_error_t **err)
{
        if (limits->entries > 0 && counts->entries >= limits->entries)
                return fail_limit(err, "entries", limits->entries);
        counts->entries++;
        return 0;
}

int ct_limits_count_bytes(const struct ct_unpack_limits *limits, struct ct_unpack_counts *counts,
                          uint64_t bytes, contain_error_t **err)
{
        uint64_t limit = limits->bytes, before = counts->bytes;

        if ((limit > 0 && (before > limit || bytes > limit - before)) || bytes > UINT64_MAX - before)
                return fail_limit(err, "bytes", limit);
        counts->bytes += bytes;
        return 0;
}

static int count_depth(const struct ct_unpack_limits *limits, struct ct_unpack_counts *counts,
                       const struct ct_member *member, contain_error_t **err)
{
        if (limits->path_depth > 0 && member->path.depth > limits->path_depth)
                return ct_fail(err, CONTAIN_E_SIZE, EFBIG, NULL,
                               "'/%.64s…' is %zu folders deep, more than %llu", member->path.text,
                               member->path.depth, (unsigned long long)limits->path_depth);
        if (member->path.depth > counts->deepest_path)
                counts->deepest_path = member->path.depth;
        return 0;
}

int ct_limits_count_member(const struct ct_unpack_limits *limits, struct ct_unpack_counts *counts,
                           const struct ct_member *member, contain_error_t **err)
{
        int r = 0;

        if (member->kind == CT_MEMBER_NODE || member->kind == CT_MEMBER_LINK)
                r = count_depth(limits, counts, member, err);
        if (r < 0 || member->kind != CT_MEMBER_NODE)
                return r;
        if (limits->file_size > 0 && member->size > limits->file_size)
                return ct_fail(err, CONTAIN_E_SIZE, EFBIG, NULL, "file '/%s' has %llu bytes, more than %llu",
                               member->path.text, (unsigned long long)member->size,
                               (unsigned long long)limits->file_size);
        if (member->size > counts->largest_file)
                counts->largest_file = member->size;
        return ct_limits_count_bytes(limits, counts, member->size, err);
}
