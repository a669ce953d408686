/* SPDX-License-Identifier: MIT */

/*
 * Ids in the options of a file system ("gid=5" of devpts). In a user namespace they are those of the
 * container, and one that is not mapped makes the kernel say no more than "invalid argument".
 */

#include "plan/parts.h"

#include <string.h>

/* The number behind "uid=" or "gid="; false for what is no plain number, which the kernel shall judge. */
static bool parse_id(const char *option, const char *key, uint32_t *ret)
{
        uint64_t value = 0;
        const char *digit;

        if (strncmp(option, key, strlen(key)) != 0 || option[strlen(key)] == '\0')
                return false;
        for (digit = option + strlen(key); *digit != '\0'; digit++) {
                if (*digit < '0' || *digit > '9')
                        return false;
                value = value * 10 + (uint64_t)(*digit - '0');
                if (value > UINT32_MAX)
                        return false;
        }
        *ret = (uint32_t)value;
        return true;
}

int ct_plan_check_mount_ids(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                            contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        uint32_t id;
        int r = 0;

        for (size_t i = 0; i < mount->options.n && r == 0; i++) {
                const char *option = mount->options.items[i];

                if (parse_id(option, "uid=", &id))
                        r = ct_plan_check_mapped(build, &linux_->uid_maps, id,
                                                 ct_build_text(build, "%s/options/%zu", at, i), err);
                else if (parse_id(option, "gid=", &id))
                        r = ct_plan_check_mapped(build, &linux_->gid_maps, id,
                                                 ct_build_text(build, "%s/options/%zu", at, i), err);
        }
        return r;
}
