# SPDX-License-Identifier: MIT
"""Images for tests, document by document: so that each of them can be wrong."""

import gzip
import hashlib
import io
import json
import os
import tarfile

MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
INDEX = 'application/vnd.oci.image.index.v1+json'
CONFIG = 'application/vnd.oci.image.config.v1+json'
LAYER = 'application/vnd.oci.image.layer.v1.tar'
REF_NAME = 'org.opencontainers.image.ref.name'


def digest(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


def tar(files, links=None):
    """The bytes of a tar with these files (a dictionary by name) and symbolic links."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


class Files:
    """Files of an image layout, by name. What is added gives a descriptor back."""

    def __init__(self):
        self.files = {'oci-layout': b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, data, media_type, **more):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.files['blobs/sha256/' + digest(data)[7:]] = data
        return {'mediaType': media_type, 'digest': digest(data), 'size': len(data), **more}

    def layer(self, data, compress=gzip.compress, media_type=LAYER + '+gzip'):
        return self.blob(compress(data), media_type)

    def config(self, tars, **more):
        return self.blob({'os': 'linux', 'architecture': 'amd64', 'config': {},
                          'rootfs': {'type': 'layers', 'diff_ids': [digest(t) for t in tars]}, **more}, CONFIG)

    def manifest(self, config, layers, **more):
        return self.blob({'schemaVersion': 2, 'mediaType': MANIFEST, 'config': config, 'layers': layers, **more}, MANIFEST)

    def image(self, *tars, config=None):
        """The manifest of an image with these layers."""
        return self.manifest(self.config(tars, **(config or {})), [self.layer(t) for t in tars])

    def index(self, *manifests):
        self.files['index.json'] = json.dumps({'schemaVersion': 2, 'mediaType': INDEX, 'manifests': manifests}).encode()
        return self

    def nested(self, *manifests):
        return self.blob({'schemaVersion': 2, 'mediaType': INDEX, 'manifests': manifests}, INDEX)

    def change(self, descriptor, data):
        """Puts other bytes in the place of a blob."""
        self.files['blobs/sha256/' + descriptor['digest'][7:]] = data

    def remove(self, descriptor):
        del self.files['blobs/sha256/' + descriptor['digest'][7:]]

    def save(self, path):
        for name, content in self.files.items():
            os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
            with open(os.path.join(path, name), 'wb') as f:
                f.write(content)
        return path


def tagged(descriptor, tag, **annotations):
    return {**descriptor, 'annotations': {REF_NAME: tag, **annotations}}


def platform(descriptor, architecture, os_name='linux', **more):
    return {**descriptor, 'platform': {'os': os_name, 'architecture': architecture, **more}}
