#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""podman with containers that run: stop, kill, pause, update, what it tells of them, logs, attach, pods."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import image
from podman_engine import Podman
from suite import Suite

suite = Suite('podman-control', Podman)


def state(podman, name):
    """What podman tells of a container, without what differs by chance."""
    told = podman.inspect(name, 'State')
    return {key: told[key] for key in ('Status', 'Running', 'Paused', 'OOMKilled', 'Dead', 'ExitCode', 'Error')}


# --- ends ---

@suite.case(status=0, out='c1', err='')
def stop(podman):
    podman.running('c1')
    return podman.outcome(podman.podman('stop', 'c1'), state=state(podman, 'c1'))


@suite.case(status=0)
def stop_of_one_that_does_not_listen(podman):
    podman.running('c1', 'sleep', '1000')
    return podman.outcome(podman.podman('stop', '--time', '1', 'c1'), state=state(podman, 'c1'))


@suite.case(status=0, code='9')
def stop_signal_of_the_container(podman):
    podman.running('c1', 'sh', '-c', 'trap "exit 9" USR1; while :; do sleep 1 & wait $!; done', options=['--stop-signal=USR1'])
    return podman.outcome(podman.podman('stop', 'c1'), code=podman.must(podman.podman('wait', 'c1')))


@suite.case(status=0, code='137')
def kill(podman):
    podman.running('c1')
    run = podman.podman('kill', 'c1')
    return podman.outcome(run, code=podman.must(podman.podman('wait', 'c1')), state=state(podman, 'c1'))


@suite.case(status=0, code='3')
def kill_with_a_signal(podman):
    podman.running('c1')
    run = podman.podman('kill', '--signal', 'TERM', 'c1')
    return podman.outcome(run, code=podman.must(podman.podman('wait', 'c1')))


@suite.case(status=125)
def kill_of_one_that_has_ended(podman):
    podman.running('c1', 'true')
    podman.must(podman.podman('wait', 'c1'))
    return podman.outcome(podman.podman('kill', 'c1'))


@suite.case(status=0, again='running')
def restart(podman):
    podman.running('c1')
    run = podman.podman('restart', 'c1')
    return podman.outcome(run, again=podman.inspect('c1', 'State', 'Status'))


@suite.case(status=0, code=0)
def start_again(podman):
    podman.running('c1', 'true')
    podman.must(podman.podman('wait', 'c1'))
    return podman.outcome(podman.podman('start', '--attach', 'c1'), code=podman.inspect('c1', 'State', 'ExitCode'))


@suite.case(created='created', status=0, out='hello')
def create_then_start(podman):
    podman.must(podman.podman('create', '--name', 'c1', '--network=none', image.NAME, 'echo', 'hello'))
    created = podman.inspect('c1', 'State', 'Status')
    return podman.outcome(podman.podman('start', '--attach', 'c1'), created=created)


@suite.case(status=0, left='')
def remove_one_that_was_initialised(podman):
    """`init` is the runtime's create, without its start."""
    podman.must(podman.podman('create', '--name', 'c1', '--network=none', image.NAME, 'true'))
    podman.must(podman.podman('init', 'c1'))
    initialised = podman.inspect('c1', 'State', 'Status')
    run = podman.podman('rm', '--force', 'c1')
    return podman.outcome(run, initialised=initialised, left=podman.must(podman.podman('ps', '-aq')))


@suite.case(status=0, left='')
def remove_one_that_runs(podman):
    podman.running('c1')
    return podman.outcome(podman.podman('rm', '--force', '--time', '0', 'c1'), left=podman.must(podman.podman('ps', '-aq')))


@suite.case(status=2)
def remove_without_force(podman):
    podman.running('c1')
    return podman.outcome(podman.podman('rm', 'c1'))


@suite.case(status=0)
def restart_policy(podman):
    run = podman.podman('run', '--name', 'c1', '--network=none', '--restart=on-failure:2', image.NAME, 'sh', '-c', 'echo again; exit 4')
    podman.wait_until(lambda: podman.inspect('c1', 'RestartCount') == 2 and podman.inspect('c1', 'State', 'Status') == 'exited', 'two restarts')
    logged = podman.must(podman.podman('logs', 'c1'))
    return {'status': 0 if run.status in (0, 4) else run.status, 'logged': logged, 'code': podman.inspect('c1', 'State', 'ExitCode')}


# --- changes ---

@suite.case(status=0, paused='paused', resumed='running')
def pause_and_resume(podman):
    podman.running('c1')
    run = podman.podman('pause', 'c1')
    paused = podman.inspect('c1', 'State', 'Status')
    podman.must(podman.podman('unpause', 'c1'))
    return podman.outcome(run, paused=paused, resumed=podman.inspect('c1', 'State', 'Status'))


@suite.case(status=125)
def pause_of_one_that_has_ended(podman):
    podman.running('c1', 'true')
    podman.must(podman.podman('wait', 'c1'))
    return podman.outcome(podman.podman('pause', 'c1'))


@suite.case(status=0, left='')
def remove_one_that_is_paused(podman):
    podman.running('c1')
    podman.must(podman.podman('pause', 'c1'))
    return podman.outcome(podman.podman('rm', '--force', '--time', '0', 'c1'), left=podman.must(podman.podman('ps', '-aq')))


@suite.case(status=0, memory='33554432', shares=re.compile('^(512|59)$'), pids='2048', differs={'shares': 'cpu-weight'})
def update(podman):
    podman.running('c1', options=['--memory=64m', '--cpu-shares=256'])
    run = podman.podman('update', '--memory=32m', '--cpu-shares=512', 'c1')
    files = {'memory': ('memory/memory.limit_in_bytes', 'memory.max'), 'shares': ('cpu/cpu.shares', 'cpu.weight'),
             'pids': ('pids/pids.max', 'pids.max')}
    return podman.outcome(run, **{name: podman.read_cgroup('c1', *both) for name, both in files.items()})


@suite.case(status=125)
def update_that_cannot_be(podman):
    podman.running('c1')
    run = podman.podman('update', '--cpuset-cpus=4000', 'c1')
    return {'status': run.status}


# --- what it tells ---

@suite.case(status=0)
def top(podman):
    podman.running('c1', 'sleep', '1000')
    return podman.outcome(podman.podman('top', 'c1', 'pid', 'user', 'comm', 'args', 'capeff', 'seccomp'))


@suite.case(status=0)
def top_with_options_of_ps(podman):
    podman.running('c1', 'sleep', '1000')
    return podman.outcome(podman.podman('top', 'c1', '-eo', 'user,comm,args'))


@suite.case(status=0, pids='1', memory=True, cpu=True)
def stats(podman):
    podman.running('c1', 'sleep', '1000')
    run = podman.podman('stats', '--no-stream', '--format', 'json', 'c1')
    told = json.loads(podman.must(run))[0]
    return {'status': run.status, 'pids': told['pids'], 'names': sorted(told), 'name': told['name'],
            'memory': told['mem_usage'].split()[0] != '0B', 'cpu': told['cpu_time'] != '0s'}


@suite.case(status=0, out='c1 false\nc2 true')
def ps(podman):
    podman.running('c1')
    podman.running('c2', 'true')
    podman.must(podman.podman('wait', 'c2'))
    return podman.outcome(podman.podman('ps', '--all', '--sort=names', '--format', '{{.Names}} {{.Exited}}'))


@suite.case(status=0)
def inspect(podman):
    podman.running('c1', options=['--memory=64m', '--pids-limit=50', '--cpus=0.5'])
    told = podman.inspect('c1')
    host = {key: value for key, value in told['HostConfig'].items() if key not in ('ContainerIDFile',)}
    return {'status': 0, 'members': sorted(told), 'state': sorted(told['State']), 'host': podman.plain(json.dumps(host, sort_keys=True)),
            'runtime': podman.plain(told['OCIRuntime']), 'alive': told['State']['Pid'] > 0 and told['State']['ConmonPid'] > 0}


@suite.case(status=0, same=True)
def pid_file(podman):
    path = podman.path('pid')
    podman.running('c1', options=[f'--pidfile={path}'])
    return {'status': 0, 'same': podman.read(path) == str(podman.inspect('c1', 'State', 'Pid'))}


@suite.case(status=0, code='137', memory=True)
def memory_that_runs_out(podman):
    podman.running('c1', 'sh', '-c', 'x=x; while :; do x=$x$x$x; done', options=['--memory=16m', '--memory-swap=16m'])
    code = podman.must(podman.podman('wait', 'c1'))
    return {'status': 0, 'code': code, 'state': state(podman, 'c1'), 'memory': True}


@suite.case(status=0)
def diff_and_copy(podman):
    podman.running('c1', 'sh', '-c', 'echo made >/made; rm /etc/group; sleep 1000')
    podman.wait_until(lambda: 'made' in podman.podman('diff', 'c1').out, 'the file in the container')
    podman.must(podman.podman('cp', 'c1:/made', podman.path('copied')))
    return podman.outcome(podman.podman('diff', 'c1'), copied=podman.read(podman.path('copied')))


# --- logs and attach ---

@suite.case(status=0, out='one\nthree', err='two')
def logs(podman):
    podman.running('c1', 'sh', '-c', 'echo one; echo two >&2; echo three')
    podman.must(podman.podman('wait', 'c1'))
    return podman.outcome(podman.podman('logs', 'c1'))


@suite.case(status=0)
def logs_that_are_followed(podman):
    podman.running('c1', 'sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.1; done')
    return podman.outcome(podman.podman('logs', '--follow', '--timestamps', 'c1'))


@suite.case(status=0, out=re.compile('got word'), code='6')
def attach(podman):
    podman.running('c1', 'sh', '-c', 'read x; echo got $x; exit 6', options=['-i'])
    return podman.outcome(podman.podman('attach', 'c1', text='word\n'), code=podman.must(podman.podman('wait', 'c1')))


@suite.case(code='8')
def attach_to_a_terminal(podman):
    podman.running('c1', 'sh', options=['-it'])
    with podman.terminal('attach', 'c1') as t:
        t.send('echo a$((1 + 1))b\n')
        t.expect('a2b')
        t.send('exit 8\n')
        t.end()
    return {'code': podman.must(podman.podman('wait', 'c1'))}


@suite.case(status=0, after='running')
def detach_from_a_terminal(podman):
    podman.running('c1', 'sh', options=['-it'])
    with podman.terminal('attach', '--detach-keys=ctrl-x', 'c1') as t:
        t.send('echo a$((1 + 1))b\n')
        t.expect('a2b')
        t.send('\x18')
        status = t.end().status
    return {'status': status, 'after': podman.inspect('c1', 'State', 'Status')}


# --- pods ---

@suite.case(status=0, out='c1 false\nc2 false')
def pod(podman):
    podman.must(podman.podman('pod', 'create', '--name', 'p1', '--infra=false'))
    podman.running('c1', options=['--pod=p1'])
    podman.running('c2', options=['--pod=p1'])
    listed = podman.podman('ps', '--pod', '--sort=names', '--format', '{{.Names}} {{.Exited}}')
    actions = [podman.plain(str(podman.podman('pod', action, 'p1').status)) for action in ('pause', 'unpause', 'stop', 'start', 'kill', 'rm')]
    return podman.outcome(listed, actions=actions)


@suite.case(status=0, out=re.compile(r'ip_forward|\d'))
def namespaces_of_another_container(podman):
    podman.running('c1')
    return podman.outcome(podman.run('sh', '-c', 'ps | grep -c "sleep 1$"; readlink /proc/1/ns/net | cut -c1-4',
                                     network='container:c1', options=['--pid=container:c1', '--ipc=container:c1']))


if __name__ == '__main__':
    suite.main()
