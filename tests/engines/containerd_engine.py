# SPDX-License-Identifier: MIT
"""containerd with folders and sockets of its own, and ctr."""

import os
import re
import signal

import image
from daemon import DaemonEngine, processes
from engine import EngineError
from harness import bundle

CONFIG = '''
version = 2
root = "{place}/root"
state = "{place}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{place}/grpc"
[ttrpc]
  address = "{place}/ttrpc"
'''

# Waits, ends with 3 at SIGTERM, and says "usr1" at SIGUSR1.
WAIT = 'trap "exit 3" TERM; trap "echo usr1" USR1; echo ready; while :; do sleep 1 & wait $!; done'


class Events:
    """What `ctr events` tells while this is open."""

    def __init__(self, containerd):
        self.containerd = containerd

    def __enter__(self):
        self.program = self.containerd.start(*self.containerd.argv('events'))
        # It is heard once one that is of no interest has come through.
        self.containerd.wait_until(self._is_heard, 'events are told')
        return self

    def _is_heard(self):
        self.containerd.ctr('namespaces', 'label', 'default', 'a=b')
        return '/namespaces/update' in self.text()

    def __exit__(self, *_):
        self.program.kill()
        self.program.wait()

    def text(self):
        return self.containerd.read(self.program.out_path)

    def of_tasks(self):
        return re.findall(r' /tasks/(\S+) ', self.text())


class Containerd(DaemonEngine):
    PROGRAMS = ('containerd', 'ctr')
    STATES = '/run/containerd/runc/default'
    IMAGE = image.NAME
    systemd = os.environ.get('CONTAIN_TEST_CGROUP_MANAGER') == 'systemd'

    def prepare(self):
        self.write_config()
        self.start_containerd()
        self.must(self.ctr('images', 'import', os.path.join(self.place, '..', 'image.tar')))

    def write_config(self):
        self.write('config.toml', CONFIG.format(place=self.place))

    def start_containerd(self):
        return self.start_daemon('containerd', ['containerd', '--config', self.path('config.toml')],
                                 lambda: self.ctr('version').status == 0)

    def make_rootfs(self):
        folder = self.path('rootfs')
        if not os.path.isdir(folder):
            bundle.make_rootfs(folder)
        return folder

    # --- ctr ---

    def argv(self, *arguments):
        return ('ctr', '--address', self.path('grpc'), *arguments)

    def ctr(self, *arguments, **options):
        return self.program(*self.argv(*arguments), **options)

    def runtime_options(self):
        # systemd's units are made of a name of three parts, and ctr has none by default.
        more = ('--runc-systemd-cgroup', '--cgroup', 'system.slice:contain-test:c') if self.systemd else ()
        return ('--runc-binary', self.runtime, *more)

    def run_argv(self, name, *command, options=()):
        """`ctr run` of the image."""
        return self.argv('run', *self.runtime_options(), *options, image.NAME, name, *command)

    def run(self, *command, options=(), name='c', **more):
        return self.program(*self.run_argv(name, *command, options=('--rm', *options)), **more)

    def running(self, *command, options=(), name='c'):
        """A container in the background: of a shell that waits by default. What it writes goes to a file."""
        log = self.fresh_path('log')
        self.must(self.program(*self.run_argv(name, *(command or ('sh', '-c', WAIT)),
                                              options=('--detach', '--log-uri', f'file://{log}', *options))))
        if not command:
            self.wait_until(lambda: os.path.exists(log) and 'ready' in self.read(log), 'the shell is ready')
        return log

    def exec_argv(self, *command, options=(), name='x'):
        return self.argv('tasks', 'exec', '--exec-id', name, *options, 'c', *command)

    def exec(self, *command, options=(), name='x', **more):
        """One more process in the container."""
        return self.program(*self.exec_argv(*command, options=options, name=name), **more)

    def events(self):
        return Events(self)

    def tasks(self):
        """Of each container, its pid and its status."""
        lines = self.must(self.ctr('tasks', 'ls')).splitlines()[1:]
        return {name: (int(pid), status) for name, pid, status in map(str.split, lines)}

    def wait_for_status(self, status, name='c'):
        self.wait_until(lambda: self.tasks().get(name, (0, ''))[1] == status, f'{name} is {status}')

    def kill(self, number=signal.SIGKILL, name='c'):
        return self.ctr('tasks', 'kill', '--signal', str(int(number)), name)

    def remove(self, name='c'):
        """Ends and deletes a container; returns how `ctr task delete` ended, whose status is the container's."""
        if self.tasks().get(name, (0, 'STOPPED'))[1] != 'STOPPED':
            self.ctr('tasks', 'resume', name)
            self.kill(name=name)
            self.wait_for_status('STOPPED', name)
        ended = self.ctr('tasks', 'delete', name)
        self.ctr('containers', 'delete', name)
        return ended

    # --- what is left ---

    def clean(self):
        for name in self.must(self.ctr('containers', 'ls', '-q')).split():
            try:
                self.remove(name)
            except EngineError:
                self.ctr('tasks', 'delete', '--force', name)
                self.ctr('containers', 'delete', name)
        return self.left()

    def left(self):
        found = []
        if os.path.isdir(self.STATES):
            found += [f'state {name}' for name in os.listdir(self.STATES)]
        try:
            self.wait_until(lambda: not processes('containerd-shim', self.place), 'no shim', 5)
        except EngineError:
            found += ['a shim']
        return found
