# SPDX-License-Identifier: MIT
"""Containers in threads, beside signals, and across fork."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ctypes import byref, sizeof
from types import FrameType

import contain
from contain._handle import call, lib
from contain._lib import Exit

from .support import STAY, ContainerTest


class Threads(ContainerTest):
    def ticks_during(self, blocking: Callable[[], object]) -> int:
        """How often another thread gets its turn while @blocking runs."""
        ticks = 0
        done = threading.Event()

        def tick() -> None:
            nonlocal ticks
            while not done.wait(0.01):
                ticks += 1

        thread = threading.Thread(target=tick)
        thread.start()
        try:
            blocking()
        finally:
            done.set()
            thread.join()
        return ticks

    def test_wait_blocks_nobody(self) -> None:
        c = self.started(["/bin/sleep", "0.5"])
        self.assertGreater(self.ticks_during(lambda: c.wait(timeout=10)), 10)

    def test_calls_release_the_gil(self) -> None:
        c = self.started(["/bin/sleep", "0.5"])

        def wait_in_c() -> None:
            ret = Exit(size=sizeof(Exit))
            with c._handle.borrowed() as address:
                call(lib.contain_wait, address, 10000, byref(ret))

        self.assertGreater(self.ticks_during(wait_in_c), 10)

    def test_signal_beside_wait(self) -> None:
        c = self.started()
        timer = threading.Timer(0.1, c.signal, [signal.SIGKILL])
        timer.start()
        self.assertEqual(c.wait(timeout=10).signal, signal.SIGKILL)
        timer.join()

    def test_wait_ends_on_an_exception_of_a_handler(self) -> None:
        class Alarm(Exception):
            pass

        def ring(_signo: int, _frame: FrameType | None) -> None:
            raise Alarm

        c = self.started()
        before = signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with self.assertRaises(Alarm):
                c.wait(timeout=10)
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_close_beside_wait(self) -> None:
        c = self.started(id="closed")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(c.wait, 10)
            time.sleep(0.1)
            c.close()
            with contain.Container.open("closed", self.ctx) as other:
                other.destroy(force=True)
            with self.assertRaises(ValueError):
                waiting.result()

    def test_many_at_once(self) -> None:
        def live(number: int) -> int | None:
            with contain.Container(ctx=self.ctx) as c:
                c.load_rootfs(self.rootfs, ["/bin/sh", "-c", f"exit {number}"])
                c.create()
                c.start()
                return c.wait(timeout=60).code

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(live, range(50))), list(range(50)))

    def test_the_creating_thread_may_end(self) -> None:
        """What ends with its host ends with the process, and not with one thread of it."""
        found: list[contain.Container] = []
        thread = threading.Thread(
            target=lambda: found.append(self.started(flags=contain.Flags.EPHEMERAL))
        )
        thread.start()
        thread.join()
        with self.assertRaises(TimeoutError):
            found[0].wait(timeout=0.3)


class Fork(ContainerTest):
    def in_fork(self, look: Callable[[], bool]) -> None:
        """@look is true in a forked copy of the process, which then ends as programs do."""
        pid = os.fork()
        if pid == 0:
            good = False
            try:
                good = look()
            finally:
                os._exit(0 if good else 1)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)

    def test_a_copy_is_refused(self) -> None:
        c = self.started()

        def look() -> bool:
            refused = 0
            for use in (c.status, c.state, c.wait, c.destroy, lambda: c.pid, lambda: c.id, self.ctx.features):
                try:
                    use()
                except contain.Forked as error:
                    refused += error.errno == 10
            return refused == 7

        self.in_fork(look)
        self.assertEqual(c.status(), contain.Status.RUNNING)

    def test_the_library_refuses_it_too(self) -> None:
        c = self.started()
        with c._handle.borrowed() as address:
            self.in_fork(lambda: lib.contain_status(address, None) == -10)

    def test_collecting_a_copy_harms_nothing(self) -> None:
        # Not self.started(): the clean-up at the end of the test would hold it too.
        holder = [contain.Container(ctx=self.ctx)]
        holder[0].load_rootfs(self.rootfs, STAY)
        holder[0].set_flags(contain.Flags.EPHEMERAL)
        holder[0].create()

        def look() -> bool:
            if closing:
                holder[0].close()
            holder.clear()
            gc.collect()
            return True

        for closing in (False, True):
            self.in_fork(look)
        self.assertEqual(holder.pop().status(), contain.Status.CREATED)

    def test_fork_while_another_thread_calls(self) -> None:
        c = self.started()
        stop = threading.Event()

        def keep_calling() -> None:
            while not stop.is_set():
                c.status()

        thread = threading.Thread(target=keep_calling)
        thread.start()

        def look() -> bool:
            try:
                c.status()
            except contain.Forked:
                return True
            return False

        try:
            for _ in range(20):
                self.in_fork(look)
        finally:
            stop.set()
            thread.join()


if __name__ == "__main__":
    unittest.main()
