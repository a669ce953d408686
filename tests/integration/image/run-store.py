#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Containers of images in the content store: whose the files are, what volumes are, and what becomes of what is left."""

import json
import os
import random
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402
from harness.image_runs import Images  # noqa: E402
from harness.layout import Layout, member  # noqa: E402
from harness.place import PlaceCase  # noqa: E402
from harness.rootless import COUNT, FIRST, RootlessCase  # noqa: E402
from harness.rootless import GROUP as USER_GROUP, PASSWD as USER_PASSWD  # noqa: E402
from harness.world import World, etc, own_mounts  # noqa: E402


class Stored(Images):
    def prepare(self):
        super().prepare()
        self.store = self.path('store')

    def pull(self, image, name='app:1', **options):
        result = self.cli('pull', '--store', self.store, '--name', name, image, **options)
        self.assertEqual(result.status, 0, str(result))

    def run_stored(self, *argv, name='app:1', **options):
        return self.run_image(name, '--store', self.store, *argv, **options)

    def names_in(self, folder):
        return sorted(os.listdir(os.path.join(self.store, folder)))

    def assert_nothing_left(self):
        self.assert_no_copies()
        self.assertEqual((self.names_in('containers'), self.names_in('ingest')), ([], []))


class Root(Stored, PlaceCase):
    """As root."""

    def setUp(self):
        super().setUp()
        self.prepare()

    def test_layers_are_shared_and_what_is_written_is_not(self):
        self.pull(self.make_layout(Cmd=['sh', '-c', 'cat /upper; echo 3 > /upper']))
        for _ in range(2):
            self.assert_runs(self.run_stored(), '2')
        self.assert_nothing_left()

    def test_files_that_have_no_name_in_the_store(self):
        image = self.make_layout(Cmd=['cat', '/upper'])
        self.assert_runs(self.run_image(image, '--store', self.store), '2')
        self.assertEqual(self.names_in('layers'), [])
        self.assert_nothing_left()

    def test_nothing_is_left_of_what_fails(self):
        self.pull(self.make_layout(Cmd=['id'], User='nobody'))
        self.assertIn('/config/User', self.run_stored().err)
        self.pull(self.make_layout(Cmd=['frobnicate']), 'app:2')
        self.assertIn('frobnicate', self.run_stored(name='app:2').err)
        self.assert_nothing_left()
        result = self.run_image('docker://127.0.0.1:1/x', '--store', self.store)
        self.assertEqual(result.status, 1, str(result))
        self.assert_nothing_left()

    def test_subordinate_ids(self):
        """The layers are shown with them, and shared with containers that have others"""
        scratch = self.fresh_path('scratch')
        os.mkdir(scratch)
        subids = f'root:{FIRST}:{COUNT}\n'
        world = World(own_mounts, etc({'subuid': subids, 'subgid': subids}, scratch))
        self.pull(self.make_layout(Cmd=['sh', '-c', 'id -u; stat -c %u:%g / /data /data/seed /new /bin; echo x > /data/own; '
                                                    'stat -c %u:%g /data/own; touch /x 2>/dev/null; cat /proc/self/uid_map'],
                                   User='app', Volumes={'/new': {}}))
        result = self.cli('--log-level', 'info', 'run', '--storage', self.copies, '--store', self.store, '--image', 'app:1',
                          '--userns', 'auto', preexec_fn=world)
        if 'cannot be mounted with other owners' in result.err:
            self.skipTest(result.err.strip())
        self.assertEqual(result.err, '')
        self.assert_runs(result, '1500', '0:0', '1500:1600', '1500:1600', '0:0', '0:0', '1500:1600', f'0 {FIRST} {COUNT}')
        self.assert_nothing_left()
        self.assertEqual(len(self.names_in('layers')), 2)
        self.assert_runs(self.run_stored('--entrypoint', 'stat', '--', '-c', '%u', '/data/seed'), '1500')


class Volumes(Stored, PlaceCase):
    def setUp(self):
        super().setUp()
        self.prepare()

    SCRIPT = ('cat /data/seed; echo x > /data/new && echo x > /made/deep/new && echo written; stat -c %u:%g:%a /data /made/deep; '
              'grep -c " /data " /proc/mounts; grep -c " /made/deep " /proc/mounts; true')

    def test_folders_on_disk_that_go_with_the_container(self):
        image = self.make_layout(Cmd=['sh', '-c', self.SCRIPT], Volumes={'/data': {}, '/made/deep': {}})
        self.pull(image)
        for run in (lambda: self.run_image(image), self.run_stored):
            self.assert_runs(run(), 'seed', 'written', '1500:1600:755', '0:0:755', '0', '0')
            self.assert_no_copies()

    def test_they_can_be_written_to_where_the_root_cannot(self):
        image = self.make_layout(Cmd=['sh', '-c', self.SCRIPT + '; touch /x'], Volumes={'/data': {}, '/made/deep': {}})
        self.pull(image)
        for run in (self.run_image, lambda _, *argv: self.run_stored(*argv)):
            result = run(image, '--read-only')
            self.assertIn('Read-only file system', result.err, str(result))
            lines = result.out.splitlines()
            self.assertEqual((lines[:3], lines[-2:]), (['seed', 'written', '1500:1600:755'], ['1', '1']))
            self.assert_no_copies()

    def test_links_lead_nowhere_but_into_the_image(self):
        outside = self.path('outside')
        os.mkdir(outside)
        layers = [self.tar, [member('out', 'symlink', link='../../../../..' + outside), member('in', 'symlink', link='/data')]]
        image = Layout(self.fresh_path('layout'), layers, Cmd=['sh', '-c', f'ls /data {outside}'],
                       Volumes={'/out/a': {}, '/in/b': {}, '/../../c': {}}).name
        self.pull(image)
        for run in (lambda: self.run_image(image), self.run_stored):
            result = run()
            self.assertEqual(result.status, 1, str(result))         # where the link leads, there is nothing in the image
            self.assertIn('/config/Volumes', result.err)
            self.assertEqual(os.listdir(outside), [])
        layers[1][0] = member('out', 'symlink', link='../../../../../tmp')
        image = Layout(self.fresh_path('layout'), layers, Cmd=['ls', '/data', '/tmp', '-d', '/c'],
                       Volumes={'/out/a': {}, '/in/b': {}, '/../../c': {}}).name
        result = self.run_image(image, '--', 'ls', '-d', '/data/b', '/tmp/a', '/c')
        self.assert_runs(result, '/c', '/data/b', '/tmp/a')
        self.assert_no_copies()

    def test_more_than_anybody_needs(self):
        image = self.make_layout(Cmd=['true'], Volumes={f'/{i}' + '/a' * 100: {} for i in range(11)})
        self.assertIn('Argument list too long'.lower(), self.run_image(image).err.lower())
        self.assert_no_copies()

    def test_a_file_in_the_place_of_one(self):
        result = self.run_image(self.make_layout(Cmd=['true'], Volumes={'/upper': {}}))
        self.assertIn("/config/Volumes/~1upper: cannot make the folder of volume '/upper'", result.err, str(result))
        self.assert_no_copies()


class Lost:
    """Containers whose end nobody has seen."""

    def lose(self, *argv, **options):
        """A container after a reboot: its process and its state are gone."""
        name = self.fresh_id()
        result = self.cli('run', '--detach', *argv, name, **options)
        self.assertEqual(result.status, 0, str(result))
        pid = self.state(name)['pid']
        saved = self.path('saved')
        shutil.copytree(os.path.join(self.root, name), saved, symlinks=True)
        self.addCleanup(self.finish, name, saved)
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(traces.wait_until(lambda: not os.path.exists(f'/proc/{pid}') or self.is_zombie(pid)))
        shutil.rmtree(os.path.join(self.root, name))
        return name

    @staticmethod
    def is_zombie(pid):
        with open(f'/proc/{pid}/stat', encoding='utf-8') as f:
            return ') Z' in f.read()

    def finish(self, name, saved):
        """What is not of the store's: cgroups of a container that was lost on purpose."""
        shutil.copytree(saved, os.path.join(self.root, name), symlinks=True)
        self.own(os.path.join(self.root, name))
        self.cli('delete', '--force', name)

    def own(self, top):
        """Gives it to the user whose containers these are."""
        for folder, _, files in os.walk(top):
            for path in (folder, *(os.path.join(folder, file) for file in files)):
                os.chown(path, getattr(self, 'uid', 0), getattr(self, 'gid', 0), follow_symlinks=False)


class Left(Lost, Stored, PlaceCase):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.pull(self.make_layout(Cmd=['sh', '-c', case.WAIT]))

    def lose_stored(self):
        return self.lose('--storage', self.copies, '--store', self.store, '--image', 'app:1')

    def collect(self, *options):
        return self.succeed('gc', '--store', self.store, *options).out

    def test_gc_releases_them(self):
        self.run_image('app:1', '--store', self.store, '--detach', alive := self.fresh_id())
        name = self.lose_stored()
        self.assertIn('containers 1, blobs 0, layers 0', self.collect('--dry-run'))
        self.assertEqual(self.names_in('containers'), sorted([alive, name]))
        self.assertIn('containers 1, blobs 0, layers 0', self.collect())
        self.assertEqual(self.names_in('containers'), [alive])
        self.assertEqual(os.listdir(self.copies), [alive])
        self.assertEqual(self.succeed('exec', alive, 'cat', '/upper').out, '2\n')
        self.succeed('delete', '--force', alive)
        self.succeed('rmi', '--store', self.store, 'app:1')
        self.assertIn('containers 0, blobs 4, layers 2', self.collect())

    def test_gc_releases_what_has_no_copy_any_more(self):
        name = self.lose_stored()
        away = self.path('away')
        os.rename(self.copies, away)
        self.assertIn('containers 0', self.collect())           # it may be on a disk that is not there now
        os.rename(away, self.copies)
        shutil.rmtree(os.path.join(self.copies, name))
        self.assertIn('containers 1', self.collect())
        self.assertEqual(self.names_in('containers'), [])

    def test_containers_of_others_are_theirs(self):
        """Those that no container of ours goes with are kept until they are released."""
        folder = os.path.join(self.store, 'containers/other')
        os.mkdir(folder)
        with open(os.path.join(folder, 'use.json'), 'w', encoding='utf-8') as f:
            json.dump({'image': 'x', 'digest': 'sha256:' + '0' * 64, 'layers': []}, f)
        self.assertIn('containers 0', self.collect())
        self.assertEqual(self.names_in('containers'), ['other'])
        self.refuse('exclude', 'gc', '--store', self.store, '--dry-run', '--release', 'other')
        self.refuse('has no file system', 'gc', '--store', self.store, '--release', 'none')
        self.collect('--release', 'other')
        self.assertEqual(self.names_in('containers'), [])

    def test_hosts_that_die_at_any_moment(self):
        for _ in range(case.rounds(6)):
            name = self.fresh_id()
            process = self.start_cli('create', '--storage', self.copies, '--store', self.store, '--image', 'app:1', name)
            time.sleep(random.uniform(0.005, 0.12))
            helpers = self.children(process.pid)
            process.kill()
            process.communicate()
            self.assertTrue(traces.wait_until(lambda pids=helpers: not any(map(self.is_alive, pids))), 'helpers stay')
            self.cli('delete', '--force', name)
        self.collect()
        self.assertEqual(self.names_in('containers'), [])
        self.assert_runs(self.run_image('app:1', '--store', self.store, '--', 'cat', '/upper'), '2')
        self.assert_nothing_left()

    @staticmethod
    def children(pid):
        try:
            with open(f'/proc/{pid}/task/{pid}/children', encoding='utf-8') as f:
                return [int(child) for child in f.read().split()]
        except FileNotFoundError:
            return []

    def is_alive(self, pid):
        """Containers' own processes wait in created ones; contain-image has to end by itself."""
        try:
            with open(f'/proc/{pid}/cmdline', encoding='utf-8') as f:
                return f.read().startswith('contain-image')
        except (FileNotFoundError, ProcessLookupError):
            return False

    def test_the_next_container_of_that_name(self):
        name = self.lose_stored()
        self.run_image('app:1', '--store', self.store, '--detach', name)
        self.assertEqual(self.names_in('containers'), [name])
        self.succeed('delete', '--force', name)
        self.assertEqual((self.names_in('containers'), os.listdir(self.copies)), ([], []))


class User(Lost, Stored, RootlessCase):
    """Without privilege: a copy."""

    def setUp(self):
        super().setUp()
        self.prepare()

    def test_one_id(self):
        self.pull(self.make_layout(Cmd=['sh', '-c', 'id -u; cat /data/seed /upper; echo 1 > /data/x && ls /data /made'],
                                   Volumes={'/data': {}, '/made': {}}))
        self.assertEqual(self.names_in('layers'), [])
        result = self.cli('--log-level', 'info', 'run', '--storage', self.copies, '--store', self.store, '--image', 'app:1')
        self.assertIn('the image is copied: mounting the store', result.err)
        self.assert_runs(result, '0', 'seed', '2', '/data:', 'seed', 'x', '', '/made:')
        self.assert_nothing_left()

    def test_volumes_in_folders_that_nobody_may_write_to(self):
        path = self.fresh_path('layout')
        Layout(path, [self.tar, [member('./', 'folder', mode=0o555), member('ro/', 'folder', mode=0o555)]],
               Cmd=['sh', '-c', 'echo 1 > /ro/vol/x && stat -c %a / /ro /ro/vol'], Volumes={'/ro/vol': {}, '/top': {}})
        self.own(path)
        self.assert_runs(self.run_image(f'oci:{path}:latest'), '555', '555', '755')
        self.assert_no_copies()

    def test_subordinate_ids(self):
        world = self.known_user(passwd=USER_PASSWD, group=USER_GROUP)
        self.pull(self.make_layout(Cmd=['sh', '-c', 'id -u; stat -c %u:%g /data / /made'], User='app', Volumes={'/made': {}}))
        for _ in range(2):
            self.assert_runs(self.run_stored(preexec_fn=world), '1500', '1500:1600', '0:0', '0:0')
        self.assert_nothing_left()
        self.assertEqual(self.names_in('layers'), [])

    def test_what_a_lost_container_has_left(self):
        data = {'XDG_DATA_HOME': self.path('data')}
        copies = os.path.join(self.path('data'), 'contain/copies')
        image = self.make_layout(Cmd=['sh', '-c', case.WAIT])
        name = self.lose('--image', image, environment=data)
        self.assertEqual(os.listdir(copies), [name])
        result = self.cli('delete', name, environment=data)
        self.assertEqual((result.status, os.listdir(copies)), (0, []), str(result))
        result = self.cli('delete', name, environment=data)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('does not exist', result.err)
        os.mkdir(os.path.join(copies, 'half'))
        os.mkdir(os.path.join(copies, 'half/rootfs'), 0o500)
        self.own(os.path.join(copies, 'half'))
        result = self.cli('gc', environment=data)
        self.assertEqual((result.status, os.listdir(copies)), (0, []), str(result))


if __name__ == '__main__':
    case.main()
