# SPDX-License-Identifier: MIT
"""podman with storage, state, locks and networks of its own."""

import json
import os
import resource

import image
from engine import Engine
from harness import traces
from terminal import Terminal

CONF = '''
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
[engine]
cgroup_manager = "{manager}"
events_logger = "file"
conmon_env_vars = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "CONTAINERS_CONF={place}/containers.conf",
        "CONTAINERS_STORAGE_CONF={place}/storage.conf"]
tmp_dir = "{place}/tmp"
volume_path = "{place}/volumes"
runtime_supports_json = ["contain-run", "crun", "runc"]
runtime_supports_nocgroup = ["contain-run", "crun"]
[network]
network_config_dir = "{place}/networks"
[engine.runtimes]
{name} = ["{runtime}"]
'''

STORAGE = '''
[storage]
driver = "{driver}"
graphroot = "{place}/storage"
runroot = "{place}/runroot"
'''


def at_most(limit, value):
    """Nobody without privilege can have more than the hard limit."""
    hard = resource.getrlimit(limit)[1]
    return value if hard == resource.RLIM_INFINITY else min(hard, value)


class Podman(Engine):
    PROGRAMS = ('podman', 'conmon')
    manager = os.environ.get('CONTAIN_TEST_CGROUP_MANAGER', 'cgroupfs')
    driver = 'overlay'

    def prepare(self):
        files, processes = at_most(resource.RLIMIT_NOFILE, 20000), at_most(resource.RLIMIT_NPROC, 32768)
        words = {'files': files, 'processes': processes, 'name': os.path.basename(self.runtime), 'place': self.place, 'runtime': self.runtime, 'manager': self.manager, 'driver': self.driver}
        self.environment['CONTAINERS_CONF'] = self.write('containers.conf', CONF.format(**words))
        self.environment['CONTAINERS_STORAGE_CONF'] = self.write('storage.conf', STORAGE.format(**words))
        self.make_folder('networks')
        self.must(self.podman('load', '-q', '-i', os.path.join(self.place, '..', 'image.tar')))

    def argv(self, *arguments):
        return ('podman', '--runtime', os.path.basename(self.runtime), *arguments)

    def make_folder(self, name):
        """A folder of whoever runs podman."""
        os.makedirs(self.path(name), exist_ok=True)
        return self.path(name)

    def podman(self, *arguments, **options):
        return self.program(*self.argv(*arguments), **options)

    def run(self, *arguments, options=(), network='none', **more):
        """`podman run --rm` of the image."""
        return self.podman('run', '--rm', f'--network={network}', *options, image.NAME, *arguments, **more)

    def terminal(self, *arguments, **options):
        return Terminal(self.argv(*arguments), self.environment, **options)

    def running(self, name, *arguments, options=()):
        """A container in the background: of a shell that waits by default."""
        command = arguments or ('sh', '-c', 'trap "exit 3" TERM; while :; do sleep 1 & wait $!; done')
        self.must(self.podman('run', '-d', '--name', name, '--network=none', *options, image.NAME, *command))
        return name

    def wait_for_process(self, words):
        """Until a process with these words in its command line has become that program."""
        def found():
            for pid in filter(str.isdigit, os.listdir('/proc')):
                try:
                    line = self.read(f'/proc/{pid}/cmdline').replace('\0', ' ').strip()
                except OSError:
                    continue
                if line == words:
                    return True
            return False
        self.wait_until(found, f'a process "{words}"')

    def inspect(self, name, *path):
        """A member of what `podman inspect` says, by the names on the way."""
        value = json.loads(self.must(self.podman('inspect', name)))[0]
        for key in path:
            value = value[key]
        return value

    def read_cgroup(self, name, *files):
        """What the first of some files of a container's cgroup has: memory/memory.limit_in_bytes on v1, memory.max on v2."""
        pid = self.inspect(name, 'State', 'Pid')
        paths = dict(line.split(':', 2)[1:] for line in self.read(f'/proc/{pid}/cgroup').splitlines())
        for file in files:
            hierarchy, _, rest = file.rpartition('/')
            for names, path in paths.items():
                whole = os.path.join('/sys/fs/cgroup', hierarchy, path.lstrip('/'), rest)
                if hierarchy in names.split(',') and os.path.exists(whole):
                    return self.read(whole).strip()
        return None

    def clean(self):
        self.podman('pod', 'rm', '--all', '--force', '--time', '0')
        self.podman('rm', '--all', '--force', '--time', '0')
        self.podman('volume', 'prune', '--force')
        return self.left()

    def left(self):
        """Containers that the runtime still knows of, cgroups, and processes: none but this suite's."""
        found = [f'state {name}' for name in self.program(self.runtime, 'list', '-q').out.split()]
        found += [f'cgroup {path}' for path in traces.cgroups_named(['libpod-'])]
        return found
