/* SPDX-License-Identifier: MIT */

/* The program: its environment, the folders it is looked for in, its descriptors. */

#include "harness/test.h"
#include "world.h"

#include <string.h>

#define ENV(variables) WORLD_CONFIG(",'env':[" variables "]", "", "")

static const char *exec_line(char *plan)
{
        char *line = plan ? strstr(plan, "{\"step\": \"exec\"") : NULL,
             *end = line ? strchr(line, '\n') : NULL;

        if (end)
                *end = '\0';
        return line;
}

TEST(variables_are_there_once)
{
        _cleanup_free_ char *plan = world_plan("", ENV("'A=1','B=2','A=3','AA=4','HOME='"));

        EXPECT_CONTAINS(exec_line(plan),
                        "\"envc\": 4, \"strings\": [\"/bin/true\", \"A=3\", \"B=2\", \"AA=4\", \"HOME=\"]");
}

TEST(many_variables)
{
        _cleanup_buf_ struct ct_buf env = CT_BUF_INIT, config = CT_BUF_INIT;
        _cleanup_free_ char *plan = NULL;

        for (int i = 0; i < 20000; i++)
                (void)ct_buf_printf(&env, "%s'V%d=%d'", i > 0 ? "," : "", i % 10000, i);
        REQUIRE(ct_buf_printf(&config,
                              "{'ociVersion':'1.3.0','process':{'args':['a'],'cwd':'/"
                              "','env':[%s]},'root':{'path':'r'}}",
                              env.data) == 0);
        plan = world_plan("", config.data);
        EXPECT_CONTAINS(exec_line(plan), "\"envc\": 10000");
        EXPECT_CONTAINS(exec_line(plan), "\"V0=10000\", \"V1=10001\"");
}

TEST(path_and_home)
{
        _cleanup_free_ char *none = world_plan("", ENV(""));
        _cleanup_free_ char *both = world_plan("", ENV("'PATH=/a','HOME=/h','PATH=/b:/c'"));
        _cleanup_free_ char *empty = world_plan("", ENV("'PATH='"));

        EXPECT_CONTAINS(exec_line(none),
                        "\"path\": \"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"");
        EXPECT_CONTAINS(exec_line(none), "\"add_home\": 1");
        EXPECT_CONTAINS(exec_line(both), "\"path\": \"/b:/c\"");
        EXPECT(!strstr(exec_line(both), "add_home"));
        EXPECT_CONTAINS(exec_line(empty), "\"path\": \"\"");
}

TEST(keyring_and_descriptors_as_requested)
{
        _cleanup_free_ char *plan = world_plan("no-new-keyring\nextra-fds 2\n", ENV(""));

        EXPECT(!strstr(plan, "session-keyring"));
        EXPECT_CONTAINS(plan,
                        "\"step\": \"extra-descriptor\", \"side\": \"init\", \"slot\": 6, \"number\": 4}");
}

TEST(labels_are_written_where_the_module_reads_them)
{
        _cleanup_free_ char *plan =
                world_plan("has apparmor\nhas selinux\n",
                           WORLD_CONFIG(",'apparmorProfile':'p','selinuxLabel':'l'", "", ""));
        _cleanup_free_ char *absent = world_plan("", WORLD_CONFIG(",'apparmorProfile':'unconfined'", "", ""));

        EXPECT_CONTAINS(plan, "\"file\": \"exec\", \"value\": \"l\"");
        EXPECT_CONTAINS(plan, "\"file\": \"apparmor/exec\", \"value\": \"exec p\"");
        EXPECT(absent && !strstr(absent, "security-label") && !strstr(absent, "error"));
}

/* The halves are what they are in the header: together with a pid, a JSON document. */
TEST(the_state_has_a_gap_for_the_pid)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        _cleanup_(world_done) struct world world = { 0 };
        _cleanup_free_ char *json = world_json(WORLD_CONFIG("", "", ",'annotations':{'a\\\"b':'c','d':''}"));
        const struct plan_header *header;

        REQUIRE(world_init(&world, ""));
        plan = world_compile(&world, json, &error);
        REQUIRE(plan != NULL);
        header = ct_plan_header(plan);
        EXPECT_STR(ct_plan_string(plan, header->state_creating[0]),
                   "{\"ociVersion\":\"1.3.0\",\"id\":\"test\",\"status\":\"creating\",\"pid\":");
        EXPECT_STR(ct_plan_string(plan, header->state_created[0]),
                   "{\"ociVersion\":\"1.3.0\",\"id\":\"test\",\"status\":\"created\",\"pid\":");
        EXPECT_STR(ct_plan_string(plan, header->state_created[1]),
                   ",\"bundle\":\"/bundle\",\"annotations\":{\"a\\\"b\":\"c\",\"d\":\"\"}}");
        EXPECT_EQ(header->state_creating[1], header->state_created[1]);
}
