/* SPDX-License-Identifier: MIT */

/*
 * A container's cgroup as a scope of systemd's. The manager makes the unit around the container's first
 * process, and hands the folder over (Delegate=): from then on it is written to as any other. What systemd
 * has properties for is told to it as well, since it writes those files again when it likes.
 */

#include "cgroup/systemd/systemd.h"

#include "base/arena.h"
#include "base/fds.h"
#include "cgroup/controllers.h"
#include "cgroup/devices.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define AT_PATH  "/linux/cgroupsPath"
#define TEXT_MAX (64u * 1024u * 1024u)

#define ERROR_EXISTS "org.freedesktop.systemd1.UnitExists"
#define ERROR_GONE   "org.freedesktop.systemd1.NoSuchUnit"

/* Anybody but the root of the first user namespace has a manager of their own. */
static bool is_user(void)
{
        return geteuid() != 0 || !ct_in_first_user_namespace();
}

/* "252.39-1~deb12u1", "v255": 252, 255. */
static unsigned version_number(const char *text)
{
        return (unsigned)strtoul(text + strcspn(text, "0123456789"), NULL, 10);
}

static int fail(const struct ct_scope *scope, const char *at, int r, const char *what,
                const struct ct_bus_failure *failure, contain_error_t **err)
{
        const char *says = failure->message[0] != '\0' ? failure->message : failure->name;

        return ct_fail(err, CONTAIN_E_CGROUP, -r, at, "systemd cannot %s '%s'%s%s", what, scope->unit,
                       says[0] != '\0' ? ": " : "", says);
}

/* The pointer of the property that the manager's message names, if it was asked for. */
static const char *blame(const struct ct_properties *properties, const char *message)
{
        for (size_t i = properties->n; i-- > 0;) {
                const struct ct_property *property = &properties->items[i];

                if (property->at && strstr(message, property->name))
                        return property->at;
        }
        return NULL;
}

int ct_cgroup_new_scope(const struct ct_cgroup_layout *layout, const char *path, const char *id,
                        const struct ct_spec_pairs *annotations, struct ct_cgroup **ret,
                        contain_error_t **err)
{
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = ct_cgroup_alloc(layout);
        _cleanup_(ct_bus_freep) struct ct_bus *bus = NULL;
        _cleanup_free_ char *manager_path = NULL;
        struct ct_bus_failure failure = { 0 };
        int r;

        if (!cgroup)
                return ct_fail_memory(err);
        r = ct_scope_new(path, id, is_user(), &cgroup->scope, err);
        if (r < 0)
                return r;
        cgroup->scope->annotations = annotations;
        r = ct_bus_open(cgroup->scope->user, &bus, err);
        if (r < 0)
                return r;
        r = ct_bus_manager_text(bus, "ControlGroup", &manager_path, &failure);
        if (r < 0)
                return fail(cgroup->scope, NULL, r, "tell where it keeps cgroups, for", &failure, err);
        for (size_t i = 0; i < layout->n; i++) {
                r = ct_scope_path(cgroup->scope, manager_path, &cgroup->members[i].path);
                if (r == -ENOMEM)
                        return ct_fail_memory(err);
                if (r >= 0)
                        r = ct_cgroup_check_path(cgroup->members[i].path);
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_CGROUP, -r, AT_PATH, "'%s' of '%s' leads to no cgroup",
                                       cgroup->scope->unit, cgroup->scope->slice);
        }
        *ret = ct_take(cgroup);
        return 0;
}

bool ct_cgroup_is_scope(const struct ct_cgroup *cgroup)
{
        return cgroup->scope != NULL;
}

static void add_frame(struct ct_properties *properties, const struct ct_scope *scope, const char *id,
                      pid_t pid)
{
        static const char *const accounted[] = { "CPUAccounting", "MemoryAccounting", "IOAccounting",
                                                 "TasksAccounting" };

        ct_properties_add_text(properties, "Description", id);
        ct_properties_add_text(properties, "Slice", scope->slice);
        ct_properties_add_bool(properties, "Delegate", true);
        ct_properties_add_pid(properties, "PIDs", pid);
        ct_properties_add_bool(properties, "DefaultDependencies", false);
        /* With no process left the unit is gone, too, also when it failed. */
        ct_properties_add_text(properties, "CollectMode", "inactive-or-failed");
        for (size_t i = 0; i < sizeof(accounted) / sizeof(accounted[0]); i++)
                ct_properties_add_bool(properties, accounted[i], true);
}

static int add_resources(struct ct_properties *properties, const struct ct_cgroup *cgroup, struct ct_bus *bus,
                         const struct ct_cgroup_writes *lists, contain_error_t **err)
{
        _cleanup_free_ char *version = NULL;
        struct ct_bus_failure failure = { 0 };
        int r;

        r = ct_bus_manager_text(bus, "Version", &version, &failure);
        if (r < 0)
                return fail(cgroup->scope, NULL, r, "tell its version, for", &failure, err);
        for (size_t i = 0; i < cgroup->layout->n; i++)
                ct_properties_add_writes(properties, &lists[i], version_number(version));
        return properties->failed ? ct_fail_memory(err) : 0;
}

/* The manager may be told to put units elsewhere: better no container than one with no limits. */
static int check_place(const struct ct_cgroup *cgroup, pid_t pid, contain_error_t **err)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *places = NULL;
        _cleanup_free_ char *mountinfo = NULL, *own = NULL;
        char file[64];
        int r;

        (void)snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
        r = ct_read_file_at(AT_FDCWD, file, TEXT_MAX, &own, NULL);
        if (r >= 0)
                r = ct_read_file_at(AT_FDCWD, "/proc/self/mountinfo", TEXT_MAX, &mountinfo, NULL);
        if (r >= 0)
                r = ct_cgroup_layout_parse(mountinfo, own, &places);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -r, NULL,
                               "cannot find out where systemd put process %d", (int)pid);
        for (size_t i = 0; i < places->n && i < cgroup->layout->n; i++) {
                const struct ct_hierarchy *place = &places->items[i];
                bool theirs = place->v2 ? places->kind == CT_CGROUPS_V2
                                        : strcmp(place->controllers, "name=systemd") == 0;

                if (theirs && place->own_path && strcmp(place->own_path, cgroup->members[i].path) != 0)
                        return ct_fail(err, CONTAIN_E_CGROUP, EXDEV, AT_PATH,
                                       "systemd put the process into cgroup '%s' in place of '%s'",
                                       place->own_path, cgroup->members[i].path);
        }
        return 0;
}

static int start(struct ct_bus *bus, const struct ct_scope *scope, const struct ct_properties *properties,
                 contain_error_t **err)
{
        struct ct_bus_failure failure = { 0 }, ignored = { 0 };
        const char *at;
        int r;

        r = ct_bus_start(bus, scope->unit, properties, &failure);
        /* One that failed some time ago, and stayed to be looked at. */
        if (r < 0 && strcmp(failure.name, ERROR_EXISTS) == 0 &&
            ct_bus_reset_failed(bus, scope->unit, &ignored) >= 0) {
                memset(&failure, 0, sizeof(failure));
                r = ct_bus_start(bus, scope->unit, properties, &failure);
        }
        if (r >= 0)
                return 0;
        if (strcmp(failure.name, ERROR_EXISTS) == 0)
                return ct_fail(err, CONTAIN_E_CGROUP, EBUSY, AT_PATH, "systemd has a unit '%s' already",
                               scope->unit);
        at = blame(properties, failure.message);
        return fail(scope, at ? at : AT_PATH, r, "start", &failure, err);
}

int ct_cgroup_start_scope(struct ct_cgroup *cgroup, const char *id, pid_t pid,
                          const struct ct_spec_resources *resources, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_(ct_bus_freep) struct ct_bus *bus = NULL;
        struct ct_properties properties = { .arena = arena };
        const struct ct_scope *scope = cgroup->scope;
        struct ct_cgroup_writes *lists;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_cgroup_compile(cgroup, resources, false, arena, &lists, err);
        if (r < 0)
                return r;
        r = ct_bus_open(scope->user, &bus, err);
        if (r < 0)
                return r;
        add_frame(&properties, scope, id, pid);
        r = add_resources(&properties, cgroup, bus, lists, err);
        if (r >= 0)
                r = ct_properties_add_annotations(&properties, scope->annotations, err);
        if (r >= 0)
                r = start(bus, scope, &properties, err);
        if (r < 0)
                return r;
        cgroup->created = true;
        return check_place(cgroup, pid, err);
}

/* How much of the processors the cgroup's files give it. */
struct bandwidth {
        int fd;               /* the folder */
        bool v2;              /* one file has both */
        char *quota, *period; /* as the files have them; NULL where there are none */
};

static void bandwidth_done(struct bandwidth *bandwidth)
{
        bandwidth->fd = ct_close(bandwidth->fd);
        free(bandwidth->quota);
        free(bandwidth->period);
}

static void bandwidth_read(struct bandwidth *bandwidth, const struct ct_cgroup *cgroup)
{
        int i = ct_cgroup_find(cgroup, "cpu", "cpu");

        if (i >= 0)
                bandwidth->fd = ct_cgroup_open(cgroup, (size_t)i);
        if (bandwidth->fd < 0)
                return;
        bandwidth->v2 = cgroup->layout->items[i].v2;
        if (bandwidth->v2) {
                (void)ct_read_file_at(bandwidth->fd, "cpu.max", 4096, &bandwidth->quota, NULL);
                return;
        }
        (void)ct_read_file_at(bandwidth->fd, "cpu.cfs_quota_us", 4096, &bandwidth->quota, NULL);
        (void)ct_read_file_at(bandwidth->fd, "cpu.cfs_period_us", 4096, &bandwidth->period, NULL);
}

/* A new quota is worth what the period, which is not mentioned, makes of it. */
static void bandwidth_tell(const struct bandwidth *bandwidth, struct ct_properties *properties)
{
        const char *quota = bandwidth->quota, *period = bandwidth->period;

        if (quota && bandwidth->v2)
                period = quota + strcspn(quota, " ");
        if (!quota || !period)
                return;
        properties->quota = quota[0] >= '0' && quota[0] <= '9' ? strtoull(quota, NULL, 10) : 0;
        properties->period = strtoull(period, NULL, 10);
}

/*
 * systemd writes both whenever it writes to one of the files for processors, the quota rounded, and the usual
 * period if there is no quota. As they were, what is not changed stays; what is, is written after this.
 */
static void bandwidth_restore(const struct bandwidth *bandwidth)
{
        if (bandwidth->period)
                (void)ct_write_file_at(bandwidth->fd, "cpu.cfs_period_us", bandwidth->period);
        if (bandwidth->quota)
                (void)ct_write_file_at(bandwidth->fd, bandwidth->v2 ? "cpu.max" : "cpu.cfs_quota_us",
                                       bandwidth->quota);
}

int ct_scope_update(const struct ct_scope *scope, const struct ct_cgroup *cgroup,
                    const struct ct_cgroup_writes *lists, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_(ct_bus_freep) struct ct_bus *bus = NULL;
        _cleanup_(bandwidth_done) struct bandwidth bandwidth = { .fd = -EBADF };
        struct ct_properties properties = { .arena = arena };
        struct ct_bus_failure failure = { 0 };
        const char *at;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_bus_open(scope->user, &bus, err);
        if (r < 0)
                return r;
        bandwidth_read(&bandwidth, cgroup);
        bandwidth_tell(&bandwidth, &properties);
        r = add_resources(&properties, cgroup, bus, lists, err);
        if (r < 0 || properties.n == 0)
                return r;
        r = ct_bus_set_properties(bus, scope->unit, &properties, &failure);
        if (r >= 0) {
                bandwidth_restore(&bandwidth);
                return 0;
        }
        at = blame(&properties, failure.message);
        return fail(scope, at ? at : properties.items[0].at, r, "change", &failure, err);
}

int ct_scope_stop(const struct ct_scope *scope, contain_error_t **err)
{
        _cleanup_(ct_bus_freep) struct ct_bus *bus = NULL;
        struct ct_bus_failure failure = { 0 }, ignored = { 0 };
        int r;

        r = ct_bus_open(scope->user, &bus, err);
        if (r < 0)
                return r;
        r = ct_bus_stop(bus, scope->unit, &failure);
        (void)ct_bus_reset_failed(bus, scope->unit, &ignored);
        if (r >= 0 || strcmp(failure.name, ERROR_GONE) == 0)
                return 0;
        return fail(scope, NULL, r, "stop", &failure, err);
}
