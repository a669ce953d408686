#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""create, start, state, kill, delete, as engines call them, and what stands after each."""

import os
import signal
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, sockets  # noqa: E402


class Lifecycle(case.CliCase):
    def test_containerd(self):
        """go-runc: --root R --log L --log-format json create --bundle B --pid-file P ID, start, kill, delete"""
        b = self.shell('echo started; exec sleep 100')
        name, log, pid_file = self.fresh_id(), self.path('log.json'), self.path('pid')
        general = ['--log', log, '--log-format', 'json']

        created = self.succeed(*general, 'create', '--bundle', b.path, '--pid-file', pid_file, name)
        with open(pid_file, encoding='ascii') as f:
            pid = int(f.read())
        state = self.state(name)
        self.assertEqual((state['status'], state['pid'], state['bundle']), ('created', pid, b.path))
        self.assertNotIn('started', created.out)

        self.succeed(*general, 'start', name)
        self.wait_for_output(created, 'started')
        self.assertEqual(self.status(name), 'running')

        self.succeed(*general, 'kill', name, '9')
        self.assertEqual(os.waitpid(pid, 0), (pid, signal.SIGKILL))
        state = self.state(name)
        self.assertEqual((state['status'], state['pid']), ('stopped', 0))
        self.succeed(*general, 'delete', name)
        self.refuse('does not exist', 'state', name)
        self.assert_no_trace()

    def test_exit_status_reaches_the_reaper(self):
        """conmon and the shim of containerd reap the container, and take its exit status so."""
        pid_file = self.path('pid')
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.shell('exit 7').path, '--pid-file', pid_file, name)
        self.succeed('start', name)
        with open(pid_file, encoding='ascii') as f:
            pid = int(f.read())
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 7)
        self.succeed('delete', name)

    def test_ended_but_not_reaped(self):
        """A process that nobody has waited for yet is stopped all the same."""
        name, _ = self.running('exit 0')
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)

    def test_delete_of_created(self):
        """buildah: plain delete of a container that was never started"""
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.bundle().path, name)
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_delete_of_running(self):
        name, _ = self.running()
        self.refuse('still running', 'delete', name)
        self.assertEqual(self.status(name), 'running')
        self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_delete_force_of_unknown(self):
        """podman, CRI-O: delete --force ID succeeds when there is none"""
        self.succeed('delete', '--force', self.fresh_id())
        self.succeed('delete', '-f', self.fresh_id())
        self.refuse('does not exist', 'delete', self.fresh_id())

    def test_same_id_again(self):
        name = self.fresh_id()
        b = self.bundle('sleep', '100')
        for _ in range(3):
            self.succeed('create', '--bundle', b.path, name)
            self.refuse('container with given ID already exists', 'create', '--bundle', b.path, name)
            self.refuse('container with given ID already exists', 'run', '--bundle', b.path, name)
            self.succeed('start', name)
            self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_start_twice(self):
        name, _ = self.running()
        self.assertEqual(self.cli('start', name).status, 1)
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.assertEqual(self.cli('start', name).status, 1)

    def test_unknown_id(self):
        for command in ('start', 'state', 'kill', 'delete'):
            self.refuse('container does not exist', command, self.fresh_id())

    def test_bundle_is_the_working_directory(self):
        b = self.bundle()
        name = self.fresh_id()
        self.succeed('create', name, cwd=b.path)
        self.assertEqual(self.state(name)['bundle'], b.path)
        self.succeed('delete', name)

    def test_relative_paths(self):
        b = self.bundle()
        name = self.fresh_id()
        self.program(case.CONTAIN_RUN, '--root', 'state', 'create', '-b', os.path.basename(b.path), '--pid-file',
                     'pid', name, cwd=self.place)
        self.assertEqual(self.state(name)['bundle'], b.path)
        self.assertTrue(os.path.exists(self.path('pid')))
        self.succeed('delete', name)

    def test_other_configuration(self):
        """crun: create --config FILE"""
        b = self.shell('exit 1')
        other = self.shell('exit 3')
        config = os.path.join(other.path, 'config.json')
        self.assertEqual(self.cli('run', '--bundle', b.path, '--config', config, self.fresh_id()).status, 3)
        self.assertEqual(self.cli('run', '-f', config, '-b', b.path, self.fresh_id()).status, 3)

    def test_pid_file_only_on_success(self):
        """conmon takes an absent pid file for the failure of the runtime"""
        pid_file = self.path('pid')
        for command in ('create', 'run'):
            self.refuse('', command, '--bundle', self.bundle('/absent').path, '--pid-file', pid_file,
                        self.fresh_id())
            self.assertFalse(os.path.exists(pid_file))

    def test_pid_file_that_cannot_be_written(self):
        for command in (['create'], ['run', '--detach'], ['run']):
            self.refuse('/absent/pid', *command, '--bundle', self.bundle('sleep', '100').path, '--pid-file',
                        '/absent/pid', self.fresh_id())
            self.assert_no_trace()

    def test_pid_file_replaces_an_old_one(self):
        pid_file = self.path('pid')
        with open(pid_file, 'w', encoding='ascii') as f:
            f.write('999999999\n')
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.bundle().path, f'--pid-file={pid_file}', name)
        with open(pid_file, encoding='ascii') as f:
            self.assertEqual(int(f.read()), self.state(name)['pid'])
        self.assertTrue(stat.S_ISREG(os.stat(pid_file).st_mode))
        self.assertEqual([n for n in os.listdir(self.place) if n.startswith('pid')], ['pid'])

    def test_pidfd_socket(self):
        """containerd: create --pidfd-socket S"""
        with sockets.listen(self.path('pidfd.sock')) as server:
            name = self.fresh_id()
            self.succeed('create', '--bundle', self.bundle('sleep', '100').path, '--pidfd-socket',
                         self.path('pidfd.sock'), name)
            pidfd = sockets.receive_fd(server)
        try:
            with open(f'/proc/self/fdinfo/{pidfd}', encoding='ascii') as f:
                self.assertIn(f'Pid:\t{self.state(name)["pid"]}\n', f.read())
            self.succeed('start', name)
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            self.wait_for_status(name, 'stopped')
        finally:
            os.close(pidfd)

    def test_pidfd_socket_that_nobody_listens_to(self):
        self.refuse('absent.sock', 'create', '--bundle', self.bundle().path, '--pidfd-socket',
                    self.path('absent.sock'), self.fresh_id())
        self.assert_no_trace()


if __name__ == '__main__':
    case.main()
