#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each public header stands alone: included by itself, and twice, as C and as C++, with every warning on."""

import os
import shutil
import subprocess

import tree

DIALECTS = [(cc, 'c', std) for cc in ('gcc', 'clang') for std in ('c11', 'c17')] + \
           [(cc, 'c++', std) for cc in ('g++', 'clang++') for std in ('c++11', 'c++17', 'c++20')]
WARNINGS = ['-Wall', '-Wextra', '-pedantic', '-Wshadow', '-Wconversion', '-Wundef', '-Werror']
C_WARNINGS = ['-Wstrict-prototypes']
CXX_WARNINGS = ['-Wold-style-cast', '-Wzero-as-null-pointer-constant']


def main():
    report = tree.Report()
    headers = [p for p in tree.files('.h') if p.startswith('include/contain/')]
    umbrella = tree.read('include/contain/contain.h')
    for header in headers:
        name = header[len('include/'):]
        report.at(header)
        report.check(name == 'contain/contain.h' or f'#include <{name}>' in umbrella,
                     f'{header}: not part of contain/contain.h')

    for compiler, language, std in DIALECTS:
        if not shutil.which(compiler):
            report.skip(f'{compiler} -std={std}: no {compiler} here')
            continue
        report.at(f'{compiler} -std={std}')
        extra = C_WARNINGS if language == 'c' else CXX_WARNINGS
        for header in headers:
            line = f'#include <{header[len("include/"):]}>\n'
            run = subprocess.run([compiler, '-x', language, f'-std={std}', *WARNINGS, *extra, '-fsyntax-only',
                                  '-I', os.path.join(tree.ROOT, 'include'), '-'],
                                 input=line + line + 'int contain_header_test;\n',
                                 capture_output=True, text=True, check=False)
            report.check(run.returncode == 0, f'{header} with {compiler} -std={std}:\n{run.stderr}')
    report.end()


if __name__ == '__main__':
    main()
