/* SPDX-License-Identifier: MIT */

/* Mounts, and hostile root file systems, by the real contain-init as root. */

#include "container.h"
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICE(major, minor) ((uint64_t)(major) << 32 | (minor))
#define ATTR_ATIME           0x70
#define ATTR_NOATIME         0x10

static struct container c;

static void expect(const char *output)
{
        EXPECT_EQ(c.drive.failed.kind, 0);
        EXPECT_EQ(c.drive.failed.step, 0);
        EXPECT_EQ(c.drive.failed.error, 0);
        EXPECT_EQ(c.drive.failed.detail, 0);
        EXPECT_EQ(c.drive.status, 0);
        EXPECT_STR(c.drive.output, output);
}

/* A file of the host's, outside of the root file system. */
static char outside[128];

static void begin(void)
{
        FILE *file;

        container_begin(&c, 0);
        (void)snprintf(outside, sizeof(outside), "%s.outside", c.root);
        (void)mkdir(outside, 0755);
        (void)snprintf(outside, sizeof(outside), "%s.outside/file", c.root);
        file = fopen(outside, "we");
        (void)fputs("outside\n", file);
        (void)fclose(file);
        (void)snprintf(outside, sizeof(outside), "%s.outside", c.root);
}

static void end(void)
{
        drive_remove(outside);
        container_end(&c);
}

static void bind_and_change(void)
{
        char file[160];
        int slot;

        (void)snprintf(file, sizeof(file), "%s/file", outside);
        slot = drive_slot(&c.drive, PLAN_SLOT_TREE, 1,
                          (int)syscall(SYS_open_tree, AT_FDCWD, outside, 1 | 0x8000 | O_CLOEXEC));
        container_add_root(&c);
        CSTEP(&c, .op = STEP_TREE, .slot = slot, .n = { 1 });
        CSTEP(&c, .op = STEP_ATTR, .n = { ATTR_RDONLY | ATTR_NOEXEC, 0, 0, 0 });
        CSTEP(&c, .op = STEP_ATTR, .n = { ATTR_NOATIME, ATTR_ATIME, MS_PRIVATE, 0 });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/new/deep/folder" });
        CSTEP(&c, .op = STEP_TREE, .s = { file }, .n = { 0, S_IFREG });
        CSTEP(&c, .op = STEP_ATTR, .n = { ATTR_RDONLY, 0, MS_PRIVATE, 0 });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/new/deep/file" });
        CSTEP(&c, .op = STEP_TREE, .s = { "/dev/null" }, .n = { 0, S_IFCHR, DEVICE(1, 3) });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/dev/null" });
        CSTEP(&c, .op = STEP_TREE, .s = { file });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/absent/file" }, .n = { PLAN_ATTACH_IF_PRESENT });
        container_add_mount(&c, "tmpfs", "/tmp", "size=1m", ATTR_NOSUID | ATTR_NODEV);
        CSTEP(&c, .op = STEP_TARGET_ATTR, .s = { "/tmp" }, .n = { ATTR_NOEXEC, ATTR_NODEV, MS_SHARED, 0 });
        CSTEP(&c, .op = STEP_MKDIR, .s = { "/tmp/a/b" }, .n = { 0700 });
        CSTEP(&c, .op = STEP_MKDIR, .s = { "/tmp/a/b" }, .n = { 0755 });
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_READ_ONLY, .s = { "/etc/passwd" });
        CSTEP(&c, .op = STEP_READ_ONLY, .s = { "/bin" });
        CSTEP(&c, .op = STEP_ROOT_ATTR, .n = { ATTR_RDONLY, 0, MS_PRIVATE, 0 });
        container_add_start(&c);
        container_add_exec(&c,
                           "cd /new/deep; cat file folder/file; stat -c %F,%a . folder file /dev/null /tmp/a "
                           "/tmp/a/b; pwd;"
                           "for f in file folder/x /x /bin/x /etc/passwd; do (echo >>$f) 2>&1; done; ls /;"
                           "for m in folder file tmp / bin passwd null; do grep \" [^ ]*$m r\" "
                           "/proc/self/mountinfo | head -n 1 | cut -d' ' -f5-7; done |"
                           "sed 's/shared:.*/shared/; s/master:.*/-/'");
        drive_run(&c.drive);
        expect("outside\noutside\ndirectory,755\ndirectory,755\nregular file,644\ncharacter special "
               "file,666\n"
               "directory,755\ndirectory,700\n/new/deep\n"
               "sh: can't create file: Read-only file system\nsh: can't create folder/x: Read-only file "
               "system\n"
               "sh: can't create /x: Read-only file system\nsh: can't create /bin/x: Read-only file system\n"
               "sh: can't create /etc/passwd: Read-only file system\n"
               "bin\ndev\netc\nnew\nproc\nsys\ntmp\n"
               "/new/deep/folder ro,noexec,noatime -\n/new/deep/file ro,relatime -\n/tmp "
               "rw,nosuid,noexec,relatime shared\n"
               "/ ro,relatime -\n/bin ro,relatime -\n/etc/passwd ro,relatime -\n/dev/null rw,relatime -\n");
}

TEST(bind_mounts_and_their_attributes)
{
        if (container_cannot_run())
                return;
        begin();
        bind_and_change();
        end();
}

TEST(the_same_without_mount_setattr)
{
        if (container_cannot_run())
                return;
        begin();
        c.drive.no_setattr = true;
        bind_and_change();
        end();
}

TEST(recursive_attributes_need_mount_setattr)
{
        if (container_cannot_run())
                return;
        begin();
        c.drive.no_setattr = true;
        container_add_root(&c);
        CSTEP(&c, .op = STEP_TREE, .s = { outside }, .n = { 1 });
        CSTEP(&c, .op = STEP_ATTR, .n = { ATTR_RDONLY, 0, 0, 1 });
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.error, ENOSYS);
        EXPECT_EQ(c.drive.failed.detail, PLAN_DETAIL_ATTRIBUTES);
        EXPECT_EQ(c.drive.status, 1);
        end();
}

TEST(copy_up_remount_and_read_only_below)
{
        if (container_cannot_run())
                return;
        begin();
        container_put_file(&c, "etc/suid", "x");
        {
                char path[128];

                (void)snprintf(path, sizeof(path), "%s/etc/suid", c.root);
                (void)!chown(path, 3, 4);
                (void)chmod(path, 04711);
                (void)snprintf(path, sizeof(path), "%s/etc/folder", c.root);
                (void)mkdir(path, 0750);
                (void)snprintf(path, sizeof(path), "%s/etc/folder/link", c.root);
                (void)!symlink("../passwd", path);
                (void)!lchown(path, 5, 6);
        }
        container_add_root(&c);
        STEP_TABLE(&c.drive.build, LIST("mode=755", "size=1m"), .op = STEP_FS, .s = { "tmpfs", "tmpfs" });
        CSTEP(&c, .op = STEP_COPY_UP, .s = { "/etc" });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/etc" });
        STEP_TABLE(&c.drive.build, LIST("size=2m"), .op = STEP_REMOUNT, .s = { "/etc" },
                   .n = { ATTR_NODEV, 0, MS_RDONLY, 0 });
        container_add_rest(&c,
                           "cd /etc; stat -c %n,%a,%u,%g,%F suid folder folder/link; cat folder/link | wc -l;"
                           "touch x 2>&1; grep /etc /proc/self/mountinfo | cut -d' ' -f6,8- |"
                           "sed 's/,inode64//'");
        drive_run(&c.drive);
        expect("suid,4711,3,4,regular file\nfolder,750,0,0,directory\nfolder/link,777,5,6,symbolic link\n2\n"
               "touch: x: Read-only file system\nrw,nodev,relatime tmpfs tmpfs ro,size=2048k,mode=755\n");
        end();
}

TEST(id_mapped_mount)
{
        char path[64];
        int userns;
        pid_t pid;
        FILE *file;

        if (container_cannot_run())
                return;
        pid = drive_hold(CLONE_NEWUSER);
        for (int i = 0; i < 2; i++) {
                (void)snprintf(path, sizeof(path), "/proc/%d/%cid_map", (int)pid, i ? 'u' : 'g');
                file = fopen(path, "we");
                (void)fputs("0 7000 100\n", file);
                (void)fclose(file);
        }
        begin();
        userns = drive_slot(&c.drive, PLAN_SLOT_USERNS, 0, drive_namespace(pid, "user"));
        container_add_root(&c);
        CSTEP(&c, .op = STEP_TREE, .s = { outside });
        CSTEP(&c, .op = STEP_IDMAP, .slot = userns);
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/tmp" });
        container_add_rest(&c, "stat -c %u:%g /tmp/file");
        drive_run(&c.drive);
        expect("7000:7000\n");
        end();
        drive_let_go(pid);
}

/* --- hostile ones --------------------------------------------------------------------------- */

/* Runs up to the step that fails, and says how: "step-op errno detail". */
static void expect_failure(unsigned op, int error, enum plan_detail detail)
{
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.kind, PLAN_MESSAGE_FAILED);
        EXPECT_EQ(c.drive.build.steps[c.drive.failed.step].op, op);
        EXPECT_EQ(c.drive.failed.error, error);
        EXPECT_EQ(c.drive.failed.detail, detail);
        EXPECT_EQ(c.drive.status, 1);
}

static void link_in_root(const char *path, const char *target)
{
        char full[256];

        (void)snprintf(full, sizeof(full), "%s/%s", c.root, path);
        drive_remove(full);
        (void)!symlink(target, full);
}

TEST(targets_stay_in_the_root)
{
        char escape[512];

        if (container_cannot_run())
                return;
        begin();
        /* Absolute, and by "..": both lead to the very folder outside if they are let out. */
        (void)snprintf(escape, sizeof(escape), "../../../../../../../..%s", outside);
        link_in_root("abs", outside);
        link_in_root("rel", escape);
        link_in_root("dev", outside);
        container_add_rootfs(&c);
        /* The links lead to a folder of that name in the root. */
        CSTEP(&c, .op = STEP_MKDIR, .s = { outside });
        CSTEP(&c, .op = STEP_MKNOD, .s = { "/dev/null" }, .n = { S_IFCHR | 0666, DEVICE(1, 3), 0, 0 });
        CSTEP(&c, .op = STEP_MKDIR, .s = { "/abs/x/y" });
        CSTEP(&c, .op = STEP_MKDIR, .s = { "/rel/z/y" });
        CSTEP(&c, .op = STEP_SYMLINK, .s = { "/dev/link", "/x" });
        CSTEP(&c, .op = STEP_FS, .s = { "tmpfs" });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/dev/mount" });
        (void)snprintf(escape, sizeof(escape), "test -e /abs/file && echo escaped; ls %s", outside);
        container_add_rest(&c, escape);
        drive_run(&c.drive);
        expect("link\nmount\nnull\nx\nz\n");
        (void)snprintf(escape, sizeof(escape), "%s/null", outside);
        EXPECT_EQ(access(escape, F_OK), -1);
        (void)snprintf(escape, sizeof(escape), "%s/x", outside);
        EXPECT_EQ(access(escape, F_OK), -1);
        end();
}

TEST(no_folder_is_made_through_a_dangling_link)
{
        if (container_cannot_run())
                return;
        begin();
        link_in_root("dangling", "/elsewhere");
        container_add_root(&c);
        CSTEP(&c, .op = STEP_FS, .s = { "tmpfs" });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/dangling/below" });
        expect_failure(STEP_ATTACH, ELOOP, PLAN_DETAIL_TARGET_LINK);
        end();
}

TEST(the_target_of_a_dangling_link_is_made_in_the_root)
{
        static const struct {
                const char *link, *leads_to, *made;
        } cases[] = {
                { "dangling", "/elsewhere", "/elsewhere" },
                { "dangling", "elsewhere/deep", "/elsewhere/deep" },
                { "dangling", "../../../../elsewhere", "/elsewhere" },
                { "dangling", "/tmp/contain-made-outside/x", "/tmp/contain-made-outside/x" },
        };

        if (container_cannot_run())
                return;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char target[64], script[128];

                begin();
                link_in_root(cases[i].link, cases[i].leads_to);
                container_add_root(&c);
                (void)snprintf(target, sizeof(target), "/%s", cases[i].link);
                CSTEP(&c, .op = STEP_FS, .s = { "tmpfs" });
                CSTEP(&c, .op = STEP_ATTACH, .s = { target });
                (void)snprintf(script, sizeof(script), "grep -c ' %s .*tmpfs' /proc/self/mountinfo",
                               cases[i].made);
                container_add_rest(&c, script);
                drive_run(&c.drive);
                expect("1\n");
                EXPECT_EQ(access("/tmp/contain-made-outside", F_OK), -1);
                EXPECT_EQ(access("/elsewhere", F_OK), -1);
                end();
        }
}

TEST(links_that_lead_to_one_another)
{
        if (container_cannot_run())
                return;
        begin();
        link_in_root("a", "b");
        link_in_root("b", "a");
        container_add_root(&c);
        CSTEP(&c, .op = STEP_FS, .s = { "tmpfs" });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/a" });
        expect_failure(STEP_ATTACH, ELOOP, PLAN_DETAIL_TARGET_LINK);
        end();
}

TEST(proc_must_be_a_real_folder)
{
        if (container_cannot_run())
                return;
        begin();
        link_in_root("proc", "tmp");
        container_add_root(&c);
        expect_failure(STEP_ATTACH, ELOOP, PLAN_DETAIL_TARGET_LINK);
        end();
}

TEST(another_device_in_the_place_of_one)
{
        if (container_cannot_run())
                return;
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_MKNOD, .s = { "/dev/null" }, .n = { S_IFCHR | 0666, DEVICE(1, 5), 0, 0 });
        CSTEP(&c, .op = STEP_MKNOD, .s = { "/dev/null" }, .n = { S_IFCHR | 0666, DEVICE(1, 3), 0, 0 });
        expect_failure(STEP_MKNOD, EEXIST, PLAN_DETAIL_MISMATCH);
        end();
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_SYMLINK, .s = { "/dev/null", "/proc/kcore" });
        CSTEP(&c, .op = STEP_MKNOD, .s = { "/dev/null" }, .n = { S_IFCHR | 0666, DEVICE(1, 3), 0, 0 });
        expect_failure(STEP_MKNOD, EEXIST, PLAN_DETAIL_MISMATCH);
        end();
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_TREE, .s = { "/dev/zero" }, .n = { 0, S_IFCHR, DEVICE(1, 3) });
        expect_failure(STEP_TREE, ENODEV, PLAN_DETAIL_MISMATCH);
        end();
}

/* Inode numbers are of one file system: every ext4 has a folder 2. */
TEST(sources_that_are_another_file)
{
        struct stat status;
        uint64_t device;

        if (container_cannot_run())
                return;
        REQUIRE_EQ(stat("/dev", &status), 0);
        device = DEVICE((uint64_t)major(status.st_dev), minor(status.st_dev));
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_TREE, .s = { "/dev" }, .n = { 0, 0, device, status.st_ino });
        CSTEP(&c, .op = STEP_TREE, .s = { "/dev" }, .n = { 0, 0, device, status.st_ino + 1 });
        expect_failure(STEP_TREE, ESTALE, PLAN_DETAIL_SOURCE);
        end();
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_TREE, .s = { "/dev" }, .n = { 0, 0, device + 1, status.st_ino });
        expect_failure(STEP_TREE, ESTALE, PLAN_DETAIL_SOURCE);
        end();
}

/* What the image, or a volume, has in place of /dev/null is not what masks. */
TEST(masks_do_not_use_the_containers_null)
{
        if (container_cannot_run())
                return;
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_SYMLINK, .s = { "/dev/null", "/proc/sys/kernel/core_pattern" });
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_MASK, .s = { "/proc/version" });
        container_add_start(&c);
        container_add_exec(&c, "stat -c %t,%T /proc/version; cat /proc/version");
        drive_run(&c.drive);
        expect("1,3\n");
        end();
}

/* A label, or a kernel parameter, does not go to what somebody mounted on /proc. */
TEST(parameters_do_not_go_to_the_containers_proc)
{
        if (container_cannot_run())
                return;
        begin();
        container_add_root(&c);
        container_add_mount(&c, "tmpfs", "/proc", "size=1m", 0);
        CSTEP(&c, .op = STEP_MKDIR, .s = { "/proc/sys/net/ipv4" });
        CSTEP(&c, .op = STEP_MKDIR, .s = { "/proc/self/attr" });
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_SYSCTL, .s = { "net/ipv4/ip_forward", "1" });
        CSTEP(&c, .op = STEP_READY);
        CSTEP(&c, .op = STEP_START_WAIT, .slot = c.start);
        drive_stdio_steps(&c.drive, c.stdio);
        container_add_exec(
                &c, "find /proc/ -type f; mount -t proc proc /tmp && cat /tmp/sys/net/ipv4/ip_forward");
        drive_run(&c.drive);
        expect("1\n");
        end();
}

TEST(options_that_a_file_system_refuses)
{
        if (container_cannot_run())
                return;
        begin();
        container_add_root(&c);
        STEP_TABLE(&c.drive.build, LIST("size=1m", "mode=755", "nonsense"), .op = STEP_FS,
                   .s = { "tmpfs", "tmpfs" });
        expect_failure(STEP_FS, EINVAL, PLAN_DETAIL_OPTION);
        EXPECT_EQ(c.drive.failed.value, 2);
        end();
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_FS, .s = { "no-such-type" });
        expect_failure(STEP_FS, ENODEV, PLAN_DETAIL_TYPE);
        end();
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_TREE, .s = { "/no/such/source" });
        expect_failure(STEP_TREE, ENOENT, PLAN_DETAIL_SOURCE);
        end();
        begin();
        container_add_root(&c);
        CSTEP(&c, .op = STEP_TREE, .s = { outside });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/etc/passwd" });
        expect_failure(STEP_ATTACH, ENOTDIR, PLAN_DETAIL_ATTACH);
        end();
}
