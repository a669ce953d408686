# SPDX-License-Identifier: MIT
"""contain-run umount: what another program has left mounted in a root file system. In a mount namespace of its own."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402
from harness.place import PlaceCase  # noqa: E402


class Umount(PlaceCase):
    """A script mounts, calls umount, and looks at what is left."""

    def setUp(self):
        super().setUp()
        # Its name has what mountinfo escapes; a sibling's begins with it.
        self.old = self.path('old root')
        self.sibling = self.old + '-2'
        for path in (self.old, self.sibling, *(os.path.join(self.old, name) for name in ('proc', 'sys', 'data', 'a b'))):
            os.mkdir(path)

    def shell(self, script, *argv):
        """Output and errors of a script, in which "$@" is contain-run."""
        environment = {**os.environ, 'R': self.old, 'S': self.sibling}
        result = self.program('unshare', '-m', 'sh', '-c', script, 'sh', *self.command_line('umount', *argv), env=environment)
        return result

    LEFT = '; echo $?; grep -cF "$(printf %s "$R" | sed "s/ /\\\\\\\\040/g")/" /proc/self/mountinfo'

    def test_all_below_deepest_first(self):
        result = self.shell('mount -t proc p "$R/proc" && mount --rbind /sys "$R/sys" && mount -t tmpfs t "$R/data" && '
                            'mkdir -p "$R/data/in" && mount -t tmpfs t "$R/data/in" && mount -t tmpfs t "$R/data/in" && '
                            'mount -t tmpfs t "$R/a b" && mount -t tmpfs t "$S" && "$@" --root "$R"' + self.LEFT +
                            '; grep -c "root-2" /proc/self/mountinfo')
        lines = result.out.splitlines()
        self.assertEqual(lines[-3:], ['0', '0', '1'], str(result))
        paths = [line[len(self.old):] for line in lines[:-3]]
        self.assertLess(paths.index('/data/in'), paths.index('/data'))
        self.assertEqual(paths.count('/data/in'), 2)
        self.assertIn('/a b', paths)
        self.assertIn('/sys', paths)
        for inner in [path for path in paths if path.startswith('/sys/')]:
            self.assertLess(paths.index(inner), paths.index('/sys'))

    def test_a_dry_run(self):
        result = self.shell('mount -t tmpfs t "$R/data" && mount -t proc p "$R/proc" && "$@"' + self.LEFT, '--root', self.old,
                            '--dry-run')
        self.assertEqual(sorted(result.out.splitlines()), [f'{self.old}/data', f'{self.old}/proc', '0', '2'], str(result))

    def test_the_folder_itself_stays(self):
        result = self.shell('mount --bind "$R" "$R" && mount -t tmpfs t "$R/data" && "$@" --root "$R"; '
                            'grep -c "old.040root " /proc/self/mountinfo')
        self.assertEqual(result.out.splitlines(), [f'{self.old}/data', '1'], str(result))

    def test_what_is_covered(self):
        result = self.shell('mkdir -p "$R/data/x/y" && mount -t tmpfs t "$R/data/x/y" && mount -t tmpfs t "$R/data" && '
                            '"$@" --root "$R"' + self.LEFT)
        self.assertEqual(result.out.splitlines(), [f'{self.old}/data', f'{self.old}/data/x/y', '0', '0'], str(result))

    def test_what_is_in_use(self):
        script = 'mount -t tmpfs t "$R/data" && mount -t tmpfs t "$R/a b" && exec 9>"$R/data/open" && '
        result = self.shell(script + '"$@" --root "$R"' + self.LEFT)
        self.assertEqual(result.out.splitlines(), [f'{self.old}/a b', '1', '1'], str(result))
        self.assertIn(f"cannot unmount '{self.old}/data': Device or resource busy", result.err)
        result = self.shell(script + '"$@" --lazy --root "$R"' + self.LEFT)
        self.assertEqual(result.out.splitlines()[-2:], ['0', '0'], str(result))

    def test_links_are_not_followed(self):
        """A folder on the way has become a link since: what it leads to stays mounted"""
        outside = self.path('outside')
        os.makedirs(os.path.join(outside, 'm'))
        os.makedirs(os.path.join(self.old, 'way', 'm'))
        result = self.shell(f'mount -t tmpfs t "$R/way/m" && mount -t tmpfs t "{outside}/m" && mv "$R/way" "$R/gone" && '
                            f'ln -s "{outside}" "$R/way" && "$@" --root "$R"' + self.LEFT + f'; grep -c outside/m /proc/self/mountinfo')
        self.assertEqual(result.out.splitlines()[-3:], ['0', '0', '1'], str(result))

    def test_a_link_to_the_folder(self):
        link = self.path('current')
        os.symlink(self.old, link)
        result = self.shell('mount -t tmpfs t "$R/data" && "$@"' + self.LEFT, '--root', link)
        self.assertEqual(result.out.splitlines(), [f'{self.old}/data', '0', '0'], str(result))

    def test_refusals(self):
        self.refuse('--root is missing', 'umount')
        self.refuse('is the root of the machine', 'umount', '--root', '/')
        self.refuse('cannot use', 'umount', '--root', '/not/there')
        self.assertEqual(self.succeed('umount', '--root', self.old).out, '')


if __name__ == '__main__':
    case.main()
