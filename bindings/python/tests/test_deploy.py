# SPDX-License-Identifier: MIT
"""Images as one archive, and as releases."""

import hashlib
import os
import tarfile
import unittest

import contain

from .support import ContainerTest


class DeployTest(ContainerTest):
    def setUp(self) -> None:
        super().setUp()
        if self.ctx.features()["annotations"]["libcontain.images"] != "true":
            self.skipTest("this build has no part for images")
        self.top = os.path.join(self.folder, "app")

    def image(self, version: str) -> str:
        """A root file system in a tar, with one file."""
        path = os.path.join(self.folder, version)
        with open(path, "w", encoding="utf-8") as f:
            f.write(version)
        os.utime(path, (0, 0))
        with tarfile.open(path + ".tar", "w") as archive:
            archive.add(path, "version")
        return path + ".tar"

    def current(self) -> str:
        with open(os.path.join(self.top, "current/version"), encoding="utf-8") as f:
            return f.read()

    def deploy(self, version: str, **options: object) -> dict[str, object]:
        return self.ctx.deploy(self.image(version), self.top, deploy=contain.DeployOptions(**options))  # type: ignore[arg-type]

    def test_export(self) -> None:
        path = os.path.join(self.folder, "archive")
        with open(path, "wb") as f:
            result = self.ctx.export_image(self.image("one"), f, devices=False)
        with open(path, "rb") as f:
            data = f.read()
        self.assertEqual(result["digest"], "sha256:" + hashlib.sha256(data).hexdigest())
        self.assertEqual((result["size"], result["skippedDevices"]), (len(data), 0))
        with open(os.devnull, "wb") as f:
            with self.assertRaises(contain.ImageError) as caught:
                self.ctx.export_image(self.image("one"), f, contain.ImageOptions(max_bytes=1))
            self.assertEqual(caught.exception.code, contain.ErrorCode.SIZE)

    def test_releases(self) -> None:
        first = self.deploy("one")
        self.assertEqual((first["status"], self.current()), ("deployed", "one"))
        self.assertEqual(self.deploy("one")["status"], "unchanged")
        second = self.deploy("two", expect_digest=None)
        self.assertEqual([r["name"] for r in self.ctx.releases(self.top)], [second["name"], first["name"]])
        back = self.ctx.rollback(self.top)
        self.assertEqual((back["status"], back["name"], self.current()), ("switched", first["name"], "one"))
        self.assertEqual(self.ctx.rollback(self.top, str(first["name"]))["status"], "unchanged")
        with self.assertRaises(contain.ImageError):
            self.ctx.rollback(self.top, "none")
        third = self.deploy("three")
        self.assertEqual(self.ctx.prune(self.top, 0, dry_run=True), {"pruned": [second["name"]], "inUse": []})
        fourth = self.deploy("four", keep=1)
        self.assertEqual((fourth["pruned"], self.current()), ([second["name"], first["name"]], "four"))
        self.assertEqual(self.ctx.prune(self.top, 0)["pruned"], [])
        self.assertEqual([r["name"] for r in self.ctx.releases(self.top)], [fourth["name"], third["name"]])

    def test_one_that_is_used(self) -> None:
        first = self.deploy("one")
        for version in ("two", "three"):
            self.deploy(version)
        with open(f"{self.top}/releases/{first['name']}/rootfs/version", encoding="utf-8"):
            found = self.ctx.prune(self.top, 0)
        self.assertEqual(found["pruned"], [])
        self.assertEqual(
            found["inUse"], [{"name": first["name"], "pid": os.getpid(), "how": "fd"}]
        )

    def test_in_place(self) -> None:
        done = self.deploy("one", in_place=True)
        self.assertEqual((done["changed"], done["removed"]), (1, 0))
        with open(os.path.join(self.top, "version"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "one")
        with self.assertRaises(contain.ImageError):
            self.deploy("two")

    def test_another_image_than_expected(self) -> None:
        with self.assertRaises(contain.ImageError) as caught:
            self.deploy("one", expect_digest="sha256:" + "0" * 64)
        self.assertEqual(caught.exception.code, contain.ErrorCode.DIGEST)
        self.assertFalse(os.path.exists(self.top))
        with self.assertRaises(contain.ImageError):
            self.ctx.releases(self.folder)


if __name__ == "__main__":
    unittest.main()
