#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What contain-init is made of: no C library in it, no globals, no interpreter, small, and nothing both writable
and executable.

Usage: init-symbols.py ARCHIVE PROGRAM
       init-symbols.py --program PROGRAM
"""

import os
import re
import subprocess
import sys

import tree

# What init/ may leave to the file of its CPU, and the compiler to arch/memory.c.
ALLOWED = {'sys_call', 'sys_clone_call', 'sys_relax', 'memcpy', 'memmove', 'memset', 'memcmp'}

SIZE_MAX = 64 * 1024
SEGMENTS_MAX = 2


def tool(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def check_archive(report, archive):
    undefined, defined = set(), set()
    for line in tool('nm', archive).splitlines():
        words = line.split()
        if len(words) < 2:
            continue
        kind, name = words[-2:]
        (undefined if kind == 'U' else defined).add(name)
        report.check(kind not in 'dDbBCsSgG', f'contain-init: {name} is a global that can be written to')
    for name in sorted(undefined - defined):
        report.check(name in ALLOWED, f'contain-init: needs {name}')
    report.check(bool(defined), 'contain-init: the archive is empty')


def check_program(report, program):
    name = os.path.basename(program)
    header, segments = tool('readelf', '-hW', program), tool('readelf', '-lW', program)
    loads = re.findall(r'^\s*LOAD\s.*?\s([R ][W ][E ])\s+0x[0-9a-f]+$', segments, re.M)

    report.check(bool(re.search(r'Type:\s+EXEC', header)), f'{name}: is no static program at a fixed address')
    for forbidden in ('INTERP', 'DYNAMIC', 'TLS', 'GNU_RELRO'):
        report.check(not re.search(rf'^\s*{forbidden}\s', segments, re.M), f'{name}: has a {forbidden} segment')
    report.check(0 < len(loads) <= SEGMENTS_MAX, f'{name}: has {len(loads)} segments to load')
    for flags in loads:
        report.check(not ('W' in flags and 'E' in flags), f'{name}: has a writable and executable segment')
    report.check(bool(re.search(r'^\s*GNU_STACK\s.*\sRW\s', segments, re.M)), f'{name}: its stack is executable')
    size = os.path.getsize(program)
    report.check(size <= SIZE_MAX, f'{name}: {size} bytes, {SIZE_MAX} is the most')


def main():
    archive, program = sys.argv[1:]
    report = tree.Report()
    if archive != '--program':
        check_archive(report, archive)
    check_program(report, program)
    report.end()


if __name__ == '__main__':
    main()
