/* SPDX-License-Identifier: MIT */

/* Why an id map is refused: what newuidmap(1), newgidmap(1) and the kernel look at, read once more. */

#include "host/idmap.h"

#include "base/buf.h"
#include "base/fds.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#define FILE_MAX 65536

struct look {
        int root_fd;
        const struct ct_idmap *map;
        enum ct_id_kind kind;
        const struct ct_facts *facts;
        struct ct_idmap_why *ret;
};

/* A line of a map, and its number. */
struct line {
        size_t i;
        uint32_t inside, outside, size;
};

#define FOUND(look, ...)  (void)snprintf((look)->ret->sentence, sizeof((look)->ret->sentence), __VA_ARGS__)
#define ADVISE(look, ...) (void)snprintf((look)->ret->hint, sizeof((look)->ret->hint), __VA_ARGS__)

static const char *ids(const struct look *look)
{
        return look->kind == CT_ID_USER ? "user" : "group";
}

static uint32_t own_id(const struct look *look)
{
        return look->kind == CT_ID_USER ? look->facts->uid : look->facts->gid;
}

static const char *map_text(const struct look *look)
{
        return look->kind == CT_ID_USER ? look->map->uid_map : look->map->gid_map;
}

static bool next_line(const char **text, struct line *line)
{
        int length;

        if (sscanf(*text, " %u %u %u%n", &line->inside, &line->outside, &line->size, &length) != 3)
                return false;
        *text += length;
        return true;
}

/* Maps of the configuration are lists, so that the line can be pointed at. */
static void point_at(const struct look *look, const struct line *line)
{
        const char *at = look->kind == CT_ID_GROUP && look->map->gid_at ? look->map->gid_at : look->map->at;
        const char *end = strrchr(at, '/');

        if (end && strstr(end, "Mappings"))
                (void)snprintf(look->ret->at, sizeof(look->ret->at), "%s/%zu", at, line->i);
        else
                (void)snprintf(look->ret->at, sizeof(look->ret->at), "%s", at);
}

/* --- the helper itself ---------------------------------------------------------------------- */

static bool no_new_privileges(const struct look *look)
{
        _cleanup_free_ char *text = NULL;
        const char *line;

        if (ct_read_file_at(look->root_fd, "proc/self/status", FILE_MAX, &text, NULL) < 0)
                return false;
        line = strstr(text, "\nNoNewPrivs:");
        return line && strtol(line + strlen("\nNoNewPrivs:"), NULL, 10) == 1;
}

static bool helper_is_powerless(const struct look *look)
{
        const char *path = look->kind == CT_ID_USER ? look->facts->newuidmap : look->facts->newgidmap;
        _cleanup_close_ int fd = -EBADF;
        struct statvfs fs;
        struct stat status;

        if (!path)
                return false; /* the plan has said so */
        if (no_new_privileges(look)) {
                FOUND(look, "the caller has no_new_privs set, so that '%s' has no privilege", path);
                ADVISE(look,
                       "start the caller without it (NoNewPrivileges= of its service), or map one id only, "
                       "its own");
                return true;
        }
        fd = openat(look->root_fd, path + strspn(path, "/"), O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0 || fstatvfs(fd, &fs) < 0)
                return false;
        if (fs.f_flag & ST_NOSUID) {
                FOUND(look, "'%s' is on a file system that is mounted with nosuid", path);
                ADVISE(look, "remount it with 'suid'");
                return true;
        }
        if ((status.st_uid == 0 && (status.st_mode & S_ISUID)) ||
            fgetxattr(fd, "security.capability", NULL, 0) > 0)
                return false;
        FOUND(look, "'%s' is neither setuid root nor has the capability to map ids", path);
        ADVISE(look, "install the package uidmap anew, or, by root, 'chmod u+s %s'", path);
        return true;
}

/* --- its ranges ----------------------------------------------------------------------------- */

static void put_ranges(struct ct_buf *buf, const struct ct_subids *subids)
{
        for (size_t i = 0; i < subids->n; i++)
                (void)ct_buf_printf(buf, "%s%u-%u", i ? ", " : "", subids->ranges[i].first,
                                    subids->ranges[i].first + subids->ranges[i].count - 1);
}

static bool ranges_missing(const struct look *look, const struct ct_subids *subids, const char *who)
{
        const char *path = ct_subids_path(look->kind);

        if (subids->n > 0)
                return false;
        if (!subids->has_file)
                FOUND(look, "there is no '/%s' with ids for user %s", path, who);
        else
                FOUND(look, "'/%s' has no ids for user %s", path, who);
        if (!subids->name)
                ADVISE(look, "user %s has no name in '/etc/passwd' either, which %s wants to know", who,
                       look->kind == CT_ID_USER ? "newuidmap" : "newgidmap");
        else
                ADVISE(look,
                       "give ids, by root: 'usermod --add-sub%cids 100000-165535 %s', or a line "
                       "'%s:100000:65536'; or map one id only, the caller's own",
                       ids(look)[0], subids->name, subids->name);
        return true;
}

/* Besides its ranges everybody may map the own id. */
static bool ranges_too_small(const struct look *look, const struct ct_subids *subids, const char *who)
{
        const char *text = map_text(look);
        struct line line = { 0 };

        for (; next_line(&text, &line); line.i++) {
                _cleanup_buf_ struct ct_buf allowed = CT_BUF_INIT;

                if ((line.size == 1 && line.outside == own_id(look)) ||
                    ct_subids_have(subids, line.outside, line.size))
                        continue;
                put_ranges(&allowed, subids);
                point_at(look, &line);
                FOUND(look, "%s ids %u-%u are not the caller's", ids(look), line.outside,
                      line.outside + line.size - 1);
                ADVISE(look, "'/%s' gives user %s %s, and the own id %u is allowed, too",
                       ct_subids_path(look->kind), who, allowed.data ? allowed.data : "none", own_id(look));
                return true;
        }
        return false;
}

static bool ranges_forbid(const struct look *look)
{
        _cleanup_(ct_subids_done) struct ct_subids subids = { 0 };
        char who[80];

        if (ct_subids_read(look->root_fd, look->kind, look->facts->uid, &subids) < 0 || subids.elsewhere)
                return false;
        if (subids.name)
                (void)snprintf(who, sizeof(who), "'%s'", subids.name);
        else
                (void)snprintf(who, sizeof(who), "%u", look->facts->uid);
        return ranges_missing(look, &subids, who) || ranges_too_small(look, &subids, who);
}

/* --- the kernel ----------------------------------------------------------------------------- */

/* Is every one of the ids in the map of the caller's own user namespace? */
static bool is_covered(const char *own, uint32_t first, uint32_t size)
{
        struct line line;

        /* A range of the one may not be split over two of the other. */
        while (next_line(&own, &line))
                if (first >= line.inside && first - line.inside < line.size &&
                    size <= line.size - (first - line.inside))
                        return true;
        return false;
}

static bool unmapped_outside(const struct look *look)
{
        const char *file = look->kind == CT_ID_USER ? "proc/self/uid_map" : "proc/self/gid_map";
        _cleanup_buf_ struct ct_buf there = CT_BUF_INIT;
        _cleanup_free_ char *own = NULL;
        const char *text = map_text(look), *rest;
        struct line line = { 0 }, other = { 0 };

        if (look->facts->in_initial_userns || ct_read_file_at(look->root_fd, file, FILE_MAX, &own, NULL) < 0)
                return false;
        while (next_line(&text, &line) && is_covered(own, line.outside, line.size))
                line.i++;
        if (line.size == 0 || is_covered(own, line.outside, line.size))
                return false;
        for (rest = own; next_line(&rest, &other); other.i++)
                (void)ct_buf_printf(&there, "%s%u-%u", other.i ? ", " : "", other.inside,
                                    other.inside + other.size - 1);
        point_at(look, &line);
        FOUND(look, "%s ids %u-%u are not all mapped in the caller's own user namespace", ids(look),
              line.outside, line.outside + line.size - 1);
        ADVISE(look, "it has %s, and no more can be passed on", there.data ? there.data : "none");
        return true;
}

/* Since Linux 5.12 it takes CAP_SETFCAP to map the outer namespace's root. */
static bool root_takes_setfcap(const struct look *look)
{
        const char *text = map_text(look);
        struct line line = { 0 };

        if (look->kind != CT_ID_USER || look->facts->capabilities >> CAP_SETFCAP & 1)
                return false;
        for (; next_line(&text, &line); line.i++) {
                if (line.outside != 0 || line.size == 0)
                        continue;
                point_at(look, &line);
                FOUND(look, "user 0 outside is mapped, which takes CAP_SETFCAP");
                ADVISE(look, "leave host id 0 out of the map, or give the caller that capability");
                return true;
        }
        return false;
}

int ct_idmap_why(int root_fd, const struct ct_idmap *map, enum ct_id_kind kind, const struct ct_facts *facts,
                 struct ct_idmap_why *ret)
{
        const struct look look = { .root_fd = root_fd, .map = map, .kind = kind, .facts = facts, .ret = ret };

        *ret = (struct ct_idmap_why){ 0 };
        (void)snprintf(ret->at, sizeof(ret->at), "%s",
                       kind == CT_ID_GROUP && map->gid_at ? map->gid_at : map->at);
        if (unmapped_outside(&look))
                return 1;
        if (map->helpers)
                return helper_is_powerless(&look) || ranges_forbid(&look);
        return root_takes_setfcap(&look);
}
