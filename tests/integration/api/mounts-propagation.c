/* SPDX-License-Identifier: MIT */

/* Propagation: what the host mounts later on shows inside, or not, and what the container mounts shows
 * outside. */

#include "mounts.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

/* DIR/volume: a tmpfs that is shared, with a folder in it that is another. */
static int make_volume(const struct world *w, char volume[128], char below[160])
{
        char path[192];

        snprintf(volume, 128, "%s/volume", w->dir);
        snprintf(below, 160, "%s/below", volume);
        mkdir(volume, 0755);
        if (mount("volume", volume, "tmpfs", 0, NULL) < 0 || mount(NULL, volume, NULL, MS_SHARED, NULL) < 0)
                return -errno;
        mkdir(below, 0755);
        if (mount("below", below, "tmpfs", 0, NULL) < 0)
                return -errno;
        snprintf(path, sizeof(path), "%s/host", volume);
        mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/host", below);
        mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/guest", volume);
        mkdir(path, 0755);
        return 0;
}

static bool is_mounted(const char *folder, const char *name)
{
        char path[224], parent[160];
        struct stat here, above;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        snprintf(parent, sizeof(parent), "%s", folder);
        return stat(path, &here) == 0 && stat(parent, &above) == 0 && here.st_dev != above.st_dev;
}

struct expected {
        const char *options;
        bool in, in_below; /* what the host mounts shows, in the mount and in the one below */
        bool out;          /* what the container mounts shows */
};

static void check(struct world *w, const struct expected *e)
{
        static const char script[] = "grep -c ' /v/host ' /proc/self/mountinfo; grep -c ' /v/below/host ' "
                                     "/proc/self/mountinfo; mount -t tmpfs guest /v/guest && cat";
        char volume[128], below[160], path[224], found[64], wanted[64];
        contain_error_t *error = NULL;
        struct json_object *config;
        auto_container c = NULL;
        auto_text output = NULL;
        int in[2], out[2];

        REQUIRE_EQ(make_volume(w, volume, below), 0);
        config = config_new(w->rootfs, script);
        config_mount(config, "/v", "none", volume, e->options);
        c = guest_new(w, config);
        REQUIRE(c != NULL);
        REQUIRE_EQ(pipe(in), 0);
        REQUIRE_EQ(pipe(out), 0);
        EXPECT_OK(contain_set_stdio(c, in[0], out[1], 2, &error_));
        EXPECT_OK(contain_create(c, &error_));
        close(in[0]);
        close(out[1]);
        snprintf(path, sizeof(path), "%s/host", volume);
        EXPECT_EQ(mount("host", path, "tmpfs", 0, NULL), 0);
        snprintf(path, sizeof(path), "%s/host", below);
        EXPECT_EQ(mount("host", path, "tmpfs", 0, NULL), 0);
        EXPECT_OK(contain_start(c, &error_));
        for (int i = 0; i < 300 && e->out && !is_mounted(volume, "guest"); i++)
                usleep(10000);
        (void)!write(in[1], "end\n", 4);
        close(in[1]);
        output = guest_read(out[0], 10000, NULL);
        close(out[0]);
        snprintf(wanted, sizeof(wanted), "%d\n%d\nend\n", e->in, e->in_below);
        snprintf(found, sizeof(found), "%.60s", output ? output : "");
        (void)test_check(strcmp(found, wanted) == 0, __FILE__, __LINE__, "'%s': expected %s, found %s",
                         e->options, wanted, found);
        (void)test_check(is_mounted(volume, "guest") == e->out, __FILE__, __LINE__, "'%s': outside",
                         e->options);
        (void)contain_destroy(c, CONTAIN_DESTROY_FORCE, &error);
        contain_error_free(error);
        while (umount2(volume, MNT_DETACH) == 0)
                continue;
}

TEST(words_of_propagation)
{
        static const struct expected cases[] = {
                { "rbind", true, true, false },
                { "rbind,slave", true, true, false },
                { "rbind,rslave", true, true, false },
                { "rbind,private", false, true, false },
                { "rbind,rprivate", false, false, false },
                { "rbind,unbindable", false, true, false },
                { "rbind,runbindable", false, false, false },
                { "bind", true, false, false },
                { "bind,private", false, false, false },
                { "rbind,rshared", true, true, true },
                { "rbind,shared", true, true, true },
                { "rbind,rshared,rprivate", false, false, false },
        };
        WORLD(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                check(&w, &cases[i]);
}

TEST(every_value_of_rootfs_propagation)
{
        static const struct {
                const char *value;
                bool shared, unbindable;
        } cases[] = { { "private", false, false },   { "rprivate", false, false },
                      { "slave", false, false },     { "rslave", false, false },
                      { "shared", true, false },     { "rshared", true, false },
                      { "unbindable", false, true }, { "runbindable", false, true } };
        WORLD(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "head -n 1 /proc/self/mountinfo | cut -d ' ' -f 5-");

                config_set(config, "/linux/rootfsPropagation", "'%s'", cases[i].value);
                auto_text output = guest_output(&w, config);
                REQUIRE(output != NULL);
                (void)test_check(strncmp(output, "/ rw", 4) == 0 &&
                                         !!strstr(output, " shared:") == cases[i].shared &&
                                         !!strstr(output, " unbindable") == cases[i].unbindable,
                                 __FILE__, __LINE__, "'%s': %s", cases[i].value, output);
        }
}
