#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Terminals: over --console-socket, and joined to the caller's own by a run in the foreground."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, sockets, traces  # noqa: E402


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


class Screen:
    """What was shown on the master end of a terminal so far."""

    def __init__(self, fd):
        self.fd, self.text = fd, ''

    def shows(self, wanted, seconds=10):
        end = time.monotonic() + seconds
        while wanted not in self.text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return False
            try:
                got = os.read(self.fd, 65536)
            except OSError:             # EIO: nobody has the other end open
                got = b''
            if not got:
                return wanted in self.text
            self.text += got.decode(errors='replace')
        return True

    def type(self, text):
        os.write(self.fd, text.encode())


class Console(case.CliCase):
    def terminal_bundle(self, *args):
        b = self.bundle(*args)
        b.config['process']['terminal'] = True
        return b.save()

    def shows(self, screen, text):
        self.assertTrue(screen.shows(text), f'"{text}" not in "{screen.text}"')


class Socket(Console):
    def test_create(self):
        """conmon: create --bundle B --console-socket S --pid-file P ID; conmon-rs: --console-socket=S"""
        for form in (lambda s: ['--console-socket', s], lambda s: [f'--console-socket={s}']):
            path = self.fresh_path('s')
            name = self.fresh_id()
            b = self.terminal_bundle('sh', '-c', 'tty; stty size; read word; echo "<$word>"')
            b.config['process']['consoleSize'] = {'height': 30, 'width': 100}
            with sockets.listen(path) as server:
                self.succeed('create', '--bundle', b.save().path, *form(path), name)
                screen = Screen(sockets.receive_fd(server))
            try:
                self.succeed('start', name)
                self.shows(screen, '/dev/')
                self.shows(screen, '30 100')
                screen.type('hello\n')
                self.shows(screen, '<hello>')
            finally:
                os.close(screen.fd)
            self.wait_for_status(name, 'stopped')
            self.succeed('delete', name)
        self.assert_no_trace()

    def test_create_lets_its_output_go(self):
        """go-runc: with a console, the output of create is a pipe, which it reads to the end before it starts anything"""
        path, name = self.path('s'), self.fresh_id()
        with sockets.listen(path) as server:
            argv = [case.CONTAIN_RUN, '--root', self.root, 'create', '--bundle', self.terminal_bundle('true').path,
                    '--console-socket', path, name]
            created = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     timeout=20, check=False)
            os.close(sockets.receive_fd(server))
        self.assertEqual((created.returncode, created.stdout), (0, b''))

    def test_detached(self):
        path, name = self.path('s'), self.fresh_id()
        with sockets.listen(path) as server:
            self.succeed('run', '--detach', '--bundle', self.terminal_bundle('sh').path, '--console-socket', path, name)
            screen = Screen(sockets.receive_fd(server))
        screen.type('echo $((6 * 7))\n')
        self.shows(screen, '42')
        screen.type('exit\n')
        os.close(screen.fd)
        self.wait_for_status(name, 'stopped')

    def test_foreground(self):
        """buildkit: run --bundle B --console-socket S --keep ID, waiting for the end"""
        path, name = self.path('s'), self.fresh_id()
        with sockets.listen(path) as server:
            process = self.start_cli('run', '--bundle', self.terminal_bundle('sh', '-c', 'read x; exit 3').path,
                                     '--console-socket', path, '--keep', name)
            screen = Screen(sockets.receive_fd(server))
        screen.type('\n')
        self.assertEqual(self.end_program(process).status, 3)
        os.close(screen.fd)
        self.succeed('delete', name)


class Foreground(Console):
    def setUp(self):
        super().setUp()
        master, self.slave = pty.openpty()
        self.screen = Screen(master)
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, self.slave)
        set_size(self.slave, 40, 120)

    def start_at_terminal(self, *argv):
        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        return self.start_cli(*argv, stdin=self.slave, stdout=self.slave, stderr=self.slave, preexec_fn=take_terminal)

    def test_shell(self):
        before = termios.tcgetattr(self.slave)
        process = self.start_at_terminal('run', '--bundle', self.terminal_bundle('sh').path, self.fresh_id())
        self.screen.type('echo $((6 * 7)); stty size\n')
        self.shows(self.screen, '42')
        self.shows(self.screen, '40 120')
        self.assertFalse(termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ECHO | termios.ISIG))
        self.screen.type('exit 5\n')
        self.assertEqual(self.end_program(process).status, 5)
        self.assertEqual(termios.tcgetattr(self.slave), before)
        self.assert_no_trace()

    def test_window_size(self):
        script = 'trap "stty size" WINCH; echo ready; while :; do sleep 0.02; done'
        name = self.fresh_id()
        process = self.start_at_terminal('run', '--bundle', self.terminal_bundle('sh', '-c', script).path, name)
        self.shows(self.screen, 'ready')
        set_size(self.screen.fd, 50, 132)
        self.shows(self.screen, '50 132')
        self.succeed('kill', name, 'KILL')
        self.assertEqual(self.end_program(process).status, 137)

    def test_interrupt_is_typed(self):
        """The key goes to the program inside; contain-run itself gets no signal by it"""
        script = 'trap "echo interrupted; exit 6" INT; echo ready; while :; do sleep 0.02; done'
        process = self.start_at_terminal('run', '--bundle', self.terminal_bundle('sh', '-c', script).path,
                                         self.fresh_id())
        self.shows(self.screen, 'ready')
        self.screen.type('\x03')
        self.shows(self.screen, 'interrupted')
        self.assertEqual(self.end_program(process).status, 6)

    def test_settings_come_back_after_a_failure(self):
        before = termios.tcgetattr(self.slave)
        process = self.start_at_terminal('run', '--bundle', self.terminal_bundle('/absent').path, self.fresh_id())
        self.assertEqual(self.end_program(process).status, 1)
        self.assertEqual(termios.tcgetattr(self.slave), before)

    def test_all_output_arrives(self):
        process = self.start_at_terminal('run', '--bundle', self.terminal_bundle('seq', '20000').path, self.fresh_id())
        self.shows(self.screen, '\n20000')
        self.assertEqual(self.end_program(process).status, 0)
        self.assertEqual([int(line) for line in self.screen.text.split()], list(range(1, 20001)))

    def test_without_a_terminal_of_its_own(self):
        """The program has a terminal, contain-run has files: the end of the input is typed"""
        given = self.path('given')
        for text in ('one\ntwo\n', 'one\ntwo', '', 'x\n' * 20000):
            with open(given, 'w', encoding='ascii') as f:
                f.write(text)
            b = self.terminal_bundle('sh', '-c', 'stty -echo; echo $(wc -c) bytes')
            with open(given, 'rb') as f:
                result = self.succeed('run', '--bundle', b.path, self.fresh_id(), stdin=f)
            self.assertIn(f'{len(text)} bytes', result.out, str(result))

    def test_reader_that_goes_away(self):
        b = self.terminal_bundle('seq', '100000')
        result = self.program('sh', '-c', '"$@" | head -n 1', 'sh', case.CONTAIN_RUN, '--root', self.root, 'run',
                              '--bundle', b.path, self.fresh_id())
        self.assertEqual(result.out.strip(), '1')
        self.assert_no_trace()

    @staticmethod
    def ticks(pid):
        """Hundredths of a second that a process has run."""
        with open(f'/proc/{pid}/stat', encoding='ascii') as f:
            return sum(int(field) for field in f.read().rsplit(')', 1)[1].split()[11:13])

    def test_terminal_that_is_closed_inside(self):
        """A program that closes its terminal and lives on is waited for without spinning"""
        name = self.fresh_id()
        b = self.terminal_bundle('sh', '-c', 'exec <&- >&- 2>&-; sleep 100')
        process = self.start_at_terminal('run', '--bundle', b.path, name)
        self.assertTrue(traces.wait_until(lambda: self.cli('state', name).status == 0))
        self.wait_for_status(name, 'running')
        time.sleep(0.2)
        before = self.ticks(process.pid)
        time.sleep(0.5)
        self.assertLess(self.ticks(process.pid) - before, 10)
        self.succeed('kill', name, 'KILL')
        self.end_program(process)


if __name__ == '__main__':
    case.main()
