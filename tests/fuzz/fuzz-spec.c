/* SPDX-License-Identifier: MIT */

/*
 * Any bytes as a config.json: parsed or refused with a complete error, never anything else. The
 * corpus is tests/unit/spec/cases/. Built with files.c as a plain program over the corpus, and
 * with clang as fuzz-spec-libfuzzer:
 *
 *      CC=clang meson setup build-fuzz -Db_sanitize=address,undefined -Db_lundef=false
 *      ninja -C build-fuzz tests/fuzz/fuzz-spec-libfuzzer
 */

#include "base/problems.h"
#include "spec/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
        if (!condition)
                abort();
}

/* Reading on after what is refused comes to the same first problem as ending there, and to none otherwise. */
static void collect(const uint8_t *data, size_t size, const contain_error_t *first)
{
        _cleanup_(ct_problems_done) struct ct_problems problems = { 0 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_spec *spec = NULL;
        int r;

        require(arena != NULL);
        ct_arena_set_problems(arena, &problems);
        r = ct_spec_parse(arena, (const char *)data, size, &spec, &error);
        require((r == 0) == (spec != NULL));
        require((r < 0) == (error != NULL));
        require((r < 0) == (contain_error_code(first) == CONTAIN_E_JSON));
        require(r < 0 || (problems.n > 0) == (first != NULL));
        if (problems.n > 0)
                require(strcmp(contain_error_message(problems.items[0]), contain_error_message(first)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = NULL;
        struct ct_spec *spec = NULL;
        int r;

        arena = ct_arena_new();
        require(arena != NULL);
        r = ct_spec_parse(arena, (const char *)data, size, &spec, &error);
        require(r <= 0);
        require((r == 0) == (spec != NULL));
        require((r < 0) == (error != NULL));
        require(r == -contain_error_errno(error));
        collect(data, size, error);
        if (error) {
                const char *at = contain_error_pointer(error);

                require(contain_error_code(error) >= CONTAIN_E_BUNDLE &&
                        contain_error_code(error) <= CONTAIN_E_CONFLICT);
                require(contain_error_sentence(error)[0] != '\0');
                require(strstr(contain_error_message(error), contain_error_sentence(error)) != NULL);
                require(at[0] == '\0' || at[0] == '/');
        } else {
                size_t i;

                for (i = 0; i < spec->n_mounts; i++)
                        require(spec->mounts[i].destination[0] == '/');
                require(!spec->process.has || (spec->process.cwd[0] == '/' && spec->process.args.n > 0));
        }
        return 0;
}
