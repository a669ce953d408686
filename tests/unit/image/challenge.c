/* SPDX-License-Identifier: MIT */

/* What registries answer to who does not say who they are: WWW-Authenticate in the forms that there are. */

#include "harness/test.h"

#include "image/challenge.h"

static const struct {
        const char *lines;
        bool basic, bearer;
        const char *realm, *service, *scope;
} cases[] = {
        { "", false, false, "", "", "" },
        { "Basic realm=\"here\"", true, false, "", "", "" },
        { "basic", true, false, "", "", "" },
        { "Bearer realm=\"https://a/token\",service=\"b\",scope=\"repository:c/d:pull,push\"", false, true,
          "https://a/token", "b", "repository:c/d:pull,push" },
        { "bearer realm=a , service = b", false, true, "a", "b", "" },
        { "Negotiate\nBearer realm=\"a\\\"b\\\\c\"", false, true, "a\"b\\c", "", "" },
        { "Basic realm=\"x\", Bearer realm=\"y\", service=\"z\"", true, true, "y", "z", "" },
        { "Bearer realm=\"y\", Basic realm=\"x\"", true, true, "y", "", "" },
        { "Bearer realm=\"first\", realm=\"second\"", false, true, "first", "", "" },
        { "Bearer realm=\"no end", false, true, "no end", "", "" },
        { "Bearer realm=\"no end\nBasic", true, true, "no end", "", "" },
        { "Bearer realm=", false, true, "", "", "" },
        { "Digest qop=\"auth\", nonce=\"Bearer realm=evil\"", false, false, "", "", "" },
        { ",,, =\x01\xff;;; Bearer", false, true, "", "", "" },
        { "Bearer\\", false, true, "", "", "" },
        { "Bearer realm=\"\\", false, true, "\\", "", "" },
};

static const char *shown(const char *text)
{
        return text ? text : "";
}

TEST(challenges_are_understood)
{
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct ct_arena *arena = ct_arena_new();
                struct ct_challenge challenge;

                EXPECT_EQ(ct_challenge_parse(arena, cases[i].lines, &challenge), 0);
                EXPECT_EQ(challenge.basic, cases[i].basic);
                EXPECT_EQ(challenge.bearer, cases[i].bearer);
                EXPECT_STR(shown(challenge.realm), cases[i].realm);
                EXPECT_STR(shown(challenge.service), cases[i].service);
                EXPECT_STR(shown(challenge.scope), cases[i].scope);
                (void)ct_arena_free(arena);
        }
}
