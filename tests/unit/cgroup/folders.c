/* SPDX-License-Identifier: MIT */

/* Folders and control files in a temporary folder that plays the hierarchy: whatever needs no kernel for it.
 */

#include "support.h"

#include "base/fds.h"
#include "cgroup/writes.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct ct_hierarchy fake_hierarchy(char *root)
{
        return (struct ct_hierarchy){
                .mountpoint = root, .controllers = root, .name = root, .own_path = root
        };
}

static bool exists(const char *root, const char *path)
{
        char full[512];

        (void)snprintf(full, sizeof full, "%s%s", root, path);
        return access(full, F_OK) == 0;
}

static void make_folder(const char *root, const char *path)
{
        char full[512];

        (void)snprintf(full, sizeof full, "%s%s", root, path);
        EXPECT_EQ(mkdir(full, 0755), 0);
}

TEST(folders_make_and_remove)
{
        char root[64];
        struct ct_hierarchy hierarchy = fake_hierarchy(root);
        size_t made = 0;

        REQUIRE(folder_make(root));
        make_folder(root, "/a");
        EXPECT_EQ(ct_folders_make(&hierarchy, "/a/b/c/d", &made), 0);
        EXPECT_EQ(made, 3);
        EXPECT(exists(root, "/a/b/c/d"));
        EXPECT_EQ(ct_folders_make(&hierarchy, "/a/b/c/d", &made), 1);

        EXPECT_EQ(ct_folders_remove(&hierarchy, "/a/b/c/d", false), 0);
        ct_folders_remove_parents(&hierarchy, "/a/b/c/d", made);
        EXPECT(exists(root, "/a"));
        EXPECT(!exists(root, "/a/b"));
        EXPECT_EQ(ct_folders_remove(&hierarchy, "/a/b/c/d", false), 0);

        /* A parent that somebody else uses stays, and those above it. */
        made = 0;
        EXPECT_EQ(ct_folders_make(&hierarchy, "/a/b/c/d", &made), 0);
        make_folder(root, "/a/b/other");
        EXPECT_EQ(ct_folders_remove(&hierarchy, "/a/b/c/d", false), 0);
        ct_folders_remove_parents(&hierarchy, "/a/b/c/d", made);
        EXPECT(exists(root, "/a/b/other"));
        EXPECT(!exists(root, "/a/b/c"));
        made = 0;
        EXPECT_EQ(ct_folders_make(&hierarchy, "/x", &made), 0);
        EXPECT_EQ(made, 1);
        folder_remove(root);
        EXPECT_EQ(ct_folders_make(&hierarchy, "/x", &made), -ENOENT);
        made = 0;
        EXPECT_EQ(ct_folders_make(&hierarchy, "/x/y", &made), -ENOENT);
}

TEST(folders_remove_what_is_below)
{
        char root[64];
        struct ct_hierarchy hierarchy = fake_hierarchy(root);
        static const char *const below[] = { "/x",     "/x/a", "/x/a/b", "/x/a/b/c",
                                             "/x/a/d", "/x/e", "/x/e/f", "/x/g" };

        REQUIRE(folder_make(root));
        for (size_t i = 0; i < sizeof below / sizeof below[0]; i++)
                make_folder(root, below[i]);
        EXPECT_EQ(ct_folders_remove(&hierarchy, "/x", true), 0);
        EXPECT(!exists(root, "/x"));

        /* Something that does not go: no endless loop, and what can go is gone. */
        make_folder(root, "/x");
        make_folder(root, "/x/a");
        make_folder(root, "/x/b");
        EXPECT(file_put(root, "x/a/stuck", ""));
        EXPECT_EQ(ct_folders_remove(&hierarchy, "/x", false), -EBUSY);
        EXPECT(exists(root, "/x/a"));
        EXPECT(!exists(root, "/x/b"));
        folder_remove(root);
}

/* Deeper than a path can be long, and than one wants to recurse. */
TEST(folders_remove_very_deep)
{
        _cleanup_close_ int fd = -EBADF;
        char root[64];
        struct ct_hierarchy hierarchy = fake_hierarchy(root);

        REQUIRE(folder_make(root));
        fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (int depth = 0; fd >= 0 && depth < 2200; depth++) {
                int next;

                if (mkdirat(fd, "x", 0755) < 0)
                        break;
                next = openat(fd, "x", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                (void)ct_close(fd);
                fd = next;
        }
        fd = ct_close(fd);
        EXPECT_EQ(ct_folders_remove(&hierarchy, "/x", false), 0);
        EXPECT(!exists(root, "/x"));
        folder_remove(root);
}

TEST(folders_read_procs)
{
        _cleanup_pids_ struct ct_pid_list list = { 0 };
        _cleanup_close_ int fd = -EBADF;
        long sum = 0;
        char root[64];

        REQUIRE(folder_make(root));
        make_folder(root, "/a");
        make_folder(root, "/a/b");
        make_folder(root, "/c");
        /* 0 is a process of another pid namespace: kill(0) would be our own group. */
        EXPECT(file_put(root, "cgroup.procs", "1\n0\n20\n"));
        EXPECT(file_put(root, "a/b/cgroup.procs", "300\n"));
        EXPECT(file_put(root, "c/cgroup.procs", "4000\nnonsense"));
        fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        EXPECT_EQ(ct_procs_read_below(fd, &list), 0);
        EXPECT_EQ(list.n, 4);
        for (size_t i = 0; i < list.n; i++)
                sum += list.items[i];
        EXPECT_EQ(sum, 4321);
        folder_remove(root);
}

/* --- writes --------------------------------------------------------------------------------- */

struct trial {
        struct ct_arena *arena;
        struct ct_cgroup_writes writes;
        char folder[64];
};

static bool begin(struct trial *trial)
{
        *trial = (struct trial){ .arena = ct_arena_new() };
        trial->writes.arena = trial->arena;
        return folder_make(trial->folder);
}

/* Applies the writes; the message is "" when that went well. */
static const char *apply(struct trial *trial)
{
        static char message[512];
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_close_ int fd = open(trial->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

        message[0] = '\0';
        if (ct_writes_apply(&trial->writes, fd, &error) < 0)
                (void)snprintf(message, sizeof message, "%s", contain_error_message(error));
        trial->writes.n = 0;
        return message;
}

static void end(struct trial *trial)
{
        folder_remove(trial->folder);
        ct_arena_free(trial->arena);
}

TEST(writes_in_order)
{
        struct trial trial;

        REQUIRE(begin(&trial));
        EXPECT(file_put(trial.folder, "one", "") && file_put(trial.folder, "two", ""));
        ct_writes_add(&trial.writes, 0, "/x", "one", "%d", 1);
        ct_writes_add(&trial.writes, 0, "/x", "two", "first ");
        ct_writes_add(&trial.writes, 0, "/x", "two", "second");
        EXPECT_STR(apply(&trial), "");
        EXPECT_STR(file_get(trial.folder, "one"), "1");
        EXPECT_STR(file_get(trial.folder, "two"), "first second"); /* one descriptor, two writes */
        end(&trial);
}

TEST(writes_to_absent_files)
{
        struct trial trial;

        REQUIRE(begin(&trial));
        ct_writes_limit(&trial.writes, 0, "/x", "gone", -1, "max");
        EXPECT_STR(apply(&trial), "");
        ct_writes_limit(&trial.writes, 0, "/x", "gone", 5, "max");
        EXPECT_STR(apply(&trial),
                   "/x: this kernel has no use for cgroup file 'gone': operation not supported [CT-121]");

        EXPECT(file_put(trial.folder, "second", "") && file_put(trial.folder, "after", ""));
        ct_writes_add(&trial.writes, CT_WRITE_OR_NEXT, "/x", "first", "1");
        ct_writes_add(&trial.writes, 0, "/x", "second", "2");
        ct_writes_add(&trial.writes, 0, "/x", "after", "3");
        EXPECT_STR(apply(&trial), "");
        EXPECT_STR(file_get(trial.folder, "second"), "2");

        EXPECT(file_put(trial.folder, "first", "") && file_put(trial.folder, "second", ""));
        ct_writes_add(&trial.writes, CT_WRITE_OR_NEXT, "/x", "first", "1");
        ct_writes_add(&trial.writes, 0, "/x", "second", "2");
        ct_writes_add(&trial.writes, 0, "/x", "after", "4");
        EXPECT_STR(apply(&trial), "");
        EXPECT_STR(file_get(trial.folder, "first"), "1");
        EXPECT_STR(file_get(trial.folder, "second"), "2");
        EXPECT_STR(file_get(trial.folder, "after"), "4");

        ct_writes_add(&trial.writes, CT_WRITE_OR_NEXT, "/x", "gone", "1");
        ct_writes_add(&trial.writes, 0, "/x", "gone-too", "2");
        EXPECT_STR(apply(&trial),
                   "/x: this kernel has no use for cgroup file 'gone-too': operation not supported [CT-121]");
        end(&trial);
}

TEST(writes_that_read)
{
        struct trial trial;

        REQUIRE(begin(&trial));
        EXPECT(file_put(trial.folder, "cpu.max", "7000 100000\n"));
        ct_writes_add(&trial.writes, CT_WRITE_KEEP_FIRST, "/x", "cpu.max", "250000");
        EXPECT_STR(apply(&trial), "");
        EXPECT_STR(file_get(trial.folder, "cpu.max"), "7000 250000");

        EXPECT(file_put(trial.folder, "memory.current", "4096\n"));
        ct_writes_add(&trial.writes, CT_WRITE_CHECK, "/x", "memory.current", "4096");
        EXPECT_STR(apply(&trial), "");
        ct_writes_add(&trial.writes, CT_WRITE_CHECK, "/x", "memory.current", "4095");
        EXPECT_STR(apply(&trial), "/x: more than the limit of '4095' is in use ('memory.current'): device or "
                                  "resource busy [CT-435]");
        EXPECT_STR(file_get(trial.folder, "memory.current"), "4096");
        end(&trial);
}

TEST(cpuset_is_inherited_level_by_level)
{
        char root[64];
        struct ct_hierarchy hierarchy = fake_hierarchy(root);

        REQUIRE(folder_make(root));
        make_folder(root, "/a");
        make_folder(root, "/a/b");
        make_folder(root, "/a/b/c");
        EXPECT(file_put(root, "cpuset.cpus", "0-3\n") && file_put(root, "cpuset.mems", "0\n"));
        EXPECT(file_put(root, "a/cpuset.cpus", "1-2\n") && file_put(root, "a/cpuset.mems", "\n"));
        EXPECT(file_put(root, "a/b/cpuset.cpus", "") && file_put(root, "a/b/cpuset.mems", ""));
        EXPECT(file_put(root, "a/b/c/cpuset.cpus", "") && file_put(root, "a/b/c/cpuset.mems", ""));
        EXPECT_EQ(ct_cpuset_inherit(&hierarchy, "/a/b/c", 1), 0);
        EXPECT_STR(file_get(root, "a/cpuset.cpus"), "1-2");
        EXPECT_STR(file_get(root, "a/cpuset.mems"), "0");
        EXPECT_STR(file_get(root, "a/b/cpuset.cpus"), "1-2");
        EXPECT_STR(file_get(root, "a/b/c/cpuset.cpus"), "1-2");
        EXPECT_STR(file_get(root, "a/b/c/cpuset.mems"), "0");
        folder_remove(root);
}

/* --- creation that fails, or is done without ------------------------------------------------ */

static struct ct_cgroup_layout *fake_layout(const char *root, const char *controller)
{
        struct ct_cgroup_layout *layout = NULL;
        char mounts[512], own[64];

        (void)snprintf(mounts, sizeof mounts, "31 28 0:28 / %s rw - cgroup cgroup rw,%s\n", root, controller);
        (void)snprintf(own, sizeof own, "3:%s:/\n", controller);
        EXPECT_EQ(ct_cgroup_layout_parse(mounts, own, &layout), 0);
        return layout;
}

TEST(create_undoes_what_it_made)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        char root[64];

        REQUIRE(folder_make(root));
        make_folder(root, "/a");
        layout = fake_layout(root, "pids");
        REQUIRE_EQ(ct_cgroup_new(layout, "/a/b/c", "id", &cgroup, NULL), 0);
        /* There is no pids.max in a plain folder. */
        EXPECT_EQ(ct_cgroup_create(cgroup, resources_parse(arena, "{\"pids\":{\"limit\":1}}"), &error),
                  -EOPNOTSUPP);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_UNSUPPORTED);
        EXPECT_STR(contain_error_pointer(error), "/linux/resources/pids/limit");
        EXPECT(exists(root, "/a"));
        EXPECT(!exists(root, "/a/b"));
        EXPECT_EQ(ct_cgroup_create(cgroup, NULL, NULL), 0);
        EXPECT(exists(root, "/a/b/c"));
        EXPECT_EQ(ct_cgroup_destroy(cgroup, 0, NULL), 0);
        EXPECT(exists(root, "/a"));
        EXPECT(!exists(root, "/a/b"));
        folder_remove(root);
}

TEST(create_refuses_what_others_use)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL, *loaded = NULL;
        _cleanup_free_ char *record = NULL;
        char root[64];

        REQUIRE(folder_make(root));
        make_folder(root, "/a");
        make_folder(root, "/a/below");
        EXPECT(file_put(root, "a/below/cgroup.procs", "12345\n"));
        layout = fake_layout(root, "pids");
        REQUIRE_EQ(ct_cgroup_new(layout, "/a", "id", &cgroup, NULL), 0);
        EXPECT_EQ(ct_cgroup_create(cgroup, NULL, &error), -EBUSY);
        EXPECT_STR(contain_error_message(error),
                   "/linux/cgroupsPath: cgroup '/a' has processes already: device or resource busy [CT-435]");
        EXPECT(exists(root, "/a/below"));
        /* Nor does a record name it, from which it would be destroyed one day. */
        EXPECT_EQ(ct_cgroup_save(cgroup, &record), 0);
        EXPECT_STR(record, "{\"hierarchies\":[]}");
        REQUIRE_EQ(ct_cgroup_load(layout, record, &loaded, NULL), 0);
        EXPECT_EQ(ct_cgroup_destroy(loaded, 0, NULL), 0);
        EXPECT(exists(root, "/a/below"));
        folder_remove(root);
}

/* What a user without any cgroup of his own gets: 0 passed over, else the error's number. */
static int create_unprivileged(const struct ct_cgroup_layout *layout, const char *json)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        int r;

        if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
                return 200;
        r = ct_cgroup_new(layout, "/a/b", "id", &cgroup, NULL);
        if (r >= 0)
                r = ct_cgroup_create(cgroup, resources_parse(arena, json), NULL);
        return r >= 0 && ct_cgroup_path(cgroup, 0) ? 201 : -r;
}

static int create_as_nobody(const struct ct_cgroup_layout *layout, const char *json)
{
        int status = 0;
        pid_t pid;

        (void)fflush(NULL);
        pid = fork();
        if (pid == 0)
                _exit(create_unprivileged(layout, json));
        EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
        return WEXITSTATUS(status);
}

TEST(create_passes_over_what_it_may_not_use)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *pids = NULL, *devices = NULL;
        char root[64];

        REQUIRE(folder_make(root));
        EXPECT_EQ(chmod(root, 0555), 0);
        pids = fake_layout(root, "pids");
        devices = fake_layout(root, "devices");
        EXPECT_EQ(create_as_nobody(pids, "{}"), 0);
        EXPECT_EQ(create_as_nobody(pids, "{\"pids\":{\"limit\":-1}}"), 0);
        EXPECT_EQ(create_as_nobody(pids, "{\"pids\":{\"limit\":10}}"), EACCES);
        EXPECT_EQ(create_as_nobody(devices, "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}"), 0);
        folder_remove(root);
}
