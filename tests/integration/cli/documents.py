#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What contain-run prints for programs to read: state, list, features, plan, spec, --version."""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402

NANOSECONDS = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)')
KEYS = {'ociVersion', 'id', 'pid', 'status', 'bundle', 'rootfs', 'created', 'owner'}


class State(case.CliCase):
    def check(self, state, name):
        self.assertEqual(KEYS - set(state), set())
        self.assertEqual(state['id'], name)
        self.assertIsInstance(state['pid'], int)
        self.assertTrue(NANOSECONDS.fullmatch(state['created']), state['created'])
        self.assertTrue(os.path.isdir(state['rootfs']), state['rootfs'])

    def test_state(self):
        name, _ = self.running()
        state = self.state(name)
        self.check(state, name)
        os.kill(state['pid'], 0)
        # Scripts look for lines, which runc and crun print.
        self.assertIn('"status": "running"', self.succeed('state', name).out)

    def test_annotations(self):
        name, _ = self.running(change=lambda config: config.update(annotations={'com.example.key': 'ö "quoted"'}))
        self.assertEqual(self.state(name)['annotations'], {'com.example.key': 'ö "quoted"'})

    def test_list(self):
        """go-runc: list --format=json"""
        self.assertEqual(self.succeed('list', '--format=json').out, 'null\n')
        self.assertEqual(self.succeed('list', '-q').out, '')
        names = sorted([self.running()[0], self.running('exit 0')[0]])
        for argv in (['--format=json'], ['--format', 'json'], ['-f', 'json'], ['-format', 'json']):
            listed = json.loads(self.succeed('list', *argv).out)
            self.assertEqual(sorted(c['id'] for c in listed), names)
            for state in listed:
                self.check(state, state['id'])
        self.assertEqual(sorted(self.succeed('list', '--quiet').out.split()), names)

    def test_table(self):
        name, _ = self.running()
        title, row = self.succeed('list').out.splitlines()
        self.assertEqual(title.split(), ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'])
        state = self.state(name)
        self.assertEqual(row.split(), [name, str(state['pid']), 'running', state['bundle'], state['created'], 'root'])
        self.assertEqual(title.index('PID'), row.index(f' {state["pid"]} ') + 1)
        self.assertEqual(self.succeed('list', '-f', 'table').out, self.succeed('list').out)
        self.refuse("format 'yaml'", 'list', '-f', 'yaml')


class Features(case.CliCase):
    def test_features(self):
        """CRI-O parses standard output and standard error together"""
        text = subprocess.run([case.CONTAIN_RUN, 'features'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=True, timeout=20).stdout
        features = json.loads(text)
        self.assertTrue(features['ociVersionMin'] and features['ociVersionMax'])
        self.assertIn('enabled', features['linux']['mountExtensions']['idmap'])
        for option in ('ro', 'rro', 'bind', 'rbind', 'nosuid', 'rslave'):
            self.assertIn(option, features['mountOptions'])
        for namespace in ('pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup'):
            self.assertIn(namespace, features['linux']['namespaces'])
        self.assertIn('CAP_SYS_ADMIN', features['linux']['capabilities'])
        self.assertGreaterEqual(set(features['hooks']), {'prestart', 'createRuntime', 'createContainer',
                                                         'startContainer', 'poststart', 'poststop'})

    def test_version(self):
        """podman, CRI-O and go-runc read the first word after "version", "commit:" and "spec:" """
        for flag in ('--version', '-version', '-v'):
            lines = self.succeed(flag).out.splitlines()
            self.assertTrue(re.fullmatch(r'contain-run version \d+\.\d+\.\d+', lines[0]), lines)
            fields = dict(line.split(': ') for line in lines[1:] if ': ' in line)
            self.assertTrue(re.fullmatch(r'\d+\.\d+\.\d+.*', fields['spec']), lines)
            self.assertTrue(re.fullmatch(r'[0-9a-f]{7,40}', fields.get('commit', '0' * 40)), lines)


class Spec(case.CliCase):
    def test_spec(self):
        folder = self.path('new')
        os.mkdir(folder)
        self.succeed('spec', cwd=folder)
        path = os.path.join(folder, 'config.json')
        with open(path, encoding='utf-8') as f:
            first = f.read()
        config = json.loads(first)
        self.assertEqual(config['process']['args'], ['sh'])
        self.assertEqual(config['root'], {'path': 'rootfs', 'readonly': True})

        self.refuse('exists', 'spec', cwd=folder)
        self.refuse('exists', 'spec', '--bundle', folder)
        with open(path, encoding='utf-8') as f:
            self.assertEqual(f.read(), first)
        self.refuse('/absent', 'spec', '-b', '/absent')

    def test_other_name(self):
        """crun: spec -f FILE"""
        self.succeed('spec', '-b', self.place, '-f', 'other.json')
        with open(self.path('other.json'), encoding='utf-8') as f:
            json.load(f)

    def test_rootless(self):
        self.succeed('spec', '--rootless', '-b', self.place)
        with open(self.path('config.json'), encoding='utf-8') as f:
            config = json.load(f)
        self.assertIn('user', [n['type'] for n in config['linux']['namespaces']])
        self.assertTrue(config['linux']['uidMappings'] and config['linux']['gidMappings'])


class Plan(case.CliCase):
    def test_plan(self):
        b = self.bundle('true')
        plans = [self.succeed('plan', '--bundle', b.path).out, self.succeed('plan', b.path).out,
                 self.succeed('plan', cwd=b.path).out]
        self.assertEqual(len({json.dumps(json.loads(plan)) for plan in plans}), 1)
        self.assertIn('pivot-root', plans[0])
        self.succeed('plan', '--rootfs', '/', '--', 'true')
        self.refuse('bundle', 'plan', '--bundle', b.path, b.path)
        self.assert_no_trace()

    def test_plan_of_a_bad_bundle(self):
        b = self.bundle()
        b.config['mounts'][0]['destination'] = 5
        b.save()
        self.refuse('/mounts/0/destination', 'plan', b.path)


class Process(case.CliCase):
    def test_of_any_length(self):
        """A file's text is all that is read of it, whatever is behind it in memory."""
        name, _ = self.running()
        environment = {**os.environ, 'MALLOC_PERTURB_': '170'}
        for length in range(8):
            path = self.fresh_path('process')
            with open(path, 'w', encoding='utf-8') as f:
                json.dump({'cwd': '/', 'args': ['/bin/echo', 'x' * length], 'user': {'uid': 0, 'gid': 0}}, f)
            result = self.succeed('exec', '--process', path, name, env=environment)
            self.assertEqual(result.out, 'x' * length + '\n', str(result))


if __name__ == '__main__':
    case.main()
