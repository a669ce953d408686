/* SPDX-License-Identifier: MIT */

/* The log: what was done, and what was survived, goes to the host's function and nowhere else. */

#include "api.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

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

TEST(unknown_capabilities_of_a_further_process)
{
        static const char document[] = "{\"args\":[\"true\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0},"
                                       "\"capabilities\":{\"bounding\":[\"CAP_OF_THE_FUTURE\"]}}";
        struct lines lines = { .worst = CONTAIN_LOG_DEBUG };
        contain_process_t *p = NULL;
        contain_ctx_t *ctx = NULL;
        contain_t *c = NULL;
        WORLD_OF_ANYBODY(w);

        EXPECT_OK(contain_ctx_new(&ctx, &error_));
        EXPECT_OK(contain_ctx_set_state_root(ctx, w.state, &error_));
        EXPECT_OK(contain_ctx_set_log(ctx, collect, &lines, CONTAIN_LOG_WARNING, &error_));
        EXPECT_OK(contain_new(&c, ctx, "logged", &error_));
        EXPECT_OK(guest_load(c, &w, CONFIG(w, "sleep 100"), &error_));
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_exec(c, document, strlen(document), NULL, &p, &error_));
        EXPECT_STR(lines.text, "1 logged: /capabilities: 'CAP_OF_THE_FUTURE' is not known, and left out\n");
        contain_process_unref(p);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        contain_unref(c);
        contain_ctx_unref(ctx);
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

TEST(capabilities_that_cannot_be_granted_are_told_of)
{
        struct lines lines = { .worst = CONTAIN_LOG_DEBUG };
        struct json_object *config;
        WORLD(w);

        /* Of those that the caller may lack: what it has not, the container does not get. */
        if (prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) == 1)
                SKIP("needs a caller without CAP_SYS_RESOURCE");
        config = CONFIG(w, "true");
        config_set(config, "/process/capabilities/bounding", "['CAP_KILL', 'CAP_SYS_RESOURCE']");
        live(&w, &lines, CONTAIN_LOG_WARNING, config);
        EXPECT_STR(lines.text, "1 logged: /process/capabilities: 'CAP_SYS_RESOURCE' cannot be granted here, "
                               "and is left out\n");
}

TEST(poststop_hooks_that_fail_are_told_of_and_the_others_run)
{
        struct lines lines = { .worst = CONTAIN_LOG_DEBUG };
        struct json_object *config;
        char path[128];
        auto_text ran = NULL;
        WORLD(w);

        snprintf(path, sizeof(path), "%s/ran", w.dir);
        config = CONFIG(w, "true");
        config_set(config, "/hooks/poststop/-", "{'path': '/absent/hook'}");
        config_set(config, "/hooks/poststop/-", "{'path': '/bin/false'}");
        config_set(config, "/hooks/poststop/-",
                   "{'path': '/bin/sh', 'args': ['sh', '-c', 'echo yes >%s; kill -9 $$']}", path);
        live(&w, &lines, CONTAIN_LOG_WARNING, config);
        EXPECT_CONTAINS(lines.text,
                        "1 logged: /hooks/poststop/0: poststop hook '/absent/hook' cannot be executed");
        EXPECT_CONTAINS(lines.text,
                        "1 logged: /hooks/poststop/1: poststop hook '/bin/false' exited with status 1");
        EXPECT_CONTAINS(lines.text,
                        "1 logged: /hooks/poststop/2: poststop hook '/bin/sh' was ended by signal 9");
        ran = read_text(path);
        EXPECT_STR(ran ? ran : "", "yes\n");
}
