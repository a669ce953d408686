#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images from the registry that everybody has, pushed by skopeo: passwords, tokens, TLS, several platforms, cut connections."""

import base64
import ctypes
import ctypes.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

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
auth: {{{auth}}}
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
        with open(self.path('config.yml'), 'w', encoding='utf-8') as f:
            f.write(CONFIG.format(place=self.place, port=self.port, auth=self.make_auth()))
        self.registry = self.start_program(['docker-registry', 'serve', self.path('config.yml')])
        self.addCleanup(self.end_registry)
        self.assertTrue(traces.wait_until(lambda: sockets.answers(self.port)), 'docker-registry does not answer')
        self.must('skopeo', 'login', '--authfile', self.auth, '--cert-dir', self.certs, '-u', USER, '-p', PASSWORD, self.host)

    def make_auth(self):
        with open(self.path('htpasswd'), 'w', encoding='utf-8') as f:
            f.write(f'{USER}:{bcrypt(PASSWORD)}\n')
        return f'htpasswd: {{realm: here, path: {self.place}/htpasswd}}'

    def end_registry(self):
        self.registry.kill()
        self.registry.wait()

    def make_certificate(self):
        os.mkdir(self.certs)
        self.must('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', self.path('server.key'),
                  '-out', self.path('server.pem'), '-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1')
        shutil.copy(self.path('server.pem'), os.path.join(self.certs, 'ca.crt'))

    def must(self, *argv):
        run = subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(run.returncode, 0, f'{" ".join(argv)}: {run.stdout}')

    def push(self, source, name, *options):
        self.must('skopeo', 'copy', '-q', *options, '--dest-authfile', self.auth, '--dest-cert-dir', self.certs, source,
                  f'docker://{self.host}/{name}')

    def options(self):
        return ['--authfile', self.auth, '--cert-dir', self.certs]

    def layout(self, image, tag):
        folder = self.fresh_path('layout')
        fake.write_layout(folder, image, tag)
        return f'oci:{folder}:{tag}'

    def inspect(self, name, *options):
        return json.loads(self.succeed('inspect', *self.options(), *options, name).out)

    def assert_is(self, told, image):
        self.assertEqual([one['diffId'] for one in told['layers']], [fake.digest_of(one) for one in image.layers])


IMAGE = fake.Image(fake.layer({'a': b'1' * 100000}), fake.layer({'b': b'2'}))


class Passwords(Distribution):
    def test_a_password_and_tls(self):
        self.push(self.layout(IMAGE, '1'), 'team/app:1')
        name = f'docker://{self.host}/team/app:1'
        self.assert_is(self.inspect(name), IMAGE)
        self.refuse('certificate', 'inspect', '--authfile', self.auth, name)
        self.refuse('wants credentials', 'inspect', '--cert-dir', self.certs, name, env={**os.environ, 'HOME': self.place})
        self.succeed('pull', '--store', self.path('store'), *self.options(), name)
        # What other programs read from the store is what was pushed.
        self.must('skopeo', 'copy', '-q', f'oci:{self.path("store")}:{self.host}/team/app:1', f'dir:{self.path("copy")}')
        self.refuse('has no image', 'inspect', *self.options(), f'docker://{self.host}/team/none:1')

    def test_docker_manifests(self):
        self.push(self.layout(fake.Image(fake.layer({'a': b'1'})), '1'), 'team/app:2', '--format', 'v2s2')
        self.assertIn('docker', self.inspect(f'docker://{self.host}/team/app:2')['mediaType'])

    def test_several_platforms(self):
        images = {name: fake.Image(fake.layer({name: b''}), architecture=name) for name in ('amd64', 'arm64')}
        folder = self.fresh_path('layout')
        fake.write_index_layout(folder, list(images.values()), 'all')
        self.push(f'oci:{folder}:all', 'team/app:3', '--all')
        name = f'docker://{self.host}/team/app:3'
        for platform, image in images.items():
            told = self.inspect(name, '--platform', platform)
            self.assert_is(told, image)
            # The tag beside a digest is for people.
            self.assertEqual(self.inspect(f'{name}@{told["digest"]}')['digest'], told['digest'])
        self.refuse('no image for linux/s390x', 'inspect', *self.options(), '--platform', 's390x', name)

    def test_connections_that_are_cut(self):
        image = fake.Image(fake.layer({'big': os.urandom(3 << 20)}))
        self.push(self.layout(image, '1'), 'team/app:4', '--dest-decompress')
        relay = Relay(self.port, cut_after=1 << 20, times=2)
        self.addCleanup(relay.close)
        name = f'docker://127.0.0.1:{relay.port}/team/app:4'
        with open(self.auth, encoding='utf-8') as f:
            document = json.load(f)
        document['auths'][f'127.0.0.1:{relay.port}'] = document['auths'][self.host]
        with open(self.auth, 'w', encoding='utf-8') as f:
            json.dump(document, f)
        self.succeed('unpack', '--owner', 'me', *self.options(), name, self.path('root'))
        with open(self.path('root/big'), 'rb') as f:
            self.assertIn(f.read(), image.layers[0])
        self.assertEqual(relay.times, 0)
        # Not all of it again: what was cut had brought something.
        self.assertLess(relay.sent, 5 << 20)


class Relay:
    """Hands bytes on to a port, and hangs up on connections that have brought @cut_after bytes, @times times."""

    def __init__(self, to, cut_after, times):
        self.to, self.cut_after, self.times, self.sent = to, cut_after, times, 0
        self.server = socket.create_server(('127.0.0.1', 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

    def serve(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            upstream = socket.create_connection(('127.0.0.1', self.to))
            for ends in ((client, upstream, False), (upstream, client, True)):
                threading.Thread(target=self.hand_on, args=ends, daemon=True).start()

    def hand_on(self, source, target, may_cut):
        done = 0
        try:
            while data := source.recv(65536):
                done += len(data)
                if may_cut:
                    self.sent += len(data)
                    if done > self.cut_after and self.times > 0:
                        self.times -= 1
                        break
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class TokenServer(fake.Registry):
    """Signs tokens for whoever knows the password (the registry's documentation, "Token Authentication Specification")."""

    def __init__(self, certificate, place):
        super().__init__(certificate)
        self.place = place

    @staticmethod
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b'=')

    def answer(self, handler):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query)
        wanted = 'Basic ' + base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()
        if handler.headers.get('Authorization') != wanted:
            handler.reply(401)
            return
        access = [dict(zip(('type', 'name', 'actions'), scope.split(':'))) for scope in query.get('scope', [])]
        for one in access:
            one['actions'] = one['actions'].split(',')
        handler.reply(200, json.dumps({'token': self.token(access)}).encode())

    def token(self, access):
        now = int(time.time())
        with open(os.path.join(self.place, 'token.pem'), encoding='ascii') as f:
            certificate = ''.join(f.read().split('-----')[2].split())
        parts = [{'typ': 'JWT', 'alg': 'RS256', 'x5c': [certificate]},
                 {'iss': 'the issuer', 'aud': 'the service', 'sub': USER, 'exp': now + 60, 'nbf': now - 10, 'iat': now, 'jti': str(now),
                  'access': access}]
        text = b'.'.join(self.encode(json.dumps(part).encode()) for part in parts)
        signature = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', os.path.join(self.place, 'token.key')], input=text,
                                   stdout=subprocess.PIPE, check=True).stdout
        return (text + b'.' + self.encode(signature)).decode()


class Tokens(Distribution):
    def make_auth(self):
        self.must('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', self.path('token.key'), '-out', self.path('token.pem'),
                  '-subj', '/CN=token')
        self.tokens = TokenServer((self.path('server.pem'), self.path('server.key')), self.place)
        self.addCleanup(self.tokens.close)
        return (f'token: {{realm: "https://{self.tokens.host}/token", service: the service, issuer: the issuer, '
                f'rootcertbundle: {self.place}/token.pem}}')

    def test_tokens(self):
        self.push(self.layout(IMAGE, '1'), 'team/app:1')
        self.tokens.requests.clear()
        name = f'docker://{self.host}/team/app:1'
        self.assert_is(self.inspect(name), IMAGE)
        # One for all that is read of a repository.
        self.assertEqual(len(self.tokens.requests), 1)
        self.assertIn('scope=repository%3Ateam%2Fapp%3Apull', self.tokens.requests[0][1])
        self.succeed('pull', '--store', self.path('store'), *self.options(), name)
        self.refuse('refuses the credentials', 'inspect', '--cert-dir', self.certs, name, env={**os.environ, 'HOME': self.place})


if __name__ == '__main__':
    case.main()
