/* SPDX-License-Identifier: MIT */

/* One process at a time: claims, locks and removals, and what killed processes leave behind. */

#include "scratch.h"

#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(claim_makes_root_and_folder_for_the_owner_only)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        struct stat status;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        REQUIRE_EQ(stat(scratch_path(&scratch, "run"), &status), 0);
        EXPECT_EQ(status.st_mode & 0700, 0700);
        REQUIRE_EQ(stat(scratch.root, &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0700);
        REQUIRE_EQ(stat(scratch_path(&scratch, "run/contain/web"), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0700);
        EXPECT_EQ(ct_state_remove(state, NULL), 0);
        EXPECT_EQ(scratch_count(scratch.root), 0);
}

/* A folder without the bits of its owner is of no use to an unprivileged one. */
TEST(claim_with_an_umask_that_takes_all)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        struct stat status;
        mode_t mask;

        REQUIRE(scratch_make(&scratch));
        mask = umask(0777);
        EXPECT_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        (void)umask(mask);
        REQUIRE_EQ(stat(scratch_path(&scratch, "run"), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0700);
        REQUIRE_EQ(stat(scratch.root, &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0700);
        REQUIRE_EQ(stat(scratch_path(&scratch, "run/contain/web"), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0700);
        EXPECT_EQ(ct_state_remove(state, NULL), 0);
}

TEST(claim_of_a_taken_id)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL, *other = NULL;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        EXPECT_EQ(ct_state_claim(scratch.root, "web", &other, &err), -EEXIST);
        EXPECT(!other);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_EXISTS);
        EXPECT_STR(contain_error_sentence(err), "container with given ID already exists: 'web'");
}

TEST(claim_checks_the_id_before_it_makes_anything)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;

        REQUIRE(scratch_make(&scratch));
        EXPECT_EQ(ct_state_claim(scratch.root, "../x", &state, NULL), -EINVAL);
        EXPECT_EQ(ct_state_open(scratch.root, "../x", &state, NULL), -EINVAL);
        EXPECT_EQ(scratch_count(scratch.folder), 0);
}

TEST(open_of_what_is_not_there)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL, *without_root = NULL;

        REQUIRE(scratch_make(&scratch));
        EXPECT_EQ(ct_state_open(scratch.root, "web", &state, &without_root), -ENOENT);
        EXPECT_STR(contain_error_message(without_root), "container 'web' does not exist [CT-209]");
        EXPECT_EQ(scratch_count(scratch.folder), 0);
        EXPECT_EQ(ct_state_open(scratch.folder, "web", &state, &err), -ENOENT);
        EXPECT_STR(contain_error_sentence(err), "container 'web' does not exist");
}

TEST(open_of_a_file)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE(scratch_write(scratch_path(&scratch, "web"), "x"));
        EXPECT_EQ(ct_state_open(scratch.folder, "web", &state, &err), -ENOTDIR);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_STATE);
        EXPECT_CONTAINS(contain_error_sentence(err), scratch_path(&scratch, "web"));
        EXPECT_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), -EEXIST);
}

/* --- locks ---------------------------------------------------------------------------------- */

TEST(lock_is_seen_by_others_only)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL, *other = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        REQUIRE_EQ(ct_state_open(scratch.root, "web", &other, NULL), 0);
        EXPECT(!ct_state_is_locked(state));
        EXPECT(ct_state_is_locked(other));
        ct_state_unlock(state);
        EXPECT(!ct_state_is_locked(other));
        EXPECT_EQ(ct_state_lock(other, NULL), 0);
        EXPECT_EQ(ct_state_lock(other, NULL), 0);
        EXPECT(ct_state_is_locked(state));
        other = ct_state_free(other);
        EXPECT(!ct_state_is_locked(state));
}

/* A fork elsewhere in the host copies the descriptor, and with it the lock, until its execve. */
TEST(lock_is_given_back_although_a_forked_copy_lives)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL, *other = NULL;
        int ends[2];
        pid_t pid;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        REQUIRE_EQ(pipe2(ends, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                char byte;

                (void)close(ends[1]);
                _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
        }
        state = ct_state_free(state);
        EXPECT_EQ(ct_state_open(scratch.root, "web", &other, NULL), 0);
        EXPECT(!ct_state_is_locked(other));
        EXPECT_EQ(ct_state_lock(other, NULL), 0);
        (void)close(ends[1]);
        (void)close(ends[0]);
        EXPECT_EQ(waitpid(pid, NULL, 0), pid);
}

TEST(lock_of_a_folder_that_was_removed)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL, *late = NULL, *next = NULL;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_record *record = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        REQUIRE_EQ(ct_state_open(scratch.root, "web", &late, NULL), 0);
        REQUIRE_EQ(ct_state_remove(state, NULL), 0);
        state = ct_state_free(state);
        EXPECT_EQ(ct_state_lock(late, &err), -ENOENT);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_NOT_FOUND);
        EXPECT_EQ(ct_state_load(late, &record, NULL), -ENODATA);

        /* Another one of the same name is not the one that was opened. */
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &next, NULL), 0);
        EXPECT_EQ(ct_state_lock(late, NULL), -ENOENT);
        EXPECT_EQ(ct_state_remove(late, NULL), 0);
        EXPECT_EQ(scratch_count(scratch.root), 1);
}

/* --- leftovers ------------------------------------------------------------------------------ */

TEST(leftover_without_record)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_record *record = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "web"), 0700), 0);
        EXPECT_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), -EEXIST);
        REQUIRE_EQ(ct_state_open(scratch.folder, "web", &state, NULL), 0);
        EXPECT(!ct_state_is_locked(state));
        EXPECT_EQ(ct_state_lock(state, NULL), 0);
        EXPECT_EQ(ct_state_load(state, &record, &err), -ENODATA);
        EXPECT(!err);
        EXPECT_EQ(ct_state_remove(state, NULL), 0);
        EXPECT_EQ(scratch_count(scratch.folder), 0);
}

TEST(remove_takes_all_files_with_it)
{
        static const char *const names[] = { "record.json", "record.json.new", "start", "of-a-later-version",
                                             ".hidden" };
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        char path[1024];
        size_t i;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), 0);
        for (i = 0; i < sizeof names / sizeof names[0]; i++) {
                (void)snprintf(path, sizeof path, "%s/web/%s", scratch.folder, names[i]);
                REQUIRE(scratch_write(path, "x"));
        }
        EXPECT_EQ(ct_state_remove(state, NULL), 0);
        EXPECT_EQ(scratch_count(scratch.folder), 0);
        EXPECT_EQ(ct_state_remove(state, NULL), 0);
}

/* A container with CAP_SYS_ADMIN can make the folder writable that it sees. */
TEST(remove_takes_what_a_container_left)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        char path[2048];
        int n;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), 0);
        REQUIRE_EQ(ct_state_make_notify(state, NULL), 0);
        n = snprintf(path, sizeof path, "%s/web/notify/notify.sock", scratch.folder);
        REQUIRE_EQ(mkdir(path, 0700), 0);
        for (int depth = 0; depth < 300; depth++) {
                n += snprintf(path + n, sizeof path - (size_t)n, "/a");
                REQUIRE_EQ(mkdir(path, 0700), 0);
                (void)snprintf(path + n, sizeof path - (size_t)n, "/b");
                REQUIRE_EQ(symlink("/", path), 0);
        }
        EXPECT_EQ(ct_state_remove(state, NULL), 0);
        EXPECT_EQ(scratch_count(scratch.folder), 0);
}

TEST(remove_takes_folders_for_files)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), 0);
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "web/record.json"), 0700), 0);
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "web/record.json/deep"), 0700), 0);
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "web/start"), 0700), 0);
        EXPECT_EQ(ct_state_remove(state, NULL), 0);
        EXPECT_EQ(scratch_count(scratch.folder), 0);
}

TEST(remove_says_what_it_cannot_remove)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), 0);
        /* Moved away, and a file in its place. */
        REQUIRE_EQ(rename(scratch_path(&scratch, "web"), scratch_path(&scratch, "moved")), 0);
        REQUIRE_EQ(mknod(scratch_path(&scratch, "web"), S_IFREG | 0600, 0), 0);
        EXPECT_EQ(ct_state_remove(state, &err), -ENOTDIR);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_STATE);
        EXPECT_CONTAINS(contain_error_sentence(err), scratch_path(&scratch, "web"));
}
