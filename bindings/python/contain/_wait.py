# SPDX-License-Identifier: MIT
"""Waiting for descriptors, in a thread or in an event loop. Both close them in the end."""

from __future__ import annotations

import asyncio
import math
import os
import select
import time
from collections.abc import Sequence

GRACE_MS = 100
"""How long contain_wait() may take once the process is known to have ended."""


class Deadline:
    """A moment in the future, or never."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def left_ms(self) -> int | None:
        """What is left for poll(2): milliseconds, rounded up, as far as they fit; None for ever."""
        if self._end is None:
            return None
        left = self._end - time.monotonic()
        return math.ceil(min(max(left, 0.0) * 1000, 2**31 - 1))


def readable(fds: Sequence[int], deadline: Deadline) -> bool:
    """Waits until one of @fds is readable; False when the time is over.

    poll(2) in the interpreter, and not a blocking call in C: signal handlers run meanwhile.
    """
    try:
        poll = select.poll()
        for fd in fds:
            poll.register(fd, select.POLLIN)
        while not poll.poll(deadline.left_ms()):
            if deadline.left_ms() == 0:
                return False
        return True
    finally:
        for fd in fds:
            os.close(fd)


async def readable_async(fds: Sequence[int]) -> None:
    """Waits until one of @fds is readable, in the running event loop."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    try:
        for fd in fds:
            loop.add_reader(fd, wake)
        await future
    finally:
        for fd in fds:
            loop.remove_reader(fd)
            os.close(fd)
