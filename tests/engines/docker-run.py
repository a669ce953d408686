#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docker run and docker build: output, exit statuses, options of the container."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from daemon import skip_peer_without_all_capabilities
from docker_engine import Docker
from suite import Suite

suite = Suite('docker-run', Docker)


# --- output and exit status ---

@suite.case(status=3, out='out', err='err')
def output_and_exit_status(docker):
    return docker.outcome(docker.run('sh', '-c', 'echo out; echo err >&2; exit 3'))


@suite.case(status=0, out='typed')
def standard_input(docker):
    return docker.outcome(docker.run('cat', options=['-i'], text='typed\n'))


@suite.case(status=137)
def exit_status_of_a_signal(docker):
    return docker.outcome(docker.run('sh', '-c', 'kill -9 $$', options=['--pid', 'host']))


@suite.case(status=125)
def exit_status_of_dockers_own_failure(docker):
    return docker.outcome(docker.run('true', options=['--memory', '1k']))


@suite.case(status=126, err=re.compile('permission denied'), differs={'err': 'failure-text'})
def exit_status_of_a_file_without_the_right(docker):
    return docker.outcome(docker.run('/usr/bin/not-executable'))


@suite.case(status=127, err=re.compile('no such file or directory'), differs={'err': 'failure-text'})
def exit_status_of_no_file(docker):
    return docker.outcome(docker.run('/no-such-program'))


@suite.case(status=127, err=re.compile(r'executable file not found in \$PATH'), differs={'err': 'failure-text'})
def exit_status_of_no_program(docker):
    return docker.outcome(docker.run('no-such-program'))


# --- what the process finds ---

@suite.case(status=0)
def process(docker):
    script = ('grep -E "^(Cap|NoNew|Seccomp:|Sig[IC])" /proc/self/status; env | sort | grep -v HOSTNAME; id; umask; pwd; ulimit -a; '
              'cat /proc/self/oom_score_adj')
    return docker.outcome(docker.run('sh', '-c', script))


@suite.case(status=0)
def device_nodes(docker):
    script = 'cd /dev && for f in * pts/* shm/* mqueue/*; do stat -c "%n %A %u:%g %t:%T" $f; readlink $f; done; ls /dev/fd/ | wc -l'
    return docker.outcome(docker.run('sh', '-c', script))


@suite.case(status=0, out='uid=1000(tester) gid=1000(tester) groups=5,1000(tester)\nCapEff:\t0000000000000000')
def user(docker):
    return docker.outcome(docker.run('sh', '-c', 'id; grep CapEff /proc/self/status', options=['--user', '1000:1000', '--group-add', '5']))


@suite.case(status=0, out='CapEff:\t0000000000000400')
def capabilities(docker):
    return docker.outcome(docker.run('grep', 'CapEff', '/proc/self/status', options=['--cap-drop', 'ALL', '--cap-add', 'NET_BIND_SERVICE']))


@suite.case(status=1, err=re.compile('Read-only file system'))
def read_only(docker):
    return docker.outcome(docker.run('touch', '/file', options=['--read-only']))


@suite.case(status=0, out=re.compile(r'NoNewPrivs:\t1\nSeccomp:\t0'))
def security_options(docker):
    return docker.outcome(docker.run('grep', '-E', '^(NoNew|Seccomp:)', '/proc/self/status',
                                     options=['--security-opt', 'no-new-privileges', '--security-opt', 'seccomp=unconfined']))


@suite.case(status=0, out=re.compile('Seccomp:\t2'), err=re.compile('not permitted|permission denied'))
def seccomp_by_default(docker):
    return docker.outcome(docker.run('sh', '-c', 'grep Seccomp: /proc/self/status; mount -t tmpfs x /tmp; true'))


@suite.case(status=0, out=re.compile('^Seccomp:\t0\nwritable\nmounts'))
def privileged(docker):
    skip_peer_without_all_capabilities(docker)
    script = 'grep Seccomp: /proc/self/status; test -w /proc/sys/kernel/hostname && echo writable; mount -t tmpfs x /tmp && echo mounts'
    return docker.outcome(docker.run('sh', '-c', script, options=['--privileged']))


@suite.case(status=0, out='100\n200\n500')
def limits_of_the_process(docker):
    return docker.outcome(docker.run('sh', '-c', 'ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj',
                                     options=['--ulimit', 'nofile=100:200', '--oom-score-adj', '500']))


@suite.case(status=0, weight=re.compile('^(59)?$'), differs={'weight': 'cpu-weight'})
def limits_of_the_cgroup(docker):
    """On cgroup v1 and v2, whichever is there."""
    script = ('cd /sys/fs/cgroup; for f in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory.max memory.swap.max '
              'pids/pids.max pids.max cpu/cpu.cfs_quota_us cpu/cpu.shares cpu.max cpuset/cpuset.cpus cpuset.cpus; '
              'do test -e $f && echo $f $(cat $f); done; true')
    weight = docker.run('sh', '-c', 'cat /sys/fs/cgroup/cpu.weight 2>/dev/null; true', options=['--cpu-shares', '512'])
    return docker.outcome(docker.run('sh', '-c', script, options=['--memory', '64m', '--memory-swap', '96m', '--pids-limit', '50', '--cpus', '0.5',
                                                                  '--cpuset-cpus', '0']), weight=weight.out.strip())


@suite.case(status=2, err=re.compile("can't fork"))
def limit_of_processes(docker):
    script = 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done'
    return docker.outcome(docker.run('sh', '-c', script, options=['--pids-limit', '5']))


# --- namespaces and mounts ---

@suite.case(status=0, same=True)
def network_of_the_host(docker):
    ran = docker.docker('run', '--rm', '--network', 'host', docker.IMAGE, 'readlink', '/proc/self/ns/net')
    return {'status': ran.status, 'same': ran.out.strip() == os.readlink('/proc/self/ns/net')}


@suite.case(status=0, out='name\ndomain\n1')
def names_and_sysctl(docker):
    script = 'hostname; cat /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_forward'
    return docker.outcome(docker.run('sh', '-c', script, options=['--hostname', 'name', '--domainname', 'domain', '--sysctl', 'net.ipv4.ip_forward=1']))


@suite.case(status=0, same=True)
def namespaces_of_another_container(docker):
    docker.running(options=['--ipc', 'shareable'])
    script = 'for i in ipc net pid; do readlink /proc/self/ns/$i; done'
    options = [f'--{kind}=container:box' for kind in ('ipc', 'net', 'pid')]
    ran = docker.docker('run', '--rm', *options, docker.IMAGE, 'sh', '-c', script)
    pid = docker.inspect('State', 'Pid')
    return {'status': ran.status, 'same': ran.out.split() == [os.readlink(f'/proc/{pid}/ns/{kind}') for kind in ('ipc', 'net', 'pid')]}


@suite.case(status=0, out='from outside')
def bind_mount(docker):
    path = docker.write('bound', 'from outside\n')
    return docker.outcome(docker.run('sh', '-c', 'cat /mnt; echo x 2>/dev/null >/mnt && echo written; true', options=['-v', f'{path}:/mnt:ro']))


@suite.case(status=0, out='kept')
def volume(docker):
    docker.must(docker.run('sh', '-c', 'echo kept >/data/file', options=['-v', 'volume:/data']))
    return docker.outcome(docker.run('cat', '/data/file', options=['-v', 'volume:/data']))


@suite.case(status=0)
def tmpfs_and_shm(docker):
    script = "grep -E ' /(mnt|dev/shm) ' /proc/mounts | cut -d' ' -f2-4; stat -c %a /mnt"
    return docker.outcome(docker.run('sh', '-c', script, options=['--tmpfs', '/mnt:size=1m,mode=700', '--shm-size', '1m']))


@suite.case(status=0, out=re.compile(r'^crw\S+ 1 0 0 1, 11 '))
def device(docker):
    """Another name than on the host, and only to be read."""
    ran = docker.run('sh', '-c', 'ls -ln /dev/log-of-kernel | tr -s " "; (exec 3>/dev/log-of-kernel) 2>&1',
                     options=['--device', '/dev/kmsg:/dev/log-of-kernel:r'])
    return {'status': 0 if 'not permitted' in ran.out else ran.status, 'out': docker.plain(re.sub(r'[A-Z][a-z]{2} +\d+ +[\d:]+ ', '', ran.out))}


@suite.case(status=0, out='/work/folder')
def absent_working_directory(docker):
    return docker.outcome(docker.run('pwd', options=['-w', '/work/folder']))


# --- terminals, images ---

@suite.case(status=5, out=re.compile(r'/dev/pts/0\s.*30 100.*<typed>', re.S))
def terminal(docker):
    script = 'tty; while [ "$(stty size 2>/dev/null)" != "30 100" ]; do sleep 0.05; done; stty size; read line; echo "<$line>"; exit 5'
    with docker.on_terminal(*docker.run_argv('sh', '-c', script, options=['--rm', '-it'])) as user:
        before = user.expect('30 100')
        user.send('typed\n')
        ended = user.end()
        return {'status': ended.status, 'out': docker.plain(before + ended.out)}


@suite.case(status=0, built='built', owner='1000')
def build(docker):
    built = docker.build(f'FROM {docker.IMAGE}', 'WORKDIR /work', 'RUN echo built >file && test $(id -u) = 0', 'USER 1000', 'RUN id -u >/tmp/owner',
                         'CMD ["cat", "/work/file", "/tmp/owner"]', options=['-t', 'localhost/built'])
    ran = docker.docker('run', '--rm', '--network', 'none', 'localhost/built')
    words = ran.out.split() + ['', '']
    return {'status': built.status, 'built': words[0], 'owner': words[1]}


@suite.case(status=7, out=re.compile('non-zero code: 7'))
def build_that_fails(docker):
    built = docker.build(f'FROM {docker.IMAGE}', 'RUN exit 7')
    return {'status': built.status, 'out': docker.plain(built.out.splitlines()[-1])}


if __name__ == '__main__':
    suite.main()
