#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The programs in README.md, taken from its text, built and run as a reader would: with the installed library.

Usage: readme.py BUILD
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import tree

EXPECTED = 'hello from process 1'
MAX_LINES = 15


def snippets():
    """{language: text} of the fenced blocks in README.md; each language stands there once."""
    found = {}
    for language, text in re.findall(r'^```(c|python|go)\n(.*?)^```', tree.read('README.md'), re.M | re.S):
        found.setdefault(language, text)
    return found


def run(report, what, command, **options):
    """Runs one command; returns its output, or None when it failed."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False, timeout=200, **options)
    report.check(result.returncode == 0, f'{what}: status {result.returncode}\n{result.stdout}')
    return result.stdout if result.returncode == 0 else None


class Installed:
    """The library in a folder of its own, and the environment in which it is found."""

    def __init__(self, report, build, folder):
        self.folder = os.path.join(folder, 'installed')
        self.good = run(report, 'meson install',
                        ['meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', self.folder]) is not None
        places = [d for d, _, names in os.walk(self.folder) if 'contain.pc' in names]
        libraries = [d for d, _, names in os.walk(self.folder) if 'libcontain.so.1' in names]
        report.check(len(places) == 1 and len(libraries) == 1, 'an installation has one contain.pc and one libcontain.so.1')
        self.good = self.good and bool(places and libraries)
        self.environment = {**os.environ}
        if self.good:
            self.environment |= {
                'PKG_CONFIG_PATH': places[0], 'PKG_CONFIG_SYSROOT_DIR': self.folder,
                'LD_LIBRARY_PATH': libraries[0], 'CONTAIN_LIBRARY': os.path.join(libraries[0], 'libcontain.so.1'),
                'PYTHONPATH': os.path.join(tree.ROOT, 'bindings', 'python'), 'PYTHONDONTWRITEBYTECODE': '1',
            }


def build_c(report, text, folder, installed):
    source = os.path.join(folder, 'hello.c')
    with open(source, 'w', encoding='utf-8') as f:
        f.write(text)
    flags = run(report, 'pkg-config', ['pkg-config', '--cflags', '--libs', 'contain'], env=installed.environment)
    if flags is None:
        return None
    program = os.path.join(folder, 'hello-c')
    built = run(report, 'README.md, C, compiled',
                ['cc', '-Wall', '-Wextra', '-Werror', '-o', program, source, *flags.split()])
    return None if built is None else [program]


def build_python(_report, text, folder, _installed):
    source = os.path.join(folder, 'hello.py')
    with open(source, 'w', encoding='utf-8') as f:
        f.write(text)
    return [sys.executable, source]


def build_go(report, text, folder, installed):
    go = shutil.which('go') or shutil.which('/usr/local/go/bin/go')
    if not go:
        report.skip('README.md, Go: no go here')
        return None
    module = os.path.join(folder, 'hello-go')
    os.mkdir(module)
    with open(os.path.join(module, 'main.go'), 'w', encoding='utf-8') as f:
        f.write(text)
    with open(os.path.join(module, 'go.mod'), 'w', encoding='utf-8') as f:
        f.write('module hello\n\ngo 1.18\n\nrequire libcontain/contain v0.0.0\n\n'
                f'replace libcontain/contain => {tree.ROOT}/bindings/go\n')
    environment = {**installed.environment, 'CGO_ENABLED': '1', 'GOFLAGS': '-mod=mod', 'GOPROXY': 'off',
                   'GOTOOLCHAIN': 'local'}
    environment.setdefault('GOCACHE', os.path.join(folder, 'go-cache'))
    built = run(report, 'README.md, Go, compiled', [go, 'build', '-o', 'hello', '.'], cwd=module, env=environment)
    return None if built is None else [os.path.join(module, 'hello')]


def main():
    report = tree.Report()
    texts = snippets()
    builders = {'c': build_c, 'python': build_python, 'go': build_go}
    for language in builders:
        report.at(language)
        report.check(language in texts, f'README.md has no program in {language}')
    for language, text in texts.items():
        report.at(language)
        lines = len(text.strip().splitlines())
        report.check(lines <= MAX_LINES, f'README.md: the program in {language} has {lines} lines, {MAX_LINES} are promised')
    if os.geteuid() != 0:
        report.skip('README.md: running its programs needs root')
        report.end()

    with tempfile.TemporaryDirectory(prefix='contain-readme-') as folder:
        report.at('installation')
        installed = Installed(report, sys.argv[1], folder)
        for language, text in texts.items() if installed.good else ():
            report.at(language)
            command = builders[language](report, text, folder, installed)
            output = command and run(report, f'README.md, {language}, run', command, env=installed.environment)
            if output is not None:
                report.check(EXPECTED in output, f'README.md, {language}: printed "{output}"')
    report.end()


if __name__ == '__main__':
    main()
