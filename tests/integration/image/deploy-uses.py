#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contain-run prune and deploy --keep: a release that somebody uses stays, whoever that is and however."""

import json
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))

from harness import case, traces
from harness.deploy import DeployCase, content
from harness.layout import make_tar
from harness.rootless import RootlessCase
from harness.world import World, own_mounts, plain_chroot

# A process that has a file mapped, and nothing open.
MAP = ('import ctypes, sys\n'
       'mmap = ctypes.CDLL(None).mmap\n'
       'mmap.restype = ctypes.c_void_p\n'
       'with open(sys.argv[1], "rb") as f:\n'
       '    mmap(None, ctypes.c_size_t(1), 1, 2, f.fileno(), ctypes.c_long(0))\n'
       'print("there", flush=True)\n'
       'sys.stdin.read()')


class UsesCase(DeployCase):
    """Two releases that may go, and two that may not."""

    def setUp(self):
        super().setUp()
        self.names = self.deploy_many(4)
        self.used = self.rootfs_of(self.names[0])

    def deploy_many(self, n):
        return [self.deploy(self.image(f'v{i}').name)['name'] for i in range(n)]

    def check_stays(self, process, how, pids=None):
        """The oldest stays for @process, and the next one goes; the oldest goes when it has ended."""
        found = self.prune('--keep', '0')
        self.assertEqual(found['pruned'], [self.names[1]])
        self.assertEqual([(use['name'], use['how']) for use in found['inUse']], [(self.names[0], how)])
        if pids is None:
            self.assertEqual(found['inUse'][0]['pid'], process.pid)
        self.assertTrue(os.path.isdir(self.used + '/etc'))
        self.assertIn(self.names[0], [release['name'] for release in self.releases()])
        self.release(process)
        self.assertEqual(self.prune('--keep', '0')['pruned'], [self.names[0]])


class Processes(UsesCase):
    def test_a_working_directory(self):
        self.check_stays(self.holder('sh', '-c', 'echo there; read x', cwd=self.used + '/data'), 'cwd')

    def test_a_root(self):
        os.mkdir(self.used + '/tools')
        shutil.copy('/bin/busybox', self.used + '/tools/sh')
        self.check_stays(self.holder('chroot', self.used, '/tools/sh', '-c', 'echo there; read x'), 'root')

    def test_a_program(self):
        shutil.copy('/bin/busybox', self.used + '/bin/sh')
        self.check_stays(self.holder(self.used + '/bin/sh', '-c', 'echo there; read x', cwd='/'), 'exe')

    def test_a_mapped_file(self):
        self.check_stays(self.holder(sys.executable, '-c', MAP, self.used + '/etc/version', cwd='/'), 'map')

    def test_an_open_file(self):
        with open(self.used + '/etc/version', 'rb') as f:
            process = self.holder('sh', '-c', 'echo there; read x', pass_fds=[f.fileno()])
        self.check_stays(process, 'fd')

    def test_an_open_file_under_another_path(self):
        """In a mount namespace in which the folder of all releases shows elsewhere, too"""
        where = self.path('elsewhere')
        os.mkdir(where)
        script = f'mount --bind {self.memory} {where} && exec 9<{where}/app/releases/{self.names[0]}/rootfs/etc/version && echo there; read x'
        self.check_stays(self.holder('unshare', '-m', 'sh', '-c', script, cwd='/'), 'fd')

    def test_one_that_runs_in_place(self):
        for name in ('bin', 'proc', 'sys', 'dev', 'tmp'):
            os.makedirs(f'{self.used}/{name}', exist_ok=True)
        shutil.copy('/bin/busybox', self.used + '/bin/sh')
        self.check_stays(self.holder(*self.command_line('run', '--in-place', '--rootfs', self.used, '--', 'sh', '-c', 'echo there; read x')), 'root')

    def test_one_that_comes_while_it_is_removed(self):
        """Between the look for users and the removal, which has renamed it by then"""
        if not shutil.which('strace'):
            self.skipTest('needs strace')
        process = self.start_program(['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=renameat2', '-e',
                                      'inject=renameat2:signal=STOP:when=1', *self.command_line('prune', '--root', self.top, '--json', '--keep', '0')],
                                     env=traces.untraced())
        condemned = lambda: [name for name in self.entries() if name.startswith('.old-')]
        self.assertTrue(traces.wait_until(condemned))
        name = condemned()[0][len('.old-'):]
        user = self.holder('sh', '-c', 'echo there; read x', cwd=f'{self.top}/releases/.old-{name}/rootfs/data')
        stopped = [pid for parent in self.programs(process.pid) for pid in self.programs(parent)]
        for pid in set(stopped) - {process.pid}:
            os.kill(pid, signal.SIGCONT)
        found = json.loads(self.end_program(process).out)
        self.assertEqual([use['name'] for use in found['inUse']], [name])
        self.assertNotIn(name, found['pruned'])
        self.assertIn(name, self.entries())
        self.release(user)


class Mounts(UsesCase):
    def setUp(self):
        super().setUp()
        self.where = self.path('mounted')
        os.mkdir(self.where)

    def check_mounted(self, script):
        """In this mount namespace, as far as @script's own says, and in another one."""
        process = self.holder('unshare', '-m', 'sh', '-c', script + ' && echo there; read x', cwd='/')
        self.check_stays(process, 'mount')

    def test_a_bind(self):
        self.check_mounted(f'mount --bind {self.used}/etc {self.where}')

    def test_a_layer(self):
        self.check_mounted(f'mount -t overlay -o lowerdir={self.used}:{self.where} none {self.where}')

    def test_a_layer_whose_path_has_spaces(self):
        shutil.rmtree(self.top)
        self.top = self.memory + '/my app'
        self.names = self.deploy_many(4)
        self.used = self.rootfs_of(self.names[0])
        self.check_mounted(f'mount -t overlay -o "lowerdir={self.used}:{self.where}" none {self.where}')

    def test_something_on_it(self):
        self.check_mounted(f'mount -t tmpfs none {self.used}/data')

    def test_something_on_it_here(self):
        """As what Droot leaves, which its own processes do not outlive"""
        subprocess.run(['mount', '-t', 'tmpfs', 'none', self.used + '/data'], check=True)
        try:
            found = self.prune('--keep', '0')
            self.assertEqual((found['pruned'], [(use['name'], use['how']) for use in found['inUse']]),
                             ([self.names[1]], [(self.names[0], 'mount')]))
            done = self.deploy(self.image('next').name, '--keep', '1')
            self.assertEqual([use['name'] for use in done['inUse']], [self.names[0]])
        finally:
            self.succeed('umount', '--root', self.used)
        self.assertIn(self.names[0], self.prune('--keep', '0')['pruned'])


class Containers(UsesCase):
    def bundle_of_it(self, rootfs):
        b = self.shell('read x')
        b.config['root'] = {'path': rootfs, 'readonly': True}
        for name in ('bin', 'proc', 'sys', 'dev', 'tmp'):
            os.makedirs(f'{self.used}/{name}', exist_ok=True)
        shutil.copy('/bin/busybox', self.used + '/bin/sh')
        b.save()
        return b

    def check_created(self, rootfs):
        b, name = self.bundle_of_it(rootfs), self.fresh_id()
        self.succeed('create', '--bundle', b.path, name)
        found = self.prune('--keep', '0')
        self.assertEqual((found['pruned'], [use['name'] for use in found['inUse']]), ([self.names[1]], [self.names[0]]))
        self.succeed('delete', '--force', name)
        self.assertEqual(self.prune('--keep', '0')['pruned'], [self.names[0]])

    def test_one_that_was_created(self):
        self.check_created(self.used)

    def test_one_that_was_made_of_what_was_current(self):
        """By the link, which leads elsewhere by now"""
        self.rollback('--to', self.names[0])
        b, name = self.bundle_of_it(self.top + '/current'), self.fresh_id()
        self.succeed('create', '--bundle', b.path, name)
        self.assertEqual(self.state(name)['rootfs'], self.used)
        self.rollback('--to', self.names[3])
        self.rollback('--to', self.names[2])
        self.assertEqual([use['name'] for use in self.prune('--keep', '0')['inUse']], [self.names[0]])
        self.succeed('delete', '--force', name)


class Records(RootlessCase):
    """Of processes that the caller may not look at, the record of the container tells."""

    def test_a_created_container(self):
        top = self.path('app')
        names = []
        for version in ('one', 'two', 'three'):
            path = self.fresh_path('archive')
            with open(path, 'wb') as f:
                f.write(make_tar(content(version)))
            result = self.cli('deploy', '--root', top, path)
            self.assertEqual(result.status, 0, str(result))
            names.append(result.out.strip())
        used = f'{top}/releases/{names[0]}/rootfs'
        b = self.bundle('sh', '-c', 'true')
        b.config['root'] = {'path': used, 'readonly': True}
        b.save()
        for name in ('bin', 'proc', 'sys', 'dev', 'tmp'):
            os.makedirs(f'{used}/{name}', exist_ok=True)
        shutil.copy('/bin/busybox', used + '/bin/sh')
        name = self.fresh_id()
        created = self.cli('create', '--bundle', b.path, name)
        self.assertEqual(created.status, 0, str(created))
        found = json.loads(self.cli('prune', '--root', top, '--keep', '0', '--json').out)
        self.assertEqual([(use['name'], use['how'], use.get('container')) for use in found['inUse']], [(names[0], 'container', name)])
        result = self.cli('prune', '--root', top, '--keep', '0')
        self.assertIn(f'{names[0]} stays: container {name} uses it', result.err)
        self.assertEqual(self.cli('delete', '--force', name).status, 0)
        found = json.loads(self.cli('prune', '--root', top, '--keep', '0', '--json').out)
        self.assertEqual(found['pruned'], [names[0]])


class Leftovers(UsesCase):
    """What somebody was killed over, and what cannot be removed."""

    def test_one_that_is_half_removed_and_used(self):
        half = f'{self.top}/releases/.old-{self.names[0]}'
        os.rename(f'{self.top}/releases/{self.names[0]}', half)
        os.unlink(half + '/release.json')
        user = self.holder('sh', '-c', 'echo there; read x', cwd=half + '/rootfs')
        self.deploy(self.image('next').name)
        self.assertIn('.old-' + self.names[0], self.entries())
        self.assertNotIn(self.names[0], self.entries())
        self.release(user)
        self.deploy(self.image('last').name)
        self.assertNotIn('.old-' + self.names[0], self.entries())

    def test_one_that_was_condemned_and_is_used(self):
        os.rename(f'{self.top}/releases/{self.names[0]}', f'{self.top}/releases/.old-{self.names[0]}')
        user = self.holder('sh', '-c', 'echo there; read x', cwd=f'{self.top}/releases/.old-{self.names[0]}/rootfs')
        self.deploy(self.image('next').name)
        self.assertIn(self.names[0], [release['name'] for release in self.releases()])
        self.release(user)

    def test_where_mounts_do_not_show(self):
        """In a chroot that is no mount point it cannot be known who uses what: nothing is removed"""
        folder = self.path('chroot')
        os.mkdir(folder)
        self.top = folder + '/ct-app'
        names = self.deploy_many(3)
        result = self.cli('prune', '--root', '/ct-app', '--keep', '0', preexec_fn=World(own_mounts, plain_chroot(folder)))
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('cannot find out who uses a release', result.err)
        self.assertEqual(len(self.entries()), len(names))

    def test_what_cannot_be_removed_is_no_obstacle(self):
        stuck = self.top + '/releases/.new-stuck/rootfs/data'
        os.makedirs(stuck)
        subprocess.run(['mount', '-t', 'tmpfs', 'none', stuck], check=True)
        try:
            done = self.deploy(self.image('next').name)
            self.assertEqual(done['status'], 'deployed')
            self.assertIn('cannot remove what an earlier deployment left', done['warning'])
            self.assertEqual(self.check_whole(), 'next')
        finally:
            subprocess.run(['umount', stuck], check=True)
        self.assertNotIn('warning', self.deploy(self.image('last').name))
        self.assertFalse(os.path.exists(self.top + '/releases/.new-stuck'))


if __name__ == '__main__':
    case.main()
