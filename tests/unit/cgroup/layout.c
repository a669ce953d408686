/* SPDX-License-Identifier: MIT */

/* Finding hierarchies in the mountinfo of many kinds of machines. */

#include "support.h"

#include "base/buf.h"
#include "base/mountinfo.h"

#include <string.h>

/* The layout as text: its kind, then "CONTROLLERS MOUNTPOINT NAME OWN" for each hierarchy. */
static char *layout_text(const char *mountinfo, const char *own)
{
        static const char *const kinds[] = { "none", "v1", "hybrid", "v2" };
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;

        if (ct_cgroup_layout_parse(mountinfo, own, &layout) < 0)
                return strdup("error");
        (void)ct_buf_printf(&buf, "%s\n", kinds[layout->kind]);
        for (size_t i = 0; i < layout->n; i++) {
                const struct ct_hierarchy *h = &layout->items[i];

                (void)ct_buf_printf(&buf, "%s %s '%s' %s\n", h->v2 ? "v2" : h->controllers, h->mountpoint,
                                    h->name, h->own_path ? h->own_path : "-");
        }
        return ct_buf_steal(&buf);
}

static void expect_layout(const char *mountinfo, const char *own, const char *expected)
{
        _cleanup_free_ char *text = layout_text(mountinfo, own);

        EXPECT_STR(text, expected);
}

TEST(layout_v1_with_joined_controllers)
{
        expect_layout(
                "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
                "25 22 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
                "28 25 0:25 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n"
                "29 28 0:26 / /sys/fs/cgroup/systemd rw shared:10 - cgroup cgroup "
                "rw,xattr,release_agent=/lib/systemd/systemd-cgroups-agent,name=systemd\n"
                "31 28 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:11 - cgroup cgroup rw,cpu,cpuacct\n"
                "32 28 0:29 / /sys/fs/cgroup/net_cls,net_prio rw - cgroup cgroup rw,net_cls,net_prio\n"
                "33 28 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
                "5:memory:/user.slice\n4:net_cls,net_prio:/\n3:cpu,cpuacct:/user.slice\n"
                "1:name=systemd:/user.slice/user-0.slice/session-1.scope\n",
                "v1\n"
                "name=systemd /sys/fs/cgroup/systemd 'systemd' /user.slice/user-0.slice/session-1.scope\n"
                "cpu,cpuacct /sys/fs/cgroup/cpu,cpuacct 'cpu,cpuacct' /user.slice\n"
                "net_cls,net_prio /sys/fs/cgroup/net_cls,net_prio 'net_cls,net_prio' /\n"
                "memory /sys/fs/cgroup/memory 'memory' /user.slice\n");
}

TEST(layout_options_in_another_order)
{
        expect_layout("31 28 0:28 / /sys/fs/cgroup/cpuacct,cpu rw - cgroup cgroup rw,cpuacct,cpu\n",
                      "3:cpu,cpuacct:/x\n", "v1\ncpu,cpuacct /sys/fs/cgroup/cpuacct,cpu 'cpuacct,cpu' /x\n");
}

TEST(layout_cpu_is_not_cpuset)
{
        expect_layout("31 28 0:28 / /c/cpuset rw - cgroup cgroup rw,cpuset\n"
                      "32 28 0:29 / /c/cpu rw - cgroup cgroup rw,cpu\n",
                      "3:cpu:/a\n2:cpuset:/b\n1:cpuacct:/c\n",
                      "v1\ncpuset /c/cpuset 'cpuset' /b\ncpu /c/cpu 'cpu' /a\n");
}

TEST(layout_hybrid)
{
        expect_layout("31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                      "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
                      "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
                      "1:cpu:/\n0::/\n",
                      "hybrid\ncpu /sys/fs/cgroup/cpu 'cpu' /\nv2 /sys/fs/cgroup/unified 'unified' /\n");
}

TEST(layout_v2)
{
        expect_layout(
                "28 25 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
                "rw,nsdelegate,memory_recursiveprot\n",
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n",
                "v2\nv2 /sys/fs/cgroup '' "
                "/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n");
}

TEST(layout_v2_in_a_container_with_a_cgroup_namespace)
{
        expect_layout("612 600 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n", "0::/\n",
                      "v2\nv2 /sys/fs/cgroup '' /\n");
}

TEST(layout_in_a_container_without_a_cgroup_namespace)
{
        expect_layout("612 600 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
                      "3:memory:/docker/abc/deeper\n", "v1\nmemory /sys/fs/cgroup/memory 'memory' /deeper\n");
        expect_layout("612 600 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
                      "3:memory:/docker/abc\n", "v1\nmemory /sys/fs/cgroup/memory 'memory' /\n");
        /* A name that only begins alike is another cgroup. */
        expect_layout("612 600 0:26 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
                      "3:memory:/docker/abc\n", "v1\nmemory /sys/fs/cgroup/memory 'memory' -\n");
}

TEST(layout_mount_from_outside_of_the_namespace)
{
        expect_layout("612 600 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/\n",
                      "v2\nv2 /sys/fs/cgroup '' -\n");
}

TEST(layout_no_cgroups)
{
        expect_layout("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "", "none\n");
        expect_layout("", "", "none\n");
        /* Controllers, but nothing is mounted; a mount, but no controller known. */
        expect_layout("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "1:cpu:/\n0::/\n", "none\n");
        expect_layout("31 28 0:28 / /c/cpu rw - cgroup cgroup rw,cpu\n", "", "none\n");
}

TEST(layout_escapes)
{
        expect_layout("31 28 0:28 / /mnt/a\\040b\\011c\\134d\\043 rw - cgroup2 cgroup2 rw\n", "0::/\n",
                      "v2\nv2 /mnt/a b\tc\\d# '' /\n");
        expect_layout("31 28 0:28 /x\\040y /mnt rw - cgroup2 cgroup2 rw\n", "0::/x y/z\n",
                      "v2\nv2 /mnt '' /z\n");
        /* What is no escape stays. */
        expect_layout("31 28 0:28 / /mnt\\9\\04 rw - cgroup2 cgroup2 rw\n", "0::/\n",
                      "v2\nv2 /mnt\\9\\04 '' /\n");
}

TEST(layout_first_of_several_mounts)
{
        expect_layout("31 28 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                      "99 28 0:28 / /mnt/memory rw - cgroup cgroup rw,memory\n",
                      "3:memory:/x\n", "v1\nmemory /sys/fs/cgroup/memory 'memory' /x\n");
        /* One that shows the caller's cgroup is worth more. */
        expect_layout("31 28 0:28 /other /mnt/memory rw - cgroup cgroup rw,memory\n"
                      "99 28 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
                      "3:memory:/x\n", "v1\nmemory /sys/fs/cgroup/memory 'memory' /x\n");
}

TEST(layout_hidden_mounts_do_not_count)
{
        const char *own = "3:memory:/\n2:cpu:/\n0::/\n";

        /* A tmpfs over the folder that they are in. */
        expect_layout("20 1 0:1 / / rw - ext4 a rw\n"
                      "30 20 0:30 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                      "31 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                      "40 30 0:40 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                      "41 40 0:41 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n",
                      own, "v1\ncpu /sys/fs/cgroup/cpu 'cpu' /\n");
        /* Something else over one itself. */
        expect_layout("20 1 0:1 / / rw - ext4 a rw\n"
                      "31 20 0:31 / /c/memory rw - cgroup cgroup rw,memory\n"
                      "32 20 0:32 / /c/cpu rw - cgroup cgroup rw,cpu\n"
                      "41 31 0:41 / /c/memory rw - tmpfs tmpfs rw\n",
                      own, "v1\ncpu /c/cpu 'cpu' /\n");
        /* cgroup2 over v1's tmpfs. */
        expect_layout("20 1 0:1 / / rw - ext4 a rw\n"
                      "30 20 0:30 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                      "31 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                      "40 30 0:40 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
                      own, "v2\nv2 /sys/fs/cgroup '' /\n");
        /* A mount below does not hide what it is in, nor does one beside it. */
        expect_layout("20 1 0:1 / / rw - ext4 a rw\n"
                      "31 20 0:31 / /c/cpu rw - cgroup cgroup rw,cpu\n"
                      "32 31 0:32 / /c/cpu/x rw - tmpfs tmpfs rw\n"
                      "33 20 0:33 / /c/cp rw - tmpfs tmpfs rw\n",
                      own, "v1\ncpu /c/cpu 'cpu' /\n");
}

/* "/" bound with all below it, and a new /sys on the old one: what was on that one is out of sight. */
TEST(layout_in_a_container_over_the_root_of_the_host)
{
        expect_layout("1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                      "2 1 0:22 / /sys rw - sysfs sysfs rw\n"
                      "3 2 0:25 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                      "4 2 0:22 / /sys ro - sysfs sysfs rw\n"
                      "5 4 0:25 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                      "6 5 0:25 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
                      "0::/\n", "v2\nv2 /sys/fs/cgroup '' /\n");
}

TEST(layout_odd_lines)
{
        const char *own = "nonsense\n2:cpu\n:::\n2:cpu:/a:b\n";

        expect_layout("garbage\n\n31 28 0:28 / /c/cpu\n31 28 0:28 / - cgroup cgroup rw,cpu\n - \n"
                      "32 28 0:29 / /c/cpu rw - cgroup  rw,cpu\n",
                      own, "v1\ncpu /c/cpu 'cpu' /a:b\n");
        /* Mounts that are each other's parents. */
        expect_layout("31 32 0:28 / /c/cpu rw - cgroup cgroup rw,cpu\n32 31 0:29 / /d rw - tmpfs x rw\n", own,
                      "v1\ncpu /c/cpu 'cpu' /a:b\n");
}

TEST(layout_words)
{
        EXPECT(ct_mountinfo_word("rw,cpu,cpuacct", ",", "cpu"));
        EXPECT(ct_mountinfo_word("rw,cpu,cpuacct", ",", "cpuacct"));
        EXPECT(!ct_mountinfo_word("rw,cpuset", ",", "cpu"));
        EXPECT(!ct_mountinfo_word("", ",", "cpu"));
        EXPECT(ct_mountinfo_word("cpu io memory\n", " \n", "memory"));
}

TEST(layout_of_this_machine)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;

        REQUIRE_EQ(ct_cgroup_layout_new(&layout), 0);
        for (size_t i = 0; i < layout->n; i++) {
                EXPECT(layout->items[i].mountpoint[0] == '/');
                EXPECT_EQ(access(layout->items[i].mountpoint, F_OK), 0);
        }
}
