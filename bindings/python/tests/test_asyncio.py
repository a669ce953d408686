# SPDX-License-Identifier: MIT
"""Containers in an event loop."""

from __future__ import annotations

import asyncio
import signal
import threading
import unittest

from contain import Event

from .support import ContainerTest


class Asyncio(ContainerTest):
    def test_wait(self) -> None:
        c = self.started(["/bin/sh", "-c", "sleep 0.2; exit 6"])
        self.assertEqual(asyncio.run(c.wait_async()).code, 6)
        self.assertEqual(asyncio.run(c.wait_async()).code, 6)

    def test_many_without_threads(self) -> None:
        containers = [self.started(["/bin/sh", "-c", f"sleep 0.3; exit {n}"]) for n in range(10)]

        async def wait_for_all() -> list[int | None]:
            before = threading.active_count()
            waiting = asyncio.gather(*(c.wait_async() for c in containers))
            await asyncio.sleep(0.05)
            self.assertEqual(threading.active_count(), before)
            return [status.code for status in await waiting]

        self.assertEqual(asyncio.run(wait_for_all()), list(range(10)))

    def test_cancelled_wait_leaves_nothing(self) -> None:
        c = self.started()

        async def give_up() -> None:
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(c.wait_async(), 0.1)

        asyncio.run(give_up())  # descriptors are compared at the end of the test
        c.signal(signal.SIGKILL)
        self.assertEqual(asyncio.run(c.wait_async()).signal, signal.SIGKILL)

    def test_events(self) -> None:
        c = self.container(["/bin/sleep", "0.2"])

        async def live() -> list[Event]:
            seen: list[Event] = []

            async def follow() -> None:
                async for event in c.events_async():
                    seen.append(event)

            task = asyncio.create_task(follow())
            c.create()
            c.start()
            await c.wait_async()
            await asyncio.sleep(0.05)
            c.destroy()
            await asyncio.wait_for(task, 5)
            return seen

        expected = [Event.CREATED, Event.STARTED, Event.EXITED, Event.DESTROYED]
        self.assertEqual(asyncio.run(live()), expected)


if __name__ == "__main__":
    unittest.main()
