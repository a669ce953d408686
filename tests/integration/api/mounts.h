/* SPDX-License-Identifier: MIT */
#ifndef API_MOUNTS_H
#define API_MOUNTS_H

/* What the tests of mounts share. */

#include "api.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* Of what is mounted at @target: options, optional fields, "-", type, source, options of the file system. */
#define MOUNT_FIELDS(target) "grep ' " target " ' /proc/self/mountinfo | tail -n 1 | cut -d ' ' -f 6-"

static inline bool kernel_is_at_least(int major, int minor)
{
        struct utsname name;
        int has_major = 0, has_minor = 0;

        (void)uname(&name);
        (void)sscanf(name.release, "%d.%d", &has_major, &has_minor);
        return has_major > major || (has_major == major && has_minor >= minor);
}

/* A user namespace of its own, in which @n ids from 0 on are those from @first on. */
static inline void config_map_ids(struct json_object *config, unsigned first, unsigned n)
{
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': %u, 'size': %u}]", first, n);
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': %u, 'size': %u}]", first, n);
}

/* A container of @config (consumed) is refused, with @code at @pointer. */
static inline void expect_config_refusal(struct world *w, int code, const char *pointer,
                                         struct json_object *config)
{
        contain_error_t *error = NULL;
        auto_container c = guest_new(w, config);

        REQUIRE(c != NULL);
        EXPECT(contain_create(c, &error) < 0);
        (void)test_check(contain_error_code(error) == code && contain_error_pointer(error) &&
                                 strcmp(contain_error_pointer(error), pointer) == 0,
                         __FILE__, __LINE__, "expected %d at %s, found %s", code, pointer,
                         contain_error_message(error));
        contain_error_free(error);
}

/* The same for one more mount, the third, of the usual configuration. */
static inline void expect_refusal(struct world *w, int code, const char *pointer, const char *destination,
                                  const char *type, const char *source, const char *options)
{
        struct json_object *config = config_new(w->rootfs, "true");

        config_mount(config, destination, type, source, options);
        expect_config_refusal(w, code, pointer, config);
}

#endif
