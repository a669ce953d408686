# SPDX-License-Identifier: MIT
"""Images: what they are, unpacking them, and giving that up."""

import os
import tarfile

import contain

from .support import ContainerTest


class ImageTest(ContainerTest):
    def setUp(self) -> None:
        super().setUp()
        if self.ctx.features()["annotations"]["libcontain.images"] != "true":
            self.skipTest("this build has no part for images")
        self.image = os.path.join(self.folder, "image.tar")
        with tarfile.open(self.image, "w") as archive:
            archive.add(os.path.join(self.rootfs, "bin"), "bin")

    def test_inspect(self) -> None:
        told = self.ctx.inspect_image(self.image)
        self.assertEqual(told["name"], self.image)
        self.assertEqual(len(told["layers"]), 1)

    def test_unpack(self) -> None:
        seen: list[contain.ImageProgress] = []
        target = os.path.join(self.folder, "target")
        result = self.ctx.unpack_image(
            self.image,
            target,
            contain.ImageOptions(progress=seen.append, timeout=60),
            contain.UnpackOptions(owner=(7, 8)),
        )
        self.assertGreater(result["bytes"], 0)
        status = os.stat(os.path.join(target, "bin/busybox"))
        self.assertEqual((status.st_uid, status.st_gid), (7, 8))
        self.assertTrue(all(told.done <= told.total or told.total == 0 for told in seen))

    def test_shifted(self) -> None:
        target = os.path.join(self.folder, "target")
        maps = [(0, 100000, 65536)]
        self.ctx.unpack_image(self.image, target, unpack=contain.UnpackOptions(uid_maps=maps))
        self.assertEqual(os.stat(os.path.join(target, "bin/busybox")).st_uid, 100000)

    def test_errors(self) -> None:
        target = os.path.join(self.folder, "target")
        with self.assertRaises(contain.ImageError) as caught:
            self.ctx.unpack_image(self.image, target, unpack=contain.UnpackOptions(max_bytes=1000))
        self.assertEqual(caught.exception.code, contain.ErrorCode.SIZE)
        self.assertFalse(os.path.exists(target))
        with self.assertRaises(contain.ImageError):
            self.ctx.inspect_image(os.path.join(self.folder, "nothing"))
        with self.assertRaises(ValueError):
            self.ctx.unpack_image(
                self.image, target, unpack=contain.UnpackOptions(owner=(1, 1), subids=True)
            )

    def test_giving_up(self) -> None:
        def refuse(_told: contain.ImageProgress) -> None:
            raise KeyError("enough")

        read_end, write_end = os.pipe()
        try:
            with self.assertRaises(KeyError):
                self.ctx.inspect_image("-", contain.ImageOptions(stdin=read_end, progress=refuse))
            with self.assertRaises(contain.Timeout):
                self.ctx.inspect_image("-", contain.ImageOptions(stdin=read_end, timeout=0.1))
            with self.assertRaisesRegex(contain.Timeout, "nothing has come from"):
                self.ctx.inspect_image("-", contain.ImageOptions(stdin=read_end, stall_timeout=0.1))
        finally:
            os.close(read_end)
            os.close(write_end)
