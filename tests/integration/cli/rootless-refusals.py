# SPDX-License-Identifier: MIT
"""What an unprivileged user cannot have, and how the error names the missing piece."""

import os
import platform
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402
from harness.rootless import (COUNT, FIRST, NAME, PASSWD, Program, RootlessCase, add_mount, map_subids,  # noqa: E402
                              namespace_at, namespaces, own_map)
from harness.world import (CLONE_NEWNS, MS_NOSUID, World, bare_user_namespace, bind, cover, cover_folder,  # noqa: E402
                           ids, nested_user_namespaces, no_namespaces_filter, no_new_privileges, own_mounts,
                           plain_chroot, user_namespace, without_capabilities, write)

HELPERS = ('/usr/bin/newuidmap', '/usr/bin/newgidmap')
CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, CAP_SETFCAP = 6, 7, 21, 31
# Root here as there, so that only what the test adds is in the way.
ALL_IDS = '0 0 1000000\n'


class Configurations(RootlessCase):
    """What no user namespace can give, whoever asks."""

    def test_mounts_that_show_another_namespace(self):
        cases = {
            'pid': (0, None, 'pid namespace'),
            'ipc': (4, None, 'ipc namespace'),
            'network': (5, {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs'}, 'network namespace'),
        }
        for missing, (index, other, text) in cases.items():
            def change(config):
                namespaces(config, missing)
                if other:
                    config['mounts'][index] = other
            with self.subTest(missing):
                self.refused(f'/mounts/{index}', 'operation not permitted', text, "bind '", change=change)

    def test_file_systems_of_a_device(self):
        self.refused('/mounts/7', 'cannot mount ext4', 'bound',
                     change=lambda c: add_mount(c, '/tmp', 'ext4', '/dev/null'))

    def test_options_with_ids_that_are_not_mapped(self):
        self.refused('/mounts/2/options/5', 'id 5 is not mapped', 'those that are: 0',
                     change=lambda c: c['mounts'][2]['options'].append('gid=5'))
        self.refused('/mounts/1/options/4', 'id 1 is not mapped',
                     change=lambda c: c['mounts'][1]['options'].append('uid=1'))

    def test_users_and_groups_that_are_not_mapped(self):
        for key, value, pointer in (('uid', 5, '/process/user/uid'), ('gid', 6, '/process/user/gid'),
                                    ('additionalGids', [0, 7], '/process/user/additionalGids/1')):
            with self.subTest(key):
                self.refused(pointer, 'is not mapped into the container', 'those that are: 0',
                             change=lambda c, k=key, v=value: c['process']['user'].__setitem__(k, v))

    def test_groups_where_setgroups_is_given_up(self):
        self.refused('/process/user/additionalGids', 'newgidmap',
                     change=lambda c: c['process']['user'].__setitem__('additionalGids', [0]))

    def test_groups_in_a_joined_namespace_that_has_given_them_up(self):
        b = self.bundle('sh', '-c', case.WAIT)
        first = self.fresh_id()
        self.succeed('create', '--bundle', b.path, first)
        pid = self.state(first)['pid']

        def change(config):
            del config['linux']['uidMappings'], config['linux']['gidMappings']
            config['process']['user']['additionalGids'] = [0]
            for entry in config['linux']['namespaces']:
                if entry['type'] == 'user':
                    entry['path'] = f'/proc/{pid}/ns/user'
        self.refused('/process/user/additionalGids', 'given up setgroups', change=change)

    def test_namespaces_without_a_user_namespace(self):
        def change(config):
            namespaces(config, 'user')
            del config['linux']['uidMappings'], config['linux']['gidMappings']
        self.refused('/linux/namespaces/0', 'CAP_SYS_ADMIN', 'add a user namespace', change=change)

    def test_a_procfs_under_a_masked_one(self):
        """As in most containers: what they cover, a new procfs would show."""
        self.need_root()
        world = World(own_mounts, cover_folder('/proc/sys'), ids(self.uid, self.gid))
        self.refused('/mounts/0', 'cannot mount proc', 'maskedPaths', world=world)


class Namespaces(RootlessCase):
    """What forbids user namespaces; the error is at theirs."""

    def setUp(self):
        super().setUp()
        self.need_root()
        self.at = namespace_at(self.rootless_config(), 'user')

    def outer(self, *steps):
        """A user namespace in which limits can be set, and then the user."""
        return World(own_mounts, user_namespace(ALL_IDS, ALL_IDS), *steps, ids(self.uid, self.gid))

    def test_none_allowed(self):
        self.refused(self.at, 'user.max_user_namespaces is 0', 'sysctl -w user.max_user_namespaces',
                     world=self.outer(write('/proc/sys/user/max_user_namespaces', '0')))

    def test_none_of_another_kind_allowed(self):
        at = namespace_at(self.rootless_config(), 'uts')
        self.refused(at, 'user.max_uts_namespaces is 0',
                     world=self.outer(write('/proc/sys/user/max_uts_namespaces', '0')))

    def test_the_limit_is_reached(self):
        # The limit is one, and the namespace that the user is in is made under it.
        world = World(own_mounts, user_namespace(ALL_IDS, ALL_IDS), write('/proc/sys/user/max_user_namespaces', '1'),
                      nested_user_namespaces(1))

        def change(config):
            for name in ('uidMappings', 'gidMappings'):
                config['linux'][name] = own_map(0)
        self.root = os.path.join(self.scratch(), 'state')
        self.refused(self.at, 'no more user namespaces', 'user.max_user_namespaces', world=world, change=change)

    def test_nested_too_deep(self):
        def change(config):
            for name in ('uidMappings', 'gidMappings'):
                config['linux'][name] = own_map(0)
        self.root = os.path.join(self.scratch(), 'state')
        self.refused(self.at, 'no more user namespaces', 'nest 32 deep',
                     world=World(nested_user_namespaces(33)), change=change)

    def test_a_caller_without_an_id(self):
        self.root = os.path.join('/tmp', f'contain-none-{os.getpid()}')
        os.mkdir(self.root, 0o700)
        self.addCleanup(shutil.rmtree, self.root)
        os.chown(self.root, self.uid, self.gid)
        self.refused(self.at, 'not mapped in its own user namespace',
                     world=World(ids(self.uid, self.gid), bare_user_namespace))

    def test_a_seccomp_filter(self):
        if platform.machine() not in ('x86_64', 'aarch64'):
            self.skipTest('has no filter for this CPU')
        self.refused(self.at, 'a seccomp filter', '--security-opt',
                     world=World(ids(self.uid, self.gid), no_namespaces_filter))

    def test_a_chroot(self):
        self.refused(self.at, 'chroot', 'pivot_root',
                     world=World(own_mounts, plain_chroot(self.scratch('chroot')), ids(self.uid, self.gid)))

    def test_no_procfs(self):
        if 'ASAN_OPTIONS' in os.environ:
            self.skipTest('sanitizers need procfs themselves')
        self.refused('', "no procfs on '/proc'", 'mount -t proc',
                     world=World(own_mounts, cover_folder('/proc'), ids(self.uid, self.gid)))

    def test_the_sysctl_of_debian(self):
        """Changes the machine: only where that is the test's own."""
        path = '/proc/sys/kernel/unprivileged_userns_clone'
        if not os.path.exists(path):
            self.skipTest('needs the sysctl kernel.unprivileged_userns_clone of Debian')
        with open(path, encoding='ascii') as f:
            before = f.read()
        if before.strip() != '0' and not os.environ.get('CONTAIN_TEST_OWN_MACHINE'):
            self.skipTest('would change the machine; CONTAIN_TEST_OWN_MACHINE=1 allows it')
        b = self.bundle()
        write(path, '0')()
        try:
            result = self.cli('run', '--bundle', b.path, self.fresh_id())
        finally:
            write(path, before)()
        self.assertEqual(result.status, 1, str(result))
        self.assertIn(f'{self.at}: user namespaces are for root only: kernel.unprivileged_userns_clone is 0', result.err)


class Maps(RootlessCase):
    """What keeps newuidmap and newgidmap from mapping subordinate ids."""

    def setUp(self):
        super().setUp()
        self.need_root()
        if not all(os.path.exists(path) for path in HELPERS):
            self.skipTest('needs newuidmap and newgidmap')

    def refused_map(self, pointer, *texts, steps=(), change=map_subids, **files):
        self.refused(pointer, *texts, change=change, world=self.known_user(*steps, **files))

    def test_no_helper(self):
        empty = self.path('empty')
        with open(empty, 'w', encoding='ascii'):
            pass
        os.chmod(empty, 0o644)
        for path in HELPERS:
            name = os.path.basename(path)
            with self.subTest(name):
                self.refused_map('/linux/uidMappings' if 'uid' in name else '/linux/gidMappings',
                                 f"'{name}', which is absent", 'install the package uidmap',
                                 steps=[cover(path, empty)])

    def test_a_helper_that_is_not_setuid(self):
        copy = shutil.copy('/usr/bin/newuidmap', self.path('newuidmap'))
        os.chmod(copy, 0o755)
        self.refused_map('/linux/uidMappings', "'/usr/bin/newuidmap' is neither setuid root nor has the capability",
                         'newuidmap: write to uid_map failed', 'chmod u+s', steps=[cover('/usr/bin/newuidmap', copy)])

    def test_a_helper_mounted_nosuid(self):
        self.refused_map('/linux/gidMappings', "'/usr/bin/newgidmap' is on a file system that is mounted with nosuid",
                         steps=[bind('/usr/bin/newgidmap', '/usr/bin/newgidmap', MS_NOSUID)])

    def test_no_new_privileges(self):
        self.refused_map('/linux/uidMappings', 'no_new_privs', steps=[no_new_privileges])

    def test_no_entry(self):
        for text in ('', 'somebody:100000:65536\n', None):
            with self.subTest(text=text):
                self.refused_map('/linux/uidMappings', f"'/etc/subuid'", f"for user '{NAME}'",
                                 f'usermod --add-subuids 100000-165535 {NAME}', subuid=text)

    def test_no_entry_for_groups(self):
        self.refused_map('/linux/gidMappings', "'/etc/subgid' has no ids", 'usermod --add-subgids', subgid='')

    def test_another_range(self):
        self.refused_map('/linux/uidMappings/1', f'user ids 200000-{200000 + COUNT - 1} are not the caller\'s',
                         f"'/etc/subuid' gives user '{NAME}' {FIRST}-{FIRST + COUNT - 1}",
                         change=lambda c: map_subids(c, first=200000))

    def test_more_than_the_range(self):
        self.refused_map('/linux/gidMappings/1', f'group ids {FIRST}-{FIRST + COUNT - 1} are not',
                         subgid=f'{NAME}:{FIRST}:100\n')

    def test_a_user_without_a_name(self):
        self.refused_map('/linux/uidMappings', f"'/etc/subuid' has no ids for user {self.uid}", 'passwd',
                         'newuidmap: Cannot determine your user name', passwd=PASSWD.splitlines()[0] + '\n')

    def test_a_root_that_may_not_pass_root_on(self):
        """Since Linux 5.12."""
        def change(config):
            for name in ('uidMappings', 'gidMappings'):
                config['linux'][name] = own_map(0)
        self.root = os.path.join(self.scratch(), 'state')
        self.refused('/linux/uidMappings/0', 'CAP_SETFCAP', change=change,
                     world=World(without_capabilities(CAP_SETUID, CAP_SETGID, CAP_SYS_ADMIN, CAP_SETFCAP)))

    def test_a_configuration_to_start_from(self):
        folder = self.scratch('bundle')
        os.chown(folder, self.uid, self.gid)
        self.refuse(f"'/etc/subuid' has no ids for user '{NAME}'", 'spec', '--subids', '--bundle', folder,
                    world=self.known_user(subuid=''))

    def test_a_group_that_is_not_ones_own(self):
        self.refused_map('/linux/gidMappings/0', 'group ids 0-0 are not',
                         change=lambda c: c['linux'].update(gidMappings=own_map(0)))


class Resources(RootlessCase):
    """Limits take a cgroup of the user's own, which somebody has to have delegated."""

    @staticmethod
    def limit(config):
        config['linux']['resources'] = {'memory': {'limit': 64 << 20}}

    def test_without_delegation(self):
        if not self.is_root:
            self.skipTest('needs root, for a user who has no cgroup at all')
        self.refused('/linux/resources/memory/limit', 'ermission', change=self.limit)

    def test_none_asked_for_none_needed(self):
        self.assertEqual(self.output('echo fine'), 'fine')

    def test_in_a_delegated_cgroup(self):
        """A scope of the user's systemd. Its own process moves down, as one with processes hands nothing down."""
        run = ['systemd-run', '--user', '--scope', '--quiet', '--property=Delegate=yes']
        if self.is_root or not shutil.which('systemd-run') or self.program(*run, 'true').status != 0:
            self.skipTest("needs a user's systemd")

        def change(config):
            self.limit(config)
            config['linux']['cgroupsPath'] = '@SCOPE@/container'
            config['process']['args'] = ['cat', '/sys/fs/cgroup/memory.max']
        b = self.bundle(change=change)
        script = ('scope=$(sed -n s/^0:://p /proc/self/cgroup); mkdir /sys/fs/cgroup$scope/own; '
                  'echo $$ >/sys/fs/cgroup$scope/own/cgroup.procs; sed -i "s|@SCOPE@|$scope|" $1/config.json; '
                  'exec "$2" --root "$3" run --bundle "$1" "$4"')
        result = self.program(*run, 'sh', '-c', script, 'sh', b.path, Program.path, self.root, self.fresh_id(),
                              env={**os.environ, **Program.environment})
        self.assertEqual((result.status, result.out.strip()), (0, str(64 << 20)), str(result))


if __name__ == '__main__':
    case.main()
