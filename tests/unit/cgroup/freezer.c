/* SPDX-License-Identifier: MIT */

/* Freezing, in a temporary folder that plays a cgroup which does as it is told, or does not. */

#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fake {
        char root[64], folder[80];
        struct ct_hierarchy hierarchy;
        struct ct_cgroup_layout layout;
        struct ct_cgroup *cgroup;
        atomic_bool done;
};

/* A cgroup "/box" in a hierarchy of either kind. */
static bool fake_begin(struct fake *fake, bool v2)
{
        contain_error_t *error = NULL;

        if (!folder_make(fake->root))
                return false;
        (void)snprintf(fake->folder, sizeof fake->folder, "%s/box", fake->root);
        fake->hierarchy = (struct ct_hierarchy){ .v2 = v2,
                                                 .controllers = strdup(v2 ? "" : "freezer"),
                                                 .mountpoint = fake->root,
                                                 .name = strdup(""),
                                                 .own_path = strdup("/") };
        fake->layout = (struct ct_cgroup_layout){ .kind = v2 ? CT_CGROUPS_V2 : CT_CGROUPS_V1,
                                                  .items = &fake->hierarchy,
                                                  .n = 1 };
        EXPECT_EQ(mkdir(fake->folder, 0755), 0);
        EXPECT(file_put(fake->folder, "cgroup.procs", ""));
        EXPECT_EQ(ct_cgroup_new(&fake->layout, "/box", "id", &fake->cgroup, &error), 0);
        contain_error_free(error);
        return fake->cgroup != NULL;
}

static void fake_end(struct fake *fake)
{
        ct_cgroup_free(fake->cgroup);
        free(fake->hierarchy.controllers);
        free(fake->hierarchy.name);
        free(fake->hierarchy.own_path);
        folder_remove(fake->root);
}

/* A control file that takes every order, and never says that it was carried out. */
static void put_deaf(struct fake *fake, const char *file)
{
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%s", fake->folder, file);
        EXPECT_EQ(symlink("/dev/null", path), 0);
}

static const char *text_of(contain_error_t *error)
{
        static char text[512];

        (void)snprintf(text, sizeof text, "%s", contain_error_message(error));
        contain_error_free(error);
        return text;
}

TEST(freezer_v1)
{
        struct fake fake = { 0 };

        REQUIRE(fake_begin(&fake, false));
        EXPECT(file_put(fake.folder, "freezer.state", "THAWED\n"));
        EXPECT_EQ(ct_cgroup_pause(fake.cgroup, 1000, NULL), 0);
        EXPECT_STR(file_get(fake.folder, "freezer.state"), "FROZEN");
        EXPECT_EQ(ct_cgroup_frozen(fake.cgroup), 1);
        EXPECT_EQ(ct_cgroup_resume(fake.cgroup, 1000, NULL), 0);
        EXPECT_STR(file_get(fake.folder, "freezer.state"), "THAWED");
        EXPECT_EQ(ct_cgroup_frozen(fake.cgroup), 0);
        EXPECT_EQ(ct_cgroup_frozen_fd(fake.cgroup), -EOPNOTSUPP);
        fake_end(&fake);
}

TEST(freezer_v1_that_does_not_get_there)
{
        contain_error_t *error = NULL;
        struct fake fake = { 0 };

        REQUIRE(fake_begin(&fake, false));
        put_deaf(&fake, "freezer.state");
        EXPECT_EQ(ct_cgroup_pause(fake.cgroup, 50, &error), -ETIMEDOUT);
        EXPECT_CONTAINS(text_of(error), "cannot freeze cgroup '/box'");
        fake_end(&fake);
}

/* It is undone then: the order is taken back. */
TEST(freezer_v2_that_does_not_get_there)
{
        contain_error_t *error = NULL;
        struct fake fake = { 0 };

        REQUIRE(fake_begin(&fake, true));
        EXPECT(file_put(fake.folder, "cgroup.freeze", "0\n"));
        EXPECT(file_put(fake.folder, "cgroup.events", "populated 1\nfrozen 0\n"));
        EXPECT_EQ(ct_cgroup_pause(fake.cgroup, 50, &error), -ETIMEDOUT);
        EXPECT_CONTAINS(text_of(error), "cannot freeze cgroup '/box'");
        EXPECT_CONTAINS(file_get(fake.folder, "cgroup.freeze"), "0");
        error = NULL;
        EXPECT(file_put(fake.folder, "cgroup.events", "populated 1\nfrozen 1\n"));
        EXPECT_EQ(ct_cgroup_resume(fake.cgroup, 50, &error), -ETIMEDOUT);
        EXPECT_CONTAINS(text_of(error), "cannot thaw cgroup '/box'");
        fake_end(&fake);
}

static void *thaw_again_and_again(void *userdata)
{
        struct fake *fake = userdata;

        while (!atomic_load(&fake->done))
                EXPECT(file_put(fake->folder, "cgroup.freeze", "0\n"));
        return NULL;
}

TEST(freezer_v2_that_somebody_thaws)
{
        contain_error_t *error = NULL;
        struct fake fake = { 0 };
        pthread_t thread;

        REQUIRE(fake_begin(&fake, true));
        EXPECT(file_put(fake.folder, "cgroup.freeze", "0\n"));
        EXPECT(file_put(fake.folder, "cgroup.events", "populated 1\nfrozen 0\n"));
        REQUIRE_EQ(pthread_create(&thread, NULL, thaw_again_and_again, &fake), 0);
        EXPECT_EQ(ct_cgroup_pause(fake.cgroup, 10000, &error), -ECANCELED);
        atomic_store(&fake.done, true);
        pthread_join(thread, NULL);
        EXPECT_CONTAINS(text_of(error), "cannot freeze cgroup '/box'");
        fake_end(&fake);
}

TEST(freezer_of_the_caller)
{
        contain_error_t *error = NULL;
        struct fake fake = { 0 };
        char pid[16];

        REQUIRE(fake_begin(&fake, false));
        (void)snprintf(pid, sizeof pid, "%d\n", (int)getpid());
        EXPECT(file_put(fake.folder, "cgroup.procs", pid));
        EXPECT(file_put(fake.folder, "freezer.state", "THAWED\n"));
        EXPECT_EQ(ct_cgroup_pause(fake.cgroup, 1000, &error), -EDEADLK);
        EXPECT_CONTAINS(text_of(error), "the calling process itself is in cgroup '/box'");
        EXPECT_STR(file_get(fake.folder, "freezer.state"), "THAWED");
        fake_end(&fake);
}

TEST(freezer_that_is_not_there)
{
        contain_error_t *error = NULL;
        struct fake fake = { 0 };

        REQUIRE(fake_begin(&fake, false));
        (void)strcpy(fake.hierarchy.controllers, "pids");
        EXPECT_EQ(ct_cgroup_pause(fake.cgroup, 1000, &error), -EOPNOTSUPP);
        EXPECT_CONTAINS(text_of(error), "no cgroup hierarchy on this machine can freeze");
        fake_end(&fake);
}
