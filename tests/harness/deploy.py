# SPDX-License-Identifier: MIT
"""What the tests of deployments share: images by their versions, and whether what is in force is of one."""

import gzip
import json
import os

from harness import case
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
        self.top = self.path('app')

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
