#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run: exit statuses, forwarded signals, --detach, --keep, --rootfs, descriptors, and odd surroundings."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402


class Status(case.CliCase):
    def test_exit_status(self):
        for status in (0, 1, 7, 126, 127, 255):
            b = self.shell(f'exit {status}')
            self.assertEqual(self.cli('run', '--bundle', b.path, self.fresh_id()).status, status)
        self.assert_no_trace()

    def test_ended_by_a_signal(self):
        name = self.fresh_id()
        process = self.start_cli('run', '--bundle', self.bundle('sleep', '100').path, name)
        traces.wait_until(lambda: self.cli('state', name).status == 0 and self.status(name) == 'running')
        self.succeed('kill', name, 'KILL')
        self.assertEqual(self.end_program(process).status, 128 + signal.SIGKILL)
        self.assert_no_trace()

    def test_output_and_input(self):
        b = self.bundle('cat')
        given = self.path('given')
        with open(given, 'wb') as f:
            f.write(b'x' * 200000)
        with open(given, 'rb') as f:
            result = self.succeed('run', '--bundle', b.path, self.fresh_id(), stdin=f)
        self.assertEqual(len(result.out), 200000)

    def test_standard_error(self):
        result = self.succeed('run', '--bundle', self.shell('echo o; echo e >&2').path, self.fresh_id())
        self.assertEqual((result.out, result.err), ('o\n', 'e\n'))


class Signals(case.CliCase):
    def forwarded(self, signo):
        script = f'trap "echo got {signo}; exit 5" {signo}; echo ready; {case.WAIT}'
        process = self.start_cli('run', '--bundle', self.shell(script).path, self.fresh_id())
        result = case.Result(process.args, None, process.out_path, process.err_path)
        self.wait_for_output(result, 'ready')
        process.send_signal(signo)
        result = self.end_program(process)
        self.assertEqual((result.status, result.out), (5, f'ready\ngot {signo}\n'), str(result))

    def test_forwarding(self):
        for signo in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
                      signal.SIGALRM, signal.SIGRTMIN + 3):
            with self.subTest(signo=signo):
                self.forwarded(int(signo))
        self.assert_no_trace()

    def test_mask_and_dispositions_inside(self):
        """What contain-run blocks for itself, and what its caller ignores, is not handed down."""
        b = self.bundle('grep', '-E', '^Sig(Blk|Ign|Cgt)', '/proc/self/status')
        result = self.succeed('run', '--bundle', b.path, self.fresh_id(),
                              preexec_fn=lambda: signal.signal(signal.SIGUSR1, signal.SIG_IGN))
        masks = dict(line.split(':\t') for line in result.out.split('\n') if line)
        self.assertEqual({name: int(value, 16) for name, value in masks.items()},
                         {'SigBlk': 0, 'SigIgn': 0, 'SigCgt': 0})


class Modes(case.CliCase):
    def test_detached(self):
        """go-runc: run --bundle B --detach --pid-file P ID"""
        name, pid_file = self.fresh_id(), self.path('pid')
        self.succeed('run', '--bundle', self.bundle('sleep', '100').path, '--detach', '--pid-file', pid_file, name)
        with open(pid_file, encoding='ascii') as f:
            self.assertEqual(int(f.read()), self.state(name)['pid'])
        self.assertEqual(self.status(name), 'running')
        self.succeed('kill', name, 'SIGKILL')
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_detached_leaves_the_exit_status(self):
        """A shim takes the children of those who ended: also of a container that ends before contain-run does."""
        script = '''
import ctypes, os, sys
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
assert os.waitpid(pid, 0)[1] == 0
print(os.waitstatus_to_exitcode(os.waitpid(-1, 0)[1]))
'''
        b = self.shell('exit 7')
        for _ in range(20):
            name = self.fresh_id()
            result = self.program(sys.executable, '-c', script, case.CONTAIN_RUN, '--root', self.root, 'run', '--detach',
                                  '--bundle', b.path, name)
            self.assertEqual((result.status, result.out), (0, '7\n'), result)
            self.succeed('delete', name)

    def test_keep(self):
        """buildkit: run --bundle B --keep ID, then delete ID"""
        name = self.fresh_id()
        self.assertEqual(self.cli('run', '--bundle', self.shell('exit 4').path, '--keep', name).status, 4)
        self.assertEqual(self.status(name), 'stopped')
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_failure_to_start_leaves_nothing(self):
        for options in ([], ['--detach'], ['--keep']):
            self.refuse('/absent', 'run', '--bundle', self.bundle('/absent').path, *options, self.fresh_id())
            self.assert_no_trace()

    def test_accepted_flags(self):
        """buildah: create --no-pivot --no-new-keyring; containerd: -no-subreaper with one dash"""
        self.succeed('run', '--bundle', self.bundle().path, '--no-new-keyring', '-no-subreaper', self.fresh_id())
        self.succeed('run', '--bundle', self.bundle().path, '--no-pivot', self.fresh_id())
        self.assert_no_trace()


class Rootfs(case.CliCase):
    def test_host_root(self):
        """The command of scripts/quickstart: the host's own root, read-only, and without an id."""
        script = 'echo pid $$; touch /absent 2>/dev/null || echo read-only; echo > /tmp/mark && ls /tmp'
        result = self.succeed('run', '--rootfs', '/', '--', 'sh', '-c', script)
        self.assertEqual(result.out, 'pid 1\nread-only\nmark\n', str(result))
        self.assertFalse(os.path.exists('/tmp/mark'))
        self.assert_no_trace()

    def test_any_folder(self):
        result = self.succeed('run', '--rootfs', self.rootfs, self.fresh_id(), '--', 'ls', '/')
        self.assertIn('bin', result.out.split())

    def test_options_of_the_program(self):
        result = self.succeed('run', '--rootfs', self.rootfs, '--', 'echo', '--keep', '-h', '--')
        self.assertEqual(result.out, '--keep -h --\n')

    def test_exit_status(self):
        self.assertEqual(self.cli('run', '--rootfs', self.rootfs, '--', 'sh', '-c', 'exit 9').status, 9)

    def test_misuse(self):
        self.refuse('program', 'run', '--rootfs', self.rootfs)
        self.refuse('program', 'run', '--rootfs', self.rootfs, '--')
        self.refuse('--rootfs', 'run', '--rootfs', self.rootfs, '--bundle', '.', '--', 'true')
        self.refuse('--rootfs', 'run', '--bundle', self.bundle().path, self.fresh_id(), '--', 'true')
        self.refuse('/absent', 'run', '--rootfs', '/absent', '--', 'true')


class Descriptors(case.CliCase):
    """What is open in the caller, and what of it the program sees."""

    def with_open(self, redirections, *argv):
        script = f'exec {redirections}; exec "$@"'
        return self.program('sh', '-c', script, 'sh', case.CONTAIN_RUN, '--root', self.root, *argv)

    def given(self):
        path = self.path('given')
        with open(path, 'w', encoding='ascii') as f:
            f.write('given\n')
        return path

    def test_preserve_fds(self):
        """conmon: --preserve-fds N, which begin at 3"""
        b = self.shell('cat <&3; ls /proc/self/fd | wc -l')
        result = self.with_open(f'3<{self.given()} 4</dev/null 5</dev/null', 'run', '--bundle', b.path,
                                '--preserve-fds', '2', self.fresh_id())
        # 0 to 4, and the folder that ls reads.
        self.assertEqual((result.status, result.out), (0, 'given\n6\n'), str(result))

    def test_preserved_but_not_open(self):
        for command in ('create', 'run'):
            self.refuse('descriptor 3', command, '--bundle', self.bundle().path, '--preserve-fds=3', self.fresh_id())
        self.assert_no_trace()

    def test_nothing_else_is_seen(self):
        b = self.shell('ls /proc/self/fd | wc -l')
        result = self.with_open(f'3<{self.given()} 7</dev/null 9</', 'run', '--bundle', b.path, self.fresh_id())
        self.assertEqual(result.out, '4\n', str(result))

    def test_closed_standard_streams(self):
        b = self.shell('for n in 0 1 2; do [ -e /proc/self/fd/$n ] || exit 9; done; exit 6')
        result = self.with_open('<&- >&- 2>&-', 'run', '--bundle', b.path, self.fresh_id())
        self.assertEqual(result.status, 6)
        self.assertEqual(self.with_open('<&-', 'run', '--bundle', b.path, self.fresh_id()).status, 6)
        self.assert_no_trace()


class Surroundings(case.CliCase):
    def test_empty_environment(self):
        """CRI-O and podman pass next to nothing on"""
        self.succeed('run', '--bundle', self.shell('exit 0').path, self.fresh_id(), env={})

    def test_environment_is_not_handed_down(self):
        result = self.succeed('run', '--bundle', self.bundle('env').path, self.fresh_id(),
                              env={'SECRET': '1', 'PATH': '/nowhere'})
        self.assertNotIn('SECRET', result.out)

    def test_caller_dies(self):
        """
        containerd, buildkit and buildah have the kernel kill the runtime when they die: at any moment of
        a create, `delete --force` then removes what there is, and the id is free.
        """
        b = self.bundle('sleep', '100')
        for step in range(24):
            name = self.fresh_id()
            process = self.start_cli('create', '--bundle', b.path, name)
            traces.wait_until(lambda: process.poll() is not None, 0.0004 * step)
            process.kill()
            process.wait()
            self.succeed('delete', '--force', name)
            self.assert_no_trace()
            self.succeed('create', '--bundle', b.path, name)
            self.succeed('delete', '--force', name)

    def test_limits_of_the_caller(self):
        """A caller without many descriptors, and one whose stack is small"""
        result = self.program('sh', '-c', 'ulimit -n 32; ulimit -s 256; exec "$@"', 'sh', case.CONTAIN_RUN, '--root',
                              self.root, 'run', '--bundle', self.bundle().path, self.fresh_id())
        self.assertEqual(result.status, 0, str(result))

    def test_state_is_readable_meanwhile(self):
        name = self.fresh_id()
        process = self.start_cli('run', '--bundle', self.shell(case.WAIT).path, name)
        self.assertTrue(traces.wait_until(lambda: self.cli('state', name).status == 0))
        self.wait_for_status(name, 'running')
        listed = json.loads(self.succeed('list', '--format', 'json').out)
        self.assertEqual([c['id'] for c in listed], [name])
        self.succeed('kill', name, 'KILL')
        self.end_program(process)


if __name__ == '__main__':
    case.main()
