/* SPDX-License-Identifier: MIT */

/*
 * Looks at a configuration without making anything of it: reads it, plans it, and asks this machine about
 * what the plan does not know. It is all done by what create does it with; only that it goes on after a
 * problem.
 */

#include "ops/check.h"

#include "base/fds.h"

#include <string.h>

/* A handle that can be asked what @c could be, had it this configuration. It owns nothing of @c's. */
static void borrow(struct ct_check *check, struct contain *c)
{
        struct contain *view = &check->view;

        *check = (struct ct_check){ .rootfs_fd = -EBADF };
        view->maker = c->maker;
        view->ctx = c->ctx;
        view->id = c->id;
        atomic_init(&view->flags, atomic_load(&c->flags));
        memcpy(view->stdio, c->stdio, sizeof(view->stdio));
        memcpy(view->extra_fds, c->extra_fds, sizeof(view->extra_fds));
        view->n_extra_fds = c->n_extra_fds;
        view->n_listen_fds = c->n_listen_fds;
        view->listen_names = c->listen_names;
        view->notify_socket = c->notify_socket;
        view->rootfs_fd = c->rootfs_fd;
        memcpy(view->namespace_fds, c->namespace_fds, sizeof(view->namespace_fds));
        view->seccomp_fd = c->seccomp_fd;
        view->console_socket = c->console_socket;
        /* Then that there is one already is as it should be. */
        view->opened = c->opened || c->record;
}

static void check_done(struct ct_check *check)
{
        ct_plan_free(check->plan);
        ct_cgroup_free(check->cgroup);
        ct_close(check->rootfs_fd);
        free(check->view.bundle);
        ct_arena_free(check->view.arena);
        ct_problems_done(&check->problems);
}

/* --- reading and planning -------------------------------------------------------------------- */

static int load(struct ct_check *check, const char *text, size_t size, const char *dir, contain_error_t **err)
{
        _cleanup_free_ char *read = NULL;
        int r;

        r = ct_op_resolve_bundle(dir, &check->view.bundle, err);
        if (r >= 0 && !text)
                r = ct_op_read_bundle(dir ? dir : ".", &read, &size, err);
        if (r < 0)
                return r;
        return ct_spec_parse(check->view.arena, text ? text : read, size, &check->view.spec, err);
}

/*
 * With a wrong word in one of these, nobody knows what the configuration is about: whatever could be said of
 * a plan would be guessed.
 */
static bool is_clear(const struct ct_check *check)
{
        static const char *const keystones[] = { "/root",
                                                 "/process/args",
                                                 "/process/cwd",
                                                 "/process/user",
                                                 "/linux/namespaces",
                                                 "/linux/uidMappings",
                                                 "/linux/gidMappings" };
        const struct ct_spec *spec = check->view.spec;

        for (size_t i = 0; i < sizeof(keystones) / sizeof(keystones[0]); i++)
                if (ct_problems_damage(&check->problems, keystones[i]))
                        return false;
        return spec->has_root && (!spec->process.has || spec->process.args.n > 0);
}

static int plan(struct ct_check *check, contain_error_t **err)
{
        if (!is_clear(check))
                return 0;
        return ct_op_compile(&check->view, check->cgroup, false, &check->plan, err);
}

/* create does without: it is start that has nothing to run. */
static int check_process(struct ct_check *check, contain_error_t **err)
{
        return check->view.spec->process.has || !is_clear(check) ? 0 : ct_plan_fail_no_process(err);
}

static int name_cgroup(struct ct_check *check, contain_error_t **err)
{
        return ct_op_name_cgroup(&check->view, &check->cgroup, err);
}

/* --- all of it ------------------------------------------------------------------------------- */

static int look(struct ct_check *check, contain_error_t **err)
{
        /* clang-format off */
        static ct_check_part *const parts[] = {
                check_process,
                name_cgroup,
                plan,
                ct_check_rootfs,
                ct_check_bind_sources,
                ct_check_namespaces,
                ct_check_sockets,
                ct_check_hooks,
                ct_check_net_devices,
                ct_check_program,
                ct_check_start_hooks,
                ct_check_file_systems,
                ct_check_sysctls,
                ct_check_user_namespace,
                ct_check_id_maps,
                ct_check_limits,
                ct_check_cgroup,
                ct_check_resctrl,
        };
        /* clang-format on */
        int r;

        r = ct_context_facts(check->view.ctx, &check->facts, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                ct_problems_next_stage(&check->problems);
                r = ct_check_keep(check, parts[i](check, err), err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_op_check(struct contain *c, const char *text, size_t size, const char *dir, char **ret,
                contain_error_t **err)
{
        _cleanup_(check_done) struct ct_check check;
        contain_error_t *error = NULL;
        int r;

        borrow(&check, c);
        check.view.arena = ct_arena_new();
        if (!check.view.arena)
                return ct_fail_memory(err);
        ct_arena_set_problems(check.view.arena, &check.problems);
        r = load(&check, text, size, dir, &error);
        if (r >= 0)
                r = look(&check, &error);
        /* Even that there is nothing to read is what was asked for. */
        r = ct_check_keep(&check, r, &error);
        if (r < 0) {
                if (err)
                        *err = ct_take(error);
                return r;
        }
        r = ct_check_document(&check.problems, ret, err);
        return r < 0 ? r : (int)(check.problems.n + check.problems.more);
}
