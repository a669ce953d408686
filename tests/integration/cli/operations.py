#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What runtime.md asks of the operations, beyond the life that lifecycle.py leads: what must not happen, and when."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402


class Create(case.CliCase):
    def marking(self, text):
        """A bundle whose program writes @text to a file that is seen outside; and that file."""
        out = self.fresh_path('out')
        os.mkdir(out)
        b = self.shell(f'echo {text} >/mnt/mark; {case.WAIT}')
        b.config['mounts'].append({'destination': '/mnt', 'type': 'bind', 'source': out, 'options': ['bind']})
        return b.save(), os.path.join(out, 'mark')

    def test_nothing_runs_before_start(self):
        b, mark = self.marking('ran')
        name = self.fresh_id()
        self.succeed('create', '--bundle', b.path, name)
        self.assertFalse(traces.wait_until(lambda: os.path.exists(mark), 0.5))
        self.succeed('start', name)
        self.assertTrue(traces.wait_until(lambda: os.path.exists(mark)))

    def test_later_changes_of_the_configuration(self):
        b, mark = self.marking('first')
        name = self.fresh_id()
        self.succeed('create', '--bundle', b.path, name)
        b.config['process']['args'][2] = b.config['process']['args'][2].replace('first', 'second')
        b.config.update(annotations={'com.example.late': '1'},
                        hooks={'poststart': [{'path': '/bin/false'}], 'poststop': [{'path': '/absent'}]})
        b.save()
        self.succeed('start', name)
        self.assertTrue(traces.wait_until(lambda: os.path.exists(mark) and os.path.getsize(mark) > 0))
        with open(mark, encoding='ascii') as f:
            self.assertEqual(f.read(), 'first\n')
        self.assertNotIn('com.example.late', self.state(name).get('annotations', {}))
        os.unlink(os.path.join(b.path, 'config.json'))
        self.assertEqual(self.succeed('delete', '--force', name).err, '')
        self.assert_no_trace()

    def test_taken_id_changes_nothing(self):
        name, _ = self.running()
        before = self.state(name)
        b = self.bundle()
        b.config['mounts'].append({'destination': '/absent', 'type': 'tmpfs', 'source': 'x'})
        self.refuse('exist', 'create', '--bundle', b.save().path, name)
        self.assertEqual(self.state(name), before)


class Start(case.CliCase):
    def test_without_process(self):
        """An error, and nothing else: it can be created, and stays so"""
        b = self.bundle()
        del b.config['process']
        name = self.fresh_id()
        self.succeed('create', '--bundle', b.save().path, name)
        self.refuse('/process', 'start', name)
        self.assertEqual(self.state(name)['status'], 'created')
        self.succeed('delete', '--force', name)
        self.assert_no_trace()

    def test_poststart_hook_that_fails(self):
        """An error, and the container is stopped; its other hooks still have their turn"""
        mark = self.path('mark')
        b = self.shell(case.WAIT)
        b.config['hooks'] = {'poststart': [{'path': '/bin/true'}, {'path': '/bin/sh', 'args': ['sh', '-c', 'exit 6']}],
                             'poststop': [{'path': '/bin/sh', 'args': ['sh', '-c', f'echo stopped >{mark}']}]}
        name = self.fresh_id()
        self.succeed('create', '--bundle', b.save().path, name)
        self.refuse('/hooks/poststart/1', 'start', name)
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assertTrue(os.path.exists(mark))
        self.assert_no_trace()

    def test_of_a_stopped_container(self):
        name, _ = self.running('exit 3')
        self.wait_for_status(name, 'stopped')
        before = self.state(name)
        self.refuse('', 'start', name)
        self.assertEqual(self.state(name), before)


class Kill(case.CliCase):
    def test_of_a_stopped_container(self):
        name, _ = self.running('exit 3')
        self.wait_for_status(name, 'stopped')
        before = self.state(name)
        for signal in ('TERM', 'KILL', '0'):
            self.refuse('', 'kill', name, signal)
        self.assertEqual(self.state(name), before)


class Delete(case.CliCase):
    def test_of_a_running_container_changes_nothing(self):
        name, created = self.running(f'trap "echo still here" USR1; echo ready; {case.WAIT}')
        self.wait_for_output(created, 'ready')
        before = self.state(name)
        self.refuse('', 'delete', name)
        self.assertEqual(self.state(name), before)
        self.succeed('kill', name, 'USR1')
        self.wait_for_output(created, 'still here')

    def test_what_was_there_before_stays(self):
        """A namespace that was joined, a folder that was bound, a cgroup above its own"""
        above = f'ct-test-{os.getpid()}-above'
        roots = [root for root in ('/sys/fs/cgroup/pids', '/sys/fs/cgroup')
                 if os.path.exists(os.path.join(root, 'cgroup.procs'))][:1]
        source = self.path('source')
        os.mkdir(source)
        for root in roots:
            os.mkdir(os.path.join(root, above))
            self.addCleanup(lambda path=os.path.join(root, above): os.path.isdir(path) and os.rmdir(path))
        holder = subprocess.Popen(['unshare', '--net', 'sleep', '100'])
        self.addCleanup(lambda: (holder.kill(), holder.wait()))
        own = os.readlink('/proc/self/ns/net')
        traces.wait_until(lambda: os.readlink(f'/proc/{holder.pid}/ns/net') != own)
        b = self.shell('exec sleep 100')
        b.config['mounts'].append({'destination': '/mnt', 'type': 'bind', 'source': source, 'options': ['bind']})
        for namespace in b.config['linux']['namespaces']:
            if namespace['type'] == 'network':
                namespace['path'] = f'/proc/{holder.pid}/ns/net'
        name = self.fresh_id()
        b.config['linux']['cgroupsPath'] = f'/{above}/{name}'
        self.succeed('create', '--bundle', b.save().path, name)
        self.succeed('start', name)
        self.succeed('delete', '--force', name)
        self.assertIsNone(holder.poll())
        self.assertTrue(os.path.isdir(source))
        for root in roots:
            self.assertTrue(os.path.isdir(os.path.join(root, above)))
            self.assertFalse(os.path.exists(os.path.join(root, above, name)))

    def test_poststop_hooks_all_run(self):
        mark, log = self.path('mark'), self.path('log')
        b = self.bundle('true')
        b.config['hooks'] = {'poststop': [{'path': '/bin/sh', 'args': ['sh', '-c', 'exit 5']}, {'path': '/absent'},
                                          {'path': '/bin/sh', 'args': ['sh', '-c', f'echo third >{mark}']}]}
        name = self.fresh_id()
        self.succeed('create', '--bundle', b.save().path, name)
        self.succeed('start', name)
        self.wait_for_status(name, 'stopped')
        self.succeed('--log', log, '--log-format', 'json', 'delete', name)
        with open(mark, encoding='ascii') as f:
            self.assertEqual(f.read(), 'third\n')
        with open(log, encoding='utf-8') as f:
            records = [json.loads(line) for line in f]
        self.assertEqual({record['level'] for record in records}, {'warning'})
        self.assertEqual([sum(at in record['msg'] for record in records)
                          for at in ('/hooks/poststop/0', '/hooks/poststop/1', '/hooks/poststop/2')], [1, 1, 0])
        self.assert_no_trace()


class Inherited(case.CliCase):
    def test_out_of_memory_score(self):
        """Left alone when the configuration does not have one: the container's is that of whoever creates it"""
        b = self.shell('cat /proc/self/oom_score_adj')
        b.config['process'].pop('oomScoreAdj', None)
        script = 'echo 151 >/proc/self/oom_score_adj && exec "$@"'
        result = self.program('sh', '-c', script, 'sh', case.CONTAIN_RUN, '--root', self.root, 'run', '--bundle',
                              b.save().path, self.fresh_id())
        self.assertEqual((result.status, result.out), (0, '151\n'), str(result))

    def test_umask(self):
        b = self.shell('umask')
        b.config['process']['user'].pop('umask', None)
        result = self.program('sh', '-c', 'umask 027; exec "$@"', 'sh', case.CONTAIN_RUN, '--root', self.root, 'run',
                              '--bundle', b.save().path, self.fresh_id())
        self.assertEqual((result.status, result.out), (0, '0027\n'), str(result))


class Status(case.CliCase):
    def test_creating(self):
        """Who asks while a container is being created gets an answer at once"""
        out = self.path('out')
        b = self.bundle('true')
        name = self.fresh_id()
        script = f'{case.CONTAIN_RUN} --root {self.root} state {name} >{out} 2>&1'
        b.config['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', script], 'timeout': 20,
                                                'env': ['PATH=/usr/bin:/bin']}]}
        self.succeed('run', '--bundle', b.save().path, name)
        with open(out, encoding='utf-8') as f:
            state = json.load(f)
        self.assertEqual((state['id'], state['status']), (name, 'creating'))


if __name__ == '__main__':
    case.main()
