/* SPDX-License-Identifier: MIT */

/* The configuration of a program that runs in place: a root file system of its own, and little else. */

#include "ops/image-config.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

/* What Droot left in the bounding set. */
static const char *const droot_capabilities[] = {
        "CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",  "CAP_FOWNER",
        "CAP_SETGID", "CAP_SETUID",       "CAP_NET_BIND_SERVICE", NULL,
};
static const char *const no_capabilities[] = { NULL };

static const struct {
        const char *name;
        const char *const *capabilities;
} profiles[] = {
        { "droot", droot_capabilities },
        { "image", ct_image_capabilities },
        { "none", no_capabilities },
};

#define CAPABILITIES_MAX 64

static const char *const host_files[] = { "/etc/passwd", "/etc/group", "/etc/hosts", "/etc/resolv.conf" };

static const char default_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* What is being made: a document of changes to the default configuration. */
struct place {
        const contain_place_options_t *options;
        const struct ct_facts *facts;
        struct ct_arena *arena;
        struct ct_buf change;
        int root_fd;
        bool userns; /* a new one */
};

/* --- mounts ------------------------------------------------------------------------------------ */

static void put_mount(struct place *place, const char *type, const char *source, const char *target,
                      const char *options)
{
        (void)ct_buf_puts(&place->change, ", {\"destination\": ");
        (void)ct_buf_json_string(&place->change, target);
        (void)ct_buf_puts(&place->change, ", \"type\": ");
        (void)ct_buf_json_string(&place->change, type);
        (void)ct_buf_puts(&place->change, ", \"source\": ");
        (void)ct_buf_json_string(&place->change, source);
        (void)ct_buf_puts(&place->change, ", \"options\": [");
        for (bool first = true; *options != '\0'; first = false) {
                size_t length = strcspn(options, ",");
                const char *word = ct_arena_strndup(place->arena, options, length);

                (void)ct_buf_puts(&place->change, first ? "" : ", ");
                (void)ct_buf_json_string(&place->change, word ? word : "");
                place->change.failed = place->change.failed || !word;
                options += length;
                options += *options == ',';
        }
        (void)ct_buf_puts(&place->change, "]}");
}

/*
 * A user namespace without a pid namespace may mount no procfs, and without a network namespace no sysfs:
 * there, the host's are bound. The host's /sys has what is mounted below it, such as cgroups.
 */
static void put_kernel_mounts(struct place *place)
{
        bool recursive = place->facts->has_mount_setattr;

        (void)ct_buf_puts(&place->change,
                          "{\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", "
                          "\"options\": [\"nosuid\", \"strictatime\", \"mode=755\", "
                          "\"size=65536k\"]}");
        put_mount(place, "devpts", "devpts", "/dev/pts",
                  place->userns ? "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620"
                                : "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5");
        put_mount(place, "tmpfs", "shm", "/dev/shm", "nosuid,noexec,nodev,mode=1777,size=65536k");
        if (place->userns)
                put_mount(place, "bind", "/proc", "/proc", "rbind,nosuid,noexec,nodev");
        else
                put_mount(place, "proc", "proc", "/proc", "nosuid,noexec,nodev");
        put_mount(place, "bind", "/sys", "/sys",
                  recursive ? "rbind,rro,nosuid,noexec,nodev" : "rbind,ro,nosuid,noexec,nodev");
}

/* "SOURCE[:TARGET[:OPTION,…]]" */
static int put_bind(struct place *place, const char *text, const char *options, contain_error_t **err)
{
        const char *source, *target, *more;
        char *rest = ct_arena_strdup(place->arena, text);

        if (!rest)
                return ct_fail_memory(err);
        source = strsep(&rest, ":");
        target = rest ? strsep(&rest, ":") : source;
        if (source[0] != '/' || target[0] != '/' || (rest && strchr(rest, ':')))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, NULL,
                               "'%s' is not of the form SOURCE, SOURCE:TARGET or SOURCE:TARGET:OPTIONS, with "
                               "absolute paths",
                               text);
        if (strspn(target, "/") == strlen(target))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, NULL, "'%s' would cover the whole root", text);
        more = rest && rest[0] ? ct_arena_printf(place->arena, "%s,%s", options, rest) : options;
        if (!more)
                return ct_fail_memory(err);
        put_mount(place, "bind", source, target, more);
        return 0;
}

static int put_binds(struct place *place, const char *const *binds, const char *options,
                     contain_error_t **err)
{
        int r = 0;

        for (; binds && *binds && r == 0; binds++)
                r = put_bind(place, *binds, options, err);
        return r;
}

static int put_mounts(struct place *place, contain_error_t **err)
{
        const contain_place_options_t *options = place->options;
        const char *notify = options->notify_socket;
        int r;

        (void)ct_buf_puts(&place->change, ", \"mounts\": [");
        put_kernel_mounts(place);
        for (size_t i = 0; i < sizeof(host_files) / sizeof(host_files[0]); i++)
                if (options->flags & CONTAIN_PLACE_HOST_FILES)
                        put_mount(place, "bind", host_files[i], host_files[i], "bind,ro,nosuid,nodev,noexec");
        r = put_binds(place, options->binds, "rbind,rw", err);
        if (r == 0)
                r = put_binds(place, options->read_only_binds, "rbind,rro", err);
        if (r < 0)
                return r;
        /* One of an abstract name is reached without a file. */
        if (notify && notify[0] == '/')
                put_mount(place, "bind", notify, notify, "bind,nosuid,nodev,noexec");
        (void)ct_buf_puts(&place->change, "]");
        return 0;
}

/* --- the process ------------------------------------------------------------------------------- */

static int put_env(struct place *place, contain_error_t **err)
{
        const contain_place_options_t *options = place->options;
        struct ct_image_env env = { .arena = place->arena };
        const char *notify;
        int r;

        r = ct_image_env_add_file(&env, place->root_fd, err);
        for (const char *const *path = options->env_files; path && *path && r == 0; path++)
                r = ct_image_env_add_named(&env, *path, err);
        if (r == 0)
                r = ct_image_env_add(&env, options->env, "the caller", err);
        if (r == 0 && !ct_image_env_has(&env, "PATH") && ct_image_env_set(&env, default_path) < 0)
                r = ct_fail_memory(err);
        if (r == 0 && options->notify_socket) {
                notify = ct_arena_printf(place->arena, "NOTIFY_SOCKET=%s", options->notify_socket);
                if (!notify || ct_image_env_set(&env, notify) < 0)
                        r = ct_fail_memory(err);
        }
        if (r < 0)
                return r;
        (void)ct_buf_puts(&place->change, ", \"env\": ");
        ct_image_put_strings(&place->change, env.items, env.n);
        return 0;
}

/* With the host's files in the place of the image's, they are what the program finds users in. */
static int put_user(struct place *place, contain_error_t **err)
{
        const contain_place_options_t *options = place->options;
        _cleanup_close_ int host_fd = -EBADF;
        struct ct_image_user user;
        int files_fd = place->root_fd, r;

        if (options->flags & CONTAIN_PLACE_HOST_FILES) {
                files_fd = host_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (host_fd < 0)
                        return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot open the root folder");
        }
        if (options->group)
                r = ct_image_find_user(place->arena, files_fd, options->user ? options->user : "0",
                                       options->group, NULL, &user, err);
        else
                r = ct_image_parse_user(place->arena, files_fd, options->user, NULL, &user, err);
        if (r < 0)
                return r;
        /* Of a map of one id, there are no others: nobody has asked for these. */
        if (place->userns && !(options->flags & CONTAIN_PLACE_USERNS_AUTO))
                user.n_groups = 0;
        (void)ct_buf_puts(&place->change, ", ");
        ct_image_put_user(&place->change, &user);
        return 0;
}

struct capabilities {
        const char *names[CAPABILITIES_MAX];
        size_t n;
};

static void add_capability(struct capabilities *list, const char *name)
{
        for (size_t i = 0; i < list->n; i++)
                if (strcmp(list->names[i], name) == 0)
                        return;
        if (list->n < CAPABILITIES_MAX)
                list->names[list->n++] = name;
}

/* Every one that the caller has; all of them, in a user namespace of its own. */
static void add_all_capabilities(const struct place *place, struct capabilities *list)
{
        for (unsigned i = 0; i <= place->facts->last_capability && ct_spec_capability_name(i); i++)
                if (place->userns || place->facts->capabilities >> i & 1)
                        add_capability(list, ct_spec_capability_name(i));
}

static int add_profile(const char *name, struct capabilities *list, contain_error_t **err)
{
        int r;

        for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
                if (strcmp(profiles[i].name, name) != 0)
                        continue;
                for (const char *const *p = profiles[i].capabilities; *p; p++)
                        add_capability(list, *p);
                return 0;
        }
        r = ct_fail(err, CONTAIN_E_VALUE, EINVAL, NULL, "unknown profile '%s' of capabilities", name);
        ct_error_set_hint(err, "known: droot, image, none");
        return r;
}

static int add_capabilities(const char *const *names, struct capabilities *list, contain_error_t **err)
{
        for (; names && *names; names++) {
                unsigned i = 0;

                while (ct_spec_capability_name(i) && strcmp(ct_spec_capability_name(i), *names) != 0)
                        i++;
                if (!ct_spec_capability_name(i))
                        return ct_fail(err, CONTAIN_E_VALUE, EINVAL, NULL, "unknown capability '%s'", *names);
                add_capability(list, *names);
        }
        return 0;
}

static int put_capabilities(struct place *place, contain_error_t **err)
{
        const contain_place_options_t *options = place->options;
        bool keep = (options->flags & CONTAIN_PLACE_KEEP_PRIVILEGES) != 0;
        struct capabilities list = { .n = 0 };
        int r = 0;

        if (keep && (options->cap_profile || options->capabilities))
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, NULL,
                               "all capabilities are to be kept, and some of them");
        if (keep)
                add_all_capabilities(place, &list);
        else
                r = add_profile(options->cap_profile ? options->cap_profile : "droot", &list, err);
        if (r == 0)
                r = add_capabilities(options->capabilities, &list, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(&place->change, ", ");
        ct_image_put_capabilities(&place->change, list.names, list.n);
        (void)ct_buf_printf(&place->change, ", \"noNewPrivileges\": %s", keep ? "false" : "true");
        return 0;
}

static int put_process(struct place *place, contain_error_t **err)
{
        const char *cwd = place->options->cwd;
        int r;

        if (cwd && cwd[0] != '/')
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, NULL,
                               "the working directory '%s' is not an absolute path", cwd);
        (void)ct_buf_puts(&place->change, ", \"process\": {\"cwd\": ");
        (void)ct_buf_json_string(&place->change, cwd ? cwd : "/");
        r = put_user(place, err);
        if (r == 0)
                r = put_env(place, err);
        if (r == 0)
                r = put_capabilities(place, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(&place->change, "}");
        return 0;
}

/* --- the whole ---------------------------------------------------------------------------------- */

static int put_linux(struct place *place, contain_error_t **err)
{
        int r = 0;

        /* Limits are those of the cgroup that the supervisor has put it in. */
        (void)ct_buf_puts(&place->change, ", \"linux\": {\"resources\": null, ");
        if (place->options->flags & CONTAIN_PLACE_USERNS_AUTO)
                r = ct_auto_maps(&place->change, place->facts, err);
        else if (place->userns)
                r = ct_default_maps(&place->change, place->facts, false, err);
        if (r < 0)
                return r;
        (void)ct_buf_printf(&place->change, "\"namespaces\": [{\"type\": \"mount\"}%s]}",
                            place->userns ? ", {\"type\": \"user\"}" : "");
        return 0;
}

static int make(struct place *place, contain_error_t **err)
{
        int r;

        (void)ct_buf_puts(&place->change, "{\"hostname\": null, \"root\": {\"readonly\": false}");
        r = put_process(place, err);
        if (r == 0)
                r = put_mounts(place, err);
        if (r == 0)
                r = put_linux(place, err);
        if (r < 0)
                return r;
        return ct_buf_puts(&place->change, "}") < 0 ? ct_fail_memory(err) : 0;
}

static int place_config(struct contain_ctx *ctx, const char *rootfs, const contain_place_options_t *options,
                        const char *const *argv, char **ret, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_close_ int root_fd = -EBADF;
        _cleanup_free_ char *base = NULL;
        struct place place = { .options = options, .arena = arena };
        int r;

        if (!arena)
                return ct_fail_memory(err);
        root_fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root_fd < 0)
                return ct_fail(err, CONTAIN_E_ROOTFS, errno, "/root/path",
                               "cannot use '%s' as the root file system", rootfs);
        r = ct_context_facts(ctx, &place.facts, err);
        if (r == 0)
                r = ct_op_default_config(ctx, rootfs, argv, 0, false, &base, err);
        if (r < 0)
                return r;
        place.root_fd = root_fd;
        place.userns = (options->flags & CONTAIN_PLACE_USERNS_AUTO) ||
                       !(place.facts->capabilities >> CAP_SYS_ADMIN & 1);
        r = make(&place, err);
        if (r == 0)
                r = ct_image_merge(arena, base, &place.change, false, ret, err);
        ct_buf_done(&place.change);
        return r;
}

int ct_op_load_place(struct contain *c, const char *rootfs, const contain_place_options_t *options,
                     const char *const *argv, contain_error_t **err)
{
        _cleanup_free_ char *absolute = realpath(rootfs, NULL), *json = NULL;
        const struct ct_facts *facts;
        int r;

        if (!absolute)
                return ct_fail(err, CONTAIN_E_ROOTFS, errno, "/root/path",
                               "cannot use '%s' as the root file system", rootfs);
        r = place_config(c->ctx, absolute, options, argv, &json, err);
        if (r == 0)
                r = ct_op_load(c, json, strlen(json), NULL, err);
        if (r == 0)
                r = ct_context_facts(c->ctx, &facts, err);
        if (r < 0)
                return r;
        /* Without privilege the files have to belong to the ids that they are to have. */
        c->maps_rootfs = (options->flags & CONTAIN_PLACE_USERNS_AUTO) && ct_may_map_any_ids(facts);
        return 0;
}
