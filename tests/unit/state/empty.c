/* SPDX-License-Identifier: MIT */

/* Folders that somebody moves while they are emptied. */

#include "scratch.h"

#include "harness/test.h"
#include "state/folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS 10000

struct mover {
        int fd; /* all that it can reach */
        atomic_bool enough;
};

/* Has a folder be now deep down, now near the top. */
static void *move(void *arg)
{
        struct mover *mover = arg;

        while (!atomic_load(&mover->enough)) {
                (void)mkdirat(mover->fd, "a", 0700);
                (void)mkdirat(mover->fd, "a/b", 0700);
                (void)mkdirat(mover->fd, "a/b/c", 0700);
                (void)mkdirat(mover->fd, "a/b/c/d", 0700);
                (void)renameat(mover->fd, "a/b/c", mover->fd, "c");
                (void)renameat(mover->fd, "c", mover->fd, "a/b/c");
        }
        return NULL;
}

/* ".." of a folder that was moved is not where it was found: nothing beside the top may go. */
TEST(moved_on_the_way)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        struct mover mover = { .fd = -1 };
        pthread_t thread;
        bool whole = true;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "root"), 0700), 0);
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "root/web"), 0700), 0);
        REQUIRE_EQ(mkdir(scratch_path(&scratch, "root/web/notify"), 0700), 0);
        REQUIRE(scratch_write(scratch_path(&scratch, "root/other"), "somebody else's"));
        REQUIRE(scratch_write(scratch_path(&scratch, "root/web/record"), "somebody else's"));
        mover.fd = open(scratch_path(&scratch, "root/web/notify"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        REQUIRE(mover.fd >= 0);
        REQUIRE_EQ(pthread_create(&thread, NULL, move, &mover), 0);
        for (int i = 0; i < ROUNDS && whole; i++) {
                (void)ct_state_empty(mover.fd);
                whole = access(scratch_path(&scratch, "root/web/record"), F_OK) == 0 &&
                        access(scratch_path(&scratch, "root/other"), F_OK) == 0;
        }
        atomic_store(&mover.enough, true);
        EXPECT_EQ(pthread_join(thread, NULL), 0);
        EXPECT(whole);
        EXPECT_EQ(ct_state_empty(mover.fd), 0);
        EXPECT_EQ(scratch_count(scratch_path(&scratch, "root/web/notify")), 0);
        (void)close(mover.fd);
}
