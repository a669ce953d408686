# SPDX-License-Identifier: MIT
"""run --in-place with subordinate ids (--userns auto), and without privilege."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402
from harness.place import PlaceCase, make_image  # noqa: E402
from harness.rootless import COUNT, FIRST, GROUP, NAME, PASSWD, RootlessCase  # noqa: E402
from harness.world import World, etc, own_mounts  # noqa: E402

ID = 'echo $(id -u):$(id -g) $(id -G); tr -s " " < /proc/self/uid_map'


class Root(PlaceCase):
    """Users of the image are nobody outside, and its files keep their ids."""

    def world(self, subids, subgids=None, **files):
        scratch = self.fresh_path('scratch')
        os.mkdir(scratch)
        return World(own_mounts, etc({'subuid': subids, 'subgid': subids if subgids is None else subgids, **files}, scratch))

    def auto(self, *argv, subids=f'root:{FIRST}:{COUNT}\n', image=None, **files):
        result = self.in_place('--userns', 'auto', *argv, image=image, preexec_fn=self.world(subids, **files))
        if 'cannot map the ids of a file system' in result.err:
            self.skipTest(result.err.strip())
        return result

    def assert_out(self, result, *lines):
        self.assertEqual([line.strip() for line in result.out.splitlines()], list(lines), str(result))

    def test_ids_of_the_image(self):
        self.assert_out(self.auto('-u', 'app', '--', 'sh', '-c', ID), '1500:1600 1600 1700', f'0 {FIRST} {COUNT}')
        self.assert_out(self.auto('--', 'sh', '-c', ID), '0:0 0', f'0 {FIRST} {COUNT}')

    def test_files_keep_their_ids(self):
        os.mkdir(os.path.join(self.image, 'srv'))
        os.chown(os.path.join(self.image, 'srv'), 1500, 1600)
        result = self.auto('-u', 'app', '--', 'sh', '-c', 'stat -c "%u:%g" / /srv /bin/busybox; echo 1 > /srv/new; '
                           'touch /var/x 2>/dev/null || echo refused')
        self.assert_out(result, '0:0', '1500:1600', '0:0', 'refused')
        found = os.stat(os.path.join(self.image, 'srv/new'))
        self.assertEqual((found.st_uid, found.st_gid), (1500, 1600))
        result = self.auto('--cap-profile', 'droot', '--', 'sh', '-c', 'chmod 700 /srv; chown 7:8 /srv/new; rm /var/none; echo done')
        self.assertEqual(result.out, 'done\n', str(result))
        found = os.stat(os.path.join(self.image, 'srv/new'))
        self.assertEqual((found.st_uid, found.st_gid), (7, 8))

    def test_root_in_there_is_nobody_outside(self):
        secret = self.path('secret')
        with open(secret, 'w', encoding='utf-8') as f:
            f.write('x')
        os.chmod(secret, 0o600)
        self.assert_out(self.auto('--no-dropcaps', '--bind', f'{secret}:/secret', '--', 'sh', '-c',
                                  'cat /secret 2>/dev/null || stat -c %u /secret'), '65534')

    def test_the_pid_stays(self):
        process = self.start_program(self.place_line('--userns', 'auto', '--', 'sh', '-c', 'echo $$'),
                                     preexec_fn=self.world(f'root:{FIRST}:{COUNT}\n'))
        result = self.end_program(process)
        if 'cannot map the ids of a file system' in result.err:
            self.skipTest(result.err.strip())
        self.assertEqual(result.out, f'{process.pid}\n', str(result))

    def test_where_the_ids_come_from(self):
        self.assert_out(self.auto('--', 'sh', '-c', ID, subids='other:1:5\ncontainers:500000:70000\n'), '0:0 0', '0 500000 70000')
        self.assert_out(self.auto('--', 'sh', '-c', ID, subids=f'0:{FIRST}:100\nroot:600000:2000\n'), '0:0 0',
                        f'0 {FIRST} 100', '100 600000 2000')

    def test_ids_that_are_not_there(self):
        for subids, text in (('', "'/etc/subuid' has no ids to map"), ('root:x:5\nroot:1:0\n', 'has no ids to map')):
            result = self.auto('--', 'id', subids=subids)
            self.assertEqual(result.status, 125, str(result))
            self.assertIn(text, result.err, str(result))
            self.assertIn('/linux/uidMappings', result.err)
        result = self.auto('--', 'id', subids=f'root:{FIRST}:{COUNT}\n', subgid='')
        self.assertIn("/linux/gidMappings: '/etc/subgid' has no ids", result.err, str(result))
        result = self.auto('-u', '70000', '--', 'id')
        self.assertEqual(result.status, 125, str(result))
        self.assertIn('id 70000 is not mapped into the container', result.err)

    def test_a_file_system_whose_ids_cannot_be_mapped(self):
        """procfs, as one that no kernel maps"""
        result = self.in_place('--userns', 'auto', '--', 'id', image='/proc/self/fdinfo',
                               preexec_fn=self.world(f'root:{FIRST}:{COUNT}\n'))
        self.assertEqual(result.status, 125, str(result))
        self.assertIn('cannot map the ids of the root file system', result.err, str(result))
        self.assertIn("a file system 'proc'", result.err, str(result))


class Rootless(RootlessCase):
    """Programs in place of a user without privilege."""

    def setUp(self):
        super().setUp()
        self.image = make_image(self)
        for folder, _, _ in os.walk(self.image) if self.is_root else []:
            os.chown(folder, self.uid, self.gid)

    def in_place(self, *argv, **options):
        return self.end_program(self.start_as_user(
            self.command_line('run', '--in-place', '--rootfs', self.image, *argv), **options))

    def test_one_id(self):
        result = self.in_place('--', 'sh', '-c', ID + '; echo $$; touch /var/mine; test -c /dev/null && ls /sys/kernel >/dev/null && echo sys')
        lines = [line.strip() for line in result.out.splitlines()]
        self.assertEqual(lines[:2] + lines[3:], ['0:0 0', f'0 {self.uid} 1', 'sys'], str(result))
        self.assertEqual(os.stat(os.path.join(self.image, 'var/mine')).st_uid, self.uid)

    def test_another_id_takes_subordinate_ids(self):
        result = self.in_place('-u', 'app', '--', 'id')
        self.assertEqual(result.status, 125, str(result))
        self.assertIn('id 1500 is not mapped into the container', result.err)

    def test_subordinate_ids(self):
        world = self.known_user(passwd=PASSWD, group=GROUP)
        result = self.in_place('--userns', 'auto', '-u', 'app', '--', 'sh', '-c', ID, world=world)
        lines = [line.strip() for line in result.out.splitlines()]
        self.assertEqual(lines, ['1500:1600 1600 1700', f'0 {self.uid} 1', f'1 {FIRST} {COUNT}'], str(result))

    def test_no_subordinate_ids(self):
        world = self.known_user(subuid='', subgid='')
        result = self.in_place('--userns', 'auto', '--', 'id', world=world)
        self.assertEqual(result.status, 125, str(result))
        self.assertIn(f"has no ids for user '{NAME}'", result.err, str(result))

    def test_the_pid_stays(self):
        process = self.start_as_user(self.command_line('run', '--in-place', '--rootfs', self.image, '--', 'sh', '-c', 'echo $$'))
        self.assertEqual(self.end_program(process).out, f'{process.pid}\n')


if __name__ == '__main__':
    case.main()
