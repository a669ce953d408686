#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Streams that are closed, sockets that nobody reads, files that cannot be written, state roots without room: contain-run
works, or fails with one line and without a trace; it never waits for ever.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402

FILE_IS_MISSING = 'no such file or directory'


class Streams(case.CliCase):
    def closed(self, redirections, *argv):
        return self.program('sh', '-c', f'exec "$@" {redirections}', 'sh', *self.command_line(*argv))

    def test_closed(self):
        for redirections in ('<&-', '>&-', '2>&-', '<&- >&- 2>&-'):
            name = self.fresh_id()
            for argv in (['create', '--bundle', self.bundle().path, name], ['start', name], ['kill', '-a', name, '9'],
                         ['delete', '--force', name], ['run', '--bundle', self.bundle().path, name]):
                with self.subTest(redirections=redirections, argv=argv):
                    result = self.closed(redirections, *argv)
                    self.assertEqual((result.status, result.out, result.err), (0, '', ''), str(result))
        self.assert_no_trace()

    def test_full(self):
        """What cannot be printed is a failure"""
        name, _ = self.running()
        for argv in (['state', name], ['list'], ['list', '-q'], ['list', '-f', 'json'], ['features'], ['--help'],
                     ['--version'], ['spec', '--help']):
            with self.subTest(argv=argv):
                result = self.closed('>/dev/full', *argv)
                self.assertEqual(result.status, 1, str(result))
        self.assertEqual(self.closed('2>/dev/full', 'state', 'absent').status, 1)


class Sockets(case.CliCase):
    def listener(self, path, full):
        """A socket that is listened on by somebody who does not accept."""
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen(0)
        if full:
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.connect(path)

    def terminal_bundle(self):
        b = self.bundle()
        b.config['process']['terminal'] = True
        return b.save()

    def test_console_socket_with_a_full_queue(self):
        path = self.path('console.sock')
        self.listener(path, True)
        begun = time.monotonic()
        self.refuse(path, 'create', '--bundle', self.terminal_bundle().path, '--console-socket', path, self.fresh_id())
        self.assertLess(time.monotonic() - begun, 20)
        self.assert_no_trace()

    def test_console_socket_that_nobody_reads(self):
        """It is in the queue: whoever listens may come to it later"""
        path, name = self.path('console.sock'), self.fresh_id()
        self.listener(path, False)
        self.succeed('create', '--bundle', self.terminal_bundle().path, '--console-socket', path, name)
        self.succeed('delete', '--force', name)

    def test_socket_that_nobody_listens_on(self):
        path = self.path('dead.sock')
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
        self.refuse(path, 'create', '--bundle', self.terminal_bundle().path, '--console-socket', path, self.fresh_id())
        self.refuse(path, 'create', '--bundle', self.bundle().path, '--pidfd-socket', path, self.fresh_id())
        self.refuse(path, 'run', '--bundle', self.bundle().path, '--pidfd-socket', path, self.fresh_id())
        self.assert_no_trace()

    def test_pidfd_socket_with_a_full_queue(self):
        path = self.path('pidfd.sock')
        self.listener(path, True)
        self.refuse(path, 'create', '--bundle', self.bundle().path, '--pidfd-socket', path, self.fresh_id())
        self.assert_no_trace()


class Files(case.CliCase):
    def test_pid_file(self):
        """It is the last thing that is made: without it, there is no container"""
        folder = self.path('folder')
        os.mkdir(folder)
        os.mkfifo(self.path('pipe'))
        for command in (['create'], ['run'], ['run', '--detach']):
            for path in ('/absent/pid', '/proc/pid', '/etc/passwd/pid', folder, ''):
                with self.subTest(command=command, path=path):
                    result = self.cli(*command, '--bundle', self.shell(case.WAIT).path, '--pid-file', path,
                                      self.fresh_id())
                    self.assertEqual((result.status, result.err.count('\n')), (1, 1), str(result))
                    self.assertIn(path, result.err)
                    self.assert_no_trace()
        self.assertEqual(os.listdir(folder), [])
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.bundle().path, '--pid-file', self.path('pipe'), name)
        with open(self.path('pipe'), encoding='ascii') as f:
            self.assertEqual(int(f.read()), self.state(name)['pid'])

    def test_log(self):
        os.mkfifo(self.path('pipe'))
        for path in ('/dev/full', '/absent/log', '/proc/log', self.place, self.path('pipe'), ''):
            with self.subTest(path=path):
                self.succeed('--log', path, '--log-format', 'json', 'run', '--bundle', self.bundle().path,
                             self.fresh_id())
                self.refuse('does not exist', '--log', path, '--log-format', 'json', 'state', 'absent')

    def test_configuration(self):
        """crun: --config FILE; a pipe will do"""
        with open(os.path.join(self.bundle().path, 'config.json'), encoding='utf-8') as f:
            text = f.read()
        b = self.bundle()
        os.unlink(os.path.join(b.path, 'config.json'))
        script = 'printf %s "$TEXT" | "$@"'
        result = self.program('sh', '-c', script, 'sh', *self.command_line(
            'run', '--bundle', b.path, '--config', '/dev/stdin', self.fresh_id()), env={**os.environ, 'TEXT': text})
        self.assertEqual(result.status, 0, str(result))
        for path in ('/dev/zero', '/absent', '/', '/dev/null'):
            self.refuse('', 'create', '--bundle', b.path, '--config', path, self.fresh_id())
        self.assert_no_trace()


class StateRoot(case.CliCase):
    def mount(self, *words):
        # Beside the test's own folder, below which no mount may be.
        path = tempfile.mkdtemp(dir=case.Shared.folder)
        subprocess.run(['mount', *words, path], check=True)
        self.addCleanup(lambda: (subprocess.run(['umount', path], check=True), os.rmdir(path)))
        return path

    def cli_at(self, root, *argv):
        return self.program(case.CONTAIN_RUN, '--root', root, *argv)

    def test_read_only(self):
        root = self.mount('-t', 'tmpfs', '-o', 'ro,mode=0700', 'tmpfs')
        for argv in (['create', '--bundle', self.bundle().path, self.fresh_id()],
                     ['run', '--bundle', self.bundle().path, self.fresh_id()]):
            result = self.cli_at(root, *argv)
            self.assertEqual((result.status, result.err.count('\n')), (1, 1), str(result))
            self.assertIn('read-only file system', result.err.lower())
        self.assertEqual(self.cli_at(root, 'list', '-f', 'json').status, 0)
        self.assertEqual(self.cli_at(root, 'delete', '--force', 'absent').status, 0)
        self.assert_no_trace()

    def test_full(self):
        """Whatever there is no room for, folder, record or socket: create leaves nothing"""
        b = self.bundle()
        for n in range(2, 8):
            root = self.mount('-t', 'tmpfs', '-o', f'mode=0700,nr_inodes={n}', 'tmpfs')
            self.check_full(root, b)
        root = self.mount('-t', 'tmpfs', '-o', 'mode=0700,size=4k', 'tmpfs')
        with open(os.path.join(root, 'filler'), 'wb') as f:
            f.write(b'x' * 4096)
        self.assertFalse(self.check_full(root, b, 'filler'))

    def check_full(self, root, b, *others):
        name = self.fresh_id()
        result = self.cli_at(root, 'create', '--bundle', b.path, name)
        if result.status == 0:
            self.assertEqual(self.cli_at(root, 'delete', '--force', name).status, 0)
        else:
            self.assertEqual((result.status, result.err.count('\n')), (1, 1), str(result))
            self.assertIn('no space left on device', result.err.lower())
        self.assertEqual(os.listdir(root), list(others))
        self.assert_no_trace()
        return result.status == 0

    def test_full_when_the_process_is_written_down(self):
        """A hook fills it in the middle of create"""
        root = self.mount('-t', 'tmpfs', '-o', 'mode=0700,size=12k', 'tmpfs')
        b = self.bundle()
        b.config['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': [
            'sh', '-c', f'dd if=/dev/zero of={root}/filler bs=4k count=10 2>/dev/null; :']}]}
        self.assertFalse(self.check_full(root, b.save(), 'filler'))


class Environment(case.CliCase):
    def test_none(self):
        """CRI-O and podman pass next to nothing"""
        name, b = self.fresh_id(), self.bundle()
        for argv in (['create', '--bundle', b.path, name], ['start', name], ['state', name],
                     ['delete', '--force', name], ['run', '--bundle', b.path, name], ['list'], ['features'],
                     ['--version']):
            result = self.program(*self.command_line(*argv), env={})
            self.assertEqual((result.status, result.err), (0, ''), str(result))

    def test_folder_that_is_gone(self):
        folder = self.path('gone')
        os.mkdir(folder)
        name, b = self.fresh_id(), self.bundle()
        script = 'rmdir "$PWD" && exec "$@"'
        for argv in (['run', '--bundle', b.path, name], ['list'], ['delete', '--force', name]):
            os.makedirs(folder, exist_ok=True)
            result = self.program('sh', '-c', script, 'sh', *self.command_line(*argv), cwd=folder)
            self.assertEqual((result.status, result.err), (0, ''), str(result))
        os.makedirs(folder, exist_ok=True)
        result = self.program('sh', '-c', script, 'sh', *self.command_line('run', name), cwd=folder)
        self.assertEqual((result.status, result.err.count('\n')), (1, 1), str(result))
        self.assertIn(FILE_IS_MISSING, result.err.lower())

    def test_no_descriptors(self):
        b = self.bundle()
        for limit in range(3, 30):
            script = f'ulimit -n {limit}; exec "$@"'
            result = self.program('sh', '-c', script, 'sh', *self.command_line('run', '--bundle', b.path,
                                                                               self.fresh_id()))
            self.assertIn(result.status, (0, 1, 127), str(result))
            self.assert_no_trace()
        self.assertEqual(json.loads(self.succeed('list', '-f', 'json').out or 'null') or [], [])


if __name__ == '__main__':
    case.main()
