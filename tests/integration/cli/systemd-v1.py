#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
--systemd-cgroup, where systemd runs and controllers have hierarchies of their own: it makes the scope in some of them,
the library in the others, and to the container they are one.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, systemd, traces  # noqa: E402


class Units(systemd.SeparateCase):
    def places(self, pid):
        """The paths of a process's cgroups, by the folder of the hierarchy."""
        found = {}
        with open(f'/proc/{pid}/cgroup', encoding='ascii') as f:
            for line in f.read().splitlines():
                _, controllers, path = line.split(':', 2)
                name = {'': 'unified', 'name=systemd': 'systemd'}.get(controllers, controllers)
                if name in self.hierarchies():
                    found[name] = path
        return found

    def test_the_process_is_in_every_hierarchy(self):
        name, unit = self.created()
        path = f'{self.manager_path()}/ct.slice/{unit}'
        self.assertEqual(self.show(unit, 'ControlGroup'), path)
        self.assertEqual(self.show(unit, 'Delegate'), 'yes')
        pid = self.state(name)['pid']
        self.assertEqual(self.places(pid), dict.fromkeys(self.hierarchies(), path))
        self.assertEqual(self.file(unit, 'systemd', 'cgroup.procs'), str(pid))
        self.succeed('start', name)
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assert_no_unit(unit)
        self.assert_no_trace()

    def test_what_it_starts_is_inside_and_ends_with_it(self):
        name, unit = self.created(script='sleep 100 & sleep 100 & wait')
        self.succeed('start', name)
        for hierarchy in self.hierarchies():
            with self.subTest(hierarchy=hierarchy):
                self.assertTrue(traces.wait_until(lambda at=hierarchy: len(self.file(unit, at, 'cgroup.procs').split()) == 3))
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)
        self.assert_no_trace()

    def test_other_commands_know_without_being_told(self):
        name, unit = self.created()
        self.global_options = ()
        self.succeed('start', name)
        self.assertEqual(self.status(name), 'running')
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)
        self.assert_no_trace()

    def test_run_leaves_nothing(self):
        name = self.fresh_id()
        self.assertEqual(self.cli('run', '--bundle', self.shell('exit 3').path, name).status, 3)
        self.assert_no_unit(f'contain-{name}.scope')
        self.assert_no_trace()

    def test_stopped_by_systemctl(self):
        name, unit = self.created()
        self.succeed('start', name)
        self.systemctl('kill', '--signal=KILL', unit)
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assert_no_unit(unit)
        self.assert_no_trace()

    def test_slices_go_with_the_container_that_made_them(self):
        mark = self.fresh_id().replace('-', '_')
        self.ids.append(mark)
        self.addCleanup(self.systemctl, 'stop', f'{mark}.slice', check=False)
        first, unit = self.created(path=f'{mark}-a.slice:test:{mark}_1')
        second, _ = self.created(path=f'{mark}-a.slice:test:{mark}_2')
        self.succeed('delete', '--force', second)
        self.assertEqual(self.status(first), 'created')
        self.succeed('delete', '--force', first)
        self.assert_no_unit(unit)
        # Now there are those that systemd has made, until they are stopped.
        self.systemctl('stop', f'{mark}.slice')
        self.assertTrue(traces.wait_until(lambda: not traces.cgroups_named([mark])), traces.cgroups_named([mark]))


class Refusals(systemd.SeparateCase):
    def test_a_later_failure_takes_the_unit_with_it(self):
        self.refused('/mounts/', change=lambda config: config['mounts'].append(
            {'destination': '/x', 'type': 'bind', 'source': '/no/such/folder', 'options': ['bind']}))

    def test_a_limit_that_the_kernel_refuses(self):
        def change(config):
            config['linux'].setdefault('resources', {})['cpu'] = {'cpus': '4000'}
        self.refused('/linux/resources/cpu/cpus', change=change)

    def test_properties_that_systemd_refuses(self):
        self.refused('/annotations/org.systemd.property.NoSuchProperty',
                     annotations={'org.systemd.property.NoSuchProperty': 'true'})


class Limits(systemd.SeparateCase):
    RESOURCES = {'memory': {'limit': 64 << 20, 'reservation': 16 << 20}, 'pids': {'limit': 50},
                 'cpu': {'shares': 512, 'quota': 20000, 'period': 50000, 'cpus': '0', 'mems': '0'}}

    def expect(self, unit):
        self.assert_properties(unit, {'MemoryLimit': str(64 << 20), 'TasksMax': '50', 'CPUShares': '512', 'AllowedCPUs': '0',
                                      'CPUQuotaPerSecUSec': '400ms', 'CPUQuotaPeriodUSec': '50ms'})
        for controller, name, value in (('memory', 'memory.limit_in_bytes', 64 << 20),
                                        ('memory', 'memory.soft_limit_in_bytes', 16 << 20),
                                        ('pids', 'pids.max', 50),
                                        ('cpu', 'cpu.shares', 512),
                                        ('cpu', 'cpu.cfs_quota_us', 20000),
                                        ('cpu', 'cpu.cfs_period_us', 50000),
                                        ('cpuset', 'cpuset.cpus', 0),
                                        ('cpuset', 'cpuset.mems', 0)):
            self.assertEqual(self.file(unit, controller, name), str(value), name)

    def test_in_the_unit_and_in_the_files(self):
        name, unit = self.created(self.RESOURCES)
        self.expect(unit)
        self.succeed('start', name)
        self.systemctl('daemon-reload')
        self.expect(unit)
        # Now systemd writes to the files that it has properties for.
        self.systemctl('set-property', '--runtime', unit, 'TasksMax=40')
        self.assertEqual(self.file(unit, 'pids', 'pids.max'), '40')
        self.systemctl('set-property', '--runtime', unit, 'TasksMax=50')
        self.expect(unit)
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)
        self.assert_no_trace()

    def test_devices_are_obeyed_after_a_reload(self):
        script = f'trap "head -c1 /dev/full | wc -c; cat /dev/kmsg" USR1; {case.WAIT}'
        b = self.shell(script)
        name = self.fresh_id()
        unit = f'test-{name}.scope'
        b.config['linux']['cgroupsPath'] = f'ct.slice:test:{name}'
        b.config['linux']['resources'] = {'devices': [{'allow': False, 'access': 'rwm'}]}
        b.config['linux']['devices'] = [{'path': '/dev/kmsg', 'type': 'c', 'major': 1, 'minor': 11}]
        b.save()
        created = self.succeed('create', '--bundle', b.path, name)
        self.succeed('start', name)
        before = set(self.file(unit, 'devices', 'devices.list').splitlines())
        self.assertIn('c 1:7 rwm', before)          # /dev/full
        self.assertNotIn('a *:* rwm', before)
        self.assertEqual(self.show(unit, 'DevicePolicy'), 'strict')
        self.assertIn('/dev/char/1:7 rwm', self.show(unit, 'DeviceAllow').splitlines())
        self.systemctl('daemon-reload')
        self.systemctl('set-property', '--runtime', unit, 'CPUShares=100')
        self.assertEqual(set(self.file(unit, 'devices', 'devices.list').splitlines()), before)
        self.succeed('kill', name, 'USR1')
        self.assertTrue(traces.wait_until(lambda: 'kmsg' in created.err), created.err)
        self.assertIn('Operation not permitted', created.err)
        self.assertEqual(created.out.strip(), '1')
        self.succeed('delete', '--force', name)


if __name__ == '__main__':
    case.main()
