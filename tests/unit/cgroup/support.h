/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CGROUP_SUPPORT_H
#define TESTS_UNIT_CGROUP_SUPPORT_H

/* What the tests of cgroup/ share: layouts of other machines, resources from JSON, writes as text. */

#include "base/arena.h"
#include "cgroup/controllers.h"
#include "cgroup/internal.h"
#include "harness/test.h"

/* Layouts as machines have them; v2's controllers filled in. NULL when something failed. */
struct ct_cgroup_layout *layout_v1(void);
struct ct_cgroup_layout *layout_hybrid(void);
struct ct_cgroup_layout *layout_v2(void);

/* Parses linux.resources; NULL (noted as a failure) if that fails. */
struct ct_spec_resources *resources_parse(struct ct_arena *arena, const char *json);

/*
 * The writes that @json compiles to, a line each: "memory: memory.max=1 @/linux/resources/memory/limit", with
 * the options behind it in brackets; then "needs CONTROLLER" and "devices". An error is its message alone.
 * Device writes are left out unless @json has devices.
 */
char *compile_text(const struct ct_cgroup_layout *layout, const char *json, bool update);

/* A temporary folder, and its removal with all in it. */
bool folder_make(char ret[64]);
void folder_remove(const char *path);
/* Writes @text to DIR/NAME, making it. */
bool file_put(const char *dir, const char *name, const char *text);
/* What DIR/NAME holds, in one of a few static buffers, without the end of line; "(none)". */
const char *file_get(const char *dir, const char *name);

#endif
