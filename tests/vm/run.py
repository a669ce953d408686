#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Runs the tests of a build folder in a virtual machine: as root and as a user on cgroup v2 with systemd, and what has to do
with cgroups on the hybrid and the legacy hierarchies, too. Ends with "N passed, N failed, N skipped", where a case is
skipped that none of these machines has run.

Usage: run.py [--cache FOLDER] [--on FLAVOUR]... [--engines] BUILD [TEST...]

A test that is skipped wherever it ran, on this machine (by the log of "meson test") and on the virtual ones, is a failure,
unless EXPECTED_SKIPS says why.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import machine
from harness import summary

# name: hierarchy of cgroups, user, which tests. Those of contain-run run one by one: in a machine of their own, beside the others.
FLAVOURS = {
    'root': ('unified', None, ['*', '!cli-*']),
    'root-cli': ('unified', None, ['cli-*', '!cli-documents', '!cli-features', '!cli-refusals', '!cli-rootless']),
    'user': ('unified', 'tester', ['*', '!image-*']),
    'hybrid': ('hybrid', None, ['*cgroup*', '*systemd*', '*-resources', 'api-devices', 'api-oom', 'cli-lifecycle']),
    'legacy': ('legacy', None, ['*cgroup*', '*systemd*', '*-resources', 'api-oom']),
}

# All is slow where it is emulated: of these tests, the cases with one of these words in the name, which look at cgroups or
# live with them; in one flavour or in all. A suite that is named on the command line is done as a whole.
CASES = {
    'bindings-python': ['test_asyncio', 'test_exec', 'test_rootless', 'test_service', 'test_stats'],
    'cli-damage': ['Pid', 'Cgroup', 'WithoutPidNamespace'],
    'engines-buildah': ['build_with_limits', 'run_with_id_maps'],
    'engines-conmon': ['create_and_start', 'killed'],
    'engines-containerd-run': ['output', 'device', 'mounts'],
    'engines-containerd-tasks': ['checkpoint', 'pause', 'metrics', 'out_of_memory', 'exec_output'],
    'engines-docker-life': ['pause', 'update', 'out_of_memory', 'stats', 'exec_output'],
    'engines-docker-run': ['output', 'limit', 'device'],
    'engines-podman-control': ['pause', 'update', 'stats', 'memory', 'pod'],
    'engines-podman-exec': ['paused', 'cgroups'],
    'engines-podman-isolation': ['cgroups', 'checkpoint'],
    'engines-podman-rootless': ['program', 'output', 'stop', 'logs'],
    'engines-podman-run': ['memory', 'devices', 'mounts_of_a_plain'],
    'image-place': ['Identity', 'Files', 'capabilities', 'notifications'],
    'image-run': ['whole_life', 'subordinate_ids', 'one_id', 'two_at_once'],
    'image-run-store': ['subordinate_ids', 'that_go_with', 'gc_releases_them', 'can_be_written_to'],
    'image-store': ['Mounting'],
    'image-store-layers': ['Nested', 'Shifted', 'one_file'],
    'image-supervisors': ['systemd'],
    'root-cli/cli-races': ['Root'],
    'root-cli/cli-rootless-refusals': ['sysctl_of_debian', 'delegation'],
    'user/cli-races': ['pause_and_resume', 'everything'],
}
# The same for real engines, in a larger image, and what makes their cgroups. Only when they are asked for.
ENGINES = {
    'engines': ('unified', None, ['engines-*'], 'cgroupfs'),
    'engines-systemd': ('unified', None, ['engines-containerd-tasks', 'engines-docker-life', 'engines-docker-run', 'engines-podman-control',
                                          'engines-podman-run'], 'systemd'),
}

# Suites of meson's whose tests are about a machine; and those of their tests that are not run, and why.
SUITES = {'unit', 'integration', 'attack'}
LEFT_OUT = {
    'api-checkpoint': 'a stand-in for CRIU; api-checkpoint-criu has the real one',
    'api-keeper-log': 'files: the same on any machine',
    'cli-arguments': 'command lines: the same on any machine',
    'cli-checkpoint': 'a stand-in for CRIU; api-checkpoint-criu has the real one',
    'cli-surroundings': 'streams, files and sockets of the caller: the same on any machine',
    'bindings-go': 'the image has no Go compiler; bindings-python takes the same ways through the library',
    'image': 'parsers: the same on any machine',
    'image-calls': 'a conversation: the same on any machine',
    'image-conversion': 'documents: the same on any machine',
    'image-daemons': 'a conversation: the same on any machine',
    'image-deploy*': 'files: the same on any machine',
    'image-distribution': 'a conversation: the same on any machine',
    'image-droot': 'image-place, image-umount and others look closer',
    'image-export': 'archives: the same on any machine',
    'image-program': 'a conversation: the same on any machine',
    'image-registry': 'a conversation: the same on any machine',
    'image-sources*': 'archives: the same on any machine',
    'image-unpack*': 'archives: the same on any machine',
    'fuzz-*': 'parsers: the same on any machine',
    'plan': 'a pure function: the same on any machine',
    'state*': 'files: the same on any machine',
    'spec': 'a pure function: the same on any machine',
}

# (test, case): why it is right that no machine runs it
OLD_KERNEL = 'takes Linux 5.10 or 5.11, for a run by hand (docs/testing.md)'
EXPECTED_SKIPS = {
    ('api-mounts-idmap', 'older_kernels_say_so'): OLD_KERNEL,
    ('api-mounts-options', 'recursive_words_on_older_kernels'): OLD_KERNEL,
    ('resctrl', 'resctrl_is_found'): 'takes a processor with resctrl; the other tests have a tree of plain files',
}

# What tests are told (docs/testing.md).
TOLD = {'PYTHONDONTWRITEBYTECODE': '1', 'CONTAIN_TEST_OWN_MACHINE': '1', 'CONTAIN_TEST_ROUNDS': '10'}

SECONDS = 1500
SLOWER = 4
SHOWN = 20000
NAMED = 5


def matches(name, patterns):
    """By one of @patterns at least, and by none that begins with '!'."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns) and \
        not any(fnmatch.fnmatch(name, pattern[1:]) for pattern in patterns if pattern[0] == '!')


def words_of(flavour, name):
    """What one flavour picks the cases of a test by; all of them when there are none."""
    return CASES.get(f'{flavour}/{name}', CASES.get(name, []))


def selected(build, flavour, names):
    """The entries of meson's list that one flavour runs, as inside.py wants them."""
    listed = subprocess.run(['meson', 'introspect', '--tests', build], capture_output=True, text=True, check=True)
    tests = []
    if flavour in ENGINES:
        _, _, patterns, manager = ENGINES[flavour]
        wanted, own = {'engines'}, {'CONTAIN_TEST_CGROUP_MANAGER': manager}
    else:
        _, _, patterns = FLAVOURS[flavour]
        wanted, own = SUITES, {}
    for entry in json.loads(listed.stdout):
        name = entry['name']
        suites = {suite.split(':')[-1] for suite in entry['suite']}
        if not suites & wanted or not matches(name, patterns):
            continue
        if (matches(name, LEFT_OUT) and not names) or (names and name not in names):
            continue
        command = entry['cmd']
        if os.path.basename(command[0]).startswith('python'):
            command = ['python3', *command[1:]]
        if not names:
            command = [*command, *words_of(flavour, name)]
        tests.append({'name': name, 'command': command, 'environment': {**entry['env'], **TOLD, **own},
                      'parallel': entry['is_parallel'], 'seconds': entry['timeout'] * SLOWER})
    return tests


class Tally:
    """What was passed, failed and skipped, and where."""

    def __init__(self):
        self.totals = [0, 0, 0]
        self.skipped = {}       # (test, case): {flavour: reason}
        self.ran = {}           # test: flavours
        self.lock = threading.Lock()

    def add(self, flavour, name, counted, output):
        with self.lock:
            self.totals[0] += counted[0]
            self.totals[1] += counted[1]
            self.note(flavour, name, output, counted[2])

    def note(self, flavour, name, output, n_skipped=0):
        self.ran.setdefault(name, set()).add(flavour)
        for text in summary.skips(output) or ['all of it: no reason is given'] * bool(n_skipped):
            case, _, reason = text.partition(': ')
            self.skipped.setdefault((name, case), {})[flavour] = reason

    def note_here(self, build):
        """What "meson test" has last skipped on this machine."""
        log = os.path.join(build, 'meson-logs', 'testlog.json')
        if os.path.exists(log):
            with open(log, encoding='utf-8', errors='replace') as f:
                for line in f:
                    test = json.loads(line)
                    self.note('here', test['name'].split(' / ')[-1], test.get('stdout') or '')

    def who_picks(self, name, case):
        """The machines, this one included, on which a case was to run."""
        return {flavour for flavour in self.ran[name]
                if flavour == 'here' or flavour in self.skipped[name, case] or not words_of(flavour, name)
                or any(word in case for word in words_of(flavour, name))}

    def judge_skips(self):
        """Says what was skipped, by reason. What no machine has run is a failure."""
        by_reason = {}
        here = {'here'}
        for (name, case), reasons in sorted(self.skipped.items()):
            if self.ran[name] == here:
                continue                        # not one of ours
            where, ran = set(reasons), self.who_picks(name, case)
            if where - here == ran - here:
                self.totals[2] += 1
            text = '; '.join(sorted(f'{flavour}: {reason}' for flavour, reason in reasons.items()))
            if where != ran or 'here' not in where:
                by_reason.setdefault(text, []).append(f'{name}: {case}')
            elif (name, case) in EXPECTED_SKIPS:
                by_reason.setdefault(EXPECTED_SKIPS[name, case], []).append(f'{name}: {case}')
            else:
                print(f'failed: {name}: {case}: no machine runs it: {text}')
                self.totals[1] += 1
        for text, cases in by_reason.items():
            more = f' and {len(cases) - NAMED} more' if len(cases) > NAMED else ''
            print(f'skipped: {"; ".join(cases[:NAMED])}{more}: {text}')


def show(flavour, text):
    for line in text.splitlines():
        print(f'{flavour}: {line}')
    sys.stdout.flush()


def run_flavour(flavour, image, tree, build, names, tally):
    """One boot. Returns false when the machine did not even come up."""
    hierarchy, user = (FLAVOURS.get(flavour) or ENGINES[flavour])[:2]
    tests = selected(build, flavour, names)
    if not tests:
        return True
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix='contain-vm-') as share:
        os.chmod(share, 0o755)
        os.link(tree, os.path.join(share, 'tree.tar'))
        boot = machine.Boot(image, share, hierarchy, user, SECONDS)
        left, began = {test['name'] for test in tests}, set()
        for event in boot.events(tests, machine.unpack(build), share):
            if 'began' in event:
                began.add(event['began'])
                continue
            name, output = event['ended'], event['output']
            left.discard(name)
            result = {0: 'OK', 77: 'SKIP', None: 'TIMEOUT'}.get(event['status'], f'status {event["status"]}')
            counted = summary.count(result, output)
            tally.add(flavour, name, counted, output)
            if counted[1]:
                show(flavour, output[-SHOWN:])
            show(flavour, f'{name}: {result}, {counted[0]} passed, {counted[1]} failed, {counted[2]} skipped, {event["seconds"]} s')
    show(flavour, f'machine ran for {time.monotonic() - begin:.0f} s')
    if boot.status != 0 or left:
        show(flavour, boot.complaint[-SHOWN:])
        if not began:
            return False
        for name in sorted(left):
            show(flavour, f'{name}: {"did not end" if name in began else "not run"}')
            tally.add(flavour, name, (0, 1, 0), '')
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--cache', default=os.path.expanduser('~/.cache/libcontain/vm'))
    parser.add_argument('--on', action='append', choices=[*FLAVOURS, *ENGINES])
    parser.add_argument('--engines', action='store_true', help='the flavours with real engines, instead of the others')
    parser.add_argument('--at-once', type=int, default=2)
    parser.add_argument('build')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    if platform.machine() != 'x86_64':
        print(f'SKIP the virtual machine is an x86-64 one, and cannot run what was built for {platform.machine()}')
        print('0 passed, 0 failed, 1 skipped')
        return 0

    flavours = options.on or list(ENGINES if options.engines else FLAVOURS)
    images, tally = {}, Tally()
    for flavour in flavours:
        images[flavour] = machine.Image(options.cache, machine.ENGINES if flavour in ENGINES else machine.TOOLS)
    for image in {image.folder: image for image in images.values()}.values():
        image.make()
    with tempfile.TemporaryDirectory(prefix='contain-vm-') as folder:
        tree = os.path.join(folder, 'tree.tar')
        machine.pack(build, tree)

        def run(flavour):
            return run_flavour(flavour, images[flavour], tree, build, options.names, tally)

        with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
            dead = [flavour for flavour, good in zip(flavours, pool.map(run, flavours)) if not good]
        for flavour in dead:
            # The image may have been damaged in a way that nobody noticed.
            images[flavour].make(anew=True)
            if not run(flavour):
                print(f'failed: {flavour}: the machine does not come up')
                tally.totals[1] += 1

    tally.note_here(build)
    tally.judge_skips()
    print('{} passed, {} failed, {} skipped'.format(*tally.totals), flush=True)
    return 1 if tally.totals[1] else 0


if __name__ == '__main__':
    sys.exit(main())
