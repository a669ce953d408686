# SPDX-License-Identifier: MIT
"""What the checks of the house share: the list of its files, and the count of what was found."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Report:
    """
    Prints checks that fail at once, and a sum at the end. What is counted are subjects, such as files: each has passed
    when all checks of it have. Without a subject, a check counts by itself.
    """

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.subject = None
        self.subjects = {}

    def at(self, subject):
        """What the checks from here on are about."""
        self.subject = subject
        self.subjects.setdefault(subject, True)

    def check(self, good, text):
        if not good:
            print(f'FAIL {text}')
        if self.subject is not None:
            self.subjects[self.subject] &= bool(good)
        elif good:
            self.passed += 1
        else:
            self.failed += 1

    def skip(self, text):
        self.skipped += 1
        print(f'SKIP {text}')

    def warn(self, text):
        print(f'WARN {text}')

    def end(self):
        self.passed += sum(self.subjects.values())
        self.failed += len(self.subjects) - sum(self.subjects.values())
        print(f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped')
        sys.exit(1 if self.failed else 0)


def files(*suffixes):
    """Paths from the root of every file that is ours, tracked or about to be, sorted."""
    git = subprocess.run(['git', '-c', f'safe.directory={ROOT}', '-C', ROOT, 'ls-files', '-co', '--exclude-standard'],
                         capture_output=True, text=True, check=False)
    if git.returncode == 0:
        found = git.stdout.splitlines()
    else:                       # a source archive
        found = [os.path.relpath(os.path.join(folder, name), ROOT)
                 for folder, folders, names in os.walk(ROOT)
                 for name in names
                 if not re.match(r'(\.git|build[^/]*)(/|$)', os.path.relpath(folder, ROOT))]
    return sorted(f for f in set(found)
                  if os.path.isfile(os.path.join(ROOT, f)) and (not suffixes or f.endswith(suffixes)))


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8', errors='replace') as f:
        return f.read()


def is_script(path):
    """A program without a suffix, such as scripts/test."""
    if '.' in os.path.basename(path):
        return False
    with open(os.path.join(ROOT, path), 'rb') as f:
        return f.read(2) == b'#!'


def api_functions():
    """Every function that the public headers declare: {name: header}."""
    found = {}
    for path in files('.h'):
        if path.startswith('include/contain/'):
            for name in re.findall(r'^CONTAIN_API\s[^;]*?\b(contain_\w+)\(', read(path), re.M):
                found[name] = path
    return found
