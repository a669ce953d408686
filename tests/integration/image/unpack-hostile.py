#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Layers made to do harm: nothing outside of the root changes, nothing is left, and it takes no more than it may."""

import gzip
import io
import os
import subprocess
import sys
import tarfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
from harness import case, layout, trees                         # noqa: E402

MEMBER = layout.member
MIB = 1 << 20

# The most memory that the programs below a small one had, in KiB.
MEASURE = ('import resource, subprocess, sys; r = subprocess.run(sys.argv[1:]).returncode; '
           'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(r)')


def raw_header(name=b'x', size=b'0', kind=b'0', **fields):
    """A header block, as bytes that no archiver would write."""
    block = bytearray(tarfile.TarInfo('x').tobuf(tarfile.USTAR_FORMAT))
    offsets = {'mode': 100, 'uid': 108, 'gid': 116, 'mtime': 136}
    block[0:100] = name.ljust(100, b'\0')
    block[124:136] = size if len(size) == 12 else size.rjust(11, b'0') + b'\0'
    block[156:157] = kind
    for key, value in fields.items():
        block[offsets[key]:offsets[key] + len(value)] = value
    block[148:156] = b' ' * 8
    block[148:156] = b'%06o\0 ' % sum(block)
    return bytes(block)


def base256(value, size=12):
    return bytes([0x80 if value >= 0 else 0xff]) + value.to_bytes(size - 1, 'big', signed=value < 0)


def pax(**records):
    """An extended header for the next member."""
    body = b''
    for key, value in records.items():
        line = b' %s=%s\n' % (key.encode(), value)
        length = len(line) + 1
        while len(b'%d' % length) + len(line) != length:
            length = len(b'%d' % length) + len(line)
        body += b'%d' % length + line
    return raw_header(b'pax', b'%o' % len(body), b'x') + body + b'\0' * (-len(body) % 512)


class HostileCase(case.CliCase):
    """Each layer meets a folder beside the root that must not change, and whose name it knows."""

    def setUp(self):
        super().setUp()
        self.outside = self.path('outside')
        os.mkdir(self.outside)
        with open(os.path.join(self.outside, 'canary'), 'w', encoding='ascii') as f:
            f.write('alive')
        self.before = trees.describe(self.outside)
        self.machine = {path: self.stamp(path) for path in ('/etc', '/etc/passwd', '/tmp', '/')}

    @staticmethod
    def stamp(path):
        status = os.lstat(path)
        return status.st_mode, status.st_uid, status.st_nlink if path != '/tmp' else 0, status.st_ino

    def meet(self, *layers, refused=None, options=(), measured=False, image=None):
        """Unpacks @layers, or @image; the paths that are there afterwards, or None when it was refused."""
        target = self.fresh_path('root')
        image = image or layout.Layout(self.fresh_path('image'), list(layers)).name
        line = self.command_line('unpack', *options, image, target)
        result = self.program(*([sys.executable, '-c', MEASURE] if measured else []), *line)
        self.assertIn(result.status, (0, 1), str(result))
        if measured and 'ASAN_OPTIONS' not in os.environ:       # which takes memory of its own
            self.assertLess(int(result.out) / 1024, 64, 'MiB of memory')
        self.assertEqual(trees.describe(self.outside), self.before)
        self.assertEqual({path: self.stamp(path) for path in self.machine}, self.machine)
        self.assertEqual([n for n in os.listdir(self.place) if n.startswith('.')], [])
        if refused is not None:
            self.assertEqual(result.status, 1, f'taken: {str(layers)[:1000]}')
            self.assertIn(refused, result.err)
        if result.status == 1:
            self.assertFalse(os.path.lexists(target))
            return None
        # Not by functions that take a descriptor, or a path from the top, for each folder: some are deep.
        found = subprocess.run(['find', '.', '-mindepth', '1', '-printf', '%P\\0'], cwd=target, check=True,
                               stdout=subprocess.PIPE).stdout
        subprocess.run(['rm', '-rf', target], check=True)
        return sorted(os.fsdecode(path) for path in found.split(b'\0')[:-1])


class Names(HostileCase):
    def test_names_that_climb_are_refused(self):
        for name in ('../outside/canary', 'a/../../outside/canary', '..', 'a/..', '/..', './../outside',
                     '/../../../../../../../../../../etc/passwd'):
            self.meet([MEMBER(name)], refused='not below its root')
            self.meet([MEMBER('a'), MEMBER('b', 'link', link=name)], refused='not below its root')
        for kind in ('folder', 'symlink', 'fifo', 'char'):
            self.meet([MEMBER('../outside/canary', kind, link='x')], refused='not below its root')

    def test_absolute_names_are_below_the_root(self):
        self.assertEqual(self.meet([MEMBER(self.outside + '/canary', content=b'dead'), MEMBER('//etc/passwd')])[-1],
                         self.outside.strip('/') + '/canary')

    def test_whiteouts_of_what_is_not_below(self):
        lower = [MEMBER('a/b')]
        for name in ('.wh...', 'a/.wh...', '.wh..', 'a/.wh.', '../.wh.outside', 'a/../../.wh.outside'):
            self.meet(lower, [MEMBER(name)], refused='not below its root')
        self.meet(lower, [MEMBER('../outside/.wh..wh..opq')], refused='not below its root')
        for link in (self.outside, '../outside', '..'):
            layers = ([MEMBER('l', 'symlink', link=link)], [MEMBER('l/.wh.canary')], [MEMBER('l/.wh..wh..opq')])
            self.assertEqual(self.meet(*layers), ['l'])

    def test_tricks_with_opaque_folders(self):
        lower = [MEMBER('a/b/c'), MEMBER('d')]
        opaque = '.wh..wh..opq'
        # It is a name, of whatever kind; what is in it, or comes from it, is nothing.
        for kind in ('folder', 'symlink', 'fifo', 'char'):
            self.assertEqual(self.meet(lower, [MEMBER('a/' + opaque, kind, link='/etc')]), ['a', 'd'])
        self.assertEqual(self.meet(lower, [MEMBER(f'a/{opaque}/', 'folder'), MEMBER(f'a/{opaque}/x')]), ['a', 'd'])
        self.assertEqual(self.meet(lower, [MEMBER(f'{opaque}/x'), MEMBER(f'a/b/.wh..wh.x/{opaque}')]), ['a', 'a/b', 'a/b/c', 'd'])
        self.meet(lower, [MEMBER('h', 'link', link='a/' + opaque)], refused='cannot link')
        self.assertEqual(self.meet(lower, [MEMBER('.wh.' + opaque)]), ['a', 'a/b', 'a/b/c', 'd'])
        # Of a file, of a link, of nothing.
        self.assertEqual(self.meet(lower, [MEMBER('d/' + opaque), MEMBER('none/' + opaque)])[:3], ['a', 'a/b', 'a/b/c'])
        self.assertEqual(self.meet([MEMBER('l', 'symlink', link=self.outside)], [MEMBER('l/' + opaque), MEMBER('l/new')]), ['l', 'l/new'])

    def test_names_without_a_name(self):
        for name in (b'', b'\0' * 8):
            self.meet(raw_header(name) + b'\0' * 1024, refused='not below its root')
        self.meet(raw_header(b'.', kind=b'2') + b'\0' * 1024, refused='')

    def test_names_that_are_too_long(self):
        self.meet([MEMBER('n' * 256)], refused='256 bytes')
        self.meet([MEMBER('n/' * 2048 + 'n')], refused='4097 bytes')
        self.meet([MEMBER('d/' * 500000 + 'n')], refused='')
        self.meet([MEMBER('l', 'symlink', link='t' * 5000)], refused='/l')
        self.assertEqual(len(self.meet([MEMBER('n/' * 2047 + 'n')])), 2048)

    def test_a_nul_ends_a_name(self):
        self.assertEqual(self.meet(pax(path=b'a\0/../../outside/canary') + raw_header() + b'\0' * 1024), ['a'])


class Links(HostileCase):
    def test_a_link_and_then_through_it(self):
        lasts = (MEMBER('l/canary', content=b'dead'), MEMBER('l/canary', 'folder'), MEMBER('l/c', 'fifo'),
                 MEMBER('l/deep/er/x'), MEMBER('l/c', 'link', link='a'))
        for link in (self.outside, '../outside', '/', '.', 'x/../../outside'):
            for last in lasts if link == self.outside else lasts[:1]:
                self.meet([MEMBER('a'), MEMBER('l', 'symlink', link=link), last], refused='symbolic link')
                # Another layer's link is replaced, as the folder of an upper layer hides it.
                found = self.meet([MEMBER('a'), MEMBER('l', 'symlink', link=link)], [last])
                self.assertIn('l/' + last[0].name.split('/')[1], found)

    def test_a_link_in_the_place_of_what_is_written(self):
        for link in (self.outside + '/canary', '../outside/canary', '/etc/passwd'):
            for kind in ('file', 'fifo', 'symlink'):
                self.assertEqual(self.meet([MEMBER('l', 'symlink', link=link), MEMBER('l', kind, link='y', mode=0)]),
                                 ['l'])
        self.assertEqual(self.meet([MEMBER('l', 'symlink', link=self.outside), MEMBER('l/', 'folder', mode=0)]), ['l'])

    def test_hard_links_do_not_lead_out(self):
        for link in (self.outside + '/canary', '/etc/passwd'):
            self.meet([MEMBER('h', 'link', link=link)], refused='cannot link')
        for link in (self.outside, '../outside'):
            self.meet([MEMBER('l', 'symlink', link=link), MEMBER('h', 'link', link='l/canary')], refused='cannot link')
        # A second name of the link itself, not of what it leads to.
        found = self.meet([MEMBER('l', 'symlink', link=self.outside + '/canary'), MEMBER('h', 'link', link='l'),
                           MEMBER('h', content=b'dead', mode=0)])
        self.assertEqual(found, ['h', 'l'])

    def test_links_to_proc(self):
        """As a name in the root they mean nothing; as places on the machine they would be this very process."""
        for link in ('/proc/self/root', '/proc/self/cwd', '/proc/self/fd', '/proc/1/root', '/proc/thread-self/root'):
            self.meet([MEMBER('l', 'symlink', link=link), MEMBER('l/canary')], refused='symbolic link')
            self.assertEqual(self.meet([MEMBER('l', 'symlink', link=link)], [MEMBER('l/etc/passwd')]), ['l', 'l/etc', 'l/etc/passwd'])
            self.meet([MEMBER('l', 'symlink', link=link), MEMBER('h', 'link', link='l' + self.outside + '/canary')], refused='cannot link')
            self.meet([MEMBER('h', 'link', link=link + self.outside + '/canary')], refused='cannot link')
            self.assertEqual(self.meet([MEMBER('l', 'symlink', link=link)], [MEMBER('l/.wh.etc'), MEMBER('l/.wh..wh..opq')]), ['l'])
        self.assertEqual(self.meet([MEMBER('proc/self/root/x'), MEMBER('proc/self/fd/3', 'symlink', link='/')])[-1], 'proc/self/root/x')

    def test_hard_links_to_folders_and_the_root(self):
        self.meet([MEMBER('d/', 'folder'), MEMBER('h', 'link', link='d')], refused='cannot link')
        self.meet([MEMBER('h', 'link', link='/')], refused='')
        self.meet([MEMBER('h', 'link', link='h')], refused='itself')
        self.meet([MEMBER('d/x'), MEMBER('d', 'link', link='d/x')], refused='')

    def test_many_links_among_folders(self):
        layer = [MEMBER('a', 'symlink', link='b'), MEMBER('b', 'symlink', link='a')]
        self.meet(layer + [MEMBER('a/x')], refused='symbolic link')
        self.assertEqual(self.meet(layer, [MEMBER('a/b/x')]), ['a', 'a/b', 'a/b/x', 'b'])


class Damage(HostileCase):
    def test_headers_that_lie(self):
        end = b'\0' * 1024
        for header in (raw_header(size=base256(-1)), raw_header(size=base256(2**63 - 1)),
                       raw_header(size=base256(2**80)), raw_header(size=b'77777777777'),
                       raw_header(uid=base256(-5, 8)), raw_header(uid=base256(2**40, 8)),
                       raw_header(gid=base256(2**32 - 1, 8)), raw_header(kind=b'M'), raw_header(kind=b'x', size=b'7'),
                       raw_header(kind=b'L', size=b'1'), b'not a tar at all'.ljust(512, b'.'),
                       b'\xff' * 512, pax(size=b'-1') + raw_header(), pax(size=b'9' * 30) + raw_header(),
                       pax(path=b'../x') + raw_header(), pax(linkpath=b'../x') + raw_header(kind=b'1')):
            self.meet([MEMBER('lower')], layout.make_tar([MEMBER('a')])[:512] + header + end, refused='')

    def test_extended_headers_that_say_something_else(self):
        """They count, and what they say is looked at as if the header had said it."""
        end, content = b'\0' * 1024, b'x' * 512
        for records in ({'path': b'/../../outside/canary'}, {'path': b'a/../../outside/canary'}, {'path': b'..'},
                        {'GNU.sparse.name': b'../outside/canary', 'GNU.sparse.major': b'1', 'GNU.sparse.minor': b'0',
                         'GNU.sparse.realsize': b'1'},
                        {'uid': b'-1'}, {'uid': b'4294967295'}, {'gid': b'99999999999999999999'}, {'size': b'99999999999'},
                        {'GNU.sparse.size': b'-1', 'GNU.sparse.map': b'0,-5', 'GNU.sparse.numblocks': b'1'}):
            self.meet(pax(**records) + raw_header(size=b'1') + content + end, refused='', options=('--max-size', '1M'))
        for linkpath in (b'../outside/canary', self.outside.encode() + b'/canary'):
            self.meet(pax(linkpath=linkpath) + raw_header(kind=b'1') + end, refused='')
        # An override of the size is what counts; the header's would take what follows for a header.
        self.assertEqual(self.meet(pax(size=b'512') + raw_header(b'a', size=b'0') + raw_header(b'inside') + raw_header(b'b') + end), ['a', 'b'])

    def test_every_bit_of_a_header_turned(self):
        good = layout.make_tar([MEMBER('a/', 'folder'), MEMBER('a/b', content=b'x' * 600, xattrs={'user.a': 'b'}),
                                MEMBER('c', 'link', link='a/b')])
        for at in range(0, 3072, 15000 // case.rounds(100) + 7):
            broken = bytearray(good)
            broken[at] ^= 0x15
            self.meet(bytes(broken), options=('--max-size', '1M'))

    def test_attributes(self):
        self.meet([MEMBER('x', xattrs={'user.' + 'n' * 300: 'v'})], refused="attribute")
        self.meet([MEMBER('x', xattrs={'user.': 'v'})], refused='attribute')
        self.meet([MEMBER('x', xattrs={f'user.{i}': 'v' for i in range(600)})], refused='more than')
        self.meet([MEMBER('x', xattrs={'security.capability': 'short'})], refused='security.capability')
        self.meet([MEMBER('x', xattrs={'system.posix_acl_access': 'short'})], refused='system.posix_acl_access')
        broken, _ = MEMBER('x')
        broken.pax_headers = {'SCHILY.acl.access': 'user::rwx,user:nobody-knows:rwx,group::r-x,mask::rwx,other::r--'}
        self.meet([(broken, b'')], refused='without a number')


class Bombs(HostileCase):
    def test_a_huge_hole_within_limits(self):
        info, _ = MEMBER('huge')
        info.pax_headers = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'huge',
                            'GNU.sparse.realsize': str(1 << 62)}
        info.size = 512
        layer = [(info, (b'1\n%d\n0\n' % (1 << 62)).ljust(512, b'\0'))]
        self.meet(layer, refused='bytes', options=('--max-size', '100G'))
        self.meet(layer, refused='huge')

    def test_a_map_of_holes_that_does_not_end(self):
        info, _ = MEMBER('map')
        body = b'99999999\n' + b'0\n0\n' * (4 * MIB)
        info.pax_headers = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'map',
                            'GNU.sparse.realsize': '1'}
        info.size = len(body)
        self.meet([(info, body)], refused='', measured=True)

    def test_a_header_that_does_not_end(self):
        self.meet(raw_header(kind=b'L', size=b'%o' % (64 * MIB)) + b'n' * (64 * MIB), refused='', measured=True)
        self.meet(pax(path=b'a') * 20000 + raw_header() + b'\0' * 1024, refused='', measured=True)

    def test_much_that_was_packed_into_little(self):
        info, _ = MEMBER('zeros')
        info.size = 256 * MIB
        path = self.path('bomb.tar.gz')
        with gzip.open(path, 'wb', compresslevel=1) as f:
            f.write(info.tobuf())
            for _ in range(256):
                f.write(bytes(MIB))
            f.write(bytes(1024))
        self.assertLess(os.path.getsize(path), 2 * MIB)
        for options, words in ((('--max-size', '64M'), 'bytes'), (('--max-file-size', '64M'), 'zeros')):
            self.meet(image='tarball:' + path, refused=words, options=options, measured=True)

    def test_what_follows_the_archive_counts(self):
        self.meet(layout.make_tar([MEMBER('a')]) + b'\0' * (8 * MIB), refused='bytes', options=('--max-size', '4M'), measured=True)

    def test_folders_as_deep_as_names_reach(self):
        deep = 'd/' * 2047
        self.meet([MEMBER(deep + str(i)) for i in range(10)])
        # And gone with them, also when it was not all.
        self.meet([MEMBER(deep + 'x'), MEMBER('no', 'link', link='x')], refused='cannot link')
        self.assertEqual(self.meet([MEMBER(deep + 'x')], [MEMBER('.wh.d')]), [])
        self.meet([MEMBER(deep + 'x')], [MEMBER('d/.wh..wh..opq'), MEMBER(deep + 'y')])

    def test_many_entries_in_little_memory(self):
        count = 200 * case.rounds(100)
        out = io.BytesIO()
        for i in range(count):
            out.write(raw_header(b'd%d/f%d' % (i % 100, i)))
        self.meet([MEMBER('lower')], out.getvalue() + b'\0' * 1024, refused='entries',
                  options=('--max-entries', str(count // 2)), measured=True)

    def test_it_ends_when_the_caller_does(self):
        process = self.start_cli('unpack', 'tarball:-', self.fresh_path('root'), stdin=subprocess.PIPE)
        process.stdin.write(layout.make_tar([MEMBER(f'f{i}', content=b'x' * 1000) for i in range(100)])[:100000])
        process.stdin.flush()
        time.sleep(0.2)
        process.kill()
        process.wait()
        process.stdin.close()
        self.assertTrue(case.traces.wait_until(
            lambda: [n for n in os.listdir(self.place) if n.startswith(('root', '.contain'))] == []))


if __name__ == '__main__':
    case.main()
