/* SPDX-License-Identifier: MIT */

/* A list of blocks that are filled from the front. Blocks come zeroed and are never reused. */

#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_SIZE 4096

struct block {
        struct block *next;
        size_t used, size;
        _Alignas(max_align_t) char bytes[];
};

struct ct_arena {
        struct block *blocks; /* the one being filled is first */
        struct ct_problems *problems;
};

struct ct_arena *ct_arena_new(void)
{
        return calloc(1, sizeof(struct ct_arena));
}

struct ct_arena *ct_arena_free(struct ct_arena *arena)
{
        int saved = errno;

        if (!arena)
                return NULL;
        while (arena->blocks) {
                struct block *next = arena->blocks->next;

                free(arena->blocks);
                arena->blocks = next;
        }
        free(arena);
        errno = saved;
        return NULL;
}

void ct_arena_set_problems(struct ct_arena *arena, struct ct_problems *problems)
{
        arena->problems = problems;
}

struct ct_problems *ct_arena_problems(const struct ct_arena *arena)
{
        return arena ? arena->problems : NULL;
}

static struct block *add_block(struct ct_arena *arena, size_t size)
{
        struct block *block;

        if (size > SIZE_MAX - sizeof *block)
                return NULL;
        block = calloc(1, sizeof *block + size);
        if (!block)
                return NULL;
        block->size = size;
        /* A big one goes behind the one being filled, whose room would be lost otherwise. */
        if (arena->blocks && size > BLOCK_SIZE) {
                block->next = arena->blocks->next;
                arena->blocks->next = block;
        } else {
                block->next = arena->blocks;
                arena->blocks = block;
        }
        return block;
}

void *ct_arena_alloc(struct ct_arena *arena, size_t size)
{
        const size_t alignment = _Alignof(max_align_t);
        struct block *block = arena->blocks;
        void *memory;

        if (size > SIZE_MAX - alignment)
                return NULL;
        size = size == 0 ? alignment : (size + alignment - 1) / alignment * alignment;
        if (!block || block->size - block->used < size) {
                block = add_block(arena, size > BLOCK_SIZE ? size : BLOCK_SIZE);
                if (!block)
                        return NULL;
        }
        memory = block->bytes + block->used;
        block->used += size;
        return memory;
}

void *ct_arena_array(struct ct_arena *arena, size_t count, size_t size)
{
        size_t total;

        if (__builtin_mul_overflow(count, size, &total))
                return NULL;
        return ct_arena_alloc(arena, total);
}

char *ct_arena_strndup(struct ct_arena *arena, const char *text, size_t length)
{
        char *copy;

        if (length == SIZE_MAX)
                return NULL;
        copy = ct_arena_alloc(arena, length + 1);
        if (copy)
                memcpy(copy, text, length);
        return copy;
}

char *ct_arena_strdup(struct ct_arena *arena, const char *text)
{
        return ct_arena_strndup(arena, text, strlen(text));
}

char *ct_arena_printf(struct ct_arena *arena, const char *format, ...)
{
        va_list args;
        char *text;
        int length;

        va_start(args, format);
        length = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (length < 0)
                return NULL;
        text = ct_arena_alloc(arena, (size_t)length + 1);
        if (!text)
                return NULL;
        va_start(args, format);
        (void)vsnprintf(text, (size_t)length + 1, format, args);
        va_end(args);
        return text;
}
