/* SPDX-License-Identifier: MIT */

/* What meson's wrap_alloc_args makes the linker put in place of the C library's allocators. */

#include "harness/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count, fail_nth;
static int fail_all;
static long live;

void alloc_fail(size_t nth, int all)
{
        count = 0;
        fail_nth = nth;
        fail_all = all;
}

size_t alloc_count(void)
{
        return count;
}

long alloc_live(void)
{
        return live;
}

static int refuse(void)
{
        count++;
        if (fail_nth == 0 || (fail_all ? count < fail_nth : count != fail_nth))
                return 0;
        errno = ENOMEM;
        return 1;
}

static void *note(void *memory)
{
        live += memory != NULL;
        return memory;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
        return refuse() ? NULL : note(__real_malloc(size));
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
        return refuse() ? NULL : note(__real_calloc(n, size));
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
        int fresh = memory == NULL;
        void *moved;

        if (refuse())
                return NULL;
        moved = __real_realloc(memory, size);
        return fresh ? note(moved) : moved;
}

void *__real_reallocarray(void *memory, size_t n, size_t size);
void *__wrap_reallocarray(void *memory, size_t n, size_t size);
void *__wrap_reallocarray(void *memory, size_t n, size_t size)
{
        int fresh = memory == NULL;
        void *moved;

        if (refuse())
                return NULL;
        moved = __real_reallocarray(memory, n, size);
        return fresh ? note(moved) : moved;
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
        return refuse() ? NULL : note(__real_strdup(text));
}

char *__real_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size)
{
        return refuse() ? NULL : note(__real_strndup(text, size));
}

int __real_vasprintf(char **ret, const char *format, va_list args);
int __wrap_vasprintf(char **ret, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
int __wrap_vasprintf(char **ret, const char *format, va_list args)
{
        int r;

        if (refuse())
                return -1;
        r = __real_vasprintf(ret, format, args);
        live += r >= 0;
        return r;
}

int __wrap_asprintf(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **ret, const char *format, ...)
{
        va_list args;
        int r;

        va_start(args, format);
        r = __wrap_vasprintf(ret, format, args);
        va_end(args);
        return r;
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
        live -= memory != NULL;
        __real_free(memory);
}
