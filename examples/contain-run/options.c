/* SPDX-License-Identifier: MIT */

/* The parser of command lines. What an option means is in the table of its command. */

#include "options.h"

#include "app.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One option as it stands in argv. */
struct word {
        const char *text;  /* all of it, for messages */
        const char *name;  /* without its dashes */
        size_t length;     /* of the name alone */
        const char *value; /* what follows "=", or NULL */
};

static struct word split(const char *text)
{
        struct word word = { .text = text };
        const char *equals;

        word.name = text + (text[1] == '-' ? 2 : 1);
        equals = strchr(word.name, '=');
        word.length = equals ? (size_t)(equals - word.name) : strlen(word.name);
        word.value = equals ? equals + 1 : NULL;
        return word;
}

static bool is_named(const struct word *word, const char *name, char letter)
{
        if (word->length == 1 && letter && word->name[0] == letter)
                return true;
        return strlen(name) == word->length && memcmp(name, word->name, word->length) == 0;
}

static const struct option *find(const struct command *command, const struct word *word)
{
        for (const struct option *const *table = command->options; *table; table++)
                for (const struct option *option = *table; option->name; option++)
                        if (is_named(word, option->name, option->letter))
                                return option;
        return NULL;
}

/* The words that Go's strconv.ParseBool() knows, as callers written in Go send these. */
static bool parse_bool(const char *text, bool *ret)
{
        static const char *const words[][2] = { { "false", "true" }, { "0", "1" }, { "f", "t" } };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                for (int value = 0; value < 2; value++)
                        if (strcasecmp(text, words[i][value]) == 0) {
                                *ret = value != 0;
                                return true;
                        }
        return false;
}

static bool parse_count(const char *text, unsigned *ret)
{
        unsigned long value;
        char *end;

        if (text[0] < '0' || text[0] > '9')
                return false;
        errno = 0;
        value = strtoul(text, &end, 10);
        if (errno != 0 || *end || value > UINT_MAX)
                return false;
        *ret = (unsigned)value;
        return true;
}

static bool append(struct option_list *list, const char *value)
{
        const char **items = realloc(list->items, (list->n + 2) * sizeof(*items));

        if (!items)
                return false;
        items[list->n++] = value;
        items[list->n] = NULL;
        list->items = items;
        return true;
}

static int store(struct app *app, const struct option *option, const char *value, void *values)
{
        void *member = (char *)values + option->offset;
        bool valid = true;

        switch (option->kind) {
        case OPTION_FLAG:
                if (value)
                        valid = parse_bool(value, member);
                else
                        *(bool *)member = true;
                break;
        case OPTION_TEXT:
                *(const char **)member = value;
                break;
        case OPTION_LIST:
                if (!append(member, value))
                        return app_fail(app, "out of memory");
                break;
        case OPTION_COUNT:
                valid = parse_count(value, member);
                break;
        }
        if (!valid)
                return app_fail(app, "invalid value '%s' for flag --%s", value, option->name);
        return 0;
}

/* Takes the option at argv[*index], and the word after it when that is its value. */
static int read_option(struct app *app, const struct command *command, char **argv, size_t *index,
                       void *values)
{
        struct word word = split(argv[*index]);
        const struct option *option;

        option = find(command, &word);
        if (!option)
                return app_fail(app, "flag provided but not defined: %s", word.text);
        if (option->kind != OPTION_FLAG && !word.value) {
                /* Engines look for exactly these words to learn which options exist. */
                if (!argv[*index + 1])
                        return app_fail(app, "flag needs an argument: --%s", option->name);
                word.value = argv[++*index];
        }
        return store(app, option, word.value, values);
}

static int check_count(struct app *app, const struct command *command, size_t n)
{
        if (n >= command->min_operands && n <= command->max_operands)
                return 0;
        if (command->max_operands == 0)
                return app_fail(app, "'%s' takes no operands", command->name);
        return app_fail(app, "wrong number of operands: usage is '%s %s'", command->name, command->synopsis);
}

/* Does "--" begin a program, after @n operands? Before the ones that have to be there, it ends the options.
 */
static bool begins_program(const struct command *command, size_t n)
{
        return command->takes_program && n >= command->min_operands;
}

int options_parse(struct app *app, const struct command *command, char **argv, void *values,
                  struct operands *ret)
{
        struct operands operands = { .words = argv };
        bool ended = false;
        int r;

        for (size_t i = 0; argv[i]; i++) {
                if (strcmp(argv[i], "--") == 0 && begins_program(command, operands.n)) {
                        operands.program = argv + i + 1;
                        break;
                } else if (!ended && strcmp(argv[i], "--") == 0) {
                        ended = true;
                } else if (!ended && argv[i][0] == '-' && argv[i][1]) {
                        struct word word = split(argv[i]);

                        if (is_named(&word, "help", 'h')) {
                                operands.help = true;
                                *ret = operands;
                                return 0;
                        }
                        r = read_option(app, command, argv, &i, values);
                        if (r != 0)
                                return r;
                } else if (command->leads_command) {
                        operands.words = argv + i;
                        operands.n = 1;
                        break;
                } else {
                        argv[operands.n++] = argv[i];
                }
        }
        r = check_count(app, command, operands.n);
        if (r != 0)
                return r;
        *ret = operands;
        return 0;
}

void options_done(const struct command *command, void *values)
{
        for (const struct option *const *table = command->options; *table; table++)
                for (const struct option *option = *table; option->name; option++)
                        if (option->kind == OPTION_LIST)
                                free(((struct option_list *)((char *)values + option->offset))->items);
}
