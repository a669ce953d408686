# SPDX-License-Identifier: MIT
"""Images with busybox for containers of images, and what tests of these have in common."""

import io
import os
import tarfile

from harness.layout import Layout, make_tar, member
from harness.place import GROUP, PASSWD, make_image


def of_root(info):
    info.uid = info.gid = 0
    return info


def root_tar(case_):
    """The bytes of a root file system with busybox, /data of the user app, and a file of that user's."""
    image = make_image(case_, passwd=PASSWD, group=GROUP)
    path = case_.fresh_path('tar')
    with tarfile.open(path, 'w') as tar:
        tar.add(image, arcname='.', filter=of_root)
        for info, content in (member('./data', 'folder', owner=(1500, 1600)),
                              member('./data/seed', content=b'seed\n', owner=(1500, 1600))):
            tar.addfile(info, io.BytesIO(content))
    with open(path, 'rb') as f:
        return f.read()


class Images:
    """What tests of every user have in common."""

    def prepare(self):
        self.copies = self.path('copies')
        self.tar = root_tar(self)

    def make_layout(self, **config):
        path = self.fresh_path('layout')
        Layout(path, [self.tar, make_tar([member('upper', content=b'2\n')])], **config)
        for folder, _, files in os.walk(path):
            for name in (folder, *(os.path.join(folder, file) for file in files)):
                os.chmod(name, os.stat(name).st_mode | 0o555)
        return f'oci:{path}:latest'

    def run_image(self, image, *argv, **options):
        result = self.cli('run', '--storage', self.copies, '--image', image, *argv, **options)
        if 'no request' in result.err or 'was made without' in result.err:
            self.skipTest(result.err.strip())
        return result

    def assert_runs(self, result, *lines):
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual([' '.join(line.split()) for line in result.out.splitlines()], list(lines), str(result))

    def assert_no_copies(self):
        self.assertEqual(os.listdir(self.copies), [])
        self.assert_no_trace()
