# SPDX-License-Identifier: MIT
"""
Images of 500 MiB, and one of many small files, unpacked beside umoci and tar, which get the same layers. Called by bench.py.

What was unpacked is only emptied in between, and removed at the end: file systems avoid for a while what was in use
just now, and look for something else longer the more of it there is. That would be measured otherwise.
"""

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
           'spent = time.monotonic() - begin; usage = resource.getrusage(resource.RUSAGE_CHILDREN); '
           'print(spent, usage.ru_utime + usage.ru_stime, usage.ru_maxrss); sys.exit(status)')
LAYERS = 3


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


def mixed_size(dice, i):
    """As a distribution has them: many small ones, and half of the bytes in a few large ones."""
    return large_size(dice, i) if i % 100 == 99 else int(dice.lognormvariate(9, 1.6))


def large_size(dice, _):
    return dice.randint(2 * MIB, 8 * MIB)


def small_size(dice, _):
    return int(dice.lognormvariate(7, 1))


def write_layer(tar, number, dice, contents, total, size_of):
    left, i = total // LAYERS, 0
    while left > 0:
        if i % 20 == 0:
            folder = tarfile.TarInfo(f'usr/share/{number}/{i // 400}/{i // 20}')
            folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o755, 1700000000
            tar.addfile(folder)
        size = min(left, size_of(dice, i))
        info = tarfile.TarInfo(f'{folder.name}/file-{i}')
        info.size, info.mode, info.mtime = size, 0o755 if i % 9 == 0 else 0o644, 1600000000 + i
        source = contents[i % 2]
        start = dice.randrange(len(source))
        tar.addfile(info, io.BytesIO((source[start:] + source * (size // len(source) + 1))[:size]))
        left -= size
        i += 1


def make_image(folder, compressed, total, size_of):
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
            write_layer(tar, number, dice, contents, total, size_of)
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


def empty(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if not os.path.islink(path):
                os.truncate(path, 0)


def run(command, target):
    """Seconds, those of all processors, and the most MiB of memory that one of its processes had."""
    os.mkdir(target)
    os.sync()
    measured = subprocess.run([sys.executable, '-c', MEASURE, *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, check=True)
    seconds, busy, kib = measured.stdout.split()
    empty(target)
    return float(seconds), float(busy), int(kib) / 1024


def commands(contain_run, image, compressed, blobs):
    """Names, and what makes the command that unpacks to a folder; the first is ours."""
    flags = '-xzpf' if compressed else '-xpf'
    rows = [('contain-run unpack', lambda to: [contain_run, 'unpack', f'oci:{image}:latest', to + '/root'])]
    if shutil.which('umoci'):
        rows.append(('umoci unpack', lambda to: ['umoci', 'unpack', '--image', image + ':latest', to + '/bundle']))
    rows.append(('tar', lambda to: ['sh', '-c', ' && '.join(f'tar --numeric-owner -C {to} {flags} {b}' for b in blobs)]))
    return rows


def median(samples, column):
    return sorted(sample[column] for sample in samples)[len(samples) // 2]


def compare_one(bench, folder, contain_run, title, compressed, total, size_of):
    image = os.path.join(folder, 'image')
    rows = commands(contain_run, image, compressed, make_image(image, compressed, total, size_of))
    samples = {name: [] for name, _ in rows}
    print(f'\nAn image of {total // MIB} MiB in {LAYERS} layers, {title}')
    for turn in range(bench.rounds + 1):
        for name, command in rows:
            target = os.path.join(folder, f'target-{title}-{name}-{turn}'.replace(' ', '-').replace(',', ''))
            sample = run(command(target), target)
            samples[name] += [sample] if turn else []           # the first round only warms up
    base = min(median(samples[name], 0) for name, _ in rows[1:])
    print(f'  {"":34} {"median":>9} {"busy":>9} {"memory":>9} {"ratio":>7}')
    for name, _ in rows:
        seconds, busy, memory = median(samples[name], 0), median(samples[name], 1), max(s[2] for s in samples[name])
        print(f'  {name:34} {seconds:7.2f} s {busy:7.2f} s {memory:5.0f} MiB {seconds / base:7.2f}')
    shutil.rmtree(image)


def compare(bench, folder, contain_run):
    """
    Ratios are to the faster one of the others: 1.00 or less is what is wanted, and at most 64 MiB. "busy" are the seconds
    of all processors: with one that is free beside, the digests, which tar does not make, cost no time.
    """
    compare_one(bench, folder, contain_run, 'gzip', True, 500 * MIB, mixed_size)
    compare_one(bench, folder, contain_run, 'uncompressed', False, 500 * MIB, mixed_size)
    compare_one(bench, folder, contain_run, 'uncompressed, large files', False, 500 * MIB, large_size)
    compare_one(bench, folder, contain_run, 'uncompressed, small files', False, 32 * MIB, small_size)
