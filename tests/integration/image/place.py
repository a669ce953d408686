# SPDX-License-Identifier: MIT
"""run --in-place: what the program finds, and what it cannot find."""

import os
import pwd
import signal
import socket
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402
from harness.place import GROUP, STAY, PlaceCase, machine_mounts, make_image  # noqa: E402


class Identity(PlaceCase):
    """It is the process that was started."""

    def test_the_pid_and_the_parent_stay(self):
        process = self.start_program(self.place_line('--', 'sh', '-c', 'echo $$ $PPID; read -r _ < /proc/self/stat'))
        result = self.end_program(process)
        self.assertEqual(result.out.split(), [str(process.pid), str(os.getpid())], str(result))

    def test_the_exit_status_is_the_programs(self):
        self.assertEqual(self.in_place('--', 'sh', '-c', 'exit 7').status, 7)
        self.assertEqual(self.in_place('--', 'sh', '-c', 'kill -9 $$').status, -signal.SIGKILL)

    def test_signals_reach_it(self):
        process = self.start_program(self.place_line(
            '--', 'sh', '-c', 'trap "echo hup" HUP; trap "echo term; exit 3" TERM; echo ready; ' + STAY))
        seen = lambda text: traces.wait_until(lambda: text in open(process.out_path, encoding='utf-8').read())
        self.assertTrue(seen('ready'))
        process.send_signal(signal.SIGHUP)
        self.assertTrue(seen('hup'))
        process.send_signal(signal.SIGTERM)
        result = self.end_program(process)
        self.assertEqual((result.status, result.out.split()), (3, ['ready', 'hup', 'term']), str(result))

    def test_nothing_stays_when_it_is_killed(self):
        process = self.start_program(self.place_line('--bind', '/etc', '--', 'sh', '-c', 'echo ready; ' + STAY))
        self.assertTrue(traces.wait_until(lambda: 'ready' in open(process.out_path, encoding='utf-8').read()))
        self.assertNotIn(self.image, machine_mounts())
        process.kill()
        self.end_program(process)
        traces.end_children(traces.reap_ended())
        self.assertNotIn(self.image, machine_mounts())

    def test_what_is_the_hosts_stays(self):
        """Namespaces but that of mounts, the cgroup, limits"""
        script = 'for n in pid net uts ipc cgroup user mnt; do readlink /proc/self/ns/$n; done; cat /proc/self/cgroup'
        own = [os.readlink(f'/proc/self/ns/{name}') for name in ('pid', 'net', 'uts', 'ipc', 'cgroup', 'user', 'mnt')]
        lines = self.inside(script).splitlines()
        self.assertEqual(lines[:6], own[:6])
        self.assertNotEqual(lines[6], own[6])
        with open('/proc/self/cgroup', encoding='utf-8') as f:
            self.assertEqual(lines[7:], f.read().splitlines())

    def test_the_pid_file(self):
        path = self.path('pid')
        process = self.start_program(self.place_line('--pid-file', path, '--', 'true'))
        self.end_program(process)
        with open(path, encoding='utf-8') as f:
            self.assertEqual(f.read(), str(process.pid))


class Users(PlaceCase):
    """Who it is, by the image's own files."""

    ID = 'echo $(id -u):$(id -g) $(id -G)'

    def test_users_of_the_image(self):
        for options, expected in (((), '0:0 0'), (('--user', 'app'), '1500:1600 1600 1700'),
                                  (('-u', '1500'), '1500:1600 1600 1700'), (('-u', 'app:more'), '1500:1700 1700'),
                                  (('-u', 'app', '-g', '1800'), '1500:1800 1800'), (('-g', 'web'), '0:1600 1600'),
                                  (('-u', '4711:4712'), '4711:4712 4712'), (('-u', '4711'), '4711:0 0')):
            with self.subTest(options):
                self.assertEqual(self.inside(self.ID, *options), expected)

    def test_the_callers_groups_are_gone(self):
        def join_groups():
            os.setgroups([4, 24])
        self.assertEqual(self.inside(self.ID, '-u', 'app', preexec_fn=join_groups), '1500:1600 1600 1700')
        self.assertEqual(self.inside(self.ID, preexec_fn=join_groups), '0:0 0')

    def test_users_that_are_not_there(self):
        self.refused("the image's '/etc/passwd' has no user 'nobody'", '-u', 'nobody', '--', 'id')
        self.refused("the image's '/etc/group' has no group 'wheel'", '-u', 'app:wheel', '--', 'id')
        self.refused("no group 'wheel'", '-g', 'wheel', '--', 'id')
        self.refused("no user 'short'", '-u', 'short', '--', 'id')
        self.refused("'4294967295' is no user id", '-u', '4294967295', '--', 'id')
        self.refused('is not of the form USER or USER:GROUP', '-u', ':', '--', 'id')

    def test_files_of_the_image_that_are_links_to_outside(self):
        image = make_image(self, passwd=None, group=GROUP)
        outside = self.path('outside')
        with open(outside, 'w', encoding='utf-8') as f:
            f.write('evil:x:0:0::/:\n')
        for target in (outside, '/proc/self/root' + outside, '../../../../../..' + outside):
            with self.subTest(target):
                os.unlink(os.path.join(image, 'etc/passwd'))
                os.symlink(target, os.path.join(image, 'etc/passwd'))
                self.refused('passwd', '-u', 'evil', '--', 'id', image=image)

    def test_capabilities(self):
        status = 'grep -E "^(Cap|NoNew)" /proc/self/status | tr -s "\\t" " "'
        with open('/proc/self/status', encoding='utf-8') as f:
            own = dict(line.split(':\t') for line in f.read().splitlines() if ':\t' in line)
        held = int(own['CapEff'], 16)

        def sets(*options):
            return dict(line.split(': ') for line in self.inside(status, *options).splitlines())

        def mask(bits):
            return f'{bits & held:016x}'
        droot = 0b10011001111
        seen = sets()
        self.assertEqual([seen[name] for name in ('CapBnd', 'CapPrm', 'CapEff', 'CapInh', 'CapAmb')],
                         [mask(droot)] * 3 + ['0' * 16] * 2)
        self.assertEqual(seen['NoNewPrivs'], '1')
        seen = sets('-u', 'app')
        self.assertEqual([seen[name] for name in ('CapBnd', 'CapPrm', 'CapEff')], [mask(droot)] + ['0' * 16] * 2)
        self.assertEqual(sets('--cap-profile', 'droot', '--keep-caps', 'kill,CAP_CHOWN')['CapEff'],
                         mask(droot | 1 << 5))
        self.assertEqual(sets('--cap-profile', 'none')['CapBnd'], '0' * 16)
        self.assertEqual(sets('--cap-profile', 'none', '--keep-caps', 'setuid', '--keep-caps', 'cap_setgid')['CapBnd'],
                         mask(1 << 7 | 1 << 6))
        seen = sets('--no-dropcaps')
        self.assertEqual((seen['CapEff'], seen['NoNewPrivs']), (f'{held:016x}', '0'))
        self.refused("unknown capability 'CAP_FLY'", '--keep-caps', 'fly', '--', 'id')
        self.refused("unknown profile 'full' of capabilities", '--cap-profile', 'full', '--', 'id')
        self.refused('all capabilities are to be kept, and some of them', '--no-dropcaps', '--keep-caps', 'kill', '--',
                     'id')


class Environment(PlaceCase):
    """What is in the environment, and what is not."""

    def variables(self, *options, **more):
        out = self.inside('tr "\\0" "\\n" < /proc/$$/environ; true', *options, **more)
        return dict(line.split('=', 1) for line in out.splitlines())

    def test_the_images_environment(self):
        """Values that hold '=', quotes and spaces; nothing of the caller's"""
        image = make_image(self, env='JAVA_OPTS=-Da=b -Dc=d\nQ="a \'b\' $HOME `id`"\nE=\nPATH=/bin\nX==\n')
        self.assertEqual(self.variables(image=image, env={**os.environ, 'SECRET': 'x'}),
                         {'JAVA_OPTS': '-Da=b -Dc=d', 'Q': '"a \'b\' $HOME `id`"', 'E': '', 'X': '=', 'PATH': '/bin',
                          'HOME': '/root'})

    def test_what_is_set_besides(self):
        image = make_image(self, env='A=image\nB=image\nC=image\n')
        path = self.path('variables')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('# of a file\nB=file\nC=file\n\nD=file=1\n')
        found = self.variables('--env-file', path, '-e', 'C=said', '--env', 'NAMED', image=image,
                               env={**os.environ, 'NAMED': 'passed on'})
        self.assertEqual([found.get(name) for name in ('A', 'B', 'C', 'D', 'NAMED')],
                         ['image', 'file', 'said', 'file=1', 'passed on'])

    def test_variables_that_are_none(self):
        self.refused('there is no such variable to pass on', '-e', 'CT_TEST_UNSET', '--', 'id')
        self.refused('is not of the form NAME=value', '-e', '=x', '--', 'id')
        path = self.path('variables')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('A=1\nnothing\n')
        self.refused(f"line 2 of '{path}' is not of the form NAME=value", '--env-file', path, '--', 'id')
        self.refused(f"cannot read '{path}.not'", '--env-file', path + '.not', '--', 'id')
        self.refused("line 1 of the image's '/.drootenv'", '--', 'id', image=make_image(self, env='junk\n'))

    def test_the_program_is_searched_for_in_the_images_path(self):
        image = make_image(self, env='PATH=/opt/own\n')
        os.makedirs(os.path.join(image, 'opt/own'))
        os.symlink('/bin/busybox', os.path.join(image, 'opt/own/echo'))
        self.assertEqual(self.in_place('--', 'echo', 'found', image=image).out, 'found\n')
        result = self.in_place('--', 'ls', image=image, env={**os.environ, 'PATH': '/bin'})
        self.assertEqual(result.status, 127, str(result))

    def test_the_working_directory(self):
        self.assertEqual(self.inside('pwd'), '/')
        self.assertEqual(self.inside('pwd', '-w', '/var'), '/var')
        self.refused('is not an absolute path', '-w', 'var', '--', 'pwd')

    def test_sockets_and_notifications_of_a_service_manager(self):
        path = self.path('notify')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            out = self.inside('test -S "$NOTIFY_SOCKET" && echo $NOTIFY_SOCKET $WATCHDOG_USEC',
                              env={**os.environ, 'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': '5'})
        self.assertEqual(out, f'{path} 5')
        script = 'exec env LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web "$@" 3</etc/hostname'
        line = self.place_line('--', 'sh', '-c', 'test $LISTEN_PID = $$ && echo $LISTEN_FDS $LISTEN_FDNAMES; ls /proc/self/fd')
        result = self.program('sh', '-c', script, 'sh', *line)
        self.assertEqual(result.out.split()[:6], ['1', 'web', '0', '1', '2', '3'], str(result))


class Files(PlaceCase):
    """The root file system, and what is bound into it."""

    def test_the_root_is_the_images_and_writable(self):
        self.inside('echo new > /var/file')
        with open(os.path.join(self.image, 'var/file'), encoding='utf-8') as f:
            self.assertEqual(f.read(), 'new\n')
        self.assertEqual(self.inside('ls -d /lib64 /boot 2>/dev/null; echo'), '')

    def test_a_link_to_the_root(self):
        link = self.path('current')
        os.symlink(self.image, link)
        self.assertEqual(self.inside('echo ok', image=link), 'ok')

    def test_binds(self):
        data = self.filled_folder('data', one='1')
        before = os.listdir(data)
        self.assertEqual(self.inside(f'cat {data}/one; echo 2 > {data}/two', '--bind', data), '1')
        self.assertEqual(sorted(os.listdir(data)), [*before, 'two'])
        self.assertEqual(self.inside('cat /mnt/x/one', '--bind', f'{data}:/mnt/x'), '1')
        self.assertEqual(self.inside('cat /file', '--bind', f'{data}/one:/file'), '1')
        self.assertEqual(self.inside('touch /d/x 2>&1 || grep " /d " /proc/mounts | cut -d" " -f4 | cut -d, -f1',
                                     '--robind', f'{data}:/d').splitlines()[-1], 'ro')
        self.assertIn('nosuid', self.inside('grep " /d " /proc/mounts', '--bind', f'{data}:/d:nosuid,nodev'))
        empty = self.filled_folder('empty')
        self.inside('ls /e', '--bind', f'{empty}:/e')
        self.assertEqual(os.listdir(empty), [])

    def test_read_only_binds_are_so_with_all_below(self):
        data, inner = self.filled_folder('data'), os.path.join(self.path('data'), 'inner')
        os.mkdir(inner)
        script = (f'mount -t tmpfs t {inner} && exec ' + ' '.join(self.place_line('--robind', f'{data}:/d', '--')) +
                  ' sh -c "touch /d/inner/x 2>/dev/null || echo refused"')
        result = self.program('unshare', '-m', 'sh', '-c', script)
        self.assertEqual(result.out, 'refused\n', str(result))

    def test_binds_that_are_none(self):
        self.refused('is not of the form SOURCE', '--bind', 'relative', '--', 'id')
        self.refused('is not of the form SOURCE', '--bind', '/etc:relative', '--', 'id')
        self.refused('is not of the form SOURCE', '--bind', '/etc:/a:ro:x', '--', 'id')
        self.refused('would cover the whole root', '--bind', '/etc:/', '--', 'id')
        self.refused('/not/there', '--bind', '/not/there', '--', 'id')
        self.refused("'frob'", '--bind', '/etc:/x:frob', '--', 'id')

    def test_a_target_that_is_a_link_to_outside(self):
        data, outside = self.filled_folder('data', one='1'), self.filled_folder('outside', own='x')
        os.symlink(outside, os.path.join(self.image, 'mnt'))
        os.makedirs(self.image + outside)
        self.inside('true', '--bind', f'{data}:/mnt')
        self.assertEqual(os.listdir(outside), ['own'])
        self.assertEqual(self.inside('cat /mnt/one', '--bind', f'{data}:/mnt'), '1')

    def test_the_hosts_files(self):
        names = ['passwd', 'group', 'hosts', 'resolv.conf']
        expected = ''
        for name in names:
            if not os.path.exists(f'/etc/{name}'):
                self.skipTest(f'needs /etc/{name}')
            with open(f'/etc/{name}', encoding='utf-8') as f:
                expected += f.read()
        before = {name: os.stat(f'/etc/{name}').st_mtime_ns for name in names}
        script = 'cat ' + ' '.join(f'/etc/{name}' for name in names)
        self.assertEqual(self.inside(script, '--copy-files').strip(), expected.strip())
        self.assertEqual(self.in_place('--cp', '--', 'sh', '-c', 'echo > /etc/hosts').status, 1)
        daemon = pwd.getpwnam('daemon')
        self.assertEqual(self.inside('id -u', '--cp', '-u', 'daemon'), str(daemon.pw_uid))
        self.assertEqual({name: os.stat(f'/etc/{name}').st_mtime_ns for name in names}, before)
        with open(os.path.join(self.image, 'etc/passwd'), encoding='utf-8') as f:
            self.assertIn('An App', f.read())

    def test_devices(self):
        out = self.inside('cd /dev; stat -c "%n %t:%T %a" null zero full random urandom tty; '
                          'head -c 3 zero | wc -c; test -c ptmx && echo ptmx; test -d shm && echo shm')
        self.assertEqual(out.splitlines(), ['null 1:3 666', 'zero 1:5 666', 'full 1:7 666', 'random 1:8 666',
                                            'urandom 1:9 666', 'tty 5:0 666', '3', 'ptmx', 'shm'])
        self.assertEqual([name for name in os.listdir(os.path.join(self.image, 'dev'))
                          if stat.S_ISCHR(os.lstat(os.path.join(self.image, 'dev', name)).st_mode)], [])

    def test_the_kernels_file_systems(self):
        out = self.inside('test -d /proc/$$ && echo proc; test -d /sys/kernel && echo sys; '
                          'touch /sys/kernel/x 2>/dev/null || echo refused; echo 1 2>/dev/null > /proc/sys/vm/drop_caches '
                          '|| echo refused')
        self.assertEqual(out.split(), ['proc', 'sys', 'refused', 'refused'])


class Refusals(PlaceCase):
    """What cannot be had in place is said, with a status that no program's own end has by habit."""

    def test_options_that_do_not_go_together(self):
        base = ('run', '--in-place', '--rootfs', self.image)
        for argv, text in (((*base, 'name', '--', 'id'), 'has no ID'), ((*base, '-d', '--', 'id'), '--detach'),
                           ((*base, '--keep', '--', 'id'), '--keep'), ((*base, '--bundle', 'x', '--', 'id'), '--bundle'),
                           (('run', '--in-place', '--', 'id'), 'needs --rootfs'), (base, 'needs a program'),
                           (('run', '--rootfs', self.image, '--bind', '/etc', '--', 'id'), 'go with --in-place'),
                           ((*base, '--userns', 'maybe', '--', 'id'), "'auto' or 'host'")):
            with self.subTest(argv):
                result = self.cli(*argv)
                self.assertIn(result.status, (1, 125), str(result))
                self.assertIn(text, result.err, str(result))

    def test_programs_and_roots_that_are_not_there(self):
        self.assertEqual(self.in_place('--', 'frobnicate').status, 127)
        self.assertEqual(self.in_place('--', '/etc/passwd').status, 126)
        self.refused('cannot use', '--', 'id', image='/not/there')
        self.refused('cannot use', '--', 'id', image='/etc/passwd')

    def test_a_pid_file_is_not_left_for_a_program_that_never_ran(self):
        path = self.path('pid')
        self.refused('/not/there', '--pid-file', path, '--bind', '/not/there', '--', 'id')
        self.assertFalse(os.path.exists(path))


if __name__ == '__main__':
    case.main()
