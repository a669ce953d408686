#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""checkpoint and restore, by the command lines that engines send, with a stand-in for CRIU that runs on any kernel."""

import json
import os
import shutil
import socket
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
sys.path.insert(0, TOP)
from harness import case, traces  # noqa: E402

# Fields of CRIU's options, by their numbers.
LEAVE_RUNNING, EXT_UNIX_SK, TCP_ESTABLISHED, SHELL_JOB, FILE_LOCKS = '3', '4', '5', '7', '8'
PAGE_SERVER, PARENT, AUTO_DEDUP, LINK_REMAP, CGROUPS, EMPTY_NS = '11', '14', '16', '18', '34', '38'
TCP_SKIP_IN_FLIGHT, LAZY_PAGES, TCP_CLOSE, LSM_PROFILE, LSM_MOUNT_CONTEXT, NETWORK_LOCK = '46', '48', '52', '53', '63', '64'


class Checkpoint(case.CliCase):
    def setUp(self):
        super().setUp()
        self.criu = self.path('criu')
        shutil.copy(os.path.join(TOP, 'harness/fake-criu.py'), self.criu)
        self.images, self.work = self.path('images'), self.path('work')

    def scenario(self, words):
        with open(self.path('scenario'), 'w', encoding='utf-8') as f:
            f.write(words)

    def asked(self, kind):
        """The options of the last request, {number: [value]}."""
        with open(self.path('requests.json'), encoding='utf-8') as f:
            return json.load(f)[kind]

    def checkpoint(self, *argv, **options):
        return self.succeed('checkpoint', '--criu', self.criu, *argv, **options)

    def restored(self, *argv, **options):
        """The id of a container that was restored by these options."""
        name = self.fresh_id()
        b = self.bundle('sleep', '1000')
        self.succeed('restore', '--criu', self.criu, '--bundle', b.path, '--detach', *argv, name, **options)
        return name

    def made(self):
        """Images of a container."""
        name, _ = self.running('exec sleep 1000')
        self.checkpoint('--image-path', self.images, '--work-path', self.work, name)
        self.succeed('delete', name)

    # --- containerd: go-runc ---

    def test_go_runc_checkpoint(self):
        """runc --root R --log F --log-format json checkpoint --image-path D --work-path D --leave-running ID"""
        name, _ = self.running('exec sleep 1000')
        general = ['--log', self.path('log.json'), '--log-format', 'json']
        self.succeed(*general, 'checkpoint', '--criu', self.criu, '--image-path', self.images, '--work-path', self.work,
                     '--leave-running', name)
        self.assertEqual(self.status(name), 'running')
        self.assertEqual(self.asked('dump')[LEAVE_RUNNING], [1])
        self.assertTrue(os.path.exists(os.path.join(self.work, 'dump.log')))
        self.checkpoint('--image-path', self.images, '--work-path', self.work, '--tcp-established', '--ext-unix-sk',
                        '--shell-job', '--page-server', '127.0.0.1:4711', '--file-locks', '--manage-cgroups-mode', 'strict',
                        '--empty-ns', 'network', name)
        asked = self.asked('dump')
        for field in (TCP_ESTABLISHED, EXT_UNIX_SK, SHELL_JOB, FILE_LOCKS):
            self.assertEqual(asked[field], [1])
        self.assertEqual(asked[PAGE_SERVER], [['127.0.0.1', 4711]])
        self.assertEqual((asked[CGROUPS], asked[EMPTY_NS]), ([5], [0x40000000]))
        self.assertEqual(self.status(name), 'stopped')
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_lazy_pages(self):
        """checkpoint ... --lazy-pages --status-fd 3 --pre-dump --auto-dedup --tcp-skip-in-flight --link-remap"""
        name, _ = self.running('exec sleep 1000')
        ready, told = os.pipe()
        os.set_inheritable(told, True)
        self.checkpoint('--image-path', self.images, '--work-path', self.work, '--page-server', '127.0.0.1:4711', '--lazy-pages',
                        '--status-fd', str(told), '--leave-running', '--auto-dedup', '--tcp-skip-in-flight', '--link-remap', name,
                        close_fds=False)
        os.close(told)
        self.assertEqual(os.read(ready, 10), b'\0')
        os.close(ready)
        asked = self.asked('dump')
        for field in (LAZY_PAGES, AUTO_DEDUP, TCP_SKIP_IN_FLIGHT, LINK_REMAP):
            self.assertEqual(asked[field], [1])
        self.succeed('delete', '--force', name)

    def test_go_runc_restore(self):
        """restore --bundle B --image-path D --work-path D --detach --pid-file P -no-subreaper ID"""
        self.made()
        name = self.restored('--image-path', self.images, '--work-path', self.work, '--pid-file', self.path('pid'),
                             '--no-pivot', '-no-subreaper')
        state = self.state(name)
        self.assertEqual(state['status'], 'running')
        with open(self.path('pid'), encoding='utf-8') as f:
            self.assertEqual(f.read(), str(state['pid']))
        self.assertTrue(os.path.exists(os.path.join(self.work, 'restore.log')))
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assert_no_trace()

    # --- podman, CRI-O ---

    def test_podman(self):
        """checkpoint --image-path D --work-path W --pre-dump ID, then --parent-path ../pre-checkpoint"""
        name, _ = self.running('exec sleep 1000')
        before = self.path('pre-checkpoint')
        self.checkpoint('--image-path', before, '--work-path', self.work, '--pre-dump', name)
        self.assertEqual(self.status(name), 'running')
        self.checkpoint('--image-path', self.images, '--work-path', self.work, '--leave-running', '--leave-running',
                        '--parent-path', '../pre-checkpoint', name)
        self.assertEqual(self.asked('dump')[PARENT], ['../pre-checkpoint'])
        self.refuse('relative', 'checkpoint', '--criu', self.criu, '--image-path', self.images, '--parent-path', before, name)
        self.succeed('delete', '--force', name)

    def test_labels(self):
        """restore ... --lsm-profile selinux:L --lsm-mount-context L --tcp-established --tcp-close --file-locks"""
        self.made()
        name = self.restored('--image-path', self.images, '--work-path', self.work, '--lsm-profile', 'selinux:a:b',
                             '--lsm-mount-context', 'c:d', '--tcp-established', '--tcp-close', '--file-locks', '--network-lock', 'skip')
        asked = self.asked('restore')
        self.assertEqual((asked[LSM_PROFILE], asked[LSM_MOUNT_CONTEXT]), (['selinux:a:b'], ['c:d']))
        for field in (TCP_ESTABLISHED, TCP_CLOSE, FILE_LOCKS):
            self.assertEqual(asked[field], [1])
        self.assertEqual(asked[NETWORK_LOCK], [3])
        self.succeed('delete', '--force', name)

    def test_what_engines_ask(self):
        """checkpoint --help tells whether there is a CRIU; restore --lsm-mount-context whether there is that option."""
        features = json.loads(self.succeed('features').out)
        there = features['annotations']['org.opencontainers.runc.checkpoint.enabled'] == 'true'
        for command in ('checkpoint', 'restore'):
            result = self.cli(command, '--help')
            self.assertEqual(result.status, 0 if there else 1, str(result))
        self.refuse('flag needs an argument', 'restore', '--lsm-mount-context')

    # --- terminals ---

    def test_console_socket(self):
        self.made()
        self.scenario('terminal')
        path = self.path('console.sock')
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            name = self.restored('--image-path', self.images, '--console-socket', path)
            listener.settimeout(10)
            with listener.accept()[0] as connection:
                _, fds, _, _ = socket.recv_fds(connection, 100, 1)
                self.assertTrue(os.isatty(fds[0]))
                os.close(fds[0])
        self.succeed('delete', '--force', name)

    def test_terminal_without_socket(self):
        self.made()
        self.scenario('terminal')
        b = self.bundle('sleep', '1000')
        self.refuse('--console-socket', 'restore', '--criu', self.criu, '--bundle', b.path, '--image-path', self.images,
                    '--detach', self.fresh_id())
        self.assert_no_trace()

    # --- in the foreground ---

    def test_foreground(self):
        self.made()
        name = self.fresh_id()
        b = self.bundle('sleep', '1000')
        process = self.start_cli('restore', '--criu', self.criu, '--bundle', b.path, '--image-path', self.images, name)
        self.assertTrue(traces.wait_until(lambda: self.cli('state', name).status == 0 and self.status(name) == 'running'))
        self.succeed('kill', name, 'TERM')
        self.assertEqual(self.end_program(process).status, 128 + 15)
        self.assert_no_trace()

    # --- failures ---

    def test_failed_checkpoint(self):
        name, _ = self.running('exec sleep 1000')
        self.scenario('fail')
        log = self.path('log.json')
        result = self.cli('--log', log, '--log-format', 'json', 'checkpoint', '--criu', self.criu, '--image-path', self.images,
                          '--work-path', self.work, name)
        self.assertEqual(result.status, 1)
        with open(log, encoding='utf-8') as f:
            last = json.loads(f.readlines()[-1])
        self.assertEqual(last['level'], 'error')
        self.assertIn('mnt: Mount 624 ./data has unreachable sharing', last['msg'])
        self.assertIn(os.path.join(self.work, 'dump.log'), last['msg'])
        self.assertEqual(self.status(name), 'running')
        self.succeed('delete', '--force', name)

    def test_refusals(self):
        name, _ = self.running('exec sleep 1000')
        begin = ['checkpoint', '--criu', self.criu, '--image-path', self.images]
        self.refuse("only a namespace of type 'network'", *begin, '--empty-ns', 'ipc', name)
        self.refuse("'mild'", *begin, '--manage-cgroups-mode', 'mild', name)
        self.refuse('container does not exist', *begin, 'absent')
        self.refuse("cannot use '/absent' as criu", 'checkpoint', '--criu', '/absent', name)
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.refuse("in status 'stopped'", *begin, name)
        b = self.bundle('sleep', '1000')
        restore = ['restore', '--criu', self.criu, '--bundle', b.path]
        self.refuse('container with given ID already exists', *restore, '--image-path', self.path(''), name)
        self.refuse('descriptors.json', *restore, '--image-path', self.path(''), self.fresh_id())
        self.refuse('checkpointed with', *restore, '--preserve-fds', '1', self.fresh_id())
        self.succeed('delete', name)
        self.assert_no_trace()


if __name__ == '__main__':
    case.main()
