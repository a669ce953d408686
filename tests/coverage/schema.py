#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Lists what the runtime-spec itself names, from a folder with its text and its schema.

Usage: schema.py SPEC_FOLDER     renews properties.txt and requirements.txt beside this script

properties.txt has one line per property: where it is in the document, its type, "required" where the schema says so; and
one line per word where the schema or the text has a list of words. requirements.txt has the places of the sentences with
MUST or SHALL, as file:line. The folder is a checkout of the version that VERSION names.
"""

import json
import os
import re
import sys

VERSION = '1.3.0'
HERE = os.path.dirname(os.path.abspath(__file__))

# Sections of a config for other platforms, and members of the common sections that are for them only.
OTHER_PLATFORMS = {
    '/windows': 'Windows containers',
    '/solaris': 'Solaris zones',
    '/vm': 'virtual machines as containers, with a hypervisor and kernel of their own',
    '/zos': 'z/OS',
    '/freebsd': 'FreeBSD jails',
    '/process/commandLine': 'Windows: takes the place of args there',
    '/process/user/username': 'Windows: takes the place of uid and gid there',
}

# The text has these, the schema of the same version does not.
ONLY_IN_THE_TEXT = [
    ('features:/linux/memoryPolicy', 'object', ''),
    ('features:/linux/memoryPolicy/modes', 'array of string', ''),
    ('features:/linux/memoryPolicy/flags', 'array of string', ''),
    ('features:/linux/intelRdt/schemata', 'boolean', ''),
    ('features:/linux/intelRdt/monitoring', 'boolean', ''),
    ('seccomp-state:/ociVersion', 'string', 'required'),
    ('seccomp-state:/fds', 'array of string', ''),
    ('seccomp-state:/pid', 'integer', 'required'),
    ('seccomp-state:/metadata', 'string', ''),
    ('seccomp-state:/state', 'object', 'required'),
]

# Where text and schema differ on what has to be there, the text counts.
REQUIRED_BY_THE_TEXT = ['/root', '/process/args', '/process/user/uid', '/process/user/gid', '/process/ioPriority/priority',
                        '/linux/resources/blockIO/throttleReadBpsDevice/*/rate',
                        '/linux/resources/blockIO/throttleWriteBpsDevice/*/rate',
                        '/linux/resources/blockIO/throttleReadIOPSDevice/*/rate',
                        '/linux/resources/blockIO/throttleWriteIOPSDevice/*/rate',
                        '/linux/devices/*/major', '/linux/devices/*/minor', '/linux/memoryPolicy/mode',
                        '/linux/personality/domain', 'state:/pid']
OPTIONAL_BY_THE_TEXT = ['/linux/resources/pids/limit']

TEXTS = ['bundle.md', 'config.md', 'config-linux.md', 'features.md', 'features-linux.md', 'runtime.md', 'runtime-linux.md',
         'glossary.md']
# The names that the schema gives to its integers, as a reader knows them.
INTEGERS = re.compile(r'u?int\d+$')


class Schema:
    """Walks one schema document; what it finds is in .found as (path, type, required)."""

    def __init__(self, folder, prefix):
        self.folder, self.prefix = folder, prefix
        self.documents = {}
        self.found = []

    def load(self, name):
        if name not in self.documents:
            with open(os.path.join(self.folder, name), encoding='utf-8') as f:
                self.documents[name] = json.load(f)
        return self.documents[name]

    def resolve(self, node, name):
        """Follows $ref; the last name of an integer type is its kind."""
        kind = None
        while '$ref' in node:
            target, _, inside = node['$ref'].partition('#')
            name = target or name
            path = [part for part in inside.split('/') if part]
            if INTEGERS.match(path[-1]):
                kind = path[-1]
            node = self.load(name)
            for part in path:
                node = node[part]
        return node, name, kind

    def walk(self, node, name, path, required=''):
        node, name, kind = self.resolve(node, name)
        if path in OTHER_PLATFORMS:
            return
        parts = [self.resolve(part, name) for part in node.get('allOf', []) + node.get('anyOf', [])]
        if len(parts) == 1:
            self.walk(parts[0][0], parts[0][1], path, required)
            return
        if path and not path.endswith('/*'):
            path_found = self.prefix + path
            self.found.append((path_found, self.type_of(node, name, kind), self.need(path_found, required)))
        for word in node.get('enum', []):
            self.found.append((self.prefix + path, '= ' + word, ''))
        for inner, inner_name, _ in [(node, name, None)] + parts:
            self.members(inner, inner_name, path)

    @staticmethod
    def need(path, required):
        """"required" or "", where the text has the last word."""
        if path in REQUIRED_BY_THE_TEXT:
            return 'required'
        return '' if path in OPTIONAL_BY_THE_TEXT else required

    def type_of(self, node, name, kind):
        """The type as a reader knows it; that of an array or map with that of what is in it."""
        own = kind or node.get('type', 'object')
        values = [value for value in [node.get('items'), node.get('additionalProperties'),
                                      *node.get('patternProperties', {}).values()] if isinstance(value, dict)]
        if not values:
            return own
        inner, _, inner_kind = self.resolve(values[0], name)
        own = 'map' if own == 'object' else own
        return f'{own} of {inner_kind or inner.get("type", "object")}'

    def members(self, node, name, path):
        for key, member in node.get('properties', {}).items():
            self.walk(member, name, f'{path}/{key}', 'required' if key in node.get('required', []) else '')
        if 'items' in node:
            self.walk(node['items'], name, path + '/*')
        for member in [node.get('additionalProperties'), *node.get('patternProperties', {}).values()]:
            if isinstance(member, dict):
                self.walk(member, name, path + '/*')


def read(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8') as f:
        return f.read()


def mount_options(text):
    """The words of the table of mount options, which no schema has."""
    table = text[text.index('configLinuxMountOptions'):]
    return [('/mounts/*/options/*', '= ' + word, '')
            for word in re.findall(r'^ ?`(\w+) *` +\| (?:MUST|SHOULD|MAY)', table, re.M)]


def properties(folder):
    found = []
    for name, prefix in (('config-schema.json', ''), ('state-schema.json', 'state:'), ('features-schema.json', 'features:')):
        schema = Schema(os.path.join(folder, 'schema'), prefix)
        schema.walk(schema.load(name), name, '')
        found += schema.found
    found += mount_options(read(folder, 'config.md')) + ONLY_IN_THE_TEXT
    return [' '.join(filter(None, row)) for row in found]


def requirements(folder):
    """Places of sentences that oblige a runtime for Linux."""
    found = []
    for name in TEXTS:
        elsewhere = False
        for number, line in enumerate(read(folder, name).split('\n'), 1):
            if line.startswith('#'):
                elsewhere = bool(re.search(r'Windows|Solaris|z/OS|Example', line))
            # A row of the table of mount options is a property; what its last column says is not.
            line = re.sub(r'^ ?`\w+ *` +\| (MUST|SHOULD|MAY)', '', line)
            if elsewhere or re.search(r'\bwindows\b|\bsolaris\b|hyper-v|all other platforms|\bc:\\', line, re.I):
                continue
            if re.search(r'\b(MUST|SHALL)\b', line):
                found.append(f'{name}:{number}')
    return found


def lists(folder):
    return {'properties.txt': properties(folder), 'requirements.txt': requirements(folder)}


def main():
    for name, rows in lists(sys.argv[1]).items():
        with open(os.path.join(HERE, name), 'w', encoding='utf-8') as f:
            f.write(f'# What runtime-spec {VERSION} names, made by schema.py: not to be edited.\n')
            f.write('\n'.join(rows) + '\n')


if __name__ == '__main__':
    main()
