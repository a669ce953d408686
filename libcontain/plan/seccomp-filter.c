/* SPDX-License-Identifier: MIT */

/*
 * linux.seccomp to a filter program, by libseccomp, which knows every architecture's system call numbers.
 *
 * System calls that it does not know are passed over: configurations list those of newer kernels as well, and
 * such a call meets the default action. A call of an architecture that is not listed kills the thread, as is
 * libseccomp's own default.
 */

#include "plan/parts.h"

#include "base/fds.h"

#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define AT         "/linux/seccomp"
#define MAX_LENGTH ((size_t)BPF_MAXINSNS)

static void release(scmp_filter_ctx *filter)
{
        if (*filter)
                seccomp_release(*filter);
}

static uint32_t action_number(const char *name, const struct ct_optional_uint *errno_ret)
{
        uint32_t data = errno_ret->has ? (uint32_t)errno_ret->value : EPERM;

        if (strcmp(name, "SCMP_ACT_ERRNO") == 0)
                return SCMP_ACT_ERRNO(data);
        if (strcmp(name, "SCMP_ACT_TRACE") == 0)
                return SCMP_ACT_TRACE(data);
        if (strcmp(name, "SCMP_ACT_KILL_PROCESS") == 0)
                return SCMP_ACT_KILL_PROCESS;
        if (strcmp(name, "SCMP_ACT_TRAP") == 0)
                return SCMP_ACT_TRAP;
        if (strcmp(name, "SCMP_ACT_ALLOW") == 0)
                return SCMP_ACT_ALLOW;
        if (strcmp(name, "SCMP_ACT_LOG") == 0)
                return SCMP_ACT_LOG;
        if (strcmp(name, "SCMP_ACT_NOTIFY") == 0)
                return SCMP_ACT_NOTIFY;
        return SCMP_ACT_KILL_THREAD; /* SCMP_ACT_KILL, too */
}

bool ct_plan_seccomp_notifies(const struct ct_spec_seccomp *seccomp)
{
        if (!seccomp->has)
                return false;
        for (size_t i = 0; i < seccomp->n_rules; i++)
                if (strcmp(seccomp->rules[i].action, "SCMP_ACT_NOTIFY") == 0)
                        return true;
        return strcmp(seccomp->default_action, "SCMP_ACT_NOTIFY") == 0;
}

static int fail_at(contain_error_t **err, int r, const char *list, size_t i, const char *what,
                   const char *name)
{
        char at[64];

        (void)snprintf(at, sizeof(at), AT "/%s/%zu", list, i);
        if (r == -ENOMEM)
                return ct_fail_memory(err);
        return ct_fail(err, CONTAIN_E_SECCOMP, -r, at, "%s '%s' is refused by libseccomp", what, name);
}

/* --- architectures --------------------------------------------------------------------------- */

/* libseccomp's own names are ours without the prefix, in lower case: "SCMP_ARCH_X86_64", "x86_64". */
static uint32_t resolve_arch(const char *name)
{
        char lower[32];
        size_t i;

        if (strncmp(name, "SCMP_ARCH_", strlen("SCMP_ARCH_")) == 0)
                name += strlen("SCMP_ARCH_");
        for (i = 0; name[i] != '\0' && i < sizeof(lower) - 1; i++)
                lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
        lower[i] = '\0';
        return seccomp_arch_resolve_name(lower);
}

/* When any are listed, those are all: the machine's own goes too, unless it is among them. */
static int add_architectures(scmp_filter_ctx filter, const struct ct_strings *names, contain_error_t **err)
{
        uint32_t native = seccomp_arch_native();
        bool has_native = names->n == 0;
        int r;

        for (size_t i = 0; i < names->n; i++) {
                uint32_t arch = resolve_arch(names->items[i]);

                if (arch == 0)
                        return fail_at(err, -EOPNOTSUPP, "architectures", i, "architecture", names->items[i]);
                has_native = has_native || arch == native;
                r = seccomp_arch_add(filter, arch);
                if (r < 0 && r != -EEXIST)
                        return fail_at(err, r, "architectures", i, "architecture", names->items[i]);
        }
        if (!has_native && seccomp_arch_remove(filter, native) < 0)
                return ct_fail(err, CONTAIN_E_SECCOMP, EINVAL, AT "/architectures",
                               "the machine's own architecture cannot be left out");
        return 0;
}

/* --- rules ----------------------------------------------------------------------------------- */

static enum scmp_compare compare_number(const char *op)
{
        static const struct {
                const char *name;
                enum scmp_compare op;
        } ops[] = {
                { "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LT", SCMP_CMP_LT },
                { "SCMP_CMP_LE", SCMP_CMP_LE }, { "SCMP_CMP_EQ", SCMP_CMP_EQ },
                { "SCMP_CMP_GE", SCMP_CMP_GE }, { "SCMP_CMP_GT", SCMP_CMP_GT },
        };

        for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
                if (strcmp(op, ops[i].name) == 0)
                        return ops[i].op;
        return SCMP_CMP_MASKED_EQ;
}

static struct scmp_arg_cmp comparison(const struct ct_spec_seccomp_arg *arg)
{
        return (struct scmp_arg_cmp){ .arg = arg->index,
                                      .op = compare_number(arg->op),
                                      .datum_a = arg->value,
                                      .datum_b = arg->value_two };
}

/*
 * libseccomp takes one comparison per argument. A rule with two on the same argument becomes a rule for each
 * comparison, any of which is enough: configurations in the field are written for that reading.
 */
static bool is_alternative(const struct ct_spec_seccomp_rule *rule)
{
        unsigned seen = 0;

        for (size_t i = 0; i < rule->n_args; i++) {
                if (seen & 1u << rule->args[i].index)
                        return true;
                seen |= 1u << rule->args[i].index;
        }
        return false;
}

static int add_call(scmp_filter_ctx filter, const struct ct_spec_seccomp_rule *rule, uint32_t action,
                    int number)
{
        struct scmp_arg_cmp comparisons[6];
        int r;

        if (!is_alternative(rule)) {
                for (size_t i = 0; i < rule->n_args; i++)
                        comparisons[i] = comparison(&rule->args[i]);
                r = seccomp_rule_add_array(filter, action, number, (unsigned)rule->n_args, comparisons);
                return r == -EEXIST ? 0 : r;
        }
        for (size_t i = 0; i < rule->n_args; i++) {
                comparisons[0] = comparison(&rule->args[i]);
                r = seccomp_rule_add_array(filter, action, number, 1, comparisons);
                if (r < 0 && r != -EEXIST)
                        return r;
        }
        return 0;
}

static int add_rules(scmp_filter_ctx filter, const struct ct_spec_seccomp *seccomp, uint32_t default_action,
                     contain_error_t **err)
{
        for (size_t i = 0; i < seccomp->n_rules; i++) {
                const struct ct_spec_seccomp_rule *rule = &seccomp->rules[i];
                uint32_t action = action_number(rule->action, &rule->errno_ret);

                /* What happens anyway is no rule to libseccomp, but an error. */
                if (action == default_action)
                        continue;
                for (size_t j = 0; j < rule->names.n; j++) {
                        int number = seccomp_syscall_resolve_name(rule->names.items[j]);
                        int r = number == __NR_SCMP_ERROR ? 0 : add_call(filter, rule, action, number);

                        if (r < 0)
                                return fail_at(err, r, "syscalls", i, "the rule for", rule->names.items[j]);
                }
        }
        return 0;
}

/* --- the program ------------------------------------------------------------------------------ */

static int export_program(scmp_filter_ctx filter, struct ct_buf *ret, contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        int r;

        fd = memfd_create("seccomp", MFD_CLOEXEC);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, AT, "cannot make room for the filter");
        r = seccomp_export_bpf(filter, fd);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SECCOMP, -r, AT, "libseccomp cannot make a filter of this");
        if (lseek(fd, 0, SEEK_SET) < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, AT, "cannot read the filter back");
        r = ct_read_fd(fd, MAX_LENGTH * sizeof(struct sock_filter), &bytes, &size);
        if (r == -EFBIG)
                return ct_fail(err, CONTAIN_E_SECCOMP, E2BIG, AT,
                               "the filter is longer than %zu instructions, the kernel's limit", MAX_LENGTH);
        if (r < 0 && r != -ENOMEM)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, AT, "cannot read the filter back");
        if (r < 0 || ct_buf_append(ret, bytes, size) < 0)
                return ct_fail_memory(err);
        return 0;
}

int ct_plan_seccomp_filter(const struct ct_spec_seccomp *seccomp, struct ct_buf *ret, contain_error_t **err)
{
        uint32_t default_action = action_number(seccomp->default_action, &seccomp->default_errno_ret);
        _cleanup_(release) scmp_filter_ctx filter = seccomp_init(default_action);
        int r;

        if (!filter)
                return ct_fail(err, CONTAIN_E_SECCOMP, EINVAL, AT "/defaultAction",
                               "'%s' cannot be the default action", seccomp->default_action);
        /* A binary tree instead of a list of hundreds of comparisons, from libseccomp 2.5. */
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        r = add_architectures(filter, &seccomp->architectures, err);
        if (r < 0)
                return r;
        r = add_rules(filter, seccomp, default_action, err);
        if (r < 0)
                return r;
        return export_program(filter, ret, err);
}
