#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The differences from other runtimes that tests/engines/ allows are those that docs/engines.md explains, and no others; its examples can be read."""

import ast
import json
import re

import tree

try:
    import tomllib
except ImportError:                     # Python before 3.11
    tomllib = None

PAGE = 'docs/engines.md'
ROW = re.compile(r'^\| `([a-z0-9-]+)` \| (\S.*) \|$', re.M)


def named_in(path):
    """The differences that the cases of a suite name: the values of each `differs={...}`."""
    found = set()
    for node in ast.walk(ast.parse(tree.read(path))):
        if isinstance(node, ast.keyword) and node.arg == 'differs' and isinstance(node.value, ast.Dict):
            found |= {value.value for value in node.value.values if isinstance(value, ast.Constant)}
    return found


def check_examples(report):
    """What readers copy into configuration files can be read."""
    for kind, text in re.findall(r'^```(json|toml)\n(.*?)^```', tree.read(PAGE), re.M | re.S):
        report.at(f'{PAGE}: {text.strip().splitlines()[0]}')
        if kind == 'toml' and not tomllib:
            report.skip(f'{PAGE}: this Python does not read TOML')
            continue
        try:
            (json if kind == 'json' else tomllib).loads(text)
        except ValueError as error:
            report.check(False, f'{PAGE}: {error}: {text}')


def main():
    report = tree.Report()
    section = tree.read(PAGE).partition('\n## Differences')[2].partition('\n## ')[0]
    explained = [name for name, _ in ROW.findall(section)]
    report.check(len(explained) == len(set(explained)), f'{PAGE}: a difference stands there twice')
    used = {}
    for path in tree.files('.py'):
        if path.startswith('tests/engines/'):
            for name in named_in(path):
                used.setdefault(name, path)
    for name in sorted(set(explained) | set(used)):
        report.at(name)
        report.check(name in explained, f'{used.get(name)}: {PAGE} does not explain "{name}"')
        report.check(name in used, f'{PAGE}: no case has the difference "{name}"')
    check_examples(report)
    report.end()


if __name__ == '__main__':
    main()
