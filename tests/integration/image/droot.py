#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each line of docs/droot.md, by a test whose description is the line's first field."""

import json
import os
import pwd
import re
import resource
import signal
import stat
import subprocess
import sys
import tarfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402
from harness.deploy import DeployCase  # noqa: E402
from harness.layout import Layout, member  # noqa: E402
from harness.place import STAY, PlaceCase, machine_mounts, make_image  # noqa: E402
from harness.rootless import FIRST, RootlessCase  # noqa: E402
from harness.world import World, etc, own_mounts, without_call  # noqa: E402

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../docs/droot.md')
MOUNT_SETATTR = 442     # on all machines
DROOT_CAPABILITIES = 0b10011001111


class Run(PlaceCase):
    def with_mount_below(self, option, script, folder, **options):
        """What @script says in place, with @folder bound in which a tmpfs is mounted on "inner"."""
        line = ' '.join(self.place_line(option, f'{folder}:/d', '--'))
        return self.program('unshare', '-m', 'sh', '-c', f'mount -t tmpfs t {folder}/inner && exec {line} sh -c "$0"', script, **options)

    def test_what_stays(self):
        """the process"""
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (123, 123))
        process = self.start_program(self.place_line('--', 'sh', '-c', 'echo $$ $PPID; cat /proc/$$/stat; ulimit -n; '
                                                     'readlink /proc/$$/ns/net; cat /proc/$$/cgroup'), preexec_fn=limit)
        lines = self.end_program(process).out.splitlines()
        self.assertEqual(lines[0].split(), [str(process.pid), str(os.getpid())])
        self.assertEqual(lines[1].rpartition(')')[2].split()[2:4], [str(os.getpgid(0)), str(os.getsid(0))])
        self.assertEqual(lines[2:4], ['123', os.readlink('/proc/self/ns/net')])
        with open('/proc/self/cgroup', encoding='utf-8') as f:
            self.assertEqual(lines[4:], f.read().splitlines())

    def test_root(self):
        """`--root DIR`, `-r`"""
        link = self.path('current')
        os.symlink(self.image, link)
        process = self.start_program(self.place_line('--', 'sh', '-c', 'echo ready; ' + STAY, image=link))
        self.assertTrue(traces.wait_until(lambda: 'ready' in open(process.out_path, encoding='utf-8').read()))
        os.unlink(link)
        self.assertTrue(os.path.samefile(f'/proc/{process.pid}/root/etc/passwd', self.image + '/etc/passwd'))
        process.kill()
        self.end_program(process)

    def test_user(self):
        """`--user`, `-u`"""
        script = 'echo $(id -u):$(id -g) $(id -G)'
        self.assertEqual(self.inside(script, '--user', 'app', preexec_fn=lambda: os.setgroups([4, 24])), '1500:1600 1600 1700')
        self.assertEqual(self.inside(script, '-u', '4711:4712'), '4711:4712 4712')
        self.refused("has no user 'daemon'", '-u', 'daemon', '--', 'id')

    def test_group(self):
        """`--group`, `-g`"""
        script = 'echo $(id -u):$(id -g)'
        self.assertEqual(self.inside(script, '-u', 'app', '--group', 'more'), '1500:1700')
        self.assertEqual(self.inside(script, '-u', 'app', '-g', '99'), '1500:99')
        self.assertEqual(self.inside(script, '-u', 'app'), '1500:1600')

    def test_bind(self):
        """`--bind SRC[:DST]`, `-b`"""
        data = self.filled_folder('data', one='1')
        self.assertEqual(self.inside(f'cat {data}/one', '--bind', data), '1')
        self.assertEqual(self.inside('cat /mnt/new/one', '--bind', f'{data}:/mnt/new'), '1')
        self.assertEqual(self.inside('cat /one', '--bind', f'{data}/one:/one'), '1')
        empty = self.filled_folder('empty')
        self.inside('ls /e', '--bind', f'{empty}:/e')
        self.assertEqual(os.listdir(empty), [])
        os.mkdir(empty + '/inner')
        result = self.with_mount_below('--bind', 'echo 1 > /d/inner/x && grep -c /d/inner /proc/mounts', empty)
        self.assertEqual(result.out, '1\n', str(result))
        outside = self.filled_folder('outside', own='x')
        os.symlink(outside, self.image + '/out')
        self.inside('true', '--bind', f'{data}:/out')
        self.assertEqual(os.listdir(outside), ['own'])
        self.refused('--bundle does not go with --in-place', '-b', '/etc', '--', 'id')

    def test_robind(self):
        """`--robind SRC[:DST]`"""
        data = self.filled_folder('data')
        os.mkdir(data + '/inner')
        script = 'for f in /d/x /d/inner/x; do touch $f 2>/dev/null || echo refused; done'
        result = self.with_mount_below('--robind', script, data)
        if 'it takes Linux 5.12' not in result.err:
            self.assertEqual(result.out, 'refused\nrefused\n', str(result))
        result = self.with_mount_below('--robind', script, data, preexec_fn=World(without_call(MOUNT_SETATTR)))
        self.assertEqual((result.status, result.out), (125, ''), str(result))
        self.assertIn('this kernel cannot change mounts recursively, it takes Linux 5.12', result.err)
        result = self.with_mount_below('--bind', script, data, preexec_fn=World(without_call(MOUNT_SETATTR)))
        self.assertEqual((result.status, result.out), (0, ''), str(result))

    def test_copy_files(self):
        """`--copy-files`, `--cp`"""
        for option in ('--copy-files', '--cp'):
            self.assertEqual(self.inside('id -u; touch /etc/passwd 2>/dev/null || echo refused', option, '-u', 'daemon').split(),
                             [str(pwd.getpwnam('daemon').pw_uid), 'refused'])
        with open(self.image + '/etc/passwd', encoding='utf-8') as f:
            self.assertIn('An App', f.read())

    def status(self, *options):
        return dict(line.split(':\t') for line in self.inside('cat /proc/self/status', *options).splitlines() if ':\t' in line)

    def test_no_dropcaps(self):
        """`--no-dropcaps`"""
        with open('/proc/self/status', encoding='utf-8') as f:
            held = re.search(r'CapEff:\t(\w+)', f.read())[1]
        found = self.status('--no-dropcaps')
        self.assertEqual((found['CapEff'], found['NoNewPrivs']), (held, '0'))
        self.assertEqual(self.status()['NoNewPrivs'], '1')

    def test_capabilities(self):
        """the capabilities that are kept"""
        for options in ((), ('--cap-profile', 'droot')):
            found = self.status(*options)
            for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
                self.assertEqual(int(found[name], 16) & ~DROOT_CAPABILITIES, 0, name)
            self.assertEqual(int(found['CapEff'], 16), DROOT_CAPABILITIES)
        self.assertEqual(self.status('--cap-profile', 'none', '--keep-caps', 'kill,net_bind_service')['CapEff'], f'{1 << 5 | 1 << 10:016x}')

    def test_env(self):
        """`--env NAME=VALUE`, `-e`"""
        path = self.path('file')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('C=of a file\n')
        self.assertEqual(self.inside('echo "$A:$B:$C:$SECRET"', '--env', 'A=a=b', '-e', 'B', '--env-file', path,
                                     env={**os.environ, 'B': "the caller's", 'SECRET': 'x'}), "a=b:the caller's:of a file:")

    def test_drootenv(self):
        """`/.drootenv`"""
        image = make_image(self, env='JAVA_OPTS=-Da=b -Dc="d e"\n')
        self.assertEqual(self.inside('echo "$JAVA_OPTS"', image=image), '-Da=b -Dc="d e"')
        self.refused("line 2 of the image's '/.drootenv'", '--', 'id', image=make_image(self, env='A=b\nnothing\n'))

    def test_path(self):
        """the host's `$PATH` finds the program"""
        image = make_image(self, env='PATH=/own\n')
        os.mkdir(image + '/own')
        os.symlink('/bin/busybox', image + '/own/echo')
        self.assertEqual(self.in_place('--', 'echo', 'found', image=image).out, 'found\n')
        self.assertEqual(self.in_place('--', 'ls', image=image, env={**os.environ, 'PATH': '/bin'}).status, 127)

    def test_userns(self):
        """nothing: `--userns auto`"""
        ids, scratch = f'root:{FIRST}:65536\n', self.fresh_path('scratch')
        os.mkdir(scratch)
        process = self.start_program(self.place_line('--userns', 'auto', '-u', 'app', '--', 'sh', '-c', 'id -u; ' + STAY),
                                     preexec_fn=World(own_mounts, etc({'subuid': ids, 'subgid': ids}, scratch)))
        said = lambda path: open(path, encoding='utf-8').read()
        self.assertTrue(traces.wait_until(lambda: said(process.out_path) or said(process.err_path)))
        if 'cannot map the ids of a file system' not in said(process.err_path):
            self.assertEqual((said(process.out_path), os.stat(f'/proc/{process.pid}').st_uid), ('1500\n', FIRST + 1500))
        process.kill()
        self.end_program(process)

    def test_mounts(self):
        """mounts stay"""
        process = self.start_program(self.place_line('--bind', '/etc:/mnt', '--', 'sh', '-c', 'echo ready; ' + STAY))
        self.assertTrue(traces.wait_until(lambda: 'ready' in open(process.out_path, encoding='utf-8').read()))
        self.assertNotIn(self.image, machine_mounts())
        process.send_signal(signal.SIGKILL)
        self.end_program(process)
        self.assertNotIn(self.image, machine_mounts())

    def test_dev(self):
        """`/dev` is written to the image"""
        out = self.inside('stat -f -c %T /dev; cd /dev; stat -c %t:%T null zero full random urandom tty; test -c ptmx; test -d pts && test -d shm && echo both')
        self.assertEqual(out.split(), ['tmpfs', '1:3', '1:5', '1:7', '1:8', '1:9', '5:0', 'both'])
        self.assertEqual([name for name in os.listdir(self.image + '/dev') if stat.S_ISCHR(os.lstat(f'{self.image}/dev/{name}').st_mode)], [])

    def test_proc_and_sys(self):
        """`/proc`, `/sys`"""
        script = ('test -d /proc/$$ && test -d /sys/kernel && echo there; touch /sys/x 2>/dev/null || echo refused; '
                  'echo 1 2>/dev/null >/proc/sys/vm/drop_caches || echo refused; head -c 1 /proc/kcore | wc -c; '
                  'echo h 2>/dev/null >/proc/sysrq-trigger || echo refused')
        expected = ['there', 'refused', 'refused', '0', 'refused']
        self.assertEqual(self.inside(script).split(), expected)
        self.assertEqual(self.inside(script, preexec_fn=World(without_call(MOUNT_SETATTR))).split(), expected)

    def test_var_lock(self):
        """`/var/lock` is made a link"""
        self.inside('true')
        self.assertFalse(os.path.lexists(self.image + '/var/lock'))
        os.mkdir(self.image + '/var/lock')
        self.inside('touch /var/lock/x')
        self.assertEqual(os.listdir(self.image + '/var/lock'), ['x'])

    def test_debug(self):
        """`--debug`, `-D`, `$DROOT_DEBUG`"""
        log = self.path('log')
        line = self.place_line('-u', 'none', '--', 'id')
        result = self.program(line[0], '--debug', '--log', log, '--log-format', 'json', *line[1:])
        self.assertEqual((result.status, result.err.count('\n')), (125, 1), str(result))
        with open(log, encoding='utf-8') as f:
            self.assertTrue(all(json.loads(text)['msg'] for text in f))

    def test_failures(self):
        """the exit status"""
        for argv, status in ((('--bind', '/not/there', '--', 'id'), 125), (('--', '/etc/passwd'), 126), (('--', 'frobnicate'), 127),
                             (('--', 'sh', '-c', 'exit 3'), 3)):
            self.assertEqual(self.in_place(*argv).status, status, argv)
        self.assertEqual(self.inside('echo $NOTIFY_SOCKET $WATCHDOG_USEC', env={**os.environ, 'NOTIFY_SOCKET': '@x', 'WATCHDOG_USEC': '5'}), '@x 5')


class AnyUser(RootlessCase):
    def test_any_user(self):
        """runs as root only"""
        image = make_image(self)
        for folder, _, _ in os.walk(image) if self.is_root else []:
            os.chown(folder, self.uid, self.gid)
        result = self.end_program(self.start_as_user(self.command_line('run', '--in-place', '--rootfs', image, '--', 'sh', '-c',
                                                                       'id -u; tr -s " " < /proc/self/uid_map')))
        self.assertEqual([line.strip() for line in result.out.splitlines()], ['0', f'0 {self.uid} 1'], str(result))


class Rest(DeployCase):
    ENV = ('PATH=/bin', 'JAVA_OPTS=-Da=b -Dc="d e" $HOME `id`', 'MULTI=a\nb')

    def busybox_image(self):
        with open('/bin/busybox', 'rb') as f:
            busybox = f.read()
        return Layout(self.fresh_path('image'), [[
            *(member(name, 'folder') for name in ('bin', 'etc', 'proc', 'sys', 'dev', 'tmp')), member('bin/sh', content=busybox, mode=0o755),
            member('etc/passwd', content=b'root:x:0:0::/:/bin/sh\napp:x:1500:1500::/:/bin/sh\n'), member('etc/group', content=b'app:x:1500:\n')]], env=self.ENV)

    def run_in_place(self, folder, *argv):
        return self.succeed('run', '--in-place', '--rootfs', folder, *argv).out

    def test_export(self):
        """`export [-o FILE] NAME[:TAG]`"""
        path = self.path('archive')
        self.succeed('export', self.image('one').name, '-o', path)
        with tarfile.open(path) as tar:
            self.assertIn('etc/version', tar.getnames())
            self.assertEqual(tar.extractfile('.drootenv').read(), b'# env, quoted\nPATH=/bin\n')
        result = self.cli('export', self.image('one').name)
        with open(path, 'rb') as f, open(result.out_path, 'rb') as g:
            self.assertTrue(g.read().startswith(f.read(1024)))

    def test_push_and_pull(self):
        """`push`, `pull` (S3)"""
        store = self.path('object')
        line = lambda *argv: ' '.join(self.command_line(*argv))
        pushed = self.program('sh', '-c', f'{line("export", self.busybox_image().name)} | gzip > {store}')
        self.assertEqual(pushed.status, 0, str(pushed))
        pulled = self.program('sh', '-c', f'{line("deploy", "--root", self.top, "--json")} < {store}')
        self.assertEqual(json.loads(pulled.out)['status'], 'deployed', str(pulled))
        # The whole way: what the image says comes to the program as it is.
        out = self.run_in_place(self.top + '/current', '-u', 'app', '--', 'sh', '-c', 'printf "%s\\n" "$JAVA_OPTS" "$MULTI"')
        self.assertEqual(out, '-Da=b -Dc="d e" $HOME `id`\na\nb\n')

    def test_deploy(self):
        """`deploy --root DIR`, `--mode symlink`"""
        for options, version in (((), 'one'), (('--mode', 'symlink', '--keep', '1'), 'two')):
            with open(self.archive(version), 'rb') as f:
                self.deploy('-', *options, stdin=f)
            self.assertEqual(self.check_whole(), version)
        self.assertTrue(os.path.islink(self.top + '/current'))

    def test_rsync(self):
        """`deploy --mode rsync`"""
        with open(self.archive('one'), 'rb') as f:
            self.deploy('-', '--mode', 'rsync', stdin=f)
        self.assertEqual(self.check_whole(self.top), 'one')
        mounted = self.top + '/mounted'
        os.mkdir(mounted)
        subprocess.run(['mount', '-t', 'tmpfs', 't', mounted], check=True)
        self.addCleanup(subprocess.run, ['umount', mounted], check=True)
        with open(mounted + '/file', 'w', encoding='utf-8'):
            pass
        with open(self.archive('two'), 'rb') as f:
            self.deploy('-', '--mode', 'sync', stdin=f)
        self.assertEqual((self.check_whole(self.top), os.listdir(mounted)), ('two', ['file']))

    def test_same_owner(self):
        """`deploy --same-owner`"""
        image = self.image('one').name
        for options, owner in (((), (5, 6)), (('--same-owner',), (5, 6)), (('--no-same-owner',), (0, 0))):
            self.deploy(image, *options)
            status = os.stat(self.top + '/current/bin/app')
            self.assertEqual((status.st_uid, status.st_gid), owner, options)

    def test_capze(self):
        """capze: `--keep`, `--rollback`, `--prune`"""
        names = [self.deploy(self.image(version).name)['name'] for version in ('one', 'two', 'three')]
        self.rollback()
        self.assertEqual(self.check_whole(), 'two')
        self.rollback('--to', names[0])
        self.assertEqual(self.check_whole(), 'one')
        self.assertEqual(self.prune('--keep', '1', '--dry-run')['pruned'], [])
        self.rollback('--to', names[2])
        self.assertEqual(self.prune('--keep', '1')['pruned'], [names[1]])
        self.assertEqual(self.deploy(self.image('four').name, '--keep', '1')['pruned'], [names[0]])

    def test_rm(self):
        """`rm --root DIR`"""
        self.deploy(self.busybox_image().name)
        self.run_in_place(self.top + '/current', '--bind', '/etc:/mnt', '--', 'sh', '-c', 'true')
        self.assertEqual(traces.mounts_below(self.top), [])
        left = os.path.realpath(self.top + '/current') + '/mnt'
        line = ' '.join(self.command_line('umount', '--root', self.top))
        done = self.program('unshare', '-m', 'sh', '-c', f'mount --bind /etc {left} && {line} && rm -r {self.top}')
        self.assertEqual((done.status, done.out), (0, left + '\n'), str(done))
        self.assertTrue(os.path.exists('/etc/passwd'))

    def test_umount(self):
        """`umount --root DIR`"""
        for name in ('app', 'app2'):
            os.makedirs(f'{self.memory}/{name}/proc')
        line = ' '.join(self.command_line('umount', '--root', self.top))
        script = (f'for d in {self.top} {self.top}2; do mount -t tmpfs t $d/proc; mkdir $d/proc/in; mount -t tmpfs t $d/proc/in; done; '
                  f'{line} --dry-run && {line} --lazy && grep -c {self.top} /proc/self/mountinfo')
        result = self.program('unshare', '-m', 'sh', '-c', script)
        self.assertEqual(result.out.split(), [self.top + '/proc/in', self.top + '/proc'] * 2 + ['2'], str(result))

    def test_docker_host(self):
        """`$DOCKER_HOST`"""
        for value, text in (('tcp://127.0.0.1:1', 'only a daemon at a socket of this machine'), (f'unix://{self.path("none")}', 'cannot fetch')):
            self.refuse(text, 'inspect', 'docker-daemon:app', env={**os.environ, 'DOCKER_HOST': value})

    def test_run_image(self):
        """nothing: `contain-run run --image IMAGE`"""
        out = self.succeed('run', '--image', self.busybox_image().name, '--storage', self.path('copies'), self.fresh_id(), '--', 'sh', '-c', 'echo "$JAVA_OPTS"').out
        self.assertEqual(out, '-Da=b -Dc="d e" $HOME `id`\n')
        self.assertEqual(os.listdir(self.path('copies')), [])


class Page(unittest.TestCase):
    """What stands outside of the tables has tests that are named otherwise."""

    BESIDES = {'the process', 'the exit status'}

    def test_each_line_has_a_test(self):
        with open(PAGE, encoding='utf-8') as f:
            rows = [[field.strip() for field in line.strip('|\n').split('|')] for line in f if line.startswith('| ') and '---' not in line]
        lines = {f'nothing: {re.match("`[^`]*`", row[1])[0]}' if row[0] == 'nothing' else row[0] for row in rows if row[0] != 'Droot'}
        tests = [getattr(kind, name).__doc__ for kind in (Run, AnyUser, Rest) for name in dir(kind) if name.startswith('test_')]
        self.assertEqual(sorted(tests), sorted(lines | self.BESIDES))


if __name__ == '__main__':
    case.main()
