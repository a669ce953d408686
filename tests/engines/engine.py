# SPDX-License-Identifier: MIT
"""What engines have in common: folders of their own, programs that are run and end in time, and texts without what differs by chance."""

import os
import re
import subprocess

from harness import traces

SECONDS = 60

# In this order: what is replaced by what, for texts to be compared.
BY_CHANCE = (
    (r'\b[0-9a-f]{64}\b', 'ID'),
    (r'\b[0-9a-f]{12}\b', 'ID'),
    (r'\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d:?\d\d))?( (UTC|m=\+[\d.]+))*', 'TIME'),
    (r'\bpid \d+', 'pid PID'),
    (r'/proc/\d+/', '/proc/PID/'),
    (r'\b(master|shared):\d+', r'\1:GROUP'),
)


class Run:
    """How a program ended."""

    def __init__(self, argv, status, out, err):
        self.argv, self.status, self.out, self.err = argv, status, out, err

    def __str__(self):
        return f'{" ".join(self.argv)[-300:]}: status {self.status}\n{self.out[-1500:]}{self.err[-1500:]}'


class EngineError(Exception):
    """A step on the way to what a case is about has failed."""


class Engine:
    """
    One engine with one runtime. @place: its folder. @runtime: a program's path.

    An engine says in PROGRAMS what it needs, and has prepare() and clean(); the rest is for its cases.
    """

    PROGRAMS = ()
    PEERS = ('crun', 'runc')
    needs_root = True

    def __init__(self, place, runtime):
        self.place, self.runtime = place, runtime
        self.is_peer = os.path.basename(runtime) != 'contain-run'
        self.environment = {**os.environ, 'HOME': place}
        self.counter = 0

    def prepare(self):
        """Makes what all cases share, such as the image, and starts daemons."""

    def clean(self):
        """After each case: removes what it made; returns what the runtime has left beyond that."""
        return []

    def close(self):
        """At the end: stops daemons."""

    # --- files ---

    def path(self, *names):
        return os.path.join(self.place, *names)

    def fresh_path(self, name):
        self.counter += 1
        return self.path(f'{name}-{self.counter}')

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    @staticmethod
    def read(path):
        with open(path, encoding='utf-8', errors='replace') as f:
            return f.read()

    # --- programs ---

    def start(self, *argv, **options):
        """A program whose output goes to files, as monitors of containers may keep it open for longer."""
        out, err = self.fresh_path('out'), self.fresh_path('err')
        with open(out, 'wb') as out_file, open(err, 'wb') as err_file:
            process = subprocess.Popen(argv, **{'stdin': subprocess.DEVNULL, 'stdout': out_file, 'stderr': err_file,
                                                'env': self.environment, 'cwd': self.place, **options})
        process.out_path, process.err_path = out, err
        return process

    def end(self, process, seconds=SECONDS):
        try:
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = 'none, it hangs'
        return Run(process.args, status, self.read(process.out_path), self.read(process.err_path))

    def program(self, *argv, seconds=SECONDS, text=None, **options):
        """Runs a program to its end. @text: what it reads."""
        if text is not None:
            source = self.fresh_path('in')
            with open(source, 'w', encoding='utf-8') as f:
                f.write(text)
            with open(source, 'rb') as f:
                return self.end(self.start(*argv, stdin=f, **options), seconds)
        return self.end(self.start(*argv, **options), seconds)

    def check(self, good, what):
        if not good:
            raise EngineError(what)

    def must(self, run):
        """Its output; a case cannot go on without it."""
        if run.status != 0:
            raise EngineError(str(run))
        return run.out.strip()

    @staticmethod
    def wait_until(condition, what, seconds=20):
        value = traces.wait_until(condition, seconds)
        if not value:
            raise EngineError(f'after {seconds} seconds, still not: {what}')
        return value

    # --- comparing ---

    def plain(self, text):
        """A text without ids, times, and the names of folders and runtimes."""
        text = text.replace('\r\n', '\n').replace(self.runtime, 'RUNTIME').replace(self.place, 'PLACE')
        text = re.sub(rf'\b{re.escape(os.path.basename(self.runtime))}\b', 'RUNTIME', text)
        for pattern, word in BY_CHANCE:
            text = re.sub(pattern, word, text)
        return text.strip()

    def outcome(self, run, **more):
        """What is compared of a program that has ended."""
        return {'status': run.status, 'out': self.plain(run.out), 'err': self.plain(run.err), **more}
