# SPDX-License-Identifier: MIT
"""What a container is made of: configuration, streams, descriptors, and what errors say about it."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import unittest
from typing import Any

import contain

from .support import ContainerTest


class Configuration(ContainerTest):
    def run_config(self, config: Any, directory: str | None = None) -> contain.ExitStatus:
        with contain.Container(ctx=self.ctx) as c:
            c.load_config(config, directory)
            c.create()
            c.start()
            return c.wait(timeout=10)

    def test_dict_text_and_bytes(self) -> None:
        config = self.ctx.default_config(self.rootfs, ["/bin/sh", "-c", "exit 3"])
        text = json.dumps(config)
        for form in (config, text, text.encode()):
            with self.subTest(type(form)):
                self.assertEqual(self.run_config(form).code, 3)

    def test_relative_paths_start_from_the_folder(self) -> None:
        config = self.ctx.default_config("rootfs", ["/bin/sh", "-c", "exit 4"])
        self.assertEqual(self.run_config(config, self.folder).code, 4)

    def test_bundle(self) -> None:
        config = self.ctx.default_config("rootfs", ["/bin/sh", "-c", "exit 5"])
        with open(os.path.join(self.folder, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        with contain.Container(ctx=self.ctx) as c:
            c.load_bundle(self.folder)
            c.create()
            self.assertEqual(c.state()["bundle"], self.folder)
            c.start()
            self.assertEqual(c.wait(timeout=10).code, 5)

    def test_errors_have_a_place(self) -> None:
        config = self.ctx.default_config(self.rootfs, ["/bin/true"])
        config["process"]["args"] = "no list"
        with self.assertRaises(contain.ConfigError) as caught:
            self.container().load_config(config)
        error = caught.exception
        self.assertEqual(error.pointer, "/process/args")
        self.assertEqual(error.code, contain.ErrorCode.TYPE)
        self.assertTrue(str(error).startswith("/process/args: "))
        self.assertIn("[CT-308]", str(error))
        self.assertTrue(error.sentence)
        self.assertEqual(error.cause, contain.Cause.CONFIG)
        self.assertIsInstance(error, ValueError)
        self.assertIsInstance(error, OSError)

    def test_check_lists_all_problems(self) -> None:
        config = self.ctx.default_config(self.rootfs, ["/bin/true"])
        c = self.container()
        self.assertEqual(c.check(config), [])
        config["process"]["cwd"] = "tmp"
        config["mounts"].append({"destination": 1})
        problems = c.check(config)
        self.assertEqual(
            {(p["pointer"], p["cause"]) for p in problems},
            {("/process/cwd", "config"), (f"/mounts/{len(config['mounts']) - 1}/destination", "config")},
        )
        self.assertEqual(c.check(directory="/nonexistent")[0]["code"], contain.ErrorCode.BUNDLE)
        self.assertFalse(os.path.exists(self.state_root))

    def test_bad_documents(self) -> None:
        for document in ("", "{", "[]", b"\xff", b"{}\0", "{}"):
            with self.subTest(document), self.assertRaises(contain.ConfigError):
                self.container().load_config(document)

    def test_missing_bundle(self) -> None:
        with self.assertRaises(contain.ConfigError) as caught:
            self.container().load_bundle(self.folder)
        self.assertEqual(caught.exception.code, contain.ErrorCode.BUNDLE)

    def test_too_late(self) -> None:
        c = self.started()
        with self.assertRaises(contain.Busy):
            c.load_rootfs(self.rootfs, ["/bin/true"])
        with self.assertRaises(contain.Busy):
            c.set_flags(contain.Flags.NO_PIVOT)

    def test_default_config(self) -> None:
        config = self.ctx.default_config("/srv", ["a", "b"], terminal=True)
        self.assertEqual(config["root"]["path"], "/srv")
        self.assertEqual(config["process"]["args"], ["a", "b"])
        self.assertTrue(config["process"]["terminal"])
        kinds = {n["type"] for n in self.ctx.default_config(rootless=True)["linux"]["namespaces"]}
        self.assertIn("user", kinds)

    def test_plan_runs_nothing(self) -> None:
        plan = self.container().plan()
        self.assertTrue(plan["steps"])
        self.assertFalse(os.path.exists(self.state_root))

    def test_features(self) -> None:
        self.assertIn("ociVersionMin", self.ctx.features())

    def test_bad_context(self) -> None:
        with self.assertRaises(contain.InvalidArgument):
            contain.Context(state_root="relative")
        with self.assertRaises(contain.ContainError):
            contain.Context(cgroup_manager="nobody")


class Streams(ContainerTest):
    def test_stdio(self) -> None:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            c = self.container(["/bin/sh", "-c", "cat; echo no >&2"])
            with open(os.devnull, "rb") as nothing:
                c.set_stdio(nothing, out, errors.fileno())
            c.create()
            c.start()
            self.assertTrue(c.wait(timeout=10).ok)
            self.assertEqual(os.pread(out.fileno(), 99, 0), b"")
            self.assertEqual(os.pread(errors.fileno(), 99, 0), b"no\n")

    def test_more_descriptors(self) -> None:
        first, second = os.pipe(), os.pipe()
        try:
            c = self.container(["/bin/sh", "-c", "echo 3 >&3; echo 4 >&4"])
            self.assertEqual(c.add_fd(first[1]), 3)
            self.assertEqual(c.add_fd(second[1]), 4)
            c.create()
            c.start()
            self.assertTrue(c.wait(timeout=10).ok)
            self.assertEqual(os.read(first[0], 9), b"3\n")
            self.assertEqual(os.read(second[0], 9), b"4\n")
        finally:
            for fd in first + second:
                os.close(fd)

    def test_closed_descriptor(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        os.close(writer)
        with self.assertRaises(contain.ContainError) as caught:
            self.container().add_fd(writer)
        self.assertEqual(caught.exception.errno, 9)
        with self.assertRaises(ValueError):
            self.container().add_fd(-1)

    def test_rootfs_as_descriptor(self) -> None:
        fd = os.open(self.rootfs, os.O_PATH | os.O_DIRECTORY)
        try:
            with contain.Container(ctx=self.ctx) as c:
                c.load_config(self.ctx.default_config("/nonexistent", ["/bin/true"]))
                c.set_rootfs_fd(fd)
                c.create()
                c.start()
                self.assertTrue(c.wait(timeout=10).ok)
        finally:
            os.close(fd)

    def test_namespace_as_descriptor(self) -> None:
        mine = os.readlink("/proc/self/ns/net")
        with open("/proc/self/ns/net", "rb") as namespace, tempfile.TemporaryFile() as out:
            c = self.container(["/bin/sh", "-c", "ls -l /proc/self/ns/net"])
            c.set_namespace_fd("network", namespace)
            c.set_stdio(None, out, None)
            c.create()
            c.start()
            self.assertTrue(c.wait(timeout=10).ok)
            self.assertIn(mine, os.pread(out.fileno(), 999, 0).decode())
            with self.assertRaises(contain.InvalidArgument):
                self.container().set_namespace_fd("nothing", namespace)

    def terminal_config(self) -> dict[str, Any]:
        return self.ctx.default_config(self.rootfs, ["/bin/sh", "-c", "tty"], terminal=True)

    def assert_terminal(self, master: int) -> None:
        received = b""
        try:
            while b"\n" not in received:
                received += os.read(master, 99)
        finally:
            os.close(master)
        self.assertIn(b"/dev/", received)

    def test_console(self) -> None:
        with contain.Container(ctx=self.ctx) as c:
            c.load_config(self.terminal_config())
            c.create()
            master = c.console_fd()
            c.start()
            self.assert_terminal(master)

    def test_console_socket(self) -> None:
        path = os.path.join(self.folder, "console")
        with socket.socket(socket.AF_UNIX) as listener, contain.Container(ctx=self.ctx) as c:
            listener.bind(path)
            listener.listen()
            listener.settimeout(10)
            c.load_config(self.terminal_config())
            c.set_console_socket(path)
            c.create()
            connection, _ = listener.accept()
            with connection:
                _, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
            c.start()
            self.assert_terminal(descriptors[0])

    def test_no_console(self) -> None:
        with self.assertRaises(contain.ContainError) as caught:
            self.started().console_fd()
        self.assertEqual(caught.exception.errno, 25)

    def test_seccomp_socket_must_be_one(self) -> None:
        with open(os.devnull, "rb") as nothing, self.assertRaises(contain.ContainError):
            self.container().set_seccomp_socket(nothing)
        left, right = socket.socketpair()
        with left, right:
            c = self.container()
            c.set_seccomp_socket(left)
            c.close()


if __name__ == "__main__":
    unittest.main()
