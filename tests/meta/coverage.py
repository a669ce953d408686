#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Each property and each MUST of the runtime-spec has a row in tests/coverage/coverage.txt, each row tests that exist, and
docs/spec-coverage.md is what the table renders to. With RUNTIME_SPEC set to a checkout of the spec, the lists of what there
is to cover are compared with it, too.
"""

import os
import re
import sys

import tree

sys.path.insert(0, os.path.join(tree.ROOT, 'tests', 'coverage'))

import cases        # noqa: E402
import lists        # noqa: E402
import render       # noqa: E402
import schema       # noqa: E402
import table        # noqa: E402

PAGE = 'docs/spec-coverage.md'


def check_lists(report):
    """What schema.py would write today is what is there."""
    folder = os.environ.get('RUNTIME_SPEC')
    if not folder:
        return
    for name, rows in schema.lists(folder).items():
        report.at(name)
        report.check(rows == lists.read_list(name), f'tests/coverage/{name} is not that of {folder}: run schema.py')


class Tests:
    """Which tests there are."""

    def __init__(self):
        self.names = {}

    def problem(self, place, name):
        path = lists.test_file(place)
        if not path:
            return f'there is no test file "{place}"'
        if path not in self.names:
            self.names[path] = lists.names_in(path)
        if name not in self.names[path]:
            return f'{path} has no test "{name}"'
        stem = os.path.basename(path).rsplit('.', 1)[0]
        build = os.path.join(os.path.dirname(path), 'meson.build')
        if not path.endswith('.json') and not re.search(rf"'{re.escape(stem)}(\.\w+)?'", tree.read(build)):
            return f'{path} is in no meson.build, so that nobody runs it'
        return None


def check_row(report, row, tests):
    where = f'coverage.txt:{row.line}: {row.keys[0]}'
    for place, name in row.tests():
        problem = tests.problem(place, name)
        report.check(not problem, f'{where}: {problem}')
    for who in ('ours', *table.PEERS):
        mark, words = row.standing(who)
        report.check(mark in table.STANDINGS and (mark != '~' or words), f'{where}: {who} is "Y", "N", or "~" and why')
    report.check(not row.missing, f'{where}: missing: {row.missing}')
    if row.is_requirement:
        report.check(bool(row.test or row.missing), f'{where}: no test')
        report.check(bool(row.at), f'{where}: no "at"')


def check_config_property(report, known, row, found):
    """A property of config.json: accepted with it, refused with a bad one, and something that shows its effect."""
    where = f'coverage.txt:{row.line}: {known.text}'
    report.check(bool(found.having(known.path, known.word)), f'{where}: no y_ case has it')
    if known.word:
        return
    report.check(bool(found.refusing(known.path)) != bool(row.free),
                 f'{where}: ' + ('"free", but an n_ case refuses a value' if row.free else 'no n_ case is refused there'))
    if known.required:
        report.check(bool(found.lacking(known.path)), f'{where}: no n_ case lacks it, although it is required')


def check_property(report, known, rows, found):
    report.at(known.text)
    report.check(len(rows) == 1, f'{known.text}: ' + ('no row' if not rows else 'more than one row'))
    for row in rows:
        if not known.prefix:
            check_config_property(report, known, row, found)
        if not known.holds_properties and not row.missing:
            report.check(bool(row.test) != bool(row.inert), f'coverage.txt:{row.line}: {known.text}: ' +
                         ('both tests and "inert"' if row.test else 'no test'))


def check_table(report):
    sections = table.load()
    rows = [row for section in sections for row in section.rows]
    known = lists.properties()
    tests, found = Tests(), cases.Cases()
    by_key = {}
    for row in rows:
        report.at(f'row {row.keys[0]}')
        check_row(report, row, tests)
        for key in lists.row_keys(row):
            by_key.setdefault(key.text, []).append(row)
            report.check(key.text in known, f'coverage.txt:{row.line}: the spec has no "{key.text}"')
    for item in known.values():
        check_property(report, item, by_key.get(item.text, []), found)
    covered = {place for row in rows for place in row.at.split()}
    for place in lists.requirements():
        report.at(place)
        report.check(place in covered, f'{place}: a MUST that no row is about')
    report.at('places')
    stray = covered - set(lists.requirements())
    report.check(not stray, f'coverage.txt: no MUST at {", ".join(sorted(stray))}')


def check_page(report):
    report.at(PAGE)
    there = tree.read(PAGE) if os.path.exists(os.path.join(tree.ROOT, PAGE)) else ''
    report.check(there == render.page(), f'{PAGE} is not what the table says: tests/coverage/render.py > {PAGE}')


def main():
    report = tree.Report()
    check_lists(report)
    check_table(report)
    check_page(report)
    report.end()


if __name__ == '__main__':
    main()
