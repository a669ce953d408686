# SPDX-License-Identifier: MIT
"""Engines that are daemons: started with one runtime, waited for, and stopped."""

import os
import signal
import subprocess

from engine import Engine, EngineError
from suite import Skip
from terminal import Terminal

SYSTEM_FOLDERS = ('/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin')


def processes(*words):
    """The pids of processes whose command line has all of @words in it."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as f:
                line = f.read().replace(b'\0', b' ').decode(errors='replace')
        except OSError:
            continue
        if all(word in line for word in words) and int(pid) != os.getpid():
            found.append(int(pid))
    return found


def skip_peer_without_all_capabilities(engine):
    """runc's privileged containers take every capability there is; contain-run leaves out what it has not got."""
    with open('/proc/self/status', encoding='ascii') as f:
        has_all = f'CapEff:\t{(1 << 41) - 1:016x}' in f.read()
    if engine.is_peer and not has_all:
        raise Skip('the peer cannot do with fewer capabilities than all')


class DaemonEngine(Engine):
    PEERS = ('runc',)

    def __init__(self, place, runtime):
        super().__init__(place, runtime)
        # Programs without an option for it run what is named "runc".
        os.makedirs(self.path('bin'), exist_ok=True)
        os.symlink(runtime, self.path('bin', 'runc'))
        self.environment['PATH'] = ':'.join((self.path('bin'), *SYSTEM_FOLDERS))
        self.daemons = []

    def start_daemon(self, name, argv, is_ready, seconds=60):
        with open(self.path(f'{name}.log'), 'ab') as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                                       cwd=self.place, start_new_session=True)
        self.daemons.append(process)

        def is_up():
            if process.poll() is not None:
                raise EngineError(f'{name} has ended: {self.read(self.path(f"{name}.log"))[-1500:]}')
            return is_ready()

        self.wait_until(is_up, f'{name} is ready', seconds)
        return process

    @staticmethod
    def stop_daemon(process, seconds=30):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self):
        while self.daemons:
            self.stop_daemon(self.daemons.pop())
        # Monitors of containers outlive their daemon on purpose. Those of others are not told of this folder.
        for pid in processes('containerd-shim', self.place):
            os.kill(pid, signal.SIGKILL)

    def on_terminal(self, *argv):
        return Terminal(argv, self.environment, 30, 100)
