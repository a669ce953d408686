/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_SYSTEMD_H
#define CT_CGROUP_SYSTEMD_H

/*
 * Cgroups that systemd makes: a transient scope unit around the container's first process, with what the
 * configuration asks for as properties. systemd-unit.c knows names, systemd-variant.c and
 * systemd-properties.c typed values, systemd-bus.c the way to the manager; systemd.c puts them together.
 */

#include "cgroup/internal.h"

struct ct_cgroup_writes;

/* --- names: systemd-unit.c -------------------------------------------------------------------- */

/* A container's unit. */
struct ct_scope {
        char *unit;                              /* "libpod-4a1b.scope" */
        char *slice;                             /* "machine.slice" */
        bool user;                               /* the manager is the caller's own, not the machine's */
        const struct ct_spec_pairs *annotations; /* borrowed from the configuration; NULL for none */
};

struct ct_scope *ct_scope_free(struct ct_scope *scope);
CT_CLEANUP(struct ct_scope, ct_scope_free)

/* @path is linux.cgroupsPath, "SLICE:PREFIX:NAME", or NULL for a name made of @id. */
int ct_scope_new(const char *path, const char *id, bool user, struct ct_scope **ret, contain_error_t **err);
/* 0 for the name of a slice and of a scope: what a record may say. */
int ct_scope_check(const char *unit, const char *slice);
/* The path of the unit's cgroup below the manager's own: "/a.slice/a-b.slice/x.scope"; malloc'd. -EINVAL. */
int ct_scope_path(const struct ct_scope *scope, const char *manager_path, char **ret);

/* --- typed values: systemd-variant.c ---------------------------------------------------------- */

/* The scalars of a property, in their order; which member counts is in the signature. */
struct ct_property_value {
        uint64_t number;  /* y b n q i u x t; a negative one in two's complement */
        double real;      /* d */
        const char *text; /* s o g */
};

#define CT_SIGNATURE_MAX 16

/* A property: one scalar, an array of scalars ("as") or one of structs of scalars ("a(st)"). */
struct ct_property {
        const char *name, *signature;
        struct ct_property_value *values;
        size_t n;
        const char *at; /* JSON pointer of what asks for it, NULL for what every container has */
};

/*
 * Reads a value in GVariant's text format: 'text', true, 5, uint64 5, 1.5, ['a', 'b'], [('/dev/null', 'rw')],
 * @as []. Sets the property's signature and values, in the arena. -EINVAL, -ERANGE, -ENOMEM.
 */
int ct_variant_parse(struct ct_arena *arena, const char *text, struct ct_property *property);

/* --- properties: systemd-properties.c --------------------------------------------------------- */

struct ct_properties {
        struct ct_arena *arena;
        bool failed; /* out of memory, looked at once, at the end */
        uint64_t quota,
                period; /* microseconds, as they are before the writes; 0 for none and for the usual */
        struct ct_property *items;
        size_t n, capacity;
};

void ct_properties_add_text(struct ct_properties *properties, const char *name, const char *value);
void ct_properties_add_bool(struct ct_properties *properties, const char *name, bool value);
void ct_properties_add_pid(struct ct_properties *properties, const char *name, pid_t pid);
/*
 * What the writes to cgroup files say, as far as systemd @version has words for it. Without them it would
 * write values of its own to those files, whenever it reloads its units.
 */
void ct_properties_add_writes(struct ct_properties *properties, const struct ct_cgroup_writes *writes,
                              unsigned version);
/* The annotations "org.systemd.property.NAME". */
int ct_properties_add_annotations(struct ct_properties *properties, const struct ct_spec_pairs *annotations,
                                  contain_error_t **err);

/* --- the manager: systemd-bus.c, or systemd-bus-absent.c in a build without systemd ------------ */

struct ct_bus;

/* Why the manager refused. */
struct ct_bus_failure {
        char name[128]; /* "org.freedesktop.systemd1.UnitExists", "" when it is not known */
        char message[512];
};

/* Connects to the manager of the machine, or to the caller's own. */
int ct_bus_open(bool user, struct ct_bus **ret, contain_error_t **err);
struct ct_bus *ct_bus_free(struct ct_bus *bus);
CT_CLEANUP(struct ct_bus, ct_bus_free)

/* A text property of the manager, malloc'd. */
int ct_bus_manager_text(struct ct_bus *bus, const char *name, char **ret, struct ct_bus_failure *failure);
/* Each waits for the job to be done. */
int ct_bus_start(struct ct_bus *bus, const char *unit, const struct ct_properties *properties,
                 struct ct_bus_failure *failure);
int ct_bus_stop(struct ct_bus *bus, const char *unit, struct ct_bus_failure *failure);
int ct_bus_reset_failed(struct ct_bus *bus, const char *unit, struct ct_bus_failure *failure);
int ct_bus_set_properties(struct ct_bus *bus, const char *unit, const struct ct_properties *properties,
                          struct ct_bus_failure *failure);

/* --- a container's scope: systemd.c ----------------------------------------------------------- */

/* Changes the unit's properties. */
int ct_scope_update(const struct ct_scope *scope, const struct ct_cgroup *cgroup,
                    const struct ct_cgroup_writes *lists, contain_error_t **err);
/* Ends the unit, once its processes are gone; fine when it is gone, too. */
int ct_scope_stop(const struct ct_scope *scope, contain_error_t **err);

#endif
