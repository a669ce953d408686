#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contain-run export: the same bytes for the same image, which hold what other tools unpack from it."""

import fcntl
import gzip
import hashlib
import http.server
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import termios
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))

from harness import case, traces, trees
from harness.layout import Layout, make_tar, member

import fake_registry as fake

# Of what all_kinds() is exported to. It may change only when the format is changed on purpose.
GOLDEN = 'sha256:b3d82cd1ccc540fefd1d3b9bf17cf112048b0bef3c74198aa252fb47371376eb'


def all_kinds():
    """Two layers with all that archives have, and all that an upper layer does to a lower one."""
    capability = '\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00'
    lower = [
        member('./', 'folder', mode=0o755), member('bin', 'folder'),
        member('bin/tool', content=b'#!/bin/sh\n', mode=0o4755),
        member('bin/ping', content=b'ping', mode=0o755, xattrs={'security.capability': capability}),
        member('etc', 'folder', mtime=1600000000), member('etc/passwd', content=b'root:x:0:0::/:/bin/sh\n'),
        member('etc/same', 'link', link='bin/tool'), member('etc/mode', content=b'm', mode=0o600, owner=(7, 8)),
        member('etc/gone', content=b'gone'), member('etc/link', 'symlink', link='passwd', owner=(5, 6)),
        member('old/deep/file', content=b'old'), member('old/stays', content=b'not'), member('was/folder/x'),
        member('was-link', 'symlink', link='/etc'), member('dev/null', 'char', device=(1, 3), mode=0o666),
        member('dev/disk', 'block', device=(8, 1)), member('run/fifo', 'fifo'),
        member('private', 'folder', mode=0o1770, owner=(1, 2)), member('empty', content=b''),
    ]
    upper = [
        member('etc/.wh.gone'), member('old/.wh..wh..opq'), member('old/new', content=b'new'),
        member('was', content=b'a file by now'), member('was-link', 'folder'), member('was-link/in', content=b'in'),
        member('etc/third', 'link', link='etc/same'), member('bin/tool2', 'link', link='bin/ping'),
        member('n' * 150 + '/' + 'm' * 150, content=b'long'), member('long-link', 'symlink', link='l' * 300),
        member('caf\u00e9', content=b'composed'), member('cafe\u0301', content=b'decomposed'),
        member('raw\udcff\udc80', content=b'bytes'), member('r\udcff' * 60, content=b'long bytes'),
        member('owned', owner=(3000000, 4294967294)), member('fraction', mtime=1700000000.25),
        member('ancient', mtime=-2), member('spaces and\nlines', content=b's'),
        member('attribute', content=b'a', xattrs={'user.one': '1', 'user.two': 'b\nc=d'}),
    ]
    return [lower, upper]


class Store(http.server.BaseHTTPRequestHandler):
    """As little of an object store as a pipe needs: PUT, chunked too, and GET."""

    objects = {}

    def log_message(self, *_):
        pass

    def do_PUT(self):
        data = b''
        if self.headers.get('Transfer-Encoding') == 'chunked':
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
        else:
            data = self.rfile.read(int(self.headers['Content-Length']))
        self.objects[self.path] = data
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.objects[self.path])


class ExportCase(case.CliCase):
    def image(self, layers, **config):
        return Layout(self.fresh_path('image'), layers, **config)

    def export(self, name, *options, **popen):
        path = self.fresh_path('archive')
        result = self.succeed('export', name, '-o', path, *options, **popen)
        with open(path, 'rb') as f:
            data = f.read()
        self.assertEqual(result.out.strip(), 'sha256:' + hashlib.sha256(data).hexdigest())
        return path, data

    def extracted(self, path):
        folder = self.fresh_path('extracted')
        os.mkdir(folder)
        result = self.program('tar', '--xattrs', '--xattrs-include=*', '--delay-directory-restore', '--numeric-owner',
                              '-xpf', path, '-C', folder)
        self.assertEqual(result.status, 0, str(result))
        return folder


class Reproducible(ExportCase):
    def test_golden_bytes(self):
        path, _ = self.export(self.image(all_kinds()).name)
        self.assertEqual(self.succeed('export', self.image(all_kinds()).name, '-o', path).out.strip(), GOLDEN)

    def test_neither_user_nor_locale_nor_times_of_files_matter(self):
        image = self.image(all_kinds())
        _, first = self.export(image.name)
        for folder, folders, files in os.walk(image.path):
            for name in folders + files:
                os.utime(os.path.join(folder, name), (1, 1))
        os.chmod(self.place, 0o755)
        everybody = self.fresh_path('everybody')
        os.mkdir(everybody)
        os.chmod(everybody, 0o777)
        path = os.path.join(everybody, 'archive')
        result = self.cli('export', image.name, '-o', path, user=65534, group=65534, extra_groups=[], cwd='/', umask=0o077,
                          env={'LANG': 'tr_TR.UTF-8', 'LC_ALL': 'C.UTF-8', 'TZ': 'Asia/Tokyo', 'SOURCE_DATE_EPOCH': '1'})
        self.assertEqual(result.status, 0, str(result))
        with open(path, 'rb') as f:
            self.assertEqual(f.read(), first)

    def test_all_kinds_of_sources_give_the_same(self):
        """A folder, archives, a registry, the content store"""
        if not shutil.which('skopeo'):
            self.skipTest('needs skopeo')
        # skopeo rewrites archives of Docker's with names that are text.
        image = self.image([[member('a', content=b'1'), member('d', 'folder', mtime=5), member('d/b', 'link', link='a')],
                            [member('d/.wh.b'), member('c', 'symlink', link='a')]])
        _, first = self.export(image.name)
        for kind in ('oci', 'oci-archive', 'docker-archive'):
            target = self.fresh_path(kind)
            result = self.program('skopeo', 'copy', '-q', '--insecure-policy', image.name, f'{kind}:{target}:x:y'
                                  if kind == 'docker-archive' else f'{kind}:{target}:x')
            self.assertEqual(result.status, 0, str(result))
            self.assertEqual(self.export(f'{kind}:{target}')[1], first, kind)
        registry = fake.Registry()
        self.addCleanup(registry.close)
        registry.add_layout(image.path)
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith('_proxy')}
        self.assertEqual(self.export(registry.image(), '--insecure', env=environment)[1], first, 'docker')
        store = self.path('store')
        self.succeed('pull', '--insecure', '--store', store, registry.image(), env=environment)
        name = self.succeed('images', '--store', store, '--quiet').out.strip()
        self.assertEqual(self.export(f'oci:{store}:{name}')[1], first, 'store')


class Content(ExportCase):
    def test_it_is_what_umoci_unpacks(self):
        if not shutil.which('umoci'):
            self.skipTest('needs umoci')
        image = self.image(all_kinds(), env=())
        path, _ = self.export(image.name)
        bundle = self.fresh_path('umoci')
        result = self.program('umoci', 'unpack', '--image', f'{image.path}:latest', bundle)
        self.assertEqual(result.status, 0, str(result))
        ours, theirs = trees.describe(self.extracted(path)), trees.describe(bundle + '/rootfs')
        for found in (ours, theirs):
            # Folders that no layer tells of have the time of the moment, in other tools; umoci's root has it, too.
            for name in (b'.', b'old', b'dev', b'run', b'n' * 150):
                found[name] = found[name][:2] + found[name][3:]
        self.assertEqual(trees.differences(ours, theirs), [])

    def test_it_is_what_unpack_writes(self):
        image = self.image(all_kinds(), env=())
        path, _ = self.export(image.name)
        folder = self.fresh_path('unpacked')
        self.succeed('unpack', image.name, folder)
        self.assertEqual(trees.differences(trees.describe(self.extracted(path)), trees.describe(folder)), [])

    def test_it_is_what_podman_exports(self):
        if not shutil.which('podman') or not shutil.which('skopeo'):
            self.skipTest('needs podman and skopeo')
        image = self.image([[member('bin', 'folder'), member('bin/a', content=b'a', mode=0o755, owner=(3, 4)),
                             member('bin/b', 'symlink', link='a'), member('etc', 'folder'), member('etc/c', content=b'c')],
                            [member('etc/.wh.c'), member('etc/d', content=b'd', mtime=1500000000)]], Cmd=['/bin/a'])
        # podman wants a short path.
        runroot = tempfile.mkdtemp(prefix='ct-')
        self.addCleanup(shutil.rmtree, runroot)
        store = ['podman', '--root', self.path('podman'), '--runroot', runroot, '--storage-driver', 'vfs',
                 '--cgroup-manager', 'cgroupfs', '--events-backend', 'none']
        copied = self.program('skopeo', 'copy', '-q', '--insecure-policy', image.name, f'docker-archive:{self.path("a")}:x:y')
        self.assertEqual(copied.status, 0, str(copied))
        loaded = self.program(*store, 'load', '-q', '-i', self.path('a'))
        self.assertEqual(loaded.status, 0, str(loaded))
        created = self.program(*store, 'create', 'x:y')
        self.assertEqual(created.status, 0, str(created))
        theirs = self.path('podman.tar')
        exported = self.program(*store, 'export', '-o', theirs, created.out.strip())
        self.assertEqual(exported.status, 0, str(exported))
        self.program(*store, 'rm', '-f', created.out.strip())
        self.program(*store, 'rmi', '-f', '-a')

        def members(path):
            with tarfile.open(path) as tar:
                return {m.name.rstrip('/'): (m.type, m.mode & 0o7777, m.uid, m.gid, m.mtime if m.isfile() else 0, m.linkname,
                                             tar.extractfile(m).read() if m.isfile() else b'') for m in tar}
        ours = members(self.export(image.name, '--no-env')[0])
        found = members(theirs)
        self.assertEqual(ours, {name: found.get(name) for name in ours})
        # Folders that a container gets are all that there is besides.
        self.assertEqual({name for name in found.keys() - ours.keys() if found[name][0] == tarfile.REGTYPE}, set())

    def test_the_layers_are_applied(self):
        path, _ = self.export(self.image(all_kinds()).name)
        with tarfile.open(path, errors='surrogateescape') as tar:
            names = {m.name: m for m in tar}
        self.assertNotIn('etc/gone', names)
        self.assertNotIn('old/stays', names)
        self.assertNotIn('was/folder', names)
        self.assertEqual(names['was'].type, tarfile.REGTYPE)
        self.assertEqual(names['was-link'].type, tarfile.DIRTYPE)
        self.assertEqual((names['etc/same'].linkname, names['etc/third'].linkname), ('bin/tool', 'bin/tool'))
        self.assertEqual(names['bin/tool2'].linkname, 'bin/ping')
        self.assertIn('raw\udcff\udc80', names)
        self.assertIn('r\udcff' * 60, names)
        self.assertEqual(names['fraction'].mtime, 1700000000.25)
        self.assertEqual(names['ancient'].mtime, -2)
        self.assertEqual((names['owned'].uid, names['owned'].gid), (3000000, 4294967294))

    def test_folders_come_first_and_links_last(self):
        path, _ = self.export(self.image(all_kinds()).name)
        with tarfile.open(path, errors='surrogateescape') as tar:
            kinds = [m.type for m in tar]
            folders = [m.name.encode(errors='surrogateescape').split(b'/') for m in tar if m.isdir()]
        self.assertEqual(folders[1:], sorted(folders[1:]))
        order = {tarfile.DIRTYPE: 0, tarfile.REGTYPE: 2, tarfile.LNKTYPE: 3}
        ranks = [order.get(kind, 1) for kind in kinds]
        self.assertEqual(ranks, sorted(ranks))

    def test_a_link_whose_first_name_is_gone(self):
        image = self.image([[member('a/first', content=b'content'), member('b/second', 'link', link='a/first'),
                             member('c/third', 'link', link='a/first')], [member('a/.wh.first')]])
        folder = self.extracted(self.export(image.name)[0])
        with open(folder + '/b/second', 'rb') as f:
            self.assertEqual(f.read(), b'content')
        self.assertEqual(os.stat(folder + '/b/second').st_ino, os.stat(folder + '/c/third').st_ino)

    def test_holes_stay_holes(self):
        sparse = self.path('sparse')
        with open(sparse, 'wb') as f:
            f.truncate(64 << 20)
            f.seek(5 << 20)
            f.write(b'middle' * 2000)
            f.seek((40 << 20) + 77)
            f.write(b'late')
        for form in ('posix', 'gnu'):
            made = self.program('tar', '--sparse', '--format', form, '-cf', self.path('layer.tar'), '-C', self.place, 'sparse')
            self.assertEqual(made.status, 0, str(made))
            with open(self.path('layer.tar'), 'rb') as f:
                image = self.image([f.read()])
            path, data = self.export(image.name)
            self.assertLess(len(data), 1 << 20)
            found = self.extracted(path) + '/sparse'
            with open(found, 'rb') as f, open(sparse, 'rb') as g:
                self.assertEqual(f.read(), g.read())
            self.assertLess(os.stat(found).st_blocks * 512, 2 << 20)
            again = self.fresh_path('again')
            self.succeed('unpack', path, again)
            with open(again + '/sparse', 'rb') as f, open(sparse, 'rb') as g:
                self.assertEqual(f.read(), g.read())

    def test_a_plain_archive_becomes_a_reproducible_one(self):
        for suffix, pack in (('', lambda data: data), ('.gz', gzip.compress)):
            with open(self.path('plain.tar' + suffix), 'wb') as f:
                f.write(pack(make_tar([member('z', content=b'z'), member('a', content=b'a'), member('d', 'folder')])))
        self.assertEqual(self.export(self.path('plain.tar'))[1], self.export(self.path('plain.tar.gz'))[1])


class Limits(ExportCase):
    """As unpacking has them: the same image is beyond the same limits."""

    def test_images_that_have_more(self):
        image = self.image([[member('a/b/c/file', content=b'x' * 1000), member('other', content=b'y' * 1000)]])
        for option, least, text in (('--max-size', 2000, 'more than 1999 bytes'), ('--max-file-size', 1000, "'/a/b/c/file' has 1000 bytes"),
                                    ('--max-entries', 5, 'more than 4 entries'), ('--max-depth', 4, 'folders deep')):
            with self.subTest(option):
                self.refuse(text, 'export', option, str(least - 1), image.name, '-o', self.path('x'))
                self.refuse(text, 'unpack', option, str(least - 1), image.name, self.path('y'))
                self.assertFalse(os.path.exists(self.path('x')))
                self.export(image.name, option, str(least))
                self.succeed('unpack', option, str(least), image.name, self.fresh_path('unpacked'))

    def test_links_are_deep_as_well(self):
        image = self.image([[member('f', content=b'x'), member('a/b/c/link', 'link', link='f')]])
        for argv in (('export', image.name, '-o', self.path('x')), ('unpack', image.name, self.path('y'))):
            self.refuse("'/a/b/c/link…' is 4 folders deep", *argv, '--max-depth', '3')
        self.export(image.name, '--max-depth', '4')

    def test_without_devices(self):
        image = self.image([[member('null', 'char', device=(1, 3)), member('again', 'link', link='null'), member('file', content=b'f')]])
        with tarfile.open(self.export(image.name, '--no-devices', '--no-env')[0]) as tar:
            self.assertEqual(tar.getnames(), ['file'])
        with tarfile.open(self.export(image.name, '--no-env')[0]) as tar:
            self.assertEqual(sorted(tar.getnames()), ['again', 'file', 'null'])


class Environment(ExportCase):
    def env_file(self, path):
        with tarfile.open(path) as tar:
            return tar.extractfile('.drootenv').read().decode()

    def test_values_of_any_kind(self):
        env = ['PATH=/bin', 'OPTS=-Da=b "c d"', 'EMPTY=', 'LINES=a\nb', 'QUOTED="x"', 'SPACE= x']
        path, _ = self.export(self.image([[member('a')]], env=env).name)
        self.assertEqual(self.env_file(path), '# env, quoted\nPATH=/bin\nOPTS=-Da=b "c d"\nEMPTY=\nLINES="a\\nb"\n'
                                              'QUOTED="\\"x\\""\nSPACE=" x"\n')

    def test_it_takes_the_place_of_what_the_image_has(self):
        for there in (member('.drootenv', content=b'EVIL=1'), member('.drootenv', 'symlink', link='/etc/passwd'),
                      member('.drootenv/x', content=b'x')):
            path, _ = self.export(self.image([[there]], env=['A=b']).name)
            self.assertEqual(self.env_file(path), '# env, quoted\nA=b\n')

    def test_none_is_made_without_one(self):
        for image, options in ((self.image([[member('a')]], env=()), ()), (self.image([[member('a')]]), ['--no-env'])):
            with tarfile.open(self.export(image.name, *options)[0]) as tar:
                self.assertEqual(tar.getnames(), ['a'])

    def test_what_is_no_variable_is_refused_with_its_place(self):
        result = self.refuse("'NOTHING'", 'export', self.image([[member('a')]], env=['A=b', 'NOTHING']).name, '-o', self.path('x'))
        self.assertIn('/config/Env', result.err)
        self.assertFalse(os.path.exists(self.path('x')))


class Output(ExportCase):
    def test_a_pipe_to_an_object_store_and_back(self):
        if not shutil.which('curl'):
            self.skipTest('needs curl')
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Store)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        image = self.image(all_kinds())
        url = f'http://127.0.0.1:{server.server_port}/app.tar.gz'
        export = ' '.join(self.command_line('export', image.name))
        deploy = ' '.join(self.command_line('deploy', '--root', self.path('app')))
        up = self.program('sh', '-c', f'{export} | gzip | curl -sfT - {url}')
        self.assertEqual(up.status, 0, str(up))
        down = self.program('sh', '-c', f'curl -sf {url} | {deploy}')
        self.assertEqual(down.status, 0, str(down))
        direct = self.path('direct')
        self.succeed('deploy', '--root', direct, image.name)
        self.assertEqual(trees.differences(trees.describe(os.path.realpath(self.path('app/current'))),
                                           trees.describe(os.path.realpath(direct + '/current'))), [])
        server.server_close()

    def test_what_is_expected_is_the_digest_that_export_prints(self):
        """Of the archive, however it is compressed on the way"""
        image = self.image(all_kinds())
        path, _ = self.export(image.name)
        digest = self.succeed('export', image.name, '-o', path).out.strip()
        export = ' '.join(self.command_line('export', image.name))
        for i, pack in enumerate(('cat', 'gzip', 'zstd -q', 'xz -0')):
            if not shutil.which(pack.split()[0]):
                continue
            deploy = ' '.join(self.command_line('deploy', '--root', self.path(f'app-{i}'), '--expect-digest'))
            done = self.program('sh', '-c', f'{export} | {pack} | {deploy} {digest}')
            self.assertEqual(done.status, 0, str(done))
            refused = self.program('sh', '-c', f'{export} | {pack} | {deploy} sha256:{"0" * 64}')
            self.assertEqual(refused.status, 1, str(refused))
            self.assertIn(digest, refused.err)

    def test_links_stay_links(self):
        """Such as /dev/stdout: what they lead to is written, or takes the archive's place"""
        target, link = self.path('target'), self.path('link')
        os.symlink('target', link)
        image = self.image([[member('a', content=b'1')]])
        self.refuse('symbolic links', 'export', image.name, '-o', link)
        with open(target, 'wb'):
            pass
        self.succeed('export', image.name, '-o', link)
        self.assertTrue(os.path.islink(link))
        self.assertTrue(tarfile.is_tarfile(target))
        found = self.program('sh', '-c', ' '.join(self.command_line('export', image.name, '-o', '/dev/stdout', '-q')) + ' | cat')
        self.assertEqual(found.status, 0, str(found))
        with open(target, 'rb') as f, open(found.out_path, 'rb') as g:
            self.assertTrue(g.read().startswith(f.read()))
        self.assertTrue(os.path.islink('/dev/stdout'))

    def test_a_reader_that_does_not_read(self):
        """Whoever is told to stop meanwhile does so at once; whoever may not block waits, and the reader's pipe stays as it is"""
        image = self.image([[member('big', content=os.urandom(1 << 20))]])
        r, w = os.pipe()
        process = self.start_cli('export', image.name, stdout=w)
        self.assertTrue(traces.wait_until(lambda: struct.unpack('i', fcntl.ioctl(r, termios.FIONREAD, b'0000'))[0] > 0))
        started = time.monotonic()
        process.terminate()
        self.assertEqual(self.end_program(process).status, -signal.SIGTERM)
        self.assertLess(time.monotonic() - started, 5)
        self.assertTrue(os.get_blocking(w))
        os.close(r)
        os.close(w)
        r, w = os.pipe()
        os.set_blocking(w, False)
        process = self.start_cli('export', image.name, stdout=w)
        os.close(w)
        data = b''
        while part := os.read(r, 65536):
            data += part
        os.close(r)
        self.assertEqual(self.end_program(process).status, 0)
        self.assertEqual(data, self.export(image.name)[1])

    def test_a_reader_that_goes(self):
        image = self.image([[member('big', content=os.urandom(4 << 20))]])
        r, w = os.pipe()
        process = self.start_cli('export', image.name, stdout=w)
        os.close(w)
        os.read(r, 10)
        os.close(r)
        result = self.end_program(process)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('gone before its end', result.err)

    def test_a_full_disk_leaves_nothing(self):
        disk = self.path('disk')
        os.mkdir(disk)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', disk], check=True)
        self.addCleanup(subprocess.run, ['umount', disk], check=True)
        image = self.image([[member('big', content=os.urandom(4 << 20))]])
        self.refuse('no space left', 'export', image.name, '-o', disk + '/archive')
        self.assertEqual(os.listdir(disk), [])
        subprocess.run(['umount', disk], check=True)
        subprocess.run(['mount', '-t', 'tmpfs', 'none', disk], check=True)

    def test_a_file_is_replaced_whole_or_stays(self):
        path = self.path('archive')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('before')
        image = self.image([[member('a', content=b'1')]])
        with open(os.path.join(image.path, 'blobs/sha256', image.config['digest'][7:]), 'ab') as f:
            f.write(b' ')
        result = self.cli('export', image.name, '-o', path)
        self.assertEqual(result.status, 1, str(result))
        with open(path, encoding='utf-8') as f:
            self.assertEqual(f.read(), 'before')
        self.assertEqual([name for name in os.listdir(self.place) if name.startswith('archive.')], [])
        self.succeed('export', self.image([[member('a')]]).name, '-o', path)
        self.assertTrue(tarfile.is_tarfile(path))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o666 & ~self.umask())

    @staticmethod
    def umask():
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def test_a_terminal_is_spared(self):
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        result = self.cli('export', self.image([[member('a')]]).name, stdout=terminal)
        os.close(terminal)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('nothing for a terminal', result.err)

    def test_a_damaged_layer(self):
        image = self.image([[member('a', content=b'1' * 1000)]])
        with open(os.path.join(image.path, 'index.json'), encoding='utf-8') as f:
            manifest = json.load(f)['manifests'][0]['digest'][7:]
        with open(os.path.join(image.path, 'blobs/sha256', manifest), encoding='utf-8') as f:
            layer = json.load(f)['layers'][0]['digest'][7:]
        path = os.path.join(image.path, 'blobs/sha256', layer)
        with open(path, 'r+b') as f:
            data = bytearray(gzip.compress(make_tar([member('a', content=b'2' * 1000)]), mtime=0))
            f.write(data)
            f.truncate()
        self.refuse('', 'export', image.name, '-o', self.path('x'))
        self.assertFalse(os.path.exists(self.path('x')))

    def test_hostile_archives(self):
        for name, members in (('up', [member('../x', content=b'x')]),
                              ('through', [member('l', 'symlink', link='/tmp'), member('l/x', content=b'x')]),
                              ('link', [member('x', 'link', link='../../etc/passwd')]),
                              ('nowhere', [member('x', 'link', link='y')])):
            with self.subTest(name):
                self.refuse('', 'export', self.image([members]).name, '-o', self.path('x'))
                self.assertFalse(os.path.exists(self.path('x')))


if __name__ == '__main__':
    case.main()
