#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Compares the library's binary interface with the recorded one: tests/abi/check.sh LIBRARY
# Records it anew after additions:                                UPDATE=1 tests/abi/check.sh LIBRARY
#
# Without debug information in LIBRARY (a release build), it is built once more with it. The part for images is a program
# of its own, which the interface does not depend on.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
baseline=$here/libcontain.abi
library=$1

skip() {
        echo "SKIP abi: $1"
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
}

command -v abidw >/dev/null && command -v abidiff >/dev/null || skip "no abidw here (Debian: abigail-tools)"
case $(readelf -h "$library" | sed -n 's/^ *Machine: *//p') in
*X86-64*) ;;
*) skip "the recorded interface is that of x86-64" ;;
esac
if nm -D "$library" | grep -Eq '__(asan|tsan|ubsan|msan|gcov)_'; then
        skip "this build has a sanitizer's symbols in it"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! readelf -SW "$library" | grep -q '\.debug_info'; then
        meson setup "$work/build" "$top" --buildtype=debug -Dimage=disabled >"$work/log" 2>&1 &&
                ninja -C "$work/build" libcontain/libcontain.so.1.0.0 >>"$work/log" 2>&1 || {
                cat "$work/log"
                echo "FAIL abi: the debug build failed"
                echo "0 passed, 1 failed, 0 skipped"
                exit 1
        }
        library=$work/build/libcontain/libcontain.so.1.0.0
fi

# Only what the public headers define is part of the interface. abidw knows them by their base names: an internal header
# that defines an opaque struct must not be called like a public one.
abidw --headers-dir "$top/include" --drop-private-types --exported-interfaces-only --no-corpus-path \
        --no-comp-dir-path --no-show-locs --out-file "$work/now.abi" "$library"
# Where the sources were is no part of it either.
sed -i "s|path='[^']*/libcontain/|path='libcontain/|" "$work/now.abi"

if [ "${UPDATE:-}" = 1 ]; then
        cp "$work/now.abi" "$baseline"
        echo "1 passed, 0 failed, 0 skipped"
        exit 0
fi
[ -f "$baseline" ] || {
        echo "FAIL abi: $baseline is missing; record it with UPDATE=1"
        echo "0 passed, 1 failed, 0 skipped"
        exit 1
}

# Exit status of abidiff: bits 1 and 2 are errors of its own, 4 a difference, 8 an incompatible one.
status=0
abidiff --no-show-locs "$baseline" "$work/now.abi" >"$work/diff" || status=$?
if [ "$status" -eq 0 ]; then
        echo "1 passed, 0 failed, 0 skipped"
        exit 0
fi
cat "$work/diff"
if [ $((status & 8)) -ne 0 ]; then
        echo "FAIL abi: incompatible change (docs/abi.md)"
else
        echo "FAIL abi: the interface has changed; if that is wanted, record it with UPDATE=1"
fi
echo "0 passed, 1 failed, 0 skipped"
exit 1
