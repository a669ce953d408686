/* SPDX-License-Identifier: MIT */

/* Records: what is saved is loaded again, and nothing else is taken for one. */

#include "scratch.h"

#include "harness/test.h"

#include <string.h>

/* Strings of a literal: never freed. */
static struct ct_record example(void)
{
        return (struct ct_record){ .version = CT_RECORD_VERSION,
                                   .id = (char *)"web",
                                   .oci_version = (char *)"1.2.0",
                                   .bundle = (char *)"/srv/\"web\"\\\n\xc3\xa9",
                                   .rootfs = (char *)"",
                                   .created = (char *)"2026-01-02T03:04:05.000000006Z",
                                   .owner = (char *)"root",
                                   .pid = 4194303,
                                   .start_time = UINT64_MAX,
                                   .cgroup = (char *)"{\"v2\":\"/a\"}",
                                   .annotations = (char *)"{ \"k\" : \"v/\\u00e9\" }" };
}

static void expect_same(const struct ct_record *a, const struct ct_record *b)
{
        EXPECT_EQ(a->version, b->version);
        EXPECT_STR(a->id, b->id);
        EXPECT_STR(a->oci_version, b->oci_version);
        EXPECT_STR(a->bundle, b->bundle);
        EXPECT_STR(a->rootfs, b->rootfs);
        EXPECT_STR(a->created, b->created);
        EXPECT_STR(a->owner, b->owner);
        EXPECT_EQ(a->pid, b->pid);
        EXPECT(a->start_time == b->start_time);
        EXPECT_STR(a->cgroup, b->cgroup);
        EXPECT_STR(a->annotations, b->annotations);
        EXPECT_STR(a->hooks, b->hooks);
}

TEST(record_comes_back)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(ct_record_freep) struct ct_record *record = NULL, *next = NULL;
        struct ct_record saved = example();

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), 0);
        REQUIRE_EQ(ct_state_save(state, &saved, NULL), 0);
        REQUIRE_EQ(ct_state_load(state, &record, NULL), 0);
        expect_same(record, &saved);

        /* It is replaced as a whole: what is NULL now does not stay. */
        saved = (struct ct_record){ .version = CT_RECORD_VERSION,
                                    .id = (char *)"web",
                                    .hooks = (char *)"{}" };
        REQUIRE_EQ(ct_state_save(state, &saved, NULL), 0);
        REQUIRE_EQ(ct_state_load(state, &next, NULL), 0);
        expect_same(next, &saved);
        EXPECT_EQ(scratch_count(scratch_path(&scratch, "web")), 1);
}

/* A file name may hold bytes that JSON cannot: the record stays readable. */
TEST(record_with_bytes_that_are_not_text)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;
        struct ct_record saved = example();

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), 0);
        saved.bundle = (char *)"/srv/\xff\x01";
        REQUIRE_EQ(ct_state_save(state, &saved, NULL), 0);
        REQUIRE_EQ(ct_state_load(state, &record, NULL), 0);
        EXPECT_STR(record->bundle, "/srv/\xef\xbf\xbd\x01");
}

TEST(record_that_is_too_large_to_be_read_again)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;
        _cleanup_free_ char *large = NULL;
        struct ct_record saved = example();
        const size_t size = 5 * 1024 * 1024;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), 0);
        REQUIRE_EQ(ct_state_save(state, &saved, NULL), 0);
        large = malloc(size + 1);
        REQUIRE(large);
        memset(large, 'x', size);
        large[size] = '\0';
        saved.annotations = large;
        EXPECT_EQ(ct_state_save(state, &saved, &err), -EFBIG);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_STATE);
        EXPECT_EQ(ct_state_load(state, &record, NULL), 0); /* the one before */
}

/* Loads @text as the record of "web". */
static int load_text(const char *text, struct ct_record **ret, contain_error_t **err)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;

        if (!scratch_make(&scratch) || ct_state_claim(scratch.folder, "web", &state, NULL) < 0 ||
            !scratch_write(scratch_path(&scratch, "web/record.json"), text))
                return -ENOTRECOVERABLE;
        return ct_state_load(state, ret, err);
}

TEST(record_with_unknown_members)
{
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;

        REQUIRE_EQ(load_text("{\"version\":1,\"later\":[1,{\"a\":null}],\"id\":\"web\",\"pid\":null}",
                             &record, NULL),
                   0);
        EXPECT_STR(record->id, "web");
        EXPECT_EQ(record->pid, 0);
        EXPECT(!record->bundle);
}

TEST(record_that_was_only_begun)
{
        struct ct_record *record = NULL;

        EXPECT_EQ(load_text("", &record, NULL), -ENODATA);
        EXPECT(!record);
}

TEST(record_that_is_damaged)
{
        static const struct {
                const char *text, *reason;
        } cases[] = {
                { "garbage", "is damaged: it is not valid JSON" },
                { "{\"version\":1,\"id\":\"web\",\"bun", "is damaged: it is not valid JSON" },
                { "{\"version\":1,\"id\":\"web\"} x", "is damaged: it is not valid JSON" },
                { "\xff\xfe", "is damaged: it is not valid JSON" },
                { "[]", "is damaged: " },
                { "{}", "is damaged: " },
                { "{\"id\":\"web\"}", "version" },
                { "{\"version\":0,\"id\":\"web\"}", "is damaged: /version: " },
                { "{\"version\":\"1\",\"id\":\"web\"}", "is damaged: /version: " },
                { "{\"version\":1}", "is damaged: it is not that of 'web'" },
                { "{\"version\":1,\"id\":\"other\"}", "is damaged: it is not that of 'web'" },
                { "{\"version\":1,\"id\":7}", "is damaged: /id: " },
                { "{\"version\":1,\"id\":\"web\",\"pid\":-1}", "is damaged: /pid: " },
                { "{\"version\":1,\"id\":\"web\",\"pid\":4294967296}", "is damaged: /pid: " },
                { "{\"version\":1,\"id\":\"web\",\"startTime\":1.5}", "is damaged: /startTime: " },
        };
        size_t i;

        for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                _cleanup_(contain_error_freep) contain_error_t *err = NULL;
                struct ct_record *record = NULL;

                EXPECT_EQ(load_text(cases[i].text, &record, &err), -EBADMSG);
                EXPECT_EQ(contain_error_code(err), CONTAIN_E_STATE);
                EXPECT_CONTAINS(contain_error_sentence(err), "/web/record.json' is damaged");
                EXPECT_CONTAINS(contain_error_sentence(err), cases[i].reason);
                EXPECT_EQ(load_text(cases[i].text, &record, NULL), -EBADMSG);
                EXPECT(!record);
        }
}

TEST(record_of_a_later_version)
{
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_record *record = NULL;

        /* Nothing else in it is looked at. */
        EXPECT_EQ(load_text("{\"version\":99,\"id\":{\"a\":1},\"pid\":\"x\"}", &record, &err), -EBADMSG);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_STATE);
        EXPECT_CONTAINS(contain_error_sentence(err),
                        "/web/record.json' is of version 99, this library understands up to version 1");
}
