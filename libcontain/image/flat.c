/* SPDX-License-Identifier: MIT */

/* The tree that layers make: entries, links, whiteouts, and its order. */

#include "image/flat.h"

#include <string.h>
#include <sys/random.h>

#define FIRST_BUCKETS 4096
/* Links that are followed on the way to one path, as the kernel has it. */
#define MAX_LINKS     40
#define MAX_DEPTH     (PATH_MAX / 2)

/* --- nodes by folder and name ---------------------------------------------------------------- */

/* FNV-1a; what falls together is compared, and chains are as long as somebody makes an effort to have them.
 */
static size_t bucket_of(const struct ct_flat *flat, const struct ct_flat_node *parent, const char *name,
                        size_t length)
{
        uint64_t hash = 0xcbf29ce484222325U ^ flat->seed ^ (uint64_t)(uintptr_t)parent;

        for (size_t i = 0; i < length; i++)
                hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3U;
        hash ^= hash >> 32;
        return (size_t)hash & (flat->n_buckets - 1);
}

static struct ct_flat_node *find(const struct ct_flat *flat, const struct ct_flat_node *parent,
                                 const char *name, size_t length)
{
        struct ct_flat_node *node = flat->buckets[bucket_of(flat, parent, name, length)];

        while (node && (node->parent != parent || strncmp(node->name, name, length) != 0 ||
                        node->name[length] != '\0'))
                node = node->chain;
        return node;
}

static int grow(struct ct_flat *flat)
{
        struct ct_flat_node **old = flat->buckets;
        size_t n_old = flat->n_buckets;

        flat->buckets = calloc(n_old * 2, sizeof *flat->buckets);
        if (!flat->buckets) {
                flat->buckets = old;
                return -ENOMEM;
        }
        flat->n_buckets = n_old * 2;
        for (size_t i = 0; i < n_old; i++)
                for (struct ct_flat_node *node = old[i], *chain; node; node = chain) {
                        size_t to = bucket_of(flat, node->parent, node->name, strlen(node->name));

                        chain = node->chain;
                        node->chain = flat->buckets[to];
                        flat->buckets[to] = node;
                }
        free(old);
        return 0;
}

static struct ct_flat_node *insert(struct ct_flat *flat, struct ct_flat_node *parent, const char *name,
                                   size_t length)
{
        struct ct_flat_node *node;
        size_t to;

        if (flat->n_nodes >= flat->n_buckets && grow(flat) < 0)
                return NULL;
        node = ct_arena_alloc(flat->arena, sizeof *node + length + 1);
        if (!node)
                return NULL;
        memcpy(node->name, name, length);
        node->parent = parent;
        node->next = parent->children;
        if (node->next)
                node->next->previous = node;
        parent->children = node;
        to = bucket_of(flat, parent, name, length);
        node->chain = flat->buckets[to];
        flat->buckets[to] = node;
        flat->n_nodes++;
        return node;
}

/* Takes @node, which has nothing below it, out. Its memory stays the arena's. */
static void drop(struct ct_flat *flat, struct ct_flat_node *node)
{
        struct ct_flat_node **link =
                &flat->buckets[bucket_of(flat, node->parent, node->name, strlen(node->name))];

        while (*link != node)
                link = &(*link)->chain;
        *link = node->chain;
        if (node->previous)
                node->previous->next = node->next;
        else
                node->parent->children = node->next;
        if (node->next)
                node->next->previous = node->previous;
        flat->n_nodes--;
}

static struct ct_flat_node *deepest(struct ct_flat_node *node)
{
        while (node->children)
                node = node->children;
        return node;
}

/*
 * Takes out @top, or only what is below it, but for what layer @keep has brought. A folder has the mark of
 * what is in it, so what goes has nothing left below it. No recursion: trees are as deep as somebody likes.
 */
static void clear(struct ct_flat *flat, struct ct_flat_node *top, size_t keep, bool below_only)
{
        struct ct_flat_node *node = deepest(top);

        while (node != top) {
                struct ct_flat_node *next = node->next ? deepest(node->next) : node->parent;

                if (node->layer != keep)
                        drop(flat, node);
                node = next;
        }
        if (!below_only && top->layer != keep && top != flat->root)
                drop(flat, top);
}

/* --- paths ----------------------------------------------------------------------------------- */

/* A folder that no layer has told of gets the time of what made it necessary. */
static struct ct_flat_inode *new_folder(struct ct_flat *flat, const struct ct_member *member)
{
        struct ct_flat_inode *inode = ct_arena_alloc(flat->arena, sizeof *inode);

        if (!inode)
                return NULL;
        inode->mode = S_IFDIR | 0755;
        if (member) {
                inode->mtime = member->times[1].tv_sec;
                inode->mtime_nsec = (uint32_t)member->times[1].tv_nsec;
        }
        return inode;
}

/*
 * From @at to the folder of that name, made if need be for @member of layer @layer. What lower layers have in
 * its place goes, symbolic links too: none is ever followed.
 */
static int step(struct ct_flat *flat, struct ct_flat_node **at, const char *name, size_t length, size_t layer,
                const struct ct_member *member)
{
        struct ct_flat_node *node = find(flat, *at, name, length);

        if (node && !S_ISDIR(node->inode->mode)) {
                if (node->layer == layer)
                        return S_ISLNK(node->inode->mode) ? -ELOOP : -ENOTDIR;
                drop(flat, node);
                node = NULL;
        }
        if (!node) {
                node = insert(flat, *at, name, length);
                if (!node)
                        return -ENOMEM;
                node->implied = true;
                node->inode = new_folder(flat, member);
                if (!node->inode)
                        return -ENOMEM;
        }
        node->layer = layer;
        *at = node;
        return 0;
}

/* The folder that @member's path is in, made if need be. */
static int enter(struct ct_flat *flat, size_t layer, const struct ct_member *member,
                 struct ct_flat_node **ret)
{
        const char *path = member->path.text;
        size_t end = member->path.name > 0 ? member->path.name - 1 : 0;

        *ret = flat->root;
        for (size_t start = 0; start < end;) {
                size_t length = strcspn(path + start, "/");
                int r = step(flat, ret, path + start, length, layer, member);

                if (r < 0)
                        return r;
                start += length + 1;
        }
        return 0;
}

/* What is at @path; NULL when there is nothing. */
static struct ct_flat_node *look(const struct ct_flat *flat, const struct ct_member_path *path)
{
        struct ct_flat_node *node = flat->root;

        for (const char *p = path->text; node && *p != '\0';) {
                size_t length = strcspn(p, "/");

                node = find(flat, node, p, length);
                p += length;
                p += *p == '/';
        }
        return node;
}

/* --- members --------------------------------------------------------------------------------- */

static int compare_xattrs(const void *a, const void *b)
{
        const struct ct_member_xattr *x = a, *y = b;

        return strcmp(x->name, y->name);
}

static int copy_xattrs(struct ct_arena *arena, const struct ct_member *member, struct ct_flat_inode *inode)
{
        struct ct_member_xattr *xattrs = ct_arena_array(arena, member->n_xattrs, sizeof *xattrs);

        if (!xattrs)
                return -ENOMEM;
        for (size_t i = 0; i < member->n_xattrs; i++) {
                const struct ct_member_xattr *from = &member->xattrs[i];
                void *value = ct_arena_alloc(arena, from->size);

                xattrs[i].name = ct_arena_strdup(arena, from->name);
                if (!xattrs[i].name || !value)
                        return -ENOMEM;
                if (from->size > 0)
                        memcpy(value, from->value, from->size);
                xattrs[i].value = value;
                xattrs[i].size = from->size;
        }
        qsort(xattrs, member->n_xattrs, sizeof *xattrs, compare_xattrs);
        inode->xattrs = xattrs;
        inode->n_xattrs = member->n_xattrs;
        return 0;
}

static int new_inode(struct ct_arena *arena, size_t layer, uint64_t ordinal, const struct ct_member *member,
                     struct ct_flat_inode **ret)
{
        struct ct_flat_inode *inode = ct_arena_alloc(arena, sizeof *inode);

        if (!inode)
                return -ENOMEM;
        inode->layer = layer;
        inode->ordinal = ordinal;
        inode->size = S_ISREG(member->mode) ? member->size : 0;
        inode->mtime = member->times[1].tv_sec;
        inode->mtime_nsec = (uint32_t)member->times[1].tv_nsec;
        inode->uid = member->uid;
        inode->gid = member->gid;
        inode->mode = member->mode;
        inode->rdev = member->rdev;
        if (S_ISLNK(member->mode)) {
                inode->symlink = ct_arena_strdup(arena, member->symlink);
                if (!inode->symlink)
                        return -ENOMEM;
        }
        *ret = inode;
        return member->n_xattrs > 0 ? copy_xattrs(arena, member, inode) : 0;
}

/* Puts @inode where @member is, in the place of what is there. A folder that becomes one keeps what is in it.
 */
static int place(struct ct_flat *flat, size_t layer, const struct ct_member *member,
                 struct ct_flat_inode *inode)
{
        const char *name = member->path.text + member->path.name;
        struct ct_flat_node *folder, *node;
        int r;

        if (member->path.length == 0) {
                if (!S_ISDIR(inode->mode))
                        return -EISDIR;
                flat->root->inode = inode;
                flat->root->implied = false;
                return 0;
        }
        r = enter(flat, layer, member, &folder);
        if (r < 0)
                return r;
        node = find(flat, folder, name, strlen(name));
        if (node && !(S_ISDIR(node->inode->mode) && S_ISDIR(inode->mode))) {
                clear(flat, node, SIZE_MAX, false);
                node = NULL;
        }
        if (!node)
                node = insert(flat, folder, name, strlen(name));
        if (!node)
                return -ENOMEM;
        node->inode = inode;
        node->layer = layer;
        node->implied = false;
        return 0;
}

static int add_link(struct ct_flat *flat, size_t layer, const struct ct_member *member)
{
        const struct ct_flat_node *node = look(flat, &member->target);

        if (!node)
                return -ENOENT;
        if (S_ISDIR(node->inode->mode))
                return -EPERM;
        return place(flat, layer, member, node->inode);
}

/* What is not there need not go. */
static void hide(struct ct_flat *flat, size_t layer, const struct ct_member *member)
{
        struct ct_flat_node *node = look(flat, &member->path);

        if (node)
                clear(flat, node, layer, member->kind == CT_MEMBER_OPAQUE);
}

int ct_flat_add(struct ct_flat *flat, size_t layer, uint64_t ordinal, const struct ct_member *member)
{
        struct ct_flat_inode *inode;
        int r;

        if (member->kind == CT_MEMBER_NOTHING)
                return 0;
        if (member->kind == CT_MEMBER_WHITEOUT || member->kind == CT_MEMBER_OPAQUE) {
                hide(flat, layer, member);
                return 0;
        }
        if (member->kind == CT_MEMBER_LINK)
                return add_link(flat, layer, member);
        r = new_inode(flat->arena, layer, ordinal, member, &inode);
        return r < 0 ? r : place(flat, layer, member, inode);
}

void ct_flat_remove(struct ct_flat *flat, const char *name)
{
        struct ct_flat_node *node = find(flat, flat->root, name, strlen(name));

        if (node)
                clear(flat, node, SIZE_MAX, false);
}

/* --- order ----------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
        struct ct_flat_node *const *x = a, *const *y = b;

        return strcmp((*x)->name, (*y)->name);
}

static int sort_children(struct ct_flat_node *folder)
{
        _cleanup_free_ struct ct_flat_node **nodes = NULL;
        size_t n = 0;

        for (struct ct_flat_node *node = folder->children; node; node = node->next)
                n++;
        if (n < 2)
                return 0;
        nodes = calloc(n, sizeof(*nodes));
        if (!nodes)
                return -ENOMEM;
        n = 0;
        for (struct ct_flat_node *node = folder->children; node; node = node->next)
                nodes[n++] = node;
        qsort(nodes, n, sizeof(*nodes), compare_names);
        folder->children = nodes[0];
        for (size_t i = 0; i < n; i++) {
                nodes[i]->previous = i > 0 ? nodes[i - 1] : NULL;
                nodes[i]->next = i + 1 < n ? nodes[i + 1] : NULL;
        }
        return 0;
}

int ct_flat_sort(struct ct_flat *flat)
{
        for (struct ct_flat_node *node = flat->root; node; node = ct_flat_next(flat, node)) {
                int r = sort_children(node);

                if (r < 0)
                        return r;
        }
        return 0;
}

struct ct_flat_node *ct_flat_next(const struct ct_flat *flat, const struct ct_flat_node *node)
{
        if (!node)
                return flat->root;
        if (node->children)
                return node->children;
        while (node && !node->next)
                node = node->parent;
        return node ? node->next : NULL;
}

int ct_flat_path(const struct ct_flat_node *node, char ret[PATH_MAX])
{
        size_t at = PATH_MAX - 1;

        ret[at] = '\0';
        for (; node->parent; node = node->parent) {
                size_t length = strlen(node->name);
                bool slash = ret[at] != '\0';

                if (at < length + slash)
                        return -ENAMETOOLONG;
                if (slash)
                        ret[--at] = '/';
                at -= length;
                memcpy(ret + at, node->name, length);
        }
        memmove(ret, ret + at, PATH_MAX - at);
        return 0;
}

/* --- the tree -------------------------------------------------------------------------------- */

int ct_flat_new(struct ct_flat **ret, contain_error_t **err)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = calloc(1, sizeof *flat);

        if (!flat)
                return ct_fail_memory(err);
        if (getrandom(&flat->seed, sizeof flat->seed, 0) != sizeof flat->seed)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot get random numbers");
        flat->arena = ct_arena_new();
        flat->n_buckets = FIRST_BUCKETS;
        flat->buckets = calloc(flat->n_buckets, sizeof *flat->buckets);
        if (!flat->arena || !flat->buckets)
                return ct_fail_memory(err);
        flat->root = ct_arena_alloc(flat->arena, sizeof *flat->root + 1);
        if (!flat->root)
                return ct_fail_memory(err);
        flat->root->implied = true;
        flat->root->inode = new_folder(flat, NULL);
        if (!flat->root->inode)
                return ct_fail_memory(err);
        *ret = ct_take(flat);
        return 0;
}

struct ct_flat *ct_flat_free(struct ct_flat *flat)
{
        if (!flat)
                return NULL;
        (void)ct_arena_free(flat->arena);
        free(flat->buckets);
        free(flat);
        return NULL;
}
