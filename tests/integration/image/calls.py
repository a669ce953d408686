# SPDX-License-Identifier: MIT
"""inspect and unpack: what they print, where they write, and that a call which ends early leaves nothing behind."""

import io
import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces                                    # noqa: E402
from harness.rootless import COUNT, FIRST, GID, NAME, UID, RootlessCase   # noqa: E402


def add(archive, name, content=None, **attributes):
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
    member.mode = 0o755
    member.size = len(content or b'')
    for key, value in attributes.items():
        setattr(member, key, value)
    archive.addfile(member, io.BytesIO(content) if content else None)


def write_tar(path, files=3, size=1000, **attributes):
    with tarfile.open(path, 'w') as archive:
        add(archive, 'etc')
        add(archive, 'etc/passwd', b'root:x:0:0::/:/bin/sh\n')
        for i in range(files):
            add(archive, f'file-{i}', bytes([i % 256]) * size, **attributes)
    return path


def need_images(test):
    if json.loads(test.cli('features').out)['annotations']['libcontain.images'] != 'true':
        test.skipTest('this build has no part for images')


class Calls(case.CliCase):
    def setUp(self):
        super().setUp()
        need_images(self)
        self.image = write_tar(self.path('image.tar'))

    def names(self, path='.'):
        return sorted(os.listdir(os.path.join(self.place, path)))


class Unpack(Calls):
    def expect_root(self, path):
        self.assertEqual(self.names(path), ['etc', 'file-0', 'file-1', 'file-2'])
        self.assertEqual(os.path.getsize(self.path(f'{path}/file-2')), 1000)

    def test_to_a_folder_that_is_not_there(self):
        self.succeed('unpack', self.image, self.path('a'))
        self.expect_root('a')
        self.succeed('unpack', self.image, self.path('b') + '//')
        self.expect_root('b')
        self.succeed('unpack', 'image.tar', 'c', cwd=self.place)
        self.expect_root('c')
        self.assertFalse([name for name in self.names() if name.startswith('.')])

    def test_to_an_empty_folder(self):
        os.mkdir(self.path('a'))
        before = os.stat(self.path('a')).st_ino
        self.succeed('unpack', self.image, self.path('a'))
        self.expect_root('a')
        self.assertEqual(os.stat(self.path('a')).st_ino, before)
        os.mkdir(self.path('b'))
        self.succeed('unpack', '../image.tar', '.', cwd=self.path('b'))
        self.expect_root('b')

    def test_from_standard_input(self):
        with open(self.image, 'rb') as f:
            self.succeed('unpack', '-', self.path('a'), stdin=f)
        self.expect_root('a')
        with subprocess.Popen(['cat', self.image], stdout=subprocess.PIPE) as pipe:
            self.succeed('unpack', '-', self.path('b'), stdin=pipe.stdout)
        self.expect_root('b')

    def test_what_is_in_the_way_stays(self):
        os.mkdir(self.path('full'))
        with open(self.path('full/x'), 'w', encoding='ascii'):
            pass
        self.refuse('directory not empty [CT-614]', 'unpack', self.image, self.path('full'))
        self.assertEqual(self.names('full'), ['x'])
        self.refuse('not a directory', 'unpack', self.image, self.image)
        self.refuse('no such file', 'unpack', self.image, self.path('no/such/parent'))
        os.symlink('nowhere', self.path('link'))
        self.refuse("there is a 'link' already", 'unpack', self.image, self.path('link'))
        self.assertEqual(os.readlink(self.path('link')), 'nowhere')
        self.assertFalse(os.path.exists(self.path('nowhere')))

    def test_a_failure_leaves_nothing(self):
        os.mkdir(self.path('empty'))
        big = write_tar(self.path('big.tar'), files=50, size=100000)
        os.truncate(big, 2500000)
        before = [name for name in self.names() if not name.startswith(('out', 'err'))]
        for target in ('new', 'empty'):
            self.refuse('[CT-', 'unpack', big, self.path(target))
            self.refuse('[CT-617]', 'unpack', '--max-size', '2K', self.image, self.path(target))
            self.refuse('[CT-617]', 'unpack', '--max-entries', '2', self.image, self.path(target))
            self.refuse('[CT-', 'unpack', self.path('no-such-image'), self.path(target))
        self.assertEqual(self.names('empty'), [])
        self.assertEqual([name for name in self.names() if not name.startswith(('out', 'err'))], before)

    def test_options_that_are_none(self):
        for words, *line in (('is none of', '--owner', 'x'), ('is none of', '--owner', '1:2:3'),
                             ('exclude each other', '--owner', 'me', '--uid-map', '0:1:1'),
                             ('of no use', '--gid-map', '0:1:1'), ('id map', '--uid-map', '0:1'),
                             ('id map', '--uid-map', '0:1:0'), ('id map', '--uid-map', '-1:1:1'),
                             ('id map', '--uid-map', '0:4294967295:2'), ('no number', '--max-size', '1Q'),
                             ('no number', '--max-size', '17179869184G'), ('no number', '--max-depth', '-1'),
                             ('no duration', '--timeout', 'x'), ('no duration', '--timeout', '0s')):
            self.refuse(words, 'unpack', *line, self.image, self.path('a'))
        self.refuse('is not utf-8', 'unpack', os.fsdecode(b'\xff'), self.path('a'))
        self.assertFalse(os.path.exists(self.path('a')))

    def test_owners(self):
        image = write_tar(self.path('owned.tar'), uid=7, gid=8)
        self.succeed('unpack', image, self.path('as-is'))
        self.succeed('unpack', '--owner', '1234:5678', image, self.path('single'))
        self.succeed('unpack', '--uid-map', '0:100000:10', '--gid-map', '0:200000:5', '--gid-map', '5:300000:5', image,
                     self.path('shifted'))
        for name, *owner in (('as-is', 7, 8), ('single', 1234, 5678), ('shifted', 100007, 300003)):
            status = os.stat(self.path(f'{name}/file-0'))
            self.assertEqual([status.st_uid, status.st_gid], owner, name)
        self.refuse('[CT-', 'unpack', '--uid-map', '0:100000:7', image, self.path('outside'))
        self.assertFalse(os.path.exists(self.path('outside')))


class Early(Calls):
    """Ends before the end: an image on a pipe that nobody closes."""

    def setUp(self):
        super().setUp()
        self.before = None
        self.read_end, self.write_end = os.pipe2(os.O_CLOEXEC)
        self.addCleanup(self.close_pipe)
        with open(self.image, 'rb') as f:
            os.write(self.write_end, f.read(2048))

    def close_pipe(self):
        for fd in (self.read_end, self.write_end):
            os.close(fd)

    def start(self, target, *options):
        self.before = self.names()
        process = self.start_cli('unpack', *options, '-', self.path(target), stdin=self.read_end)
        return process

    def worker(self, process):
        """contain-image, once it has taken what the pipe had."""
        def find():
            for pid in traces.children() + children_of(process.pid):
                if comm(pid) == 'contain-image' and not select.select([self.read_end], [], [], 0)[0]:
                    return pid
            return None
        found = traces.wait_until(find)
        self.assertTrue(found)
        return found

    def expect_nothing(self, worker):
        self.assertTrue(traces.wait_until(lambda: not traces.reap_ended()), f'{worker} goes on')
        self.assertEqual([n for n in self.names() if not n.startswith(('out', 'err'))],
                         [n for n in self.before if not n.startswith(('out', 'err'))])

    def test_the_host_is_killed(self):
        process = self.start('new')
        worker = self.worker(process)
        process.kill()
        process.wait()
        self.expect_nothing(worker)

    def test_time_is_over(self):
        process = self.start('new', '--timeout', '300ms')
        result = self.end_program(process)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('[CT-115]', result.err)
        self.assertNotIn('hint', result.err)
        self.expect_nothing(None)

    def test_signals_end_it_and_it_cleans_up_first(self):
        for signo in (signal.SIGINT, signal.SIGTERM):
            process = self.start('new')
            self.worker(process) if signo == signal.SIGINT else traces.wait_until(lambda: children_of(process.pid))
            process.send_signal(signo)
            result = self.end_program(process)
            self.assertEqual(result.status, -signo, str(result))
            self.expect_nothing(None)

    def test_the_program_is_killed(self):
        process = self.start('new')
        os.kill(self.worker(process), signal.SIGKILL)
        result = self.end_program(process)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('contain-image was ended by signal 9', result.err)

    def test_the_program_is_asked_to_end(self):
        process = self.start('new')
        os.kill(self.worker(process), signal.SIGTERM)
        result = self.end_program(process)
        self.assertEqual(result.status, 1, str(result))
        self.expect_nothing(None)


def children_of(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as f:
            return [int(word) for word in f.read().split()]
    except FileNotFoundError:
        return []


def comm(pid):
    try:
        with open(f'/proc/{pid}/cmdline', encoding='utf-8') as f:
            return f.read().split('\0')[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


class Inspect(Calls):
    def test_a_root_file_system(self):
        told = json.loads(self.succeed('inspect', self.image).out)
        self.assertEqual(told, {'name': self.image, 'config': {}, 'layers': [{'index': 0}]})
        told = json.loads(self.succeed('inspect', f'dir:{self.rootfs}').out)
        self.assertEqual(told['name'], f'dir:{self.rootfs}')

    def test_what_is_not_there(self):
        self.refuse('[CT-602]', 'inspect', self.path('nothing'))
        self.refuse('[CT-', 'inspect', f'oci:{self.path("nothing")}')
        self.refuse('[CT-', 'inspect', '')

    def test_many_at_once(self):
        processes = [self.start_cli('inspect', self.image) for _ in range(20)]
        for process in processes:
            self.assertEqual(self.end_program(process).status, 0)


class Progress(Calls):
    """A line that changes, on a terminal only."""

    def on_terminal(self, *options, term='xterm'):
        image = write_tar(self.path('large.tar'), files=200, size=100000)
        master, slave = pty.openpty()
        process = subprocess.Popen(self.command_line('unpack', *options, image, self.fresh_path('a')), stderr=slave,
                                   env={**os.environ, 'TERM': term})
        os.close(slave)
        shown = b''
        while True:
            try:
                shown += os.read(master, 4096)
            except OSError:
                break
        os.close(master)
        self.assertEqual(process.wait(), 0)
        return shown.decode()

    def test_on_a_terminal(self):
        shown = self.on_terminal()
        self.assertRegex(shown, r'\r\w+ .*B')
        self.assertTrue(shown.endswith('\r\x1b[K'), shown[-100:])

    def test_not_elsewhere(self):
        self.assertEqual(self.on_terminal('--quiet'), '')
        self.assertEqual(self.on_terminal(term='dumb'), '')
        result = self.succeed('unpack', self.image, self.path('b'))
        self.assertEqual(result.out + result.err, '')


class Rootless(RootlessCase):
    def setUp(self):
        super().setUp()
        need_images(self)
        self.image = write_tar(os.path.join(self.place, 'image.tar'), uid=7, gid=8)

    def test_one_owner(self):
        result = self.cli('unpack', '--owner', 'me', self.image, self.path('a'))
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(os.stat(self.path('a/file-0')).st_uid, self.uid)

    def test_owners_of_the_image_are_not_the_users_to_give(self):
        result = self.cli('unpack', self.image, self.path('a'))
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('operation not permitted', result.err)
        self.assertFalse(os.path.exists(self.path('a')))

    def test_subordinate_ids(self):
        world = self.known_user()
        result = self.cli('unpack', '--owner', 'subids', self.image, self.path('a'), world=world)
        self.assertEqual(result.status, 0, str(result))
        for name, uid, gid in (('etc/passwd', UID, GID), ('file-0', FIRST + 6, FIRST + 7)):
            status = os.lstat(self.path(f'a/{name}'))
            self.assertEqual((status.st_uid, status.st_gid), (uid, gid), name)
        self.assertEqual(stat.S_IMODE(os.stat(self.path('a/file-0')).st_mode), 0o755)

    def test_subordinate_ids_that_do_not_suffice(self):
        world = self.known_user()
        image = write_tar(os.path.join(self.place, 'far.tar'), uid=COUNT + 5)
        result = self.cli('unpack', '--owner', 'subids', image, self.path('a'), world=world)
        self.assertEqual(result.status, 1, str(result))
        self.assertFalse(os.path.exists(self.path('a')))
        result = self.cli('unpack', '--owner', 'subids', image, self.path('a'), world=self.known_user(subuid=''))
        self.assertIn(f"has no ids for user '{NAME}'", result.err)


if __name__ == '__main__':
    case.main()
