/* SPDX-License-Identifier: MIT */

/* Every word of mounts[].options (config.md, "Linux mount options"): what it does, and where it is refused.
 */

#include "mounts.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

struct effect {
        const char *options, *mount, *super; /* how both option fields of mountinfo begin */
};

static void expect_effects(struct world *w, const char *type, const struct effect *effects, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                struct json_object *config = config_new(w->rootfs, MOUNT_FIELDS("/t"));
                auto_text output = NULL;
                char expected[160];

                config_mount(config, "/t", type, "source", effects[i].options);
                output = guest_output(w, config);
                snprintf(expected, sizeof(expected), "%s - %s source %s", effects[i].mount, type,
                         effects[i].super);
                REQUIRE(output != NULL);
                (void)test_check(strncmp(output, expected, strlen(expected)) == 0, __FILE__, __LINE__,
                                 "'%s': expected %s, found %s", effects[i].options, expected, output);
        }
}

TEST(words_of_the_mount)
{
        static const struct effect effects[] = {
                { "", "rw,relatime", "rw" },
                { "defaults", "rw,relatime", "rw" },
                { "ro", "ro,relatime", "rw" },
                { "ro,rw", "rw,relatime", "rw" },
                { "nosuid", "rw,nosuid,relatime", "rw" },
                { "nosuid,suid", "rw,relatime", "rw" },
                { "nodev", "rw,nodev,relatime", "rw" },
                { "nodev,dev", "rw,relatime", "rw" },
                { "noexec", "rw,noexec,relatime", "rw" },
                { "noexec,exec", "rw,relatime", "rw" },
                { "noatime", "rw,noatime", "rw" },
                { "noatime,atime", "rw,relatime", "rw" },
                { "strictatime", "rw", "rw" },
                { "strictatime,nostrictatime", "rw,relatime", "rw" },
                { "noatime,relatime", "rw,relatime", "rw" },
                { "relatime,norelatime", "rw,relatime", "rw" },
                { "nodiratime", "rw,nodiratime,relatime", "rw" },
                { "nodiratime,diratime", "rw,relatime", "rw" },
                { "nosymfollow", "rw,relatime,nosymfollow", "rw" },
                { "nosymfollow,symfollow", "rw,relatime", "rw" },
        };
        WORLD(w);

        expect_effects(&w, "tmpfs", effects, sizeof(effects) / sizeof(effects[0]));
}

/* Those for all below are for the mount as well. */
TEST(recursive_words_of_the_mount)
{
        static const struct effect effects[] = {
                { "rro", "ro,relatime", "rw" },
                { "rro,rrw", "rw,relatime", "rw" },
                { "rnosuid,rnodev,rnoexec", "rw,nosuid,nodev,noexec,relatime", "rw" },
                { "rnosuid,rsuid,rnodev,rdev,rnoexec,rexec", "rw,relatime", "rw" },
                { "rnoatime", "rw,noatime", "rw" },
                { "rnoatime,ratime", "rw,relatime", "rw" },
                { "rstrictatime", "rw", "rw" },
                { "rstrictatime,rnostrictatime", "rw,relatime", "rw" },
                { "rnoatime,rrelatime", "rw,relatime", "rw" },
                { "rrelatime,rnorelatime", "rw,relatime", "rw" },
                { "rnodiratime", "rw,nodiratime,relatime", "rw" },
                { "rnodiratime,rdiratime", "rw,relatime", "rw" },
        };
        WORLD(w);

        if (!kernel_is_at_least(5, 12))
                SKIP("recursive words take Linux 5.12");
        expect_effects(&w, "tmpfs", effects, sizeof(effects) / sizeof(effects[0]));
}

/* As tmpfs begins its options with them: what the kernel shows of a file system's flags. */
TEST(words_of_the_file_system)
{
        static const struct effect effects[] = {
                { "sync", "rw,relatime", "rw,sync" },
                { "sync,async", "rw,relatime", "rw" },
                { "dirsync", "rw,relatime", "rw,dirsync" },
                { "lazytime", "rw,relatime", "rw,lazytime" },
                { "lazytime,nolazytime", "rw,relatime", "rw" },
                { "mand,nomand", "rw,relatime", "rw" },
                { "iversion", "rw,relatime", "rw" },
                { "noiversion", "rw,relatime", "rw" },
                { "silent", "rw,relatime", "rw" },
                { "loud", "rw,relatime", "rw" },
                /* by mount(2), which has to say the same about all the rest */
                { "iversion,sync,dirsync,lazytime", "rw,relatime", "rw,sync,dirsync,lazytime" },
                { "silent,ro,nosuid,nodev,noexec", "ro,nosuid,nodev,noexec,relatime", "rw" },
                { "iversion,noatime,nodiratime", "rw,noatime,nodiratime", "rw" },
                { "iversion,strictatime", "rw", "rw" },
                { "silent,nosymfollow", "rw,relatime,nosymfollow", "rw" },
        };
        WORLD(w);

        expect_effects(&w, "tmpfs", effects, sizeof(effects) / sizeof(effects[0]));
}

/* `mand` is still taken by newer kernels, and means nothing to them. */
TEST(mandatory_locks)
{
        struct json_object *config;
        WORLD(w);

        config = CONFIG(w, MOUNT_FIELDS("/t"));
        config_mount(config, "/t", "tmpfs", "source", "mand");
        EXPECT_IN_OUTPUT(w, config, " - tmpfs source rw,mand");
}

TEST(file_systems_by_mount_2_behave)
{
        struct json_object *config;
        WORLD(w);

        /* one mount of each, none where it was made, and the propagation of any other */
        config = CONFIG(
                w, "grep -c ' - ' /proc/self/mountinfo; grep ' /a/b ' /proc/self/mountinfo | cut -d ' ' -f "
                   "6-; grep -c contain-test /proc/self/mountinfo; stat -c %a /a/b; echo x >/a/b/file");
        config_mount(config, "/a", "tmpfs", "source", "silent");
        config_mount(config, "/a/b", "tmpfs", "source", "iversion,size=64k,mode=711,unbindable");
        config_remove(config, "/mounts/1");
        EXPECT_IN_OUTPUT(w, config, "rw,relatime unbindable - tmpfs source rw,size=64k,mode=711");
        config = CONFIG(w, "mount | wc -l; ls /; cat /a/b/from");
        config_mount(config, "/a", "tmpfs", "source", "silent,tmpcopyup");
        config_mount(config, "/a/b", "tmpfs", "source", "iversion,ro");
        config_remove(config, "/mounts/1");
        EXPECT_IN_OUTPUT(w, config, "4\na\nbin\n");
}

TEST(words_that_a_file_system_refuses)
{
        static const struct {
                const char *options, *pointer;
        } cases[] = {
                { "no-such-word", "/mounts/2" },
                { "size=1m,no-such-word=1", "/mounts/2" },
                { "silent,no-such-word", "/mounts/2" },
                /* of other runtimes: nothing here knows them, so the file system is asked */
                { "rsync", "/mounts/2" },
                { "rasync", "/mounts/2" },
                { "rdirsync", "/mounts/2" },
                { "rmand", "/mounts/2" },
                { "rnomand", "/mounts/2" },
                { "copy-symlink", "/mounts/2" },
        };
        WORLD(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                expect_refusal(&w, CONTAIN_E_MOUNT, cases[i].pointer, "/t", "tmpfs", "tmpfs",
                               cases[i].options);
}

TEST(words_that_a_bind_mount_cannot_have)
{
        static const struct {
                const char *options, *pointer;
        } cases[] = {
                { "bind,sync", "/mounts/2/options/1" },
                { "rbind,dirsync", "/mounts/2/options/1" },
                { "mand,bind", "/mounts/2/options/0" },
                { "bind,ro,lazytime", "/mounts/2/options/2" },
                { "bind,iversion", "/mounts/2/options/1" },
                { "bind,size=64k", "/mounts/2/options/1" },
                { "bind,no-such-word", "/mounts/2/options/1" },
                { "bind,tmpcopyup", "/mounts/2/options/1" },
                { "bind,src-nofollow", "/mounts/2/options/1" },
                { "bind,dest-nofollow", "/mounts/2/options/1" },
                { "bind,copy-symlink", "/mounts/2/options/1" },
                { "bind,rsync", "/mounts/2/options/1" },
        };
        WORLD(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                expect_refusal(&w, CONTAIN_E_VALUE, cases[i].pointer, "/t", "none", w.dir, cases[i].options);
        /* what is so anyway is no reason to refuse */
        for (size_t i = 0; i < 1; i++) {
                struct json_object *config = CONFIG(w, "cat /t/file");
                char file[128];

                snprintf(file, sizeof(file), "%s/file", w.dir);
                write_text(file, "here\n");
                config_mount(config, "/t", "none", w.dir,
                             "bind,async,nomand,nolazytime,noiversion,loud,silent,defaults,rw");
                EXPECT_OUTPUT(w, config, "here\n");
        }
}

TEST(links_are_not_followed)
{
        struct json_object *config;
        char link[128];
        WORLD(w);

        snprintf(link, sizeof(link), "%s/data", w.dir);
        mkdir(link, 0755);
        snprintf(link, sizeof(link), "%s/data/link", w.dir);
        EXPECT_EQ(symlink("/etc", link), 0);
        config = CONFIG(w, "cd /t/link 2>/dev/null || echo refused; readlink /t/link; cd /u/link && pwd");
        snprintf(link, sizeof(link), "%s/data", w.dir);
        config_mount(config, "/t", "none", link, "bind,nosymfollow");
        config_mount(config, "/u", "none", link, "bind,nosymfollow,symfollow");
        EXPECT_OUTPUT(w, config, "refused\n/etc\n/u/link\n");
}

TEST(attributes_of_all_below)
{
        static const struct {
                const char *options, *outer, *inner;
        } cases[] = {
                { "rbind", "rw,relatime", "rw,relatime" },
                { "rbind,ro", "ro,relatime", "rw,relatime" },
                { "rbind,rro", "ro,relatime", "ro,relatime" },
                { "rbind,rro,rw", "rw,relatime", "ro,relatime" },
                { "rbind,rnosuid,nodev", "rw,nosuid,nodev,relatime", "rw,nosuid,relatime" },
                { "rbind,rnoatime", "rw,noatime", "rw,noatime" },
                { "rbind,rstrictatime,noatime", "rw,noatime", "rw" },
                { "rbind,rnodiratime", "rw,nodiratime,relatime", "rw,nodiratime,relatime" },
                { "rbind,rnosymfollow", "rw,relatime,nosymfollow", "rw,relatime,nosymfollow" },
                { "rbind,rnosymfollow,symfollow", "rw,relatime", "rw,relatime,nosymfollow" },
                { "rbind,rnodev,rnoexec", "rw,nodev,noexec,relatime", "rw,nodev,noexec,relatime" },
        };
        char outer[128], inner[160], expected[160];
        WORLD(w);

        if (!kernel_is_at_least(5, 14))
                SKIP("'rnosymfollow' takes Linux 5.14");
        snprintf(outer, sizeof(outer), "%s/outer", w.dir);
        snprintf(inner, sizeof(inner), "%s/outer/inner", w.dir);
        mkdir(outer, 0755);
        mkdir(inner, 0755);
        REQUIRE_EQ(mount("tmpfs", outer, "tmpfs", 0, NULL), 0);
        mkdir(inner, 0755);
        EXPECT_EQ(mount("tmpfs", inner, "tmpfs", 0, NULL), 0);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config =
                        CONFIG(w, "grep -E ' /t(/inner)? ' /proc/self/mountinfo | cut -d ' ' -f 6");

                config_mount(config, "/t", "none", outer, cases[i].options);
                snprintf(expected, sizeof(expected), "%s\n%s\n", cases[i].outer, cases[i].inner);
                EXPECT_OUTPUT(w, config, expected);
        }
        EXPECT_EQ(umount(inner), 0);
        EXPECT_EQ(umount(outer), 0);
}

TEST(recursive_words_on_older_kernels)
{
        WORLD(w);

        if (kernel_is_at_least(5, 12))
                SKIP("this kernel has mount_setattr(2)");
        expect_refusal(&w, CONTAIN_E_UNSUPPORTED, "/mounts/2/options/1", "/t", "none", w.dir, "rbind,rro");
}

/* What features says is true: a container runs with each of them. */
TEST(every_listed_word_is_taken)
{
        struct json_object *features, *words = NULL;
        char *text = NULL;
        WORLD(w);

        if (!kernel_is_at_least(5, 14))
                SKIP("some words take Linux 5.14");
        EXPECT_OK(contain_features_json(w.ctx, &text, &error_));
        REQUIRE(text != NULL);
        features = json_tokener_parse(text);
        free(text);
        REQUIRE(json_object_object_get_ex(features, "mountOptions", &words));
        EXPECT(json_object_array_length(words) >= 62);
        for (size_t i = 0; i < json_object_array_length(words); i++) {
                const char *word = json_object_get_string(json_object_array_get_idx(words, i));
                struct json_object *config = CONFIG(w, "echo fine");
                bool bind = strstr(word, "bind") && !strstr(word, "unbindable"),
                     idmap = strstr(word, "idmap");

                if (strcmp(word, "remount") == 0)
                        config_mount(config, "/t", "tmpfs", "tmpfs", "");
                config_mount(config, "/t", bind || idmap ? "none" : "tmpfs", bind || idmap ? w.dir : "tmpfs",
                             word);
                if (idmap)
                        config_set(config, "/mounts/2/options", "['bind', '%s']", word);
                if (idmap) {
                        config_set(config, "/mounts/2/uidMappings",
                                   "[{'containerID':0,'hostID':7000,'size':9}]");
                        config_set(config, "/mounts/2/gidMappings",
                                   "[{'containerID':0,'hostID':7000,'size':9}]");
                }
                auto_text output = guest_output(&w, config);
                REQUIRE(output != NULL);
                (void)test_check(strcmp(output, "fine\n") == 0, __FILE__, __LINE__, "'%s': %s", word, output);
        }
        json_object_put(features);
}
