/* SPDX-License-Identifier: MIT */

/*
 * Times a command line that runs one container, such as "crun run -b BUNDLE ID".
 *
 * Usage: run-loop COUNT ID PROGRAM [ARGUMENT...]
 *
 * The command gets one more argument: ID with a number.
 */

#include "samples.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_once(char **argv)
{
        int status, r;
        pid_t pid;

        r = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
        if (r != 0) {
                fprintf(stderr, "%s: %s\n", argv[0], strerror(r));
                return -1;
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -1;
        if (status != 0)
                fprintf(stderr, "%s: status %#x\n", argv[0], (unsigned)status);
        return status == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
        double *samples;
        char **command;
        char id[128];
        size_t n;

        if (argc < 4) {
                fprintf(stderr, "usage: %s COUNT ID PROGRAM [ARGUMENT...]\n", argv[0]);
                return 2;
        }
        n = samples_count(argv[1]);
        samples = calloc(n, sizeof(samples[0]));
        command = calloc((size_t)argc, sizeof(command[0]));
        if (!samples || !command)
                return 1;
        memcpy(command, argv + 3, (size_t)(argc - 3) * sizeof(command[0]));
        command[argc - 3] = id;

        for (size_t i = 0; i < n; i++) {
                double begin;

                snprintf(id, sizeof(id), "%s-%d-%zu", argv[2], (int)getpid(), i);
                begin = samples_now();
                if (run_once(command) < 0)
                        return 1;
                samples[i] = samples_now() - begin;
        }
        samples_print(samples, n);
        free(samples);
        free(command);
        return 0;
}
