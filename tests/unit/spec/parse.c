/* SPDX-License-Identifier: MIT */

/* What good configurations become. */

#include "fixture.h"

#include "harness/test.h"

#include <linux/mount.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/resource.h>

static void parse_case(struct fixture *f, const char *name)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;

        *f = (struct fixture){ 0 };
        text = fixture_read_case(name, &size);
        if (text)
                fixture_parse(f, text, size);
}

TEST(parse_minimal_has_no_null_strings)
{
        _cleanup_(fixture_done) struct fixture f;

        parse_case(&f, "y_minimal.json");
        REQUIRE(f.spec);
        EXPECT_STR(f.spec->oci_version, "1.0.0");
        EXPECT_STR(f.spec->root_path, "/r");
        EXPECT(!f.spec->root_readonly);
        EXPECT(!f.spec->process.has);
        EXPECT_STR(f.spec->process.cwd, "");
        EXPECT_STR(f.spec->linux_.memory_policy.nodes, "");
        EXPECT(f.spec->hostname == NULL);
        EXPECT_EQ(f.spec->n_mounts, 0);
        EXPECT(!f.spec->linux_.resources.has && !f.spec->linux_.seccomp.has);
}

TEST(parse_process)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_process *process;

        parse_case(&f, "y_process_all.json");
        REQUIRE(f.spec);
        process = &f.spec->process;
        EXPECT(process->has && !process->terminal);
        EXPECT_EQ(process->user.uid, 1000);
        EXPECT(process->user.has_umask);
        EXPECT_EQ(process->user.umask, 022);
        REQUIRE_EQ(process->user.n_groups, 3);
        EXPECT_EQ(process->user.groups[2], 7);
        REQUIRE_EQ(process->args.n, 3);
        EXPECT_STR(process->args.items[2], "exit 0");
        EXPECT(process->args.items[3] == NULL);
        EXPECT_STR(process->env.items[2], "A=b=c");
        EXPECT_STR(process->cwd, "/home/me");
        EXPECT(process->no_new_privileges);
        EXPECT_STR(process->apparmor_profile, "unconfined");
        EXPECT(process->oom_score_adj.has);
        EXPECT_EQ(process->oom_score_adj.value, -1000);
        REQUIRE_EQ(process->n_rlimits, 2);
        EXPECT_EQ(process->rlimits[0].resource, RLIMIT_NOFILE);
        EXPECT(process->rlimits[1].hard == UINT64_MAX);
        EXPECT_EQ(process->scheduler.policy, 3);
        EXPECT_EQ(process->scheduler.nice, 19);
        EXPECT_EQ(process->scheduler.flags, 1);
        EXPECT_EQ(process->io_priority.class, 3);
        EXPECT_STR(process->exec_cpu_initial, "0-3,7");
        EXPECT(process->exec_cpu_final == NULL);
}

TEST(parse_capabilities_keeps_unknown_names_apart)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_capabilities *capabilities;

        parse_case(&f, "y_process_all.json");
        REQUIRE(f.spec);
        capabilities = &f.spec->process.capabilities;
        EXPECT(capabilities->has);
        EXPECT_EQ(capabilities->bounding, 1 | 1 << 5 | UINT64_C(1) << 40);
        EXPECT_EQ(capabilities->ambient, capabilities->bounding);
        REQUIRE_EQ(capabilities->unknown.n, 2);
        EXPECT_STR(capabilities->unknown.items[0], "CAP_FUTURE");
        EXPECT_STR(capabilities->unknown.items[1], "KILL");
        EXPECT(capabilities->unknown.items[2] == NULL);
}

TEST(parse_console_size_only_with_a_terminal)
{
        _cleanup_(fixture_done) struct fixture with, without;

        parse_case(&with, "y_console_size.json");
        parse_case(&without, "y_console_size_without_terminal.json");
        REQUIRE(with.spec && without.spec);
        EXPECT(with.spec->process.has_console_size);
        EXPECT_EQ(with.spec->process.console_width, 80);
        EXPECT(!without.spec->process.has_console_size);
}

TEST(parse_empty_strings_are_absent)
{
        _cleanup_(fixture_done) struct fixture f;

        parse_case(&f, "y_empty_strings.json");
        REQUIRE(f.spec);
        EXPECT(!f.spec->process.apparmor_profile && !f.spec->process.selinux_label && !f.spec->hostname);
        EXPECT(!f.spec->linux_.mount_label && !f.spec->linux_.cgroups_path);
        EXPECT(!f.spec->linux_.resources.cpu.cpus && !f.spec->linux_.resources.cpu.mems);
        EXPECT_EQ(f.spec->linux_.rootfs_propagation, 0);
}

TEST(parse_namespaces)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_namespace *found;
        size_t index = 99;

        parse_case(&f, "y_namespaces_all_joined.json");
        REQUIRE(f.spec);
        EXPECT_EQ(f.spec->linux_.n_namespaces, 8);
        found = ct_spec_namespace_find(f.spec, CLONE_NEWIPC, &index);
        REQUIRE(found);
        EXPECT_EQ(index, 3);
        EXPECT_STR(found->name, "ipc");
        EXPECT_STR(found->path, "/proc/1/ns/x");
        EXPECT(ct_spec_namespace_find(f.spec, 1, &index) == NULL);
        EXPECT_EQ(index, 3);
}

TEST(parse_id_maps_and_clocks)
{
        _cleanup_(fixture_done) struct fixture f;

        parse_case(&f, "y_namespaces_all_new.json");
        REQUIRE(f.spec);
        EXPECT(f.spec->linux_.namespaces[0].path == NULL);
        REQUIRE_EQ(f.spec->linux_.gid_maps.n, 2);
        EXPECT_EQ(f.spec->linux_.gid_maps.items[1].container_id, 65536);
        EXPECT_EQ(f.spec->linux_.gid_maps.items[1].host_id, 1000);
        EXPECT_EQ(f.spec->linux_.uid_maps.items[0].size, UINT32_MAX);
        EXPECT(f.spec->linux_.time_monotonic.has && f.spec->linux_.time_boottime.has);
        EXPECT_EQ(f.spec->linux_.time_monotonic.secs, -1);
        EXPECT_EQ(strlen(f.spec->hostname), 64);
}

TEST(parse_mounts)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_mount *mount;

        parse_case(&f, "y_mount_options_all.json");
        REQUIRE(f.spec);
        mount = &f.spec->mounts[f.spec->n_mounts - 1];
        EXPECT_STR(mount->destination, "/rel");
        EXPECT_STR(mount->type, "tmpfs");
        EXPECT_EQ(mount->data.n, 3);
}

TEST(parse_devices)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_device *devices;

        parse_case(&f, "y_devices.json");
        REQUIRE(f.spec);
        REQUIRE_EQ(f.spec->linux_.n_devices, 5);
        devices = f.spec->linux_.devices;
        EXPECT_EQ(devices[0].file_mode, 0666); /* 8630 is S_IFCHR with it */
        EXPECT(devices[0].has_uid && devices[0].has_gid);
        EXPECT_EQ(devices[1].type, 'b');
        EXPECT(!devices[1].has_uid);
        EXPECT_EQ(devices[2].type, 'c');
        EXPECT_EQ(devices[3].type, 'p');
        EXPECT_EQ(devices[4].minor, 0xfffff);
}

TEST(parse_resources)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_resources *resources;

        parse_case(&f, "y_resources_all.json");
        REQUIRE(f.spec);
        resources = &f.spec->linux_.resources;
        EXPECT(resources->has && resources->block_io.has);
        REQUIRE_EQ(resources->n_devices, 4);
        EXPECT(!resources->devices[0].allow && resources->devices[0].mknod);
        EXPECT_EQ(resources->devices[0].type, 'a');
        EXPECT_EQ(resources->devices[0].major, -1);
        EXPECT(resources->devices[1].read && resources->devices[1].write && !resources->devices[1].mknod);
        EXPECT(resources->devices[3].read && resources->devices[3].write && resources->devices[3].mknod);
        EXPECT_EQ(resources->memory.reservation.value, -1);
        EXPECT(resources->memory.has_disable_oom_killer && !resources->memory.disable_oom_killer);
        EXPECT(resources->memory.check_before_update);
        EXPECT_EQ(resources->cpu.burst.value, 1000000);
        EXPECT_STR(resources->cpu.cpus, "0-31:2/4,40");
        EXPECT(resources->pids_limit.has);
        EXPECT_EQ(resources->pids_limit.value, 0);
        EXPECT(resources->block_io.throttle[CT_THROTTLE_WRITE_BPS].items[0].rate == UINT64_MAX);
        EXPECT(!resources->block_io.weight_devices[1].leaf_weight.has);
        EXPECT_STR(resources->hugepage_limits[1].page_size, "64KB");
        EXPECT_EQ(resources->network_priorities[1].priority, 1000);
        EXPECT_STR(resources->rdma[1].device, "rxe3");
        EXPECT(!resources->rdma[1].hca_handles.has);
        REQUIRE_EQ(resources->unified.n, 3);
        EXPECT_STR(resources->unified.items[1].key, "hugetlb.1GB.max");
        EXPECT_STR(resources->unified.items[2].value, "max");
}

TEST(parse_empty_resources)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_resources *resources;

        parse_case(&f, "y_resources_empty_objects.json");
        REQUIRE(f.spec);
        resources = &f.spec->linux_.resources;
        EXPECT(resources->has);
        EXPECT(!resources->block_io.weight.has && !resources->pids_limit.has && !resources->memory.limit.has);
}

TEST(parse_seccomp)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_seccomp *seccomp;

        parse_case(&f, "y_seccomp_all.json");
        REQUIRE(f.spec);
        seccomp = &f.spec->linux_.seccomp;
        EXPECT_STR(seccomp->default_action, "SCMP_ACT_ERRNO");
        EXPECT_EQ(seccomp->default_errno_ret.value, 38);
        EXPECT_EQ(seccomp->architectures.n, 23);
        EXPECT_EQ(seccomp->flags.n, 4);
        EXPECT_STR(seccomp->listener_path, "/run/agent.sock");
        REQUIRE_EQ(seccomp->n_rules, 10);
        EXPECT_STR(seccomp->rules[4].action, "SCMP_ACT_ERRNO");
        EXPECT(!seccomp->rules[4].errno_ret.has);
        REQUIRE_EQ(seccomp->rules[9].n_args, 7);
        EXPECT_EQ(seccomp->rules[9].errno_ret.value, 65535);
        EXPECT_STR(seccomp->rules[9].args[6].op, "SCMP_CMP_MASKED_EQ");
        EXPECT(seccomp->rules[9].args[6].value == UINT64_MAX);
        EXPECT_EQ(seccomp->rules[9].args[6].value_two, 1);
}

TEST(parse_hooks)
{
        _cleanup_(fixture_done) struct fixture f;
        int kind;

        parse_case(&f, "y_hooks_all.json");
        REQUIRE(f.spec);
        for (kind = 0; kind < CT_HOOK_N; kind++) {
                const struct ct_spec_hooks *hooks = &f.spec->hooks[kind];

                REQUIRE_EQ(hooks->n, 2);
                EXPECT_STR(hooks->items[0].args.items[1], ct_spec_hook_name((enum ct_spec_hook_kind)kind));
                EXPECT_EQ(hooks->items[0].timeout, 5);
                EXPECT(hooks->items[1].args.items == NULL && hooks->items[1].env.items == NULL);
                EXPECT_EQ(hooks->items[1].timeout, 0);
        }
}

TEST(parse_rest_of_linux)
{
        _cleanup_(fixture_done) struct fixture rdt, policy, personality, propagation, net;

        parse_case(&rdt, "y_intel_rdt.json");
        parse_case(&policy, "y_memory_policy.json");
        parse_case(&personality, "y_personality.json");
        parse_case(&propagation, "y_propagation_rslave.json");
        parse_case(&net, "y_net_devices.json");
        REQUIRE(rdt.spec && policy.spec && personality.spec && propagation.spec && net.spec);
        EXPECT_STR(rdt.spec->linux_.intel_rdt.mem_bw_schema, "MB:0=20;1=70");
        EXPECT_EQ(rdt.spec->linux_.intel_rdt.schemata.n, 2);
        EXPECT(rdt.spec->linux_.intel_rdt.enable_monitoring);
        EXPECT_EQ(policy.spec->linux_.memory_policy.mode, 3);
        EXPECT_EQ(policy.spec->linux_.memory_policy.flags, 1 << 15);
        EXPECT_STR(policy.spec->linux_.memory_policy.nodes, "0-1,3");
        EXPECT_EQ(personality.spec->linux_.personality.value, 8);
        EXPECT_EQ(propagation.spec->linux_.rootfs_propagation, MS_SLAVE | MS_REC);
        EXPECT_STR(net.spec->linux_.net_devices[0].name, "container_eth0");
        EXPECT_STR(net.spec->linux_.net_devices[1].host_name, "ens4");
        EXPECT(net.spec->linux_.net_devices[1].name == NULL);
}

TEST(parse_result_outlives_the_text)
{
        _cleanup_(fixture_done) struct fixture f = { 0 };
        char *text;
        size_t size;

        text = fixture_read_case("y_unicode.json", &size);
        REQUIRE(text);
        fixture_parse(&f, text, size);
        memset(text, 'x', size);
        free(text);
        REQUIRE(f.spec);
        EXPECT_STR(f.spec->process.args.items[1], "h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80");
        EXPECT_STR(f.spec->annotations.items[0].value, "v\xc3\xa4lue");
}
