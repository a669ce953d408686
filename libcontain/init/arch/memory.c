/* SPDX-License-Identifier: MIT */

/* What compilers call for copies and clears of their own, in programs without a C library too. */

#include <stddef.h>

/* Keeps the compiler from seeing in a loop the very function that it stands in. */
#define OPAQUE() __asm__ volatile("" ::: "memory")

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

void *memcpy(void *to, const void *from, size_t size)
{
        for (size_t i = 0; i < size; i++) {
                ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
                OPAQUE();
        }
        return to;
}

void *memmove(void *to, const void *from, size_t size)
{
        if ((const unsigned char *)to <= (const unsigned char *)from)
                return memcpy(to, from, size);
        for (size_t i = size; i > 0; i--) {
                ((unsigned char *)to)[i - 1] = ((const unsigned char *)from)[i - 1];
                OPAQUE();
        }
        return to;
}

void *memset(void *to, int byte, size_t size)
{
        for (size_t i = 0; i < size; i++) {
                ((unsigned char *)to)[i] = (unsigned char)byte;
                OPAQUE();
        }
        return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
        for (size_t i = 0; i < size; i++) {
                int difference = ((const unsigned char *)a)[i] - ((const unsigned char *)b)[i];

                if (difference != 0)
                        return difference;
                OPAQUE();
        }
        return 0;
}
