/* SPDX-License-Identifier: MIT */

/* What systemd is told, without one: values of annotations, properties. */

#include "support.h"

#include "base/buf.h"
#include "base/error.h"
#include "cgroup/systemd/systemd.h"

#include <string.h>

/* --- properties as text ---------------------------------------------------------------------------- */

static void put_value(struct ct_buf *buf, char type, const struct ct_property_value *value)
{
        if (strchr("sog", type))
                (void)ct_buf_json_string(buf, value->text);
        else if (type == 'd')
                (void)ct_buf_printf(buf, "%g", value->real);
        else if (strchr("nix", type))
                (void)ct_buf_printf(buf, "%lld", (long long)value->number);
        else
                (void)ct_buf_printf(buf, "%llu", (unsigned long long)value->number);
}

/* "NAME a(ss) \"a\" \"b\"" */
static void put_property(struct ct_buf *buf, const struct ct_property *property)
{
        const char *types = property->signature + strspn(property->signature, "a(");
        size_t n_types = strcspn(types, ")");

        (void)ct_buf_printf(buf, "%s %s", property->name, property->signature);
        for (size_t i = 0; i < property->n; i++) {
                (void)ct_buf_puts(buf, " ");
                put_value(buf, types[i % n_types], &property->values[i]);
        }
}

static char *variant_text(const char *text)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        struct ct_property property = { .name = "" };
        int r;

        r = ct_variant_parse(arena, text, &property);
        if (r < 0)
                return strdup(r == -EINVAL   ? "EINVAL"
                              : r == -ERANGE ? "ERANGE"
                              : r == -E2BIG  ? "E2BIG"
                                             : "?");
        put_property(&buf, &property);
        return ct_buf_steal(&buf);
}

TEST(systemd_variants)
{
        static const char *const rows[][2] = {
                { "'text'", " s \"text\"" },
                { "\"it's\"", " s \"it's\"" },
                { "'a\\'b\\\\c\\n'", " s \"a'b\\\\c\\n\"" },
                { "''", " s \"\"" },
                { "true", " b 1" },
                { "false", " b 0" },
                { "  5 ", " i 5" },
                { "-5", " i -5" },
                { "+5", " i 5" },
                { "0x1f", " i 31" },
                { "010", " i 8" },
                { "0", " i 0" },
                { "1.5", " d 1.5" },
                { "-.25", " d -0.25" },
                { "double 2", " d 2" },
                { "uint64 18446744073709551615", " t 18446744073709551615" },
                { "int64 -9223372036854775808", " x -9223372036854775808" },
                { "byte 255", " y 255" },
                { "int16 -32768", " n -32768" },
                { "uint16 65535", " q 65535" },
                { "uint32 4294967295", " u 4294967295" },
                { "boolean true", " b 1" },
                { "string 'a'", " s \"a\"" },
                { "objectpath '/a'", " o \"/a\"" },
                { "@t 5", " t 5" },
                { "@s 'a'", " s \"a\"" },
                { "['a', 'b']", " as \"a\" \"b\"" },
                { "['a',]", "EINVAL" },
                { "[uint64 1, 2]", " at 1 2" },
                { "@as []", " as" },
                { "@as ['a']", " as \"a\"" },
                { "@a(ss) []", " a(ss)" },
                { "[('/dev/null', 'rw'), ('/dev/zero', 'r')]",
                  " a(ss) \"/dev/null\" \"rw\" \"/dev/zero\" \"r\"" },
                { "[('/dev/sda', uint64 5)]", " a(st) \"/dev/sda\" 5" },
                { "@a(st) [('/dev/sda', 5)]", " a(st) \"/dev/sda\" 5" },
                { "[(1,)]", " a(i) 1" },
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_free_ char *found = variant_text(rows[i][0]);

                (void)test_string(found, rows[i][1], __FILE__, __LINE__, rows[i][0]);
        }
}

TEST(systemd_variants_refused)
{
        static const char *const rows[] = {
                "",
                " ",
                "text",
                "'text",
                "'text\"",
                "'a\\q'",
                "'a\\",
                "truee",
                "tru",
                "5x",
                "0x",
                "08",
                "-",
                "+",
                "1.5.5",
                ".",
                "1e5",
                "[",
                "[]",
                "[1",
                "[1 2]",
                "[1, 'a']",
                "['a', 1]",
                "[[1]]",
                "[(1, 2), (3,)]",
                "[(1,), 2]",
                "[1, (2,)]",
                "()",
                "(1,)",
                "[()]",
                "@",
                "@t",
                "@t5",
                "@as",
                "@as 5",
                "@a 5",
                "@aas []",
                "@a(s []",
                "@v 5",
                "<5>",
                "{'a': 1}",
                "uint64",
                "uint64 'a'",
                "string 5",
                "boolean 1",
                "uint64 byte 5",
                "'a' 'b'",
                "5 6",
                "handle 3",
                "[(1, 2, 3, 4, 5, 6, 7, 8, 9)]",
                "nothing",
                "@t 1.5",
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_free_ char *found = variant_text(rows[i]);

                (void)test_string(found, "EINVAL", __FILE__, __LINE__, rows[i]);
        }
}

TEST(systemd_variants_out_of_range)
{
        static const char *const rows[] = {
                "2147483648",        "-2147483649",
                "byte 256",          "byte -1",
                "int16 32768",       "uint16 65536",
                "uint32 4294967296", "uint64 18446744073709551616",
                "uint64 -1",         "int64 9223372036854775808",
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_free_ char *found = variant_text(rows[i]);

                (void)test_string(found, "ERANGE", __FILE__, __LINE__, rows[i]);
        }
}

/* --- annotations --------------------------------------------------------------------------------- */

static char *annotation_text(const char *key, const char *value)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        struct ct_properties properties = { .arena = arena };
        struct ct_spec_pair pair = { key, value };
        struct ct_spec_pairs pairs = { &pair, 1 };

        if (ct_properties_add_annotations(&properties, &pairs, &error) < 0)
                (void)ct_buf_printf(&buf, "%s", contain_error_pointer(error));
        for (size_t i = 0; i < properties.n; i++)
                put_property(&buf, &properties.items[i]);
        return ct_buf_steal(&buf);
}

TEST(systemd_annotations)
{
        static const char *const rows[][3] = {
                { "org.systemd.property.CollectMode", "'inactive'", "CollectMode s \"inactive\"" },
                { "org.systemd.property.TimeoutStopUSec", "uint64 5", "TimeoutStopUSec t 5" },
                { "org.systemd.property.TimeoutStopSec", "5", "TimeoutStopUSec t 5000000" },
                { "org.systemd.property.TimeoutStopSec", "uint64 5", "TimeoutStopUSec t 5000000" },
                { "org.systemd.property.TimeoutStopSec", "1.5", "TimeoutStopUSec t 1500000" },
                { "org.systemd.property.After", "['a.service']", "After as \"a.service\"" },
                { "org.systemd.property", "x", "" },
                { "com.example", "not a value", "" },
                /* Those that are wrong name themselves. */
                { "org.systemd.property.After", "['a.service'", "/annotations/org.systemd.property.After" },
                { "org.systemd.property.TimeoutStopSec", "'5'",
                  "/annotations/org.systemd.property.TimeoutStopSec" },
                { "org.systemd.property.TimeoutStopSec", "-5",
                  "/annotations/org.systemd.property.TimeoutStopSec" },
                { "org.systemd.property.TimeoutStopSec", "[5]",
                  "/annotations/org.systemd.property.TimeoutStopSec" },
                { "org.systemd.property.TimeoutStopSec", "uint64 18446744073709551615",
                  "/annotations/org.systemd.property.TimeoutStopSec" },
                { "org.systemd.property.", "5", "/annotations/org.systemd.property." },
                { "org.systemd.property.a/b~", "5", "/annotations/org.systemd.property.a~1b~0" },
                { "org.systemd.property.PIDs", "[uint32 1]", "/annotations/org.systemd.property.PIDs" },
                { "org.systemd.property.Slice", "'a.slice'", "/annotations/org.systemd.property.Slice" },
                { "org.systemd.property.Delegate", "false", "/annotations/org.systemd.property.Delegate" },
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_free_ char *found = annotation_text(rows[i][0], rows[i][1]);

                (void)test_string(found, rows[i][2], __FILE__, __LINE__, rows[i][1]);
        }
}

/* --- resources ------------------------------------------------------------------------------------- */

/* What systemd of that version is told about @json, a line each; @quota and @period are what it has now. */
static char *properties_text(const struct ct_cgroup_layout *layout, const char *json, unsigned version,
                             uint64_t quota, uint64_t period)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        struct ct_properties properties = { .arena = arena, .quota = quota, .period = period };
        struct ct_spec_resources *resources = resources_parse(arena, json);
        struct ct_cgroup_writes *lists = NULL;

        if (!resources || ct_cgroup_new(layout, "/a/b", "id", &cgroup, &error) < 0)
                return strdup("");
        if (ct_cgroup_compile(cgroup, resources, true, arena, &lists, &error) < 0)
                return strdup(contain_error_message(error));
        for (size_t i = 0; i < layout->n; i++)
                ct_properties_add_writes(&properties, &lists[i], version);
        for (size_t i = 0; i < properties.n; i++) {
                put_property(&buf, &properties.items[i]);
                (void)ct_buf_printf(&buf, " @%s\n", properties.items[i].at + strlen("/linux/resources"));
        }
        return ct_buf_steal(&buf);
}

static void expect_properties(const struct ct_cgroup_layout *layout, const char *json, unsigned version,
                              const char *expected)
{
        _cleanup_free_ char *found = properties_text(layout, json, version, 0, 0);

        (void)test_string(found, expected, __FILE__, __LINE__, json);
}

TEST(systemd_properties_v2)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v2 = layout_v2();
        static const char *const rows[][2] = {
                { "{}", "" },
                { "{\"memory\":{\"limit\":100,\"swap\":300,\"reservation\":50}}",
                  "MemorySwapMax t 200 @/memory/swap\nMemoryMax t 100 @/memory/limit\n"
                  "MemoryLow t 50 @/memory/reservation\n" },
                { "{\"memory\":{\"reservation\":-1}}",
                  "MemoryLow t 18446744073709551615 @/memory/reservation\n" },
                { "{\"memory\":{\"limit\":0}}", "MemoryMax t 1 @/memory/limit\n" },
                { "{\"pids\":{\"limit\":10}}", "TasksMax t 10 @/pids/limit\n" },
                { "{\"pids\":{\"limit\":0}}", "TasksMax t 1 @/pids/limit\n" },
                { "{\"pids\":{\"limit\":-1}}", "TasksMax t 18446744073709551615 @/pids/limit\n" },
                { "{\"cpu\":{\"shares\":1024}}", "CPUWeight t 100 @/cpu/shares\n" },
                { "{\"cpu\":{\"shares\":1024,\"idle\":1}}", "CPUWeight t 0 @/cpu/idle\n" },
                { "{\"cpu\":{\"quota\":50000,\"period\":200000}}",
                  "CPUQuotaPerSecUSec t 250000 @/cpu/quota\nCPUQuotaPeriodUSec t 200000 @/cpu/quota\n" },
                /* Hundredths, rounded up. */
                { "{\"cpu\":{\"quota\":12345,\"period\":100000}}",
                  "CPUQuotaPerSecUSec t 130000 @/cpu/quota\nCPUQuotaPeriodUSec t 100000 @/cpu/quota\n" },
                { "{\"cpu\":{\"quota\":-1}}", "CPUQuotaPerSecUSec t 18446744073709551615 @/cpu/quota\n" },
                { "{\"cpu\":{\"cpus\":\"0-2,9\",\"mems\":\"0\"}}",
                  "AllowedCPUs ay 7 2 @/cpu/cpus\nAllowedMemoryNodes ay 1 @/cpu/mems\n" },
                { "{\"blockIO\":{\"weight\":1000,\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":10}],"
                  "\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1024}],"
                  "\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":0}],"
                  "\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":3},"
                  "{\"major\":8,\"minor\":1,\"rate\":4}]}}",
                  "IOWeight t 10000 @/blockIO/weight\n"
                  "IODeviceWeight a(st) \"/dev/block/8:16\" 1 @/blockIO/weightDevice/0\n"
                  "IOReadBandwidthMax a(st) \"/dev/block/8:0\" 1024 @/blockIO/throttleReadBpsDevice/0\n"
                  "IOWriteBandwidthMax a(st) \"/dev/block/8:0\" 18446744073709551615 "
                  "@/blockIO/throttleWriteBpsDevice/0\n"
                  "IOReadIOPSMax a(st) \"/dev/block/8:0\" 3 \"/dev/block/8:1\" 4 "
                  "@/blockIO/throttleReadIOPSDevice/0\n" },
                { "{\"unified\":{\"memory.high\":\"100\",\"cpu.max\":\"50000 100000\",\"memory.min\":\"max\","
                  "\"io.max\":\"8:0 rbps=5 wiops=max\",\"cpuset.cpus\":\"1\",\"io.weight\":\"default 50\","
                  "\"hugetlb.2MB.max\":\"0\"}}",
                  "MemoryHigh t 100 @/unified/memory.high\n"
                  "CPUQuotaPerSecUSec t 500000 @/unified/cpu.max\nCPUQuotaPeriodUSec t 100000 "
                  "@/unified/cpu.max\n"
                  "MemoryMin t 18446744073709551615 @/unified/memory.min\n"
                  "IOReadBandwidthMax a(st) \"/dev/block/8:0\" 5 @/unified/io.max\n"
                  "IOWriteIOPSMax a(st) \"/dev/block/8:0\" 18446744073709551615 @/unified/io.max\n"
                  "AllowedCPUs ay 2 @/unified/cpuset.cpus\nIOWeight t 50 @/unified/io.weight\n" },
                /* The last word on a file is the last word on the property. */
                { "{\"pids\":{\"limit\":10},\"unified\":{\"pids.max\":\"20\"}}",
                  "TasksMax t 20 @/unified/pids.max\n" },
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                expect_properties(v2, rows[i][0], 252, rows[i][1]);
}

TEST(systemd_properties_v1)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v1 = layout_v1();

        expect_properties(v1, "{\"memory\":{\"limit\":100,\"reservation\":50},\"pids\":{\"limit\":3}}", 249,
                          "MemoryLimit t 100 @/memory/limit\nTasksMax t 3 @/pids/limit\n");
        expect_properties(v1, "{\"cpu\":{\"shares\":512,\"quota\":5000,\"period\":10000}}", 249,
                          "CPUShares t 512 @/cpu/shares\nCPUQuotaPerSecUSec t 500000 @/cpu/quota\n"
                          "CPUQuotaPeriodUSec t 10000 @/cpu/quota\n");
        expect_properties(v1, "{\"devices\":[{\"allow\":true}]}", 249,
                          "DevicePolicy s \"auto\" @/devices\nDeviceAllow a(ss) @/devices\n");
}

TEST(systemd_properties_devices_v1)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v1 = layout_v1();
        _cleanup_free_ char *found = NULL;

        found = properties_text(
                v1,
                "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"b\","
                "\"major\":8,\"minor\":1,\"access\":\"r\"}]}",
                249, 0, 0);
        EXPECT_CONTAINS(found, "DevicePolicy s \"strict\"");
        /* First an empty list: what follows is added to what the unit has. */
        EXPECT_CONTAINS(found, "DeviceAllow a(ss) @/devices\nDeviceAllow a(ss) \"");
        EXPECT_CONTAINS(found, "\"/dev/char/1:3\" \"rwm\"");
        EXPECT_CONTAINS(found, "\"char-136\" \"rwm\"");
        EXPECT_CONTAINS(found, "\"block-*\" \"m\"");
        EXPECT_CONTAINS(found, "\"/dev/block/8:1\" \"r\"");
}

TEST(systemd_properties_of_old_versions)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v2 = layout_v2();

        expect_properties(v2, "{\"cpu\":{\"quota\":5000,\"period\":10000}}", 241,
                          "CPUQuotaPerSecUSec t 500000 @/cpu/quota\n");
        expect_properties(v2, "{\"cpu\":{\"cpus\":\"0\"}}", 243, "");
        expect_properties(v2, "{\"cpu\":{\"idle\":1}}", 251, "");
}

/* A quota alone keeps the period, a period alone the quota. */
TEST(systemd_properties_half_a_bandwidth)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v2 = layout_v2();
        _cleanup_free_ char *quota = properties_text(v2, "{\"cpu\":{\"quota\":5000}}", 252, 7000, 10000);
        _cleanup_free_ char *period = properties_text(v2, "{\"cpu\":{\"period\":20000}}", 252, 10000, 10000);

        EXPECT_STR(quota,
                   "CPUQuotaPerSecUSec t 500000 @/cpu/quota\nCPUQuotaPeriodUSec t 10000 @/cpu/quota\n");
        EXPECT_STR(period,
                   "CPUQuotaPerSecUSec t 500000 @/cpu/period\nCPUQuotaPeriodUSec t 20000 @/cpu/period\n");
}

/* --- records ------------------------------------------------------------------------------------- */

TEST(systemd_records)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v2 = layout_v2();
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_free_ char *text = NULL;
        static const char saved[] =
                "{\"hierarchies\":[{\"v2\":true,\"path\":\"/a.slice/p-n.scope\",\"made\":0}],"
                "\"scope\":{\"unit\":\"p-n.scope\",\"slice\":\"a.slice\",\"user\":true}}";
        static const char foreign[] =
                "{\"hierarchies\":[],\"scope\":{\"unit\":\"sshd.service\",\"slice\":\"a.slice\"}}";

        EXPECT_EQ(ct_cgroup_load(v2, saved, &cgroup, &error), 0);
        EXPECT(ct_cgroup_is_scope(cgroup) && cgroup->scope->user);
        EXPECT_EQ(ct_cgroup_save(cgroup, &text), 0);
        EXPECT_CONTAINS(text, "\"scope\":{\"unit\":\"p-n.scope\",\"slice\":\"a.slice\",\"user\":true}");
        cgroup = ct_cgroup_free(cgroup);
        EXPECT(ct_cgroup_load(v2, foreign, &cgroup, &error) < 0);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_STATE);
}

/* Here, or on a machine without systemd, the error says what is missing. */
TEST(systemd_absent)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v2 = layout_v2();
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;

        if (ct_systemd_built() && access("/run/systemd/system", F_OK) == 0)
                SKIP("systemd runs here");
        EXPECT_EQ(ct_cgroup_new_scope(v2, NULL, "id", NULL, &cgroup, &error), -EOPNOTSUPP);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_UNSUPPORTED);
        EXPECT(strstr(contain_error_message(error), "no systemd runs here") ||
               strstr(contain_error_message(error), "libsystemd.so.0") ||
               strstr(contain_error_message(error), "this build"));
}
