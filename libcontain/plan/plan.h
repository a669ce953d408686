/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_PLAN_H
#define CT_PLAN_PLAN_H

/*
 * From specification and facts to a plan: a pure function, without privilege or side effect
 * (but for libseccomp, which needs a descriptor of its own to export a filter to).
 */

#include "base/buf.h"
#include "base/problems.h"
#include "plan/facts.h"
#include "plan/format.h"
#include "plan/steps.h"

/* A compiled plan: a checked block of bytes. */
struct ct_plan {
        void *bytes; /* struct plan_header, malloc'd */
        size_t size;
};

struct ct_plan *ct_plan_free(struct ct_plan *plan);
CT_CLEANUP(struct ct_plan, ct_plan_free)

int ct_plan_compile(const struct ct_spec *spec, const struct ct_facts *facts,
                    const struct ct_request *request, struct ct_plan **ret, contain_error_t **err);
/* The same, but what cannot be carried out is kept in @problems, and *ret is the plan of everything else.
 * There is none without a process. */
int ct_plan_compile_rest(const struct ct_spec *spec, const struct ct_facts *facts,
                         const struct ct_request *request, struct ct_problems *problems, struct ct_plan **ret,
                         contain_error_t **err);

/*
 * The plan of one more process in a container: that of @spec, which has its configuration but for the process
 * itself. request->exec is set, and namespace_fds has those namespaces of the container that are not the
 * caller's. Places are those in the process's own document.
 */
int ct_plan_compile_exec(const struct ct_spec *spec, const struct ct_facts *facts,
                         const struct ct_request *request, struct ct_plan **ret, contain_error_t **err);
/*
 * The plan of a mount in a container that is there: request->mount is set, exec too, and namespace_fds has
 * its mount namespace, and its user namespace if that is not the caller's. It ends with READY.
 */
int ct_plan_compile_mount(const struct ct_spec *spec, const struct ct_facts *facts,
                          const struct ct_request *request, struct ct_plan **ret, contain_error_t **err);
/* Cuts "/process" off the error's place: the process has a document of its own. */
int ct_plan_place_in_process(int r, contain_error_t **err);

/* Does an annotation say that the caller's supplementary groups stay, and none are set? */
bool ct_plan_keeps_groups(const struct ct_spec *spec);
/* Is the container in a user namespace, the caller's, where nobody has additional groups? */
bool ct_plan_lacks_groups(const struct ct_spec *spec, const struct ct_facts *facts,
                          const struct ct_request *request);

/* Capabilities that the configuration asks for and that cannot be granted here, as a mask: they are left out.
 */
uint64_t ct_plan_missing_capabilities(const struct ct_spec *spec, const struct ct_facts *facts,
                                      const struct ct_request *request);

/* The error for a start of what has no process. */
int ct_plan_fail_no_process(contain_error_t **err);

/* Prints a plan as JSON (contain_plan_json()). */
int ct_plan_dump(const struct ct_plan *plan, struct ct_buf *ret);

static inline const struct plan_header *ct_plan_header(const struct ct_plan *plan)
{
        return (const struct plan_header *)plan->bytes;
}

const struct plan_step *ct_plan_step(const struct ct_plan *plan, size_t i);
const struct plan_slot *ct_plan_slot(const struct ct_plan *plan, size_t i);
/* The string at @offset, "" for 0. */
const char *ct_plan_string(const struct ct_plan *plan, uint32_t offset);
/* Name and code of a step's operation; which side runs it. */
const char *ct_plan_op_name(unsigned op);
int ct_plan_op_code(unsigned op);
bool ct_plan_op_is_host(unsigned op);

#endif
