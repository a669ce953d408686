/* SPDX-License-Identifier: MIT */

/* State roots that are refused, and the list of what is in one. */

#include "scratch.h"

#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define STRANGER 12345

/* Expects that nothing can be claimed, opened or listed there, for a reason that names the root. */
static void expect_refused(const char *root, int error, const char *reason)
{
        _cleanup_(contain_error_freep) contain_error_t *claim = NULL, *open = NULL, *list = NULL;
        struct ct_state *state = NULL;
        char **ids = NULL;
        size_t n = 0;

        EXPECT_EQ(ct_state_claim(root, "web", &state, &claim), error);
        EXPECT_EQ(ct_state_open(root, "web", &state, &open), error);
        EXPECT_EQ(ct_state_list(root, &ids, &n, &list), error);
        EXPECT_EQ(contain_error_code(claim), CONTAIN_E_STATE);
        EXPECT_STR(contain_error_sentence(open), contain_error_sentence(claim));
        EXPECT_STR(contain_error_sentence(list), contain_error_sentence(claim));
        EXPECT_CONTAINS(contain_error_sentence(claim), root);
        EXPECT_CONTAINS(contain_error_sentence(claim), reason);
}

TEST(root_that_others_can_write_to)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(chmod(scratch.folder, 0777), 0);
        expect_refused(scratch.folder, -EPERM, "can be written to by other users");
        REQUIRE_EQ(chmod(scratch.folder, 01777), 0);
        expect_refused(scratch.folder, -EPERM, "can be written to by other users");
        /* The caller's own group may: distributions with a group per user make folders so. */
        REQUIRE_EQ(chmod(scratch.folder, 0770), 0);
        EXPECT_EQ(ct_state_claim(scratch.folder, "web", &state, NULL), 0);
        if (geteuid() == 0) {
                REQUIRE_EQ(chown(scratch.folder, 0, STRANGER), 0);
                expect_refused(scratch.folder, -EPERM, "can be written to by other users");
        }
}

TEST(root_that_belongs_to_somebody_else)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };

        if (geteuid() != 0)
                SKIP("needs root, to give a folder away");
        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(chown(scratch.folder, STRANGER, 0), 0);
        expect_refused(scratch.folder, -EPERM, "belongs to user 12345");
}

TEST(root_through_symbolic_links)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        const char *link;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "root"), 0700), 0);
        link = scratch_path(&scratch, "link");
        REQUIRE_EQ(symlink("root", link), 0);
        EXPECT_EQ(ct_state_claim(link, "web", &state, NULL), 0);
        state = ct_state_free(state);
        if (geteuid() != 0)
                return;
        REQUIRE_EQ(lchown(link, STRANGER, STRANGER), 0);
        expect_refused(link, -ELOOP, "cannot open the state root");
        EXPECT_EQ(ct_state_open(scratch_path(&scratch, "link//"), "web", &state, NULL), -ELOOP);
}

TEST(root_that_is_no_folder)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_state *state = NULL;

        REQUIRE(scratch_make(&scratch));
        REQUIRE(scratch_write(scratch_path(&scratch, "file"), ""));
        expect_refused(scratch_path(&scratch, "file"), -ENOTDIR, "cannot open the state root");
        EXPECT_EQ(ct_state_claim(scratch_path(&scratch, "file/root"), "web", &state, &err), -ENOTDIR);
        EXPECT_CONTAINS(contain_error_sentence(err), "/file/root'");
}

TEST(root_that_cannot_be_made)
{
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_state *state = NULL;

        EXPECT(ct_state_claim("/proc/contain/root", "web", &state, &err) < 0);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_STATE);
        EXPECT_STR(contain_error_sentence(err), "cannot make the state root '/proc/contain/root'");
}

/* As another user, because root may write anywhere. */
TEST(root_that_cannot_be_written_to)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        int status = -1;
        pid_t pid;

        if (geteuid() != 0)
                SKIP("needs root, to become another user");
        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(chown(scratch.folder, STRANGER, STRANGER), 0);
        REQUIRE_EQ(chmod(scratch.folder, 0500), 0);
        pid = fork();
        if (pid == 0) {
                contain_error_t *err = NULL, *made = NULL;
                struct ct_state *state = NULL;
                bool good = setgid(STRANGER) == 0 && setuid(STRANGER) == 0;

                good = good && ct_state_claim(scratch.folder, "web", &state, &err) == -EACCES &&
                       strstr(contain_error_sentence(err),
                              "cannot make the folder 'web' in the state root '/") &&
                       ct_state_claim(scratch.root, "web", &state, &made) == -EACCES &&
                       strstr(contain_error_sentence(made), "cannot make the state root '/");
                _exit(good ? 0 : 1);
        }
        EXPECT_EQ(waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
}

/* With a group that may write to the root, its members can put folders there. */
TEST(folder_that_belongs_to_somebody_else)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_state *state = NULL;

        if (geteuid() != 0)
                SKIP("needs root, to give a folder away");
        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "web"), 0700), 0);
        REQUIRE_EQ(chown(scratch_path(&scratch, "web"), STRANGER, STRANGER), 0);
        EXPECT_EQ(ct_state_open(scratch.folder, "web", &state, &err), -EPERM);
        EXPECT_CONTAINS(contain_error_sentence(err), "belongs to user 12345");
        REQUIRE_EQ(symlink("web", scratch_path(&scratch, "link")), 0);
        EXPECT_EQ(ct_state_open(scratch.folder, "link", &state, NULL), -ENOTDIR);
}

/* --- list ----------------------------------------------------------------------------------- */

TEST(list_without_root)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        char **ids = NULL;
        size_t n = 7;

        REQUIRE(scratch_make(&scratch));
        EXPECT_EQ(ct_state_list(scratch.root, &ids, &n, NULL), 0);
        EXPECT_EQ(n, 0);
        ct_state_list_free(ids, n);
        EXPECT_EQ(scratch_count(scratch.folder), 0);
}

TEST(list_is_sorted_and_holds_ids_only)
{
        static const char *const folders[] = { "b", "a", "C", ".hidden", "not an id", "b.2", "+" };
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        char **ids = NULL;
        size_t n = 0, i;

        REQUIRE(scratch_make(&scratch));
        for (i = 0; i < sizeof folders / sizeof folders[0]; i++)
                REQUIRE_EQ(mkdir(scratch_path(&scratch, folders[i]), 0700), 0);
        REQUIRE(scratch_write(scratch_path(&scratch, "file"), ""));
        REQUIRE_EQ(ct_state_list(scratch.folder, &ids, &n, NULL), 0);
        EXPECT_EQ(n, 5);
        if (n == 5) {
                EXPECT_STR(ids[0], "+");
                EXPECT_STR(ids[1], "C");
                EXPECT_STR(ids[2], "a");
                EXPECT_STR(ids[3], "b");
                EXPECT_STR(ids[4], "b.2");
        }
        ct_state_list_free(ids, n);
}

TEST(list_of_many)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        char **ids = NULL;
        char name[32];
        size_t n = 0, i;

        REQUIRE(scratch_make(&scratch));
        for (i = 0; i < 500; i++) {
                (void)snprintf(name, sizeof name, "c%03zu", i);
                REQUIRE_EQ(mkdir(scratch_path(&scratch, name), 0700), 0);
        }
        REQUIRE_EQ(ct_state_list(scratch.folder, &ids, &n, NULL), 0);
        EXPECT_EQ(n, 500);
        for (i = 0; i < n; i++) {
                (void)snprintf(name, sizeof name, "c%03zu", i);
                EXPECT_STR(ids[i], name);
        }
        ct_state_list_free(ids, n);
}
