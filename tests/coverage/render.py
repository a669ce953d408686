#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Prints docs/spec-coverage.md from the table.

Usage: render.py > docs/spec-coverage.md
"""

import os
import re

import cases
import lists
import table

ROOT = os.path.dirname(os.path.dirname(table.HERE))
SPEC = f'https://github.com/opencontainers/runtime-spec/blob/v{lists.VERSION}'
N_SHOWN = 4

INTRODUCTION = f'''# Coverage of the runtime-spec

Every property and every MUST of the [OCI runtime-spec]({SPEC}/spec.md) {lists.VERSION} for Linux, and the tests that
show what libcontain makes of it. This page is made by `tests/coverage/render.py` from `tests/coverage/coverage.txt`; the
test `coverage` fails when a property or a MUST has no row, a row no test, a test no longer exists, or this page is not what
the table says.

- **Y**: as the spec says. **~**: in part, or otherwise. **N**: not there.
- crun, runc and youki: as of April 2026 (crun 1.29, runc 1.5, youki 0.7), from their documentation and source code.
- `y_` and `n_`: configurations in [tests/unit/spec/cases](../tests/unit/spec/cases) that have the property and are accepted,
  or that are refused with a pointer to it ([expect.txt](../tests/unit/spec/cases/expect.txt)).
- The other tests are named by file and case: those of `api/` run containers through the C interface, those of `cli/` through
  contain-run, those of `plan/` are whole compiled plans, and those of `unit/` need no privilege.
'''


def escape(text):
    return text.replace('|', '\\|').replace('<', '&lt;')


def where(place):
    """A test file's path below the root of the repository."""
    return lists.test_file(place) or ''


def shown_by(row, known, found):
    """The tests of a row, a file at a time."""
    parts = []
    by_file = {}
    listed = [place[5:] for place, _ in row.tests() if place.startswith('spec/')]
    for place, name in row.tests():
        if not place.startswith('spec/'):
            by_file.setdefault(place, []).append(name)
    for place, names in by_file.items():
        link = f'[{place}](../{where(place)})'
        parts.append(f'{link}: ' + ', '.join(names) if names != [''] else link)
    keys = [key for key in lists.row_keys(row) if not key.prefix]
    good = [name for name in listed if name.startswith('y_')]
    good += [name for key in keys for name in found.having(key.path, key.word)[:1]]
    bad = [name for name in listed if name.startswith('n_')]
    bad += [name for key in keys for name in (found.lacking(key.path) if known[key.text].required else [])]
    bad += [name for key in keys for name in found.refusing(key.path)]
    for names in (list(dict.fromkeys(good)), list(dict.fromkeys(bad))):
        if names:
            more = f' and {len(names) - N_SHOWN} more' if len(names) > N_SHOWN else ''
            parts.append(', '.join(names[:N_SHOWN]) + more)
    return '<br>'.join(parts)


def standing(row, who):
    mark, words = row.standing(who)
    if who == 'ours' and row.missing:
        mark, words = 'N', f'not shown: {row.missing}'
    return f'{mark} {escape(words)}'.strip()


def title(row):
    if row.is_requirement:
        text = escape(row.title)
    else:
        text = '<br>'.join(f'`{key}`' for key in row.keys)
    links = [f'[{place.split(":")[1]}]({SPEC}/{place.split(":")[0]}?plain=1#L{place.split(":")[1]})' for place in row.at.split()]
    if links:
        text += ' (line ' + ', '.join(links) + ')'
    notes = [row.note, row.inert and f'no effect by itself: {row.inert}', row.free and f'no value is wrong: {row.free}']
    return text + ''.join(f'<br>*{escape(note)}*' for note in notes if note)


def sums(rows):
    """How many rows each has with which mark."""
    lines = ['| rows | Y | ~ | N |', '| --- | --- | --- | --- |']
    for who, name in (('ours', 'libcontain'), *((peer, peer) for peer in table.PEERS)):
        marks = [standing(row, who)[0] for row in rows]
        lines.append(f'| {name} | ' + ' | '.join(str(marks.count(mark)) for mark in table.STANDINGS) + ' |')
    return '\n'.join(lines) + '\n'


def page():
    known, found = lists.properties(), cases.Cases()
    sections = table.load()
    lines = [INTRODUCTION, sums([row for section in sections for row in section.rows])]
    last = None
    for section in sections:
        if section.file != last:
            lines.append(f'## {section.file}\n')
            last = section.file
        lines.append(f'### [{section.title}]({SPEC}/{section.file}#{section.anchor})\n')
        lines.append('| what | libcontain | crun | runc | youki | shown by |\n| --- | --- | --- | --- | --- | --- |')
        for row in section.rows:
            cells = [title(row), standing(row, 'ours'), *(standing(row, peer) for peer in table.PEERS), shown_by(row, known, found)]
            lines.append('| ' + ' | '.join(cells) + ' |')
        lines.append('')
    return re.sub(r'\n+$', '\n', '\n'.join(lines))


if __name__ == '__main__':
    print(page(), end='')
