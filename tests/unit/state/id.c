/* SPDX-License-Identifier: MIT */

#include "state/state.h"

#include "harness/test.h"

#include <string.h>

TEST(id_accepts_what_the_header_says)
{
        static const char *const good[] = { "a", "0", "_", "+", "-", "web-1", "A.b", "a..", "-.", "x_y+z.9" };
        char longest[CT_ID_MAX];
        size_t i;

        for (i = 0; i < sizeof good / sizeof good[0]; i++)
                EXPECT_EQ(ct_state_check_id(good[i], NULL), 0);
        memset(longest, 'x', sizeof longest - 1);
        longest[sizeof longest - 1] = '\0';
        EXPECT_EQ(ct_state_check_id(longest, NULL), 0);
}

TEST(id_refuses_the_rest_with_one_sentence)
{
        static const char *const bad[] = { "",    ".",   "..",  ".a",   "/",        "a/b",   "../a",
                                           "a b", "a\n", "a\t", "a:b",  "\xc3\xa9", "a\x80", "a~",
                                           "a\"", "a,b", "*",   "$(x)", "a\\b",     "@" };
        size_t i;

        for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                _cleanup_(contain_error_freep) contain_error_t *err = NULL;
                const char *sentence;

                EXPECT_EQ(ct_state_check_id(bad[i], &err), -EINVAL);
                sentence = contain_error_sentence(err);
                EXPECT_EQ(contain_error_code(err), CONTAIN_E_ID);
                EXPECT_EQ(strncmp(sentence, "invalid container ID format", 27), 0);
        }
}

TEST(id_of_5000_bytes_is_not_repeated)
{
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        char id[5001];

        memset(id, 'x', sizeof id - 1);
        id[sizeof id - 1] = '\0';
        EXPECT_EQ(ct_state_check_id(id, &err), -EINVAL);
        EXPECT_STR(contain_error_sentence(err),
                   "invalid container ID format: it has 5000 bytes, 255 are allowed");
        id[CT_ID_MAX] = '\0';
        EXPECT_EQ(ct_state_check_id(id, NULL), -EINVAL);
}
