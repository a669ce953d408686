# SPDX-License-Identifier: MIT
"""An image of 500 MiB unpacked, beside umoci and tar, which get the same layers. Called by bench.py."""

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import zlib

MIB = 1 << 20

# A process of its own, as small as can be: a child's memory counts from the moment it is a copy of its parent.
MEASURE = ('import resource, subprocess, sys, time; begin = time.monotonic(); '
           'status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; '
           'print(time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)')
LAYERS, TOTAL = 3, 500 * MIB


class Hashed:
    """A file that is written, its digest and size."""

    def __init__(self, path, compressed=False):
        self.file, self.hash, self.size = open(path, 'wb'), hashlib.sha256(), 0
        self.squeeze = zlib.compressobj(6, zlib.DEFLATED, 31) if compressed else None
        self.diff = hashlib.sha256()

    def write(self, data):
        self.diff.update(data)
        self._put(self.squeeze.compress(data) if self.squeeze else data)
        return len(data)

    def _put(self, data):
        self.hash.update(data)
        self.size += len(data)
        self.file.write(data)

    def close(self):
        if self.squeeze:
            self._put(self.squeeze.flush())
        self.file.close()


def pool(dice):
    """What files have in them: half of it text, half of it something that looks like machine code."""
    words = [''.join(dice.choices('etaoinshrdlu', k=dice.randint(2, 9))) for _ in range(4000)]
    text = ' '.join(dice.choices(words, k=4 * MIB // 6)).encode()
    code = bytes(b & 0x9f for b in dice.randbytes(4 * MIB))
    return text, code


def write_layer(tar, number, dice, contents):
    """Files as a distribution has them: many small ones, and half of the bytes in a few large ones."""
    left, i = TOTAL // LAYERS, 0
    while left > 0:
        if i % 20 == 0:
            folder = tarfile.TarInfo(f'usr/share/{number}/{i // 400}/{i // 20}')
            folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o755, 1700000000
            tar.addfile(folder)
        size = min(left, dice.randint(2 * MIB, 8 * MIB) if i % 100 == 99 else int(dice.lognormvariate(9, 1.6)))
        info = tarfile.TarInfo(f'{folder.name}/file-{i}')
        info.size, info.mode, info.mtime = size, 0o755 if i % 9 == 0 else 0o644, 1600000000 + i
        source = contents[i % 2]
        start = dice.randrange(len(source))
        tar.addfile(info, io.BytesIO((source[start:] + source * (size // len(source) + 1))[:size]))
        left -= size
        i += 1


def make_image(folder, compressed):
    """An OCI layout, and the paths of its layers' blobs from the lowest up."""
    dice = random.Random(1)
    contents = pool(dice)
    blobs = os.path.join(folder, 'blobs', 'sha256')
    os.makedirs(blobs)
    layers, diffs, paths = [], [], []

    def put(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), 'wb') as f:
            f.write(data)
        return {'mediaType': f'application/vnd.oci.image.{kind}', 'digest': 'sha256:' + digest, 'size': len(data)}

    for number in range(LAYERS):
        out = Hashed(os.path.join(blobs, 'new'), compressed)
        with tarfile.open(fileobj=out, mode='w|', format=tarfile.PAX_FORMAT, bufsize=MIB) as tar:
            write_layer(tar, number, dice, contents)
        out.close()
        paths.append(os.path.join(blobs, out.hash.hexdigest()))
        os.rename(os.path.join(blobs, 'new'), paths[-1])
        layers.append({'mediaType': 'application/vnd.oci.image.layer.v1.tar' + ('+gzip' if compressed else ''),
                       'digest': 'sha256:' + out.hash.hexdigest(), 'size': out.size})
        diffs.append('sha256:' + out.diff.hexdigest())
    config = put(json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {},
                             'rootfs': {'type': 'layers', 'diff_ids': diffs}}).encode(), 'config.v1+json')
    manifest = put(json.dumps({'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
                               'config': config, 'layers': layers}).encode(), 'manifest.v1+json')
    manifest['annotations'] = {'org.opencontainers.image.ref.name': 'latest'}
    for name, document in (('oci-layout', {'imageLayoutVersion': '1.0.0'}),
                           ('index.json', {'schemaVersion': 2, 'manifests': [manifest]})):
        with open(os.path.join(folder, name), 'w', encoding='ascii') as f:
            json.dump(document, f)
    return paths


def run(command, target):
    """Seconds, and the most MiB of memory that one of its processes had."""
    shutil.rmtree(target, ignore_errors=True)
    os.mkdir(target)
    os.sync()
    measured = subprocess.run([sys.executable, '-c', MEASURE, *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, check=True)
    seconds, kib = measured.stdout.split()
    shutil.rmtree(target)
    return float(seconds), int(kib) / 1024


def compare(bench, folder, contain_run):
    """Ratios are to the faster one of the others: 1.00 or less is what is wanted, and at most 64 MiB."""
    for title, compressed in (('gzip', True), ('uncompressed', False)):
        image, target = os.path.join(folder, 'image-' + title), os.path.join(folder, 'target')
        blobs = make_image(image, compressed)
        extract = ' && '.join(f'tar --numeric-owner -C {target} -x{"z" if compressed else ""}pf {b}' for b in blobs)
        rows = [('contain-run unpack', [contain_run, 'unpack', f'oci:{image}:latest', target + '/root'])]
        if shutil.which('umoci'):
            rows.append(('umoci unpack', ['umoci', 'unpack', '--image', image + ':latest', target + '/bundle']))
        rows.append(('tar', ['sh', '-c', extract]))
        pools = {name: [] for name, _ in rows}
        print(f'\nAn image of {TOTAL // MIB} MiB in {LAYERS} layers, {title}')
        for turn in range(bench.rounds + 1):
            for name, command in rows:
                sample = run(command, target)
                pools[name] += [sample] if turn else []             # the first round only warms up
        medians = {name: sorted(seconds for seconds, _ in pool)[len(pool) // 2] for name, pool in pools.items()}
        base = min(median for name, median in medians.items() if name != rows[0][0])
        print(f'  {"":34} {"median":>9} {"memory":>9} {"ratio":>7}')
        for name, _ in rows:
            memory = max(size for _, size in pools[name])
            print(f'  {name:34} {medians[name]:7.2f} s {memory:5.0f} MiB {medians[name] / base:7.2f}')
        shutil.rmtree(image)
