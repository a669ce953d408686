/* SPDX-License-Identifier: MIT */

/* Environments as files: what is written comes back, and what Droot wrote is read as it meant it. */

#include "base/env-file.h"
#include "harness/test.h"

#include <string.h>

static char **parse(struct ct_arena *arena, const char *text)
{
        char **env = NULL;
        size_t line = 0;

        if (ct_env_file_parse(arena, text, strlen(text), &env, &line) < 0)
                return NULL;
        return env;
}

static int refused_line(const char *text, size_t size)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        char **env = NULL;
        size_t line = 0;

        if (ct_env_file_parse(arena, text, size, &env, &line) != -EINVAL)
                return -1;
        return (int)line;
}

TEST(env_file_values_come_back)
{
        static const char *const env[] = {
                "PATH=/usr/bin:/bin",
                "JAVA_OPTS=-Da=b -Dc=\"d e\"",
                "EMPTY=",
                "QUOTED=\"whole\"",
                "SPACES=  both  ",
                "LINES=one\ntwo\r\n",
                "BACK=\\n\\",
                "QUOTE=\"",
                "TAB=\t",
                "UTF=\xc3\xa4\xff",
                "HASH=#1",
                "SINGLE='a b'",
                "TWO==x",
                NULL,
        };
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        size_t bad = 0, n = 0;
        char **back;

        REQUIRE_EQ(ct_env_file_format(env, &buf, &bad), 0);
        back = parse(arena, buf.data);
        REQUIRE(back);
        for (; env[n]; n++) {
                REQUIRE(back[n]);
                EXPECT_STR(back[n], env[n]);
        }
        EXPECT(!back[n]);
}

TEST(env_file_plain_values_are_plain_lines)
{
        static const char *const env[] = { "A=b c", "B=x=\"y\" z", NULL };
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        size_t bad = 0;

        REQUIRE_EQ(ct_env_file_format(env, &buf, &bad), 0);
        EXPECT_STR(buf.data, CT_ENV_FILE_MARK "\nA=b c\nB=x=\"y\" z\n");
}

TEST(env_file_of_droot_has_no_quoting)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        char **env = parse(arena, "A=\"b\\n\"\n\n  B=c=d  \n# E=f\n\"=g");

        REQUIRE(env);
        EXPECT_STR(env[0], "A=\"b\\n\"");
        EXPECT_STR(env[1], "B=c=d");
        EXPECT_STR(env[2], "\"=g");
        EXPECT(!env[3]);
}

TEST(env_file_refuses_what_is_no_variable)
{
        static const char *const no_equals[] = { "A=b", "C", NULL }, *const no_key[] = { "=b", NULL },
                                 *const comment[] = { "#a=b", NULL }, *const two_lines[] = { "a\nb=c", NULL };
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        size_t bad = 9;

        EXPECT_EQ(ct_env_file_format(no_equals, &buf, &bad), -EINVAL);
        EXPECT_EQ(bad, 1);
        EXPECT_EQ(ct_env_file_format(no_key, &buf, &bad), -EINVAL);
        EXPECT_EQ(ct_env_file_format(comment, &buf, &bad), -EINVAL);
        EXPECT_EQ(ct_env_file_format(two_lines, &buf, &bad), -EINVAL);
        EXPECT_EQ(bad, 0);
        EXPECT_EQ(refused_line("A=b\nC\n", 6), 2);
        EXPECT_EQ(refused_line("=b", 2), 1);
        EXPECT_EQ(refused_line("A=\0b", 4), 1);
        EXPECT_EQ(refused_line(CT_ENV_FILE_MARK "\nA=\"b\n", strlen(CT_ENV_FILE_MARK) + 6), 2);
        EXPECT_EQ(refused_line(CT_ENV_FILE_MARK "\nA=\"b\"c", strlen(CT_ENV_FILE_MARK) + 7), 2);
        EXPECT_EQ(refused_line(CT_ENV_FILE_MARK "\nA=\"\\t\"", strlen(CT_ENV_FILE_MARK) + 7), 2);
}

TEST(env_file_of_nothing)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        char **env = parse(arena, "");

        REQUIRE(env);
        EXPECT(!env[0]);
}
