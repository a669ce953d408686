/* SPDX-License-Identifier: MIT */

#include "base/utf8.h"

#include "harness/test.h"

TEST(utf8_lengths)
{
        EXPECT_EQ(ct_utf8_length("a", 1), 1);
        EXPECT_EQ(ct_utf8_length("", 1), 1); /* NUL is a character */
        EXPECT_EQ(ct_utf8_length("\xc2\x80", 2), 2);
        EXPECT_EQ(ct_utf8_length("\xdf\xbf", 2), 2);
        EXPECT_EQ(ct_utf8_length("\xe0\xa0\x80", 3), 3);
        EXPECT_EQ(ct_utf8_length("\xed\x9f\xbf", 3), 3);
        EXPECT_EQ(ct_utf8_length("\xef\xbf\xbf", 3), 3);
        EXPECT_EQ(ct_utf8_length("\xf0\x90\x80\x80", 4), 4);
        EXPECT_EQ(ct_utf8_length("\xf4\x8f\xbf\xbf", 4), 4);
}

TEST(utf8_refuses_what_rfc_3629_does)
{
        EXPECT_EQ(ct_utf8_length("a", 0), 0);
        EXPECT_EQ(ct_utf8_length("\x80", 1), 0);
        EXPECT_EQ(ct_utf8_length("\xc0\x80", 2), 0);     /* long form of NUL */
        EXPECT_EQ(ct_utf8_length("\xc1\xbf", 2), 0);     /* long form of DEL */
        EXPECT_EQ(ct_utf8_length("\xe0\x9f\xbf", 3), 0); /* long form */
        EXPECT_EQ(ct_utf8_length("\xed\xa0\x80", 3), 0); /* surrogate */
        EXPECT_EQ(ct_utf8_length("\xf0\x8f\xbf\xbf", 4), 0);
        EXPECT_EQ(ct_utf8_length("\xf4\x90\x80\x80", 4), 0); /* above U+10FFFF */
        EXPECT_EQ(ct_utf8_length("\xf5\x80\x80\x80", 4), 0);
        EXPECT_EQ(ct_utf8_length("\xe2\x82", 2), 0); /* cut off */
        EXPECT_EQ(ct_utf8_length("\xe2\x82z", 3), 0);
        EXPECT_EQ(ct_utf8_length("\xf0\x90\x80z", 4), 0);
}
