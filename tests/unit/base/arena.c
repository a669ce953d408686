/* SPDX-License-Identifier: MIT */

#include "base/arena.h"

#include "harness/test.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

TEST(arena_memory_is_zeroed_and_aligned)
{
        static const size_t sizes[] = { 0, 1, 7, 16, 100, 4000, 4096, 5000, 1000000, 3 };
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        size_t i, j;

        REQUIRE(arena);
        for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                char *memory = ct_arena_alloc(arena, sizes[i]);
                char sum = 0;

                REQUIRE(memory);
                EXPECT_EQ((uintptr_t)memory % _Alignof(max_align_t), 0);
                for (j = 0; j < sizes[i]; j++)
                        sum |= memory[j];
                EXPECT_EQ(sum, 0);
                memset(memory, 'x', sizes[i]);
        }
}

TEST(arena_allocations_do_not_overlap)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        unsigned char *blocks[200];
        size_t i, j;

        REQUIRE(arena);
        for (i = 0; i < 200; i++) {
                blocks[i] = ct_arena_alloc(arena, i * 13 % 700 + 1);
                REQUIRE(blocks[i]);
                memset(blocks[i], (int)i, i * 13 % 700 + 1);
        }
        for (i = 0; i < 200; i++)
                for (j = 0; j < i * 13 % 700 + 1; j++)
                        if (blocks[i][j] != i)
                                EXPECT_EQ(blocks[i][j], i);
}

TEST(arena_refuses_sizes_that_overflow)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();

        REQUIRE(arena);
        EXPECT(!ct_arena_alloc(arena, SIZE_MAX));
        EXPECT(!ct_arena_alloc(arena, SIZE_MAX - 20));
        EXPECT(!ct_arena_array(arena, SIZE_MAX / 2, 3));
        EXPECT(!ct_arena_strndup(arena, "x", SIZE_MAX));
        EXPECT(ct_arena_array(arena, 0, 8) != NULL);
        EXPECT(ct_arena_array(arena, 3, 8) != NULL);
}

TEST(arena_strings)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();

        REQUIRE(arena);
        EXPECT_STR(ct_arena_strdup(arena, "abc"), "abc");
        EXPECT_STR(ct_arena_strdup(arena, ""), "");
        EXPECT_STR(ct_arena_strndup(arena, "abcdef", 3), "abc");
        EXPECT_STR(ct_arena_printf(arena, "%s/%d", "a", 7), "a/7");
        EXPECT_EQ(strlen(ct_arena_printf(arena, "%5000d", 1)), 5000);
}
