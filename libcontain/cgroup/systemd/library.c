/* SPDX-License-Identifier: MIT */

/* Loads libsystemd. */

#include "cgroup/systemd/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
        const char *name;
        size_t offset;
} symbols[] = {
        { "sd_bus_open_system", offsetof(struct ct_systemd_library, open_system) },
        { "sd_bus_open_user", offsetof(struct ct_systemd_library, open_user) },
        { "sd_bus_new", offsetof(struct ct_systemd_library, new) },
        { "sd_bus_set_address", offsetof(struct ct_systemd_library, set_address) },
        { "sd_bus_start", offsetof(struct ct_systemd_library, start) },
        { "sd_bus_flush_close_unref", offsetof(struct ct_systemd_library, flush_close_unref) },
        { "sd_bus_message_new_method_call", offsetof(struct ct_systemd_library, new_method_call) },
        { "sd_bus_message_append_basic", offsetof(struct ct_systemd_library, append_basic) },
        { "sd_bus_message_open_container", offsetof(struct ct_systemd_library, open_container) },
        { "sd_bus_message_close_container", offsetof(struct ct_systemd_library, close_container) },
        { "sd_bus_message_read_basic", offsetof(struct ct_systemd_library, read_basic) },
        { "sd_bus_message_unref", offsetof(struct ct_systemd_library, message_unref) },
        { "sd_bus_call", offsetof(struct ct_systemd_library, call) },
        { "sd_bus_add_match", offsetof(struct ct_systemd_library, add_match) },
        { "sd_bus_process", offsetof(struct ct_systemd_library, process) },
        { "sd_bus_wait", offsetof(struct ct_systemd_library, wait) },
        { "sd_bus_get_property_string", offsetof(struct ct_systemd_library, get_property_string) },
        { "sd_bus_error_free", offsetof(struct ct_systemd_library, error_free) },
};

static char *reason(void)
{
        const char *why = dlerror();

        return why ? strdup(why) : NULL;
}

int ct_systemd_library_open(struct ct_systemd_library *ret, char **ret_why)
{
        /* It stays once it is loaded: what it keeps per thread must not outlive its code. */
        struct ct_systemd_library library = { .handle = dlopen(CT_SYSTEMD_SONAME,
                                                               RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) };

        if (!library.handle) {
                *ret_why = reason();
                return -ENOENT;
        }
        for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
                void *found = dlsym(library.handle, symbols[i].name);

                if (!found) {
                        *ret_why = reason();
                        ct_systemd_library_close(&library);
                        return -ENOENT;
                }
                memcpy((char *)&library + symbols[i].offset, &found, sizeof(found));
        }
        *ret = library;
        return 0;
}

void ct_systemd_library_close(struct ct_systemd_library *library)
{
        if (library->handle)
                (void)dlclose(library->handle);
        library->handle = NULL;
}
