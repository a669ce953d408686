/* SPDX-License-Identifier: MIT */

/*
 * Classes of service on a fake resctrl: a folder of plain files. What the kernel would do when folders are
 * made and removed there, and when files are written, is done by the functions that stand in for
 * mkdirat(2), unlinkat(2) and ct_write_file_at().
 */

#include "support.h"

#include "base/buf.h"
#include "base/fds.h"
#include "base/json.h"
#include "cgroup/resctrl.h"
#include "spec/sections.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_SCHEMATA "    L3:0=7ff;1=7ff\n    MB:0=100;1=100\n"

/* --- the fake kernel ------------------------------------------------------------------------ */

static struct {
        char root[64];
        int fd;
        int mkdir_error, write_error;
        struct ct_buf writes; /* "FILE=VALUE" lines, as they came */
} fake;

int __real_mkdirat(int dir_fd, const char *name, mode_t mode);
int __wrap_mkdirat(int dir_fd, const char *name, mode_t mode);
int __wrap_unlinkat(int dir_fd, const char *name, int flags);
int __wrap_ct_write_file_at(int dir_fd, const char *path, const char *text);

/* Gives a class, or a group, its files. */
static void populate(const char *folder, bool is_class)
{
        char groups[PATH_MAX + 16];

        (void)file_put(folder, "tasks", "");
        if (!is_class)
                return;
        (void)file_put(folder, "schemata", DEFAULT_SCHEMATA);
        (void)snprintf(groups, sizeof groups, "%s/mon_groups", folder);
        (void)__real_mkdirat(AT_FDCWD, groups, 0755);
}

int __wrap_mkdirat(int dir_fd, const char *name, mode_t mode)
{
        char folder[2048], link[64];
        ssize_t n;

        if (fake.mkdir_error) {
                errno = fake.mkdir_error;
                return -1;
        }
        if (__real_mkdirat(dir_fd, name, mode) < 0)
                return -1;
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", dir_fd);
        n = readlink(link, folder, 1024);
        if (n < 0)
                return -1;
        (void)snprintf(folder + n, 1024, "/%s", name);
        populate(folder, !strstr(folder, "mon_groups"));
        return 0;
}

int __wrap_unlinkat(int dir_fd, const char *name, int flags)
{
        char path[PATH_MAX];

        if (flags != AT_REMOVEDIR || faccessat(dir_fd, name, F_OK, 0) < 0)
                return -1;
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, name);
        folder_remove(path);
        return 0;
}

int __wrap_ct_write_file_at(int dir_fd, const char *path, const char *text)
{
        const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
        int fd;

        if (fake.write_error && strcmp(name, "schemata") == 0)
                return fake.write_error;
        (void)ct_buf_printf(&fake.writes, "%s=%s%s", path, text, strchr(text, '\n') ? "" : "\n");
        fd = openat(dir_fd, path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        (void)ct_write_all(fd, text, strlen(text));
        (void)close(fd);
        return 0;
}

static void put_at(const char *folder, const char *file, const char *text)
{
        char path[256];

        (void)snprintf(path, sizeof path, "%s/%s", fake.root, folder);
        (void)__real_mkdirat(AT_FDCWD, path, 0755);
        (void)file_put(path, file, text);
}

static const char *get(const char *path)
{
        return file_get(fake.root, path);
}

static bool is_there(const char *path)
{
        return faccessat(fake.fd, path, F_OK, 0) == 0;
}

static bool begin(void)
{
        memset(&fake, 0, sizeof fake);
        if (!test_check(folder_make(fake.root), __FILE__, __LINE__, "a folder"))
                return false;
        populate(fake.root, true);
        put_at("info", "last_cmd_status", "ok\n");
        put_at("gold", "tasks", "");
        put_at("gold", "schemata", "    L3:0=00f;1=0ff\n    MB:0= 20;1=100\n");
        fake.fd = open(fake.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fake.fd >= 0;
}

static void end(void)
{
        (void)close(fake.fd);
        folder_remove(fake.root);
        ct_buf_done(&fake.writes);
}

/* --- one container -------------------------------------------------------------------------- */

struct trial {
        struct ct_arena *arena;
        struct ct_spec_intel_rdt rdt;
        struct ct_resctrl *resctrl;
        char error[512];
};

/* Parses, names, makes and enters with process 7. The error is "" when all went well. */
static const char *run(struct trial *trial, const char *json)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct ct_json value;
        int r;

        *trial = (struct trial){ .arena = ct_arena_new() };
        r = ct_json_parse(trial->arena, "the test", json, strlen(json), &document, &value, &error);
        if (r >= 0)
                r = ct_spec_parse_intel_rdt(&value, &trial->rdt, &error);
        if (r >= 0)
                r = ct_resctrl_new(fake.fd, &trial->rdt, "c1", &trial->resctrl, &error);
        if (r >= 0)
                r = ct_resctrl_create(trial->resctrl, &trial->rdt, &error);
        if (r >= 0)
                r = ct_resctrl_enter(trial->resctrl, 7, &error);
        if (r < 0)
                (void)snprintf(trial->error, sizeof trial->error, "%s", contain_error_message(error));
        EXPECT_EQ(r < 0, error != NULL);
        return trial->error;
}

static void finish(struct trial *trial)
{
        trial->resctrl = ct_resctrl_free(trial->resctrl);
        trial->arena = ct_arena_free(trial->arena);
}

static void destroy(struct trial *trial)
{
        EXPECT_EQ(ct_resctrl_destroy(trial->resctrl, NULL), 0);
        EXPECT_EQ(ct_resctrl_destroy(trial->resctrl, NULL), 0); /* again, after a crash in between */
        finish(trial);
}

#define BEGIN                                                                                                \
        struct trial trial;                                                                                  \
        REQUIRE(begin())

TEST(resctrl_class_of_the_container)
{
        BEGIN;
        EXPECT_STR(run(&trial, "{}"), "");
        EXPECT_STR(get("c1/tasks"), "7");
        EXPECT_STR(fake.writes.data, "c1/tasks=7\n"); /* and nothing to any schemata */
        destroy(&trial);
        EXPECT(!is_there("c1"));
        end();
}

TEST(resctrl_order_of_schemata)
{
        BEGIN;
        EXPECT_STR(run(&trial, "{\"schemata\":[\"L2:0=f\",\"MB:0=30\"],\"memBwSchema\":\"MB:0=20;1=70\","
                               "\"l3CacheSchema\":\"L3:0=f;1=f\"}"),
                   "");
        EXPECT_STR(fake.writes.data, "schemata=L3:0=f;1=f\nschemata=MB:0=20;1=70\n"
                                     "schemata=L2:0=f\nMB:0=30\nc1/tasks=7\n");
        destroy(&trial);
        end();
}

TEST(resctrl_update_and_back)
{
        static const struct ct_spec_intel_rdt half = { .has = true, .l3_cache_schema = "L3:0=f" };
        _cleanup_free_ char *before = NULL;
        BEGIN;

        EXPECT_STR(run(&trial, "{}"), "");
        EXPECT_EQ(ct_resctrl_update(trial.resctrl, &half, &before, NULL), 0);
        EXPECT_STR(before, DEFAULT_SCHEMATA);
        ct_resctrl_restore(trial.resctrl, before);
        EXPECT_STR(fake.writes.data, "c1/tasks=7\nschemata=L3:0=f\nschemata=" DEFAULT_SCHEMATA);
        destroy(&trial);
        end();
}

/* Others are in it, or may be. */
TEST(resctrl_update_of_a_named_class)
{
        static const struct ct_spec_intel_rdt half = { .has = true, .l3_cache_schema = "L3:0=f" };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_free_ char *before = NULL;
        BEGIN;

        EXPECT_STR(run(&trial, "{\"closID\":\"gold\"}"), "");
        EXPECT_EQ(ct_resctrl_update(trial.resctrl, &half, &before, &error), -EPERM);
        EXPECT_CONTAINS(contain_error_message(error), "class of service 'gold' is not the container's alone");
        EXPECT_STR(fake.writes.data, "gold/tasks=7\n");
        destroy(&trial);
        end();
}

TEST(resctrl_named_class_is_made_and_stays)
{
        BEGIN;
        EXPECT_STR(run(&trial, "{\"closID\":\"new\",\"schemata\":[\"L3:0=f\"]}"), "");
        EXPECT_STR(fake.writes.data, "schemata=L3:0=f\nnew/tasks=7\n");
        destroy(&trial);
        EXPECT(is_there("new"));
        end();
}

TEST(resctrl_named_class_is_undone)
{
        BEGIN;
        EXPECT_STR(run(&trial, "{\"closID\":\"new\",\"schemata\":[\"L3:0=f\"]}"), "");
        put_at("new", "tasks", "99\n"); /* somebody else's by now */
        ct_resctrl_undo(trial.resctrl);
        EXPECT(is_there("new"));
        put_at("new", "tasks", "");
        ct_resctrl_undo(trial.resctrl);
        EXPECT(!is_there("new"));
        finish(&trial);
        end();
}

TEST(resctrl_existing_class_with_the_same_schemata)
{
        static const char *const same[] = {
                "{\"closID\":\"gold\"}",
                "{\"closID\":\"gold\",\"l3CacheSchema\":\"L3:0=f;1=ff\"}",
                "{\"closID\":\"gold\",\"l3CacheSchema\":\"L3:1=0FF\",\"memBwSchema\":\"MB:0=20\"}",
                "{\"closID\":\"gold\",\"schemata\":[\"MB:1=100;0=20\",\"L3:0=0xf\"]}",
                "{\"closID\":\"/\",\"schemata\":[\"L3:0=7ff\"]}",
                "{\"closID\":\"/\"}",
        };
        BEGIN;

        for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
                EXPECT_STR(run(&trial, same[i]), "");
                EXPECT_STR(fake.writes.data, strstr(same[i], "gold") ? "gold/tasks=7\n" : "./tasks=7\n");
                ct_buf_done(&fake.writes);
                fake.writes = (struct ct_buf)CT_BUF_INIT;
                destroy(&trial);
                EXPECT(is_there("gold") && is_there("tasks"));
        }
        end();
}

TEST(resctrl_existing_class_with_other_schemata)
{
        static const struct {
                const char *json, *error;
        } cases[] = {
                { "{\"closID\":\"gold\",\"l3CacheSchema\":\"L3:0=1f\"}",
                  "/linux/intelRdt/l3CacheSchema: class of service 'gold' is there already, with other" },
                { "{\"closID\":\"gold\",\"memBwSchema\":\"MB:0=20;1=90\"}", "/linux/intelRdt/memBwSchema: " },
                { "{\"closID\":\"gold\",\"schemata\":[\"L3:0=f\",\"MB:0=10\"]}",
                  "/linux/intelRdt/schemata: " },
                { "{\"closID\":\"gold\",\"schemata\":[\"L2:0=f\"]}", "/linux/intelRdt/schemata: " },
                { "{\"closID\":\"gold\",\"schemata\":[\"nonsense\"]}", "/linux/intelRdt/schemata: " },
                { "{\"closID\":\"/\",\"l3CacheSchema\":\"L3:0=f\"}", "class of service '/' is there" },
                { "{\"closID\":\"none\"}", "/linux/intelRdt/closID: there is no class of service 'none'" },
                { "{\"closID\":\"info\"}", "/linux/intelRdt/closID: 'info' cannot be a class of service" },
                { "{\"closID\":\"mon_groups\"}", "/linux/intelRdt/closID: 'mon_groups' cannot be" },
        };
        BEGIN;

        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                EXPECT_CONTAINS(run(&trial, cases[i].json), cases[i].error);
                EXPECT(trial.resctrl == NULL);
                finish(&trial);
        }
        EXPECT(fake.writes.data == NULL);
        end();
}

/* The container's own name, but somebody else's class: it is used if it fits, and stays. */
TEST(resctrl_class_that_was_there_before)
{
        BEGIN;
        put_at("c1", "tasks", "");
        put_at("c1", "schemata", "L3:0=f\n");
        EXPECT_CONTAINS(run(&trial, "{\"l3CacheSchema\":\"L3:0=1\"}"), "/linux/intelRdt/l3CacheSchema: ");
        finish(&trial);
        EXPECT_STR(run(&trial, "{\"l3CacheSchema\":\"L3:0=f\"}"), "");
        destroy(&trial);
        EXPECT(is_there("c1"));
        end();
}

TEST(resctrl_bandwidth_is_rounded)
{
        BEGIN;
        put_at("info/MB", "bandwidth_gran", "10\n");
        put_at("gold/mon_groups", "x", "");
        EXPECT_STR(run(&trial, "{\"closID\":\"gold\",\"memBwSchema\":\"MB:0=13\"}"), "");
        destroy(&trial);
        EXPECT_CONTAINS(run(&trial, "{\"closID\":\"gold\",\"memBwSchema\":\"MB:0=21\"}"), "memBwSchema: ");
        finish(&trial);
        end();
}

TEST(resctrl_monitoring)
{
        BEGIN;
        EXPECT_STR(run(&trial, "{\"enableMonitoring\":true}"), "");
        EXPECT_STR(fake.writes.data, "c1/tasks=7\nc1/mon_groups/c1/tasks=7\n");
        EXPECT(is_there("c1/mon_groups/c1"));
        destroy(&trial);
        EXPECT(!is_there("c1"));
        EXPECT_STR(run(&trial, "{\"enableMonitoring\":true,\"closID\":\"/\"}"), "");
        EXPECT_STR(get("mon_groups/c1/tasks"), "7");
        destroy(&trial);
        EXPECT(!is_there("mon_groups/c1") && is_there("mon_groups"));
        end();
}

static const char *stats(const struct ct_resctrl *resctrl)
{
        static char text[1024];
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        int fds[3];

        ct_resctrl_folders(resctrl, fds);
        EXPECT_EQ(ct_resctrl_stats(fds, &buf), 0);
        for (size_t i = 0; i < 3; i++)
                (void)ct_close(fds[i]);
        (void)snprintf(text, sizeof text, "%s", buf.data ? buf.data : "");
        return text;
}

TEST(resctrl_numbers)
{
        BEGIN;
        put_at("info/L3", "cbm_mask", "7ff\n");
        put_at("info/L3", "min_cbm_bits", "1\n");
        put_at("info/L3", "num_closids", "16\n");
        put_at("info/MB", "bandwidth_gran", "10\n");
        put_at("gold/mon_groups", "x", "");
        EXPECT_STR(run(&trial, "{\"enableMonitoring\":true,\"closID\":\"gold\"}"), "");
        put_at("gold/mon_groups/c1/mon_data", "x", "");
        put_at("gold/mon_groups/c1/mon_data/mon_L3_01", "llc_occupancy", "Unavailable\n");
        put_at("gold/mon_groups/c1/mon_data/mon_L3_01", "mbm_total_bytes", "5\n");
        put_at("gold/mon_groups/c1/mon_data/mon_L3_00", "llc_occupancy", "4096\n");
        put_at("gold/mon_groups/c1/mon_data/mon_L3_00", "mbm_total_bytes", "3\n");
        put_at("gold/mon_groups/c1/mon_data/mon_L3_00", "mbm_local_bytes", "2\n");
        EXPECT_STR(stats(trial.resctrl),
                   "\"l3_cache_info\":{\"cbm_mask\":\"7ff\",\"min_cbm_bits\":1,\"num_closids\":16},"
                   "\"l3_cache_schema_root\":\"L3:0=7ff;1=7ff\",\"l3_cache_schema\":\"L3:0=00f;1=0ff\","
                   "\"mem_bw_info\":{\"bandwidth_gran\":10},\"mem_bw_schema_root\":\"MB:0=100;1=100\","
                   "\"mem_bw_schema\":\"MB:0= 20;1=100\","
                   "\"mbm_stats\":[{\"mbm_total_bytes\":3,\"mbm_local_bytes\":2},{\"mbm_total_bytes\":5}],"
                   "\"cmt_stats\":[{\"llc_occupancy\":4096}]");
        finish(&trial);
        end();
}

TEST(resctrl_monitoring_refused)
{
        BEGIN;
        put_at("mon_groups/c1", "tasks", "1\n");
        EXPECT_CONTAINS(run(&trial, "{\"enableMonitoring\":true,\"closID\":\"/\"}"),
                        "/linux/intelRdt/enableMonitoring: cannot make monitoring group 'c1': file exists");
        EXPECT(is_there("mon_groups/c1"));
        finish(&trial);
        folder_remove(strcat(strcpy((char[128]){ 0 }, fake.root), "/mon_groups"));
        EXPECT_CONTAINS(run(&trial, "{\"enableMonitoring\":true}"),
                        "/linux/intelRdt/enableMonitoring: resctrl has no monitoring on this machine");
        EXPECT(!is_there("c1"));
        finish(&trial);
        end();
}

TEST(resctrl_kernel_refuses)
{
        BEGIN;
        fake.mkdir_error = ENOSPC;
        EXPECT_CONTAINS(run(&trial, "{}"), "cannot make class of service 'c1': no space left on device "
                                           "[CT-442] (hint: the processor has no class left");
        finish(&trial);
        fake.mkdir_error = 0;
        fake.write_error = -EINVAL;
        put_at("info", "last_cmd_status", "mask f1 has non-consecutive 1-bits\n");
        EXPECT_CONTAINS(run(&trial, "{\"l3CacheSchema\":\"L3:0=f1\"}"),
                        "/linux/intelRdt/l3CacheSchema: cannot set the schemata 'L3:0=f1': invalid argument "
                        "[CT-442] (hint: the kernel says: mask f1 has non-consecutive 1-bits)");
        EXPECT(!is_there("c1"));
        finish(&trial);
        end();
}

TEST(resctrl_not_mounted)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct ct_spec_intel_rdt rdt = { .has = true };
        struct ct_resctrl *resctrl = NULL;

        EXPECT_EQ(ct_resctrl_new(-ENOENT, &rdt, "c1", &resctrl, &error), -EOPNOTSUPP);
        EXPECT_STR(contain_error_pointer(error), "/linux/intelRdt");
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_UNSUPPORTED);
        EXPECT_EQ(contain_error_cause(error), CONTAIN_CAUSE_KERNEL);
}

TEST(resctrl_record)
{
        _cleanup_(ct_resctrl_freep) struct ct_resctrl *planned = NULL, *other = NULL, *nowhere = NULL;
        _cleanup_free_ char *before = NULL, *after = NULL;
        struct ct_spec_intel_rdt rdt = { .has = true, .enable_monitoring = true };
        const char *names[2];
        int fds[2];
        BEGIN;

        REQUIRE_EQ(ct_resctrl_new(fake.fd, &rdt, "c1", &planned, NULL), 0);
        EXPECT_EQ(ct_resctrl_save(planned, &before), 0);
        EXPECT_STR(before, "{\"class\":\"c1\",\"goes\":true,\"group\":\"c1\"}");
        EXPECT_STR(run(&trial, "{\"enableMonitoring\":true}"), "");
        EXPECT_EQ(ct_resctrl_save(trial.resctrl, &after), 0);
        EXPECT_STR(after, before);
        finish(&trial);
        /* Another process takes it from there; without the file system there is nothing to do. */
        EXPECT_EQ(ct_resctrl_load(-EBADF, after, &nowhere, NULL), 0);
        EXPECT_EQ(ct_resctrl_destroy(nowhere, NULL), 0);
        EXPECT_EQ(ct_resctrl_load(fake.fd, after, &other, NULL), 0);
        EXPECT_EQ(ct_resctrl_enter(other, 8, NULL), 0);
        EXPECT_EQ(ct_resctrl_ends(other, fds, names), 2);
        EXPECT_STR(names[0], "c1");
        EXPECT_STR(names[1], "c1");
        (void)close(fds[0]);
        (void)close(fds[1]);
        EXPECT_EQ(ct_resctrl_destroy(other, NULL), 0);
        EXPECT(!is_there("c1"));
        end();
}

TEST(resctrl_record_refused)
{
        static const char *const damaged[] = {
                "{}",
                "[]",
                "{\"class\":\"/\",\"goes\":true}",
                "{\"class\":\"..\"}",
                "{\"class\":\"a/b\"}",
                "{\"class\":\"info\"}",
                "{\"class\":\"a\",\"group\":\"../b\"}",
                "{\"class\":\"a\",\"group\":\"\"}",
        };

        for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
                struct ct_resctrl *resctrl = NULL;

                (void)test_check(ct_resctrl_load(-EBADF, damaged[i], &resctrl, NULL) < 0, __FILE__, __LINE__,
                                 "%s to be refused", damaged[i]);
        }
}

TEST(resctrl_is_found)
{
        int fd = ct_resctrl_open_root();

        if (fd == -ENOENT)
                SKIP("no resctrl file system is mounted");
        EXPECT(faccessat(fd, "schemata", F_OK, 0) == 0);
        (void)ct_close(fd);
}
