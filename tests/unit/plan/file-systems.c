/* SPDX-License-Identifier: MIT */

/* By which call a file system is made: fsconfig(2) has keys for some flags only, and takes 255 bytes at a
 * time. */

#include "base/buf.h"
#include "harness/test.h"
#include "world.h"

#include <string.h>

/* The line of the file system of the only mount, of @type with @options as JSON has them; malloc'd. */
static char *file_system(const char *facts, const char *type, const char *options)
{
        _cleanup_buf_ struct ct_buf config = CT_BUF_INIT, line = CT_BUF_INIT;
        _cleanup_free_ char *plan = NULL;
        const char *found;

        (void)ct_buf_printf(&config,
                            WORLD_CONFIG("", ",'mountLabel':'a:b,c'",
                                         ",'mounts':[{'destination':'/a','type':'%s','options':[%s]}]"),
                            type, options);
        plan = world_plan(facts, config.data);
        found = strstr(plan, "\"step\": \"file-system\"");
        if (!found)
                return strdup(plan);
        (void)ct_buf_append(&line, found, strcspn(found, "\n"));
        return ct_buf_steal(&line);
}

static void expect(const char *facts, const char *options, const char *expected)
{
        _cleanup_free_ char *line = file_system(facts, "ext4", options);

        EXPECT_CONTAINS(line, expected);
}

TEST(what_fsconfig_has_keys_for)
{
        static const char *const options[] = { "'sync'",        "'dirsync'",   "'mand'",
                                               "'lazytime'",    "'loud'",      "'noiversion'",
                                               "'nosymfollow'", "'key=value'", "" };

        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
                _cleanup_free_ char *line = file_system("has selinux\n", "ext4", options[i]);

                EXPECT_CONTAINS(line, "context=a:b,c\"]");
                EXPECT(!strstr(line, "by_mount"));
        }
}

TEST(flags_without_a_key_take_mount_2)
{
        expect("has selinux\n", "'iversion','x=1'",
               "\"sb_flags\": \"0x800000\", \"by_mount\": 1, \"strings\": [\"x=1\", "
               "\"context=\\\"a:b,c\\\"\"]");
        expect("has selinux\n", "'silent'", "\"sb_flags\": \"0x8000\", \"by_mount\": 1");
        expect("has selinux\nkernel 5.13\n", "'nosymfollow'", "\"attr\": \"0x200000\", \"by_mount\": 1");
}

TEST(commas_and_quotes_are_the_language_of_mount_2)
{
        expect("has selinux\n", "'a=b,c=d'", "\"by_mount\": 1, \"strings\": [\"a=b,c=d\"");
        expect("has selinux\n", "'context=\\'a:b,c\\''", "\"by_mount\": 1");
}

/* Options of @n bytes: one of 255, and more of them, in quotes. */
static void put_option(struct ct_buf *options, const char *key, size_t n, char byte)
{
        (void)ct_buf_puts(options, options->size > 0 ? ",'" : "'");
        (void)ct_buf_puts(options, key);
        for (size_t i = 0; i < n; i++)
                (void)ct_buf_append(options, &byte, 1);
        (void)ct_buf_puts(options, "'");
}

TEST(long_options_take_mount_2)
{
        _cleanup_buf_ struct ct_buf fits = CT_BUF_INIT, is_long = CT_BUF_INIT, too_long = CT_BUF_INIT;
        _cleanup_free_ char *line = NULL;

        put_option(&fits, "key=", 255, 'x');
        line = file_system("has selinux\n", "ext4", fits.data);
        EXPECT(!strstr(line, "by_mount"));
        put_option(&is_long, "key=", 256, 'x');
        expect("has selinux\n", is_long.data, "\"by_mount\": 1");
        put_option(&too_long, "key=", 1, 'x');
        put_option(&too_long, "other=", 4095, 'x');
        expect("has selinux\n", too_long.data, "error: /mounts/0/options/1: ");
}

TEST(many_layers_of_an_overlay)
{
        _cleanup_buf_ struct ct_buf options = CT_BUF_INIT;
        _cleanup_free_ char *old = NULL, *new = NULL, *page = NULL;

        /* One that is short, and one that makes all of it too long. */
        put_option(&options, "lowerdir=/a\\\\:b:/c\\\\\\\\d::/data-in-a-folder-of-a-rather-long-name:/", 240,
                   'x');
        for (int i = 0; i < 20; i++)
                put_option(&options, "key=", 250, 'y');
        old = file_system("has selinux\nkernel 6.7\n", "overlay", options.data);
        EXPECT_CONTAINS(old, "error: /mounts/0/options/");
        EXPECT_CONTAINS(old, "Linux 6.8");
        new = file_system("has selinux\nkernel 6.8\n", "overlay", options.data);
        EXPECT_CONTAINS(new, "\"strings\": [\"lowerdir+=/a:b\", \"lowerdir+=/c\\\\d\", "
                             "\"datadir+=/data-in-a-folder-of-a-rather-long-name\", "
                             "\"datadir+=/xxx");
        EXPECT(!strstr(new, "by_mount"));
        page = file_system("has selinux\nkernel 6.8\n", "overlay", "'lowerdir=/a:/b'");
        EXPECT_CONTAINS(page, "\"strings\": [\"lowerdir=/a:/b\", ");
}

TEST(layers_that_are_too_long_one_by_one)
{
        _cleanup_buf_ struct ct_buf options = CT_BUF_INIT;
        _cleanup_free_ char *line = NULL;

        put_option(&options, "lowerdir=/a:/", 4096, 'x');
        line = file_system("has selinux\nkernel 6.8\n", "overlay", options.data);
        EXPECT_CONTAINS(line, "error: /mounts/0/options/0: ");
}
