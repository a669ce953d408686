/* SPDX-License-Identifier: MIT */

#include "support.h"

#include "base/buf.h"
#include "base/fds.h"
#include "base/json.h"
#include "cgroup/devices.h"
#include "spec/sections.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#define V1_MOUNTS                                                                                            \
        "20 1 0:20 / / rw - ext4 /dev/sda1 rw\n"                                                             \
        "30 20 0:30 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"                                                  \
        "31 30 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"                        \
        "32 30 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"                                  \
        "33 30 0:33 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"                                  \
        "34 30 0:34 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"                                      \
        "35 30 0:35 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"                                    \
        "36 30 0:36 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"                                \
        "37 30 0:37 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"                                \
        "38 30 0:38 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
#define V1_OWN                                                                                               \
        "8:name=systemd:/\n7:freezer:/\n6:devices:/\n5:blkio:/\n4:pids:/\n3:cpuset:/\n2:memory:/\n"          \
        "1:cpu,cpuacct:/\n"

static struct ct_cgroup_layout *make(const char *mounts, const char *own, const char *v2_controllers)
{
        struct ct_cgroup_layout *layout = NULL;

        if (!test_equal(ct_cgroup_layout_parse(mounts, own, &layout), 0, __FILE__, __LINE__, "layout"))
                return NULL;
        for (size_t i = 0; i < layout->n; i++)
                if (layout->items[i].v2) {
                        free(layout->items[i].controllers);
                        layout->items[i].controllers = strdup(v2_controllers);
                }
        return layout;
}

struct ct_cgroup_layout *layout_v1(void)
{
        return make(V1_MOUNTS "39 30 0:39 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,hugetlb\n"
                              "40 30 0:40 / /sys/fs/cgroup/net_cls rw - cgroup cgroup rw,net_cls,net_prio\n"
                              "41 30 0:41 / /sys/fs/cgroup/rdma rw - cgroup cgroup rw,rdma\n",
                    V1_OWN "9:hugetlb:/\n10:net_cls,net_prio:/\n11:rdma:/\n", "");
}

struct ct_cgroup_layout *layout_hybrid(void)
{
        return make(V1_MOUNTS "39 30 0:39 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
                    V1_OWN "0::/\n", "hugetlb rdma");
}

struct ct_cgroup_layout *layout_v2(void)
{
        return make("20 1 0:20 / / rw - ext4 /dev/sda1 rw\n"
                    "30 20 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n",
                    "0::/\n", "cpuset cpu io memory hugetlb pids rdma misc");
}

struct ct_spec_resources *resources_parse(struct ct_arena *arena, const char *json)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct ct_spec_resources *resources = ct_arena_alloc(arena, sizeof *resources);
        struct ct_json value;
        int r;

        r = ct_json_parse(arena, "the test", json, strlen(json), &document, &value, &error);
        if (r >= 0)
                r = ct_spec_parse_resources(&value, resources, &error);
        return test_check(r >= 0, __FILE__, __LINE__, "%s: %s", json, contain_error_message(error))
                       ? resources
                       : NULL;
}

static void put_list(const struct ct_cgroup_layout *layout, size_t i, const struct ct_cgroup_writes *list,
                     bool with_devices, struct ct_buf *buf)
{
        static const char *const flags[] = { "optional", "or-next", "devices",      "keep-first",
                                             "verify",   "check",   "beyond-limit", "effective" };
        const char *name = layout->items[i].v2 ? "v2" : layout->items[i].name;

        for (size_t k = 0; k < list->n; k++) {
                const struct ct_cgroup_write *write = &list->items[k];

                if (write->flags & CT_WRITE_DEVICES) {
                        if (with_devices)
                                (void)ct_buf_printf(buf, "%s=%s\n", write->file, write->value);
                        continue;
                }
                (void)ct_buf_printf(buf, "%s: %s=%s @%s", name, write->file, write->value,
                                    write->at + strlen("/linux/resources"));
                for (unsigned bit = 0; bit < sizeof flags / sizeof flags[0]; bit++)
                        if (write->flags & 1u << bit)
                                (void)ct_buf_printf(buf, " [%s]", flags[bit]);
                if (write->group != 0)
                        (void)ct_buf_printf(buf, " [group %u]", write->group);
                (void)ct_buf_puts(buf, "\n");
        }
        for (size_t k = 0; k < list->n_needs; k++)
                (void)ct_buf_printf(buf, "%s needs %s @%s\n", name, list->needs[k].controller,
                                    list->needs[k].at + strlen("/linux/resources"));
        if (list->devices && with_devices)
                (void)ct_buf_printf(buf, "%s devices: %zu rules\n", name, list->devices->n);
}

char *compile_text(const struct ct_cgroup_layout *layout, const char *json, bool update)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        struct ct_spec_resources *resources = resources_parse(arena, json);
        struct ct_cgroup_writes *lists = NULL;

        if (!resources || ct_cgroup_new(layout, "/a/b", "id", &cgroup, &error) < 0)
                return strdup("");
        if (ct_cgroup_compile(cgroup, resources, update, arena, &lists, &error) < 0)
                return strdup(contain_error_message(error));
        for (size_t i = 0; i < layout->n; i++)
                put_list(layout, i, &lists[i], resources->n_devices > 0, &buf);
        return ct_buf_steal(&buf);
}

bool folder_make(char ret[64])
{
        (void)snprintf(ret, 64, "/tmp/contain-cgroup-XXXXXX");
        return mkdtemp(ret) != NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
        (void)status;
        (void)type;
        (void)where;
        return remove(path);
}

void folder_remove(const char *path)
{
        (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

bool file_put(const char *dir, const char *name, const char *text)
{
        _cleanup_close_ int fd = -EBADF;
        char path[512];

        (void)snprintf(path, sizeof path, "%s/%s", dir, name);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        return fd >= 0 && ct_write_all(fd, text, strlen(text)) >= 0;
}

const char *file_get(const char *dir, const char *name)
{
        static char buffers[8][4096];
        static unsigned next;
        char *buffer = buffers[next++ % 8];
        _cleanup_free_ char *text = NULL;
        char path[512];

        (void)snprintf(path, sizeof path, "%s/%s", dir, name);
        if (ct_read_file_at(AT_FDCWD, path, 65536, &text, NULL) < 0)
                return "(none)";
        (void)snprintf(buffer, sizeof buffers[0], "%s", text);
        buffer[strcspn(buffer, "\n")] = '\0';
        return buffer;
}
