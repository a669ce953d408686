# SPDX-License-Identifier: MIT
"""The virtual machine as run.py sees it: its image, what is put into it, and the conversation with inside.py."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
MKVM = os.path.join(HERE, 'mkvm.sh')
RUNVM = os.path.join(HERE, 'runvm.sh')

# What contain-image is linked with, what tests want of an image besides what each has, and what the larger one has.
LIBRARIES = ('libarchive13', 'libcurl3-gnutls', 'libnettle8')
TOOLS = ('criu', 'iptables', *LIBRARIES)
ENGINES = ('podman', 'buildah', 'conmon', 'containerd', 'docker.io', 'runc', 'crun', 'criu', 'iptables', 'apparmor')

# Programs run where they were built: the library's C interface makes them run on the same release, or a newer one.
RELEASE_ELSEWHERE = 'trixie'
SOURCES = ('bindings', 'contain.pc.in', 'include', 'tests')
BUILT = ('examples', 'libcontain', 'tests')
NOT_PACKED = ('.a', '.o', '.ninja', '.pyc')
UNUSED_DAYS = 14


def release():
    """The Debian release of this machine; elsewhere one whose C library is as new as that of any distribution."""
    with open('/etc/os-release', encoding='utf-8') as f:
        fields = dict(line.rstrip('\n').split('=', 1) for line in f if '=' in line)
    is_debian = fields.get('ID', '').strip('"') == 'debian'
    return fields.get('VERSION_CODENAME', '').strip('"') if is_debian else RELEASE_ELSEWHERE


class Image:
    """One folder in the cache per version of the recipe; those that nobody has used for some time go."""

    def __init__(self, cache, packages=()):
        self.options = ['-s', release() or RELEASE_ELSEWHERE]
        for package in packages:
            self.options += ['-p', package]
        with open(MKVM, 'rb') as f:
            key = hashlib.sha256(f.read() + '\0'.join(self.options).encode()).hexdigest()[:16]
        self.cache = cache
        self.folder = os.path.join(cache, key)

    def make(self, anew=False):
        os.makedirs(self.cache, exist_ok=True)
        self.remove_unused()
        subprocess.run([MKVM, '-o', self.folder, *self.options, *(['-f'] if anew else [])],
                       stdin=subprocess.DEVNULL, check=True)

    def remove_unused(self):
        for name in os.listdir(self.cache):
            folder = os.path.join(self.cache, name)
            stamp = os.path.join(folder, 'stamp')
            if folder != self.folder and os.path.isfile(stamp) and time.time() - os.stat(stamp).st_mtime > UNUSED_DAYS * 86400:
                shutil.rmtree(folder, ignore_errors=True)
                os.unlink(folder + '.lock')


def pack(build, path):
    """A tar file of what tests need of the sources and of a build folder, with the same paths as here."""
    def owned_by_root(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = 'root'
        return None if entry.name.endswith(NOT_PACKED) or '__pycache__' in entry.name else entry

    with tarfile.open(path, 'w', dereference=False) as tar:
        for name in SOURCES:
            tar.add(os.path.join(TOP, name), filter=owned_by_root)
        for part in BUILT:
            for folder, folders, files in os.walk(os.path.join(build, part)):
                folders[:] = [name for name in folders if not name.endswith('.p')]
                for name in files:
                    tar.add(os.path.join(folder, name), filter=owned_by_root)


def unpack(build):
    """The command that does it, as root. Everybody may see what was built, also where a home directory is in the way."""
    folders = ' '.join(shlex.quote(folder) for folder in (TOP, build))
    return (f'tar -C / -xf /share/tree.tar; for d in {folders}; do '
            'while [ "$d" != / ]; do chmod go+rx "$d"; d=$(dirname "$d"); done; done')


class Boot:
    """One run of the machine, from which events come as inside.py tells them."""

    def __init__(self, image, share, hierarchy, user, seconds):
        self.command = [RUNVM, '-i', image.folder, '-s', share, '-t', str(seconds), '-g', hierarchy]
        if user:
            self.command += ['-u', user]
        self.status = None
        self.complaint = ''

    def events(self, tests, prepare, share):
        name = 'tests.json'
        with open(os.path.join(share, name), 'w', encoding='utf-8') as f:
            json.dump(tests, f)
        command = self.command + ['-p', prepare, '--', 'python3', os.path.join(HERE, 'inside.py'), os.path.join('/share', name)]
        with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as complaint:
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaint,
                                  text=True, errors='replace') as machine:
                for line in machine.stdout:
                    try:
                        yield json.loads(line)
                    except ValueError:
                        print(line, end='', flush=True)
            self.status = machine.returncode
            complaint.seek(0)
            self.complaint = complaint.read()
