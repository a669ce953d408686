/* SPDX-License-Identifier: MIT */

/* What most plans of these tests begin and end with: see container.h. */

#include "container.h"

#include "harness/test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_TREE_CLONED    1
#define OPEN_TREE_RECURSIVE 0x8000

bool container_cannot_run(void)
{
        if (geteuid() == 0 && getenv("INIT_PROGRAM") && !getenv("INIT_EMULATOR"))
                return false;
        test_skip("needs root, and contain-init in INIT_PROGRAM");
        return true;
}

static void begin(struct container *c, uint32_t flags)
{
        drive_make_rootfs(c->root);
        drive_begin(&c->drive, flags);
        c->drive.clone_flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;
        drive_stdio_slots(&c->drive, c->stdio);
        c->rootfs = drive_slot(&c->drive, PLAN_SLOT_ROOTFS, 0,
                               (int)syscall(SYS_open_tree, AT_FDCWD, c->root,
                                            OPEN_TREE_CLONED | OPEN_TREE_RECURSIVE | O_CLOEXEC));
}

void container_begin(struct container *c, uint32_t flags)
{
        begin(c, flags);
        c->start = drive_start_slot(&c->drive);
}

void container_begin_listening(struct container *c, uint32_t flags)
{
        begin(c, flags);
        c->start = drive_listen_slot(&c->drive);
}

void container_add_mount(struct container *c, const char *type, const char *target, const char *option,
                         uint64_t attr)
{
        STEP_TABLE(&c->drive.build, LIST(option), .op = STEP_FS, .s = { type, type }, .n = { attr });
        CSTEP(c, .op = STEP_ATTACH, .s = { target });
}

void container_add_rootfs(struct container *c)
{
        CSTEP(c, .op = STEP_PROPAGATE, .n = { MS_REC | MS_SLAVE });
        CSTEP(c, .op = STEP_ROOTFS, .slot = c->rootfs, .n = { 0, 1 });
        CSTEP(c, .op = STEP_TARGET_ATTR, .s = { "/" }, .n = { 0, 0, MS_SLAVE, 1 });
}

void container_add_root(struct container *c)
{
        CSTEP(c, .op = STEP_HIDE);
        container_add_rootfs(c);
        CSTEP(c, .op = STEP_FS, .s = { "proc", "proc" }, .n = { ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC });
        CSTEP(c, .op = STEP_ATTACH, .s = { "/proc" }, .n = { PLAN_ATTACH_REAL_DIR });
        container_add_mount(c, "tmpfs", "/dev", "mode=755", ATTR_NOSUID);
}

void container_add_pivot(struct container *c)
{
        CSTEP(c, .op = STEP_PIVOT, .n = { PLAN_PIVOT_ROOT });
}

void container_add_start(struct container *c)
{
        CSTEP(c, .op = STEP_READY);
        CSTEP(c, .op = STEP_START_WAIT, .slot = c->start);
        drive_stdio_steps(&c->drive, c->stdio);
}

void container_add_exec(struct container *c, const char *script)
{
        CSTEP(c, .op = STEP_UMASK, .n = { 022 });
        CSTEP(c, .op = STEP_CWD, .s = { "/" });
        STEP_TABLE(&c->drive.build, LIST("sh", "-c", script, "PATH=/bin"), .op = STEP_EXEC,
                   .s = { "sh", "/sbin:/bin" }, .n = { 3, 1, 1 });
}

void container_add_rest(struct container *c, const char *script)
{
        container_add_pivot(c);
        container_add_start(c);
        container_add_exec(c, script);
}

void container_put_file(struct container *c, const char *path, const char *text)
{
        char full[256];
        FILE *file;

        (void)snprintf(full, sizeof(full), "%s/%s", c->root, path);
        file = fopen(full, "we");
        if (!file)
                exit(1);
        (void)fputs(text, file);
        (void)fclose(file);
}

void container_end(struct container *c)
{
        drive_end(&c->drive);
        drive_remove(c->root);
}
