#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The features document and the state, against the runtime-spec's own list of properties (tests/coverage/properties.txt), and
against what the library really takes.
"""

import json
import os
import re
import socket
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
sys.path[:0] = [TESTS, os.path.join(TESTS, 'coverage')]
from harness import case  # noqa: E402
import cases              # noqa: E402
import lists              # noqa: E402

TYPES = {'string': str, 'boolean': bool, 'object': dict, 'array': list, 'map': dict}
# Members that go beyond the spec, which the spec allows for a state and forbids for features.
OF_THE_STATE = {'/rootfs', '/created', '/owner'}
MAPS = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]


def known(prefix):
    return {item.text[len(prefix):]: item for item in lists.properties().values() if item.prefix == prefix}


def members(value, path=''):
    """The path of each member of a document; what is in a list has none."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield f'{path}/{key}'
        yield from members(inner, f'{path}/{key}')


class Document(case.CliCase):
    def check_types(self, document, prefix):
        """What is there is of the type that the spec gives it, with the words that it lists; returns what is missing."""
        missing = []
        words = {}
        for path, item in known(prefix).items():
            if item.word:
                words.setdefault(tuple(item.path), set()).add(item.word)
                continue
            found = cases.values(document, item.path)
            missing += [] if found else [path]
            for value in found:
                self.assertIsInstance(value, TYPES.get(item.type.split(' ')[0], int), path)
                if item.type.endswith('of string'):
                    inside = value.values() if isinstance(value, dict) else value
                    self.assertTrue(all(isinstance(element, str) for element in inside), path)
        for path, allowed in words.items():
            for word in cases.values(document, path):
                self.assertIn(word, allowed | {'paused'} if path == ('status',) else allowed, path)
        return missing


class Features(Document):
    def setUp(self):
        super().setUp()
        self.features = json.loads(self.succeed('features').out)
        self.linux = self.features['linux']

    def accepted(self, change):
        """Whether a configuration with a change is one that the library makes a plan of; and why not."""
        b = self.bundle()
        b.config['linux'].pop('seccomp', None)
        change(b.config)
        result = self.cli('plan', b.save().path)
        return result.status == 0, result.err

    def accept(self, what, change):
        with self.subTest(what=what):
            good, text = self.accepted(change)
            self.assertTrue(good, text)

    def test_properties_are_those_of_the_spec(self):
        self.assertEqual(self.check_types(self.features, 'features:'), [])
        names = {path for path, item in known('features:').items() if item.type != 'map of string'}
        for path in members({key: value for key, value in self.features.items() if key != 'annotations'}):
            self.assertIn(path, names)
        self.assertNotIn('null', self.succeed('features').out)

    def test_versions_are_accepted(self):
        numbers = [tuple(map(int, self.features[key].split('.'))) for key in ('ociVersionMin', 'ociVersionMax')]
        self.assertLessEqual(*numbers)
        self.assertEqual(self.features['ociVersionMax'], lists.VERSION)
        for key in ('ociVersionMin', 'ociVersionMax'):
            self.accept(key, lambda config, key=key: config.update(ociVersion=self.features[key]))

    def test_hooks_are_understood(self):
        spec = {item.path[1] for item in lists.properties().values() if not item.prefix and item.path[0] == 'hooks'
                and len(item.path) == 2}
        self.assertEqual(set(self.features['hooks']), spec)
        for kind in self.features['hooks']:
            good, text = self.accepted(lambda config, kind=kind: config.update(hooks={kind: [{'path': 'relative'}]}))
            self.assertFalse(good)
            self.assertIn(f'/hooks/{kind}/0/path', text)
            self.accept(kind, lambda config, kind=kind: config.update(hooks={kind: [{'path': '/bin/true'}]}))

    def test_mount_options_are_understood(self):
        spec = {item.word for item in lists.properties().values() if item.path == ['mounts', '*', 'options', '*']}
        self.assertEqual(spec - set(self.features['mountOptions']), set())
        for option in self.features['mountOptions']:
            mount = {'destination': '/mnt', 'type': 'tmpfs', 'source': 'tmpfs', 'options': [option]}
            if option in ('bind', 'rbind', 'idmap', 'ridmap'):
                mount.update(source='/', options=['rbind', option])
            if option in ('idmap', 'ridmap'):
                mount.update(uidMappings=MAPS, gidMappings=MAPS)
            if option == 'remount':
                mount['destination'] = '/proc'
            self.accept(option, lambda config, mount=mount: config['mounts'].append(mount))

    def test_namespaces_are_understood(self):
        for name in self.linux['namespaces']:
            def change(config, name=name):
                config['linux']['namespaces'] = [{'type': kind} for kind in {'mount', 'uts', 'pid', name}]
                if name == 'user':
                    config['linux'].update(uidMappings=MAPS, gidMappings=MAPS)
            self.accept(name, change)

    def test_capabilities_are_understood(self):
        for name in self.linux['capabilities']:
            self.assertTrue(re.fullmatch('CAP_[A-Z_]+', name), name)
        b = self.bundle()
        b.config['process']['capabilities'] = {'bounding': self.linux['capabilities']}
        log = self.path('log')
        self.succeed('--debug', '--log', log, 'run', '--bundle', b.save().path, self.fresh_id())
        with open(log, encoding='utf-8') as f:
            self.assertNotIn('is not known', f.read())

    def seccomp(self, what, change):
        def apply(config):
            config['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW'}
            change(config['linux']['seccomp'])
        self.accept(what, apply)

    def test_seccomp_words_are_understood(self):
        seccomp = self.linux['seccomp']
        self.assertIs(seccomp['enabled'], True)
        for key, path in (('actions', ['linux', 'seccomp', 'defaultAction']), ('knownFlags', ['linux', 'seccomp', 'flags', '*']),
                          ('operators', ['linux', 'seccomp', 'syscalls', '*', 'args', '*', 'op'])):
            self.assertEqual(set(seccomp[key]), {item.word for item in lists.properties().values()
                                                 if item.path == path and item.word}, key)
        for action in seccomp['actions']:
            self.seccomp(action, lambda s, action=action: s.update(
                listenerPath='/run/agent', syscalls=[{'names': ['acct'], 'action': action}]))
        for op in seccomp['operators']:
            self.seccomp(op, lambda s, op=op: s.update(syscalls=[
                {'names': ['personality'], 'action': 'SCMP_ACT_LOG', 'args': [{'index': 0, 'value': 1, 'op': op}]}]))
        self.assertLessEqual(set(seccomp['supportedFlags']), set(seccomp['knownFlags']))
        for flag in seccomp['supportedFlags']:
            self.seccomp(flag, lambda s, flag=flag: s.update(flags=[flag]))

    def test_seccomp_architectures_are_those_of_this_build(self):
        """Which ones libseccomp knows depends on its version; one that it does not know is an error, not passed over"""
        native = {'x86_64': 'SCMP_ARCH_X86_64', 'aarch64': 'SCMP_ARCH_AARCH64',
                  'riscv64': 'SCMP_ARCH_RISCV64'}.get(os.uname().machine)
        self.assertIn(native, self.linux['seccomp']['archs'])
        words = [item.word for item in lists.properties().values()
                 if item.path == ['linux', 'seccomp', 'architectures', '*'] and item.word]
        for word in words:
            def change(config, word=word):
                config['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': [native, word]}
            good, text = self.accepted(change)
            with self.subTest(word=word):
                # A filter has one byte order only: libseccomp knows these, and cannot have both in one.
                other_order = 'numerical argument out of domain' in text
                self.assertEqual(good or other_order, word in self.linux['seccomp']['archs'], text)
                self.assertTrue(good or '/linux/seccomp/architectures/1' in text, text)

    def test_memory_policies_are_understood(self):
        for key in ('mode', 'flags'):
            words = {item.word for item in lists.properties().values()
                     if item.path[:3] == ['linux', 'memoryPolicy', key] and item.word}
            self.assertEqual(set(self.linux['memoryPolicy'][{'mode': 'modes'}.get(key, key)]), words)
        for mode in self.linux['memoryPolicy']['modes']:
            policy = {'mode': mode} if mode in ('MPOL_DEFAULT', 'MPOL_LOCAL') else {'mode': mode, 'nodes': '0'}
            self.accept(mode, lambda config, policy=policy: config['linux'].update(memoryPolicy=policy))

    def test_switches_are_true(self):
        """What is said to be there is taken, what is not is refused"""
        self.assertEqual([self.linux['cgroup'][key] for key in ('v1', 'v2', 'rdma')], [True] * 3)
        self.assertIs(self.linux['mountExtensions']['idmap']['enabled'], True)
        good, text = self.accepted(lambda config: config['linux'].update(netDevices={'ct-absent0': {}}))
        self.assertEqual(good or 'ct-absent0' in text, self.linux['netDevices']['enabled'], text)
        for module in ('apparmor', 'selinux'):
            self.assertIs(self.linux[module]['enabled'], True)

    def test_annotations(self):
        for key, value in self.features['annotations'].items():
            self.assertTrue(key and isinstance(value, str))
        unsafe = self.features['potentiallyUnsafeConfigAnnotations']
        self.assertIn('org.opencontainers.image.stopSignal', unsafe)
        self.assertEqual('org.systemd.property.' in unsafe, self.linux['cgroup']['systemd'])


class State(Document):
    def check(self, name, status, bundle):
        state = self.state(name)
        missing = self.check_types(state, 'state:')
        self.assertEqual([path for path in missing if path != '/pid' or status != 'stopped'], [])
        self.assertEqual(set(members({key: value for key, value in state.items() if key != 'annotations'}))
                         - set(known('state:')), OF_THE_STATE)
        self.assertEqual((state['ociVersion'], state['id'], state['status']), (lists.VERSION, name, status))
        self.assertEqual(state['bundle'], bundle.path)
        self.assertTrue(os.path.isabs(state['bundle']))
        self.assertEqual(state['annotations'], bundle.config['annotations'])
        return state

    def test_in_each_status(self):
        b = self.shell('exec sleep 100')
        b.config['annotations'] = {'com.example.key': 'a value', 'com.example.empty': '',
                                   'org.opencontainers.image.author': 'some body',
                                   'org.opencontainers.reserved': 'for later'}
        b.save()
        name = self.fresh_id()
        self.succeed('create', '--bundle', os.path.relpath(b.path, self.place), name, cwd=self.place)
        created = self.check(name, 'created', b)
        os.kill(created['pid'], 0)
        self.succeed('start', name)
        self.assertEqual(self.check(name, 'running', b)['pid'], created['pid'])
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.check(name, 'stopped', b)

    def test_in_hooks(self):
        """The document that hooks get is a state, too; creating is a status that only they see"""
        b = self.bundle('true')
        out = self.path('out')
        os.mkdir(out)
        b.config['annotations'] = {'com.example.key': 'a value'}
        b.config['hooks'] = {kind: [{'path': '/bin/sh', 'args': ['sh', '-c', f'cat >{out}/{kind}']}]
                             for kind in ('prestart', 'createRuntime', 'poststart', 'poststop')}
        name = self.fresh_id()
        self.succeed('run', '--bundle', b.save().path, name)
        for kind, status in (('prestart', 'creating'), ('createRuntime', 'creating'), ('poststart', 'running'),
                             ('poststop', 'stopped')):
            with open(os.path.join(out, kind), encoding='utf-8') as f:
                state = json.load(f)
            self.assertEqual(set(self.check_types(state, 'state:')) - ({'/pid'} if status == 'stopped' else set()), set())
            self.assertEqual((state['id'], state['status'], state['bundle']), (name, status, b.path))
            self.assertEqual(state['annotations'], b.config['annotations'])

    def receive(self, listening):
        """One message of a connection, its descriptors, and whether nothing follows"""
        listening.settimeout(20)
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(20)
            text, fds, _, _ = socket.recv_fds(connection, 1 << 16, 8)
            rest = b''.join(iter(lambda: connection.recv(1 << 16), b''))
        return json.loads(text + rest), fds

    def test_of_a_process_with_notifications(self):
        """What the agent gets is the container process state of config-linux.md, once, with the descriptor"""
        path = os.path.join(self.place, 'agent')
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.bind(path)
            listening.listen(1)
            b = self.shell('mkdir /mnt/absent 2>&1; echo done')
            b.config['annotations'] = {'com.example.key': 'a value'}
            b.config['linux']['seccomp'] = {
                'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': path, 'listenerMetadata': 'some=data\n"quoted"',
                'syscalls': [{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_NOTIFY'}]}
            name = self.fresh_id()
            running = self.start_cli('run', '--bundle', b.save().path, name)
            state, fds = self.receive(listening)
            for fd in fds:
                os.close(fd)                    # nobody answers: the call fails, and the program goes on
        result = self.end_program(running)
        self.assertEqual((result.status, result.out.splitlines()[-1]), (0, 'done'), str(result))
        self.assertEqual(self.check_types(state, 'seccomp-state:'), [])
        self.assertEqual(set(state), {path[1:] for path in known('seccomp-state:')})
        self.assertEqual((len(fds), state['fds'], state['metadata']), (1, ['seccompFd'], 'some=data\n"quoted"'))
        self.assertEqual(self.check_types(state['state'], 'state:'), [])
        self.assertEqual((state['state']['id'], state['state']['pid']), (name, state['pid']))
        self.assertEqual(state['state']['annotations'], b.config['annotations'])


if __name__ == '__main__':
    case.main()
