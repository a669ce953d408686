# SPDX-License-Identifier: MIT
"""
Registries on loopback that do what real ones do on bad days: connections that break, wrong bytes, redirects, tokens,
answers without an end. Images for them are made here, of a few files.
"""

import base64
import contextlib
import hashlib
import http.server
import io
import json
import os
import select
import socket
import ssl
import tarfile
import threading
import urllib.parse

MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
INDEX = 'application/vnd.oci.image.index.v1+json'
CONFIG = 'application/vnd.oci.image.config.v1+json'
LAYER = 'application/vnd.oci.image.layer.v1.tar'


def digest_of(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


def layer(files):
    """An uncompressed tar of {path: bytes}; None, or (mode, uid), for a folder; names as they are."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT) as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            if content is None or isinstance(content, tuple):
                info.type = tarfile.DIRTYPE
                info.mode, info.uid = content or (0o755, 0)
                tar.addfile(info)
            else:
                info.size, info.mode = len(content), 0o644
                tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


class Image:
    """The blobs of one image, by digest."""

    def __init__(self, *layers, architecture='amd64', config=None):
        self.layers = layers
        self.config = json.dumps({
            'architecture': architecture, 'os': 'linux', 'config': config or {'Cmd': ['/bin/true']},
            'rootfs': {'type': 'layers', 'diff_ids': [digest_of(one) for one in layers]}}).encode()
        self.manifest = json.dumps({
            'schemaVersion': 2, 'mediaType': MANIFEST, 'config': self.descriptor(CONFIG, self.config),
            'layers': [self.descriptor(LAYER, one) for one in layers]}).encode()
        self.digest = digest_of(self.manifest)

    @staticmethod
    def descriptor(media_type, data):
        return {'mediaType': media_type, 'digest': digest_of(data), 'size': len(data)}

    def blobs(self):
        return {digest_of(one): one for one in (self.config, *self.layers)}


def index_of(images):
    """The text of an index of images for several platforms."""
    return json.dumps({'schemaVersion': 2, 'mediaType': INDEX, 'manifests': [
        {**image.descriptor(MANIFEST, image.manifest),
         'platform': {'os': 'linux', 'architecture': json.loads(image.config)['architecture']}}
        for image in images]}).encode()


def _write_layout(folder, blobs, top, tag):
    os.makedirs(os.path.join(folder, 'blobs/sha256'))
    for data in blobs:
        with open(os.path.join(folder, 'blobs/sha256', digest_of(data).split(':')[1]), 'wb') as f:
            f.write(data)
    for name, document in (('oci-layout', {'imageLayoutVersion': '1.0.0'}), ('index.json', {'schemaVersion': 2, 'manifests': [
            {**top, 'annotations': {'org.opencontainers.image.ref.name': tag}}]})):
        with open(os.path.join(folder, name), 'w', encoding='utf-8') as f:
            json.dump(document, f)


def write_layout(folder, image, tag):
    """An image layout (image-spec, image-layout.md) of one image."""
    _write_layout(folder, [*image.blobs().values(), image.manifest], image.descriptor(MANIFEST, image.manifest), tag)


def write_index_layout(folder, images, tag):
    """The same of one image for several platforms."""
    text = index_of(images)
    blobs = [data for image in images for data in (*image.blobs().values(), image.manifest)]
    _write_layout(folder, [*blobs, text], Image.descriptor(INDEX, text), tag)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.registry.requests.append((self.command, self.path, dict(self.headers)))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.server.registry.answer(self)

    def do_CONNECT(self):
        self.server.registry.requests.append((self.command, self.path, dict(self.headers)))
        self.server.registry.connect(self)

    def do_POST(self):
        self.form = urllib.parse.parse_qs(self.rfile.read(int(self.headers['Content-Length'])).decode())
        self.do_GET()

    def reply(self, status, body=b'', media_type='application/json', headers=()):
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.send_header('Content-Type', media_type)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class Registry:
    """One repository, team/app, with tags. Faults are methods that a test sets in the place of others."""

    name = 'team/app'

    def __init__(self, certificate=None, authority=None):
        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.registry = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            if authority:
                context.load_verify_locations(authority)
                context.verify_mode = ssl.CERT_REQUIRED
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.host = f'127.0.0.1:{self.port}'
        self.scheme = 'https' if certificate else 'http'
        self.manifests, self.contents, self.requests = {}, {}, []
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def add(self, tag, image):
        self.contents.update(image.blobs())
        self.manifests[tag] = self.manifests[image.digest] = (MANIFEST, image.manifest)

    def add_layout(self, folder, tag='1'):
        """The image of an image layout, and all blobs that are there."""
        blobs = os.path.join(folder, 'blobs/sha256')
        for name in os.listdir(blobs):
            with open(os.path.join(blobs, name), 'rb') as f:
                self.contents['sha256:' + name] = f.read()
        with open(os.path.join(folder, 'index.json'), encoding='utf-8') as f:
            digest = json.load(f)['manifests'][0]['digest']
        self.manifests[tag] = self.manifests[digest] = (MANIFEST, self.contents[digest])

    def add_index(self, tag, images):
        for image in images:
            self.add(image.digest, image)
        self.manifests[tag] = (INDEX, index_of(images))

    def image(self, tag='1'):
        return f'docker://{self.host}/{self.name}:{tag}'

    def asked_for(self, part):
        return [request for request in self.requests if part in request[1]]

    # --- what a registry does ---

    def answer(self, handler):
        path = handler.path.split('?')[0]
        if not self.admit(handler):
            return
        prefix = f'/v2/{self.name}/'
        kind, _, key = path[len(prefix):].partition('/') if path.startswith(prefix) else ('', '', '')
        if kind == 'manifests' and key in self.manifests:
            self.send_manifest(handler, *self.manifests[key])
        elif kind == 'blobs' and key in self.contents:
            self.send_blob(handler, self.contents[key])
        else:
            handler.reply(404, b'{"errors":[{"code":"NOT_FOUND","message":"nothing here"}]}')

    def admit(self, handler):
        return True

    def send_manifest(self, handler, media_type, text):
        handler.reply(200, text, media_type, [('Docker-Content-Digest', digest_of(text))])

    @staticmethod
    def offset(handler):
        wanted = handler.headers.get('Range', '')
        return int(wanted[len('bytes='):].rstrip('-')) if wanted else 0

    def begin_blob(self, handler, data, offset):
        handler.send_response(206 if offset else 200)
        handler.send_header('Content-Length', str(len(data) - offset))
        if offset:
            handler.send_header('Content-Range', f'bytes {offset}-{len(data) - 1}/{len(data)}')
        handler.end_headers()

    def send_blob(self, handler, data):
        offset = self.offset(handler)
        self.begin_blob(handler, data, offset)
        handler.wfile.write(data[offset:])


class BasicRegistry(Registry):
    user, password = 'carol', 'open:sesame'

    def admit(self, handler):
        wanted = 'Basic ' + base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()
        if handler.headers.get('Authorization') == wanted:
            return True
        handler.reply(401, headers=[('WWW-Authenticate', 'Basic realm="here, or there"')])
        return False


class TokenRegistry(Registry):
    """Gives out tokens itself, at /token, for one scope and one request after another."""

    user, password, identity = 'carol', 'open:sesame', 'a-long-lived-one'
    uses = 1000

    def __init__(self, *args):
        super().__init__(*args)
        self.tokens = {}

    def admit(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        if url.path == '/token':
            self.give_token(handler, urllib.parse.parse_qs(url.query))
            return False
        token = (handler.headers.get('Authorization') or '').removeprefix('Bearer ')
        if self.tokens.get(token, 0) > 0:
            self.tokens[token] -= 1
            return True
        realm = f'{self.scheme}://{self.host}/token'
        handler.reply(401, headers=[
            ('WWW-Authenticate', 'Negotiate'),
            ('WWW-Authenticate', f'Bearer realm="{realm}",service="the, service",scope="repository:{self.name}:pull"')])
        return False

    def give_token(self, handler, query):
        if handler.command == 'POST':
            query = handler.form
            good = query['refresh_token'] == [self.identity] and query['grant_type'] == ['refresh_token']
        else:
            wanted = 'Basic ' + base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()
            good = handler.headers.get('Authorization') == wanted
        good = good and query['service'] == ['the, service'] and query['scope'] == [f'repository:{self.name}:pull']
        if not good:
            handler.reply(401)
            return
        token = f'token-{len(self.tokens)}'
        self.tokens[token] = self.uses
        handler.reply(200, json.dumps({'token': token, 'expires_in': 60}).encode())


class FlakyRegistry(Registry):
    """Sends at most @step bytes of a blob, then hangs up; @stubborn: knows no ranges and sends all from the beginning."""

    step, stubborn = 1 << 20, False

    def send_blob(self, handler, data):
        offset = 0 if self.stubborn else self.offset(handler)
        self.begin_blob(handler, data, offset)
        if self.stubborn:
            sent = self.step * len(self.asked_for('/blobs/'))
            handler.wfile.write(data[:sent])
            if sent >= len(data):
                return
        else:
            handler.wfile.write(data[offset:offset + self.step])
            if len(data) - offset <= self.step:
                return
        handler.hang_up()


class EndlessRegistry(Registry):
    def send_blob(self, handler, data):
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        while True:
            handler.wfile.write(data[:65536] or b'x')


class SlowRegistry(Registry):
    """Begins a blob and then says nothing until it is closed."""

    def send_blob(self, handler, data):
        self.begin_blob(handler, data, 0)
        handler.wfile.write(data[:10])
        handler.wfile.flush()
        handler.connection.settimeout(60)
        with contextlib.suppress(OSError):
            handler.connection.recv(1)


class Proxy(Registry):
    """Sends all blobs elsewhere."""

    def __init__(self, *args, to):
        super().__init__(*args)
        self.to = to

    def send_blob(self, handler, data):
        handler.reply(307, headers=[('Location', f'{self.to}{handler.path}')])


class ForwardProxy(Registry):
    """What http_proxy names: has the images of any host, and hands connections on to the one that is wanted."""

    def answer(self, handler):
        handler.path = urllib.parse.urlsplit(handler.path)._replace(scheme='', netloc='').geturl()
        super().answer(handler)

    def connect(self, handler):
        host, _, port = handler.path.partition(':')
        handler.close_connection = True
        with socket.create_connection((host, int(port))) as upstream:
            handler.send_response(200)
            handler.end_headers()
            ends = [handler.connection, upstream]
            while True:
                for one in select.select(ends, [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    ends[one is handler.connection].sendall(data)
