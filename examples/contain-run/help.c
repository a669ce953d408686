/* SPDX-License-Identifier: MIT */

/* Help, printed from the tables that the parser reads. */

#include "help.h"

static void print_option(FILE *out, const struct option *option)
{
        char letter[] = "-? ";
        char left[48];

        letter[1] = option->letter;
        (void)snprintf(left, sizeof(left), "%s--%s%s%s", option->letter ? letter : "   ", option->name,
                       option->value ? " " : "", option->value ? option->value : "");
        fprintf(out, "  %-28s %s\n", left, option->help);
}

static void print_options(FILE *out, const struct command *command)
{
        for (const struct option *const *table = command->options; *table; table++)
                for (const struct option *option = *table; option->name; option++)
                        print_option(out, option);
}

void help_print(FILE *out, const struct command *global, const struct command *const *commands)
{
        fprintf(out, "usage: contain-run [OPTION]... COMMAND\n\nruns OCI containers\n\ncommands:\n");
        for (size_t i = 0; commands[i]; i++)
                fprintf(out, "  %-28s %s\n", commands[i]->name, commands[i]->summary);
        fprintf(out, "\noptions:\n");
        print_options(out, global);
        fprintf(out, "\n'contain-run COMMAND --help' tells more about a command\n");
}

void help_print_command(FILE *out, const struct command *command)
{
        fprintf(out, "usage: contain-run [OPTION]... %s%s%s%s\n\n%s\n", command->name,
                command->options[0] ? " [OPTION]..." : "", command->synopsis[0] ? " " : "", command->synopsis,
                command->summary);
        if (command->options[0]) {
                fprintf(out, "\noptions:\n");
                print_options(out, command);
        }
}
