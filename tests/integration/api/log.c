/* SPDX-License-Identifier: MIT */

/* The log: what was done, and what was survived, goes to the host's function and nowhere else. */

#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct lines {
        char text[4096];
        int worst; /* the most severe level */
};

static void collect(void *userdata, int level, const char *text)
{
        struct lines *lines = userdata;
        size_t used = strlen(lines->text);

        snprintf(lines->text + used, sizeof(lines->text) - used, "%d %s\n", level, text);
        if (level < lines->worst)
                lines->worst = level;
}

/* One life in a context that logs from @level on. */
static void live(struct world *w, struct lines *lines, int level, struct json_object *config)
{
        contain_ctx_t *ctx = NULL;
        contain_t *c = NULL;

        EXPECT_OK(contain_ctx_new(&ctx, &error_));
        EXPECT_OK(contain_ctx_set_state_root(ctx, w->state, &error_));
        EXPECT_OK(contain_ctx_set_log(ctx, collect, lines, level, &error_));
        EXPECT_OK(contain_new(&c, ctx, "logged", &error_));
        EXPECT_OK(guest_load(c, w, config, &error_));
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
        contain_unref(c);
        contain_ctx_unref(ctx);
}

TEST(a_life_at_debug_level)
{
        struct lines lines = { .worst = CONTAIN_LOG_DEBUG };
        WORLD_OF_ANYBODY(w);

        live(&w, &lines, CONTAIN_LOG_DEBUG, CONFIG(w, "true"));
        EXPECT_CONTAINS(lines.text, "3 logged: created, with process ");
        EXPECT_CONTAINS(lines.text, "3 logged: started\n");
        EXPECT_CONTAINS(lines.text, "3 logged: destroyed\n");
        EXPECT_EQ(lines.worst, CONTAIN_LOG_DEBUG);
}

TEST(a_life_is_silent_otherwise)
{
        struct lines lines = { .worst = CONTAIN_LOG_DEBUG };
        WORLD_OF_ANYBODY(w);

        live(&w, &lines, CONTAIN_LOG_INFO, CONFIG(w, "true"));
        EXPECT_STR(lines.text, "");
}

TEST(unknown_capabilities_are_told_of)
{
        struct lines lines = { .worst = CONTAIN_LOG_DEBUG };
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "true");
        config_set(config, "/process/capabilities/bounding", "['CAP_KILL', 'CAP_OF_THE_FUTURE']");
        live(&w, &lines, CONTAIN_LOG_WARNING, config);
        EXPECT_STR(lines.text,
                   "1 logged: /process/capabilities: 'CAP_OF_THE_FUTURE' is not known, and left out\n");
}

TEST(settings_are_for_contexts_that_are_not_in_use)
{
        struct lines lines = { .worst = CONTAIN_LOG_DEBUG };
        WORLD_OF_ANYBODY(w);

        EXPECT_FAILS(contain_ctx_set_log(w.ctx, collect, &lines, 4, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        auto_container c = NULL;
        EXPECT_OK(contain_new(&c, w.ctx, NULL, &error_));
        EXPECT_FAILS(contain_ctx_set_log(w.ctx, collect, &lines, CONTAIN_LOG_DEBUG, &error_), EBUSY,
                     CONTAIN_E_BUSY);
}
