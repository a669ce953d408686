# SPDX-License-Identifier: MIT
"""The lists that schema.py made, and where the tests are that the table names."""

import ast
import os
import re

import cases
import table
from schema import VERSION

TESTS = os.path.dirname(table.HERE)
ROOT = os.path.dirname(TESTS)
__all__ = ['VERSION']


class Key:
    """One property, or one word of it."""

    def __init__(self, text):
        place, _, word = text.partition(' = ')
        self.prefix, colon, path = place.rpartition(':')
        self.prefix += colon
        self.path = cases.split(path)
        self.word = word or None
        self.text = text


class Property(Key):
    def __init__(self, line):
        if ' = ' in line:
            super().__init__(line)
            self.type, self.required = 'word', False
        else:
            place, _, kind = line.partition(' ')
            super().__init__(place)
            self.required = kind.endswith(' required')
            self.type = kind.replace(' required', '')

    @property
    def holds_properties(self):
        """Whether all that is in it are properties of their own."""
        return self.type.endswith('object')


def read_list(name):
    with open(os.path.join(table.HERE, name), encoding='utf-8') as f:
        return [line for line in f.read().split('\n') if line and not line.startswith('#')]


def properties():
    return {made.text: made for made in map(Property, read_list('properties.txt'))}


def requirements():
    return read_list('requirements.txt')


def row_keys(row):
    """The keys of a row, each spelled out."""
    if row.is_requirement:
        return []
    found = []
    for text in (made for key in row.keys for made in table.expand(key)):
        place, equals, words = text.partition(' = ')
        if not equals:
            found.append(Key(place))
        elif words == '*':
            found += [Key(known) for known in properties() if known.startswith(place + ' = ')]
        else:
            found += [Key(f'{place} = {word}') for word in words.split()]
    return found


def test_file(place):
    """The file of a test's place from the root: "api/hooks" is tests/integration/api/hooks.c; None when there is none."""
    if place.startswith('spec/'):
        candidates = [f'tests/unit/spec/cases/{place[5:]}.json']
    elif place.startswith('plan/'):
        candidates = [f'tests/unit/plan/golden/{place[5:]}.config.json']
    else:
        candidates = [f'tests/{folder}{place}{suffix}' for folder in ('', 'integration/') for suffix in ('.c', '.py')]
    return next((path for path in candidates if os.path.isfile(os.path.join(ROOT, path))), None)


def names_in(path):
    """The tests of a file; a case that is a file of its own has the one name ""."""
    if path.endswith('.json'):
        return {''}
    with open(os.path.join(ROOT, path), encoding='utf-8') as f:
        text = f.read()
    if path.endswith('.c'):
        return set(re.findall(r'^TEST\((\w+)\)', text, re.M))
    return {f'{node.name}.{method.name}'
            for node in ast.parse(text).body if isinstance(node, ast.ClassDef)
            for method in node.body if isinstance(method, ast.FunctionDef) and method.name.startswith('test')}
