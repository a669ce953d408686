#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ctr run: output, exit statuses, options of the container."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from containerd_engine import Containerd
from daemon import skip_peer_without_all_capabilities
from suite import Skip, Suite

suite = Suite('containerd-run', Containerd)


# --- output and exit status ---

@suite.case(status=3, out='out', err='err')
def output_and_exit_status(containerd):
    return containerd.outcome(containerd.run('sh', '-c', 'echo out; echo err >&2; exit 3'))


@suite.case(status=0, out='one')
def standard_input(containerd):
    """The end of it does not arrive: ctr keeps a way in open."""
    return containerd.outcome(containerd.run('sh', '-c', 'read line; echo $line', text='one\n'))


@suite.case(status=137)
def exit_status_of_a_signal(containerd):
    return containerd.outcome(containerd.run('sh', '-c', 'kill -9 $$', options=['--with-ns', 'pid:/proc/1/ns/pid']))


@suite.case(status=1, err=re.compile('no such file or directory'), differs={'err': 'failure-text'})
def no_program(containerd):
    return containerd.outcome(containerd.run('/no-such-program'))


@suite.case(status=1, err=re.compile(r'executable file not found in \$PATH'), differs={'err': 'failure-text'})
def no_program_in_the_path(containerd):
    return containerd.outcome(containerd.run('no-such-program'))


@suite.case(status=1, err=re.compile('permission denied'), differs={'err': 'failure-text'})
def program_without_the_right(containerd):
    return containerd.outcome(containerd.run('/usr/bin/not-executable'))


@suite.case(status=0, out='uid=0(root) gid=0(root) groups=0(root)\nabsent:0')
def absent_working_directory(containerd):
    return containerd.outcome(containerd.run('sh', '-c', 'id; stat -c "absent:%u" .', options=['--cwd', '/var/absent/folder']))


# --- what the process finds ---

@suite.case(status=0)
def process(containerd):
    script = 'grep -E "^(Cap|NoNew|Seccomp:|Sig[IC])" /proc/self/status; env | sort; id; umask; ulimit -a; cat /proc/self/oom_score_adj'
    return containerd.outcome(containerd.run('sh', '-c', script))


@suite.case(status=0, differs={'masked': 'masks', 'cgroup_root': 'cgroups-of-hybrid-machines'})
def mounts(containerd):
    ran = containerd.run('sh', '-c', "sed 's/^.* - //; s/[^ ]*lowerdir=.*//' /proc/self/mountinfo >/tmp/right; "
                         "cut -d' ' -f4-7 /proc/self/mountinfo | sed 's/ - .*//' >/tmp/left; "
                         "while read -r left && read -r right <&3; do echo \"$left $right\"; done </tmp/left 3</tmp/right")
    # That /sys is read-only is said of the file system by the peer, of the mount by us; both say it of the mount.
    rows = [re.sub('(sysfs sysfs) r[ow]', r'\1', line) for line in containerd.plain(ran.out).splitlines() if line]
    masked = [row for row in rows if re.match(r'\S+ (/proc/(acpi|asound|kcore|keys|latency|timer|sched|scsi)|/sys/firmware)', row)]
    cgroup_root = [row for row in rows if re.match(r'\S+ /sys/fs/cgroup(/unified)? ', row)]
    rest = [row for row in rows if row not in masked and row not in cgroup_root]
    return {'status': ran.status, 'rest': sorted(rest), 'masked': sorted(masked), 'cgroup_root': sorted(cgroup_root)}


@suite.case(status=0)
def device_nodes(containerd):
    script = 'cd /dev && ls -l . pts shm mqueue | tr -s " " | cut -d" " -f1,3-6,9-; ls -l /dev/fd/ | wc -l'
    ran = containerd.run('sh', '-c', script)
    return {'status': ran.status, 'out': containerd.plain(re.sub(r'(?m)^total.*$| \d\d:\d\d(?= )', '', ran.out))}


@suite.case(status=0, out='CapEff:\t0000000000200400')
def capabilities(containerd):
    options = ['--cap-add', 'CAP_SYS_ADMIN', *(word for name in (
        'CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT',
        'KILL', 'AUDIT_WRITE') for word in ('--cap-drop', f'CAP_{name}'))]
    return containerd.outcome(containerd.run('grep', 'CapEff', '/proc/self/status', options=options))


@suite.case(status=0, out='value')
def environment(containerd):
    return containerd.outcome(containerd.run('sh', '-c', 'echo $NAME', options=['--env', 'NAME=value']))


@suite.case(status=1, out='', err=re.compile('Read-only file system'))
def read_only(containerd):
    return containerd.outcome(containerd.run('touch', '/file', options=['--read-only']))


@suite.case(status=0, out=re.compile('^Seccomp:\t0\n'))
def privileged(containerd):
    skip_peer_without_all_capabilities(containerd)
    script = 'grep Seccomp: /proc/self/status; touch /proc/sys/kernel/hostname && echo writable; ls /dev/null; mount -t tmpfs x /tmp && echo mounts'
    return containerd.outcome(containerd.run('sh', '-c', script, options=['--privileged']))


@suite.case(status=0, out=re.compile('Seccomp:\t2'), err=re.compile('permission denied'))
def seccomp(containerd):
    script = 'grep Seccomp: /proc/self/status; mkdir /tmp/m; mount -t tmpfs x /tmp/m; true'
    return containerd.outcome(containerd.run('sh', '-c', script, options=['--seccomp', '--cap-add', 'CAP_NET_ADMIN']))


@suite.case(status=0, out=re.compile('NoNewPrivs:\t0'))
def new_privileges(containerd):
    return containerd.outcome(containerd.run('grep', 'NoNew', '/proc/self/status', options=['--allow-new-privs']))


# --- namespaces and mounts ---

@suite.case(status=0, same=True)
def network_of_the_host(containerd):
    ran = containerd.run('readlink', '/proc/self/ns/net', options=['--net-host'])
    return {'status': ran.status, 'same': ran.out.strip() == os.readlink('/proc/self/ns/net')}


@suite.case(status=0, same=True)
def namespace_that_is_there(containerd):
    ran = containerd.run('readlink', '/proc/self/ns/ipc', options=['--with-ns', f'ipc:/proc/{os.getpid()}/ns/ipc'])
    return {'status': ran.status, 'same': ran.out.strip() == os.readlink('/proc/self/ns/ipc')}


@suite.case(status=0, out='0 100000 1000\n0 0')
def user_namespace(containerd):
    """Of these, ctr gives the binary's name to the shim no more: it runs the "runc" of its path."""
    script = 'set -- $(cat /proc/self/uid_map); echo "$@"; stat -c "%u %g" /bin/busybox'
    return containerd.outcome(containerd.run('sh', '-c', script, options=['--uidmap', '0:100000:1000', '--gidmap', '0:100000:1000']))


@suite.case(status=0, out='from outside')
def bind_mount(containerd):
    path = containerd.write('bound', 'from outside\n')
    option = f'type=bind,src={path},dst=/etc/bound,options=rbind:ro'
    return containerd.outcome(containerd.run('sh', '-c', 'cat /etc/bound; echo x 2>/dev/null >/etc/bound && echo written; true',
                                             options=['--mount', option]))


@suite.case(status=0, out='in the folder')
def root_without_an_image(containerd):
    folder = containerd.make_rootfs()
    containerd.write(os.path.join(folder, 'etc', 'text'), 'in the folder\n')
    argv = containerd.argv('run', *containerd.runtime_options(), '--rm', '--rootfs', folder, 'c', '/bin/cat', '/etc/text')
    return containerd.outcome(containerd.program(*argv))


@suite.case(status=0, out='moved')
def no_pivot(containerd):
    return containerd.outcome(containerd.run('echo', 'moved', options=['--no-pivot']))


@suite.case(status=0, out=re.compile(r'^crw\S+ 1 0 0 10, 229 /dev/fuse'))
def device(containerd):
    if not os.path.exists('/dev/fuse'):
        raise Skip('there is no /dev/fuse')
    ran = containerd.run('sh', '-c', 'ls -ln /dev/fuse | tr -s " " | cut -d" " -f1-6,10', options=['--device', '/dev/fuse'])
    return containerd.outcome(ran)


# --- terminals ---

@suite.case(status=5, out='/dev/pts/0\r\n30 100')
def terminal(containerd):
    """The size comes a moment later than the program, as ctr sends it when that runs."""
    script = 'tty; while [ "$(stty size 2>/dev/null)" != "30 100" ]; do sleep 0.05; done; stty size; exit 5'
    with containerd.on_terminal(*containerd.run_argv('c', 'sh', '-c', script, options=('--rm', '--tty'))) as user:
        return containerd.outcome(user.end())


@suite.case(status=0, out='40 120')
def terminal_that_is_typed_on(containerd):
    script = ('read line; echo "<$line>"; echo waits; while [ "$(stty size 2>/dev/null)" != "40 120" ]; do '
              'sleep 0.05; done; stty size')
    with containerd.on_terminal(*containerd.run_argv('c', 'sh', '-c', script, options=('--rm', '--tty'))) as user:
        user.send('typed\n')
        user.expect('<typed>')
        user.expect('waits')
        # ctr looks out for changes some time after it has started the program.
        while user.process.poll() is None and '40 120' not in user.seen:
            user.resize(41, 121)
            user.resize(40, 120)
            user.read(0.2)
        return containerd.outcome(user.end())


if __name__ == '__main__':
    suite.main()
