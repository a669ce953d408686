#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where images come from: what other tools write, in every shape, is one image; and how one among several is named."""

import bz2
import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
from harness import case, image_files                           # noqa: E402
from harness.image_files import Files, platform, tagged, tar    # noqa: E402


def describe(top):
    """All that there is of a tree, as something that can be compared."""
    found = {}
    for folder, folders, files in os.walk(top):
        for name in folders + files + (['.'] if folder == top else []):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = os.readlink(path) if os.path.islink(path) else status.st_rdev
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, 'rb') as f:
                    content = f.read()
                content = content if len(content) < 100 else image_files.digest(content)
            found[os.path.relpath(path, top)] = (
                oct(status.st_mode), status.st_uid, status.st_gid, int(status.st_mtime), content,
                status.st_nlink if not os.path.isdir(path) else 0,
                {key: os.getxattr(path, key, follow_symlinks=False)
                 for key in os.listxattr(path, follow_symlinks=False) if key != 'security.selinux'})
    return found


class SourceCase(case.CliCase):
    maxDiff = None

    def inspect(self, name, *options, **more):
        return json.loads(self.succeed('inspect', *options, name, **more).out)

    def content(self, name, *options, **more):
        """What the files of an image have in them, by path."""
        target = self.fresh_path('root')
        self.succeed('unpack', '--quiet', *options, name, target, **more)
        return {path: value[4] for path, value in describe(target).items() if isinstance(value[4], bytes)}

    def write(self, name, data):
        path = self.fresh_path(name)
        with open(path, 'wb') as f:
            f.write(data)
        return path

    def run_tool(self, *argv, **options):
        result = self.program(*argv, **options)
        self.assertEqual(result.status, 0, str(result))
        return result


class OtherTools(SourceCase):
    """One image, made by umoci, in every form that skopeo, podman and buildah have."""

    layout = None

    def obstacle(self):
        missing = [tool for tool in ('umoci', 'skopeo') if not shutil.which(tool)]
        return super().obstacle() or (f'needs {" and ".join(missing)}' if missing else None)

    def setUp(self):
        super().setUp()
        self.layout = self.path('layout')
        self.make_image()

    def make_image(self):
        """Two layers; the second one has a whiteout, a hard link, another mode, an attribute."""
        bundle = self.path('bundle')
        rootfs = os.path.join(bundle, 'rootfs')
        self.run_tool('umoci', 'init', '--layout', self.layout)
        self.run_tool('umoci', 'new', '--image', self.layout + ':t')
        self.run_tool('umoci', 'unpack', '--image', self.layout + ':t', bundle)
        os.makedirs(os.path.join(rootfs, 'etc/deep/er'))
        for name, content in (('etc/a', 'a'), ('etc/gone', 'x'), ('etc/deep/er/b', 'b' * 200000)):
            with open(os.path.join(rootfs, name), 'w', encoding='utf-8') as f:
                f.write(content)
        os.symlink('../etc/a', os.path.join(rootfs, 'etc/soft'))
        os.mkfifo(os.path.join(rootfs, 'etc/pipe'), 0o620)
        os.chown(os.path.join(rootfs, 'etc/a'), 1000, 1001)
        os.chmod(os.path.join(rootfs, 'etc/a'), 0o4751)
        self.run_tool('umoci', 'repack', '--refresh-bundle', '--image', self.layout + ':t', bundle)
        os.unlink(os.path.join(rootfs, 'etc/gone'))
        os.link(os.path.join(rootfs, 'etc/deep/er/b'), os.path.join(rootfs, 'hard'))
        os.setxattr(os.path.join(rootfs, 'etc/deep'), 'user.note', b'n')
        self.run_tool('umoci', 'repack', '--image', self.layout + ':t', bundle)
        # Once more: in the layers, times are whole seconds.
        self.run_tool('umoci', 'unpack', '--image', self.layout + ':t', self.path('again'))
        self.rootfs_folder = self.path('again/rootfs')
        self.expected = describe(self.rootfs_folder)

    def assert_same(self, name, *options, **more):
        target = self.fresh_path('root')
        self.succeed('unpack', '--quiet', *options, name, target, **more)
        found = describe(target)
        self.assertEqual([(path, found.get(path), self.expected.get(path)) for path in sorted(found | self.expected)
                          if found.get(path) != self.expected.get(path)], [], name)

    def copy(self, to, *options, source=None):
        self.run_tool('skopeo', 'copy', '--quiet', '--insecure-policy', *options, source or f'oci:{self.layout}:t', to)

    def test_image_layouts(self):
        for name in (f'oci:{self.layout}:t', f'oci:{self.layout}', self.layout, self.layout + ':t'):
            self.assert_same(name)
        top = self.inspect(f'oci:{self.layout}:t')
        self.assert_same(f'oci:{self.layout}@{top["digest"]}')
        self.refuse("has no image 'other'", 'inspect', f'oci:{self.layout}:other')

    def test_image_layouts_in_archives(self):
        path = self.path('image.tar')
        self.copy(f'oci-archive:{path}:localhost/app:1')
        self.assert_same('oci-archive:' + path)
        self.assert_same(path)
        self.assert_same(f'oci-archive:{path}:localhost/app:1')
        self.assert_same('-', stdin=open(path, 'rb'))
        with open(path, 'rb') as f:
            self.assert_same('oci-archive:' + self.write('image.tar.xz', lzma.compress(f.read(), preset=1)))

    def test_docker_archives(self):
        path = self.path('image.tar')
        self.copy(f'docker-archive:{path}:localhost/app:1')
        for name in ('docker-archive:' + path, path, f'docker-archive:{path}:localhost/app:1',
                     f'docker-archive:{path}:localhost/app:1', path + ':@0'):
            self.assert_same(name)
        self.refuse("has no image 'app'", 'inspect', f'docker-archive:{path}:app')
        with open(path, 'rb') as f:
            packed = self.write('image.tar.gz', gzip.compress(f.read(), 1))
        self.assert_same('docker-archive:' + packed)
        self.assert_same(packed)
        self.assert_same('docker-archive:-', stdin=open(packed, 'rb'))

    def test_archives_come_through_pipes(self):
        for form, tag in (('docker-archive', ':localhost/app:1'), ('oci-archive', ':t')):
            path = self.path(form + '.tar')
            self.copy(f'{form}:{path}{tag}')
            for name in ('-', form + ':-'):
                with subprocess.Popen(['cat', path], stdout=subprocess.PIPE) as cat:
                    self.assert_same(name, stdin=cat.stdout)
        self.assertEqual([name for name in os.listdir('/var/tmp') if name.startswith('.contain-spool')], [])

    def test_folders_of_skopeo(self):
        self.copy('dir:' + self.path('folder'))
        self.assert_same('dir:' + self.path('folder'))
        self.assert_same(self.path('folder'))

    def test_other_compressions(self):
        for form in ('zstd', 'gzip'):
            path = self.path('layout-' + form)
            self.copy(f'oci:{path}:t', '--dest-compress-format', form)
            self.assert_same(f'oci:{path}:t')
        self.copy('dir:' + self.path('plain'), '--dest-decompress')
        self.assert_same('dir:' + self.path('plain'))

    def test_docker_manifests(self):
        self.copy('dir:' + self.path('schema2'), '--format', 'v2s2')
        self.assert_same('dir:' + self.path('schema2'))
        self.assertEqual(self.inspect('dir:' + self.path('schema2'))['manifest']['mediaType'],
                         'application/vnd.docker.distribution.manifest.v2+json')

    def test_podman_and_buildah(self):
        for tool in ('podman', 'buildah'):
            if not shutil.which(tool):
                self.skipTest('needs ' + tool)
        store = ['--root', self.path('storage'), '--runroot', self.path('run'), '--storage-driver', 'vfs']
        name = 'localhost/app:1'
        self.copy(f'docker-archive:{self.path("loaded.tar")}:{name}')
        self.run_tool('podman', *store, 'load', '--quiet', '-i', self.path('loaded.tar'))
        for form in ('docker-archive', 'oci-archive', 'oci-dir', 'docker-dir'):
            path = self.path('podman-' + form)
            self.run_tool('podman', *store, 'save', '--quiet', '--format', form, '-o', path, name)
            self.assert_same(path)
        self.run_tool('podman', *store, 'tag', name, 'localhost/other:2')
        several = self.path('several.tar')
        self.run_tool('podman', *store, 'save', '--quiet', '--multi-image-archive', '-o', several, name, 'localhost/other:2')
        self.assert_same(f'{several}:localhost/other:2')
        for form in ('oci', 'docker-archive'):
            path = self.path('buildah-' + form)
            self.run_tool('buildah', *store, 'push', '--quiet', name, f'{form}:{path}:{name}')
            self.assert_same(f'{form}:{path}')

    def test_root_file_systems(self):
        rootfs = self.rootfs_folder
        packed = self.path('rootfs.tar')
        self.run_tool('tar', '--xattrs', '--xattrs-include=*', '-C', rootfs, '-cf', packed, '.')
        for name in ('dir:' + rootfs, rootfs, 'tarball:' + packed, packed):
            self.assert_same(name)
            self.assertEqual(self.inspect(name)['config'], {})
        with open(packed, 'rb') as f:
            data = f.read()
        for form, compress in (('gz', gzip.compress), ('xz', lzma.compress)):
            self.assert_same(self.write('rootfs.tar.' + form, compress(data)))
        self.assert_same('-', stdin=open(packed, 'rb'))
        with subprocess.Popen(['cat', packed], stdout=subprocess.PIPE) as cat:
            self.assert_same('tarball:-', stdin=cat.stdout)
        self.refuse('compressed with bzip2', 'inspect', self.write('rootfs.tar.bz2', bz2.compress(data)))


class Names(SourceCase):
    def test_one_of_several_has_to_be_named(self):
        a, b = tar({'a': b'1'}), tar({'b': b'2'})
        files = Files()
        files.index(tagged(files.image(a), 'one'),
                    tagged(files.image(b), 'latest', **{'io.containerd.image.name': 'docker.io/library/two:latest'}))
        folder, packed = files.save(self.path('layout')), self.write('image.tar', tar(files.files))
        for path in (folder, packed):
            result = self.refuse('several images', 'inspect', path)
            self.assertIn('one, docker.io/library/two:latest', result.err)
            self.assertEqual(self.content(path + ':one'), {'a': b'1'})
            for name in ('latest', 'two', 'docker.io/library/two', 'two:latest'):
                self.assertEqual(self.content(f'{path}:{name}'), {'b': b'2'}, name)
            self.refuse("no image 'three'", 'inspect', path + ':three')
        with open(packed, 'rb') as f:
            self.assertEqual(self.content('oci-archive:-:one', stdin=f), {'a': b'1'})
        with open(packed, 'rb') as f, subprocess.Popen(['cat'], stdin=f, stdout=subprocess.PIPE) as cat:
            self.assertEqual(self.content('oci-archive:-:two', stdin=cat.stdout), {'b': b'2'})

    def docker_archive(self, *images, blobs=False):
        """(tags, tar) each; with blobs as docker has them since version 25."""
        files, items = {}, []
        for tags, layer in images:
            config = json.dumps({'os': 'linux', 'rootfs': {'type': 'layers', 'diff_ids': [image_files.digest(layer)]}}).encode()
            names = [image_files.digest(data)[7:] for data in (config, layer)]
            paths = [f'blobs/sha256/{name}' for name in names] if blobs else [names[0] + '.json', names[1] + '/layer.tar']
            files.update({paths[0]: config, paths[1]: layer})
            items.append({'Config': paths[0], 'RepoTags': tags, 'Layers': [paths[1]]})
        files['manifest.json'] = json.dumps(items).encode()
        files['repositories'] = b'{}'
        return files

    def test_docker_archives_with_several_images(self):
        for blobs in (False, True):
            files = self.docker_archive((['app:1', 'app:latest'], tar({'a': b'1'})), (None, tar({'b': b'2'})), blobs=blobs)
            path = self.write('image.tar', tar(files))
            result = self.refuse('several images', 'inspect', 'docker-archive:' + path)
            self.assertIn('app:1, app:latest, @1', result.err)
            for name in ('app', 'app:1', 'docker.io/library/app:latest', '@0'):
                self.assertEqual(self.content(f'docker-archive:{path}:{name}'), {'a': b'1'}, name)
            self.assertEqual(self.content(f'{path}:@1'), {'b': b'2'})
            self.refuse("no image '@2'", 'inspect', f'docker-archive:{path}:@2')
            config = self.inspect(f'{path}:@1')
            identity = image_files.digest(next(data for name, data in files.items() if b'diff_ids' in data and
                                               config['layers'][0]['diffId'].encode() in data))
            self.assertEqual(self.content(f'{path}@{identity}'), {'b': b'2'})

    def test_layers_that_are_links_to_layers(self):
        layer = tar({'a': b'1'})
        files = self.docker_archive((['app:1'], layer))
        items = json.loads(files['manifest.json'])
        config = json.loads(files[items[0]['Config']])
        config['rootfs']['diff_ids'] *= 2
        files['config.json'] = json.dumps(config).encode()
        target = items[0]['Layers'][0]
        items[0].update(Config='config.json', Layers=[target, 'again/layer.tar'])
        files['manifest.json'] = json.dumps(items).encode()
        path = self.write('image.tar', tar(files, {'again/layer.tar': '../' + target}))
        self.assertEqual(self.content(path), {'a': b'1'})

    def test_pipes_with_names(self):
        """Nobody writes to it yet when it is opened."""
        data, path = tar({'a': b'1'}), self.path('pipe')
        os.mkfifo(path)
        process = self.start_cli('unpack', '--quiet', path, self.path('root'))
        # Opened for writing, once somebody reads.
        with open(path, 'wb') as pipe:
            pipe.write(data)
        self.assertEqual(self.end_program(process).status, 0)
        self.assertEqual(os.listdir(self.path('root')), ['a'])

    def test_where_pipes_are_kept_meanwhile(self):
        files = Files()
        packed = tar(files.index(files.image(tar({'a': b'1'}))).files)
        environment = {**os.environ, 'TMPDIR': self.path('none')}
        with subprocess.Popen(['cat', self.write('image.tar', packed)], stdout=subprocess.PIPE) as cat:
            self.refuse('cannot make a temporary file', 'inspect', '-', stdin=cat.stdout, env=environment)
        with subprocess.Popen(['cat', self.write('image.tar', packed)], stdout=subprocess.PIPE) as cat:
            self.inspect('-', stdin=cat.stdout, env={**os.environ, 'TMPDIR': self.place})

    def test_colons_in_paths(self):
        files = Files()
        files.index(tagged(files.image(tar({'a': b'1'})), 'x:y'))
        path = files.save(self.path('a:b'))
        self.assertEqual(self.content('oci:' + path), {'a': b'1'})
        self.assertEqual(self.content(f'oci:{path}:x:y'), {'a': b'1'})

    def test_what_is_not_there(self):
        self.refuse('there is no file or folder', 'inspect', self.path('nothing'))
        result = self.refuse('there is no file or folder', 'inspect', 'busybox:1')
        self.assertIn('docker://busybox:1', result.err)
        self.refuse('does not say which image', 'inspect', 'oci:')
        self.refuse('not taken from', 'inspect', 'ostree:x')
        self.refuse('no folder', 'inspect', 'dir:' + self.write('file', b'x'))
        self.refuse("is a folder", 'inspect', 'tarball:' + self.place)

    def test_platforms(self):
        files = Files()
        images = {name: files.image(tar({name: b''}), config={'architecture': name}) for name in ('amd64', 'arm64', 's390x')}
        attestation = files.manifest(files.config([]), [])
        entries = [platform(attestation, 'unknown', 'unknown')] + [platform(d, name) for name, d in images.items()]
        nested = files.nested(*entries)
        for top in ([tagged(nested, 't')], entries, [files.nested(nested)]):
            path = files.index(*top).save(self.fresh_path('layout'))
            for name in images:
                self.assertEqual(list(self.content('oci:' + path, '--platform', name)), [name])
            result = self.refuse('no image for linux/riscv64', 'inspect', '--platform', 'riscv64', 'oci:' + path)
            self.assertIn('linux/amd64, linux/arm64, linux/s390x', result.err)
            self.refuse('is not a platform', 'inspect', '--platform', 'a/b/c/d', 'oci:' + path)
        one = files.index(images['s390x']).save(self.fresh_path('layout'))
        self.assertEqual(list(self.content('oci:' + one)), ['s390x'])
        self.refuse('is for linux/s390x, not for linux/amd64', 'inspect', '--platform', 'amd64', 'oci:' + one)


if __name__ == '__main__':
    case.main()
