#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images from the registry that everybody has, pushed by skopeo: with a password, with TLS, of several platforms."""

import ctypes
import ctypes.util
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fake_registry as fake  # noqa: E402
from harness import case, sockets, traces  # noqa: E402

CONFIG = '''version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {place}/data}}}}
http:
  addr: 127.0.0.1:{port}
  tls: {{certificate: {place}/server.pem, key: {place}/server.key}}
auth: {{htpasswd: {{realm: here, path: {place}/htpasswd}}}}
'''
USER, PASSWORD = 'carol', 'open-sesame'


def bcrypt(password):
    library = ctypes.CDLL(ctypes.util.find_library('crypt'))
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), b'$2y$05$abcdefghijklmnopqrstuu').decode()


class Distribution(case.CliCase):
    needs_root = False

    def obstacle(self):
        missing = [name for name in ('docker-registry', 'skopeo', 'openssl') if not shutil.which(name)]
        return f'needs {", ".join(missing)}' if missing else None

    def setUp(self):
        super().setUp()
        self.port = sockets.free_port()
        self.host = f'127.0.0.1:{self.port}'
        self.certs, self.auth = self.path('certs'), self.path('auth.json')
        self.make_certificate()
        with open(self.path('htpasswd'), 'w', encoding='utf-8') as f:
            f.write(f'{USER}:{bcrypt(PASSWORD)}\n')
        with open(self.path('config.yml'), 'w', encoding='utf-8') as f:
            f.write(CONFIG.format(place=self.place, port=self.port))
        self.registry = self.start_program(['docker-registry', 'serve', self.path('config.yml')])
        self.addCleanup(self.end_registry)
        self.assertTrue(traces.wait_until(lambda: sockets.answers(self.port)), 'docker-registry does not answer')
        self.must('skopeo', 'login', '--authfile', self.auth, '--cert-dir', self.certs, '-u', USER, '-p', PASSWORD, self.host)

    def end_registry(self):
        self.registry.kill()
        self.registry.wait()

    def make_certificate(self):
        os.mkdir(self.certs)
        self.must('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', self.path('server.key'),
                  '-out', self.path('server.pem'), '-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1')
        shutil.copy(self.path('server.pem'), os.path.join(self.certs, 'ca.crt'))

    def must(self, *argv):
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def push(self, source, name, *options):
        self.must('skopeo', 'copy', '-q', *options, '--dest-authfile', self.auth, '--dest-cert-dir', self.certs, source,
                  f'docker://{self.host}/{name}')

    def options(self):
        return ['--authfile', self.auth, '--cert-dir', self.certs]

    def layout(self, image, tag):
        folder = self.fresh_path('layout')
        fake.write_layout(folder, image, tag)
        return f'oci:{folder}:{tag}'

    def test_a_password_and_tls(self):
        image = fake.Image(fake.layer({'a': b'1' * 100000}), fake.layer({'b': b'2'}))
        self.push(self.layout(image, '1'), 'team/app:1')
        name = f'docker://{self.host}/team/app:1'
        told = json.loads(self.succeed('inspect', *self.options(), name).out)
        self.assertEqual([one['diffId'] for one in told['layers']], [fake.digest_of(one) for one in image.layers])
        self.refuse('certificate', 'inspect', '--authfile', self.auth, name)
        self.refuse('wants credentials', 'inspect', '--cert-dir', self.certs, name, env={**os.environ, 'HOME': self.place})
        self.succeed('pull', '--store', self.path('store'), *self.options(), name)
        # What other programs read from the store is what was pushed.
        self.must('skopeo', 'copy', '-q', f'oci:{self.path("store")}:{self.host}/team/app:1', f'dir:{self.path("copy")}')
        self.refuse('has no image', 'inspect', *self.options(), f'docker://{self.host}/team/none:1')

    def test_docker_manifests(self):
        self.push(self.layout(fake.Image(fake.layer({'a': b'1'})), '1'), 'team/app:2', '--format', 'v2s2')
        told = json.loads(self.succeed('inspect', *self.options(), f'docker://{self.host}/team/app:2').out)
        self.assertIn('docker', told['mediaType'])


if __name__ == '__main__':
    case.main()
