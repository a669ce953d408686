#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""podman run: exit statuses, input and output, terminals, and what the container is made of."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import image
from podman_engine import Podman
from suite import Suite

suite = Suite('podman-run', Podman)


# --- how it ends ---

@suite.case(status=0, out='hello', err='')
def output(podman):
    return podman.outcome(podman.run('echo', 'hello'))


@suite.case(status=0, out='', err='hello')
def standard_error(podman):
    return podman.outcome(podman.run('sh', '-c', 'echo hello >&2'))


@suite.case(status=7)
def exit_status_of_the_program(podman):
    return podman.outcome(podman.run('sh', '-c', 'exit 7'))


@suite.case(status=137)
def exit_status_of_a_signal(podman):
    return podman.outcome(podman.run('sh', '-c', 'kill -9 $$', options=['--pid=host']))


@suite.case(status=125)
def exit_status_of_podmans_own_failure(podman):
    return podman.outcome(podman.run('true', options=['--no-such-option']))


@suite.case(status=125, out='', differs={'err': 'failure-text'})
def exit_status_of_the_runtimes_failure(podman):
    return podman.outcome(podman.run('true', options=['--security-opt=seccomp=/dev/null']))


@suite.case(status=126, out='', differs={'err': 'failure-text'})
def exit_status_of_a_file_without_the_right(podman):
    return podman.outcome(podman.run('/usr/bin/not-executable'))


@suite.case(status=127, out='', differs={'err': 'failure-text'})
def exit_status_of_no_program(podman):
    return podman.outcome(podman.run('no-such-program'))


@suite.case(status=127, out='', differs={'err': 'failure-text'})
def exit_status_of_no_program_by_its_path(podman):
    return podman.outcome(podman.run('/bin/no-such-program'))


@suite.case(status=126, out='', differs={'err': 'failure-text'})
def exit_status_of_a_folder(podman):
    return podman.outcome(podman.run('/tmp'))


# --- input and output ---

@suite.case(status=0, out='hello')
def standard_input(podman):
    return podman.outcome(podman.run('cat', options=['-i'], text='hello\n'))


@suite.case(status=0, out='200000')
def much_input(podman):
    return podman.outcome(podman.run('wc', '-c', options=['-i'], text='x' * 200000))


@suite.case(status=0, out=re.compile('^1\n2\n(.*\n)*19999\n20000$'))
def much_output(podman):
    return podman.outcome(podman.run('seq', '20000'))


@suite.case(status=5, size='30 100', tty='/dev/pts/0', echoed=True)
def terminal(podman):
    """-it: conmon has the other side of a terminal, which podman makes as large as the user's."""
    argv = ('run', '--rm', '-it', '--network=none', image.NAME, 'sh')
    with podman.terminal(*argv, rows=30, columns=100) as t:
        t.expect('# ')
        t.send('stty size; tty; read x; echo "<$x>"; exit 5\n')
        size = t.expect('\r\n') and t.expect('\r\n').strip()
        tty = t.expect('\r\n').strip()
        t.send('word\n')
        echoed = 'word' in t.expect('<word>')
        return {'status': t.end().status, 'size': size, 'tty': tty, 'echoed': echoed}


@suite.case(status=0, size='40 120')
def terminal_that_changes_its_size(podman):
    argv = ('run', '--rm', '-it', '--network=none', image.NAME, 'sh', '-c',
            'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.1; done')
    with podman.terminal(*argv) as t:
        t.expect('ready')
        t.resize(40, 120)
        t.process.send_signal(28)
        size = re.search(r'\d+ \d+', t.expect('120')).group(0)
        return {'status': t.end().status, 'size': size}


@suite.case(status=130)
def terminal_with_an_interrupt(podman):
    argv = ('run', '--rm', '-it', '--network=none', image.NAME, 'sh', '-c', 'trap : INT; echo ready; sleep 60; exit $?')
    with podman.terminal(*argv) as t:
        t.expect('ready')
        podman.wait_for_process('sleep 60')
        t.send('\x03')
        return {'status': t.end().status}


# --- what it is made of ---

INSIDE = ('id; grep -E "^(Cap|NoNewPrivs|Seccomp:|Groups)" /proc/self/status; pwd; umask; env | sort; '
          'cat /proc/self/oom_score_adj; ulimit -n; readlink /proc/self/exe; ls /proc/self/fd | wc -l')


@suite.case(status=0, err='')
def identity_and_environment(podman):
    return podman.outcome(podman.run('sh', '-c', INSIDE, options=['--hostname=here']))


@suite.case(status=0, err='')
def user_with_groups(podman):
    return podman.outcome(podman.run('sh', '-c', INSIDE, options=['--hostname=here', '--user=tester', '--group-add=7', '--workdir=/tmp']))


@suite.case(status=0, err='')
def privileged(podman):
    return podman.outcome(podman.run('sh', '-c', INSIDE + '; ls /dev | grep -c . >/dev/null; test -e /dev/kmsg; echo $?',
                                     options=['--hostname=here', '--privileged']))


MASKED = ('/proc/keys', '/proc/acpi', '/proc/kcore', '/proc/timer_list', '/proc/sched_debug', '/proc/latency_stats', '/proc/scsi',
          '/sys/firmware', '/sys/dev/block', '/sys/fs/selinux')


def mounts(podman, *options):
    """The mounts inside, sorted, as podman's order is by chance; those that hide something and the cgroups' apart."""
    run = podman.run('cat', '/proc/self/mountinfo', options=options)
    found = {'mounts': [], 'masks': [], 'cgroups': []}
    for line in run.out.splitlines():
        fields = line.split()
        at = fields.index('-')
        flags = ','.join(sorted(set(fields[5].split(',')) - {'relatime'}))
        subject = 'masks' if fields[4] in MASKED else 'cgroups' if fields[4].startswith('/sys/fs/cgroup') else 'mounts'
        found[subject].append(' '.join([fields[4], fields[at + 1], flags, *fields[6:at]]))
    return {'status': run.status, 'err': run.err, **{name: sorted(lines) for name, lines in found.items()}}


@suite.case(status=0, err='', differs={'masks': 'masks', 'cgroups': 'cgroups-of-hybrid-machines'})
def mounts_of_a_plain_container(podman):
    return mounts(podman)


@suite.case(status=0, err='', differs={'masks': 'masks', 'cgroups': 'cgroups-of-hybrid-machines'})
def mounts_read_only(podman):
    return mounts(podman, '--read-only', '--tmpfs=/data:size=1m,mode=700')


@suite.case(status=0, err='', masks=[], differs={'cgroups': 'cgroups-of-hybrid-machines'})
def mounts_of_a_privileged_container(podman):
    return mounts(podman, '--privileged')


@suite.case(status=0, out=re.compile('hidden'))
def masked_and_read_only_paths(podman):
    script = ('for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug; do test -s $f && echo $f; done; '
              'touch /proc/sys/kernel/x /proc/bus/x 2>&1; ls /proc/scsi /sys/firmware 2>/dev/null | grep -c :; echo hidden')
    return podman.outcome(podman.run('sh', '-c', script))


@suite.case(status=1, err=re.compile('Read-only file system'))
def read_only(podman):
    return podman.outcome(podman.run('touch', '/x', options=['--read-only']))


@suite.case(status=0, out='w\n700')
def read_only_with_tmpfs(podman):
    return podman.outcome(podman.run('sh', '-c', 'echo w >/data/x && cat /data/x && stat -c %a /data',
                                     options=['--read-only', '--tmpfs=/data:size=1m,mode=700']))


@suite.case(status=0, out='CapEff:\t0000000000000000\nNoNewPrivs:\t1')
def no_privileges(podman):
    return podman.outcome(podman.run('grep', '-E', 'CapEff|NoNewPrivs', '/proc/self/status',
                                     options=['--cap-drop=all', '--security-opt=no-new-privileges']))


@suite.case(status=0)
def chosen_capabilities(podman):
    return podman.outcome(podman.run('grep', 'Cap', '/proc/self/status', options=['--cap-drop=all', '--cap-add=CHOWN,SYS_ADMIN']))


@suite.case(status=1)
def seccomp(podman):
    return podman.outcome(podman.run('umount', '/proc', options=['--cap-add=SYS_ADMIN', '--tmpfs=/x']))


@suite.case(status=0)
def sysctl_and_limits(podman):
    return podman.outcome(podman.run('sh', '-c', 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax; ulimit -n; ulimit -c',
                                     options=['--sysctl=net.ipv4.ip_forward=1', '--sysctl=kernel.msgmax=4096',
                                              '--ulimit=nofile=100:200', '--ulimit=core=0:0', '--ulimit=nproc=20000:20000']))


@suite.case(status=1, err=re.compile('head: /x: Operation not permitted'))
def devices(podman):
    return podman.outcome(podman.run('sh', '-c', 'cd /dev; stat -c "%n %F %a %u:%g %t:%T" * | sort; head -c 3 /dev/fuse; mknod /x b 7 99 && head -c 1 /x',
                                     options=['--device=/dev/fuse:/dev/other:rw', '--cap-add=MKNOD']))


@suite.case(status=0, out='67108864')
def memory_limit(podman):
    return podman.outcome(podman.run('sh', '-c', 'cd /sys/fs/cgroup; cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes', options=['--memory=64m']))


if __name__ == '__main__':
    suite.main()
