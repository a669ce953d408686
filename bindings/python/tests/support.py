# SPDX-License-Identifier: MIT
"""A root file system, a state root and a context for each test, and a look at what it left behind."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import unittest
from collections.abc import Sequence
from typing import Any

import contain

BUSYBOX = "/bin/busybox"
APPLETS = ("cat", "echo", "false", "head", "id", "kill", "ls", "pwd", "sh", "sleep", "true", "tty", "wc")
HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.path.dirname(HERE)}
"""For programs that import contain."""

FOLDERS = ("bin", "dev", "etc", "proc", "sys", "tmp")

# As the first process of a pid namespace, a program ignores signals that it has no handler for.
STAY = ["/bin/sleep", "1000"]


def make_rootfs(folder: str) -> str:
    rootfs = os.path.join(folder, "rootfs")
    for name in FOLDERS:
        os.makedirs(os.path.join(rootfs, name))
    shutil.copy(BUSYBOX, os.path.join(rootfs, "bin/busybox"))
    for name in APPLETS:
        os.symlink("busybox", os.path.join(rootfs, "bin", name))
    return rootfs


def open_descriptors() -> set[tuple[int, str]]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add((int(name), os.readlink(f"/proc/self/fd/{name}")))
        except FileNotFoundError:  # the listing's own
            pass
    return found


def children() -> list[str]:
    found = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children", encoding="ascii") as file:
                found += file.read().split()
        except FileNotFoundError:  # a thread that has ended meanwhile
            pass
    return found


def mounts() -> list[str]:
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return file.read().splitlines()


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipUnless(os.access(BUSYBOX, os.X_OK), f"needs {BUSYBOX} (busybox-static)")
class ContainerTest(unittest.TestCase):
    """self.rootfs, self.ctx, self.state_root; each test must leave things as it found them."""

    def setUp(self) -> None:
        gc.collect()
        self._before = (open_descriptors(), children(), mounts())
        self.folder = tempfile.mkdtemp(prefix="contain-python-")
        self.addCleanup(self._look_behind)
        self.rootfs = make_rootfs(self.folder)
        self.state_root = os.path.join(self.folder, "state")
        self.ctx = contain.Context(state_root=self.state_root)
        self.addCleanup(self.ctx.close)

    def _look_behind(self) -> None:
        gc.collect()
        left = os.listdir(self.state_root) if os.path.isdir(self.state_root) else []
        after = (open_descriptors(), children(), mounts())
        shutil.rmtree(self.folder)
        self.assertEqual(left, [], "containers left")
        for before, now in zip(self._before, after):
            self.assertEqual(now, before)

    def container(
        self, argv: Sequence[str] = STAY, *, id: str | None = None, flags: contain.Flags | None = None
    ) -> contain.Container:
        """A configured container, destroyed at the end of the test whatever happens."""
        container = contain.Container(id, self.ctx)
        self.addCleanup(container.__exit__, None, None, None)
        container.load_rootfs(self.rootfs, argv)
        if flags is not None:
            container.set_flags(flags)
        return container

    def started(self, argv: Sequence[str] = STAY, **options: Any) -> contain.Container:
        container = self.container(argv, **options)
        container.create()
        container.start()
        return container
