/* SPDX-License-Identifier: MIT */

/*
 * Any configuration that parses, planned for machines and callers of several kinds: refused with a complete
 * error, or a plan that is sound and can be printed. The corpus is tests/unit/plan/golden/.
 */

#include "plan/plan.h"
#include "plan/verify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
        if (!condition)
                abort();
}

static const struct ct_facts_hierarchy hierarchies[] = {
        { .v2 = true,
          .options = "",
          .name = "unified",
          .mountpoint = "/sys/fs/cgroup",
          .container_path = "/a/b" },
        { .options = "cpu,cpuacct", .name = "cpu,cpuacct", .mountpoint = "/c", .container_path = NULL },
        { .options = "none,name=systemd", .name = "systemd", .mountpoint = "/s", .container_path = "/" },
};

static const struct ct_facts root = {
        .kernel_major = 6,
        .kernel_minor = 1,
        .last_capability = 40,
        .has_mount_setattr = true,
        .has_idmapped_mounts = true,
        .has_time_namespace = true,
        .has_cgroup_namespace = true,
        .has_user_namespace = true,
        .has_apparmor = true,
        .has_selinux = true,
        .has_seccomp = true,
        .seccomp_flags = 0x3f,
        .capabilities = UINT64_MAX,
        .in_initial_userns = true,
        .cgroup_mode = CT_CGROUP_V2,
        .hierarchies = hierarchies,
        .n_hierarchies = 1,
};

static const struct ct_facts user = {
        .kernel_major = 5,
        .kernel_minor = 10,
        .last_capability = 63,
        .has_user_namespace = true,
        .has_cgroup_namespace = true,
        .uid = 1000,
        .gid = 1000,
        .newuidmap = "/usr/bin/newuidmap",
        .newgidmap = "/usr/bin/newgidmap",
        .cgroup_mode = CT_CGROUP_HYBRID,
        .hierarchies = hierarchies,
        .n_hierarchies = 3,
};

static void plan(const struct ct_spec *spec, const struct ct_facts *facts, const struct ct_request *request)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_plan_freep) struct ct_plan *compiled = NULL;
        _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
        int r = ct_plan_compile(spec, facts, request, &compiled, &error);

        require(r <= 0);
        require((r == 0) == (compiled != NULL));
        require((r < 0) == (error != NULL));
        require(r == -contain_error_errno(error));
        if (error) {
                require(contain_error_code(error) != CONTAIN_E_SYSTEM);
                require(contain_error_sentence(error)[0] != '\0');
                require(contain_error_pointer(error)[0] == '/' || contain_error_errno(error) == E2BIG);
                return;
        }
        require(plan_verify(compiled->bytes, compiled->size) == 0);
        require(ct_plan_header(compiled)->n_steps > 0);
        require(ct_plan_step(compiled, ct_plan_header(compiled)->n_steps - 1)->op == STEP_EXEC);
        require(ct_plan_dump(compiled, &out) == 0 && out.size > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct ct_request usual = {
                .id = "a", .bundle = "/b", .n_extra_fds = 1, .cgroup_path = "/a/b"
        };
        static const struct ct_request in_place = {
                .id = "a", .bundle = "/b", .become = true, .no_pivot = true
        };
        static const struct ct_request given = {
                .id = "a",
                .bundle = "/b",
                .has_rootfs_fd = true,
                .namespace_fds = 0x40000000, /* CLONE_NEWNET */
                .has_seccomp_socket = true,
        };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_spec *spec = NULL;

        require(arena != NULL);
        if (ct_spec_parse(arena, (const char *)data, size, &spec, &error) < 0)
                return 0;
        plan(spec, &root, &usual);
        plan(spec, &user, &usual);
        plan(spec, &root, &in_place);
        plan(spec, &user, &in_place);
        plan(spec, &root, &given);
        return 0;
}
