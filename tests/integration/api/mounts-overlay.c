/* SPDX-License-Identifier: MIT */

/* Overlays: what engines ask for, with more layers than one option, or one page, has room for. */

#include "mounts.h"

#include <errno.h>
#include <sys/stat.h>

/* Layers below @w->dir, each with a file of its own name, and in "which" its number: joined, topmost first.
 */
struct layers {
        char text[32768];
        size_t size;
};

static void add_layer(struct layers *layers, struct world *w, int number, size_t name_size)
{
        char folder[320], file[400], content[16], name[256];
        int n;

        memset(name, 'l', sizeof(name));
        n = snprintf(name, sizeof(name), "%d-", number);
        name[n] = 'l';
        name[name_size] = '\0';
        snprintf(folder, sizeof(folder), "%s/%s", w->dir, name);
        mkdir(folder, 0755);
        snprintf(content, sizeof(content), "%d\n", number);
        snprintf(file, sizeof(file), "%s/which", folder);
        write_text(file, content);
        snprintf(file, sizeof(file), "%s/only-%d", folder, number);
        write_text(file, content);
        layers->size += (size_t)snprintf(layers->text + layers->size, sizeof(layers->text) - layers->size,
                                         "%s%s", layers->size > 0 ? ":" : "", folder);
}

/* @n layers, read-only, with what is to come out of it. */
static struct json_object *layered(struct world *w, struct layers *layers, int n, size_t name_size)
{
        struct json_object *config = config_new(w->rootfs, "cat /o/which; ls /o | wc -l");

        for (int i = 1; i <= n; i++)
                add_layer(layers, w, i, name_size);
        config_mount(config, "/o", "overlay", "overlay", "");
        config_set(config, "/mounts/2/options", "['ro', 'lowerdir=%s']", layers->text);
        return config;
}

TEST(layers_in_one_option)
{
        struct layers layers = { .size = 0 };
        WORLD(w);

        EXPECT_OUTPUT(w, layered(&w, &layers, 2, 8), "1\n3\n");
        EXPECT(layers.size < 255);
}

TEST(more_layers_than_an_option_holds)
{
        struct layers layers = { .size = 0 };
        WORLD(w);

        EXPECT_OUTPUT(w, layered(&w, &layers, 40, 40), "1\n41\n");
        EXPECT(layers.size > 255 && layers.size < 4096);
}

TEST(more_layers_than_a_page_holds)
{
        struct layers layers = { .size = 0 };
        struct json_object *config;
        WORLD(w);

        config = layered(&w, &layers, 60, 120);
        EXPECT(layers.size > 4096);
        if (kernel_is_at_least(6, 8))
                EXPECT_OUTPUT(w, config, "1\n61\n");
        else
                expect_config_refusal(&w, CONTAIN_E_UNSUPPORTED, "/mounts/2/options/1", config);
}

static void add_upper(struct world *w, struct json_object *config)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/upper", w->dir);
        mkdir(path, 0755);
        config_set(config, "/mounts/2/options/-", "'upperdir=%s'", path);
        snprintf(path, sizeof(path), "%s/work", w->dir);
        mkdir(path, 0755);
        config_set(config, "/mounts/2/options/-", "'workdir=%s'", path);
}

TEST(an_overlay_is_written_to)
{
        struct layers layers = { .size = 0 };
        struct json_object *config;
        char path[160];
        WORLD(w);

        config = layered(&w, &layers, 40, 40);
        config_set(config, "/mounts/2/options/0", "'rw'");
        config_set(config, "/process/args/2",
                   "'echo new >/o/which && cat /o/which && rm /o/only-3 && ls /o | wc -l'");
        add_upper(&w, config);
        EXPECT_OUTPUT(w, config, "new\n40\n");
        snprintf(path, sizeof(path), "%s/upper/which", w.dir);
        auto_text text = read_text(path);
        EXPECT_STR(text, "new\n");
}

/* Names with what separates options and layers, written as mount(2) wants them. */
TEST(names_with_separators)
{
        struct json_object *config;
        char path[128];
        WORLD(w);

        for (int i = 0; i < 2; i++) {
                snprintf(path, sizeof(path), "%s/%s", w.dir, i == 0 ? "with,comma" : "with:colon");
                mkdir(path, 0755);
                strcat(path, i == 0 ? "/one" : "/two");
                write_text(path, "");
        }
        config = CONFIG(w, "ls /o");
        config_mount(config, "/o", "overlay", "overlay", "");
        config_set(config, "/mounts/2/options", "['lowerdir=%s/with\\\\,comma:%s/with\\\\:colon']", w.dir,
                   w.dir);
        EXPECT_OUTPUT(w, config, "one\ntwo\n");
}

TEST(an_overlay_in_a_user_namespace)
{
        struct layers layers = { .size = 0 };
        struct json_object *config;
        char path[160];
        WORLD(w);

        if (!kernel_is_at_least(5, 11))
                SKIP("overlays in user namespaces take Linux 5.11");
        config = layered(&w, &layers, 40, 40);
        config_map_ids(config, 100000, 65536);
        EXPECT_EQ(chmod(w.dir, 0755), 0);
        /* whoever is root inside cannot make it */
        snprintf(path, sizeof(path), "%s/o", w.rootfs);
        mkdir(path, 0755);
        EXPECT_OUTPUT(w, config, "1\n41\n");
}

TEST(what_an_overlay_refuses)
{
        WORLD(w);

        expect_refusal(&w, CONTAIN_E_MOUNT, "/mounts/2", "/o", "overlay", "overlay",
                       "lowerdir=/no/such/layer");
        expect_refusal(&w, CONTAIN_E_MOUNT, "/mounts/2", "/o", "overlay", "overlay", "no-such-word");
}

TEST(options_longer_than_the_kernel_takes)
{
        struct json_object *config;
        char value[4096];
        WORLD(w);

        memset(value, 'x', sizeof(value) - 1);
        value[sizeof(value) - 1] = '\0';
        config = CONFIG(w, "true");
        config_mount(config, "/t", "tmpfs", "tmpfs", "size=1m");
        config_set(config, "/mounts/2/options/-", "'mpol=%s'", value);
        expect_config_refusal(&w, CONTAIN_E_VALUE, "/mounts/2/options/1", config);
        /* long enough for mount(2) only, which cannot say what it does not like */
        config = CONFIG(w, "true");
        config_mount(config, "/t", "tmpfs", "tmpfs", "");
        value[300] = '\0';
        config_set(config, "/mounts/2/options", "['%s=%s']", value, value);
        expect_config_refusal(&w, CONTAIN_E_MOUNT, "/mounts/2", config);
}
