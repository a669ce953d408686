#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docker's containers in the background: exec, stop, pause, limits, health, restarts, and what docker says of them."""

import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from daemon import skip_peer_without_all_capabilities
from docker_engine import Docker
from suite import Suite

suite = Suite('docker-life', Docker)

WEIGHT = 'cat /sys/fs/cgroup/cpu.weight 2>/dev/null; true'
GREEDY = 'x=0123456789abcdef; while :; do x=$x$x; done'


# --- beginning and end ---

@suite.case(status=0, code=3, log='ready')
def stop(docker):
    docker.running()
    stopped = docker.docker('stop', 'box')
    return docker.outcome(stopped, code=docker.inspect('State', 'ExitCode'), log=docker.docker('logs', 'box').out.strip())


@suite.case(status=0, code=137)
def stop_of_one_that_ignores_it(docker):
    docker.running('sh', '-c', 'trap "" TERM; while :; do sleep 1; done')
    return docker.outcome(docker.docker('stop', '-t', '1', 'box'), code=docker.inspect('State', 'ExitCode'))


@suite.case(status=0, waited='137')
def kill(docker):
    docker.running()
    killed = docker.docker('kill', 'box')
    return docker.outcome(killed, waited=docker.must(docker.docker('wait', 'box')))


@suite.case(status=0, code=3)
def signal_by_its_name(docker):
    docker.running()
    signalled = docker.docker('kill', '-s', 'SIGTERM', 'box')
    docker.wait_for_status('exited')
    return docker.outcome(signalled, code=docker.inspect('State', 'ExitCode'))


@suite.case(status=0, again='running')
def restart(docker):
    docker.running()
    first = docker.inspect('State', 'Pid')
    restarted = docker.docker('restart', '-t', '0', 'box')
    return docker.outcome(restarted, again=docker.status(), another=docker.inspect('State', 'Pid') != first)


@suite.case(status=0, code=9, restarts=2)
def restart_policy(docker):
    docker.running('sh', '-c', 'exit 9', options=['--restart', 'on-failure:2'])
    docker.wait_until(lambda: docker.inspect('RestartCount') == 2 and docker.status() == 'exited', 'all attempts are over')
    return {'status': 0, 'code': docker.inspect('State', 'ExitCode'), 'restarts': docker.inspect('RestartCount')}


@suite.case(status=0)
def remove_by_force(docker):
    docker.running()
    removed = docker.docker('rm', '--force', 'box')
    return docker.outcome(removed, left=docker.docker('ps', '-aq').out)


@suite.case(status=0, code=137)
def first_process_is_killed_from_outside(docker):
    docker.running()
    os.kill(docker.inspect('State', 'Pid'), signal.SIGKILL)
    docker.wait_for_status('exited')
    return {'status': 0, 'code': docker.inspect('State', 'ExitCode')}


# --- further processes ---

@suite.case(status=5, out='out', err='err')
def exec_output_and_exit_status(docker):
    docker.running()
    return docker.outcome(docker.exec('sh', '-c', 'echo out; echo err >&2; exit 5'))


@suite.case(status=0, out='typed')
def exec_standard_input(docker):
    docker.running()
    return docker.outcome(docker.exec('cat', options=['-i'], text='typed\n'))


@suite.case(status=126, differs={'out': 'failure-text', 'err': 'failure-text'})
def exec_of_no_program(docker):
    docker.running()
    ran = docker.exec('no-such-program')
    return docker.outcome(ran)


@suite.case(status=126, differs={'out': 'failure-text', 'err': 'failure-text'})
def exec_without_the_right(docker):
    docker.running()
    return docker.outcome(docker.exec('/usr/bin/not-executable'))


@suite.case(status=0, out='/tmp\nvalue\nuid=1000(tester) gid=1000(tester) groups=1000(tester)')
def exec_options(docker):
    docker.running()
    return docker.outcome(docker.exec('sh', '-c', 'pwd; echo $NAME; id', options=['-w', '/tmp', '-e', 'NAME=value', '-u', '1000:1000']))


@suite.case(status=0)
def exec_finds(docker):
    docker.running()
    script = ('grep -E "^(Cap|NoNew|Seccomp:|Sig[IC])" /proc/self/status; id; umask; ulimit -a; cat /proc/self/oom_score_adj; '
              'for i in ipc mnt net pid uts cgroup; do test $(readlink /proc/self/ns/$i) = $(readlink /proc/1/ns/$i) && echo same $i; done; '
              'cmp /proc/self/cgroup /proc/1/cgroup && echo same cgroup')
    return docker.outcome(docker.exec('sh', '-c', script))


@suite.case(status=0, capabilities=re.compile('CapEff:\t0000003'))
def exec_privileged(docker):
    skip_peer_without_all_capabilities(docker)
    docker.running()
    ran = docker.exec('grep', 'CapEff', '/proc/self/status', options=['--privileged'])
    return {'status': ran.status, 'capabilities': ran.out}


@suite.case(status=6, out=re.compile(r'/dev/pts/\d+\s.*30 100.*<typed>', re.S))
def exec_with_a_terminal(docker):
    docker.running()
    script = 'tty; while [ "$(stty size 2>/dev/null)" != "30 100" ]; do sleep 0.05; done; stty size; read line; echo "<$line>"; exit 6'
    with docker.on_terminal(*docker.argv('exec', '-it', 'box', 'sh', '-c', script)) as user:
        before = user.expect('30 100')
        user.send('typed\n')
        ended = user.end()
        return {'status': ended.status, 'out': docker.plain(before + ended.out)}


@suite.case(status=0)
def exec_in_the_background(docker):
    docker.running()
    started = docker.exec('sh', '-c', 'echo done >/tmp/file', options=['-d'])
    docker.wait_until(lambda: docker.exec('cat', '/tmp/file').out == 'done\n', 'it has run')
    return docker.outcome(started)


@suite.case(statuses=[0] * 10)
def exec_of_what_ends_at_once(docker):
    docker.running()
    return {'statuses': [docker.exec('true', seconds=20).status for _ in range(10)]}


@suite.case(health='healthy')
def health(docker):
    docker.running(options=['--health-cmd', 'test -e /bin/sh', '--health-interval', '1s'])
    docker.wait_until(lambda: docker.inspect('State', 'Health', 'Status') == 'healthy', 'it is healthy')
    return {'health': docker.inspect('State', 'Health', 'Status'), 'code': docker.inspect('State', 'Health', 'Log')[0]['ExitCode']}


@suite.case(health='unhealthy')
def ill_health(docker):
    docker.running(options=['--health-cmd', 'exit 1', '--health-interval', '1s', '--health-retries', '1'])
    docker.wait_until(lambda: docker.inspect('State', 'Health', 'Status') == 'unhealthy', 'it is not healthy')
    return {'health': docker.inspect('State', 'Health', 'Status')}


# --- pause, limits, numbers ---

@suite.case(status=0, paused='paused', after='running')
def pause(docker):
    docker.running()
    paused = docker.docker('pause', 'box')
    listed = docker.status()
    refused = docker.exec('true')
    resumed = docker.docker('unpause', 'box')
    return docker.outcome(paused, paused=listed, refused=refused.status, resumed=resumed.status, after=docker.status(), executed=docker.exec('echo', 'yes').out)


@suite.case(status=0, weight=re.compile('^(35)?$'), differs={'weight': 'cpu-weight'})
def update(docker):
    docker.running(options=['--memory', '64m'])
    updated = docker.docker('update', '--memory', '96m', '--memory-swap', '128m', '--cpu-shares', '256', '--pids-limit', '40', 'box')
    script = ('cd /sys/fs/cgroup; for f in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory.max memory.swap.max '
              'pids/pids.max pids.max cpu/cpu.shares; do test -e $f && echo $f $(cat $f); done; true')
    return docker.outcome(updated, inside=docker.exec('sh', '-c', script).out, weight=docker.exec('sh', '-c', WEIGHT).out.strip())


@suite.case(code=137, oom=True)
def out_of_memory(docker):
    """The shim hears of the memory and of the exit at once; docker forgets what comes behind the exit, which is rare."""
    for _ in range(3):
        docker.docker('rm', '--force', 'box')
        docker.running('sh', '-c', GREEDY, options=['--memory', '32m', '--memory-swap', '32m'])
        docker.wait_for_status('exited')
        told = {'code': docker.inspect('State', 'ExitCode'), 'oom': docker.inspect('State', 'OOMKilled')}
        if told['oom']:
            break
    return told


@suite.case(status=0, pids='2', limit=re.compile('64MiB'))
def stats(docker):
    docker.running(options=['--memory', '64m'])
    told = docker.docker('stats', '--no-stream', '--format', '{{.PIDs}} {{.MemUsage}}', 'box')
    words = told.out.split()
    return {'status': told.status, 'pids': words[0], 'limit': words[-1]}


@suite.case(status=0, lines=3)
def top(docker):
    docker.running()
    told = docker.docker('top', 'box')
    return {'status': told.status, 'lines': len(told.out.splitlines())}


if __name__ == '__main__':
    suite.main()
