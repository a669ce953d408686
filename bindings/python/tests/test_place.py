# SPDX-License-Identifier: MIT
"""Containers of images, and programs in place."""

import os
import subprocess
import sys
import tarfile
import textwrap
import unittest

import contain

from .support import ENVIRONMENT, ContainerTest


class PlaceTest(ContainerTest):
    def test_become(self) -> None:
        program = textwrap.dedent("""
            import contain, os, sys
            c = contain.Container()
            c.load_place(sys.argv[1], ["/bin/sh", "-c", "echo inside $A; exit 9"], env={"A": "b=c"})
            print(os.getpid(), flush=True)
            c.become()
        """)
        host = subprocess.Popen(
            [sys.executable, "-c", program, self.rootfs],
            stdout=subprocess.PIPE, env=ENVIRONMENT, text=True,
        )
        output, _ = host.communicate(timeout=20)
        self.assertEqual(output.split(), [str(host.pid), "inside", "b=c"])
        self.assertEqual(host.returncode, 9)

    def test_what_is_refused(self) -> None:
        with contain.Container(ctx=self.ctx) as c:
            with self.assertRaisesRegex(contain.ConfigError, "has no user 'nobody-here'"):
                c.load_place(self.rootfs, ["/bin/true"], user="nobody-here")
            with self.assertRaisesRegex(contain.ConfigError, "unknown capability 'CAP_FLY'"):
                c.load_place(self.rootfs, ["/bin/true"], capabilities=["CAP_FLY"])


class LoadImageTest(ContainerTest):
    def test_from_the_image_to_the_end(self) -> None:
        if self.ctx.features()["annotations"]["libcontain.images"] != "true":
            self.skipTest("this build has no part for images")
        image, storage = os.path.join(self.folder, "image.tar"), os.path.join(self.folder, "copies")
        with tarfile.open(image, "w") as archive:
            archive.add(os.path.join(self.rootfs, "bin"), "bin")
        with contain.Container(ctx=self.ctx) as c:
            c.load_image(image, ["/bin/sh", "-c", 'exit "$A"'], env={"A": "7"}, storage=storage)
            self.assertEqual(len(os.listdir(storage)), 1)
            c.create()
            c.start()
            self.assertEqual(c.wait(timeout=20).code, 7)
        self.assertEqual(os.listdir(storage), [])
        # One from which no container is made goes with its handle.
        c = contain.Container(ctx=self.ctx)
        c.load_image(image, ["/bin/true"], storage=storage)
        self.assertEqual(len(os.listdir(storage)), 1)
        c.close()
        self.assertEqual(os.listdir(storage), [])


if __name__ == "__main__":
    unittest.main()
