#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How a source file looks: licence line, clean ends of lines, no leftovers, formatted by .clang-format."""

import re
import shutil
import subprocess

import tree

SOURCE = ('.c', '.h', '.S', '.py', '.go', '.sh')
TEXT = SOURCE + ('.md', '.build', '.sym', '.toml', '.mod', '.in', '.txt')
TABS_WELCOME = ('.go', '.md', '.S', '.mod', 'Makefile')

# Put together here, so that this file does not name them itself.
LEFTOVERS = re.compile(r'\b(' + '|'.join(('TO' 'DO', 'FIX' 'ME', 'X' 'XX', 'HA' 'CK')) + r')\b')
FOREIGN_PATHS = re.compile('/wo' r'rk/(main|shared|notes|build)|\.\./sha' r'red\b|/home/\w+/')

FORMATTER_MAJOR = '14'


def check_text(report, path, text):
    lines = text.split('\n')
    report.at(path)
    if path.endswith(SOURCE) or tree.is_script(path):
        report.check(any('SPDX-License-Identifier: MIT' in line for line in lines[:3]), f'{path}: no licence line')
    report.check(text == '' or text.endswith('\n'), f'{path}: no line end at the end')
    report.check(not text.endswith('\n\n'), f'{path}: empty lines at the end')
    report.check('\r' not in text, f'{path}: carriage returns')
    for number, line in enumerate(lines, 1):
        where = f'{path}:{number}'
        if line.rstrip(' \t') != line:
            report.check(False, f'{where}: space at the end of the line')
        if '\t' in line and not path.endswith(TABS_WELCOME):
            report.check(False, f'{where}: a tab')
        if LEFTOVERS.search(line):
            report.check(False, f'{where}: {LEFTOVERS.search(line).group(0)}')
        if FOREIGN_PATHS.search(line):
            report.check(False, f'{where}: names a folder of one machine')


def check_format(report):
    program = shutil.which(f'clang-format-{FORMATTER_MAJOR}') or shutil.which('clang-format')
    if not program:
        report.skip('format: no clang-format here')
        return
    version = subprocess.run([program, '--version'], capture_output=True, text=True, check=True).stdout
    if not re.search(rf'version {FORMATTER_MAJOR}\.', version):
        report.skip(f'format: clang-format {FORMATTER_MAJOR} is needed, as versions differ; here is {version.strip()}')
        return
    paths = tree.files('.c', '.h')
    run = subprocess.run([program, '--dry-run', '-Werror', *paths], cwd=tree.ROOT,
                         capture_output=True, text=True, check=False)
    differing = re.findall(r'^(\S+?):(\d+):\d+: error: ', run.stderr, re.M)
    first = {path: line for path, line in reversed(differing)}
    for path in paths:
        report.at(f'format of {path}')
        report.check(path not in first, f'{path}:{first.get(path)}: run clang-format -i on it')
    report.check(run.returncode == 0 or first, f'clang-format: {run.stderr}')


def main():
    report = tree.Report()
    for path in tree.files():
        if path.endswith(TEXT) or tree.is_script(path):
            check_text(report, path, tree.read(path))
    check_format(report)
    report.end()


if __name__ == '__main__':
    main()
