/* SPDX-License-Identifier: MIT */

/* Input that is large rather than wrong. */

#include "fixture.h"

#include "base/json.h"
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

TEST(limits_five_mebibytes_are_refused)
{
        static const char document[] = "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"/\"}}";
        const size_t size = 5 * 1024 * 1024;
        _cleanup_(fixture_done) struct fixture f = { 0 };
        _cleanup_free_ char *text = malloc(size);

        REQUIRE(text);
        memset(text, ' ', size);
        memcpy(text, document, strlen(document));
        fixture_parse(&f, text, size);
        EXPECT_STR(contain_error_message(f.error), "config.json is larger than 4 MiB [CT-305]");
        fixture_done(&f);
        fixture_parse(&f, text, CT_JSON_MAX_SIZE);
        EXPECT_EQ(f.r, 0);
}

/* A document of nearly the largest size, with one array of many elements in it. */
static void parse_many(struct fixture *f, const char *before, const char *element, const char *after)
{
        _cleanup_free_ char *text = malloc(CT_JSON_MAX_SIZE);
        size_t size;

        *f = (struct fixture){ 0 };
        REQUIRE(text);
        size = (size_t)snprintf(text, CT_JSON_MAX_SIZE,
                                "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"/\"},%s%s", before, element);
        while (size + strlen(element) + strlen(after) + 3 < CT_JSON_MAX_SIZE)
                size += (size_t)snprintf(text + size, CT_JSON_MAX_SIZE - size, ",%s", element);
        size += (size_t)snprintf(text + size, CT_JSON_MAX_SIZE - size, "%s}", after);
        fixture_parse(f, text, size);
}

TEST(limits_many_elements)
{
        _cleanup_(fixture_done) struct fixture args, mounts, namespaces, maps;

        parse_many(&args, "\"process\":{\"cwd\":\"/\",\"args\":[", "\"x\"", "]}");
        REQUIRE(args.spec);
        EXPECT(args.spec->process.args.n > 1000000);
        parse_many(&mounts, "\"mounts\":[", "{\"destination\":\"/a\"}", "]");
        REQUIRE(mounts.spec);
        EXPECT(mounts.spec->n_mounts > 100000);
        parse_many(&namespaces, "\"linux\":{\"namespaces\":[", "{\"type\":\"pid\"}", "]}");
        EXPECT_STR(contain_error_pointer(namespaces.error), "/linux/namespaces/1");
        parse_many(&maps, "\"linux\":{\"uidMappings\":[", "{}", "]}");
        EXPECT_STR(contain_error_pointer(maps.error), "/linux/uidMappings");
}

/* Comparing each with each would take minutes. */
TEST(limits_many_different_names)
{
        _cleanup_free_ char *text = malloc(CT_JSON_MAX_SIZE);
        _cleanup_(fixture_done) struct fixture f = { 0 }, g = { 0 };
        size_t size, i;

        REQUIRE(text);
        size = (size_t)snprintf(
                text, CT_JSON_MAX_SIZE,
                "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"/\"},\"process\":{\"cwd\":\"/\","
                "\"args\":[\"x\"],\"capabilities\":{\"bounding\":[\"x\"");
        for (i = 0; i < 200000; i++)
                size += (size_t)snprintf(text + size, CT_JSON_MAX_SIZE - size, ",\"CAP_%zu\"", i);
        size += (size_t)snprintf(text + size, CT_JSON_MAX_SIZE - size, "]}}}");
        fixture_parse(&f, text, size);
        REQUIRE(f.spec);
        EXPECT_EQ(f.spec->process.capabilities.unknown.n, 64);

        size = (size_t)snprintf(
                text, CT_JSON_MAX_SIZE,
                "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"/\"},\"linux\":{\"namespaces\":"
                "[{\"type\":\"network\"}],\"netDevices\":{\"x\":{}");
        for (i = 0; i < 200000; i++)
                size += (size_t)snprintf(text + size, CT_JSON_MAX_SIZE - size, ",\"eth%zu\":{}", i);
        size += (size_t)snprintf(text + size, CT_JSON_MAX_SIZE - size, "}}}");
        fixture_parse(&g, text, size);
        REQUIRE(g.spec);
        EXPECT_EQ(g.spec->linux_.n_net_devices, 200001);
}

TEST(limits_long_strings_and_keys)
{
        const size_t length = 1024 * 1024;
        _cleanup_(fixture_done) struct fixture f = { 0 };
        _cleanup_free_ char *text = malloc(2 * length + 200), *x = calloc(1, length + 1);
        int size;

        REQUIRE(text && x);
        memset(x, '~', length);
        size = snprintf(text, 2 * length + 200,
                        "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"%s\"},\"annotations\":{\"%s\":1}}", x,
                        x);
        REQUIRE(size > 0);
        fixture_parse(&f, text, (size_t)size);
        EXPECT_EQ(contain_error_code(f.error), CONTAIN_E_TYPE);
        EXPECT_EQ(strlen(contain_error_pointer(f.error)), strlen("/annotations/") + 2 * length);
}
