#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Stands in for CRIU where the kernel is not one that it knows: speaks its RPC as `criu swrk FD`, does what the word in the
file `scenario` beside it says, and writes the requests down in `requests.json`, as {"dump": {"FIELD": [VALUE]}}.

What it checkpoints it kills; what it restores is a `sleep`.
"""

import ctypes
import json
import os
import platform
import signal
import socket
import sys

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
DUMP, RESTORE, PRE_DUMP, NOTIFY, FEATURE_CHECK, VERSION = 1, 2, 4, 6, 9, 10
NAMES = {DUMP: 'dump', RESTORE: 'restore', PRE_DUMP: 'pre-dump', FEATURE_CHECK: 'features', VERSION: 'version'}
CLONE_PARENT = 0x8000
CLONE = {'x86_64': 56, 'aarch64': 220, 'riscv64': 220}[platform.machine()]


def scenario():
    try:
        with open(os.path.join(HERE, 'scenario'), encoding='utf-8') as f:
            return f.read().split()
    except FileNotFoundError:
        return []


# --- messages -----------------------------------------------------------------------------------------

def varint(value):
    out = bytearray()
    while True:
        out.append(value & 0x7f | (0x80 if value > 0x7f else 0))
        value >>= 7
        if not value:
            return bytes(out)


def put(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def parse(data):
    """{number: [value]}: numbers, or bytes."""
    fields, at = {}, 0

    def take():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value

    while at < len(data):
        key = take()
        value = take()
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        fields.setdefault(key >> 3, []).append(value)
    return fields


# Options that are messages: two strings, or a string and a number.
PAIRS = {11, 23, 25, 27, 39}


def readable(fields):
    def one(number, value):
        if not isinstance(value, bytes):
            return value
        if number in PAIRS:
            parts = parse(value)
            return [p[0].decode() if isinstance(p[0], bytes) else p[0] for p in (parts.get(1, [b'']), parts.get(2, [b'']))]
        return value.decode()
    return {str(number): [one(number, value) for value in values] for number, values in fields.items()}


# --- at work ------------------------------------------------------------------------------------------

class Criu:
    def __init__(self, sock):
        self.sock = sock
        self.words = scenario()
        pid, _, _ = __import__('struct').unpack('3i', sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        self.peer = pid
        self.requests = {}

    def respond(self, kind, success, more=b'', fds=()):
        socket.send_fds(self.sock, [put(1, kind) + put(2, int(success)) + more], list(fds))

    def note(self, kind, options):
        self.requests[NAMES[kind]] = readable(options)
        with open(os.path.join(HERE, 'requests.json'), 'w', encoding='utf-8') as f:
            json.dump(self.requests, f)

    def log(self, options, *lines):
        folder = options.get(17, options.get(1))[0]
        path = f'/proc/{self.peer}/fd/{folder}/{options[10][0].decode()}'
        with open(path, 'w', encoding='utf-8') as f:
            f.writelines(f'(00.000{i:03}) {line}\n' for i, line in enumerate(lines))

    def notify(self, script, pid=0, fds=()):
        """Whether the other side is fine with it."""
        self.respond(NOTIFY, True, put(5, put(1, script) + (put(2, pid) if pid else b'')), fds)
        answer = parse(self.sock.recv(65536))
        return answer.get(1) == [NOTIFY] and answer.get(3) == [1]

    def fail(self, kind, options, what):
        self.log(options, 'Loading', f'Error (criu/mount.c:1088): mnt: {what}', 'Warn  (criu/x.c:1): no matter',
                 f'Error (criu/cr-{what[:4]}.c:7): {"Dumping" if kind != RESTORE else "Restoring"} FAILED.')
        self.respond(kind, False, put(3, put(1, 0)) + put(9, 'mnt: ' + what))

    def dump(self, kind, options):
        pid = options[2][0]
        if 'die' in self.words:
            os._exit(3)
        if 'killed' in self.words:
            os.kill(os.getpid(), signal.SIGKILL)
        if 'garbage' in self.words:
            self.sock.send(b'\x08\x80')
            return
        if 'fail' in self.words:
            self.fail(kind, options, 'Mount 624 ./data has unreachable sharing')
            return
        for script in ('pre-dump', 'network-lock', *(['status-ready'] if 48 in options else []), 'post-dump', 'network-unlock'):
            if not self.notify(script):
                self.fail(kind, options, 'RPC client reported script error')
                return
        self.log(options, 'Dumping finished successfully')
        with open(f'/proc/{self.peer}/fd/{options[1][0]}/inventory.img', 'wb') as f:
            f.write(b'fake')
        if kind == DUMP and options.get(3) != [1]:
            os.kill(pid, signal.SIGKILL)
        self.respond(kind, True)

    def restored_process(self):
        pid = ctypes.CDLL(None).syscall(CLONE, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
        if pid == 0:
            self.sock.close()
            os.execv('/bin/sleep', ['sleep', '1000'])
        return pid

    def restore(self, options):
        if 'fail' in self.words or not os.path.exists(f'/proc/{self.peer}/fd/{options[1][0]}/inventory.img'):
            self.fail(RESTORE, options, 'No inventory.img image')
            return
        root = options[13][0].decode()
        with open('/proc/self/mountinfo', encoding='utf-8') as f:
            mounted = any(line.split()[4] == root for line in f)
        if not mounted or not os.path.exists(os.path.join(root, 'bin/busybox')):
            self.fail(RESTORE, options, f'{root} is no mount point with a root file system')
            return
        pid = self.restored_process()
        if 'early' in self.words:
            os._exit(3)
        master, slave = os.openpty()
        fine = self.notify('setup-namespaces', pid)
        if fine and 'terminal' in self.words:
            fine = self.notify('orphan-pts-master', 0, [master])
        if fine and 'die' in self.words:
            os._exit(3)
        if fine and 'late' in self.words:
            fine = self.notify('post-restore', pid)
            fine = False
        fine = fine and self.notify('post-restore', pid) and self.notify('pre-resume') and self.notify('post-resume')
        os.close(slave)
        if not fine:
            os.kill(pid, signal.SIGKILL)
            self.fail(RESTORE, options, 'RPC client reported script error')
            return
        self.log(options, 'Restore finished successfully')
        self.respond(RESTORE, True, put(4, put(1, pid)))

    def work(self):
        while True:
            data = self.sock.recv(1 << 20)
            if not data:
                return
            request = parse(data)
            kind = request[1][0]
            options = parse(request.get(2, [b''])[0])
            self.note(kind, options)
            if kind == VERSION:
                minor = 10 if 'old' in self.words else 15 if 'older' in self.words else 17
                self.respond(VERSION, True, put(10, put(1, 3) + put(2, minor) + put(4, 1)))
            elif kind == FEATURE_CHECK:
                able = 0 if 'unable' in self.words else 1
                self.respond(FEATURE_CHECK, True, put(8, put(1, able) + put(2, able)))
            elif kind == RESTORE:
                self.restore(options)
            else:
                self.dump(kind, options)
            if request.get(4) != [1]:
                return


def main():
    if sys.argv[1:2] != ['swrk']:
        sys.exit('usage: criu swrk FD')
    Criu(socket.socket(fileno=int(sys.argv[2]))).work()


main()
