/* SPDX-License-Identifier: MIT */

/* Id maps, and what they mean for the ids of the process; capabilities. */

#include "harness/test.h"
#include "world.h"

#include <string.h>

#define MAP(uid_host, uid_size, gid_host, gid_size)                                                          \
        ",'uidMappings':[{'containerID':0,'hostID':" uid_host ",'size':" uid_size "}],"                      \
        "'gidMappings':[{'containerID':0,'hostID':" gid_host ",'size':" gid_size "}]"
#define USER(linux_) WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}", linux_, "")
#define UNPRIVILEGED "uid 1000\ngid 1001\ncapabilities none\nnewuidmap /usr/bin/newuidmap\n"

static bool has(const char *plan, const char *text)
{
        return plan && strstr(plan, text) != NULL;
}

TEST(root_writes_any_map_itself)
{
        _cleanup_free_ char *plan = world_plan("", USER(MAP("100000", "65536", "200000", "65536")));

        EXPECT_CONTAINS(plan, "\"step\": \"id-maps\", \"side\": \"host\", \"at\": \"/linux/uidMappings\", "
                              "\"uid_map\": \"0 100000 65536\\n\", \"gid_map\": \"0 200000 65536\\n\"}");
        EXPECT_CONTAINS(plan, "\"flags\": [\"user-namespace\", \"ambient\"]");
        EXPECT_CONTAINS(plan, "\"groups\": \"set\"");
}

TEST(ones_own_id_needs_no_helper)
{
        _cleanup_free_ char *plan = world_plan(UNPRIVILEGED, USER(MAP("1000", "1", "1001", "1")));

        EXPECT_CONTAINS(plan, "\"deny_setgroups\": 1");
        EXPECT(!has(plan, "\"helpers\""));
        EXPECT_CONTAINS(plan, "\"groups\": \"keep\"");
}

TEST(any_other_id_needs_the_helpers)
{
        _cleanup_free_ char *other = world_plan(UNPRIVILEGED, USER(MAP("1002", "1", "1001", "1")));
        _cleanup_free_ char *more = world_plan(UNPRIVILEGED, USER(MAP("1000", "1", "1001", "2")));

        EXPECT_CONTAINS(other, "\"helpers\": 1");
        EXPECT_CONTAINS(more, "\"helpers\": 1");
        EXPECT(!has(more, "\"deny_setgroups\""));
}

TEST(without_a_mapped_root_there_are_no_root_ids)
{
        _cleanup_free_ char *plan =
                world_plan("", "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/"
                               "','user':{'uid':5,'gid':5}},'root':{'path':'r'},"
                               "'linux':{'namespaces':[{'type':'mount'},{'type':'user'}],'uidMappings':[{'"
                               "containerID':5,'hostID':5,'size':1}],"
                               "'gidMappings':[{'containerID':0,'hostID':5,'size':9}]}}");

        EXPECT_CONTAINS(plan, "\"id-maps\"");
        EXPECT(!has(plan, "\"root-ids\""));
}

TEST(an_annotation_keeps_the_callers_groups)
{
        static const char format[] = "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/','user':"
                                     "{'uid':0,'gid':0,'additionalGids':[7]}},'root':{'path':'r'},"
                                     "'annotations':{'run.oci.keep_original_groups':'%s'},"
                                     "'linux':{'namespaces':[{'type':'mount'}]}}";
        static const struct {
                const char *value, *groups;
        } cases[] = { { "1", "\"groups\": \"keep\"" },
                      { "true", "\"groups\": \"keep\"" },
                      { "0", "\"groups\": \"set\"" } };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_buf_ struct ct_buf config = CT_BUF_INIT;
                _cleanup_free_ char *plan = NULL;

                (void)ct_buf_printf(&config, format, cases[i].value);
                plan = world_plan("", config.data);
                EXPECT_CONTAINS(plan, cases[i].groups);
        }
}

TEST(ids_in_mount_options_have_to_be_mapped)
{
        static const char format[] =
                "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/','user':{'uid':0,'gid':0}},"
                "'root':{'path':'r'},'mounts':[{'destination':'/"
                "x','type':'tmpfs','source':'x','options':['ro','%s']}],"
                "'linux':{'namespaces':[{'type':'mount'},{'type':'user'}],'uidMappings':"
                "[{'containerID':0,'hostID':0,'size':5}],'gidMappings':[{'containerID':0,'hostID':0,'size':6}"
                "]}}";
        static const struct {
                const char *option, *expected;
        } cases[] = {
                { "uid=4", "\"uid=4\"" },
                { "gid=5", "\"gid=5\"" },
                { "uid=5", "error: /mounts/0/options/1: id 5 is not mapped" },
                { "gid=6", "error: /mounts/0/options/1: id 6 is not mapped" },
                { "gid=x", "\"gid=x\"" }, /* the kernel will say */
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_buf_ struct ct_buf config = CT_BUF_INIT;
                _cleanup_free_ char *plan = NULL;

                (void)ct_buf_printf(&config, format, cases[i].option);
                plan = world_plan("", config.data);
                EXPECT_CONTAINS(plan, cases[i].expected);
        }
}

TEST(ids_of_the_process_have_to_be_mapped)
{
        static const char format[] = "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/"
                                     "','user':{%s}},'root':{'path':'r'},"
                                     "'linux':{'namespaces':[{'type':'mount'},{'type':'user'}],'uidMappings':"
                                     "[{'containerID':0,'hostID':0,'size':5}],"
                                     "'gidMappings':[{'containerID':0,'hostID':0,'size':5}]}}";
        static const struct {
                const char *user, *at;
        } users[] = {
                { "'uid':5,'gid':0", "error: /process/user/uid:" },
                { "'uid':4,'gid':9", "error: /process/user/gid:" },
                { "'uid':0,'gid':0,'additionalGids':[1,8]", "error: /process/user/additionalGids/1:" },
        };

        for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
                _cleanup_buf_ struct ct_buf config = CT_BUF_INIT;
                _cleanup_free_ char *plan = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
                REQUIRE(ct_buf_printf(&config, format, users[i].user) == 0);
#pragma GCC diagnostic pop
                plan = world_plan("", config.data);
                EXPECT_CONTAINS(plan, users[i].at);
        }
}

/* Of an engine in a namespace of one id: nobody there could have them. */
TEST(groups_that_nobody_has_are_left_out)
{
        static const char config[] = "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/"
                                     "','user':{'uid':0,'gid':0,'additionalGids':[7]}},'root':{'path':'r'},"
                                     "'linux':{'namespaces':[{'type':'mount'}]}}";
        _cleanup_free_ char *left = world_plan("in-user-namespace\ndenied-groups\n", config);
        _cleanup_free_ char *kept = world_plan("in-user-namespace\n", config);

        EXPECT(!strstr(left, "error:") && !strstr(left, "\"u32\": [7]"));
        EXPECT_CONTAINS(left, "\"groups\": \"keep\"");
        EXPECT_CONTAINS(kept, "\"u32\": [7]");
}

TEST(denied_groups_are_refused)
{
        _cleanup_free_ char *plan =
                world_plan(UNPRIVILEGED,
                           "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/"
                           "','user':{'uid':0,'gid':0,'additionalGids':[0]}},"
                           "'root':{'path':'r'},'linux':{'namespaces':[{'type':'mount'},{'type':'user'}]" MAP(
                                   "1000", "1", "1001", "1") "}}");

        EXPECT_CONTAINS(plan, "error: /process/user/additionalGids:");
}

/* --- capabilities ---------------------------------------------------------------------------- */

#define CAPS(sets) WORLD_CONFIG(",'capabilities':{" sets "}", "", "")

TEST(without_capabilities_there_are_none)
{
        _cleanup_free_ char *plan = world_plan("", WORLD_CONFIG("", "", ""));

        EXPECT_CONTAINS(plan, "\"keep\": \"0x0\"");
        EXPECT_CONTAINS(plan, "\"effective\": \"0x0\", \"permitted\": \"0x0\", \"inheritable\": \"0x0\", "
                              "\"ambient\": \"0x0\"");
}

TEST(what_cannot_be_granted_is_left_out)
{
        static const char all[] =
                "'bounding':['CAP_CHOWN','CAP_BPF'],'effective':['CAP_CHOWN','CAP_KILL','CAP_BPF'],"
                "'permitted':['CAP_CHOWN','CAP_BPF'],'inheritable':['CAP_CHOWN','CAP_KILL'],"
                "'ambient':['CAP_CHOWN','CAP_BPF']";
        _cleanup_free_ char *old = world_plan("last-capability 37\n", CAPS(""));
        _cleanup_free_ char *plan = NULL;
        _cleanup_buf_ struct ct_buf config = CT_BUF_INIT;

        EXPECT_CONTAINS(old, "\"keep\": \"0x0\"");
        REQUIRE(ct_buf_printf(&config,
                              "{'ociVersion':'1.3.0','process':{'args':['a'],'cwd':'/','capabilities':{%s}},"
                              "'root':{'path':'r'},'linux':{'namespaces':[{'type':'mount'}]}}",
                              all) == 0);
        plan = world_plan("last-capability 37\n", config.data); /* before CAP_BPF, 39 */
        EXPECT_CONTAINS(plan, "\"keep\": \"0x1\"");
        EXPECT_CONTAINS(plan, "\"effective\": \"0x1\", \"permitted\": \"0x1\", \"inheritable\": \"0x1\", "
                              "\"ambient\": \"0x1\"");
        free(plan);
        plan = world_plan("capabilities 0x200000\n", config.data); /* CAP_SYS_ADMIN only */
        EXPECT_CONTAINS(plan, "\"keep\": \"0x0\"");
        EXPECT_CONTAINS(plan, "\"effective\": \"0x0\", \"permitted\": \"0x0\"");
}
