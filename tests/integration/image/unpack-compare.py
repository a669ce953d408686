#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images of other tools, unpacked by us and by them: the same files with the same metadata."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
from harness import case, layout, trees                         # noqa: E402

MEMBER = layout.member


class CompareCase(case.CliCase):
    tools = ()

    def obstacle(self):
        missing = [tool for tool in self.tools if not shutil.which(tool)]
        return super().obstacle() or (f'needs {", ".join(missing)}' if missing else None)

    def setUp(self):
        super().setUp()
        # Storage of its own: nobody's images are touched, and /run stays as it is.
        self.storage = ['--root', self.path('storage'), '--runroot', self.path('run'), '--storage-driver', 'vfs']
        self.policy = self.path('policy.json')
        with open(self.policy, 'w', encoding='ascii') as f:
            f.write('{"default": [{"type": "insecureAcceptAnything"}]}')

    def tool(self, *argv):
        run = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, check=False, timeout=120, cwd=self.place)
        if run.returncode:
            self.fail(f'{" ".join(argv)}: {run.stderr[-2000:]}')
        return run.stdout.strip()

    def ours(self, image):
        target = self.fresh_path('ours')
        self.succeed('unpack', image, target)
        return trees.describe(target)

    def by_umoci(self, layout_and_tag):
        bundle = self.fresh_path('umoci')
        self.tool('umoci', 'unpack', '--keep-dirlinks=false', '--image', layout_and_tag, bundle)
        return trees.describe(os.path.join(bundle, 'rootfs'))

    def by_podman(self, name):
        """By a name that podman takes from."""
        image = self.tool('podman', *self.storage, 'pull', '--quiet', '--signature-policy', self.policy, name)
        container = self.tool('podman', *self.storage, 'create', image, 'true')
        try:
            mount = self.tool('podman', *self.storage, 'mount', container)
            return trees.describe(mount)
        finally:
            self.tool('podman', *self.storage, 'rm', '--force', container)

    def same(self, ours, theirs, name, without=()):
        """But for @without, which the other tool makes for itself."""
        for path in without:
            ours.pop(path, None)
            theirs.pop(path, None)
        lines = trees.differences(ours, theirs)
        self.assertEqual(lines[:10], [], f'{name}, of {len(theirs)} files')

    def busy_rootfs(self):
        """Files of all kinds to make an image of."""
        root = self.fresh_path('source')
        shutil.copytree(self.rootfs, root, symlinks=True)
        script = r'''
            set -e
            mkdir -p etc usr/lib var/empty "odd names/$(printf '\303\251')"
            echo root:x:0:0::/: > etc/passwd; chmod 600 etc/passwd
            echo x > usr/lib/setuid; chown 1:2 usr/lib/setuid; chmod 6755 usr/lib/setuid
            ln usr/lib/setuid usr/lib/hard; ln -s ../../nowhere usr/lib/soft; ln -s usr/lib lib
            mkfifo pipe; chown 7:8 pipe; mknod null c 1 3; chmod 666 null
            cp bin/busybox ping; setcap cap_net_raw+ep ping
            chmod 1777 var/empty; chown -h 5:6 usr/lib/soft
            dd if=/dev/urandom of=large bs=65536 count=20 status=none
            touch noted
            touch -d '2001-02-03 04:05:06' etc usr/lib var etc/passwd
        '''
        subprocess.run(['sh', '-c', script], cwd=root, check=True)
        os.setxattr(os.path.join(root, 'noted'), 'user.note', b'value')
        return root


class Comparing(CompareCase):
    tools = ('setcap',)

    def test_any_difference_is_seen(self):
        root = self.busy_rootfs()
        before = trees.describe(root)

        def at(path):
            return os.path.join(root, path)

        def replace(path, make):
            os.unlink(at(path))
            make(at(path))
        for name, change in (
                ('mode', lambda: os.chmod(at('usr/lib'), 0o701)), ('set-user-ID', lambda: os.chmod(at('usr/lib/setuid'), 0o755)),
                ('owner', lambda: os.chown(at('pipe'), 7, 9)), ('owner of a link', lambda: os.lchown(at('usr/lib/soft'), 5, 7)),
                ('time', lambda: os.utime(at('noted'), ns=(0, os.stat(at('noted')).st_mtime_ns + 1))),
                ('content', lambda: os.truncate(at('large'), 5)), ('attribute', lambda: os.setxattr(at('noted'), 'user.note', b'other')),
                ('capability', lambda: os.removexattr(at('ping'), 'security.capability')),
                ('device', lambda: replace('null', lambda path: os.mknod(path, 0o20666, os.makedev(1, 5)))),
                ('kind', lambda: replace('pipe', lambda path: os.mknod(path, 0o60644, os.makedev(1, 5)))),
                ('link', lambda: replace('lib', lambda path: os.symlink('usr/lib64', path))),
                ('hard link', lambda: replace('usr/lib/hard', lambda path: shutil.copy2(at('usr/lib/setuid'), path))),
                ('less', lambda: os.rmdir(at('var/empty'))), ('more', lambda: os.mkdir(at('var/new')))):
            change()
            after = trees.describe(root)
            self.assertNotEqual(trees.differences(before, after), [], name)
            before = after


class Umoci(CompareCase):
    tools = ('umoci', 'setcap')

    def test_an_image_of_umoci_with_changes(self):
        image = self.fresh_path('image')
        self.tool('umoci', 'init', '--layout', image)
        self.tool('umoci', 'new', '--image', image + ':a')
        self.tool('umoci', 'insert', '--image', image + ':a', self.busy_rootfs(), '/')
        bundle = self.fresh_path('bundle')
        self.tool('umoci', 'unpack', '--image', image + ':a', bundle)
        root = os.path.join(bundle, 'rootfs')
        os.unlink(os.path.join(root, 'ping'))
        shutil.rmtree(os.path.join(root, 'odd names'))
        os.unlink(os.path.join(root, 'lib'))
        os.mkdir(os.path.join(root, 'lib'))
        with open(os.path.join(root, 'lib/new'), 'w', encoding='ascii') as f:
            f.write('new')
        os.link(os.path.join(root, 'usr/lib/setuid'), os.path.join(root, 'usr/lib/third'))
        self.tool('umoci', 'repack', '--image', image + ':b', bundle)
        for tag in 'ab':
            ours = self.ours(f'oci:{image}:{tag}')
            self.assertGreater(len(ours), 10)
            self.same(ours, self.by_umoci(f'{image}:{tag}'), tag)


class Podman(CompareCase):
    tools = ('podman', 'buildah', 'skopeo', 'umoci', 'setcap')

    def build(self):
        """An image of two layers by buildah, as a layout."""
        container = self.tool('buildah', *self.storage, 'from', 'scratch')
        mount = self.tool('buildah', *self.storage, 'mount', container)
        self.tool('cp', '-a', '--preserve=all', self.busy_rootfs() + '/.', mount)
        base = self.tool('buildah', *self.storage, 'commit', '--signature-policy', self.policy, container)
        container = self.tool('buildah', *self.storage, 'from', '--signature-policy', self.policy, base)
        mount = self.tool('buildah', *self.storage, 'mount', container)
        shutil.rmtree(os.path.join(mount, 'var'))
        os.unlink(os.path.join(mount, 'ping'))
        os.unlink(os.path.join(mount, 'etc/passwd'))
        os.rename(os.path.join(mount, 'large'), os.path.join(mount, 'usr/large'))
        os.chmod(os.path.join(mount, 'usr/lib'), 0o700)
        self.tool('buildah', *self.storage, 'commit', '--signature-policy', self.policy, container,
                  'localhost/built')
        image = self.fresh_path('built')
        self.tool('buildah', *self.storage, 'push', '--signature-policy', self.policy, 'localhost/built',
                  f'oci:{image}:latest')
        return image

    # What podman makes for a container that it creates.
    MADE = (b'.', b'dev', b'etc', b'etc/hosts', b'etc/hostname', b'etc/resolv.conf', b'etc/mtab', b'proc', b'run',
            b'run/.containerenv', b'sys', b'run/secrets')

    def test_an_image_of_buildah_in_each_form(self):
        image = self.build()
        ours = self.ours(f'oci:{image}:latest')
        # The image says nothing of the root itself.
        self.same(dict(ours), self.by_umoci(f'{image}:latest'), 'umoci', [b'.'])
        self.same(dict(ours), self.by_podman(f'oci:{os.path.relpath(image, self.place)}:latest'), 'podman', self.MADE)
        for form in ('oci-archive', 'docker-archive', 'dir'):
            other = f'{form}:{self.fresh_path(form)}'
            reference = other + ':localhost/built:latest' if form == 'docker-archive' else other
            self.tool('skopeo', '--policy', self.policy, 'copy', f'oci:{image}:latest', reference)
            self.same(self.ours(other), dict(ours), form, [b'.'])
        # By podman: what a container of it has changed, as an image.
        container = self.tool('podman', *self.storage, 'create', 'localhost/built', 'true')
        mount = self.tool('podman', *self.storage, 'mount', container)
        os.unlink(os.path.join(mount, 'null'))
        os.chown(os.path.join(mount, 'usr/large'), 12, 13)
        committed = self.tool('podman', *self.storage, 'commit', '--quiet', container)
        self.tool('podman', *self.storage, 'rm', '--force', container)
        path = self.fresh_path('committed')
        self.tool('podman', *self.storage, 'save', '--quiet', '--format', 'docker-archive', '-o', path, committed)
        theirs = self.by_podman('docker-archive:' + path)
        self.assertNotIn(b'null', theirs)
        self.assertEqual(theirs[b'usr/large'][1], (12, 13))
        self.same(self.ours('docker-archive:' + path), theirs, 'podman commit', self.MADE)

    def test_layers_with_whiteouts(self):
        image = layout.Layout(self.fresh_path('image'), [
            [MEMBER('./', 'folder', mode=0o755), MEMBER('a/', 'folder'), MEMBER('a/1', content=b'1'), MEMBER('a/2'),
             MEMBER('b/', 'folder', owner=(3, 4)), MEMBER('b/x', mode=0o6711, owner=(3, 4)), MEMBER('c'),
             MEMBER('e/', 'folder'), MEMBER('e/old')],
            [MEMBER('./', 'folder', mode=0o755), MEMBER('a/', 'folder'), MEMBER('a/.wh.1'), MEMBER('.wh.c'),
             MEMBER('b/', 'folder'), MEMBER('b/.wh..wh..opq'), MEMBER('b/y', 'link', link='a/2'),
             MEMBER('e', 'symlink', link='a')],
        ])
        ours = self.ours(image.name)
        self.assertEqual(sorted(ours), [b'.', b'a', b'a/2', b'b', b'b/y', b'e'])
        self.same(dict(ours), self.by_umoci(image.path + ':latest'), 'umoci')
        # Of the path, podman makes a name: not all that a temporary folder may be called is one.
        self.same(dict(ours), self.by_podman(f'oci:{os.path.relpath(image.path, self.place)}:latest'), 'podman', self.MADE)


if __name__ == '__main__':
    case.main()
