#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
docs/contain-run.1 and what `contain-run --help` prints agree: the same commands, summaries and options, in the same
words. What is missing is printed in the form that the page has.

Usage: manual.py CONTAIN_RUN
"""

import os
import re
import shutil
import subprocess
import sys

import tree

PAGE = 'docs/contain-run.1'
HELP_OPTION = re.compile(r'^  (?:-(\w) |   )--([\w-]+)(?: (\S+))?\s+(\S.*)$')
PAGE_OPTION = re.compile(r'^\.It (?:Fl (\w) , )?Fl -([\w-]+)(?: Ar (\S+))?\n(.*)$', re.M)


def help_of(program, *command):
    return subprocess.run([program, *command, '--help'], stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout


def help_options(text):
    """(letter, name, value, words) of each."""
    _, _, listed = text.partition('\noptions:\n')
    return [match.groups() for match in map(HELP_OPTION.match, listed.splitlines()) if match]


def page_options(text):
    return [match.groups() for match in PAGE_OPTION.finditer(text)]


def as_source(option):
    letter, name, value, words = option
    return '.It ' + (f'Fl {letter} , ' if letter else '') + f'Fl -{name}' + (f' Ar {value}' if value else '') + f'\n{words}'


def compare(report, where, expected, found):
    report.at(where)
    for option in expected:
        report.check(option in found, f'{PAGE}: {where}: not there, or not in these words:\n{as_source(option)}')
    for option in found:
        report.check(option in expected, f'{PAGE}: {where}: --{option[1]} is not in --help in these words')


def check_command(report, program, name, section):
    text = help_of(program, name)
    summary = ' '.join(text.split('\n\n')[1].split())
    report.check(summary[0].upper() + summary[1:] + '.' in section,
                 f'{PAGE}: {name}: it does not say "{summary[0].upper()}{summary[1:]}."')
    compare(report, name, help_options(text), page_options(section))


def main():
    program = sys.argv[1]
    report = tree.Report()
    page = tree.read(PAGE)
    general = help_of(program)
    names = re.findall(r'^  ([a-z][a-z-]*) ', general.partition('\noptions:')[0], re.M)
    before, _, after = page.partition('.Sh COMMANDS\n')
    sections = re.split(r'^\.Ss (\S+)\n', after.partition('\n.Sh ')[0], flags=re.M)[1:]
    described = dict(zip(sections[::2], sections[1::2]))
    report.at('commands')
    report.check(list(described) == names, f'{PAGE}: commands {", ".join(described)}; --help has {", ".join(names)}')
    compare(report, 'global options', help_options(general), page_options(before))
    for name in names:
        if name in described:
            check_command(report, program, name, described[name])
    if shutil.which('groff'):
        report.at('form')
        result = subprocess.run(['groff', '-mandoc', '-ww', '-Tutf8', os.path.join(tree.ROOT, PAGE)], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, check=False, text=True, timeout=60)
        report.check(result.returncode == 0 and not result.stderr, f'{PAGE}: {result.stderr}')
    report.end()


if __name__ == '__main__':
    main()
