/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_CLEANUP_H
#define CONTAIN_RUN_CLEANUP_H

/* Ownership by declaration: a variable that owns something frees it when it leaves scope. */

#include <contain/contain.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function)  __attribute__((cleanup(function)))
#define _cleanup_free_       _cleanup_(free_p)
#define _cleanup_close_      _cleanup_(close_p)
#define _cleanup_context_    _cleanup_(context_unref_p)
#define _cleanup_container_  _cleanup_(container_unref_p)
#define _cleanup_process_    _cleanup_(process_unref_p)
#define _cleanup_error_      _cleanup_(error_free_p)
#define _cleanup_document_   _cleanup_(document_free_p)
#define _cleanup_attachment_ _cleanup_(attachment_free_p)
#define _cleanup_logs_       _cleanup_(logs_free_p)

static inline void free_p(void *p)
{
        free(*(void **)p);
}

static inline void close_p(int *fd)
{
        if (*fd >= 0)
                (void)close(*fd);
        *fd = -EBADF;
}

static inline void context_unref_p(contain_ctx_t **ctx)
{
        *ctx = contain_ctx_unref(*ctx);
}

static inline void container_unref_p(contain_t **c)
{
        *c = contain_unref(*c);
}

static inline void process_unref_p(contain_process_t **process)
{
        *process = contain_process_unref(*process);
}

static inline void error_free_p(contain_error_t **err)
{
        *err = contain_error_free(*err);
}

static inline void document_free_p(char **document)
{
        contain_free(*document);
        *document = NULL;
}

static inline void attachment_free_p(contain_attachment_t **attachment)
{
        *attachment = contain_attachment_free(*attachment);
}

static inline void logs_free_p(contain_log_t **logs)
{
        *logs = contain_log_free(*logs);
}

/* Hands a pointer on: the variable is emptied, its cleanup does nothing. */
#define take(pointer)                                                                                        \
        __extension__({                                                                                      \
                __typeof__(pointer) *slot_ = &(pointer);                                                     \
                __typeof__(pointer) value_ = *slot_;                                                         \
                *slot_ = NULL;                                                                               \
                value_;                                                                                      \
        })

#endif
