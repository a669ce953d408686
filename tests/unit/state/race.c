/* SPDX-License-Identifier: MIT */

/* Many processes at one id, and processes that are killed at any moment. */

#include "scratch.h"

#include "harness/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PROCESSES 16
#define ROUNDS    60

/* Shared by the processes of a test. */
struct board {
        pthread_barrier_t barrier;
        atomic_int winners[ROUNDS]; /* of each round's claim */
        atomic_int inside;          /* holders of the lock just now */
        atomic_int overlaps, surprises;
};

static struct board *new_board(void)
{
        struct board *board =
                mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pthread_barrierattr_t attributes;

        if (board == MAP_FAILED)
                return NULL;
        (void)pthread_barrierattr_init(&attributes);
        (void)pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        (void)pthread_barrier_init(&board->barrier, &attributes, PROCESSES);
        (void)pthread_barrierattr_destroy(&attributes);
        return board;
}

/* Runs @work in PROCESSES children, and waits for them. */
static void run_all(void (*work)(struct board *board, const char *root, unsigned number), struct board *board,
                    const char *root)
{
        pid_t pids[PROCESSES];
        unsigned i;

        for (i = 0; i < PROCESSES; i++) {
                pids[i] = fork();
                if (pids[i] == 0) {
                        work(board, root, i);
                        _exit(0);
                }
        }
        for (i = 0; i < PROCESSES; i++) {
                int status = -1;

                EXPECT_EQ(waitpid(pids[i], &status, 0), pids[i]);
                EXPECT_EQ(status, 0);
        }
}

static void expect_calm(const struct board *board)
{
        EXPECT_EQ(atomic_load(&board->overlaps), 0);
        EXPECT_EQ(atomic_load(&board->surprises), 0);
}

static void note_surprise(struct board *board, bool good)
{
        if (!good)
                (void)atomic_fetch_add(&board->surprises, 1);
}

static int save(struct ct_state *state, pid_t pid)
{
        const struct ct_record record = { .version = CT_RECORD_VERSION, .id = (char *)"web", .pid = pid };

        return ct_state_save(state, &record, NULL);
}

/* --- rounds: one claim wins, one removal succeeds ------------------------------------------- */

static void claim_and_save(struct board *board, const char *root, int round)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        int r = ct_state_claim(root, "web", &state, NULL);

        if (r == 0) {
                (void)atomic_fetch_add(&board->winners[round], 1);
                note_surprise(board, save(state, getpid()) == 0);
        } else {
                note_surprise(board, r == -EEXIST);
        }
}

/* All of them find the one record; who locks it first removes it, the others find nothing. */
static void open_and_remove(struct board *board, const char *root)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;
        int r = ct_state_open(root, "web", &state, NULL);

        if (r == 0)
                r = ct_state_lock(state, NULL);
        if (r == 0)
                r = ct_state_load(state, &record, NULL);
        note_surprise(board, r == 0 || r == -ENOENT || r == -ENODATA);
        if (r == 0)
                note_surprise(board, ct_state_remove(state, NULL) == 0);
}

static void play_rounds(struct board *board, const char *root, unsigned number)
{
        int round;

        (void)number;
        for (round = 0; round < ROUNDS; round++) {
                (void)pthread_barrier_wait(&board->barrier);
                claim_and_save(board, root, round);
                (void)pthread_barrier_wait(&board->barrier);
                open_and_remove(board, root);
        }
}

TEST(race_one_claim_wins_each_round)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        struct board *board = new_board();
        int round;

        REQUIRE(board);
        REQUIRE(scratch_make(&scratch));
        run_all(play_rounds, board, scratch.root);
        for (round = 0; round < ROUNDS; round++)
                EXPECT_EQ(atomic_load(&board->winners[round]), 1);
        expect_calm(board);
        EXPECT_EQ(scratch_count(scratch.root), 0);
        (void)munmap(board, sizeof *board);
}

/* --- free for all --------------------------------------------------------------------------- */

static unsigned next_random(unsigned *state)
{
        *state = *state * 1103515245u + 12345u;
        return *state >> 16;
}

/* What a holder of the lock does, with a record in place: nobody else may be doing it. */
static void be_inside(struct board *board, struct ct_state *state, unsigned chance)
{
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;

        if (atomic_fetch_add(&board->inside, 1) != 0)
                (void)atomic_fetch_add(&board->overlaps, 1);
        note_surprise(board, ct_state_load(state, &record, NULL) == 0 && save(state, getpid()) == 0);
        (void)atomic_fetch_sub(&board->inside, 1);
        if (chance % 3 == 0)
                note_surprise(board, ct_state_remove(state, NULL) == 0);
}

static void scramble(struct board *board, const char *root, unsigned number)
{
        unsigned seed = number + 1;
        int i;

        (void)pthread_barrier_wait(&board->barrier);
        for (i = 0; i < 400; i++) {
                _cleanup_(ct_state_freep) struct ct_state *state = NULL;
                _cleanup_(ct_record_freep) struct ct_record *record = NULL;
                unsigned chance = next_random(&seed);
                int r;

                r = chance % 2 ? ct_state_claim(root, "web", &state, NULL)
                               : ct_state_open(root, "web", &state, NULL);
                if (r == 0 && chance % 2)
                        r = save(state, getpid());
                else if (r == 0)
                        r = ct_state_lock(state, NULL);
                note_surprise(board, r == 0 || r == (chance % 2 ? -EEXIST : -ENOENT));
                if (r == 0)
                        r = ct_state_load(state, &record, NULL);
                /* A folder without record is cleared away, as a forced removal does. */
                if (r == -ENODATA)
                        note_surprise(board, ct_state_remove(state, NULL) == 0);
                if (r == 0)
                        be_inside(board, state, next_random(&seed));
        }
}

TEST(race_nobody_is_inside_with_another)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        struct board *board = new_board();

        REQUIRE(board);
        REQUIRE(scratch_make(&scratch));
        run_all(scramble, board, scratch.root);
        expect_calm(board);
        (void)munmap(board, sizeof *board);
}

/* --- threads -------------------------------------------------------------------------------- */

static void *lock_and_count(void *argument)
{
        const char *root = argument;
        static int counter; /* plain: the lock on disk is what makes this safe */
        long good = 1;
        int i;

        for (i = 0; i < 200; i++) {
                _cleanup_(ct_state_freep) struct ct_state *state = NULL;
                int before;

                if (ct_state_open(root, "web", &state, NULL) < 0 || ct_state_lock(state, NULL) < 0)
                        return NULL;
                before = __atomic_load_n(&counter, __ATOMIC_RELAXED);
                (void)sched_yield();
                good &= __atomic_load_n(&counter, __ATOMIC_RELAXED) == before;
                __atomic_store_n(&counter, before + 1, __ATOMIC_RELAXED);
        }
        return good ? argument : NULL;
}

TEST(race_threads_are_serialised_too)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        pthread_t threads[8];
        size_t i;

        REQUIRE(scratch_make(&scratch));
        REQUIRE_EQ(ct_state_claim(scratch.root, "web", &state, NULL), 0);
        ct_state_unlock(state);
        for (i = 0; i < 8; i++)
                REQUIRE_EQ(pthread_create(&threads[i], NULL, lock_and_count, scratch.root), 0);
        for (i = 0; i < 8; i++) {
                void *result = NULL;

                EXPECT_EQ(pthread_join(threads[i], &result), 0);
                EXPECT(result == scratch.root);
        }
}

/* --- killed --------------------------------------------------------------------------------- */

static void live_for_ever(const char *root)
{
        for (;;) {
                struct ct_state *state = NULL;

                if (ct_state_claim(root, "web", &state, NULL) < 0)
                        _exit(1);
                if (save(state, 1) < 0 || ct_state_listen(state, NULL) < 0 || save(state, 2) < 0 ||
                    ct_state_remove(state, NULL) < 0)
                        _exit(1);
                (void)ct_state_free(state);
                (void)close_range(3, ~0u, 0);
        }
}

/* After a kill at any moment: the folder can be opened, locked, read or not, and removed; the id is free
 * again. */
static void expect_recovery(const char *root)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL, *next = NULL;
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;
        int r;

        r = ct_state_open(root, "web", &state, NULL);
        EXPECT(r == 0 || r == -ENOENT);
        if (r == 0) {
                EXPECT(!ct_state_is_locked(state));
                EXPECT_EQ(ct_state_lock(state, NULL), 0);
                r = ct_state_load(state, &record, NULL);
                EXPECT(r == 0 || r == -ENODATA);
                EXPECT_EQ(ct_state_remove(state, NULL), 0);
        }
        EXPECT(scratch_count(root) <= 0);
        EXPECT_EQ(ct_state_claim(root, "web", &next, NULL), 0);
        EXPECT_EQ(ct_state_remove(next, NULL), 0);
}

TEST(race_killed_at_any_moment)
{
        _cleanup_(scratch_remove) struct scratch scratch = { "", "" };
        unsigned seed = 7;
        int i;

        REQUIRE(scratch_make(&scratch));
        for (i = 0; i < 200; i++) {
                int status = -1;
                pid_t pid = fork();

                if (pid == 0)
                        live_for_ever(scratch.root);
                (void)usleep(500 + next_random(&seed) % 2000);
                EXPECT_EQ(kill(pid, SIGKILL), 0);
                EXPECT_EQ(waitpid(pid, &status, 0), pid);
                EXPECT(WIFSIGNALED(status));
                expect_recovery(scratch.root);
        }
}
