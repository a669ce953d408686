/* SPDX-License-Identifier: MIT */

/* linux.resources.unified: files of cgroup v2, named by the configuration itself. */

#include "base/problems.h"
#include "cgroup/controllers.h"

#include <string.h>

#define AT "/linux/resources/unified"

/* Values of several lines are several writes: the kernel takes one key at a time. */
static void write_lines(struct ct_cgroup_writes *writes, const char *at, const char *file, const char *value)
{
        for (const char *line = value;;) {
                size_t length = strcspn(line, "\n");

                if (length > 0 || line == value)
                        ct_writes_add(writes, 0, at, file, "%.*s", (int)length, line);
                if (line[length] == '\0')
                        return;
                line += length + 1;
        }
}

int ct_unified_write(const struct ct_spec_resources *resources, const struct ct_hierarchy *hierarchy,
                     struct ct_cgroup_writes *writes, contain_error_t **err)
{
        for (size_t i = 0; i < resources->unified.n; i++) {
                const struct ct_spec_pair *pair = &resources->unified.items[i];
                const char *at = ct_writes_pointer(writes, AT, pair->key);
                size_t length = strcspn(pair->key, ".");
                const char *controller = ct_writes_text(writes, "%.*s", (int)length, pair->key);

                if (strchr(pair->key, '/') || length == 0 || pair->key[length] == '\0')
                        return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at,
                                       "'%s' is not the name of a cgroup file", pair->key);
                /* The files of the core are there without any controller. */
                if (strcmp(controller, "cgroup") != 0) {
                        int r = 0;

                        if (!ct_hierarchy_has(hierarchy, controller) && !writes->failed)
                                r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at,
                                            "cgroup v2 has no controller '%s' on this machine", controller);
                        r = ct_problems_keep(ct_arena_problems(writes->arena), r, err);
                        if (r < 0)
                                return r;
                        ct_writes_need(writes, controller, at);
                }
                write_lines(writes, at, pair->key, pair->value);
        }
        return 0;
}
