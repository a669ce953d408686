/* SPDX-License-Identifier: MIT */

/* Which of the images for many machines is the one for this. */

#include "image/platform.h"

#include <string.h>
#include <sys/utsname.h>

#define TEXT_MAX 100

/* What uname(2) says, and what images call it. */
static const struct {
        const char *machine, *architecture, *variant;
} machines[] = {
        { "x86_64", "amd64", "" }, { "aarch64", "arm64", "" },   { "armv8l", "arm", "v8" },
        { "armv7l", "arm", "v7" }, { "armv6l", "arm", "v6" },    { "armv5tel", "arm", "v5" },
        { "i386", "386", "" },     { "i486", "386", "" },        { "i586", "386", "" },
        { "i686", "386", "" },     { "ppc64le", "ppc64le", "" }, { "ppc64", "ppc64", "" },
        { "s390x", "s390x", "" },  { "riscv64", "riscv64", "" }, { "loongarch64", "loong64", "" },
};

/* The same thing has several names. */
static const struct {
        const char *written, *architecture, *variant;
} synonyms[] = {
        { "x86_64", "amd64", "" }, { "x86-64", "amd64", "" }, { "aarch64", "arm64", "" },
        { "armhf", "arm", "v7" },  { "armel", "arm", "v6" },  { "i386", "386", "" },
};

/* Variants that say what is meant without them. */
static void simplify(struct ct_platform *platform)
{
        if (strcmp(platform->architecture, "arm64") == 0 && strcmp(platform->variant, "v8") == 0)
                platform->variant = "";
        if (strcmp(platform->architecture, "amd64") == 0 && strcmp(platform->variant, "v1") == 0)
                platform->variant = "";
        if (strcmp(platform->architecture, "arm") == 0 && platform->variant[0] == '\0')
                platform->variant = "v7";
}

static int this_machine(struct ct_arena *arena, struct ct_platform *ret, contain_error_t **err)
{
        struct utsname name;
        size_t i;

        if (uname(&name) < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot ask what machine this is");
        *ret = (struct ct_platform){ .os = "linux", .variant = "" };
        for (i = 0; i < sizeof machines / sizeof machines[0]; i++) {
                if (strcmp(machines[i].machine, name.machine) == 0) {
                        ret->architecture = machines[i].architecture;
                        ret->variant = machines[i].variant;
                        return 0;
                }
        }
        ret->architecture = ct_arena_strdup(arena, name.machine);
        return ret->architecture ? 0 : ct_fail_memory(err);
}

/* "arm/v7" is short for "linux/arm/v7". */
static bool is_architecture(const char *name)
{
        size_t i;

        for (i = 0; i < sizeof machines / sizeof machines[0]; i++)
                if (strcmp(machines[i].architecture, name) == 0)
                        return true;
        return false;
}

static int refuse(const char *text, contain_error_t **err)
{
        (void)ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%.100s' is not a platform", text);
        ct_error_set_hint(err, "such as linux/amd64, linux/arm/v7 or arm64");
        return -EINVAL;
}

int ct_platform_parse(struct ct_arena *arena, const char *text, struct ct_platform *ret,
                      contain_error_t **err)
{
        struct ct_platform platform = { .os = "linux", .architecture = "", .variant = "" };
        char *parts[3] = { NULL, NULL, NULL }, *next, *position = NULL;
        size_t i, n = 0;

        if (!text)
                return this_machine(arena, ret, err);
        if (text[0] == '\0' || strlen(text) > TEXT_MAX || strstr(text, "//") || text[0] == '/' ||
            text[strlen(text) - 1] == '/')
                return refuse(text, err);
        next = ct_arena_strdup(arena, text);
        if (!next)
                return ct_fail_memory(err);
        for (next = strtok_r(next, "/", &position); next; next = strtok_r(NULL, "/", &position)) {
                if (n == 3)
                        return refuse(text, err);
                parts[n++] = next;
        }
        if (n == 1 || (n == 2 && is_architecture(parts[0]))) {
                platform.architecture = parts[0];
                platform.variant = n == 2 ? parts[1] : "";
        } else {
                platform.os = parts[0];
                platform.architecture = parts[1];
                platform.variant = n == 3 ? parts[2] : "";
        }
        for (i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
                if (strcmp(platform.architecture, synonyms[i].written) == 0) {
                        platform.architecture = synonyms[i].architecture;
                        if (platform.variant[0] == '\0')
                                platform.variant = synonyms[i].variant;
                        break;
                }
        }
        *ret = platform;
        return 0;
}

/* "v7" of 32-bit ARM: newer machines run what was built for older ones. */
static int arm_version(const char *variant)
{
        return variant[0] == 'v' && variant[1] >= '5' && variant[1] <= '8' && variant[2] == '\0'
                       ? variant[1] - '0'
                       : 0;
}

int ct_platform_match(const struct ct_platform *wanted, const struct ct_platform *has)
{
        struct ct_platform a = *wanted, b = *has;

        if (b.os[0] == '\0' && b.architecture[0] == '\0')
                return 1;
        simplify(&a);
        simplify(&b);
        if (strcmp(a.os, b.os) != 0 || strcmp(a.architecture, b.architecture) != 0)
                return 0;
        if (strcmp(a.variant, b.variant) == 0)
                return 100;
        if (strcmp(a.architecture, "arm") == 0) {
                int wants = arm_version(a.variant), version = arm_version(b.variant);

                return version > 0 && version <= wants ? 10 + version : 0;
        }
        return b.variant[0] == '\0' ? 50 : 0;
}

const char *ct_platform_format(struct ct_arena *arena, const struct ct_platform *platform)
{
        return ct_arena_printf(arena, "%s/%s%s%s", platform->os, platform->architecture,
                               platform->variant[0] ? "/" : "", platform->variant);
}
