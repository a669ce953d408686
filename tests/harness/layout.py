# SPDX-License-Identifier: MIT
"""Images for tests: layers member by member, in a folder of the image-spec's layout."""

import gzip
import hashlib
import io
import json
import os
import tarfile

TYPES = {'file': tarfile.REGTYPE, 'folder': tarfile.DIRTYPE, 'symlink': tarfile.SYMTYPE, 'link': tarfile.LNKTYPE,
         'fifo': tarfile.FIFOTYPE, 'char': tarfile.CHRTYPE, 'block': tarfile.BLKTYPE}
MODES = {'folder': 0o755, 'symlink': 0o777}


def member(name, kind='file', content=b'', *, mode=None, owner=(0, 0), mtime=1700000000, link='', xattrs=None,
           device=(0, 0)):
    """A member of a layer. @name may be bytes of any kind as far as surrogates can stand for them."""
    info = tarfile.TarInfo(name)
    info.type = TYPES[kind]
    info.size = len(content)
    info.mode = MODES.get(kind, 0o644) if mode is None else mode
    info.uid, info.gid = owner
    info.mtime = mtime
    info.linkname = link
    info.devmajor, info.devminor = device
    info.pax_headers = {'SCHILY.xattr.' + key: value for key, value in (xattrs or {}).items()}
    return info, content


def make_tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT, encoding='utf-8',
                      errors='surrogateescape') as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def digest(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


class Layout:
    """A folder with one image, of tag "latest". @layers are lists of members, or the bytes of a tar."""

    def __init__(self, path, layers, env=('PATH=/bin',), **config):
        self.path = path
        self.tars = [layer if isinstance(layer, bytes) else make_tar(layer) for layer in layers]
        os.makedirs(os.path.join(path, 'blobs/sha256'))
        self._save('oci-layout', b'{"imageLayoutVersion": "1.0.0"}')
        blobs = [gzip.compress(tar, compresslevel=1, mtime=0) for tar in self.tars]
        self.config = self._blob('config', json.dumps({
            'architecture': os.environ.get('GOARCH', 'amd64' if os.uname().machine == 'x86_64' else 'arm64'),
            'os': 'linux',
            'config': {'Env': list(env), **config},
            'rootfs': {'type': 'layers', 'diff_ids': [digest(tar) for tar in self.tars]},
            'history': [{'created_by': 'test'} for _ in self.tars],
        }).encode())
        self.manifest = self._blob('manifest', json.dumps({
            'schemaVersion': 2,
            'mediaType': 'application/vnd.oci.image.manifest.v1+json',
            'config': self.config,
            'layers': [self._blob('layer', blob) for blob in blobs],
        }).encode())
        self._save('index.json', json.dumps({'schemaVersion': 2, 'manifests': [
            {**self.manifest, 'annotations': {'org.opencontainers.image.ref.name': 'latest'}}]}).encode())

    def _save(self, name, data):
        with open(os.path.join(self.path, name), 'wb') as f:
            f.write(data)

    def _blob(self, kind, data):
        self._save('blobs/sha256/' + digest(data)[7:], data)
        suffix = {'config': 'config.v1+json', 'manifest': 'manifest.v1+json', 'layer': 'layer.v1.tar+gzip'}[kind]
        return {'mediaType': 'application/vnd.oci.image.' + suffix, 'digest': digest(data), 'size': len(data)}

    @property
    def name(self):
        return f'oci:{self.path}:latest'
