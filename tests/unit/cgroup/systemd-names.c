/* SPDX-License-Identifier: MIT */

/* The unit and the slice that linux.cgroupsPath names, and where their cgroup is. */

#include "support.h"

#include "base/error.h"
#include "cgroup/systemd/systemd.h"

#include <string.h>

/* The path of the unit, or the error's message. */
static char *path_of(const char *path, const char *id, bool user, const char *manager)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_scope_freep) struct ct_scope *scope = NULL;
        char *found = NULL;

        if (ct_scope_new(path, id, user, &scope, &error) < 0) {
                if (path)
                        EXPECT_STR(contain_error_pointer(error), "/linux/cgroupsPath");
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_CGROUP);
                return strdup(contain_error_message(error));
        }
        EXPECT_EQ(ct_scope_path(scope, manager, &found), 0);
        return found;
}

static void expect_path(const char *path, const char *id, bool user, const char *manager,
                        const char *expected)
{
        _cleanup_free_ char *found = path_of(path, id, user, manager);

        (void)test_string(found, expected, __FILE__, __LINE__, path ? path : id);
}

TEST(systemd_names)
{
        expect_path("machine.slice:libpod:4a1b", "x", false, "", "/machine.slice/libpod-4a1b.scope");
        expect_path("a-b-c.slice:p:n", "x", false, "", "/a.slice/a-b.slice/a-b-c.slice/p-n.scope");
        expect_path("-.slice:p:n", "x", false, "", "/p-n.scope");
        expect_path(":p:n", "x", false, "", "/system.slice/p-n.scope");
        expect_path(":p:n", "x", true, "/u", "/u/user.slice/p-n.scope");
        expect_path("a.slice::n", "x", false, "/", "/a.slice/n.scope");
        expect_path("a.slice:p:n:m", "x", false, "", "/a.slice/p-n:m.scope");
        expect_path(NULL, "web.1", false, "", "/system.slice/contain-web.1.scope");
        expect_path("", "web_1", true, "/user.slice/user-7.slice/user@7.service",
                    "/user.slice/user-7.slice/user@7.service/user.slice/contain-web_1.scope");
        /* An id can have a plus, the name of a unit cannot. */
        expect_path(NULL, "a+b", false, "", "/system.slice/contain-a\\x2bb.scope");
}

TEST(systemd_names_refused)
{
        static const struct {
                const char *path, *why;
        } rows[] = {
                { "/a/b", "is not the name of a unit" },
                { "a.slice:b", "is not the name of a unit" },
                { "a.slice:p:", "has no name for the unit" },
                { "a.slice:p:b.slice", "names a slice, which cannot have processes" },
                { "a:p:n", "has no valid name of a slice" },
                { ".slice:p:n", "has no valid name of a slice" },
                { "a/b.slice:p:n", "has no valid name of a slice" },
                { "-a.slice:p:n", "has no valid name of a slice" },
                { "a-.slice:p:n", "has no valid name of a slice" },
                { "a--b.slice:p:n", "has no valid name of a slice" },
                { "..slice/../x.slice:p:n", "has no valid name of a slice" },
                { "a.slice:p:n/m", "has no valid name of a unit" },
                { "a.slice:p:n m", "has no valid name of a unit" },
                { "a.slice:p/:n", "has no valid name of a unit" },
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_free_ char *found = path_of(rows[i].path, "x", false, "");

                (void)test_contains(found, rows[i].why, __FILE__, __LINE__);
        }
}

TEST(systemd_names_too_long)
{
        char id[300];
        _cleanup_free_ char *found = NULL;

        memset(id, 'a', sizeof(id) - 1);
        id[sizeof(id) - 1] = '\0';
        found = path_of(NULL, id, false, "");
        EXPECT_CONTAINS(found, "too long");
}
