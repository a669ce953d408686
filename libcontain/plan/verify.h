/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_VERIFY_H
#define CT_PLAN_VERIFY_H

/*
 * Bounds of every offset of a plan, checked before any is used. Static and freestanding, so that
 * both sides run the very same check.
 */

#include "plan/format.h"
#include "plan/steps.h"

/* Is [offset, offset + size) inside of the block's pool? */
static inline int plan_in_pool(const struct plan_header *plan, uint32_t offset, uint64_t size)
{
        return offset >= plan->pool && (uint64_t)offset + size <= (uint64_t)plan->pool + plan->pool_size;
}

/* A string offset: absent, or in the pool, whose last byte is checked to be NUL. */
static inline int plan_string_ok(const struct plan_header *plan, uint32_t offset)
{
        return offset == 0 || plan_in_pool(plan, offset, 1);
}

static inline int plan_table_ok(const struct plan_header *plan, uint32_t offset, uint64_t count,
                                uint64_t size)
{
        return offset >= sizeof(struct plan_header) && offset % 8 == 0 && count <= 0xffff &&
               (uint64_t)offset + count * size <= plan->size;
}

static inline int plan_step_ok(const struct plan_header *plan, const struct plan_step *step)
{
        if (step->op == STEP_NONE || step->op >= STEP_N || !plan_string_ok(plan, step->at))
                return 0;
        if (step->slot != PLAN_NO_SLOT && step->slot >= plan->n_slots)
                return 0;
        for (int i = 0; i < PLAN_STRINGS; i++)
                if (!plan_string_ok(plan, step->s[i]))
                        return 0;
        return step->blob == 0 ? step->blob_size == 0
                               : step->blob % 8 == 0 && plan_in_pool(plan, step->blob, step->blob_size);
}

/* 0 when the @size bytes at @bytes are a sound plan, else the offset + 1 of the first flaw. */
static inline uint64_t plan_verify(const void *bytes, uint64_t size)
{
        const struct plan_header *plan = (const struct plan_header *)bytes;
        const char *base = (const char *)bytes;

        if (size < sizeof(*plan) || size > PLAN_MAX_SIZE)
                return 1;
        if (plan->magic != PLAN_MAGIC || plan->version != PLAN_VERSION || plan->size != size)
                return 1;
        if (!plan_table_ok(plan, plan->steps, plan->n_steps, sizeof(struct plan_step)) ||
            !plan_table_ok(plan, plan->slots, plan->n_slots, sizeof(struct plan_slot)))
                return 1;
        if (plan->pool < sizeof(*plan) || plan->pool_size == 0 ||
            (uint64_t)plan->pool + plan->pool_size > plan->size ||
            base[plan->pool + plan->pool_size - 1] != 0)
                return 1;
        for (int i = 0; i < 2; i++)
                if (!plan_string_ok(plan, plan->state_creating[i]) ||
                    !plan_string_ok(plan, plan->state_created[i]))
                        return 1;
        for (uint32_t i = 0; i < plan->n_steps; i++) {
                uint32_t offset = plan->steps + i * (uint32_t)sizeof(struct plan_step);

                if (!plan_step_ok(plan, (const struct plan_step *)(base + offset)))
                        return offset + 1u;
        }
        for (uint32_t i = 0; i < plan->n_slots; i++) {
                uint32_t offset = plan->slots + i * (uint32_t)sizeof(struct plan_slot);
                const struct plan_slot *slot = (const struct plan_slot *)(base + offset);

                if (slot->kind == 0 || slot->kind >= PLAN_SLOT_KINDS || !plan_string_ok(plan, slot->at) ||
                    !plan_string_ok(plan, slot->path) || !plan_string_ok(plan, slot->path2))
                        return offset + 1u;
        }
        return 0;
}

#endif
