# SPDX-License-Identifier: MIT
"""Root file systems in which programs run in place: a copy of busybox each, that a test may change."""

import os
import shutil

from harness import case

PASSWD = ('root:x:0:0:root:/root:/bin/sh\n'
          'app:x:1500:1600:An App:/:/bin/sh\n'
          '# no:x:1:1::/:\n'
          'short:x:7\n')
GROUP = 'root:x:0:\nweb:x:1600:\nmore:x:1700:other,app\nrest:x:1800:apple\n'

# Waits for signals, without a child: in the host's pid namespace it would stay.
STAY = 'mkfifo /tmp/fifo 2>/dev/null; exec 9<>/tmp/fifo; while :; do read -r _ <&9; done'


def machine_mounts():
    with open('/proc/self/mountinfo', encoding='utf-8') as f:
        return f.read()


def make_image(case_, passwd=PASSWD, group=GROUP, env=None):
    """A root file system for one test; its path."""
    path = case_.fresh_path('image')
    shutil.copytree(case_.rootfs, path, symlinks=True)
    os.chmod(path, 0o755)
    os.chmod(os.path.join(path, 'tmp'), 0o1777)
    for name, text in (('etc/passwd', passwd), ('etc/group', group), ('.drootenv', env)):
        if text is not None:
            with open(os.path.join(path, name), 'w', encoding='utf-8') as f:
                f.write(text)
    return path


class PlaceCase(case.CliCase):
    """Whatever runs in place leaves the machine's mount table as it was."""

    def setUp(self):
        super().setUp()
        self.image = make_image(self)
        before = self.mounts()
        self.addCleanup(lambda: self.assertEqual(self.mounts(), before))

    def mounts(self):
        """The machine's mount table, without what other tests mount at the same time."""
        return [line for line in machine_mounts().splitlines() if 'contain-test-' not in line or self.place in line]

    def filled_folder(self, name, **files):
        """One of the test's own, with files of these texts; its path."""
        path = self.path(name)
        os.mkdir(path)
        for file, text in files.items():
            with open(os.path.join(path, file), 'w', encoding='utf-8') as f:
                f.write(text)
        return path

    def place_line(self, *argv, image=None):
        """The command line; @argv are options, then '--' and the program."""
        return self.command_line('run', '--in-place', '--rootfs', image or self.image, *argv)

    def in_place(self, *argv, image=None, **options):
        return self.end_program(self.start_program(self.place_line(*argv, image=image), **options))

    def inside(self, script, *options, image=None, **more):
        """What a shell says that runs in place."""
        result = self.in_place(*options, '--', 'sh', '-c', script, image=image, **more)
        self.assertEqual(result.status, 0, str(result))
        return result.out.strip()

    def refused(self, text, *argv, status=125, **options):
        result = self.in_place(*argv, **options)
        self.assertEqual(result.status, status, str(result))
        self.assertIn(text, result.err, str(result))
        self.assertEqual(result.err.count('\n'), 1, str(result))
