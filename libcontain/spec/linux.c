/* SPDX-License-Identifier: MIT */

/* The linux section: hands its parts to their files, and reads the members that stand alone. */

#include "spec/sections.h"

#include "spec/values.h"

#include <linux/mount.h>
#include <linux/personality.h>

static int parse_propagation(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        /* The spec has the plain words only; the recursive ones are what engines write. */
        static const struct ct_word words[] = {
                { "shared", MS_SHARED },         { "rshared", MS_SHARED | MS_REC },
                { "slave", MS_SLAVE },           { "rslave", MS_SLAVE | MS_REC },
                { "private", MS_PRIVATE },       { "rprivate", MS_PRIVATE | MS_REC },
                { "unbindable", MS_UNBINDABLE }, { "runbindable", MS_UNBINDABLE | MS_REC },
        };
        const struct ct_word *word;
        const char *text;
        int r;

        r = ct_spec_get_text(value, "rootfsPropagation", &text, err);
        if (r <= 0)
                return r;
        r = ct_spec_require_word(value, "rootfsPropagation", "propagation", words, CT_LENGTH(words), &word,
                                 err);
        if (r <= 0)
                return r;
        ret->rootfs_propagation = word->value;
        return 0;
}

static int parse_personality(const struct ct_json *value, struct ct_optional_uint *ret, contain_error_t **err)
{
        static const struct ct_word domains[] = { { "LINUX", PER_LINUX }, { "LINUX32", PER_LINUX32 } };
        const struct ct_word *domain = NULL;
        uint64_t flags = 0;
        int r;

        r = ct_spec_require_word(value, "domain", "execution domain", domains, CT_LENGTH(domains), &domain,
                                 err);
        if (r < 0)
                return r;
        ret->value = domain ? domain->value : 0;
        r = ct_spec_get_flags(value, "flags", "personality flag", NULL, 0, &flags, err);
        if (r < 0)
                return r;
        ret->has = domain != NULL;
        return 0;
}

static int parse_members(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        int r;

        r = ct_spec_parse_id_maps(value, "uidMappings", &ret->uid_maps, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_id_maps(value, "gidMappings", &ret->gid_maps, err);
        if (r < 0)
                return r;
        r = ct_spec_get_text(value, "cgroupsPath", &ret->cgroups_path, err);
        if (r < 0)
                return r;
        r = ct_spec_get_pairs(value, "sysctl", &ret->sysctl, err);
        if (r < 0)
                return r;
        r = parse_propagation(value, ret, err);
        if (r < 0)
                return r;
        r = ct_spec_get_paths(value, "maskedPaths", &ret->masked_paths, err);
        if (r < 0)
                return r;
        r = ct_spec_get_paths(value, "readonlyPaths", &ret->readonly_paths, err);
        if (r < 0)
                return r;
        r = ct_spec_get_text(value, "mountLabel", &ret->mount_label, err);
        return r < 0 ? r : 0;
}

static int parse_arrays(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        struct ct_json member;
        size_t n;
        int r;

        r = ct_json_get_array(value, "namespaces", &member, &n, err);
        if (r > 0)
                r = ct_spec_parse_namespaces(&member, ret, err);
        if (r < 0)
                return r;
        r = ct_json_get_array(value, "devices", &member, &n, err);
        if (r > 0)
                r = ct_spec_parse_devices(&member, ret, err);
        return r;
}

static int parse_objects(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_get_object(value, "timeOffsets", &member, err);
        if (r > 0)
                r = ct_spec_parse_time_offsets(&member, ret, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "netDevices", &member, err);
        if (r > 0)
                r = ct_spec_parse_net_devices(&member, ret, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "resources", &member, err);
        if (r > 0)
                r = ct_spec_parse_resources(&member, &ret->resources, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "intelRdt", &member, err);
        if (r > 0)
                r = ct_spec_parse_intel_rdt(&member, &ret->intel_rdt, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "memoryPolicy", &member, err);
        if (r > 0)
                r = ct_spec_parse_memory_policy(&member, &ret->memory_policy, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "seccomp", &member, err);
        if (r > 0)
                r = ct_spec_parse_seccomp(&member, &ret->seccomp, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "personality", &member, err);
        if (r > 0)
                r = parse_personality(&member, &ret->personality, err);
        return r;
}

int ct_spec_parse_linux(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        int r;

        r = parse_arrays(value, ret, err);
        if (r < 0)
                return r;
        r = parse_members(value, ret, err);
        if (r < 0)
                return r;
        return parse_objects(value, ret, err);
}
