/* SPDX-License-Identifier: MIT */

/*
 * The least that a container start can cost on this machine (floor.h).
 *
 * Usage: floor ROOTFS COUNT PROGRAM [ARGUMENT...]
 */

#include "floor.h"
#include "samples.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* One container from nothing to nothing. Returns 0, or -1 with a message. */
static int run_once(const char *rootfs, struct floor_cgroups *cgroups, const char *name, char **argv)
{
        int pidfd = -1, v2_fd = -1, r;
        siginfo_t info = { 0 };
        struct clone_args args = {
                .flags =
                        CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWNET | CLONE_PIDFD,
                .exit_signal = SIGCHLD,
                .pidfd = (uintptr_t)&pidfd,
        };
        long pid;

        r = floor_cgroups_make(cgroups, name);
        if (r < 0) {
                fprintf(stderr, "cgroups: %s\n", strerror(-r));
                floor_cgroups_remove(cgroups);
                return -1;
        }
        for (size_t i = 0; i < cgroups->n; i++)
                if (cgroups->items[i].v2)
                        v2_fd = open(cgroups->items[i].folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (v2_fd >= 0) {
                args.flags |= CLONE_INTO_CGROUP;
                args.cgroup = (unsigned)v2_fd;
        }

        pid = syscall(SYS_clone3, &args, sizeof(args));
        if (pid == 0)
                _exit(floor_inside(rootfs, cgroups, argv) % 256);
        if (pid < 0 || waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
                perror("clone3, waitid");
        close(pidfd);
        close(v2_fd);
        floor_cgroups_remove(cgroups);
        if (pid < 0 || info.si_code != CLD_EXITED || info.si_status != 0) {
                fprintf(stderr, "the child ended with %d (line of floor-inside.c, modulo 256)\n",
                        info.si_status);
                return -1;
        }
        return 0;
}

int main(int argc, char **argv)
{
        static struct floor_cgroups cgroups;
        double *samples;
        size_t n;

        if (argc < 4) {
                fprintf(stderr, "usage: %s ROOTFS COUNT PROGRAM [ARGUMENT...]\n", argv[0]);
                return 2;
        }
        n = samples_count(argv[2]);
        samples = calloc(n, sizeof(samples[0]));
        if (!samples || floor_cgroups_find(&cgroups) < 0) {
                perror("setup");
                return 1;
        }
        for (size_t i = 0; i < n; i++) {
                char name[64];
                double begin;

                snprintf(name, sizeof(name), "floor-%d-%zu", (int)getpid(), i);
                begin = samples_now();
                if (run_once(argv[1], &cgroups, name, argv + 3) < 0)
                        return 1;
                samples[i] = samples_now() - begin;
        }
        samples_print(samples, n);
        free(samples);
        return 0;
}
