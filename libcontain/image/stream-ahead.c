/* SPDX-License-Identifier: MIT */

/*
 * A stream that is read by a thread of its own, ahead of whoever reads this one. Between the two is a ring of
 * a fixed size: when it is full the thread waits until half of it is free, and when it is empty the reader
 * until a quarter is filled, so that neither side is woken for each piece. Bytes are used where they are,
 * without the lock being held: the part that is filled and the part that is free belong to one side each, and
 * what the reader was given is free once he asks for more.
 */

#include "image/stream.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

/* At most so much goes over at a time: small enough that the other side begins early. */
#define CHUNK_SIZE ((size_t)128 * 1024)

struct ahead {
        struct ct_stream *from;
        pthread_t thread;
        pthread_mutex_t lock;
        pthread_cond_t changed;

        char *ring;
        size_t size;
        size_t head; /* where the next byte is written; the thread's alone */
        size_t tail; /* where the next byte is read; the reader's alone */
        size_t lent; /* bytes from there that the reader has and has not given back; his alone, too */

        /* Under the lock: */
        size_t filled;
        bool is_waiting; /* one side waits for the other */
        bool is_ended;   /* the thread writes no more */
        bool is_stopped; /* the reader wants no more */
        int result;      /* 0 or -errno, once it ended */
        contain_error_t *error;
};

static size_t smaller(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* Waits, with the lock held, until the other side has changed something. */
static void wait_for_change(struct ahead *ahead)
{
        ahead->is_waiting = true;
        (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
}

static void tell_change(struct ahead *ahead)
{
        if (ahead->is_waiting)
                (void)pthread_cond_signal(&ahead->changed);
        ahead->is_waiting = false;
}

/* Room for what is read next, in one piece; 0 when nobody wants it. */
static size_t wait_for_room(struct ahead *ahead)
{
        size_t room;

        (void)pthread_mutex_lock(&ahead->lock);
        if (ahead->filled == ahead->size)
                while (ahead->filled > ahead->size / 2 && !ahead->is_stopped)
                        wait_for_change(ahead);
        room = ahead->is_stopped ? 0 : ahead->size - ahead->filled;
        (void)pthread_mutex_unlock(&ahead->lock);
        return smaller(smaller(room, ahead->size - ahead->head), CHUNK_SIZE);
}

static void *run_ahead(void *userdata)
{
        struct ahead *ahead = userdata;
        contain_error_t *error = NULL;
        ssize_t n = 0;
        size_t room;

        while ((room = wait_for_room(ahead)) > 0) {
                n = ct_stream_read(ahead->from, ahead->ring + ahead->head, room, &error);
                if (n <= 0)
                        break;
                ahead->head = (ahead->head + (size_t)n) % ahead->size;
                (void)pthread_mutex_lock(&ahead->lock);
                ahead->filled += (size_t)n;
                if (ahead->filled > ahead->size / 4)
                        tell_change(ahead);
                (void)pthread_mutex_unlock(&ahead->lock);
        }
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->is_ended = true;
        ahead->result = n < 0 ? (int)n : 0;
        ahead->error = error;
        tell_change(ahead);
        (void)pthread_mutex_unlock(&ahead->lock);
        return NULL;
}

/* Takes back @n bytes of what was lent. */
static void give_back(struct ahead *ahead, size_t n)
{
        ahead->tail = (ahead->tail + n) % ahead->size;
        ahead->lent -= n;
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->filled -= n;
        if (ahead->filled <= ahead->size / 2)
                tell_change(ahead);
        (void)pthread_mutex_unlock(&ahead->lock);
}

/* Lends the next bytes, at most @size, in one piece. */
static ssize_t lend(struct ahead *ahead, size_t size, contain_error_t **err)
{
        size_t filled;

        (void)pthread_mutex_lock(&ahead->lock);
        if (ahead->filled == 0)
                while (ahead->filled <= ahead->size / 4 && !ahead->is_ended)
                        wait_for_change(ahead);
        filled = ahead->filled;
        (void)pthread_mutex_unlock(&ahead->lock);

        if (filled == 0) {
                /* The thread has ended: what is left is ours. */
                if (err && ahead->result < 0)
                        *err = ct_take(ahead->error);
                return ahead->result;
        }
        ahead->lent = smaller(smaller(size, filled), ahead->size - ahead->tail);
        return (ssize_t)ahead->lent;
}

static ssize_t next_ahead(void *userdata, const void **ret, contain_error_t **err)
{
        struct ahead *ahead = userdata;
        ssize_t n;

        if (ahead->lent > 0)
                give_back(ahead, ahead->lent);
        n = lend(ahead, CHUNK_SIZE, err);
        if (n > 0)
                *ret = ahead->ring + ahead->tail;
        return n;
}

static ssize_t read_ahead(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct ahead *ahead = userdata;
        ssize_t n;

        if (size == 0)
                return 0;
        if (ahead->lent > 0)
                give_back(ahead, ahead->lent);
        n = lend(ahead, size, err);
        if (n > 0) {
                memcpy(to, ahead->ring + ahead->tail, (size_t)n);
                give_back(ahead, (size_t)n);
        }
        return n;
}

static void ahead_free(struct ahead *ahead)
{
        (void)pthread_cond_destroy(&ahead->changed);
        (void)pthread_mutex_destroy(&ahead->lock);
        (void)contain_error_free(ahead->error);
        free(ahead->ring);
        free(ahead);
}

static void close_ahead(void *userdata)
{
        struct ahead *ahead = userdata;

        (void)pthread_mutex_lock(&ahead->lock);
        ahead->is_stopped = true;
        tell_change(ahead);
        (void)pthread_mutex_unlock(&ahead->lock);
        ct_stream_stop(ahead->from);
        (void)pthread_join(ahead->thread, NULL);
        ahead_free(ahead);
}

static struct ahead *ahead_new(struct ct_stream *from, size_t size)
{
        struct ahead *ahead = calloc(1, sizeof *ahead);

        if (!ahead)
                return NULL;
        ahead->from = from;
        ahead->size = size > 0 ? size : CHUNK_SIZE;
        (void)pthread_mutex_init(&ahead->lock, NULL);
        (void)pthread_cond_init(&ahead->changed, NULL);
        ahead->ring = malloc(ahead->size);
        if (!ahead->ring) {
                ahead_free(ahead);
                return NULL;
        }
        return ahead;
}

int ct_stream_ahead(struct ct_stream *from, size_t ahead_bytes, struct ct_stream **ret, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *owned = from;
        struct ahead *ahead = ahead_new(from, ahead_bytes);
        struct ct_stream *stream;
        sigset_t all, before;
        int r;

        if (!ahead)
                return ct_fail_memory(err);

        /* Signals are for the thread that knows of them. */
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&ahead->thread, NULL, run_ahead, ahead);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r != 0) {
                ahead_free(ahead);
                return ct_fail(err, CONTAIN_E_SYSTEM, r, NULL, "cannot start a thread");
        }
        stream = ct_stream_over(ct_take(owned), read_ahead, close_ahead, ahead);
        if (!stream)
                return ct_fail_memory(err);
        ct_stream_set_next(stream, next_ahead);
        *ret = stream;
        return 0;
}
