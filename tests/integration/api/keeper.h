/* SPDX-License-Identifier: MIT */
#ifndef API_KEEPER_H
#define API_KEEPER_H

/* Containers with a keeper: made, attached to, read about. */

#include "api.h"

#include <json-c/json_object.h>

#include <stdio.h>
#include <string.h>

/* A container of @config (consumed) with a keeper; NULL after a message. */
static inline contain_t *kept_new(struct world *w, struct json_object *config,
                                  const contain_keeper_options_t *options)
{
        contain_keeper_options_t plain = { .size = sizeof(plain) };
        contain_t *c = guest_new(w, config);

        if (c)
                EXPECT_OK(contain_set_keeper(c, options ? options : &plain, &error_));
        return c;
}

/* How it ended, within 20 seconds. */
static inline contain_exit_t kept_wait(contain_t *c)
{
        contain_exit_t ended = { .size = sizeof(ended) };

        EXPECT_OK(contain_wait(c, 20000, &ended, &error_));
        return ended;
}

/* The pid of a container's keeper, from its record; 0 for none. */
static inline int keeper_pid(struct world *w, const char *id)
{
        char path[512];
        char *text, *found;
        int pid = 0;

        (void)snprintf(path, sizeof(path), "%s/%s/record.json", w->state, id);
        text = read_text(path);
        found = text ? strstr(text, "\"keeper\": ") : NULL;
        if (found)
                pid = atoi(found + 10);
        free(text);
        return pid;
}

static inline void auto_detach_(contain_attachment_t **attach)
{
        contain_attachment_free(*attach);
}
#define auto_attach contain_attachment_t *__attribute__((cleanup(auto_detach_)))

static inline void auto_logs_free_(contain_log_t **logs)
{
        contain_log_free(*logs);
}
#define auto_logs contain_log_t *__attribute__((cleanup(auto_logs_free_)))

/* The output of @stream (0: both) as the log has it, put together again; malloc'd. */
char *kept_log(contain_t *c, const contain_logs_options_t *options, int stream);

#endif
