/* SPDX-License-Identifier: MIT */

/*
 * The growing plan, and its final layout: header, steps, slots, pool. While it grows, offsets are the
 * pool's own, and its first bytes are left unused so that 0 can mean "absent".
 */

#include "plan/build.h"

#include "base/json.h"
#include "plan/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define POOL_ALIGNMENT 8

_Static_assert(sizeof(struct plan_header) % POOL_ALIGNMENT == 0, "steps follow the header");
_Static_assert(sizeof(struct plan_step) % POOL_ALIGNMENT == 0, "slots follow the steps");
_Static_assert(sizeof(struct plan_slot) % POOL_ALIGNMENT == 0, "the pool follows the slots");

int ct_build_init(struct ct_build *build, const struct ct_spec *spec, const struct ct_facts *facts,
                  const struct ct_request *request, contain_error_t **err)
{
        static const char unused[POOL_ALIGNMENT];

        *build = (struct ct_build){ .spec = spec, .facts = facts, .request = request };
        build->arena = ct_arena_new();
        if (!build->arena || ct_buf_append(&build->pool, unused, sizeof(unused)) < 0)
                return ct_fail_memory(err);
        build->late_readonly = ct_arena_array(build->arena, spec->n_mounts, sizeof(*build->late_readonly));
        if (!build->late_readonly)
                return ct_fail_memory(err);
        return 0;
}

void ct_build_done(struct ct_build *build)
{
        ct_buf_done(&build->steps);
        ct_buf_done(&build->slots);
        ct_buf_done(&build->pool);
        free(build->strings.offsets);
        build->arena = ct_arena_free(build->arena);
}

/* --- texts ---------------------------------------------------------------------------------- */

static const char *checked(struct ct_build *build, const char *text)
{
        if (!text)
                build->failed = true;
        return text ? text : "";
}

const char *ct_build_text(struct ct_build *build, const char *format, ...)
{
        char *text = NULL;
        va_list args, again;
        int length;

        va_start(args, format);
        va_copy(again, args);
        length = vsnprintf(NULL, 0, format, args);
        if (length >= 0)
                text = ct_arena_alloc(build->arena, (size_t)length + 1);
        if (text)
                (void)vsnprintf(text, (size_t)length + 1, format, again);
        va_end(again);
        va_end(args);
        return checked(build, text);
}

const char *ct_build_buf_text(struct ct_build *build, const struct ct_buf *buf)
{
        if (buf->failed)
                return checked(build, NULL);
        return checked(build, ct_arena_strndup(build->arena, buf->data ? buf->data : "", buf->size));
}

const char *ct_build_member(struct ct_build *build, const char *at, const char *key)
{
        return checked(build, ct_json_pointer_join(build->arena, at, key));
}

void ct_build_put_strings(struct ct_buf *blob, const struct ct_strings *strings)
{
        for (size_t i = 0; i < strings->n; i++)
                (void)ct_buf_append(blob, strings->items[i], strlen(strings->items[i]) + 1);
}

/* --- the pool ------------------------------------------------------------------------------- */

static uint64_t hash(const char *text)
{
        uint64_t value = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

        for (; *text != '\0'; text++)
                value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
        return value;
}

/* The place in the table of @text, or of what is free for it. */
static uint32_t *find_string(const struct ct_build *build, uint32_t *offsets, size_t capacity,
                             const char *text)
{
        size_t i = (size_t)hash(text) & (capacity - 1);

        while (offsets[i] != 0 && strcmp(build->pool.data + offsets[i], text) != 0)
                i = (i + 1) & (capacity - 1);
        return &offsets[i];
}

static int grow_strings(struct ct_build *build)
{
        size_t capacity = build->strings.capacity ? build->strings.capacity * 2 : 256;
        uint32_t *offsets = calloc(capacity, sizeof(*offsets));

        if (!offsets)
                return -ENOMEM;
        for (size_t i = 0; i < build->strings.capacity; i++) {
                uint32_t offset = build->strings.offsets[i];

                if (offset != 0)
                        *find_string(build, offsets, capacity, build->pool.data + offset) = offset;
        }
        free(build->strings.offsets);
        build->strings.offsets = offsets;
        build->strings.capacity = capacity;
        return 0;
}

/* Appends to the pool; returns the offset there, 0 on failure. */
static uint32_t put_bytes(struct ct_build *build, const void *bytes, size_t size)
{
        size_t offset = build->pool.size;

        if (size > PLAN_MAX_SIZE || offset > PLAN_MAX_SIZE - size) {
                build->too_big = true;
                return 0;
        }
        if (ct_buf_append(&build->pool, bytes, size) < 0) {
                build->failed = true;
                return 0;
        }
        return (uint32_t)offset;
}

/* Equal strings are stored once. */
static uint32_t put_string(struct ct_build *build, const char *text)
{
        uint32_t *place;

        if (!text || build->failed || build->too_big)
                return 0;
        if (build->strings.n >= build->strings.capacity / 2 && grow_strings(build) < 0) {
                build->failed = true;
                return 0;
        }
        place = find_string(build, build->strings.offsets, build->strings.capacity, text);
        if (*place == 0) {
                *place = put_bytes(build, text, strlen(text) + 1);
                if (*place != 0)
                        build->strings.n++;
        }
        return *place;
}

static uint32_t put_blob(struct ct_build *build, const struct ct_buf *blob)
{
        static const char padding[POOL_ALIGNMENT];
        size_t odd = build->pool.size % POOL_ALIGNMENT;

        if (build->failed || build->too_big || blob->size == 0)
                return 0;
        if (odd != 0)
                (void)put_bytes(build, padding, POOL_ALIGNMENT - odd);
        return put_bytes(build, blob->data, blob->size);
}

/* --- steps and slots ------------------------------------------------------------------------ */

/* A further process has a document of its own, in which everything is one level up. */
static const char *place(const struct ct_build *build, const char *at)
{
        size_t size = sizeof("/process") - 1;

        if (build->request->exec && at && strncmp(at, "/process/", size + 1) == 0)
                at += size;
        /* Most steps by default are of no line in particular: those have no place. */
        return at && at[0] != '\0' ? at : NULL;
}

void ct_build_step(struct ct_build *build, const struct ct_step *step)
{
        struct plan_step out = {
                .op = (uint16_t)step->op,
                .slot = step->slot == 0 ? PLAN_NO_SLOT : (uint16_t)(step->slot - 1),
        };

        out.at = put_string(build, place(build, step->at));
        for (int i = 0; i < PLAN_STRINGS; i++)
                out.s[i] = put_string(build, step->s[i]);
        memcpy(out.n, step->n, sizeof(out.n));
        if (step->blob) {
                build->failed = build->failed || step->blob->failed;
                out.blob = put_blob(build, step->blob);
                out.blob_size = out.blob == 0 ? 0 : (uint32_t)step->blob->size;
        }
        if (ct_buf_append(&build->steps, &out, sizeof(out)) < 0)
                build->failed = true;
        build->n_steps++;
}

unsigned ct_build_slot(struct ct_build *build, enum plan_slot_kind kind, const char *at, const char *path,
                       const char *path2, uint64_t number)
{
        struct plan_slot out = {
                .kind = kind,
                .at = put_string(build, place(build, at)),
                .path = put_string(build, path),
                .path2 = put_string(build, path2),
                .number = number,
        };

        if (build->n_slots >= PLAN_NO_SLOT) {
                build->too_big = true;
                return 0;
        }
        if (ct_buf_append(&build->slots, &out, sizeof(out)) < 0)
                build->failed = true;
        build->n_slots++;
        return (unsigned)build->n_slots;
}

/* --- the block ------------------------------------------------------------------------------ */

static void shift(uint32_t *offset, uint32_t by)
{
        if (*offset != 0)
                *offset += by;
}

static void shift_steps(char *bytes, const struct plan_header *header)
{
        for (uint32_t i = 0; i < header->n_steps; i++) {
                struct plan_step *step = (struct plan_step *)(bytes + header->steps) + i;

                shift(&step->at, header->pool);
                shift(&step->blob, header->pool);
                for (int j = 0; j < PLAN_STRINGS; j++)
                        shift(&step->s[j], header->pool);
        }
        for (uint32_t i = 0; i < header->n_slots; i++) {
                struct plan_slot *slot = (struct plan_slot *)(bytes + header->slots) + i;

                shift(&slot->at, header->pool);
                shift(&slot->path, header->pool);
                shift(&slot->path2, header->pool);
        }
}

static void copy(char *to, const struct ct_buf *buf)
{
        if (buf->size > 0)
                memcpy(to, buf->data, buf->size);
}

static void lay_out(struct ct_build *build, const struct plan_header *header, char *bytes)
{
        memcpy(bytes, header, sizeof(*header));
        copy(bytes + header->steps, &build->steps);
        copy(bytes + header->slots, &build->slots);
        copy(bytes + header->pool, &build->pool); /* the NUL at its end is calloc()'s */
        shift_steps(bytes, header);
}

static int fail_size(contain_error_t **err)
{
        int r = ct_fail(err, CONTAIN_E_UNSUPPORTED, E2BIG, "",
                        "the configuration is too long to be carried out");

        ct_error_set_cause(err, CONTAIN_CAUSE_CONFIG);
        return r;
}

int ct_build_finish(struct ct_build *build, struct ct_plan **ret, contain_error_t **err)
{
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        struct plan_header header = { .magic = PLAN_MAGIC, .version = PLAN_VERSION, .flags = build->flags };
        size_t size;

        for (int i = 0; i < 2; i++) {
                header.state_creating[i] = put_string(build, build->state_creating[i]);
                header.state_created[i] = put_string(build, build->state_created[i]);
        }
        if (build->failed)
                return ct_fail_memory(err);
        size = sizeof(header) + build->steps.size + build->slots.size + build->pool.size + 1;
        if (build->too_big || build->n_steps > 0xffff || size > PLAN_MAX_SIZE)
                return fail_size(err);

        header.clone_flags = build->clone_flags;
        header.size = (uint32_t)size;
        header.steps = (uint32_t)sizeof(header);
        header.n_steps = (uint32_t)build->n_steps;
        header.slots = header.steps + (uint32_t)build->steps.size;
        header.n_slots = (uint32_t)build->n_slots;
        header.pool = header.slots + (uint32_t)build->slots.size;
        header.pool_size = (uint32_t)build->pool.size + 1;
        for (int i = 0; i < 2; i++) {
                shift(&header.state_creating[i], header.pool);
                shift(&header.state_created[i], header.pool);
        }

        plan = calloc(1, sizeof(*plan));
        if (!plan)
                return ct_fail_memory(err);
        plan->size = size;
        plan->bytes = calloc(1, size);
        if (!plan->bytes)
                return ct_fail_memory(err);
        lay_out(build, &header, plan->bytes);
        if (plan_verify(plan->bytes, plan->size) != 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, EBADMSG, "", "the plan that was made is not sound");
        *ret = ct_take(plan);
        return 0;
}
