# SPDX-License-Identifier: MIT
"""The pipes between run() and a container's standard streams."""

from __future__ import annotations

import os
import selectors

from ._wait import Deadline

_CHUNK = 1 << 16


class Pipes:
    """Feeds one stream and collects from two, until the process has ended."""

    def __init__(self, feed: bytes | None, capture: bool) -> None:
        self._near: list[int] = []
        self._far: list[int] = []
        self._left = memoryview(feed or b"")
        self._feeder = -1
        self.collected: dict[int, bytearray] = {}
        self.stdin: int | None = None
        self.stdout: int | None = None
        self.stderr: int | None = None
        try:
            if feed is not None:
                self.stdin, self._feeder = self._pipe()
            if capture:
                self.stdout, self.stderr = self._collector(), self._collector()
        except BaseException:
            self.close()
            raise

    def _pipe(self) -> tuple[int, int]:
        reader, writer = os.pipe()
        self._far.append(reader)
        self._near.append(writer)
        os.set_blocking(writer, False)
        return reader, writer

    def _collector(self) -> int:
        reader, writer = os.pipe()
        self._near.append(reader)
        self._far.append(writer)
        os.set_blocking(reader, False)
        self.collected[reader] = bytearray()
        return writer

    def close_far_ends(self) -> None:
        """The container has them now: only its own copies shall keep the pipes open."""
        while self._far:
            os.close(self._far.pop())

    def close(self) -> None:
        self.close_far_ends()
        while self._near:
            os.close(self._near.pop())

    def exchange(self, pidfd: int | None, deadline: Deadline) -> bool:
        """Moves data until the process ends; False when the time is over. Closes @pidfd.

        Its end, and not that of the streams, is what counts: a process that it left behind may
        hold them open for ever.
        """
        try:
            with selectors.DefaultSelector() as selector:
                for reader in self.collected:
                    selector.register(reader, selectors.EVENT_READ)
                if self._feeder >= 0:
                    selector.register(self._feeder, selectors.EVENT_WRITE)
                if pidfd is not None:
                    selector.register(pidfd, selectors.EVENT_READ)
                    if not self._pump(selector, pidfd, deadline):
                        return False
        finally:
            if pidfd is not None:
                os.close(pidfd)
        for reader in self.collected:
            while self._collect(reader):
                pass
        return True

    def _pump(self, selector: selectors.BaseSelector, pidfd: int, deadline: Deadline) -> bool:
        while True:
            left = deadline.left_ms()
            ready = [key.fd for key, _ in selector.select(None if left is None else left / 1000)]
            if pidfd in ready:
                return True
            if not ready and deadline.left_ms() == 0:
                return False
            for fd in ready:
                more = self._feed() if fd == self._feeder else self._collect(fd) is not False
                if not more:
                    selector.unregister(fd)
                    if fd == self._feeder:
                        self._near.remove(fd)
                        os.close(fd)

    def _feed(self) -> bool:
        """Writes what fits; False when there is nothing left to do."""
        try:
            self._left = self._left[os.write(self._feeder, self._left[:_CHUNK]) :]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False
        return len(self._left) > 0

    def _collect(self, reader: int) -> bool | None:
        """Reads what is there: False at the end of the stream, None when nothing is there now."""
        try:
            data = os.read(reader, _CHUNK)
        except BlockingIOError:
            return None
        self.collected[reader] += data
        return bool(data)
