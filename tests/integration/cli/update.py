#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""update, as engines send it: from a file, from standard input, by flags; and what a failure leaves."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402

CGROUPS = '/sys/fs/cgroup'
V2 = os.path.exists(f'{CGROUPS}/cgroup.controllers')
MIB = 1 << 20


class Update(case.CliCase):
    def limited(self, **resources):
        """A running container with a cgroup of a known path."""
        def change(config):
            config['linux']['cgroupsPath'] = self.path_of_cgroup
            config['linux']['resources'] = {'memory': {'limit': 64 * MIB, 'swap': 64 * MIB}, **resources}
        self.path_of_cgroup = f'/ct-test-{os.getpid()}-update-{self.counter}'
        name, _ = self.running(case.WAIT, change)
        return name

    def value(self, controller, v1, v2):
        """The first line of a control file."""
        folder = f'{CGROUPS}{self.path_of_cgroup}' if V2 else f'{CGROUPS}/{controller}{self.path_of_cgroup}'
        with open(os.path.join(folder, v2 if V2 else v1), encoding='ascii') as f:
            return f.readline().strip()

    def memory(self):
        return self.value('memory', 'memory.limit_in_bytes', 'memory.max')

    def pids(self):
        return self.value('pids', 'pids.max', 'pids.max')

    def document(self, name, resources):
        path = self.fresh_path(name)
        with open(path, 'w', encoding='ascii') as f:
            json.dump(resources, f)
        return path

    def test_go_runc_standard_input(self):
        """runc --root R --log L --log-format json update --resources=- ID"""
        name = self.limited()
        general = ['--log', self.path('log.json'), '--log-format', 'json']
        for i, argv in enumerate((['update', '--resources=-', name], ['update', '--resources', '-', name],
                                  ['update', '-r', '-', name], ['update', name, '-r', '-'])):
            with open(self.document('in', {'memory': {'limit': (32 + i) * MIB, 'swap': (32 + i) * MIB},
                                           'pids': {'limit': 50 + i}}), 'rb') as f:
                result = self.succeed(*general, *argv, stdin=f)
            self.assertEqual((result.out, result.err), ('', ''))
            self.assertEqual((self.memory(), self.pids()), (str((32 + i) * MIB), str(50 + i)))

    def test_podman_file(self):
        """podman update: RUNTIME update --resources=/tmp/podman123 ID, with all that the container has"""
        name = self.limited()
        path = self.document('podman', {
            'devices': [{'allow': False, 'access': 'rwm'}],
            'memory': {'limit': 48 * MIB, 'swap': 96 * MIB},
            'cpu': {'shares': 512, 'quota': 50000, 'period': 100000}, 'pids': {'limit': 99}, 'blockIO': {}})
        self.succeed('update', f'--resources={path}', name)
        self.assertEqual((self.memory(), self.pids()), (str(48 * MIB), '99'))
        self.assertEqual(self.value('cpu', 'cpu.cfs_quota_us', 'cpu.max').split()[0], '50000')
        self.succeed('update', '-r', path, name)

    def test_zeros_change_nothing(self):
        """The document of `runc update --help`, in which zeros stand for what does not change"""
        name = self.limited(cpu={'quota': 40000, 'period': 80000})
        zeros = {'memory': {'limit': 0, 'reservation': 0, 'swap': 0, 'kernel': 0, 'kernelTCP': 0},
                 'cpu': {'shares': 0, 'quota': 0, 'burst': 0, 'period': 0, 'realtimeRuntime': 0, 'realtimePeriod': 0,
                         'cpus': '', 'mems': ''},
                 'blockIO': {'weight': 0}}
        self.succeed('update', '-r', self.document('zeros', zeros), name)
        self.assertEqual(self.memory(), str(64 * MIB))
        self.assertEqual(self.value('cpu', 'cpu.cfs_quota_us', 'cpu.max').split()[0], '40000')

    def test_flags(self):
        name = self.limited()
        self.succeed('update', '--memory', '32m', '--memory-swap', '64M', '--memory-reservation', '16MiB',
                     '--pids-limit', '33', '--cpu-quota', '30000', '--cpu-period=60000', '--cpu-share', '256',
                     '--cpuset-cpus', '0', '--cpuset-mems', '0', name)
        self.assertEqual((self.memory(), self.pids()), (str(32 * MIB), '33'))
        self.assertEqual(self.value('memory', 'memory.soft_limit_in_bytes', 'memory.low'), str(16 * MIB))
        if V2:
            self.assertEqual(self.value('memory', '', 'memory.swap.max'), str(32 * MIB))
            self.assertEqual(self.value('cpu', '', 'cpu.max'), '30000 60000')
        else:
            self.assertEqual(self.value('memory', 'memory.memsw.limit_in_bytes', ''), str(64 * MIB))
            self.assertEqual(self.value('cpu', 'cpu.cfs_quota_us', ''), '30000')
            self.assertEqual(self.value('cpu', 'cpu.cfs_period_us', ''), '60000')
            self.assertEqual(self.value('cpu', 'cpu.shares', ''), '256')
        self.assertEqual(self.value('cpuset', 'cpuset.cpus', 'cpuset.cpus'), '0')
        self.succeed('update', '--memory', '-1', '--memory-swap=-1', '--pids-limit', '-1', '--cpu-quota', '-1', name)
        self.assertEqual(self.pids(), 'max')
        self.assertNotEqual(self.memory(), str(32 * MIB))
        self.assertIn(self.value('cpu', 'cpu.cfs_quota_us', 'cpu.max').split()[0], ('-1', 'max'))
        self.succeed('update', name)

    def test_one_flag_changes_one_limit(self):
        name = self.limited(pids={'limit': 44}, cpu={'quota': 40000, 'period': 80000})
        self.succeed('update', '--cpu-period', '100000', name)
        self.assertEqual((self.memory(), self.pids()), (str(64 * MIB), '44'))
        self.assertEqual(self.value('cpu', 'cpu.cfs_quota_us', 'cpu.max').split()[0], '40000')
        self.succeed('update', '--cpu-burst', '10000', name)
        self.assertEqual(self.value('cpu', 'cpu.cfs_burst_us', 'cpu.max.burst'), '10000')
        self.succeed('update', '--cpu-burst', '0', '--cpu-idle', '1', name)
        self.assertEqual(self.value('cpu', 'cpu.idle', 'cpu.idle'), '1')
        self.succeed('update', '--cpu-idle', '0', '--cpu-share', '2048', name)
        self.assertEqual(self.value('cpu', 'cpu.idle', 'cpu.idle'), '0')

    def test_sizes(self):
        name = self.limited()
        for text, size in (('33554432', 32 * MIB), ('32768k', 32 * MIB), ('40MB', 40 * MIB), ('0.0625g', 64 * MIB),
                           ('50 m', 50 * MIB), ('41943040b', 40 * MIB)):
            self.succeed('update', '--memory', text, '--memory-swap', text, name)
            self.assertEqual(self.memory(), str(size), text)
        for text in ('x', '-2', '1x', '1mm', '1.2.3', 'inf', '0x10', '9999999999999999999g', ' 1', '1bb'):
            self.refuse(f"invalid value '{text}' for flag --memory", 'update', '--memory', text, name)
        for flag in ('pids-limit', 'cpu-quota', 'cpu-period', 'cpu-share', 'blkio-weight', 'cpu-idle'):
            self.refuse(f"invalid value 'many' for flag --{flag}", 'update', f'--{flag}', 'many', name)
        self.refuse("invalid value '-1' for flag --cpu-share", 'update', '--cpu-share', '-1', name)
        self.assertEqual(self.memory(), str(40 * MIB))

    def test_kernel_memory(self):
        """docker update --kernel-memory, and Kubernetes: accepted, whether the kernel has it or not"""
        name = self.limited()
        result = self.succeed('update', '--kernel-memory', '16m', '--pids-limit', '21', name)
        self.assertIn('/memory/kernel: this kernel has no such limit: left out', result.err)
        self.assertEqual(self.pids(), '21')
        result = self.succeed('update', '--kernel-memory-tcp', '16m', name)
        self.assertEqual('/memory/kernelTCP' in result.err, V2)

    def test_failure_changes_nothing(self):
        name = self.limited(pids={'limit': 44}, cpu={'quota': 40000, 'period': 80000})
        for text, part in (
                ('/cpu/cpus', {'memory': {'limit': 32 * MIB, 'swap': 32 * MIB}, 'pids': {'limit': 10},
                               'cpu': {'quota': 20000, 'cpus': '4000'}}),
                ('/cpu/quota', {'memory': {'limit': 32 * MIB, 'swap': 32 * MIB}, 'pids': {'limit': 10},
                                'cpu': {'quota': 10}}),
                ('/hugepageLimits', {'pids': {'limit': 10}, 'hugepageLimits': [{'pageSize': '3MB', 'limit': 1}]}),
                ('/memory/limit', {'pids': {'limit': 10}, 'memory': {'limit': 'much'}}),
                ('/memory/swap', {'pids': {'limit': 10}, 'memory': {'limit': 32 * MIB, 'swap': 16 * MIB}}),
                ('/rdma/x', {'pids': {'limit': 10}, 'rdma': {'x': {'hcaHandles': -1}}}),
                ('/intelRdt', {'pids': {'limit': 10}, 'intelRdt': {'memBwSchema': 'MB:0=50'}}),
                ('/intelRdt/closID', {'pids': {'limit': 10}, 'intelRdt': {'closID': 'a'}}),
                ('/unified', {'pids': {'limit': 10}, 'unified': {'memory.max': 'much'}})):
            line = self.refuse(text, 'update', '-r', self.document('in', part), name).err
            self.assertNotIn('/linux/', line)
            self.assertEqual((self.memory(), self.pids()), (str(64 * MIB), '44'), text)
            self.assertEqual(self.value('cpu', 'cpu.cfs_quota_us', 'cpu.max').split()[0], '40000', text)
        for text in ('', '{', '[]', 'null', '{"memory": {"limit": 1, "limit": 2}}'):
            path = self.fresh_path('in')
            with open(path, 'w', encoding='ascii') as f:
                f.write(text)
            self.assertEqual(self.cli('update', '-r', path, name).status, 1, text)

    def test_refusals(self):
        name = self.limited()
        self.refuse('cannot be used with --resources', 'update', '-r', '-', '--memory', '32m', name)
        self.refuse("cannot read '/absent'", 'update', '-r', '/absent', name)
        self.refuse('flag needs an argument: --resources', 'update', '--resources')
        self.assertEqual(self.cli('update').status, 1)
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.refuse('container not running', 'update', '--memory', '32m', name)
        self.succeed('delete', name)
        self.refuse('container does not exist', 'update', '--memory', '32m', name)
        name = self.fresh_id()
        self.succeed('--cgroup-manager', 'disabled', 'create', '--bundle', self.shell(case.WAIT).path, name)
        self.refuse('cannot have limits', 'update', '--memory', '32m', name)
        self.succeed('update', name)

    def test_paused_and_created(self):
        name = self.limited()
        self.succeed('pause', name)
        self.succeed('update', '--pids-limit', '12', name)
        self.assertEqual(self.pids(), '12')
        self.assertEqual(self.status(name), 'paused')
        self.succeed('delete', '--force', name)


if __name__ == '__main__':
    case.main()
