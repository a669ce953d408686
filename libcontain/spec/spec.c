/* SPDX-License-Identifier: MIT */

/* The whole document: its own members, and the order in which sections are read. */

#include "spec/spec.h"

#include "base/signals.h"
#include "spec/sections.h"
#include "spec/values.h"

#include <ctype.h>
#include <string.h>

/* Longest names that sethostname(2) and setdomainname(2) take. */
#define MAX_NAME 64

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* The end of a number without leading zeros, NULL if there is none. */
static const char *skip_version_number(const char *text)
{
        if (*text == '0')
                return text + 1;
        if (!is_digit(*text))
                return NULL;
        while (is_digit(*text))
                text++;
        return text;
}

/* The end of dot-separated identifiers, NULL if one is empty. */
static const char *skip_identifiers(const char *text)
{
        for (;;) {
                size_t n = strspn(text, "0123456789-"
                                        "abcdefghijklmnopqrstuvwxyz"
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

                if (n == 0)
                        return NULL;
                text += n;
                if (*text != '.')
                        return text;
                text++;
        }
}

/* SemVer 2.0.0: "1.2.3", "1.2.3-rc.1", "1.2.3-dev+git". */
static bool is_version(const char *text)
{
        int i;

        for (i = 0; i < 3; i++) {
                if (i > 0 && *text++ != '.')
                        return false;
                text = skip_version_number(text);
                if (!text)
                        return false;
        }
        if (*text == '-')
                text = skip_identifiers(text + 1);
        if (text && *text == '+')
                text = skip_identifiers(text + 1);
        return text && *text == '\0';
}

static int parse_version(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_require(ct_json_get(value, "ociVersion", &member, err), value, "ociVersion", err);
        if (r > 0)
                r = ct_json_string(&member, &ret->oci_version, err);
        if (r <= 0)
                return r;
        if (!is_version(ret->oci_version))
                return ct_json_fail(&member, err, CONTAIN_E_VALUE, "'%s' is not a version such as '1.3.0'",
                                    ret->oci_version);
        /* Minor versions only add: a later one is read as far as it is known. */
        if (strncmp(ret->oci_version, "1.", 2) != 0)
                return ct_json_fail(&member, err, CONTAIN_E_VALUE,
                                    "version '%s' of the runtime-spec is not 1.x", ret->oci_version);
        return 0;
}

static int parse_root(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err)
{
        struct ct_json root, path;
        int r;

        r = ct_json_require(ct_json_get_object(value, "root", &root, err), value, "root", err);
        if (r <= 0)
                return r;
        r = ct_json_require(ct_json_get(&root, "path", &path, err), &root, "path", err);
        if (r > 0)
                r = ct_json_string(&path, &ret->root_path, err);
        if (r > 0 && ret->root_path[0] == '\0')
                r = ct_json_fail(&path, err, CONTAIN_E_VALUE, "the path is empty");
        if (r < 0)
                return r;
        r = ct_json_get_bool(&root, "readonly", &ret->root_readonly, err);
        if (r < 0)
                return r;
        ret->has_root = true;
        return 0;
}

static int parse_name(const struct ct_json *value, const char *key, const char **ret, contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_spec_get_text(value, key, ret, err);
        if (r <= 0 || strlen(*ret) <= MAX_NAME)
                return r;
        r = ct_json_get(value, key, &member, err);
        if (r < 0)
                return r;
        return ct_json_fail(&member, err, CONTAIN_E_VALUE, "a name of %zu bytes is longer than %d",
                            strlen(*ret), MAX_NAME);
}

/* Of the keys that the runtime-spec defines, the one that the runtime acts on. */
static int parse_annotations(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err)
{
        struct ct_json annotations, member;
        const char *name = NULL;
        int r;

        r = ct_spec_get_pairs(value, "annotations", &ret->annotations, err);
        if (r <= 0)
                return r;
        r = ct_json_get_object(value, "annotations", &annotations, err);
        if (r > 0)
                r = ct_json_get(&annotations, CT_STOP_SIGNAL, &member, err);
        if (r > 0)
                r = ct_json_string(&member, &name, err);
        if (r <= 0 || ct_signal_number(name) > 0)
                return r;
        return ct_json_fail(&member, err, CONTAIN_E_VALUE, "'%s' is not a signal", name);
}

static int parse_sections(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err)
{
        struct ct_json member;
        size_t n;
        int r;

        r = ct_json_get_object(value, "process", &member, err);
        if (r > 0)
                r = ct_spec_parse_process(&member, &ret->process, err);
        if (r < 0)
                return r;
        r = ct_json_get_array(value, "mounts", &member, &n, err);
        if (r > 0)
                r = ct_spec_parse_mounts(&member, ret, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "hooks", &member, err);
        if (r > 0)
                r = ct_spec_parse_hooks(&member, ret, err);
        if (r < 0)
                return r;
        r = ct_json_get_object(value, "linux", &member, err);
        if (r > 0)
                r = ct_spec_parse_linux(&member, &ret->linux_, err);
        return r;
}

static int parse_document(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err)
{
        int r;

        r = ct_json_check_object(value, err);
        if (r <= 0)
                return r;
        r = parse_version(value, ret, err);
        if (r < 0)
                return r;
        r = parse_root(value, ret, err);
        if (r < 0)
                return r;
        r = parse_name(value, "hostname", &ret->hostname, err);
        if (r < 0)
                return r;
        r = parse_name(value, "domainname", &ret->domainname, err);
        if (r < 0)
                return r;
        r = parse_annotations(value, ret, err);
        if (r < 0)
                return r;
        r = parse_sections(value, ret, err);
        if (r < 0)
                return r;
        return ct_spec_check(value->arena, ret, err);
}

int ct_spec_parse(struct ct_arena *arena, const char *text, size_t size, struct ct_spec **ret,
                  contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_spec *spec;
        struct ct_json value;
        int r;

        r = ct_json_parse(arena, "config.json", text, size, &document, &value, err);
        if (r < 0)
                return r;
        spec = ct_arena_alloc(arena, sizeof *spec);
        if (!spec)
                return ct_fail_memory(err);
        spec->oci_version = spec->root_path = spec->process.cwd = spec->linux_.memory_policy.nodes = "";
        r = parse_document(&value, spec, err);
        if (r < 0)
                return r;
        *ret = spec;
        return 0;
}

const struct ct_spec_namespace *ct_spec_namespace_find(const struct ct_spec *spec, uint64_t type,
                                                       size_t *ret_index)
{
        size_t i;

        for (i = 0; i < spec->linux_.n_namespaces; i++) {
                if (spec->linux_.namespaces[i].type != type)
                        continue;
                if (ret_index)
                        *ret_index = i;
                return &spec->linux_.namespaces[i];
        }
        return NULL;
}
