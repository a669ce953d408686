#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Containers with a keeper: run --detach --keeper, and then attach, wait, logs and delete from other processes."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402

MIB = 1 << 20


class KeptCase(case.CliCase):
    def kept(self, script, *options, change=None):
        """The id of a container that runs on when the `run` that made it is gone."""
        b = self.shell(script)
        if change:
            change(b.config)
            b.save()
        name = self.fresh_id()
        self.succeed('run', '--detach', '--keeper', *options, '--bundle', b.path, name)
        return name

    def keeper(self, name):
        with open(os.path.join(self.root, name, 'record.json'), encoding='utf-8') as f:
            return int(re.search(r'"keeper": *(\d+)', f.read()).group(1))

    def logs(self, name, *options):
        return self.succeed('logs', *options, name).out

    def assert_out(self, process, text):
        self.assertTrue(traces.wait_until(lambda: text in self.text_of(process)), f'{text!r}: {self.text_of(process)!r}')

    @staticmethod
    def text_of(process):
        with open(process.out_path, encoding='utf-8') as f:
            return f.read()


class Wait(KeptCase):
    def test_exit_code(self):
        name = self.kept('read x; exit 42', '--keeper-stdin')
        waiting = self.start_cli('wait', name)
        with self.assertRaises(subprocess.TimeoutExpired):
            waiting.wait(0.2)
        with subprocess.Popen(self.command_line('attach', name), stdin=subprocess.PIPE) as attached:
            attached.communicate(b'\n', timeout=20)
        self.assertEqual(attached.returncode, 42)
        result = self.end_program(waiting)
        self.assertEqual((result.status, result.out), (0, '42\n'))
        self.assertEqual(self.succeed('wait', name, name).out, '42\n42\n')
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_signal(self):
        name = self.kept('exec sleep 100')
        self.succeed('kill', name, 'KILL')
        self.assertEqual(self.succeed('wait', name).out, '137\n')
        told = json.loads(self.succeed('wait', '--json', name).out)
        self.assertEqual((told['id'], told['status'], told['signal'], told['oom']), (name, 137, 9, False))
        self.assertLess(told['started'], told['ended'])

    def test_out_of_memory(self):
        def limit(config):
            config['linux'].setdefault('resources', {})['memory'] = {'limit': 16 * MIB, 'swap': 16 * MIB}
        name = self.kept('exec tail /dev/zero', change=limit)
        told = json.loads(self.succeed('wait', '--json', name).out)
        self.assertEqual((told['signal'], told['oom']), (9, True))

    def test_created(self):
        """create --keeper, then start: three processes, none of which stays"""
        name = self.fresh_id()
        self.succeed('create', '--keeper', '--bundle', self.shell('echo here; exit 3').path, name)
        self.succeed('start', name)
        self.assertEqual(self.succeed('wait', name).out, '3\n')
        self.assertEqual(self.logs(name), 'here\n')

    def test_without_keeper(self):
        """What nobody has seen is a failure, not a number"""
        name, _ = self.running('exit 4')
        self.wait_for_status(name, 'stopped')
        self.refuse('', 'wait', name)
        self.refuse('does not exist', 'wait', 'ct-test-absent')
        self.refuse('no keeper', 'attach', name)
        self.refuse('no keeper', 'logs', name)


class Logs(KeptCase):
    def test_both_streams(self):
        name = self.kept('echo one; echo two >&2; printf three')
        self.succeed('wait', name)
        result = self.succeed('logs', name)
        self.assertEqual((result.out, result.err), ('one\nthree', 'two\n'))

    def test_part(self):
        name = self.kept('seq 100')
        self.succeed('wait', name)
        self.assertEqual(self.logs(name, '--tail', '2'), '99\n100\n')
        self.assertEqual(self.logs(name, '--tail', '0'), '')
        self.assertEqual(self.logs(name, '--since', '5m'), ''.join(f'{i}\n' for i in range(1, 101)))
        self.assertEqual(self.logs(name, '--since', '2199-01-01T00:00:00Z'), '')
        stamped = self.logs(name, '--timestamps').splitlines()
        self.assertRegex(stamped[-1], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 100$')
        # The entry itself, and no other.
        self.assertIn('100\n', self.logs(name, '--since', stamped[-1].split()[0]))
        for option, value in (('--since', 'once'), ('--since', '2999-01-01T00:00:00Z'), ('--tail', 'all'), ('--tail', '-1')):
            self.refuse(value, 'logs', option, value, name)

    def test_follow(self):
        name = self.kept('echo one; read x; echo two', '--keeper-stdin')
        following = self.start_cli('logs', '-f', name)
        self.assert_out(following, 'one\n')
        self.program('sh', '-c', 'echo | "$@"', 'sh', *self.command_line('attach', name))
        self.assertEqual(self.end_program(following).out, 'one\ntwo\n')

    def test_rotated_beside(self):
        path = self.path('web.log')
        name = self.kept('seq 100000', '--keeper-log', path, '--keeper-log-size', '65536', '--keeper-log-files', '3')
        self.succeed('wait', name)
        shown = self.logs(name).split()
        self.assertEqual(shown[-1], '100000')
        self.assertEqual([int(n) for n in shown], list(range(int(shown[0]), 100001)))
        self.succeed('delete', name)
        for file in (path, path + '.1', path + '.2'):
            self.assertLessEqual(os.stat(file).st_size, 65536)
        self.assertFalse(os.path.exists(path + '.3'))

    def test_ring(self):
        name = self.kept('seq 100000', '--keeper-log', 'ring', '--keeper-log-size', '65536')
        self.succeed('wait', name)
        self.assertEqual(self.logs(name, '--tail', '1'), '100000\n')
        keeper = self.keeper(name)
        self.assertTrue(os.path.exists(f'/proc/{keeper}'))
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_none(self):
        name = self.kept('echo unheard', '--keeper-log=none')
        self.succeed('wait', name)
        self.refuse('log', 'logs', name)


class Attach(KeptCase):
    def test_pipes(self):
        name = self.kept('cat; echo end >&2; exit 6', '--keeper-stdin-once')
        given = self.path('given')
        with open(given, 'w', encoding='ascii') as f:
            f.write('some text\n' * 20000)
        with open(given, 'rb') as f:
            result = self.cli('attach', name, stdin=f)
        self.assertEqual((result.status, result.out, result.err), (6, 'some text\n' * 20000, 'end\n'))
        self.refuse('keeper', 'attach', name)

    @staticmethod
    def has_pipe(pid):
        for fd in os.listdir(f'/proc/{pid}/fd'):
            try:
                if os.readlink(f'/proc/{pid}/fd/{fd}').startswith('pipe:'):
                    return True
            except FileNotFoundError:
                pass            # closed meanwhile
        return False

    def test_no_stdin(self):
        name = self.kept('read x; echo "<$x>"', '--keeper-stdin-once')
        watching = self.start_cli('attach', '--no-stdin', name)
        # Attached: its descriptors are pipes of the keeper's.
        self.assertTrue(traces.wait_until(lambda: self.has_pipe(watching.pid)))
        self.program('sh', '-c', 'echo word | "$@"', 'sh', *self.command_line('attach', name))
        self.assertEqual(self.end_program(watching).out, '<word>\n')

    def test_refused(self):
        path = self.shell('true').path
        for text, options in (('--detach', ['--keeper']), ('--keeper', ['--detach', '--keeper-log', 'ring']),
                              ('bytes', ['--detach', '--keeper', '--keeper-log-size', '8m'])):
            self.refuse(text, 'run', *options, '--bundle', path, self.fresh_id())
        for keys in ('ctrl-', 'ctrl-p,', 'pq', ',', 'ctrl-p,,q'):
            self.refuse('keys', 'attach', '--detach-keys', keys, 'ct-test-absent')
        self.assert_no_trace()

    def test_delete_ends_everything(self):
        name = self.kept('sleep 100 & exec sleep 100')
        keeper = self.keeper(name)
        attached = self.start_cli('attach', name)
        self.succeed('delete', '--force', name)
        self.end_program(attached)
        self.assertTrue(traces.wait_until(lambda: traces.reap_ended() == []))
        self.assertFalse(os.path.exists(f'/proc/{keeper}'))
        self.assert_no_trace()


class Terminal(KeptCase):
    """Each attach has a terminal of its own, as from another window."""

    def at_terminal(self, *argv, size=(24, 80)):
        master, slave = pty.openpty()
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', *size, 0, 0))
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        process = self.start_cli(*argv, stdin=slave, stdout=slave, stderr=slave)
        process.screen, process.slave, process.text = master, slave, ''
        os.set_blocking(master, False)
        return process

    @staticmethod
    def text_of(process):
        try:
            process.text += os.read(process.screen, 65536).decode(errors='replace')
        except BlockingIOError:
            pass
        return process.text

    @staticmethod
    def type(process, text):
        os.write(process.screen, text.encode())

    def kept_terminal(self, script):
        return self.kept(script, change=lambda config: config['process'].update(terminal=True))

    def shell_at(self, name, word, *options, **size):
        """An attach to a shell that has answered."""
        process = self.at_terminal('attach', *options, name, **size)
        self.assertTrue(traces.wait_until(lambda: not termios.tcgetattr(process.slave)[3] & termios.ICANON))
        self.type(process, f'echo {word}"-"there; stty size\r')
        self.assert_out(process, f'{word}-there')
        return process

    def test_detach_and_again(self):
        name = self.kept_terminal('exec sh')
        for number, size in enumerate(((30, 90), (40, 132))):
            process = self.shell_at(name, f'shell{number}', size=size)
            self.assert_out(process, f'{size[0]} {size[1]}')
            # The first key alone is the container's; the shell gets both.
            self.type(process, '\x10\x10\x11')
            self.assertEqual(self.end_program(process).status, 0)
            self.assertTrue(termios.tcgetattr(process.slave)[3] & termios.ICANON)
            self.assertEqual(self.status(name), 'running')
        process = self.shell_at(name, 'last', '--detach-keys', 'ctrl-],x')
        self.type(process, '\x03exit 7\r')
        self.assertEqual(self.end_program(process).status, 7)
        self.assertTrue(termios.tcgetattr(process.slave)[3] & termios.ICANON)
        self.assertEqual(self.succeed('wait', name).out, '7\n')
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_window_size(self):
        name = self.kept_terminal('trap "stty size" WINCH; echo ready; while :; do sleep 0.02; done')
        process = self.at_terminal('attach', name)
        self.assertTrue(traces.wait_until(lambda: not termios.tcgetattr(process.slave)[3] & termios.ICANON))
        fcntl.ioctl(process.screen, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 132, 0, 0))
        # It is not this terminal's session that tells it.
        process.send_signal(signal.SIGWINCH)
        self.assert_out(process, '50 132')
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end_program(process).status, 128 + signal.SIGTERM)
        self.assertTrue(termios.tcgetattr(process.slave)[3] & termios.ICANON)
        self.assertEqual(self.status(name), 'running')

    def test_held_back_keys(self):
        name = self.kept_terminal('stty raw -echo; echo ready; dd bs=1 count=3 2>/dev/null | od -An -tx1')
        self.assertTrue(traces.wait_until(lambda: 'ready' in self.logs(name)))
        process = self.at_terminal('attach', name)
        self.assertTrue(traces.wait_until(lambda: not termios.tcgetattr(process.slave)[3] & termios.ICANON))
        self.type(process, '\x10\x10a')
        self.assert_out(process, '10 10 61')
        self.end_program(process)


if __name__ == '__main__':
    case.main()
