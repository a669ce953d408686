#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The small programs of examples/: each does what its first comment says."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402

EXAMPLES = os.path.dirname(os.path.dirname(case.CONTAIN_RUN))


class Programs(case.CliCase):
    def example(self, name, *argv, **options):
        """They use the default state root, with the ids that the library makes."""
        return self.program(os.path.join(EXAMPLES, name), *argv, **options)

    def test_minimal(self):
        result = self.example('minimal', self.rootfs, 'sh', '-c', 'echo inside; exit 3')
        self.assertEqual((result.status, result.out, result.err), (3, 'inside\n', ''), str(result))
        result = self.example('minimal', self.rootfs, '/absent')
        self.assertEqual((result.status, result.out), (1, ''))
        self.assertIn('/absent', result.err)

    def test_console(self):
        result = self.example('console', self.rootfs, 'sh', '-c', 'tty && stty size; exit 4')
        self.assertEqual(result.status, 4, str(result))
        self.assertEqual(result.out.split()[-2:], ['24', '80'], str(result))

    def test_poll_loop(self):
        bundles = [self.shell(f'echo {n}; exit {n}').path for n in (5, 6, 7)]
        result = self.example('poll-loop', *bundles)
        self.assertEqual(result.status, 0, str(result))
        for n in (5, 6, 7):
            self.assertIn(f': ended, code {n}, signal 0\n', result.out)
        self.assertEqual(result.out.count(': started, pid '), 3, str(result))
        result = self.example('poll-loop', bundles[0], '/absent', bundles[1])
        self.assertEqual(result.status, 1)
        self.assertIn('/absent', result.err)

    def test_become(self):
        b = self.shell('echo $$; exit 6')
        b.config['linux']['namespaces'] = [n for n in b.config['linux']['namespaces'] if n['type'] != 'pid']
        process = self.start_program([os.path.join(EXAMPLES, 'become'), b.save().path])
        result = self.end_program(process)
        self.assertEqual((result.status, result.out), (6, f'{process.pid}\n'), str(result))
        result = self.example('become', self.bundle().path)
        self.assertEqual(result.status, 125)
        self.assertIn('/linux/namespaces', result.err)

    def test_dry_run(self):
        good, bad = self.bundle(), self.bundle()
        bad.config['process']['cwd'] = 'relative'
        result = self.example('dry-run', good.path, bad.save().path)
        self.assertEqual(result.status, 1)
        first, second = result.out.splitlines()
        self.assertEqual(first, f'{good.path}: fine')
        self.assertIn("at '/process/cwd'", second)


if __name__ == '__main__':
    case.main()
