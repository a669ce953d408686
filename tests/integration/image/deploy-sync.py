#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contain-run deploy --mode sync: a folder that is made the same as the image, file by file."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))

from harness import case, trees
from harness.deploy import DeployCase, content
from harness.layout import Layout, member


class InPlace(DeployCase):
    def sync(self, name, *options):
        return self.deploy(name, '--mode', 'sync', *options)

    def tree(self, folder=None):
        return trees.describe(folder or self.top, without=(b'.contain',))

    def counts(self, done):
        return done['changed'], done['unchanged'], done['removed']

    def test_only_what_differs(self):
        first = self.image('one')
        self.assertEqual(self.sync(first.name)['status'], 'deployed')
        kept = os.stat(self.top + '/etc/same').st_ino
        layers = [m for m in content('one') if m[0].name not in ('data/7', 'data/8', 'etc/version')]
        layers += [member('etc/version', content=b'two'), member('new/file', content=b'n'), member('data/8/x', content=b'x')]
        second = Layout(self.fresh_path('image'), [layers])
        done = self.sync(second.name)
        self.assertEqual(self.counts(done), (3, 42, 1))
        self.assertEqual(os.stat(self.top + '/etc/same').st_ino, kept)
        plain = self.path('plain')
        self.succeed('deploy', '--root', plain, second.name)
        self.assertEqual(trees.differences(self.tree(), self.tree(os.path.realpath(plain + '/current'))), [])
        self.assertEqual(self.sync(second.name)['status'], 'unchanged')
        self.assertEqual([r['current'] for r in self.releases()], [True])

    def test_all_attributes(self):
        self.top = self.path('app')     # memory has such attributes since Linux 6.6
        old = [member('./', 'folder'), member('a', content=b'a', xattrs={'user.x': '1'}), member('b', content=b'b', mode=0o600), member('c', 'symlink', link='a'),
               member('d', 'folder', mode=0o700, owner=(1, 1)), member('e', 'fifo'), member('f', content=b'f'), member('g', 'link', link='f'),
               member('h', content=b'h'), member('i', 'link', link='h'), member('j', content=b'same'), member('k', 'folder')]
        new = [member('./', 'folder'), member('a', content=b'a', xattrs={'user.x': '2'}), member('b', content=b'b', mode=0o4755), member('c', 'symlink', link='b'),
               member('d', 'folder', mode=0o755, owner=(2, 2), xattrs={'user.d': 'd'}), member('e', 'char', device=(1, 3)),
               member('f', content=b'f'), member('g', content=b'f'), member('h', content=b'h'), member('j', 'link', link='h'),
               member('i', content=b'h'), member('k', content=b'k')]
        self.sync(Layout(self.fresh_path('image'), [old]).name)
        image = Layout(self.fresh_path('image'), [new])
        self.sync(image.name)
        plain = self.path('plain')
        self.succeed('deploy', '--root', plain, image.name)
        self.assertEqual(trees.differences(self.tree(), self.tree(os.path.realpath(plain + '/current'))), [])
        self.assertEqual(os.stat(self.top + '/f').st_nlink, 1)

    def test_content_that_differs_behind_the_same_size_and_time(self):
        self.sync(self.image('one').name)
        self.sync(self.image('two').name)
        self.assertEqual(self.check_whole(self.top), 'two')
        done = self.sync(self.image('six').name, '--quick')
        self.assertEqual(done['changed'], 0)
        self.assertEqual(self.check_whole(self.top), 'two')

    def test_mounts_are_left_alone(self):
        layers = content('one') + [member('mnt/data', 'folder'), member('mnt/other', content=b'o'), member('gone/mnt', 'folder'), member('gone/x')]
        self.sync(Layout(self.fresh_path('image'), [layers]).name)
        script = (f'mount -t tmpfs none {self.top}/mnt/data && echo 1 >{self.top}/mnt/data/file && '
                  f'mount -t tmpfs none {self.top}/gone/mnt && echo there && read x; cat {self.top}/mnt/data/file {self.top}/gone/mnt/nothing')
        holder = subprocess.Popen(['unshare', '-m', 'sh', '-c', script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(holder.stdout.close)
        self.assertEqual(holder.stdout.readline(), b'there\n')
        try:
            self.sync(self.image('two').name)
            self.assertEqual(self.check_whole(self.top), 'two')
            self.assertEqual((os.listdir(self.top + '/mnt'), os.listdir(self.top + '/gone')), (['data'], ['mnt']))
            blocked = Layout(self.fresh_path('image'), [content('three') + [member('mnt', content=b'file')]])
            self.refuse('something is mounted', 'deploy', '--root', self.top, '--mode', 'sync', blocked.name)
            self.assertEqual(self.check_whole(self.top), 'two')
        finally:
            out, _ = holder.communicate(b'\n')
        self.assertEqual(out, b'1\n')
        self.sync(self.image('four').name)
        self.assertFalse(os.path.exists(self.top + '/mnt'))

    def test_folders_of_others(self):
        os.mkdir(self.top)
        with open(self.top + '/precious', 'w', encoding='utf-8'):
            pass
        self.refuse('has something in it', 'deploy', '--root', self.top, '--mode', 'sync', self.image('one').name)
        self.assertEqual(os.listdir(self.top), ['precious'])
        self.sync(self.image('one').name, '--force')
        self.assertFalse(os.path.exists(self.top + '/precious'))
        self.refuse('in place', 'deploy', '--root', self.top, self.image('two').name)
        self.refuse('has no releases', 'rollback', '--root', self.top)
        self.refuse('has no releases', 'prune', '--root', self.top)
        releases = self.path('releases')
        self.succeed('deploy', '--root', releases, self.image('one').name)
        self.refuse('has releases', 'deploy', '--root', releases, '--mode', 'sync', '--force', self.image('two').name)
        own = Layout(self.fresh_path('image'), [[member('.contain/x', content=b'x')]])
        self.refuse('/.contain', 'deploy', '--root', self.top, '--mode', 'sync', own.name)

    def test_folders_that_are_too_deep(self):
        self.sync(self.image('one').name)
        deep = Layout(self.fresh_path('image'), [content('two') + [member('/'.join('d' * 201), content=b'x')]])
        self.refuse('folders that are 201 deep', 'deploy', '--root', self.top, '--mode', 'sync', deep.name)
        self.assertEqual(self.check_whole(self.top), 'one')
        self.assertEqual(os.listdir(self.top + '/.contain'), ['release.json'])
        link = Layout(self.fresh_path('image'), [content('two') + [member('/'.join('d' * 201), 'link', link='etc/same')]])
        self.refuse('folders that are 201 deep', 'deploy', '--root', self.top, '--mode', 'sync', link.name)
        almost = Layout(self.fresh_path('image'), [content('two') + [member('/'.join('d' * 200), content=b'x')]])
        self.sync(almost.name)
        self.sync(self.image('three').name)
        self.assertEqual(os.listdir(self.top + '/.contain'), ['release.json'])

    def test_killed_at_each_step(self):
        if not shutil.which('strace'):
            self.skipTest('needs strace')
        one, two, three = self.image('one'), self.image('two'), self.image('three')
        plain = self.path('plain')
        self.succeed('deploy', '--root', plain, three.name)
        expected = self.tree(os.path.realpath(plain + '/current'))
        # Unpacking makes one link, 42 files are replaced, and release.json is the last to be renamed.
        for call, i in (('renameat2', 1), ('renameat', 1), ('renameat', 20), ('renameat', 43), ('linkat', 1), ('linkat', 30), ('syncfs', 1),
                        ('syncfs', 2), ('fsync', 4), ('unlinkat', 30), ('unlinkat', 60)):
            shutil.rmtree(self.top, ignore_errors=True)
            self.sync(one.name)
            result = self.traced(call, f'signal=KILL:when={i}', 'deploy', '--root', self.top, '--mode', 'sync', two.name)
            self.assertNotEqual(result.status, 0, f'{call} {i}: {result}')
            for name in range(40):
                with open(f'{self.top}/data/{name}', encoding='utf-8') as f:
                    self.assertIn(f.read(), (f'one{name}', f'two{name}'))
            self.sync(three.name)
            self.assertEqual(trees.differences(self.tree(), expected), [], f'{call} {i}')
            self.assertEqual(os.listdir(self.top + '/.contain'), ['release.json'])


if __name__ == '__main__':
    case.main()
