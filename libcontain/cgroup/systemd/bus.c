/* SPDX-License-Identifier: MIT */

/* Talks with a systemd manager over D-Bus: a connection of its own for each use, which nobody else sees. */

#include "cgroup/systemd/library.h"
#include "cgroup/systemd/systemd.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DESTINATION "org.freedesktop.systemd1"
#define PATH        "/org/freedesktop/systemd1"
#define MANAGER     "org.freedesktop.systemd1.Manager"

/* For one answer, and for a job to be done: a machine may be very busy. */
#define TIMEOUT_USEC UINT64_C(60000000)

/* What the manager is doing for us. */
struct job {
        char path[128];
        char result[32]; /* "" while it is not done */
};

struct ct_bus {
        struct ct_systemd_library sd;
        struct sd_bus *bus;
        bool direct;    /* to the manager itself, with no message bus between */
        bool listening; /* for the ends of jobs */
        struct job job;
};

bool ct_systemd_built(void)
{
        return true;
}

struct ct_bus *ct_bus_free(struct ct_bus *bus)
{
        if (!bus)
                return NULL;
        if (bus->bus)
                bus->sd.flush_close_unref(bus->bus);
        ct_systemd_library_close(&bus->sd);
        free(bus);
        return NULL;
}

/* The manager's own socket, for machines without a message bus, and for those on which it is not up yet. */
static int connect_private(struct ct_bus *bus, bool user)
{
        const char *runtime_dir = secure_getenv("XDG_RUNTIME_DIR");
        char address[512];
        int n, r;

        if (user && !runtime_dir)
                return -ENOENT;
        n = snprintf(address, sizeof(address), "unix:path=%s/systemd/private", user ? runtime_dir : "/run");
        if (n < 0 || n >= (int)sizeof(address))
                return -ENAMETOOLONG;
        r = bus->sd.new(&bus->bus);
        if (r >= 0)
                r = bus->sd.set_address(bus->bus, address);
        if (r >= 0)
                r = bus->sd.start(bus->bus);
        bus->direct = true;
        return r < 0 ? r : 0;
}

static int connect_bus(struct ct_bus *bus, bool user)
{
        int r, first;

        first = user ? bus->sd.open_user(&bus->bus) : bus->sd.open_system(&bus->bus);
        if (first >= 0)
                return 0;
        r = connect_private(bus, user);
        return r < 0 ? first : 0;
}

int ct_bus_open(bool user, struct ct_bus **ret, contain_error_t **err)
{
        _cleanup_(ct_bus_freep) struct ct_bus *bus = calloc(1, sizeof(*bus));
        _cleanup_free_ char *why = NULL;
        int r;

        if (!bus)
                return ct_fail_memory(err);
        r = ct_systemd_library_open(&bus->sd, &why);
        if (r < 0) {
                r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                            "managing cgroups through systemd takes '" CT_SYSTEMD_SONAME
                            "', which cannot be loaded");
                if (why)
                        ct_error_set_hint(err, "%s", why);
                return r;
        }
        if (access("/run/systemd/system", F_OK) < 0)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "no systemd runs here that could manage cgroups");
        r = connect_bus(bus, user);
        if (r < 0) {
                r = ct_fail(err, CONTAIN_E_CGROUP, -r, NULL, "cannot connect to the systemd manager of %s",
                            user ? "this user" : "this machine");
                if (user)
                        ct_error_set_hint(err,
                                          "DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR has to lead to it; "
                                          "`loginctl enable-linger` keeps it running");
                return r;
        }
        *ret = ct_take(bus);
        return 0;
}

/* Keeps what the manager said, and frees it. Returns @r. */
static int keep_failure(struct ct_bus *bus, struct sd_bus_error *error, int r, struct ct_bus_failure *failure)
{
        if (r < 0) {
                (void)snprintf(failure->name, sizeof(failure->name), "%s", error->name ? error->name : "");
                (void)snprintf(failure->message, sizeof(failure->message), "%s",
                               error->message ? error->message : "");
        }
        bus->sd.error_free(error);
        return r < 0 ? r : 0;
}

int ct_bus_manager_text(struct ct_bus *bus, const char *name, char **ret, struct ct_bus_failure *failure)
{
        struct sd_bus_error error = { 0 };
        int r;

        r = bus->sd.get_property_string(bus->bus, DESTINATION, PATH, MANAGER, name, &error, ret);
        return keep_failure(bus, &error, r, failure);
}

/* --- messages -------------------------------------------------------------------------------- */

static int append_value(struct ct_bus *bus, struct sd_bus_message *message, char type,
                        const struct ct_property_value *value)
{
        uint64_t u64 = value->number;
        uint32_t u32 = (uint32_t)u64;
        uint16_t u16 = (uint16_t)u64;
        uint8_t u8 = (uint8_t)u64;
        int truth = u64 != 0;

        switch (type) {
        case 's':
        case 'o':
        case 'g':
                return bus->sd.append_basic(message, type, value->text);
        case 'd':
                return bus->sd.append_basic(message, type, &value->real);
        case 'b':
                return bus->sd.append_basic(message, type, &truth);
        case 'y':
                return bus->sd.append_basic(message, type, &u8);
        case 'n':
        case 'q':
                return bus->sd.append_basic(message, type, &u16);
        case 'i':
        case 'u':
                return bus->sd.append_basic(message, type, &u32);
        case 'x':
        case 't':
                return bus->sd.append_basic(message, type, &u64);
        default:
                return -EINVAL;
        }
}

/* The elements of an array, whose signature is behind the "a". */
static int append_elements(struct ct_bus *bus, struct sd_bus_message *message,
                           const struct ct_property *property)
{
        char types[CT_SIGNATURE_MAX] = { 0 };
        bool tuples = property->signature[1] == '(';
        const char *first = property->signature + (tuples ? 2 : 1);
        size_t n_types = strcspn(first, ")");
        int r = 0;

        if (n_types == 0 || n_types >= sizeof(types))
                return -EINVAL;
        memcpy(types, first, n_types);
        for (size_t i = 0; i + n_types <= property->n && r >= 0; i += n_types) {
                if (tuples)
                        r = bus->sd.open_container(message, 'r', types);
                for (size_t k = 0; k < n_types && r >= 0; k++)
                        r = append_value(bus, message, types[k], &property->values[i + k]);
                if (tuples && r >= 0)
                        r = bus->sd.close_container(message);
        }
        return r;
}

static int append_property(struct ct_bus *bus, struct sd_bus_message *message,
                           const struct ct_property *property)
{
        bool array = property->signature[0] == 'a';
        int r;

        r = bus->sd.open_container(message, 'r', "sv");
        if (r >= 0)
                r = bus->sd.append_basic(message, 's', property->name);
        if (r >= 0)
                r = bus->sd.open_container(message, 'v', property->signature);
        if (r >= 0 && array)
                r = bus->sd.open_container(message, 'a', property->signature + 1);
        if (r >= 0)
                r = array ? append_elements(bus, message, property)
                          : append_value(bus, message, property->signature[0], property->values);
        if (r >= 0 && array)
                r = bus->sd.close_container(message);
        if (r >= 0)
                r = bus->sd.close_container(message);
        return r < 0 ? r : bus->sd.close_container(message);
}

static int append_properties(struct ct_bus *bus, struct sd_bus_message *message,
                             const struct ct_properties *properties)
{
        int r;

        r = bus->sd.open_container(message, 'a', "(sv)");
        for (size_t i = 0; i < properties->n && r >= 0; i++)
                r = append_property(bus, message, &properties->items[i]);
        return r < 0 ? r : bus->sd.close_container(message);
}

/* A call to the manager whose first argument is a unit. */
static int new_call(struct ct_bus *bus, const char *method, const char *unit, struct sd_bus_message **ret)
{
        int r;

        r = bus->sd.new_method_call(bus->bus, ret, DESTINATION, PATH, MANAGER, method);
        if (r >= 0 && unit)
                r = bus->sd.append_basic(*ret, 's', unit);
        return r;
}

static int call(struct ct_bus *bus, struct sd_bus_message *message, struct sd_bus_message **ret_reply,
                struct ct_bus_failure *failure)
{
        struct sd_bus_error error = { 0 };
        int r;

        r = bus->sd.call(bus->bus, message, TIMEOUT_USEC, &error, ret_reply);
        return keep_failure(bus, &error, r, failure);
}

/* --- jobs ------------------------------------------------------------------------------------ */

/* JobRemoved(u id, o job, s unit, s result). Returns 0: other handlers may see it, too. */
static int job_removed(struct sd_bus_message *message, void *userdata, struct sd_bus_error *error)
{
        const char *path = NULL, *unit = NULL, *result = NULL;
        struct ct_bus *bus = userdata;
        uint32_t id;

        (void)error;
        if (bus->sd.read_basic(message, 'u', &id) > 0 && bus->sd.read_basic(message, 'o', &path) > 0 &&
            bus->sd.read_basic(message, 's', &unit) > 0 && bus->sd.read_basic(message, 's', &result) > 0 &&
            strcmp(path, bus->job.path) == 0)
                (void)snprintf(bus->job.result, sizeof(bus->job.result), "%s", result);
        return 0;
}

static int listen_for_jobs(struct ct_bus *bus)
{
        static const char match[] = "type='signal',path='" PATH "',interface='" MANAGER
                                    "',member='JobRemoved',sender='" DESTINATION "'";
        struct sd_bus_message *subscribe = NULL;
        struct ct_bus_failure ignored;
        char direct[sizeof(match)];
        int r;

        if (bus->listening)
                return 0;
        (void)snprintf(direct, sizeof(direct), "%.*s", (int)(strstr(match, ",sender") - match), match);
        r = bus->sd.add_match(bus->bus, NULL, bus->direct ? direct : match, job_removed, bus);
        if (r < 0)
                return r;
        bus->listening = true;
        /* Whoever asked for a job hears of its end without this, but not from old managers. */
        if (new_call(bus, "Subscribe", NULL, &subscribe) >= 0)
                (void)call(bus, subscribe, NULL, &ignored);
        bus->sd.message_unref(subscribe);
        return 0;
}

static uint64_t now_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int wait_for_job(struct ct_bus *bus, struct ct_bus_failure *failure)
{
        uint64_t deadline = now_usec() + TIMEOUT_USEC, now;
        int r;

        while (bus->job.result[0] == '\0') {
                r = bus->sd.process(bus->bus, NULL);
                if (r > 0)
                        continue;
                now = now_usec();
                if (r == 0 && now < deadline)
                        r = bus->sd.wait(bus->bus, deadline - now);
                else if (r == 0)
                        r = -ETIMEDOUT;
                if (r < 0 && r != -EINTR)
                        return r;
        }
        if (strcmp(bus->job.result, "done") == 0)
                return 0;
        (void)snprintf(failure->message, sizeof(failure->message), "the job ended as '%s'", bus->job.result);
        return -EIO;
}

/* Makes a call that answers with a job, and waits for that. */
static int run_job(struct ct_bus *bus, struct sd_bus_message *message, struct ct_bus_failure *failure)
{
        struct sd_bus_message *reply = NULL;
        const char *path = NULL;
        int r;

        memset(&bus->job, 0, sizeof(bus->job));
        r = listen_for_jobs(bus);
        if (r >= 0)
                r = call(bus, message, &reply, failure);
        if (r >= 0)
                r = bus->sd.read_basic(reply, 'o', &path);
        if (r >= 0) {
                (void)snprintf(bus->job.path, sizeof(bus->job.path), "%s", path ? path : "");
                r = wait_for_job(bus, failure);
        }
        bus->sd.message_unref(reply);
        return r < 0 ? r : 0;
}

/* --- the manager's methods ------------------------------------------------------------------- */

int ct_bus_start(struct ct_bus *bus, const char *unit, const struct ct_properties *properties,
                 struct ct_bus_failure *failure)
{
        struct sd_bus_message *message = NULL;
        int r;

        r = new_call(bus, "StartTransientUnit", unit, &message);
        if (r >= 0)
                r = bus->sd.append_basic(message, 's', "fail");
        if (r >= 0)
                r = append_properties(bus, message, properties);
        if (r >= 0)
                r = bus->sd.open_container(message, 'a', "(sa(sv))"); /* no other units */
        if (r >= 0)
                r = bus->sd.close_container(message);
        if (r >= 0)
                r = run_job(bus, message, failure);
        bus->sd.message_unref(message);
        return r;
}

int ct_bus_stop(struct ct_bus *bus, const char *unit, struct ct_bus_failure *failure)
{
        struct sd_bus_message *message = NULL;
        int r;

        r = new_call(bus, "StopUnit", unit, &message);
        if (r >= 0)
                r = bus->sd.append_basic(message, 's', "replace");
        if (r >= 0)
                r = run_job(bus, message, failure);
        bus->sd.message_unref(message);
        return r;
}

int ct_bus_reset_failed(struct ct_bus *bus, const char *unit, struct ct_bus_failure *failure)
{
        struct sd_bus_message *message = NULL;
        int r;

        r = new_call(bus, "ResetFailedUnit", unit, &message);
        if (r >= 0)
                r = call(bus, message, NULL, failure);
        bus->sd.message_unref(message);
        return r;
}

int ct_bus_set_properties(struct ct_bus *bus, const char *unit, const struct ct_properties *properties,
                          struct ct_bus_failure *failure)
{
        struct sd_bus_message *message = NULL;
        int r, runtime = 1;

        r = new_call(bus, "SetUnitProperties", unit, &message);
        if (r >= 0)
                r = bus->sd.append_basic(message, 'b', &runtime);
        if (r >= 0)
                r = append_properties(bus, message, properties);
        if (r >= 0)
                r = call(bus, message, NULL, failure);
        bus->sd.message_unref(message);
        return r;
}
