#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images from registries that break connections, want to know who asks, send elsewhere, or lie."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fake_registry as fake  # noqa: E402
from harness import case  # noqa: E402

FILES = {'etc/': None, 'etc/motd': b'hello\n', 'bin/': None, 'bin/true': b'#!/bin/sh\n'}
SMALL = fake.Image(fake.layer(FILES), fake.layer({'etc/more': b'more\n'}))
BIG = fake.Image(fake.layer({'big': os.urandom(5 << 20)}))


class RegistryCase(case.CliCase):
    needs_root = False

    def obstacle(self):
        return None

    def setUp(self):
        super().setUp()
        self.environment = {name: value for name, value in os.environ.items() if not name.lower().endswith('_proxy')}
        for name in ('REGISTRY_AUTH_FILE', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'DOCKER_CONFIG', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR'):
            self.environment.pop(name, None)
        self.environment['HOME'] = self.path('home')
        self.store = self.path('store')

    def serve(self, kind=fake.Registry, *args, **options):
        registry = kind(*args, **options)
        self.addCleanup(registry.close)
        return registry

    def inspect(self, image, *options):
        result = self.succeed('inspect', '--insecure', *options, image, env=self.environment)
        return json.loads(result.out)

    def refuse_inspect(self, text, image, *options):
        return self.refuse(text, 'inspect', *options, image, env=self.environment)

    def pull(self, image, *options):
        return self.succeed('pull', '--insecure', '--store', self.store, *options, image, env=self.environment).out.strip()

    def refuse_pull(self, text, image, *options):
        return self.refuse(text, 'pull', '--insecure', '--store', self.store, *options, image, env=self.environment)

    def write(self, name, document):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(document if isinstance(document, str) else json.dumps(document))
        return path

    def authorization(self, registry, **entry):
        return self.write('auth.json', {'auths': {registry.host: entry}})


def encoded(registry):
    return fake.base64.b64encode(f'{registry.user}:{registry.password}'.encode()).decode()


class Pulling(RegistryCase):
    def test_a_tag_and_a_digest(self):
        registry = self.serve()
        registry.add('1', SMALL)
        self.assertEqual(self.inspect(registry.image())['digest'], SMALL.digest)
        self.assertEqual(self.inspect(f'docker://{registry.host}/team/app@{SMALL.digest}')['digest'], SMALL.digest)
        self.assertEqual(len(self.inspect(registry.image())['layers']), 2)
        # With both, the digest counts.
        self.assertEqual(self.inspect(f'docker://{registry.host}/team/app:other@{SMALL.digest}')['digest'], SMALL.digest)

    def test_an_index_is_followed_to_the_platform(self):
        registry, arm = self.serve(), fake.Image(fake.layer({'arm': b''}), architecture='arm64')
        registry.add_index('1', [SMALL, arm])
        self.assertEqual(self.inspect(registry.image(), '--platform', 'linux/arm64')['digest'], arm.digest)
        self.assertEqual(self.inspect(registry.image(), '--platform', 'linux/amd64')['digest'], SMALL.digest)
        self.refuse_inspect('s390x', registry.image(), '--insecure', '--platform', 'linux/s390x')

    def test_without_tls_only_when_allowed(self):
        registry = self.serve()
        registry.add('1', SMALL)
        self.refuse_inspect('cannot fetch', registry.image())
        self.assertEqual(registry.requests, [])

    def test_what_is_not_there(self):
        registry = self.serve()
        registry.add('1', SMALL)
        self.refuse_inspect('has no image', registry.image('2'), '--insecure')
        self.refuse_inspect('does not say which registry', 'docker://app:1', '--insecure')
        del registry.contents[fake.digest_of(SMALL.layers[0])]
        self.refuse_pull('has no blob', registry.image())
        registry.close()
        self.refuse_inspect('cannot fetch', registry.image(), '--insecure')
        registry.server.shutdown = registry.server.server_close = lambda: None

    def test_a_manifest_with_another_digest(self):
        registry = self.serve()
        registry.add('1', SMALL)
        other = 'sha256:' + '0' * 64
        registry.manifests[other] = registry.manifests['1']
        self.refuse_inspect('has the digest', f'docker://{registry.host}/team/app@{other}', '--insecure')

    def test_blobs_with_other_bytes(self):
        registry = self.serve()
        registry.add('1', SMALL)
        digest = fake.digest_of(SMALL.layers[1])
        right = registry.contents[digest]
        for wrong in (right[:-1] + b'x', right + b'x', b''):
            registry.contents[digest] = wrong
            self.refuse_pull(digest, registry.image())
        registry.contents[digest] = right
        self.assertEqual(self.pull(registry.image()), SMALL.digest)

    def test_blobs_without_an_end(self):
        registry = self.serve(fake.EndlessRegistry)
        registry.add('1', SMALL)
        self.refuse_pull('', registry.image())

    def test_a_body_that_stalls_is_given_up_with_the_call(self):
        registry = self.serve(fake.SlowRegistry)
        registry.add('1', SMALL)
        result = self.cli('pull', '--insecure', '--store', self.store, '--timeout', '1s', registry.image(),
                          env=self.environment)
        self.assertEqual(result.status, 1, str(result))

    def test_a_body_that_stalls_for_longer_than_somebody_waits(self):
        registry = self.serve(fake.SlowRegistry)
        registry.add('1', SMALL)
        self.refuse_pull('cannot fetch', registry.image(), '--stall-timeout', '1s')
        # It is not asked again.
        self.assertEqual(len(registry.asked_for('/blobs/')), 1)

    def test_headers_without_an_end(self):
        registry = self.serve()
        registry.send_manifest = lambda handler, media_type, text: handler.reply(
            200, text, media_type, [(f'X-{i}', 'x' * 1000) for i in range(200)])
        registry.add('1', SMALL)
        self.refuse_inspect('headers', registry.image(), '--insecure')

    def test_a_manifest_without_an_end(self):
        registry = self.serve()
        registry.send_manifest = lambda handler, media_type, text: handler.reply(200, b' ' * (5 << 20), media_type)
        registry.add('1', SMALL)
        self.refuse_inspect('more than', registry.image(), '--insecure')


class Breaking(RegistryCase):
    def test_goes_on_where_the_connection_broke(self):
        registry = self.serve(fake.FlakyRegistry)
        registry.add('1', BIG)
        self.assertEqual(self.pull(registry.image()), BIG.digest)
        layer = fake.digest_of(BIG.layers[0])
        ranges = [headers.get('Range') for _, _, headers in registry.asked_for(layer)]
        self.assertEqual(ranges, [None] + [f'bytes={i << 20}-' for i in range(1, 6)])

    def test_a_registry_without_ranges(self):
        registry = self.serve(fake.FlakyRegistry)
        registry.stubborn = True
        registry.add('1', BIG)
        self.assertEqual(self.pull(registry.image()), BIG.digest)

    def test_gives_up_when_nothing_comes_any_more(self):
        registry = self.serve(fake.FlakyRegistry)
        registry.step = 1000
        registry.add('1', BIG)
        self.refuse_pull('cannot fetch', registry.image())
        self.assertLess(len(registry.asked_for(fake.digest_of(BIG.layers[0]))), 10)

    def test_another_run_goes_on_where_the_last_one_ended(self):
        registry = self.serve(fake.FlakyRegistry)
        registry.add('1', BIG)
        layer = fake.digest_of(BIG.layers[0])

        def once(handler, data):
            fake.FlakyRegistry.send_blob(registry, handler, data)
            if data is BIG.layers[0]:
                registry.contents.pop(layer, None)
        registry.send_blob = once
        self.refuse_pull('has no blob', registry.image())
        del registry.send_blob
        registry.contents.update(BIG.blobs())
        registry.requests.clear()
        self.assertEqual(self.pull(registry.image()), BIG.digest)
        self.assertEqual(registry.asked_for(layer)[0][2].get('Range'), f'bytes={1 << 20}-')

    def test_a_registry_that_is_busy_for_a_moment(self):
        registry, answers = self.serve(), [503, 429, 502]
        registry.add('1', SMALL)
        registry.admit = lambda handler: not answers or handler.reply(answers.pop())
        self.assertEqual(self.inspect(registry.image())['digest'], SMALL.digest)


class Asking(RegistryCase):
    def test_a_password(self):
        registry = self.serve(fake.BasicRegistry)
        registry.add('1', SMALL)
        self.refuse_inspect('wants credentials', registry.image(), '--insecure')
        auth = self.authorization(registry, auth=encoded(registry))
        self.assertEqual(self.inspect(registry.image(), '--authfile', auth)['digest'], SMALL.digest)
        self.assertEqual(self.pull(registry.image(), '--authfile', auth), SMALL.digest)
        wrong = self.authorization(registry, auth=fake.base64.b64encode(b'carol:wrong').decode())
        registry.requests.clear()
        self.refuse_inspect('does not give us', registry.image(), '--insecure', '--authfile', wrong)
        self.assertEqual(len(registry.requests), 2)

    def test_the_usual_files_and_the_most_special_entry(self):
        registry = self.serve(fake.BasicRegistry)
        registry.add('1', SMALL)
        wrong, right = fake.base64.b64encode(b'a:b').decode(), encoded(registry)
        self.write('home/.docker/config.json', {'auths': {f'http://{registry.host}/v1/': {'auth': right}}})
        self.assertEqual(self.inspect(registry.image())['digest'], SMALL.digest)
        self.write('home/.config/containers/auth.json', {'auths': {
            registry.host: {'auth': wrong}, f'{registry.host}/team': {'auth': right}, f'{registry.host}/tea': {'auth': wrong}}})
        self.assertEqual(self.inspect(registry.image())['digest'], SMALL.digest)
        self.environment['REGISTRY_AUTH_FILE'] = self.path('none.json')
        self.refuse_inspect('none.json', registry.image(), '--insecure')

    def test_a_program_that_keeps_credentials(self):
        registry = self.serve(fake.BasicRegistry)
        registry.add('1', SMALL)
        program = self.write('bin/docker-credential-test', f'''#!/bin/sh
test "$1" = get && test "$(cat)" = {registry.host} || {{ echo credentials not found in native keychain; exit 1; }}
echo '{{"ServerURL":"x","Username":"{registry.user}","Secret":"{registry.password}"}}'
''')
        os.chmod(program, 0o755)
        self.environment['PATH'] = os.path.dirname(program) + ':' + self.environment['PATH']
        auth = self.write('auth.json', {'credHelpers': {registry.host: 'test'}})
        self.assertEqual(self.inspect(registry.image(), '--authfile', auth)['digest'], SMALL.digest)
        for name in ('none-such', '../evil', 'a b'):
            auth = self.write('auth.json', {'credHelpers': {registry.host: name}})
            self.refuse_inspect(name, registry.image(), '--insecure', '--authfile', auth)

    def test_files_that_are_none(self):
        registry = self.serve(fake.BasicRegistry)
        registry.add('1', SMALL)
        for text, words in (('{', 'auth.json'), ('{"auths":[]}', 'auths'),
                            (json.dumps({'auths': {registry.host: {'auth': '!!'}}}), 'base64')):
            self.refuse_inspect(words, registry.image(), '--insecure', '--authfile', self.write('auth.json', text))

    def test_tokens(self):
        registry = self.serve(fake.TokenRegistry)
        registry.add('1', SMALL)
        self.refuse_inspect('refuses the credentials', registry.image(), '--insecure')
        auth = self.authorization(registry, auth=encoded(registry))
        self.assertEqual(self.inspect(registry.image(), '--authfile', auth)['digest'], SMALL.digest)
        self.assertEqual(len(registry.tokens), 1)
        registry.uses = 1
        self.assertEqual(self.pull(registry.image(), '--authfile', auth), SMALL.digest)
        auth = self.authorization(registry, identitytoken=registry.identity)
        self.assertEqual(self.inspect(registry.image(), '--authfile', auth)['digest'], SMALL.digest)
        self.assertEqual(len([one for one in registry.asked_for('/token') if one[0] == 'POST']) > 0, True)

    def test_tokens_that_are_never_enough(self):
        registry = self.serve(fake.TokenRegistry)
        registry.add('1', SMALL)
        registry.uses = 0
        auth = self.authorization(registry, auth=encoded(registry))
        self.refuse_inspect('does not give us', registry.image(), '--insecure', '--authfile', auth)
        self.assertLess(len(registry.requests), 6)

    def test_tokens_that_are_none(self):
        registry = self.serve(fake.TokenRegistry)
        registry.add('1', SMALL)
        for answer in ({}, {'token': ''}, {'token': 'a\r\nX-Evil: yes'}, []):
            registry.give_token = lambda handler, query, answer=answer: handler.reply(200, json.dumps(answer).encode())
            self.refuse_inspect('', registry.image(), '--insecure')
        self.assertFalse([one for one in registry.requests if 'X-Evil' in one[2]])


class Elsewhere(RegistryCase):
    def test_blobs_at_another_host_and_no_credentials_for_it(self):
        other = self.serve()
        registry = self.serve(type('AskingProxy', (fake.BasicRegistry, fake.Proxy), {}), to=f'http://{other.host}')
        for one in (registry, other):
            one.add('1', SMALL)
        auth = self.authorization(registry, auth=encoded(registry))
        self.assertEqual(self.pull(registry.image(), '--authfile', auth), SMALL.digest)
        self.assertGreater(len(other.asked_for('/blobs/')), 0)
        self.assertEqual([one for one in other.requests if 'Authorization' in one[2]], [])

    def test_redirects_in_a_circle_and_to_files(self):
        registry = self.serve(fake.Proxy, to='')
        registry.add('1', SMALL)
        self.refuse_pull('redirect', registry.image())
        for place in ('file:///etc/passwd#', 'gopher://127.0.0.1', 'http://user:secret@127.0.0.1'):
            registry.to = place
            self.refuse_pull('no URL', registry.image())

    def test_mirrors_first_and_the_host_last(self):
        registry, mirror, broken = self.serve(), self.serve(), self.serve()
        registry.add('1', SMALL)
        mirror.name = 'cache/team/app'
        mirror.add('1', SMALL)
        del mirror.contents[fake.digest_of(SMALL.layers[1])]
        broken.answer = lambda handler: handler.reply(500)
        mirrors = ['--mirror', f'{registry.host}={broken.host}', '--mirror', f'{registry.host}=http://{mirror.host}/cache',
                   '--mirror', f'other.example={registry.host}']
        self.assertEqual(self.pull(registry.image(), *mirrors), SMALL.digest)
        self.assertEqual([one[1].split('/')[-1] for one in registry.requests], [fake.digest_of(SMALL.layers[1])])
        self.refuse_inspect('HOST=MIRROR', registry.image(), '--mirror', 'nonsense')


class Proxies(RegistryCase):
    def through(self, proxy, image, *options, **environment):
        environment = {**self.environment, **environment, 'http_proxy': f'http://{proxy}', 'https_proxy': f'http://{proxy}'}
        return self.cli('inspect', *options, image, env=environment)

    def test_plain_requests(self):
        proxy = self.serve(fake.ForwardProxy)
        proxy.add('1', SMALL)
        name, mirror = 'docker://registry.test:5000/team/app:1', ['--mirror', 'registry.test:5000=http://registry.test:5000']
        result = self.through(proxy.host, name, *mirror)
        self.assertEqual(result.status, 0, str(result))
        self.assertTrue(all(one[1].startswith('http://registry.test:5000/v2/') for one in proxy.requests))
        proxy.requests.clear()
        result = self.through(proxy.host, name, *mirror, no_proxy='registry.test')
        self.assertEqual(result.status, 1, str(result))
        self.assertEqual(proxy.requests, [])

    def test_none_for_hosts_that_need_none(self):
        registry = self.serve()
        registry.add('1', SMALL)
        result = self.through('127.0.0.1:1', registry.image(), '--insecure', NO_PROXY='127.0.0.1')
        self.assertEqual(result.status, 0, str(result))


class Certificates(RegistryCase):
    def openssl(self, *arguments):
        subprocess.run(['openssl', *arguments], cwd=self.place, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def make(self):
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=ca')
        self.write('names', 'subjectAltName=IP:127.0.0.1\n')
        for name in ('server', 'client'):
            self.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', f'{name}.key', '-out', f'{name}.csr', '-subj', f'/CN={name}')
            self.openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial',
                         '-out', f'{name}.pem', '-extfile', 'names')

    def folder(self, *names):
        folder = self.fresh_path('certs')
        os.mkdir(folder)
        for name, ending in names:
            shutil.copy(self.path(name), os.path.join(folder, ending))
        return folder

    def serve_tls(self, kind=fake.Registry, *more, **options):
        registry = self.serve(kind, (self.path('server.pem'), self.path('server.key')), *more, **options)
        registry.add('1', SMALL)
        return registry

    def test_a_proxy_sees_nothing_but_the_host(self):
        self.make()
        proxy, registry = self.serve(fake.ForwardProxy), self.serve_tls(fake.BasicRegistry)
        options = ['--cert-dir', self.folder(('ca.crt', 'ca.crt')), '--authfile', self.authorization(registry, auth=encoded(registry))]
        result = self.succeed('inspect', *options, registry.image(), env={**self.environment, 'https_proxy': f'http://{proxy.host}'})
        self.assertEqual(json.loads(result.out)['digest'], SMALL.digest)
        self.assertGreater(len(registry.requests), 2)
        self.assertEqual({one[:2] for one in proxy.requests}, {('CONNECT', registry.host)})
        self.assertEqual([one for one in proxy.requests if 'Authorization' in one[2]], [])

    def test_authorities_that_the_environment_names(self):
        self.make()
        registry = self.serve_tls()
        self.environment['SSL_CERT_FILE'] = self.path('ca.crt')
        for options in ((), ('--cert-dir', self.folder(('client.pem', 'other.crt')))):
            self.succeed('inspect', *options, registry.image(), env=self.environment)
        self.environment['SSL_CERT_FILE'] = self.path('none.pem')
        self.refuse_inspect('none.pem', registry.image())
        del self.environment['SSL_CERT_FILE']
        self.environment['SSL_CERT_DIR'] = self.folder()
        self.refuse_inspect('certificate', registry.image())
        name = subprocess.run(['openssl', 'x509', '-hash', '-noout', '-in', self.path('ca.crt')], check=True, stdout=subprocess.PIPE, text=True)
        shutil.copy(self.path('ca.crt'), os.path.join(self.environment['SSL_CERT_DIR'], name.stdout.strip() + '.0'))
        self.succeed('inspect', registry.image(), env=self.environment)

    def test_redirects_from_tls_to_none(self):
        self.make()
        plain = self.serve()
        plain.add('1', SMALL)
        registry = self.serve_tls(fake.Proxy, to=f'http://{plain.host}')
        trusting = self.folder(('ca.crt', 'ca.crt'))
        self.refuse('is not fetched by tls', 'pull', '--store', self.store, '--cert-dir', trusting, registry.image(), env=self.environment)
        self.assertEqual(plain.requests, [])

    def test_a_client_certificate_is_for_one_host(self):
        self.make()
        known = self.folder(('ca.crt', 'ca.crt'), ('client.pem', 'me.cert'), ('client.key', 'me.key'))
        strict = self.serve_tls(fake.Registry, self.path('ca.crt'))
        registry = self.serve_tls(fake.Proxy, self.path('ca.crt'), to=f'https://{strict.host}')
        self.refuse('cannot fetch', 'pull', '--store', self.store, '--cert-dir', known, registry.image(), env=self.environment)
        self.assertEqual(strict.requests, [])
        self.succeed('pull', '--store', self.store, '--cert-dir', known, strict.image(), env=self.environment)

    def test_an_authority_and_a_client(self):
        self.make()
        registry = self.serve_tls()
        trusting = self.folder(('ca.crt', 'ca.crt'))
        result = self.succeed('inspect', '--cert-dir', trusting, registry.image(), env=self.environment)
        self.assertEqual(json.loads(result.out)['digest'], SMALL.digest)
        self.refuse_inspect('certificate', registry.image())
        self.refuse_inspect('certificate', registry.image(), '--cert-dir', self.folder(('client.pem', 'other.crt')))
        self.assertEqual(self.inspect(registry.image())['digest'], SMALL.digest)

        strict = self.serve_tls(fake.Registry, self.path('ca.crt'))
        self.refuse_inspect('', strict.image(), '--cert-dir', trusting)
        known = self.folder(('ca.crt', 'ca.crt'), ('client.pem', 'me.cert'), ('client.key', 'me.key'))
        result = self.succeed('inspect', '--cert-dir', known, strict.image(), env=self.environment)
        self.assertEqual(json.loads(result.out)['digest'], SMALL.digest)
        self.refuse_inspect('me.key', strict.image(), '--cert-dir', self.folder(('ca.crt', 'ca.crt'), ('client.pem', 'me.cert')))


if __name__ == '__main__':
    case.main()
