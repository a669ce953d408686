/* SPDX-License-Identifier: MIT */

/* What names in an archive mean, and which are refused. */

#include "image/member.h"

#include <string.h>

#define WHITEOUT     ".wh."
#define WHITEOUT_OWN ".wh..wh." /* names that stand for no file */
#define OPAQUE       ".wh..wh..opq"

static int add_component(struct ct_member_path *path, const char *text, size_t length)
{
        if (length == 2 && memcmp(text, "..", 2) == 0)
                return -EINVAL;
        if (length > NAME_MAX)
                return -ENAMETOOLONG;
        if (path->length + 1 + length >= sizeof path->text)
                return -ENAMETOOLONG;
        if (path->length > 0)
                path->text[path->length++] = '/';
        path->name = path->length;
        memcpy(path->text + path->length, text, length);
        path->length += length;
        path->text[path->length] = '\0';
        path->depth++;
        return 0;
}

int ct_member_path_set(struct ct_member_path *path, const char *text)
{
        int r;

        path->text[0] = '\0';
        path->length = path->name = path->depth = 0;
        if (!*text)
                return -EINVAL;
        while (*text) {
                size_t length = strcspn(text, "/");

                if (length > 0 && !(length == 1 && *text == '.')) {
                        r = add_component(path, text, length);
                        if (r < 0)
                                return r;
                }
                text += length;
                text += strspn(text, "/");
        }
        return 0;
}

/* The folder that the path is in, in place. */
static void cut_name(struct ct_member_path *path)
{
        path->length = path->name > 0 ? path->name - 1 : 0;
        path->text[path->length] = '\0';
        path->depth--;
        path->name = path->length;
        while (path->name > 0 && path->text[path->name - 1] != '/')
                path->name--;
}

/* Also of the folders on the way: what is kept in one of that name is bookkeeping, too. */
static bool is_bookkeeping(const char *path)
{
        size_t length = strlen(WHITEOUT_OWN);

        while (path) {
                if (strncmp(path, WHITEOUT_OWN, length) == 0)
                        return true;
                path = strchr(path, '/');
                path = path ? path + 1 : NULL;
        }
        return false;
}

int ct_member_find_whiteout(struct ct_member *member)
{
        struct ct_member_path *path = &member->path;
        char *name = path->text + path->name;
        const char *hidden = name + strlen(WHITEOUT);

        if (strcmp(name, OPAQUE) == 0) {
                cut_name(path);
                member->kind = CT_MEMBER_OPAQUE;
                return 0;
        }
        if (strncmp(name, WHITEOUT, strlen(WHITEOUT)) == 0) {
                if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
                        return -EINVAL;
                if (strncmp(name, WHITEOUT_OWN, strlen(WHITEOUT_OWN)) != 0) {
                        path->length -= strlen(WHITEOUT);
                        memmove(name, hidden, path->length - path->name + 1);
                        member->kind = CT_MEMBER_WHITEOUT;
                }
        }
        if (is_bookkeeping(path->text))
                member->kind = CT_MEMBER_NOTHING;
        return 0;
}

bool ct_member_xattr_is_wanted(const char *name)
{
        static const char *const wanted[] = { "user.", "trusted." };
        static const char *const overlay[] = { "user.overlay.", "trusted.overlay." };
        size_t i;

        for (i = 0; i < sizeof overlay / sizeof *overlay; i++)
                if (strncmp(name, overlay[i], strlen(overlay[i])) == 0)
                        return false;
        for (i = 0; i < sizeof wanted / sizeof *wanted; i++)
                if (strncmp(name, wanted[i], strlen(wanted[i])) == 0)
                        return true;
        return strcmp(name, "security.capability") == 0 || strcmp(name, "security.ima") == 0 ||
               strcmp(name, "system.posix_acl_access") == 0 || strcmp(name, "system.posix_acl_default") == 0;
}
