#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The content store: what is shared, what is removed and what is not, who is at work at the same time, and who is killed."""

import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..')
sys.path.insert(0, os.path.join(TOP, 'tests'))
sys.path.insert(0, os.path.join(TOP, 'bindings', 'python'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import contain  # noqa: E402
import fake_registry as fake  # noqa: E402
from harness import case, traces  # noqa: E402

BASE = fake.layer({'etc/': None, 'etc/motd': b'base\n', 'etc/old': b'', 'usr/': None, 'usr/a': b'a'})
CHANGE = fake.layer({'etc/': None, 'etc/motd': b'changed\n', 'etc/.wh.old': b''})
OPAQUE = fake.layer({'usr/': None, 'usr/.wh..wh..opq': b'', 'usr/b': b'b'})
ONE, TWO = fake.Image(BASE, CHANGE), fake.Image(BASE, OPAQUE)

MS_BIND, MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT, AT_FDCWD = 4096, 4, 429, -100
LIBC = ctypes.CDLL(None, use_errno=True)


def attach(fd, path):
    os.makedirs(path, exist_ok=True)
    if LIBC.syscall(MOVE_MOUNT, fd, b'', AT_FDCWD, os.fsencode(path), MOVE_MOUNT_F_EMPTY_PATH) < 0:
        raise OSError(ctypes.get_errno(), 'move_mount')


def children_of(pid):
    try:
        return [int(child) for child in read('/proc', str(pid), 'task', str(pid), 'children').split()]
    except FileNotFoundError:
        return []


def read(*parts):
    with open(os.path.join(*parts), encoding='utf-8') as f:
        return f.read()


class StoreCase(case.CliCase):
    def setUp(self):
        super().setUp()
        self.store = self.path('store')
        self.registry = fake.Registry()
        self.addCleanup(self.registry.close)
        self.registry.add('1', ONE)
        self.registry.add('2', TWO)
        self.ctx = contain.Context(state_root=self.path('state-of-ctx'))
        self.addCleanup(self.ctx.close)
        self.options = contain.ImageOptions(store=self.store, insecure=True)
        self.mounted = []
        self.addCleanup(self.unmount_all)

    def unmount_all(self):
        for path in reversed(self.mounted):
            subprocess.run(['umount', path], check=True)
        self.mounted.clear()

    def mount(self, image, container, **more):
        fd, told = self.ctx.mount_image(image, container, options=self.options, **more)
        path = self.fresh_path('root')
        try:
            attach(fd, path)
        finally:
            os.close(fd)
        self.mounted.append(path)
        return path, told

    def command(self, *words):
        return [*words[:1], '--store', self.store, *words[1:]]

    def pull(self, tag='1'):
        return self.succeed(*self.command('pull', '--insecure', self.registry.image(tag))).out.strip()

    def collect(self, *options):
        return self.ctx.collect_images(options=self.options, *options)

    def name(self, tag='1'):
        return f'{self.registry.host}/team/app:{tag}'

    def names_in(self, folder):
        return sorted(os.listdir(os.path.join(self.store, folder)))

    def is_whole(self):
        """All that a name leads to is there, by its digest."""
        for entry in json.loads(read(self.store, 'index.json'))['manifests']:
            manifest = json.loads(self.blob(entry['digest']))
            for one in (manifest['config'], *manifest['layers']):
                self.assertEqual(len(self.blob(one['digest'])), one['size'])

    def blob(self, digest):
        with open(os.path.join(self.store, 'blobs', *digest.split(':')), 'rb') as f:
            data = f.read()
        self.assertEqual(fake.digest_of(data), digest)
        return data


class Keeping(StoreCase):
    def test_names_digests_and_what_is_fetched_once(self):
        self.assertEqual(self.pull(), ONE.digest)
        self.assertEqual(self.pull('2'), TWO.digest)
        self.assertEqual(len(self.registry.asked_for(fake.digest_of(BASE))), 1)
        self.assertEqual(len(self.names_in('layers')), 3)
        self.assertEqual(self.names_in('ingest'), [])
        told = json.loads(self.succeed(*self.command('images', '--format', 'json')).out)
        self.assertEqual({one['name']: one['digest'] for one in told['images']},
                         {self.name(): ONE.digest, self.name('2'): TWO.digest})
        self.assertEqual(self.succeed(*self.command('images', '-q')).out.split(), [self.name(), self.name('2')])
        self.assertIn(ONE.digest[:19], self.succeed(*self.command('images')).out)
        self.is_whole()
        self.assertEqual(os.stat(self.store).st_mode & 0o777, 0o700)

    def test_a_name_that_leads_elsewhere_now(self):
        self.pull()
        self.registry.add('1', TWO)
        self.assertEqual(self.pull(), TWO.digest)
        self.assertEqual(self.succeed(*self.command('images', '-q')).out.split(), [self.name()])

    def test_files_need_a_name(self):
        if not shutil.which('skopeo'):
            self.skipTest('needs skopeo')
        fake.write_layout(self.path('layout'), ONE, 'x')
        self.refuse('--name', *self.command('pull', f'oci:{self.path("layout")}:x'))
        self.succeed(*self.command('pull', '--name', 'mine', f'oci:{self.path("layout")}:x'))
        self.refuse('no name', *self.command('pull', '--name', 'a b', f'oci:{self.path("layout")}:x'))
        subprocess.run(['skopeo', 'copy', '-q', f'oci:{self.path("layout")}:x', f'docker-archive:{self.path("archive")}:a:1'], check=True)
        self.succeed(*self.command('pull', '--name', 'archived', f'docker-archive:{self.path("archive")}'))
        self.is_whole()
        self.assertEqual(len(self.names_in('layers')), 2)
        self.refuse('without digests', *self.command('pull', '--name', 'folder', f'dir:{self.rootfs}'))

    def test_removing(self):
        self.pull()
        self.pull('2')
        self.succeed(*self.command('rmi', ONE.digest.split(':')[1][:12]))
        self.refuse('no image', *self.command('rmi', self.name()))
        would = self.collect(True)
        self.assertEqual(would['layers'], 1)
        self.assertEqual(would['blobs'], 3)
        self.assertEqual(len(self.names_in('layers')), 3)
        self.assertEqual(self.collect(), would)
        self.assertEqual(len(self.names_in('layers')), 2)
        self.is_whole()
        self.assertEqual(self.collect(), {'containers': 0, 'blobs': 0, 'layers': 0, 'partial': 0, 'bytes': 0})
        self.assertIn('blobs 0', self.succeed(*self.command('gc', '--dry-run')).out)

    def test_what_cannot_be_understood_keeps_all(self):
        self.pull()
        self.mount(self.name(), 'a')
        self.unmount_all()
        self.succeed(*self.command('rmi', self.name()))
        with open(os.path.join(self.store, 'containers/a/use.json'), 'w', encoding='utf-8') as f:
            f.write('{')
        self.refuse('use.json', *self.command('gc'))
        self.assertEqual(len(self.names_in('layers')), 2)
        with open(os.path.join(self.store, 'index.json'), 'a', encoding='utf-8') as f:
            f.write('nonsense')
        self.refuse('index.json', *self.command('images'))
        self.refuse('index.json', *self.command('gc'))

    def test_a_store_that_others_may_write_to(self):
        os.mkdir(self.store)
        os.chmod(self.store, 0o777)
        self.refuse('others', *self.command('images'))


class Mounting(StoreCase):
    def test_layers_are_shared_and_what_is_written_is_not(self):
        first, told = self.mount(self.registry.image(), 'first')
        second, _ = self.mount(self.name(), 'second')
        self.assertEqual(told['image']['digest'], ONE.digest)
        self.assertEqual(told['config']['config'], {'Cmd': ['/bin/true']})
        self.assertEqual(len(self.registry.asked_for('/blobs/')), 3)
        self.assertEqual(read(first, 'etc/motd'), 'changed\n')
        self.assertEqual(os.listdir(os.path.join(first, 'etc')), ['motd'])
        self.assertEqual(os.stat(first).st_mode & 0o7777, 0o755)
        with open(os.path.join(first, 'etc/motd'), 'w', encoding='utf-8') as f:
            f.write('mine\n')
        self.assertEqual(read(second, 'etc/motd'), 'changed\n')
        self.assertEqual(read(self.store, 'containers/first/upper/etc/motd'), 'mine\n')
        self.assertEqual(len(self.names_in('layers')), 2)

    def test_an_opaque_folder(self):
        path, _ = self.mount(self.registry.image('2'), 'a')
        self.assertEqual(os.listdir(os.path.join(path, 'usr')), ['b'])
        self.assertEqual(read(path, 'etc/motd'), 'base\n')

    def test_folders_without_an_entry_look_as_below(self):
        self.registry.add('3', fake.Image(fake.layer({'a/': (0o1777, 5), 'a/b/': (0o700, 6), 'a/b/file': b'', 'gone/': (0o711, 7)}),
                                          fake.layer({'.wh.gone': b''}), fake.layer({'a/b/c/file': b'', 'gone/file': b''})))
        path, _ = self.mount(self.registry.image('3'), 'a')
        for name, mode, uid in (('a', 0o1777, 5), ('a/b', 0o700, 6), ('a/b/c', 0o755, 0), ('gone', 0o755, 0)):
            status = os.stat(os.path.join(path, name))
            self.assertEqual((status.st_mode & 0o7777, status.st_uid), (mode, uid), name)
        self.assertEqual(sorted(os.listdir(os.path.join(path, 'a/b'))), ['c', 'file'])
        self.assertEqual(os.stat(os.path.join(path, 'a')).st_mtime, 0)

    def test_read_only(self):
        for image in (self.registry.image(), self.registry.image('3')):
            self.registry.add('3', fake.Image(BASE))
            path, _ = self.mount(image, None)
            self.assertIn(read(path, 'etc/motd'), ('changed\n', 'base\n'))
            with self.assertRaises(OSError):
                open(os.path.join(path, 'new'), 'w', encoding='utf-8')
        self.assertEqual(self.names_in('containers'), [])

    def test_collecting_leaves_what_a_container_uses(self):
        path, _ = self.mount(self.registry.image(), 'a')
        told = self.ctx.list_images(options=self.options)
        self.assertEqual(told['images'][0]['containers'], ['a'])
        self.assertEqual(told['containers'], [{'id': 'a', 'image': self.name(), 'digest': ONE.digest}])
        self.succeed(*self.command('rmi', self.name()))
        self.assertEqual(self.collect()['layers'], 0)
        self.assertEqual(read(path, 'etc/motd'), 'changed\n')
        self.unmount_all()
        self.ctx.release_image('a', options=self.options)
        self.assertEqual(self.collect()['layers'], 2)
        self.assertEqual((self.names_in('layers'), self.names_in('containers'), self.names_in('ingest')), ([], [], []))
        with self.assertRaises(contain.ContainError):
            self.ctx.release_image('a', options=self.options)

    def test_an_id_is_taken_once(self):
        self.mount(self.registry.image(), 'a')
        for wrong in ('a', '../a', '', '.', 'a/b'):
            with self.assertRaises(contain.ContainError):
                self.mount(self.name(), wrong)
        self.assertEqual(self.names_in('containers'), ['a'])

    def test_many_layers(self):
        image = fake.Image(*(fake.layer({f'f{i}': b'', 'last': str(i).encode()}) for i in range(130)))
        self.registry.add('many', image)
        path, _ = self.mount(self.registry.image('many'), 'a')
        self.assertEqual(len(os.listdir(path)), 131)
        self.assertEqual(read(path, 'last'), '129')

    def test_nothing_is_left_mounted_in_the_store(self):
        self.mount(self.registry.image(), 'a')
        self.unmount_all()
        self.assertEqual(traces.mounts_below(self.store), [])


class Beside(StoreCase):
    """Several at work on one store."""

    def test_pulls_and_collections(self):
        images = [fake.Image(BASE, fake.layer({str(i): os.urandom(20000)})) for i in range(4)]
        for i, image in enumerate(images):
            self.registry.add(str(i), image)
        for _ in range(case.rounds(3)):
            running = [self.start_cli(*self.command('pull', '--insecure', self.registry.image(str(i % 4)))) for i in range(6)]
            running += [self.start_cli(*self.command('gc')) for _ in range(2)]
            for one in running:
                result = self.end_program(one)
                self.assertEqual(result.status, 0, str(result))
            self.is_whole()
            self.assertEqual(len(json.loads(read(self.store, 'index.json'))['manifests']), 4)
            self.assertEqual(self.names_in('ingest'), [])
            for i in range(4):
                self.succeed(*self.command('rmi', self.name(str(i))))
            self.collect()
            self.assertEqual(self.names_in('layers'), [])

    def test_the_same_blob_is_fetched_once(self):
        running = [self.start_cli(*self.command('pull', '--insecure', self.registry.image())) for _ in range(4)]
        for one in running:
            result = self.end_program(one)
            self.assertEqual(result.status, 0, str(result))
        for layer in ONE.layers:
            self.assertEqual(len(self.registry.asked_for(fake.digest_of(layer))), 1)

    def test_killed_at_any_moment(self):
        big = fake.Image(fake.layer({f'{i}': os.urandom(100000) for i in range(30)}), CHANGE)
        self.registry.add('big', big)
        for _ in range(case.rounds(12)):
            process = self.start_cli(*self.command('pull', '--insecure', self.registry.image('big')), start_new_session=True)
            time.sleep(random.uniform(0.005, 0.25))
            for pid in children_of(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.kill()
            process.wait()
            self.assertTrue(traces.wait_until(lambda: not traces.reap_ended()))
            if os.path.exists(os.path.join(self.store, 'index.json')):
                self.is_whole()
        self.assertEqual(self.pull('big'), big.digest)
        self.is_whole()
        path, _ = self.mount(self.name('big'), 'a')
        self.assertEqual(len(os.listdir(path)), 31)
        self.collect()
        self.assertEqual(self.names_in('ingest'), [])


if __name__ == '__main__':
    case.main()
