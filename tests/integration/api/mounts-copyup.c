/* SPDX-License-Identifier: MIT */

/* tmpcopyup: a tmpfs that begins with what the image has there. */

#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* The path of @name in the root file system, in @buffer. */
static char *in_root(const struct world *w, const char *name, char buffer[256])
{
        snprintf(buffer, 256, "%s/%s", w->rootfs, name);
        return buffer;
}

static void make_file(const struct world *w, const char *name, const char *text, unsigned uid, unsigned mode)
{
        char path[256];

        EXPECT_EQ(write_text(in_root(w, name, path), text), 0);
        EXPECT_EQ(chown(path, uid, uid + 1), 0);
        EXPECT_EQ(chmod(path, mode), 0);
}

TEST(owners_modes_and_times)
{
        const struct timespec times[2] = { { 1000000000, 0 }, { 1100000000, 0 } };
        struct json_object *config;
        char path[256];
        WORLD(w);

        make_file(&w, "var/suid", "x", 3, 04711);
        mkdir(in_root(&w, "var/folder", path), 0700);
        EXPECT_EQ(chmod(path, 01770), 0);
        make_file(&w, "var/folder/file", "deep\n", 7, 0604);
        EXPECT_EQ(utimensat(AT_FDCWD, in_root(&w, "var/folder/file", path), times, 0), 0);
        EXPECT_EQ(utimensat(AT_FDCWD, in_root(&w, "var/folder", path), times, 0), 0);
        EXPECT_EQ(chown(in_root(&w, "var", path), 12, 13), 0);
        EXPECT_EQ(chmod(path, 0751), 0);
        config = CONFIG(
                w, "cd /var; stat -c '%n %u %g %a' . suid folder folder/file; stat -c %Y folder folder/file; "
                   "cat folder/file; umask");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup");
        EXPECT_OUTPUT(w, config,
                      ". 12 13 751\nsuid 3 4 4711\nfolder 0 0 1770\nfolder/file 7 8 604\n1100000000\n"
                      "1100000000\ndeep\n0022\n");
        /* what the options say of the topmost folder wins */
        config = CONFIG(w, "stat -c '%u %g %a' /var");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup,uid=1,mode=711");
        EXPECT_OUTPUT(w, config, "1 0 711\n");
}

TEST(links_and_nodes)
{
        struct json_object *config;
        char path[256], other[256];
        WORLD(w);

        make_file(&w, "var/one", "same\n", 5, 0644);
        mkdir(in_root(&w, "var/folder", path), 0755);
        EXPECT_EQ(link(in_root(&w, "var/one", path), in_root(&w, "var/folder/two", other)), 0);
        EXPECT_EQ(link(in_root(&w, "var/one", path), in_root(&w, "etc/three", other)), 0);
        EXPECT_EQ(symlink("../../../../../../../etc/passwd", in_root(&w, "var/link", path)), 0);
        EXPECT_EQ(lchown(path, 8, 9), 0);
        EXPECT_EQ(symlink("/no/such/place", in_root(&w, "var/nowhere", path)), 0);
        EXPECT_EQ(mkfifo(in_root(&w, "var/pipe", path), 0640), 0);
        EXPECT_EQ(mknod(in_root(&w, "var/device", path), S_IFCHR | 0666, makedev(1, 5)), 0);
        config = CONFIG(w, "cd /var; stat -c '%n %h %u %F' one folder/two link nowhere pipe; readlink link; "
                           "[ one -ef folder/two ] && echo linked; [ one -ef /etc/three ] || echo apart; "
                           "echo changed >one; cat folder/two /etc/three; ls -A");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup");
        EXPECT_OUTPUT(w, config,
                      "one 2 5 regular file\nfolder/two 2 5 regular file\nlink 1 8 symbolic link\n"
                      "nowhere 1 0 symbolic link\npipe 1 0 fifo\n../../../../../../../etc/passwd\n"
                      "linked\napart\nchanged\nsame\nfolder\nlink\nnowhere\none\npipe\n");
}

TEST(file_capabilities_are_kept)
{
        /* version 2, CAP_NET_RAW permitted and effective */
        static const unsigned char capability[] = { 1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0,
                                                    0, 0, 0, 0, 0, 0,    0, 0, 0, 0 };
        struct json_object *config;
        char path[256];
        WORLD(w);

        make_file(&w, "var/ping", "x", 3, 0755);
        if (setxattr(in_root(&w, "var/ping", path), "security.capability", capability, sizeof(capability),
                     0) < 0)
                SKIP("the file system has no extended attributes");
        /* the host looks, as busybox does not */
        config = CONFIG(w, "exec 9</var/ping; readlink /proc/self/fd/9");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup");
        auto_container c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        snprintf(path, sizeof(path), "/proc/%d/root/var/ping", contain_pid(c));
        unsigned char found[64];
        EXPECT_EQ(getxattr(path, "security.capability", found, sizeof(found)), sizeof(capability));
        EXPECT(memcmp(found, capability, sizeof(capability)) == 0);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* Larger ones than ext4 has, in a tmpfs that the image's folder is for as long as the test runs. */
TEST(large_attributes_are_copied)
{
        char path[256], folder[256], value[16384];
        struct json_object *config;
        contain_error_t *error = NULL;
        contain_t *c;
        int r, set;
        WORLD(w);

        memset(value, 'v', sizeof(value));
        REQUIRE_EQ(mount("tmpfs", in_root(&w, "var", folder), "tmpfs", MS_NOSUID | MS_NODEV, NULL), 0);
        make_file(&w, "var/file", "x", 3, 0644);
        set = setxattr(in_root(&w, "var/file", path), "user.large", value, sizeof(value), 0);
        config = CONFIG(w, "true");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup");
        c = guest_new(&w, config);
        r = set == 0 ? contain_create(c, &error) : 0;
        snprintf(path, sizeof(path), "/proc/%d/root/var/file", contain_pid(c));
        if (set == 0 && r == 0) {
                EXPECT_EQ(getxattr(path, "user.large", value, sizeof(value)), (ssize_t)sizeof(value));
                EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        }
        contain_unref(c);
        EXPECT_EQ(umount2(folder, MNT_DETACH), 0);
        if (set < 0)
                SKIP("a tmpfs has no extended attributes of users before Linux 6.6");
        EXPECT_EQ(r, 0);
        contain_error_free(error);
}

TEST(more_than_the_tmpfs_holds)
{
        contain_error_t *error = NULL;
        struct json_object *config;
        auto_container c = NULL;
        char path[256];
        WORLD(w);

        make_file(&w, "var/big", "", 0, 0644);
        EXPECT_EQ(truncate(in_root(&w, "var/big", path), 1 << 20), 0);
        config = CONFIG(w, "true");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup,size=64k");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_create(c, &error), -ENOSPC);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_MOUNT);
        EXPECT_STR(contain_error_pointer(error), "/mounts/2/options/0");
        EXPECT_CONTAINS(contain_error_hint(error), "'size'");
        contain_error_free(error);
}

TEST(hostile_content)
{
        struct json_object *config;
        char path[256], link[256];
        WORLD(w);

        /* a target that leads out, and links in place of folders and files */
        snprintf(path, sizeof(path), "%s/secret", w.dir);
        mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/secret/file", w.dir);
        write_text(path, "secret\n");
        snprintf(link, sizeof(link), "../../../../../../..%s/secret", w.dir);
        EXPECT_EQ(symlink(link, in_root(&w, "escape", path)), 0);
        EXPECT_EQ(symlink(link, in_root(&w, "var/out", path)), 0);
        config = CONFIG(w,
                        "ls -A /escape/; readlink /var/out | grep -c secret; cat /var/out/file 2>/dev/null");
        config_mount(config, "/escape", "tmpfs", "tmpfs", "tmpcopyup");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup");
        EXPECT_OUTPUT(w, config, "1\nexit 1\n");
        /* folders deeper than anybody needs */
        in_root(&w, "var", path);
        for (int i = 0; i < 80; i++) {
                strcat(path, "/d");
                if (strlen(path) + 3 > sizeof(path) || mkdir(path, 0755) < 0)
                        break;
        }
        config = CONFIG(w, "true");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup");
        expect_config_refusal(&w, CONTAIN_E_MOUNT, "/mounts/2/options/0", config);
}

TEST(nothing_to_copy)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, "ls -A /none; stat -c %a /none");
        config_mount(config, "/none", "tmpfs", "tmpfs", "tmpcopyup,mode=700");
        EXPECT_OUTPUT(w, config, "700\n");
        expect_refusal(&w, CONTAIN_E_VALUE, "/mounts/2/options/0", "/none", "proc", "proc", "tmpcopyup");
}

TEST(in_a_user_namespace)
{
        struct json_object *config;
        WORLD(w);

        EXPECT_EQ(chmod(w.dir, 0755), 0);
        make_file(&w, "var/ours", "ours\n", 100003, 0640);
        make_file(&w, "var/others", "others\n", 4, 0644);
        config = CONFIG(w, "cd /var; stat -c '%n %u %g' ours; cat ours others; echo new >ours");
        config_mount(config, "/var", "tmpfs", "tmpfs", "tmpcopyup");
        config_map_ids(config, 100000, 1000);
        EXPECT_OUTPUT(w, config, "ours 3 4\nours\nothers\n");
}
