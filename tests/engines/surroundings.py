# SPDX-License-Identifier: MIT
"""
A part of the machine for one engine: process ids, mounts, network, IPC, and cgroups of its own. Whatever the engine
leaves (monitors, bridges, mounts, folders in the machine's /run) ends with its first process, however that ends.

Where systemd makes the cgroups, the engine has to be in the machine's own: there, it gets none of this.
"""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from harness.world import CLONE_NEWNS, MS_PRIVATE, MS_REC, mount

CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = 0x02000000, 0x08000000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG, MNT_DETACH, MS_SHARED = 1, 2, 1 << 20
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
CGROUPS = '/sys/fs/cgroup'

# Where engines keep what is one for the machine.
COVERED = ('/run', '/dev/shm', '/etc/cni/net.d', '/etc/containers/networks', '/var/lib/cni', '/var/lib/containers',
           '/var/lib/containerd', '/var/lib/docker', '/var/tmp')


def own_cgroups():
    """The cgroup that this process is in, by the mount point of each hierarchy."""
    with open('/proc/self/cgroup', encoding='utf-8') as f:
        lines = [line.strip().split(':', 2) for line in f]
    paths = {name: path for _, names, path in lines for name in (names.split(',') if names else [''])}
    found = {}
    with open('/proc/self/mountinfo', encoding='utf-8') as f:
        for line in f:
            fields, _, rest = line.partition(' - ')
            kind, _, options = rest.split()[:3]
            if kind not in ('cgroup', 'cgroup2'):
                continue
            names = [''] if kind == 'cgroup2' else options.split(',')
            for name in names:
                if name in paths:
                    found[fields.split()[4]] = (kind, name, paths[name])
                    break
    return found


def unmounted_hierarchies():
    """Names of those that are in use and mounted nowhere."""
    mounted = {name for _, name, _ in own_cgroups().values()}
    with open('/proc/self/cgroup', encoding='utf-8') as f:
        names = [line.split(':')[1].split(',')[0] for line in f]
    return [name for name in names if name and name not in mounted]


def _call(name, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)


class Hierarchies:
    """
    Has this process see all hierarchies that are in use, in a mount namespace of its own: containerd wants to find each, and
    whoever were in the root of one would meet the cgroups of all others there.
    """

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='contain-hierarchies-')
        _call('unshare', CLONE_NEWNS)
        mount(None, '/', flags=MS_REC | MS_PRIVATE)
        for name in unmounted_hierarchies():
            point = os.path.join(self.folder, name.replace('name=', ''))
            os.mkdir(point)
            mount('cgroup', point, 'cgroup', data=('none,' if '=' in name else '') + name)

    def close(self):
        for name in os.listdir(self.folder):
            _call('umount2', os.path.join(self.folder, name).encode(), MNT_DETACH)
            os.rmdir(os.path.join(self.folder, name))
        os.rmdir(self.folder)


class Cgroups:
    """A new cgroup in each hierarchy, below the one that this process is in."""

    def __init__(self, name):
        self.folders = {}
        for point, (kind, _, path) in own_cgroups().items():
            folder = os.path.join(point, path.lstrip('/'), name)
            os.mkdir(folder)
            self.folders[point] = folder
            for setting in ('cpuset.cpus', 'cpuset.mems') if kind == 'cgroup' else ():
                if os.path.exists(os.path.join(folder, setting)):
                    with open(os.path.join(os.path.dirname(folder), setting), encoding='ascii') as f:
                        value = f.read()
                    with open(os.path.join(folder, setting), 'w', encoding='ascii') as f:
                        f.write(value)

    def enter(self):
        for folder in self.folders.values():
            with open(os.path.join(folder, 'cgroup.procs'), 'w', encoding='ascii') as f:
                f.write('0')

    def remove(self, seconds=5):
        """Removes them with all that was made in them; a killed process takes a moment to leave its own."""
        end = time.monotonic() + seconds
        left = list(self.folders.values())
        while left and time.monotonic() < end:
            for top in left:
                for folder, _, _ in os.walk(top, topdown=False):
                    try:
                        os.rmdir(folder)
                    except OSError:
                        continue
            left = [top for top in left if os.path.isdir(top)]
            time.sleep(0.01 if left else 0)
        return left


def _remount_system(hierarchies):
    """The machine's mounts as a container engine in a container finds them."""
    mount(None, '/', flags=MS_REC | MS_PRIVATE)
    mount('proc', '/proc', 'proc')
    _call('umount2', b'/sys', MNT_DETACH)       # with what is below, as podman unmounts all that it is told of there
    mount('sysfs', '/sys', 'sysfs')
    mount('tmpfs', CGROUPS, 'tmpfs', data='mode=755')
    for point, (kind, name, _) in hierarchies.items():
        new = os.path.join(CGROUPS, os.path.basename(point))
        os.mkdir(new)
        mount(kind, new, kind, data=None if kind == 'cgroup2' else ('none,' if '=' in name else '') + name)
        if not point.startswith(CGROUPS):
            _call('umount2', point.encode(), MNT_DETACH)    # runc takes the first that it finds
    for path in COVERED:
        if os.path.isdir(path):
            mount('tmpfs', os.path.realpath(path), 'tmpfs', data='mode=1777' if path.endswith(('tmp', 'shm')) else 'mode=755')
    os.mkdir('/run/lock')
    mount(None, '/', flags=MS_REC | MS_SHARED)  # as systemd has it, and rootless podman wants it


def _loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        import fcntl  # pylint: disable=import-outside-toplevel
        request = struct.pack('16sh22x', b'lo', 0)
        flags = struct.unpack('16sh22x', fcntl.ioctl(s, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack('16sh22x', b'lo', flags | IFF_UP))


def _first_process(argv):
    """Starts the program, buries what others leave, and ends with it: then the kernel ends all the rest."""
    program = subprocess.Popen(argv, stdin=subprocess.DEVNULL)  # pylint: disable=consider-using-with
    while True:
        pid, status = os.wait()
        if pid == program.pid:
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)


def _enter_and_run(cgroups, argv):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    hierarchies = own_cgroups()
    cgroups.enter()
    _call('unshare', CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWPID)
    first = os.fork()
    if first == 0:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _remount_system(hierarchies)
        _loopback_up()
        _first_process(argv)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xff)


class Enclosed:
    """A program in surroundings of its own."""

    def __init__(self, argv, name):
        self.cgroups = Cgroups(name)
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _enter_and_run(self.cgroups, argv)
            except BaseException as error:  # pylint: disable=broad-exception-caught
                os.write(2, f'surroundings: {error!r}\n'.encode())
            finally:
                os._exit(1)

    def wait(self):
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = None
        return status

    def end(self):
        """Ends what still runs, and removes the cgroups; returns those that stay."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        return self.cgroups.remove()


class Plain(Enclosed):
    """A program in the machine's own surroundings, for machines that are made for the tests."""

    def __init__(self, argv, _name):  # pylint: disable=super-init-not-called
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)  # pylint: disable=consider-using-with

    def wait(self):
        return self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        return []
