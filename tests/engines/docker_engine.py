# SPDX-License-Identifier: MIT
"""dockerd over a containerd of its own, and docker's command line."""

import json
import os
import subprocess

import image
from containerd_engine import Containerd
from daemon import DaemonEngine, processes
from engine import EngineError

# Waits, and ends with 3 at SIGTERM.
WAIT = 'trap "exit 3" TERM; echo ready; while :; do sleep 1 & wait $!; done'


class Docker(DaemonEngine):
    PROGRAMS = ('dockerd', 'docker', 'containerd')
    IMAGE = image.NAME
    manager = os.environ.get('CONTAIN_TEST_CGROUP_MANAGER', 'cgroupfs')

    def __init__(self, place, runtime):
        super().__init__(place, runtime)
        self.containerd = Containerd(os.path.join(place, 'containerd'), runtime)

    def prepare(self):
        self.containerd.write_config()
        self.containerd.start_containerd()
        self.write('daemon.json', json.dumps({'runtimes': {'under-test': {'path': self.runtime}}}))
        # Its network is asked for where a case is about it: rules of a firewall are no business of a runtime.
        argv = ['dockerd', '--config-file', self.path('daemon.json'), '--data-root', self.path('data'), '--exec-root', self.path('exec'),
                '--pidfile', self.path('pid'), '--host', f'unix://{self.path("socket")}', '--containerd', self.containerd.path('grpc'),
                '--iptables=false', '--ip6tables=false', '--bridge=none', '--default-runtime', 'under-test',
                '--exec-opt', f'native.cgroupdriver={self.manager}']
        self.start_daemon('dockerd', argv, lambda: self.docker('version').status == 0)
        self.must(self.docker('load', '-q', '-i', os.path.join(self.place, '..', 'image.tar')))

    def close(self):
        super().close()
        self.containerd.close()

    # --- docker ---

    def argv(self, *arguments):
        return ('docker', '--host', f'unix://{self.path("socket")}', *arguments)

    def docker(self, *arguments, **options):
        return self.program(*self.argv(*arguments), **options)

    def run_argv(self, *command, options=()):
        return self.argv('run', '--network', 'none', *options, image.NAME, *command)

    def run(self, *command, options=(), **more):
        """`docker run --rm` of the image."""
        return self.program(*self.run_argv(*command, options=('--rm', *options)), **more)

    def running(self, *command, options=(), name='box'):
        """A container in the background: of a shell that waits by default."""
        self.must(self.program(*self.run_argv(*(command or ('sh', '-c', WAIT)), options=('--detach', '--name', name, *options))))
        if not command:
            self.wait_until(lambda: 'ready' in self.docker('logs', name).out, 'the shell is ready')

    def inspect(self, *path, name='box'):
        value = json.loads(self.must(self.docker('inspect', name)))[0]
        for key in path:
            value = value[key]
        return value

    def status(self, name='box'):
        return self.inspect('State', 'Status', name=name)

    def wait_for_status(self, status, name='box'):
        self.wait_until(lambda: self.status(name) == status, f'{name} is {status}')

    def exec(self, *command, options=(), **more):
        return self.docker('exec', *options, 'box', *command, **more)

    # --- what is left ---

    def clean(self):
        listed = self.must(self.docker('ps', '-aq')).split()
        if listed:
            self.docker('rm', '--force', *listed)
        return self.left()

    def left(self):
        found = []
        states = self.path('exec', 'runtime-runc', 'moby')
        if os.path.isdir(states):
            found += [f'state {name}' for name in os.listdir(states)]
        try:
            self.wait_until(lambda: not processes('containerd-shim', self.place), 'no shim', 5)
        except EngineError:
            found += ['a shim']
        return found

    def build(self, *lines, options=()):
        """`docker build` by the daemon itself, whose steps are containers."""
        folder = self.fresh_path('context')
        os.mkdir(folder)
        with open(os.path.join(folder, 'Dockerfile'), 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines) + '\n')
        return self.docker('build', '--network', 'none', '--no-cache', *options, folder, env={**self.environment, 'DOCKER_BUILDKIT': '0'},
                           stderr=subprocess.STDOUT)
