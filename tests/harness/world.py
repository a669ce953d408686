# SPDX-License-Identifier: MIT
"""
Surroundings for a program of an unprivileged user: what a child does to itself between fork and exec. Files
such as /etc/subuid are changed in a mount namespace of the child's own, so that the machine's never are.

    subprocess.run(argv, preexec_fn=World(own_mounts, etc({'subuid': ''}), ids(1000, 1000)))
"""

import ctypes
import os
import platform
import struct

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_NOSUID, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 2, 32, 4096, 16384, 1 << 18
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_CAPBSET_DROP = 38, 22, 2, 24

libc = ctypes.CDLL(None, use_errno=True)


class World:
    """Steps that a child takes, in their order."""

    def __init__(self, *steps):
        self.steps = steps

    def __call__(self):
        for step in self.steps:
            step()


def _call(name, *args):
    if getattr(libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f'{name}: {os.strerror(number)}')


def mount(source, target, kind=None, flags=0, data=None):
    words = [text.encode() if text else None for text in (source, target, kind, data)]
    _call('mount', words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])


# --- files ---

def own_mounts():
    _call('unshare', CLONE_NEWNS)
    mount(None, '/', flags=MS_REC | MS_PRIVATE)


def etc(files, scratch):
    """Lays texts over files of /etc; None removes one."""
    def step():
        mount('tmpfs', scratch, 'tmpfs', data='mode=755')
        upper, work = os.path.join(scratch, 'upper'), os.path.join(scratch, 'work')
        os.mkdir(upper)
        os.mkdir(work)
        mount('overlay', '/etc', 'overlay', data=f'lowerdir=/etc,upperdir={upper},workdir={work}')
        for name, text in files.items():
            path = os.path.join('/etc', name)
            if text is not None:
                with open(path, 'w', encoding='utf-8') as f:
                    f.write(text)
                os.chmod(path, 0o644)
            elif os.path.exists(path):
                os.unlink(path)
    return step


def cover(path, by):
    """Puts another file over one, if there is that one."""
    def step():
        if os.path.exists(path):
            mount(by, os.path.realpath(path), flags=MS_BIND)
    return step


def bind(source, target, flags=0):
    """A mount with flags, for others to bind."""
    def step():
        mount(source, target, flags=MS_BIND)
        if flags:
            mount(None, target, flags=MS_REMOUNT | MS_BIND | flags)
    return step


def cover_folder(path):
    return lambda: mount('tmpfs', path, 'tmpfs')


def plain_chroot(folder):
    """A chroot(2) into a folder that is no mount point, with all of the machine's in it."""
    def step():
        for name in os.listdir('/'):
            source, target = os.path.join('/', name), os.path.join(folder, name)
            if os.path.islink(source):
                os.symlink(os.readlink(source), target)
            elif os.path.isdir(source):
                os.mkdir(target)
                mount(source, target, flags=MS_BIND | MS_REC)
        here = os.getcwd()
        os.chroot(folder)
        os.chdir(here)
    return step


# --- ids and namespaces ---

def ids(uid, gid, *groups):
    def step():
        os.setgroups(groups)
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    return step


def user_namespace(uid_map, gid_map, more=0, setgroups='allow'):
    """Enters a new user namespace as its root. A child, which stays outside, writes the maps."""
    def step():
        target = os.getpid()
        ready_r, ready_w = os.pipe()
        done_r, done_w = os.pipe()
        writer = os.fork()
        if writer == 0:
            status = 1
            try:
                os.read(ready_r, 1)
                for name, text in (('setgroups', setgroups), ('uid_map', uid_map), ('gid_map', gid_map)):
                    with open(f'/proc/{target}/{name}', 'w', encoding='ascii') as f:
                        f.write(text)
                os.write(done_w, b'+')
                status = 0
            finally:
                os._exit(status)
        os.close(done_w)
        _call('unshare', CLONE_NEWUSER | more)
        os.write(ready_w, b'+')
        good = os.read(done_r, 1) == b'+'
        os.waitpid(writer, 0)
        for fd in (ready_r, ready_w, done_r):
            os.close(fd)
        if not good:
            raise OSError('the map was refused')
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
    return step


def bare_user_namespace():
    """One in which nothing is mapped."""
    _call('unshare', CLONE_NEWUSER)


def nested_user_namespaces(levels):
    def step():
        for _ in range(levels):
            uid, gid = os.geteuid(), os.getegid()
            _call('unshare', CLONE_NEWUSER)
            for name, text in (('setgroups', 'deny'), ('uid_map', f'0 {uid} 1'), ('gid_map', f'0 {gid} 1')):
                with open(f'/proc/self/{name}', 'w', encoding='ascii') as f:
                    f.write(text)
    return step


def write(path, text):
    def step():
        with open(path, 'w', encoding='ascii') as f:
            f.write(text)
    return step


# --- privilege ---

def no_new_privileges():
    _call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def without_capabilities(*numbers):
    """Root without some capabilities: they are gone after execve."""
    def step():
        for number in numbers:
            _call('prctl', PR_CAPBSET_DROP, number, 0, 0, 0)
    return step


def _install(program):
    """Installs a seccomp filter: of each instruction (code, jump if true, jump if false, constant)."""
    code = b''.join(struct.pack('HBBI', *line) for line in program)
    buffer = ctypes.create_string_buffer(code, len(code))

    class Fprog(ctypes.Structure):
        _fields_ = [('len', ctypes.c_ushort), ('filter', ctypes.c_void_p)]

    no_new_privileges()
    _call('prctl', PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
          ctypes.byref(Fprog(len(program), ctypes.cast(buffer, ctypes.c_void_p))), 0, 0)


def no_namespaces_filter():
    """A seccomp filter as that of most container engines: no new user namespace, no clone3."""
    clone, unshare, clone3 = {'x86_64': (56, 272, 435), 'aarch64': (220, 97, 435)}[platform.machine()]
    load, jeq, jset, ret = 0x20, 0x15, 0x45, 0x06
    eperm, enosys, allow = 0x00050001, 0x00050026, 0x7fff0000
    program = [
        (load, 0, 0, 0),             # the number of the call
        (jeq, 0, 1, clone3),
        (ret, 0, 0, enosys),
        (jeq, 1, 0, clone),
        (jeq, 0, 3, unshare),
        (load, 0, 0, 16),            # the low half of its first argument
        (jset, 0, 1, CLONE_NEWUSER),
        (ret, 0, 0, eperm),
        (ret, 0, 0, allow),
    ]
    _install(program)


def without_call(number):
    """A kernel that does not have a system call, by its number."""
    def step():
        load, jeq, ret = 0x20, 0x15, 0x06
        _install([(load, 0, 0, 0), (jeq, 0, 1, number), (ret, 0, 0, 0x00050026), (ret, 0, 0, 0x7fff0000)])
    return step
