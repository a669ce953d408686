# SPDX-License-Identifier: MIT
"""Bundles for tests: a root file system made of one static busybox, and configurations over it."""

import json
import os
import shutil
import subprocess

APPLETS = ('sh cat cp chmod dd df echo env false find grep head hostname id kill ln ls mkdir mknod mount mv nproc ps '
           'pwd readlink rm sed seq sleep sort stat stty sync tail tee test touch tr true tty umask umount uname '
           'vi wc xargs yes').split()


def find_busybox():
    """The path of a statically linked busybox, or None."""
    for path in ('/bin/busybox', '/usr/bin/busybox', '/sbin/busybox'):
        if os.path.isfile(path):
            with open(path, 'rb') as f:
                # A program that needs an interpreter names one; this is only there in dynamic ones.
                if b'/ld-linux' not in f.read(4096):
                    return path
    return None


def make_rootfs(path):
    """Fills a folder with busybox, its applets, and the folders that mounts need."""
    for name in ('bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'var'):
        os.makedirs(os.path.join(path, name))
    shutil.copy(find_busybox(), os.path.join(path, 'bin', 'busybox'))
    for name in APPLETS:
        os.symlink('busybox', os.path.join(path, 'bin', name))
    with open(os.path.join(path, 'etc', 'passwd'), 'w', encoding='utf-8') as f:
        f.write('root:x:0:0:root:/root:/bin/sh\n')
    with open(os.path.join(path, 'etc', 'group'), 'w', encoding='utf-8') as f:
        f.write('root:x:0:\n')
    return path


def default_config(contain_run, rootless=False):
    """What `contain-run spec` writes, parsed."""
    folder = os.path.join(os.environ.get('TMPDIR', '/tmp'), f'contain-spec-{os.getpid()}')
    os.makedirs(folder)
    try:
        subprocess.run([contain_run, 'spec', '-b', folder] + (['--rootless'] if rootless else []),
                       check=True, timeout=20)
        with open(os.path.join(folder, 'config.json'), encoding='utf-8') as f:
            return json.load(f)
    finally:
        shutil.rmtree(folder)


class Bundle:
    """A folder with a config.json. Change .config, then save()."""

    def __init__(self, path, config, rootfs, args=('true',)):
        self.path = path
        self.config = json.loads(json.dumps(config))
        self.config['root']['path'] = rootfs
        self.config['process']['terminal'] = False
        self.config['process']['args'] = list(args)
        os.makedirs(path)
        self.save()

    def save(self):
        self.write(json.dumps(self.config))
        return self

    def write(self, text):
        """Writes any text, or bytes, as config.json."""
        with open(os.path.join(self.path, 'config.json'), 'wb') as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return self
