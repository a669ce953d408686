#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""podman with user namespaces, volumes, networks and without cgroups; what podman finds out about the runtime."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import image
from podman_engine import Podman
from suite import Skip, Suite

suite = Suite('podman-isolation', Podman)

MAPS = "cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; id -u; stat -c %u /bin/busybox"


# --- user namespaces ---

@suite.case(status=0, out='0 100000 65536\n 0 100000 65536\n0\n0')
def id_maps(podman):
    return podman.outcome(podman.run('sh', '-c', MAPS, options=['--uidmap=0:100000:65536']))


@suite.case(status=0)
def user_namespace_of_podmans_choice(podman):
    podman.write('subid', '')
    return podman.outcome(podman.run('sh', '-c', MAPS, options=['--userns=auto:size=5000,uidmapping=0:300000:5000,gidmapping=0:300000:5000']))


@suite.case(status=0)
def user_namespace_of_the_host(podman):
    return podman.outcome(podman.run('sh', '-c', MAPS, options=['--userns=host']))


@suite.case(status=0, out=re.compile('in'))
def terminal_in_a_user_namespace(podman):
    return podman.outcome(podman.run('sh', '-c', 'tty; stat -c %u /dev/pts/0; echo in', options=['-t', '--uidmap=0:100000:65536']))


# --- without cgroups ---

@suite.case(status=0, out='hello', path='')
def without_cgroups(podman):
    if podman.runtime.endswith('/runc'):
        raise Skip('runc has containers in cgroups only')
    run = podman.run('echo', 'hello', options=['--cgroups=disabled'])
    podman.running('c1', options=['--cgroups=disabled'])
    return podman.outcome(run, path=podman.inspect('c1', 'State').get('CgroupPath', ''), stopped=podman.podman('rm', '-f', '-t', '1', 'c1').status)


@suite.case(status=0, out='hello')
def with_split_cgroups(podman):
    return podman.outcome(podman.run('echo', 'hello', options=['--cgroups=no-conmon', '--cgroup-parent=/other']))


# --- volumes ---

def folder(podman, name):
    path = podman.path(name)
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, 'file'), 'w', encoding='ascii') as f:
        f.write('content\n')
    return path


@suite.case(status=0, out='content', written='new\n')
def volume(podman):
    path = folder(podman, 'volume')
    run = podman.run('sh', '-c', 'cat /data/file; echo new >/data/other', options=[f'--volume={path}:/data'])
    return podman.outcome(run, written=podman.read(os.path.join(path, 'other')))


@suite.case(status=1, out='content')
def volume_read_only(podman):
    path = folder(podman, 'volume')
    return podman.outcome(podman.run('sh', '-c', 'cat /data/file; echo new >/data/other', options=[f'--volume={path}:/data:ro']))


@suite.case(status=0)
def volume_with_flags(podman):
    path = folder(podman, 'volume')
    return podman.outcome(podman.run('sh', '-c', "grep ' /data ' /proc/self/mountinfo | cut -d' ' -f6-7 | tr ',' '\\n' | sort",
                                     options=[f'--volume={path}:/data:noexec,nosuid,nodev,rslave,rbind']))


@suite.case(status=0, out='0\n0', err='', owner=0, differs={'status': 'idmapped-volumes', 'out': 'idmapped-volumes', 'err': 'idmapped-volumes'})
def volume_with_ids_of_the_container(podman):
    path = folder(podman, 'volume')
    return podman.outcome(podman.run('sh', '-c', 'stat -c %u /data/file; echo x >/data/by-container; stat -c %u /data/by-container',
                                     options=['--uidmap=0:100000:65536', f'--volume={path}:/data:idmap']),
                          owner=os.stat(path).st_uid)


@suite.case(status=0, out='kept')
def volume_with_a_name(podman):
    podman.must(podman.run('sh', '-c', 'echo kept >/data/file', options=['--volume=v1:/data']))
    return podman.outcome(podman.run('cat', '/data/file', options=['--volume=v1:/data:ro']))


@suite.case(status=0, out='content\nelsewhere')
def volume_of_one_file(podman):
    path = folder(podman, 'volume')
    return podman.outcome(podman.run('sh', '-c', 'cat /a/new/file; cd /a; echo elsewhere', options=[f'--volume={path}/file:/a/new/file']))


@suite.case(status=0)
def volume_of_shared_memory(podman):
    return podman.outcome(podman.run('sh', '-c', "df /dev/shm | tail -n1 | tr -s ' ' | cut -d' ' -f1,2,6", options=['--shm-size=3m']))


@suite.case(status=0, out='content')
def volume_from_an_image(podman):
    return podman.outcome(podman.run('sh', '-c', 'test -x /image/bin/busybox && echo content', options=[f'--mount=type=image,source={image.NAME},destination=/image']))


# --- networks ---

@suite.case(status=0, out='lo')
def network_none(podman):
    return podman.outcome(podman.run('ls', '/sys/class/net', network='none'))


@suite.case(status=0, same=True)
def network_of_the_host(podman):
    run = podman.run('readlink', '/proc/self/ns/net', network='host')
    return {'status': run.status, 'same': run.out.strip() == os.readlink('/proc/self/ns/net')}


@suite.case(status=0, out=re.compile('eth0'))
def network_bridge(podman):
    script = "ip -o address show dev eth0 | grep -c 'inet '; ip route | wc -l; grep -c . /etc/hosts; ls /sys/class/net"
    return podman.outcome(podman.run('sh', '-c', script, network='bridge'))


@suite.case(status=0, out='asked', served='served')
def network_with_a_port(podman):
    podman.must(podman.podman('run', '-d', '--name', 'c1', '--network=bridge', '--publish=127.0.0.1:18080:80', image.NAME,
                              'sh', '-c', 'while :; do echo served | nc -l -p 80; done'))
    served = podman.wait_until(lambda: podman.run('nc', '-w', '1', podman.inspect('c1', 'NetworkSettings', 'IPAddress'), '80', network='host').out.strip(),
                               'an answer from the container')
    return podman.outcome(podman.run('echo', 'asked', network='bridge'), served=served)


# --- what podman finds out ---

@suite.case(status=0, name=True)
def information(podman):
    run = podman.podman('info', '--format', 'json')
    told = json.loads(podman.must(run))['host']['ociRuntime']
    return {'status': run.status, 'members': sorted(told), 'path': podman.plain(told['path']),
            'name': bool(re.match(r'\S+ version \S+\n(commit: \S+\n)?spec: \d+\.\d+', told['version']))}


@suite.case(status=0, out='hello')
def flags_for_the_runtime(podman):
    run = podman.podman('--runtime-flag', 'debug', 'run', '--rm', '--network=none', image.NAME, 'echo', 'hello')
    return {'status': run.status, 'out': podman.plain(run.out)}


@suite.case(status=0, out='hello')
def runtime_by_its_path(podman):
    return podman.outcome(podman.program('podman', '--runtime', podman.runtime, 'run', '--rm', '--network=none', image.NAME, 'echo', 'hello'))


@suite.case()
def checkpoint(podman):
    """Where CRIU does not work, both fail alike, and the container is as it was."""
    podman.running('c1')
    run = podman.podman('container', 'checkpoint', 'c1')
    after = podman.inspect('c1', 'State', 'Status')
    if run.status != 0:
        return {'status': run.status, 'after': after}
    restored = podman.podman('container', 'restore', 'c1')
    return {'after': after, 'restored': restored.status, 'again': podman.inspect('c1', 'State', 'Status'),
            'runs': podman.podman('exec', 'c1', 'echo', 'hello').out}


@suite.case(status=0, out='hook ran')
def hooks(podman):
    hooks_folder = podman.path('hooks')
    os.makedirs(hooks_folder, exist_ok=True)
    program = podman.write('hook.sh', f'#!/bin/sh\ncat >{podman.path("hook-state")}\n', 0o755)
    podman.write('hooks/hook.json', json.dumps({'version': '1.0.0', 'hook': {'path': program, 'args': ['hook']}, 'when': {'always': True},
                                                'stages': ['prestart', 'poststart', 'poststop']}))
    run = podman.podman(f'--hooks-dir={hooks_folder}', 'run', '--rm', '--network=none', image.NAME, 'echo', 'hook ran')
    told = json.loads(podman.read(podman.path('hook-state')))
    return podman.outcome(run, members=sorted(set(told) & {'ociVersion', 'id', 'status', 'bundle', 'annotations'}), state=told.get('status'))


if __name__ == '__main__':
    suite.main()
