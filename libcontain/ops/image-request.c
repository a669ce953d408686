/* SPDX-License-Identifier: MIT */

/* Requests to contain-image: see ops/image.h. */

#include "ops/image.h"

#include "base/utf8.h"
#include "host/image.h"

#include <limits.h>
#include <string.h>

static bool is_utf8(const char *text)
{
        size_t left = strlen(text);

        while (left > 0) {
                size_t length = ct_utf8_length(text, left);

                if (length == 0)
                        return false;
                text += length;
                left -= length;
        }
        return true;
}

static void put_string(struct ct_image_request *request, const char *key, const char *value)
{
        if (!is_utf8(value))
                request->unusable = key;
        (void)ct_buf_json_string(&request->text, value);
}

void ct_image_request_string(struct ct_image_request *request, const char *key, const char *value)
{
        if (!value)
                return;
        (void)ct_buf_printf(&request->text, ",\"%s\":", key);
        put_string(request, key, value);
}

void ct_image_request_words(struct ct_image_request *request, const char *key, const char *value)
{
        (void)ct_buf_printf(&request->text, ",\"%s\":", key);
        (void)ct_buf_json_string(&request->text, value);
}

void ct_image_request_uint(struct ct_image_request *request, const char *key, uint64_t value)
{
        (void)ct_buf_printf(&request->text, ",\"%s\":%llu", key, (unsigned long long)value);
}

void ct_image_request_true(struct ct_image_request *request, const char *key, bool value)
{
        if (value)
                (void)ct_buf_printf(&request->text, ",\"%s\":true", key);
}

void ct_image_request_strings(struct ct_image_request *request, const char *key, const char *const *values)
{
        if (!values || !values[0])
                return;
        (void)ct_buf_printf(&request->text, ",\"%s\":[", key);
        for (size_t i = 0; values[i]; i++) {
                (void)ct_buf_puts(&request->text, i > 0 ? "," : "");
                put_string(request, key, values[i]);
        }
        (void)ct_buf_puts(&request->text, "]");
}

void ct_image_request_fd(struct ct_image_request *request, const char *key, int fd)
{
        if (fd < 0)
                return;
        if (request->n_fds == CT_MESSAGE_FDS) {
                request->text.failed = true;
                return;
        }
        ct_image_request_uint(request, key, request->n_fds);
        request->fds[request->n_fds++] = fd;
}

/* "-" and "TRANSPORT:-", either with ":TAG" or "@DIGEST" behind it. */
static bool may_be_stdin(const char *image)
{
        const char *colon = strchr(image, ':');

        if (colon && colon[1] == '-')
                image = colon + 1;
        return image[0] == '-' && (image[1] == '\0' || image[1] == ':' || image[1] == '@');
}

void ct_image_request_image(struct ct_image_request *request, const char *image)
{
        ct_image_request_string(request, "image", image);
        if (may_be_stdin(image))
                ct_image_request_fd(request, "stdin", request->options->stdin_fd);
}

void ct_image_request_begin(struct ct_image_request *request, const char *verb,
                            const contain_image_options_t *options)
{
        *request = (struct ct_image_request){ .text = CT_BUF_INIT, .options = options };
        request->limits = (struct ct_image_limits){ options->max_bytes, options->max_entries,
                                                    options->max_file_bytes, options->max_depth };
        (void)ct_buf_printf(&request->text, "{\"do\":\"%s\"", verb);
        ct_image_request_string(request, "platform", options->platform);
        ct_image_request_string(request, "authFile", options->auth_file);
        ct_image_request_string(request, "certificates", options->certificates);
        ct_image_request_string(request, "store", options->store);
        ct_image_request_strings(request, "mirrors", options->mirrors);
        ct_image_request_true(request, "insecure", options->flags & CONTAIN_IMAGE_INSECURE);
        if (options->stall_timeout_ms > 0)
                ct_image_request_uint(request, "stallMs", options->stall_timeout_ms);
}

static void put_limits(struct ct_image_request *request)
{
        const struct ct_image_limits *limits = &request->limits;

        ct_image_request_uint(request, "maxBytes", limits->bytes);
        ct_image_request_uint(request, "maxEntries", limits->entries);
        ct_image_request_uint(request, "maxFileBytes", limits->file_bytes);
        ct_image_request_uint(request, "maxDepth", limits->depth);
}

/* The library's progress in the public form. */
static int tell(void *userdata, const struct ct_image_progress *progress)
{
        const contain_image_options_t *options = userdata;
        const contain_image_progress_t public = {
                .size = sizeof(public),
                .phase = progress->phase,
                .what = progress->what,
                .done = progress->done,
                .total = progress->total,
        };

        return options->progress(options->userdata, &public);
}

static int context_image_program(struct contain_ctx *ctx, contain_error_t **err)
{
        int r;

        pthread_mutex_lock(&ctx->lock);
        if (ctx->image_program_fd < 0)
                ctx->image_program_fd = ct_image_program_fd(err);
        r = ctx->image_program_fd;
        pthread_mutex_unlock(&ctx->lock);
        return r;
}

int ct_image_request_run(struct ct_image_request *request, struct contain_ctx *ctx, char **ret, int *ret_fd,
                         contain_error_t **err)
{
        const contain_image_options_t *options = request->options;
        int program_fd;

        if (request->unusable)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EILSEQ, NULL, "the value of '%s' is not UTF-8",
                               request->unusable);
        put_limits(request);
        if (ct_buf_puts(&request->text, "}") < 0 || request->text.failed)
                return ct_fail_memory(err);
        program_fd = context_image_program(ctx, err);
        if (program_fd < 0)
                return program_fd;
        const struct ct_image_call call = {
                .program_fd = program_fd,
                .request = request->text.data,
                .size = request->text.size,
                .fds = request->fds,
                .n_fds = request->n_fds,
                .timeout_ms = options->timeout_ms == 0        ? -1
                              : options->timeout_ms > INT_MAX ? INT_MAX
                                                              : (int)options->timeout_ms,
                .progress = options->progress ? tell : NULL,
                .userdata = (void *)(uintptr_t)options,
        };

        return ct_image_call(&call, ret, ret_fd, err);
}
