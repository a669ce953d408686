/* SPDX-License-Identifier: MIT */

/* Building and changing configurations in tests. */

#include "harness/config.h"

#include <json-c/json.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char base[] =
        "{'ociVersion': '1.0.2', 'root': {'path': 'rootfs'}, 'hostname': 'guest',"
        " 'process': {'cwd': '/', 'args': ['sh', '-c', 'true'], 'env': ['PATH=/bin', 'HOME=/root'],"
        "  'user': {'uid': 0, 'gid': 0}, 'capabilities': {"
        "   'bounding': ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_KILL', 'CAP_MKNOD', 'CAP_SETUID', "
        "'CAP_SETGID', 'CAP_SYS_ADMIN'],"
        "   'permitted': ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_KILL', 'CAP_MKNOD', 'CAP_SETUID', "
        "'CAP_SETGID', 'CAP_SYS_ADMIN'],"
        "   'effective': ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_KILL', 'CAP_MKNOD', 'CAP_SETUID', "
        "'CAP_SETGID', 'CAP_SYS_ADMIN']}},"
        " 'mounts': [{'destination': '/proc', 'type': 'proc', 'source': 'proc'},"
        "  {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['nosuid', 'mode=755', "
        "'size=1m']}],"
        " 'linux': {'namespaces': [{'type': 'pid'}, {'type': 'mount'}, {'type': 'ipc'}, {'type': 'uts'}, "
        "{'type': 'network'},"
        "  {'type': 'cgroup'}]}}";

static void fatal(const char *what, const char *detail)
{
        fprintf(stderr, "test configuration: %s: %s\n", what, detail);
        abort();
}

static struct json_object *parse(char *text)
{
        enum json_tokener_error error;
        struct json_object *value;

        for (char *c = text; *c; c++)
                if (*c == '\'')
                        *c = '"';
        value = json_tokener_parse_verbose(text, &error);
        if (!value && error != json_tokener_success)
                fatal(json_tokener_error_desc(error), text);
        return value;
}

/* The member or element called @key; for objects one is made when it is absent. */
static struct json_object *child_of(struct json_object *parent, const char *key)
{
        struct json_object *child = NULL;

        if (json_object_is_type(parent, json_type_array))
                return json_object_array_get_idx(parent, (size_t)strtoul(key, NULL, 10));
        if (!json_object_object_get_ex(parent, key, &child)) {
                child = json_object_new_object();
                json_object_object_add(parent, key, child);
        }
        return child;
}

/* Walks to the parent of what @pointer names; the last part is left in @last. */
static struct json_object *parent_of(struct json_object *config, const char *pointer, char last[static 128])
{
        struct json_object *node = config;
        const char *rest = pointer + 1;

        for (;;) {
                size_t n = strcspn(rest, "/");

                snprintf(last, 128, "%.*s", (int)n, rest);
                if (rest[n] == '\0')
                        break;
                node = child_of(node, last);
                if (!node)
                        fatal("no such place", pointer);
                rest += n + 1;
        }
        return node;
}

void config_set(struct json_object *config, const char *pointer, const char *format, ...)
{
        struct json_object *parent, *value;
        char last[128], *text = NULL;
        va_list args;

        va_start(args, format);
        if (vasprintf(&text, format, args) < 0)
                fatal("no memory", pointer);
        va_end(args);
        value = parse(text);
        free(text);

        parent = parent_of(config, pointer, last);
        if (strcmp(last, "-") == 0 && json_object_is_type(parent, json_type_object)) {
                /* The list itself was absent, and has been made as an object. */
                char path[256];

                snprintf(path, sizeof(path), "%.*s", (int)(strlen(pointer) - 2), pointer);
                config_set(config, path, "[]");
                parent = parent_of(config, pointer, last);
        }
        if (strcmp(last, "-") == 0)
                json_object_array_add(parent, value);
        else if (json_object_is_type(parent, json_type_array))
                json_object_array_put_idx(parent, (size_t)strtoul(last, NULL, 10), value);
        else
                json_object_object_add(parent, last, value);
}

void config_remove(struct json_object *config, const char *pointer)
{
        char last[128];
        struct json_object *parent = parent_of(config, pointer, last);

        if (json_object_is_type(parent, json_type_array))
                json_object_array_del_idx(parent, (size_t)strtoul(last, NULL, 10), 1);
        else
                json_object_object_del(parent, last);
}

/* The id map of a user namespace whose root is this user: with the first range of subordinate ids, if any. */
static void map_ids(struct json_object *config, const char *pointer, unsigned own, const char *table)
{
        FILE *file = fopen(table, "re");
        char line[256], name[128], space[1024];
        struct passwd entry, *user = NULL;
        unsigned long first, count;

        /* Not getpwuid(): tests make configurations in many threads. */
        (void)getpwuid_r(geteuid(), &entry, space, sizeof(space), &user);

        config_set(config, pointer, "[{'containerID': 0, 'hostID': %u, 'size': 1}]", own);
        while (file && user && fgets(line, sizeof(line), file)) {
                if (sscanf(line, "%127[^:]:%lu:%lu", name, &first, &count) != 3 ||
                    strcmp(name, user->pw_name) != 0)
                        continue;
                config_set(config, pointer,
                           "[{'containerID': 0, 'hostID': %u, 'size': 1},"
                           " {'containerID': 1, 'hostID': %lu, 'size': %lu}]",
                           own, first, count);
                break;
        }
        if (file)
                fclose(file);
}

struct json_object *config_new(const char *rootfs, const char *script)
{
        char *text = strdup(base);
        struct json_object *config, *args;

        if (!text)
                fatal("no memory", rootfs);
        config = parse(text);
        free(text);
        json_object_object_add(child_of(config, "root"), "path", json_object_new_string(rootfs));
        args = child_of(child_of(config, "process"), "args");
        json_object_array_put_idx(args, 2, json_object_new_string(script));
        if (geteuid() != 0) {
                config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
                map_ids(config, "/linux/uidMappings", geteuid(), "/etc/subuid");
                map_ids(config, "/linux/gidMappings", getegid(), "/etc/subgid");
        }
        return config;
}

void config_mount(struct json_object *config, const char *destination, const char *type, const char *source,
                  const char *options)
{
        struct json_object *mount = json_object_new_object(), *list = json_object_new_array();
        struct json_object *mounts = child_of(config, "mounts");

        json_object_object_add(mount, "destination", json_object_new_string(destination));
        json_object_object_add(mount, "type", json_object_new_string(type));
        json_object_object_add(mount, "source", json_object_new_string(source));
        while (*options) {
                size_t n = strcspn(options, ",");

                json_object_array_add(list, json_object_new_string_len(options, (int)n));
                options += n + (options[n] == ',');
        }
        json_object_object_add(mount, "options", list);
        json_object_array_add(mounts, mount);
}

void config_namespace(struct json_object *config, const char *type, const char *path)
{
        struct json_object *list = child_of(child_of(config, "linux"), "namespaces");

        for (size_t i = json_object_array_length(list); i > 0; i--) {
                struct json_object *entry = json_object_array_get_idx(list, i - 1);

                if (strcmp(json_object_get_string(child_of(entry, "type")), type) == 0)
                        json_object_array_del_idx(list, i - 1, 1);
        }
        if (path)
                config_set(config, "/linux/namespaces/-", "{'type': '%s', 'path': '%s'}", type, path);
}
