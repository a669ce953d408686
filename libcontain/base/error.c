/* SPDX-License-Identifier: MIT */

/*
 * The error object: composed when it is made, constant for its reader. Whatever cannot be
 * allocated on the way turns it into the one static object for "out of memory".
 */

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct contain_error {
        int code;
        int errnum;
        int cause;
        char *at;
        char *step;
        char *sentence;
        char *hint;
        char *message;
};

/* Never written to and never freed: the cast away from const is undone by is_static(). */
static const struct contain_error out_of_memory = {
        .code = CONTAIN_E_NO_MEMORY,
        .errnum = ENOMEM,
        .sentence = (char *)"out of memory",
        .message = (char *)"out of memory [CT-101]",
};

static int is_static(const contain_error_t *error)
{
        return error == &out_of_memory;
}

/*
 * The errno that says no more than the code does. Its text would only repeat the sentence:
 * "/process/cwd: 'tmp' is not absolute: invalid argument".
 */
static int natural_errno(int code)
{
        switch (code) {
        case CONTAIN_E_NO_MEMORY:
                return ENOMEM;
        case CONTAIN_E_FORKED:
                return ECHILD;
        case CONTAIN_E_BUSY:
                return EBUSY;
        case CONTAIN_E_TIMEOUT:
                return ETIMEDOUT;
        case CONTAIN_E_EXISTS:
                return EEXIST;
        case CONTAIN_E_NOT_FOUND:
        case CONTAIN_E_SOURCE:
                return ENOENT;
        case CONTAIN_E_HOOK:
        case CONTAIN_E_CANCELLED:
                return ECANCELED;
        case CONTAIN_E_LOST:
                return ECANCELED;
        case CONTAIN_E_STATE:
        case CONTAIN_E_IMAGE:
        case CONTAIN_E_DIGEST:
                return EBADMSG;
        case CONTAIN_E_SIZE:
                return EFBIG;
        case CONTAIN_E_NOT_RUNNING:
                return ESRCH;
        case CONTAIN_E_ARGUMENT:
        case CONTAIN_E_ID:
        case CONTAIN_E_STATUS:
        case CONTAIN_E_BUNDLE:
        case CONTAIN_E_JSON:
        case CONTAIN_E_TYPE:
        case CONTAIN_E_MISSING:
        case CONTAIN_E_VALUE:
        case CONTAIN_E_DUPLICATE:
        case CONTAIN_E_CONFLICT:
                return EINVAL;
        default:
                return 0;
        }
}

/*
 * What an error is due to when nobody who knew better has said so. While the container is built, an
 * errno about a name or a value is about one that the configuration gave.
 */
static int usual_cause(int code, int errnum)
{
        bool building = code >= 400 && code < 500;

        switch (errnum) {
        case EACCES:
                /* The user's program, hook or folder: it is the container's user who may not, or nobody may.
                 */
                if (code == CONTAIN_E_PROGRAM || code == CONTAIN_E_HOOK || code == CONTAIN_E_CWD)
                        return CONTAIN_CAUSE_CONFIG;
                return CONTAIN_CAUSE_PRIVILEGE;
        case EPERM:
                return CONTAIN_CAUSE_PRIVILEGE;
        case ENODEV:
                if (code == CONTAIN_E_NETWORK)
                        return CONTAIN_CAUSE_CONFIG;
                return building || code == CONTAIN_E_UNSUPPORTED ? CONTAIN_CAUSE_KERNEL : CONTAIN_CAUSE_OTHER;
        case ENOSYS:
        case EOPNOTSUPP:
                return building || code == CONTAIN_E_UNSUPPORTED ? CONTAIN_CAUSE_KERNEL : CONTAIN_CAUSE_OTHER;
        case EINVAL:
        case ENOENT:
        case ENOTDIR:
        case EISDIR:
        case ELOOP:
        case EEXIST:
        case ENAMETOOLONG:
        case ENOEXEC:
        case ERANGE:
        case E2BIG:
                if (building)
                        return CONTAIN_CAUSE_CONFIG;
                break;
        default:
                break;
        }
        if (code >= 300 && code < 400)
                return CONTAIN_CAUSE_CONFIG;
        return code == CONTAIN_E_UNSUPPORTED ? CONTAIN_CAUSE_KERNEL : CONTAIN_CAUSE_OTHER;
}

static const char *or_empty(const char *text)
{
        return text ? text : "";
}

/*
 * strerror() is neither thread-safe nor free of the host's locale. In the middle of a sentence, its text
 * begins with a small letter, but for "RPC" and the like; Docker finds "permission denied" in no other form.
 */
static const char *errno_text(int errnum, char *space, size_t size)
{
#ifdef __GLIBC__
        const char *text = strerrordesc_np(errnum);

        (void)snprintf(space, size, "%s", or_empty(text));
#else
        if (strerror_r(errnum, space, size) != 0)
                space[0] = '\0';
#endif
        if (space[0] == '\0')
                (void)snprintf(space, size, "error %d", errnum);
        if (space[0] >= 'A' && space[0] <= 'Z' && space[1] >= 'a' && space[1] <= 'z')
                space[0] = (char)(space[0] - 'A' + 'a');
        return space;
}

/* asprintf() leaves its result undefined on failure. */
static char *format_text(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static char *format_text(const char *format, va_list args)
{
        char *text;

        return vasprintf(&text, format, args) < 0 ? NULL : text;
}

/* Writes the one-line form anew, after any part of it has changed. */
static int compose(struct contain_error *error)
{
        char space[80];
        int with_at = error->at && error->at[0] != '\0';
        int with_errno = error->errnum != natural_errno(error->code);
        char *message;

        if (asprintf(&message, "%s%s%s%s%s [CT-%d]%s%s%s", or_empty(error->at), with_at ? ": " : "",
                     error->sentence, with_errno ? ": " : "",
                     with_errno ? errno_text(error->errnum, space, sizeof space) : "", error->code,
                     error->hint ? " (hint: " : "", or_empty(error->hint), error->hint ? ")" : "") < 0)
                return -ENOMEM;
        free(error->message);
        error->message = message;
        return 0;
}

int ct_fail_memory(contain_error_t **err)
{
        if (err)
                *err = (contain_error_t *)&out_of_memory;
        return -ENOMEM;
}

int ct_failv(contain_error_t **err, int code, int errnum, const char *at, const char *format, va_list args)
{
        struct contain_error *error;

        if (errnum == 0)
                errnum = EINVAL;
        if (!err)
                return -errnum;

        error = calloc(1, sizeof *error);
        if (!error)
                return ct_fail_memory(err);
        error->code = code;
        error->errnum = errnum;
        error->cause = usual_cause(code, errnum);
        error->at = strdup(or_empty(at));
        error->sentence = format_text(format, args);
        if (!error->at || !error->sentence || compose(error) < 0) {
                (void)contain_error_free(error);
                return ct_fail_memory(err);
        }
        *err = error;
        return -errnum;
}

int ct_fail(contain_error_t **err, int code, int errnum, const char *at, const char *format, ...)
{
        va_list args;
        int r;

        va_start(args, format);
        r = ct_failv(err, code, errnum, at, format, args);
        va_end(args);
        return r;
}

void ct_error_set_hint(contain_error_t **err, const char *format, ...)
{
        va_list args;
        char *hint, *previous;

        if (!err || !*err || is_static(*err))
                return;
        va_start(args, format);
        hint = format_text(format, args);
        va_end(args);
        if (!hint)
                return; /* the error stands without it */

        previous = (*err)->hint;
        (*err)->hint = hint;
        if (compose(*err) < 0) {
                (*err)->hint = previous;
                previous = hint;
        }
        free(previous);
}

void ct_error_set_step(contain_error_t **err, const char *step)
{
        char *copy;

        if (!err || !*err || is_static(*err))
                return;
        copy = strdup(step);
        if (!copy)
                return;
        free((*err)->step);
        (*err)->step = copy;
}

int ct_error_set_pointer(contain_error_t **err, const char *at)
{
        char *copy, *previous;

        if (!err || !*err || is_static(*err))
                return 0;
        copy = strdup(at);
        if (!copy)
                return -ENOMEM;
        previous = (*err)->at;
        (*err)->at = copy;
        if (compose(*err) < 0) {
                (*err)->at = previous;
                free(copy);
                return -ENOMEM;
        }
        free(previous);
        return 0;
}

void ct_error_set_cause(contain_error_t **err, int cause)
{
        if (err && *err && !is_static(*err))
                (*err)->cause = cause;
}

CONTAIN_API int contain_error_code(const contain_error_t *error)
{
        return error ? error->code : 0;
}

CONTAIN_API int contain_error_errno(const contain_error_t *error)
{
        return error ? error->errnum : 0;
}

CONTAIN_API int contain_error_cause(const contain_error_t *error)
{
        return error ? error->cause : CONTAIN_CAUSE_OTHER;
}

CONTAIN_API const char *contain_error_pointer(const contain_error_t *error)
{
        return error ? or_empty(error->at) : "";
}

CONTAIN_API const char *contain_error_step(const contain_error_t *error)
{
        return error ? or_empty(error->step) : "";
}

CONTAIN_API const char *contain_error_sentence(const contain_error_t *error)
{
        return error ? error->sentence : "";
}

CONTAIN_API const char *contain_error_hint(const contain_error_t *error)
{
        return error ? or_empty(error->hint) : "";
}

CONTAIN_API const char *contain_error_message(const contain_error_t *error)
{
        return error ? error->message : "";
}

CONTAIN_API contain_error_t *contain_error_free(contain_error_t *error)
{
        int saved = errno;

        if (!error || is_static(error))
                return NULL;
        free(error->at);
        free(error->step);
        free(error->sentence);
        free(error->hint);
        free(error->message);
        free(error);
        errno = saved;
        return NULL;
}
