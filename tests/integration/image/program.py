#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program behind all work on images: the installed copy of it, and what it gets from its caller and gives up."""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import calls  # noqa: E402
import fake_registry as fake  # noqa: E402
from harness import case, traces  # noqa: E402
from harness.rootless import RootlessCase  # noqa: E402

POLICY = '/proc/sys/vm/memfd_noexec'
PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(case.CONTAIN_RUN)))),
                       'libcontain/image/contain-image')


class Installed(calls.Calls):
    """In a pid namespace in which memfds are not executed, and a mount namespace where anything can be installed."""

    def obstacle(self):
        return super().obstacle() or (None if os.path.exists(POLICY) else f'needs {POLICY}, of Linux 6.3')

    def setUp(self):
        super().setUp()
        # The hint says where it has to be.
        result = self.under_policy('inspect', self.image)
        if 'Permission denied' in result.out:
            self.skipTest('the policy of a pid namespace cannot be set here')
        self.installed = re.search(r"forbids it, '([^']*)' has to be installed", result.err)
        self.assertTrue(self.installed, str(result))
        self.installed = self.installed.group(1)

    def under_policy(self, *argv, place=None, mode='755', before=()):
        """@place: what is installed. Where it belongs, and below a folder that is there, is a tmpfs."""
        script = f'{{ echo 2 >{POLICY}; }} 2>&1\n'
        if place:
            top = os.path.dirname(self.installed)
            while not os.path.isdir(top):
                top = os.path.dirname(top)
            script += f'mount -t tmpfs tmpfs {top}\ninstall -D -m {mode} {place} {self.installed}\n'
        return self.program('unshare', '--mount', '--pid', '--fork', '--mount-proc', 'sh', '-ec',
                            script + 'exec "$@"', 'sh', *before, *self.command_line(*argv))

    def test_it_is_used_where_memfds_may_not_be_executed(self):
        result = self.under_policy('unpack', self.image, self.path('a'), place=PROGRAM)
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(self.names('a'), ['etc', 'file-0', 'file-1', 'file-2'])

    def test_without_privilege(self):
        image = self.path('mine.tar')
        os.chmod(calls.write_tar(image), 0o644)
        os.chmod(self.place, 0o755)
        target = self.path('theirs')
        os.mkdir(target)
        os.chown(target, 65531, 65531)
        as_user = ['setpriv', '--reuid', '65531', '--regid', '65531', '--clear-groups', 'env', 'HOME=/']
        run = self.under_policy('unpack', '--owner', 'me', image, target, place=PROGRAM, before=as_user)
        self.assertEqual(run.status, 0, str(run))
        self.assertEqual(os.stat(os.path.join(target, 'file-0')).st_uid, 65531)

    def test_one_that_others_can_write_to_is_not_used(self):
        result = self.under_policy('unpack', self.image, self.path('a'), place=PROGRAM, mode='775')
        self.assertEqual(result.status, 1, str(result))
        self.assertIn('permission denied', result.err)

    def test_one_of_another_version_says_so(self):
        version = json.loads(self.cli('features').out)['annotations']['libcontain.version']
        other = re.sub('[0-9]', lambda digit: str((int(digit.group()) + 1) % 10), version)
        with open(PROGRAM, 'rb') as f:
            data = f.read()
        self.assertIn(version.encode() + b'\0', data)
        with open(self.path('other'), 'wb') as f:
            f.write(data.replace(version.encode() + b'\0', other.encode() + b'\0'))
        result = self.under_policy('unpack', self.image, self.path('a'), place=self.path('other'))
        self.assertEqual(result.status, 1, str(result))
        self.assertIn(f"contain-image is of version '{other}', and the library of '{version}'", result.err)
        self.assertIn('has to be started again', result.err)
        self.assertFalse(os.path.exists(self.path('a')))


class Surroundings(RootlessCase):
    """What the program has while it works: it reads an image from a pipe that nobody closes."""

    def setUp(self):
        super().setUp()
        calls.need_images(self)
        self.image = calls.write_tar(os.path.join(self.place, 'image.tar'))

    def worker(self):
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        self.addCleanup(os.close, write_end)
        extra = os.dup2(write_end, 77)
        self.addCleanup(os.close, extra)
        process = self.start_cli('unpack', '--owner', 'me', '-', self.path('a'), stdin=read_end, pass_fds=[extra],
                                 environment={'SECRET_OF_MINE': 'x', 'http_proxy': 'http://127.0.0.1:1'})
        os.close(read_end)
        self.addCleanup(self.end_program, process)
        self.addCleanup(process.terminate)
        found = traces.wait_until(lambda: [pid for pid in calls.children_of(process.pid)
                                           if calls.comm(pid) == 'contain-image' and self.status(pid)['NoNewPrivs'] == '1'])
        self.assertTrue(found)
        return process.pid, found[0]

    @staticmethod
    def status(pid):
        with open(f'/proc/{pid}/status', encoding='ascii') as f:
            return dict(line.rstrip('\n').replace('\t', '').split(':', 1) for line in f)

    def test_what_it_gets_and_what_it_gives_up(self):
        self.need_root()
        host, worker = self.worker()
        with open(f'/proc/{worker}/environ', 'rb') as f:
            names = {entry.split(b'=')[0].decode() for entry in f.read().split(b'\0') if entry}
        self.assertNotIn('SECRET_OF_MINE', names)
        self.assertIn('http_proxy', names)
        fds = {int(fd): os.readlink(f'/proc/{worker}/fd/{fd}') for fd in os.listdir(f'/proc/{worker}/fd')}
        self.assertNotIn(77, fds)
        self.assertEqual([fds[0], fds[1]], ['/dev/null', '/dev/null'])
        theirs = {os.readlink(f'/proc/{host}/fd/{fd}') for fd in os.listdir(f'/proc/{host}/fd')}
        files = {link for link in fds.values() if link.startswith('/') and link != '/dev/null'}
        self.assertLessEqual(files, {self.place, '/var/tmp'} | {link for link in theirs if link.startswith(self.place)} |
                             {link for link in files if link.endswith(' (deleted)')}, fds)
        self.assertEqual(self.status(worker)['Uid'].split(), self.status(host)['Uid'].split())
        # What cannot be dumped or traced by its user belongs to root.
        self.assertEqual((os.stat(f'/proc/{host}/environ').st_uid, os.stat(f'/proc/{worker}/environ').st_uid), (self.uid, 0))


class Helpers(case.CliCase):
    def test_what_a_program_for_credentials_gets(self):
        registry = fake.BasicRegistry()
        self.addCleanup(registry.close)
        registry.add('1', fake.Image(fake.layer({'a': b'1'})))
        seen, folder = self.path('seen'), self.path('bin')
        os.mkdir(folder)
        program = os.path.join(folder, 'docker-credential-test')
        with open(program, 'w', encoding='utf-8') as f:
            f.write(f'''#!/bin/sh
exec 3>{seen}
umask >&3
ls -l /proc/self/fd >&3
echo "secret: $SECRET_OF_MINE" >&3
grep -E '^(SigBlk|SigIgn|NoNewPrivs)' /proc/self/status >&3
echo '{{"Username":"{registry.user}","Secret":"{registry.password}"}}'
''')
        os.chmod(program, 0o755)
        with open(self.path('auth.json'), 'w', encoding='utf-8') as f:
            json.dump({'credHelpers': {registry.host: 'test'}}, f)
        self.succeed('inspect', '--insecure', '--authfile', self.path('auth.json'), registry.image(),
                     env={**os.environ, 'PATH': f'{folder}:{os.environ["PATH"]}', 'SECRET_OF_MINE': 'x'})
        with open(seen, encoding='utf-8') as f:
            text = f.read()
        self.assertEqual(int(text.split('\n')[0], 8), 0o077)
        for word in ('socket:', 'memfd:', 'contain-'):
            self.assertNotIn(word, text.replace(seen, ''))
        self.assertIn('secret: \n', text)
        status = dict(line.split(':\t') for line in text.split('secret: \n')[1].splitlines())
        self.assertEqual((status['NoNewPrivs'], int(status['SigBlk'], 16)), ('1', 0))
        # But for those that are the C library's own.
        self.assertEqual(int(status['SigIgn'], 16) & 0x7fffffff, 0)


if __name__ == '__main__':
    case.main()
