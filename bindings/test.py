#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests the bindings with the library of a build directory, which need not be installed.

    test.py BUILD-DIR [python] [go] [WORD]...

With words, only those tests that have one of them in their names.
Needs root and busybox-static; without them, most tests are skipped. Ends with "N passed, N failed, N skipped".
Exit status 77: nothing could run.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

BINDINGS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BINDINGS)
SONAME = 'libcontain.so.1'


def library_folder(build):
    """Where the build put the library."""
    for folder in (os.path.join(build, 'libcontain'), build):
        if os.path.exists(os.path.join(folder, SONAME)):
            return os.path.abspath(folder)
    sys.exit(f'no {SONAME} in {build}')


def write_pkg_config(folder, libdir):
    """contain.pc as an installation would have it, but for the library and the headers as they are."""
    with open(os.path.join(ROOT, 'contain.pc.in'), encoding='utf-8') as f:
        text = f.read()
    values = {'prefix': ROOT, 'libdir': libdir, 'includedir': os.path.join(ROOT, 'include'), 'version': '0'}
    for name, value in values.items():
        text = text.replace(f'@{name}@', value)
    with open(os.path.join(folder, 'contain.pc'), 'w', encoding='utf-8') as f:
        f.write(text)


class Count:
    """Adds up what each command says it has tested; one that says nothing is a test of its own."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, good, text):
        """@text: of unittest, or of "go test -v"."""
        failed = skipped = 0
        total = sum(int(n) for n in re.findall(r'^Ran (\d+) tests? in ', text, re.M))
        for word, number in re.findall(r'\b(failures|errors|skipped)=(\d+)', text):
            failed += int(number) if word != 'skipped' else 0
            skipped += int(number) if word == 'skipped' else 0
        for word in re.findall(r'^--- (PASS|FAIL|SKIP): ', text, re.M):
            total += 1
            failed += word == 'FAIL'
            skipped += word == 'SKIP'
        total = total or 1
        failed = failed or int(not good)
        self.passed += max(0, total - failed - skipped)
        self.failed += failed
        self.skipped += skipped


count = Count()


def run(command, folder, environment):
    """Runs one command of tests, shows what it says, and counts it."""
    print('+', ' '.join(command), flush=True)
    said = []
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace') as program:
        for line in program.stdout:
            said.append(line)
            print(line, end='', flush=True)
    good = program.returncode == 0
    count.add(good, ''.join(said))
    return good


def test_python(libdir, words):
    folder = os.path.join(BINDINGS, 'python')
    environment = {**os.environ, 'CONTAIN_LIBRARY': os.path.join(libdir, SONAME), 'PYTHONDONTWRITEBYTECODE': '1'}
    chosen = [option for word in words for option in ('-k', word)]
    good = run([sys.executable, '-m', 'unittest', 'discover', '-s', 'tests', '-t', '.', *chosen], folder, environment)
    if shutil.which('mypy'):
        good &= run(['mypy', '--cache-dir', os.devnull, 'contain', 'tests', 'examples'], folder, environment)
    return good


def is_formatted(go, folder):
    gofmt = shutil.which('gofmt') or os.path.join(os.path.dirname(os.path.realpath(go)), 'gofmt')
    differing = subprocess.run([gofmt, '-l', '.'], cwd=folder, capture_output=True, text=True, check=True).stdout
    for name in differing.split():
        print(f'FAIL {name}: run gofmt -w on it')
    return not differing


def test_go(libdir, words):
    go = shutil.which('go') or '/usr/local/go/bin/go'
    if not os.access(go, os.X_OK):
        print('SKIP go: not installed')
        count.skipped += 1
        return None
    folder = os.path.join(BINDINGS, 'go')
    with tempfile.TemporaryDirectory(prefix='contain-go-') as scratch:
        write_pkg_config(scratch, libdir)
        # What pkg-config says does not count when Go looks for what it has built before, with another library.
        environment = {**os.environ, 'PKG_CONFIG_PATH': scratch, 'LD_LIBRARY_PATH': libdir, 'CGO_LDFLAGS': f'-L{libdir}', 'CGO_ENABLED': '1',
                       'GOFLAGS': '-mod=mod', 'GOPROXY': 'off', 'GOTOOLCHAIN': 'local'}
        if 'HOME' not in environment:
            environment['GOCACHE'] = os.path.join(scratch, 'cache')
        good = is_formatted(go, folder)
        good &= run([go, 'vet', './...'], folder, environment)
        chosen = ['-run', '|'.join(map(re.escape, words))] if words else []
        good &= run([go, 'test', '-v', '-count=1', *chosen, './...'], folder, environment)
        good &= run([go, 'test', '-v', '-count=1', *chosen, '-race', '.'], folder, environment)
    return good


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    libdir = library_folder(sys.argv[1])
    tests = {'python': test_python, 'go': test_go}
    words = [word for word in sys.argv[2:] if word not in tests]
    results = [tests[name](libdir, words) for name in tests if name in sys.argv[2:] or not tests.keys() & sys.argv[2:]]
    print(f'{count.passed} passed, {count.failed} failed, {count.skipped} skipped', flush=True)
    if False in results:
        sys.exit(1)
    sys.exit(0 if True in results else 77)


if __name__ == '__main__':
    main()
