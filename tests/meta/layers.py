#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may include whom (docs/architecture.md). Only direct includes are looked at: as every file is, that covers the rest."""

import os
import posixpath
import re

import tree

# What each layer of libcontain/ may include from the others.
LAYERS = {
    'base': (),
    'spec': ('base',),
    'plan': ('base', 'spec'),
    'init': (),
    'cgroup': ('base', 'spec'),
    'state': ('base',),
    'host': ('base', 'plan'),
    'image': ('base', 'spec'),
    'ops': ('base', 'spec', 'plan', 'cgroup', 'state', 'host'),
    'api': ('base', 'ops'),
}

# contain-init runs inside: the plan's format, and what the kernel and the compiler bring.
INIT_PLAN = ('plan/format.h', 'plan/keeper.h', 'plan/steps.h', 'plan/verify.h')
INIT_SYSTEM = re.compile(r'(std(int|def|arg|bool|alignas)\.h|(linux|asm|asm-generic)/.*)$')

# Layers that word failures in the public header's codes, and those that know the whole of it.
PUBLIC_ERRORS = ('contain/error.h', 'contain/base.h')
PUBLIC_ALL = ('host', 'ops', 'api')

# Headers that no other folder may include.
PRIVATE = {
    'spec/sections.h': 'spec',
    'spec/values.h': 'spec',
    'cgroup/internal.h': 'cgroup',
    'cgroup/controllers.h': 'cgroup',
    'cgroup/writes.h': 'cgroup',
    'state/folder.h': 'state',
    'image/codec.h': 'image',
}

# Foreign libraries are dealt with in one place.
FOREIGN = {
    'json-c/': ('base',),
    'json.h': ('base',),
    # What the library itself must never be linked with.
    'archive': ('image',),
    'curl/': ('image',),
    'nettle/': ('image',),
    'zlib.h': ('image',),
    'zstd': ('image',),
    'lzma.h': ('image',),
}

# These know the library by its public headers only.
OUTSIDE = ('examples/', 'bindings/', 'tests/integration/', 'tests/bench/', 'tests/harness/')

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def check_layer(report, path, layer, form, target):
    """One include line of a file below libcontain/."""
    where = f'{path}: includes {form}{target}'
    if target.startswith('contain/'):
        good = form == '<' and layer != 'init' and (layer in PUBLIC_ALL or target in PUBLIC_ERRORS)
        report.check(good, f'{where}, which {layer}/ may not')
        return
    if form == '<':
        if layer == 'init':
            report.check(bool(INIT_SYSTEM.match(target)) or path.startswith('libcontain/init/hosted'),
                         f'{where}: init/ has no libc')
        for prefix, layers in FOREIGN.items():
            if target.startswith(prefix):
                report.check(layer in layers, f'{where}, which only {", ".join(layers)}/ may')
        return

    other = target.split('/')[0]
    if '..' in target.split('/') or '/' not in target:
        report.check(False, f'{where}: write the path from libcontain/')
    elif not os.path.isfile(os.path.join(tree.ROOT, 'libcontain', target)):
        report.check(False, f'{where}, which does not exist')
    elif target in PRIVATE:
        report.check(layer == PRIVATE[target], f'{where}, which is private to {PRIVATE[target]}/')
    elif layer == 'init':
        report.check(other == 'init' or target in INIT_PLAN, f'{where}: init/ knows nothing but {", ".join(INIT_PLAN)}')
    else:
        report.check(other == layer or other in LAYERS[layer], f'{where}: {layer}/ may not use {other}/')


def check_outside(report, path, form, target):
    """One include line of a user of the library."""
    where = f'{path}: includes {form}{target}'
    folder = posixpath.dirname(path)
    if form == '<':
        if target.startswith('contain/'):
            report.check(os.path.isfile(os.path.join(tree.ROOT, 'include', target)), f'{where}, which does not exist')
        return
    near = [posixpath.normpath(posixpath.join(base, target)) for base in (folder, 'tests')]
    near = [n for n in near
            if os.path.isfile(os.path.join(tree.ROOT, n)) or os.path.isfile(os.path.join(tree.ROOT, n + '.in'))]
    report.check(bool(near) and not near[0].startswith('libcontain/'),
                 f'{where}: only <contain/…> and its own or the harness\'s headers')


def check_cycles(report, includes):
    """No header of ours includes itself, on whatever way round."""
    state = {}

    def visit(node, trail):
        if state.get(node) == 'done':
            return
        if node in trail:
            report.check(False, 'cycle: ' + ' -> '.join(trail[trail.index(node):] + [node]))
            return
        for other in includes.get(node, ()):
            visit(other, trail + [node])
        state[node] = 'done'

    for node in includes:
        visit(node, [])
    report.check(True, 'cycles')


def main():
    report = tree.Report()
    includes = {}
    for path in tree.files('.c', '.h', '.S', '.go'):
        lines = INCLUDE.findall(tree.read(path))
        report.at(path)
        parts = path.split('/')
        if path.startswith('include/'):
            for form, target in lines:
                good = form == '<' and (target.startswith('contain/') or target in ('stddef.h', 'stdint.h'))
                report.check(good, f'{path}: includes {form}{target}: public headers need no others than <contain/…>, '
                             'stddef.h and stdint.h')
            includes[path[len('include/'):]] = [t for _, t in lines if t.startswith('contain/')]
        elif path.startswith('libcontain/') and len(parts) > 2:
            if parts[1] not in LAYERS:
                report.check(False, f'{path}: {parts[1]}/ is no layer')
                continue
            for form, target in lines:
                check_layer(report, path, parts[1], form, target)
            if path.endswith('.h'):
                includes[path[len('libcontain/'):]] = [t for form, t in lines if form == '"']
        elif path.startswith(OUTSIDE):
            for form, target in lines:
                check_outside(report, path, form, target)
    report.at('cycles')
    check_cycles(report, includes)
    report.end()


if __name__ == '__main__':
    main()
