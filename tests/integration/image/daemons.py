#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images that a docker or podman daemon has."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fake_registry as fake  # noqa: E402
from harness import case, traces  # noqa: E402


class DaemonCase(case.CliCase):
    PROGRAMS = ()

    def obstacle(self):
        missing = [name for name in self.PROGRAMS if not shutil.which(name)]
        return super().obstacle() or (f'needs {", ".join(missing)}' if missing else None)

    def setUp(self):
        super().setUp()
        self.socket = self.path('s')
        self.image = fake.Image(fake.layer({'a': b'1' * 10000}), fake.layer({'b': b'2'}), config={'Cmd': ['/a'], 'Env': ['X=a "b" $c']})
        fake.write_layout(self.path('layout'), self.image, '1')
        self.must('skopeo', 'copy', '-q', f'oci:{self.path("layout")}:1', f'docker-archive:{self.path("image.tar")}:localhost/app:1')

    def must(self, *argv, **options):
        return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def begin(self, argv, is_there):
        process = self.start_program(argv, start_new_session=True)
        self.addCleanup(self.end, process)
        self.assertTrue(traces.wait_until(is_there, 20), f'{argv[0]} does not answer: {open(process.err_path, encoding="utf-8").read()[-2000:]}')

    def end(self, process):
        process.terminate()
        self.end_program(process)

    def check(self, *names):
        environment = {**os.environ, 'DOCKER_HOST': f'unix://{self.socket}'}
        for name in names:
            told = json.loads(self.succeed('inspect', f'docker-daemon:{name}', env=environment).out)
            self.assertEqual([one['diffId'] for one in told['layers']], [fake.digest_of(one) for one in self.image.layers])
            self.assertEqual(told['config']['config']['Env'], ['X=a "b" $c'])
        self.succeed('pull', '--store', self.path('store'), 'docker-daemon:localhost/app:1', env=environment)
        self.assertEqual(self.succeed('images', '-q', '--store', self.path('store')).out, 'localhost/app:1\n')
        self.refuse('has no image', 'inspect', 'docker-daemon:localhost/none:1', env=environment)
        self.refuse('not the name', 'inspect', 'docker-daemon:a b', env=environment)


class Podman(DaemonCase):
    PROGRAMS = ('podman', 'skopeo')

    def test_podman(self):
        podman = ['podman', '--root', self.path('root'), '--runroot', self.path('run'), '--storage-driver', 'vfs']
        self.must(*podman, 'load', '-q', '-i', self.path('image.tar'))
        self.begin([*podman, 'system', 'service', '--time', '0', f'unix://{self.socket}'], lambda: os.path.exists(self.socket))
        self.check('localhost/app:1')


class Docker(DaemonCase):
    PROGRAMS = ('dockerd', 'docker', 'skopeo')

    def test_docker(self):
        docker = ['docker', '--host', f'unix://{self.socket}']
        self.begin(['dockerd', '--data-root', self.path('data'), '--exec-root', self.path('exec'), '--pidfile', self.path('pid'), '--host',
                    f'unix://{self.socket}', '--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver', 'vfs'],
                   lambda: subprocess.run([*docker, 'version'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0)
        self.must(*docker, 'load', '-q', '-i', self.path('image.tar'))
        number = self.must(*docker, 'images', '-q', '--no-trunc').stdout.decode().strip()
        self.check('localhost/app:1', number)


class Nobody(case.CliCase):
    needs_root = False

    def obstacle(self):
        return None

    def test_no_daemon(self):
        for host, text in ((f'unix://{self.place}/none', 'cannot fetch'), ('tcp://127.0.0.1:1', 'socket of this machine'), ('unix://none', 'socket of')):
            self.refuse(text, 'inspect', 'docker-daemon:app:1', env={**os.environ, 'DOCKER_HOST': host})


if __name__ == '__main__':
    case.main()
