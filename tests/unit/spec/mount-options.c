/* SPDX-License-Identifier: MIT */

#include "fixture.h"

#include "harness/test.h"
#include "spec/options.h"

#include <linux/mount.h>
#include <string.h>

TEST(mount_option_names_are_sorted_and_unique)
{
        size_t i;

        for (i = 1; ct_mount_option_name(i); i++)
                EXPECT(strcmp(ct_mount_option_name(i - 1), ct_mount_option_name(i)) < 0);
        EXPECT_EQ(i, 62);
        EXPECT(ct_mount_option_name(i + 1) == NULL);
}

TEST(mount_option_every_name_is_understood)
{
        size_t i;

        for (i = 0; ct_mount_option_name(i); i++) {
                _cleanup_(fixture_done) struct fixture f;
                const struct ct_spec_mount *mount;
                char option[64] = "\"";

                if (strstr(ct_mount_option_name(i), "idmap"))
                        continue; /* needs mappings */
                (void)strcat(strcat(option, ct_mount_option_name(i)), "\"");
                mount = fixture_mount(&f, option);
                REQUIRE(mount);
                EXPECT_EQ(mount->data.n, 0);
                EXPECT_EQ(mount->options.n, 1);
        }
}

struct attrs {
        const char *options;
        uint64_t set, clear, set_recursive, clear_recursive;
};

static void expect_attrs(const struct attrs *expected, size_t n)
{
        size_t i;

        for (i = 0; i < n; i++) {
                _cleanup_(fixture_done) struct fixture f;
                const struct ct_spec_mount *mount = fixture_mount(&f, expected[i].options);

                REQUIRE(mount);
                (void)test_equal((long long)mount->attr_set, (long long)expected[i].set, expected[i].options,
                                 0, "set");
                (void)test_equal((long long)mount->attr_clear, (long long)expected[i].clear,
                                 expected[i].options, 0, "clear");
                (void)test_equal((long long)mount->attr_set_recursive, (long long)expected[i].set_recursive,
                                 expected[i].options, 0, "set recursive");
                (void)test_equal((long long)mount->attr_clear_recursive,
                                 (long long)expected[i].clear_recursive, expected[i].options, 0,
                                 "clear recursive");
        }
}

TEST(mount_option_attributes_override_each_other)
{
        static const struct attrs cases[] = {
                { "", 0, 0, 0, 0 },
                { "\"defaults\"", 0, 0, 0, 0 },
                { "\"nosuid\",\"nodev\",\"noexec\"", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
                  0, 0, 0 },
                { "\"nosuid\",\"suid\"", 0, MOUNT_ATTR_NOSUID, 0, 0 },
                { "\"suid\",\"nosuid\"", MOUNT_ATTR_NOSUID, 0, 0, 0 },
                { "\"nodiratime\",\"nosymfollow\"", MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW, 0, 0, 0 },
                { "\"rro\",\"rnodev\"", 0, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, 0 },
                { "\"rro\",\"rrw\"", 0, 0, 0, MOUNT_ATTR_RDONLY },
                /* the one of this mount is applied after the recursive one … */
                { "\"rro\",\"rw\"", 0, MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY, 0 },
                /* … so a later recursive one removes it */
                { "\"rw\",\"rro\"", 0, 0, MOUNT_ATTR_RDONLY, 0 },
                { "\"nosuid\",\"rsuid\"", 0, 0, 0, MOUNT_ATTR_NOSUID },
                { "\"nodev\",\"rsuid\"", MOUNT_ATTR_NODEV, 0, 0, MOUNT_ATTR_NOSUID },
        };

        expect_attrs(cases, sizeof cases / sizeof cases[0]);
}

TEST(mount_option_access_time_is_a_field)
{
        const uint64_t field = MOUNT_ATTR__ATIME;
        const struct attrs cases[] = {
                { "\"noatime\"", MOUNT_ATTR_NOATIME, field, 0, 0 },
                { "\"strictatime\"", MOUNT_ATTR_STRICTATIME, field, 0, 0 },
                { "\"relatime\"", 0, field, 0, 0 },
                { "\"atime\"", 0, field, 0, 0 },
                { "\"nostrictatime\"", 0, field, 0, 0 },
                { "\"norelatime\"", 0, 0, 0, 0 },
                { "\"noatime\",\"strictatime\"", MOUNT_ATTR_STRICTATIME, field, 0, 0 },
                { "\"strictatime\",\"noatime\"", MOUNT_ATTR_NOATIME, field, 0, 0 },
                { "\"strictatime\",\"relatime\"", 0, field, 0, 0 },
                { "\"noatime\",\"atime\"", 0, field, 0, 0 },
                { "\"strictatime\",\"nostrictatime\"", 0, field, 0, 0 },
                { "\"relatime\",\"norelatime\"", 0, 0, 0, 0 },
                { "\"noatime\",\"nostrictatime\",\"norelatime\"", MOUNT_ATTR_NOATIME, field, 0, 0 },
                { "\"strictatime\",\"atime\"", MOUNT_ATTR_STRICTATIME, field, 0, 0 },
                { "\"noatime\",\"nodiratime\"", MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODIRATIME, field, 0, 0 },
                { "\"rnoatime\"", 0, 0, MOUNT_ATTR_NOATIME, field },
                { "\"rstrictatime\",\"rrelatime\"", 0, 0, 0, field },
                { "\"rnoatime\",\"relatime\"", 0, field, MOUNT_ATTR_NOATIME, field },
                { "\"noatime\",\"rstrictatime\"", 0, 0, MOUNT_ATTR_STRICTATIME, field },
        };

        expect_attrs(cases, sizeof cases / sizeof cases[0]);
}

TEST(mount_option_file_system_flags)
{
        static const struct {
                const char *options;
                uint32_t set, clear;
        } cases[] = {
                { "\"ro\"", MS_RDONLY, 0 },
                { "\"ro\",\"rw\"", 0, MS_RDONLY },
                { "\"ro\",\"rrw\"", 0, 0 },
                { "\"rro\"", 0, 0 },
                { "\"sync\",\"dirsync\"", MS_SYNCHRONOUS | MS_DIRSYNC, 0 },
                { "\"sync\",\"async\"", 0, MS_SYNCHRONOUS },
                { "\"mand\",\"iversion\",\"lazytime\",\"silent\"",
                  MS_MANDLOCK | MS_I_VERSION | MS_LAZYTIME | MS_SILENT, 0 },
                { "\"nomand\",\"noiversion\",\"nolazytime\",\"loud\"", 0,
                  MS_MANDLOCK | MS_I_VERSION | MS_LAZYTIME | MS_SILENT },
        };
        size_t i;

        for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                _cleanup_(fixture_done) struct fixture f;
                const struct ct_spec_mount *mount = fixture_mount(&f, cases[i].options);

                REQUIRE(mount);
                EXPECT_EQ(mount->sb_set, cases[i].set);
                EXPECT_EQ(mount->sb_clear, cases[i].clear);
        }
}

TEST(mount_option_bind_and_propagation)
{
        _cleanup_(fixture_done) struct fixture f, g, h;
        const struct ct_spec_mount *mount;

        mount = fixture_mount(&f, "\"rbind\",\"rprivate\",\"rslave\"");
        REQUIRE(mount);
        EXPECT(mount->bind && mount->bind_recursive);
        EXPECT_EQ(mount->propagation, MS_SLAVE);
        EXPECT(mount->propagation_recursive);

        mount = fixture_mount(&g, "\"rbind\",\"bind\",\"rshared\",\"unbindable\",\"remount\",\"tmpcopyup\"");
        REQUIRE(mount);
        EXPECT(mount->bind && !mount->bind_recursive);
        EXPECT_EQ(mount->propagation, MS_UNBINDABLE);
        EXPECT(!mount->propagation_recursive);
        EXPECT(mount->remount && mount->tmpcopyup);

        mount = fixture_mount(&h, "");
        REQUIRE(mount);
        EXPECT(!mount->bind && !mount->remount && !mount->tmpcopyup && !mount->idmap);
        EXPECT_EQ(mount->propagation, 0);
}

TEST(mount_option_unknown_words_are_data_in_order)
{
        _cleanup_(fixture_done) struct fixture f;
        const struct ct_spec_mount *mount;

        mount = fixture_mount(&f, "\"size=64k\",\"ro\",\"mode=755\",\"\",\"x-mount.mkdir\",\"RO\"");
        REQUIRE(mount);
        REQUIRE_EQ(mount->data.n, 4);
        EXPECT_STR(mount->data.items[0], "size=64k");
        EXPECT_STR(mount->data.items[1], "mode=755");
        EXPECT_STR(mount->data.items[2], "x-mount.mkdir");
        EXPECT_STR(mount->data.items[3], "RO");
        EXPECT(mount->data.items[4] == NULL);
        EXPECT_EQ(mount->options.n, 6);
}
