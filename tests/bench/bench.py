#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Container starts side by side: by hand, through the library, and by three command lines. Images unpacked.

Usage: bench.py BUILD [ROUNDS [COUNT]]
       bench.py --images BUILD [ROUNDS]      only the images

What is compared runs in turns within one call (A B A B ...), so that both see the same machine; samples of
all rounds are pooled. Needs root, a release build, and an otherwise idle machine. crun and runc are
compared when they are installed.
"""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import images

PROGRAM = ['/bin/true']


class Bench:
    def __init__(self, build, rounds, count):
        self.build, self.rounds, self.count = build, rounds, count
        self.failed = False

    def program(self, name):
        return os.path.join(self.build, 'tests', 'bench', name)

    def samples(self, command):
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
        return [float(line) for line in run.stdout.splitlines() if not line.startswith('median')]

    def compare(self, title, rows):
        """@rows: (name, command); the first is what the others are compared to."""
        pools = {name: [] for name, _ in rows}
        print(f'\n{title}')
        for turn in range(self.rounds + 1):
            for name, command in rows:
                if pools[name] is None:
                    continue
                try:
                    taken = self.samples(command)
                    pools[name] += taken if turn else []        # the first round only warms up
                except (OSError, subprocess.CalledProcessError) as e:
                    print(f'  {name}: {e}')
                    pools[name] = None
                    self.failed = True
        base = pools[rows[0][0]]
        print(f'  {"":34} {"median":>9} {"p90":>9} {"ratio":>7}')
        for name, _ in rows:
            pool = pools[name]
            if not pool:
                continue
            median = statistics.median(pool)
            p90 = sorted(pool)[int(len(pool) * 0.9)]
            ratio = f'{median / statistics.median(base):7.2f}' if base else '      -'
            print(f'  {name:34} {median / 1000:6.2f} ms {p90 / 1000:6.2f} ms {ratio}')


def make_bundle(folder):
    """A bundle with busybox as its root file system, and the configuration that "runc spec" writes."""
    rootfs = os.path.join(folder, 'rootfs')
    for name in ('bin', 'dev', 'proc', 'sys', 'tmp'):
        os.makedirs(os.path.join(rootfs, name))
    busybox = shutil.which('busybox') or sys.exit('bench.py: busybox (static) is needed')
    shutil.copy(busybox, os.path.join(rootfs, 'bin', 'busybox'))
    for name in ('true', 'sh'):
        os.link(os.path.join(rootfs, 'bin', 'busybox'), os.path.join(rootfs, 'bin', name))
    return rootfs


@contextlib.contextmanager
def running(program, state, folder):
    """The name of a container that stays, made by one of the command lines."""
    name = 'bench-stays-' + os.path.basename(program)
    bundle = os.path.join(folder, name)
    os.mkdir(bundle)
    with open(os.path.join(folder, 'config.json'), encoding='utf-8') as f:
        config = json.load(f)
    config['process']['args'] = ['/bin/busybox', 'sleep', '1000']
    config['root']['path'] = os.path.join(folder, 'rootfs')
    with open(os.path.join(bundle, 'config.json'), 'w', encoding='utf-8') as f:
        json.dump(config, f)
    subprocess.run([program, '--root', state, 'run', '-d', '-b', bundle, name], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    try:
        yield name
    finally:
        subprocess.run([program, '--root', state, 'delete', '--force', name], check=False)


def write_config(folder, command):
    subprocess.run(command + ['spec'], cwd=folder, check=True)
    path = os.path.join(folder, 'config.json')
    with open(path, encoding='utf-8') as f:
        config = json.load(f)
    config['process'].update(args=PROGRAM, terminal=False)
    config['linux']['namespaces'] = [{'type': t} for t in ('pid', 'network', 'ipc', 'uts', 'mount', 'cgroup')]
    with open(path, 'w', encoding='utf-8') as f:
        json.dump(config, f)


def state_folder(folder):
    """Where states are kept: on a tmpfs, as /run is one on an ordinary machine, but not in every sandbox."""
    with open('/proc/self/mounts', encoding='ascii') as f:
        mounts = [line.split() for line in f]
    for parent in ('/run', '/dev/shm'):
        if any(m[1] == parent and m[2] == 'tmpfs' and 'rw' in m[3].split(',') for m in mounts):
            return tempfile.TemporaryDirectory(prefix='contain-bench-', dir=parent)
    return tempfile.TemporaryDirectory(prefix='contain-bench-', dir=folder)


@contextlib.contextmanager
def crun_can_run():
    """
    Debian's crun takes a machine whose cgroup2 has a controller left for a pure v2 one. Mounting hugetlb as
    a v1 hierarchy takes the last one away; afterwards all is as it was.
    """
    folder = '/sys/fs/cgroup/hugetlb'
    controllers = '/sys/fs/cgroup/unified/cgroup.controllers'
    wanted = False
    if os.path.exists(controllers) and not os.path.ismount(folder):
        with open(controllers, encoding='ascii') as f:
            wanted = 'hugetlb' in f.read()
    made = wanted and not os.path.isdir(folder)
    if made:
        os.mkdir(folder)
    if wanted:
        subprocess.run(['mount', '-t', 'cgroup', '-o', 'hugetlb', 'cgroup', folder], check=True)
    try:
        yield
    finally:
        if wanted:
            subprocess.run(['umount', folder], check=True)
        if made:
            os.rmdir(folder)


def main():
    only_images = sys.argv[1:2] == ['--images']
    if only_images:
        del sys.argv[1]
    build = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    count = sys.argv[3] if len(sys.argv) > 3 else '40'
    if os.geteuid() != 0:
        sys.exit('bench.py: root is needed')
    bench = Bench(build, rounds, count)
    ours = os.path.join(build, 'examples', 'contain-run', 'contain-run')
    others = [p for p in map(shutil.which, ('crun', 'runc')) if p]

    with tempfile.TemporaryDirectory(prefix='contain-bench-') as folder:
        images.compare(bench, folder, ours)
    if only_images:
        return 0
    with tempfile.TemporaryDirectory(prefix='contain-bench-') as folder, state_folder(folder) as state:
        rootfs = make_bundle(folder)
        write_config(folder, others[-1:] or [ours])

        bench.compare('One container, from nothing to nothing', [
            ('by hand (floor)', [bench.program('floor'), rootfs, count, *PROGRAM]),
            ('through the library', [bench.program('lib-loop'), folder, state, count]),
        ])
        bench.compare('The same in hosts of two sizes', [
            ('host with 1 MiB of heap', [bench.program('lib-loop'), folder, state, count, '1']),
            ('host with 2 GiB of heap', [bench.program('lib-loop'), folder, state, count, '2048']),
        ])
        with crun_can_run():
            bench.compare('Command lines: run -b BUNDLE ID', [
                (os.path.basename(p), [bench.program('run-loop'), count, 'bench', p, '--root', state, 'run', '-b', folder])
                for p in others + [ours]
            ])
            with contextlib.ExitStack() as stack:
                names = {p: stack.enter_context(running(p, state, folder)) for p in others + [ours]}
                # The name with a number, which is appended, is an argument of true(1) here.
                bench.compare('Command lines: exec ID /bin/true', [
                    (os.path.basename(p), [bench.program('run-loop'), count, 'bench', p, '--root', state, 'exec', names[p], '/bin/true'])
                    for p in others + [ours]
                ])
    return 1 if bench.failed else 0


if __name__ == '__main__':
    sys.exit(main())
