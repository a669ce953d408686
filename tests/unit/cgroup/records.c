/* SPDX-License-Identifier: MIT */

/* Records of cgroups, there and back. */

#include "support.h"

#include <string.h>

TEST(record_round_trip)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = layout_hybrid();
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL, *loaded = NULL;
        _cleanup_free_ char *first = NULL, *second = NULL;

        REQUIRE_EQ(ct_cgroup_new(layout, "/no-such-parent/\"c\"", "id", &cgroup, NULL), 0);
        REQUIRE_EQ(ct_cgroup_save(cgroup, &first), 0);
        EXPECT_CONTAINS(first,
                        "{\"name\":\"cpu,cpuacct\",\"path\":\"/no-such-parent/\\\"c\\\"\",\"made\":2}");
        EXPECT_CONTAINS(first, "{\"v2\":true,\"path\":\"/no-such-parent/\\\"c\\\"\",\"made\":2}");
        REQUIRE_EQ(ct_cgroup_load(layout, first, &loaded, NULL), 0);
        REQUIRE_EQ(ct_cgroup_save(loaded, &second), 0);
        EXPECT_STR(second, first);
        for (size_t i = 0; i < layout->n; i++)
                EXPECT_STR(ct_cgroup_path(loaded, i), "/no-such-parent/\"c\"");
}

TEST(record_on_another_layout)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *hybrid = layout_hybrid(),
                                                                  *v2 = layout_v2();
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL, *loaded = NULL;
        _cleanup_free_ char *text = NULL;

        /* Not where the machine itself may have something read-only. */
        free(v2->items[0].mountpoint);
        v2->items[0].mountpoint = strdup("/no-such-hierarchy");
        REQUIRE(v2->items[0].mountpoint != NULL);
        REQUIRE_EQ(ct_cgroup_new(hybrid, "/no-such-cgroup", "id", &cgroup, NULL), 0);
        REQUIRE_EQ(ct_cgroup_save(cgroup, &text), 0);
        REQUIRE_EQ(ct_cgroup_load(v2, text, &loaded, NULL), 0);
        EXPECT_STR(ct_cgroup_path(loaded, 0), "/no-such-cgroup");
        EXPECT_EQ(ct_cgroup_signal(loaded, 15), 0);
        EXPECT_EQ(ct_cgroup_destroy(loaded, 0, NULL), 0);
}

TEST(record_refused)
{
        static const struct {
                const char *text;
                int code;
        } rows[] = {
                { "", CONTAIN_E_JSON },
                { "[]", CONTAIN_E_TYPE },
                { "{\"hierarchies\":{}}", CONTAIN_E_TYPE },
                { "{\"hierarchies\":[1]}", CONTAIN_E_TYPE },
                { "{\"hierarchies\":[{\"name\":\"memory\"}]}", CONTAIN_E_MISSING },
                { "{\"hierarchies\":[{\"name\":\"memory\",\"path\":\"/\",\"made\":1}]}", CONTAIN_E_STATE },
                { "{\"hierarchies\":[{\"name\":\"memory\",\"path\":\"/a/../b\",\"made\":1}]}",
                  CONTAIN_E_STATE },
                { "{\"hierarchies\":[{\"name\":\"memory\",\"path\":\"a\",\"made\":1}]}", CONTAIN_E_STATE },
                { "{\"hierarchies\":[{\"name\":\"memory\",\"path\":\"/a\",\"made\":2}]}", CONTAIN_E_STATE },
        };
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = layout_v1();

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                _cleanup_(contain_error_freep) contain_error_t *error = NULL;
                _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;

                EXPECT(ct_cgroup_load(layout, rows[i].text, &cgroup, &error) < 0);
                (void)test_equal(contain_error_code(error), rows[i].code, __FILE__, __LINE__, rows[i].text);
        }
}

TEST(record_of_nothing)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = layout_v1();
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        pid_t *pids = NULL;
        size_t n = 1;

        REQUIRE_EQ(ct_cgroup_load(layout, "{}", &cgroup, NULL), 0);
        EXPECT(ct_cgroup_path(cgroup, 0) == NULL);
        EXPECT_EQ(ct_cgroup_v2_fd(cgroup), -ENOENT);
        EXPECT_EQ(ct_cgroup_frozen(cgroup), -EOPNOTSUPP);
        EXPECT_EQ(ct_cgroup_oom_fd(cgroup), -EOPNOTSUPP);
        EXPECT_EQ(ct_cgroup_signal(cgroup, 9), 0);
        EXPECT_EQ(ct_cgroup_pids(cgroup, &pids, &n), 0);
        EXPECT_EQ(n, 0);
        free(pids);
        EXPECT_EQ(ct_cgroup_destroy(cgroup, 0, NULL), 0);
}
