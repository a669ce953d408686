/* SPDX-License-Identifier: MIT */

#include "world.h"

#include "base/arena.h"
#include "harness/test.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

static void set_defaults(struct world *world)
{
        world->hierarchies[0] = (struct ct_facts_hierarchy){
                .v2 = true,
                .options = "",
                .name = "",
                .mountpoint = "/sys/fs/cgroup",
                .container_path = "/contain/test",
        };
        world->facts = (struct ct_facts){
                .kernel_major = 6,
                .kernel_minor = 1,
                .last_capability = 40,
                .has_mount_setattr = true,
                .has_idmapped_mounts = true,
                .has_time_namespace = true,
                .has_cgroup_namespace = true,
                .has_user_namespace = true,
                .has_seccomp = true,
                .seccomp_flags = 0x3f,
                .capabilities = UINT64_MAX,
                .in_initial_userns = true,
                .cgroup_mode = CT_CGROUP_V2,
                .hierarchies = world->hierarchies,
                .n_hierarchies = 1,
        };
        world->request =
                (struct ct_request){ .id = "test", .bundle = "/bundle", .cgroup_path = "/contain/test" };
}

static bool set_has(struct ct_facts *facts, const char *word, bool value)
{
        const struct {
                const char *word;
                bool *fact;
        } words[] = {
                { "mount-setattr", &facts->has_mount_setattr },
                { "idmapped-mounts", &facts->has_idmapped_mounts },
                { "time", &facts->has_time_namespace },
                { "cgroup", &facts->has_cgroup_namespace },
                { "user", &facts->has_user_namespace },
                { "apparmor", &facts->has_apparmor },
                { "selinux", &facts->has_selinux },
                { "seccomp", &facts->has_seccomp },
        };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (strcmp(word, words[i].word) != 0)
                        continue;
                *words[i].fact = value;
                return true;
        }
        return false;
}

static const char *or_null(struct world *world, const char *text)
{
        return strcmp(text, "-") == 0 ? NULL : ct_arena_strdup(world->arena, text);
}

static bool add_hierarchy(struct world *world, const char *line)
{
        char options[64], name[64], mountpoint[64], path[64];
        struct ct_facts *facts = &world->facts;

        if (facts->n_hierarchies == WORLD_HIERARCHIES ||
            sscanf(line, "%63s %63s %63s %63s", options, name, mountpoint, path) != 4)
                return false;
        world->hierarchies[facts->n_hierarchies++] = (struct ct_facts_hierarchy){
                .v2 = strcmp(options, "v2") == 0,
                .options = ct_arena_strdup(world->arena, options),
                .name = strcmp(name, "-") == 0 ? "" : ct_arena_strdup(world->arena, name),
                .mountpoint = ct_arena_strdup(world->arena, mountpoint),
                .container_path = or_null(world, path),
        };
        return true;
}

/* Anything but v2 begins without hierarchies, for lines that follow. */
static bool set_cgroup(struct ct_facts *facts, const char *value)
{
        static const char *const modes[] = { "none", "v1", "hybrid", "v2" };

        for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                if (strcmp(value, modes[i]) != 0)
                        continue;
                facts->cgroup_mode = (enum ct_cgroup_mode)i;
                facts->n_hierarchies = 0;
                return true;
        }
        return false;
}

static bool set_number(struct world *world, const char *word, const char *value)
{
        unsigned long number = strtoul(value, NULL, 0);

        if (strcmp(word, "uid") == 0)
                world->facts.uid = (uint32_t)number;
        else if (strcmp(word, "gid") == 0)
                world->facts.gid = (uint32_t)number;
        else if (strcmp(word, "last-capability") == 0)
                world->facts.last_capability = (unsigned)number;
        else if (strcmp(word, "seccomp-flags") == 0)
                world->facts.seccomp_flags = number;
        else if (strcmp(word, "extra-fds") == 0)
                world->request.n_extra_fds = (unsigned)number;
        else if (strcmp(word, "listen-fds") == 0)
                world->request.n_listen_fds = (unsigned)number;
        else if (strcmp(word, "capabilities") == 0)
                world->facts.capabilities = strcmp(value, "all") == 0 ? UINT64_MAX : number;
        else
                return false;
        return true;
}

static bool set_flag(struct world *world, const char *word)
{
        struct ct_request *request = &world->request;

        if (strcmp(word, "become") == 0)
                return request->become = true;
        if (strcmp(word, "no-pivot") == 0)
                return request->no_pivot = true;
        if (strcmp(word, "no-new-keyring") == 0)
                return request->no_new_keyring = true;
        if (strcmp(word, "rootfs-fd") == 0)
                return request->has_rootfs_fd = true;
        if (strcmp(word, "seccomp-socket") == 0)
                return request->has_seccomp_socket = true;
        if (strcmp(word, "exec") == 0)
                return request->exec = true;
        if (strcmp(word, "detach") == 0)
                return request->detach = true;
        if (strcmp(word, "chroot") == 0)
                return request->chroot = true;
        if (strcmp(word, "in-user-namespace") == 0)
                return !(world->facts.in_initial_userns = false);
        if (strcmp(word, "denied-groups") == 0)
                return world->facts.denies_setgroups = true;
        return false;
}

static bool add_namespace_fd(struct ct_request *request, const char *value)
{
        static const struct {
                const char *name;
                uint64_t type;
        } types[] = { { "network", CLONE_NEWNET }, { "mount", CLONE_NEWNS },      { "user", CLONE_NEWUSER },
                      { "pid", CLONE_NEWPID },     { "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC },
                      { "uts", CLONE_NEWUTS } };

        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (strcmp(value, types[i].name) == 0)
                        return (request->namespace_fds |= types[i].type) != 0;
        return false;
}

static bool read_line(struct world *world, const char *line)
{
        char word[32] = "", value[128] = "";

        if (sscanf(line, "%31s %127[^\n]", word, value) < 1 || word[0] == '#')
                return true;
        if (strcmp(word, "kernel") == 0)
                return sscanf(value, "%u.%u", &world->facts.kernel_major, &world->facts.kernel_minor) == 2;
        if (strcmp(word, "has") == 0 || strcmp(word, "lacks") == 0)
                return set_has(&world->facts, value, word[0] == 'h');
        if (strcmp(word, "cgroup") == 0)
                return set_cgroup(&world->facts, value);
        if (strcmp(word, "hierarchy") == 0)
                return add_hierarchy(world, value);
        if (strcmp(word, "namespace-fd") == 0)
                return add_namespace_fd(&world->request, value);
        if (strcmp(word, "newuidmap") == 0) {
                world->facts.newuidmap = world->facts.newgidmap = ct_arena_strdup(world->arena, value);
                return true;
        }
        if (strcmp(word, "cgroup-path") == 0) {
                world->request.cgroup_path =
                        strcmp(value, "-") == 0 ? "" : ct_arena_strdup(world->arena, value);
                return true;
        }
        if (strcmp(word, "notify-folder") == 0)
                return (world->request.notify_folder = ct_arena_strdup(world->arena, value)) != NULL;
        if (strcmp(word, "listen-names") == 0)
                return (world->request.listen_names = ct_arena_strdup(world->arena, value)) != NULL;
        return set_number(world, word, value) || set_flag(world, word);
}

bool world_init(struct world *world, const char *text)
{
        *world = (struct world){ .arena = ct_arena_new() };
        if (!world->arena)
                return false;
        set_defaults(world);
        while (*text != '\0') {
                size_t length = strcspn(text, "\n");
                char *line = ct_arena_strndup(world->arena, text, length);

                if (!line ||
                    !test_check(read_line(world, line), __FILE__, __LINE__, "a line of facts: '%s'", line))
                        return false;
                text += length + (text[length] == '\n');
        }
        return true;
}

void world_done(struct world *world)
{
        world->arena = ct_arena_free(world->arena);
}

struct ct_plan *world_compile(struct world *world, const char *config, contain_error_t **ret_error)
{
        struct ct_plan *plan = NULL;
        struct ct_spec *spec;

        if (ct_spec_parse(world->arena, config, strlen(config), &spec, ret_error) < 0)
                return NULL;
        /* The process of a further one is the one in the configuration. */
        if (world->request.exec)
                return ct_plan_compile_exec(spec, &world->facts, &world->request, &plan, ret_error) < 0
                               ? NULL
                               : plan;
        if (ct_plan_compile(spec, &world->facts, &world->request, &plan, ret_error) < 0)
                return NULL;
        return plan;
}

char *world_json(const char *text)
{
        char *json = strdup(text);

        for (char *c = json; c && *c != '\0'; c++)
                *c = *c == '\'' ? '"' : *c;
        return json;
}

char *world_plan(const char *text, const char *config)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        _cleanup_(world_done) struct world world = { 0 };
        _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
        _cleanup_free_ char *json = world_json(config);

        if (!json || !world_init(&world, text))
                return NULL;
        plan = world_compile(&world, json, &error);
        if (plan)
                (void)ct_plan_dump(plan, &out);
        else
                (void)ct_buf_printf(&out, "error: %s\n", contain_error_message(error));
        return ct_buf_steal(&out);
}
