/* SPDX-License-Identifier: MIT */

/* Writes the id maps of a user namespace: directly, or by the setuid helpers of the uidmap package. */

#include "host/idmap.h"

#include "base/buf.h"
#include "base/fds.h"
#include "base/pidfd.h"
#include "host/program.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The helpers may have to ask a directory service for the ranges. */
#define HELPER_TIMEOUT_MS 60000
#define EXIT_TIMEOUT_MS   5000

static const struct {
        const char *ids;  /* in sentences */
        const char *file; /* below /proc/PID */
        const char *helper;
        const char *ranges; /* where the helper looks */
} kinds[] = {
        [CT_ID_USER] = { "user ids", "uid_map", "newuidmap", "/etc/subuid" },
        [CT_ID_GROUP] = { "group ids", "gid_map", "newgidmap", "/etc/subgid" },
};

static const char *map_at(const struct ct_idmap *map, enum ct_id_kind kind)
{
        return kind == CT_ID_GROUP && map->gid_at ? map->gid_at : map->at;
}

/*
 * Words a refusal: by the reason that files tell, else without one and with @hint. @said is what a helper
 * has written, or "".
 */
static int fail_refused(const struct ct_idmap *map, enum ct_id_kind kind, const struct ct_facts *facts,
                        const char *said, const char *hint, contain_error_t **err)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        const char *between = said[0] != '\0' ? ": " : "";
        struct ct_idmap_why why;
        int r;

        if (root_fd >= 0 && ct_idmap_why(root_fd, map, kind, facts, &why)) {
                r = ct_fail(err, CONTAIN_E_IDMAP, EPERM, why.at, "cannot map the container's %s: %s%s%s%s",
                            kinds[kind].ids, why.sentence, said[0] != '\0' ? " (" : "", said,
                            said[0] != '\0' ? ")" : "");
                hint = why.hint;
        } else if (map->helpers) {
                r = ct_fail(err, CONTAIN_E_IDMAP, EPERM, map_at(map, kind),
                            "%s refused to map the container's %s%s%s", kinds[kind].helper, kinds[kind].ids,
                            between, said);
        } else {
                r = ct_fail(err, CONTAIN_E_IDMAP, EPERM, map_at(map, kind), "cannot map the container's %s",
                            kinds[kind].ids);
        }
        ct_error_set_hint(err, "%s", hint);
        ct_error_set_cause(err, CONTAIN_CAUSE_PRIVILEGE);
        return r;
}

int ct_idmap_check(const struct ct_idmap *map, enum ct_id_kind kind, const struct ct_facts *facts,
                   contain_error_t **err)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        struct ct_idmap_why why;

        if (root_fd < 0 || !ct_idmap_why(root_fd, map, kind, facts, &why))
                return 0;
        return fail_refused(map, kind, facts, "", "", err);
}

/* --- directly ------------------------------------------------------------------------------- */

/* Opens /proc/PID, and makes sure afterwards that the folder is that of the process behind @pidfd. */
static int open_process(pid_t pid, int pidfd)
{
        _cleanup_close_ int fd = -EBADF;
        char path[32];
        int r;

        (void)snprintf(path, sizeof path, "/proc/%d", pid);
        fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? -ESRCH : -errno;
        r = ct_pidfd_poll(pidfd, 0);
        if (r != 0)
                return r < 0 ? r : -ESRCH;
        return ct_take_fd(&fd);
}

static int write_direct(const struct ct_idmap *map, enum ct_id_kind kind, int process_fd,
                        const struct ct_facts *facts, contain_error_t **err)
{
        const char *text = kind == CT_ID_USER ? map->uid_map : map->gid_map;
        int r;

        r = ct_write_file_at(process_fd, kinds[kind].file, text);
        if (r >= 0)
                return r;
        if (r == -EPERM)
                return fail_refused(map, kind, facts, "",
                                    "without privilege only the caller's own id can be mapped, more by "
                                    "newuidmap and newgidmap of the uidmap package",
                                    err);
        (void)ct_fail(err, CONTAIN_E_IDMAP, -r, map_at(map, kind), "cannot map the container's %s",
                      kinds[kind].ids);
        if (r == -EINVAL)
                ct_error_set_hint(err, "ranges must not overlap, and at most 340 are possible");
        return r;
}

/* --- by helper ------------------------------------------------------------------------------ */

/* The helper's arguments, "newuidmap PID CONTAINER HOST SIZE …"; ret->items points into @words. */
struct arguments {
        char **items;
        char *words;
};

static void arguments_done(struct arguments *arguments)
{
        free(arguments->items);
        free(arguments->words);
}

static int split_map(const char *helper, pid_t pid, const char *map, struct arguments *ret)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        char *word, *position;
        size_t n = 0, i;

        (void)ct_buf_printf(&buf, "%s %d %s", helper, pid, map);
        ret->words = ct_buf_steal(&buf);
        if (!ret->words)
                return -ENOMEM;
        /* No more words than every other byte. */
        n = strlen(ret->words) / 2 + 2;
        ret->items = calloc(n, sizeof *ret->items);
        if (!ret->items)
                return -ENOMEM;
        i = 0;
        for (word = strtok_r(ret->words, " \n", &position); word; word = strtok_r(NULL, " \n", &position))
                ret->items[i++] = word;
        return 0;
}

static int fail_helper(const struct ct_idmap *map, enum ct_id_kind kind, const struct ct_facts *facts,
                       const struct ct_program_result *result, contain_error_t **err)
{
        char hint[96];

        if (result->timed_out)
                return ct_fail(err, CONTAIN_E_IDMAP, ETIMEDOUT, map_at(map, kind),
                               "%s did not finish within %d seconds", kinds[kind].helper,
                               HELPER_TIMEOUT_MS / 1000);
        (void)snprintf(hint, sizeof(hint), "the mapped ranges have to be the caller's in %s",
                       kinds[kind].ranges);
        return fail_refused(map, kind, facts, result->tail, hint, err);
}

/* Whether the map took effect, for hosts whose SIGCHLD handling swallows the helper's exit status. */
static bool is_mapped(int process_fd, enum ct_id_kind kind)
{
        _cleanup_free_ char *text = NULL;

        return ct_read_file_at(process_fd, kinds[kind].file, 65536, &text, NULL) == 0 && text[0] != '\0';
}

static int write_by_helper(const struct ct_idmap *map, enum ct_id_kind kind, pid_t pid, int process_fd,
                           const struct ct_facts *facts, contain_error_t **err)
{
        const char *path = kind == CT_ID_USER ? facts->newuidmap : facts->newgidmap;
        const char *text = kind == CT_ID_USER ? map->uid_map : map->gid_map;
        _cleanup_(arguments_done) struct arguments arguments = { NULL, NULL };
        static char *const environment[] = { NULL };
        struct ct_spawn_program program;
        struct ct_program_result result;
        int r;

        if (!path) {
                r = ct_fail(err, CONTAIN_E_IDMAP, ENOENT, map_at(map, kind),
                            "%s is needed to map the container's %s", kinds[kind].helper, kinds[kind].ids);
                ct_error_set_hint(err, "install the uidmap package, and give the caller ranges in %s",
                                  kinds[kind].ranges);
                return r;
        }
        r = split_map(kinds[kind].helper, pid, text, &arguments);
        if (r < 0)
                return ct_fail_memory(err);
        program = (struct ct_spawn_program){
                .path = path, .argv = arguments.items, .envp = environment, .stdio = { -1, -1, -1 }
        };
        r = ct_program_run(&program, HELPER_TIMEOUT_MS, &result);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_IDMAP, -r, map_at(map, kind), "'%s' cannot be executed", path);
        if (!result.timed_out && (result.exit.known ? result.exit.code == 0 : is_mapped(process_fd, kind)))
                return 0;
        return fail_helper(map, kind, facts, &result, err);
}

/* --- all of it ------------------------------------------------------------------------------ */

static int write_map(const struct ct_idmap *map, enum ct_id_kind kind, pid_t pid, int process_fd,
                     const struct ct_facts *facts, contain_error_t **err)
{
        if (map->helpers)
                return write_by_helper(map, kind, pid, process_fd, facts, err);
        return write_direct(map, kind, process_fd, facts, err);
}

int ct_idmap_write(const struct ct_idmap *map, pid_t pid, int pidfd, const struct ct_facts *facts,
                   contain_error_t **err)
{
        _cleanup_close_ int process_fd = -EBADF;
        int r;

        process_fd = open_process(pid, pidfd);
        if (process_fd == -ESRCH)
                return ct_fail(err, CONTAIN_E_LOST, ESRCH, map->at,
                               "the process ended before its ids were mapped");
        if (process_fd < 0)
                return ct_fail(err, CONTAIN_E_IDMAP, -process_fd, map->at,
                               "cannot open the process to map its ids");
        r = write_map(map, CT_ID_USER, pid, process_fd, facts, err);
        if (r < 0)
                return r;
        /* Before gid_map: without CAP_SETGID the kernel takes that one only when setgroups(2) is denied. */
        if (map->deny_setgroups) {
                r = ct_write_file_at(process_fd, "setgroups", "deny");
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_IDMAP, -r, map->at, "cannot deny setgroups");
        }
        return write_map(map, CT_ID_GROUP, pid, process_fd, facts, err);
}

/* --- a user namespace for idmapped mounts --------------------------------------------------- */

/* The process whose only purpose is to hold the namespace until we do. */
struct holder {
        struct ct_child child;
        int socket_fd; /* it ends when this is closed */
};

static void holder_done(struct holder *holder)
{
        struct ct_exit ended;

        holder->socket_fd = ct_close(holder->socket_fd);
        if (holder->child.pidfd < 0)
                return;
        if (ct_pidfd_poll(holder->child.pidfd, EXIT_TIMEOUT_MS) <= 0) {
                (void)ct_pidfd_signal(holder->child.pidfd, SIGKILL);
                (void)ct_pidfd_poll(holder->child.pidfd, EXIT_TIMEOUT_MS);
        }
        (void)ct_pidfd_exit(holder->child.pidfd, &ended); /* reaps it */
        holder->child.pidfd = ct_close(holder->child.pidfd);
}

static int start_holder(int program_fd, struct holder *ret)
{
        _cleanup_close_ int child_end = -EBADF;
        struct ct_spawn_init what;
        int ends[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        ret->socket_fd = ends[0];
        child_end = ends[1];
        what = (struct ct_spawn_init){ .program_fd = program_fd,
                                       .socket_fd = child_end,
                                       .name = "contain-init",
                                       .clone_flags = CLONE_NEWUSER,
                                       .cgroup_fd = -1 };
        return ct_spawn_init(&what, &ret->child, NULL);
}

int ct_idmap_userns(const struct ct_idmap *map, int program_fd, const struct ct_facts *facts,
                    contain_error_t **err)
{
        _cleanup_(holder_done) struct holder holder = { .child = { .pidfd = -EBADF }, .socket_fd = -EBADF };
        _cleanup_close_ int process_fd = -EBADF;
        int fd, r;

        r = start_holder(program_fd, &holder);
        if (r < 0) {
                (void)ct_fail(err, CONTAIN_E_IDMAP, -r, map->at,
                              "cannot make a user namespace for the id maps");
                if (r == -ENOSPC)
                        ct_error_set_hint(err, "see /proc/sys/user/max_user_namespaces");
                return r;
        }
        r = ct_idmap_write(map, holder.child.pid, holder.child.pidfd, facts, err);
        if (r < 0)
                return r;
        process_fd = open_process(holder.child.pid, holder.child.pidfd);
        fd = process_fd < 0 ? -1 : openat(process_fd, "ns/user", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_IDMAP, process_fd < 0 ? -process_fd : errno, map->at,
                               "cannot open the user namespace of the id maps");
        return fd;
}
