/* SPDX-License-Identifier: MIT */

/* What commands that take an image have in common: see source.h. */

#include "source.h"

#include "duration.h"

int source_get(struct app *app, const struct source_options *options, struct progress *progress,
               contain_image_options_t *ret)
{
        int64_t timeout_nsec = 0;
        int r;

        if (options->timeout && (!duration_parse(options->timeout, &timeout_nsec) || timeout_nsec == 0))
                return app_fail(app, "'%s' is no duration such as 30s or 5m", options->timeout);
        *ret = (contain_image_options_t){
                .size = sizeof(*ret),
                .flags = options->insecure ? CONTAIN_IMAGE_INSECURE : 0,
                .stdin_fd = STDIN_FILENO,
                .timeout_ms = ((uint64_t)timeout_nsec + 999999) / 1000000,
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
        { "quiet", 'q', OPTION_FLAG, offsetof(struct source_options, quiet), NULL, "show no progress" },
        { 0 },
};
