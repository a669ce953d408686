/* SPDX-License-Identifier: MIT */

/* Rules about devices: v1's lines, and v2's programs run by an interpreter of the few instructions that they
 * use. */

#include "support.h"

#include "cgroup/devices.h"

#include <stdio.h>
#include <string.h>

#define DENY_ALL  "{\"allow\":false,\"access\":\"rwm\"}"
#define ALLOW_ALL "{\"allow\":true,\"access\":\"rwm\"}"

#define DEFAULTS                                                                                             \
        "devices.deny=a\ndevices.allow=c *:* m\ndevices.allow=b *:* m\n"                                     \
        "devices.allow=c 1:3 rwm\ndevices.allow=c 1:5 rwm\ndevices.allow=c 1:7 rwm\n"                        \
        "devices.allow=c 1:8 rwm\ndevices.allow=c 1:9 rwm\ndevices.allow=c 5:0 rwm\n"                        \
        "devices.allow=c 5:1 rwm\ndevices.allow=c 5:2 rwm\ndevices.allow=c 136:* rwm\n"                      \
        "devices.allow=c 10:200 rwm\n"

static void expect_v1(const char *rules, const char *expected)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = layout_v1();
        _cleanup_free_ char *text = NULL;
        char json[4096];

        (void)snprintf(json, sizeof json, "{\"devices\":[%s]}", rules);
        text = compile_text(layout, json, false);
        (void)test_string(text, expected, __FILE__, __LINE__, rules);
}

TEST(devices_v1_defaults)
{
        expect_v1(DENY_ALL, DEFAULTS);
        expect_v1(DENY_ALL "," DENY_ALL, DEFAULTS);
        expect_v1(ALLOW_ALL, "devices.allow=a\n");
        expect_v1(DENY_ALL "," ALLOW_ALL, "devices.allow=a\n");
        /* Denied after all: then the defaults are gone too. */
        expect_v1(ALLOW_ALL "," DENY_ALL, "devices.deny=a\n");
}

TEST(devices_v1_rules)
{
        expect_v1(DENY_ALL ",{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rw\"}",
                  DEFAULTS "devices.allow=c 10:229 rw\n");
        expect_v1(DENY_ALL ",{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"r\"}",
                  DEFAULTS "devices.allow=b 8:* r\n");
        /* Both types, as 'a' with numbers is everything to the kernel. */
        expect_v1(DENY_ALL ",{\"allow\":true,\"type\":\"a\",\"major\":7,\"minor\":1,\"access\":\"r\"}",
                  DEFAULTS "devices.allow=c 7:1 r\ndevices.allow=b 7:1 r\n");
        expect_v1(ALLOW_ALL ",{\"allow\":false,\"type\":\"b\",\"major\":8,\"minor\":0,\"access\":\"w\"}",
                  "devices.allow=a\ndevices.deny=b 8:0 w\n");
}

TEST(devices_v1_last_rule_counts)
{
        /* Joined with and taken from what was said of the same devices. */
        expect_v1(ALLOW_ALL "," DENY_ALL
                            ",{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"r\"},"
                            "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"w\"}",
                  "devices.deny=a\ndevices.allow=c 1:3 rw\n");
        expect_v1(ALLOW_ALL "," DENY_ALL
                            ",{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rw\"},"
                            "{\"allow\":false,\"type\":\"c\",\"major\":1,\"access\":\"w\"}",
                  "devices.deny=a\ndevices.allow=c 1:3 r\n");
        expect_v1(ALLOW_ALL "," DENY_ALL
                            ",{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rw\"},"
                            "{\"allow\":false,\"type\":\"a\",\"access\":\"rw\"}",
                  "devices.deny=a\n");
}

TEST(devices_v1_exceptions_from_exceptions)
{
        expect_v1(DENY_ALL ",{\"allow\":true,\"type\":\"c\",\"major\":7,\"access\":\"rwm\"},"
                           "{\"allow\":false,\"type\":\"c\",\"major\":7,\"minor\":3,\"access\":\"w\"}",
                  "/linux/resources/devices/2: cgroup v1 cannot make an exception from the wider rule "
                  "'/linux/resources/devices/1' before it: operation not supported [CT-121]");
        /* Nodes can be made of anything anyway. */
        expect_v1(DENY_ALL ",{\"allow\":false,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rwm\"}",
                  DEFAULTS);
        expect_v1(DENY_ALL ",{\"allow\":false,\"type\":\"c\",\"major\":136,\"minor\":1,\"access\":\"r\"}",
                  "/linux/resources/devices/1: cgroup v1 cannot make an exception from the wider rule "
                  "'of every container' before it: operation not supported [CT-121]");
}

TEST(devices_update_leaves_them)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v1 = layout_v1(), *v2 = layout_v2();
        _cleanup_free_ char *text_v1 = compile_text(v1, "{\"devices\":[]}", true);
        _cleanup_free_ char *text_v2 = compile_text(v2, "{\"devices\":[" DENY_ALL "]}", true);

        EXPECT_STR(text_v1, "");
        EXPECT_STR(text_v2, "v2 devices: 12 rules\n");
}

/* --- programs ------------------------------------------------------------------------------- */

struct machine {
        uint64_t registers[11];
        struct bpf_cgroup_dev_ctx context;
};

static uint64_t load_field(const struct machine *machine, int offset)
{
        uint32_t value = UINT32_MAX;

        if (offset >= 0 && offset % 4 == 0 && (size_t)offset + 4 <= sizeof machine->context)
                memcpy(&value, (const char *)&machine->context + offset, 4);
        else
                (void)test_check(false, __FILE__, __LINE__, "load from %d", offset);
        return value;
}

/* Whether a jump is taken. */
static bool compare(const struct bpf_insn *i, uint64_t left)
{
        uint64_t right = (uint64_t)(int64_t)i->imm;

        switch (BPF_OP(i->code)) {
        case BPF_JA:
                return true;
        case BPF_JNE:
                return left != right;
        case BPF_JSET:
                return (left & right) != 0;
        default:
                return test_check(false, __FILE__, __LINE__, "jump %#x", i->code);
        }
}

static uint64_t compute(const struct bpf_insn *i, uint64_t left)
{
        uint32_t value = (uint32_t)left, operand = (uint32_t)i->imm;

        switch (BPF_OP(i->code)) {
        case BPF_MOV:
                return operand;
        case BPF_AND:
                return value & operand;
        case BPF_RSH:
                return value >> operand;
        default:
                (void)test_check(false, __FILE__, __LINE__, "operation %#x", i->code);
                return 0;
        }
}

/* Runs a program; -1 when it does what the kernel's verifier would refuse. */
static int run(const struct bpf_insn *program, size_t n, struct machine *machine)
{
        for (size_t at = 0, steps = 0; at < n && steps < 2 * n; at++, steps++) {
                const struct bpf_insn *i = &program[at];

                switch (BPF_CLASS(i->code)) {
                case BPF_LDX:
                        machine->registers[i->dst_reg] = load_field(machine, i->off);
                        break;
                case BPF_ALU:
                        machine->registers[i->dst_reg] = compute(i, machine->registers[i->dst_reg]);
                        break;
                case BPF_JMP:
                        if (BPF_OP(i->code) == BPF_EXIT)
                                return (int)machine->registers[0];
                        if (i->off < 0)
                                return -1;
                        if (compare(i, machine->registers[i->dst_reg]))
                                at += (size_t)i->off;
                        break;
                default:
                        return -1;
                }
        }
        return -1;
}

struct ask {
        char type;
        unsigned major, minor;
        const char *access;
};

static unsigned access_bits(const char *text)
{
        unsigned bits = 0;

        for (; *text != '\0'; text++)
                bits |= *text == 'r'   ? (unsigned)BPF_DEVCG_ACC_READ
                        : *text == 'w' ? (unsigned)BPF_DEVCG_ACC_WRITE
                                       : (unsigned)BPF_DEVCG_ACC_MKNOD;
        return bits;
}

static int ask_program(const struct bpf_insn *program, size_t n, const struct ask *ask)
{
        struct machine machine = { .context = { .access_type = access_bits(ask->access) << 16 |
                                                               (ask->type == 'b' ? BPF_DEVCG_DEV_BLOCK
                                                                                 : BPF_DEVCG_DEV_CHAR),
                                                .major = ask->major,
                                                .minor = ask->minor } };

        return run(program, n, &machine);
}

/* What the rules say, straight from their meaning: the last one about the device, for each kind of access. */
static int ask_rules(const struct ct_device_rules *rules, const struct ask *ask)
{
        for (unsigned bit = 1; bit <= BPF_DEVCG_ACC_WRITE; bit <<= 1) {
                bool allow = rules->allow;

                if (!(access_bits(ask->access) & bit))
                        continue;
                for (size_t i = 0; i < rules->n; i++) {
                        const struct ct_device_rule *rule = &rules->items[i];

                        if ((rule->type == 'a' || rule->type == ask->type) &&
                            (rule->major < 0 || rule->major == (int64_t)ask->major) &&
                            (rule->minor < 0 || rule->minor == (int64_t)ask->minor) && rule->access & bit)
                                allow = rule->allow;
                }
                if (!allow)
                        return 0;
        }
        return 1;
}

/* Rules of the configuration, and questions; the answers are '1's and '0's. */
static void expect_program(const char *rules_json, const struct ask *asks, size_t n_asks, const char *answers)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct bpf_insn program[512];
        struct ct_device_rules rules;
        struct ct_spec_resources *resources;
        char json[4096], found[64] = "";
        size_t n;

        (void)snprintf(json, sizeof json, "{\"devices\":[%s]}", rules_json);
        resources = resources_parse(arena, json);
        REQUIRE(resources && ct_devices_compile(resources, arena, &rules, NULL) == 0);
        REQUIRE(ct_devices_program_max(rules.n) <= 512);
        n = ct_devices_program(&rules, program);
        EXPECT(n <= ct_devices_program_max(rules.n));
        for (size_t i = 0; i < n_asks; i++) {
                int answer = ask_program(program, n, &asks[i]);

                EXPECT_EQ(answer, ask_rules(&rules, &asks[i]));
                found[i] = answer < 0 ? '?' : (char)('0' + answer);
        }
        (void)test_string(found, answers, __FILE__, __LINE__, rules_json);
}

TEST(devices_program_defaults)
{
        static const struct ask asks[] = {
                { 'c', 1, 3, "rw" },    { 'c', 1, 8, "r" },     { 'c', 136, 77, "rw" }, { 'c', 5, 2, "rw" },
                { 'c', 10, 200, "rw" }, { 'b', 8, 0, "m" },     { 'c', 9, 9, "m" },     { 'b', 8, 0, "r" },
                { 'c', 1, 1, "r" },     { 'c', 10, 229, "rw" }, { 'b', 1, 3, "r" },     { 'c', 1, 3, "rwm" },
        };

        expect_program("", asks, 12, "111111100001");
        expect_program(DENY_ALL, asks, 12, "111111100001");
        expect_program(ALLOW_ALL, asks, 12, "111111111111");
        expect_program(ALLOW_ALL "," DENY_ALL, asks, 12, "000000000000");
}

TEST(devices_program_last_rule_counts)
{
        static const struct ask asks[] = {
                { 'b', 8, 0, "r" },  { 'b', 8, 0, "w" },  { 'b', 8, 0, "rw" },
                { 'b', 8, 1, "rw" }, { 'c', 8, 1, "rw" },
        };

        expect_program("{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"rw\"},"
                       "{\"allow\":false,\"type\":\"b\",\"major\":8,\"minor\":0,\"access\":\"w\"}",
                       asks, 5, "10010");
        expect_program("{\"allow\":false,\"type\":\"b\",\"major\":8,\"minor\":0,\"access\":\"w\"},"
                       "{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"rw\"}",
                       asks, 5, "11110");
        /* Half a request by one rule, half by another. */
        expect_program("{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"r\"},"
                       "{\"allow\":true,\"type\":\"b\",\"major\":8,\"minor\":0,\"access\":\"w\"}",
                       asks, 5, "11100");
        expect_program(ALLOW_ALL ",{\"allow\":false,\"type\":\"a\",\"access\":\"w\"}", asks, 5, "10000");
        expect_program(ALLOW_ALL ",{\"allow\":false,\"type\":\"c\",\"access\":\"rwm\"}", asks, 5, "11110");
}

/* A small generator, for the same rules in every run. */
static unsigned next_number(unsigned *state)
{
        *state = *state * 1103515245u + 12345u;
        return *state >> 16;
}

TEST(devices_program_of_any_rules)
{
        static const char *const accesses[] = { "r", "w", "m", "rw", "rm", "wm", "rwm" };
        struct ct_device_rule items[8];
        struct bpf_insn program[512];
        unsigned state = 1;
        int wrong = 0;

        for (int round = 0; round < 500; round++) {
                struct ct_device_rules rules = { next_number(&state) & 1, items, next_number(&state) % 8 };
                size_t n;

                for (size_t i = 0; i < rules.n; i++)
                        items[i] = (struct ct_device_rule){ .allow = next_number(&state) & 1,
                                                            .type = "abc"[next_number(&state) % 3],
                                                            .major = (int64_t)(next_number(&state) % 3) - 1,
                                                            .minor = (int64_t)(next_number(&state) % 3) - 1,
                                                            .access = 1 + next_number(&state) % 7 };
                n = ct_devices_program(&rules, program);
                for (unsigned i = 0; i < 2 * 2 * 2 * 7; i++) {
                        struct ask ask = { "bc"[i & 1], i >> 1 & 1, i >> 2 & 1, accesses[i >> 3] };

                        wrong += ask_program(program, n, &ask) != ask_rules(&rules, &ask);
                }
        }
        EXPECT_EQ(wrong, 0);
}
