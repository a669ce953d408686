# SPDX-License-Identifier: MIT
"""What the y_ and n_ cases of tests/unit/spec/cases say about a property: found by what is in them, not by their names."""

import json
import os
import re

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'unit', 'spec', 'cases')
# Configurations of whole engines have nearly everything; a case about the property itself is the better one to name.
BROAD = re.compile(r'y_(engine|generated)_')


def document(name):
    """The JSON of a case, or None where it is none, which is what some n_ cases are about."""
    try:
        with open(os.path.join(FOLDER, name), encoding='utf-8') as f:
            return json.load(f)
    except (ValueError, RecursionError):
        return None


def values(node, path):
    """Every value at a path of keys and indices, where "*" is any element or member; null counts as absent."""
    if not path:
        return [] if node is None else [node]
    members = node if isinstance(node, dict) else {}
    if isinstance(node, list):
        members = {str(i): element for i, element in enumerate(node)}
    inner = [value for key, value in members.items() if path[0] in ('*', key)]
    return [value for child in inner for value in values(child, path[1:])]


def split(path):
    return [part.replace('~1', '/').replace('~0', '~') for part in path.split('/')[1:]]


def matches(pointer, path):
    """Whether a pointer is at or below a path."""
    parts = split(pointer)
    return len(parts) >= len(path) and all(b in ('*', a) for a, b in zip(parts, path))


class Cases:
    def __init__(self):
        names = sorted(os.listdir(FOLDER), key=lambda name: (bool(BROAD.match(name)), name))
        self.good = {name[:-5]: document(name) for name in names if name.startswith('y_')}
        self.bad = {}
        with open(os.path.join(FOLDER, 'expect.txt'), encoding='utf-8') as f:
            for line in f.read().split('\n'):
                if line and not line.startswith('#'):
                    name, code, pointer = (line + ' ').split(' ', 2)
                    self.bad[name[:-5]] = (code, pointer.strip())

    def having(self, path, word=None):
        """y_ cases with the property, or with the word as its value. An empty text counts as absent."""
        return [name for name, text in self.good.items()
                if any(word in (None, value) for value in values(text, path) if value != '')]

    def refusing(self, path):
        """n_ cases that are refused at the property, and then those below it."""
        found = [name for name, (_, pointer) in self.bad.items() if pointer and matches(pointer, path)]
        return sorted(found, key=lambda name: len(split(self.bad[name][1])))

    def lacking(self, path):
        """n_ cases that are refused for what is missing in the object around a required property, and lack the property."""
        return [name for name, (code, pointer) in self.bad.items()
                if code == 'MISSING' and len(split(pointer)) == len(path) - 1 and matches(pointer, path[:-1])
                and not values(document(name + '.json'), split(pointer) + path[-1:])]
