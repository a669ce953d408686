#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ctr tasks: containers in the background, further processes in them, and what happens when somebody dies."""

import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from containerd_engine import Containerd
from daemon import processes
from suite import Suite

suite = Suite('containerd-tasks', Containerd)

# Takes memory until there is no more.
GREEDY = 'x=0123456789abcdef; while :; do x=$x$x; done'


def is_alive(pid):
    return os.path.exists(f'/proc/{pid}')


# --- beginning and end ---

@suite.case(err=re.compile('exit code 3'), listed='RUNNING', log='ready')
def in_the_background(containerd):
    log = containerd.running()
    listed = containerd.tasks()['c'][1]
    containerd.kill(signal.SIGTERM)
    containerd.wait_for_status('STOPPED')
    return containerd.outcome(containerd.remove(), listed=listed, log=containerd.read(log).strip())


@suite.case(status=0, before={}, after='RUNNING', again=1)
def created_then_started(containerd):
    """`ctr containers create` has no option for the binary: it is the "runc" of the shim's path."""
    containerd.must(containerd.ctr('containers', 'create', containerd.IMAGE, 'c', 'sleep', '100'))
    before = containerd.tasks()
    started = containerd.ctr('tasks', 'start', '--detach', 'c')
    after = containerd.tasks()['c'][1]
    again = containerd.ctr('tasks', 'start', '--detach', 'c')
    return containerd.outcome(started, before=before, after=after, again=again.status)


@suite.case()
def checkpoint(containerd):
    """Where CRIU does not work, both fail alike, and the container is as it was."""
    containerd.running()
    folder = containerd.path('image')
    run = containerd.ctr('tasks', 'checkpoint', '--image-path', folder, '--work-path', containerd.path('work'), 'c')
    made = os.path.exists(os.path.join(folder, 'inventory.img'))
    return {'status': run.status, 'made': made, 'after': containerd.tasks()['c'][1]}


@suite.case(status=1, left={}, differs={'err': 'failure-text'})
def start_that_fails(containerd):
    ran = containerd.program(*containerd.run_argv('c', '/no-such-program', options=('--detach',)))
    return containerd.outcome(ran, left=containerd.tasks())


@suite.case(status=0, usr1=True)
def signals(containerd):
    """By name and by number."""
    log = containerd.running()
    by_name = containerd.ctr('tasks', 'kill', '--signal', 'SIGUSR1', 'c')
    containerd.wait_until(lambda: 'usr1' in containerd.read(log), 'the signal has arrived')
    return containerd.outcome(by_name, usr1=True)


@suite.case(err=re.compile('exit code 137'), gone=True)
def all_processes_are_killed(containerd):
    """With the machine's pids, those of the container live on without its first one."""
    log = containerd.running('sh', '-c', 'sleep 1000 & echo $!; while :; do sleep 1; done',
                             options=['--with-ns', f'pid:/proc/{os.getpid()}/ns/pid'])
    containerd.wait_until(lambda: containerd.read(log).strip(), 'its pid')
    other = containerd.read(log).strip()
    containerd.must(containerd.ctr('tasks', 'kill', '--all', '--signal', '9', 'c'))
    containerd.wait_for_status('STOPPED')
    containerd.wait_until(lambda: not is_alive(other), 'the other process has ended')
    return containerd.outcome(containerd.remove(), gone=True)


@suite.case(status=1, err=re.compile('process already finished|not found|not running'), differs={'err': 'failure-text'})
def kill_of_one_that_has_ended(containerd):
    containerd.running('true')
    containerd.wait_for_status('STOPPED')
    return containerd.outcome(containerd.kill(signal.SIGTERM))


@suite.case(status=1, err=re.compile('RUNNING|must be stopped|stopped before'))
def delete_of_one_that_runs(containerd):
    containerd.running()
    return containerd.outcome(containerd.ctr('tasks', 'delete', 'c'))


@suite.case(err=re.compile('exit code 137'), after={})
def delete_by_force(containerd):
    containerd.running()
    return containerd.outcome(containerd.ctr('tasks', 'delete', '--force', 'c'), after=containerd.tasks())


# --- further processes ---

@suite.case(status=5, out='out', err='err')
def exec_output_and_exit_status(containerd):
    containerd.running()
    return containerd.outcome(containerd.exec('sh', '-c', 'echo out; echo err >&2; exit 5'))


@suite.case(status=137)
def exec_that_is_killed(containerd):
    containerd.running()
    return containerd.outcome(containerd.exec('sh', '-c', 'kill -9 $$'))


@suite.case(status=1, err=re.compile('no-such-program'), differs={'err': 'failure-text'})
def exec_of_no_program(containerd):
    containerd.running()
    return containerd.outcome(containerd.exec('/no-such-program'))


@suite.case(status=0)
def exec_finds(containerd):
    """The same identity, limits and surroundings as the first process."""
    containerd.running()
    script = ('grep -E "^(Cap|NoNew|Seccomp:|Sig[IC])" /proc/self/status; env | sort; id; umask; ulimit -a; pwd; cat /proc/self/oom_score_adj; '
              'for i in ipc mnt net pid uts cgroup; do test $(readlink /proc/self/ns/$i) = $(readlink /proc/1/ns/$i) && echo same $i; done; '
              'cmp /proc/self/cgroup /proc/1/cgroup && echo same cgroup')
    return containerd.outcome(containerd.exec('sh', '-c', script))


@suite.case(status=0, out='/tmp\nuid=1000(tester) gid=1000(tester)')
def exec_options(containerd):
    containerd.running()
    return containerd.outcome(containerd.exec('sh', '-c', "pwd; id | sed 's/ groups.*//'",
                                              options=['--cwd', '/tmp', '--user', '1000:1000']))


@suite.case(status=0, out=re.compile(r'^/dev/pts/\d+\s+30 100$'))
def exec_with_a_terminal(containerd):
    containerd.running()
    script = 'tty; while [ "$(stty size 2>/dev/null)" != "30 100" ]; do sleep 0.05; done; stty size'
    with containerd.on_terminal(*containerd.exec_argv('sh', '-c', script, options=['--tty'])) as user:
        return containerd.outcome(user.end())


@suite.case(status=0, out='')
def exec_in_the_background(containerd):
    containerd.running()
    started = containerd.exec('sh', '-c', 'echo done >/tmp/file; sleep 1000', options=['--detach'])
    containerd.wait_until(lambda: containerd.exec('cat', '/tmp/file', name='look').out == 'done\n', 'it has run')
    return containerd.outcome(started)


@suite.case(status=0, listed=3)
def processes_of_a_container(containerd):
    containerd.running('sh', '-c', 'sleep 1000 & sleep 1001 & echo ready; wait')
    containerd.wait_until(lambda: len(containerd.must(containerd.ctr('tasks', 'ps', 'c')).splitlines()) == 4, 'three processes')
    listed = containerd.ctr('tasks', 'ps', 'c')
    pids = [int(line.split()[0]) for line in listed.out.splitlines()[1:]]
    return {'status': listed.status, 'listed': len(pids), 'first': containerd.tasks()['c'][0] in pids, 'alive': all(map(is_alive, pids))}


# --- pause, limits ---

@suite.case(status=0, paused='PAUSED', resumed='RUNNING')
def pause(containerd):
    containerd.running()
    paused = containerd.ctr('tasks', 'pause', 'c')
    listed = containerd.tasks()['c'][1]
    executed = containerd.exec('true')
    resumed = containerd.ctr('tasks', 'resume', 'c')
    return containerd.outcome(paused, paused=listed, executed=executed.status, resume=resumed.status, resumed=containerd.tasks()['c'][1],
                              after=containerd.exec('true', name='after').status)


@suite.case(err=re.compile('exit code 137'))
def one_that_is_paused_is_killed(containerd):
    containerd.running()
    containerd.must(containerd.ctr('tasks', 'pause', 'c'))
    containerd.kill()
    containerd.ctr('tasks', 'resume', 'c')
    containerd.wait_for_status('STOPPED')
    return containerd.outcome(containerd.ctr('tasks', 'delete', 'c'))


@suite.case(status=0, pids=2, limited=True)
def metrics(containerd):
    """They are read by the shim; the runtime has to put the processes where it looks."""
    containerd.running(options=['--memory-limit', str(64 << 20)])
    told = containerd.ctr('tasks', 'metrics', '--format', 'json', 'c')
    numbers = json.loads(told.out)
    return {'status': told.status, 'members': sorted(numbers), 'pids': numbers['pids']['current'],
            'limited': f':{64 << 20}' in told.out.replace(' ', '')}


@suite.case(status=137, events=['create', 'start', 'oom', 'exit', 'delete'])
def out_of_memory(containerd):
    with containerd.events() as events:
        ran = containerd.run('sh', '-c', GREEDY, options=['--memory-limit', str(32 << 20)])
        containerd.wait_until(lambda: '/tasks/delete' in events.text(), 'the last event')
        return {'status': ran.status, 'events': events.of_tasks()}


# --- who dies ---

@suite.case(err=re.compile('exit code 137'))
def first_process_is_killed_from_outside(containerd):
    containerd.running()
    os.kill(containerd.tasks()['c'][0], signal.SIGKILL)
    containerd.wait_for_status('STOPPED')
    return containerd.outcome(containerd.remove())


@suite.case(gone=True, tasks={}, state=[], differs={'state': 'killed-shim'})
def shim_is_killed(containerd):
    """containerd lets a new shim delete the container, by force, and tells of its end."""
    containerd.running()
    pid = containerd.tasks()['c'][0]
    for shim in processes('containerd-shim', containerd.place):
        os.kill(shim, signal.SIGKILL)
    containerd.wait_until(lambda: not is_alive(pid), 'its process has ended')
    containerd.wait_until(lambda: not containerd.tasks(), 'the task is gone')
    return {'gone': True, 'tasks': containerd.tasks(), 'state': os.listdir(containerd.STATES)}


@suite.case(err=re.compile('exit code 3'), listed='RUNNING', executed=0)
def containerd_is_started_anew(containerd):
    containerd.running()
    containerd.stop_daemon(containerd.daemons.pop())
    containerd.start_containerd()
    containerd.wait_for_status('RUNNING')
    listed, executed = containerd.tasks()['c'][1], containerd.exec('true')
    containerd.kill(signal.SIGTERM)
    containerd.wait_for_status('STOPPED')
    return containerd.outcome(containerd.remove(), listed=listed, executed=executed.status)


if __name__ == '__main__':
    suite.main()
