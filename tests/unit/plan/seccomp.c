/* SPDX-License-Identifier: MIT */

/* Filters are run here, by an interpreter of the few instructions they are made of, for what they answer. */

#include "harness/test.h"
#include "plan/parts.h"
#include "world.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define NATIVE AUDIT_ARCH_RISCV64
#else
#define NATIVE 0
#endif

#define FAULT UINT32_MAX

static bool jumps(const struct sock_filter *at, uint32_t value)
{
        switch (BPF_OP(at->code)) {
        case BPF_JEQ:
                return value == at->k;
        case BPF_JGT:
                return value > at->k;
        case BPF_JGE:
                return value >= at->k;
        default:
                return (value & at->k) != 0;
        }
}

static uint32_t run(const struct ct_buf *filter, const struct seccomp_data *data)
{
        const struct sock_filter *code = (const struct sock_filter *)filter->data;
        size_t n = filter->size / sizeof(*code);
        uint32_t value = 0;

        for (size_t i = 0; i < n; i++) {
                const struct sock_filter *at = &code[i];

                switch (at->code) {
                case BPF_LD | BPF_W | BPF_ABS:
                        if (at->k % 4 != 0 || at->k > sizeof(*data) - 4)
                                return FAULT;
                        memcpy(&value, (const char *)data + at->k, sizeof(value));
                        break;
                case BPF_ALU | BPF_AND | BPF_K:
                        value &= at->k;
                        break;
                case BPF_JMP | BPF_JA:
                        i += at->k;
                        break;
                case BPF_RET | BPF_K:
                        return at->k;
                default:
                        if (BPF_CLASS(at->code) != BPF_JMP)
                                return FAULT;
                        i += jumps(at, value) ? at->jt : at->jf;
                }
        }
        return FAULT;
}

/* Compiles linux.seccomp as given, with ' for ". */
static bool compile(const char *seccomp, struct ct_buf *ret)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        _cleanup_free_ char *json = NULL;
        struct ct_spec *spec;

        (void)ct_buf_printf(&text, "{'ociVersion':'1.0.0','root':{'path':'r'},'linux':{'seccomp':{%s}}}",
                            seccomp);
        json = world_json(text.data);
        if (ct_spec_parse(arena, json, strlen(json), &spec, &error) < 0 ||
            ct_plan_seccomp_filter(&spec->linux_.seccomp, ret, &error) < 0)
                return test_check(false, __FILE__, __LINE__, "a filter of %s, found '%s'", seccomp,
                                  contain_error_message(error));
        return true;
}

static uint32_t call(const struct ct_buf *filter, long number, uint64_t first, uint64_t second)
{
        struct seccomp_data data = { .nr = (int)number, .arch = NATIVE, .args = { first, second } };

        return run(filter, &data);
}

#define ERRNO(number) (SECCOMP_RET_ERRNO | (number))

TEST(actions)
{
        static const struct {
                const char *action;
                uint32_t result;
        } actions[] = {
                { "'SCMP_ACT_KILL'", SECCOMP_RET_KILL_THREAD },
                { "'SCMP_ACT_KILL_THREAD'", SECCOMP_RET_KILL_THREAD },
                { "'SCMP_ACT_KILL_PROCESS'", SECCOMP_RET_KILL_PROCESS },
                { "'SCMP_ACT_TRAP'", SECCOMP_RET_TRAP },
                { "'SCMP_ACT_ERRNO'", ERRNO(EPERM) },
                { "'SCMP_ACT_ERRNO','errnoRet':38", ERRNO(38) },
                { "'SCMP_ACT_ERRNO','errnoRet':0", ERRNO(0) },
                { "'SCMP_ACT_TRACE'", SECCOMP_RET_TRACE | EPERM },
                { "'SCMP_ACT_TRACE','errnoRet':7", SECCOMP_RET_TRACE | 7 },
                { "'SCMP_ACT_LOG'", SECCOMP_RET_LOG },
                { "'SCMP_ACT_NOTIFY'", SECCOMP_RET_USER_NOTIF },
        };

        for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
                _cleanup_buf_ struct ct_buf filter = CT_BUF_INIT, text = CT_BUF_INIT;

                (void)ct_buf_printf(
                        &text,
                        "'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['getpid'],'action':%s}]",
                        actions[i].action);
                REQUIRE(compile(text.data, &filter));
                (void)test_check(call(&filter, SYS_getpid, 0, 0) == actions[i].result, __FILE__, __LINE__,
                                 "%s", actions[i].action);
                EXPECT_EQ(call(&filter, SYS_getppid, 0, 0), SECCOMP_RET_ALLOW);
        }
}

TEST(default_actions)
{
        _cleanup_buf_ struct ct_buf filter = CT_BUF_INIT;
        struct seccomp_data foreign = { .nr = SYS_getpid, .arch = 1 };

        /* a rule that says what the default says is none; so is one for a call that nobody knows */
        REQUIRE(compile("'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,'syscalls':["
                        "{'names':['getppid'],'action':'SCMP_ACT_ERRNO','errnoRet':38},"
                        "{'names':['no_such_call','getpid'],'action':'SCMP_ACT_ALLOW'},"
                        "{'names':['getuid'],'action':'SCMP_ACT_ERRNO'}]",
                        &filter));
        EXPECT_EQ(call(&filter, SYS_getpid, 0, 0), SECCOMP_RET_ALLOW);
        EXPECT_EQ(call(&filter, SYS_getppid, 0, 0), ERRNO(38));
        EXPECT_EQ(call(&filter, SYS_getuid, 0, 0), ERRNO(EPERM));
        EXPECT_EQ(call(&filter, SYS_close, 0, 0), ERRNO(38));
        EXPECT_EQ(run(&filter, &foreign), SECCOMP_RET_KILL_THREAD);
}

#define BIG UINT64_C(0x100000000)

TEST(operators)
{
        static const struct {
                const char *arg;
                uint64_t yes[3], no[3];
        } cases[] = {
                { "'op':'SCMP_CMP_EQ','value':5", { 5, 5, 5 }, { 4, 6, BIG + 5 } },
                { "'op':'SCMP_CMP_NE','value':5", { 4, 6, BIG + 5 }, { 5, 5, 5 } },
                { "'op':'SCMP_CMP_LT','value':5", { 0, 3, 4 }, { 5, 6, BIG } },
                { "'op':'SCMP_CMP_LE','value':5", { 0, 4, 5 }, { 6, 7, BIG } },
                { "'op':'SCMP_CMP_GT','value':5", { 6, 7, BIG }, { 0, 4, 5 } },
                { "'op':'SCMP_CMP_GE','value':5", { 5, 6, BIG }, { 0, 3, 4 } },
                { "'op':'SCMP_CMP_MASKED_EQ','value':6,'valueTwo':2", { 2, 3, BIG + 2 }, { 0, 4, 6 } },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_buf_ struct ct_buf filter = CT_BUF_INIT, text = CT_BUF_INIT;

                (void)ct_buf_printf(&text,
                                    "'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':['getpid'],"
                                    "'action':'SCMP_ACT_ALLOW','args':[{'index':0,%s}]}]",
                                    cases[i].arg);
                REQUIRE(compile(text.data, &filter));
                for (size_t j = 0; j < 3; j++) {
                        (void)test_check(call(&filter, SYS_getpid, cases[i].yes[j], 0) == SECCOMP_RET_ALLOW,
                                         __FILE__, __LINE__, "%s allows value %zu", cases[i].arg, j);
                        (void)test_check(call(&filter, SYS_getpid, cases[i].no[j], 0) == ERRNO(EPERM),
                                         __FILE__, __LINE__, "%s refuses value %zu", cases[i].arg, j);
                }
        }
}

TEST(arguments_together_and_alternatives)
{
        _cleanup_buf_ struct ct_buf both = CT_BUF_INIT, either = CT_BUF_INIT;

        REQUIRE(compile(
                "'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':['getpid'],'action':'SCMP_ACT_ALLOW',"
                "'args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':1,'value':2,'op':'SCMP_CMP_EQ'}]}"
                "]",
                &both));
        EXPECT_EQ(call(&both, SYS_getpid, 1, 2), SECCOMP_RET_ALLOW);
        EXPECT_EQ(call(&both, SYS_getpid, 1, 3), ERRNO(EPERM));
        EXPECT_EQ(call(&both, SYS_getpid, 2, 2), ERRNO(EPERM));

        /* two of the same argument: one of them is enough */
        REQUIRE(compile(
                "'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':['getpid'],'action':'SCMP_ACT_ALLOW',"
                "'args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':0,'value':2,'op':'SCMP_CMP_EQ'}]}"
                "]",
                &either));
        EXPECT_EQ(call(&either, SYS_getpid, 1, 0), SECCOMP_RET_ALLOW);
        EXPECT_EQ(call(&either, SYS_getpid, 2, 0), SECCOMP_RET_ALLOW);
        EXPECT_EQ(call(&either, SYS_getpid, 3, 0), ERRNO(EPERM));
}

/* The binary tree has to answer as the list would, for each number. */
TEST(a_long_filter_answers_right_for_every_call)
{
        _cleanup_buf_ struct ct_buf filter = CT_BUF_INIT;
        static const long allowed[] = { SYS_read,   SYS_write,  SYS_close,   SYS_getpid, SYS_getppid,
                                        SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_munmap,
                                        SYS_mmap,   SYS_brk,    SYS_exit,    SYS_futex,  SYS_kill,
                                        SYS_dup,    SYS_socket, SYS_bind,    SYS_listen, SYS_connect,
                                        SYS_openat2 };

        REQUIRE(compile("'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'action':'SCMP_ACT_ALLOW','names':["
                        "'read','write','close','getpid','getppid','gettid','getuid','geteuid','getgid','"
                        "munmap','mmap','brk',"
                        "'exit','futex','kill','dup','socket','bind','listen','connect','openat2']}]",
                        &filter));
        for (long number = 0; number < 600; number++) {
                uint32_t expected = ERRNO(EPERM);

                for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
                        if (allowed[i] == number)
                                expected = SECCOMP_RET_ALLOW;
                (void)test_check(call(&filter, number, 0, 0) == expected, __FILE__, __LINE__,
                                 "call %ld: 0x%x", number, expected);
        }
}

#if defined(__x86_64__)
TEST(listed_architectures_are_all_there_are)
{
        _cleanup_buf_ struct ct_buf without = CT_BUF_INIT, with = CT_BUF_INIT;
        struct seccomp_data i386 = { .nr = 20 /* getpid */, .arch = AUDIT_ARCH_I386 };
        struct seccomp_data x32 = { .nr = 0x40000000 | SYS_getpid, .arch = AUDIT_ARCH_X86_64 };

        REQUIRE(compile("'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],"
                        "'syscalls':[{'names':['getpid'],'action':'SCMP_ACT_ALLOW'}]",
                        &without));
        EXPECT_EQ(run(&without, &i386), SECCOMP_RET_ALLOW);
        EXPECT_EQ(call(&without, SYS_getpid, 0, 0), SECCOMP_RET_KILL_THREAD);

        REQUIRE(compile("'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_X86'"
                        ",'SCMP_ARCH_X32'],"
                        "'syscalls':[{'names':['getpid'],'action':'SCMP_ACT_ALLOW'}]",
                        &with));
        EXPECT_EQ(run(&with, &i386), SECCOMP_RET_ALLOW);
        EXPECT_EQ(run(&with, &x32), SECCOMP_RET_ALLOW);
        EXPECT_EQ(call(&with, SYS_getpid, 0, 0), SECCOMP_RET_ALLOW);
        EXPECT_EQ(call(&with, SYS_getppid, 0, 0), ERRNO(EPERM));
}
#endif

TEST(loading_before_and_after_no_new_privs)
{
#define SECCOMP ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_LOG']}"
        _cleanup_free_ char *early = world_plan("", WORLD_CONFIG("", SECCOMP, ""));
        _cleanup_free_ char *late = world_plan("", WORLD_CONFIG(",'noNewPrivileges':true", SECCOMP, ""));
        const char *load = "\"step\": \"seccomp\"", *drop = "\"step\": \"capabilities\"";

        REQUIRE(early && late && strstr(early, load) && strstr(late, load));
        EXPECT(strstr(early, load) < strstr(early, drop));
        EXPECT(strstr(late, load) > strstr(late, "\"step\": \"no-new-privileges\""));
        EXPECT(strstr(late, load) < strstr(late, "\"step\": \"exec\""));
        EXPECT_CONTAINS(early, "\"flags\": \"0x2\"");
}

TEST(notifications_change_the_flags)
{
#define NOTIFIES(flags)                                                                                      \
        ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','flags':[" flags "],"                                  \
        "'syscalls':[{'names':['mount'],'action':'SCMP_ACT_NOTIFY'}]}"
        _cleanup_free_ char *plain = world_plan("seccomp-socket\n", WORLD_CONFIG("", NOTIFIES(""), ""));
        _cleanup_free_ char *both = world_plan(
                "seccomp-socket\n", WORLD_CONFIG("",
                                                 NOTIFIES("'SECCOMP_FILTER_FLAG_TSYNC',"
                                                          "'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'"),
                                                 ""));
        _cleanup_free_ char *none = world_plan(
                "", WORLD_CONFIG("",
                                 ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','flags':["
                                 "'SECCOMP_FILTER_FLAG_TSYNC','SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']}",
                                 ""));

        EXPECT_CONTAINS(plain, "\"flags\": \"0x8\"");
        EXPECT_CONTAINS(plain, "{\"kind\": \"seccomp\", \"at\": \"/linux/seccomp/listenerPath\"}");
        EXPECT_CONTAINS(both, "\"flags\": \"0x28\"");
        EXPECT_CONTAINS(none, "\"flags\": \"0x1\"");
}
