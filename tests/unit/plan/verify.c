/* SPDX-License-Identifier: MIT */

/*
 * Damaged plans. What plan_verify() lets pass may be nonsense, but reading it never leaves the block: with
 * AddressSanitizer, a block of exactly the plan's size tells.
 */

#include "base/fds.h"
#include "harness/test.h"
#include "plan/verify.h"
#include "world.h"

#include <fcntl.h>
#include <string.h>

#define MAX_FILE (1 << 20)
#define ROUNDS   20000

static struct ct_plan *compile(const char *path)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(world_done) struct world world = { 0 };
        _cleanup_free_ char *text = NULL;

        if (ct_read_file_at(AT_FDCWD, path, MAX_FILE, &text, NULL) < 0 ||
            !world_init(&world, "has apparmor\n"))
                return NULL;
        return world_compile(&world, text, &error);
}

static uint64_t next_random(uint64_t *state)
{
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

/* A copy in a block of its own, of just that size. */
static struct ct_plan copy(const struct ct_plan *plan, size_t size)
{
        struct ct_plan copied = { .bytes = malloc(size > 0 ? size : 1), .size = size };

        if (copied.bytes)
                memcpy(copied.bytes, plan->bytes, size);
        return copied;
}

/* Everything that a reader of a checked plan may look at. */
static size_t read_all(const struct ct_plan *plan)
{
        _cleanup_buf_ struct ct_buf out = CT_BUF_INIT;
        const struct plan_header *header = ct_plan_header(plan);
        size_t sum = 0;

        for (int i = 0; i < 2; i++)
                sum += strlen(ct_plan_string(plan, header->state_creating[i])) +
                       strlen(ct_plan_string(plan, header->state_created[i]));
        for (uint32_t i = 0; i < header->n_steps; i++) {
                const struct plan_step *step = ct_plan_step(plan, i);

                for (uint32_t j = 0; j < step->blob_size; j++)
                        sum += ((const unsigned char *)plan->bytes)[step->blob + j];
        }
        EXPECT_EQ(ct_plan_dump(plan, &out), 0);
        return sum + out.size;
}

static void mutate(struct ct_plan *plan, uint64_t *state, size_t limit)
{
        unsigned char *bytes = plan->bytes;
        unsigned n = 1 + (unsigned)(next_random(state) % 4);

        while (n-- > 0) {
                size_t at = next_random(state) % limit;
                uint32_t word = (uint32_t)next_random(state);

                switch (next_random(state) % 4) {
                case 0:
                        bytes[at] ^= (unsigned char)(1u << next_random(state) % 8);
                        break;
                case 1:
                        bytes[at] = (unsigned char)next_random(state);
                        break;
                case 2: /* an offset close to the end */
                        word = (uint32_t)plan->size - (uint32_t)(next_random(state) % 16);
                        __attribute__((fallthrough));
                default:
                        at &= ~(size_t)3;
                        memcpy(bytes + at, &word, sizeof(word));
                        break;
                }
        }
}

static void damage(const char *path)
{
        _cleanup_(ct_plan_freep) struct ct_plan *plan = compile(path);
        uint64_t state = 20260929;
        size_t passed = 0;

        REQUIRE(plan != NULL);
        for (unsigned i = 0; i < ROUNDS; i++) {
                struct ct_plan damaged = copy(plan, plan->size);
                /* Mostly where offsets are, sometimes anywhere. */
                size_t tables = ct_plan_header(plan)->pool,
                       limit = i % 4 ? i % 8 ? tables : 64 : plan->size & ~(size_t)3;

                REQUIRE(damaged.bytes != NULL);
                mutate(&damaged, &state, limit);
                if (plan_verify(damaged.bytes, damaged.size) == 0) {
                        EXPECT(read_all(&damaged) > 0);
                        passed++;
                }
                free(damaged.bytes);
        }
        EXPECT(passed > 0 && passed < ROUNDS);
}

TEST(damaged_plans_are_read_within_bounds)
{
        damage(GOLDEN "/podman.config.json");
        damage(GOLDEN "/user-namespace-staged.config.json");
}

TEST(cut_off_plans_are_refused)
{
        _cleanup_(ct_plan_freep) struct ct_plan *plan = compile(GOLDEN "/default-v2.config.json");

        REQUIRE(plan != NULL);
        EXPECT_EQ(plan_verify(plan->bytes, plan->size), 0);
        for (size_t size = 0; size < plan->size; size++) {
                struct ct_plan cut = copy(plan, size);

                REQUIRE(cut.bytes != NULL);
                if (plan_verify(cut.bytes, cut.size) == 0)
                        EXPECT_EQ(size, plan->size);
                free(cut.bytes);
        }
}

TEST(single_flaws_are_found)
{
        _cleanup_(ct_plan_freep) struct ct_plan *plan = compile(GOLDEN "/default-v2.config.json");
        struct plan_header *header;
        struct plan_step *step;
        struct plan_slot *slot;
        char *last;

        REQUIRE(plan != NULL);
        header = plan->bytes;
        step = (struct plan_step *)((char *)plan->bytes + header->steps) + 3;
        slot = (struct plan_slot *)((char *)plan->bytes + header->slots) + 1;
        last = (char *)plan->bytes + plan->size - 1;

#define EXPECT_FLAW(member, value)                                                                           \
        do {                                                                                                 \
                __typeof__(member) saved_ = member;                                                          \
                member = (__typeof__(member))(value);                                                        \
                EXPECT(plan_verify(plan->bytes, plan->size) != 0);                                           \
                member = saved_;                                                                             \
                EXPECT_EQ(plan_verify(plan->bytes, plan->size), 0);                                          \
        } while (0)
        EXPECT_FLAW(header->magic, 0);
        EXPECT_FLAW(header->version, 2);
        EXPECT_FLAW(header->size, header->size - 1);
        EXPECT_FLAW(header->steps, 4);
        EXPECT_FLAW(header->steps, header->steps + 4);
        EXPECT_FLAW(header->n_steps, 0xffff);
        EXPECT_FLAW(header->n_slots, UINT32_MAX);
        EXPECT_FLAW(header->pool, 0);
        EXPECT_FLAW(header->pool, UINT32_MAX);
        EXPECT_FLAW(header->pool_size, 0);
        EXPECT_FLAW(header->pool_size, header->pool_size + 1);
        EXPECT_FLAW(header->state_creating[1], 1);
        EXPECT_FLAW(header->state_created[0], header->size);
        EXPECT_FLAW(step->op, STEP_NONE);
        EXPECT_FLAW(step->op, STEP_N);
        EXPECT_FLAW(step->slot, header->n_slots);
        EXPECT_FLAW(step->at, header->steps);
        EXPECT_FLAW(step->s[2], UINT32_MAX);
        EXPECT_FLAW(step->blob, header->pool + 1);
        EXPECT_FLAW(step->blob_size, 1);
        EXPECT_FLAW(slot->kind, 0);
        EXPECT_FLAW(slot->kind, PLAN_SLOT_KINDS);
        EXPECT_FLAW(slot->path2, 1);
        EXPECT_FLAW(*last, 'x');
}
