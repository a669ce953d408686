#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The life of a container by the command lines of each engine, word by word, and what the engine reads of the answers:
pid files, states, log records, exit statuses, the words that it looks for. What is an engine's own folder there is
one of the test's here.
"""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, sockets, traces  # noqa: E402

SYSTEMD = os.path.isdir('/run/systemd/system') and not os.path.isdir('/sys/fs/cgroup/memory')

# containerd, pkg/process/utils.go: checkKillError(). Each means that there is nobody left.
CONTAINERD_GONE = re.compile('os: process already finished|container not running|no such process', re.I)
CONTAINERD_ABSENT = re.compile('does not exist')
# CRI-O, internal/oci/runtime_oci.go
CRIO_GONE = re.compile('no such process|container not running|invalid process', re.I)
# podman, libpod/oci_conmon.go: getOCIRuntimeError(), in this order.
PODMAN_SECURITY = re.compile(r'`/proc/[a-z0-9-].+/attr.*`')
PODMAN_FORBIDDEN = re.compile('.*permission denied.*|.*operation not permitted.*', re.I)
PODMAN_NOT_FOUND = re.compile('.*executable file not found in.*|.*no such file or directory.*|.*open executable.*', re.I)


class Caller(case.CliCase):
    def run_words(self, *argv, **options):
        """contain-run with exactly these words: no option is added."""
        return self.program(case.CONTAIN_RUN, *argv, **options)

    def ok(self, *argv, **options):
        result = self.run_words(*argv, **options)
        self.assertEqual(result.status, 0, str(result))
        return result

    def fails(self, pattern, *argv, **options):
        result = self.run_words(*argv, **options)
        self.assertEqual(result.status, 1, str(result))
        self.assertRegex(result.err, pattern)
        return result

    def pid(self, path):
        with open(path, encoding='ascii') as f:
            return int(f.read())

    def ended(self, name):
        self.assertTrue(traces.wait_until(lambda: self.status(name) == 'stopped'))

    def scope_bundle(self, script, name):
        """A bundle of an engine that has systemd make the cgroup, where there is one."""
        b = self.shell(script)
        if SYSTEMD:
            b.config['linux']['cgroupsPath'] = f'system.slice:ct-test:{name}'
        return b.save()


class Containerd(Caller):
    """containerd-shim-runc-v2, through go-runc: every option but those of commands stands before the command."""

    def test_life(self):
        b, name, log = self.shell('echo out; exec sleep 100'), self.fresh_id(), self.path('log.json')
        pid_file = os.path.join(b.path, 'init.pid')
        general = ['--root', self.root, '--log', log, '--log-format', 'json']
        created = self.ok(*general, 'create', '--bundle', b.path, '--pid-file', pid_file, name)
        self.ok(*general, 'start', name)
        self.wait_for_output(created, 'out\n')
        state = json.loads(self.ok(*general, 'state', name).out)
        self.assertEqual((state['status'], state['pid']), ('running', self.pid(pid_file)))
        listed = json.loads(self.ok(*general, 'list', '--format=json').out)
        self.assertEqual([(c['id'], c['pid'], c['status']) for c in listed], [(name, state['pid'], 'running')])
        self.ok(*general, 'kill', '--all', name, '9')
        self.ended(name)
        self.fails(CONTAINERD_GONE, *general, 'kill', name, '15')
        self.ok(*general, 'kill', '--all', name, '9')
        self.ok(*general, 'delete', name)
        self.fails(CONTAINERD_ABSENT, *general, 'kill', name, '9')
        self.fails(CONTAINERD_ABSENT, *general, 'delete', name)
        self.ok(*general, 'delete', '--force', name)
        self.assert_no_trace()

    def test_last_error(self):
        """getLastRuntimeError(): the last record of level "error" in the log"""
        log = self.path('log.json')
        b = self.bundle('/absent')
        result = self.fails('.', '--root', self.root, '--log', log, '--log-format', 'json', 'create', '--bundle', b.path,
                            '--pid-file', self.path('pid'), self.fresh_id())
        with open(log, encoding='utf-8') as f:
            records = [json.loads(line) for line in f]
        self.assertEqual([set(record) for record in records], [{'level', 'msg', 'time'}] * len(records))
        last = [record['msg'] for record in records if record['level'] == 'error'][-1]
        self.assertIn(last, result.err)
        self.assertRegex(last, PODMAN_NOT_FOUND)

    def test_terminal_and_systemd(self):
        name = self.fresh_id()
        b = self.scope_bundle('exec sleep 100', name)
        b.config['process']['terminal'] = True
        b.save()
        general = ['--root', self.root, *(['--systemd-cgroup'] if SYSTEMD else [])]
        with sockets.listen(self.path('pty.sock')) as server:
            self.ok(*general, 'create', '--bundle', b.path, '--pid-file', self.path('pid'), '--console-socket',
                    self.path('pty.sock'), name)
            os.close(sockets.receive_fd(server))
        self.ok(*general, 'start', name)
        self.ok(*general, 'delete', '--force', name)
        self.assert_no_trace()

    def test_extra_files(self):
        """ExtraFiles of go-runc: --preserve-fds N"""
        read, write = os.pipe()
        os.set_inheritable(write, True)
        script = f'exec 3>&{write}; exec "$@"'
        b = self.shell('echo through >&3')
        result = self.program('sh', '-c', script, 'sh', case.CONTAIN_RUN, '--root', self.root, 'run', '--bundle', b.path,
                              '--preserve-fds', '1', self.fresh_id(), pass_fds=[write])
        os.close(write)
        with os.fdopen(read, encoding='ascii') as f:
            self.assertEqual((result.status, f.read()), (0, 'through\n'), str(result))


class Buildkit(Caller):
    def test_life(self):
        name, log = self.fresh_id(), self.path('runc-log.json')
        b = self.shell('echo built; exit 5')
        general = ['--log', log, '--log-format', 'json']
        result = self.run_words('--root', self.root, *general, 'run', '--bundle', b.path, '--keep', name)
        self.assertEqual((result.status, result.out), (5, 'built\n'), str(result))
        self.assertEqual(self.status(name), 'stopped')
        self.ok('--root', self.root, *general, 'delete', name)
        self.assert_no_trace()


class Conmon(Caller):
    """What conmon adds around podman's and CRI-O's --runtime-arg, and their own calls beside it."""

    def test_podman(self):
        name, log = self.fresh_id(), self.path('oci-log')
        b = self.shell('exec sleep 100')
        env = {'XDG_RUNTIME_DIR': self.place, 'PATH': os.environ['PATH']}
        general = ['--root', self.root, '--log-format=json', '--log', log]
        self.ok(*general, 'create', '--bundle', b.path, '--pid-file', self.path('pidfile'), name, env=env)
        self.assertEqual(self.pid(self.path('pidfile')), self.state(name)['pid'])
        self.ok('--root', self.root, 'start', name, env=env)
        self.ok('--root', self.root, 'kill', name, '15', env=env)
        self.ok('--root', self.root, 'kill', name, '9', env=env)
        self.ended(name)
        self.ok('--root', self.root, 'kill', '--all', name, '9', env=env)
        self.ok('--root', self.root, 'delete', '--force', name, env=env)
        self.ok('--root', self.root, 'delete', '--force', name, env=env)
        self.assert_no_trace()

    def test_podman_without_cgroups(self):
        name, b = self.fresh_id(), self.shell('exec sleep 100')
        self.ok('--root', self.root, '--cgroup-manager', 'disabled', 'create', '--bundle', b.path, '--pid-file',
                self.path('pidfile'), name)
        self.assertEqual(traces.cgroups_named([name]), [])
        self.ok('--root', self.root, '--cgroup-manager', 'disabled', 'start', name)
        self.ok('--root', self.root, 'delete', '--force', name)

    def test_podman_reads_the_log(self):
        """One JSON object; its words choose the exit status: 126 or 127"""
        for program, pattern in (('absent', PODMAN_NOT_FOUND), ('/absent', PODMAN_NOT_FOUND), ('/etc/passwd', PODMAN_FORBIDDEN),
                                 ('/etc', PODMAN_FORBIDDEN)):
            log = self.fresh_path('oci-log')
            self.fails('.', '--root', self.root, '--log-format=json', '--log', log, 'create', '--bundle',
                       self.bundle(program).path, '--pid-file', self.path('pidfile'), self.fresh_id())
            with open(log, encoding='utf-8') as f:
                record = json.load(f)
            self.assertEqual((record['level'], set(record)), ('error', {'level', 'msg', 'time'}))
            self.assertRegex(record['msg'], pattern)
            self.assertNotRegex(record['msg'], PODMAN_SECURITY)
            self.assertEqual('executable file not found in $PATH' in record['msg'], program == 'absent', record)
            self.assertFalse(os.path.exists(self.path('pidfile')))

    def test_cri_o(self):
        name = self.fresh_id()
        b = self.scope_bundle('trap "exit 0" TERM; ' + case.WAIT, name)
        env = {'CRI_O_EXTERNAL': '1', 'XDG_RUNTIME_DIR': self.place, 'PATH': os.environ['PATH']}
        systemd = ['--systemd-cgroup'] if SYSTEMD else []
        self.ok('--root=' + self.root, *systemd, 'create', '--bundle', b.path, '--pid-file', self.path('pidfile'), name, env=env)
        self.ok('--root', self.root, *systemd, 'start', name, env=env)
        state = json.loads(self.ok('--root', self.root, *systemd, 'state', name, env=env).out)
        for key in ('ociVersion', 'id', 'pid', 'status', 'bundle', 'rootfs', 'created', 'owner'):
            self.assertIn(key, state)
        self.ok('--root', self.root, *systemd, 'kill', name, 'SIGTERM', env=env)
        self.ok('--root', self.root, *systemd, 'kill', '-a', name, '9', env=env)
        self.ended(name)
        self.fails(CRIO_GONE, '--root', self.root, *systemd, 'kill', name, 'KILL', env=env)
        self.ok('--root', self.root, *systemd, 'delete', '--force', name, env=env)
        self.assert_no_trace()

    def test_conmon_rs(self):
        """--root=DIR and --systemd-cgroup may come twice"""
        name = self.fresh_id()
        b = self.scope_bundle('exec sleep 100', name)
        systemd = ['--systemd-cgroup', '--systemd-cgroup'] if SYSTEMD else []
        log = ['--log=journald:' + name, '--log-level=debug']
        self.ok('--root=/absent', '--root=' + self.root, *systemd, *log, 'create', '--bundle=' + b.path,
                '--pid-file=' + self.path('pidfile'), name)
        self.ok('--root=' + self.root, *systemd, 'start', name)
        self.ok('--root=' + self.root, '--log=syslog:' + name, 'kill', name, 'KILL')
        self.ended(name)
        self.ok('--root=' + self.root, 'delete', name)
        self.assert_no_trace()


class Buildah(Caller):
    STATUSES = ('creating', 'created', 'running', 'stopped')

    def test_life(self):
        """It polls the state, of which it knows four, and stops without saying with which signal"""
        name, b = self.fresh_id(), self.shell('trap "exit 0" TERM; ' + case.WAIT)
        self.ok('--root', self.root, 'create', '--bundle', b.path, '--pid-file', self.path('pid'), '--no-new-keyring',
                '--no-pivot', name)
        self.assertIn(json.loads(self.ok('--root', self.root, 'state', name).out)['status'], self.STATUSES)
        self.ok('--root', self.root, 'start', name)
        self.assertIn(json.loads(self.ok('--root', self.root, 'state', name).out)['status'], self.STATUSES)
        self.ok('--root', self.root, 'kill', name, 'SIGKILL')
        self.ended(name)
        self.ok('--root', self.root, 'delete', name)
        self.assert_no_trace()

    def test_stop(self):
        name, created = self.running('trap "exit 0" TERM; echo ready; ' + case.WAIT)
        self.wait_for_output(created, 'ready')
        self.ok('--root', self.root, 'kill', name)
        self.ended(name)


class Versions(Caller):
    def test_version(self):
        """podman, buildah and CRI-O print what they get; go-runc reads the lines after the first"""
        lines = self.ok('--version').out.splitlines()
        self.assertRegex(lines[0], r'^contain-run version \d+\.\d+\.\d+')
        self.assertTrue(any(line.startswith('spec: ') for line in lines), lines)

    def test_features(self):
        """containerd's shim takes standard output, CRI-O both streams together"""
        result = self.ok('features')
        features = json.loads(result.out)
        self.assertEqual(result.err, '')
        self.assertTrue(features['ociVersionMin'] and features['ociVersionMax'])
        self.assertIn('rro', features['mountOptions'])
        self.assertIn('enabled', features['linux']['mountExtensions']['idmap'])


if __name__ == '__main__':
    case.main()
