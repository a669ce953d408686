/* SPDX-License-Identifier: MIT */

/* The runner of test.h. Nothing of the library is used here, so that it can test all of it. */

#include "harness/test.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_SKIPPED 77

/* The linker's bounds of the section that TEST() fills; weak, as a program may have no test. */
extern const struct test *const __start_ct_tests[] __attribute__((weak));
extern const struct test *const __stop_ct_tests[] __attribute__((weak));

static struct {
        bool failed, skipped;
        char reason[256];
} current;

static void complain(const char *file, int line, const char *format, va_list args)
        __attribute__((format(printf, 3, 0)));
static void complain(const char *file, int line, const char *format, va_list args)
{
        current.failed = true;
        printf("  %s:%d: expected ", file, line);
        (void)vprintf(format, args);
        printf("\n");
}

bool test_check(bool good, const char *file, int line, const char *format, ...)
{
        va_list args;

        if (!good) {
                va_start(args, format);
                complain(file, line, format, args);
                va_end(args);
        }
        return good;
}

bool test_equal(long long a, long long b, const char *file, int line, const char *text)
{
        return test_check(a == b, file, line, "%s, found %lld and %lld", text, a, b);
}

bool test_string(const char *a, const char *b, const char *file, int line, const char *text)
{
        bool good = a && b ? strcmp(a, b) == 0 : a == b;

        return test_check(good, file, line, "%s, found\n    %s\n    %s", text, a ? a : "NULL",
                          b ? b : "NULL");
}

bool test_contains(const char *text, const char *part, const char *file, int line)
{
        return test_check(text && strstr(text, part), file, line, "'%s' in '%s'", part, text ? text : "NULL");
}

void test_skip(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vsnprintf(current.reason, sizeof current.reason, format, args);
        va_end(args);
        current.skipped = true;
}

int test_rounds(int usual)
{
        const char *percent = getenv("CONTAIN_TEST_ROUNDS");
        int rounds = percent ? usual * atoi(percent) / 100 : usual;

        return rounds > 0 ? rounds : 1;
}

static size_t count_fds(void)
{
        DIR *folder = opendir("/proc/self/fd");
        size_t n = 0;

        if (!folder)
                return 0;
        while (readdir(folder))
                n++;
        (void)closedir(folder);
        return n;
}

static bool selected(const char *name, int argc, char **argv)
{
        int i;

        for (i = 1; i < argc; i++)
                if (strstr(name, argv[i]))
                        return true;
        return argc < 2;
}

static void run(const struct test *test)
{
        size_t before = count_fds(), after;

        memset(&current, 0, sizeof current);
        test->run();
        after = count_fds();
        (void)test_check(before == after, test->name, 0,
                         "as many descriptors after as before, found %zu and %zu", after, before);
        if (current.failed)
                printf("FAIL %s\n", test->name);
        else if (current.skipped)
                printf("SKIP %s: %s\n", test->name, current.reason);
        else
                printf("ok   %s\n", test->name);
}

int main(int argc, char **argv)
{
        unsigned passed = 0, failed = 0, skipped = 0;
        const struct test *const *test;

        /* Whole lines at once, also when a later test crashes. */
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        for (test = __start_ct_tests; test < __stop_ct_tests; test++) {
                if (argc == 2 && strcmp(argv[1], "--list") == 0) {
                        printf("%s\n", (*test)->name);
                        continue;
                }
                if (!selected((*test)->name, argc, argv))
                        continue;
                run(*test);
                failed += current.failed;
                skipped += !current.failed && current.skipped;
                passed += !current.failed && !current.skipped;
        }
        if (argc == 2 && strcmp(argv[1], "--list") == 0)
                return EXIT_SUCCESS;
        printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
        if (failed > 0 || passed + skipped == 0)
                return EXIT_FAILURE;
        return passed > 0 ? EXIT_SUCCESS : EXIT_SKIPPED;
}
