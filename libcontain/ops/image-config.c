/* SPDX-License-Identifier: MIT */

/* From an image's configuration to that of a container (image-spec, conversion.md). */

#include "ops/image-config.h"

#include "base/json.h"

#include <string.h>

static const char default_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* What programs in images expect of their root: to own files, to become others, and to serve. */
const char *const ct_image_capabilities[] = { "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FOWNER",
                                              "CAP_FSETID",  "CAP_KILL",         "CAP_NET_BIND_SERVICE",
                                              "CAP_SETFCAP", "CAP_SETGID",       "CAP_SETPCAP",
                                              "CAP_SETUID",  "CAP_SYS_CHROOT" };
static const char *const capability_sets[] = { "bounding", "effective", "permitted" };

/* What is being made: the changes to the default configuration, as a document. */
struct conversion {
        struct ct_arena *arena;
        struct ct_json image;  /* the document */
        struct ct_json config; /* its member "config"; no value when it has none */
        const struct ct_image_run *run;
        struct ct_buf change;
};

void ct_image_put_strings(struct ct_buf *buf, const char *const *items, size_t n)
{
        (void)ct_buf_puts(buf, "[");
        for (size_t i = 0; i < n; i++) {
                (void)ct_buf_puts(buf, i ? ", " : "");
                (void)ct_buf_json_string(buf, items[i]);
        }
        (void)ct_buf_puts(buf, "]");
}

/* --- the process ------------------------------------------------------------------------------ */

static void put_each(struct ct_buf *buf, const char *const *items, size_t *n)
{
        for (; items && *items; items++, (*n)++) {
                (void)ct_buf_puts(buf, *n ? ", " : "");
                (void)ct_buf_json_string(buf, *items);
        }
}

/* What is said on the command line takes the place of Cmd; another entry point leaves Cmd out, too. */
static int put_args(struct conversion *conv, contain_error_t **err)
{
        const struct ct_image_run *run = conv->run;
        char **entrypoint = NULL, **cmd = NULL;
        size_t n_entrypoint = 0, n_cmd = 0, n = 0;
        int r;

        r = ct_json_get_strings(&conv->config, "Entrypoint", &entrypoint, &n_entrypoint, err);
        if (r >= 0)
                r = ct_json_get_strings(&conv->config, "Cmd", &cmd, &n_cmd, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(&conv->change, "\"args\": [");
        put_each(&conv->change, run->entrypoint ? run->entrypoint : (const char *const *)entrypoint, &n);
        if (run->argv || !run->entrypoint)
                put_each(&conv->change, run->argv ? run->argv : (const char *const *)cmd, &n);
        (void)ct_buf_puts(&conv->change, "]");
        if (n > 0)
                return 0;
        r = ct_fail(err, CONTAIN_E_MISSING, EINVAL, "/config/Cmd", "the image says no program to run");
        ct_error_set_hint(err, "give one");
        return r;
}

static int put_env(struct conversion *conv, contain_error_t **err)
{
        struct ct_image_env env = { .arena = conv->arena };
        struct ct_json list, item;
        const char *variable;
        size_t n = 0;
        int r;

        r = ct_json_get_array(&conv->config, "Env", &list, &n, err);
        for (size_t i = 0; i < n && r >= 0; i++) {
                ct_json_element(&list, i, &item);
                r = ct_json_string(&item, &variable, err);
                if (r < 0)
                        return r;
                r = ct_image_env_set(&env, variable);
                if (r == -EINVAL)
                        return ct_json_fail(&item, err, CONTAIN_E_VALUE, "'%s' is not of the form NAME=value",
                                            variable);
                if (r == -E2BIG)
                        return ct_json_fail(&item, err, CONTAIN_E_VALUE, "more than %d variables",
                                            CT_IMAGE_ENV_MAX);
                if (r < 0)
                        return ct_fail_memory(err);
        }
        for (const char *const *path = conv->run->env_files; path && *path && r >= 0; path++)
                r = ct_image_env_add_named(&env, *path, err);
        if (r >= 0)
                r = ct_image_env_add(&env, conv->run->env, "the caller", err);
        if (r >= 0 && !ct_image_env_has(&env, "PATH"))
                r = ct_image_env_set(&env, default_path) < 0 ? ct_fail_memory(err) : 0;
        if (r >= 0 && (conv->run->flags & CONTAIN_CONFIG_TERMINAL) && !ct_image_env_has(&env, "TERM"))
                r = ct_image_env_set(&env, "TERM=xterm") < 0 ? ct_fail_memory(err) : 0;
        if (r < 0)
                return r;
        (void)ct_buf_puts(&conv->change, ", \"env\": ");
        ct_image_put_strings(&conv->change, env.items, env.n);
        return 0;
}

/* Also of what the caller has said: it takes the place of the image's. */
static int put_cwd(struct conversion *conv, contain_error_t **err)
{
        const char *cwd = NULL;
        int r;

        r = ct_json_get_string(&conv->config, "WorkingDir", &cwd, err);
        if (r < 0)
                return r;
        if (conv->run->cwd)
                cwd = conv->run->cwd;
        if (!cwd || cwd[0] == '\0')
                cwd = "/";
        if (cwd[0] != '/')
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, "/config/WorkingDir",
                               "'%s' is not an absolute path", cwd);
        (void)ct_buf_puts(&conv->change, ", \"cwd\": ");
        (void)ct_buf_json_string(&conv->change, cwd);
        return 0;
}

void ct_image_put_user(struct ct_buf *buf, const struct ct_image_user *user)
{
        (void)ct_buf_printf(buf, "\"user\": {\"uid\": %u, \"gid\": %u, \"additionalGids\": [", user->uid,
                            user->gid);
        for (size_t i = 0; i < user->n_groups; i++)
                (void)ct_buf_printf(buf, "%s%u", i ? ", " : "", user->groups[i]);
        (void)ct_buf_puts(buf, "]}");
}

static int put_user(struct conversion *conv, int root_fd, contain_error_t **err)
{
        struct ct_image_user user;
        const char *text = NULL;
        int r;

        r = ct_json_get_string(&conv->config, "User", &text, err);
        if (r < 0)
                return r;
        r = ct_image_parse_user(conv->arena, root_fd, conv->run->user ? conv->run->user : text,
                                conv->run->user ? NULL : "/config/User", &user, err);
        if (r < 0)
                return r;
        /* Of a map of one id, there are no others: nobody has asked for these. */
        if ((conv->run->flags & CONTAIN_CONFIG_ROOTLESS) && !(conv->run->flags & CONTAIN_CONFIG_SUBIDS))
                user.n_groups = 0;
        (void)ct_buf_puts(&conv->change, ", ");
        ct_image_put_user(&conv->change, &user);
        return 0;
}

void ct_image_put_capabilities(struct ct_buf *buf, const char *const *names, size_t n)
{
        (void)ct_buf_puts(buf, "\"capabilities\": {");
        for (size_t i = 0; i < sizeof(capability_sets) / sizeof(capability_sets[0]); i++) {
                (void)ct_buf_printf(buf, "%s\"%s\": ", i ? ", " : "", capability_sets[i]);
                ct_image_put_strings(buf, names, n);
        }
        (void)ct_buf_puts(buf, "}");
}

static int put_process(struct conversion *conv, int root_fd, contain_error_t **err)
{
        int r;

        (void)ct_buf_puts(&conv->change, "\"process\": {");
        r = put_args(conv, err);
        if (r == 0)
                r = put_env(conv, err);
        if (r == 0)
                r = put_cwd(conv, err);
        if (r == 0)
                r = put_user(conv, root_fd, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(&conv->change, ", ");
        ct_image_put_capabilities(&conv->change, ct_image_capabilities,
                                  sizeof(ct_image_capabilities) / sizeof(ct_image_capabilities[0]) - 1);
        (void)ct_buf_puts(&conv->change, "}, ");
        return 0;
}

/* --- the rest --------------------------------------------------------------------------------- */

/*
 * What is written to a volume goes with the container. In a root that does, too, it is a folder like others;
 * otherwise a tmpfs, which begins with what the image has there.
 */
static int put_volumes(struct conversion *conv, contain_error_t **err)
{
        struct ct_json volumes, item;
        void *position = NULL;
        bool first = true;
        const char *key;
        int r;

        (void)ct_buf_puts(&conv->change, ", \"mounts\": [");
        r = ct_json_get_object(&conv->config, "Volumes", &volumes, err);
        while (r > 0 && ct_json_next(&volumes, &position, &key, &item)) {
                if (key[0] != '/' || strspn(key, "/") == strlen(key))
                        return ct_json_fail(&item, err, CONTAIN_E_VALUE,
                                            "'%s' is not the absolute path of a folder below '/'", key);
                if (conv->run->volumes_in_root)
                        continue;
                (void)ct_buf_puts(&conv->change, first ? "{\"destination\": " : ", {\"destination\": ");
                (void)ct_buf_json_string(&conv->change, key);
                (void)ct_buf_puts(&conv->change, ", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": "
                                                 "[\"nosuid\", \"nodev\", \"tmpcopyup\"]}");
                first = false;
        }
        (void)ct_buf_puts(&conv->change, "]");
        return r < 0 ? r : 0;
}

static int check_os(struct conversion *conv, contain_error_t **err)
{
        const char *os = NULL;
        int r = ct_json_get_string(&conv->image, "os", &os, err);

        if (r <= 0 || os[0] == '\0' || strcmp(os, "linux") == 0)
                return r < 0 ? r : 0;
        r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, "/os", "an image of programs for '%s'", os);
        ct_error_set_cause(err, CONTAIN_CAUSE_CONFIG);
        return r;
}

static int put_userns(struct conversion *conv, struct contain_ctx *ctx, contain_error_t **err)
{
        const struct ct_facts *facts;
        int r;

        if (!conv->run->userns_auto)
                return 0;
        r = ct_context_facts(ctx, &facts, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(&conv->change, ", \"linux\": {");
        r = ct_auto_maps(&conv->change, facts, err);
        (void)ct_buf_puts(&conv->change, "\"namespaces\": [{\"type\": \"user\"}]}");
        return r;
}

static int convert(struct conversion *conv, struct contain_ctx *ctx, int root_fd, contain_error_t **err)
{
        int r;

        r = check_os(conv, err);
        if (r == 0)
                r = ct_json_get_object(&conv->image, "config", &conv->config, err);
        if (r < 0)
                return r;
        (void)ct_buf_printf(&conv->change, "{\"root\": {\"readonly\": %s}, ",
                            conv->run->readonly ? "true" : "false");
        r = put_process(conv, root_fd, err);
        if (r == 0)
                r = ct_image_put_annotations(ctx, &conv->image, &conv->config, &conv->change, err);
        if (r == 0)
                r = put_volumes(conv, err);
        if (r == 0)
                r = put_userns(conv, ctx, err);
        if (r < 0)
                return r;
        return ct_buf_puts(&conv->change, "}") < 0 ? ct_fail_memory(err) : 0;
}

int ct_image_merge(struct ct_arena *arena, const char *base, const struct ct_buf *change, bool add_mounts,
                   char **ret, contain_error_t **err)
{
        static const char *const joined[] = { "/mounts", "/linux/namespaces", NULL };
        _cleanup_(ct_json_document_freep) struct ct_json_document *base_document = NULL, *document = NULL;
        struct ct_json base_value, value;
        int r;

        if (change->failed)
                return ct_fail_memory(err);
        r = ct_json_parse(arena, "the default configuration", base, strlen(base), &base_document, &base_value,
                          err);
        if (r >= 0)
                r = ct_json_parse(arena, "the configuration", change->data, change->size, &document, &value,
                                  err);
        return r < 0 ? r : ct_json_merge(&base_value, &value, add_mounts ? joined : NULL, ret, err);
}

int ct_image_convert(struct contain_ctx *ctx, struct ct_arena *arena, const struct ct_json *image,
                     int root_fd, const char *rootfs, const struct ct_image_run *run, char **ret,
                     contain_error_t **err)
{
        static const char *const nothing[] = { NULL };
        _cleanup_free_ char *base = NULL;
        struct conversion conv = { .arena = arena, .image = *image, .run = run };
        int r;

        r = ct_json_check_object(image, err);
        if (r >= 0)
                r = ct_op_default_config(ctx, rootfs, nothing, run->flags, false, &base, err);
        if (r >= 0)
                r = convert(&conv, ctx, root_fd, err);
        if (r >= 0)
                r = ct_image_merge(arena, base, &conv.change, true, ret, err);
        ct_buf_done(&conv.change);
        return r < 0 ? r : 0;
}

int ct_op_image_config(struct contain_ctx *ctx, const char *config, size_t size, int root_fd,
                       const char *rootfs, const struct ct_image_run *run, char **ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_json image;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_json_parse(arena, "the image's configuration", config, size, &document, &image, err);
        return r < 0 ? r : ct_image_convert(ctx, arena, &image, root_fd, rootfs, run, ret, err);
}
