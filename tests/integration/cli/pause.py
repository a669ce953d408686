#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pause and resume, as engines send them, and what the other commands do to a paused container."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402


class Pause(case.CliCase):
    def running_with_beats(self):
        """A running container, and a function that tells how many beats its program has had."""
        shared = self.fresh_path('shared')
        os.mkdir(shared)

        def change(config):
            config['mounts'].append({'destination': '/mnt', 'type': 'bind', 'source': shared, 'options': ['bind']})
        name, _ = self.running('while :; do echo >>/mnt/beats; done', change)
        beats = os.path.join(shared, 'beats')
        return name, lambda: os.path.getsize(beats) if os.path.exists(beats) else 0

    def assert_beating(self, beats):
        before = beats()
        self.assertTrue(traces.wait_until(lambda: beats() > before))

    def test_go_runc(self):
        """runc --root R --log L --log-format json pause ID, resume ID"""
        name, beats = self.running_with_beats()
        general = ['--log', self.path('log.json'), '--log-format', 'json']
        self.assert_beating(beats)
        result = self.succeed(*general, 'pause', name)
        self.assertEqual((result.out, result.err), ('', ''))
        before = beats()
        self.assertEqual(self.status(name), 'paused')
        self.assertFalse(traces.wait_until(lambda: beats() > before, 0.2))
        self.assertIn(name, self.succeed('list', '-q').out)
        result = self.succeed(*general, 'resume', name)
        self.assertEqual((result.out, result.err), ('', ''))
        self.assertEqual(self.status(name), 'running')
        self.assert_beating(beats)
        self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_canonical_texts(self):
        name, _ = self.running()
        self.refuse('container not paused', 'resume', name)
        self.succeed('pause', name)
        self.refuse('container not running', 'pause', name)
        self.succeed('resume', name)
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.refuse('container not running', 'pause', name)
        self.refuse('container not running', 'resume', name)
        self.succeed('delete', name)
        self.refuse('container does not exist', 'pause', name)
        self.refuse('container does not exist', 'resume', name)

    def test_kill_of_paused(self):
        """podman kill, docker kill: SIGKILL ends it at once; SIGTERM waits for the end of the pause"""
        for argv in (['kill', '{}', '9'], ['kill', '--all', '{}', '9'], ['kill', '{}', 'KILL']):
            name, beats = self.running_with_beats()
            self.assert_beating(beats)
            self.succeed('pause', name)
            self.succeed(*[word.format(name) for word in argv])
            self.wait_for_status(name, 'stopped')
            self.succeed('delete', name)
        name, _ = self.running('trap "exit 0" TERM; echo set >/dev/console; ' + case.WAIT)
        self.succeed('pause', name)
        self.succeed('kill', name, '15')
        self.assertEqual(self.status(name), 'paused')
        self.succeed('resume', name)
        self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_delete_of_paused(self):
        name, beats = self.running_with_beats()
        self.assert_beating(beats)
        self.succeed('pause', name)
        self.refuse("in status 'paused'", 'delete', name)
        self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_start_of_paused(self):
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.shell(case.WAIT).path, name)
        self.succeed('pause', name)
        self.assertEqual(self.status(name), 'paused')
        self.refuse("in status 'paused'", 'start', name)
        self.succeed('resume', name)
        self.assertEqual(self.status(name), 'created')
        self.succeed('start', name)
        self.succeed('delete', '--force', name)

    def test_without_cgroups(self):
        """podman --cgroups=disabled: --cgroup-manager disabled"""
        name = self.fresh_id()
        self.succeed('--cgroup-manager', 'disabled', 'create', '--bundle', self.shell(case.WAIT).path, name)
        self.succeed('start', name)
        self.refuse('no cgroup', 'pause', name)
        self.succeed('delete', '--force', name)

    def test_operands(self):
        for verb in ('pause', 'resume'):
            self.assertEqual(self.cli(verb).status, 1)
            self.assertEqual(self.cli(verb, 'a', 'b').status, 1)
            self.refuse('container does not exist', verb, self.fresh_id())


if __name__ == '__main__':
    case.main()
