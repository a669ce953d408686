#!/bin/sh
# SPDX-License-Identifier: MIT
#
# contain-init for the other CPUs that have an entry of their own: cross-compiled, its segments looked at, and
# run by a user-mode emulator, as far as that goes: it knows neither namespaces nor the newer system calls.
# Needs gcc-aarch64-linux-gnu, gcc-riscv64-linux-gnu and qemu-user-static, or skips.

set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
init=$root/libcontain/init
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

good() {
        passed=$((passed + 1))
}

bad() {
        echo "FAIL $*"
        failed=$((failed + 1))
}

# The warnings of the project, from meson.build.
warnings=$(grep -o "'-W[a-z-]*'" "$root/meson.build" | tr -d "'" | tr '\n' ' ')
sources=$(find "$init" -maxdepth 1 -name '*.c' ! -name hosted.c)

driver() {
        # shellcheck disable=SC2086
        ${CC:-cc} -std=c11 -D_GNU_SOURCE $warnings -I"$root/libcontain" -I"$root/tests" -o "$work/driver" \
                "$root"/tests/unit/init/build.c "$root"/tests/unit/init/drive.c "$root"/tests/unit/init/emulated.c \
                "$root"/tests/harness/test.c
}

compile() {
        # shellcheck disable=SC2086,SC2046
        "$1-linux-gnu-gcc" -std=c11 -D_GNU_SOURCE -Wall -Wextra $warnings -Werror -fno-strict-aliasing \
                -I"$root/libcontain" $(cat "$init/freestanding.cflags") -o "$work/init-$1" \
                $sources "$init/arch/$1.c" "$init/arch/memory.c" $(cat "$init/freestanding.ldflags")
}

if driver; then good; else bad "the driver does not compile"; fi

for cpu in aarch64 riscv64; do
        if ! command -v "$cpu-linux-gnu-gcc" >/dev/null; then
                echo "SKIP $cpu: no $cpu-linux-gnu-gcc"
                skipped=$((skipped + 1))
                continue
        fi
        if ! compile "$cpu"; then
                bad "$cpu: does not compile"
                continue
        fi
        good
        if python3 "$root/tests/meta/init-symbols.py" --program "$work/init-$cpu"; then good; else bad "$cpu: segments"; fi

        if ! command -v "qemu-$cpu-static" >/dev/null; then
                echo "SKIP $cpu: no qemu-$cpu-static"
                skipped=$((skipped + 1))
                continue
        fi
        if INIT_PROGRAM=$work/init-$cpu INIT_EMULATOR=$(command -v "qemu-$cpu-static") "$work/driver"; then
                good
        else
                bad "$cpu: run by the emulator"
        fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
