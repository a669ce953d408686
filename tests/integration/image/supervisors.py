# SPDX-License-Identifier: MIT
"""Programs in place under supervisors: these see the pid, the signals and the end of the program itself."""

import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402
from harness.place import STAY, PlaceCase  # noqa: E402
from harness.systemd import SystemdCase  # noqa: E402

# Says its pid, which signals it gets, and what it finds mounted.
PROGRAM = ('trap "echo got HUP" HUP; trap "echo got TERM; exit 0" TERM; '
           'echo started $$; grep -c . /proc/mounts >/dev/null; ' + STAY)


def shell_quoted(argv):
    return ' '.join("'" + word.replace("'", "'\\''") + "'" for word in argv)


class Supervised(PlaceCase):
    """What every supervisor's test does."""

    tool = None

    def obstacle(self):
        return super().obstacle() or (None if shutil.which(self.tool) else f'needs {self.tool}')

    def setUp(self):
        super().setUp()
        self.log = self.path('log')

    def line(self):
        return self.place_line('-u', 'app', '--bind', '/etc', '--', 'sh', '-c', PROGRAM)

    def logged(self):
        if not os.path.exists(self.log):
            return ''
        with open(self.log, encoding='utf-8') as f:
            return f.read()

    def wait_for_log(self, text):
        self.assertTrue(traces.wait_until(lambda: text in self.logged()), f'no "{text}" in "{self.logged()}"')

    def started(self, times=1):
        """The pid that the program says for the @times-th time."""
        found = lambda: re.findall(r'started (\d+)', self.logged())
        self.assertTrue(traces.wait_until(lambda: len(found()) >= times), self.logged())
        return int(found()[times - 1])

    def assert_in_place(self, pid):
        """It is the program, in a root of its own, as the image's user."""
        self.assertEqual(os.readlink(f'/proc/{pid}/exe'), '/bin/busybox')
        self.assertNotEqual(os.readlink(f'/proc/{pid}/ns/mnt'), os.readlink('/proc/self/ns/mnt'))
        with open(f'/proc/{pid}/status', encoding='utf-8') as f:
            self.assertIn('Uid:\t1500\t1500\t1500\t1500', f.read())

    def tool_run(self, *argv):
        return subprocess.run(argv, capture_output=True, text=True, timeout=case.SECONDS, check=False)


class Runit(Supervised):
    """runsv(8)"""

    tool = 'runsv'

    def sv(self, *argv):
        return self.tool_run('sv', '-w', '10', *argv, self.service)

    def test_runit(self):
        self.service = self.path('service')
        os.mkdir(self.service)
        with open(os.path.join(self.service, 'run'), 'w', encoding='utf-8') as f:
            f.write(f'#!/bin/sh\nexec >>{self.log} 2>&1\nexec {shell_quoted(self.line())}\n')
        os.chmod(os.path.join(self.service, 'run'), 0o755)
        runsv = self.start_program(['runsv', self.service])
        try:
            pid = self.started()
            status = self.sv('status').stdout
            self.assertIn(f'(pid {pid})', status)
            self.assert_in_place(pid)
            self.sv('hup')
            self.wait_for_log('got HUP')
            # A program that ends is started again, by its supervisor's rule.
            self.sv('kill')
            again = self.started(2)
            self.assertNotEqual(again, pid)
            self.assertEqual(self.sv('down').returncode, 0)
            self.wait_for_log('got TERM')
            self.assertIn('down:', self.sv('status').stdout)
            self.assertFalse(os.path.exists(f'/proc/{again}'))
        finally:
            self.sv('exit')
            self.end_program(runsv)


class Supervisor(Supervised):
    """supervisord(1)"""

    tool = 'supervisord'

    CONFIG = """
[unix_http_server]
file={folder}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
nodaemon=true
logfile={folder}/supervisord.log
pidfile={folder}/pid
childlogdir={folder}
[supervisorctl]
serverurl=unix://{folder}/socket
[program:web]
command={command}
stdout_logfile={log}
redirect_stderr=true
startsecs=0
"""

    def ctl(self, *argv):
        return self.tool_run('supervisorctl', '-c', self.config, *argv)

    def test_supervisord(self):
        self.config = self.path('supervisord.conf')
        script = self.path('run')
        with open(script, 'w', encoding='utf-8') as f:
            f.write(f'#!/bin/sh\nexec {shell_quoted(self.line())}\n')
        os.chmod(script, 0o755)
        with open(self.config, 'w', encoding='utf-8') as f:
            f.write(self.CONFIG.format(folder=self.place, command=script, log=self.log))
        daemon = self.start_program(['supervisord', '-c', self.config])
        try:
            pid = self.started()
            self.assertEqual(self.ctl('pid', 'web').stdout.strip(), str(pid))
            self.assertIn('RUNNING', self.ctl('status', 'web').stdout)
            self.assert_in_place(pid)
            self.ctl('signal', 'HUP', 'web')
            self.wait_for_log('got HUP')
            self.assertIn('stopped', self.ctl('stop', 'web').stdout)
            self.wait_for_log('got TERM')
            self.assertFalse(os.path.exists(f'/proc/{pid}'))
        finally:
            daemon.send_signal(signal.SIGTERM)
            self.end_program(daemon)


class Systemd(SystemdCase, Supervised):
    """systemd(1), where it is the machine's first process."""

    tool = 'systemctl'
    global_options = ()

    def obstacle(self):
        return SystemdCase.obstacle(self)

    def test_systemd(self):
        unit = f'ct-place-{os.getpid()}.service'
        run = self.systemd_run(f'--unit={unit}', '--property=Type=exec', f'--property=StandardOutput=append:{self.log}',
                               '--property=ExecReload=/bin/kill -HUP $MAINPID', '--property=Restart=on-failure',
                               '--property=RestartSec=0', *(word.replace('$', '$$') for word in self.line()))
        self.assertEqual(run.returncode, 0, run.stderr)
        try:
            pid = self.started()
            self.assertEqual(self.show(unit, 'MainPID'), str(pid))
            self.assert_in_place(pid)
            with open(f'/proc/{pid}/cgroup', encoding='utf-8') as f:
                self.assertIn(unit, f.read())
            self.systemctl('reload', unit)
            self.wait_for_log('got HUP')
            os.kill(pid, signal.SIGKILL)
            again = self.started(2)
            self.assertEqual(self.show(unit, 'MainPID'), str(again))
            self.systemctl('stop', unit)
            self.wait_for_log('got TERM')
            self.assertFalse(os.path.exists(f'/proc/{again}'))
        finally:
            self.systemctl('stop', unit, check=False)
            self.systemctl('reset-failed', unit, check=False)


if __name__ == '__main__':
    case.main()
