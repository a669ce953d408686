#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
--systemd-cgroup, on a machine that systemd runs: as root with the machine's manager, as a user with their own. What is
asked for is to be seen in the unit and in the cgroup's files alike.
"""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, systemd, traces  # noqa: E402


class Units(systemd.UnifiedCase):
    def test_scope_around_the_container(self):
        name, unit = self.created()
        self.assert_properties(unit, {'ActiveState': 'active', 'Slice': 'ct.slice', 'Delegate': 'yes', 'Transient': 'yes',
                                      'ControlGroup': f'{self.manager_path()}/ct.slice/{unit}'})
        self.assertEqual(self.file(unit, 'cgroup.procs'), str(self.state(name)['pid']))
        self.succeed('start', name)
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assert_no_unit(unit)
        self.assert_no_trace()

    def test_slices_are_nested(self):
        name = self.fresh_id()
        b = self.shell(case.WAIT)
        b.config['linux']['cgroupsPath'] = f'ct-a-b.slice::{name}'
        b.save()
        self.succeed('create', '--bundle', b.path, name)
        self.assertEqual(self.show(f'{name}.scope', 'ControlGroup'),
                         f'{self.manager_path()}/ct.slice/ct-a.slice/ct-a-b.slice/{name}.scope')
        self.succeed('delete', '--force', name)
        self.assert_no_unit(f'{name}.scope')

    def test_usual_name(self):
        name = self.fresh_id()
        b = self.shell(case.WAIT)
        b.config['linux'].pop('cgroupsPath', None)
        b.save()
        self.succeed('create', '--bundle', b.path, name)
        self.assertEqual(self.show(f'contain-{name}.scope', 'Slice'),
                         'system.slice' if os.geteuid() == 0 else 'user.slice')
        self.succeed('delete', '--force', name)
        self.assert_no_unit(f'contain-{name}.scope')

    def test_all_processes_are_inside_and_end_with_it(self):
        name, unit = self.created(script='sleep 100 & sleep 100 & wait')
        self.succeed('start', name)
        self.assertTrue(traces.wait_until(lambda: len(self.file(unit, 'cgroup.procs').split()) == 3))
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)
        self.assert_no_trace()

    def test_the_cgroup_is_the_root_inside(self):
        b = self.shell('cat /proc/self/cgroup')
        result = self.succeed('run', '--bundle', b.path, self.fresh_id())
        self.assertEqual(result.out, '0::/\n')

    def test_run_leaves_no_unit(self):
        name = self.fresh_id()
        self.assertEqual(self.cli('run', '--bundle', self.shell('exit 3').path, name).status, 3)
        self.assert_no_unit(f'contain-{name}.scope')
        self.assert_no_trace()

    def test_other_commands_know_without_being_told(self):
        name, unit = self.created()
        self.global_options = ()
        self.succeed('start', name)
        self.assertEqual(self.status(name), 'running')
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)

    def test_the_caller_is_not_moved(self):
        with open('/proc/self/cgroup', encoding='ascii') as f:
            before = f.read()
        name, unit = self.created()
        self.assertNotIn(str(os.getpid()), self.file(unit, 'cgroup.procs').split())
        with open('/proc/self/cgroup', encoding='ascii') as f:
            self.assertEqual(f.read(), before)
        self.succeed('delete', '--force', name)

    def test_another_ones_unit_is_left_alone(self):
        name = self.fresh_id()
        unit = f'contain-{name}.scope'
        other = subprocess.Popen(['systemd-run', *self.manager(), '--quiet', '--scope', f'--unit={unit}', 'sleep', '1000'],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertTrue(traces.wait_until(lambda: self.show(unit, 'ActiveState') == 'active'))
            b = self.shell('true')
            b.config['linux'].pop('cgroupsPath', None)
            b.save()
            self.refuse(f"systemd has a unit '{unit}' already", 'create', '--bundle', b.path, name)
            self.assertEqual(self.show(unit, 'ActiveState'), 'active')
            self.assertIsNone(other.poll())
        finally:
            other.kill()
            other.wait()
        self.assert_no_unit(unit)

    def test_a_unit_that_failed_makes_room(self):
        name = self.fresh_id()
        unit = f'test-{name}.scope'
        self.systemd_run('--scope', f'--unit={unit}', '--property=RuntimeMaxSec=100ms', 'sleep', '1000')
        self.assertTrue(traces.wait_until(lambda: self.show(unit, 'ActiveState') == 'failed', 20))
        b = self.shell(case.WAIT)
        b.config['linux']['cgroupsPath'] = f'ct.slice:test:{name}'
        b.save()
        self.succeed('create', '--bundle', b.path, name)
        self.assertEqual(self.show(unit, 'ActiveState'), 'active')
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)

    def test_stopped_by_systemctl(self):
        name, unit = self.created(script='sleep 1000')
        self.succeed('start', name)
        self.systemctl('kill', '--signal=KILL', unit)
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assert_no_trace()


class Updates(systemd.UnifiedCase):
    LIMITS = {'memory': {'limit': 64 << 20, 'swap': 96 << 20}, 'pids': {'limit': 50},
              'cpu': {'quota': 40000, 'period': 80000}}
    PROPERTIES = {'MemoryMax': str(64 << 20), 'MemorySwapMax': str(32 << 20), 'TasksMax': '50', 'CPUQuotaPerSecUSec': '500ms'}
    FILES = {'memory.max': str(64 << 20), 'memory.swap.max': str(32 << 20), 'pids.max': '50', 'cpu.max': '40000 80000'}

    def assert_limits(self, unit, properties, files):
        self.assert_properties(unit, properties)
        self.assertEqual({name: self.file(unit, name) for name in files}, files)

    def test_in_the_unit_and_in_the_files(self):
        name, unit = self.created(self.LIMITS)
        self.succeed('start', name)
        self.assert_limits(unit, self.PROPERTIES, self.FILES)
        self.succeed('update', '--memory', '48m', '--memory-swap', '48m', '--pids-limit', '-1', name)
        changed = {'memory.max': str(48 << 20), 'memory.swap.max': '0', 'pids.max': 'max'}
        self.assert_limits(unit, {'MemoryMax': str(48 << 20), 'MemorySwapMax': '0', 'TasksMax': 'infinity',
                                  'CPUQuotaPerSecUSec': '500ms'}, {**self.FILES, **changed})
        self.systemctl('daemon-reload')
        self.assertEqual(self.file(unit, 'memory.max'), str(48 << 20))
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)

    def test_failure_changes_neither(self):
        name, unit = self.created(self.LIMITS)
        self.succeed('start', name)
        for flags in (['--cpuset-cpus', '4000'], ['--cpu-burst', '99999999']):
            self.refuse('/cpu/', 'update', '--memory', '48m', '--memory-swap', '48m', '--pids-limit', '7',
                        '--cpu-quota', '20000', *flags, name)
            self.assert_limits(unit, self.PROPERTIES, self.FILES)
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)

    def test_paused(self):
        """By the cgroup's file: the unit stays as it is, and systemd tells the same of it"""
        name, unit = self.created(self.LIMITS)
        self.succeed('start', name)
        self.succeed('pause', name)
        self.assertIn('frozen 1', self.file(unit, 'cgroup.events'))
        self.assertEqual(self.status(name), 'paused')
        self.assert_properties(unit, {'ActiveState': 'active'})
        self.succeed('update', '--pids-limit', '40', name)
        self.assertEqual(self.file(unit, 'pids.max'), '40')
        self.assertEqual(self.status(name), 'paused')
        self.succeed('resume', name)
        self.assertEqual(self.status(name), 'running')
        self.succeed('pause', name)
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)
        self.assert_no_trace()


class Refusals(systemd.UnifiedCase):
    def test_names(self):
        for path in ('/a/b', 'a.slice:b', 'a:b:c', 'a.slice:b:', 'a.slice:b:c.slice', 'a/b.slice:c:d', 'a.slice:b:c d'):
            with self.subTest(path=path):
                result = self.refused('/linux/cgroupsPath', path)
                self.assertIn('SLICE:PREFIX:NAME', result.err)

    def test_annotations(self):
        for value in ('no quotes', "['a'", '[]', 'uint64 -1'):
            with self.subTest(value=value):
                self.refused('/annotations/org.systemd.property.Documentation',
                             annotations={'org.systemd.property.Documentation': value})

    def test_properties_that_systemd_refuses(self):
        result = self.refused('/annotations/org.systemd.property.NoSuchProperty',
                              annotations={'org.systemd.property.NoSuchProperty': 'true'})
        self.assertIn('systemd cannot start', result.err)

    def test_a_later_failure_takes_the_unit_with_it(self):
        self.refused('/mounts/', change=lambda config: config['mounts'].append(
            {'destination': '/x', 'type': 'bind', 'source': '/no/such/folder', 'options': ['bind']}))

    def test_a_limit_that_the_kernel_refuses(self):
        def change(config):
            config['linux'].setdefault('resources', {})['unified'] = {'memory.oom.group': 'nonsense'}
        self.refused('/linux/resources/unified/memory.oom.group', change=change)


class Limits(systemd.UnifiedCase):
    RESOURCES = {'memory': {'limit': 64 << 20, 'reservation': 16 << 20}, 'pids': {'limit': 50},
                 'cpu': {'shares': 512, 'quota': 20000, 'period': 50000}}

    def expect(self, unit):
        self.assert_properties(unit, {'MemoryMax': str(64 << 20), 'MemoryLow': str(16 << 20), 'TasksMax': '50', 'CPUWeight': '59',
                                      'CPUQuotaPerSecUSec': '400ms', 'CPUQuotaPeriodUSec': '50ms'})
        self.assertEqual(self.file(unit, 'memory.max'), str(64 << 20))
        self.assertEqual(self.file(unit, 'memory.low'), str(16 << 20))
        self.assertEqual(self.file(unit, 'pids.max'), '50')
        self.assertEqual(self.file(unit, 'cpu.weight'), '59')
        self.assertEqual(self.file(unit, 'cpu.max'), '20000 50000')

    def test_in_the_unit_and_in_the_files(self):
        name, unit = self.created(self.RESOURCES)
        self.expect(unit)
        self.systemctl('daemon-reload')
        self.expect(unit)
        self.succeed('start', name)
        self.systemctl('daemon-reload')
        self.expect(unit)
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)

    def test_processors(self):
        if 'cpuset' not in self.controllers():
            self.skipTest('needs the cpuset controller')
        name, unit = self.created({'cpu': {'cpus': '0', 'mems': '0'}})
        self.systemctl('daemon-reload')
        self.assert_properties(unit, {'AllowedCPUs': '0', 'AllowedMemoryNodes': '0'})
        self.assertEqual(self.file(unit, 'cpuset.cpus'), '0')
        self.assertEqual(self.file(unit, 'cpuset.mems'), '0')
        self.succeed('delete', '--force', name)

    def controllers(self):
        with open(f'{systemd.CGROUPS}{self.manager_path()}/cgroup.controllers', encoding='ascii') as f:
            return f.read().split()

    def test_files_by_name(self):
        name, unit = self.created({'unified': {'memory.high': '33554432', 'pids.max': '30', 'cpu.max': '30000 60000'}})
        self.systemctl('daemon-reload')
        self.assertEqual(self.show(unit, 'MemoryHigh'), '33554432')
        self.assertEqual(self.file(unit, 'memory.high'), '33554432')
        self.assertEqual(self.file(unit, 'pids.max'), '30')
        self.assertEqual(self.file(unit, 'cpu.max'), '30000 60000')
        self.succeed('delete', '--force', name)

    def test_what_systemd_has_no_word_for(self):
        name, unit = self.created({'cpu': {'quota': 20000, 'period': 50000, 'burst': 5000},
                                   'unified': {'memory.oom.group': '1'}})
        self.assertEqual(self.file(unit, 'cpu.max.burst'), '5000')
        self.assertEqual(self.file(unit, 'memory.oom.group'), '1')
        self.succeed('delete', '--force', name)

    def test_devices_are_obeyed_after_a_reload(self):
        if os.geteuid() != 0:
            self.skipTest('needs root')
        script = f'trap "cat /dev/full | head -c1 | grep -c . ; cat /dev/kmsg" USR1; {case.WAIT}'
        b = self.shell(script)
        name = self.fresh_id()
        b.config['linux']['resources'] = {'devices': [{'allow': False, 'access': 'rwm'}]}
        b.config['linux']['devices'] = [{'path': '/dev/kmsg', 'type': 'c', 'major': 1, 'minor': 11}]
        b.save()
        created = self.succeed('create', '--bundle', b.path, name)
        self.succeed('start', name)
        self.systemctl('daemon-reload')
        self.succeed('kill', name, 'USR1')
        self.assertTrue(traces.wait_until(lambda: 'kmsg' in created.err), created.err)
        self.assertIn('Operation not permitted', created.err)
        self.succeed('delete', '--force', name)


class Annotations(systemd.UnifiedCase):
    def test_properties(self):
        name, unit = self.created(annotations={
            'org.systemd.property.TimeoutStopSec': 'uint64 7',
            'org.systemd.property.RuntimeMaxUSec': 'uint64 3600000000',
            'org.systemd.property.Documentation': "['man:a(1)', 'man:b(1)']",
            'org.systemd.property.Description': "'a \"test\"'",
            'org.systemd.property.MemoryHigh': '@t 12345678',
            'com.example': 'not one'})
        self.assert_properties(unit, {'TimeoutStopUSec': '7s', 'RuntimeMaxUSec': '1h', 'Documentation': '"man:a(1)" "man:b(1)"',
                                      'Description': 'a "test"', 'MemoryHigh': '12345678'})
        self.succeed('delete', '--force', name)
        self.assert_no_unit(unit)


class Absent(case.CliCase):
    global_options = ('--systemd-cgroup',)

    def test_says_so(self):
        if os.path.isdir('/run/systemd/system'):
            self.skipTest('systemd runs here')
        b = self.bundle('true')
        result = self.cli('create', '--bundle', b.path, self.fresh_id())
        self.assertEqual(result.status, 1, str(result))
        self.assertRegex(result.err, 'no systemd runs here|libsystemd.so.0|this build cannot')
        self.assert_no_trace()

    def test_a_library_that_is_not_there(self):
        """Behind a mount table in which nobody finds libsystemd."""
        unshare = shutil.which('unshare')
        found = [path for path in ('/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib',
                                   '/usr/lib') if os.path.exists(f'{path}/libsystemd.so.0')]
        if not unshare or not found:
            self.skipTest('needs unshare(1) and an installed libsystemd')
        b = self.bundle('true')
        hide = ' && '.join(f'mount --bind /dev/null {os.path.realpath(path)}/libsystemd.so.0' for path in found)
        result = self.program(unshare, '--mount', 'sh', '-c', f'{hide} && exec "$@"', 'sh', case.CONTAIN_RUN, '--root',
                              self.root, '--systemd-cgroup', 'create', '--bundle', b.path, self.fresh_id())
        self.assertEqual(result.status, 1, str(result))
        self.assertIn("takes 'libsystemd.so.0', which cannot be loaded", result.err)
        self.assert_no_trace()


if __name__ == '__main__':
    case.main()
