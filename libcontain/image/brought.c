/* SPDX-License-Identifier: MIT */

/* A hash set without removal: open addressing, at most three quarters full, 0 for a free slot. The hash is
 * SipHash-2-4. */

#include "image/brought.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_CAPACITY 1024

struct ct_brought {
        uint64_t key[2];
        uint64_t *slots;
        size_t n, capacity; /* a power of two */
};

static uint64_t rotate(uint64_t value, unsigned by)
{
        return value << by | value >> (64 - by);
}

static void mix(uint64_t v[4], int rounds)
{
        while (rounds-- > 0) {
                v[0] += v[1];
                v[2] += v[3];
                v[1] = rotate(v[1], 13) ^ v[0];
                v[3] = rotate(v[3], 16) ^ v[2];
                v[0] = rotate(v[0], 32);
                v[2] += v[1];
                v[0] += v[3];
                v[1] = rotate(v[1], 17) ^ v[2];
                v[3] = rotate(v[3], 21) ^ v[0];
                v[2] = rotate(v[2], 32);
        }
}

static uint64_t hash(const struct ct_brought *brought, const char *bytes, size_t size)
{
        uint64_t v[4] = { brought->key[0] ^ 0x736f6d6570736575U, brought->key[1] ^ 0x646f72616e646f6dU,
                          brought->key[0] ^ 0x6c7967656e657261U, brought->key[1] ^ 0x7465646279746573U };
        uint64_t word, last = (uint64_t)size << 56;
        size_t i;

        for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
                memcpy(&word, bytes, sizeof word);
                v[3] ^= word;
                mix(v, 2);
                v[0] ^= word;
        }
        for (i = 0; i < size; i++)
                last |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
        v[3] ^= last;
        mix(v, 2);
        v[0] ^= last;
        v[2] ^= 0xff;
        mix(v, 4);
        word = v[0] ^ v[1] ^ v[2] ^ v[3];
        return word ? word : 1;
}

struct ct_brought *ct_brought_new(void)
{
        _cleanup_(ct_brought_freep) struct ct_brought *brought = NULL;

        brought = calloc(1, sizeof *brought);
        if (!brought)
                return NULL;
        brought->slots = calloc(FIRST_CAPACITY, sizeof *brought->slots);
        if (!brought->slots || getrandom(brought->key, sizeof brought->key, 0) != sizeof brought->key)
                return NULL;
        brought->capacity = FIRST_CAPACITY;
        return ct_take(brought);
}

struct ct_brought *ct_brought_free(struct ct_brought *brought)
{
        if (!brought)
                return NULL;
        free(brought->slots);
        free(brought);
        return NULL;
}

/* The slot that @value is in, or would be. */
static uint64_t *find(uint64_t *slots, size_t capacity, uint64_t value)
{
        size_t i = (size_t)value & (capacity - 1);

        while (slots[i] && slots[i] != value)
                i = (i + 1) & (capacity - 1);
        return &slots[i];
}

static int grow(struct ct_brought *brought)
{
        size_t i, capacity = brought->capacity * 2;
        uint64_t *slots;

        slots = calloc(capacity, sizeof *slots);
        if (!slots)
                return -ENOMEM;
        for (i = 0; i < brought->capacity; i++)
                if (brought->slots[i])
                        *find(slots, capacity, brought->slots[i]) = brought->slots[i];
        free(brought->slots);
        brought->slots = slots;
        brought->capacity = capacity;
        return 0;
}

int ct_brought_add(struct ct_brought *brought, const char *path, size_t length)
{
        uint64_t value = hash(brought, path, length);
        uint64_t *slot;

        if (brought->n >= brought->capacity / 4 * 3 && grow(brought) < 0)
                return -ENOMEM;
        slot = find(brought->slots, brought->capacity, value);
        if (*slot)
                return 0;
        *slot = value;
        brought->n++;
        return 1;
}

bool ct_brought_has(const struct ct_brought *brought, const char *path, size_t length)
{
        return *find(brought->slots, brought->capacity, hash(brought, path, length)) != 0;
}
