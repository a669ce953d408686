#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Layers of the content store: together they show what unpacking makes of them, whatever they are, and have the same limits."""

import ctypes
import json
import os
import random
import shutil
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..')
sys.path.insert(0, os.path.join(TOP, 'tests'))
sys.path.insert(0, os.path.join(TOP, 'bindings', 'python'))

import contain  # noqa: E402
from harness import case, layout, trees, world  # noqa: E402

MEMBER = layout.member
MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT, AT_FDCWD = 4, 429, -100
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
LIBC = ctypes.CDLL(None, use_errno=True)

LOWER = [MEMBER('./', 'folder'), MEMBER('d/', 'folder', mode=0o710, owner=(3, 4), mtime=1600000000),
         MEMBER('d/file', content=b'content' * 1000, mode=0o6755, owner=(5, 6), mtime=1500000000,
                xattrs={'user.note': 'value', 'security.capability': '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0'}),
         MEMBER('d/soft', 'symlink', link='file', owner=(7, 8)), MEMBER('d/pipe', 'fifo', mode=0o620, owner=(1, 1)),
         MEMBER('d/null', 'char', device=(1, 3), mode=0o666), MEMBER('e/', 'folder'), MEMBER('e/gone'), MEMBER('e/stays')]


def link(name, target):
    """With the metadata of what it leads to, as tar writes it."""
    info, content = MEMBER(name, 'link', link=target)
    for other, _ in LOWER:
        if other.name == target:
            info.mode, info.uid, info.gid, info.mtime = other.mode, other.uid, other.gid, other.mtime
    return info, content


class LayersCase(case.CliCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.store = self.path('store')
        self.ctx = contain.Context(state_root=self.path('state-of-ctx'))
        self.addCleanup(self.ctx.close)
        self.mounted = []
        self.addCleanup(self.unmount_all)

    def unmount_all(self):
        for path in reversed(self.mounted):
            subprocess.run(['umount', path], check=True)

    def image(self, *layers):
        return layout.Layout(self.fresh_path('image'), list(layers))

    def pull(self, image, *options):
        return self.cli('pull', '--store', self.store, '--name', os.path.basename(image.path), *options, image.name)

    def mount(self, image, container=None, userns=None):
        """What the layers show."""
        result = self.pull(image)
        self.assertEqual(result.status, 0, str(result))
        fd, _ = self.ctx.mount_image(os.path.basename(image.path), container, userns, contain.ImageOptions(store=self.store))
        path = self.fresh_path('root')
        os.mkdir(path)
        try:
            if LIBC.syscall(MOVE_MOUNT, fd, b'', AT_FDCWD, os.fsencode(path), MOVE_MOUNT_F_EMPTY_PATH) < 0:
                raise OSError(ctypes.get_errno(), 'move_mount')
        finally:
            os.close(fd)
        self.mounted.append(path)
        return path

    def unpack(self, image):
        target = self.fresh_path('flat')
        self.succeed('unpack', image.name, target)
        return target

    def assert_same(self, *layers):
        """Mounted and unpacked, it is the same; what it is."""
        image = self.image(*layers)
        one, two = trees.describe(self.mount(image)), trees.describe(self.unpack(image))
        self.assertEqual(trees.differences(one, two), [])
        return image, one


class Links(LayersCase):
    """Hard links to what only a lower layer has."""

    def test_they_are_one_file_with_what_is_below(self):
        image, tree = self.assert_same(LOWER, [link('d/more', 'd/file'), link('far', 'd/file'), link('soft', 'd/soft'),
                                               link('pipe', 'd/pipe'), link('null', 'd/null')])
        self.assertEqual([tree[name][5] for name in (b'd/file', b'd/more')], [b'far'] * 2)
        self.assertEqual(tree[b'd'][:3], (oct(0o40710), (3, 4), 1600000000 * 10**9))
        for tool, theirs in (('umoci', self.by_umoci), ('podman', self.by_podman)):
            if shutil.which(tool):
                one, two = ({name: (*entry[:2], *entry[3:]) if entry[0].startswith('0o4') else entry for name, entry in found.items()}
                            for found in (theirs(image), tree))
                self.assertEqual(trees.differences(one, two), [], tool)

    def test_other_names_that_a_lower_layer_has_given_stay_by_themselves(self):
        """As overlayfs has it: a file that is copied up leaves its other names behind."""
        image = self.image(LOWER, [link('one', 'd/file')], [link('two', 'one')])
        ours, flat = trees.describe(self.mount(image)), trees.describe(self.unpack(image))
        self.assertEqual((ours[b'two'][5], ours[b'd/file'][5]), (b'one', b'd/file'))
        self.assertEqual({name: one[:5] for name, one in ours.items()}, {name: one[:5] for name, one in flat.items()})

    def by_umoci(self, image):
        bundle = self.fresh_path('umoci')
        subprocess.run(['umoci', 'unpack', '--image', image.path + ':latest', bundle], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return trees.describe(os.path.join(bundle, 'rootfs'))

    def by_podman(self, image):
        policy = self.path('policy.json')
        with open(policy, 'w', encoding='ascii') as f:
            f.write('{"default": [{"type": "insecureAcceptAnything"}]}')
        storage = ['podman', '--root', self.path('storage'), '--runroot', self.path('run'), '--storage-driver', 'vfs']

        def podman(*argv):
            run = subprocess.run([*storage, *argv], check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, cwd=self.place)
            self.assertEqual(run.returncode, 0, run.stderr[-2000:])
            return run.stdout.strip()
        # It makes a name of the path: not all that a temporary folder may be called is one.
        name = podman('pull', '--quiet', '--signature-policy', policy, f'oci:{os.path.relpath(image.path, self.place)}:latest')
        return trees.describe(podman('image', 'mount', name))

    def test_whiteouts_apply_to_what_is_below_whatever_the_order(self):
        for hidden in ('d/.wh.file', 'd/.wh..wh..opq', '.wh.d'):
            with self.subTest(hidden):
                _, tree = self.assert_same(LOWER, [link('kept', 'd/file'), MEMBER(hidden)])
                self.assertIn(b'kept', tree)
                self.assertNotIn(b'd/file', tree)

    def test_what_the_layer_brings_itself_stays(self):
        _, tree = self.assert_same(LOWER, [link('kept', 'd/file'), MEMBER('d/own'), link('d/again', 'kept'),
                                           MEMBER('d/.wh..wh..opq')])
        self.assertEqual(sorted(name for name in tree if name.startswith(b'd/')), [b'd/again', b'd/own'])
        self.assert_same(LOWER, [link('kept', 'd/file'), MEMBER('d/file', content=b'new')])
        self.assert_same(LOWER, [link('kept', 'd/file'), MEMBER('d/file/', 'folder'), MEMBER('d/file/x')])
        self.assert_same(LOWER, [link('kept', 'd/file'), MEMBER('d/file/x')])

    def test_links_to_nothing(self):
        for upper in ([link('x', 'd/none')], [MEMBER('.wh.d'), link('x', 'd/file')], [MEMBER('d/.wh.file'), link('x', 'd/file')],
                      [MEMBER('d/', 'folder'), MEMBER('d/.wh..wh..opq'), link('x', 'd/file')], [link('x', 'd')],
                      [MEMBER('x/', 'folder'), MEMBER('x/file'), link('x', 'x/file')]):
            with self.subTest(str([info.name for info, _ in upper])):
                image = self.image(LOWER, upper)
                result = self.pull(image)
                self.assertEqual(result.status, 1, str(result))
                self.assertIn("cannot link '/x'", result.err)
                self.assertNotIn('descriptor', result.err)
                self.refuse('link', 'unpack', image.name, self.fresh_path('flat'))
        result = self.pull(self.image(LOWER, [MEMBER('.wh.d')], [link('x', 'd/file')]))
        self.assertIn("cannot link '/x'", result.err)
        self.assertEqual(os.listdir(os.path.join(self.store, 'ingest')), [])

    def test_holes_stay_holes(self):
        size = 1 << 30
        sparse = self.path('sparse')
        with open(sparse, 'wb') as f:
            f.truncate(size)
            f.seek(size // 2)
            f.write(b'data')
        subprocess.run(['tar', '--sparse', '-cf', self.path('tar'), 'sparse'], cwd=self.place, check=True)
        with open(self.path('tar'), 'rb') as f:
            lower = f.read()
        path = self.mount(self.image(lower, [link('other', 'sparse')]))
        status = os.stat(os.path.join(path, 'other'))
        self.assertEqual((status.st_size, status.st_nlink), (size, 2))
        self.assertLess(status.st_blocks * 512, 1 << 20)
        with open(os.path.join(path, 'other'), 'rb') as f:
            f.seek(size // 2)
            self.assertEqual(f.read(5), b'data\0')


class Whiteouts(LayersCase):
    """Overlayfs lists marks in folders that are of one layer only, and knows none at the root of a layer."""

    def test_where_there_is_nothing_to_hide(self):
        nothing = [MEMBER('e/.wh.none'), MEMBER('new/.wh.x'), MEMBER('none/.wh..wh..opq'), MEMBER('d/file/.wh.x')]
        self.assert_same([*LOWER, MEMBER('.wh.x'), MEMBER('e/.wh.y'), MEMBER('g/.wh.z')])
        _, tree = self.assert_same(LOWER, [MEMBER('one'), *nothing])
        self.assertNotIn(b'new', tree)
        self.assert_same(LOWER, nothing[:3], [MEMBER('new/file'), MEMBER('none/file')])

    def test_all_of_the_root(self):
        for upper in ([MEMBER('.wh..wh..opq'), MEMBER('new')], [MEMBER('new'), MEMBER('d/own'), MEMBER('.wh..wh..opq')]):
            _, tree = self.assert_same(LOWER, upper, [MEMBER('top')])
            self.assertEqual((b'e' in tree, b'd/file' in tree, b'new' in tree, b'top' in tree), (False, False, True, True))
        self.assert_same(LOWER, [MEMBER('.wh..wh..opq')])

    def test_several_for_the_same(self):
        for upper in (['d/.wh.file', 'd/.wh..wh..opq'], ['d/.wh..wh..opq', 'd/.wh.file'], ['.wh.d', '.wh.d'], ['d/.wh.file', '.wh.d'],
                      ['.wh.d', 'd/.wh.file'], ['d/.wh..wh..opq', '.wh.d']):
            with self.subTest(str(upper)):
                self.assert_same(LOWER, [MEMBER('own'), *map(MEMBER, upper)])

    def test_what_takes_the_place_of_something(self):
        for upper in ([MEMBER('d'), MEMBER('d/', 'folder'), MEMBER('d/new')], [MEMBER('.wh.d'), MEMBER('d/', 'folder')],
                      [MEMBER('d', 'symlink', link='e'), MEMBER('d/', 'folder')], [MEMBER('d'), MEMBER('d/.wh..wh..opq')],
                      [MEMBER('.wh.d'), MEMBER('d/new')], [link('d/file', 'd/file'), MEMBER('d/.wh..wh..opq')]):
            with self.subTest(str([info.name for info, _ in upper])):
                self.assert_same(LOWER, upper)

    def test_whatever_layers_have(self):
        """Layers that chance has made: mounted and unpacked they are the same, or are refused alike."""
        for _ in range(case.rounds(12)):
            seed = random.randrange(1 << 32)
            image = self.image(*chance(random.Random(seed)))
            target = self.fresh_path('flat')
            pulled, unpacked = self.pull(image), self.cli('unpack', image.name, target)
            self.assertEqual(pulled.status, unpacked.status, f'seed {seed}: {pulled} {unpacked}')
            if pulled.status == 0:
                # But for which names are one file: see Links.
                one, two = ({name: entry[:5] for name, entry in trees.describe(path).items()} for path in (self.mount(image), target))
                self.assertEqual(trees.differences(one, two), [], f'seed {seed}')


def chance(dice):
    layers, files = [], []
    for number in range(dice.randint(2, 4)):
        layers.append([MEMBER('./', 'folder')] if number == 0 else [])
        for _ in range(dice.randint(1, 6)):
            path = '/'.join(dice.choice('abcd') for _ in range(dice.randint(1, 3)))
            folder, slash, name = path.rpartition('/')
            how = {'mtime': dice.randint(1500000000, 1600000000), 'owner': (dice.randint(0, 3), 0)}
            kind = dice.choice(('file', 'file', 'folder', 'folder', 'symlink', 'link', 'whiteout', 'whiteout', 'opaque'))
            if kind == 'link':
                layers[-1] += [MEMBER(path, 'link', link=dice.choice(files))] if files else []
            elif kind == 'whiteout':
                layers[-1].append(MEMBER(f'{folder}{slash}.wh.{name}'))
            elif kind == 'opaque':
                layers[-1].append(MEMBER(dice.choice((path + '/', path + '/', '')) + '.wh..wh..opq'))
            else:
                files += [path] if kind == 'file' else []
                layers[-1].append(MEMBER(path, kind, link='a', **how))
    return layers


class Roots(LayersCase):
    def test_the_root_of_a_layer_without_an_entry_for_it(self):
        lower = [MEMBER('./', 'folder', mode=0o1711, owner=(3, 4), mtime=1500000000), MEMBER('a')]
        image, _ = self.assert_same(lower, [MEMBER('b')], [MEMBER('.wh.a')])
        fd, _ = self.ctx.mount_image(os.path.basename(image.path), 'a', options=contain.ImageOptions(store=self.store))
        status = os.fstat(fd)
        os.close(fd)
        self.assertEqual((status.st_mode & 0o7777, status.st_uid, status.st_gid, status.st_mtime), (0o1711, 3, 4, 1500000000))


class Shifted(LayersCase):
    """Layers with the owners that a user namespace gives them."""

    def userns(self, first, count):
        holder = subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  preexec_fn=lambda: LIBC.unshare(CLONE_NEWUSER))
        try:
            for name in ('uid_map', 'gid_map'):
                with open(f'/proc/{holder.pid}/{name}', 'w', encoding='ascii') as f:
                    f.write(f'0 {first} {count}\n')
            namespace = os.open(f'/proc/{holder.pid}/ns/user', os.O_RDONLY | os.O_CLOEXEC)
        finally:
            holder.communicate()
        self.addCleanup(os.close, namespace)
        return namespace

    def owner(self, *parts):
        status = os.lstat(os.path.join(*parts))
        return status.st_uid, status.st_gid

    def test_each_mount_has_its_own(self):
        image = self.image([MEMBER('./', 'folder', owner=(1, 2)), MEMBER('d/', 'folder'), *LOWER[2:4]], [MEMBER('top', owner=(9, 9))])
        try:
            one = self.mount(image, 'one', self.userns(100000, 1000))
        except contain.ContainError as error:
            if error.code == contain.ErrorCode.UNSUPPORTED:
                self.skipTest(str(error))
            raise
        plain = self.mount(image)
        two = self.mount(image, None, self.userns(200000, 1000))
        for root, first in ((one, 100000), (plain, 0), (two, 200000)):
            self.assertEqual([self.owner(root, name) for name in ('.', 'd', 'd/file', 'd/soft', 'top')],
                             [(first + uid, first + gid) for uid, gid in ((1, 2), (0, 0), (5, 6), (7, 8), (9, 9))])
        with open(os.path.join(one, 'd/file'), 'ab') as f:
            f.write(b'x')
        self.assertEqual(self.owner(self.store, 'containers/one/upper/d/file'), (100005, 100006))
        self.assertEqual(self.owner(plain, 'd/file'), (5, 6))
        os.chown(os.path.join(one, 'top'), 100700, 100700)
        self.assertEqual(self.owner(one, 'top'), (100700, 100700))

    def test_what_cannot_be_shifted(self):
        image = self.image([MEMBER('a')])
        self.assertEqual(self.pull(image).status, 0)
        with open('/proc/self/ns/user', 'rb') as first, self.assertRaises(contain.ContainError):
            self.ctx.mount_image(os.path.basename(image.path), 'x', first, contain.ImageOptions(store=self.store))
        self.assertEqual(os.listdir(os.path.join(self.store, 'containers')), [])


class Nested(LayersCase):
    """Root of a user namespace, who may mount there: what overlayfs keeps its books in is another attribute then."""

    MOUNT = ('import contain, ctypes, json, os, sys\n'
             'ctx, options = contain.Context(), contain.ImageOptions(store=sys.argv[2])\n'
             'ctx.pull_image(sys.argv[1], "app", options)\n'
             'fd, _ = ctx.mount_image("app", "a", options=options)\n'
             'path = sys.argv[2] + "/../root"\n'
             'os.mkdir(path)\n'
             f'assert ctypes.CDLL(None).syscall({MOVE_MOUNT}, fd, b"", {AT_FDCWD}, path.encode(), {MOVE_MOUNT_F_EMPTY_PATH}) == 0\n'
             'os.rmdir(path + "/own")\n'
             'print(json.dumps({top: sorted(folders + files) for top, folders, files in os.walk(path)}))\n')

    def test_whiteouts_and_opaque_folders(self):
        image = self.image([*(one for one in LOWER if one[0].name != 'd/null'), MEMBER('own/', 'folder')],
                           [MEMBER('d/', 'folder'), MEMBER('d/.wh..wh..opq'), MEMBER('d/new'), MEMBER('e/.wh.gone'),
                            link('e/one', 'e/stays')])
        inside = self.path('inside')
        os.mkdir(inside)
        surroundings = world.World(world.user_namespace('0 0 65536', '0 0 65536', CLONE_NEWNS))
        result = subprocess.run([sys.executable, '-c', self.MOUNT, image.name, os.path.join(inside, 'store')], check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=surroundings,
                                env={**os.environ, 'PYTHONPATH': os.path.join(TOP, 'bindings', 'python')})
        self.assertEqual(result.returncode, 0, result.stderr[-1500:])
        found = {os.path.relpath(top, os.path.join(inside, 'store/../root')): names for top, names in json.loads(result.stdout).items()}
        self.assertEqual(found, {'.': ['d', 'e'], 'd': ['new'], 'e': ['one', 'stays']})


class Limits(LayersCase):
    def test_they_hold_for_all_layers_together(self):
        image = self.image(*([MEMBER('a', content=b'x' * 1000), MEMBER(f'd{i}/', 'folder'), MEMBER(f'd{i}/e/', 'folder')]
                             for i in range(2)))
        for options, text in ((('--max-size', '1999'), '1999 bytes'), (('--max-entries', '5'), '5 entries'),
                              (('--max-file-size', '999'), "of more bytes than 999"), (('--max-depth', '1'), 'deeper than 1')):
            result = self.pull(image, *options)
            self.assertEqual(result.status, 1, str(result))
            self.assertIn(text, result.err)
            self.assertEqual(os.listdir(os.path.join(self.store, 'ingest')), [])
            self.assertEqual(self.succeed('images', '--store', self.store, '-q').out, '')
        self.succeed('gc', '--store', self.store)
        result = self.pull(image, '--max-size', '2000', '--max-entries', '6', '--max-file-size', '1000', '--max-depth', '2')
        self.assertEqual(result.status, 0, str(result))

    def test_a_bomb(self):
        """A gigabyte of zeros, of which a megabyte comes in."""
        image = self.image(layout.make_tar([MEMBER('a')]), [MEMBER('zeros', content=bytes(64 << 20))])
        result = self.pull(image, '--max-size', '1M')
        self.assertIn('more than 1048576', result.err, str(result))
        used = int(subprocess.run(['du', '-s', '-k', self.store], check=True, stdout=subprocess.PIPE).stdout.split()[0])
        self.assertLess(used, 2048)

    def test_a_link_to_a_large_file_below_counts(self):
        image = self.image([MEMBER('a', content=b'x' * 1000)], [link('b', 'a')])
        self.assertIn('1999 bytes', self.pull(image, '--max-size', '1999').err)

    def test_blobs_that_are_longer_than_what_may_be_in_them(self):
        image = self.image([MEMBER('a', content=os.urandom(3000000))])
        archive = self.path('docker.tar')
        if not shutil.which('skopeo'):
            self.skipTest('needs skopeo')
        subprocess.run(['skopeo', 'copy', '-q', image.name, f'docker-archive:{archive}:a:1'], check=True)
        result = self.cli('pull', '--store', self.store, '--name', 'b', '--max-size', '1M', f'docker-archive:{archive}')
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('1048576 bytes', result.err)

    def test_containers(self):
        image = self.image([MEMBER('a', content=b'x' * 1000)])
        for options in ((), ('--store', self.store)):
            result = self.cli('run', '--storage', self.path('copies'), '--image', image.name, '--max-size', '999', *options,
                              '--', '/a')
            self.assertEqual(result.status, 1, str(result))
            self.assertIn('999 bytes', result.err)
            self.assertEqual(os.listdir(self.path('copies')), [])

    def test_the_lower_of_two(self):
        image = self.image([MEMBER('a', content=b'x' * 1000)])
        for one, two, works in ((999, 0, False), (999, 2000, False), (2000, 999, False), (2000, 1000, True)):
            options, unpack = contain.ImageOptions(max_bytes=one), contain.UnpackOptions(max_bytes=two)
            target = self.fresh_path('target')
            if works:
                self.ctx.unpack_image(image.name, target, options, unpack)
                continue
            with self.assertRaises(contain.ImageError) as caught:
                self.ctx.unpack_image(image.name, target, options, unpack)
            self.assertEqual(caught.exception.code, contain.ErrorCode.SIZE)


if __name__ == '__main__':
    case.main()
