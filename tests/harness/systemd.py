# SPDX-License-Identifier: MIT
"""Test cases that have contain-run ask systemd for the container's cgroup, and look at the unit it makes."""

import os
import subprocess

from harness import bundle, case, traces

CGROUPS = '/sys/fs/cgroup'


def is_unified():
    return os.path.exists(f'{CGROUPS}/cgroup.controllers')


class SystemdCase(case.CliCase):
    global_options = ('--systemd-cgroup',)

    def obstacle(self):
        if not os.path.isdir('/run/systemd/system'):
            return 'needs a machine that systemd runs'
        if self.systemctl('show', '--property=Version', check=False).returncode != 0:
            return 'needs a systemd manager that answers'
        return None if bundle.find_busybox() else 'needs a static busybox'

    def setUp(self):
        super().setUp()
        self.groups = {}

    @staticmethod
    def manager():
        """What makes systemctl and systemd-run talk to the manager that contain-run has."""
        return [] if os.geteuid() == 0 else ['--user']

    def systemctl(self, *arguments, check=True):
        result = subprocess.run(['systemctl', *self.manager(), '--no-pager', *arguments], capture_output=True, text=True,
                                check=False, timeout=case.SECONDS)
        if check:
            self.assertEqual(result.returncode, 0, f'{arguments}: {result.stderr}')
        return result

    def systemd_run(self, *arguments, **options):
        return subprocess.run(['systemd-run', *self.manager(), '--quiet', *arguments], capture_output=True, text=True,
                              check=False, **{'timeout': 2 * case.SECONDS, **options})

    def show(self, unit, name):
        return self.systemctl('show', '--value', f'--property={name}', unit).stdout.strip()

    def assert_properties(self, unit, expected):
        output = self.systemctl('show', f'--property={",".join(expected)}', unit).stdout
        self.assertEqual(dict(line.split('=', 1) for line in output.splitlines()), expected)

    def group(self, unit):
        """The path of the unit's cgroup, asked for once."""
        found = self.groups.get(unit) or self.show(unit, 'ControlGroup')
        self.groups[unit] = found
        return found

    def is_loaded(self, unit):
        return self.show(unit, 'LoadState') == 'loaded'

    def assert_no_unit(self, unit):
        self.assertTrue(traces.wait_until(lambda: not self.is_loaded(unit)), f'{unit} is still there')

    def manager_path(self):
        return self.systemctl('show', '--value', '--property=ControlGroup').stdout.strip()

    def created(self, resources=None, path=None, annotations=None, script=case.WAIT):
        """The id and the unit of a container that was created."""
        b = self.shell(script)
        name = self.fresh_id()
        b.config['linux']['cgroupsPath'] = path or f'ct.slice:test:{name}'
        b.config['linux'].setdefault('resources', {}).update(resources or {})
        b.config['annotations'] = annotations or {}
        b.save()
        self.succeed('create', '--bundle', b.path, name)
        return name, f'test-{name}.scope'

    def refused(self, text, path=None, annotations=None, change=None):
        b = self.shell('true')
        name = self.fresh_id()
        if path:
            b.config['linux']['cgroupsPath'] = path
        b.config['annotations'] = annotations or {}
        if change:
            change(b.config)
        b.save()
        result = self.refuse(text, 'create', '--bundle', b.path, name)
        if not path:
            self.assert_no_unit(f'contain-{name}.scope')
        self.assert_no_trace()
        return result


class UnifiedCase(SystemdCase):
    """On cgroup v2."""

    def obstacle(self):
        return super().obstacle() if is_unified() else 'needs cgroup v2'

    def file(self, unit, name):
        with open(f'{CGROUPS}{self.group(unit)}/{name}', encoding='ascii') as f:
            return f.read().strip()


class SeparateCase(SystemdCase):
    """Where controllers have hierarchies of their own, cgroup v1: beside v2 (hybrid) or without it (legacy)."""

    def obstacle(self):
        if is_unified() or not os.path.isdir(f'{CGROUPS}/systemd'):
            return 'needs cgroup v1'
        return 'needs root' if os.geteuid() != 0 else super().obstacle()

    @staticmethod
    def hierarchies():
        """The folders that hierarchies are mounted at, by name; links for single controllers are not."""
        return sorted(name for name in os.listdir(CGROUPS)
                      if os.path.ismount(f'{CGROUPS}/{name}') and not os.path.islink(f'{CGROUPS}/{name}'))

    def file(self, unit, controller, name):
        with open(f'{CGROUPS}/{controller}{self.group(unit)}/{name}', encoding='ascii') as f:
            return f.read().strip()
