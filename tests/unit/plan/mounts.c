/* SPDX-License-Identifier: MIT */

/* Single mounts, in the worlds that make a difference to them. golden/mounts has the usual ones. */

#include "harness/test.h"
#include "world.h"

#include <string.h>

#define MOUNT(members) ",'mounts':[{'destination':'/a'," members "}]"
#define BIND(options)  MOUNT("'source':'/s','options':[" options "]")

/* The steps of a plan's first mount, without what all of them have: "tree …; attach …". Malloc'd. */
static char *mount_steps(const char *facts, const char *config)
{
        static const char head[] = "{\"step\": \"", at[] = "\"at\": \"/mounts/0\", ";
        _cleanup_free_ char *plan = world_plan(facts, config);
        struct ct_buf out = CT_BUF_INIT;

        for (char *line = plan; line && (line = strstr(line, head));) {
                char *end = strchr(line, '\n'), *place = strstr(line, at);
                size_t name = strcspn(line + strlen(head), "\"");

                if (place && end && place < end) {
                        place += strlen(at);
                        (void)ct_buf_printf(&out, "%s%.*s", out.size > 0 ? "; " : "", (int)name,
                                            line + strlen(head));
                        (void)ct_buf_printf(&out, " %.*s", (int)(strcspn(place, "\n") - 1 - (end[-1] == ',')),
                                            place);
                }
                line += strlen(head);
        }
        if (plan && strncmp(plan, "error", 5) == 0)
                (void)ct_buf_puts(&out, plan);
        return ct_buf_steal(&out);
}

#define EXPECT_STEPS(facts, config, expected)                                                                \
        do {                                                                                                 \
                _cleanup_free_ char *steps_ = mount_steps(facts, config);                                    \
                EXPECT_STR(steps_, expected);                                                                \
        } while (0)

TEST(binds_get_the_default_propagation)
{
        EXPECT_STEPS("", WORLD_CONFIG("", "", BIND("'bind'")),
                     "tree \"slot\": 1; attributes \"propagation\": \"0x80000\"; attach \"target\": \"/a\"");
        EXPECT_STEPS("", WORLD_CONFIG("", "", BIND("'rbind'")),
                     "tree \"slot\": 1, \"recursive\": 1; attributes \"propagation\": \"0x80000\", "
                     "\"recursive\": 1; "
                     "attach \"target\": \"/a\"");
        EXPECT_STEPS("", WORLD_CONFIG("", ",'rootfsPropagation':'rshared'", BIND("'rbind'")),
                     "tree \"slot\": 1, \"recursive\": 1; attach \"target\": \"/a\"");
        EXPECT_STEPS("", WORLD_CONFIG("", ",'rootfsPropagation':'private'", BIND("'bind'")),
                     "tree \"slot\": 1; attributes \"propagation\": \"0x40000\"; attach \"target\": \"/a\"");
}

TEST(words_for_propagation_win)
{
        EXPECT_STEPS("", WORLD_CONFIG("", ",'rootfsPropagation':'rshared'", BIND("'bind','slave'")),
                     "tree \"slot\": 1; attributes \"propagation\": \"0x80000\"; attach \"target\": \"/a\"");
        EXPECT_STEPS("", WORLD_CONFIG("", "", BIND("'rbind','private'")),
                     "tree \"slot\": 1, \"recursive\": 1; attributes \"propagation\": \"0x80000\", "
                     "\"recursive\": 1; "
                     "attributes \"propagation\": \"0x40000\"; attach \"target\": \"/a\"");
        EXPECT_STEPS("", WORLD_CONFIG("", "", BIND("'rbind','rshared'")),
                     "tree \"slot\": 1, \"recursive\": 1; attach \"target\": \"/a\"; "
                     "target-attributes \"target\": \"/a\", \"propagation\": \"0x100000\", \"recursive\": 1");
}

TEST(without_privilege_trees_are_cloned_by_path)
{
        EXPECT_STEPS("capabilities none\nuid 1\ngid 1\n",
                     WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}",
                                      ",'uidMappings':[{'containerID':0,'hostID':1,'size':1}],"
                                      "'gidMappings':[{'containerID':0,'hostID':1,'size':1}]",
                                      MOUNT("'source':'s','options':['rbind','ro']")),
                     "tree \"source\": \"/bundle/s\", \"recursive\": 1; attributes \"set\": \"0x1\"; "
                     "attach \"target\": \"/a\"");
}

TEST(recursive_words_come_before_those_of_the_mount)
{
        EXPECT_STEPS("", WORLD_CONFIG("", "", BIND("'rbind','rro','rw','rprivate'")),
                     "tree \"slot\": 1, \"recursive\": 1; "
                     "attributes \"set\": \"0x1\", \"propagation\": \"0x40000\", \"recursive\": 1; "
                     "attributes \"clear\": \"0x1\"; attach \"target\": \"/a\"");
        EXPECT_STEPS("", WORLD_CONFIG("", "", BIND("'bind','rro','rnoexec','rw'")),
                     "tree \"slot\": 1; attributes \"set\": \"0x8\", \"clear\": \"0x1\", \"propagation\": "
                     "\"0x80000\"; "
                     "attach \"target\": \"/a\"");
}

TEST(proc_and_sys_have_to_be_real_folders)
{
        EXPECT_STEPS("", WORLD_CONFIG("", "", MOUNT("'type':'proc'")),
                     "file-system \"type\": \"proc\"; attach \"target\": \"/a\", \"flags\": \"0x1\"");
        EXPECT_STEPS(
                "",
                WORLD_CONFIG("", "", ",'mounts':[{'destination':'//sys/','source':'/s','options':['bind']}]"),
                "tree \"slot\": 1; attributes \"propagation\": \"0x80000\"; "
                "attach \"target\": \"//sys/\", \"flags\": \"0x1\"");
        EXPECT_STEPS("", WORLD_CONFIG("", "", ",'mounts':[{'destination':'/sys/a','type':'tmpfs'}]"),
                     "file-system \"type\": \"tmpfs\"; attach \"target\": \"/sys/a\"");
}

TEST(read_only_comes_last_where_something_is_still_to_come)
{
        /* /dev gets the default devices */
        EXPECT_STEPS(
                "",
                WORLD_CONFIG("", "", ",'mounts':[{'destination':'/dev','type':'tmpfs','options':['ro']}]"),
                "file-system \"type\": \"tmpfs\"; attach \"target\": \"/dev\"; "
                "target-attributes \"target\": \"/dev\", \"set\": \"0x1\"");
        /* a tmpfs gets a target */
        EXPECT_STEPS("",
                     WORLD_CONFIG("", "",
                                  ",'mounts':[{'destination':'/a','type':'tmpfs','options':['ro']},"
                                  "{'destination':'/a/b','type':'tmpfs'}]"),
                     "file-system \"type\": \"tmpfs\"; attach \"target\": \"/a\"; "
                     "target-attributes \"target\": \"/a\", \"set\": \"0x1\"");
        /* covered, it cannot be found at the end */
        EXPECT_STEPS("",
                     WORLD_CONFIG("", "",
                                  ",'mounts':[{'destination':'/a','type':'tmpfs','options':['ro']},"
                                  "{'destination':'/a','type':'tmpfs'}]"),
                     "file-system \"type\": \"tmpfs\", \"attr\": \"0x1\"; attach \"target\": \"/a\"");
        /* other file systems have their content already */
        EXPECT_STEPS("",
                     WORLD_CONFIG("", "",
                                  ",'mounts':[{'destination':'/a','type':'sysfs','options':['ro']},"
                                  "{'destination':'/a/b','type':'tmpfs'}]"),
                     "file-system \"type\": \"sysfs\", \"attr\": \"0x1\"; attach \"target\": \"/a\", "
                     "\"flags\": \"0x1\"");
}

TEST(copy_up_is_before_read_only)
{
        _cleanup_free_ char *plan = world_plan(
                "", WORLD_CONFIG("", "", MOUNT("'type':'tmpfs','options':['ro','noexec','tmpcopyup']")));
        _cleanup_free_ char *own = world_plan(
                "", WORLD_CONFIG("", "", MOUNT("'type':'tmpfs','options':['tmpcopyup','gid=1','mode=7']")));

        EXPECT_CONTAINS(plan, "\"type\": \"tmpfs\", \"attr\": \"0x8\"},\n    "
                              "{\"step\": \"copy-up\", \"side\": \"init\", \"at\": \"/mounts/0/options/2\", "
                              "\"target\": \"/a\", \"owner\": 1, \"mode\": 1},\n    "
                              "{\"step\": \"attributes\", \"side\": \"init\", \"at\": \"/mounts/0\", "
                              "\"set\": \"0x1\"}");
        /* what the options say is so */
        EXPECT_CONTAINS(own, "{\"step\": \"copy-up\", \"side\": \"init\", \"at\": \"/mounts/0/options/0\", "
                             "\"target\": \"/a\"}");
}

TEST(labels_are_for_file_systems_with_files)
{
        EXPECT_STEPS("has selinux\n",
                     WORLD_CONFIG("", ",'mountLabel':'a:b,c'", MOUNT("'type':'tmpfs','options':['size=1']")),
                     "file-system \"type\": \"tmpfs\", \"strings\": [\"size=1\", \"context=a:b,c\"]; "
                     "attach \"target\": \"/a\"");
        EXPECT_STEPS("has selinux\n", WORLD_CONFIG("", ",'mountLabel':'a:b,c'", MOUNT("'type':'sysfs'")),
                     "file-system \"type\": \"sysfs\"; attach \"target\": \"/a\", \"flags\": \"0x1\"");
}

TEST(the_super_block_is_read_only_on_devices_only)
{
        EXPECT_STEPS("",
                     WORLD_CONFIG("", "", MOUNT("'type':'ext4','source':'/dev/x','options':['ro','sync']")),
                     "file-system \"type\": \"ext4\", \"source\": \"/dev/x\", \"attr\": \"0x1\", "
                     "\"sb_flags\": \"0x11\"; "
                     "attach \"target\": \"/a\"");
        EXPECT_STEPS("",
                     WORLD_CONFIG("", "", MOUNT("'type':'mqueue','source':'mqueue','options':['ro','sync']")),
                     "file-system \"type\": \"mqueue\", \"source\": \"mqueue\", \"attr\": \"0x1\", "
                     "\"sb_flags\": \"0x10\"; "
                     "attach \"target\": \"/a\"");
}

TEST(a_hierarchy_without_the_container_is_shown_read_only)
{
        /* by path: the container's cgroup is made after the slots are opened */
        EXPECT_STEPS("cgroup v2\nhierarchy v2 - /c -\n", WORLD_CONFIG("", "", MOUNT("'type':'cgroup'")),
                     "tree \"source\": \"/c\"; attributes \"set\": \"0x1\"; attach \"target\": \"/a\"");
        EXPECT_STEPS("cgroup v2\nhierarchy v2 - /c /x\n",
                     WORLD_CONFIG("", "", MOUNT("'type':'cgroup','options':['rshared']")),
                     "tree \"source\": \"/c/x\"; attach \"target\": \"/a\"; "
                     "target-attributes \"target\": \"/a\", \"propagation\": \"0x100000\"");
}

TEST(ids_are_mapped_by_whoever_may)
{
#define MAPS                                                                                                 \
        "'uidMappings':[{'containerID':0,'hostID':5,'size':1}],'gidMappings':[{'containerID':0,'hostID':6,'" \
        "size':1}]"
        _cleanup_free_ char *plan =
                world_plan("", WORLD_CONFIG("", "", MOUNT("'source':'/s','options':['bind']," MAPS)));

        EXPECT_CONTAINS(plan, "{\"step\": \"idmap\", \"side\": \"init\", \"at\": "
                              "\"/mounts/0/uidMappings\", \"slot\": 1");
        /* in a user namespace it is part of the slot */
        EXPECT_STEPS("",
                     WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}", "," MAPS,
                                      MOUNT("'source':'/s','options':['bind','idmap']")),
                     "tree \"slot\": 2; attributes \"propagation\": \"0x80000\"; attach \"target\": \"/a\"");
        /* and what is mounted there has the maps already, by the word or by the same numbers */
        EXPECT_STEPS("",
                     WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}", "," MAPS,
                                      MOUNT("'type':'tmpfs','options':['idmap']")),
                     "file-system \"type\": \"tmpfs\"; attach \"target\": \"/a\"");
        EXPECT_STEPS(
                "",
                WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}", "," MAPS, MOUNT("'type':'tmpfs'," MAPS)),
                "file-system \"type\": \"tmpfs\"; attach \"target\": \"/a\"");
}
