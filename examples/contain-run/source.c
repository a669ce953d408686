/* SPDX-License-Identifier: MIT */

/* What commands that take an image have in common: see source.h. */

#include "source.h"

#include "duration.h"

static int get_duration(struct app *app, const char *text, uint64_t *ret_ms)
{
        int64_t nsec = 0;

        if (text && (!duration_parse(text, &nsec) || nsec == 0))
                return app_fail(app, "'%s' is no duration such as 30s or 5m", text);
        *ret_ms = ((uint64_t)nsec + 999999) / 1000000;
        return 0;
}

int source_get(struct app *app, const struct source_options *options, struct progress *progress,
               contain_image_options_t *ret)
{
        uint64_t timeout_ms = 0, stall_timeout_ms = 0;
        int r;

        r = get_duration(app, options->timeout, &timeout_ms);
        if (r == 0)
                r = get_duration(app, options->stall_timeout, &stall_timeout_ms);
        if (r != 0)
                return r;
        *ret = (contain_image_options_t){
                .size = sizeof(*ret),
                .flags = options->insecure ? CONTAIN_IMAGE_INSECURE : 0,
                .stdin_fd = STDIN_FILENO,
                .timeout_ms = timeout_ms,
                .stall_timeout_ms = stall_timeout_ms,
                .platform = options->platform,
                .auth_file = options->auth_file,
                .certificates = options->certificates,
                .store = options->store,
                .mirrors = options->mirrors.items,
                .progress = progress_tell,
                .userdata = progress,
        };
        r = limits_get(app, &options->limits, ret);
        if (r == 0)
                progress_begin(progress, options->quiet);
        return r;
}

const struct option source_options[] = {
        { "platform", 0, OPTION_TEXT, offsetof(struct source_options, platform), "OS/ARCH",
          "which image of an index, such as linux/arm64/v8, instead of this machine's" },
        { "authfile", 0, OPTION_TEXT, offsetof(struct source_options, auth_file), "FILE",
          "credentials, as in containers-auth.json(5)" },
        { "cert-dir", 0, OPTION_TEXT, offsetof(struct source_options, certificates), "DIR",
          "certificates, as in docker's certs.d" },
        { "store", 0, OPTION_TEXT, offsetof(struct source_options, store), "DIR", "where content is kept" },
        { "mirror", 0, OPTION_LIST, offsetof(struct source_options, mirrors), "HOST=MIRROR",
          "ask this registry first; may be repeated" },
        { "insecure", 0, OPTION_FLAG, offsetof(struct source_options, insecure), NULL,
          "registries without TLS, or with certificates that nobody vouches for" },
        { "timeout", 0, OPTION_TEXT, offsetof(struct source_options, timeout), "DURATION",
          "give up after so long, such as 5m" },
        { "stall-timeout", 0, OPTION_TEXT, offsetof(struct source_options, stall_timeout), "DURATION",
          "give up when nothing has come from a registry or a pipe for so long" },
        { "quiet", 'q', OPTION_FLAG, offsetof(struct source_options, quiet), NULL, "show no progress" },
        { 0 },
};
