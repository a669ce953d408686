# SPDX-License-Identifier: MIT
"""Containers as services: sockets to serve, notifications of being ready, the signal to stop with."""

from __future__ import annotations

import os
import select
import signal
import socket

import contain

from .support import STAY, ContainerTest


class Service(ContainerTest):
    def test_listen_fds(self) -> None:
        reader, writer = os.pipe()
        with os.fdopen(reader) as output, socket.socket() as served:
            script = "echo $LISTEN_FDS $LISTEN_FDNAMES $LISTEN_PID; ls -l /proc/self/fd/3"
            c = self.container(["/bin/sh", "-c", script])
            c.set_stdio(stdout=writer)
            self.assertEqual(c.add_fd(served), 3)
            c.set_listen_fds(1, ["web"])
            c.create()
            c.start()
            c.wait(timeout=10)
            os.close(writer)
            said = output.read()
            c.destroy()
        self.assertTrue(said.startswith("1 web 1\n"), said)
        self.assertIn("socket:", said)

    def test_notifications(self) -> None:
        address = os.path.join(self.folder, "manager")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(address)
            manager.settimeout(10)
            c = self.container(id="service")
            c.set_notify_socket(address)
            with self.assertRaises(contain.ContainError):
                c.notify_fd()
            c.create()
            c.start()
            self.assertFalse(c.forward_notifications())
            fd = c.notify_fd()
            try:
                inside = os.path.join(self.state_root, "service/notify/notify.sock")
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as program:
                    program.sendto(b"STATUS=warming up\nMAINPID=1", inside)
                self.assertEqual(select.select([fd], [], [], 10)[0], [fd])
            finally:
                os.close(fd)
            self.assertFalse(c.forward_notifications())
            self.assertEqual(manager.recv(4096).strip(), b"STATUS=warming up")
            c.destroy(force=True)

    def test_stop_signal(self) -> None:
        config = self.ctx.default_config(self.rootfs, STAY)
        config["annotations"] = {"org.opencontainers.image.stopSignal": "SIGQUIT"}
        with contain.Container(ctx=self.ctx) as c:
            c.load_config(config)
            c.create()
            self.assertEqual(c.stop_signal(), signal.SIGQUIT)
        self.assertEqual(self.started().stop_signal(), signal.SIGTERM)

    def test_signal_number(self) -> None:
        for name, number in (("TERM", 15), ("sigkill", 9), ("SIGRTMIN+3", signal.SIGRTMIN + 3), ("15", 15)):
            self.assertEqual(contain.signal_number(name), number)
        for name in ("", "SIGNONE", "0", "TERM\0"):
            with self.assertRaises((contain.ContainError, ValueError)):
                contain.signal_number(name)
