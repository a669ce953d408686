/* SPDX-License-Identifier: MIT */

/* Which of an index's manifests is meant. */

#include "image/manifest.h"

#include "base/buf.h"

/* More would be no help to read. */
#define LISTED_MAX 40

static int fail_none(struct ct_arena *arena, const char *what, const struct ct_manifest *index,
                     const struct ct_platform *wanted, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf list = CT_BUF_INIT;
        const char *text = ct_platform_format(arena, wanted);
        size_t i, n = 0;

        if (!text)
                return ct_fail_memory(err);
        (void)ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "%s has no image for %s", what, text);
        for (i = 0; i < index->n_entries && n < LISTED_MAX; i++) {
                const struct ct_index_entry *entry = &index->entries[i];

                if (!entry->is_image)
                        continue;
                text = ct_platform_format(arena, &entry->platform);
                (void)ct_buf_printf(&list, "%s%.100s", n++ > 0 ? ", " : "", text ? text : "");
        }
        if (n > 0 && !list.failed)
                ct_error_set_hint(err, "it has those for %s", list.data);
        return -ENOENT;
}

int ct_index_entry_check(const struct ct_index_entry *entry, contain_error_t **err)
{
        if (!entry->unknown_digest)
                return 0;
        return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, NULL,
                       "the digest '%.140s' is of an algorithm that is not known", entry->unknown_digest);
}

int ct_manifest_choose(struct ct_arena *arena, const char *what, const struct ct_manifest *index,
                       const char *platform, const struct ct_index_entry **ret, contain_error_t **err)
{
        const struct ct_index_entry *best = NULL;
        struct ct_platform wanted;
        int best_match = 0, r;
        size_t i;

        r = ct_platform_parse(arena, platform, &wanted, err);
        if (r < 0)
                return r;
        /* Of equal ones the first, as the specification has it; but one that can be verified before others.
         */
        for (i = 0; i < index->n_entries; i++) {
                int match = index->entries[i].is_image
                                    ? ct_platform_match(&wanted, &index->entries[i].platform)
                                    : 0;

                if (match > best_match || (match > 0 && match == best_match && best->unknown_digest &&
                                           !index->entries[i].unknown_digest)) {
                        best = &index->entries[i];
                        best_match = match;
                }
        }
        if (!best)
                return fail_none(arena, what, index, &wanted, err);
        r = ct_index_entry_check(best, err);
        if (r < 0)
                return r;
        *ret = best;
        return 0;
}
