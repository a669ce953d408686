/* SPDX-License-Identifier: MIT */

/* linux.seccomp: its words are checked here, and left as words for libseccomp to resolve. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

/* The largest errno that the action can carry; 0 for those that carry none. */
static const struct ct_word actions[] = {
        { "SCMP_ACT_KILL", 0 },  { "SCMP_ACT_KILL_PROCESS", 0 }, { "SCMP_ACT_KILL_THREAD", 0 },
        { "SCMP_ACT_TRAP", 0 },  { "SCMP_ACT_ERRNO", 4095 },     { "SCMP_ACT_TRACE", UINT16_MAX },
        { "SCMP_ACT_ALLOW", 0 }, { "SCMP_ACT_LOG", 0 },          { "SCMP_ACT_NOTIFY", 0 },
};

static const struct ct_word architectures[] = {
        { "SCMP_ARCH_X86", 0 },         { "SCMP_ARCH_X86_64", 0 },   { "SCMP_ARCH_X32", 0 },
        { "SCMP_ARCH_ARM", 0 },         { "SCMP_ARCH_AARCH64", 0 },  { "SCMP_ARCH_LOONGARCH64", 0 },
        { "SCMP_ARCH_M68K", 0 },        { "SCMP_ARCH_MIPS", 0 },     { "SCMP_ARCH_MIPS64", 0 },
        { "SCMP_ARCH_MIPS64N32", 0 },   { "SCMP_ARCH_MIPSEL", 0 },   { "SCMP_ARCH_MIPSEL64", 0 },
        { "SCMP_ARCH_MIPSEL64N32", 0 }, { "SCMP_ARCH_PPC", 0 },      { "SCMP_ARCH_PPC64", 0 },
        { "SCMP_ARCH_PPC64LE", 0 },     { "SCMP_ARCH_S390", 0 },     { "SCMP_ARCH_S390X", 0 },
        { "SCMP_ARCH_PARISC", 0 },      { "SCMP_ARCH_PARISC64", 0 }, { "SCMP_ARCH_RISCV64", 0 },
        { "SCMP_ARCH_SHEB", 0 },        { "SCMP_ARCH_SH", 0 },
};

static const struct ct_word operators[] = {
        { "SCMP_CMP_NE", 0 }, { "SCMP_CMP_LT", 0 }, { "SCMP_CMP_LE", 0 },        { "SCMP_CMP_EQ", 0 },
        { "SCMP_CMP_GE", 0 }, { "SCMP_CMP_GT", 0 }, { "SCMP_CMP_MASKED_EQ", 0 },
};

static const struct ct_word filter_flags[] = {
        { "SECCOMP_FILTER_FLAG_TSYNC", 0 },
        { "SECCOMP_FILTER_FLAG_LOG", 0 },
        { "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 0 },
        { "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0 },
};

static int get_words(const struct ct_json *value, const char *key, const char *what,
                     const struct ct_word *words, size_t n_words, struct ct_strings *ret,
                     contain_error_t **err)
{
        uint64_t ignored;
        int r;

        r = ct_spec_get_flags(value, key, what, words, n_words, &ignored, err);
        if (r <= 0)
                return r;
        return ct_spec_get_strings(value, key, ret, err);
}

/* An action together with its errno, whose members are called @key and @errno_key. */
static int parse_action(const struct ct_json *value, const char *key, const char *errno_key,
                        const char **ret_action, struct ct_optional_uint *ret_errno, contain_error_t **err)
{
        const struct ct_word *action = NULL;
        struct ct_json member;
        int r;

        r = ct_spec_require_word(value, key, "seccomp action", actions, CT_LENGTH(actions), &action, err);
        if (r < 0)
                return r;
        *ret_action = action ? action->name : NULL;
        r = ct_json_get(value, errno_key, &member, err);
        if (r <= 0 || !action)
                return r;
        if (action->value == 0)
                return ct_json_fail(&member, err, CONTAIN_E_CONFLICT, "action '%s' carries no errno",
                                    action->name);
        return ct_spec_get_uint(value, errno_key, action->value, ret_errno, err);
}

static int parse_arg(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_seccomp_arg *arg = ret;
        const struct ct_word *op = NULL;
        int r;

        r = ct_json_require(ct_spec_get_uint32(value, "index", 5, &arg->index, err), value, "index", err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_json_get_uint(value, "value", UINT64_MAX, &arg->value, err), value, "value",
                            err);
        if (r < 0)
                return r;
        r = ct_json_get_uint(value, "valueTwo", UINT64_MAX, &arg->value_two, err);
        if (r < 0)
                return r;
        r = ct_spec_require_word(value, "op", "seccomp operator", operators, CT_LENGTH(operators), &op, err);
        if (r < 0)
                return r;
        arg->op = op ? op->name : NULL;
        return 0;
}

static int parse_args(const struct ct_json *value, struct ct_spec_seccomp_rule *ret, contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->args, .parse = parse_arg };
        void *items;
        int r;

        r = ct_spec_get_items(value, "args", &type, &items, &ret->n_args, err);
        if (r <= 0)
                return r;
        ret->args = items;
        return 0;
}

static int parse_rule(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_seccomp_rule *rule = ret;
        struct ct_json names;
        int r;

        r = ct_json_require(ct_json_get(value, "names", &names, err), value, "names", err);
        if (r > 0)
                r = ct_spec_get_strings(value, "names", &rule->names, err);
        if (r > 0 && rule->names.n == 0 && !ct_json_is_damaged(&names))
                r = ct_json_fail(&names, err, CONTAIN_E_VALUE, "no system call is named");
        if (r < 0)
                return r;
        r = parse_action(value, "action", "errnoRet", &rule->action, &rule->errno_ret, err);
        if (r < 0)
                return r;
        return parse_args(value, rule, err);
}

static int parse_rules(const struct ct_json *value, struct ct_spec_seccomp *ret, contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->rules, .parse = parse_rule };
        void *items;
        int r;

        r = ct_spec_get_items(value, "syscalls", &type, &items, &ret->n_rules, err);
        if (r <= 0)
                return r;
        ret->rules = items;
        return 0;
}

static int parse_listener(const struct ct_json *value, struct ct_spec_seccomp *ret, contain_error_t **err)
{
        int r;

        r = ct_spec_get_text(value, "listenerPath", &ret->listener_path, err);
        if (r < 0)
                return r;
        r = ct_spec_get_text(value, "listenerMetadata", &ret->listener_metadata, err);
        if (r < 0)
                return r;
        if (ret->listener_metadata && !ret->listener_path && !ct_json_is_damaged(value))
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT,
                                    "'listenerMetadata' is given without 'listenerPath'");
        return 0;
}

int ct_spec_parse_seccomp(const struct ct_json *value, struct ct_spec_seccomp *ret, contain_error_t **err)
{
        int r;

        r = parse_action(value, "defaultAction", "defaultErrnoRet", &ret->default_action,
                         &ret->default_errno_ret, err);
        if (r < 0)
                return r;
        r = get_words(value, "architectures", "seccomp architecture", architectures, CT_LENGTH(architectures),
                      &ret->architectures, err);
        if (r < 0)
                return r;
        r = get_words(value, "flags", "seccomp flag", filter_flags, CT_LENGTH(filter_flags), &ret->flags,
                      err);
        if (r < 0)
                return r;
        r = parse_listener(value, ret, err);
        if (r < 0)
                return r;
        r = parse_rules(value, ret, err);
        if (r < 0)
                return r;
        ret->has = !ct_json_is_damaged(value);
        return 0;
}
