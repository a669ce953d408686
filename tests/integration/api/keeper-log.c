/* SPDX-License-Identifier: MIT */

/* A keeper's log: not a byte lost or doubled, whatever is rotated, full, or read meanwhile. */

#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

static void run_to_end(contain_t *c)
{
        contain_exit_t ended = { .size = sizeof(ended) };

        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 60000, &ended, &error_));
        EXPECT_EQ(ended.code, 0);
}

TEST(lines_streams_and_parts)
{
        WORLD_OF_ANYBODY(w);
        auto_container c = kept_new(
                &w, CONFIG(w, "echo one; printf 'two: '; sleep 0.1; echo 2; echo err >&2; printf three"),
                NULL);
        contain_log_entry_t entry = { .size = sizeof(entry) };
        auto_logs logs = NULL;
        auto_text out = NULL;
        auto_text err = NULL;
        int64_t now = (int64_t)time(NULL) * 1000000000;

        REQUIRE(c != NULL);
        run_to_end(c);
        out = kept_log(c, NULL, 1);
        EXPECT_STR(out, "one\ntwo: 2\nthree");
        err = kept_log(c, NULL, 2);
        EXPECT_STR(err, "err\n");
        EXPECT_OK(contain_logs(c, NULL, &logs, &error_));
        REQUIRE_EQ(contain_log_next(logs, 0, &entry, NULL), 1);
        EXPECT(entry.time_nsec > now - 60000000000 && entry.time_nsec < now + 60000000000);
        EXPECT_EQ(entry.stream, 1);
        EXPECT_EQ(entry.partial, 0);
        EXPECT_EQ(entry.gap, 0);
        EXPECT_EQ(entry.length, 3u);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* The form of the file is others' to read. */
TEST(file_at_a_path)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options) };
        auto_container c = NULL;
        char path[128];
        auto_text text = NULL;

        (void)snprintf(path, sizeof(path), "%s/a.log", w.dir);
        options.log_path = path;
        c = kept_new(&w, CONFIG(w, "echo hello"), &options);
        REQUIRE(c != NULL);
        run_to_end(c);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        text = read_text(path);
        REQUIRE(text != NULL);
        EXPECT_EQ(strlen(text), 30 + strlen(" stdout F hello\n"));
        EXPECT_STR(text + 30, " stdout F hello\n");
        EXPECT_EQ(text[10], 'T');
        EXPECT_EQ(text[29], 'Z');
}

/* Numbers from two writers at once, in lines of all lengths, over many rotations, read while it happens. */
static void check_numbers(contain_t *c, const contain_logs_options_t *options, unsigned count,
                          bool from_start)
{
        unsigned seen = 0;

        for (int stream = 1; stream <= 2; stream++) {
                char *text = kept_log(c, options, stream), *line, *rest = NULL;
                unsigned next = 0;

                line = strtok_r(text, "\n", &rest);
                /* It may be the end of one whose beginning is gone. */
                if (!from_start && line)
                        line = strtok_r(NULL, "\n", &rest);
                for (; line; line = strtok_r(NULL, "\n", &rest)) {
                        unsigned number = (unsigned)strtoul(line, NULL, 10);

                        if (next == 0 && !from_start)
                                next = number;
                        if (number != next)
                                break;
                        next++;
                }
                EXPECT(line == NULL);
                /* The one that was faster may have been rotated away. */
                EXPECT(next == count || (next == 0 && !from_start));
                seen += next;
                free(text);
        }
        EXPECT(seen > 0);
}

#define NUMBERS                                                                                              \
        "count() { i=0; while [ $i -lt 20000 ]; do echo \"$i $((i * i)) some more text so that it fills "    \
        "up\"; i=$((i+1)); done; };"                                                                         \
        "count & count >&2 & wait"

TEST(rotation_of_two_writers)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options),
                                             .log_bytes = 64 << 10,
                                             .log_files = 100 };
        contain_logs_options_t follow = { .size = sizeof(follow), .flags = CONTAIN_LOGS_FOLLOW };
        auto_container c = kept_new(&w, CONFIG(w, NUMBERS), &options);
        contain_exit_t ended = { .size = sizeof(ended) };
        struct stat st;
        char path[256];
        int files = 0;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        check_numbers(c, &follow, 20000, true);
        EXPECT_OK(contain_wait(c, 60000, &ended, &error_));
        check_numbers(c, NULL, 20000, true);
        for (int i = 1; i < 100; i++) {
                (void)snprintf(path, sizeof(path), "%s/%s/log.%d", w.state, contain_id(c), i);
                if (stat(path, &st) < 0)
                        break;
                files++;
                EXPECT(st.st_size <= 64 << 10);
                EXPECT(st.st_size > (64 << 10) - 9000);
        }
        EXPECT(files > 30);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(oldest_files_go)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options), .log_bytes = 64 << 10, .log_files = 3 };
        auto_container c = kept_new(&w, CONFIG(w, NUMBERS), &options);
        char path[256];

        REQUIRE(c != NULL);
        run_to_end(c);
        check_numbers(c, NULL, 20000, false);
        (void)snprintf(path, sizeof(path), "%s/%s/log.2", w.state, contain_id(c));
        EXPECT_EQ(access(path, F_OK), 0);
        (void)snprintf(path, sizeof(path), "%s/%s/log.3", w.state, contain_id(c));
        EXPECT(access(path, F_OK) < 0);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(ring)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options),
                                             .flags = CONTAIN_KEEPER_RING,
                                             .log_bytes = 100000 };
        contain_logs_options_t follow = { .size = sizeof(follow), .flags = CONTAIN_LOGS_FOLLOW };
        auto_container c = kept_new(&w, CONFIG(w, NUMBERS), &options);
        auto_text followed = NULL;

        REQUIRE(c != NULL);
        run_to_end(c);
        check_numbers(c, NULL, 20000, false);
        followed = kept_log(c, &follow, 0);
        EXPECT(strlen(followed) > 50000);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(ring_that_is_followed)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options),
                                             .flags = CONTAIN_KEEPER_RING,
                                             .log_bytes = 64 << 20 };
        contain_logs_options_t follow = { .size = sizeof(follow), .flags = CONTAIN_LOGS_FOLLOW };
        auto_container c = kept_new(&w, CONFIG(w, NUMBERS), &options);

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        check_numbers(c, &follow, 20000, true);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(tail_and_since)
{
        WORLD_OF_ANYBODY(w);
        contain_logs_options_t tail = { .size = sizeof(tail), .has_tail = 1, .tail = 2 };
        contain_logs_options_t since = { .size = sizeof(since) };
        auto_container c = kept_new(&w, CONFIG(w, "echo 1; echo 2; sleep 0.2; echo 3; printf 4"), NULL);
        contain_log_entry_t entry = { .size = sizeof(entry) };
        auto_logs logs = NULL;
        auto_text last = NULL;
        auto_text late = NULL;
        auto_text none = NULL;

        REQUIRE(c != NULL);
        run_to_end(c);
        last = kept_log(c, &tail, 0);
        EXPECT_STR(last, "3\n4");
        tail.tail = 0;
        none = kept_log(c, &tail, 0);
        EXPECT_STR(none, "");
        EXPECT_OK(contain_logs(c, NULL, &logs, &error_));
        REQUIRE_EQ(contain_log_next(logs, 0, &entry, NULL), 1);
        since.since_nsec = entry.time_nsec + 100000000;
        late = kept_log(c, &since, 0);
        EXPECT_STR(late, "3\n4");
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(follow_has_a_timeout_and_an_end)
{
        WORLD_OF_ANYBODY(w);
        contain_logs_options_t follow = { .size = sizeof(follow), .flags = CONTAIN_LOGS_FOLLOW };
        auto_container c = kept_new(&w, CONFIG(w, "read x; echo done"), NULL);
        contain_log_entry_t entry = { .size = sizeof(entry) };
        auto_logs logs = NULL;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_logs(c, &follow, &logs, &error_));
        REQUIRE(logs != NULL);
        EXPECT_FAILS(contain_log_next(logs, 50, &entry, &error_), ETIMEDOUT, CONTAIN_E_TIMEOUT);
        EXPECT_FAILS(contain_log_next(logs, 0, &entry, &error_), ETIMEDOUT, CONTAIN_E_TIMEOUT);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(contain_log_next(logs, 20000, &entry, NULL), 1);
        EXPECT_EQ(contain_log_next(logs, 20000, &entry, NULL), 0);
        EXPECT_OK(contain_wait(c, 20000, NULL, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* 100 MiB: all of it is there in the end, as far as the files go. */
TEST(much)
{
        WORLD(w);
        contain_keeper_options_t options = { .size = sizeof(options), .log_bytes = 64 << 20, .log_files = 4 };
        auto_container c =
                kept_new(&w,
                         CONFIG(w, "yes abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789 | "
                                   "head -c 104857600"),
                         &options);
        contain_log_entry_t entry = { .size = sizeof(entry) };
        auto_logs logs = NULL;
        uint64_t bytes = 0;

        REQUIRE(c != NULL);
        run_to_end(c);
        EXPECT_OK(contain_logs(c, NULL, &logs, &error_));
        while (contain_log_next(logs, 0, &entry, NULL) == 1) {
                EXPECT(!entry.gap);
                bytes += entry.length + !entry.partial;
        }
        EXPECT_EQ(bytes, 104857600u);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}
