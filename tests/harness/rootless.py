# SPDX-License-Identifier: MIT
"""
Test cases in which an unprivileged user drives contain-run. Run by root, the user is one whom the machine does
not know, in a world of its own (harness/world.py); run by a user, it is that one.
"""

import json
import os
import shutil
import subprocess
import tempfile

from harness import bundle, case
from harness.world import World, etc, ids, own_mounts

UID = GID = 65531
FIRST, COUNT = 300000, 65536
NAME = 'ct-test'

PASSWD = f'root:x:0:0:root:/root:/bin/sh\n{NAME}:x:{UID}:{GID}::/:/bin/sh\n'
GROUP = f'root:x:0:\n{NAME}:x:{GID}:\n'
SUBIDS = f'{NAME}:{FIRST}:{COUNT}\n'


def own_map(number):
    return [{'containerID': 0, 'hostID': number, 'size': 1}]


class Program:
    """contain-run and its library, where any user can reach them."""

    path = None
    environment = {}

    @classmethod
    def prepare(cls):
        if cls.path:
            return
        cls.path = os.path.abspath(case.CONTAIN_RUN)
        folder = os.path.join(case.Shared.folder, 'program')
        os.mkdir(folder)
        listed = subprocess.run(['ldd', cls.path], stdout=subprocess.PIPE, text=True, check=True).stdout
        libraries = [line.split()[2] for line in listed.splitlines() if 'libcontain' in line and '=> /' in line]
        for path in [cls.path, *libraries]:
            shutil.copy(path, folder)
        cls.path = os.path.join(folder, os.path.basename(cls.path))
        cls.environment = {'LD_LIBRARY_PATH': folder}


class RootlessCase(case.CliCase):
    needs_root = False

    def setUp(self):
        super().setUp()
        Program.prepare()
        self.is_root = os.geteuid() == 0
        self.uid, self.gid = (UID, GID) if self.is_root else (os.geteuid(), os.getegid())
        self.world = World(ids(UID, GID)) if self.is_root else World()
        if self.is_root:
            os.chown(self.place, self.uid, self.gid)
        os.chmod(self.place, 0o755)

    def need_root(self):
        if not self.is_root:
            self.skipTest('needs root, to make the surroundings')

    # --- the user ---

    def scratch(self, name='scratch'):
        """An empty folder for a world to mount on."""
        path = self.fresh_path(name)
        os.mkdir(path)
        return path

    def known_user(self, *steps, **files):
        """The world of a user with a name and with subordinate ids, but for what @files say."""
        self.need_root()
        files = {'passwd': PASSWD, 'group': GROUP, 'subuid': SUBIDS, 'subgid': SUBIDS, **files}
        return World(own_mounts, etc(files, self.scratch()), *steps, ids(UID, GID))

    def command_line(self, *argv):
        return [Program.path, '--root', self.root, *argv]

    def start_as_user(self, argv, world=None, environment=None, **options):
        env = {**os.environ, **Program.environment, **(environment or {})}
        options.setdefault('preexec_fn', world or self.world)
        return self.start_program(argv, env={key: value for key, value in env.items() if value is not None}, **options)

    def start_cli(self, *argv, **options):
        return self.start_as_user(self.command_line(*argv), **options)

    # --- its containers ---

    def bundle(self, *args, change=None):
        b = bundle.Bundle(self.fresh_path('bundle'), self.rootless_config(), self.rootfs, args or ('true',))
        if change:
            change(b.config)
            b.save()
        os.chmod(b.path, 0o755)
        return b

    def rootless_config(self):
        """What `contain-run spec --rootless` writes, of this user."""
        folder = tempfile.mkdtemp(dir=self.place)
        if self.is_root:
            os.chown(folder, self.uid, self.gid)
        result = self.cli('spec', '--rootless', '--bundle', folder)
        self.assertEqual(result.status, 0, str(result))
        with open(os.path.join(folder, 'config.json'), encoding='utf-8') as f:
            return json.load(f)

    def output(self, script, change=None, **options):
        """What a container that runs @script writes."""
        b = self.bundle('sh', '-c', script, change=change)
        result = self.cli('run', '--bundle', b.path, self.fresh_id(), **options)
        self.assertEqual(result.status, 0, str(result))
        return result.out.strip()

    def refused(self, pointer, *texts, change=None, **options):
        """`run` has to fail, with @pointer first, and with each of the texts in its one line."""
        b = self.bundle(change=change)
        result = self.cli('run', '--bundle', b.path, self.fresh_id(), **options)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn(f'{pointer}: ' if pointer else '', result.err, str(result))
        for text in texts:
            self.assertIn(text, result.err, str(result))
        self.assertEqual(result.err.count('\n'), 1, str(result))

    def clean_up(self):
        # As the user: a state root is its owner's.
        for name in os.listdir(self.root) if os.path.isdir(self.root) else []:
            self.cli('delete', '--force', name)
        super().clean_up()


def namespaces(config, *without):
    config['linux']['namespaces'] = [n for n in config['linux']['namespaces'] if n['type'] not in without]


def namespace_at(config, kind):
    """The pointer of the namespace of a kind."""
    return '/linux/namespaces/{}'.format([n['type'] for n in config['linux']['namespaces']].index(kind))


def add_mount(config, destination, kind, source, *options):
    config['mounts'].append({'destination': destination, 'type': kind, 'source': source, 'options': list(options)})
    return '/mounts/{}'.format(len(config['mounts']) - 1)


def map_subids(config, first=FIRST, count=COUNT):
    for name in ('uidMappings', 'gidMappings'):
        config['linux'][name].append({'containerID': 1, 'hostID': first, 'size': count})
