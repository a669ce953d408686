/* SPDX-License-Identifier: MIT */

/*
 * The library's half of checkpoints, with a stand-in for CRIU, which runs on any kernel: what it is asked
 * for, what becomes of its answers, and that failures leave things as they were.
 */

#include "checkpoint.h"

/* A world with a stand-in that does what @words say. */
#define FAKE(w, images, words)                                                                               \
        WORLD(w);                                                                                            \
        char criu_[128];                                                                                     \
        struct images images;                                                                                \
        REQUIRE(criu_fake(&w, words, criu_, sizeof(criu_)) != NULL);                                         \
        images_init(&images, &w, "images", criu_)

static contain_t *running(struct world *w, int *ret_in, int *ret_out)
{
        return run_with_pipes(w, config_new(w->rootfs, "echo up; exec sleep 1000"), ret_in, ret_out);
}

/* --- checkpoints --------------------------------------------------------------------------------------- */

TEST(checkpoint_stops_the_container)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_container again = NULL;
        auto_text requests = NULL;
        auto_text streams = NULL;
        auto_fd in = -1, out = -1;
        char path[160];
        FAKE(w, images, "");

        c = running(&w, &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_STOPPED);
        EXPECT_OK(contain_wait(c, 0, &ended, &error_));
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT_OK(contain_open(&again, w.ctx, contain_id(c), &error_));
        EXPECT_EQ(contain_status(again, NULL), CONTAIN_STATUS_STOPPED);

        requests = criu_requests(&w);
        EXPECT_CONTAINS(requests, "\"10\": [\"dump.log\"]");
        EXPECT_CONTAINS(requests, "\"12\": [1]");
        EXPECT_CONTAINS(requests, "\"34\": [3]");
        EXPECT_CONTAINS(requests, "\"51\": [\"/etc/criu/runc.conf\"]");
        snprintf(path, sizeof(path), "%s/descriptors.json", images.path);
        streams = read_text(path);
        EXPECT_CONTAINS(streams, "[\"pipe:[");
        snprintf(path, sizeof(path), "%s/dump.log", images.work);
        EXPECT_EQ(access(path, R_OK), 0);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(checkpoint_leaves_it_running)
{
        auto_container c = NULL;
        auto_text requests = NULL;
        auto_fd in = -1, out = -1;
        FAKE(w, images, "");

        c = running(&w, &in, &out);
        REQUIRE(c != NULL);
        images.dump.flags = CONTAIN_CHECKPOINT_PRE_DUMP;
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        requests = criu_requests(&w);
        EXPECT_CONTAINS(requests, "\"features\": ");
        EXPECT_CONTAINS(requests, "\"pre-dump\": ");
        EXPECT_CONTAINS(requests, "\"15\": [1]");

        images.dump.flags = CONTAIN_CHECKPOINT_LEAVE_RUNNING;
        images.dump.parent_path = ".";
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        end_container(c);
}

TEST(checkpoint_of_a_paused_container)
{
        auto_container c = NULL;
        auto_fd in = -1, out = -1;
        FAKE(w, images, "fail");

        c = running(&w, &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_pause(c, &error_));
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EIO, CONTAIN_E_CHECKPOINT);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_PAUSED);
        end_container(c);
}

TEST(options_reach_criu)
{
        static const char *const expected[] = {
                "\"3\": [1]",
                "\"4\": [1]",
                "\"5\": [1]",
                "\"7\": [1]",
                "\"8\": [1]",
                "\"16\": [1]",
                "\"18\": [1]",
                "\"46\": [1]",
                "\"48\": [1]",
                "\"38\": [1073741824]",
                "\"34\": [5]",
                "\"64\": [2]",
                "\"11\": [[\"::1\", 4711]]",
                "\"14\": [\"../images\"]",
        };
        auto_container c = NULL;
        auto_text requests = NULL;
        auto_fd in = -1, out = -1, ready = -1, told = -1;
        int ends[2];
        char byte = 'x';
        FAKE(w, images, "");

        c = running(&w, &in, &out);
        REQUIRE(c != NULL);
        REQUIRE_EQ(pipe2(ends, O_CLOEXEC), 0);
        ready = ends[0];
        told = ends[1];
        images.dump.flags = CONTAIN_CHECKPOINT_LEAVE_RUNNING | CONTAIN_CHECKPOINT_TCP_ESTABLISHED |
                            CONTAIN_CHECKPOINT_TCP_SKIP_IN_FLIGHT | CONTAIN_CHECKPOINT_EXT_UNIX_SK |
                            CONTAIN_CHECKPOINT_SHELL_JOB | CONTAIN_CHECKPOINT_FILE_LOCKS |
                            CONTAIN_CHECKPOINT_EMPTY_NETWORK | CONTAIN_CHECKPOINT_LAZY_PAGES |
                            CONTAIN_CHECKPOINT_AUTO_DEDUP | CONTAIN_CHECKPOINT_LINK_REMAP;
        images.dump.status_fd = told;
        images.dump.parent_path = "../images";
        images.dump.page_server = "[::1]:4711";
        images.dump.cgroups_mode = "strict";
        images.dump.network_lock = "nftables";
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        requests = criu_requests(&w);
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
                EXPECT_CONTAINS(requests, expected[i]);
        EXPECT_EQ(read(ready, &byte, 1), 1);
        EXPECT_EQ(byte, 0);
        end_container(c);
}

/* Mounts from outside by their places; files that are masked; namespaces that were joined. */
TEST(what_is_outside_is_named)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text requests = NULL;
        auto_fd in = -1, out = -1;
        FAKE(w, images, "");

        config = config_new(w.rootfs, "exec sleep 1000");
        config_mount(config, "/mnt", "bind", w.dir, "bind");
        config_set(config, "/linux/maskedPaths", "['/proc/version', '/absent']");
        config_namespace(config, "network", "/proc/self/ns/net");
        c = run_with_pipes(&w, config, &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        requests = criu_requests(&w);
        EXPECT_CONTAINS(requests, "[\"/mnt\", \"/mnt\"]");
        EXPECT_CONTAINS(requests, "[\"/proc/version\", \"/dev/null\"]");
        EXPECT_CONTAINS(requests, "\"net[");
        EXPECT_CONTAINS(requests, "]:extRootNetNS\"");
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

static void expect_failed(struct world *w, contain_t *c, struct images *images, const char *scenario,
                          int error, int code, const char *words)
{
        contain_error_t *err = NULL;

        REQUIRE_EQ(criu_scenario(w, scenario), 0);
        EXPECT_EQ(contain_checkpoint(c, &images->dump, &err), -error);
        EXPECT_EQ(contain_error_code(err), code);
        EXPECT_CONTAINS(contain_error_message(err), words);
        contain_error_free(err);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_EQ(children_left(), 1);
}

TEST(failed_checkpoints_leave_it_as_it_was)
{
        auto_container c = NULL;
        auto_fd in = -1, out = -1;
        FAKE(w, images, "");

        c = running(&w, &in, &out);
        REQUIRE(c != NULL);
        expect_failed(&w, c, &images, "fail", EIO, CONTAIN_E_CHECKPOINT,
                      "mnt: Mount 624 ./data has unreachable sharing: ");
        expect_failed(&w, c, &images, "fail", EIO, CONTAIN_E_CHECKPOINT, "images-log/dump.log'");
        expect_failed(&w, c, &images, "die", EPIPE, CONTAIN_E_CHECKPOINT, "CRIU ended without a result");
        expect_failed(&w, c, &images, "killed", EPIPE, CONTAIN_E_CHECKPOINT, "CRIU was ended by signal 9");
        expect_failed(&w, c, &images, "garbage", EBADMSG, CONTAIN_E_CHECKPOINT, "cannot talk to CRIU");
        expect_failed(&w, c, &images, "old", EOPNOTSUPP, CONTAIN_E_UNSUPPORTED, "takes CRIU 3.15 or later");
        images.dump.network_lock = "skip";
        expect_failed(&w, c, &images, "older", EOPNOTSUPP, CONTAIN_E_UNSUPPORTED, "takes CRIU 3.17 or later");
        images.dump.network_lock = NULL;
        images.dump.flags = CONTAIN_CHECKPOINT_PRE_DUMP;
        expect_failed(&w, c, &images, "unable", EOPNOTSUPP, CONTAIN_E_UNSUPPORTED, "memory has changed");
        images.dump.criu = "/nonexistent/criu";
        expect_failed(&w, c, &images, "", ENOENT, CONTAIN_E_UNSUPPORTED, "'/nonexistent/criu'");
        end_container(c);
}

TEST(checkpoint_arguments)
{
        contain_checkpoint_options_t none = { .size = sizeof(none) };
        auto_container c = NULL;
        auto_fd in = -1, out = -1;
        FAKE(w, images, "");

        c = running(&w, &in, &out);
        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_checkpoint(NULL, &images.dump, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_checkpoint(c, NULL, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_checkpoint(c, &none, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.dump.size = 0;
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), E2BIG, CONTAIN_E_ARGUMENT);
        images.dump.size = sizeof(images.dump);
        images.dump.flags = CONTAIN_CHECKPOINT_TCP_CLOSE;
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.dump.flags = CONTAIN_CHECKPOINT_LAZY_PAGES;
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.dump.flags = 0;
        images.dump.cgroups_mode = "mild";
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.dump.cgroups_mode = NULL;
        images.dump.network_lock = "door";
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.dump.network_lock = NULL;
        images.dump.parent_path = "/absolute";
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.dump.parent_path = "absent";
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), ENOENT, CONTAIN_E_CHECKPOINT);
        images.dump.parent_path = NULL;
        images.dump.page_server = "nowhere";
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.dump.page_server = "localhost:99999";
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.dump.page_server = NULL;
        images.dump.status_fd = 999;
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EBADF, CONTAIN_E_ARGUMENT);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        end_container(c);
}

TEST(checkpoint_takes_a_running_container)
{
        auto_container c = NULL;
        FAKE(w, images, "");

        c = guest_new(&w, CONFIG(w, "exit 0"));
        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), ENOENT, CONTAIN_E_NOT_FOUND);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_STATUS);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT_FAILS(contain_checkpoint(c, &images.dump, &error_), EINVAL, CONTAIN_E_STATUS);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* --- restores ------------------------------------------------------------------------------------------ */

/* Writes a checkpoint to @images, of a container that is gone afterwards. */
static void make_images(struct world *w, struct images *images)
{
        auto_container c = NULL;
        auto_fd in = -1, out = -1;

        c = running(w, &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_checkpoint(c, &images->dump, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(restored_container_is_one_like_others)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_container other = NULL;
        auto_text requests = NULL;
        auto_text place = NULL;
        auto_fd in = -1, out = -1;
        struct json_object *config;
        FAKE(w, images, "");

        make_images(&w, &images);
        config = config_new(w.rootfs, "unused");
        config_mount(config, "/mnt/new/place", "bind", w.dir, "bind");
        config_set(config, "/linux/maskedPaths", "['/proc/kcore']");
        c = prepare_restore(&w, config, &in, &out);
        REQUIRE(c != NULL);
        images.restore.flags = CONTAIN_CHECKPOINT_TCP_CLOSE;
        images.restore.lsm_profile = "apparmor:none";
        EXPECT_OK(contain_restore(c, &images.restore, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        EXPECT_EQ(contain_status(other, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_EQ(contain_pid(other), contain_pid(c));
        EXPECT_EQ(contain_event_next(c, NULL), CONTAIN_EVENT_CREATED);
        EXPECT_EQ(contain_event_next(c, NULL), CONTAIN_EVENT_STARTED);

        requests = criu_requests(&w);
        EXPECT_CONTAINS(requests, "\"26\": [1]");
        EXPECT_CONTAINS(requests, "[[\"pipe:[");
        EXPECT_CONTAINS(requests, "\"52\": [1]");
        EXPECT_CONTAINS(requests, "\"53\": [\"apparmor:none\"]");
        EXPECT_CONTAINS(requests, "[\"/dev/null\", \"/dev/null\"]");
        EXPECT_CONTAINS(requests, contain_id(c)); /* among its cgroups */
        EXPECT(asprintf(&place, "%s/mnt/new/place", w.rootfs) > 0);
        EXPECT_EQ(access(place, F_OK), 0);

        EXPECT_OK(contain_signal(c, SIGTERM, 0, &error_));
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.signo, SIGTERM);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

/* A namespace that is joined comes along as a descriptor, others by their path. */
TEST(restored_container_joins_namespaces)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text requests = NULL;
        auto_fd in = -1, out = -1;
        FAKE(w, images, "");

        make_images(&w, &images);
        config = config_new(w.rootfs, "unused");
        config_namespace(config, "network", "/proc/self/ns/net");
        config_namespace(config, "ipc", "/proc/1/ns/ipc");
        c = prepare_restore(&w, config, &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_restore(c, &images.restore, &error_));
        requests = criu_requests(&w);
        EXPECT_CONTAINS(requests, "[\"extRootNetNS\", 4]");
        EXPECT_CONTAINS(requests, "\"39\": [[\"ipc\", \"/proc/1/ns/ipc\"]]");
        end_container(c);
}

TEST(hooks_of_a_restore)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text told = NULL;
        auto_fd in = -1, out = -1;
        char path[96];
        FAKE(w, images, "");

        make_images(&w, &images);
        snprintf(path, sizeof(path), "%s/told", w.dir);
        config = config_new(w.rootfs, "unused");
        for (int i = 0; i < 3; i++) {
                static const char *const kinds[] = { "prestart", "createRuntime", "poststart" };
                char pointer[48];

                snprintf(pointer, sizeof(pointer), "/hooks/%s", kinds[i]);
                config_set(config, pointer,
                           "[{'path': '/bin/sh', 'args': ['sh', '-c', 'grep -o creating; echo %s >>%s']}]",
                           kinds[i], path);
        }
        c = prepare_restore(&w, config, &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_restore(c, &images.restore, &error_));
        told = read_text(path);
        EXPECT_STR(told, "prestart\ncreateRuntime\npoststart\n");
        end_container(c);
}

TEST(terminal_of_a_restore)
{
        auto_container c = NULL;
        auto_fd in = -1, out = -1, master = -1;
        FAKE(w, images, "terminal");

        make_images(&w, &images);
        c = prepare_restore(&w, config_new(w.rootfs, "unused"), &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_restore(c, &images.restore, &error_));
        master = contain_console_fd(c, NULL);
        EXPECT(isatty(master));
        end_container(c);
}

/* A restore that fails, with nothing left of it. @change may be NULL. */
static void expect_no_trace(struct world *w, struct images *images, const char *scenario,
                            void (*change)(struct json_object *config), int error, int code,
                            const char *words)
{
        struct json_object *config = config_new(w->rootfs, "unused");
        struct snapshot *before, *after;
        contain_error_t *err = NULL;
        auto_container c = NULL;
        auto_fd in = -1, out = -1;

        REQUIRE_EQ(criu_scenario(w, scenario), 0);
        if (change)
                change(config);
        c = prepare_restore(w, config, &in, &out);
        REQUIRE(c != NULL);
        before = snapshot_take(w->state, w->name);
        EXPECT_EQ(contain_restore(c, &images->restore, &err), -error);
        after = snapshot_take(w->state, w->name);
        EXPECT_EQ(contain_error_code(err), code);
        EXPECT_CONTAINS(contain_error_message(err), words);
        EXPECT_EQ(snapshot_compare(before, after), 0);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
        snapshot_free(before);
        snapshot_free(after);
        contain_error_free(err);
}

static void add_bad_hook(struct json_object *config)
{
        config_set(config, "/hooks/createRuntime", "[{'path': '/bin/false'}]");
}

static void add_bad_namespace(struct json_object *config)
{
        config_namespace(config, "network", "/nonexistent");
}

static void add_cgroup_namespace(struct json_object *config)
{
        config_namespace(config, "cgroup", "/proc/self/ns/cgroup");
}

TEST(failed_restores_leave_nothing)
{
        char path[160];
        FAKE(w, images, "");

        make_images(&w, &images);
        expect_no_trace(&w, &images, "fail", NULL, EIO, CONTAIN_E_CHECKPOINT, "No inventory.img image: ");
        expect_no_trace(&w, &images, "fail", NULL, EIO, CONTAIN_E_CHECKPOINT, "images-log/restore.log'");
        expect_no_trace(&w, &images, "die", NULL, EPIPE, CONTAIN_E_CHECKPOINT, "CRIU ended without a result");
        expect_no_trace(&w, &images, "early", NULL, EPIPE, CONTAIN_E_CHECKPOINT,
                        "CRIU ended without a result");
        expect_no_trace(&w, &images, "late", NULL, EIO, CONTAIN_E_CHECKPOINT, "RPC client reported");
        expect_no_trace(&w, &images, "old", NULL, EOPNOTSUPP, CONTAIN_E_UNSUPPORTED, "takes CRIU 3.15");
        expect_no_trace(&w, &images, "", add_bad_hook, ECANCELED, CONTAIN_E_HOOK, "createRuntime");
        expect_no_trace(&w, &images, "", add_bad_namespace, ENOENT, CONTAIN_E_NAMESPACE, "/nonexistent");
        expect_no_trace(&w, &images, "", add_cgroup_namespace, EOPNOTSUPP, CONTAIN_E_UNSUPPORTED,
                        "cannot join a cgroup namespace");
        snprintf(path, sizeof(path), "%s/descriptors.json", images.path);
        REQUIRE_EQ(write_text(path, "{ not json"), 0);
        expect_no_trace(&w, &images, "", NULL, EBADMSG, CONTAIN_E_CHECKPOINT, "is damaged");
        unlink(path);
        expect_no_trace(&w, &images, "", NULL, ENOENT, CONTAIN_E_CHECKPOINT, "descriptors.json'");
        images.restore.image_path = "/nonexistent";
        expect_no_trace(&w, &images, "", NULL, ENOENT, CONTAIN_E_CHECKPOINT, "'/nonexistent'");
}

TEST(restore_arguments)
{
        auto_container c = NULL;
        auto_container taken = NULL;
        auto_fd in = -1, out = -1, in2 = -1, out2 = -1;
        char id[64];
        FAKE(w, images, "");

        make_images(&w, &images);
        c = prepare_restore(&w, config_new(w.rootfs, "unused"), &in, &out);
        REQUIRE(c != NULL);
        images.restore.reserved = 1;
        EXPECT_FAILS(contain_restore(c, &images.restore, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.restore.reserved = 0;
        images.restore.flags = CONTAIN_CHECKPOINT_LEAVE_RUNNING;
        EXPECT_FAILS(contain_restore(c, &images.restore, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        images.restore.flags = 0;
        EXPECT_OK(contain_restore(c, &images.restore, &error_));
        EXPECT_FAILS(contain_restore(c, &images.restore, &error_), EBUSY, CONTAIN_E_STATUS);

        snprintf(id, sizeof(id), "%s", contain_id(c));
        EXPECT_OK(contain_new(&taken, w.ctx, id, &error_));
        EXPECT_OK(guest_load(taken, &w, config_new(w.rootfs, "unused"), &error_));
        EXPECT_FAILS(contain_restore(taken, &images.restore, &error_), EEXIST, CONTAIN_E_EXISTS);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        end_container(c);

        contain_unref(taken);
        taken = prepare_restore(&w, config_new(w.rootfs, "unused"), &in2, &out2);
        REQUIRE(taken != NULL);
        EXPECT_EQ(contain_add_fd(taken, 0, NULL), 3);
        EXPECT_FAILS(contain_restore(taken, &images.restore, &error_), EOPNOTSUPP, CONTAIN_E_UNSUPPORTED);
        EXPECT_OK(contain_set_flags(taken, CONTAIN_EPHEMERAL, &error_));
        EXPECT_FAILS(contain_restore(taken, &images.restore, &error_), EOPNOTSUPP, CONTAIN_E_UNSUPPORTED);
}
