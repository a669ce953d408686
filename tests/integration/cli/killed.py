#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
contain-run killed at any moment, by a signal or because its parent died, as engines have it. Afterwards `state` has an
answer, `delete --force` removes all there is, and the id can be used again.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402

# How many moments of each command.
POINTS = case.rounds(15)
PR_SET_PDEATHSIG = 1
STATUSES = ('creating', 'created', 'running', 'paused', 'stopped')


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Killed(case.CliCase):
    def by_signal(self, argv, delay):
        process = self.start_cli(*argv)
        time.sleep(delay)
        process.kill()
        process.wait()

    def by_parent(self, argv, delay):
        """Containerd's shim, buildkit and buildah ask for SIGKILL when they die"""
        parent = os.fork()
        if parent == 0:
            try:
                with open(os.devnull, 'r+b') as null:
                    subprocess.Popen(self.command_line(*argv), stdin=null, stdout=null, stderr=null,
                                     preexec_fn=die_with_parent)
                time.sleep(delay)
            finally:
                os._exit(0)
        os.waitpid(parent, 0)

    def check_what_is_left(self, name, bundle):
        result = self.cli('state', name)
        if result.status == 0:
            self.assertIn(json.loads(result.out)['status'], STATUSES)
        else:
            self.assertIn('does not exist', result.err)
        json.loads(self.succeed('list', '--format', 'json').out)
        self.delete_as_a_parent(name)
        self.assert_no_trace()
        self.succeed('create', '--bundle', bundle.path, name)
        self.succeed('delete', name)

    def delete_as_a_parent(self, name):
        """A pid namespace ends when all in it were reaped: what `exec` had started is our child by now"""
        process = self.start_cli('delete', '--force', name)

        def has_ended():
            for pid in traces.children():
                if pid != process.pid:
                    os.waitpid(pid, os.WNOHANG)
            return process.poll() is not None
        self.assertTrue(traces.wait_until(has_ended, case.SECONDS))
        result = self.end_program(process)
        self.assertEqual(result.status, 0, str(result))

    def sweep(self, prepare, *argv):
        """Kills `contain-run @argv` at moments of its life, each time after @prepare has been run."""
        b, name = self.shell(case.WAIT), self.fresh_id()
        words = {'BUNDLE': b.path, 'NAME': name}

        def translate(line):
            return [words.get(word, word) for word in line]

        def make_ready():
            for line in prepare:
                self.succeed(*translate(line))

        make_ready()
        begun = time.monotonic()
        self.end_program(self.start_cli(*translate(argv)))
        length = time.monotonic() - begun
        self.check_what_is_left(name, b)
        for kill in (self.by_signal, self.by_parent):
            for i in range(POINTS):
                with self.subTest(kill=kill.__name__, point=i):
                    make_ready()
                    kill(translate(argv), length * 1.1 * i / POINTS)
                    self.check_what_is_left(name, b)

    CREATE = ('create', '--bundle', 'BUNDLE', 'NAME')
    START = ('start', 'NAME')

    def test_create(self):
        self.sweep([], *self.CREATE)

    def test_start(self):
        self.sweep([self.CREATE], *self.START)

    def test_kill(self):
        self.sweep([self.CREATE, self.START], 'kill', 'NAME', 'KILL')

    def test_kill_all(self):
        self.sweep([self.CREATE, self.START], 'kill', '--all', 'NAME', 'KILL')

    def test_exec(self):
        self.sweep([self.CREATE, self.START], 'exec', '--detach', 'NAME', 'sleep', '100')
        self.sweep([self.CREATE, self.START], 'exec', 'NAME', 'true')

    def test_pause_and_resume(self):
        self.sweep([self.CREATE, self.START], 'pause', 'NAME')
        self.sweep([self.CREATE, self.START, ('pause', 'NAME')], 'resume', 'NAME')

    def test_update(self):
        self.sweep([self.CREATE, self.START], 'update', '--pids-limit', '100', 'NAME')

    def test_delete(self):
        self.sweep([self.CREATE, self.START], 'delete', '--force', 'NAME')
        self.sweep([self.CREATE], 'delete', 'NAME')

    def test_run(self):
        self.sweep([], 'run', '--detach', '--bundle', 'BUNDLE', 'NAME')

    def test_run_in_the_foreground(self):
        """The container lives on, as nobody asked for its end"""
        b, name = self.shell(case.WAIT), self.fresh_id()
        for kill in (self.by_signal, self.by_parent):
            for i in range(POINTS):
                kill(['run', '--bundle', b.path, name], 0.002 * i)
                self.check_what_is_left(name, b)


class Orphaned(case.CliCase):
    def test_output_that_nobody_reads_any_more(self):
        """Warnings into a broken pipe are lost, and do not end a create half way"""
        b = self.bundle()
        b.config['process']['capabilities']['bounding'].append('CAP_OF_THE_FUTURE')
        read, write = os.pipe()
        os.close(read)
        name = self.fresh_id()
        self.succeed_without_output('create', '--bundle', b.save().path, name, stderr=write)
        os.close(write)
        self.assertEqual(self.status(name), 'created')
        self.succeed('delete', name)

    def succeed_without_output(self, *argv, **options):
        process = subprocess.Popen(self.command_line(*argv), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   **options)
        self.assertEqual(process.wait(timeout=case.SECONDS), 0)

    def test_program_and_hooks_get_their_signals_whole(self):
        """… nor does the program, or a hook, ignore SIGPIPE because contain-run does"""
        out = self.path('ignored')
        broken_pipe = 1 << signal.SIGPIPE - 1
        b = self.shell('grep SigIgn /proc/self/status')
        b.config['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': [
            'sh', '-c', f'grep SigIgn /proc/self/status >{out}']}]}
        result = self.succeed('run', '--bundle', b.save().path, self.fresh_id())
        self.assertEqual(int(result.out.split()[1], 16) & broken_pipe, 0)
        with open(out, encoding='ascii') as f:
            self.assertEqual(int(f.read().split()[1], 16) & broken_pipe, 0)


if __name__ == '__main__':
    case.main()
