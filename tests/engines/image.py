# SPDX-License-Identifier: MIT
"""
An image of one static busybox, as an archive that podman, containerd and docker load alike: an OCI layout with docker's
manifest.json in it.
"""

import gzip
import hashlib
import io
import json
import os
import platform
import tarfile

from harness import bundle

NAME = 'localhost/busybox:test'
ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
USER = ('tester', 1000)

FOLDERS = ('bin', 'dev', 'etc', 'home', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'usr/bin', 'var', 'var/tmp')
FILES = {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\ntester:x:1000:1000::/home:/bin/sh\n',
    'etc/group': 'root:x:0:\ntester:x:1000:\n',
    'usr/bin/not-executable': 'a text\n',
}


def _add(tar, name, kind, mode, data=b'', link=''):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(data), link
    tar.addfile(entry, io.BytesIO(data))


def _layer():
    with open(bundle.find_busybox(), 'rb') as f:
        busybox = f.read()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w') as tar:
        for name in FOLDERS:
            _add(tar, name, tarfile.DIRTYPE, 0o1777 if name.endswith('tmp') else 0o755)
        _add(tar, 'bin/busybox', tarfile.REGTYPE, 0o755, busybox)
        for name in (*bundle.APPLETS, 'nc', 'timeout', 'date', 'stty', 'ip', 'mktemp', 'cut', 'od'):
            if name != 'busybox' and f'bin/{name}' not in tar.getnames():
                _add(tar, f'bin/{name}', tarfile.SYMTYPE, 0o777, link='busybox')
        for name, text in FILES.items():
            _add(tar, name, tarfile.REGTYPE, 0o644, text.encode())
    return stream.getvalue()


def make_archive(path):
    """Writes the archive; whoever loads it has the image NAME."""
    layer = _layer()
    machine = {'x86_64': 'amd64', 'aarch64': 'arm64', 'riscv64': 'riscv64'}[platform.machine()]
    blobs = {}

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        blobs[f'blobs/sha256/{digest}'] = data
        return {'mediaType': kind, 'digest': f'sha256:{digest}', 'size': len(data)}

    config = json.dumps({
        'architecture': machine, 'os': 'linux', 'created': '2020-01-01T00:00:00Z',
        'config': {'Env': ENVIRONMENT, 'Cmd': ['/bin/sh']},
        'rootfs': {'type': 'layers', 'diff_ids': [f'sha256:{hashlib.sha256(layer).hexdigest()}']},
        'history': [{'created': '2020-01-01T00:00:00Z', 'created_by': 'test'}],
    }).encode()
    config_at = blob(config, 'application/vnd.oci.image.config.v1+json')
    packed = gzip.compress(layer, 1, mtime=0)
    layer_at = blob(packed, 'application/vnd.oci.image.layer.v1.tar+gzip')
    manifest = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json', 'config': config_at,
                'layers': [layer_at]}
    manifest_at = blob(json.dumps(manifest).encode(), manifest['mediaType'])
    manifest_at['annotations'] = {'org.opencontainers.image.ref.name': NAME, 'io.containerd.image.name': NAME}
    blobs['oci-layout'] = b'{"imageLayoutVersion":"1.0.0"}'
    blobs['index.json'] = json.dumps({'schemaVersion': 2, 'manifests': [manifest_at]}).encode()

    def place(entry):
        return 'blobs/' + entry['digest'].replace(':', '/')

    blobs['manifest.json'] = json.dumps([{'Config': place(config_at), 'RepoTags': [NAME], 'Layers': [place(layer_at)]}]).encode()
    with tarfile.open(path, 'w') as tar:
        for name in ('blobs', 'blobs/sha256'):
            _add(tar, name, tarfile.DIRTYPE, 0o755)
        for name, data in blobs.items():
            _add(tar, name, tarfile.REGTYPE, 0o644, data)
    os.chmod(path, 0o644)
