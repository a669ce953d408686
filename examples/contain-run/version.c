/* SPDX-License-Identifier: MIT */

/* --version, in the lines that engines read: "NAME version X", "commit: X", "spec: X". */

#include "app.h"
#include "commands.h"

#include "commit.h"

#include <json-c/json.h>
#include <stdio.h>

/* The member of @features that @path names: an array of names that ends with NULL. */
static json_object *look_up(json_object *features, const char *const *path)
{
        json_object *value = features;

        for (; *path; path++)
                if (!json_object_object_get_ex(value, *path, &value))
                        return NULL;
        return value;
}

static void print_features(json_object *features)
{
        static const struct {
                const char *word;
                const char *path[4];
        } words[] = {
                { "+APPARMOR", { "linux", "apparmor", "enabled" } },
                { "+CGROUP1", { "linux", "cgroup", "v1" } },
                { "+CGROUP2", { "linux", "cgroup", "v2" } },
                { "+SECCOMP", { "linux", "seccomp", "enabled" } },
                { "+SELINUX", { "linux", "selinux", "enabled" } },
                { "+SYSTEMD", { "linux", "cgroup", "systemd" } },
        };
        const char *separator = "";

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (!json_object_get_boolean(look_up(features, words[i].path)))
                        continue;
                printf("%s%s", separator, words[i].word);
                separator = " ";
        }
        putchar('\n');
}

int print_version(struct app *app)
{
        static const char *const spec_version[] = { "ociVersionMax", NULL };
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_document_ char *document = NULL;
        json_object *features = NULL;

        if (contain_ctx_new(&ctx, NULL) == 0 && contain_features_json(ctx, &document, NULL) == 0)
                features = json_tokener_parse(document);
        printf("contain-run version %s\n", contain_version());
        if (COMMIT[0])
                printf("commit: %s\n", COMMIT);
        if (features) {
                printf("spec: %s\n", json_object_get_string(look_up(features, spec_version)));
                print_features(features);
        }
        (void)json_object_put(features);
        return app_print(app, "");
}
