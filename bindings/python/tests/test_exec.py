# SPDX-License-Identifier: MIT
"""One more process in a container."""

from __future__ import annotations

import asyncio
import os
import signal

import contain

from .support import STAY, ContainerTest


class Exec(ContainerTest):
    def output(self, c: contain.Container, *args: str, **options: object) -> str:
        read_end, write_end = os.pipe()
        with os.fdopen(read_end) as reader:
            with os.fdopen(write_end, "w") as writer:
                p = c.exec(args, stdout=writer, **options)  # type: ignore[arg-type]
            with p:
                text = reader.read()
                self.assertTrue(p.wait(timeout=10).ok)
        return text

    def test_what_it_is_told(self) -> None:
        c = self.started(STAY)
        self.assertEqual(self.output(c, "echo", "one", "two"), "one two\n")
        self.assertEqual(self.output(c, "sh", "-c", "echo $A", env={"A": "b"}), "b\n")
        self.assertEqual(self.output(c, "pwd", cwd="/tmp"), "/tmp\n")
        self.assertEqual(self.output(c, "id", user=(5, 6), changes={"user": {"additionalGids": [7]}}), "uid=5 gid=6 groups=7\n")
        document = c.process_document({"args": ["echo", "whole"]})
        self.assertEqual(self.output(c, document=document), "whole\n")

    def test_timeout(self) -> None:
        c = self.started(STAY)
        with c.paused():
            with self.assertRaises(contain.Timeout):
                c.exec(["true"], ignore_paused=True, timeout=0.1)
        self.assertEqual(self.output(c, "echo", "well", timeout=10), "well\n")

    def test_exit(self) -> None:
        c = self.started(STAY)
        with c.exec(["sh", "-c", "exit 7"]) as p:
            status = p.wait(timeout=10)
            self.assertEqual((status.code, status.returncode, status.ok), (7, 7, False))
            with self.assertRaises(contain.NotRunning):
                p.signal(signal.SIGTERM)
        with c.exec(STAY) as p:
            self.assertGreater(p.pid, 0)
            with self.assertRaises(contain.Timeout):
                p.wait(timeout=0.01)
            p.signal(signal.SIGKILL)
            self.assertEqual(asyncio.run(p.wait_async()).signal, signal.SIGKILL)
        self.assertTrue(p.closed)

    def test_closing_ends_it(self) -> None:
        c = self.started(STAY)
        p = c.exec(STAY)
        self.assertEqual(len(c.processes()), 2)
        p.close()
        self.assertEqual(c.processes(), [c.pid])

    def test_nobody_waits_for_it(self) -> None:
        # A zombie would keep the container's own process from ending.
        for wait in (lambda c: c.wait(timeout=10), lambda c: asyncio.run(asyncio.wait_for(c.wait_async(), 10))):
            c = self.started(STAY)
            p = c.exec(STAY)
            c.signal(signal.SIGKILL)
            self.assertEqual(wait(c).signal, signal.SIGKILL)
            self.assertEqual(p.wait(timeout=0).signal, signal.SIGKILL)

    def test_failures(self) -> None:
        c = self.started(STAY)
        with self.assertRaises(contain.ProgramError) as caught:
            c.exec(["nosuch"])
        self.assertEqual(caught.exception.pointer, "/args/0")
        with self.assertRaises(contain.ConfigError):
            c.exec(document={"args": ["true"]})
        with c.exec(["true"]) as p:
            with self.assertRaises(contain.ContainError):
                p.console_fd()
            with self.assertRaises(contain.ContainError):
                p.resize(1, 1)
            os.close(p.pidfd())
