# SPDX-License-Identifier: MIT
"""
Reads coverage.txt: which test shows which property or requirement of the runtime-spec.

    # config.md configRoot Root             a section of the spec: file, anchor, title
    /root/path                              a property, as in properties.txt; several lines are one row together
    - the root file system is a folder      or a requirement, in our own words
      at      config.md:41                  sentences of the spec that the row is about
      test    api/input:root_file_systems   what shows it; several, and several names of one file with commas
      crun    ~ what differs                peers: Y when absent, else "~" or "N" and a few words
      ours    ~ what differs                the same for libcontain
      inert   reason                        instead of a test, where a property has no effect by itself
      free    reason                        instead of n_ cases, where no value is wrong
      note    anything else

"{a,b}" in a property stands for each of them, "= word word" for words of a list, "= *" for all of them. The cases y_ and
n_ are not in the table: cases.py finds them by what is in them.
"""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(HERE, 'coverage.txt')
PEERS = ('crun', 'runc', 'youki')
FIELDS = ('at', 'test', 'ours', 'inert', 'free', 'note', 'missing') + PEERS
STANDINGS = ('Y', '~', 'N')


class Malformed(Exception):
    """A line of the table that cannot be read."""


class Row:
    def __init__(self, line):
        self.line = line
        self.keys = []
        self.fields = {}

    def __getattr__(self, name):
        """A field's text, or ""."""
        if name not in FIELDS:
            raise AttributeError(name)
        return self.fields.get(name, '')

    @property
    def is_requirement(self):
        return self.keys[0].startswith('- ')

    @property
    def title(self):
        return ' '.join(key[2:] for key in self.keys)

    def tests(self):
        """(file, name) of each test, file without folder and suffix: ("api/hooks", "hook_that_fails")."""
        found = []
        for word in self.test.split():
            place, _, names = word.partition(':')
            found += [(place, name) for name in names.split(',')]
        return found

    def standing(self, who):
        """("Y", "~" or "N", and the words behind it)."""
        text = self.fields.get(who, 'Y')
        return text[0], text[1:].strip()


class Section:
    def __init__(self, text):
        self.file, self.anchor, self.title = text.split(' ', 2)
        self.rows = []


def expand(key):
    """Each key that one with braces stands for."""
    match = re.search(r'\{([^}]*)\}', key)
    if not match:
        return [key]
    return [made for word in match.group(1).split(',') for made in expand(key[:match.start()] + word + key[match.end():])]


def add_field(row, line, number):
    name, _, text = line.strip().partition(' ')
    if line.startswith('        ') and row.fields:
        last = list(row.fields)[-1]
        row.fields[last] += ' ' + line.strip()
    elif name in FIELDS and name not in row.fields:
        row.fields[name] = text.strip()
    else:
        raise Malformed(f'coverage.txt:{number}: "{name}" is no field, or there twice')


def load(path=PATH):
    """The sections of the table, in its order."""
    sections, row = [], None
    with open(path, encoding='utf-8') as f:
        for number, line in enumerate(f.read().split('\n'), 1):
            if not line or line.startswith(';'):
                row = None
            elif line.startswith('# '):
                sections.append(Section(line[2:]))
                row = None
            elif line.startswith(' '):
                if not row:
                    raise Malformed(f'coverage.txt:{number}: a field without a row')
                add_field(row, line, number)
            else:
                if not row or row.fields:
                    row = Row(number)
                    sections[-1].rows.append(row)
                row.keys.append(line)
    return sections
