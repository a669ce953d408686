/* SPDX-License-Identifier: MIT */
#ifndef CT_SPEC_SECTIONS_H
#define CT_SPEC_SECTIONS_H

/*
 * One parser per section of the runtime-spec, each in the file of its name. @value is the
 * section's JSON value; *ret is zeroed before the call. Private to spec/.
 */

#include "base/json.h"
#include "spec/spec.h"

int ct_spec_parse_process(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err);
int ct_spec_parse_capabilities(const struct ct_json *value, struct ct_spec_capabilities *ret,
                               contain_error_t **err);
int ct_spec_parse_rlimits(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err);
int ct_spec_parse_scheduler(const struct ct_json *value, struct ct_spec_scheduler *ret,
                            contain_error_t **err);
int ct_spec_parse_io_priority(const struct ct_json *value, struct ct_spec_io_priority *ret,
                              contain_error_t **err);
int ct_spec_parse_cpu_affinity(const struct ct_json *value, struct ct_spec_process *ret,
                               contain_error_t **err);
int ct_spec_parse_mounts(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err);
/* @value is the mount, of which this reads the member "options". */
int ct_spec_parse_mount_options(const struct ct_json *value, struct ct_spec_mount *ret,
                                contain_error_t **err);
int ct_spec_parse_namespaces(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err);
int ct_spec_parse_time_offsets(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err);
int ct_spec_parse_id_maps(const struct ct_json *object, const char *key, struct ct_spec_id_maps *ret,
                          contain_error_t **err);
int ct_spec_parse_devices(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err);
int ct_spec_parse_device_rules(const struct ct_json *value, struct ct_spec_resources *ret,
                               contain_error_t **err);
int ct_spec_parse_net_devices(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err);
int ct_spec_parse_resources(const struct ct_json *value, struct ct_spec_resources *ret,
                            contain_error_t **err);
int ct_spec_parse_block_io(const struct ct_json *value, struct ct_spec_block_io *ret, contain_error_t **err);
int ct_spec_parse_seccomp(const struct ct_json *value, struct ct_spec_seccomp *ret, contain_error_t **err);
int ct_spec_parse_intel_rdt(const struct ct_json *value, struct ct_spec_intel_rdt *ret,
                            contain_error_t **err);
int ct_spec_parse_memory_policy(const struct ct_json *value, struct ct_spec_memory_policy *ret,
                                contain_error_t **err);
int ct_spec_parse_hooks(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err);
int ct_spec_parse_linux(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err);

/* Rules that hold between sections: config.md's "only if", "MUST NOT be used with". */
int ct_spec_check(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err);
/* Has the configuration a namespace of @type, or can nobody tell, because an entry was refused? */
bool ct_spec_may_have_namespace(struct ct_arena *arena, const struct ct_spec *spec, uint64_t type);
int ct_spec_check_sysctl(struct ct_arena *arena, const struct ct_spec *spec, contain_error_t **err);

#endif
