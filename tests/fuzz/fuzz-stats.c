/* SPDX-License-Identifier: MIT */

/*
 * Any bytes as every file that a container's numbers are read from, on v1 and v2: what comes of it is JSON.
 * The corpus is tests/unit/cgroup/stats/, texts as kernels write them. Built as fuzz-spec.c is.
 */

#include "base/buf.h"
#include "base/fds.h"
#include "cgroup/cgroup.h"
#include "cgroup/resctrl.h"
#include "host/net-stats.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {
        "v1/c/cpuacct.usage",
        "v1/c/cpuacct.usage_percpu",
        "v1/c/cpuacct.usage_all",
        "v1/c/cpuacct.stat",
        "v1/c/cpu.stat",
        "v1/c/cpuset.cpus",
        "v1/c/cpuset.mems",
        "v1/c/cpuset.sched_relax_domain_level",
        "v1/c/memory.stat",
        "v1/c/memory.usage_in_bytes",
        "v1/c/pids.current",
        "v1/c/pids.max",
        "v1/c/blkio.throttle.io_service_bytes",
        "v1/c/blkio.sectors_recursive",
        "v1/c/hugetlb.2MB.usage_in_bytes",
        "v1/c/cgroup.procs",
        "v2/c/cpu.stat",
        "v2/c/cpu.pressure",
        "v2/c/cpuset.cpus.effective",
        "v2/c/memory.stat",
        "v2/c/memory.current",
        "v2/c/memory.max",
        "v2/c/memory.events",
        "v2/c/memory.swap.current",
        "v2/c/memory.swap.max",
        "v2/c/io.stat",
        "v2/c/hugetlb.1GB.current",
        "v2/c/hugetlb.1GB.events",
        "v2/c/cgroup.procs",
        "rdt/schemata",
        "rdt/info/L3/cbm_mask",
        "rdt/info/L3/num_closids",
        "rdt/mon_data/mon_L3_00/llc_occupancy",
};

static const char *const folders[] = { "v1",          "v1/c",         "v2",
                                       "v2/c",        "rdt",          "rdt/info",
                                       "rdt/info/L3", "rdt/mon_data", "rdt/mon_data/mon_L3_00" };

enum { N_FILES = sizeof files / sizeof files[0], N_FOLDERS = sizeof folders / sizeof folders[0] };

static void require(bool condition)
{
        if (!condition)
                abort();
}

/* The folder's files are one file: its text is all of theirs. */
static int make_folder(char path[static 64], const uint8_t *data, size_t size)
{
        _cleanup_close_ int text = -EBADF;
        int fd;

        (void)snprintf(path, 64, "/tmp/contain-fuzz-XXXXXX");
        require(mkdtemp(path) != NULL);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        require(fd >= 0);
        for (size_t i = 0; i < N_FOLDERS; i++)
                require(mkdirat(fd, folders[i], 0755) == 0);
        text = openat(fd, "text", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        require(text >= 0 && ct_write_all(text, data, size) == 0);
        for (size_t i = 0; i < N_FILES; i++)
                require(linkat(fd, "text", fd, files[i], 0) == 0);
        return fd;
}

static void remove_folder(const char *path, int fd)
{
        for (size_t i = 0; i < N_FILES; i++)
                (void)unlinkat(fd, files[i], 0);
        (void)unlinkat(fd, "text", 0);
        for (size_t i = N_FOLDERS; i-- > 0;)
                require(unlinkat(fd, folders[i], AT_REMOVEDIR) == 0);
        (void)close(fd);
        require(rmdir(path) == 0);
}

/* Of a name that is there twice in a text, the document has it twice: JSON, but not what ct_json_parse()
 * takes.
 */
static void require_json(const struct ct_buf *buf)
{
        json_tokener *tokener = json_tokener_new();
        json_object *document;

        require(tokener && !buf->failed);
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        document = json_tokener_parse_ex(tokener, buf->data, (int)buf->size + 1);
        require(document && json_tokener_get_error(tokener) == json_tokener_success);
        (void)json_object_put(document);
        json_tokener_free(tokener);
}

static void read_cgroup(const char *path, bool v2)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_cgroup_stats_freep) struct ct_cgroup_stats *stats = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        char mounts[512];

        (void)snprintf(
                mounts, sizeof mounts,
                v2 ? "31 1 0:31 / %s/v2 rw - cgroup2 x rw\n"
                   : "31 1 0:31 / %s/v1 rw - cgroup x rw,cpu,cpuacct,cpuset,memory,pids,blkio,hugetlb\n",
                path);
        require(ct_cgroup_layout_parse(mounts,
                                       v2 ? "0::/\n" : "1:cpu,cpuacct,cpuset,memory,pids,blkio,hugetlb:/\n",
                                       &layout) == 0);
        require(ct_cgroup_new(layout, "/c", "id", &cgroup, NULL) == 0);
        require(ct_cgroup_stats_new(cgroup, &stats) == 0);
        (void)ct_buf_puts(&buf, "{");
        require(ct_cgroup_stats_write(stats, &buf) == 0);
        (void)ct_buf_puts(&buf, "}");
        require_json(&buf);
}

static void read_resctrl(int fd)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        int fds[3];

        for (size_t i = 0; i < 3; i++)
                fds[i] = openat(fd, "rdt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void)ct_buf_puts(&buf, "{");
        require(ct_resctrl_stats(fds, &buf) == 0);
        (void)ct_buf_puts(&buf, "}");
        require_json(&buf);
        for (size_t i = 0; i < 3; i++)
                (void)close(fds[i]);
}

static void read_devices(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = malloc(size + 1);
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;

        require(text != NULL);
        if (size > 0)
                memcpy(text, data, size);
        text[size] = '\0';
        (void)ct_buf_puts(&buf, "[");
        require(ct_net_stats_parse(text, &buf) == 0);
        (void)ct_buf_puts(&buf, "]");
        require_json(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char path[64];
        int fd = make_folder(path, data, size);

        read_cgroup(path, false);
        read_cgroup(path, true);
        read_resctrl(fd);
        read_devices(data, size);
        remove_folder(path, fd);
        return 0;
}
