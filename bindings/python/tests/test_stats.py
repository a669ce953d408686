# SPDX-License-Identifier: MIT
"""What a container uses, and which processes it has."""

from __future__ import annotations

import contain

from .support import STAY, ContainerTest


class Stats(ContainerTest):
    def test_numbers(self) -> None:
        c = self.started(STAY)
        stats = c.stats()
        self.assertGreaterEqual(stats["cpu"]["usage"]["kernel"], 0)
        self.assertGreater(stats["memory"]["usage"]["usage"], 0)
        self.assertEqual(stats["pids"]["current"], 1)
        self.assertEqual([each["Name"] for each in stats["network_interfaces"]][:1], ["lo"])

    def test_too_early(self) -> None:
        c = self.container(STAY)
        with self.assertRaises(contain.WrongStatus):
            c.stats()
        with self.assertRaises(contain.WrongStatus):
            c.processes()

    def test_processes(self) -> None:
        c = self.started(STAY)
        self.assertEqual(c.processes(), [c.pid])
