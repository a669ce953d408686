/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_DEVICES_H
#define CT_CGROUP_DEVICES_H

/*
 * Which devices a container may use: everything is denied, then what every container needs is allowed, then
 * the configuration's rules follow in its order; of the rules about a device, the last one counts, per kind
 * of access. devices.c makes the list, devices-v1.c writes it to devices.deny and devices.allow,
 * devices-bpf.c turns it into a program for cgroup v2.
 */

#include "cgroup/writes.h"
#include "spec/spec.h"

#include <linux/bpf.h>

struct ct_device_rule {
        bool allow;
        char type;            /* 'c', 'b'; 'a' for both */
        int64_t major, minor; /* -1: any */
        unsigned access;      /* BPF_DEVCG_ACC_ bits: never 0 */
        const char *at;       /* JSON pointer; NULL for a rule that every container has */
};

#define CT_DEVICE_ACCESS_ALL ((unsigned)(BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE))

struct ct_device_rules {
        bool allow; /* what holds before the first rule */
        struct ct_device_rule *items;
        size_t n;
};

/* The rules that hold for @resources, in the arena. */
int ct_devices_compile(const struct ct_spec_resources *resources, struct ct_arena *arena,
                       struct ct_device_rules *ret, contain_error_t **err);

/* v1. What its files can't say is an error. */
int ct_devices_write_v1(const struct ct_device_rules *rules, struct ct_cgroup_writes *writes,
                        contain_error_t **err);

/* v2. The most instructions that @n_rules rules may need. */
size_t ct_devices_program_max(size_t n_rules);
/* Returns the number of instructions. */
size_t ct_devices_program(const struct ct_device_rules *rules, struct bpf_insn *ret);
/* Loads the program and attaches it to the cgroup, in place of those that are there already: all of them
 * would have to allow. Unworded. */
int ct_devices_attach(const struct ct_device_rules *rules, int folder_fd);

#endif
