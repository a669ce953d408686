#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that can be read in one sitting, functions that fit a screen or two."""

import ast
import re

import tree

FILE_WARN, FILE_MAX = 500, 600
FUNCTION_WARN, FUNCTION_MAX = 80, 120


def c_functions(lines):
    """(name, line, length): with this house's braces, a body is what stands between '{' and '}' in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number
        elif line == '}' and start:
            head = ' '.join(lines[max(0, start - 8):start - 1])
            name = re.findall(r'(\w+)\(', head)
            yield (name[0] if len(name) == 1 else '/'.join(dict.fromkeys(name[-3:])) or '?'), start, number - start + 1
            start = None


def go_functions(lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith('func ') and line.endswith('{'):
            start = number
        elif line == '}' and start:
            yield lines[start - 1].split('(')[0], start, number - start + 1
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def functions(path, text):
    if path.endswith(('.c', '.h')):
        return c_functions(text.split('\n'))
    if path.endswith('.go'):
        return go_functions(text.split('\n'))
    if path.endswith('.py'):
        return python_functions(text)
    return ()


def main():
    report = tree.Report()
    for path in tree.files():
        if not path.endswith(('.c', '.h', '.S', '.py', '.go', '.sh', 'meson.build')) and not tree.is_script(path):
            continue
        text = tree.read(path)
        length = text.count('\n')
        report.at(path)
        report.check(length <= FILE_MAX, f'{path}: {length} lines, {FILE_MAX} is the most')
        if FILE_WARN < length <= FILE_MAX:
            report.warn(f'{path}: {length} lines')
        for name, line, size in functions(path, text):
            report.check(size <= FUNCTION_MAX, f'{path}:{line}: {name} has {size} lines, {FUNCTION_MAX} is the most')
            if FUNCTION_WARN < size <= FUNCTION_MAX:
                report.warn(f'{path}:{line}: {name} has {size} lines')
    report.end()


if __name__ == '__main__':
    main()
