/* SPDX-License-Identifier: MIT */

#include "harness/checkpoint.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `criu check` quietly: 0 when all is well. */
static int check(void)
{
        char *argv[] = { (char *)"criu", (char *)"check", NULL };
        char *envp[] = { (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };
        posix_spawn_file_actions_t actions;
        int status = -1;
        pid_t pid;

        if (access("/usr/sbin/criu", X_OK) < 0)
                return -1;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        if (posix_spawn(&pid, "/usr/sbin/criu", &actions, NULL, argv, envp) == 0)
                (void)waitpid(pid, &status, 0);
        posix_spawn_file_actions_destroy(&actions);
        return status;
}

const char *criu_obstacle(void)
{
        if (geteuid() != 0)
                return "needs root";
        if (access("/usr/sbin/criu", X_OK) < 0 || access("/usr/sbin/iptables-restore", X_OK) < 0)
                return "needs CRIU, and the iptables that it locks networks with";
        return check() == 0 ? NULL : "this CRIU does not work with this kernel ('criu check')";
}

int criu_scenario(struct world *w, const char *scenario)
{
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/scenario", w->dir);
        return write_text(path, scenario);
}

const char *criu_fake(struct world *w, const char *scenario, char *buffer, size_t size)
{
        const char *source = getenv("FAKE_CRIU");
        char *text = source ? read_text(source) : NULL;

        (void)snprintf(buffer, size, "%s/criu", w->dir);
        if (!text || write_text(buffer, text) < 0 || chmod(buffer, 0755) < 0 ||
            criu_scenario(w, scenario) < 0)
                buffer = NULL;
        free(text);
        return buffer;
}

char *criu_requests(struct world *w)
{
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/requests.json", w->dir);
        return read_text(path);
}
