#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What layers become: types, metadata, whiteouts, links, owners, limits, as image-spec's layer.md has them."""

import io
import os
import stat
import struct
import subprocess
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
from harness import case, layout, rootless, trees               # noqa: E402

MEMBER = layout.member
CAPABILITY = struct.pack('<IIIII', 0x02000001, 0x2000, 0, 0, 0)     # cap_net_raw=ep
ACL = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in (
    (1, 7, 0xffffffff), (2, 6, 1000), (4, 5, 0xffffffff), (8, 4, 1001), (16, 7, 0xffffffff), (32, 0, 0xffffffff)))


def pax_text(value):
    """Bytes as tarfile takes them for an extended header."""
    return value.decode('utf-8', 'surrogateescape')


def gnu_tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.GNU_FORMAT, encoding='utf-8',
                      errors='surrogateescape') as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


class UnpackCase(case.CliCase):
    maxDiff = None

    def image(self, *layers):
        return layout.Layout(self.fresh_path('image'), list(layers)).name

    def unpack(self, *layers, options=(), **more):
        """The folder that the layers become."""
        target = self.fresh_path('root')
        self.succeed('unpack', *options, self.image(*layers), target, **more)
        return target

    def refuse_layers(self, text, *layers, options=()):
        target = self.fresh_path('root')
        self.refuse(text, 'unpack', *options, self.image(*layers), target)
        self.assertFalse(os.path.lexists(target), 'something is left')

    def tree(self, root):
        """Paths with what is in files, links and folders."""
        return {os.fsdecode(path): value[3] if value[3] is not None else value[0]
                for path, value in trees.describe(root).items() if path != b'.'}

    def paths(self, root):
        return sorted(self.tree(root))


class Metadata(UnpackCase):
    def test_every_type_with_all_that_it_has(self):
        root = self.unpack([
            MEMBER('./', 'folder', mode=0o751, owner=(1, 2), mtime=1600000000),
            MEMBER('bin/', 'folder', mode=0o2775, owner=(0, 50), mtime=1500000000.25),
            MEMBER('bin/tool', content=b'tool', mode=0o4755, owner=(0, 0), mtime=1400000000.123456),
            MEMBER('bin/ping', content=b'ping', mode=0o755,
                   xattrs={'security.capability': pax_text(CAPABILITY), 'user.note': 'a\0b', 'trusted.t': '1'}),
            MEMBER('bin/secret', content=b'', mode=0, owner=(1000, 65534)),
            MEMBER('bin/alias', 'link', link='./bin/tool'),
            MEMBER('bin/soft', 'symlink', link='/bin/../bin/tool', owner=(7, 8), mtime=1300000000),
            MEMBER('dev/', 'folder', mode=0o1777),
            MEMBER('dev/null', 'char', mode=0o666, device=(1, 3), owner=(3, 4)),
            MEMBER('dev/disk', 'block', mode=0o4660, device=(259, 300000)),
            MEMBER('dev/pipe', 'fifo', mode=0o2620, mtime=1),
        ])
        found = trees.describe(root)
        digest = layout.digest(b'tool')[7:]
        empty = layout.digest(b'')[7:]
        plain = 1700000000 * 10**9
        self.assertEqual(found, {
            b'.': ('0o40751', (1, 2), 1600000000 * 10**9, None, {}, b'.'),
            b'bin': ('0o42775', (0, 50), 1500000000250000000, None, {}, b'bin'),
            b'bin/tool': ('0o104755', (0, 0), 1400000000123456000, digest, {}, b'bin/alias'),
            b'bin/alias': ('0o104755', (0, 0), 1400000000123456000, digest, {}, b'bin/alias'),
            b'bin/ping': ('0o100755', (0, 0), plain, layout.digest(b'ping')[7:],
                          {'security.capability': CAPABILITY, 'user.note': b'a\0b', 'trusted.t': b'1'}, b'bin/ping'),
            b'bin/secret': ('0o100000', (1000, 65534), plain, empty, {}, b'bin/secret'),
            b'bin/soft': ('0o120777', (7, 8), 1300000000 * 10**9, b'/bin/../bin/tool', {}, b'bin/soft'),
            b'dev': ('0o41777', (0, 0), plain, None, {}, b'dev'),
            b'dev/null': ('0o20666', (3, 4), plain, os.makedev(1, 3), {}, b'dev/null'),
            b'dev/disk': ('0o64660', (0, 0), plain, os.makedev(259, 300000), {}, b'dev/disk'),
            b'dev/pipe': ('0o12620', (0, 0), 10**9, None, {}, b'dev/pipe'),
        })

    def test_access_lists_as_text_and_as_attributes(self):
        acl = {'SCHILY.acl.access': 'user::rwx,user:1000:rw-,group::r-x,group:1001:r--,mask::rwx,other::---'}
        text, content = MEMBER('text', mode=0o670)
        text.pax_headers = acl
        folder, _ = MEMBER('folder/', 'folder', mode=0o750)
        folder.pax_headers = {'SCHILY.acl.default': acl['SCHILY.acl.access']}
        root = self.unpack([(text, content), (folder, b''), MEMBER('folder/new', mode=0o604),
                            MEMBER('folder/below/', 'folder', mode=0o705), MEMBER('folder/implied/x'),
                            MEMBER('attribute', xattrs={'system.posix_acl_access': pax_text(ACL)})],
                           # The folder has its list by now.
                           [MEMBER('folder/later', mode=0o604), MEMBER('folder/deeper/', 'folder', mode=0o2705),
                            MEMBER('folder/fifo', 'fifo', mode=0o606)])
        found = trees.describe(root)
        self.assertEqual(found[b'text'][4], {'system.posix_acl_access': ACL})
        self.assertEqual(found[b'attribute'][4], {'system.posix_acl_access': ACL})
        self.assertEqual(found[b'text'][0], '0o100770')
        self.assertEqual(found[b'folder'][4], {'system.posix_acl_default': ACL})
        for path, mode in ((b'new', '0o100604'), (b'below', '0o40705'), (b'implied', '0o40755'),
                           (b'implied/x', '0o100644'), (b'later', '0o100604'), (b'deeper', '0o42705'),
                           (b'fifo', '0o10606')):
            self.assertEqual((found[b'folder/' + path][0], found[b'folder/' + path][4]), (mode, {}), path)

    def test_attributes_that_are_the_machines_own_stay_out(self):
        root = self.unpack([MEMBER('x', xattrs={'security.selinux': 'u:r:t', 'trusted.overlay.opaque': 'y',
                                                'user.overlay.redirect': '/', 'user.kept': '1'})])
        self.assertEqual(trees.describe(root)[b'x'][4], {'user.kept': b'1'})

    def test_a_folder_that_comes_again_gets_its_new_metadata(self):
        root = self.unpack([MEMBER('a/', 'folder', mode=0o2700, owner=(5, 5), xattrs={'user.old': '1'}),
                            MEMBER('a/x')],
                           [MEMBER('a/', 'folder', mode=0o711, mtime=5, xattrs={'user.new': '2'})])
        self.assertEqual(trees.describe(root)[b'a'],
                         ('0o40711', (0, 0), 5 * 10**9, None, {'user.new': b'2'}, b'a'))
        self.assertEqual(self.paths(root), ['a', 'a/x'])

    def test_times_of_folders_are_those_of_the_archive_in_any_order(self):
        many = [MEMBER(f'd{i}/', 'folder', mtime=1000 + i) for i in range(40)]
        files = [MEMBER(f'd{i}/f{j}') for j in range(3) for i in range(40)]
        root = self.unpack([MEMBER('.', 'folder', mtime=77), *many, *files], [MEMBER('d3/later'), MEMBER('d4/.wh.f0')])
        self.assertEqual([os.stat(os.path.join(root, f'd{i}')).st_mtime for i in range(40)],
                         [1000 + i for i in range(40)])
        self.assertEqual(os.stat(root).st_mtime, 77)

    def test_folders_without_an_entry(self):
        root = self.unpack([MEMBER('a/b/c/file', owner=(9, 9), mode=0o600, mtime=1234)])
        found = trees.describe(root)
        for path in (b'a', b'a/b', b'a/b/c'):
            self.assertEqual(found[path], ('0o40755', (0, 0), 1234 * 10**9, None, {}, path))

    def test_the_callers_umask_does_not_matter(self):
        members = [MEMBER('d/', 'folder', mode=0o777), MEMBER('d/f', mode=0o666), MEMBER('i/f', mode=0o666)]
        old = os.umask(0o077)
        try:
            strict = self.unpack(members)
        finally:
            os.umask(old)
        found = trees.describe(strict)
        self.assertEqual([found[p][0] for p in (b'd', b'd/f', b'i', b'i/f')],
                         ['0o40777', '0o100666', '0o40755', '0o100666'])

    def test_odd_times(self):
        root = self.unpack([MEMBER('before', mtime=-2), MEMBER('late', mtime=2**33)])
        self.assertEqual(os.stat(os.path.join(root, 'before')).st_mtime, -2)
        self.assertEqual(os.stat(os.path.join(root, 'late')).st_mtime, 2**33)


class Names(UnpackCase):
    def test_names_are_bytes(self):
        odd = ['\udcff\udcfe', 'e\u0301', '\u00e9', 'new\nline', ' ', '-rf', 'back\\slash', '%s', '\x01']
        for members in ([MEMBER(name) for name in odd] + [MEMBER('link', 'symlink', link='\udcc3(e\u0301'),
                                                          MEMBER('hard', 'link', link='\udcff\udcfe')],):
            for tar in (gnu_tar(members), layout.make_tar(members)):
                root = self.unpack(tar)
                self.assertEqual(sorted(os.listdir(os.fsencode(root))),
                                 sorted([os.fsencode(name) for name in odd] + [b'link', b'hard']))
                self.assertEqual(os.readlink(os.fsencode(root) + b'/link'), b'\xc3(e\xcc\x81')

    def test_long_names(self):
        long = '/'.join(['n' * 250] * 15)
        members = [MEMBER(long), MEMBER('short', 'symlink', link='t' * 4000), MEMBER('hard', 'link', link=long)]
        for tar in (gnu_tar(members), layout.make_tar(members)):
            root = self.unpack(tar)
            self.assertTrue(os.path.samefile(os.path.join(root, long), os.path.join(root, 'hard')))
            self.assertEqual(os.readlink(os.path.join(root, 'short')), 't' * 4000)

    def test_global_headers_do_not_become_files(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT, pax_headers={'comment': 'by git'}) as tar:
            tar.addfile(MEMBER('x')[0])
        self.assertEqual(self.paths(self.unpack(out.getvalue())), ['x'])

    def test_layers_without_members(self):
        self.assertEqual(self.paths(self.unpack(b'', [], b'\0' * 10240)), [])


class Whiteouts(UnpackCase):
    LOWER = [MEMBER('d/', 'folder', mtime=9), MEMBER('d/a', content=b'lower'), MEMBER('d/b', content=b'lower'),
             MEMBER('d/e/', 'folder'), MEMBER('d/e/x'), MEMBER('top')]

    def test_files_and_folders_go(self):
        root = self.unpack(self.LOWER, [MEMBER('d/.wh.a'), MEMBER('d/.wh.e'), MEMBER('.wh.top'), MEMBER('.wh.none'),
                                        MEMBER('none/.wh.none'), MEMBER('d/a2/.wh.x')])
        self.assertEqual(self.paths(root), ['d', 'd/b'])
        self.assertEqual(os.stat(os.path.join(root, 'd')).st_mtime, 9)

    def test_what_the_layer_brings_stays_in_any_order(self):
        upper = [MEMBER('d/', 'folder', mtime=9), MEMBER('d/a', content=b'upper'), MEMBER('d/.wh.a'),
                 MEMBER('d/e/y'), MEMBER('d/.wh.e')]
        for members in (upper, upper[::-1]):
            root = self.unpack(self.LOWER, members)
            self.assertEqual(self.paths(root), ['d', 'd/a', 'd/b', 'd/e', 'd/e/y', 'top'])
            with open(os.path.join(root, 'd/a'), encoding='ascii') as f:
                self.assertEqual(f.read(), 'upper')

    def test_opaque_folders_in_any_order(self):
        upper = [MEMBER('d/.wh..wh..opq'), MEMBER('d/new'), MEMBER('d/e/z')]
        for members in (upper, upper[::-1], upper[1:] + upper[:1]):
            self.assertEqual(self.paths(self.unpack(self.LOWER, members)), ['d', 'd/e', 'd/e/z', 'd/new', 'top'])
        self.assertEqual(self.paths(self.unpack(self.LOWER, [MEMBER('.wh..wh..opq'), MEMBER('n')])), ['n'])

    def test_the_first_layer_has_nothing_below(self):
        self.assertEqual(self.paths(self.unpack([MEMBER('a'), MEMBER('.wh.a'), MEMBER('.wh..wh..opq')])), ['a'])

    def test_bookkeeping_of_aufs_is_left_out(self):
        members = [MEMBER('.wh..wh.aufs'), MEMBER('.wh..wh.plnk/', 'folder'), MEMBER('.wh..wh.plnk/1.2'), MEMBER('a')]
        self.assertEqual(self.paths(self.unpack(members, members)), ['a'])

    def test_whiteouts_do_not_go_through_links(self):
        root = self.unpack([MEMBER('real/', 'folder'), MEMBER('real/x'), MEMBER('link', 'symlink', link='real')],
                           [MEMBER('link/.wh.x')])
        self.assertEqual(self.paths(root), ['link', 'real', 'real/x'])
        root = self.unpack([MEMBER('real/', 'folder'), MEMBER('real/x'), MEMBER('link', 'symlink', link='real')],
                           [MEMBER('.wh.link')])
        self.assertEqual(self.paths(root), ['real', 'real/x'])


class Replacing(UnpackCase):
    def test_anything_by_anything(self):
        kinds = {'file': MEMBER('x', content=b'1'), 'folder': MEMBER('x/', 'folder'), 'fifo': MEMBER('x', 'fifo'),
                 'symlink': MEMBER('x', 'symlink', link='other'), 'link': MEMBER('x', 'link', link='other')}
        other = MEMBER('other', content=b'other')
        for first in kinds.values():
            for second in kinds.values():
                lower = [other, first] + ([MEMBER('x/inside')] if first[0].isdir() else [])
                alone = self.tree(self.unpack([other], [second]))
                keeps = first[0].isdir() and second[0].isdir()
                for layers in ([lower, [second]], [lower + [second]]):
                    found = self.tree(self.unpack(*layers))
                    if keeps:
                        found.pop('x/inside')
                    self.assertEqual(found, alone, (first[0], second[0]))

    def test_a_file_that_is_replaced_keeps_its_other_names(self):
        root = self.unpack([MEMBER('a', content=b'old'), MEMBER('b', 'link', link='a')],
                           [MEMBER('a', content=b'new')])
        self.assertEqual([open(os.path.join(root, n), 'rb').read() for n in 'ab'], [b'new', b'old'])

    def test_a_folder_becomes_a_file_and_a_folder_again(self):
        root = self.unpack([MEMBER('x/', 'folder'), MEMBER('x/deep/y')], [MEMBER('x', content=b'file')],
                           [MEMBER('x/', 'folder', mode=0o700), MEMBER('x/z')])
        self.assertEqual(self.paths(root), ['x', 'x/z'])

    def test_a_link_of_a_lower_layer_in_the_way_is_replaced(self):
        root = self.unpack([MEMBER('real/', 'folder'), MEMBER('lib', 'symlink', link='real')], [MEMBER('lib/x')])
        self.assertEqual(self.paths(root), ['lib', 'lib/x', 'real'])


class Links(UnpackCase):
    def test_to_things_of_lower_layers(self):
        root = self.unpack([MEMBER('a', content=b'a'), MEMBER('soft', 'symlink', link='a'), MEMBER('pipe', 'fifo')],
                           [MEMBER('d/a', 'link', link='a'), MEMBER('d/soft', 'link', link='/soft'),
                            MEMBER('d/pipe', 'link', link='./pipe'), MEMBER('.wh.a')])
        self.assertEqual(self.paths(root), ['d', 'd/a', 'd/pipe', 'd/soft', 'pipe', 'soft'])
        self.assertTrue(os.path.islink(os.path.join(root, 'd/soft')))
        self.assertEqual(os.lstat(os.path.join(root, 'd/soft')).st_nlink, 2)

    def test_to_itself_changes_nothing(self):
        root = self.unpack([MEMBER('a', content=b'a'), MEMBER('a', 'link', link='./a')])
        self.assertEqual(os.path.getsize(os.path.join(root, 'a')), 1)

    def test_to_nothing_is_refused(self):
        self.refuse_layers("cannot link '/b' to '/a'", [MEMBER('b', 'link', link='a')])
        self.refuse_layers("cannot link '/b' to '/l/x'", [
            MEMBER('d/x'), MEMBER('l', 'symlink', link='d'), MEMBER('b', 'link', link='l/x')])


class Content(UnpackCase):
    def test_holes_stay_holes(self):
        source = self.path('sparse')
        with open(source, 'wb') as f:
            for offset in (0, 3 << 20, 40 << 20):
                f.seek(offset)
                f.write(os.urandom(8192))
            f.truncate(64 << 20)
        for style in (['--format=gnu'], ['--format=pax'], ['--format=pax', '--sparse-version=0.0'],
                      ['--format=pax', '--sparse-version=0.1']):
            tar = subprocess.run(['tar', '-C', self.place, '-S', *style, '-cf', '-', 'sparse'], check=True,
                                 stdout=subprocess.PIPE).stdout
            self.assertLess(len(tar), 1 << 20)
            path = os.path.join(self.unpack(tar), 'sparse')
            self.assertEqual(trees._content(path, os.lstat(path)), trees._content(source, os.lstat(source)), style)
            self.assertLess(os.lstat(path).st_blocks * 512, 4 << 20, style)

    def test_large_and_small_files(self):
        sizes = (0, 1, 511, 512, 513, 262143, 262144, 262145, 3000001)
        contents = {f's{size}': os.urandom(size) for size in sizes}
        root = self.unpack([MEMBER(name, content=data) for name, data in contents.items()])
        for name, data in contents.items():
            with open(os.path.join(root, name), 'rb') as f:
                self.assertEqual(f.read(), data, name)


class Owners(UnpackCase):
    LAYER = [MEMBER('d/', 'folder', owner=(1000, 1001)), MEMBER('d/f', owner=(0, 5), mode=0o4755),
             MEMBER('d/l', 'symlink', link='x', owner=(5, 0)), MEMBER('implied/x', owner=(1, 1)),
             MEMBER('ping', xattrs={'security.capability': pax_text(CAPABILITY)}),
             MEMBER('list', xattrs={'system.posix_acl_access': pax_text(ACL)})]

    def owners(self, root):
        return {os.fsdecode(path): value[1] for path, value in trees.describe(root).items()}

    def test_one_for_all(self):
        root = self.unpack(self.LAYER, options=('--owner', '1234:5678'))
        found = self.owners(root)
        found.pop('.')
        self.assertEqual(set(found.values()), {(1234, 5678)})
        self.assertEqual(trees.describe(root)[b'd/f'][0], '0o104755')

    def test_shifted(self):
        root = self.unpack(self.LAYER, options=('--uid-map', '0:100000:65536', '--gid-map', '0:200000:1000',
                                                '--gid-map', '1000:7000:10'))
        found = self.owners(root)
        self.assertEqual((found['d'], found['d/f'], found['d/l'], found['implied'], found['implied/x']),
                         ((101000, 7001), (100000, 200005), (100005, 200000), (100000, 200000), (100001, 200001)))
        attributes = trees.describe(root)
        self.assertEqual(attributes[b'ping'][4]['security.capability'],
                         struct.pack('<IIIIII', 0x03000001, 0x2000, 0, 0, 0, 100000))
        acl = attributes[b'list'][4]['system.posix_acl_access']
        self.assertEqual([struct.unpack_from('<I', acl, 4 + 8 * i + 4)[0] for i in (1, 3)], [101000, 7001])

    def test_ids_outside_of_the_maps_are_refused(self):
        self.refuse_layers("'/x' is of user 70000", [MEMBER('x', owner=(70000, 0))],
                           options=('--uid-map', '0:100000:65536'))

    def test_ids_that_are_none_are_refused(self):
        for owner in ((-1, 0), (0, 2**32 - 1), (2**32, 0)):
            self.refuse_layers('no ids', gnu_tar([MEMBER('x', owner=owner)]))


class Limits(UnpackCase):
    def test_each_is_kept(self):
        files = [MEMBER(f'd/f{i}', content=b'x' * 1000) for i in range(10)]
        for options, text in ((('--max-size', '9999'), '9999 bytes'), (('--max-entries', '10'), '10 entries'),
                              (('--max-file-size', '999'), "'/d/f0' has 1000 bytes"),
                              (('--max-depth', '1'), 'deep')):
            self.refuse_layers(text, files, options=options)
        self.unpack(files, options=('--max-size', '10000', '--max-entries', '11', '--max-file-size', '1000',
                                    '--max-depth', '2'))

    def test_they_are_of_all_layers_together(self):
        self.refuse_layers('bytes', [MEMBER('a', content=b'x' * 600)], [MEMBER('b', content=b'x' * 600)],
                           options=('--max-size', '1K'))

    def test_holes_count(self):
        info, _ = MEMBER('huge')
        info.pax_headers = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'huge',
                            'GNU.sparse.realsize': str(1 << 50)}
        map_ = b'1\n%d\n0\n' % (1 << 50)
        self.refuse_layers('bytes', [(self.sized(info, 512), map_.ljust(512, b'\0'))], options=('--max-size', '1T'))

    @staticmethod
    def sized(info, size):
        info.size = size
        return info

    def test_content_of_what_has_none_counts(self):
        link, _ = MEMBER('f', 'link', link='a')
        link.size = 3 << 20
        tar = layout.make_tar([MEMBER('a')])[:512] + link.tobuf(tarfile.PAX_FORMAT) + bytes(3 << 20) + bytes(1024)
        self.assertEqual(self.paths(self.unpack(tar)), ['a', 'f'])
        self.refuse_layers('bytes', tar, options=('--max-size', '1M'))


class Devices(UnpackCase):
    def test_they_can_be_left_out(self):
        root = self.unpack([MEMBER('dev/', 'folder'), MEMBER('null', content=b'old')],
                           [MEMBER('dev/null', 'char', device=(1, 3)), MEMBER('dev/too', 'link', link='dev/null'),
                            MEMBER('pipe', 'fifo'), MEMBER('null', 'char', device=(1, 3))], options=('--no-devices',))
        self.assertEqual(self.paths(root), ['dev', 'pipe'])


class Unprivileged(rootless.RootlessCase):
    """All files one's own: modes of folders hold for whoever writes below them, too."""

    def test_folders_that_may_not_be_entered(self):
        image = layout.Layout(self.fresh_path('image'), [
            [MEMBER('./', 'folder', mode=0o555), MEMBER('a/', 'folder', mode=0), MEMBER('a/b/', 'folder', mode=0o111),
             MEMBER('a/b/c', mode=0), MEMBER('a/b/d/e'), MEMBER('null', 'char', device=(1, 3)),
             MEMBER('ping', xattrs={'security.capability': pax_text(CAPABILITY), 'user.kept': '1'})],
            [MEMBER('a/b/.wh.c'), MEMBER('a/b/new', mode=0o4711), MEMBER('h', 'link', link='a/b/new')]])
        target = os.path.join(self.place, 'root')
        result = self.cli('unpack', '--owner', 'me', '--no-devices', image.name, target)
        self.assertEqual(result.status, 0, str(result))
        found = {}
        for name in ('.', 'a', 'a/b', 'a/b/d', 'a/b/d/e', 'a/b/new', 'h', 'ping'):
            status = os.lstat(os.path.join(target, name))
            self.assertEqual((status.st_uid, status.st_gid), (self.uid, self.gid), name)
            found[name] = oct(status.st_mode & 0o7777)
        self.assertEqual(found, {'.': '0o555', 'a': '0o0', 'a/b': '0o111', 'a/b/d': '0o755', 'a/b/d/e': '0o644',
                                 'a/b/new': '0o4711', 'h': '0o4711', 'ping': '0o644'})
        self.assertEqual(os.listxattr(os.path.join(target, 'ping')), ['user.kept'])
        self.assertFalse(os.path.lexists(os.path.join(target, 'a/b/c')))

    def test_nothing_is_left_of_a_failure(self):
        image = layout.Layout(self.fresh_path('image'), [[MEMBER('a/', 'folder', mode=0), MEMBER('a/b/c', mode=0),
                                                          MEMBER('l', 'link', link='none')]])
        target = os.path.join(self.place, 'root')
        result = self.cli('unpack', '--owner', 'me', image.name, target)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('cannot link', result.err)
        self.assertEqual([n for n in os.listdir(self.place) if n.startswith(('root', '.'))], [])


class Programs(UnpackCase):
    def test_a_folder_that_is_not_empty_stays_as_it_is(self):
        target = self.fresh_path('root')
        os.mkdir(target)
        with open(os.path.join(target, 'mine'), 'w', encoding='ascii'):
            pass
        self.refuse('', 'unpack', self.image([MEMBER('x')]), target)
        self.assertEqual(os.listdir(target), ['mine'])

    def test_nothing_is_left_of_a_failure_in_a_later_layer(self):
        target = self.fresh_path('root')
        os.mkdir(target)
        self.refuse('cannot link', 'unpack', self.image([MEMBER('a/b/c', mode=0)], [MEMBER('d', 'link', link='e')]),
                    target)
        self.assertEqual(os.listdir(target), [])

    def test_a_truncated_layer_is_refused(self):
        tar = gnu_tar([MEMBER('a', content=os.urandom(5000))])
        self.refuse_layers('', tar[:3000])
        self.refuse_layers('', tar[:700])
        self.assertEqual(stat.S_IFMT(os.stat(self.place).st_mode), stat.S_IFDIR)


if __name__ == '__main__':
    case.main()
