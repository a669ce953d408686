#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The oldest tools that are promised still do: nothing newer than meson 0.61, json-c 0.15 and glibc 2.35 is used.

Usage: toolchain.py LIBRARY BUILD
"""

import os
import re
import subprocess
import sys

import tree

# Newest version of each library's symbols that may be needed.
NEWEST = {'JSONC': (0, 15), 'GLIBC': (2, 35)}


def check_symbols(report, library):
    report.at('symbols')
    undefined = subprocess.run(['nm', '-D', '--undefined-only', '--with-symbol-versions', library],
                               capture_output=True, text=True, check=True).stdout
    for name, prefix, version in re.findall(r'\b(\w+)@+(JSONC|GLIBC)_([\d.]+)', undefined):
        number = tuple(int(n) for n in version.split('.'))
        report.check(number[:2] <= NEWEST[prefix], f'the library needs {name} of {prefix} {version}')


def check_meson(report, build):
    """Meson itself says what is newer than the project's meson_version."""
    report.at('meson')
    log = os.path.join(build, 'meson-logs', 'meson-log.txt')
    with open(log, encoding='utf-8', errors='replace') as f:
        text = f.read()
    newer = re.findall(r'uses feature.* introduced in .*|Project specifies a minimum meson_version .*', text)
    report.check(not newer, f'{log}: ' + '; '.join(newer))
    minimum = re.search(r"meson_version : '>= ([\d.]+)'", tree.read('meson.build'))
    report.check(minimum and minimum.group(1) == '0.61', 'meson.build: does not say that meson 0.61 is enough')


def main():
    library, build = sys.argv[1:]
    report = tree.Report()
    check_symbols(report, library)
    check_meson(report, build)
    report.end()


if __name__ == '__main__':
    main()
