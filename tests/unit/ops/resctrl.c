/* SPDX-License-Identifier: MIT */

/*
 * Containers with a class of service, from beginning to end, on a fake resctrl: a folder of plain files,
 * which is given to the library as the mounted file system, and whose folders are filled and emptied here as
 * the kernel would.
 */

#include "harness/guest.h"
#include "harness/test.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char fake[80]; /* "" for none mounted */

int __wrap_ct_resctrl_open_root(void);
int __real_mkdirat(int dir_fd, const char *name, mode_t mode);
int __wrap_mkdirat(int dir_fd, const char *name, mode_t mode);
int __real_unlinkat(int dir_fd, const char *name, int flags);
int __wrap_unlinkat(int dir_fd, const char *name, int flags);

int __wrap_ct_resctrl_open_root(void)
{
        return fake[0] ? open(fake, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -2; /* ENOENT */
}

/* The path of @name in @dir_fd when that is in the fake file system. */
static bool is_fake(int dir_fd, const char *name, char ret[static PATH_MAX])
{
        char link[64], folder[1024];
        ssize_t n;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
        n = readlink(link, folder, sizeof(folder) - 1);
        if (n < 0 || !fake[0] || strncmp(folder, fake, strlen(fake)) != 0)
                return false;
        snprintf(ret, PATH_MAX, "%.*s/%s", (int)n, folder, name);
        return true;
}

static void put(const char *folder, const char *file, const char *text)
{
        char path[PATH_MAX + 64];

        snprintf(path, sizeof(path), "%s/%s", folder, file);
        (void)write_text(path, text);
}

int __wrap_mkdirat(int dir_fd, const char *name, mode_t mode)
{
        char path[PATH_MAX], groups[PATH_MAX + 16];
        int r = __real_mkdirat(dir_fd, name, mode);

        if (r < 0 || !is_fake(dir_fd, name, path))
                return r;
        put(path, "tasks", "");
        put(path, "schemata", "");
        snprintf(groups, sizeof(groups), "%s/mon_groups", path);
        return __real_mkdirat(AT_FDCWD, groups, 0755);
}

int __wrap_unlinkat(int dir_fd, const char *name, int flags)
{
        char path[PATH_MAX];

        if (flags == AT_REMOVEDIR && is_fake(dir_fd, name, path) && access(path, F_OK) == 0)
                return remove_tree(path);
        return __real_unlinkat(dir_fd, name, flags);
}

/* Whether FILE of the fake holds the text; with NULL, whether it is not there. */
static bool holds(const char *file, const char *text)
{
        char path[PATH_MAX], *found;
        bool same;

        snprintf(path, sizeof(path), "%s/%s", fake, file);
        found = read_text(path);
        same = found && text ? strcmp(found, text) == 0 : !found && !text;
        free(found);
        return same;
}

static bool begin(struct world *w)
{
        char groups[128];

        if (world_init(w) < 0)
                return false;
        snprintf(fake, sizeof(fake), "%s/resctrl", w->dir);
        (void)__real_mkdirat(AT_FDCWD, fake, 0755);
        put(fake, "tasks", "");
        put(fake, "schemata", "L3:0=7ff\n");
        snprintf(groups, sizeof(groups), "%s/mon_groups", fake);
        return __real_mkdirat(AT_FDCWD, groups, 0755) == 0;
}

#define BEGIN(w)                                                                                             \
        const char *reason_ = NULL;                                                                          \
        struct world w __attribute__((cleanup(world_done))) = { 0 };                                         \
        if (!world_possible(&reason_))                                                                       \
                SKIP("%s", reason_);                                                                         \
        REQUIRE(begin(&w))

static contain_t *with_class(struct world *w, const char *rdt)
{
        struct json_object *config = config_new(w->rootfs, "sleep 100");

        config_set(config, "/linux/intelRdt", "%s", rdt);
        return guest_new(w, config);
}

TEST(class_from_create_to_destroy)
{
        contain_t *c, *other = NULL;
        char pid[16], file[128];
        BEGIN(w);

        c = with_class(&w, "{'schemata': ['L3:0=f']}");
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_create(c, NULL), 0);
        snprintf(pid, sizeof(pid), "%d", contain_pid(c));
        snprintf(file, sizeof(file), "%s/tasks", contain_id(c));
        EXPECT(holds(file, pid));
        snprintf(file, sizeof(file), "%s/schemata", contain_id(c));
        EXPECT(holds(file, "L3:0=f\n"));
        /* Another handle, as in another process, takes it down. */
        EXPECT_EQ(contain_open(&other, w.ctx, contain_id(c), NULL), 0);
        EXPECT_EQ(contain_destroy(other, CONTAIN_DESTROY_FORCE, NULL), 0);
        EXPECT(holds(file, NULL));
        contain_unref(other);
        contain_unref(c);
        fake[0] = '\0';
}

TEST(class_that_others_have)
{
        contain_t *c;
        char folder[128];
        BEGIN(w);

        snprintf(folder, sizeof(folder), "%s/gold", fake);
        REQUIRE_EQ(__real_mkdirat(AT_FDCWD, folder, 0755), 0);
        put(folder, "tasks", "");
        put(folder, "schemata", "L3:0=00f\n");
        c = with_class(&w, "{'closID': 'gold', 'l3CacheSchema': 'L3:0=f'}");
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_create(c, NULL), 0);
        EXPECT(!holds("gold/tasks", ""));
        EXPECT_EQ(contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL), 0);
        EXPECT(holds("gold/schemata", "L3:0=00f\n"));
        contain_unref(c);
        fake[0] = '\0';
}

TEST(class_is_gone_after_a_failed_create)
{
        struct json_object *config;
        contain_t *c;
        char file[128];
        BEGIN(w);

        /* The console socket is the last thing that a creation needs. */
        config = config_new(w.rootfs, "true");
        config_set(config, "/linux/intelRdt", "{'schemata': ['L3:0=1']}");
        config_set(config, "/process/terminal", "true");
        config_mount(config, "/dev/pts", "devpts", "devpts", "newinstance,ptmxmode=0666");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_set_console_socket(c, "/nowhere/at/all", NULL), 0);
        EXPECT(contain_create(c, NULL) < 0);
        snprintf(file, sizeof(file), "%s/%s", fake, contain_id(c));
        EXPECT(access(file, F_OK) < 0);
        contain_unref(c);
        fake[0] = '\0';
}

TEST(class_of_an_ephemeral_container)
{
        contain_t *c;
        char file[128];
        BEGIN(w);

        c = with_class(&w, "{'enableMonitoring': true}");
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_set_flags(c, CONTAIN_EPHEMERAL, NULL), 0);
        EXPECT_EQ(contain_create(c, NULL), 0);
        snprintf(file, sizeof(file), "%s/mon_groups/%s/tasks", contain_id(c), contain_id(c));
        EXPECT(!holds(file, NULL));
        EXPECT_EQ(contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL), 0);
        EXPECT(holds(file, NULL));
        contain_unref(c);
        fake[0] = '\0';
}
