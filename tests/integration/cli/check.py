#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contain-run check: all problems of a bundle, for people and as JSON, also without root."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402

NOBODY = 65534


class Check(case.CliCase):
    def made(self, change=None):
        """The folder of a bundle that others may look at, too."""
        made = self.bundle()
        if change:
            change(made.config)
            made.save()
        for folder in (self.place, made.path):
            os.chmod(folder, 0o755)
        return made.path

    def check(self, folder, *options, user=None):
        argv = [case.CONTAIN_RUN, '--root', self.root, 'check', *options, folder]
        if user is not None:
            argv = ['setpriv', f'--reuid={user}', f'--regid={user}', '--clear-groups', *argv]
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False, cwd='/')
        self.assertEqual(ended.stderr, '')
        self.assertFalse(os.path.exists(self.root))
        return ended

    def problems(self, folder, *options, user=None):
        ended = self.check(folder, '--json', *options, user=user)
        problems = json.loads(ended.stdout)['problems']
        self.assertEqual(ended.returncode, 1 if problems else 0)
        return [(p['cause'], p['pointer']) for p in problems]

    def test_none(self):
        folder = self.made()
        ended = self.check(folder)
        self.assertEqual((ended.returncode, ended.stdout), (0, 'no problems\n'))
        self.assertEqual(self.problems(folder), [])
        self.assertEqual(self.succeed('check', '-b', folder).out, 'no problems\n')
        self.assertEqual(self.succeed('check', cwd=folder).out, 'no problems\n')

    def test_text(self):
        def change(config):
            config['process']['cwd'] = 'tmp'
            config['process']['selinuxLabel'] = 'a:b:c'
            config['mounts'].append({'destination': '/x', 'type': 'bind', 'source': '/nonexistent', 'options': ['bind']})
        lines = self.check(self.made(change)).stdout.splitlines()
        self.assertEqual(lines[0], 'the configuration:')
        self.assertIn("  /process/cwd: path 'tmp' is not absolute [CT-314]", lines)
        self.assertTrue(any(line.startswith('  /mounts/') and '/nonexistent' in line for line in lines), lines)
        self.assertRegex(lines[-1], r'^\d+ problems$')

    def test_causes(self):
        def change(config):
            config['process']['selinuxLabel'] = 'a:b:c'
            config['mounts'].append({'destination': '/x', 'type': 'bind', 'source': '/nonexistent', 'options': ['bind']})
            config['hooks'] = {'createContainer': [{'path': '/bin/nothing-of-this-name'}]}
            config['mounts'].append({'destination': '/y'})
        found = self.problems(self.made(change))
        if not os.path.exists('/sys/fs/selinux/enforce'):
            self.assertIn(('kernel', '/process/selinuxLabel'), found)
        self.assertIn(('config', '/hooks/createContainer/0'), found)
        self.assertTrue(any(cause == 'config' and at.startswith('/mounts/') for cause, at in found), found)

    def test_a_user_without_privilege(self):
        """An ordinary bundle takes root, and says so for each namespace; other problems are listed beside."""
        def change(config):
            config['process']['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 1, 'hard': 1 << 40}]
            config['process']['oomScoreAdj'] = -1000
            config['process']['env'] = ['A=1', 'B']
        folder = self.made(change)
        found = self.problems(folder, user=NOBODY)
        self.assertIn(('privilege', '/linux/namespaces/0'), found)
        self.assertIn(('privilege', '/process/rlimits/0'), found)
        self.assertIn(('privilege', '/process/oomScoreAdj'), found)
        self.assertIn(('config', '/process/env/1'), found)
        ended = self.check(folder, user=NOBODY)
        self.assertIn('a right that this user lacks:', ended.stdout.splitlines())
        self.assertEqual(ended.returncode, 1)

    def test_limits_of_a_user(self):
        def change(config):
            config['linux']['namespaces'].append({'type': 'user'})
            config['linux']['uidMappings'] = [{'containerID': 0, 'hostID': 0, 'size': 1}]
            config['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 0, 'size': 1}]
        found = self.problems(self.made(change), user=NOBODY)
        self.assertTrue(any(cause == 'privilege' and 'Mappings' in at for cause, at in found), found)

    def test_absent_bundles(self):
        ended = self.check('/nonexistent')
        self.assertEqual(ended.returncode, 1)
        self.assertEqual(ended.stdout.splitlines()[-1], '1 problem')
        self.assertEqual(self.problems('/nonexistent'), [('config', '')])

    def test_usage(self):
        folder = self.made()
        self.refuse('two bundles', 'check', '--bundle', folder, folder)
        self.refuse('', 'check', '--nonsense')
        self.assertIn('check', self.succeed('help').out)
        self.assertIn('--json', self.succeed('help', 'check').out)


if __name__ == '__main__':
    case.main()
