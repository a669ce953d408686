/* SPDX-License-Identifier: MIT */

/* Containers that lie in wait for who comes in: what contain-init has, and the program that it is, stay out
 * of reach. */

#include "exec.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CAPS                                                                                                 \
        "{'bounding':['CAP_DAC_OVERRIDE','CAP_KILL'],'effective':['CAP_DAC_OVERRIDE','CAP_KILL'],"           \
        "'permitted':['CAP_DAC_OVERRIDE','CAP_KILL']}"

/* A container without the privilege to trace whom it likes, that runs @script and has WORLD/shared at
 * /shared. */
static contain_t *ambush(struct world *w, const char *script)
{
        struct json_object *config = config_new(w->rootfs, script);
        char shared[96];

        snprintf(shared, sizeof(shared), "%s/shared", w->dir);
        (void)mkdir(shared, 0755);
        config_mount(config, "/shared", "bind", shared, "bind");
        config_set(config, "/process/capabilities", CAPS);
        return exec_running(w, config);
}

static char *caught(struct world *w)
{
        char path[112];
        char *text;

        snprintf(path, sizeof(path), "%s/shared/caught", w->dir);
        text = read_text(path);
        return text ? text : strdup("");
}

/* CVE-2016-9962: descriptors and folders of the process that comes in, before it is the program. */
TEST(nothing_of_it_can_be_opened)
{
        /* It may have become the program in between, whose own things are all in the container. */
        static const char script[] =
                "exec 2>/dev/null; while :; do for p in /proc/[0-9]*; do read c <$p/comm || continue; "
                "case $c in memfd*|contain*|[0-9]*) echo seen >>/shared/seen; "
                "for f in fd/0 fd/3 fd/4 fd/5 cwd root exe; do case \"$(readlink $p/$f)\" in "
                "''|/|/dev/null|/bin/busybox) ;; *) echo $f $(readlink $p/$f) >>/shared/caught;; esac; "
                "done;; "
                "esac; done; done";
        auto_container c = NULL;
        auto_text text = NULL;
        WORLD(w);

        c = ambush(&w, script);
        REQUIRE(c != NULL);
        for (int i = 0; i < 60; i++)
                EXPECT_EQ(exec_result(c, NULL), 0);
        text = caught(&w);
        EXPECT_STR(text, "");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* Each stop comes to an end, as the time that the host gives to it does. */
TEST(one_that_stops_all_others_holds_nobody_up)
{
        contain_exec_options_t options = { .size = sizeof(options), .timeout_ms = 300 };
        unsigned late = 0;
        auto_container c = NULL;
        WORLD(w);

        c = ambush(&w, "while :; do kill -STOP -1; done 2>/dev/null");
        REQUIRE(c != NULL);
        for (unsigned i = 0; i < 200 && late < 3; i++) {
                contain_error_t *error = NULL;

                contain_process_unref(exec_changed(c, "{'args':['true']}", &options, &error));
                if (error)
                        EXPECT_EQ(contain_error_code(error), CONTAIN_E_TIMEOUT);
                late += error != NULL;
                contain_error_free(error);
        }
        EXPECT(late > 0);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* CVE-2019-5736: the program itself, which is nothing that is on the host, and that nobody can write to. */
TEST(the_program_cannot_be_written_to)
{
        static const char bait[] = "#!/proc/self/exe\n";
        char path[128];
        auto_container c = NULL;
        auto_text output = NULL;
        auto_process p = NULL;
        contain_exit_t ended = { .size = sizeof(ended) };
        struct stat before, after;
        WORLD(w);

        c = ambush(&w, "sleep 100");
        REQUIRE(c != NULL);
        snprintf(path, sizeof(path), "%s/shared/bait", w.dir);
        REQUIRE_EQ(write_text(path, bait), 0);
        REQUIRE_EQ(chmod(path, 0755), 0);
        REQUIRE_EQ(stat("/proc/self/exe", &before), 0);
        p = exec_changed(c, "{'args':['/shared/bait']}", NULL, NULL);
        if (p) {
                /* contain-init, without anybody to talk to. */
                EXPECT_OK(contain_process_wait(p, 10000, &ended, &error_));
                EXPECT(ended.code != 0);
        }
        output = exec_output(c, "{}", "echo x >/proc/self/exe; readlink /proc/self/exe");
        EXPECT_CONTAINS(output, "/bin/busybox\n");
        REQUIRE_EQ(stat("/proc/self/exe", &after), 0);
        EXPECT(before.st_mtime == after.st_mtime && before.st_size == after.st_size);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* CVE-2024-21626: a descriptor of the host's, which the caller has left open, is no way out. */
TEST(working_directories_that_lead_out)
{
        auto_container c = NULL;
        auto_fd leaked = -1;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        leaked = open("/", O_RDONLY | O_DIRECTORY); /* not close-on-exec */
        REQUIRE(leaked >= 0);
        for (int fd = 0; fd < 24; fd++) {
                char changes[64], *failure;

                snprintf(changes, sizeof(changes), "{'cwd':'/proc/self/fd/%d'}", fd);
                failure = exec_failure(c, changes);
                EXPECT_CONTAINS(failure, "CT-458 /cwd");
                free(failure);
        }
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* What the image has at /dev/pts and /dev/ptmx may be anything. */
TEST(terminals_that_are_none)
{
        auto_container c = NULL;
        auto_text output = NULL;
        WORLD(w);

        c = ambush(&w, "mkdir -p /dev/pts; mkfifo /dev/pts/ptmx; sleep 100");
        REQUIRE(c != NULL);
        output = exec_failure(c, "{'terminal':true}");
        EXPECT_CONTAINS(output, "CT-427 /terminal");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}
