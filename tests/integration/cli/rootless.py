# SPDX-License-Identifier: MIT
"""What an unprivileged user gets: with no subordinate ids, and with some."""

import json
import os
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case, traces  # noqa: E402
from harness.rootless import (COUNT, FIRST, NAME, Program, RootlessCase, add_mount, map_subids, namespaces,  # noqa: E402
                              own_map)
from harness.world import (CLONE_NEWNS, MS_NOSUID, World, bind, ids, own_mounts, user_namespace,  # noqa: E402
                           without_capabilities)

CAP_SETUID, CAP_SETGID, CAP_SYS_ADMIN, CAP_MKNOD = 7, 6, 21, 27


class OneId(RootlessCase):
    """A user with nothing but the own id."""

    def test_the_default_container(self):
        out = self.output('id -u; cat /proc/self/uid_map; hostname; echo x >/dev/null; echo y >/dev/shm/f; '
                          'ls /dev/mqueue; ls /sys/class >/dev/null && echo sys; head -c 4 /dev/zero | wc -c')
        lines = [' '.join(line.split()) for line in out.splitlines()]
        self.assertEqual(lines, ['0', f'0 {self.uid} 1', 'contain', 'sys', '4'])

    def test_the_whole_life(self):
        b = self.bundle('sh', '-c', case.WAIT)
        name = self.fresh_id()
        self.succeed('create', '--bundle', b.path, name)
        self.assertEqual(self.status(name), 'created')
        self.succeed('start', name)
        self.assertEqual(self.status(name), 'running')
        self.assertIn(name, self.succeed('list').out)
        self.succeed('kill', name, 'KILL')
        self.wait_for_status(name, 'stopped')
        self.succeed('delete', name)
        self.assert_no_trace()

    def test_processes_and_numbers(self):
        """Without a cgroup of its own its processes are those of its pid namespace, and there are no numbers"""
        b = self.bundle('sh', '-c', 'sleep 100 & echo ready; wait')
        name = self.fresh_id()
        created = self.succeed('create', '--bundle', b.path, name)
        self.succeed('start', name)
        self.wait_for_output(created, 'ready')
        pids = json.loads(self.succeed('ps', '-f', 'json', name).out)
        self.assertEqual(len(pids), 2)
        self.assertIn(self.state(name)['pid'], pids)
        with open(f'/proc/{self.state(name)["pid"]}/cgroup', encoding='utf-8') as f:
            has_cgroup = name in f.read()
        if has_cgroup:
            data = json.loads(self.succeed('events', '--stats', name).out)['data']
            self.assertEqual(data['pids']['current'], 2)
            self.assertEqual(data['network_interfaces'][0]['Name'], 'lo')
        else:
            self.refuse('has no cgroup', 'events', '--stats', name)
            self.refuse('has no cgroup', 'pause', name)
        self.succeed('kill', '--all', name, 'KILL')
        self.wait_for_status(name, 'stopped')

    def test_files_belong_to_the_user(self):
        folder = self.scratch('data')
        os.chmod(folder, 0o777)
        self.output('echo x >/tmp/made', change=lambda c: add_mount(c, '/tmp', 'bind', folder, 'bind', 'rw'))
        self.assertEqual(os.stat(os.path.join(folder, 'made')).st_uid, self.uid)

    def test_own_groups_are_kept_as_nothing_can_drop_them(self):
        self.assertTrue(self.output('id -G').startswith('0'))

    def test_the_root_file_system_is_read_only(self):
        self.assertEqual(self.output('touch /x 2>/dev/null || echo refused'), 'refused')

    def test_hooks_run_as_the_user(self):
        path = os.path.join(self.scratch(), 'ran')
        os.chmod(os.path.dirname(path), 0o777)

        def change(config):
            config['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', f'id -u >{path}']}]}
        self.output('true', change=change)
        with open(path, encoding='ascii') as f:
            self.assertEqual(f.read().strip(), str(self.uid))

    def test_file_systems_of_a_user_namespace(self):
        lower = self.scratch('lower')
        upper, work = self.scratch('upper'), self.scratch('work')
        with open(os.path.join(lower, 'below'), 'w', encoding='ascii') as f:
            f.write('lower\n')
        for path in (lower, upper, work, os.path.join(lower, 'below')):
            os.chown(path, self.uid, self.gid)

        def change(config):
            add_mount(config, '/tmp', 'tmpfs', 'tmpfs', 'size=1m', 'mode=700')
            add_mount(config, '/var', 'overlay', 'overlay', f'lowerdir={lower}', f'upperdir={upper}', f'workdir={work}')
        self.assertEqual(self.output('cat /var/below; echo more >/var/below; cat /var/below; echo x >/tmp/x', change=change),
                         'lower\nmore')
        with open(os.path.join(upper, 'below'), encoding='ascii') as f:
            self.assertEqual(f.read(), 'more\n')

    def test_the_network_namespace_is_the_containers(self):
        self.assertEqual(self.output('cat /sys/class/net/lo/operstate; ls /proc/self/net/ | grep -c dev',
                                     change=lambda c: c['mounts'].__setitem__(5, {
                                         'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs',
                                         'options': ['ro']})).splitlines()[0], 'unknown')

    def test_without_a_network_namespace_the_hosts_is_used(self):
        host = os.readlink('/proc/self/ns/net')
        self.assertEqual(self.output('readlink /proc/self/ns/net', change=lambda c: namespaces(c, 'network')), host)

    def test_another_containers_namespaces_can_be_joined(self):
        b = self.bundle('sh', '-c', case.WAIT, change=lambda c: c.__setitem__('hostname', 'first'))
        first = self.fresh_id()
        self.succeed('create', '--bundle', b.path, first)
        self.succeed('start', first)
        pid = self.state(first)['pid']
        files = {'user': 'user', 'network': 'net', 'uts': 'uts', 'ipc': 'ipc', 'pid': 'pid'}

        def change(config):
            del config['hostname'], config['linux']['uidMappings'], config['linux']['gidMappings']
            for entry in config['linux']['namespaces']:
                if entry['type'] in files:
                    entry['path'] = f'/proc/{pid}/ns/{files[entry["type"]]}'
        self.assertEqual(self.output('hostname; ps | grep -c "[s]leep 10$"', change=change), 'first\n1')

    def test_a_terminal(self):
        """Joined to the caller's own; the one in the container is its root's."""
        b = self.bundle('sh', '-c', 'tty; stat -c %u,%t /dev/console', change=lambda c: c['process'].update(terminal=True))
        master, slave = os.openpty()
        process = self.start_cli('run', '--bundle', b.path, self.fresh_id(), stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        text = ''
        try:
            while True:
                text += os.read(master, 4096).decode()
        except OSError:                     # EIO: the other end is closed
            os.close(master)
        self.assertEqual(self.end_program(process).status, 0, text)
        self.assertEqual(text.split(), ['/dev/pts/0', '0,88'])

    def test_a_container_in_a_container(self):
        """The outer one shows the host's root, masks nothing, and so may mount a procfs again."""
        inner = self.bundle('sh', '-c', 'id -u; echo inner')
        folder = self.scratch('inner-state')
        os.chmod(folder, 0o777)

        def change(config):
            config['root'] = {'path': '/', 'readonly': False}
            config['linux']['maskedPaths'] = config['linux']['readonlyPaths'] = []
            config['process']['args'] = ['/bin/sh', '-c',
                                         f'{Program.path} --root {folder}/state run --bundle {inner.path} inner']
            config['process']['env'].append(f'LD_LIBRARY_PATH={os.path.dirname(Program.path)}')
            # To map user 0 of the outer one takes it.
            config['process']['capabilities'] = {kind: ['CAP_SETFCAP'] for kind in ('bounding', 'effective', 'permitted')}
            inner_config = inner.config
            inner_config['linux']['uidMappings'] = inner_config['linux']['gidMappings'] = own_map(0)
            inner.save()
        outer = self.bundle(change=change)
        result = self.cli('run', '--bundle', outer.path, self.fresh_id())
        self.assertEqual((result.status, result.out), (0, '0\ninner\n'), str(result))


class Devices(RootlessCase):
    def test_they_are_the_hosts(self):
        out = self.output('stat -c "%n %t,%T" /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty')
        self.assertEqual(out.splitlines(), ['/dev/null 1,3', '/dev/zero 1,5', '/dev/full 1,7', '/dev/random 1,8',
                                            '/dev/urandom 1,9', '/dev/tty 5,0'])

    def test_a_configured_one_is_bound(self):
        path = '/dev/fuse'
        if not os.path.exists(path) or not stat.S_ISCHR(os.stat(path).st_mode):
            self.skipTest('needs /dev/fuse')
        device = os.stat(path).st_rdev

        def change(config):
            config['linux']['devices'] = [{'path': path, 'type': 'c', 'major': os.major(device),
                                           'minor': os.minor(device)}]
        self.assertEqual(self.output(f'stat -c %t,%T {path}', change=change),
                         f'{os.major(device):x},{os.minor(device):x}')


    def test_rules_that_take_privilege_are_told_of(self):
        everything = {'allow': False, 'access': 'rwm'}
        null = {'allow': True, 'type': 'c', 'major': 1, 'minor': 3, 'access': 'rw'}
        zero = {'allow': False, 'type': 'c', 'major': 1, 'minor': 5, 'access': 'rw'}
        for rules, told in (([everything, null], ''), ([everything, null, zero], '/linux/resources/devices/2: left out')):
            b = self.bundle(change=lambda config, rules=rules: config['linux'].update(resources={'devices': rules}))
            result = self.cli('run', '--bundle', b.path, self.fresh_id())
            self.assertEqual(result.status, 0, str(result))
            self.assertIn(told, result.err)
            self.assertEqual(result.err.count('\n'), 1 if told else 0, str(result))


class Binds(RootlessCase):
    """Mounts that root has made with flags keep them: the kernel has locked them."""

    def setUp(self):
        super().setUp()
        self.need_root()
        self.source = self.scratch('source')
        os.chmod(self.source, 0o777)
        os.mkdir(os.path.join(self.source, 'sub'))
        self.world = World(own_mounts, bind(self.source, self.source, MS_NOSUID | 4 | 8),
                           bind('/tmp', os.path.join(self.source, 'sub'), 1), ids(self.uid, self.gid))

    def flags(self, *options, more=None, path='/tmp'):
        def change(config):
            add_mount(config, '/tmp', 'bind', self.source, *options)
            if more:
                config['mounts'].append(more)
        line = self.output(f'grep " {path} " /proc/self/mounts | tail -n 1', change=change)
        return set(line.split()[3].split(','))

    def test_flags_stay(self):
        self.assertLessEqual({'rw', 'nosuid', 'nodev', 'noexec'}, self.flags('rbind'))

    def test_read_only_comes_on_top(self):
        self.assertLessEqual({'ro', 'nosuid', 'nodev', 'noexec'}, self.flags('rbind', 'ro'))

    def test_a_mount_below_stays_read_only(self):
        self.assertIn('ro', self.flags('rbind', path='/tmp/sub'))

    def test_a_remount_keeps_them(self):
        more = {'destination': '/tmp', 'type': 'bind', 'source': self.source, 'options': ['remount', 'bind', 'ro']}
        self.assertLessEqual({'ro', 'nosuid', 'nodev', 'noexec'}, self.flags('rbind', more=more))

    def test_what_is_locked_cannot_be_undone(self):
        for option in ('suid', 'exec', 'dev'):
            with self.subTest(option):
                self.refused('/mounts/7', 'keeps', change=lambda c, o=option: add_mount(
                    c, '/tmp', 'bind', self.source, 'rbind', o))

    def test_a_folder_with_mounts_below_takes_rbind(self):
        self.refused('/mounts/7', 'rbind', change=lambda c: add_mount(c, '/tmp', 'bind', self.source, 'bind'))


class Subids(RootlessCase):
    """A user with subordinate ids, and the helpers to map them."""

    def setUp(self):
        super().setUp()
        if self.is_root:
            self.world = self.known_user()
        if self.cli('spec', '--subids', '--bundle', self.user_folder()).status != 0:
            self.skipTest('needs newuidmap, newgidmap and subordinate ids')

    def user_folder(self):
        folder = self.scratch('bundle')
        os.chown(folder, self.uid, self.gid)
        return folder

    def rootless_config(self):
        folder = self.user_folder()
        self.succeed('spec', '--subids', '--bundle', folder)
        with open(os.path.join(folder, 'config.json'), encoding='utf-8') as f:
            return json.load(f)

    def test_the_configuration_maps_all_of_them(self):
        self.need_root()
        linux = self.rootless_config()['linux']
        for name, own in (('uidMappings', self.uid), ('gidMappings', self.gid)):
            self.assertEqual(linux[name], own_map(own) + [{'containerID': 1, 'hostID': FIRST, 'size': COUNT}])

    def test_they_are_mapped(self):
        out = self.output('cat /proc/self/uid_map /proc/self/setgroups').split()
        self.assertEqual(out[:3], ['0', str(self.uid), '1'])
        self.assertEqual(out[-1], 'allow')

    def test_the_process_can_be_another_user(self):
        def change(config):
            config['process']['user'] = {'uid': 1000, 'gid': 1001, 'additionalGids': [7, 8]}
        self.assertEqual(self.output('id -u; id -g; id -G', change=change), '1000\n1001\n1001 7 8')

    def test_the_callers_groups_are_dropped(self):
        self.assertEqual(self.output('id -G'), '0')

    def test_groups_are_kept_where_an_annotation_says_so(self):
        self.need_root()
        world = self.known_user()
        world.steps = (*world.steps[:-1], ids(self.uid, self.gid, 4242))
        annotate = lambda c: c.__setitem__('annotations', {'run.oci.keep_original_groups': '1'})
        self.assertEqual(self.output('id -G', world=world), '0')
        self.assertEqual(self.output('id -G', change=annotate, world=world), '0 65534')

    def test_files_can_be_given_away(self):
        def change(config):
            config['process']['capabilities'] = {kind: ['CAP_CHOWN'] for kind in ('bounding', 'effective', 'permitted')}
            add_mount(config, '/tmp', 'tmpfs', 'tmpfs', 'uid=33', 'gid=34', 'mode=755')
        self.assertEqual(self.output('stat -c %u:%g /tmp', change=change), '33:34')

    def test_a_group_for_terminals(self):
        self.assertEqual(self.output('true', change=lambda c: c['mounts'][2]['options'].append('gid=5')), '')

    def test_ranges_by_number(self):
        world = self.known_user(subuid=f'{self.uid}:{FIRST}:10\n', subgid=f'{self.uid}:{FIRST}:10\n')
        b = self.bundle('cat', '/proc/self/uid_map')
        for name in ('uidMappings', 'gidMappings'):
            b.config['linux'][name][1]['size'] = 10
        result = self.cli('run', '--bundle', b.save().path, self.fresh_id(), world=world)
        self.assertEqual(result.status, 0, str(result))
        self.assertIn(f'{FIRST}', result.out)


class NestedRoot(RootlessCase):
    """Root of a user namespace: it has all capabilities, over what belongs to that namespace."""

    def setUp(self):
        super().setUp()
        self.need_root()
        self.outer = [own_mounts, user_namespace(f'0 {self.uid} 1\n1 {FIRST} {COUNT}\n', f'0 {self.gid} 1\n1 {FIRST} {COUNT}\n',
                                                 CLONE_NEWNS)]
        self.world = World(*self.outer)

    def plain_config(self):
        """That of a host's root: no user namespace."""
        return json.loads(json.dumps(case.Shared.config))

    def run_plain(self, script, world=None, change=None):
        b = self.bundle('sh', '-c', script)
        config = self.plain_config()
        config['root']['path'] = self.rootfs
        config['process'].update(args=['sh', '-c', script], terminal=False)
        config['linux'].pop('resources', None)
        if change:
            change(config)
        b.config = config
        return self.cli('run', '--bundle', b.save().path, self.fresh_id(), world=world or self.world)

    def test_groups_where_nobody_can_have_any(self):
        """podman of a user without subordinate ids: it names the groups that the image has for a user, in a namespace that has one."""
        def change(config):
            config['process']['user']['additionalGids'] = [10]
            for mount in config['mounts']:
                mount['options'] = [word for word in mount.get('options', []) if word != 'gid=5']
        world = World(own_mounts, user_namespace(f'0 {self.uid} 1\n', f'0 {self.gid} 1\n', CLONE_NEWNS, setgroups='deny'))
        result = self.run_plain('id -u; id -G | tr " " "\n" | grep -x 10', world=world, change=change)
        self.assertEqual((result.status, result.out), (1, '0\n'), str(result))
        self.assertIn('/process/user/additionalGids: left out', result.err)

    def test_without_a_further_user_namespace(self):
        result = self.run_plain('id -u; echo x >/dev/null && stat -c %t,%T /dev/null; hostname')
        self.assertEqual((result.status, result.out), (0, '0\n1,3\ncontain\n'), str(result))

    def test_the_mount_namespace_may_be_another_ones(self):
        world = World(user_namespace(f'0 {self.uid} 1\n1 {FIRST} {COUNT}\n', f'0 {self.gid} 1\n1 {FIRST} {COUNT}\n'))
        result = self.run_plain('id -u', world=world)
        self.assertEqual((result.status, result.out), (0, '0\n'), str(result))

    def test_maps_within_the_outer_one(self):
        def change(config):
            for name in ('uidMappings', 'gidMappings'):
                config['linux'][name] = [{'containerID': 0, 'hostID': 1000, 'size': 1000}]
        self.assertEqual(self.output('id -u; cat /proc/self/uid_map', change=change).split(), ['0', '0', '1000', '1000'])

    def test_maps_beyond_the_outer_one(self):
        def change(config):
            config['linux']['uidMappings'] = [{'containerID': 0, 'hostID': 65000, 'size': 65536}]
        self.refused('/linux/uidMappings/0', 'user ids 65000-130535 are not all mapped', 'it has 0-0, 1-65536',
                     change=change)

    def test_root_without_privilege(self):
        """As in most containers: user 0, and neither CAP_SYS_ADMIN nor CAP_SETUID."""
        world = World(without_capabilities(CAP_SETUID, CAP_SETGID, CAP_SYS_ADMIN, CAP_MKNOD))

        def change(config):
            for name in ('uidMappings', 'gidMappings'):
                config['linux'][name] = own_map(0)
        self.root = os.path.join(self.scratch(), 'state')
        self.assertEqual(self.output('id -u', world=world, change=change), '0')
        result = self.run_plain('id -u', world=world)
        self.assertEqual(result.status, 1)
        self.assertIn('CAP_SYS_ADMIN', result.err)


class StateRoot(RootlessCase):
    """Where state goes when nobody says it."""

    def start_cli(self, *argv, world=None, environment=None, **options):
        env = {**os.environ, **Program.environment, **(environment or {})}
        return self.start_program([Program.path, *argv], preexec_fn=world or self.world,
                                  env={key: value for key, value in env.items() if value is not None}, **options)

    def life(self, place, **environment):
        name = self.fresh_id()
        b = self.bundle('sh', '-c', case.WAIT)
        self.succeed('create', '--bundle', b.path, name, environment=environment)
        self.assertTrue(os.path.isdir(os.path.join(place, name)), place)
        self.succeed('delete', '--force', name, environment=environment)

    def test_the_users_runtime_folder(self):
        folder = self.scratch('runtime')
        os.chown(folder, self.uid, self.gid)
        self.life(os.path.join(folder, 'contain'), XDG_RUNTIME_DIR=folder)

    def test_without_one(self):
        place = f'/run/user/{self.uid}'
        own = os.path.isdir(place) and os.stat(place).st_uid == self.uid
        place = os.path.join(place, 'contain') if own else f'/tmp/contain-{self.uid}'
        had = os.path.isdir(place)
        self.life(place, XDG_RUNTIME_DIR=None)
        if not had:
            os.rmdir(place)

    def test_a_folder_of_somebody_else(self):
        result = self.cli('list', environment={'XDG_RUNTIME_DIR': '/usr'})
        self.assertEqual(result.status, 0, str(result))
        b = self.bundle()
        result = self.cli('run', '--bundle', b.path, self.fresh_id(), environment={'XDG_RUNTIME_DIR': '/usr'})
        self.assertEqual(result.status, 1, str(result))
        self.assertIn("cannot make the state root '/usr/contain'", result.err)
        self.assertIn('XDG_RUNTIME_DIR', result.err)


class Cgroups(RootlessCase):
    def test_mount_without_a_cgroup(self):
        """podman's, on v1: no cgroup namespace, a mount of cgroups, and no right to make one."""
        def change(config):
            namespaces(config, 'cgroup')
            config['mounts'] = [mount for mount in config['mounts'] if mount['destination'] != '/sys/fs/cgroup']
            add_mount(config, '/sys/fs/cgroup', 'cgroup', 'cgroup', 'rprivate', 'nosuid', 'noexec', 'nodev', 'relatime', 'ro')
        self.assertNotEqual(self.output('ls /sys/fs/cgroup', change=change), '')


if __name__ == '__main__':
    case.main()
