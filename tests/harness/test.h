/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HARNESS_TEST_H
#define TESTS_HARNESS_TEST_H

/*
 * A test program is any number of files with TEST(name) { … } in them, linked with the harness,
 * which brings main(). Tests run in one process, in no promised order.
 *
 *      unit-base               runs all
 *      unit-base json pidfd    runs those whose name contains one of the words
 *      unit-base --list        names them
 *
 * EXPECT_* notes a failure and goes on, REQUIRE_* leaves the test function. A test fails as well
 * when it leaves descriptors open. Ends with "N passed, N failed, N skipped"; exit status 77 when
 * everything was skipped.
 */

#include <stdbool.h>
#include <stddef.h>

struct test {
        const char *name;
        void (*run)(void);
};

/* Pointers, not the structs themselves: the linker may pad between those of two files. */
#define TEST(name_)                                                                                          \
        static void test_##name_(void);                                                                      \
        static const struct test test_entry_##name_ = { #name_, test_##name_ };                              \
        static const struct test *const test_pointer_##name_ __attribute__((used, section("ct_tests"))) =    \
                &test_entry_##name_;                                                                         \
        static void test_##name_(void)

/* Notes the result of one check; the text says what was expected. Returns @good. */
bool test_check(bool good, const char *file, int line, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
bool test_equal(long long a, long long b, const char *file, int line, const char *text);
bool test_string(const char *a, const char *b, const char *file, int line, const char *text);
bool test_contains(const char *text, const char *part, const char *file, int line);
/* Marks the running test as skipped; it still has to return. */
void test_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* How often something is done for what chance may bring: $CONTAIN_TEST_ROUNDS percent of @usual, at least
 * once. */
int test_rounds(int usual);

#define EXPECT(condition)         (void)test_check((condition), __FILE__, __LINE__, "%s", #condition)
#define EXPECT_EQ(a, b)           (void)test_equal((long long)(a), (long long)(b), __FILE__, __LINE__, #a " == " #b)
#define EXPECT_STR(a, b)          (void)test_string((a), (b), __FILE__, __LINE__, #a " == " #b)
#define EXPECT_CONTAINS(text, in) (void)test_contains((text), (in), __FILE__, __LINE__)

#define TEST_OR_RETURN(check)                                                                                \
        do {                                                                                                 \
                if (!(check))                                                                                \
                        return;                                                                              \
        } while (0)
#define REQUIRE(condition) TEST_OR_RETURN(test_check((condition), __FILE__, __LINE__, "%s", #condition))
#define REQUIRE_EQ(a, b)                                                                                     \
        TEST_OR_RETURN(test_equal((long long)(a), (long long)(b), __FILE__, __LINE__, #a " == " #b))
#define REQUIRE_STR(a, b) TEST_OR_RETURN(test_string((a), (b), __FILE__, __LINE__, #a " == " #b))

/* SKIP("needs root"); as a statement of a test function. */
#define SKIP(...)                                                                                            \
        do {                                                                                                 \
                test_skip(__VA_ARGS__);                                                                      \
                return;                                                                                      \
        } while (0)

#endif
