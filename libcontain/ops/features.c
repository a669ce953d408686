/* SPDX-License-Identifier: MIT */

/*
 * What this build can do (runtime-spec, features.md, features-linux.md). The document is not about the
 * machine: what its kernel lacks is listed all the same. Only supportedFlags asks it, and whether there is a
 * CRIU is looked up, as that one is no part of any build.
 */

#include "ops/handle.h"

#include "base/buf.h"
#include "host/criu.h"
#include "host/image.h"
#include "spec/options.h"

#include <cap-ng.h>
#include <seccomp.h>
#include <string.h>

#define STOP_SIGNAL "org.opencontainers.image.stopSignal"

static const char *const actions[] = { "SCMP_ACT_ALLOW",        "SCMP_ACT_ERRNO",       "SCMP_ACT_KILL",
                                       "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
                                       "SCMP_ACT_NOTIFY",       "SCMP_ACT_TRACE",       "SCMP_ACT_TRAP" };
static const char *const operators[] = { "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",       "SCMP_CMP_LE",
                                         "SCMP_CMP_LT", "SCMP_CMP_NE", "SCMP_CMP_MASKED_EQ" };

/* The spec's name of each architecture, and libseccomp's, by which it is asked whether it knows it. */
static const struct {
        const char *name, *token;
} architectures[] = {
        { "SCMP_ARCH_AARCH64", "aarch64" },
        { "SCMP_ARCH_ARM", "arm" },
        { "SCMP_ARCH_LOONGARCH64", "loongarch64" },
        { "SCMP_ARCH_M68K", "m68k" },
        { "SCMP_ARCH_MIPS", "mips" },
        { "SCMP_ARCH_MIPS64", "mips64" },
        { "SCMP_ARCH_MIPS64N32", "mips64n32" },
        { "SCMP_ARCH_MIPSEL", "mipsel" },
        { "SCMP_ARCH_MIPSEL64", "mipsel64" },
        { "SCMP_ARCH_MIPSEL64N32", "mipsel64n32" },
        { "SCMP_ARCH_PARISC", "parisc" },
        { "SCMP_ARCH_PARISC64", "parisc64" },
        { "SCMP_ARCH_PPC", "ppc" },
        { "SCMP_ARCH_PPC64", "ppc64" },
        { "SCMP_ARCH_PPC64LE", "ppc64le" },
        { "SCMP_ARCH_RISCV64", "riscv64" },
        { "SCMP_ARCH_S390", "s390" },
        { "SCMP_ARCH_S390X", "s390x" },
        { "SCMP_ARCH_SH", "sh" },
        { "SCMP_ARCH_SHEB", "sheb" },
        { "SCMP_ARCH_X32", "x32" },
        { "SCMP_ARCH_X86", "x86" },
        { "SCMP_ARCH_X86_64", "x86_64" },
};

static const struct {
        const char *name;
        uint64_t bit;
} filter_flags[] = {
        { "SECCOMP_FILTER_FLAG_LOG", 1 << 1 },
        { "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 1 << 2 },
        { "SECCOMP_FILTER_FLAG_TSYNC", 1 << 0 },
        { "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1 << 5 },
};

/* Ends a JSON member: what follows is separated by a comma. */
struct list {
        struct ct_buf *buf;
        bool begun;
};

static void put(struct list *list, const char *item)
{
        (void)ct_buf_puts(list->buf, list->begun ? ", " : "");
        (void)ct_buf_json_string(list->buf, item);
        list->begun = true;
}

static void put_all(struct ct_buf *buf, const char *const *items, size_t n)
{
        struct list list = { buf, false };

        for (size_t i = 0; i < n; i++)
                put(&list, items[i]);
}

static void put_general(struct ct_buf *buf)
{
        struct list list = { buf, false };

        (void)ct_buf_puts(buf, "{\n\t\"ociVersionMin\": \"1.0.0\",\n\t\"ociVersionMax\": \"" CT_OCI_VERSION
                               "\",\n\t\"hooks\": [");
        for (int kind = 0; kind < CT_HOOK_N; kind++)
                put(&list, ct_spec_hook_name((enum ct_spec_hook_kind)kind));
        (void)ct_buf_puts(buf, "],\n\t\"mountOptions\": [");
        list.begun = false;
        for (size_t i = 0; ct_mount_option_name(i); i++)
                put(&list, ct_mount_option_name(i));
        (void)ct_buf_puts(buf, "],\n");
}

static const char *truth(bool value)
{
        return value ? "true" : "false";
}

/* Those of this build, and those of a configuration that change what is done. */
static void put_annotations(struct ct_buf *buf)
{
        _cleanup_free_ char *criu = NULL;
        const struct scmp_version *version = seccomp_version();

        (void)ct_buf_puts(buf, "\t\"annotations\": {\"libcontain.version\": \"" CT_VERSION "\"");
        if (version)
                (void)ct_buf_printf(buf, ", \"libcontain.libseccomp.version\": \"%u.%u.%u\"", version->major,
                                    version->minor, version->micro);
        (void)ct_buf_printf(buf, ", \"libcontain.images\": \"%s\"", truth(ct_image_built()));
        /* By the name that engines know. */
        (void)ct_buf_printf(buf, ", \"org.opencontainers.runc.checkpoint.enabled\": \"%s\"",
                            truth(ct_criu_find(NULL, &criu, NULL) == 0));
        (void)ct_buf_puts(buf, "},\n\t\"potentiallyUnsafeConfigAnnotations\": [\"" STOP_SIGNAL "\"");
        (void)ct_buf_puts(buf, ct_systemd_built() ? ", \"org.systemd.property.\"],\n" : "],\n");
}

static void put_capabilities(struct ct_buf *buf)
{
        struct list list = { buf, false };

        (void)ct_buf_puts(buf, "\t\t\"capabilities\": [");
        for (unsigned i = 0; i < 64; i++) {
                const char *name = capng_capability_to_name(i);
                char full[64] = "CAP_";

                if (!name)
                        continue;
                for (size_t k = 0; name[k] && k + 5 < sizeof(full); k++)
                        full[k + 4] =
                                (char)(name[k] >= 'a' && name[k] <= 'z' ? name[k] - 'a' + 'A' : name[k]);
                put(&list, full);
        }
        (void)ct_buf_puts(buf, "],\n");
}

static void put_seccomp(struct ct_buf *buf, const struct ct_facts *facts)
{
        struct list list = { buf, false };

        (void)ct_buf_puts(buf, "\t\t\"seccomp\": {\n\t\t\t\"enabled\": true,\n\t\t\t\"actions\": [");
        put_all(buf, actions, sizeof(actions) / sizeof(actions[0]));
        (void)ct_buf_puts(buf, "],\n\t\t\t\"operators\": [");
        put_all(buf, operators, sizeof(operators) / sizeof(operators[0]));
        (void)ct_buf_puts(buf, "],\n\t\t\t\"archs\": [");
        for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++)
                if (seccomp_arch_resolve_name(architectures[i].token) != 0)
                        put(&list, architectures[i].name);
        (void)ct_buf_puts(buf, "],\n\t\t\t\"knownFlags\": [");
        list.begun = false;
        for (size_t i = 0; i < sizeof(filter_flags) / sizeof(filter_flags[0]); i++)
                put(&list, filter_flags[i].name);
        (void)ct_buf_puts(buf, "],\n\t\t\t\"supportedFlags\": [");
        list.begun = false;
        for (size_t i = 0; i < sizeof(filter_flags) / sizeof(filter_flags[0]); i++)
                if (facts->seccomp_flags & filter_flags[i].bit)
                        put(&list, filter_flags[i].name);
        (void)ct_buf_puts(buf, "]\n\t\t},\n");
}

/* What later versions will have says false, so that an engine does not ask for it. */
static void put_rest(struct ct_buf *buf, const struct ct_facts *facts)
{
        (void)ct_buf_printf(
                buf,
                "\t\t\"cgroup\": {\"v1\": true, \"v2\": true, \"systemd\": %s, \"systemdUser\": %s, "
                "\"rdma\": true},\n",
                truth(ct_systemd_built()), truth(ct_systemd_built()));
        put_seccomp(buf, facts);
        (void)ct_buf_puts(buf,
                          "\t\t\"apparmor\": {\"enabled\": true},\n\t\t\"selinux\": {\"enabled\": true},\n");
        (void)ct_buf_puts(buf, "\t\t\"intelRdt\": {\"enabled\": true, \"schemata\": true, \"monitoring\": "
                               "true},\n\t\t\"memoryPolicy\": {\"modes\": [");
        (void)ct_buf_puts(
                buf,
                "\"MPOL_BIND\", \"MPOL_DEFAULT\", \"MPOL_INTERLEAVE\", \"MPOL_LOCAL\", \"MPOL_PREFERRED\", "
                "\"MPOL_PREFERRED_MANY\", \"MPOL_WEIGHTED_INTERLEAVE\"], \"flags\": [");
        (void)ct_buf_puts(
                buf, "\"MPOL_F_NUMA_BALANCING\", \"MPOL_F_RELATIVE_NODES\", \"MPOL_F_STATIC_NODES\"]},\n");
        (void)ct_buf_puts(buf, "\t\t\"mountExtensions\": {\"idmap\": {\"enabled\": true}},\n");
        (void)ct_buf_puts(buf, "\t\t\"netDevices\": {\"enabled\": true}\n\t}\n}\n");
}

int ct_op_features(struct contain_ctx *ctx, char **ret, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        const struct ct_facts *facts;
        char *text;
        int r;

        r = ct_context_facts(ctx, &facts, err);
        if (r < 0)
                return r;
        put_general(&buf);
        put_annotations(&buf);
        (void)ct_buf_puts(&buf,
                          "\t\"linux\": {\n\t\t\"namespaces\": [\"cgroup\", \"ipc\", \"mount\", \"network\", "
                          "\"pid\", \"time\", \"user\", \"uts\"],\n");
        put_capabilities(&buf);
        put_rest(&buf, facts);
        text = ct_buf_steal(&buf);
        if (!text)
                return ct_fail_memory(err);
        *ret = text;
        return 0;
}
