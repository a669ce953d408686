/* SPDX-License-Identifier: MIT */

/* The words of a mount's options: where they stand, and for whom they are none. */

#include "plan/parts.h"

#include <linux/mount.h>
#include <string.h>

const char *ct_plan_option_at(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                              const char *word)
{
        for (size_t i = 0; i < mount->options.n; i++)
                if (strcmp(mount->options.items[i], word) == 0)
                        return ct_build_text(build, "%s/options/%zu", at, i);
        return at;
}

/*
 * Those that a file system has and a mount has not. Their opposites ask for what is so by default, and
 * "silent" for nothing to be logged, which nothing is.
 */
static const struct {
        uint32_t flag;
        const char *word;
} super_words[] = {
        { MS_SYNCHRONOUS, "sync" },  { MS_DIRSYNC, "dirsync" },    { MS_MANDLOCK, "mand" },
        { MS_LAZYTIME, "lazytime" }, { MS_I_VERSION, "iversion" },
};

int ct_plan_refuse_super_words(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                               const char *what, contain_error_t **err)
{
        for (size_t i = 0; i < sizeof(super_words) / sizeof(super_words[0]); i++)
                if (mount->sb_set & super_words[i].flag)
                        return ct_fail(err, CONTAIN_E_VALUE, EINVAL,
                                       ct_plan_option_at(build, mount, at, super_words[i].word),
                                       "'%s' is for a file system of its own, not for %s",
                                       super_words[i].word, what);
        return 0;
}
