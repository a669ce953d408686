/* SPDX-License-Identifier: MIT */

/* Whole containers by the real contain-init, as root: from the clone to what the user's program sees. */

#include "container.h"
#include "harness/test.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define DEVICE(major, minor) ((uint64_t)(major) << 32 | (minor))
#define BIT(n)               (UINT64_C(1) << (n))

static struct container c;

/* It ended with @status, having written @output. */
static void expect(int status, const char *output)
{
        EXPECT_EQ(c.drive.failed.kind, 0);
        EXPECT_EQ(c.drive.failed.step, 0);
        EXPECT_EQ(c.drive.failed.error, 0);
        EXPECT_EQ(c.drive.failed.detail, 0);
        EXPECT_EQ(c.drive.status, status);
        EXPECT_STR(c.drive.output, output);
}

TEST(names_network_and_identity_of_the_process)
{
        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        CSTEP(&c, .op = STEP_LOOPBACK);
        CSTEP(&c, .op = STEP_HOSTNAME, .s = { "inside" });
        CSTEP(&c, .op = STEP_DOMAINNAME, .s = { "example" });
        container_add_root(&c);
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_FIND_PROGRAM, .s = { "sh", "/sbin:/bin", "/" });
        container_add_start(&c);
        CSTEP(&c, .op = STEP_KEYRING, .s = { "test" });
        container_add_exec(
                &c, "echo $(hostname) $(cat /proc/sys/kernel/domainname) pid=$$ home=$HOME uid=$(id -u);"
                    "ip addr show lo | grep -c 127.0.0.1; echo fds $(ls /proc/self/fd);"
                    "grep -E 'Sig(Blk|Ign)' /proc/self/status; pwd; umask;"
                    "echo sid=$(cut -d' ' -f6 /proc/self/stat); grep -c . /proc/self/mountinfo; exit 7");
        drive_run(&c.drive);
        expect(7, "inside example pid=1 home=/root uid=0\n1\nfds 0 1 2 3\nSigBlk:\t0000000000000000\n"
                  "SigIgn:\t0000000000000000\n/\n0022\nsid=1\n3\n");
        container_end(&c);
}

TEST(devices_links_masks_and_kernel_parameters)
{
        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        container_add_root(&c);
        container_put_file(&c, "etc/secret", "no\n");
        CSTEP(&c, .op = STEP_MKNOD, .s = { "/dev/null" }, .n = { S_IFCHR | 0666, DEVICE(1, 3), 0, 0 });
        CSTEP(&c, .op = STEP_MKNOD, .s = { "/dev/zero" }, .n = { S_IFCHR | 0640, DEVICE(1, 5), 7, 8 });
        /* There already: left alone. */
        CSTEP(&c, .op = STEP_MKNOD, .s = { "/dev/zero" }, .n = { S_IFCHR | 0666, DEVICE(1, 5), 0, 0 });
        CSTEP(&c, .op = STEP_MKNOD, .s = { "/dev/deep/down/fifo" }, .n = { S_IFIFO | 0600, 0, 0, 0 });
        CSTEP(&c, .op = STEP_SYMLINK, .s = { "/dev/fd", "/proc/self/fd" });
        CSTEP(&c, .op = STEP_SYMLINK, .s = { "/dev/fd", "/elsewhere" });
        CSTEP(&c, .op = STEP_SYMLINK, .s = { "/dev/yes", "/proc/version" }, .n = { 1 });
        CSTEP(&c, .op = STEP_SYMLINK, .s = { "/dev/no", "/proc/no-such-file" }, .n = { 1 });
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_SYSCTL, .s = { "net/ipv4/ip_forward", "1" });
        CSTEP(&c, .op = STEP_MASK, .s = { "/proc/version" });
        CSTEP(&c, .op = STEP_MASK, .s = { "/proc/cmdline" });
        CSTEP(&c, .op = STEP_MASK, .s = { "/proc/fs" });
        CSTEP(&c, .op = STEP_MASK, .s = { "/etc" });
        CSTEP(&c, .op = STEP_MASK, .s = { "/no/such/path" });
        CSTEP(&c, .op = STEP_READ_ONLY, .s = { "/proc/sys" });
        CSTEP(&c, .op = STEP_READ_ONLY, .s = { "/proc/uptime" });
        CSTEP(&c, .op = STEP_READ_ONLY, .s = { "/no/such/path" });
        CSTEP(&c, .op = STEP_ROOT_ATTR, .n = { ATTR_RDONLY, 0, 0, 0 });
        container_add_start(&c);
        container_add_exec(&c,
                           "cat /proc/sys/net/ipv4/ip_forward; stat -c %a,%u,%g,%t,%T /dev/null /dev/zero;"
                           "readlink /dev/fd; readlink /dev/yes; ls /dev /dev/deep/down;"
                           "cat /proc/version /proc/cmdline; ls -A /proc/fs /etc;"
                           "for f in /proc/sys/net/ipv4/ip_forward /x /etc/x; do touch $f 2>&1; done;"
                           "grep -c ' ro,' /proc/self/mountinfo");
        drive_run(&c.drive);
        expect(0, "1\n666,0,0,1,3\n640,7,8,1,5\n/proc/self/fd\n/proc/version\n"
                  "/dev:\ndeep\nfd\nnull\nyes\nzero\n\n/dev/deep/down:\nfifo\n/etc:\n\n/proc/fs:\n"
                  "touch: /proc/sys/net/ipv4/ip_forward: Read-only file system\n"
                  "touch: /x: Read-only file system\ntouch: /etc/x: Read-only file system\n5\n");
        container_end(&c);
}

TEST(user_groups_and_capabilities)
{
        const uint32_t groups[] = { 5, 6 };

        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        container_add_root(&c);
        container_add_pivot(&c);
        container_add_start(&c);
        CSTEP(&c, .op = STEP_UMASK, .n = { 027 });
        CSTEP(&c, .op = STEP_BOUNDING, .n = { BIT(CAP_KILL) | BIT(CAP_CHOWN) });
        CSTEP(&c, .op = STEP_IDENTITY, .n = { 1000, 1001, 1 }, .blob = groups, .blob_size = sizeof(groups));
        CSTEP(&c, .op = STEP_CWD, .s = { "/tmp/../etc" });
        CSTEP(&c, .op = STEP_CAPABILITIES,
              .n = { BIT(CAP_KILL), BIT(CAP_KILL) | BIT(CAP_CHOWN), BIT(CAP_KILL), BIT(CAP_KILL) });
        CSTEP(&c, .op = STEP_NO_NEW_PRIVS);
        STEP_TABLE(&c.drive.build,
                   LIST("sh", "-c", "id; umask; pwd; echo $HOME $A; grep -E '^(Cap|NoNew)' /proc/self/status",
                        "A=b"),
                   .op = STEP_EXEC, .s = { "/bin/sh", NULL }, .n = { 3, 1, 1 });
        drive_run(&c.drive);
        expect(0, "uid=1000(user) gid=1001 groups=5,6\n0027\n/etc\n/home/user b\nCapInh:\t0000000000000020\n"
                  "CapPrm:\t0000000000000020\nCapEff:\t0000000000000020\nCapBnd:\t0000000000000021\n"
                  "CapAmb:\t0000000000000020\nNoNewPrivs:\t1\n");
        container_end(&c);
}

TEST(user_namespace_keeps_capabilities_over_the_exec_of_contain_init)
{
        if (container_cannot_run())
                return;
        container_begin(&c, PLAN_FLAG_USERNS | PLAN_FLAG_AMBIENT);
        c.drive.clone_flags |= CLONE_NEWUSER;
        c.drive.ambient = true;
        CSTEP(&c, .op = STEP_ID_MAPS, .s = { "0 100000 65536\n", "0 100000 65536\n" });
        CSTEP(&c, .op = STEP_ROOT_IDS, .n = { 0, 0 });
        CSTEP(&c, .op = STEP_LOOPBACK);
        container_add_root(&c);
        container_add_rest(
                &c,
                "id -u; id -g; cat /proc/self/uid_map | tr -s ' '; grep -E 'Cap(Eff|Amb)' /proc/self/status;"
                "stat -c %u:%g /dev; stat -c %u:%g /");
        drive_run(&c.drive);
        EXPECT_CONTAINS(c.drive.output, "0\n0\n 0 100000 65536\nCapEff:\t00000");
        EXPECT_CONTAINS(c.drive.output, "CapAmb:\t0000000000000000\n0:0\n65534:65534\n");
        EXPECT_EQ(c.drive.status, 0);
        container_end(&c);
}

TEST(staged_with_joined_and_new_namespaces)
{
        pid_t uts_holder, net_holder;
        int uts, net;

        if (container_cannot_run())
                return;
        uts_holder = drive_hold(CLONE_NEWUTS);
        net_holder = drive_hold(CLONE_NEWUSER | CLONE_NEWNET);
        container_begin(&c, PLAN_FLAG_STAGED | PLAN_FLAG_USERNS);
        c.drive.clone_flags = 0;
        uts = drive_slot(&c.drive, PLAN_SLOT_NAMESPACE, CLONE_NEWUTS, drive_namespace(uts_holder, "uts"));
        net = drive_slot(&c.drive, PLAN_SLOT_NAMESPACE, CLONE_NEWNET, drive_namespace(net_holder, "net"));
        CSTEP(&c, .op = STEP_JOIN, .slot = uts, .n = { CLONE_NEWUTS, PLAN_JOIN_TRY });
        CSTEP(&c, .op = STEP_JOIN, .slot = net, .n = { CLONE_NEWNET, PLAN_JOIN_TRY });
        CSTEP(&c, .op = STEP_UNSHARE, .n = { CLONE_NEWUSER });
        CSTEP(&c, .op = STEP_ID_MAPS, .s = { "0 100000 65536\n", "0 100000 65536\n" });
        CSTEP(&c, .op = STEP_ROOT_IDS, .n = { 0, 0 });
        CSTEP(&c, .op = STEP_JOIN, .slot = uts, .n = { CLONE_NEWUTS, PLAN_JOIN_RETRY });
        CSTEP(&c, .op = STEP_JOIN, .slot = net, .n = { CLONE_NEWNET, PLAN_JOIN_RETRY });
        CSTEP(&c, .op = STEP_UNSHARE, .n = { CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC });
        CSTEP(&c, .op = STEP_HIDE);
        CSTEP(&c, .op = STEP_FORK);
        CSTEP(&c, .op = STEP_CGROUP);
        CSTEP(&c, .op = STEP_UNSHARE, .n = { CLONE_NEWCGROUP });
        container_add_root(&c);
        container_add_rest(&c, "echo $$ $(id -u); echo sid=$(cut -d' ' -f6 /proc/self/stat); cat "
                               "/proc/self/cgroup | head -n 1 | cut -d: -f3");
        drive_run(&c.drive);
        expect(0, "1 0\nsid=1\n/\n");
        container_end(&c);
        drive_let_go(uts_holder);
        drive_let_go(net_holder);
}

TEST(staged_into_a_pid_namespace)
{
        pid_t holder;
        int joined;

        if (container_cannot_run())
                return;
        holder = drive_hold(CLONE_NEWPID);
        container_begin(&c, PLAN_FLAG_STAGED);
        c.drive.clone_flags = 0;
        joined = drive_slot(&c.drive, PLAN_SLOT_NAMESPACE, CLONE_NEWPID, drive_namespace(holder, "pid"));
        CSTEP(&c, .op = STEP_JOIN, .slot = joined, .n = { CLONE_NEWPID, PLAN_JOIN_MUST });
        CSTEP(&c, .op = STEP_UNSHARE, .n = { CLONE_NEWNS });
        CSTEP(&c, .op = STEP_FORK);
        container_add_root(&c);
        container_add_rest(&c, "echo pid $$; test $(ls -d /proc/[0-9]* | wc -l) -ge 2 && echo both");
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.kind, 0);
        EXPECT_CONTAINS(c.drive.output, "pid ");
        EXPECT_CONTAINS(c.drive.output, "both");
        EXPECT(!strstr(c.drive.output, "pid 1\n"));
        container_end(&c);
        drive_let_go(holder);
}

TEST(time_namespace)
{
        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        CSTEP(&c, .op = STEP_HIDE);
        CSTEP(&c, .op = STEP_UNSHARE, .n = { CLONE_NEWTIME });
        CSTEP(&c, .op = STEP_TIME_OFFSETS, .s = { "boottime 100000000 0\n" });
        CSTEP(&c, .op = STEP_ENTER_TIME);
        container_add_root(&c);
        container_add_rest(&c, "read up rest </proc/uptime; test ${up%.*} -ge 100000000 && echo late");
        drive_run(&c.drive);
        expect(0, "late\n");
        container_end(&c);
}

TEST(chroot_without_a_mount_namespace)
{
        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        c.drive.clone_flags = 0;
        CSTEP(&c, .op = STEP_HIDE);
        CSTEP(&c, .op = STEP_ROOTFS, .s = { c.root }, .n = { 0, 0 });
        CSTEP(&c, .op = STEP_PIVOT, .n = { PLAN_PIVOT_CHROOT });
        container_add_start(&c);
        container_add_exec(&c, "ls /; pwd");
        drive_run(&c.drive);
        expect(0, "bin\ndev\netc\nproc\nsys\ntmp\n/\n");
        container_end(&c);
}

TEST(no_pivot_and_path_instead_of_slot)
{
        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        CSTEP(&c, .op = STEP_HIDE);
        CSTEP(&c, .op = STEP_PROPAGATE, .n = { MS_REC | MS_PRIVATE });
        CSTEP(&c, .op = STEP_ROOTFS, .s = { c.root }, .n = { 1, 1 });
        CSTEP(&c, .op = STEP_FS, .s = { "proc" });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/made/proc" }, .n = { PLAN_ATTACH_REAL_DIR });
        CSTEP(&c, .op = STEP_PIVOT, .n = { PLAN_PIVOT_MOVE });
        CSTEP(&c, .op = STEP_ROOT_ATTR, .n = { ATTR_RDONLY, 0, 0, 0 });
        container_add_start(&c);
        container_add_exec(
                &c, "ls /; ls /made/proc/1/status; cat /made/proc/self/mountinfo | grep -c .; touch /x 2>&1");
        drive_run(&c.drive);
        expect(1, "bin\ndev\netc\nmade\nproc\nsys\ntmp\n/made/proc/1/status\n2\ntouch: /x: Read-only file "
                  "system\n");
        container_end(&c);
}

TEST(in_place)
{
        if (container_cannot_run())
                return;
        container_begin(&c, PLAN_FLAG_BECOME | PLAN_FLAG_USERNS);
        c.drive.clone_flags = 0;
        CSTEP(&c, .op = STEP_UNSHARE, .n = { CLONE_NEWUSER });
        CSTEP(&c, .op = STEP_ID_MAPS, .s = { "0 100000 65536\n", "0 100000 65536\n" });
        CSTEP(&c, .op = STEP_ROOT_IDS, .n = { 0, 0 });
        CSTEP(&c, .op = STEP_UNSHARE, .n = { CLONE_NEWNS | CLONE_NEWUTS });
        container_add_rootfs(&c);
        CSTEP(&c, .op = STEP_TREE, .s = { "/proc" }, .n = { 1 });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/proc" });
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_RLIMIT, .s = { "RLIMIT_CORE" }, .n = { 4, 0, 0 });
        CSTEP(&c, .op = STEP_OOM_SCORE, .s = { "500" });
        container_add_exec(&c, "id -u; grep 'core file' /proc/self/limits | tr -s ' '; cat "
                               "/proc/self/oom_score_adj; ls /proc/self/fd; exit 3");
        drive_create(&c.drive);
        drive_wait(&c.drive);
        EXPECT_EQ(c.drive.status, 3);
        EXPECT_CONTAINS(c.drive.output, "Max core file size 0 0 bytes");
        EXPECT_CONTAINS(c.drive.output, "0\n1\n2\n3\n");
        container_end(&c);
}

TEST(in_place_failures_are_a_line_of_text)
{
        if (container_cannot_run())
                return;
        container_begin(&c, PLAN_FLAG_BECOME);
        c.drive.clone_flags = 0;
        STEP_TABLE(&c.drive.build, LIST("no-such-program"), .op = STEP_EXEC, .at = "/process/args",
                   .s = { "no-such-program", "/bin" }, .n = { 1, 0, 0 });
        drive_create(&c.drive);
        drive_wait(&c.drive);
        EXPECT_EQ(c.drive.status, 127);
        EXPECT_STR(c.drive.output, "contain: /process/args: exec failed: errno 2\n");
        container_end(&c);
}

/* The descriptors that the program asks for are those that contain-init itself has got. */
TEST(additional_descriptors)
{
        int extra[4], ends[2], i;

        if (container_cannot_run())
                return;
        container_begin_listening(&c, 0);
        c.drive.probes = true;
        for (i = 0; i < 4; i++) {
                char text[2] = { (char)('a' + i), '\0' };

                (void)!pipe2(ends, O_CLOEXEC);
                (void)!write(ends[1], text, 1);
                (void)close(ends[1]);
                extra[i] = drive_slot(&c.drive, PLAN_SLOT_EXTRA, (uint64_t)i, ends[0]);
        }
        container_add_root(&c);
        container_add_pivot(&c);
        container_add_start(&c);
        for (i = 0; i < 4; i++)
                CSTEP(&c, .op = STEP_EXTRA_FD, .slot = extra[i], .n = { (uint64_t)(3 + i) });
        /* Again, the other way round. */
        for (i = 0; i < 4; i++)
                CSTEP(&c, .op = STEP_EXTRA_FD, .slot = extra[3 - i], .n = { (uint64_t)(7 + i) });
        container_add_exec(&c, "cat <&3; cat <&4; cat <&5; cat <&6; echo; echo fds $(ls /proc/self/fd)");
        drive_run(&c.drive);
        expect(0, "abcd\nfds 0 1 10 11 2 3 4 5 6 7 8 9\n");
        container_end(&c);
}

TEST(terminal)
{
        char text[256] = "";
        ssize_t n;

        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        container_add_root(&c);
        STEP_TABLE(&c.drive.build, LIST("newinstance", "ptmxmode=0666", "mode=0620"), .op = STEP_FS,
                   .s = { "devpts", "devpts" });
        CSTEP(&c, .op = STEP_ATTACH, .s = { "/dev/pts" });
        CSTEP(&c, .op = STEP_CONSOLE, .s = { "/dev/pts" }, .n = { 24, 80, 1000 });
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_READY);
        CSTEP(&c, .op = STEP_START_WAIT, .slot = c.start);
        CSTEP(&c, .op = STEP_STDIO_CONSOLE);
        container_add_exec(&c, "tty; stty size; stat -c %u,%t /dev/pts/0; test -c /dev/console && echo "
                               "console >/dev/console; echo tty >/dev/tty || echo no");
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.error, 0);
        REQUIRE(c.drive.console_fd >= 0);
        n = read(c.drive.console_fd, text, sizeof(text) - 1);
        for (ssize_t more = n; more > 0; n += more)
                more = read(c.drive.console_fd, text + n, sizeof(text) - 1 - (size_t)n),
                more = more < 0 ? 0 : more;
        EXPECT_CONTAINS(text, "/dev/pts/0\r\n24 80\r\n1000,88\r\nconsole\r\n");
        container_end(&c);
}

TEST(terminal_without_devpts)
{
        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        container_add_root(&c);
        CSTEP(&c, .op = STEP_CONSOLE, .s = { "" });
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_READY);
        CSTEP(&c, .op = STEP_START_WAIT, .slot = c.start);
        CSTEP(&c, .op = STEP_STDIO_CONSOLE);
        container_add_exec(&c, "test -t 0 && exit 5");
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.error, 0);
        EXPECT_EQ(c.drive.status, 5);
        container_end(&c);
}

TEST(limits)
{
        const uint64_t scheduler[] = { 3 /* SCHED_BATCH */, 0, 5, 0, 0, 0, 0 };
        const uint64_t nodes[] = { 1 };

        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        container_add_root(&c);
        container_add_pivot(&c);
        container_add_start(&c);
        CSTEP(&c, .op = STEP_PERSONALITY, .n = { 0x0008 /* PER_LINUX32 */ });
        CSTEP(&c, .op = STEP_SCHEDULER, .blob = scheduler, .blob_size = sizeof(scheduler));
        CSTEP(&c, .op = STEP_IO_PRIORITY, .n = { 2, 6 });
        CSTEP(&c, .op = STEP_MEMORY_POLICY, .n = { 2 /* MPOL_BIND */, 64 }, .blob = nodes,
              .blob_size = sizeof(nodes));
        container_add_exec(&c, "uname -m; cut -d' ' -f19,41 /proc/self/stat; ionice -p $$; grep -c bind "
                               "/proc/self/numa_maps");
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.error, 0);
        EXPECT_CONTAINS(c.drive.output, "5 3\nbest-effort: prio 6\n");
        container_end(&c);
}
