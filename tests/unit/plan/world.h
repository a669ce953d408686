/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PLAN_WORLD_H
#define TESTS_UNIT_PLAN_WORLD_H

/*
 * What a planner under test is told about the machine, as a text of lines "word value". Without any line:
 * root on Linux 6.1 with cgroup v2 and neither AppArmor nor SELinux, container "test" in "/bundle".
 *
 *      kernel 5.10            uid 1000              gid 1000              last-capability 40
 *      capabilities all | none | 0xHEX              in-user-namespace     newuidmap PATH (and newgidmap
 * beside it) has WORD, lacks WORD: mount-setattr idmapped-mounts time cgroup user apparmor selinux seccomp
 *      seccomp-flags 0xHEX    cgroup none | v1 | hybrid | v2
 *      hierarchy OPTIONS NAME MOUNTPOINT PATH       "-": none; OPTIONS "v2" for the unified one
 *      become                 no-pivot              no-new-keyring        rootfs-fd
 *      seccomp-socket         extra-fds 2           namespace-fd network  cgroup-path /a
 */

#include "plan/plan.h"

#define WORLD_HIERARCHIES 8

struct world {
        struct ct_arena *arena;
        struct ct_facts facts;
        struct ct_request request;
        struct ct_facts_hierarchy hierarchies[WORLD_HIERARCHIES];
};

/* False, with a failed check, for a line it does not know. */
bool world_init(struct world *world, const char *text);
void world_done(struct world *world);

/* A configuration with more members in its process, in linux, and after that; with ' for ". */
#define WORLD_CONFIG(process, linux_, rest)                                                                  \
        "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/'" process                            \
        "},'root':{'path':'rootfs'},"                                                                        \
        "'linux':{'namespaces':[{'type':'mount'},{'type':'uts'}]" linux_ "}" rest "}"
/* The same with other namespaces. */
#define WORLD_NAMESPACES(namespaces, linux_, rest)                                                           \
        "{'ociVersion':'1.3.0','process':{'args':['/bin/true'],'cwd':'/'},'root':{'path':'rootfs'},"         \
        "'linux':{'namespaces':[" namespaces "]" linux_ "}" rest "}"

/* Parses and compiles. NULL, and *ret_error, when either fails. */
struct ct_plan *world_compile(struct world *world, const char *config, contain_error_t **ret_error);
/* A copy of @text with " for each '. Malloc'd. */
char *world_json(const char *text);
/* All in one go, quotes included: the plan as JSON, or the error's message after "error: ". Malloc'd. */
char *world_plan(const char *text, const char *config);

#endif
