/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_INIT_BUILD_H
#define TESTS_UNIT_INIT_BUILD_H

/* Plans written by hand: bytes as plan/format.h has them, without the planner. */

#include "plan/format.h"
#include "plan/steps.h"

#include <stddef.h>
#include <stdint.h>

#define BUILD_STEPS 128
#define BUILD_SLOTS 32
#define BUILD_POOL  65536

struct build {
        struct plan_header header;
        struct plan_step steps[BUILD_STEPS];
        struct plan_slot slots[BUILD_SLOTS];
        char pool[BUILD_POOL];
        uint32_t n_steps, n_slots, pool_size;
        uint64_t bytes[(sizeof(struct plan_header) + BUILD_STEPS * sizeof(struct plan_step) +
                        BUILD_SLOTS * sizeof(struct plan_slot) + BUILD_POOL) /
                       8];
};

/* A step, with strings instead of offsets. */
struct build_step {
        enum plan_op op;
        int slot; /* what build_slot() returned */
        const char *at;
        const char *s[PLAN_STRINGS];
        uint64_t n[PLAN_NUMBERS];
        const void *blob;
        size_t blob_size;
};

void build_begin(struct build *build, uint32_t flags);
/* Offset of a copy of @text in the plan. */
uint32_t build_text(struct build *build, const char *text);
/* Returns the slot's number + 1. */
int build_slot(struct build *build, enum plan_slot_kind kind, uint64_t number);
void build_step(struct build *build, const struct build_step *step);
/* A table of strings, the last of which is NULL, as the blob. */
void build_strings_step(struct build *build, const struct build_step *step, const char *const *strings);
/* Lays the plan out in build->bytes. Returns its size. */
size_t build_finish(struct build *build);

#define STEP(build, ...) build_step(build, &(struct build_step){ __VA_ARGS__ })
#define STEP_TABLE(build, strings, ...)                                                                      \
        build_strings_step(build, &(struct build_step){ __VA_ARGS__ }, strings)
/* A list of strings for STEP_TABLE. */
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
