#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What a container needs has been damaged, removed or taken over: its record, its bundle, its cgroup, its pid. Each
command says so in one line or does without; none hangs, and none signals a process that is not the container's.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402


def replace(path, text):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)


class Record(case.CliCase):
    def record(self, name):
        return os.path.join(self.root, name, 'record.json')

    def changed(self, name, **members):
        with open(self.record(name), encoding='utf-8') as f:
            record = json.load(f)
        replace(self.record(name), json.dumps({**record, **members}))

    def check_damaged(self, name, text='record.json'):
        """All that is left to do is delete --force"""
        for argv in (['state', name], ['start', name], ['kill', name, 'KILL'], ['delete', name]):
            self.refuse(text, *argv)
        self.assertEqual(self.succeed('list', '-q').out, '')
        self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_contents(self):
        for text in ('{', 'garbage', '[]', '""', '\0', '{}', '{"version": 1}', '[' * 1000, 'x' * 5 * 1024 * 1024,
                     '{"version": "1", "id": "x"}', '{"version": 1, "id": 5}', '{"version": 1, "id": "other", "pid": 1}'):
            with self.subTest(text=text[:30]):
                name, _ = self.running()
                replace(self.record(name), text)
                self.check_damaged(name)

    def test_wrong_members(self):
        for members in ({'pid': 'one'}, {'pid': -1}, {'pid': 1 << 40}, {'startTime': []}, {'version': None}, {'id': 'x'},
                        {'cgroup': 5}, {'cgroup': '{'}, {'cgroup': '["/../../x"]'}, {'created': {}}):
            with self.subTest(members=members):
                name, _ = self.running()
                self.changed(name, **members)
                self.check_damaged(name, '')

    def test_truncated(self):
        for part in (1, 10, 50, 90):
            name, _ = self.running()
            os.truncate(self.record(name), os.path.getsize(self.record(name)) * part // 100)
            self.check_damaged(name)

    def test_newer_version(self):
        name, _ = self.running()
        self.changed(name, version=99, pid='means something else')
        self.check_damaged(name, 'version 99')

    def test_other_things_in_its_place(self):
        def link(path):
            os.symlink('/etc/passwd', path)

        def listen(path):
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(path)

        def folder(path):
            os.makedirs(os.path.join(path, 'deep', 'deeper'))

        for put in (link, os.mkfifo, listen, folder):
            with self.subTest(put=put.__name__):
                name, _ = self.running()
                os.unlink(self.record(name))
                put(self.record(name))
                self.check_damaged(name)

    def test_none_or_empty(self):
        """Its maker was killed before it had written one: nothing runs, as far as anybody knows"""
        for take in (os.unlink, lambda path: os.truncate(path, 0)):
            name = self.fresh_id()
            self.succeed('--cgroup-manager', 'disabled', 'create', '--bundle', self.bundle().path, name)
            self.succeed('kill', name, 'KILL')
            self.wait_for_status(name, 'stopped')
            take(self.record(name))
            self.assertEqual(self.status(name), 'stopped')
            self.refuse('not created', 'start', name)
            self.refuse('container not running', 'kill', name)
            self.succeed('delete', '--force', name)

    def test_of_another_owner(self):
        name, _ = self.running()
        folder = os.path.join(self.root, name)
        os.chown(folder, 12345, 12345)
        for argv in (['state', name], ['start', name], ['kill', name], ['delete', name], ['delete', '--force', name]):
            self.refuse('belongs to user 12345', *argv)
        os.chown(folder, 0, 0)
        self.succeed('delete', '--force', name)


class Pid(case.CliCase):
    def doctored(self, pid, **members):
        """A container whose record names another process."""
        name, _ = self.running('true')
        self.wait_for_status(name, 'stopped')
        path = os.path.join(self.root, name, 'record.json')
        with open(path, encoding='utf-8') as f:
            record = json.load(f)
        replace(path, json.dumps({**record, 'pid': pid, **members}))
        return name

    def test_of_a_bystander(self):
        bystander = subprocess.Popen(['sleep', '1000'])
        self.addCleanup(lambda: (bystander.kill(), bystander.wait()))
        # A process is told by its number and the clock tick of its start: the container's is in a later one.
        tick = time.clock_gettime(time.CLOCK_BOOTTIME) + 2 / os.sysconf('SC_CLK_TCK')
        while time.clock_gettime(time.CLOCK_BOOTTIME) < tick:
            pass
        for pid in (bystander.pid, os.getpid(), 1):
            name = self.doctored(pid)
            self.assertEqual((self.status(name), self.state(name)['pid']), ('stopped', 0))
            self.refuse('container not running', 'kill', name, 'KILL')
            self.succeed('kill', '--all', name, 'KILL')
            self.succeed('delete', name)
            name = self.doctored(pid)
            self.succeed('delete', '--force', name)
        self.assertIsNone(bystander.poll())

    def test_recycled(self):
        """The kernel gives the number to another process, in a pid namespace in which that can be made to happen"""
        b, name = self.bundle('true'), self.fresh_id()
        script = '''
            set -e
            $RUN create --bundle "$BUNDLE" $NAME >/dev/null </dev/null
            pid=$($RUN state $NAME | grep '"pid"' | tr -dc 0-9)
            $RUN start $NAME
            while [ -e /proc/$pid ]; do :; done
            for i in 1 2 3 4 5 6 7 8 9; do
                echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
                sleep 1000 </dev/null >/dev/null 2>&1 &
                [ $! = $pid ] && break
                kill -KILL $!
            done
            [ $! = $pid ] || { echo missed; exit 3; }
            $RUN state $NAME | grep -q stopped
            ! $RUN kill $NAME KILL 2>/dev/null
            $RUN kill --all $NAME KILL
            $RUN delete --force $NAME
            kill -0 $pid && echo alive
        '''
        env = {**os.environ, 'RUN': f'{case.CONTAIN_RUN} --root {self.root}', 'BUNDLE': b.path, 'NAME': name}
        # The first process of the namespace reaps what is left of the container, as an init does.
        result = self.program('unshare', '--pid', '--fork', '--mount-proc', 'sh', '-c', script, env=env)
        if result.out == 'missed\n':
            self.skipTest('the pid was not given out again')
        self.assertEqual((result.status, result.out, result.err), (0, 'alive\n', ''), str(result))


class Bundle(case.CliCase):
    def test_gone(self):
        """What was in it is not needed once the container is created"""
        name, b = self.fresh_id(), self.shell(case.WAIT)
        self.succeed('create', '--bundle', b.path, name)
        shutil.rmtree(b.path)
        self.assertEqual(self.state(name)['bundle'], b.path)
        self.succeed('start', name)
        self.assertEqual(self.status(name), 'running')
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.assertEqual(self.succeed('delete', name).err, '')
        self.assert_no_trace()

    def test_odd_path(self):
        name, b = self.fresh_id(), self.shell(case.WAIT)
        path = b.path + ' of\n"two" \\lines\t'
        os.rename(b.path, path)
        self.succeed('create', '--bundle', path, name)
        self.assertEqual(self.state(name)['bundle'], path)
        self.assertEqual(json.loads(self.succeed('list', '-f', 'json').out)[0]['bundle'], path)
        self.succeed('start', name)
        self.succeed('delete', '--force', name)

    def test_configuration_that_is_no_file(self):
        b = self.bundle()
        path = os.path.join(b.path, 'config.json')
        os.unlink(path)
        for put in (os.mkfifo, os.mkdir, lambda path: os.symlink('/dev/zero', path),
                    lambda path: os.symlink('/proc/kmsg', path), lambda path: os.symlink(path, path)):
            put(path)
            self.refuse('config.json', 'create', '--bundle', b.path, self.fresh_id())
            self.assert_no_trace()
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            else:
                os.unlink(path)


class Cgroup(case.CliCase):
    def folders(self, name):
        return traces.cgroups_named([name])

    def test_removed_by_hand(self):
        name, _ = self.running()
        pid = self.state(name)['pid']
        for folder in sorted(self.folders(name), key=len, reverse=True):
            above = os.path.dirname(folder)
            with open(os.path.join(folder, 'cgroup.procs'), encoding='ascii') as f:
                for line in f.read().split():
                    with open(os.path.join(above, 'cgroup.procs'), 'w', encoding='ascii') as procs:
                        procs.write(line)
            os.rmdir(folder)
        self.assertEqual(self.status(name), 'running')
        self.succeed('kill', '--all', name, 'KILL')
        self.assertTrue(traces.wait_until(lambda: self.status(name) == 'stopped'), pid)
        self.succeed('kill', '--all', name, 'KILL')
        self.succeed('delete', name)
        self.assert_no_trace()

    def freeze(self, name):
        """Freezes it by its cgroup's files, as anybody can."""
        for folder in self.folders(name):
            for file, value, events, frozen in (('cgroup.freeze', '1', 'cgroup.events', 'frozen 1'),
                                                ('freezer.state', 'FROZEN', 'freezer.state', 'FROZEN')):
                path = os.path.join(folder, file)
                if os.path.exists(path):
                    replace(path, value)

                    def is_frozen(path=os.path.join(folder, events), text=frozen):
                        with open(path, encoding='ascii') as f:
                            return text in f.read()
                    self.assertTrue(traces.wait_until(is_frozen))
                    return
        self.skipTest('no freezer')

    def test_frozen_and_killed(self):
        for argv in (['kill', 'NAME', 'KILL'], ['kill', '--all', 'NAME', 'KILL'], ['kill', '-a', 'NAME', '9']):
            name, _ = self.running()
            self.freeze(name)
            self.succeed(*[name if word == 'NAME' else word for word in argv])
            self.wait_for_status(name, 'stopped')
            self.succeed('delete', name)
        self.assert_no_trace()

    def test_frozen_and_deleted(self):
        name, _ = self.running()
        self.freeze(name)
        self.assertEqual(self.status(name), 'paused')
        self.succeed('kill', name, 'TERM')
        self.refuse('', 'delete', name)
        self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_frozen_and_started(self):
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.bundle().path, name)
        self.freeze(name)
        self.refuse("in status 'paused'", 'start', name)
        self.succeed('delete', '--force', name)
        self.assert_no_trace()


class WithoutPidNamespace(case.CliCase):
    """The cgroup alone tells which processes are the container's."""

    def running_on_the_host(self, script):
        def change(config):
            config['linux']['namespaces'] = [n for n in config['linux']['namespaces'] if n['type'] != 'pid']
        return self.running(script, change)

    def test_all_get_a_signal(self):
        name, created = self.running_on_the_host(
            f'(trap "echo got" USR1; echo ready; {case.WAIT}) & (trap "echo got" USR1; echo ready; {case.WAIT}) & '
            f'trap "echo got" USR1; echo ready; {case.WAIT}')
        self.wait_for_output(created, 'ready\nready\nready\n')
        self.succeed('kill', '--all', name, 'USR1')
        self.assertTrue(traces.wait_until(lambda: created.out.count('got') == 3), created.out)
        self.succeed('kill', '-a', name, '9')
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_what_its_first_process_leaves(self):
        for argv in (['delete'], ['delete', '--force'], ['kill', '--all']):
            name, _ = self.running_on_the_host('sleep 1000 & sleep 1000 & exit 0')
            self.wait_for_status(name, 'stopped')
            self.assertEqual(len(traces.reap_ended()), 2)
            self.succeed(*argv, name, *(['KILL'] if argv[0] == 'kill' else []))
            self.assertTrue(traces.wait_until(lambda: not traces.reap_ended()))
            self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_signals_to_one(self):
        name, created = self.running_on_the_host(
            f'(trap "echo wrong" USR1; echo ready; {case.WAIT}) & trap "echo right" USR1; echo ready; {case.WAIT}')
        self.wait_for_output(created, 'ready\nready\n')
        self.succeed('kill', name, 'USR1')
        self.wait_for_output(created, 'right')
        self.assertNotIn('wrong', created.out)


if __name__ == '__main__':
    case.main()
