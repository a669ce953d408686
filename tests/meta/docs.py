#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Each public function says what it does, each error code is explained in docs/errors.md, each step in
docs/plan.md, each link leads somewhere.
"""

import os
import re

import tree

DECLARATION = re.compile(r'^CONTAIN_API\s+([^;]*?)\b(contain_\w+)\(([^;]*)\);', re.M)
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')


def parameters(text):
    """The names in a parameter list: the last word of each, as no callback is spelled out in one."""
    if text.strip() == 'void':
        return []
    return [re.search(r'(\w+)\s*(\[\w*\])?$', p.strip()).group(1) for p in text.split(',')]


def check_function(report, header, before, returns, name, arguments):
    where = f'{header}: {name}()'
    report.at(where)
    start = before.rfind('/**')
    if start < 0 or not re.fullmatch(r'.*\*/\s*', before[start:], re.S) or before.count('*/', start) != 1:
        report.check(False, f'{where}: no comment before it')
        return
    text = '\n'.join(re.sub(r'^\s*\* ?', '', line) for line in before[start + 3:].splitlines())
    report.check(bool(re.search(rf'^{name}\(\) - \S', text, re.M)), f'{where}: its first line is not "{name}() - …"')
    documented = re.findall(r'^@(\w+):\s*\S', text, re.M)
    names = parameters(arguments)
    report.check(documented == names, f'{where}: parameters {names}, documented {documented}')
    for mentioned in re.findall(r'@(\w+)', text):
        report.check(mentioned in names, f'{where}: mentions @{mentioned}, which it does not have')
    report.check(bool(re.search(r'^Threads: \S', text, re.M)), f'{where}: no "Threads:"')
    report.check(bool(re.search(r'^Since: +\d+\.\d+', text, re.M)), f'{where}: no "Since:"')
    is_void = returns.strip() == 'void'
    report.check(is_void != bool(re.search(r'^Returns: \S', text, re.M)),
                 f'{where}: "Returns:" ' + ('on a void function' if is_void else 'is missing'))
    if 'err' in names:
        report.check(names[-1] == 'err', f'{where}: err is not the last parameter')


def check_headers(report):
    for header in tree.files('.h'):
        if not header.startswith('include/contain/'):
            continue
        text = tree.read(header)
        for match in DECLARATION.finditer(text):
            check_function(report, header, text[:match.start()], *match.groups())
        for match in re.finditer(r'^(typedef\b[^;{]*\(\*|typedef struct \w+ \{|struct \w+ \{|enum( \w+)? \{)', text, re.M):
            before = text[:match.start()].rstrip()
            report.at(f'types of {header}')
            line = text.count('\n', 0, match.start()) + 1
            report.check(before.endswith('*/'), f'{header}:{line}: no comment before this type')


def check_errors(report):
    """docs/errors.md has one section per code, with its number, its cause and its cure."""
    report.at('errors')
    header = dict((name, number) for name, number in
                  re.findall(r'^\s*(CONTAIN_E_\w+) = (\d+)', tree.read('include/contain/error.h'), re.M))
    report.check(len(set(header.values())) == len(header), 'include/contain/error.h: a number is given out twice')
    if not os.path.isfile(os.path.join(tree.ROOT, 'docs/errors.md')):
        report.check(False, 'docs/errors.md is missing')
        return
    sections = re.split(r'^### ', tree.read('docs/errors.md'), flags=re.M)[1:]
    documented = {}
    for section in sections:
        title = re.match(r'CT-(\d+) `(CONTAIN_E_\w+)`$', section.splitlines()[0])
        if not title:
            report.check(False, f'docs/errors.md: "{section.splitlines()[0]}" is not "CT-number `name`"')
            continue
        documented[title.group(2)] = title.group(1)
        for part in ('Cause:', 'What to do:'):
            report.check(part in section, f'docs/errors.md: {title.group(2)} has no "{part}"')
    for name, number in header.items():
        report.at(name)
        report.check(documented.get(name) == number, f'docs/errors.md: {name} = {number} is ' +
                     ('missing' if name not in documented else f'given as {documented[name]}'))
    for name in documented:
        report.check(name in header, f'docs/errors.md: {name} is not in include/contain/error.h')


def check_steps(report):
    """docs/plan.md says of each step of a plan what happens at it."""
    names = re.findall(r'^ +X\(\w+, (?:INIT|HOST), "([\w-]+)"', tree.read('libcontain/plan/steps.h'), re.M)
    explained = tree.read('docs/plan.md').partition('## The steps')[2]
    report.at('steps')
    report.check(bool(names), 'libcontain/plan/steps.h: no steps found')
    for name in names:
        report.check(f'`{name}`' in explained, f'docs/plan.md: the step {name} is missing')


def check_links(report):
    """Links between our own pages, and paths in back quotes that look like ours."""
    for page in tree.files('.md'):
        text = tree.read(page)
        report.at(page)
        for target in LINK.findall(text):
            if re.match(r'[a-z]+:|#', target):
                continue
            path = os.path.normpath(os.path.join(os.path.dirname(page), target.split('#')[0]))
            report.check(os.path.exists(os.path.join(tree.ROOT, path)), f'{page}: link to {target} leads nowhere')


def main():
    report = tree.Report()
    check_headers(report)
    check_errors(report)
    check_steps(report)
    check_links(report)
    report.end()


if __name__ == '__main__':
    main()
