/* SPDX-License-Identifier: MIT */

/*
 * The words of mounts[].options (config.md, "Linux mount options"), and what each one changes.
 * A later word overrides an earlier one that says otherwise. Words that are not here are the
 * file system's own ("size=64m").
 */

#include "spec/options.h"

#include "spec/sections.h"
#include "spec/values.h"

#include <linux/mount.h>
#include <string.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum effect {
        NOTHING,
        ATTR_SET,
        ATTR_CLEAR,
        ATIME,
        ATIME_NOT,
        SB_SET,
        SB_CLEAR,
        BIND,
        REMOUNT,
        PROPAGATION,
        IDMAP,
        TMPCOPYUP,
};

struct option {
        const char *name;
        enum effect effect;
        bool recursive; /* also for the mounts below */
        uint32_t bits;  /* MOUNT_ATTR_, or MS_ for SB_SET, SB_CLEAR and PROPAGATION */
};

/* Sorted: searched by halves, and listed in this order. */
static const struct option options[] = {
        { "async", SB_CLEAR, false, MS_SYNCHRONOUS },
        { "atime", ATIME_NOT, false, MOUNT_ATTR_NOATIME },
        { "bind", BIND, false, 0 },
        { "defaults", NOTHING, false, 0 },
        { "dev", ATTR_CLEAR, false, MOUNT_ATTR_NODEV },
        { "diratime", ATTR_CLEAR, false, MOUNT_ATTR_NODIRATIME },
        { "dirsync", SB_SET, false, MS_DIRSYNC },
        { "exec", ATTR_CLEAR, false, MOUNT_ATTR_NOEXEC },
        { "idmap", IDMAP, false, 0 },
        { "iversion", SB_SET, false, MS_I_VERSION },
        { "lazytime", SB_SET, false, MS_LAZYTIME },
        { "loud", SB_CLEAR, false, MS_SILENT },
        { "mand", SB_SET, false, MS_MANDLOCK },
        { "noatime", ATIME, false, MOUNT_ATTR_NOATIME },
        { "nodev", ATTR_SET, false, MOUNT_ATTR_NODEV },
        { "nodiratime", ATTR_SET, false, MOUNT_ATTR_NODIRATIME },
        { "noexec", ATTR_SET, false, MOUNT_ATTR_NOEXEC },
        { "noiversion", SB_CLEAR, false, MS_I_VERSION },
        { "nolazytime", SB_CLEAR, false, MS_LAZYTIME },
        { "nomand", SB_CLEAR, false, MS_MANDLOCK },
        { "norelatime", ATIME_NOT, false, MOUNT_ATTR_RELATIME },
        { "nostrictatime", ATIME_NOT, false, MOUNT_ATTR_STRICTATIME },
        { "nosuid", ATTR_SET, false, MOUNT_ATTR_NOSUID },
        { "nosymfollow", ATTR_SET, false, MOUNT_ATTR_NOSYMFOLLOW },
        { "private", PROPAGATION, false, MS_PRIVATE },
        { "ratime", ATIME_NOT, true, MOUNT_ATTR_NOATIME },
        { "rbind", BIND, true, 0 },
        { "rdev", ATTR_CLEAR, true, MOUNT_ATTR_NODEV },
        { "rdiratime", ATTR_CLEAR, true, MOUNT_ATTR_NODIRATIME },
        { "relatime", ATIME, false, MOUNT_ATTR_RELATIME },
        { "remount", REMOUNT, false, 0 },
        { "rexec", ATTR_CLEAR, true, MOUNT_ATTR_NOEXEC },
        { "ridmap", IDMAP, true, 0 },
        { "rnoatime", ATIME, true, MOUNT_ATTR_NOATIME },
        { "rnodev", ATTR_SET, true, MOUNT_ATTR_NODEV },
        { "rnodiratime", ATTR_SET, true, MOUNT_ATTR_NODIRATIME },
        { "rnoexec", ATTR_SET, true, MOUNT_ATTR_NOEXEC },
        { "rnorelatime", ATIME_NOT, true, MOUNT_ATTR_RELATIME },
        { "rnostrictatime", ATIME_NOT, true, MOUNT_ATTR_STRICTATIME },
        { "rnosuid", ATTR_SET, true, MOUNT_ATTR_NOSUID },
        { "rnosymfollow", ATTR_SET, true, MOUNT_ATTR_NOSYMFOLLOW },
        { "ro", ATTR_SET, false, MOUNT_ATTR_RDONLY },
        { "rprivate", PROPAGATION, true, MS_PRIVATE },
        { "rrelatime", ATIME, true, MOUNT_ATTR_RELATIME },
        { "rro", ATTR_SET, true, MOUNT_ATTR_RDONLY },
        { "rrw", ATTR_CLEAR, true, MOUNT_ATTR_RDONLY },
        { "rshared", PROPAGATION, true, MS_SHARED },
        { "rslave", PROPAGATION, true, MS_SLAVE },
        { "rstrictatime", ATIME, true, MOUNT_ATTR_STRICTATIME },
        { "rsuid", ATTR_CLEAR, true, MOUNT_ATTR_NOSUID },
        { "rsymfollow", ATTR_CLEAR, true, MOUNT_ATTR_NOSYMFOLLOW },
        { "runbindable", PROPAGATION, true, MS_UNBINDABLE },
        { "rw", ATTR_CLEAR, false, MOUNT_ATTR_RDONLY },
        { "shared", PROPAGATION, false, MS_SHARED },
        { "silent", SB_SET, false, MS_SILENT },
        { "slave", PROPAGATION, false, MS_SLAVE },
        { "strictatime", ATIME, false, MOUNT_ATTR_STRICTATIME },
        { "suid", ATTR_CLEAR, false, MOUNT_ATTR_NOSUID },
        { "symfollow", ATTR_CLEAR, false, MOUNT_ATTR_NOSYMFOLLOW },
        { "sync", SB_SET, false, MS_SYNCHRONOUS },
        { "tmpcopyup", TMPCOPYUP, false, 0 },
        { "unbindable", PROPAGATION, false, MS_UNBINDABLE },
};

const char *ct_mount_option_name(size_t i)
{
        return i < CT_LENGTH(options) ? options[i].name : NULL;
}

static const struct option *find(const char *name)
{
        size_t low = 0, high = CT_LENGTH(options);

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = strcmp(name, options[middle].name);

                if (order == 0)
                        return &options[middle];
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}

static bool is_attribute(enum effect effect)
{
        return effect == ATTR_SET || effect == ATTR_CLEAR || effect == ATIME || effect == ATIME_NOT;
}

bool ct_mount_option_is_recursive(const char *name)
{
        const struct option *option = find(name);

        return option && option->recursive && is_attribute(option->effect);
}

/* Bits to set and bits to clear are disjoint but for the access time, see below. */
static void set_bits(uint64_t *set, uint64_t *clear, uint64_t bits)
{
        *set |= bits;
        *clear &= ~bits;
}

static void change_attr(struct ct_spec_mount *mount, const struct option *option)
{
        uint64_t *set = option->recursive ? &mount->attr_set_recursive : &mount->attr_set;
        uint64_t *clear = option->recursive ? &mount->attr_clear_recursive : &mount->attr_clear;

        /* Those of this mount only are applied last: forget what they said of these bits before. */
        if (option->recursive) {
                mount->attr_set &= ~(uint64_t)option->bits;
                mount->attr_clear &= ~(uint64_t)option->bits;
        }
        if (option->effect == ATTR_SET)
                set_bits(set, clear, option->bits);
        else
                set_bits(clear, set, option->bits);

        /* Read-only is the one attribute that the file system has as well. */
        if (option->bits == MOUNT_ATTR_RDONLY) {
                mount->sb_set &= ~(uint32_t)MS_RDONLY;
                mount->sb_clear &= ~(uint32_t)MS_RDONLY;
                if (!option->recursive && option->effect == ATTR_SET)
                        mount->sb_set |= MS_RDONLY;
                else if (!option->recursive)
                        mount->sb_clear |= MS_RDONLY;
        }
}

/*
 * MOUNT_ATTR__ATIME is no set of bits but a field with three values, of which RELATIME is 0:
 * mount_setattr(2) changes it only when the whole field is cleared in the same call, and fails with
 * EINVAL when a part of it is. So each of the words clears the field, and sets its value.
 *
 * A negative word takes back what it names. What remains then is the kernel's default, RELATIME,
 * unless another word has chosen a value before: "noatime,nostrictatime" is noatime.
 */
static void change_atime(struct ct_spec_mount *mount, const struct option *option)
{
        uint64_t *set = option->recursive ? &mount->attr_set_recursive : &mount->attr_set;
        uint64_t *clear = option->recursive ? &mount->attr_clear_recursive : &mount->attr_clear;
        const uint64_t field = MOUNT_ATTR__ATIME;

        if (option->recursive) {
                mount->attr_set &= ~field;
                mount->attr_clear &= ~field;
        }
        if (option->effect == ATIME) {
                *clear |= field;
                *set = (*set & ~field) | option->bits;
                return;
        }
        if ((*clear & field) && (*set & field) != option->bits)
                return;
        *set &= ~field;
        if (option->bits == MOUNT_ATTR_RELATIME)
                *clear &= ~field; /* "norelatime" leaves the field as it would be without "relatime" */
        else
                *clear |= field;
}

static void apply(struct ct_spec_mount *mount, const struct option *option)
{
        switch (option->effect) {
        case ATTR_SET:
        case ATTR_CLEAR:
                change_attr(mount, option);
                break;
        case ATIME:
        case ATIME_NOT:
                change_atime(mount, option);
                break;
        case SB_SET:
                mount->sb_set |= option->bits;
                mount->sb_clear &= ~option->bits;
                break;
        case SB_CLEAR:
                mount->sb_clear |= option->bits;
                mount->sb_set &= ~option->bits;
                break;
        case BIND:
                mount->bind = true;
                mount->bind_recursive = option->recursive;
                break;
        case REMOUNT:
                mount->remount = true;
                break;
        case PROPAGATION:
                mount->propagation = option->bits;
                mount->propagation_recursive = option->recursive;
                break;
        case IDMAP:
                mount->idmap = true;
                mount->idmap_recursive = option->recursive;
                break;
        case TMPCOPYUP:
                mount->tmpcopyup = true;
                break;
        case NOTHING:
                break;
        }
}

int ct_spec_parse_mount_options(const struct ct_json *value, struct ct_spec_mount *ret, contain_error_t **err)
{
        size_t i;
        int r;

        r = ct_spec_get_strings(value, "options", &ret->options, err);
        if (r <= 0)
                return r;
        ret->data.items = ct_arena_array(value->arena, ret->options.n + 1, sizeof *ret->data.items);
        if (!ret->data.items)
                return ct_fail_memory(err);
        for (i = 0; i < ret->options.n; i++) {
                const struct option *option = find(ret->options.items[i]);

                if (option)
                        apply(ret, option);
                else if (ret->options.items[i][0] != '\0')
                        ret->data.items[ret->data.n++] = ret->options.items[i];
        }
        return 0;
}
