# SPDX-License-Identifier: MIT
"""run --image: a container of an image, from its copy to its end."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402
from harness.image_runs import Images  # noqa: E402
from harness.place import PlaceCase  # noqa: E402
from harness.rootless import COUNT, FIRST, NAME, RootlessCase  # noqa: E402
from harness.rootless import GROUP as USER_GROUP, PASSWD as USER_PASSWD  # noqa: E402
from harness.world import World, etc, own_mounts  # noqa: E402


class Root(Images, PlaceCase):
    """As root."""

    def setUp(self):
        super().setUp()
        self.prepare()

    def test_what_the_image_says(self):
        image = self.make_layout(Entrypoint=['sh', '-c'], Cmd=['id -u; id -G; pwd; echo "$A"; cat /data/seed /upper; '
                                                         'echo x > /data/new && echo written'],
                           env=['PATH=/bin', 'A=b=c "d"'], User='app', WorkingDir='/tmp', Volumes={'/data': {}},
                           Labels={'one': '1'}, StopSignal='SIGINT')
        self.assert_runs(self.run_image(image), '1500', '1600 1700', '/tmp', 'b=c "d"', 'seed', '2', 'written')
        self.assert_no_copies()

    def test_what_the_command_line_says_goes_before(self):
        image = self.make_layout(Entrypoint=['echo', 'entry'], Cmd=['cmd'], env=['PATH=/bin', 'A=1'], User='app')
        self.assert_runs(self.run_image(image), 'entry cmd')
        self.assert_runs(self.run_image(image, '--', 'mine', 'two'), 'entry mine two')
        self.assert_runs(self.run_image(image, '--entrypoint', 'id', '--', '-u'), '1500')
        self.assert_runs(self.run_image(image, '--entrypoint', '', '-u', '5:more', '-e', 'A=2', '-w', '/data', '--', 'sh',
                                        '-c', 'id -u; id -G; echo $A; pwd'), '5', '1700', '2', '/data')
        result = self.run_image(image, '--read-only', '--entrypoint', '', '-u', '0', '--', 'touch', '/x')
        self.assertIn('Read-only file system', result.err, str(result))
        self.assert_no_copies()

    def test_a_plain_tar(self):
        path = self.path('busybox.tar')
        with open(path, 'wb') as f:
            f.write(self.tar)
        self.assert_runs(self.run_image(path, '--', 'echo', 'hi'), 'hi')

    def test_the_whole_life(self):
        name = self.fresh_id()
        image = self.make_layout(Cmd=['sh', '-c', case.WAIT], Labels={'one': '1'}, StopSignal='SIGINT')
        self.run_image(image, '--detach', name)
        self.assertEqual(os.listdir(self.copies), [name])
        state = self.state(name)
        self.assertEqual((state['annotations']['one'], state['annotations']['org.opencontainers.image.stopSignal']),
                         ('1', 'SIGINT'))
        self.assertEqual(self.succeed('exec', name, 'cat', '/upper').out, '2\n')
        self.succeed('delete', '--force', name)
        self.assert_no_copies()

    def test_nothing_is_left_of_what_fails(self):
        for config, argv, text in (({'Cmd': ['id'], 'User': 'nobody'}, (), "/config/User: the image's '/etc/passwd' has no"),
                                   ({}, (), '/config/Cmd: the image says no program'),
                                   ({'Cmd': ['id'], 'WorkingDir': 'x'}, (), '/config/WorkingDir'),
                                   ({'Cmd': ['frobnicate']}, (), 'frobnicate'),
                                   ({'Cmd': ['id']}, ('-e', 'A'), 'no such variable')):
            with self.subTest(text):
                result = self.run_image(self.make_layout(**config), *argv)
                self.assertEqual(result.status, 1, str(result))
                self.assertIn(text, result.err, str(result))
                if os.path.isdir(self.copies):
                    self.assert_no_copies()
        result = self.run_image(f'oci:{self.path("none")}')
        self.assertEqual(result.status, 1, str(result))
        self.assert_no_copies()

    def test_what_a_crash_leaves_goes_with_the_next(self):
        os.makedirs(os.path.join(self.copies, 'crashed/rootfs/etc'), mode=0o700)
        os.symlink(os.path.join(self.root, 'crashed'), os.path.join(self.copies, 'crashed/state'))
        os.mkdir(os.path.join(self.copies, 'half'))
        name = self.fresh_id()
        self.run_image(self.make_layout(Cmd=['sh', '-c', case.WAIT]), '--detach', name)
        self.assertEqual(os.listdir(self.copies), [name])
        self.assert_runs(self.run_image(self.make_layout(Cmd=['true'])))
        self.assertEqual(os.listdir(self.copies), [name])
        self.succeed('delete', '--force', name)

    def test_a_record_that_names_something_else(self):
        """Only what says that it is this container's copy is removed"""
        name, precious = self.fresh_id(), self.path('precious')
        self.run_image(self.make_layout(Cmd=['sh', '-c', case.WAIT]), '--detach', name)
        os.mkdir(precious)
        path = os.path.join(self.root, name, 'record.json')
        with open(path, encoding='utf-8') as f:
            text = f.read()
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace(os.path.join(self.copies, name), precious))
        self.assertIn('does not say that it is its copy', self.succeed('delete', '--force', name).err)
        self.assertTrue(os.path.isdir(precious))
        self.assert_runs(self.run_image(self.make_layout(Cmd=['true'])))
        self.assert_no_copies()

    def test_two_at_once(self):
        image = self.make_layout(Cmd=['sh', '-c', 'echo $HOSTNAME > /one; cat /upper'])
        started = [self.start_cli('run', '--storage', self.copies, '--image', image) for _ in range(4)]
        for process in started:
            self.assert_runs(self.end_program(process), '2')
        self.assert_no_copies()

    def test_storage_that_others_may_write_to(self):
        os.mkdir(self.copies)
        os.chmod(self.copies, 0o777)
        result = self.run_image(self.make_layout(Cmd=['true']))
        self.assertIn("is not the caller's alone to write to", result.err, str(result))

    def test_subordinate_ids(self):
        scratch = self.fresh_path('scratch')
        os.mkdir(scratch)
        subids = f'root:{FIRST}:{COUNT}\n'
        world = World(own_mounts, etc({'subuid': subids, 'subgid': subids}, scratch))
        result = self.run_image(self.make_layout(Cmd=['sh', '-c', 'id -u; stat -c %u:%g /data / ; echo x > /data/new; cat /proc/self/uid_map'],
                                           User='app'), '--userns', 'auto', preexec_fn=world)
        if 'cannot map the ids of a file system' in result.err:
            self.skipTest(result.err.strip())
        self.assert_runs(result, '1500', '1500:1600', '0:0', f'0 {FIRST} {COUNT}')
        self.assert_no_copies()


class User(Images, RootlessCase):
    """Without privilege."""

    def setUp(self):
        super().setUp()
        self.prepare()

    def test_one_id(self):
        image = self.make_layout(Cmd=['sh', '-c', 'id -u; id -G; cat /data/seed; mkdir /tmp/d; echo 1 > /tmp/d/x; chmod 500 /tmp/d; '
                                            'cat /proc/self/uid_map'])
        self.assert_runs(self.run_image(image), '0', '0', 'seed', f'0 {self.uid} 1')
        self.assert_no_copies()

    def test_another_user_takes_subordinate_ids(self):
        result = self.run_image(self.make_layout(Cmd=['id'], User='app'))
        self.assertIn('id 1500 is not mapped into the container', result.err, str(result))
        self.assert_no_copies()

    def test_subordinate_ids(self):
        world = self.known_user(passwd=USER_PASSWD, group=USER_GROUP)
        script = ('id -u; id -G; stat -c %u:%g /data /; mkdir /tmp/d; echo 1 > /tmp/d/x; chmod 500 /tmp/d; cat /proc/self/uid_map')
        image = self.make_layout(Cmd=['sh', '-c', script], User='app')
        for argv in ((), ('--userns', 'auto')):
            self.assert_runs(self.run_image(image, *argv, preexec_fn=world),
                             '1500', '1600 1700', '1500:1600', '0:0', f'0 {self.uid} 1', f'1 {FIRST} {COUNT}')
            self.assert_no_copies()

    def test_no_subordinate_ids(self):
        world = self.known_user(subuid='', subgid='')
        result = self.run_image(self.make_layout(Cmd=['id']), '--userns', 'auto', preexec_fn=world)
        self.assertIn(f"has no ids for user '{NAME}'", result.err, str(result))


if __name__ == '__main__':
    case.main()
