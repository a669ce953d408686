/* SPDX-License-Identifier: MIT */

/* A complete configuration to start from: what `contain-run spec` writes and contain_load_rootfs() runs. */

#include "ops/handle.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

static const char *const capabilities[] = { "CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE" };
static const char *const capability_sets[] = { "bounding", "effective", "permitted" };
static const char *const environment[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"
};
static const char *const masked[] = { "/proc/acpi",        "/proc/asound",  "/proc/interrupts",
                                      "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
                                      "/proc/sched_debug", "/proc/scsi",    "/proc/timer_list",
                                      "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap" };
static const char *const read_only[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                         "/proc/sysrq-trigger" };
static const char *const namespaces[] = { "pid", "network", "ipc", "uts", "mount", "cgroup" };

static const struct default_mount {
        const char *destination, *type, *source, *options;
} mounts[] = {
        { "/proc", "proc", "proc", "nosuid noexec nodev" },
        { "/dev", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k" },
        { "/dev/pts", "devpts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5" },
        { "/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k" },
        { "/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev" },
        { "/sys", "sysfs", "sysfs", "nosuid noexec nodev ro" },
        { "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid noexec nodev relatime ro" },
};

/* Where a user namespace differs: a single mapped group, and a sysfs that only the network namespace's owner
 * may mount. */
static const struct default_mount rootless_mounts[] = {
        { "/dev/pts", "devpts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620" },
        { "/sys", "none", "/sys", "rbind nosuid noexec nodev ro" },
};

static const struct default_mount tmp_mount = { "/tmp", "tmpfs", "tmpfs", "nosuid nodev mode=1777" };

static void put_list(struct ct_buf *buf, const char *const *items, size_t n)
{
        (void)ct_buf_puts(buf, "[");
        for (size_t i = 0; i < n; i++) {
                (void)ct_buf_puts(buf, i ? ", " : "");
                (void)ct_buf_json_string(buf, items[i]);
        }
        (void)ct_buf_puts(buf, "]");
}

#define PUT_LIST(buf, items) put_list(buf, items, sizeof(items) / sizeof((items)[0]))

static void put_mount(struct ct_buf *buf, const struct default_mount *mount, bool first)
{
        const char *word = mount->options;

        (void)ct_buf_printf(
                buf, "%s\n\t\t{\"destination\": \"%s\", \"type\": \"%s\", \"source\": \"%s\", \"options\": [",
                first ? "" : ",", mount->destination, mount->type, mount->source);
        while (*word) {
                int length = (int)strcspn(word, " ");

                (void)ct_buf_printf(buf, "%s\"%.*s\"", word == mount->options ? "" : ", ", length, word);
                word += length;
                word += strspn(word, " ");
        }
        (void)ct_buf_puts(buf, "]}");
}

static const struct default_mount *pick_mount(const struct default_mount *mount, bool rootless)
{
        for (size_t i = 0; rootless && i < sizeof(rootless_mounts) / sizeof(rootless_mounts[0]); i++)
                if (strcmp(rootless_mounts[i].destination, mount->destination) == 0)
                        return &rootless_mounts[i];
        return mount;
}

static void put_mounts(struct ct_buf *buf, bool rootless, bool private_tmp)
{
        (void)ct_buf_puts(buf, "\t\"mounts\": [");
        for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
                put_mount(buf, pick_mount(&mounts[i], rootless), i == 0);
        if (private_tmp)
                put_mount(buf, &tmp_mount, false);
        (void)ct_buf_puts(buf, "\n\t],\n");
}

static void put_process(struct ct_buf *buf, const char *const *argv, bool terminal)
{
        size_t n = 0;

        while (argv[n])
                n++;
        (void)ct_buf_printf(
                buf, "\t\"process\": {\n\t\t\"terminal\": %s,\n\t\t\"user\": {\"uid\": 0, \"gid\": 0},\n",
                terminal ? "true" : "false");
        (void)ct_buf_puts(buf, "\t\t\"args\": ");
        put_list(buf, argv, n);
        (void)ct_buf_puts(buf, ",\n\t\t\"env\": ");
        PUT_LIST(buf, environment);
        (void)ct_buf_puts(buf, ",\n\t\t\"cwd\": \"/\",\n\t\t\"capabilities\": {");
        for (size_t i = 0; i < sizeof(capability_sets) / sizeof(capability_sets[0]); i++) {
                (void)ct_buf_printf(buf, "%s\n\t\t\t\"%s\": ", i ? "," : "", capability_sets[i]);
                PUT_LIST(buf, capabilities);
        }
        (void)ct_buf_puts(buf, "\n\t\t},\n\t\t\"noNewPrivileges\": true\n\t},\n");
}

static int put_linux(struct ct_buf *buf, const struct ct_facts *facts, unsigned flags, contain_error_t **err)
{
        bool rootless = (flags & CONTAIN_CONFIG_ROOTLESS) != 0;
        int r = 0;

        (void)ct_buf_puts(buf, "\t\"linux\": {\n");
        if (!rootless)
                (void)ct_buf_puts(
                        buf,
                        "\t\t\"resources\": {\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]},\n");
        else
                r = ct_default_maps(buf, facts, (flags & CONTAIN_CONFIG_SUBIDS) != 0, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(buf, "\t\t\"namespaces\": [");
        for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
                (void)ct_buf_printf(buf, "%s{\"type\": \"%s\"}", i ? ", " : "", namespaces[i]);
        (void)ct_buf_puts(buf, rootless ? ", {\"type\": \"user\"}],\n" : "],\n");
        (void)ct_buf_puts(buf, "\t\t\"maskedPaths\": ");
        PUT_LIST(buf, masked);
        (void)ct_buf_puts(buf, ",\n\t\t\"readonlyPaths\": ");
        PUT_LIST(buf, read_only);
        (void)ct_buf_puts(buf, "\n\t}\n}\n");
        return 0;
}

int ct_op_default_config(struct contain_ctx *ctx, const char *rootfs, const char *const *argv, unsigned flags,
                         bool private_tmp, char **ret, contain_error_t **err)
{
        static const char *const shell[] = { "sh", NULL };
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        const struct ct_facts *facts;
        char *text;
        int r;

        r = ct_context_facts(ctx, &facts, err);
        if (r < 0)
                return r;
        if (flags & CONTAIN_CONFIG_SUBIDS)
                flags |= CONTAIN_CONFIG_ROOTLESS;

        (void)ct_buf_puts(&buf, "{\n\t\"ociVersion\": \"" CT_OCI_VERSION "\",\n\t\"root\": {\"path\": ");
        (void)ct_buf_json_string(&buf, rootfs ? rootfs : "rootfs");
        (void)ct_buf_puts(&buf, ", \"readonly\": true},\n\t\"hostname\": \"contain\",\n");
        put_process(&buf, argv ? argv : shell, (flags & CONTAIN_CONFIG_TERMINAL) != 0);
        put_mounts(&buf, (flags & CONTAIN_CONFIG_ROOTLESS) != 0, private_tmp);
        r = put_linux(&buf, facts, flags, err);
        if (r < 0)
                return r;
        text = ct_buf_steal(&buf);
        if (!text)
                return ct_fail_memory(err);
        *ret = text;
        return 0;
}
