/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_CLEANUP_H
#define CT_BASE_CLEANUP_H

/* Ownership by declaration: a variable that owns something frees it when it leaves scope. */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _cleanup_free_      _cleanup_(ct_freep)
#define _cleanup_close_     _cleanup_(ct_closep)

/* Defines NAMEp() for _cleanup_(), from a destructor that takes NULL and returns NULL. */
#define CT_CLEANUP(type, destructor)                                                                         \
        static inline void destructor##p(type **p)                                                           \
        {                                                                                                    \
                *p = destructor(*p);                                                                         \
        }

static inline void ct_freep(void *p)
{
        free(*(void **)p);
}

/* Closes @fd, keeps errno, and returns -EBADF for the variable that held it. */
static inline int ct_close(int fd)
{
        if (fd >= 0) {
                int saved = errno;

                (void)close(fd);
                errno = saved;
        }
        return -EBADF;
}

static inline void ct_closep(int *fd)
{
        *fd = ct_close(*fd);
}

/* Hands a pointer or a descriptor on: the variable is emptied, its cleanup does nothing. */
#define ct_take(pointer)                                                                                     \
        __extension__({                                                                                      \
                __typeof__(pointer) *ct_slot_ = &(pointer);                                                  \
                __typeof__(pointer) ct_value_ = *ct_slot_;                                                   \
                *ct_slot_ = NULL;                                                                            \
                ct_value_;                                                                                   \
        })

static inline int ct_take_fd(int *fd)
{
        int value = *fd;

        *fd = -EBADF;
        return value;
}

#endif
