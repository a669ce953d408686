/* SPDX-License-Identifier: MIT */

/* From an image's configuration to that of a container: a rule of image-spec's conversion.md each. */

#include "../host/tree.h"

#include "ops/image-config.h"

#include "harness/test.h"

#include <stdio.h>
#include <string.h>

struct fixture {
        struct tree tree;
        struct contain_ctx *ctx;
        struct ct_image_run run;
        char *config; /* what came out; NULL on failure */
        contain_error_t *error;
};

static bool begin(struct fixture *f)
{
        *f = (struct fixture){ .run = { .flags = 0 } };
        return tree_make(&f->tree) &&
               tree_put(&f->tree, "etc/passwd", "root:x:0:0::/:\napp:x:1000:100::/srv:\n") &&
               tree_put(&f->tree, "etc/group", "root:x:0:\nvideo:x:44:app\n") &&
               ct_context_new(&f->ctx, NULL) == 0;
}

static void convert(struct fixture *f, const char *image)
{
        free(f->config);
        f->config = NULL;
        contain_error_free(f->error);
        f->error = NULL;
        (void)ct_op_image_config(f->ctx, image, strlen(image), f->tree.fd, "/the/root", &f->run, &f->config,
                                 &f->error);
}

static void end(struct fixture *f)
{
        free(f->config);
        contain_error_free(f->error);
        ct_context_unref(f->ctx);
        tree_remove(&f->tree);
}

static void has(struct fixture *f, const char *image, const char *part)
{
        convert(f, image);
        EXPECT_CONTAINS(f->config ? f->config : contain_error_message(f->error), part);
}

static void refuses(struct fixture *f, const char *image, const char *message)
{
        convert(f, image);
        EXPECT(!f->config);
        EXPECT_CONTAINS(contain_error_message(f->error), message);
}

#define PROGRAM "\"Cmd\":[\"run\"]"

/* The result has to be a configuration, too. */
static void is_valid(struct fixture *f)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_spec *spec = NULL;

        REQUIRE(f->config);
        EXPECT_EQ(ct_spec_parse(arena, f->config, strlen(f->config), &spec, NULL), 0);
}

TEST(image_entrypoint_and_cmd_are_the_arguments)
{
        static const char *const words[] = { "a b", "\"c\"", NULL };
        static const char *const none[] = { NULL };
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f, "{\"config\":{\"Entrypoint\":[\"e\",\"1\"],\"Cmd\":[\"c\",\"2\"]}}",
            "\"args\":[\"e\",\"1\",\"c\",\"2\"]");
        is_valid(&f);
        has(&f, "{\"config\":{\"Entrypoint\":[\"e\"]}}", "\"args\":[\"e\"]");
        has(&f, "{\"config\":{\"Entrypoint\":null,\"Cmd\":[\"c\"]}}", "\"args\":[\"c\"]");
        refuses(&f, "{\"config\":{\"Entrypoint\":[],\"Cmd\":null}}",
                "/config/Cmd: the image says no program to run [CT-311]");
        refuses(&f, "{}", "/config/Cmd");
        refuses(&f, "{\"config\":{\"Cmd\":\"sh\"}}", "/config/Cmd: expected an array");
        refuses(&f, "{\"config\":{\"Cmd\":[\"a\",1]}}", "/config/Cmd/1");

        f.run.argv = words;
        has(&f, "{\"config\":{\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]}}",
            "\"args\":[\"e\",\"a b\",\"\\\"c\\\"\"]");
        has(&f, "{}", "\"args\":[\"a b\",\"\\\"c\\\"\"]");
        f.run.entrypoint = none;
        has(&f, "{\"config\":{\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]}}", "\"args\":[\"a b\",\"\\\"c\\\"\"]");
        f.run.argv = NULL;
        refuses(&f, "{\"config\":{\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]}}", "says no program");
        f.run.entrypoint = words;
        has(&f, "{\"config\":{\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]}}", "\"args\":[\"a b\",\"\\\"c\\\"\"]");
        end(&f);
}

TEST(image_env_is_kept_and_extended)
{
        static const char *const more[] = { "A=3", "NEW=x=y", "B=", NULL };
        static const char *const bad[] = { "A", NULL };
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f, "{\"config\":{" PROGRAM ",\"Env\":[\"PATH=/x\",\"A=1 \\\"2\\\"=3\",\"B=b\"]}}",
            "\"env\":[\"PATH=/x\",\"A=1 \\\"2\\\"=3\",\"B=b\"]");
        has(&f, "{\"config\":{" PROGRAM ",\"Env\":null}}", "\"env\":[\"PATH=/usr/local/sbin:");
        has(&f, "{\"config\":{" PROGRAM ",\"Env\":[\"A=1\",\"A=2\"]}}", "\"env\":[\"A=2\",\"PATH=");
        refuses(&f, "{\"config\":{" PROGRAM ",\"Env\":[\"A=1\",\"B\"]}}",
                "/config/Env/1: 'B' is not of the form NAME=value [CT-314]");
        refuses(&f, "{\"config\":{" PROGRAM ",\"Env\":[\"=1\"]}}", "/config/Env/0");

        f.run.env = more;
        has(&f, "{\"config\":{" PROGRAM ",\"Env\":[\"PATH=/x\",\"A=1\",\"B=b\"]}}",
            "\"env\":[\"PATH=/x\",\"A=3\",\"B=\",\"NEW=x=y\"]");
        f.run.env = bad;
        refuses(&f, "{\"config\":{" PROGRAM "}}", "'A' of the caller is not of the form NAME=value");
        f.run.env = NULL;
        f.run.flags = CONTAIN_CONFIG_TERMINAL;
        has(&f, "{\"config\":{" PROGRAM ",\"Env\":[\"PATH=/\"]}}", "\"env\":[\"PATH=/\",\"TERM=xterm\"]");
        end(&f);
}

TEST(image_env_without_end_is_refused)
{
        struct ct_buf image = CT_BUF_INIT;
        struct fixture f;

        REQUIRE(begin(&f));
        (void)ct_buf_puts(&image, "{\"config\":{" PROGRAM ",\"Env\":[\"A=1\"");
        for (int i = 0; i < CT_IMAGE_ENV_MAX; i++)
                (void)ct_buf_printf(&image, ",\"V%d=\"", i);
        (void)ct_buf_puts(&image, "]}}");
        refuses(&f, image.data, "/config/Env/4096: more than 4096 variables");
        ct_buf_done(&image);
        end(&f);
}

TEST(image_working_dir)
{
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f, "{\"config\":{" PROGRAM ",\"WorkingDir\":\"/srv/a b\"}}", "\"cwd\":\"/srv/a b\"");
        has(&f, "{\"config\":{" PROGRAM ",\"WorkingDir\":\"\"}}", "\"cwd\":\"/\"");
        has(&f, "{\"config\":{" PROGRAM "}}", "\"cwd\":\"/\"");
        refuses(&f, "{\"config\":{" PROGRAM ",\"WorkingDir\":\"srv\"}}",
                "/config/WorkingDir: 'srv' is not an absolute path");
        f.run.cwd = "/other";
        has(&f, "{\"config\":{" PROGRAM ",\"WorkingDir\":\"/srv\"}}", "\"cwd\":\"/other\"");
        end(&f);
}

TEST(image_user)
{
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f, "{\"config\":{" PROGRAM ",\"User\":\"app\"}}",
            "\"user\":{\"uid\":1000,\"gid\":100,\"additionalGids\":[44]}");
        is_valid(&f);
        has(&f, "{\"config\":{" PROGRAM ",\"User\":\"3:video\"}}",
            "\"user\":{\"uid\":3,\"gid\":44,\"additionalGids\":[]}");
        has(&f, "{\"config\":{" PROGRAM "}}", "\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[]}");
        refuses(&f, "{\"config\":{" PROGRAM ",\"User\":\"web\"}}",
                "/config/User: the image's '/etc/passwd' has no user 'web' [CT-314] (hint: a number needs no "
                "entry)");
        refuses(&f, "{\"config\":{" PROGRAM ",\"User\":5}}", "/config/User: expected a string");
        f.run.user = "5:6";
        has(&f, "{\"config\":{" PROGRAM ",\"User\":\"web\"}}", "\"uid\":5,\"gid\":6");
        end(&f);
}

TEST(image_members_become_annotations)
{
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f,
            "{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\",\"os.version\":\"1\",\"author\":"
            "\"me\","
            "\"created\":\"2026-01-02T03:04:05Z\",\"os.features\":[\"a\",\"b\"],\"config\":{" PROGRAM
            ",\"StopSignal\":\"SIGRTMIN+3\",\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}},"
            "\"Labels\":{\"x\":\"y\",\"e\":\"\"}}}",
            "\"annotations\":{\"x\":\"y\",\"e\":\"\",\"org.opencontainers.image.os\":\"linux\","
            "\"org.opencontainers.image.architecture\":\"arm64\",\"org.opencontainers.image.variant\":\"v8\","
            "\"org.opencontainers.image.os.version\":\"1\",\"org.opencontainers.image.author\":\"me\","
            "\"org.opencontainers.image.created\":\"2026-01-02T03:04:05Z\","
            "\"org.opencontainers.image.stopSignal\":\"SIGRTMIN+3\","
            "\"org.opencontainers.image.os.features\":\"a,b\","
            "\"org.opencontainers.image.exposedPorts\":\"80/tcp,53/udp\"}");
        is_valid(&f);
        has(&f, "{\"config\":{" PROGRAM "}}", "\"annotations\":{}");
        end(&f);
}

/* A label of the same name goes before them. */
TEST(image_labels_have_precedence)
{
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f,
            "{\"author\":\"me\",\"config\":{" PROGRAM
            ",\"StopSignal\":\"INT\",\"ExposedPorts\":{\"1/tcp\":{}},\"Labels\":{"
            "\"org.opencontainers.image.author\":\"you\",\"org.opencontainers.image.stopSignal\":\"HUP\","
            "\"org.opencontainers.image.exposedPorts\":\"none\"}}}",
            "\"annotations\":{\"org.opencontainers.image.author\":\"you\","
            "\"org.opencontainers.image.stopSignal\":\"HUP\","
            "\"org.opencontainers.image.exposedPorts\":\"none\"}");
        refuses(&f, "{\"config\":{" PROGRAM ",\"StopSignal\":\"BANG\"}}",
                "/config/StopSignal: 'BANG' is no signal [CT-314]");
        refuses(&f,
                "{\"config\":{" PROGRAM ",\"Labels\":{\"org.opencontainers.image.stopSignal\":\"BANG\"}}}",
                "/config/Labels/org.opencontainers.image.stopSignal: 'BANG' is no signal");
        refuses(&f, "{\"config\":{" PROGRAM ",\"Labels\":{\"a\":1}}}", "/config/Labels/a: expected a string");
        refuses(&f, "{\"author\":[],\"config\":{" PROGRAM "}}", "/author: expected a string");
        end(&f);
}

/* What an administrator orders by annotations, an image does not. */
TEST(image_labels_that_are_orders_are_left_out)
{
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f,
            "{\"config\":{" PROGRAM ",\"Labels\":{\"run.oci.keep_original_groups\":\"1\",\"a\":\"b\","
            "\"org.systemd.property.CPUWeight\":\"10000\",\"\":\"x\"}}}",
            "\"annotations\":{\"a\":\"b\"}");
        is_valid(&f);
        end(&f);
}

TEST(image_volumes_are_mounts)
{
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f, "{\"config\":{" PROGRAM ",\"Volumes\":{\"/data\":{},\"/var/lib/x\":{}}}}",
            "{\"destination\":\"/data\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\","
            "\"nodev\",\"tmpcopyup\"]},{\"destination\":\"/var/lib/x\"");
        EXPECT_CONTAINS(f.config, "\"destination\":\"/proc\""); /* the others stay */
        is_valid(&f);
        refuses(&f, "{\"config\":{" PROGRAM ",\"Volumes\":{\"data\":{}}}}",
                "/config/Volumes/data: 'data' is not the absolute path of a folder below '/'");
        refuses(&f, "{\"config\":{" PROGRAM ",\"Volumes\":{\"//\":{}}}}", "below '/'");
        refuses(&f, "{\"config\":{" PROGRAM ",\"Volumes\":[\"/data\"]}}",
                "/config/Volumes: expected an object");
        f.run.volumes_in_root = true;
        has(&f, "{\"config\":{" PROGRAM ",\"Volumes\":{\"/data\":{}}}}", "\"destination\":\"/proc\"");
        EXPECT(f.config && strstr(f.config, "/data") == NULL);
        refuses(&f, "{\"config\":{" PROGRAM ",\"Volumes\":{\"data\":{}}}}", "below '/'");
        end(&f);
}

TEST(image_root_and_platform)
{
        struct fixture f;

        REQUIRE(begin(&f));
        has(&f, "{\"config\":{" PROGRAM "}}", "\"root\":{\"path\":\"/the/root\",\"readonly\":false}");
        f.run.readonly = true;
        has(&f, "{\"config\":{" PROGRAM "}}", "\"root\":{\"path\":\"/the/root\",\"readonly\":true}");
        refuses(&f, "{\"os\":\"windows\",\"config\":{" PROGRAM "}}",
                "/os: an image of programs for 'windows'");
        refuses(&f, "{\"config\":[]}", "/config: expected an object");
        refuses(&f, "[]", "expected an object");
        refuses(&f, "{", "the image's configuration");
        end(&f);
}

TEST(image_env_file)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct ct_image_env env = { .arena = arena }, more = { .arena = arena };
        struct tree tree;

        REQUIRE(arena && tree_make(&tree));
        EXPECT_EQ(ct_image_env_add_file(&env, tree.fd, NULL), 0); /* none is no failure */
        EXPECT_EQ(env.n, 0);
        EXPECT(tree_put(&tree, ".drootenv", "A=1=2\nB=\"q r\" 's'\n\nEMPTY=\nA=again\n"));
        EXPECT_EQ(ct_image_env_add_file(&env, tree.fd, NULL), 0);
        REQUIRE_EQ(env.n, 3);
        EXPECT_STR(env.items[0], "A=again");
        EXPECT_STR(env.items[1], "B=\"q r\" 's'");
        EXPECT_STR(env.items[2], "EMPTY=");
        EXPECT(ct_image_env_has(&env, "EMPTY") && !ct_image_env_has(&env, "EMPT"));
        EXPECT(tree_put(&tree, ".drootenv", "A=1\nrest of a value\n"));
        EXPECT_EQ(ct_image_env_add_file(&more, tree.fd, &error), -EINVAL);
        EXPECT_CONTAINS(contain_error_message(error),
                        "line 2 of the image's '/.drootenv' is not of the form NAME=value");
        tree_remove(&tree);
}
