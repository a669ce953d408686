/* SPDX-License-Identifier: MIT */

/*
 * The annotations "org.systemd.property.NAME": properties of the unit that the configuration has no other
 * words for. A NAME that ends in "Sec" is a time in seconds, as in unit files; the manager itself counts
 * microseconds and calls it "USec".
 */

#include "cgroup/systemd/systemd.h"

#include "base/arena.h"
#include "base/json.h"

#include <string.h>

#define PREFIX "org.systemd.property."

/* What makes the unit the container's is not for the configuration to say. */
static const char *const reserved[] = { "PIDs", "PIDFDs", "Slice", "Delegate", "DelegateSubgroup" };

static bool is_name(const char *name)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

        return name[0] != '\0' && strspn(name, letters) == strlen(name);
}

/* "TimeoutStopSec", and not "TimeoutStopUSec". */
static bool is_in_seconds(const char *name)
{
        size_t length = strlen(name);

        return length > 3 && strcmp(name + length - 3, "Sec") == 0 && name[length - 4] >= 'a' &&
               name[length - 4] <= 'z';
}

/* -EINVAL for what is no number of seconds. */
static int to_microseconds(struct ct_arena *arena, const char *name, struct ct_property *property)
{
        const double max = (double)(UINT64_MAX / 1000000 / 2);
        struct ct_property_value *value = property->values;
        double seconds;

        if (strlen(property->signature) != 1 || !strchr("ynqiuxtd", property->signature[0]))
                return -EINVAL;
        if (property->signature[0] == 'd')
                seconds = value->real;
        else if (strchr("nix", property->signature[0]))
                seconds = (double)(int64_t)value->number;
        else
                seconds = (double)value->number;
        if (!(seconds >= 0 && seconds < max))
                return -ERANGE;
        value->number =
                property->signature[0] == 'd' ? (uint64_t)(seconds * 1000000 + 0.5) : value->number * 1000000;
        property->signature = "t";
        property->name = ct_arena_printf(arena, "%.*sUSec", (int)strlen(name) - 3, name);
        return property->name ? 0 : -ENOMEM;
}

static int add_annotation(struct ct_properties *properties, const char *name, const char *value,
                          const char *at, contain_error_t **err)
{
        struct ct_property property = { .name = name, .at = at }, *more;
        int r;

        if (!is_name(name))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at, "'%s' is not the name of a property", name);
        for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
                if (strcmp(name, reserved[i]) == 0)
                        return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at,
                                       "the unit's property '%s' is the library's to set", name);
        r = ct_variant_parse(properties->arena, value, &property);
        if (r >= 0 && is_in_seconds(name))
                r = to_microseconds(properties->arena, name, &property);
        if (r == -ENOMEM)
                return ct_fail_memory(err);
        if (r < 0) {
                r = ct_fail(err, CONTAIN_E_VALUE, -r, at, "'%s' is not a value for a property", value);
                ct_error_set_hint(
                        err, "the format is GVariant's: 'text' in quotes, true, 5, uint64 5, ['a', 'b']");
                return r;
        }
        more = ct_arena_array(properties->arena, properties->n + 1, sizeof(*more));
        if (!more)
                return ct_fail_memory(err);
        if (properties->n > 0)
                memcpy(more, properties->items, properties->n * sizeof(*more));
        more[properties->n++] = property;
        properties->items = more;
        properties->capacity = properties->n;
        return 0;
}

int ct_properties_add_annotations(struct ct_properties *properties, const struct ct_spec_pairs *annotations,
                                  contain_error_t **err)
{
        for (size_t i = 0; annotations && i < annotations->n; i++) {
                const struct ct_spec_pair *pair = &annotations->items[i];
                const char *at;
                int r;

                if (strncmp(pair->key, PREFIX, strlen(PREFIX)) != 0)
                        continue;
                at = ct_json_pointer_join(properties->arena, "/annotations", pair->key);
                if (!at)
                        return ct_fail_memory(err);
                r = add_annotation(properties, pair->key + strlen(PREFIX), pair->value, at, err);
                if (r < 0)
                        return r;
        }
        return 0;
}
