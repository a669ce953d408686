/* SPDX-License-Identifier: MIT */

/* The session keyring, the labels of security modules, and no_new_privs. */

#include "plan/parts.h"

#include <string.h>

int ct_plan_add_keyring(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        /* Otherwise the container would share the caller's keyring, and the keys in it. */
        if (!build->request->no_new_keyring)
                ct_build_add(build, .op = STEP_KEYRING,
                             .s = { ct_build_text(build, "_ses.%s", build->request->id) });
        return 0;
}

static bool is_set(const char *text)
{
        return text && text[0] != '\0';
}

static int add_selinux(struct ct_build *build, contain_error_t **err)
{
        static const char at[] = "/process/selinuxLabel";
        const char *label = build->spec->process.selinux_label;

        if (!is_set(label))
                return 0;
        if (!build->facts->has_selinux)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at,
                               "SELinux is not enabled on this machine");
        ct_build_add(build, .op = STEP_LABEL, .at = at, .s = { "exec", label });
        return 0;
}

static int add_apparmor(struct ct_build *build, contain_error_t **err)
{
        static const char at[] = "/process/apparmorProfile";
        const char *profile = build->spec->process.apparmor_profile;

        if (!is_set(profile))
                return 0;
        if (build->facts->has_apparmor) {
                ct_build_add(build, .op = STEP_LABEL, .at = at,
                             .s = { "apparmor/exec", ct_build_text(build, "exec %s", profile) });
                return 0;
        }
        /* Which every process is where there is no AppArmor. */
        if (strcmp(profile, "unconfined") == 0)
                return 0;
        return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at, "AppArmor is not enabled on this machine");
}

int ct_plan_add_labels(struct ct_build *build, contain_error_t **err)
{
        int r = 0;

        if (is_set(build->spec->linux_.mount_label) && !build->facts->has_selinux)
                r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, "/linux/mountLabel",
                            "SELinux is not enabled on this machine");
        r = ct_build_keep(build, r, err);
        if (r < 0)
                return r;
        r = ct_build_keep(build, add_selinux(build, err), err);
        if (r < 0)
                return r;
        return add_apparmor(build, err);
}

int ct_plan_add_no_new_privileges(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        if (build->spec->process.no_new_privileges)
                ct_build_add(build, .op = STEP_NO_NEW_PRIVS, .at = "/process/noNewPrivileges");
        return 0;
}
