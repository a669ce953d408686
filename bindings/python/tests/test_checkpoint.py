# SPDX-License-Identifier: MIT
"""Checkpoints, with a stand-in for CRIU that runs on any kernel."""

import os
import shutil
import signal
import unittest

import contain

from .support import ContainerTest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class CheckpointTest(ContainerTest):
    def fake_criu(self, scenario: str) -> str:
        path = os.path.join(self.folder, "criu")
        shutil.copy(os.path.join(TOP, "tests/harness/fake-criu.py"), path)
        with open(os.path.join(self.folder, "scenario"), "w", encoding="utf-8") as file:
            file.write(scenario)
        return path

    def test_there_and_back(self) -> None:
        criu, images = self.fake_criu(""), os.path.join(self.folder, "images")
        container = self.started(["sleep", "1000"])
        container.checkpoint(images, criu=criu, flags=contain.CheckpointFlags.LEAVE_RUNNING)
        self.assertEqual(container.status(), contain.Status.RUNNING)
        container.checkpoint(images, criu=criu, cgroups_mode="ignore")
        self.assertEqual(container.wait(timeout=30).signal, signal.SIGKILL)

        restored = self.container(["sleep", "1000"])
        restored.restore(images, criu=criu, flags=contain.CheckpointFlags.TCP_CLOSE)
        self.assertEqual(restored.status(), contain.Status.RUNNING)
        restored.signal(signal.SIGTERM)
        self.assertEqual(restored.wait(timeout=30).signal, signal.SIGTERM)

    def test_failures(self) -> None:
        criu, images = self.fake_criu("fail"), os.path.join(self.folder, "images")
        container = self.started(["sleep", "1000"])
        with self.assertRaisesRegex(contain.CheckpointError, "unreachable sharing"):
            container.checkpoint(images, criu=criu)
        self.assertEqual(container.status(), contain.Status.RUNNING)
        with self.assertRaises(contain.Unsupported):
            container.checkpoint(images, criu="/nonexistent")
        restored = self.container(["sleep", "1000"])
        with self.assertRaises(contain.CheckpointError):
            restored.restore(images, criu=criu)


if __name__ == "__main__":
    unittest.main()
