#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contain-run deploy is killed, interrupted, or loses power: old or new, and whole; the next one cleans up."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))

from harness import case, traces
from harness.deploy import DeployCase, content
from harness.layout import make_tar, member


class KilledCase(DeployCase):
    def check_after(self, versions):
        found = self.check_whole()
        self.assertIn(found, versions)
        return found

    def check_next(self):
        """The next deployment goes through, and cleans up."""
        self.deploy(self.image('next').name)
        self.assertEqual(self.check_whole(), 'next')
        self.assertEqual([name for name in self.entries() if name.startswith('.')], [])


class Killed(KilledCase):
    """By SIGKILL: whoever it is, and when."""

    def test_at_random_moments(self):
        """Around the moment of the switch: it is later when the last one was killed too early"""
        images = [self.image('one'), self.image('two')]
        started = time.monotonic()
        self.deploy(images[0].name)
        moment = (time.monotonic() - started) * 0.7
        outcomes = {False: 0, True: 0}
        for _ in range(case.rounds(40)):
            before = self.check_whole()
            after = 'two' if before == 'one' else 'one'
            # Anew each time, not switched to.
            for name in self.entries():
                path = f'{self.top}/releases/{name}'
                if os.path.islink(path):        # that was to become "current" when its maker was killed
                    os.unlink(path)
                elif name != os.readlink(self.top + '/current').split('/')[1]:
                    shutil.rmtree(path)
            process = self.start_cli('deploy', '--root', self.top, images[after == 'two'].name)
            time.sleep(moment * random.uniform(0.7, 1.3))
            victims = self.programs(process.pid)
            self.kill(victims if random.random() < 0.7 else victims[1:])
            self.end_program(process)
            self.wait_for_orphans()
            switched = self.check_after((before, after)) == after
            outcomes[switched] += 1
            moment *= 0.8 if switched else 1.3
        if case.rounds(40) >= 40:
            self.assertTrue(outcomes[False] and outcomes[True], outcomes)
        self.check_next()

    def test_at_each_step(self):
        if not shutil.which('strace'):
            self.skipTest('needs strace')
        images = [self.image('one'), self.image('two'), self.image('three')]
        seen = set()
        steps = [(call, i) for call, n in (('renameat2', 2), ('renameat', 2), ('symlinkat', 2), ('syncfs', 1), ('fsync', 5), ('fchmod', 4), ('unlinkat', 4))
                 for i in range(1, n + 1)]
        for call, i in steps:
            shutil.rmtree(self.top, ignore_errors=True)
            self.deploy(images[0].name)
            self.deploy(images[1].name)
            result = self.traced(call, f'signal=KILL:when={i}', 'deploy', '--root', self.top, '--keep', '1', images[2].name)
            seen.add((result.status == 0, self.check_after(('two', 'three'))))
            self.succeed('releases', '--root', self.top)
            back = self.version()
            self.rollback()
            self.assertIn(self.check_whole(), ('one', 'two'), f'{call} {i}: {back}')
            self.check_next()
        self.assertIn((False, 'two'), seen)
        self.assertIn((False, 'three'), seen)

    def test_a_sender_that_dies(self):
        self.deploy(self.image('one').name)
        data = make_tar(content('two') + [member('big', content=os.urandom(1 << 20))])
        for part in (0, 512, 3000, len(data) // 2, len(data.rstrip(b'\0'))):
            process = self.start_cli('deploy', '--root', self.top, stdin=subprocess.PIPE)
            process.stdin.write(data[:part])
            process.stdin.close()
            result = self.end_program(process)
            if part > 0:
                self.assertEqual(result.status, 1, f'{part}: {result}')
                self.assertEqual(self.check_whole(), 'one')


class Interrupted(KilledCase):
    """By a signal that asks to end, while it waits for a sender that takes its time."""

    def check_interrupted(self, number, send):
        self.deploy(self.image('one').name)
        before = self.entries()
        data = make_tar(content('two') + [member('big', content=os.urandom(1 << 20))])
        process = self.start_cli('deploy', '--root', self.top, stdin=subprocess.PIPE, start_new_session=True)
        process.stdin.write(data[:len(data) // 2])
        process.stdin.flush()
        self.assertTrue(traces.wait_until(lambda: self.entries() != before))
        started = time.monotonic()
        send(process)
        result = self.end_program(process)
        process.stdin.close()
        self.assertEqual(result.status, -number, str(result))
        self.assertLess(time.monotonic() - started, 5)
        self.wait_for_orphans()
        self.assertEqual(self.check_whole(), 'one')
        self.assertEqual(self.entries(), before)
        self.check_next()

    def test_a_key_at_the_terminal(self):
        """SIGINT goes to all programs of the terminal's job"""
        self.check_interrupted(signal.SIGINT, lambda process: os.killpg(process.pid, signal.SIGINT))

    def test_a_supervisor(self):
        self.check_interrupted(signal.SIGTERM, lambda process: process.send_signal(signal.SIGTERM))

    def test_a_sender_that_stalls(self):
        self.deploy(self.image('one').name)
        before = self.entries()
        process = self.start_cli('deploy', '--root', self.top, '--stall-timeout', '200ms', stdin=subprocess.PIPE)
        process.stdin.write(make_tar(content('two'))[:3000])
        process.stdin.flush()
        result = self.end_program(process)
        process.stdin.close()
        self.assertEqual(result.status, 1, str(result))
        self.assertIn("nothing has come from 'the standard input' for 200 ms", result.err)
        self.assertEqual((self.check_whole(), self.entries()), ('one', before))

    def test_the_first_deployment_leaves_nothing(self):
        process = self.start_cli('deploy', '--root', self.top, stdin=subprocess.PIPE)
        self.assertTrue(traces.wait_until(lambda: os.path.isdir(self.top + '/releases') and self.entries()))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end_program(process).status, -signal.SIGTERM)
        process.stdin.close()
        self.assertFalse(os.path.exists(self.top))

    def test_while_it_waits_for_another(self):
        slow = self.start_cli('deploy', '--root', self.top, stdin=subprocess.PIPE)
        self.assertTrue(traces.wait_until(lambda: os.path.isdir(self.top + '/releases') and self.entries()))
        other = self.start_cli('deploy', '--root', self.top, self.image('two').name)
        self.assertTrue(traces.wait_until(lambda: len(self.programs(other.pid)) > 1))
        other.send_signal(signal.SIGTERM)
        self.assertEqual(self.end_program(other).status, -signal.SIGTERM)
        slow.stdin.write(make_tar(content('one')))
        slow.stdin.close()
        self.assertEqual(self.end_program(slow).status, 0)
        self.assertEqual(self.check_whole(), 'one')


class Disk(KilledCase):
    """What is on disk before something else is done, as a power failure needs it."""

    def setUp(self):
        super().setUp()
        if not shutil.which('strace'):
            self.skipTest('needs strace')

    def order(self, *argv):
        """The calls of a command, as 'fsync .new-' and 'renameat2 .new- releases'."""
        trace = self.path('trace')
        result = self.program('strace', '-f', '-qq', '-y', '-s', '4096', '-o', trace, '-e', 'trace=syncfs,fsync,linkat,renameat,renameat2',
                              *self.command_line(*argv), env=traces.untraced())
        self.assertEqual(result.status, 0, str(result))
        found = []
        with open(trace, encoding='utf-8') as f:
            for line in f:
                call = re.match(r'\d+ +(\w+)\((.*?)(?:\) += 0| <unfinished \.\.\.>)$', line.strip())
                if call:
                    words = re.findall(r'<([^>]*)>|"([^"]*)"', call[2])
                    words = [os.path.basename(path) or name for path, name in words]
                    found.append(' '.join([call[1].replace('renameat2', 'renameat')] + [re.sub(r'^(\.new-)(?!link).*', r'\1', w) for w in words]))
        return found

    def test_a_release(self):
        self.deploy(self.image('one').name)
        found = self.order('deploy', '--root', self.top, self.image('two').name)
        name = self.releases()[0]['name']
        self.assertEqual(found[found.index('syncfs .new-'):], [     # before that it is unpacked
            'syncfs .new-', 'fsync release.json', 'fsync .new-', f'renameat releases .new- releases {name}', 'fsync releases',
            'fsync releases', 'renameat releases .new-link app previous', 'renameat releases .new-link app current', 'fsync app'])

    def test_a_release_that_was_there(self):
        """Whoever gave it its name may have been killed before that was on disk"""
        self.deploy(self.image('one').name)
        image = self.image('two')
        self.deploy(image.name)
        self.rollback()
        expected = ['fsync releases', 'renameat releases .new-link app previous', 'renameat releases .new-link app current', 'fsync app']
        self.assertEqual(self.order('deploy', '--root', self.top, image.name), expected)
        self.assertEqual(self.order('rollback', '--root', self.top), expected)

    def test_in_place(self):
        self.deploy(self.image('one').name, '--mode', 'sync')
        found = self.order('deploy', '--root', self.top, '--mode', 'sync', self.image('two').name)
        found = found[found.index('syncfs .new-'):]
        begin = ['syncfs .new-', 'fsync release.json', 'fsync .new-', 'renameat .contain .new- .contain next', 'fsync .contain']
        end = ['syncfs app', 'renameat next release.json .contain release.json', 'fsync .contain']
        self.assertEqual((found[:5], found[-3:]), (begin, end))
        self.assertEqual({call.split()[0] for call in found[5:-3]}, {'linkat', 'renameat'})

    def test_an_archive(self):
        path = self.path('archive')
        found = self.order('export', self.image('one').name, '-o', path)
        self.assertEqual([re.sub(r'archive\.\w+', 'archive.', call) for call in found if not call.startswith('rename')],
                         ['fsync archive.', f'fsync {os.path.basename(self.place)}'])

    def test_a_disk_that_fails(self):
        """Before the switch nothing of it stays; behind it, what is in force is not taken away"""
        self.deploy(self.image('one').name)
        for i, expected, n in ((1, 'one', 1), (3, 'one', 1), (4, 'one', 1), (5, 'two', 2)):
            result = self.traced('fsync', f'error=EIO:when={i}', 'deploy', '--root', self.top, self.image('two').name)
            self.assertEqual(result.status, 1, str(result))
            self.assertIn('input/output error', result.err)
            self.assertEqual((self.check_whole(), len(self.entries())), (expected, n), f'fsync {i}')
        result = self.traced('syncfs', 'error=EIO:when=1', 'deploy', '--root', self.top, self.image('three').name)
        self.assertEqual(result.status, 1, str(result))
        self.assertEqual((self.check_whole(), len(self.entries())), ('two', 2))


if __name__ == '__main__':
    case.main()
