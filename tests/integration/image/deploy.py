#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contain-run deploy, releases, rollback, prune: what is in force is whole at any time, whatever happens."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))

from harness import case, traces
from harness.deploy import DeployCase, content
from harness.layout import Layout, digest, make_tar, member


class Releases(DeployCase):
    def test_the_first_and_the_next(self):
        first = self.deploy(self.image('one').name)
        self.assertEqual(first['status'], 'deployed')
        self.assertEqual(os.stat(self.top).st_mode & 0o777, 0o700)
        self.assertFalse(os.path.lexists(self.top + '/previous'))
        second = self.deploy(self.image('two').name)
        self.assertEqual(self.check_whole(), 'two')
        self.assertEqual(self.check_whole(self.top + '/previous'), 'one')
        found = self.releases()
        self.assertEqual([r['name'] for r in found], [second['name'], first['name']])
        self.assertEqual([(r['current'], r['previous']) for r in found], [(True, False), (False, True)])
        self.assertEqual(found[0]['config']['config']['Env'], ['PATH=/bin'])
        self.assertEqual(os.readlink(self.top + '/current'), f'releases/{second["name"]}/rootfs')
        with open(self.top + '/current/.drootenv', encoding='utf-8') as f:
            self.assertEqual(f.read(), '# env, quoted\nPATH=/bin\n')
        self.assertIn('current', self.succeed('releases', '--root', self.top).out)

    def test_the_same_once_more(self):
        image = self.image('one')
        first = self.deploy(image.name)
        inode = os.stat(self.top + '/current').st_ino
        self.assertEqual(self.deploy(image.name), {**first, 'status': 'unchanged'})
        self.assertEqual(os.stat(self.top + '/current').st_ino, inode)
        self.deploy(self.image('two').name)
        self.assertEqual(self.deploy(image.name), {**first, 'status': 'switched'})
        self.assertEqual(self.check_whole(), 'one')
        self.assertEqual(len(self.entries()), 2)

    def test_the_same_for_other_owners_is_another(self):
        image = self.image('one')
        self.deploy(image.name)
        self.assertEqual(self.deploy(image.name, '--no-same-owner')['status'], 'deployed')
        status = os.stat(self.top + '/current/bin/app')
        self.assertEqual((status.st_uid, status.st_gid), (os.geteuid(), os.getegid()))
        self.assertEqual(self.deploy(image.name, '--uid-map', '0:100000:65536')['status'], 'deployed')
        self.assertEqual(os.stat(self.top + '/current/bin/app').st_uid, 100005)
        self.assertEqual(os.stat(self.top + '/current/.drootenv').st_uid, 100000)

    def test_standard_input(self):
        path = self.archive('one')
        with open(path, 'rb') as f:
            self.assertEqual(self.deploy('-', stdin=f)['status'], 'deployed')
        with open(path, 'rb') as f:
            plain = gzip.decompress(f.read())
        process = self.start_cli('deploy', '--root', self.top, '--json', stdin=subprocess.PIPE)
        process.stdin.write(plain)
        process.stdin.close()
        # The same bytes, whether they were compressed or not.
        self.assertEqual(json.loads(self.end_program(process).out)['status'], 'unchanged')

    def test_archives_of_images_on_standard_input(self):
        """As skopeo and docker write them: known by the image's configuration, whatever they come as"""
        if not shutil.which('skopeo'):
            self.skipTest('needs skopeo')
        image = self.image('one')
        first = self.deploy(image.name)
        for kind in ('oci-archive', 'docker-archive'):
            path = self.fresh_path('archive')
            copied = self.program('skopeo', 'copy', '-q', '--insecure-policy', image.name, f'{kind}:{path}:x:y' if kind[0] == 'd' else f'{kind}:{path}')
            self.assertEqual(copied.status, 0, str(copied))
            for command in (['cat', path], ['gzip', '-c', path]):
                with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:
                    done = self.deploy('-', stdin=sender.stdout)
                self.assertEqual((done['status'], done['digest']), ('unchanged', first['digest']), kind)

    def test_digests_that_are_expected(self):
        image, path = self.image('one'), self.archive('one')
        with open(path, 'rb') as f:
            data = f.read()
        wrong = digest(b'wrong')
        for name, good in ((image.name, image.manifest['digest']), (image.name, image.config['digest']),
                           (path, digest(data)), (path, digest(gzip.decompress(data)))):
            self.refuse(f"is not '{wrong}'", 'deploy', '--root', self.top, '--expect-digest', wrong, name)
            self.assertFalse(os.path.exists(self.top))
            self.deploy(name, '--expect-digest', good)
            shutil.rmtree(self.top)
        self.refuse('digest', 'deploy', '--root', self.top, '--expect-digest', 'x', path)

    def test_other_users_own_what_they_deploy(self):
        os.chmod(self.place, 0o755)
        home = self.path('home')
        os.mkdir(home)
        os.chown(home, 65534, 65534)
        self.top = home + '/app'
        with open(self.archive('one'), 'rb') as f:
            done = self.deploy('-', stdin=f, user=65534, group=65534, extra_groups=[], cwd='/', env={'HOME': home})
        self.assertEqual(done['status'], 'deployed')
        self.assertEqual(os.stat(self.top + '/current/bin/app').st_uid, 65534)
        # Containers of somebody else's are not asked.
        os.mkdir(self.root, 0o700)
        with open(self.archive('two'), 'rb') as f:
            self.deploy('-', '--keep', '1', stdin=f, user=65534, group=65534, extra_groups=[], cwd='/', env={'HOME': home})
        self.assertEqual(self.check_whole(), 'two')

    def test_many_large_configurations(self):
        """Of older ones it is left out, when an answer would become too long"""
        for i in range(4):
            self.deploy(Layout(self.fresh_path('image'), [content(f'v{i}')], Labels={'x': str(i) + 'x' * 900000}).name)
        found = self.releases()
        self.assertEqual(['config' in release for release in found], [True, True, False, False])
        self.assertEqual([release['previous'] for release in found], [False, True, False, False])
        self.refuse('too large', 'deploy', '--root', self.top, Layout(self.fresh_path('image'), [content('large')], Labels={'x': 'x' * 4193900}).name)
        self.assertEqual(len(self.entries()), 4)

    def test_what_stands_in_the_way(self):
        os.makedirs(self.top + '/current')
        self.refuse('no symbolic link', 'deploy', '--root', self.top, self.image('one').name)
        self.assertEqual(self.entries(), [])
        self.refuse('no releases', 'releases', '--root', self.place)
        self.refuse('--root is missing', 'deploy', self.image('one').name)

    def test_input_that_is_no_image(self):
        self.deploy(self.image('one').name)
        good = make_tar(content('two'))
        hostile = {
            'up': make_tar([member('../up', content=b'x')]),
            'through a link': make_tar([member('l', 'symlink', link=self.place), member('l/out', content=b'x')]),
            'link out': make_tar([member('x', 'link', link='../../../../../etc/passwd')]),
            'cut': gzip.compress(good)[:-200],
            'cut in the middle': good[:len(good) // 2],
            'noise': os.urandom(5000),
        }
        for name, data in hostile.items():
            with self.subTest(name):
                process = self.start_cli('deploy', '--root', self.top, stdin=subprocess.PIPE)
                process.stdin.write(data)
                process.stdin.close()
                result = self.end_program(process)
                self.assertEqual(result.status, 1, str(result))
                self.assertEqual(self.check_whole(), 'one')
                self.assertEqual(len(self.entries()), 1, str(result))
                self.assertFalse(os.path.exists(self.path('out')))

    def test_a_full_disk(self):
        os.mkdir(self.top)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', self.top], check=True)
        self.addCleanup(subprocess.run, ['umount', self.top], check=True)
        self.deploy(self.image('one').name)
        big = Layout(self.fresh_path('big'), [content('two') + [member('big', content=os.urandom(2 << 20))]])
        self.refuse('no space left', 'deploy', '--root', self.top, big.name)
        self.assertEqual(self.check_whole(), 'one')
        self.assertEqual(len(self.entries()), 1)


class Rollback(DeployCase):
    def test_back_and_forth(self):
        first = self.deploy(self.image('one').name)
        self.refuse('no earlier release', 'rollback', '--root', self.top)
        self.deploy(self.image('two').name)
        self.deploy(self.image('three').name)
        self.rollback()
        self.assertEqual(self.check_whole(), 'two')
        self.rollback()
        self.assertEqual(self.check_whole(), 'three')
        self.assertEqual(self.rollback('--to', first['name'])['status'], 'switched')
        self.assertEqual(self.check_whole(), 'one')
        self.assertEqual(self.rollback('--to', first['name'])['status'], 'unchanged')
        self.refuse("no release 'x'", 'rollback', '--root', self.top, '--to', 'x')

    def test_after_a_prune(self):
        names = [self.deploy(self.image(version).name)['name'] for version in ('one', 'two', 'three', 'four')]
        self.rollback('--to', names[0])
        self.assertEqual(self.prune('--keep', '0')['pruned'], [names[2], names[1]])
        self.assertEqual(self.entries(), sorted([names[0], names[3]]))
        self.rollback()
        self.assertEqual(self.check_whole(), 'four')


class Prune(DeployCase):
    def deploy_many(self, n=4):
        return [self.deploy(self.image(f'v{i}').name)['name'] for i in range(n)]

    def test_keep(self):
        names = self.deploy_many()
        self.assertEqual(self.prune('--keep', '3', '--dry-run')['pruned'], [names[0]])
        self.assertEqual(len(self.entries()), 4)
        self.assertEqual(self.succeed('prune', '--root', self.top).out, names[0] + '\n')
        self.assertEqual(self.entries(), sorted(names[1:]))
        done = self.deploy(self.image('last').name, '--keep', '2')
        self.assertEqual(done['pruned'], [names[2], names[1]])
        self.assertEqual(self.entries(), sorted([names[3], done['name']]))
        self.refuse('--keep', 'deploy', '--root', self.top, '--keep', '0', self.image('x').name)

    def test_what_is_no_release_stays(self):
        names = self.deploy_many(3)
        os.mkdir(self.top + '/releases/mine')
        os.mkdir(self.top + '/releases/20990101000000')
        self.assertEqual(self.prune('--keep', '0')['pruned'], [names[0]])
        self.assertEqual(self.entries(), sorted(['mine', '20990101000000', *names[1:]]))


class Together(DeployCase):
    def test_two_at_once(self):
        images = [self.image(f'v{i}') for i in range(4)]
        started = [self.start_cli('deploy', '--root', self.top, '--keep', '2', image.name) for image in images * 2]
        for process in started:
            result = self.end_program(process, 60)
            self.assertEqual(result.status, 0, str(result))
        self.check_whole()
        self.check_whole(self.top + '/previous')
        # Two newest, the current one and the one before.
        self.assertLessEqual(len(self.entries()), 4)

    def test_a_slow_one_makes_the_other_wait(self):
        slow = self.start_cli('deploy', '--root', self.top, '-', stdin=subprocess.PIPE)
        self.assertTrue(traces.wait_until(lambda: os.path.isdir(self.top + '/releases') and self.entries()))
        other = self.start_cli('deploy', '--root', self.top, self.image('two').name)
        time.sleep(0.2)
        self.assertIsNone(other.poll())
        slow.stdin.write(make_tar(content('one')))
        slow.stdin.close()
        self.assertEqual(self.end_program(slow).status, 0)
        self.assertEqual(self.end_program(other).status, 0)
        self.assertEqual(self.check_whole(), 'two')
        self.assertEqual(self.check_whole(self.top + '/previous'), 'one')


if __name__ == '__main__':
    case.main()
