#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What containers use and which processes they have: events and ps."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, systemd, traces  # noqa: E402

# The members that other runtimes have in "data", and the types that callers read them as.
DATA = {'cpu': dict, 'cpuset': dict, 'memory': dict, 'pids': dict, 'blkio': dict, 'hugetlb': dict, 'intel_rdt': dict,
        'network_interfaces': list}
MEMORY = {'limit': 32 << 20, 'swap': 32 << 20}


def limit_memory(config):
    config['linux'].setdefault('resources', {})['memory'] = MEMORY


def has_memory():
    return any(os.path.exists(f'/sys/fs/cgroup/{name}')
               for name in ('memory/memory.limit_in_bytes', 'cgroup.controllers'))


class ResourcesCase(case.CliCase):
    def stats(self, name, *argv):
        event = json.loads(self.succeed(*(argv or ('events', '--stats', name))).out)
        self.assertEqual((event['type'], event['id']), ('stats', name))
        self.assertEqual({key: type(value) for key, value in event['data'].items()}, DATA)
        return event['data']

    def pids(self, name):
        return json.loads(self.succeed('ps', '--format', 'json', name).out)

    def follow(self, name, interval):
        """`events` as a program that runs, and what it prints."""
        process = self.start_cli('events', interval, name)
        return process, case.Result(process.args, None, process.out_path, process.err_path)

    def check_out_of_memory(self):
        """A process that is not the first one is killed, which `events` tells."""
        if not has_memory():
            self.skipTest('no memory controller')
        go = self.path('go')
        os.mkdir(go)

        def change(config):
            limit_memory(config)
            config['mounts'].append({'destination': '/mnt', 'type': 'bind', 'source': go, 'options': ['bind']})
        name, _ = self.running('until [ -e /mnt/go ]; do sleep 0.1; done; tail /dev/zero; exec sleep 100', change=change)
        process, result = self.follow(name, '--interval=100ms')
        self.assertTrue(traces.wait_until(lambda: result.out != ''))
        with open(os.path.join(go, 'go'), 'w', encoding='ascii'):
            pass
        told = '{"type":"oom","id":"' + name + '"}\n'
        self.assertTrue(traces.wait_until(lambda: told in result.out), result.out[-500:])
        self.assertEqual(self.status(name), 'running')
        self.succeed('kill', name, 'KILL')
        self.assertEqual(self.end_program(process).status, 0)


class Stats(ResourcesCase):
    def test_stats(self):
        """go-runc Stats: events --stats ID"""
        name, _ = self.running()
        result = self.succeed('events', '--stats', name)
        self.assertEqual(result.out.count('\n'), 1)
        data = self.stats(name)
        self.assertGreater(data['memory']['usage']['usage'], 0)
        self.assertGreater(data['memory']['usage']['limit'], 0)
        self.assertEqual(data['pids']['current'], 2)
        self.assertIn('kernel', data['cpu']['usage'])
        self.assertEqual(data['network_interfaces'][0]['Name'], 'lo')
        self.assertEqual(data['network_interfaces'][0]['RxBytes'], 0)

    def test_options(self):
        name, _ = self.running()
        for argv in (('events', '-stats', name), ('events', name, '--stats'), ('events', '--stats=true', name)):
            self.stats(name, *argv)

    def test_limits_are_seen(self):
        def change(config):
            limit_memory(config)
            config['linux']['resources']['pids'] = {'limit': 77}
        name, _ = self.running(change=change)
        data = self.stats(name)
        self.assertEqual(data['memory']['usage']['limit'], 32 << 20)
        self.assertEqual(data['pids']['limit'], 77)

    def test_processor_time(self):
        name, created = self.running('i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo done; sleep 100')
        self.wait_for_output(created, 'done')
        self.assertGreater(self.stats(name)['cpu']['usage']['total'], 1000000)

    def test_network_of_the_host(self):
        def change(config):
            config['linux']['namespaces'] = [n for n in config['linux']['namespaces'] if n['type'] != 'network']
        self.assertEqual(self.stats(self.running(change=change)[0])['network_interfaces'], [])

    def test_created_and_paused(self):
        name = self.fresh_id()
        self.succeed('create', '--bundle', self.shell(case.WAIT).path, name)
        self.assertEqual(self.stats(name)['pids']['current'], 1)
        self.succeed('start', name)
        self.succeed('pause', name)
        self.stats(name)
        self.succeed('resume', name)

    def test_refusals(self):
        self.refuse('container does not exist', 'events', '--stats', 'no-such')
        name, _ = self.running('exit 0')
        self.wait_for_status(name, 'stopped')
        self.refuse(f'container with id {name} is not running', 'events', '--stats', name)
        self.refuse(f'container with id {name} is not running', 'events', name)

    def test_without_a_cgroup(self):
        self.global_options = ('--cgroup-manager', 'disabled')
        name, _ = self.running()
        for argv in (('--stats', name), (name,)):
            self.refuse('has no cgroup', 'events', *argv)


class Events(ResourcesCase):
    def test_until_the_end(self):
        """go-runc Events: events --interval=5s ID"""
        name, _ = self.running()
        process, result = self.follow(name, '--interval=1s')
        self.assertTrue(traces.wait_until(lambda: result.out.count('\n') >= 2))
        self.succeed('kill', name, 'KILL')
        ended = self.end_program(process)
        self.assertEqual((ended.status, ended.err), (0, ''), str(ended))
        for line in ended.out.splitlines():
            event = json.loads(line)
            self.assertEqual((event['type'], event['id'], set(event['data'])), ('stats', name, set(DATA)))

    def test_lines_come_one_by_one(self):
        name, _ = self.running()
        process = self.start_cli('events', '--interval', '50ms', name, stdout=subprocess.PIPE)
        for _ in range(3):
            self.assertEqual(json.loads(process.stdout.readline())['type'], 'stats')
        process.stdout.close()
        ended = self.end_program(process)
        self.assertEqual((ended.status, ended.err), (0, ''), str(ended))

    def test_nobody_reads(self):
        name, _ = self.running()
        process = self.start_cli('events', '--interval=1h', name, stdout=subprocess.PIPE)
        process.stdout.close()
        self.assertEqual(self.end_program(process).status, 0)

    def test_removed_meanwhile(self):
        name, _ = self.running()
        process, result = self.follow(name, '--interval=1ms')
        self.assertTrue(traces.wait_until(lambda: result.out != ''))
        self.succeed('delete', '--force', name)
        ended = self.end_program(process)
        self.assertEqual((ended.status, ended.err), (0, ''), str(ended))
        for line in ended.out.splitlines():
            json.loads(line)

    def test_out_of_memory(self):
        self.check_out_of_memory()

    def test_intervals(self):
        name, _ = self.running()
        for interval in ('', 's', '5', '1x', '5 s', '1s1', '.s', '9999999999h', '1m30', 'max'):
            self.refuse('invalid value', 'events', f'--interval={interval}', name)
        for interval in ('0', '0s', '-1s', '0.1ns'):
            self.refuse('duration interval must be greater than 0', 'events', '--interval', interval, name)
        for interval in ('5s', '100ms', '1m30s', '1.5h', '+1s', '.5s', '1.s', '100\u00b5s', '100us', '2562047h47m16.854775807s'):
            self.succeed('events', '--stats', f'--interval={interval}', name)


class Processes(ResourcesCase):
    def test_json(self):
        """go-runc Ps: ps --format json ID"""
        name, created = self.running('sleep 100 & sleep 100 & echo ready; wait')
        self.wait_for_output(created, 'ready')
        pids = self.pids(name)
        self.assertEqual(len(pids), 3)
        self.assertIn(self.state(name)['pid'], pids)
        for argv in (('-f', 'json', name), ('--format=json', name), ('-format', 'json', name)):
            self.assertEqual(json.loads(self.succeed('ps', *argv).out), pids)

    def test_table(self):
        """go-runc Top: ps --format table ID PS-OPTIONS"""
        name, created = self.running('sleep 100 & echo ready; wait')
        self.wait_for_output(created, 'ready')
        pids = [str(pid) for pid in self.pids(name)]
        rows = self.succeed('ps', name).out.splitlines()
        self.assertEqual(rows[0].split()[:2], ['UID', 'PID'])
        self.assertEqual([row.split()[1] for row in rows[1:]], pids)
        rows = self.succeed('ps', '--format', 'table', name, '-e', '-o', 'comm,pid').out.splitlines()
        self.assertEqual(rows[0].split(), ['COMMAND', 'PID'])
        self.assertEqual([row.split() for row in rows[1:]], [[comm, pid] for comm, pid in zip(('sh', 'sleep'), pids)])
        self.assertEqual(len(self.succeed('ps', name, 'aux').out.splitlines()), 3)

    def test_refusals(self):
        name, _ = self.running()
        self.refuse('invalid format option', 'ps', '-f', 'yaml', name)
        self.refuse('ps failed: error', 'ps', name, '--no-such-option')
        self.refuse("couldn't find PID field in ps output", 'ps', name, '-eo', 'comm')
        self.refuse('container does not exist', 'ps', 'no-such')
        self.refuse('wrong number of operands', 'ps')
        empty = self.path('empty')
        os.mkdir(empty)
        without_ps = {**os.environ, 'PATH': empty}
        self.refuse('cannot run ps', 'ps', name, env=without_ps)
        self.assertEqual(len(json.loads(self.succeed('ps', '-f', 'json', name, env=without_ps).out)), 2)

    def test_stopped(self):
        name, _ = self.running('exit 0')
        self.wait_for_status(name, 'stopped')
        self.assertEqual(self.pids(name), [])
        self.assertEqual(len(self.succeed('ps', name).out.splitlines()), 1)

    def test_paused(self):
        name, _ = self.running()
        self.succeed('pause', name)
        self.assertEqual(len(self.pids(name)), 2)
        self.succeed('resume', name)

    def test_without_a_cgroup(self):
        """Those in its pid namespace, and in the namespaces below; without one of its own, the first alone"""
        self.global_options = ('--cgroup-manager', 'disabled')

        def allow(config):
            for words in config['process']['capabilities'].values():
                words.append('CAP_SYS_ADMIN')
        name, created = self.running('unshare -pf sh -c "sleep 100 & wait" & echo ready; wait', change=allow)
        self.wait_for_output(created, 'ready')
        self.assertTrue(traces.wait_until(lambda: len(self.pids(name)) == 4), self.pids(name))
        self.assertIn(self.state(name)['pid'], self.pids(name))

        def share(config):
            config['linux']['namespaces'] = [n for n in config['linux']['namespaces'] if n['type'] != 'pid']
        name, _ = self.running('exec sleep 100', change=share)
        self.assertEqual(self.pids(name), [self.state(name)['pid']])

    def test_processes_of_cgroups_below(self):
        def change(config):
            config['mounts'].append({'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup',
                                     'options': ['rw', 'nosuid', 'nodev', 'noexec']})
            config['mounts'] = [m for m in config['mounts'] if m is config['mounts'][-1] or m['destination'] != '/sys/fs/cgroup']
            config['process']['capabilities'] = {}
        script = '''for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
            mkdir $root/below && for p in $(cat $root/cgroup.procs); do echo $p >$root/below/cgroup.procs; done
        done 2>/dev/null; echo ready; exec sleep 100'''
        name, created = self.running(script, change=change)
        self.wait_for_output(created, 'ready')
        self.assertEqual(self.pids(name), [self.state(name)['pid']])


class Scopes(systemd.SystemdCase, ResourcesCase):
    """In a unit of systemd's: on cgroup v2, and with controllers that have hierarchies of their own."""

    def obstacle(self):
        return 'needs root' if os.geteuid() != 0 else super().obstacle()

    def test_stats(self):
        name, _ = self.created(resources={'memory': MEMORY, 'pids': {'limit': 55}})
        self.succeed('start', name)
        self.global_options = ()
        data = self.stats(name)
        self.assertEqual((data['memory']['usage']['limit'], data['pids']['limit']), (32 << 20, 55))
        self.assertGreater(data['cpu']['usage']['total'], 0)
        self.assertIn(self.state(name)['pid'], self.pids(name))
        self.assertEqual(len(self.pids(name)), 2)

    def test_pressure(self):
        if not os.path.exists('/proc/pressure/cpu'):
            self.skipTest('the kernel tells no pressure')
        name, _ = self.created()
        data = self.stats(name)
        with open('/proc/mounts', encoding='utf-8') as f:
            has_v2 = any(line.split()[2] == 'cgroup2' for line in f)
        for kind in ('cpu', 'memory', 'blkio'):
            if has_v2:
                self.assertEqual(set(data[kind]['psi']['some']), {'avg10', 'avg60', 'avg300', 'total'})
            else:
                self.assertNotIn('psi', data[kind], 'cgroup v1 has none')

    def test_out_of_memory(self):
        self.check_out_of_memory()


if __name__ == '__main__':
    case.main()
