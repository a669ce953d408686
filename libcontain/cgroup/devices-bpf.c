/* SPDX-License-Identifier: MIT */

/*
 * Device rules as a program for cgroup v2 (BPF_PROG_TYPE_CGROUP_DEVICE). It asks the rules from the last to
 * the first. A request may be for several kinds of access at once: a rule that allows some of them strikes
 * those off the request, and the request is granted when nothing is left; a rule that denies any of what is
 * left ends it.
 */

#include "cgroup/devices.h"

#include "base/sys.h"

#include <stddef.h>
#include <string.h>

enum { R_RESULT = 0, R_CONTEXT = 1, R_TYPE = 2, R_ACCESS = 3, R_MAJOR = 4, R_MINOR = 5 };

enum { N_PROLOGUE = 6, N_EPILOGUE = 2, N_RULE_MAX = 7, N_ATTACHED_MAX = 64 };

static struct bpf_insn instruction(int code, unsigned to, unsigned from, int offset, int32_t value)
{
        struct bpf_insn made = { .code = (uint8_t)code,
                                 .dst_reg = (uint8_t)(to & 0xf),
                                 .src_reg = (uint8_t)(from & 0xf),
                                 .off = (int16_t)offset,
                                 .imm = value };

        return made;
}

static struct bpf_insn load(unsigned to, size_t offset)
{
        return instruction(BPF_LDX | BPF_MEM | BPF_W, to, R_CONTEXT, (int)offset, 0);
}

/* 32 bits wide, as the context's fields are. */
static struct bpf_insn compute(int operation, unsigned to, uint32_t value)
{
        return instruction(BPF_ALU | BPF_K | operation, to, 0, 0, (int32_t)value);
}

static struct bpf_insn jump(int condition, unsigned left, int64_t right, size_t over)
{
        /* Extended by its sign, which changes nothing: device numbers have 20 bits at most. */
        return instruction(BPF_JMP | BPF_K | condition, left, 0, (int)over, (int32_t)right);
}

static size_t put_answer(struct bpf_insn *ret, bool allow)
{
        ret[0] = compute(BPF_MOV, R_RESULT, allow);
        ret[1] = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
        return 2;
}

static size_t put_prologue(struct bpf_insn *ret)
{
        ret[0] = load(R_TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
        ret[1] = compute(BPF_AND, R_TYPE, 0xffff);
        ret[2] = load(R_ACCESS, offsetof(struct bpf_cgroup_dev_ctx, access_type));
        ret[3] = compute(BPF_RSH, R_ACCESS, 16);
        ret[4] = load(R_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
        ret[5] = load(R_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
        return N_PROLOGUE;
}

/* What happens to a request for a device that the rule is about. */
static size_t put_verdict(const struct ct_device_rule *rule, struct bpf_insn *ret)
{
        if (rule->access == CT_DEVICE_ACCESS_ALL)
                return put_answer(ret, rule->allow);
        if (rule->allow) {
                ret[0] = compute(BPF_AND, R_ACCESS, ~rule->access);
                ret[1] = jump(BPF_JNE, R_ACCESS, 0, 2);
        } else {
                ret[0] = jump(BPF_JSET, R_ACCESS, rule->access, 1);
                ret[1] = jump(BPF_JA, 0, 0, 2);
        }
        return 2 + put_answer(ret + 2, rule->allow);
}

/* Each comparison that fails jumps behind the rule's last instruction. */
static size_t put_rule(const struct ct_device_rule *rule, struct bpf_insn *ret)
{
        size_t n_conditions = 0, n;

        if (rule->type != 'a')
                ret[n_conditions++] = jump(BPF_JNE, R_TYPE,
                                           rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, 0);
        if (rule->major >= 0)
                ret[n_conditions++] = jump(BPF_JNE, R_MAJOR, rule->major, 0);
        if (rule->minor >= 0)
                ret[n_conditions++] = jump(BPF_JNE, R_MINOR, rule->minor, 0);
        n = n_conditions + put_verdict(rule, ret + n_conditions);
        for (size_t i = 0; i < n_conditions; i++)
                ret[i].off = (int16_t)(n - i - 1);
        return n;
}

size_t ct_devices_program_max(size_t n_rules)
{
        return N_PROLOGUE + N_EPILOGUE + n_rules * N_RULE_MAX;
}

size_t ct_devices_program(const struct ct_device_rules *rules, struct bpf_insn *ret)
{
        size_t n = put_prologue(ret);

        for (size_t i = rules->n; i-- > 0;)
                n += put_rule(&rules->items[i], ret + n);
        return n + put_answer(ret + n, rules->allow);
}

static int load_program(const struct ct_device_rules *rules)
{
        _cleanup_free_ struct bpf_insn *program = NULL;
        union bpf_attr attributes;
        size_t n;

        program = calloc(ct_devices_program_max(rules->n), sizeof *program);
        if (!program)
                return -ENOMEM;
        n = ct_devices_program(rules, program);
        memset(&attributes, 0, sizeof attributes);
        attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
        attributes.expected_attach_type = BPF_CGROUP_DEVICE;
        attributes.insns = (uintptr_t)program;
        attributes.insn_cnt = (uint32_t)n;
        attributes.license = (uintptr_t) "MIT"; /* no helper is called that would ask for another */
        memcpy(attributes.prog_name, "contain_devices", sizeof "contain_devices");
        return ct_sys_bpf(BPF_PROG_LOAD, &attributes, sizeof attributes);
}

/* The descriptors of the programs attached to this cgroup itself. Returns how many. */
static int open_attached(int folder_fd, int fds[static N_ATTACHED_MAX])
{
        uint32_t ids[N_ATTACHED_MAX];
        union bpf_attr attributes;
        int r, n = 0;

        memset(&attributes, 0, sizeof attributes);
        attributes.query.target_fd = (uint32_t)folder_fd;
        attributes.query.attach_type = BPF_CGROUP_DEVICE;
        attributes.query.prog_ids = (uintptr_t)ids;
        attributes.query.prog_cnt = N_ATTACHED_MAX;
        r = ct_sys_bpf(BPF_PROG_QUERY, &attributes, sizeof attributes);
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < attributes.query.prog_cnt && i < N_ATTACHED_MAX; i++) {
                union bpf_attr by_id;

                memset(&by_id, 0, sizeof by_id);
                by_id.prog_id = ids[i];
                r = ct_sys_bpf(BPF_PROG_GET_FD_BY_ID, &by_id, sizeof by_id);
                if (r >= 0)
                        fds[n++] = r;
        }
        return n;
}

static int attach(int folder_fd, int program_fd, int replaced_fd)
{
        union bpf_attr attributes;

        memset(&attributes, 0, sizeof attributes);
        attributes.target_fd = (uint32_t)folder_fd;
        attributes.attach_bpf_fd = (uint32_t)program_fd;
        attributes.attach_type = BPF_CGROUP_DEVICE;
        attributes.attach_flags = BPF_F_ALLOW_MULTI;
        if (replaced_fd >= 0) {
                attributes.attach_flags |= BPF_F_REPLACE;
                attributes.replace_bpf_fd = (uint32_t)replaced_fd;
        }
        return ct_sys_bpf(BPF_PROG_ATTACH, &attributes, sizeof attributes);
}

static void detach(int folder_fd, int program_fd)
{
        union bpf_attr attributes;

        memset(&attributes, 0, sizeof attributes);
        attributes.target_fd = (uint32_t)folder_fd;
        attributes.attach_bpf_fd = (uint32_t)program_fd;
        attributes.attach_type = BPF_CGROUP_DEVICE;
        (void)ct_sys_bpf(BPF_PROG_DETACH, &attributes, sizeof attributes);
}

int ct_devices_attach(const struct ct_device_rules *rules, int folder_fd)
{
        _cleanup_close_ int program_fd = -EBADF;
        int attached[N_ATTACHED_MAX], n, r;

        program_fd = load_program(rules);
        if (program_fd < 0)
                return program_fd;
        n = open_attached(folder_fd, attached);
        if (n < 0)
                return n;
        /* All programs of a cgroup have to allow, so for a moment both old and new rules may hold, never
         * none. */
        r = attach(folder_fd, program_fd, n == 1 ? attached[0] : -1);
        for (int i = 0; i < n; i++) {
                if (r >= 0 && n > 1)
                        detach(folder_fd, attached[i]);
                (void)ct_close(attached[i]);
        }
        return r < 0 ? r : 0;
}
