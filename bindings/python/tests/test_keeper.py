# SPDX-License-Identifier: MIT
"""Containers with a keeper: streams, log, and an exit that others know."""

from __future__ import annotations

import unittest

import contain

from .support import ContainerTest


class KeeperTest(ContainerTest):
    def kept(self, script: str, flags: contain.KeeperFlags = contain.KeeperFlags(0)) -> contain.Container:
        c = self.container(["/bin/sh", "-c", script])
        c.set_keeper(flags)
        c.create()
        return c

    def test_attach(self) -> None:
        c = self.kept("read a; echo hello $a; echo bad >&2", contain.KeeperFlags.STDIN_ONCE)
        with c.attach() as attached:
            c.start()
            attached.stdin.write(b"you\n")
            attached.stdin.close()
            self.assertEqual(attached.stdout.read(), b"hello you\n")
            self.assertEqual(attached.stderr.read(), b"bad\n")
        c.wait()
        with self.assertRaises(contain.ContainError) as caught:
            c.attach()
        self.assertEqual(caught.exception.code, contain.ErrorCode.KEEPER)

    def test_log(self) -> None:
        c = self.kept("echo one; echo two >&2; printf three")
        c.start()
        entries = list(c.logs(follow=True))
        self.assertEqual({e.stream for e in entries}, {1, 2})
        self.assertEqual(b"".join(e.bytes for e in entries if e.stream == 1), b"one\nthree")
        self.assertEqual([e.text for e in entries if e.stream == 2], [b"two"])
        self.assertFalse(any(e.gap for e in entries))
        self.assertEqual(len(list(c.logs(tail=1))), 1)
        c.wait(timeout=10)
        self.assertEqual(list(c.logs(since_ns=entries[-1].time_ns + 1)), [])

    def test_exit_for_another_handle(self) -> None:
        c = self.kept("exit 3")
        c.start()
        c.wait()
        with contain.Container.open(c.id, self.ctx) as other:
            status = other.wait()
        self.assertEqual(status.code, 3)
        self.assertLessEqual(status.started_ns, status.ended_ns)

    def test_no_terminal_to_resize(self) -> None:
        c = self.kept("exit 0")
        with self.assertRaises(contain.ContainError):
            c.resize(24, 80)


if __name__ == "__main__":
    unittest.main()
