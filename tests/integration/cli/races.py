#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Sixteen at once on one id: one has its way, the others are told why not in the words that engines look for, nobody
waits for ever, nothing is left, and whoever looks in between sees a container or none, never half of one.
"""

import json
import os
import random
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, crowd, traces  # noqa: E402
from harness.rootless import RootlessCase  # noqa: E402

ROUNDS = case.rounds(5)

# What losers may be told, by the command that they lost with; words that engines know, where there are some.
EXISTS, ABSENT, NOT_RUNNING = 'container with given id already exists', 'does not exist', 'container not running'
NOT_CREATED, STILL_RUNNING = ('cannot start container', 'is not created'), 'container still running'
KILLED = 'was ended by signal 9 while it was being set up'
LOST = {
    'create': (EXISTS, KILLED),
    'run': (EXISTS,),
    'start': (*NOT_CREATED, ABSENT),
    'kill': (NOT_RUNNING, ABSENT),
    'delete': (ABSENT, STILL_RUNNING),
    'state': (ABSENT,),
    'exec': (NOT_RUNNING, ABSENT, 'cannot exec in'),
    'pause': (NOT_RUNNING, ABSENT, 'is paused already', 'operation canceled'),
    'resume': (NOT_RUNNING, ABSENT, 'is not paused', 'operation canceled'),
    'update': (NOT_RUNNING, ABSENT),
    'list': (),
}
STATUSES = {'creating', 'created', 'running', 'paused', 'stopped'}


class Crowds:
    """One test per pair of commands; who drives contain-run is the other base class."""

    def at_once(self, *commands):
        return crowd.at_once(self, commands)

    def check(self, result, *lost, failed=1):
        """Success, or @failed and a single line that has one of the texts @lost. Returns whether it succeeded."""
        if result.status == 0:
            self.assertEqual(result.err, '', str(result))
            return True
        self.assertEqual(result.status, failed, str(result))
        self.assertEqual(result.err.count('\n'), 1, str(result))
        self.assertTrue(any(text in result.err.lower() for text in lost), str(result))
        return False

    def winners(self, results, *lost):
        return sum(self.check(result, *lost) for result in results)

    def check_look(self, result, name):
        """What `state` or `list` printed at any moment: all of a container, or none."""
        command = next(word for word in result.argv if word in ('state', 'list'))
        if not self.check(result, *LOST[command]):
            return
        states = json.loads(result.out) or []
        for state in [states] if command == 'state' else states:
            self.assertEqual(state['id'], name)
            self.assertIn(state['status'], STATUSES)
            self.assertEqual(state['pid'] > 0, state['status'] in ('created', 'running', 'paused'), state)

    def created(self, script=case.WAIT):
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.shell(script).path, name)
        return name

    def started(self, script=case.WAIT):
        name = self.created(script)
        self.succeed('start', name)
        return name

    def stopped(self):
        name = self.started('true')
        self.wait_for_status(name, 'stopped')
        return name

    def test_create(self):
        b = self.bundle()
        for _ in range(ROUNDS):
            name = self.fresh_id()
            self.assertEqual(self.winners(self.at_once(*[('create', '--bundle', b.path, name)] * crowd.SIZE), EXISTS), 1)
            self.assertEqual(self.status(name), 'created')
            self.succeed('delete', name)
        self.assert_no_trace()

    def test_run_detached(self):
        b = self.shell(case.WAIT)
        for _ in range(ROUNDS):
            name = self.fresh_id()
            results = self.at_once(*[('run', '--detach', '--bundle', b.path, name)] * crowd.SIZE)
            self.assertEqual(self.winners(results, EXISTS), 1)
            self.assertEqual(self.status(name), 'running')
            self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_run(self):
        """Each has the id to itself for as long as its container lives"""
        b = self.shell('echo ran')
        for _ in range(ROUNDS):
            results = self.at_once(*[('run', '--bundle', b.path, self.ids[-1] if self.ids else self.fresh_id())] *
                                   crowd.SIZE)
            self.assertGreaterEqual(self.winners(results, EXISTS), 1)
            self.assertEqual({result.out for result in results if result.status == 0}, {'ran\n'})
        self.assert_no_trace()

    def test_start(self):
        for _ in range(ROUNDS):
            name = self.fresh_id()
            created = self.succeed('create', '--bundle', self.shell(f'echo ran; {case.WAIT}').path, name)
            self.assertEqual(self.winners(self.at_once(*[('start', name)] * crowd.SIZE), *NOT_CREATED), 1)
            self.wait_for_output(created, 'ran\n')
            self.succeed('delete', '--force', name)
            self.assertEqual(created.out, 'ran\n')
        self.assert_no_trace()

    def test_kill(self):
        for _ in range(ROUNDS):
            name = self.started()
            self.assertGreaterEqual(self.winners(self.at_once(*[('kill', name, 'KILL')] * crowd.SIZE), NOT_RUNNING), 1)
            self.wait_for_status(name, 'stopped')
            self.succeed('delete', name)
        self.assert_no_trace()

    def test_delete(self):
        for make in (self.stopped, self.created):
            for _ in range(ROUNDS):
                name = make()
                self.assertEqual(self.winners(self.at_once(*[('delete', name)] * crowd.SIZE), ABSENT), 1)
            self.assert_no_trace()

    def test_delete_force(self):
        for make in (self.started, self.created):
            for _ in range(ROUNDS):
                name = make()
                self.assertEqual(self.winners(self.at_once(*[('delete', '--force', name)] * crowd.SIZE)), crowd.SIZE)
            self.assert_no_trace()

    def test_create_and_delete_force(self):
        b, name = self.bundle(), self.fresh_id()
        for _ in range(ROUNDS):
            half = crowd.SIZE // 2
            results = self.at_once(*[('create', '--bundle', b.path, name), ('delete', '--force', name)] * half)
            self.assertGreaterEqual(self.winners(results[::2], EXISTS), 1)
            self.assertEqual(self.winners(results[1::2]), half)
            look = self.cli('state', name)
            if self.check(look, ABSENT):
                self.assertEqual(json.loads(look.out)['status'], 'created')
            self.succeed('delete', '--force', name)
            self.assert_no_trace()

    def test_start_kill_and_delete(self):
        for _ in range(ROUNDS):
            name = self.created()
            commands = [('start', name), ('kill', name, 'KILL'), ('delete', name), ('state', name)]
            for result, argv in zip(self.at_once(*commands * 4), commands * 4):
                self.check(result, *LOST[argv[0]])
            self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_pause_and_resume(self):
        name = self.started()
        if 'operation not supported' in self.cli('pause', name).err:
            self.skipTest('nothing can freeze here')
        self.succeed('delete', '--force', name)
        for _ in range(ROUNDS):
            name = self.started()
            self.assertEqual(self.winners(self.at_once(*[('pause', name)] * crowd.SIZE), *LOST['pause']), 1)
            self.assertEqual(self.status(name), 'paused')
            self.assertGreaterEqual(self.winners(self.at_once(*[('resume', name)] * crowd.SIZE), *LOST['resume']), 1)
            self.assertEqual(self.status(name), 'running')
            commands = [('pause', name), ('resume', name), ('exec', name, 'true'), ('kill', name, 'KILL')] * 4
            for result, argv in zip(self.at_once(*commands), commands):
                self.check_use(result, argv)
            self.wait_for_status(name, 'stopped')
            self.succeed('delete', name)
        self.assert_no_trace()

    def check_use(self, result, argv):
        if argv[0] != 'exec':
            self.check(result, *LOST[argv[0]])
        elif result.status != 128 + signal.SIGKILL:
            self.check(result, *LOST['exec'], failed=255)

    def test_everything(self):
        """Lives of one id, each command by whoever comes"""
        b, name = self.shell(case.WAIT), self.fresh_id()
        for _ in range(ROUNDS * 4):
            commands = random.choices((('create', '--bundle', b.path, name), ('start', name), ('kill', name, 'KILL'),
                                       ('kill', '--all', name, 'KILL'), ('delete', name), ('delete', '--force', name),
                                       ('run', '--detach', '--bundle', b.path, name), ('state', name), ('list', '--format=json'),
                                       ('exec', name, 'true')),
                                      weights=(4, 4, 2, 1, 2, 2, 2, 2, 1, 2), k=crowd.SIZE)
            for result, argv in zip(self.at_once(*commands), commands):
                if argv[0] in ('state', 'list'):
                    self.check_look(result, name)
                elif argv[0] == 'run':
                    # Its container may be killed, started or removed by others before it is done with it.
                    self.check(result, EXISTS, KILLED, *LOST['start'])
                else:
                    self.check_use(result, argv)
        self.succeed('delete', '--force', name)
        self.assert_no_trace()


class Root(Crowds, case.CliCase):
    pass


class User(Crowds, RootlessCase):
    """As an unprivileged user."""

    def at_once(self, *commands):
        # The user is whom the gate is run as.
        return crowd.at_once(self, commands, start=self.start_as_user)


if __name__ == '__main__':
    case.main()
