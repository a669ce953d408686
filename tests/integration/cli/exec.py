#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""exec, by the command lines that engines and people send, and what its exit status and files tell."""

import json
import os
import pty
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, sockets, traces  # noqa: E402

FAILURE = 255


def make_below(folder):
    """A cgroup in one of the container's, which processes can be moved to."""
    os.mkdir(folder + '/below')
    for name in ('cpuset.cpus', 'cpuset.mems'):
        if os.path.exists(f'{folder}/below/{name}'):
            with open(f'{folder}/{name}', encoding='ascii') as old, open(f'{folder}/below/{name}', 'w', encoding='ascii') as new:
                new.write(old.read())


class Exec(case.CliCase):
    def process_file(self, *args, **members):
        path = self.fresh_path('process')
        document = {'args': list(args), 'cwd': '/', 'env': ['PATH=/bin'], 'user': {'uid': 0, 'gid': 0}}
        with open(path, 'w', encoding='ascii') as f:
            json.dump(document | members, f)
        return path

    def fails(self, text, *argv, **options):
        """exec with @argv has to fail before the program runs: status 255, one line, @text in it."""
        result = self.cli('exec', *argv, **options)
        self.assertEqual(result.status, FAILURE, str(result))
        self.assertIn(text, result.err, str(result))
        self.assertEqual(result.err.count('\n'), 1, str(result))
        return result

    def prints(self, expected, *argv, **options):
        result = self.succeed('exec', *argv, **options)
        self.assertEqual(result.out, expected, str(result))

    def read_pid(self, path):
        with open(path, encoding='ascii') as f:
            return int(f.read())


class Engines(Exec):
    def test_containerd(self):
        """go-runc: --root R --log L --log-format json exec --process F --detach --pid-file P ID; the shim reaps"""
        name, _ = self.running()
        log, pid_file = self.fresh_path('log'), self.fresh_path('pid')
        general = ['--log', log, '--log-format', 'json']
        process = self.process_file('sh', '-c', 'sleep 0.2; exit 7')
        self.succeed(*general, 'exec', '--process', process, '--detach', '--pid-file', pid_file, name)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(self.read_pid(pid_file), 0)[1]), 7)

        pid_file = self.fresh_path('pid')
        result = self.cli(*general, 'exec', '--process', self.process_file('nosuch'), '--detach', '--pid-file', pid_file, name)
        self.assertEqual(result.status, FAILURE)
        self.assertFalse(os.path.exists(pid_file))
        traces.reap_ended()             # as the shim does
        with open(log, encoding='utf-8') as f:
            last = json.loads(f.read().splitlines()[-1])
        self.assertEqual(last['level'], 'error')
        self.assertIn('executable file not found in $PATH', last['msg'])

    def test_conmon(self):
        """conmon: exec --pid-file P --process F --detach --preserve-fds N ID"""
        name, _ = self.running()
        pid_file = self.fresh_path('pid')
        process = self.process_file('sh', '-c', 'echo there >&3')
        with open(self.fresh_path('output'), 'w+', encoding='ascii') as f:
            script = f'exec 3>&{f.fileno()}; exec "$@"'
            self.end_program(self.start_program(
                ['sh', '-c', script, 'sh', *self.command_line('exec', '--pid-file', pid_file, '--process', process, '--detach',
                                                              '--preserve-fds', '1', name)], pass_fds=(f.fileno(),)))
            os.waitpid(self.read_pid(pid_file), 0)
            f.seek(0)
            self.assertEqual(f.read(), 'there\n')

    def test_cri_o(self):
        """CRI-O, in the foreground: exec --process F ID"""
        name, _ = self.running()
        result = self.cli('exec', '--process', self.process_file('sh', '-c', 'echo out; echo err >&2; exit 3'), name)
        self.assertEqual((result.status, result.out, result.err), (3, 'out\n', 'err\n'))

    def test_conmon_rs(self):
        """conmon-rs: exec -d --console-socket=S --tty --pid-file=P ID COMMAND..."""
        name, _ = self.running()
        path, pid_file = self.fresh_path('socket'), self.fresh_path('pid')
        with sockets.listen(path) as server:
            self.succeed('exec', '-d', '--console-socket=' + path, '--tty', '--pid-file=' + pid_file, name,
                         'sh', '-c', 'tty; read line; echo "got $line"')
            master = sockets.receive_fd(server)
        os.write(master, b'hello\n')
        text = b''
        while b'got hello' not in text:
            text += os.read(master, 4096)
        self.assertIn(b'/dev/pts/0', text)
        os.waitpid(self.read_pid(pid_file), 0)
        os.close(master)

    def test_pidfd_socket(self):
        """containerd: exec --process F --pidfd-socket S --detach ID"""
        name, _ = self.running()
        path, pid_file = self.fresh_path('socket'), self.fresh_path('pid')
        with sockets.listen(path) as server:
            self.succeed('exec', '--process', self.process_file('sleep', '100'), '--pidfd-socket', path, '--pid-file', pid_file,
                         '--detach', name)
            fd = sockets.receive_fd(server)
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        os.close(fd)
        self.assertEqual(os.waitpid(self.read_pid(pid_file), 0)[1], signal.SIGKILL)


class Options(Exec):
    def setUp(self):
        super().setUp()
        self.name, _ = self.running()

    def test_command(self):
        self.prints('one two\n', self.name, 'echo', 'one', 'two')
        self.prints('x -e --cwd\n', self.name, 'echo', 'x', '-e', '--cwd')
        self.prints('dashes\n', self.name, '--', 'echo', 'dashes')

    def test_environment(self):
        self.prints('b d\n', '-e', 'A=b', '--env', 'C=d', self.name, 'sh', '-c', 'echo $A $C')
        self.prints('2\n', '-e', 'A=1', '-e', 'A=2', self.name, 'sh', '-c', 'echo $A')
        self.fails('/env/', '-e', 'A', self.name, 'true')

    def test_cwd(self):
        self.prints('/bin\n', '--cwd', '/bin', self.name, 'pwd')
        self.fails('', '--cwd', 'bin', self.name, 'pwd')

    def test_user(self):
        self.prints('1 0\n', '-u', '1', self.name, 'sh', '-c', 'echo $(id -u) $(id -g)')
        self.prints('1 2\n', '--user=1:2', self.name, 'sh', '-c', 'echo $(id -u) $(id -g)')
        self.prints('0 5 6\n', '-g', '5', '--additional-gids', '6', self.name, 'id', '-G')

    def test_user_that_is_none(self):
        """CVE-2026-30892: what is no number must not become 0"""
        for text in ('root', '', ':', '1:', ':1', '-1', '+1', ' 1', '1 ', '0x1', '1:2:3', '4294967295', '99999999999999999999', 'a'):
            self.fails('invalid user', '--user', text, self.name, 'id')
        for text in ('', 'x', '-1', '4294967295'):
            self.fails('invalid group', '-g', text, self.name, 'id')

    def test_capabilities(self):
        """CVE-2022-29162: --cap gives nothing that is inheritable"""
        text = self.succeed('exec', '-c', 'CAP_SYS_TIME', '--cap=CAP_SYS_BOOT', self.name, 'cat', '/proc/self/status').out
        sets = dict(line.split(':\t') for line in text.splitlines() if line.startswith('Cap'))
        wanted = 1 << 25 | 1 << 22
        for name in ('CapEff', 'CapPrm', 'CapBnd'):
            self.assertEqual(int(sets[name], 16) & wanted, wanted, name)
        self.assertEqual(int(sets['CapInh'], 16) & wanted, 0)

    def test_no_new_privs(self):
        self.assertIn('NoNewPrivs:\t1', self.succeed('exec', '--no-new-privs', self.name, 'cat', '/proc/self/status').out)

    def test_labels(self):
        for option in ('--process-label', '--apparmor'):
            result = self.cli('exec', option, 'nosuch', self.name, 'true')
            self.assertEqual(result.status, FAILURE, str(result))

    def test_accepted_without_effect(self):
        self.prints('', '--no-subreaper', self.name, 'true')

    def test_preserve_fds_that_are_not_open(self):
        self.fails('descriptor', '--preserve-fds', '100', self.name, 'true')
        self.fails('more than 128', '--preserve-fds', '1000', self.name, 'true')

    def test_usage(self):
        self.fails('flag needs an argument: --process', '--process')
        self.fails('flag provided but not defined: --nosuch', '--nosuch', self.name, 'true')
        self.fails('wrong number of operands')
        self.fails('no command to run', self.name)
        self.fails("cannot read '/nosuch'", '--process', '/nosuch', self.name)
        self.assertIn('--pid-file', self.succeed('exec', '--help').out)


class Cgroups(Exec):
    def test_below_the_containers(self):
        name, _ = self.running()
        folders = traces.cgroups_named([name])
        for folder in folders:
            make_below(folder)
        self.addCleanup(lambda: [os.rmdir(f + '/below') for f in folders if os.path.isdir(f + '/below')])
        pid_file = self.fresh_path('pid')
        self.succeed('exec', '-d', '--pid-file', pid_file, '--cgroup', '/below', name, 'sleep', '100')
        pid = self.read_pid(pid_file)
        for folder in folders:
            with open(folder + '/below/cgroup.procs', encoding='ascii') as f:
                self.assertEqual(f.read(), f'{pid}\n', folder)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        for text in ('../below', 'below/..', '/..', 'nosuch'):
            self.fails('cgroup', '--cgroup', text, name, 'true')

    def test_of_one_controller(self):
        if os.path.exists('/sys/fs/cgroup/cgroup.controllers'):
            self.skipTest('cgroup v2 only')
        name, _ = self.running()
        folders = [f for f in traces.cgroups_named([name]) if f.startswith('/sys/fs/cgroup/pids/')]
        for folder in folders:
            os.mkdir(folder + '/below')
        self.addCleanup(lambda: [os.rmdir(f + '/below') for f in folders if os.path.isdir(f + '/below')])
        result = self.succeed('exec', '--cgroup', 'pids:below', name, 'cat', '/proc/self/cgroup')
        self.assertIn(':pids:/below\n', result.out)
        self.assertIn(':memory:/\n', result.out)
        self.fails('nosuch:below', '--cgroup', 'nosuch:below', name, 'true')


class Foreground(Exec):
    def test_exit_codes(self):
        name, _ = self.running()
        for code in (0, 1, 127, 255):
            self.assertEqual(self.cli('exec', name, 'sh', '-c', f'exit {code}').status, code)
        self.assertEqual(self.cli('exec', name, 'sh', '-c', 'kill -9 $$').status, 128 + 9)

    def test_signals_are_passed_on(self):
        name, _ = self.running()
        process = self.start_cli('exec', name, 'sh', '-c', 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done')
        result = case.Result(process.args, None, process.out_path, process.err_path)
        self.wait_for_output(result, 'ready')
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end_program(process).status, 9)

    def test_terminal(self):
        name, _ = self.running()
        master, slave = pty.openpty()
        process = self.start_cli('exec', '-t', name, 'sh', '-c', 'tty; read line; echo "got $line"; exit 4', stdin=slave, stdout=slave)
        os.close(slave)
        os.write(master, b'hello\n')
        self.assertEqual(self.end_program(process).status, 4)
        text = os.read(master, 4096).decode()
        os.close(master)
        self.assertIn('/dev/pts/0', text)
        self.assertIn('got hello', text)

    def test_input_and_output(self):
        name, _ = self.running()
        path = self.fresh_path('input')
        with open(path, 'w', encoding='ascii') as f:
            f.write('x' * 100000)
        with open(path, encoding='ascii') as f:
            self.prints('100000\n', name, 'wc', '-c', stdin=f)

    def test_pid_file(self):
        name, _ = self.running()
        pid_file = self.fresh_path('pid')
        self.succeed('exec', '--pid-file', pid_file, name, 'true')
        self.assertGreater(self.read_pid(pid_file), 0)


class States(Exec):
    def test_created(self):
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.bundle('sleep', '100').path, name)
        self.prints('here\n', name, 'echo', 'here')

    def test_stopped(self):
        name, _ = self.running('exit 0')
        self.wait_for_status(name, 'stopped')
        self.fails('container not running', name, 'true')

    def test_unknown(self):
        self.fails('container does not exist', self.fresh_id(), 'true')

    def test_paused(self):
        name, _ = self.running()
        self.succeed('pause', name)
        self.fails('cannot exec in a paused container', name, 'true')
        process = self.start_cli('exec', '--ignore-paused', name, 'echo', 'at last')
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        self.succeed('resume', name)
        result = self.end_program(process)
        self.assertEqual((result.status, result.out), (0, 'at last\n'))

    def test_killed_before_it_is_done(self):
        """containerd and buildkit set PDEATHSIG: what is killed on the way leaves nothing in the container."""
        name, _ = self.running()
        self.succeed('pause', name)
        process = self.start_cli('exec', '--ignore-paused', name, 'sleep', '1000')
        time.sleep(0.3)
        process.kill()
        process.wait()
        self.succeed('resume', name)
        self.assertTrue(traces.wait_until(lambda: len(traces.reap_ended()) == 1))       # the container's own
        self.assertNotIn('sleep 1000', self.succeed('ps', name).out)

    def test_gone_with_the_container(self):
        name, _ = self.running()
        process = self.start_cli('exec', name, 'sh', '-c', 'echo ready; sleep 1000')
        self.wait_for_output(case.Result(process.args, None, process.out_path, process.err_path), 'ready')
        self.succeed('kill', name, 'KILL')
        self.assertEqual(self.end_program(process).status, 128 + 9)


if __name__ == '__main__':
    case.main()
