# SPDX-License-Identifier: MIT
"""The binding itself: words across the border, errors, logging, lifetimes. Runs few containers."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import threading
import unittest
import weakref
from unittest import mock

import contain
from contain import _handle, _lib, constants, errors

from .support import ContainerTest


class Words(unittest.TestCase):
    def test_version(self) -> None:
        self.assertRegex(contain.version(), r"^\d+\.\d+\.\d+$")

    def test_strings(self) -> None:
        self.assertEqual(_handle.c_string("ä"), "ä".encode())
        self.assertEqual(_handle.c_string(b"\xff"), b"\xff")
        for bad in ("a\0b", b"a\0b"):
            with self.assertRaises(ValueError):
                _handle.c_string(bad)
        with self.assertRaises(TypeError):
            _handle.c_strings("one string")
        self.assertEqual(list(_handle.c_strings(["a", b"b"])), [b"a", b"b", None])

    def test_truncated_ids_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            contain.Container("a\0b")

    def test_errors(self) -> None:
        for code, expected in (
            (206, contain.AlreadyExists),
            (209, contain.NotFound),
            (115, contain.Timeout),
            (314, contain.ConfigError),
            (399, contain.ConfigError),
            (417, contain.SetupError),
            (462, contain.ProgramError),
            (118, contain.ContainError),
            (999, contain.ContainError),
        ):
            self.assertIs(errors.class_of(code), expected)

    def test_an_error_survives_pickling(self) -> None:
        error = contain.ConfigError(22, "/a: no", code=314, cause=1, pointer="/a", sentence="no", hint="yes")
        copy = pickle.loads(pickle.dumps(error))
        self.assertIs(type(copy), contain.ConfigError)
        for name in ("errno", "code", "cause", "pointer", "sentence", "hint", "step"):
            self.assertEqual(getattr(copy, name), getattr(error, name))
        self.assertEqual(str(copy), "/a: no")

    def test_numbers_of_a_newer_library(self) -> None:
        self.assertEqual(constants.ErrorCode(999), 999)
        self.assertEqual(constants.Status(99).name, "UNKNOWN_99")
        with self.assertRaises(ValueError):
            constants.Status("running")  # type: ignore[arg-type]

    def test_loading(self) -> None:
        with mock.patch.dict(os.environ, CONTAIN_LIBRARY="/nonexistent.so"):
            with self.assertRaisesRegex(ImportError, "cannot load libcontain"):
                _lib.load()
        with mock.patch.dict(os.environ, CONTAIN_LIBRARY="libc.so.6"):
            with self.assertRaisesRegex(ImportError, "too old"):
                _lib.load()


class Lifetimes(ContainerTest):
    def load_noisy(self, c: contain.Container) -> None:
        """A container that has something logged: the failure of a poststop hook."""
        config = self.ctx.default_config(self.rootfs, ["/bin/true"])
        config["hooks"] = {"poststop": [{"path": "/bin/false"}]}
        c.load_config(config)

    def test_closed_handles(self) -> None:
        c = self.container()
        c.close()
        c.close()
        for use in (c.status, c.create, c.event_fd, lambda: c.id):
            with self.assertRaises(ValueError):
                use()
        ctx = contain.Context()
        ctx.close()
        with self.assertRaises(ValueError):
            contain.Container(ctx=ctx)

    def test_a_context_may_go_first(self) -> None:
        ctx = contain.Context(state_root=self.state_root)
        c = contain.Container("orphan", ctx)
        ctx.close()
        del ctx
        gc.collect()
        with c:
            c.load_rootfs(self.rootfs, ["/bin/true"])
            c.create()
            c.start()
            self.assertTrue(c.wait(timeout=10).ok)

    def test_the_log_function_lives_as_long_as_its_containers(self) -> None:
        lines: list[tuple[contain.LogLevel, str]] = []

        class Log:
            def __call__(self, level: contain.LogLevel, text: str) -> None:
                lines.append((level, text))

        log = Log()
        alive = weakref.ref(log)
        ctx = contain.Context(state_root=self.state_root, log=log)
        c = contain.Container(ctx=ctx)
        ctx.close()
        del ctx, log
        gc.collect()
        self.assertIsNotNone(alive())
        with c:
            self.load_noisy(c)
            c.create()
        self.assertEqual([level for level, _ in lines], [contain.LogLevel.WARNING])
        self.assertIn("/hooks/poststop/0", lines[0][1])
        del c
        gc.collect()
        self.assertIsNone(alive())

    def test_a_log_function_that_raises_harms_nothing(self) -> None:
        def log(level: contain.LogLevel, text: str) -> None:
            raise RuntimeError("no")

        seen = threading.Event()
        with mock.patch.object(sys, "unraisablehook", lambda _: seen.set()):
            ctx = contain.Context(state_root=self.state_root, log=log)
            with ctx, contain.Container(ctx=ctx) as c:
                self.load_noisy(c)
                c.create()
        self.assertTrue(seen.is_set())


if __name__ == "__main__":
    unittest.main()
