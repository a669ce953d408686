/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_SYSTEMD_LIBRARY_H
#define CT_CGROUP_SYSTEMD_LIBRARY_H

/*
 * The part of libsystemd that is called, by its soname and only when needed: neither building nor running
 * takes it otherwise. The declarations are those of sd-bus(3), whose ABI is stable.
 */

#include <stdint.h>

#define CT_SYSTEMD_SONAME "libsystemd.so.0"

struct sd_bus;
struct sd_bus_message;
struct sd_bus_slot;

struct sd_bus_error {
        const char *name;
        const char *message;
        int need_free;
};

typedef int (*sd_bus_handler)(struct sd_bus_message *message, void *userdata, struct sd_bus_error *error);

struct ct_systemd_library {
        void *handle;
        int (*open_system)(struct sd_bus **ret);
        int (*open_user)(struct sd_bus **ret);
        int (*new)(struct sd_bus **ret);
        int (*set_address)(struct sd_bus *bus, const char *address);
        int (*start)(struct sd_bus *bus);
        struct sd_bus *(*flush_close_unref)(struct sd_bus *bus);
        int (*new_method_call)(struct sd_bus *bus, struct sd_bus_message **ret, const char *destination,
                               const char *path, const char *interface, const char *member);
        int (*append_basic)(struct sd_bus_message *message, char type, const void *value);
        int (*open_container)(struct sd_bus_message *message, char type, const char *contents);
        int (*close_container)(struct sd_bus_message *message);
        int (*read_basic)(struct sd_bus_message *message, char type, void *ret);
        struct sd_bus_message *(*message_unref)(struct sd_bus_message *message);
        int (*call)(struct sd_bus *bus, struct sd_bus_message *message, uint64_t usec,
                    struct sd_bus_error *ret_error, struct sd_bus_message **ret);
        int (*add_match)(struct sd_bus *bus, struct sd_bus_slot **ret, const char *match,
                         sd_bus_handler handler, void *userdata);
        int (*process)(struct sd_bus *bus, struct sd_bus_message **ret);
        int (*wait)(struct sd_bus *bus, uint64_t usec);
        int (*get_property_string)(struct sd_bus *bus, const char *destination, const char *path,
                                   const char *interface, const char *member, struct sd_bus_error *ret_error,
                                   char **ret);
        void (*error_free)(struct sd_bus_error *error);
};

/* -errno; *ret_why, malloc'd or NULL, is what the loader says. */
int ct_systemd_library_open(struct ct_systemd_library *ret, char **ret_why);
void ct_systemd_library_close(struct ct_systemd_library *library);

#endif
