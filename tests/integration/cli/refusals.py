#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bad ids, bad bundles, bad surroundings: each gives one clear line, status 1, and leaves no trace."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402

# How podman tells 127 and 126 from other failures, in any case.
NOT_FOUND = re.compile('executable file not found in|no such file or directory|open executable', re.I)
NOT_PERMITTED = re.compile('permission denied|operation not permitted', re.I)


class Ids(case.CliCase):
    def test_ids(self):
        bundle = self.bundle().path
        for name in ('/', '..', '.', '', 'a/b', '../x', 'x' * 5000, 'a b', 'ä', 'a\nb', '.hidden', '%s%n', '\udcff'):
            with self.subTest(name=name[:20]):
                for argv in (['create', '--bundle', bundle, '--'], ['run', '--bundle', bundle], ['start', '--'],
                             ['state', '--'], ['kill', '--'], ['delete', '--'], ['delete', '--force', '--']):
                    self.refuse('invalid container ID format', *argv, name)
        self.assert_no_trace()

    def test_valid(self):
        bundle = self.bundle().path
        for name in ('a', '_x', '0', 'A.b-c+d_e', 'x' * 200):
            self.succeed('run', '--bundle', bundle, name)
        self.assert_no_trace()


class Bundles(case.CliCase):
    def refused(self, text, bundle, *options):
        """Neither create nor run takes it; returns the line that create gave."""
        line = self.refuse(text, 'create', '--bundle', bundle.path, *options, self.fresh_id()).err
        self.assert_no_trace()
        self.refuse(text, 'run', '--bundle', bundle.path, *options, self.fresh_id())
        self.assert_no_trace()
        return line

    def changed(self, text, change, args=('true',)):
        b = self.bundle(*args)
        change(b.config)
        return self.refused(text, b.save())

    def test_no_bundle(self):
        b = self.bundle()
        os.unlink(os.path.join(b.path, 'config.json'))
        self.refused('config.json', b)
        b.path = '/absent'
        self.refused('/absent', b)

    def test_not_json(self):
        b = self.bundle()
        whole = json.dumps(b.config)
        for text in ('', ' ', '{', whole[:len(whole) // 2], whole + '}', '[' * 100000, '[]', '"x"', 'null',
                     b'\xff\xfe{}', b'{"ociVersion": "1.0.2", "root": {"path": "\xff"}}'):
            self.refused('', b.write(text))
        self.refused('', b.write('{"a": "' + 'x' * 10 * 1024 * 1024 + '"}'))

    def test_wrong_types(self):
        for pointer, change in (
                ('/process/args', lambda c: c['process'].update(args='true')),
                ('/process/args/0', lambda c: c['process'].update(args=[1])),
                ('/root', lambda c: c.update(root=[])),
                ('/mounts', lambda c: c.update(mounts={})),
                ('/linux/namespaces/0/type', lambda c: c['linux']['namespaces'][0].update(type='colour')),
                ('/linux/namespaces', lambda c: c['linux']['namespaces'].append({'type': 'pid'})),
                ('/process/rlimits', lambda c: c['process'].update(
                    rlimits=[{'type': 'RLIMIT_CORE', 'soft': 0, 'hard': 0}] * 2)),
                ('/process/cwd', lambda c: c['process'].update(cwd='relative')),
                ("/process: 'cwd'", lambda c: c['process'].pop('cwd')),
                ('/process', lambda c: c['process'].update(args=[])),
                ('/linux/resources/memory/limit', lambda c: c['linux'].update(
                    resources={'memory': {'limit': 'much'}}))):
            with self.subTest(pointer=pointer):
                self.changed(pointer, change)

    def test_unknown_members_are_ignored(self):
        b = self.bundle()
        b.config['com.example'] = {'deep': [1, None]}
        b.config['process']['colour'] = 'red'
        self.succeed('run', '--bundle', b.save().path, self.fresh_id())

    def test_rootfs(self):
        self.changed('/root/path', lambda c: c['root'].update(path='/absent'))
        self.changed('/root/path', lambda c: c['root'].update(path='absent'))
        self.changed('/root/path', lambda c: c['root'].update(path='/etc/passwd'))

    def test_missing_program(self):
        """podman and docker turn these words into status 127"""
        for program in ('absent', '/absent', './absent', '/bin/absent/x'):
            line = self.refused('absent', self.bundle(program))
            self.assertTrue(NOT_FOUND.search(line) or program.endswith('/x'), line)
            self.assertEqual('executable file not found in $PATH' in line, program == 'absent', line)

    def test_program_that_cannot_be_executed(self):
        """… and these into 126"""
        for program in ('/etc/passwd', '/bin', '/'):
            line = self.refused(program, self.bundle(program))
            self.assertTrue(NOT_PERMITTED.search(line), line)

    def test_working_directory(self):
        b = self.bundle()
        b.config['process']['cwd'] = '/etc/passwd'
        name = self.fresh_id()
        self.refuse('/process/cwd', 'run', '--bundle', b.save().path, name)
        self.assert_no_trace()

    def test_mount(self):
        def add(config):
            config['mounts'].append({'destination': '/tmp', 'type': 'bind', 'source': '/absent', 'options': ['bind']})

        line = self.changed('/absent', add)
        self.assertRegex(line, r'/mounts/\d+')
        self.changed('/mounts/0: ', lambda c: c['mounts'][0].update(type='no-such-file-system'))

    def test_hook(self):
        for kind in ('prestart', 'createRuntime', 'createContainer'):
            hook = {kind: [{'path': '/bin/sh', 'args': ['sh', '-c', 'exit 3']}]}
            self.changed(f'/hooks/{kind}/0', lambda c, hook=hook: c.update(hooks=hook))

    def test_cgroup(self):
        self.changed('/linux/cgroupsPath', lambda c: c['linux'].update(cgroupsPath='/../../etc'))


class Surroundings(case.CliCase):
    def test_state_root(self):
        file = self.path('file')
        with open(file, 'w', encoding='ascii'):
            pass
        for root in (file, file + '/below', '/proc/contain', '/dev/null'):
            with self.subTest(root=root):
                result = self.program(case.CONTAIN_RUN, '--root', root, 'create', '--bundle', self.bundle().path,
                                      self.fresh_id())
                self.assertEqual(result.status, 1, str(result))
                self.assertIn(root, result.err)
                self.assert_no_trace()

    def test_console_socket(self):
        b = self.bundle()
        b.config['process']['terminal'] = True
        b.save()
        for socket in ('/absent.sock', '/etc/passwd', '/' + 'x' * 200):
            self.refuse('', 'create', '--bundle', b.path, '--console-socket', socket, self.fresh_id())
            self.assert_no_trace()
        self.refuse('console-socket', 'create', '--bundle', b.path, self.fresh_id())
        self.refuse('console-socket', 'run', '--detach', '--bundle', b.path, self.fresh_id())
        self.assert_no_trace()

    def test_damaged_record(self):
        name, _ = self.running()
        folder = os.path.join(self.root, name)
        for file in os.listdir(folder):
            path = os.path.join(folder, file)
            if os.path.isfile(path) and os.path.getsize(path) > 0:
                with open(path, 'r+b') as f:
                    f.truncate(os.path.getsize(path) // 2)
        self.assertEqual(self.cli('state', name).status, 1)
        self.assertEqual(self.succeed('list', '-q').out, '')
        self.succeed('delete', '--force', name)
        self.assertEqual(self.cli('state', name).status, 1)


if __name__ == '__main__':
    case.main()
