# SPDX-License-Identifier: MIT
"""podman with storage, state, locks and networks of its own."""

import json
import os

import image
from engine import Engine, Run

CONF = '''
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
cgroup_manager = "{manager}"
events_logger = "file"
conmon_env_vars = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "CONTAINERS_CONF={place}/containers.conf",
        "CONTAINERS_STORAGE_CONF={place}/storage.conf"]
tmp_dir = "{place}/tmp"
volume_path = "{place}/volumes"
runtime_supports_json = ["contain-run", "crun", "runc"]
runtime_supports_nocgroups = ["contain-run", "crun"]
[network]
network_config_dir = "{place}/networks"
[engine.runtimes]
under-test = ["{runtime}"]
'''

STORAGE = '''
[storage]
driver = "{driver}"
graphroot = "{place}/storage"
runroot = "{place}/runroot"
'''


class Podman(Engine):
    PROGRAMS = ('podman', 'conmon')
    manager = 'cgroupfs'
    driver = 'overlay'

    def prepare(self):
        words = {'place': self.place, 'runtime': self.runtime, 'manager': self.manager, 'driver': self.driver}
        self.environment['CONTAINERS_CONF'] = self.write('containers.conf', CONF.format(**words))
        self.environment['CONTAINERS_STORAGE_CONF'] = self.write('storage.conf', STORAGE.format(**words))
        os.mkdir(self.path('networks'))
        self.must(self.podman('load', '-q', '-i', os.path.join(self.place, '..', 'image.tar')))

    def argv(self, *arguments):
        return ('podman', '--runtime', self.runtime, *arguments)

    def podman(self, *arguments, **options):
        return self.program(*self.argv(*arguments), **options)

    def run(self, *arguments, options=(), network='none', **more):
        """`podman run --rm` of the image."""
        return self.podman('run', '--rm', f'--network={network}', *options, image.NAME, *arguments, **more)

    def running(self, name, *arguments, options=()):
        """A container in the background: of a shell that waits by default."""
        command = arguments or ('sh', '-c', 'trap "exit 3" TERM; while :; do sleep 1 & wait $!; done')
        self.must(self.podman('run', '-d', '--name', name, '--network=none', *options, image.NAME, *command))
        return name

    def inspect(self, name, *path):
        """A member of what `podman inspect` says, by the names on the way."""
        value = json.loads(self.must(self.podman('inspect', name)))[0]
        for key in path:
            value = value[key]
        return value

    def clean(self):
        self.podman('pod', 'rm', '--all', '--force', '--time', '0')
        self.podman('rm', '--all', '--force', '--time', '0')
        self.podman('volume', 'prune', '--force')
        return self.left()

    def left(self):
        """Containers that the runtime still knows of, and monitors."""
        found = []
        listed = self.program(self.runtime, 'list', '-q')
        found += [f'state {name}' for name in listed.out.split()]
        return found

    @staticmethod
    def is_success(run):
        return isinstance(run, Run) and run.status == 0
