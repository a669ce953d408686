# SPDX-License-Identifier: MIT
"""
What the tests of deployments share: images by their versions, and whether what is in force is of one. They are deployed
into memory, where nothing waits for a disk that others write to.
"""

import gzip
import json
import os
import signal
import subprocess

from harness import case, traces
from harness.layout import Layout, make_tar, member


def content(version):
    return [member('./', 'folder'), member('bin', 'folder'), member('bin/app', content=version.encode() * 100, mode=0o755, owner=(5, 6)),
            member('etc', 'folder'), member('etc/version', content=version.encode()),
            member('etc/same', content=b'same'), member('etc/link', 'link', link='etc/same'),
            member('data', 'folder', mode=0o750)] + [
                member(f'data/{i}', content=f'{version}{i}'.encode()) for i in range(40)]


class DeployCase(case.CliCase):
    def setUp(self):
        super().setUp()
        self.memory = self.path('memory')
        os.mkdir(self.memory)
        subprocess.run(['mount', '-t', 'tmpfs', 'none', self.memory], check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', self.memory], check=True)
        self.top = self.memory + '/app'

    def image(self, version):
        return Layout(self.fresh_path('image'), [content(version)])

    def archive(self, version):
        path = self.fresh_path('archive')
        with open(path, 'wb') as f:
            f.write(gzip.compress(make_tar(content(version)), mtime=0))
        return path

    def deploy(self, name, *options, **popen):
        return json.loads(self.succeed('deploy', '--root', self.top, '--json', *options, name, **popen).out)

    def rollback(self, *options):
        return json.loads(self.succeed('rollback', '--root', self.top, '--json', *options).out)

    def prune(self, *options):
        return json.loads(self.succeed('prune', '--root', self.top, '--json', *options).out)

    def releases(self):
        return json.loads(self.succeed('releases', '--root', self.top, '--json').out)

    def version(self, folder=None):
        with open((folder or self.top + '/current') + '/etc/version', encoding='utf-8') as f:
            return f.read()

    def check_whole(self, folder=None):
        """All files of what is in force are of one version. Returns that."""
        folder = folder or self.top + '/current'
        version = self.version(folder)
        for i in range(40):
            with open(f'{folder}/data/{i}', encoding='utf-8') as f:
                self.assertEqual(f.read(), f'{version}{i}')
        with open(f'{folder}/bin/app', encoding='utf-8') as f:
            self.assertEqual(f.read(), version * 100)
        return version

    def entries(self):
        return sorted(os.listdir(self.top + '/releases'))

    def rootfs_of(self, name):
        return f'{self.top}/releases/{name}/rootfs'

    # --- those who use something ---

    def holder(self, *argv, **options):
        """A process that stays until its input ends, and has said that it is there."""
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.release, process)
        self.assertEqual(process.stdout.readline(), b'there\n')
        return process

    @staticmethod
    def release(process):
        process.stdin.close()
        process.wait()

    # --- those who are killed ---

    @staticmethod
    def programs(pid):
        """The process and those that it has started."""
        found = [pid]
        for name in os.listdir('/proc'):
            try:
                with open(f'/proc/{name}/stat', encoding='ascii', errors='replace') as f:
                    if int(f.read().rpartition(')')[2].split()[1]) == pid:
                        found.append(int(name))
            except (OSError, ValueError, IndexError):
                continue
        return found

    def kill(self, pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def wait_for_orphans(self):
        self.assertTrue(traces.wait_until(lambda: not traces.reap_ended()))

    def traced(self, call, what, *argv):
        """Runs a command of which the system call @call is tampered with, as strace(1) has it in "inject"."""
        result = self.program('strace', '-f', '-qq', '-o', '/dev/null', '-e', f'trace={call}', '-e', f'inject={call}:{what}',
                              *self.command_line(*argv), env=traces.untraced())
        self.wait_for_orphans()
        return result
