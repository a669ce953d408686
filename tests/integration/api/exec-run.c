/* SPDX-License-Identifier: MIT */

/* Runs processes for the tests of contain_exec(): see exec.h. */

#include "exec.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

contain_t *exec_running(struct world *w, struct json_object *config)
{
        contain_error_t *error = NULL;
        contain_t *c = guest_new(w, config);

        if (c && (contain_create(c, &error) < 0 || contain_start(c, &error) < 0)) {
                EXPECT_STR(contain_error_message(error), "");
                contain_error_free(error);
                return contain_unref(c);
        }
        return c;
}

/* With the quotes that JSON has. */
static char *quoted(const char *text)
{
        char *copy = strdup(text);

        for (char *at = copy; (at = strchr(at, '\''));)
                *at = '"';
        return copy;
}

contain_process_t *exec_changed(contain_t *c, const char *changes, const contain_exec_options_t *options,
                                contain_error_t **err)
{
        char *text = quoted(changes), *document = NULL;
        contain_process_t *p = NULL;

        if (contain_process_json(c, text, strlen(text), &document, err) >= 0)
                (void)contain_exec(c, document, strlen(document), options, &p, err);
        contain_free(document);
        free(text);
        return p;
}

contain_process_t *exec_script(contain_t *c, const char *changes, const char *script,
                               const contain_exec_options_t *options)
{
        char *text = quoted(changes);
        struct json_object *object = json_tokener_parse(text), *args = json_object_new_array();
        contain_error_t *error = NULL;
        contain_process_t *p;

        json_object_array_add(args, json_object_new_string("sh"));
        json_object_array_add(args, json_object_new_string("-c"));
        json_object_array_add(args, json_object_new_string(script));
        json_object_object_add(object, "args", args);
        free(text);
        text = NULL;
        p = NULL;
        if (contain_process_json(c, json_object_to_json_string(object),
                                 strlen(json_object_to_json_string(object)), &text, &error) >= 0)
                (void)contain_exec(c, text, strlen(text), options, &p, &error);
        if (!p)
                EXPECT_STR(contain_error_message(error), "");
        contain_error_free(error);
        contain_free(text);
        json_object_put(object);
        return p;
}

/* --- output --------------------------------------------------------------------------------- */

/* Waits for @p, which is consumed, and says how it ended unless it was with 0. */
static char *ending(contain_process_t *p, char *output)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        char *text = NULL;

        EXPECT_OK(contain_process_wait(p, 10000, &ended, &error_));
        contain_process_unref(p);
        if (ended.signo || ended.code) {
                if (asprintf(&text, "%s%s %d\n", output, ended.signo ? "signal" : "exit",
                             ended.signo ? ended.signo : ended.code) < 0)
                        text = NULL;
                free(output);
                return text;
        }
        return output;
}

struct streams {
        int fds[2], stdio[3];
        contain_exec_options_t options;
};

static void streams_open(struct streams *s)
{
        EXPECT_EQ(pipe2(s->fds, O_CLOEXEC), 0);
        s->stdio[0] = -1;
        s->stdio[1] = s->stdio[2] = s->fds[1];
        s->options = (contain_exec_options_t){ .size = sizeof(s->options), .stdio = s->stdio };
}

static char *streams_read(struct streams *s, contain_process_t *p)
{
        char *output;

        close(s->fds[1]);
        output = p ? guest_read(s->fds[0], 10000, NULL) : strdup("");
        close(s->fds[0]);
        return p ? ending(p, output) : output;
}

char *exec_output(contain_t *c, const char *changes, const char *script)
{
        struct streams s;

        streams_open(&s);
        return streams_read(&s, exec_script(c, changes, script, &s.options));
}

char *exec_output_of(contain_t *c, const char *document)
{
        char *text = quoted(document);
        contain_process_t *p = NULL;
        struct streams s;

        streams_open(&s);
        EXPECT_OK(contain_exec(c, text, strlen(text), &s.options, &p, &error_));
        free(text);
        return streams_read(&s, p);
}

/* --- failures ------------------------------------------------------------------------------- */

int exec_result(contain_t *c, contain_error_t **err)
{
        static const char document[] = "{\"cwd\":\"/\",\"args\":[\"/bin/true\"]}";
        contain_process_t *p = NULL;
        int r = contain_exec(c, document, strlen(document), NULL, &p, err);

        if (p)
                EXPECT_OK(contain_process_wait(p, 10000, NULL, &error_));
        contain_process_unref(p);
        return r;
}

char *exec_failure(contain_t *c, const char *changes)
{
        contain_error_t *error = NULL;
        contain_process_t *p = exec_changed(c, changes, NULL, &error);
        char buffer[512] = "";

        if (p)
                EXPECT_OK(contain_process_wait(p, 10000, NULL, &error_));
        else
                (void)guest_error(error, buffer, sizeof(buffer));
        contain_process_unref(p);
        return strdup(buffer);
}
