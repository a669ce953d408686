# SPDX-License-Identifier: MIT
"""run(), and the example program."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import unittest

import contain

from .support import ENVIRONMENT, HERE, ContainerTest

EXAMPLE = os.path.join(os.path.dirname(HERE), "examples", "run.py")


class Run(ContainerTest):
    def test_captures(self) -> None:
        result = contain.run(
            ["/bin/sh", "-c", "echo out; echo err >&2; exit 2"],
            self.rootfs, ctx=self.ctx, capture_output=True,
        )
        self.assertEqual((result.stdout, result.stderr, result.returncode), (b"out\n", b"err\n", 2))

    def test_large_input_and_output(self) -> None:
        data = os.urandom(1 << 20)
        result = contain.run(
            ["/bin/cat"], self.rootfs, ctx=self.ctx, input=data, capture_output=True, timeout=60
        )
        self.assertEqual(result.stdout, data)

    def test_input_that_nobody_reads(self) -> None:
        result = contain.run(["/bin/true"], self.rootfs, ctx=self.ctx, input=bytes(1 << 20))
        self.assertTrue(result.exit.ok)
        self.assertIsNone(result.stdout)

    def test_streams(self) -> None:
        with tempfile.TemporaryFile() as out:
            contain.run(["/bin/echo", "hi"], self.rootfs, ctx=self.ctx, stdout=out)
            self.assertEqual(os.pread(out.fileno(), 9, 0), b"hi\n")

    def test_timeout(self) -> None:
        begin = time.monotonic()
        for capture in (False, True):
            with self.assertRaises(contain.Timeout):
                contain.run(
                    ["/bin/sleep", "1000"], self.rootfs, ctx=self.ctx, timeout=0.2, capture_output=capture
                )
        self.assertLess(time.monotonic() - begin, 10)

    def test_check(self) -> None:
        with self.assertRaises(subprocess.CalledProcessError) as caught:
            contain.run(["/bin/false"], self.rootfs, ctx=self.ctx, check=True)
        self.assertEqual(caught.exception.returncode, 1)
        contain.run(["/bin/true"], self.rootfs, ctx=self.ctx, check=True)

    def test_config(self) -> None:
        config = self.ctx.default_config(self.rootfs)
        config["hostname"] = "inside"
        config["process"]["env"] = ["GREETING=hello"]
        result = contain.run(
            ["/bin/sh", "-c", "echo $GREETING; cat /proc/sys/kernel/hostname"],
            config=config, ctx=self.ctx, capture_output=True,
        )
        self.assertEqual(result.stdout, b"hello\ninside\n")

    def test_exclusive_arguments(self) -> None:
        with self.assertRaises(ValueError):
            contain.run(["x"], input=b"", stdin=0)
        with self.assertRaises(ValueError):
            contain.run(["x"], capture_output=True, stdout=1)

    def test_example(self) -> None:
        """Over the host's own root, with the default state root."""
        example = subprocess.run(
            [sys.executable, EXAMPLE, "/bin/sh", "-c", "echo $$; exit 3"],
            stdout=subprocess.PIPE, env=ENVIRONMENT, text=True,
        )
        self.assertEqual(example.stdout, "1\nended with 3\n")


if __name__ == "__main__":
    unittest.main()
