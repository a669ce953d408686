#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
podman of a user without root. Run by root, the user is one whom the machine does not know, but for the files of /etc
that are laid over in the suite's own mounts; run by a user, it is that one.
"""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import image
from harness import world
from harness.rootless import GID, GROUP, PASSWD, SUBIDS, UID
from podman_engine import Podman
from suite import Suite


class RootlessPodman(Podman):
    PROGRAMS = ('podman', 'conmon', 'newuidmap')
    needs_root = False

    def prepare(self):
        self.is_root = os.geteuid() == 0
        for name in ('home', 'runtime', 'scratch'):
            os.mkdir(self.path(name), 0o700)
        if self.is_root:
            world.etc({'passwd': PASSWD, 'group': GROUP, 'subuid': SUBIDS, 'subgid': SUBIDS}, self.path('scratch'))()
            os.chown(self.place, UID, GID)
            for name in ('home', 'runtime'):
                os.chown(self.path(name), UID, GID)
            self.environment |= {'HOME': self.path('home'), 'XDG_RUNTIME_DIR': self.path('runtime')}
            self.environment.pop('DBUS_SESSION_BUS_ADDRESS', None)
        super().prepare()

    def make_folder(self, name):
        path = super().make_folder(name)
        if self.is_root:
            os.chown(path, UID, GID)
        return path

    def start(self, *argv, **options):
        if self.is_root:
            options.setdefault('preexec_fn', world.ids(UID, GID))
        return super().start(*argv, **options)

    def terminal(self, *arguments, **options):
        if self.is_root:
            options['preexec_fn'] = world.ids(UID, GID)
        return super().terminal(*arguments, **options)

    def left(self):
        found = self.program('podman', 'unshare', self.runtime, 'list', '-q')
        return [f'state {name}' for name in found.out.split()]

    def close(self):
        # What podman has made belongs to subordinate ids.
        self.podman('system', 'reset', '--force')
        self.podman('system', 'migrate')


suite = Suite('podman-rootless', RootlessPodman)

MAPS = "cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; id; stat -c %u /bin/busybox"


@suite.case(status=0, out='hello', err='')
def output(podman):
    return podman.outcome(podman.run('echo', 'hello'))


@suite.case(status=7)
def exit_status_of_the_program(podman):
    return podman.outcome(podman.run('sh', '-c', 'exit 7'))


@suite.case(status=126, differs={'err': 'failure-text'})
def exit_status_of_a_file_without_the_right(podman):
    return podman.outcome(podman.run('/usr/bin/not-executable'))


@suite.case(status=127, differs={'err': 'failure-text'})
def exit_status_of_no_program(podman):
    return podman.outcome(podman.run('no-such-program'))


@suite.case(status=0)
def id_maps(podman):
    return podman.outcome(podman.run('sh', '-c', MAPS))


@suite.case(status=0)
def id_maps_that_keep_the_user(podman):
    return podman.outcome(podman.run('sh', '-c', MAPS, options=['--userns=keep-id']))


@suite.case(status=0)
def id_maps_of_its_own(podman):
    return podman.outcome(podman.run('sh', '-c', MAPS, options=['--uidmap=0:1:1000', '--gidmap=0:1:1000']))


@suite.case(status=0)
def user(podman):
    return podman.outcome(podman.run('sh', '-c', 'id; grep -E "Cap|NoNew|Seccomp:" /proc/self/status', options=['--user=tester']))


@suite.case(status=0, out='hello')
def standard_input(podman):
    return podman.outcome(podman.run('cat', options=['-i'], text='hello\n'))


@suite.case(status=5, size='30 100')
def terminal(podman):
    with podman.terminal('run', '--rm', '-it', '--network=none', image.NAME, 'sh', rows=30, columns=100) as t:
        t.expect('# ')
        t.send('stty size; exit 5\n')
        t.expect('\r\n')
        size = t.expect('\r\n').strip()
        return {'status': t.end().status, 'size': size}


@suite.case(status=0, out='lo')
def network_none(podman):
    return podman.outcome(podman.run('ls', '/sys/class/net', network='none'))


@suite.case(status=0, out='0')
def network_of_the_host(podman):
    return podman.outcome(podman.run('sh', '-c', 'ls /proc/self/ns >/dev/null; echo $?', network='host'))


@suite.case(status=1, err=re.compile('Read-only file system'))
def read_only(podman):
    return podman.outcome(podman.run('touch', '/x', options=['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges']))


@suite.case(status=0, written='new\n')
def volume(podman):
    path = podman.make_folder('volume')
    run = podman.run('sh', '-c', 'echo new >/data/file', options=[f'--volume={path}:/data'])
    return podman.outcome(run, written=podman.read(os.path.join(path, 'file')))


@suite.case(status=0)
def devices(podman):
    return podman.outcome(podman.run('sh', '-c', 'cd /dev; stat -c "%n %F %a %u:%g %t:%T" * | grep -v "symbolic" | sort'))


@suite.case(status=0)
def privileged(podman):
    return podman.outcome(podman.run('sh', '-c', 'id; grep Cap /proc/self/status', options=['--privileged']))


@suite.case(status=0, code='3', left='')
def stop(podman):
    podman.running('c1')
    run = podman.podman('stop', 'c1')
    code = podman.must(podman.podman('wait', 'c1'))
    podman.must(podman.podman('rm', 'c1'))
    return podman.outcome(run, code=code, left=podman.must(podman.podman('ps', '-aq')))


@suite.case(status=0, code='137')
def kill(podman):
    podman.running('c1')
    return podman.outcome(podman.podman('kill', 'c1'), code=podman.must(podman.podman('wait', 'c1')))


@suite.case(status=0, out='hello')
def execute(podman):
    podman.running('c1')
    return podman.outcome(podman.podman('exec', 'c1', 'echo', 'hello'))


@suite.case(status=0, out=re.compile('uid=1000'))
def execute_as_a_user(podman):
    podman.running('c1')
    return podman.outcome(podman.podman('exec', '--user=tester', 'c1', 'id'))


@suite.case(status=0, out='one')
def logs(podman):
    podman.running('c1', 'echo', 'one')
    podman.must(podman.podman('wait', 'c1'))
    return podman.outcome(podman.podman('logs', 'c1'))


if __name__ == '__main__':
    suite.main()
