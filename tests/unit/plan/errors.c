/* SPDX-License-Identifier: MIT */

/* What the planner refuses: each with its code, and its place in the configuration. */

#include "harness/test.h"
#include "world.h"

#include <string.h>

#define USER_MAPS                                                                                            \
        ",'uidMappings':[{'containerID':0,'hostID':0,'size':1}],'gidMappings':[{'containerID':0,'hostID':0," \
        "'size':1}]"
#define TWO_MAPS                                                                                             \
        ",'uidMappings':[{'containerID':0,'hostID':5,'size':2}],'gidMappings':[{'containerID':0,'hostID':5," \
        "'size':2}]"
#define MOUNT(members) ",'mounts':[{'destination':'/a'," members "}]"
#define MOUNT_MAPS                                                                                           \
        "'uidMappings':[{'containerID':0,'hostID':1,'size':1}],"                                             \
        "'gidMappings':[{'containerID':0,'hostID':1,'size':1}]"
#define NOTIFY "'syscalls':[{'names':['mount'],'action':'SCMP_ACT_NOTIFY'}]"

static const struct refusal {
        const char *name, *facts, *config;
        int code;
        const char *at;
} refusals[] = {
        /* the whole */
        { "no process", "become\n", "{'ociVersion':'1.0.0','root':{'path':'r'}}", CONTAIN_E_MISSING,
          "/process" },
        { "network device", "capabilities 0x200000\n",
          WORLD_NAMESPACES("{'type':'mount'},{'type':'network'}", ",'netDevices':{'eth0':{}}", ""),
          CONTAIN_E_NETWORK, "/linux/netDevices/eth0" },
        { "network device", "become\n",
          WORLD_NAMESPACES("{'type':'mount'},{'type':'network'}", ",'netDevices':{'eth0':{}}", ""),
          CONTAIN_E_CONFLICT, "/linux/netDevices/eth0" },
        { "no privilege", "capabilities none\n", WORLD_CONFIG("", "", ""), CONTAIN_E_NAMESPACE,
          "/linux/namespaces/0" },

        { "deadline and notify", "",
          WORLD_CONFIG(",'scheduler':{'policy':'SCHED_DEADLINE','runtime':1,'deadline':2}",
                       ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/l'," NOTIFY "}", ""),
          CONTAIN_E_CONFLICT, "/linux/seccomp" },

        /* without mounts of its own */
        { "mounts", "", WORLD_NAMESPACES("", "", MOUNT("'type':'tmpfs'")), CONTAIN_E_CONFLICT, "/mounts/0" },
        { "mounts, joined", "", WORLD_NAMESPACES("{'type':'mount','path':'/n'}", "", MOUNT("'type':'tmpfs'")),
          CONTAIN_E_CONFLICT, "/mounts/0" },
        { "mounts, descriptor", "namespace-fd mount\n", WORLD_CONFIG("", "", MOUNT("'type':'tmpfs'")),
          CONTAIN_E_CONFLICT, "/mounts/0" },
        { "masked", "", WORLD_NAMESPACES("{'type':'mount','path':'/n'}", ",'maskedPaths':['/x']", ""),
          CONTAIN_E_CONFLICT, "/linux/maskedPaths/0" },
        { "read-only", "", WORLD_NAMESPACES("{'type':'mount','path':'/n'}", ",'readonlyPaths':['/x']", ""),
          CONTAIN_E_CONFLICT, "/linux/readonlyPaths/0" },
        { "propagation", "", WORLD_NAMESPACES("", ",'rootfsPropagation':'shared'", ""), CONTAIN_E_CONFLICT,
          "/linux/rootfsPropagation" },
        { "read-only root", "",
          "{'ociVersion':'1.0.0','process':{'args':['a'],'cwd':'/'},'root':{'path':'r','readonly':true}}",
          CONTAIN_E_CONFLICT, "/root/readonly" },
        { "terminal", "",
          "{'ociVersion':'1.0.0','process':{'args':['a'],'cwd':'/','terminal':true},'root':{'path':'r'}}",
          CONTAIN_E_CONFLICT, "/process/terminal" },
        { "root descriptor", "rootfs-fd\n", WORLD_NAMESPACES("", "", ""), CONTAIN_E_CONFLICT, "/root/path" },
        { "device", "in-user-namespace\n",
          WORLD_NAMESPACES("", ",'devices':[{'path':'/dev/a','type':'c','major':1,'minor':3}]", ""),
          CONTAIN_E_UNSUPPORTED, "/linux/devices/0" },

        /* namespaces */
        { "old kernel", "lacks time\n", WORLD_NAMESPACES("{'type':'mount'},{'type':'time'}", "", ""),
          CONTAIN_E_UNSUPPORTED, "/linux/namespaces/1" },
        { "old kernel", "lacks cgroup\n", WORLD_NAMESPACES("{'type':'cgroup'}", "", ""),
          CONTAIN_E_UNSUPPORTED, "/linux/namespaces/0" },
        { "old kernel", "lacks user\n", WORLD_NAMESPACES("{'type':'user'}", USER_MAPS, ""),
          CONTAIN_E_UNSUPPORTED, "/linux/namespaces/0" },
        { "no newuidmap", "capabilities none\nuid 5\n",
          WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}", TWO_MAPS, ""), CONTAIN_E_IDMAP,
          "/linux/uidMappings" },

        /* mounts */
        { "root", "", WORLD_CONFIG("", "", ",'mounts':[{'destination':'/x/..','type':'tmpfs'}]"),
          CONTAIN_E_VALUE, "/mounts/0/destination" },
        { "no type", "", WORLD_CONFIG("", "", MOUNT("'source':'b'")), CONTAIN_E_MISSING, "/mounts/0" },
        { "no source", "", WORLD_CONFIG("", "", MOUNT("'options':['bind']")), CONTAIN_E_MISSING,
          "/mounts/0" },
        { "copy-up", "", WORLD_CONFIG("", "", MOUNT("'type':'proc','options':['ro','tmpcopyup']")),
          CONTAIN_E_VALUE, "/mounts/0/options/1" },
        { "copy-up", "", WORLD_CONFIG("", "", MOUNT("'source':'a','options':['tmpcopyup','bind']")),
          CONTAIN_E_VALUE, "/mounts/0/options/0" },
        { "recursive", "lacks mount-setattr\n",
          WORLD_CONFIG("", "", MOUNT("'source':'a','options':['rbind','rro']")), CONTAIN_E_UNSUPPORTED,
          "/mounts/0/options/1" },
        { "nosymfollow", "kernel 5.13\n",
          WORLD_CONFIG("", "", MOUNT("'source':'a','options':['bind','rnosymfollow']")),
          CONTAIN_E_UNSUPPORTED, "/mounts/0/options/1" },
        { "bind as a type", "", WORLD_CONFIG("", "", MOUNT("'type':'bind','source':'a'")), CONTAIN_E_VALUE,
          "/mounts/0/type" },
        { "bind data", "", WORLD_CONFIG("", "", MOUNT("'source':'a','options':['bind','ro','size=1']")),
          CONTAIN_E_VALUE, "/mounts/0/options/2" },
        { "bind sync", "", WORLD_CONFIG("", "", MOUNT("'source':'a','options':['bind','sync']")),
          CONTAIN_E_VALUE, "/mounts/0/options/1" },
        { "bind iversion", "", WORLD_CONFIG("", "", MOUNT("'source':'a','options':['iversion','rbind']")),
          CONTAIN_E_VALUE, "/mounts/0/options/0" },
        { "remount data", "", WORLD_CONFIG("", "", MOUNT("'options':['remount','bind','size=1']")),
          CONTAIN_E_VALUE, "/mounts/0/options/2" },
        { "remount idmap", "", WORLD_CONFIG("", "", MOUNT("'options':['remount','ridmap']," MOUNT_MAPS)),
          CONTAIN_E_VALUE, "/mounts/0/options/1" },
        { "remount iversion", "", WORLD_CONFIG("", "", MOUNT("'options':['remount','noiversion']")),
          CONTAIN_E_VALUE, "/mounts/0/options/1" },
        { "remount copy-up", "", WORLD_CONFIG("", "", MOUNT("'options':['remount','tmpcopyup']")),
          CONTAIN_E_VALUE, "/mounts/0/options/1" },
        { "idmap", "lacks idmapped-mounts\n",
          WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}", USER_MAPS,
                           MOUNT("'source':'a','options':['bind','idmap']")),
          CONTAIN_E_UNSUPPORTED, "/mounts/0/options/1" },
        { "no cgroups", "cgroup none\n", WORLD_CONFIG("", "", MOUNT("'type':'cgroup'")),
          CONTAIN_E_UNSUPPORTED, "/mounts/0" },
        { "cgroup option", "cgroup v1\nhierarchy cpu cpu /c/cpu /x\n",
          WORLD_CONFIG("", "", MOUNT("'type':'cgroup','options':['xattr']")), CONTAIN_E_VALUE,
          "/mounts/0/options/0" },
        { "cgroup sync", "", WORLD_CONFIG("", "", MOUNT("'type':'cgroup','options':['ro','sync']")),
          CONTAIN_E_VALUE, "/mounts/0/options/1" },
        { "cgroup copy-up", "", WORLD_CONFIG("", "", MOUNT("'type':'cgroup','options':['tmpcopyup']")),
          CONTAIN_E_VALUE, "/mounts/0/options/0" },
        { "cgroup maps", "", WORLD_CONFIG("", "", MOUNT("'type':'cgroup'," MOUNT_MAPS)), CONTAIN_E_VALUE,
          "/mounts/0/uidMappings" },
        { "other maps", "",
          WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}", USER_MAPS,
                           MOUNT("'type':'tmpfs'," MOUNT_MAPS)),
          CONTAIN_E_UNSUPPORTED, "/mounts/0/uidMappings" },
        { "unprivileged idmap", "capabilities none\nuid 1000\ngid 1000\n",
          WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}",
                           ",'uidMappings':[{'containerID':0,'hostID':1000,'size':1}],"
                           "'gidMappings':[{'containerID':0,'hostID':1000,'size':1}]",
                           MOUNT("'source':'a','options':['ridmap','bind']")),
          CONTAIN_E_MOUNT, "/mounts/0/options/0" },

        /* security */
        { "AppArmor", "", WORLD_CONFIG(",'apparmorProfile':'p'", "", ""), CONTAIN_E_UNSUPPORTED,
          "/process/apparmorProfile" },
        { "SELinux", "", WORLD_CONFIG(",'selinuxLabel':'l'", "", ""), CONTAIN_E_UNSUPPORTED,
          "/process/selinuxLabel" },
        { "mount label", "", WORLD_CONFIG("", ",'mountLabel':'l'", ""), CONTAIN_E_UNSUPPORTED,
          "/linux/mountLabel" },
        { "no seccomp", "lacks seccomp\n",
          WORLD_CONFIG("", ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}", ""), CONTAIN_E_UNSUPPORTED,
          "/linux/seccomp" },
        { "seccomp flag", "seccomp-flags 0x1\n",
          WORLD_CONFIG("",
                       ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_TSYNC',"
                       "'SECCOMP_FILTER_FLAG_LOG']}",
                       ""),
          CONTAIN_E_UNSUPPORTED, "/linux/seccomp/flags/1" },
        { "nobody to notify", "",
          WORLD_CONFIG("", ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'," NOTIFY "}", ""),
          CONTAIN_E_CONFLICT, "/linux/seccomp" },
        { "no notifications", "seccomp-flags 0x7\nseccomp-socket\n",
          WORLD_CONFIG("", ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'," NOTIFY "}", ""),
          CONTAIN_E_UNSUPPORTED, "/linux/seccomp" },

        { "memory nodes", "", WORLD_CONFIG("", ",'memoryPolicy':{'mode':'MPOL_BIND','nodes':'4096'}", ""),
          CONTAIN_E_VALUE, "/linux/memoryPolicy/nodes" },

        /* in place */
        { "pid namespace", "become\n", WORLD_NAMESPACES("{'type':'mount'},{'type':'pid'}", "", ""),
          CONTAIN_E_CONFLICT, "/linux/namespaces/1" },
        { "class of its own", "become\n",
          WORLD_NAMESPACES("{'type':'mount'}", ",'intelRdt':{'schemata':['L3:0=f']}", ""), CONTAIN_E_CONFLICT,
          "/linux/intelRdt" },
        { "monitoring", "become\n",
          WORLD_NAMESPACES("{'type':'mount'}", ",'intelRdt':{'closID':'a','enableMonitoring':true}", ""),
          CONTAIN_E_CONFLICT, "/linux/intelRdt" },
        { "terminal", "become\n", WORLD_CONFIG(",'terminal':true", "", ""), CONTAIN_E_CONFLICT,
          "/process/terminal" },
        { "prestart", "become\n", WORLD_CONFIG("", "", ",'hooks':{'prestart':[{'path':'/x'}]}"),
          CONTAIN_E_CONFLICT, "/hooks/prestart" },
        { "createRuntime", "become\n", WORLD_CONFIG("", "", ",'hooks':{'createRuntime':[{'path':'/x'}]}"),
          CONTAIN_E_CONFLICT, "/hooks/createRuntime" },
        { "poststart", "become\n", WORLD_CONFIG("", "", ",'hooks':{'poststart':[{'path':'/x'}]}"),
          CONTAIN_E_CONFLICT, "/hooks/poststart" },
        { "poststop", "become\n", WORLD_CONFIG("", "", ",'hooks':{'poststop':[{'path':'/x'}]}"),
          CONTAIN_E_CONFLICT, "/hooks/poststop" },
        { "notify", "become\nseccomp-socket\n",
          WORLD_CONFIG("", ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'," NOTIFY "}", ""),
          CONTAIN_E_CONFLICT, "/linux/seccomp" },
};

static void check_refusal(const struct refusal *refusal)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        _cleanup_(world_done) struct world world = { 0 };
        _cleanup_free_ char *json = world_json(refusal->config);

        REQUIRE(world_init(&world, refusal->facts));
        plan = world_compile(&world, json, &error);
        (void)test_check(!plan && contain_error_code(error) == refusal->code &&
                                 strcmp(contain_error_pointer(error), refusal->at) == 0,
                         __FILE__, __LINE__, "%s: %d at '%s', found '%s'", refusal->name, refusal->code,
                         refusal->at, contain_error_message(error));
}

TEST(each_refusal_has_its_place)
{
        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
                check_refusal(&refusals[i]);
}

TEST(hints_say_what_to_do)
{
        _cleanup_free_ char *helpers =
                world_plan("capabilities none\nuid 5\n",
                           WORLD_NAMESPACES("{'type':'mount'},{'type':'user'}", TWO_MAPS, ""));
        _cleanup_free_ char *privilege = world_plan("capabilities none\n", WORLD_CONFIG("", "", ""));

        EXPECT_CONTAINS(helpers, "uidmap");
        EXPECT_CONTAINS(helpers, "/etc/subuid");
        EXPECT_CONTAINS(privilege, "add a user namespace");
}

TEST(too_many_steps_are_an_error)
{
        _cleanup_buf_ struct ct_buf config = CT_BUF_INIT;
        _cleanup_free_ char *plan = NULL;

        REQUIRE(ct_buf_puts(&config, "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/"
                                     "'},'root':{'path':'r'},"
                                     "'linux':{'namespaces':[{'type':'mount'}],'maskedPaths':['/a'") == 0);
        for (int i = 0; i < 70000; i++)
                REQUIRE(ct_buf_puts(&config, ",'/a'") == 0);
        REQUIRE(ct_buf_puts(&config, "]}}") == 0);
        plan = world_plan("", config.data);
        EXPECT_CONTAINS(plan, "too long");
}
