/* SPDX-License-Identifier: MIT */

/*
 * The id maps of a configuration to start from: the caller as root, and the subordinate ids above it; or for
 * a caller who has privilege, subordinate ids only, so that nothing in the container is anybody's outside.
 */

#include "ops/handle.h"

#include "host/idmap.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>

/* Where ranges go: elements of a JSON array, or lines as the kernel takes them. */
struct ranges {
        struct ct_buf *buf;
        bool lines;
        size_t n;
};

static void put_range(struct ranges *ranges, uint32_t inside, uint32_t outside, uint32_t count)
{
        if (ranges->lines)
                (void)ct_buf_printf(ranges->buf, "%u %u %u\n", inside, outside, count);
        else
                (void)ct_buf_printf(ranges->buf, "%s{\"containerID\": %u, \"hostID\": %u, \"size\": %u}",
                                    ranges->n ? ", " : "", inside, outside, count);
        ranges->n++;
}

struct kind {
        enum ct_id_kind kind;
        const char *name, *at, *helper;
};

static const struct kind users = { CT_ID_USER, "uidMappings", "/linux/uidMappings", "newuidmap" };
static const struct kind groups = { CT_ID_GROUP, "gidMappings", "/linux/gidMappings", "newgidmap" };

/* Whatever would keep the ids from being mapped later on is said now, as it was them that were asked for. */
static int check_subids(const struct kind *kind, int root_fd, const struct ct_facts *facts,
                        contain_error_t **err)
{
        const char *helper = kind->kind == CT_ID_USER ? facts->newuidmap : facts->newgidmap;
        char map[32];
        const struct ct_idmap idmap = { .uid_map = map, .gid_map = map, .helpers = 1, .at = kind->at };
        struct ct_idmap_why why;
        int r;

        (void)snprintf(map, sizeof(map), "0 %u 1\n", kind->kind == CT_ID_USER ? facts->uid : facts->gid);
        if (!helper) {
                r = ct_fail(err, CONTAIN_E_IDMAP, ENOENT, kind->at,
                            "'%s' is absent, which maps subordinate ids", kind->helper);
                ct_error_set_hint(err, "install the package uidmap");
        } else if (ct_idmap_why(root_fd, &idmap, kind->kind, facts, &why)) {
                r = ct_fail(err, CONTAIN_E_IDMAP, EPERM, kind->at, "%s", why.sentence);
                ct_error_set_hint(err, "%s", why.hint);
        } else {
                return 0;
        }
        ct_error_set_cause(err, CONTAIN_CAUSE_PRIVILEGE);
        return r;
}

static int put_subids(struct ranges *ranges, const struct kind *kind, const struct ct_facts *facts,
                      contain_error_t **err)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(ct_subids_done) struct ct_subids subids = { 0 };
        uint32_t next = 1;
        int r;

        if (root_fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot open the root folder");
        r = ct_may_map_any_ids(facts) ? 0 : check_subids(kind, root_fd, facts, err);
        if (r < 0)
                return r;
        r = ct_subids_read(root_fd, kind->kind, facts->uid, &subids);
        if (r < 0)
                return ct_fail_memory(err);
        if (subids.n == 0)
                return ct_fail(
                        err, CONTAIN_E_IDMAP, EOPNOTSUPP, kind->at,
                        "'/%s' has no ids for the caller, and no other source of nsswitch.conf is asked",
                        ct_subids_path(kind->kind));
        for (size_t i = 0; i < subids.n; i++) {
                const struct ct_subid_range *range = &subids.ranges[i];

                if (range->count > UINT32_MAX - 1 - next)
                        break;
                put_range(ranges, next, range->first, range->count);
                next += range->count;
        }
        return 0;
}

/* Subordinate ids of those who may map any: their own, or else those kept for containers. */
#define CONTAINERS "containers"

static int put_auto(struct ranges *ranges, const struct kind *kind, const struct ct_facts *facts,
                    contain_error_t **err)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(ct_subids_done) struct ct_subids subids = { 0 };
        uint32_t next = 0;
        int r;

        if (root_fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot open the root folder");
        r = ct_subids_read(root_fd, kind->kind, facts->uid, &subids);
        if (r == 0 && subids.n == 0) {
                ct_subids_done(&subids);
                r = ct_subids_read_named(root_fd, kind->kind, CONTAINERS, &subids);
        }
        if (r < 0)
                return ct_fail_memory(err);
        if (subids.n == 0) {
                r = ct_fail(err, CONTAIN_E_IDMAP, ENOENT, kind->at, "'/%s' has no ids to map",
                            ct_subids_path(kind->kind));
                ct_error_set_hint(err, "add a line 'root:FIRST:65536' or '" CONTAINERS
                                       ":FIRST:65536' of ids that nobody has");
                ct_error_set_cause(err, CONTAIN_CAUSE_PRIVILEGE);
                return r;
        }
        for (size_t i = 0; i < subids.n && subids.ranges[i].count <= UINT32_MAX - 1 - next; i++) {
                put_range(ranges, next, subids.ranges[i].first, subids.ranges[i].count);
                next += subids.ranges[i].count;
        }
        return 0;
}

static int put_own(struct ranges *ranges, const struct kind *kind, const struct ct_facts *facts, bool subids,
                   contain_error_t **err)
{
        put_range(ranges, 0, kind->kind == CT_ID_USER ? facts->uid : facts->gid, 1);
        return subids ? put_subids(ranges, kind, facts, err) : 0;
}

static int put_map(struct ct_buf *buf, const struct kind *kind, const struct ct_facts *facts, bool own,
                   bool subids, contain_error_t **err)
{
        struct ranges ranges = { .buf = buf };
        int r;

        (void)ct_buf_printf(buf, "\t\t\"%s\": [", kind->name);
        r = own ? put_own(&ranges, kind, facts, subids, err) : put_auto(&ranges, kind, facts, err);
        (void)ct_buf_puts(buf, "],\n");
        return r;
}

int ct_default_maps(struct ct_buf *buf, const struct ct_facts *facts, bool subids, contain_error_t **err)
{
        int r = put_map(buf, &users, facts, true, subids, err);

        return r < 0 ? r : put_map(buf, &groups, facts, true, subids, err);
}

int ct_default_map_lines(struct ct_buf *uids, struct ct_buf *gids, const struct ct_facts *facts, bool subids,
                         contain_error_t **err)
{
        struct ranges uid_lines = { .buf = uids, .lines = true }, gid_lines = { .buf = gids, .lines = true };
        int r = put_own(&uid_lines, &users, facts, subids, err);

        return r < 0 ? r : put_own(&gid_lines, &groups, facts, subids, err);
}

int ct_auto_map_lines(struct ct_buf *uids, struct ct_buf *gids, const struct ct_facts *facts,
                      contain_error_t **err)
{
        struct ranges uid_lines = { .buf = uids, .lines = true }, gid_lines = { .buf = gids, .lines = true };
        int r = put_auto(&uid_lines, &users, facts, err);

        return r < 0 ? r : put_auto(&gid_lines, &groups, facts, err);
}

bool ct_may_map_any_ids(const struct ct_facts *facts)
{
        const uint64_t all =
                UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID | UINT64_C(1) << CAP_SYS_ADMIN;

        return (facts->capabilities & all) == all;
}

int ct_auto_maps(struct ct_buf *buf, const struct ct_facts *facts, contain_error_t **err)
{
        int r;

        if (!ct_may_map_any_ids(facts))
                return ct_default_maps(buf, facts, true, err);
        r = put_map(buf, &users, facts, false, true, err);
        return r < 0 ? r : put_map(buf, &groups, facts, false, true, err);
}
