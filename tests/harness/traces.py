# SPDX-License-Identifier: MIT
"""What a container can leave behind on the host: processes, mounts, cgroups, state."""

import ctypes
import os
import signal
import time

PR_SET_CHILD_SUBREAPER = 36
CGROUP_ROOT = '/sys/fs/cgroup'


def adopt_orphans():
    """Makes this process the parent of what its children leave, as container monitors do."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children():
    """The pids of this process's children, ended ones that were not waited for included."""
    found = []
    for task in os.listdir('/proc/self/task'):
        try:
            with open(f'/proc/self/task/{task}/children', encoding='ascii') as f:
                found += [int(pid) for pid in f.read().split()]
        except FileNotFoundError:
            continue
    return found


def reap_ended():
    """Waits for the children that have ended; returns those that have not."""
    left = []
    for pid in children():
        try:
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                left.append(pid)
        except ChildProcessError:
            continue
    return left


def end_children(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            continue


def mounts_below(path):
    with open('/proc/self/mountinfo', encoding='utf-8', errors='replace') as f:
        return [line.split()[4] for line in f if path in line]


def cgroups_named(names):
    """Cgroups, in any hierarchy, whose name contains one of @names."""
    found = []
    if not names:
        return found
    for folder, folders, _ in os.walk(CGROUP_ROOT):
        found += [os.path.join(folder, f) for f in folders if any(name in f for name in names)]
    return found


def remove_cgroups(paths):
    for path in sorted(paths, key=len, reverse=True):
        try:
            os.rmdir(path)
        except OSError:
            continue


def wait_until(condition, seconds=10):
    """Polls until @condition returns something true, and returns that; False when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.005)


def untraced():
    """The environment of a program that strace(1) traces: a sanitizer, which would do that itself, does not look for leaks."""
    options = os.environ.get('ASAN_OPTIONS')
    return {**os.environ, 'ASAN_OPTIONS': options + ':detect_leaks=0'} if options else dict(os.environ)
