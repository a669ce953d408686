/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_STEPS_H
#define CT_PLAN_STEPS_H

/*
 * Every operation of a plan, once. Freestanding, included by both sides.
 *
 *   X(OP, side, "name", error code, "strings", "numbers", "blob")
 *
 * side     INIT: contain-init runs it. HOST: the host runs it, while contain-init waits.
 * strings, numbers
 *          names of s[0] … and n[0] …, space-separated, as the dump prints them. Numbers whose name begins
 * with
 *          '#' are printed in octal, with '%' in hexadecimal.
 * blob     what the table holds: "" none, "strings": NUL-ended strings one after the other,
 *          "u32": array of uint32_t, "u64": array of uint64_t, "bpf": struct sock_filter[].
 *
 * Mounts are compiled to small steps on one current detached tree: TREE or FS makes it, ATTR and
 * IDMAP change it, COPY_UP fills it, ATTACH puts it where it belongs.
 *
 * Paths "in the container" are resolved in the container's root, before as well as after the
 * pivot, and never leave it. "at" of struct plan_step is where in the configuration a step comes from.
 */
#define PLAN_STEPS(X)                                                                                        \
        /* namespaces; JOIN mode: PLAN_JOIN_; UNSHARE flags: CLONE_NEW* */                                   \
        X(JOIN, INIT, "join-namespace", CONTAIN_E_NAMESPACE, "", "%type mode", "")                           \
        X(UNSHARE, INIT, "unshare", CONTAIN_E_NAMESPACE, "", "%flags", "")                                   \
        X(ID_MAPS, HOST, "id-maps", CONTAIN_E_IDMAP, "uid_map gid_map", "helpers deny_setgroups", "")        \
        X(ROOT_IDS, INIT, "root-ids", CONTAIN_E_IDMAP, "", "uid gid", "")                                    \
        X(TIME_OFFSETS, HOST, "time-offsets", CONTAIN_E_NAMESPACE, "offsets", "", "")                        \
        X(ENTER_TIME, INIT, "enter-time-namespace", CONTAIN_E_NAMESPACE, "", "", "")                         \
        X(FORK, INIT, "fork", CONTAIN_E_SPAWN, "", "%flags orphan", "")                                      \
        X(HIDE, INIT, "not-dumpable", CONTAIN_E_SPAWN, "", "", "")                                           \
        X(CGROUP, HOST, "cgroup", CONTAIN_E_CGROUP, "path", "", "")                                          \
        /* of a further process in a container; ENTER_ROOT: the slot is its root, none: that of the mount    \
         * namespace */                                                                                      \
        X(ENTER_ROOT, INIT, "enter-root", CONTAIN_E_ROOTFS, "", "", "")                                      \
        X(CPU_AFFINITY, INIT, "cpu-affinity", CONTAIN_E_LIMIT, "cpus", "", "u64")                            \
        X(LOOPBACK, INIT, "loopback-up", CONTAIN_E_NETWORK, "", "", "")                                      \
        X(HOSTNAME, INIT, "hostname", CONTAIN_E_SYSTEM, "name", "", "")                                      \
        X(DOMAINNAME, INIT, "domainname", CONTAIN_E_SYSTEM, "name", "", "")                                  \
        /* root: PROPAGATE is of the whole tree seen before the pivot; flags: MS_. ROOTFS with attach 0 only \
         * opens path */                                                                                     \
        X(PROPAGATE, INIT, "propagate", CONTAIN_E_ROOTFS, "", "%flags", "")                                  \
        X(ROOTFS, INIT, "rootfs", CONTAIN_E_ROOTFS, "path", "readonly attach", "")                           \
        /* mounts */                                                                                         \
        X(TREE, INIT, "tree", CONTAIN_E_MOUNT, "source", "recursive #type device inode", "")                 \
        X(FS, INIT, "file-system", CONTAIN_E_MOUNT, "type source", "%attr %sb_flags by_mount", "strings")    \
        X(ATTR, INIT, "attributes", CONTAIN_E_MOUNT, "", "%set %clear %propagation recursive", "")           \
        X(IDMAP, INIT, "idmap", CONTAIN_E_MOUNT, "", "recursive", "")                                        \
        X(COPY_UP, INIT, "copy-up", CONTAIN_E_MOUNT, "target", "owner mode", "")                             \
        X(ATTACH, INIT, "attach", CONTAIN_E_MOUNT, "target", "%flags #mode", "")                             \
        X(REMOUNT, INIT, "remount", CONTAIN_E_MOUNT, "target", "%set %clear %sb_set %sb_clear", "strings")   \
        X(TARGET_ATTR, INIT, "target-attributes", CONTAIN_E_MOUNT, "target",                                 \
          "%set %clear %propagation recursive", "")                                                          \
        X(MKDIR, INIT, "make-directory", CONTAIN_E_MOUNT, "path", "#mode optional", "")                      \
        X(UNMOUNT, INIT, "unmount", CONTAIN_E_MOUNT, "target", "lazy", "")                                   \
        /* devices: type: S_IFCHR …; device: major << 32 | minor */                                        \
        X(MKNOD, INIT, "device", CONTAIN_E_DEVICE, "path", "#mode device uid gid", "")                       \
        X(SYMLINK, INIT, "symlink", CONTAIN_E_DEVICE, "path target", "needs_target", "")                     \
        X(CONSOLE, INIT, "console", CONTAIN_E_CONSOLE, "devpts", "rows columns uid", "")                     \
        /* network; name: "" keeps the host's */                                                             \
        X(NET_SOCKET, INIT, "network-socket", CONTAIN_E_NETWORK, "", "", "")                                 \
        X(NET_DEVICE, HOST, "network-device", CONTAIN_E_NETWORK, "host_name name", "", "")                   \
        /* hooks; the blob has argc arguments, then envc variables */                                        \
        X(RUNTIME_HOOK, HOST, "runtime-hook", CONTAIN_E_HOOK, "path kind", "argc envc timeout index",        \
          "strings")                                                                                         \
        X(HOOK, INIT, "hook", CONTAIN_E_HOOK, "path kind", "argc envc timeout index", "strings")             \
        /* the root becomes "/"; SYSCTL path: below /proc/sys, with slashes */                               \
        X(PIVOT, INIT, "pivot-root", CONTAIN_E_ROOTFS, "", "mode", "")                                       \
        X(ROOT_ATTR, INIT, "root-attributes", CONTAIN_E_ROOTFS, "", "%set %clear %propagation recursive",    \
          "")                                                                                                \
        X(SYSCTL, INIT, "sysctl", CONTAIN_E_SYSCTL, "path value", "", "")                                    \
        X(MASK, INIT, "mask", CONTAIN_E_MOUNT, "path", "", "")                                               \
        X(READ_ONLY, INIT, "read-only", CONTAIN_E_MOUNT, "path", "", "")                                     \
        /* the host finishes; the container is created */                                                    \
        X(FIND_PROGRAM, INIT, "find-program", CONTAIN_E_PROGRAM, "program path cwd", "", "")                 \
        X(RLIMIT, HOST, "rlimit", CONTAIN_E_LIMIT, "name", "resource soft hard", "")                         \
        X(OOM_SCORE, HOST, "oom-score", CONTAIN_E_LIMIT, "score", "", "")                                    \
        X(READY, HOST, "ready", CONTAIN_E_STATE, "", "", "")                                                 \
        X(START_WAIT, INIT, "wait-for-start", CONTAIN_E_SPAWN, "", "", "")                                   \
        /* becoming the user's process; SCHEDULER: policy, flags, nice, priority, runtime, deadline, period  \
         */                                                                                                  \
        X(STDIO, INIT, "stdio", CONTAIN_E_CONSOLE, "", "number", "")                                         \
        X(STDIO_CONSOLE, INIT, "stdio-console", CONTAIN_E_CONSOLE, "", "", "")                               \
        X(EXTRA_FD, INIT, "extra-descriptor", CONTAIN_E_SYSTEM, "", "number", "")                            \
        X(LISTEN_PID, INIT, "listen-pid", CONTAIN_E_PROGRAM, "", "", "")                                     \
        X(KEYRING, INIT, "session-keyring", CONTAIN_E_SECURITY, "name", "", "")                              \
        X(PERSONALITY, INIT, "personality", CONTAIN_E_LIMIT, "", "%persona", "")                             \
        X(SCHEDULER, INIT, "scheduler", CONTAIN_E_LIMIT, "", "", "u64")                                      \
        X(IO_PRIORITY, INIT, "io-priority", CONTAIN_E_LIMIT, "", "class priority", "")                       \
        X(MEMORY_POLICY, INIT, "memory-policy", CONTAIN_E_LIMIT, "", "%mode nodes", "u64")                   \
        X(LABEL, INIT, "security-label", CONTAIN_E_SECURITY, "file value", "", "")                           \
        X(NO_NEW_PRIVS, INIT, "no-new-privileges", CONTAIN_E_SECURITY, "", "", "")                           \
        X(SECCOMP, INIT, "seccomp", CONTAIN_E_SECCOMP, "state_head state_middle state_tail", "%flags",       \
          "bpf")                                                                                             \
        X(BOUNDING, INIT, "capability-bounding-set", CONTAIN_E_IDENTITY, "", "%keep", "")                    \
        X(IDENTITY, INIT, "identity", CONTAIN_E_IDENTITY, "", "uid gid groups", "u32")                       \
        X(CAPABILITIES, INIT, "capabilities", CONTAIN_E_IDENTITY, "",                                        \
          "%effective %permitted %inheritable %ambient", "")                                                 \
        X(UMASK, INIT, "umask", CONTAIN_E_IDENTITY, "", "#mask", "")                                         \
        X(CWD, INIT, "working-directory", CONTAIN_E_CWD, "path", "", "")                                     \
        X(EXEC, INIT, "exec", CONTAIN_E_PROGRAM, "program path", "argc envc add_home", "strings")

enum plan_op {
        STEP_NONE,
#define X(op, side, name, code, strings, numbers, blob) STEP_##op,
        PLAN_STEPS(X)
#undef X
                STEP_N
};

/* n[1] of JOIN. A namespace may belong to this user namespace or to the one that is joined later on. */
enum {
        PLAN_JOIN_MUST, /* failing is an error */
        PLAN_JOIN_TRY,  /* EPERM is kept for later */
        PLAN_JOIN_RETRY /* only if the step that tried it before was refused */
};

/* n[0] of ATTACH */
enum {
        PLAN_ATTACH_REAL_DIR =
                1 << 0, /* the target must be a folder reached without symbolic links (/proc, /sys) */
        PLAN_ATTACH_KEEP = 1 << 1, /* the tree stays current, for a step that changes it once attached */
        PLAN_ATTACH_IF_PRESENT = 1 << 2, /* no target, no mount */
        PLAN_ATTACH_OVER_SAME = 1 << 3,  /* what is there already must be the same device, or an empty file */
        PLAN_ATTACH_EXISTING = 1 << 4    /* no target is an error */
};

/* n[2] of IDENTITY: the supplementary groups */
enum {
        PLAN_GROUPS_KEEP, /* cannot be set */
        PLAN_GROUPS_SET,  /* failing is an error */
        PLAN_GROUPS_TRY   /* EPERM is none: the joined user namespace may have given them up for good */
};

/* n[0] of PIVOT */
enum {
        PLAN_PIVOT_ROOT,  /* pivot_root(2) */
        PLAN_PIVOT_MOVE,  /* move the root over "/", for hosts that run from a ramdisk */
        PLAN_PIVOT_CHROOT /* chroot(2), for a container without a mount namespace of its own */
};

#endif
