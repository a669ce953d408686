#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A container as a service: NOTIFY_SOCKET and LISTEN_FDS, with the test in the place of the service manager; and, where
there is one, with systemd itself.
"""

import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import bundle, case, traces  # noqa: E402

PYTHON = '/usr/bin/python3'
# What the program inside says, one message each; b'' is a barrier.
SAY = r'''
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
for text in sys.argv[1:]:
    if text == "sleep":
        time.sleep(1)
    elif text == "stay":
        time.sleep(1000)
    elif text == "barrier":
        r, w = os.pipe()
        socket.send_fds(s, [b"BARRIER=1"], [w])
        os.close(w)
        os.read(r, 1)
        print("passed", flush=True)
    else:
        s.send(text.encode())
'''

# Puts a descriptor in the places of the sockets, and becomes the program.
LAUNCH = r'''
import os, sys
passed, n, more, pid = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] or str(os.getpid())
passed = os.dup2(passed, 100)
for i in range(n + more):
    os.dup2(passed, 3 + i)
for fd in range(3 + n + more, 101):
    os.set_inheritable(fd, False) if os.path.exists(f"/proc/self/fd/{fd}") else None
os.environ.update(LISTEN_FDS=str(n), LISTEN_PID=pid)
os.execv(sys.argv[5], sys.argv[5:])
'''


class ServiceCase(case.CliCase):
    def obstacle(self):
        if not os.path.exists(PYTHON):
            return f'needs {PYTHON}'
        if os.geteuid() != 0 and not os.path.isdir('/run/systemd/system'):
            return 'needs root'
        return None if bundle.find_busybox() else 'needs a static busybox'

    def setUp(self):
        super().setUp()
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.settimeout(20)
        self.manager.bind(self.path('manager.sock'))
        os.chmod(self.path('manager.sock'), 0o777)

    def environment(self, **more):
        return {**os.environ, 'NOTIFY_SOCKET': self.path('manager.sock'), **more}

    def python(self, script, *arguments):
        """A bundle that runs the host's Python."""
        b = self.bundle('python3', '-c', script, *arguments)
        b.config['process']['args'][0] = PYTHON
        for folder in ('/usr', '/lib', '/lib64', '/bin'):
            if os.path.isdir(folder):
                b.config['mounts'].append({'destination': folder, 'type': 'bind', 'source': folder,
                                           'options': ['rbind', 'ro']})
        b.config['root']['readonly'] = True
        return b.save()

    def make_targets(self):
        for folder in ('usr', 'lib', 'lib64', 'run'):
            os.makedirs(os.path.join(self.rootfs, folder), exist_ok=True)

    def received(self):
        return self.manager.recv(4096).decode()

    def assert_quiet(self):
        self.manager.settimeout(0.3)
        self.assertRaises(TimeoutError, self.manager.recv, 4096)
        self.manager.settimeout(20)


class Notify(ServiceCase):
    def test_run(self):
        self.make_targets()
        process = self.start_cli('run', '--bundle', self.python(SAY, 'STATUS=half', 'READY=1\nSTATUS=all', 'sleep').path,
                                 self.fresh_id(), env=self.environment())
        self.assertEqual(self.received(), 'STATUS=half\n')
        # This process stays, so it is the main one still.
        self.assertEqual(self.received(), 'READY=1\nSTATUS=all\n')
        self.assertEqual(self.received(), 'BARRIER=1')
        self.assertEqual(self.end_program(process).status, 0)
        self.assert_no_trace()

    def test_only_what_is_the_containers_to_say(self):
        self.make_targets()
        process = self.start_cli('run', '--bundle', self.python(
            SAY, 'MAINPID=1', 'FDSTORE=1\nFDNAME=x', 'NOTIFYACCESS=all\nSTOPPING=1\nMAINPID=1', 'x' * 5000, 'nonsense',
            'WATCHDOG=1').path, self.fresh_id(), env=self.environment())
        self.assertEqual(self.received(), 'STOPPING=1\n')
        self.assertEqual(self.received(), 'WATCHDOG=1\n')
        self.assertEqual(self.end_program(process).status, 0)
        self.assert_quiet()

    def test_start_waits_until_ready(self):
        self.make_targets()
        name = self.fresh_id()
        b = self.python(SAY, 'STATUS=not yet', 'sleep', 'READY=1', 'stay')
        self.succeed('create', '--bundle', b.path, name, env=self.environment())
        process = self.start_cli('start', name, env=self.environment())
        self.assertEqual(self.received(), 'STATUS=not yet\n')
        self.assertIsNone(process.poll())
        self.assertEqual(self.received(), f'READY=1\nMAINPID={self.state(name)["pid"]}\n')
        self.assertEqual(self.received(), 'BARRIER=1')
        self.assertEqual(self.end_program(process).status, 0)
        self.assertEqual(self.status(name), 'running')
        self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_run_detached_waits_until_ready(self):
        self.make_targets()
        name = self.fresh_id()
        process = self.start_cli('run', '--detach', '--bundle', self.python(SAY, 'sleep', 'READY=1', 'stay').path, name,
                                 env=self.environment())
        self.assertRegex(self.received(), r'READY=1\nMAINPID=\d+\n')
        self.assertEqual(self.received(), 'BARRIER=1')
        self.assertEqual(self.end_program(process).status, 0)
        self.succeed('delete', '--force', name)

    def test_start_ends_with_a_program_that_never_says_so(self):
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.shell('sleep 1').path, name, env=self.environment())
        self.succeed('start', name, env=self.environment())
        self.wait_for_status(name, 'stopped')
        self.assert_quiet()
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_barrier_of_the_program(self):
        self.make_targets()
        b = self.python(SAY, 'READY=1', 'barrier')
        process = self.start_cli('run', '--bundle', b.path, self.fresh_id(), env=self.environment())
        self.assertEqual(self.received(), 'READY=1\n')
        self.assertEqual(self.received(), 'BARRIER=1')
        message, descriptors, _, _ = socket.recv_fds(self.manager, 4096, 4)
        self.assertEqual((message, len(descriptors)), (b'BARRIER=1', 1))
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        os.close(descriptors[0])
        result = self.end_program(process)
        self.assertEqual((result.status, result.out), (0, 'passed\n'))

    def test_abstract_socket(self):
        self.make_targets()
        address = f'contain-test-{os.getpid()}-{id(self)}'
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(20)
            manager.bind('\0' + address)
            process = self.start_cli('run', '--bundle', self.python(SAY, 'READY=1').path, self.fresh_id(),
                                     env=self.environment(NOTIFY_SOCKET='@' + address))
            self.assertEqual(manager.recv(4096), b'READY=1\n')
            self.assertEqual(manager.recv(4096), b'BARRIER=1')
            self.assertEqual(self.end_program(process).status, 0)

    def test_what_the_container_sees(self):
        script = 'echo $NOTIFY_SOCKET; ls -l /run/notify | tail -1 | cut -c1-10; touch /run/notify/x; true'
        b = self.shell(script)
        b.config['process']['env'].append('NOTIFY_SOCKET=/of/the/config')
        b.save()
        self.make_targets()
        result = self.succeed('run', '--bundle', b.path, self.fresh_id(), env=self.environment())
        self.assertEqual(result.out.splitlines()[0], '/run/notify/notify.sock')
        self.assertIn('notify', result.err)  # read-only
        self.assert_no_trace()

    def test_without_a_manager(self):
        b = self.shell('echo "<$NOTIFY_SOCKET>"; ls /run')
        self.make_targets()
        result = self.succeed('run', '--bundle', b.path, self.fresh_id(), env={**os.environ, 'NOTIFY_SOCKET': ''})
        self.assertEqual(result.out.splitlines()[0], '<>')

    def test_refusals(self):
        b = self.shell('true')
        self.refuse('not the address of a socket', 'run', '--bundle', b.path, self.fresh_id(),
                    env=self.environment(NOTIFY_SOCKET='vsock:2:1'))
        self.refuse('not the address of a socket', 'run', '--bundle', b.path, self.fresh_id(),
                    env=self.environment(NOTIFY_SOCKET='/' + 'x' * 200))
        name = self.fresh_id()
        self.succeed('create', '--bundle', b.path, name)
        self.refuse('was not created with a socket', 'start', name, env=self.environment())
        self.succeed('delete', '--force', name)
        self.assert_no_trace()


class ListenFds(ServiceCase):
    SCRIPT = 'echo $LISTEN_FDS $LISTEN_FDNAMES $((LISTEN_PID == $$)); ls /proc/self/fd | sort -n | tr "\\n" " "'

    def listening(self, n, *arguments, env=None, pid='', more=0):
        """contain-run as a manager starts it that passes @n sockets, with @more descriptors behind them."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as passed:
            return self.program(sys.executable, '-c', LAUNCH, str(passed.fileno()), str(n), str(more), pid,
                                case.CONTAIN_RUN, '--root', self.root, *arguments, pass_fds=[passed.fileno()],
                                env={**os.environ, **(env or {})})

    def test_are_passed_on(self):
        result = self.listening(2, 'run', '--bundle', self.shell(self.SCRIPT).path, self.fresh_id(),
                                env={'LISTEN_FDNAMES': 'web:admin'})
        self.assertEqual(result.status, 0, str(result))
        # 5 is ls's own.
        self.assertEqual(result.out, '2 web:admin 1\n0 1 2 3 4 5 ')

    def test_the_pid_without_a_pid_namespace(self):
        b = self.shell(self.SCRIPT)
        b.config['linux']['namespaces'] = [n for n in b.config['linux']['namespaces'] if n['type'] != 'pid']
        b.config['process']['env'] += ['LISTEN_PID=77', 'LISTEN_FDS=9', 'LISTEN_FDNAMES=of:the:config']
        b.config['mounts'] = [m for m in b.config['mounts'] if m['destination'] not in ('/proc', '/sys/fs/cgroup')]
        b.config['mounts'].append({'destination': '/proc', 'type': 'bind', 'source': '/proc', 'options': ['rbind']})
        b.config['linux'].pop('maskedPaths', None)
        b.config['linux'].pop('readonlyPaths', None)
        b.save()
        result = self.listening(1, 'run', '--bundle', b.path, self.fresh_id())
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(result.out.splitlines()[0], '1 1')

    def test_preserved_ones_come_behind(self):
        result = self.listening(1, 'run', '--preserve-fds', '1', '--bundle', self.shell(self.SCRIPT).path,
                                self.fresh_id(), more=1)
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(result.out, '1 1\n0 1 2 3 4 5 ')

    def test_those_of_another_process_are_not(self):
        result = self.listening(1, 'run', '--bundle', self.shell('echo "<$LISTEN_FDS>"; ls /proc/self/fd').path,
                                self.fresh_id(), pid='1')
        self.assertEqual(result.out, '<>\n0\n1\n2\n3\n', str(result))


class Systemd(ServiceCase):
    """The manager itself."""

    def obstacle(self):
        if not os.path.isdir('/run/systemd/system'):
            return 'needs a machine that systemd runs'
        return super().obstacle()

    def systemd(self, program, *arguments):
        user = [] if os.geteuid() == 0 else ['--user']
        return subprocess.run([program, *user, *arguments], capture_output=True, text=True, check=False,
                              timeout=3 * case.SECONDS)

    def show(self, unit, name):
        return self.systemd('systemctl', 'show', '--value', f'--property={name}', unit).stdout.strip()

    def unit(self, *arguments):
        """Starts a transient service; its name."""
        self.counter += 1
        unit = f'ct-test-{os.getpid()}-{id(self) % 0xffff}-{self.counter}'
        library = os.environ.get('LD_LIBRARY_PATH')
        more = [f'--setenv=LD_LIBRARY_PATH={library}'] if library else []
        self.addCleanup(self.systemd, 'systemctl', 'reset-failed', f'{unit}.service')
        self.addCleanup(self.systemd, 'systemctl', 'stop', f'{unit}.service')
        result = self.systemd('systemd-run', '--quiet', f'--unit={unit}', *more, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return f'{unit}.service'

    def run_command(self, *arguments, options=()):
        return [case.CONTAIN_RUN, '--root', self.root, '--systemd-cgroup', 'run', *options, *arguments]

    def test_service_that_notifies(self):
        self.make_targets()
        name = self.fresh_id()
        b = self.python(SAY, 'sleep', 'STATUS=up and running\nREADY=1', 'stay')
        # systemd-run returns once it is ready.
        unit = self.unit('--property=Type=notify', '--property=TimeoutStartSec=60',
                         *self.run_command('--bundle', b.path, name))
        self.assertEqual(self.show(unit, 'ActiveState'), 'active')
        self.assertEqual(self.show(unit, 'StatusText'), 'up and running')
        self.assertEqual(self.show(f'contain-{name}.scope', 'ActiveState'), 'active')
        self.succeed('kill', name, 'KILL')
        self.assertTrue(traces.wait_until(lambda: self.show(unit, 'ActiveState') != 'active'))
        self.assertTrue(traces.wait_until(lambda: self.show(f'contain-{name}.scope', 'LoadState') != 'loaded'))

    def test_service_whose_main_process_is_the_containers(self):
        if os.geteuid() != 0:
            self.skipTest('a manager takes processes of other units only from root')
        self.make_targets()
        name = self.fresh_id()
        b = self.python(SAY, 'sleep', 'READY=1', 'stay')
        unit = self.unit('--property=Type=notify', '--property=NotifyAccess=all', '--property=TimeoutStartSec=60',
                         *self.run_command('--bundle', b.path, name, options=['--detach']))
        self.assertEqual(self.show(unit, 'MainPID'), str(self.state(name)['pid']))
        self.assertEqual(self.show(unit, 'ActiveState'), 'active')
        self.succeed('kill', name, 'KILL')
        self.assertTrue(traces.wait_until(lambda: self.show(unit, 'ActiveState') != 'active'))
        self.succeed('delete', name)

    def test_socket_activation(self):
        self.make_targets()
        script = ('import os, socket\n'
                  'assert os.environ["LISTEN_PID"] == str(os.getpid()) and os.environ["LISTEN_FDS"] == "1"\n'
                  's, _ = socket.socket(fileno=3).accept()\n'
                  's.send(b"hello from " + os.environ["LISTEN_FDNAMES"].encode())\n')
        b = self.python(script)
        path = self.path('served.sock')
        self.unit('--no-block', f'--socket-property=ListenStream={path}', '--socket-property=FileDescriptorName=web',
                  *self.run_command('--bundle', b.path, self.fresh_id()))
        self.assertTrue(traces.wait_until(lambda: os.path.exists(path)))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(60)
            client.connect(path)
            self.assertEqual(client.recv(100), b'hello from web')
        traces.wait_until(lambda: not os.listdir(self.root))


if __name__ == '__main__':
    case.main()
