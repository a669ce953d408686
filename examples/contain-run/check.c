/* SPDX-License-Identifier: MIT */

/* check: list all that keeps a bundle from becoming a container, without making it. */

#include "commands.h"
#include "create.h"
#include "files.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

struct check_options {
        struct create_options create; /* first: the tables of create fill it */
        bool json;
};

static const struct option options[] = {
        { "json", 0, OPTION_FLAG, offsetof(struct check_options, json), NULL, "print a JSON document" },
        { 0 },
};

/* Causes in the order in which they are printed, and what is said of each. */
static const char *const groups[][2] = {
        { "config", "the configuration" },
        { "kernel", "the kernel, or how this machine has set it up" },
        { "privilege", "a right that this user lacks" },
        { "build", "this build of libcontain" },
        { "other", "other" },
};

static const char *member(struct json_object *problem, const char *key)
{
        struct json_object *value = NULL;

        (void)json_object_object_get_ex(problem, key, &value);
        return value ? json_object_get_string(value) : "";
}

static void print_group(struct json_object *problems, const char *cause, const char *title)
{
        bool first = true;

        for (size_t i = 0; i < json_object_array_length(problems); i++) {
                struct json_object *problem = json_object_array_get_idx(problems, i);

                if (strcmp(member(problem, "cause"), cause) != 0)
                        continue;
                if (first)
                        printf("%s:\n", title);
                first = false;
                printf("  %s\n", member(problem, "message"));
        }
}

static int print_problems(struct app *app, const char *document, int n)
{
        struct json_object *root = json_tokener_parse(document), *problems = NULL;

        if (!root || !json_object_object_get_ex(root, "problems", &problems))
                return app_fail(app, "out of memory");
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
                print_group(problems, groups[i][0], groups[i][1]);
        (void)json_object_put(root);
        if (n == 0)
                return app_print(app, "no problems");
        printf("%d problem%s\n", n, n == 1 ? "" : "s");
        return fflush(stdout) < 0 ? app_fail(app, "cannot write to standard output") : 0;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        struct check_options chosen = *(const struct check_options *)values;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        _cleanup_free_ char *text = NULL;
        size_t length = 0;
        int n, r;

        if (operands->n > 0 && chosen.create.bundle)
                return app_fail(app, "two bundles are given");
        if (operands->n > 0)
                chosen.create.bundle = operands->words[0];
        r = create_handle(app, &chosen.create, NULL, &c);
        if (r != 0)
                return r;
        if (chosen.create.config) {
                r = files_read(chosen.create.config, &text, &length);
                if (r < 0)
                        return app_fail(app, "cannot read '%s': %s", chosen.create.config, strerror(-r));
        }
        n = contain_check(c, text, length, chosen.create.bundle, &document, &error);
        if (n < 0)
                return app_fail_error(app, error);
        r = chosen.json ? app_print(app, document) : print_problems(app, document, n);
        return r != 0 ? r : n > 0;
}

const struct command command_check = {
        .name = "check",
        .synopsis = "[BUNDLE]",
        .summary = "list all problems of a configuration on this machine; makes nothing, needs no privilege",
        .options = { options, create_config_options, create_options },
        .options_size = sizeof(struct check_options),
        .max_operands = 1,
        .run = run,
};
