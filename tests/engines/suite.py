# SPDX-License-Identifier: MIT
"""
Suites of real engines: each case is done with contain-run and with a peer (crun or runc), each in surroundings of its
own, and both outcomes are compared: with what the case expects, and with each other. A difference is a failure, unless
the case names a difference that docs/engines.md explains.

    suite = Suite('podman-run', Podman)

    @suite.case(status=7)
    def exit_status(podman):
        return podman.outcome(podman.run('sh', '-c', 'exit 7'))

    suite.main()

    PROGRAM [CASE]...          the cases whose names contain a word

    CONTAIN_RUN                the program under test
    CONTAIN_TEST_PEER          the other one, by its name: the first of crun and runc that works here by default
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import image
import surroundings
from harness import bundle

CONTAIN_RUN = os.environ.get('CONTAIN_RUN') or os.path.join(TOP, 'build/examples/contain-run/contain-run')
OURS = 'contain-run'


class Skip(Exception):
    """Why a case cannot be done on this machine."""


def _matches(expected, value):
    if isinstance(expected, re.Pattern):
        return bool(expected.search(str(value)))
    return expected == value


class Case:
    """@expected: values by their names in the outcome. @differs: differences of docs/engines.md by such names."""

    def __init__(self, function, differs, expected):
        self.function, self.differs, self.expected = function, differs, expected
        self.name = function.__name__

    def unexpected(self, outcome):
        found = []
        for name, expected in self.expected.items():
            if not _matches(expected, outcome.get(name)):
                shown = expected.pattern if isinstance(expected, re.Pattern) else expected
                found.append(f'{name} is {outcome.get(name)!r}, expected {shown!r}')
        return found

    def different(self, ours, peers):
        return [f'{name}: {ours.get(name)!r}, the peer has {peers.get(name)!r}'
                for name in sorted(set(ours) | set(peers))
                if ours.get(name) != peers.get(name) and name not in self.differs]


class Suite:
    def __init__(self, name, engine, systemd=False):
        self.name, self.engine, self.systemd = name, engine, systemd
        self.cases = []

    def case(self, differs=None, **expected):
        def add(function):
            self.cases.append(Case(function, differs or {}, expected))
            return function
        return add

    def chosen(self, words):
        return [case for case in self.cases if not words or any(word in case.name for word in words)]

    # --- one side, in its surroundings ---

    def do(self, place, runtime, words):
        """Does the cases with one runtime; their outcomes go to a file."""
        outcomes = {}
        engine = self.engine(place, runtime)
        try:
            engine.prepare()
            for case in self.chosen(words):
                try:
                    outcomes[case.name] = {'outcome': case.function(engine)}
                except Skip as reason:
                    outcomes[case.name] = {'skip': str(reason)}
                except Exception as error:  # pylint: disable=broad-exception-caught
                    where = traceback.extract_tb(error.__traceback__)[1:2]
                    outcomes[case.name] = {'error': f'{error} ({where[0].line if where else ""})'}
                outcomes[case.name]['left'] = engine.clean()
        finally:
            engine.close()
            with open(os.path.join(place, 'outcomes.json'), 'w', encoding='utf-8') as f:
                json.dump(outcomes, f)

    # --- both ---

    def judge(self, case, ours, peers):
        """The words for a case: what is wrong with it."""
        if 'outcome' not in ours:
            return [ours.get('error') or 'was not reached']
        found = case.unexpected(ours['outcome'])
        found += [f'left: {what}' for what in ours['left']]
        if peers is None:
            return found
        if 'outcome' not in peers:
            return found + [f'the peer fails: {peers.get("error") or "was not reached"}']
        if not set(case.expected) & set(case.differs):
            found += [f'the peer: {text}' for text in case.unexpected(peers['outcome'])]
        return found + case.different(ours['outcome'], peers['outcome'])

    def report(self, cases, ours, peers, peer):
        passed = failed = skipped = 0
        for case in cases:
            mine = ours.get(case.name, {})
            theirs = None if peers is None else peers.get(case.name, {})
            if 'skip' in mine:
                skipped += 1
                print(f'SKIP {case.name}: {mine["skip"]}')
                continue
            if theirs is not None and 'skip' in theirs:
                theirs = None
            wrong = self.judge(case, mine, theirs)
            if wrong:
                failed += 1
                print(f'FAIL {case.name}')
                for text in wrong:
                    print('     ' + text.replace('\n', '\n     '))
            else:
                passed += 1
                print(f'ok   {case.name}')
        if peer is None:
            skipped += 1
            print('SKIP peer: neither crun nor runc works here, so nothing is compared')
        print(f'{passed} passed, {failed} failed, {skipped} skipped', flush=True)
        return 1 if failed else 0

    def obstacle(self):
        if self.engine.needs_root and os.geteuid() != 0:
            return 'needs root'
        missing = [name for name in self.engine.PROGRAMS if not shutil.which(name)]
        if missing:
            return f'needs {", ".join(missing)}'
        return None if bundle.find_busybox() else 'needs a static busybox'

    def run(self, words):
        obstacle = self.obstacle()
        if obstacle:
            print(f'SKIP {self.name}: {obstacle}')
            print('0 passed, 0 failed, 1 skipped')
            return 0
        place = tempfile.mkdtemp(prefix='ct-')     # podman wants the paths below it short
        os.chmod(place, 0o755)
        enclosure = surroundings.Enclosed if os.geteuid() == 0 and not is_unified() else surroundings.Plain
        hierarchies = surroundings.Hierarchies() if enclosure is surroundings.Enclosed else None
        started = []
        try:
            image.make_archive(os.path.join(place, 'image.tar'))
            config = bundle.default_config(CONTAIN_RUN)
            with open(os.path.join(place, 'config.json'), 'w', encoding='utf-8') as f:
                json.dump(config, f)
            runtimes = {OURS: copy_ours(place)}
            peer = find_peer(place, config, enclosure, self.engine.PEERS)
            if peer:
                runtimes[peer] = shutil.which(peer)
            for name, path in runtimes.items():
                folder = os.path.join(place, name)
                os.makedirs(folder, exist_ok=True)
                argv = [sys.executable, os.path.abspath(sys.argv[0]), '--do', folder, path, *words]
                started.append(enclosure(argv, f'contain-engines-{os.getpid()}-{name}'))
                if enclosure is surroundings.Plain:
                    started[-1].wait()
            for side in started:
                side.wait()
            results = [load(os.path.join(place, name, 'outcomes.json')) for name in runtimes]
            left = [path for side in started for path in side.end()]
            status = self.report(self.chosen(words), results[0], results[1] if peer else None, peer)
            if left:
                print(f'left behind: {left}')
            return 1 if left else status
        finally:
            for side in started:
                side.end()
            if hierarchies:
                hierarchies.close()
            shutil.rmtree(place, ignore_errors=True)

    def main(self):
        if sys.argv[1:2] == ['--do']:
            self.do(sys.argv[2], sys.argv[3], sys.argv[4:])
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(1))
        sys.exit(self.run(sys.argv[1:]))


def is_unified():
    return os.path.exists('/sys/fs/cgroup/cgroup.controllers')


def load(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding='utf-8') as f:
        return json.load(f)


def copy_ours(place):
    """contain-run and its library where any user reaches them, and where no environment is needed to find them."""
    listed = subprocess.run(['ldd', CONTAIN_RUN], stdout=subprocess.PIPE, text=True, check=True).stdout
    program = os.path.join(place, 'program', 'examples', 'contain-run')
    libraries = os.path.join(place, 'program', 'libcontain')
    os.makedirs(program)
    os.makedirs(libraries)
    for line in listed.splitlines():
        if 'libcontain' in line and '=> /' in line:
            shutil.copy(line.split()[2], libraries)
    return shutil.copy(CONTAIN_RUN, program)


def find_peer(place, config, enclosure, names):
    """The first of @names that runs a container here."""
    wanted = os.environ.get('CONTAIN_TEST_PEER')
    folder = os.path.join(place, 'peer')
    bundle.make_rootfs(os.path.join(folder, 'rootfs'))
    for name in (wanted,) if wanted else names:
        path = shutil.which(name)
        if not path:
            continue
        b = bundle.Bundle(os.path.join(folder, name), config, os.path.join(folder, 'rootfs'))
        argv = [path, '--root', os.path.join(folder, 'state'), 'run', '--bundle', b.path, f'ct-test-{os.getpid()}']
        side = enclosure(['sh', '-c', 'exec "$0" "$@" >/dev/null 2>&1', *argv], f'contain-engines-{os.getpid()}-try')
        try:
            if side.wait() == 0:
                return name
        finally:
            side.end()
    return None
