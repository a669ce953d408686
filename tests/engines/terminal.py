# SPDX-License-Identifier: MIT
"""A program on a terminal of its own, and the one who sits there."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from engine import EngineError, Run


class Terminal:
    """with Terminal(argv, env) as t: t.expect('# '); t.send('exit 3\\n'); run = t.end()"""

    def __init__(self, argv, env, rows=24, columns=80, preexec_fn=None):
        self.argv, self.seen = argv, ''
        self.ours, theirs = pty.openpty()
        self.resize(rows, columns)

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if preexec_fn:
                preexec_fn()

        self.process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env,
                                        preexec_fn=take_terminal)
        os.close(theirs)

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)

    def read(self, seconds):
        """Reads what there is; false at the end."""
        if not select.select([self.ours], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.ours, 4096)
        except OSError:
            return False                        # nobody has the other side
        self.seen += data.decode(errors='replace')
        return bool(data)

    def expect(self, text, seconds=20):
        """Waits for a text beyond what was expected so far; returns all up to its end."""
        limit = time.monotonic() + seconds
        while text not in self.seen:
            if time.monotonic() > limit or not self.read(0.2):
                raise EngineError(f'{" ".join(self.argv)[-200:]}: no {text!r} on the terminal, but {self.seen!r}')
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def send(self, text):
        os.write(self.ours, text.encode())

    def end(self, seconds=30):
        limit = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > limit:
                raise EngineError(f'{" ".join(self.argv)[-200:]}: does not end; {self.seen!r}')
            self.read(0.1)
        while select.select([self.ours], [], [], 0)[0] and self.read(0):
            continue
        return Run(self.argv, self.process.returncode, self.seen, '')
