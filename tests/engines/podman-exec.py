#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""podman exec: further processes in a container that runs, and health checks, which are such."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from podman_engine import Podman
from suite import Suite

suite = Suite('podman-exec', Podman)

INSIDE = 'id; pwd; umask; env | grep -v ^HOSTNAME | sort; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status'


def execute(podman, *arguments, options=(), **more):
    return podman.podman('exec', *options, 'c1', *arguments, **more)


@suite.case(status=0, out='hello', err='')
def output(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'echo', 'hello'))


@suite.case(status=7, out='', err='errors')
def exit_status_of_the_program(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'sh', '-c', 'echo errors >&2; exit 7'))


@suite.case(status=137)
def exit_status_of_a_signal(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'sh', '-c', 'kill -9 $$'))


@suite.case(status=126, out='', differs={'err': 'failure-text'})
def exit_status_of_a_file_without_the_right(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, '/usr/bin/not-executable'))


@suite.case(status=127, out='', differs={'err': 'failure-text'})
def exit_status_of_no_program(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'no-such-program'))


@suite.case(status=255, err=re.compile('unable to find user no-such-user'))
def exit_status_of_an_unknown_user(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'true', options=['--user=no-such-user']))


@suite.case(status=255)
def of_one_that_has_ended(podman):
    podman.running('c1', 'true')
    podman.must(podman.podman('wait', 'c1'))
    return podman.outcome(execute(podman, 'true'))


@suite.case(status=255)
def of_one_that_is_paused(podman):
    podman.running('c1')
    podman.must(podman.podman('pause', 'c1'))
    run = execute(podman, 'true')
    podman.must(podman.podman('unpause', 'c1'))
    return podman.outcome(run)


@suite.case(status=0, out='hello')
def standard_input(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'cat', options=['-i'], text='hello\n'))


@suite.case(status=0, out='200000')
def much_input(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'wc', '-c', options=['-i'], text='x' * 200000))


@suite.case(status=0)
def much_output(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'seq', '20000'))


@suite.case(status=0)
def identity_and_environment(podman):
    podman.running('c1', options=['--env=OF_CONTAINER=1', '--workdir=/tmp'])
    return podman.outcome(execute(podman, 'sh', '-c', INSIDE))


@suite.case(status=0, out=re.compile('uid=1000.*GIVEN=1', re.S))
def chosen_identity_and_environment(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'sh', '-c', INSIDE, options=['--user=tester', '--workdir=/usr', '--env=GIVEN=1']))


@suite.case(status=0)
def with_privileges(podman):
    podman.running('c1', options=['--cap-drop=all'])
    return podman.outcome(execute(podman, 'sh', '-c', INSIDE, options=['--privileged']))


@suite.case(status=0, out=re.compile('NoNewPrivs:\t1'))
def with_what_the_container_may(podman):
    podman.running('c1', options=['--cap-drop=all', '--security-opt=no-new-privileges'])
    return podman.outcome(execute(podman, 'sh', '-c', INSIDE))


@suite.case(status=0, same='same same same same same same')
def namespaces(podman):
    podman.running('c1')
    script = 'for n in cgroup ipc mnt net pid uts; do [ $(readlink /proc/1/ns/$n) = $(readlink /proc/self/ns/$n) ] && echo same; done'
    run = execute(podman, 'sh', '-c', script)
    return podman.outcome(run, same=' '.join(run.out.split()))


@suite.case(same=True, status=0)
def cgroups(podman):
    podman.running('c1')
    run = execute(podman, 'sh', '-c', 'cat /proc/self/cgroup >/tmp/a; cat /proc/1/cgroup >/tmp/b; cmp /tmp/a /tmp/b || diff /tmp/a /tmp/b; '
                                      '[ "$(cat /tmp/a)" = "$(cat /tmp/b)" ]')
    return {'status': run.status, 'same': run.status == 0}


@suite.case(status=5, size='30 100', tty='/dev/pts/1')
def terminal(podman):
    podman.running('c1', options=['-t'])
    with podman.terminal('exec', '-it', 'c1', 'sh', rows=30, columns=100) as t:
        t.expect('# ')
        t.send('stty size; tty; exit 5\n')
        t.expect('\r\n')
        size, tty = t.expect('\r\n').strip(), t.expect('\r\n').strip()
        return {'status': t.end().status, 'size': size, 'tty': tty}


@suite.case(status=130)
def terminal_with_an_interrupt(podman):
    podman.running('c1')
    with podman.terminal('exec', '-it', 'c1', 'sleep', '70') as t:
        podman.wait_for_process('sleep 70')
        t.send('\x03')
        return {'status': t.end().status}


@suite.case(status=0, made='made')
def detached(podman):
    podman.running('c1')
    run = execute(podman, 'sh', '-c', 'echo made >/tmp/made; sleep 1000', options=['-d'])
    podman.wait_until(lambda: execute(podman, 'cat', '/tmp/made').out, 'the file in the container')
    made = podman.must(execute(podman, 'cat', '/tmp/made'))
    return podman.outcome(run, made=made, sessions=len(podman.inspect('c1', 'ExecIDs')))


@suite.case(codes=list(range(8)), out=[f'{n}\n' for n in range(8)])
def several_at_once(podman):
    podman.running('c1')
    started = [podman.start(*podman.argv('exec', 'c1', 'sh', '-c', f'echo {n}; exit {n}')) for n in range(8)]
    runs = [podman.end(process) for process in started]
    return {'codes': [run.status for run in runs], 'out': [run.out for run in runs], 'err': [podman.plain(run.err) for run in runs]}


@suite.case(status=137)
def ends_with_its_container(podman):
    podman.running('c1')
    process = podman.start(*podman.argv('exec', 'c1', 'sleep', '71'))
    podman.wait_for_process('sleep 71')
    podman.must(podman.podman('kill', 'c1'))
    return {'status': podman.end(process).status}


@suite.case(status=0, out='0\n1\n2\n3')
def descriptors(podman):
    podman.running('c1')
    return podman.outcome(execute(podman, 'ls', '/proc/self/fd'))


@suite.case(status=0, out='uid=0(root) gid=0(root)')
def in_a_user_namespace(podman):
    podman.running('c1', options=['--uidmap=0:100000:65536'])
    return podman.outcome(execute(podman, 'id'))


# --- health ---

@suite.case(status=0, health='healthy', ill=1, state='unhealthy')
def health_check(podman):
    """Without systemd's timers, whoever wants to know runs the check."""
    podman.running('c1', options=['--health-cmd=test ! -e /tmp/ill', '--health-retries=1', '--health-interval=disable'])
    run = podman.podman('healthcheck', 'run', 'c1')
    health = podman.inspect('c1', 'State', 'Health', 'Status')
    podman.must(podman.podman('exec', 'c1', 'touch', '/tmp/ill'))
    ill = podman.podman('healthcheck', 'run', 'c1')
    return podman.outcome(run, health=health, ill=ill.status, state=podman.inspect('c1', 'State', 'Health', 'Status'))


if __name__ == '__main__':
    suite.main()
