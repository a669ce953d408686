#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""From an image's configuration to a container's: bundles by `spec --image`, beside those of other tools, and `create --image`."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402
from harness.image_runs import Images  # noqa: E402
from harness.layout import Layout, member  # noqa: E402
from harness.place import PlaceCase  # noqa: E402
from harness.rootless import COUNT, FIRST, RootlessCase  # noqa: E402
from harness.rootless import GROUP as USER_GROUP, PASSWD as USER_PASSWD  # noqa: E402

FILES = [member('etc/', 'folder'), member('etc/passwd', content=b'root:x:0:0::/root:/bin/sh\napp:x:5:6::/home/app:/bin/sh\n'),
         member('etc/group', content=b'root:x:0:\nweb:x:7:app\nother:x:8:\n'), member('data/', 'folder')]
PREFIX = 'org.opencontainers.image.'


def load(*parts):
    with open(os.path.join(*parts), encoding='utf-8') as f:
        return json.load(f)


def without_defaults(config):
    """What follows from the image, and not from what a tool starts from."""
    process = config['process']
    volumes = sorted(mount['destination'] for mount in config['mounts']
                     if not mount['destination'].startswith(('/proc', '/dev', '/sys')))
    return {'args': process['args'], 'cwd': process['cwd'], 'volumes': volumes,
            'env': sorted(text for text in process['env'] if not text.startswith(('TERM=', 'HOME='))),
            'user': {'additionalGids': [], **process['user']},
            'annotations': {name: sorted(value.split(',')) if name == PREFIX + 'exposedPorts' else value for name, value in config.get('annotations', {}).items()
                            if value and name not in (PREFIX + 'created', PREFIX + 'author')}}


class Beside(case.CliCase):
    """The same as umoci's, from the same image."""

    def obstacle(self):
        return super().obstacle() or (None if shutil.which('umoci') else 'needs umoci')

    def compare(self, layout):
        bundle = self.fresh_path('bundle')
        subprocess.run(['umoci', 'unpack', '--image', layout + ':latest', bundle], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.succeed('spec', '--bundle', bundle, '--file', 'ours.json', '--image', f'oci:{layout}:latest')
        ours, theirs = (without_defaults(load(bundle, name)) for name in ('ours.json', 'config.json'))
        self.assertEqual(ours, theirs)
        return ours

    def test_all_that_an_image_says(self):
        for config in (
                {'Cmd': ['sh', '-c', 'true']},
                {'Entrypoint': ['/entry', 'x'], 'Cmd': ['y', ''], 'User': 'app', 'WorkingDir': '/data/sub'},
                {'Entrypoint': ['/entry'], 'User': 'app:web'},
                {'Cmd': ['x'], 'User': '5'}, {'Cmd': ['x'], 'User': '77'}, {'Cmd': ['x'], 'User': '77:88'},
                {'Cmd': ['x'], 'User': 'app:8'}, {'Cmd': ['x'], 'User': '5:other'}, {'Cmd': ['x'], 'User': 'root'},
                {'Cmd': ['x'], 'env': ['PATH=/a:/b', 'A=b=c d', 'E=']},
                {'Cmd': ['x'], 'Volumes': {'/data': {}, '/var/more': {}}, 'StopSignal': 'SIGRTMIN+3',
                 'ExposedPorts': {'80/tcp': {}, '53/udp': {}, '9000': {}},
                 'Labels': {'one': '1', 'org.example.two': 'a "b"', PREFIX + 'title': 't'}},
        ):
            with self.subTest(str(config)):
                self.compare(Layout(self.fresh_path('image'), [FILES], **config).path)

    def test_an_image_of_buildah(self):
        if not shutil.which('buildah'):
            self.skipTest('needs buildah')
        policy = self.path('policy.json')
        with open(policy, 'w', encoding='ascii') as f:
            f.write('{"default": [{"type": "insecureAcceptAnything"}]}')

        def buildah(*argv):
            run = subprocess.run(['buildah', '--root', self.path('storage'), '--runroot', self.path('run'), '--storage-driver',
                                  'vfs', *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, check=False)
            self.assertEqual(run.returncode, 0, run.stderr[-2000:])
            return run.stdout.strip()
        container = buildah('from', 'scratch')
        root = buildah('mount', container)
        os.mkdir(os.path.join(root, 'etc'))
        for info, content in FILES[1:3]:
            with open(os.path.join(root, info.name), 'wb') as f:
                f.write(content)
        buildah('config', '--entrypoint', '["/entry"]', '--cmd', 'a b', '--user', 'app:other', '--workingdir', '/w', '--env', 'A=b c',
                '--env', 'PATH=/x', '--volume', '/v', '--port', '80', '--label', 'one=1', '--stop-signal', 'SIGUSR1', '--author', 'me',
                container)
        buildah('commit', '--signature-policy', policy, container, f'oci:{self.path("layout")}:latest')
        told = self.compare(self.path('layout'))
        self.assertEqual(told['user'], {'uid': 5, 'gid': 8, 'additionalGids': []})
        self.assertEqual((told['args'], told['cwd'], told['volumes']), (['/entry', 'a', 'b'], '/w', ['/v']))
        self.assertEqual(told['annotations'][PREFIX + 'stopSignal'], 'SIGUSR1')

    def test_users_that_are_not_there(self):
        for user in ('nobody', 'app:nobody'):
            layout = Layout(self.fresh_path('image'), [FILES], Cmd=['x'], User=user)
            bundle = self.fresh_path('bundle')
            result = subprocess.run(['umoci', 'unpack', '--image', layout.path + ':latest', bundle], check=False,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.assertNotEqual(result.returncode, 0, user)
            self.refuse('/config/User', 'spec', '--bundle', bundle, '--image', layout.name)


class Bundle(Images, PlaceCase):
    """Written by `spec --image`."""

    def setUp(self):
        super().setUp()
        self.prepare()
        self.folder = self.path('bundle')
        os.mkdir(self.folder)

    def spec(self, image, *argv):
        path = os.path.join(self.folder, 'config.json')
        if os.path.exists(path):
            os.unlink(path)
        return self.cli('spec', '--bundle', self.folder, '--image', image, *argv)

    def test_it_runs(self):
        image = self.make_layout(Cmd=['sh', '-c', 'id -u; echo "$A"; cat /data/seed; echo x > /data/new; ls /data'], User='app',
                                 env=['PATH=/bin', 'A=1'], Volumes={'/data': {}})
        self.assertIn("user 'app' has to be looked up", self.spec(image).err)
        self.assertFalse(os.path.exists(os.path.join(self.folder, 'config.json')))
        self.succeed('unpack', image, os.path.join(self.folder, 'rootfs'))
        self.assert_runs(self.spec(image))
        self.refuse('exists', 'spec', '--bundle', self.folder, '--image', image)
        self.assert_runs(self.cli('run', '--bundle', self.folder, self.fresh_id()), '1500', '1', 'seed', 'new', 'seed')
        self.assertFalse(os.path.exists(os.path.join(self.folder, 'rootfs/data/new')))
        self.assert_runs(self.spec(image, '--user', '7', '--env', 'A=2', '--workdir', '/tmp', '--read-only', '--', 'sh', '-c',
                                   'id -u; echo $A; pwd; touch /x 2>/dev/null || echo no'))
        self.assert_runs(self.cli('run', '--bundle', self.folder, self.fresh_id()), '7', '2', '/tmp', 'no')
        self.assert_no_trace()

    def test_what_goes_with_an_image_only(self):
        self.refuse('--image', 'spec', '--bundle', self.folder, '--', 'true')
        self.refuse('--image', 'spec', '--bundle', self.folder, '--user', '1')
        self.refuse('found out', 'spec', '--bundle', self.folder, '--rootless', '--image', 'x')
        self.refuse('--image', 'create', '--user', '1', self.fresh_id())
        self.refuse('takes the place', 'create', '--image', 'x', '--bundle', self.folder, self.fresh_id())
        self.refuse('there is no file', 'spec', '--bundle', self.folder, '--image', self.path('none'))
        self.assertEqual(os.listdir(self.folder), [])


class Create(Images, PlaceCase):
    """create --image, and what comes of it."""

    def setUp(self):
        super().setUp()
        self.prepare()

    def create(self, name, image, *argv, **options):
        return self.cli('create', '--storage', self.copies, '--image', image, *options.pop('before', ()), name, *argv, **options)

    def test_the_whole_life(self):
        name = self.fresh_id()
        image = self.make_layout(Cmd=['sh', '-c', 'exit 1'], Labels={'one': '1'})
        store = self.path('store')
        self.succeed('pull', '--store', store, '--name', 'app', image)
        for source, before in ((image, ()), ('app', ('--store', store))):
            self.assert_runs(self.create(name, source, '--', 'sh', '-c', 'cat /upper > /out; ' + case.WAIT, before=before))
            self.assertEqual((self.state(name)['status'], self.state(name)['annotations']['one']), ('created', '1'))
            self.assertEqual(os.listdir(self.copies), [name])
            self.succeed('start', name)
            self.assertEqual(self.succeed('exec', name, 'cat', '/upper').out, '2\n')
            self.succeed('delete', '--force', name)
            self.assert_no_copies()
        self.assertEqual(os.listdir(os.path.join(store, 'containers')), [])

    def test_dashes_before_the_id_and_before_the_program(self):
        name, image = self.fresh_id(), self.make_layout(Cmd=['false'])
        self.assert_runs(self.cli('create', '--storage', self.copies, '--image', image, '--', name, '--', 'sh', '-c', case.WAIT))
        self.succeed('start', name)
        self.assertEqual(self.state(name)['status'], 'running')
        self.succeed('delete', '--force', name)

    def test_nothing_is_left_of_what_fails(self):
        store = self.path('store')
        image = self.make_layout(Cmd=['true'], User='nobody')
        self.succeed('pull', '--store', store, '--name', 'app', image)
        blocked = self.make_layout(Cmd=['true'])
        for source, before in ((image, ()), ('app', ('--store', store)), (blocked, ('--pid-file', '/none/pid')),
                               (blocked, ('--tty',))):
            name = self.fresh_id()
            result = self.create(name, source, before=before)
            self.assertEqual(result.status, 1, str(result))
            self.assert_no_copies()
        self.assertEqual(os.listdir(os.path.join(store, 'containers')), [])


class User(Images, RootlessCase):
    def setUp(self):
        super().setUp()
        self.prepare()

    def test_a_bundle(self):
        world = self.known_user(passwd=USER_PASSWD, group=USER_GROUP)
        image = self.make_layout(Cmd=['sh', '-c', 'id -u; stat -c %u:%g /data /; cat /proc/self/uid_map'], User='app')
        folder = self.path('bundle')
        for argv in (('unpack', '--owner', 'subids', image, os.path.join(folder, 'rootfs')),
                     ('spec', '--bundle', folder, '--image', image)):
            os.makedirs(folder, exist_ok=True)
            os.chown(folder, self.uid, self.gid)
            result = self.cli(*argv, preexec_fn=world)
            self.assertEqual(result.status, 0, str(result))
        self.assert_runs(self.cli('run', '--bundle', folder, self.fresh_id(), preexec_fn=world),
                         '1500', '1500:1600', '0:0', f'0 {self.uid} 1', f'1 {FIRST} {COUNT}')


if __name__ == '__main__':
    case.main()
