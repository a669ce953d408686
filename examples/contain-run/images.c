/* SPDX-License-Identifier: MIT */

/* Options of checkpoint and restore. */

#include "images.h"

#include <string.h>

#define MEMBER(name) offsetof(struct images_options, name)

const struct option images_options[] = {
        { "image-path", 0, OPTION_TEXT, MEMBER(image_path), "DIR",
          "the folder of the images; 'checkpoint' here, by default" },
        { "work-path", 0, OPTION_TEXT, MEMBER(work_path), "DIR",
          "the folder for CRIU's log; that of the images, by default" },
        { "manage-cgroups-mode", 0, OPTION_TEXT, MEMBER(cgroups_mode), "MODE",
          "soft (the default), full, strict or ignore" },
        { "network-lock", 0, OPTION_TEXT, MEMBER(network_lock), "METHOD", "iptables, nftables or skip" },
        { "empty-ns", 0, OPTION_TEXT, MEMBER(empty_ns), "NAMESPACE", "network: without its content" },
        { "criu", 0, OPTION_TEXT, MEMBER(criu), "FILE", "the program to use as CRIU" },
        { "tcp-established", 0, OPTION_FLAG, MEMBER(tcp_established), NULL, "allow open TCP connections" },
        { "tcp-skip-in-flight", 0, OPTION_FLAG, MEMBER(tcp_skip_in_flight), NULL,
          "leave out connections that are just being made" },
        { "ext-unix-sk", 0, OPTION_FLAG, MEMBER(ext_unix_sk), NULL,
          "allow Unix sockets connected to outside" },
        { "shell-job", 0, OPTION_FLAG, MEMBER(shell_job), NULL, "allow a session or terminal from outside" },
        { "file-locks", 0, OPTION_FLAG, MEMBER(file_locks), NULL, "allow file locks" },
        { "lazy-pages", 0, OPTION_FLAG, MEMBER(lazy_pages), NULL, "fetch memory when it is needed" },
        { "auto-dedup", 0, OPTION_FLAG, MEMBER(auto_dedup), NULL, "drop memory that is doubly kept" },
        { "link-remap", 0, OPTION_FLAG, MEMBER(link_remap), NULL, "give deleted files that are open a name" },
        { 0 },
};

#define ENABLED "\"org.opencontainers.runc.checkpoint.enabled\": \"true\""

int images_flags(struct app *app, const struct images_options *images, unsigned *ret)
{
        const struct {
                bool set;
                unsigned flag;
        } flags[] = {
                { images->tcp_established, CONTAIN_CHECKPOINT_TCP_ESTABLISHED },
                { images->ext_unix_sk, CONTAIN_CHECKPOINT_EXT_UNIX_SK },
                { images->shell_job, CONTAIN_CHECKPOINT_SHELL_JOB },
                { images->file_locks, CONTAIN_CHECKPOINT_FILE_LOCKS },
                { images->lazy_pages, CONTAIN_CHECKPOINT_LAZY_PAGES },
                { images->auto_dedup, CONTAIN_CHECKPOINT_AUTO_DEDUP },
                { images->tcp_skip_in_flight, CONTAIN_CHECKPOINT_TCP_SKIP_IN_FLIGHT },
                { images->link_remap, CONTAIN_CHECKPOINT_LINK_REMAP },
                { images->empty_ns, CONTAIN_CHECKPOINT_EMPTY_NETWORK },
        };

        if (images->empty_ns && strcmp(images->empty_ns, "network") != 0)
                return app_fail(app, "only a namespace of type 'network' can be empty, not '%s'",
                                images->empty_ns);
        *ret = 0;
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
                if (flags[i].set)
                        *ret |= flags[i].flag;
        return 0;
}

const char *images_path(const struct images_options *images)
{
        return images->image_path ? images->image_path : "checkpoint";
}

int images_help(struct app *app)
{
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *features = NULL;
        int r;

        r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (contain_features_json(ctx, &features, &error) < 0)
                return app_fail_error(app, error);
        if (strstr(features, ENABLED))
                return 0;
        return app_fail(app, "checkpoints need the program 'criu', which is not there");
}
