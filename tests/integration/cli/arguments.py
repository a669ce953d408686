#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Command lines in all the forms that engines send, the signals that kill takes, and help."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402


class Forms(case.CliCase):
    def created(self, *argv):
        """Creates with exactly @argv, of which NAME is the id, and removes it again."""
        name = self.fresh_id()
        result = self.program(case.CONTAIN_RUN, *[name if word == 'NAME' else word for word in argv])
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(self.status(name), 'created')
        self.succeed('delete', name)

    def test_options(self):
        bundle = self.bundle().path
        for argv in (
                ['--root', self.root, 'create', '--bundle', bundle, 'NAME'],
                ['--root=' + self.root, 'create', '--bundle=' + bundle, 'NAME'],
                ['-root', self.root, 'create', '-bundle', bundle, 'NAME'],
                ['-root=' + self.root, 'create', '-b', bundle, 'NAME'],
                ['--root', self.root, 'create', '-b=' + bundle, '-no-subreaper', 'NAME'],
                ['--root', self.root, 'create', 'NAME', '--bundle', bundle],
                ['--root', self.root, 'create', '--bundle', bundle, '--', 'NAME'],
                ['--root=/absent', '--root=' + self.root, 'create', '-b', '/absent', '-b', bundle, 'NAME'],
                ['--root', self.root, '--debug=false', '--rootless=false', 'create', '-b', bundle, 'NAME'],
                ['--root', self.root, '--rootless', 'true', 'create', '-b', bundle, '--no-new-keyring=true', 'NAME'],
                ['--root', self.root, '--systemd-cgroup=false', 'create', '-b', bundle, '--no-pivot=0', 'NAME'],
                ['--root', self.root, '--cgroup-manager', 'disabled', 'create', '-b', bundle, 'NAME'],
                ['--root', self.root, '--cgroup-manager=cgroupfs', 'create', '-b', bundle, 'NAME']):
            with self.subTest(argv=argv):
                self.created(*argv)
        self.assert_no_trace()

    def test_missing_value(self):
        """Engines look for these words to learn which options a runtime has"""
        for argv in (['create', '--bundle'], ['create', '-b'], ['run', '--console-socket'], ['list', '-f']):
            self.refuse('flag needs an argument', *argv)
        self.assertIn('flag needs an argument', self.program(case.CONTAIN_RUN, '--root').err)

    def test_unknown(self):
        self.refuse('flag provided but not defined: --colour', 'create', '--colour', 'red', 'x')
        self.refuse('flag provided but not defined: -z', 'kill', '-z', 'x')
        self.refuse("unknown command 'frobnicate'", 'frobnicate')
        self.refuse('invalid value', 'create', '--no-pivot=perhaps', 'x')
        self.refuse('invalid value', 'create', '--preserve-fds=-1', 'x')
        self.refuse('invalid value', 'create', '--preserve-fds', 'two', 'x')

    def test_preserving_too_many(self):
        self.refuse('', 'create', '--bundle', self.bundle().path, '--preserve-fds', '4000000000', self.fresh_id())

    def test_counts_of_operands(self):
        for argv in (['create'], ['create', 'a', 'b'], ['start'], ['state', 'a', 'b'], ['kill'],
                     ['kill', 'a', '9', 'b'], ['delete'], ['list', 'a'], ['features', 'a'], ['spec', 'a'], ['run']):
            self.assertEqual(self.cli(*argv).status, 1, argv)

    def test_values_of_global_options(self):
        self.refuse("log format 'xml'", '--log-format', 'xml', 'list')
        self.refuse("log level 'loud'", '--log-level', 'loud', 'list')
        self.refuse("'nobody'", '--cgroup-manager', 'nobody', 'list')

    def test_help(self):
        general = self.succeed('--help').out
        self.assertEqual(general, self.succeed('help').out)
        commands = re.findall(r'^  ([a-z]+) ', general, re.M)
        self.assertGreater(len(commands), 10, general)
        for command in commands:
            text = self.succeed(command, '--help').out
            self.assertIn(f' {command}', text.splitlines()[0])
            self.assertEqual(text, self.succeed(command, '-h').out)
            self.assertEqual(text, self.succeed('help', command).out)
        self.assertEqual(self.program(case.CONTAIN_RUN).status, 1)

    def test_no_arguments_at_all(self):
        """Not even a name: argv[0] is absent, which Linux 5.18 and later turn into an empty one"""
        result = subprocess.run([''], executable=case.CONTAIN_RUN, capture_output=True, timeout=20, check=False)
        self.assertEqual(result.returncode, 1)


class Kill(case.CliCase):
    TRAPS = '; '.join(f'trap "echo got {n}" {n}' for n in (1, 2, 10, 12, 15, 35, 64)) + '; echo ready; ' + case.WAIT

    def test_forms(self):
        """podman: by number; CRI-O: by name from the image, with or without SIG; buildah: none at all"""
        name, created = self.running(self.TRAPS)
        self.wait_for_output(created, 'ready\n')
        expected = 'ready\n'
        for words, signo in (([], 15), (['15'], 15), (['TERM'], 15), (['SIGTERM'], 15), (['sigterm'], 15),
                             (['Term'], 15), (['HUP'], 1), (['1'], 1), (['SIGUSR1'], 10), (['usr2'], 12),
                             (['INT'], 2), (['RTMIN+1'], 35), (['SIGRTMIN+1'], 35), (['sigrtmax'], 64),
                             (['RTMAX-29'], 35)):
            with self.subTest(words=words):
                self.succeed('kill', name, *words)
                expected += f'got {signo}\n'
                self.wait_for_output(created, expected)

    def test_stop_signal_of_the_image(self):
        def change(config):
            config.setdefault('annotations', {})['org.opencontainers.image.stopSignal'] = 'SIGUSR2'

        name, created = self.running(self.TRAPS, change)
        self.wait_for_output(created, 'ready\n')
        self.succeed('kill', name)
        self.wait_for_output(created, 'got 12\n')

    def test_all(self):
        """CRI-O: kill -a ID 9; on a stopped container that is a success"""
        for flag in ('--all', '-a'):
            name, _ = self.running('sleep 100 & sleep 100 & ' + case.WAIT)
            self.succeed('kill', flag, name, '9')
            self.wait_for_status(name, 'stopped')
            self.succeed('kill', flag, name, '9')
            self.succeed('kill', flag, name, 'KILL')
            self.succeed('delete', name)
        self.assert_no_trace()

    def test_created(self):
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.bundle().path, name)
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)

    def test_not_running(self):
        """containerd, CRI-O: "container not running" means that there is nothing left to do"""
        name, _ = self.running('exit 0')
        self.wait_for_status(name, 'stopped')
        self.refuse('container not running', 'kill', name, 'TERM')
        self.refuse('container not running', 'kill', name)

    def test_nonsense(self):
        name, _ = self.running()
        for word in ('SIGNOTHING', '', '65', '-1', '9x', 'RTMIN+99', 'RTMIN-1', 'RTMAX+1', 'SIG', '9' * 30):
            with self.subTest(word=word):
                self.refuse('', 'kill', name, '--', word)
        self.assertEqual(self.status(name), 'running')

    def test_zero(self):
        """kill(1) has it, to ask whether somebody is there"""
        name, _ = self.running()
        self.succeed('kill', name, '0')
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.refuse('container not running', 'kill', name, '0')


if __name__ == '__main__':
    case.main()
