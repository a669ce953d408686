/* SPDX-License-Identifier: MIT */

/* The process section: what runs, as whom, with which limits. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

static int parse_group(const struct ct_json *value, void *ret, contain_error_t **err)
{
        uint32_t *group = ret;
        uint64_t gid;
        int r;

        r = ct_json_uint(value, UINT32_MAX - 1, &gid, err);
        if (r <= 0)
                return r;
        *group = (uint32_t)gid;
        return 0;
}

static int parse_groups(const struct ct_json *value, struct ct_spec_user *ret, contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->groups, .parse = parse_group };
        void *items;
        int r;

        r = ct_spec_get_items(value, "additionalGids", &type, &items, &ret->n_groups, err);
        if (r <= 0)
                return r;
        ret->groups = items;
        return 0;
}

static int parse_user(const struct ct_json *value, struct ct_spec_user *ret, contain_error_t **err)
{
        int r;

        r = ct_json_require(ct_spec_get_id(value, "uid", &ret->uid, err), value, "uid", err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_spec_get_id(value, "gid", &ret->gid, err), value, "gid", err);
        if (r < 0)
                return r;
        r = ct_spec_get_uint32(value, "umask", 0777, &ret->umask, err);
        if (r < 0)
                return r;
        ret->has_umask = r > 0;
        return parse_groups(value, ret, err);
}

static int parse_terminal(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err)
{
        struct ct_json size;
        int r;

        r = ct_json_get_bool(value, "terminal", &ret->terminal, err);
        if (r < 0 || !ret->terminal)
                return r; /* consoleSize is to be ignored without a terminal, whatever it holds */
        r = ct_json_get_object(value, "consoleSize", &size, err);
        if (r <= 0)
                return r;
        /* struct winsize has 16 bits for each. */
        r = ct_json_require(ct_spec_get_uint32(&size, "height", UINT16_MAX, &ret->console_height, err), &size,
                            "height", err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_spec_get_uint32(&size, "width", UINT16_MAX, &ret->console_width, err), &size,
                            "width", err);
        if (r < 0)
                return r;
        ret->has_console_size = true;
        return 0;
}

static int parse_args(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err)
{
        struct ct_json args;
        int r;

        r = ct_json_require(ct_spec_get_strings(value, "args", &ret->args, err), value, "args", err);
        if (r <= 0 || (ret->args.n > 0 && ret->args.items[0][0] != '\0'))
                return r;
        r = ct_json_get(value, "args", &args, err);
        if (r < 0 || ct_json_is_damaged(&args))
                return r;
        return ct_json_fail(&args, err, CONTAIN_E_VALUE, "the first element has to name a program");
}

static int check_variable(const struct ct_json *at, const char *text, contain_error_t **err)
{
        const char *equals = strchr(text, '=');

        if (equals && equals != text)
                return 1;
        return ct_json_fail(at, err, CONTAIN_E_VALUE, "'%s' is not of the form NAME=value", text);
}

static int parse_attributes(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err)
{
        int r;

        r = ct_json_get_bool(value, "noNewPrivileges", &ret->no_new_privileges, err);
        if (r < 0)
                return r;
        ret->has_no_new_privileges = r > 0;
        r = ct_spec_get_text(value, "apparmorProfile", &ret->apparmor_profile, err);
        if (r < 0)
                return r;
        r = ct_spec_get_text(value, "selinuxLabel", &ret->selinux_label, err);
        if (r < 0)
                return r;
        return ct_spec_get_int(value, "oomScoreAdj", -1000, 1000, &ret->oom_score_adj, err);
}

static int parse_objects(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err)
{
        struct ct_json member;
        size_t n;
        int r;

        r = ct_json_get_object(value, "user", &member, err);
        if (r > 0)
                r = parse_user(&member, &ret->user, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "capabilities", &member, err);
        if (r > 0)
                r = ct_spec_parse_capabilities(&member, &ret->capabilities, err);
        if (r < 0)
                return r;
        r = ct_json_get_array(value, "rlimits", &member, &n, err);
        if (r > 0)
                r = ct_spec_parse_rlimits(&member, ret, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "scheduler", &member, err);
        if (r > 0)
                r = ct_spec_parse_scheduler(&member, &ret->scheduler, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "ioPriority", &member, err);
        if (r > 0)
                r = ct_spec_parse_io_priority(&member, &ret->io_priority, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "execCPUAffinity", &member, err);
        if (r > 0)
                r = ct_spec_parse_cpu_affinity(&member, ret, err);
        return r;
}

int ct_spec_parse_process(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err)
{
        int r;

        r = parse_args(value, ret, err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_spec_get_path(value, "cwd", &ret->cwd, err), value, "cwd", err);
        if (r < 0)
                return r;
        r = ct_spec_get_checked_strings(value, "env", check_variable, &ret->env, err);
        if (r < 0)
                return r;
        r = parse_terminal(value, ret, err);
        if (r < 0)
                return r;
        r = parse_attributes(value, ret, err);
        if (r < 0)
                return r;
        r = parse_objects(value, ret, err);
        if (r < 0)
                return r;
        ret->has = true;
        return 0;
}
