# SPDX-License-Identifier: MIT
"""The content store, and containers and configurations of images in it."""

import hashlib
import io
import json
import os
import platform
import tarfile
from typing import Any

import contain

from .support import ContainerTest

KIND = "application/vnd.oci.image."


def blob(layout: str, kind: str, data: bytes) -> dict[str, Any]:
    """Puts data into an image layout, and describes it."""
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(layout, "blobs/sha256", digest), "wb") as f:
        f.write(data)
    return {"mediaType": KIND + kind, "digest": "sha256:" + digest, "size": len(data)}


def make_layout(layout: str, rootfs: str, config: dict[str, Any]) -> str:
    """An image of one layer; its name."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        archive.add(os.path.join(rootfs, "bin"), "bin")
    os.makedirs(os.path.join(layout, "blobs/sha256"))
    described = blob(layout, "layer.v1.tar", layer.getvalue())
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    document = {
        "architecture": architecture,
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [described["digest"]]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": KIND + "manifest.v1+json",
        "config": blob(layout, "config.v1+json", json.dumps(document).encode()),
        "layers": [described],
    }
    named = {
        **blob(layout, "manifest.v1+json", json.dumps(manifest).encode()),
        "annotations": {"org.opencontainers.image.ref.name": "a"},
    }
    for name, value in (
        ("oci-layout", {"imageLayoutVersion": "1.0.0"}),
        ("index.json", {"schemaVersion": 2, "manifests": [named]}),
    ):
        with open(os.path.join(layout, name), "w", encoding="utf-8") as f:
            json.dump(value, f)
    return f"oci:{layout}:a"


class StoreTest(ContainerTest):
    def setUp(self) -> None:
        super().setUp()
        if self.ctx.features()["annotations"]["libcontain.images"] != "true":
            self.skipTest("this build has no part for images")
        config = {"Cmd": ["/bin/sh", "-c", "exit $A"], "Env": ["A=5"], "WorkingDir": "/tmp"}
        self.image = make_layout(os.path.join(self.folder, "layout"), self.rootfs, config)
        self.store = os.path.join(self.folder, "store")
        self.options = contain.ImageOptions(store=self.store)

    def test_what_is_kept_and_what_goes(self) -> None:
        with self.assertRaises(contain.ImageError) as caught:
            self.ctx.pull_image(self.image, "app:1", contain.ImageOptions(store=self.store, max_bytes=10))
        self.assertEqual(caught.exception.code, contain.ErrorCode.SIZE)
        self.assertEqual(self.ctx.pull_image(self.image, "app:1", self.options)["layers"], 1)
        fd, told = self.ctx.mount_image("app:1", "first", options=self.options)
        try:
            self.assertIn("sh", os.listdir(f"/proc/self/fd/{fd}/bin"))
        finally:
            os.close(fd)
        self.assertEqual(told["config"]["config"]["Env"], ["A=5"])
        listed = self.ctx.list_images(self.options)
        self.assertEqual([one["name"] for one in listed["images"]], ["app:1"])
        self.assertEqual([one["id"] for one in listed["containers"]], ["first"])
        self.ctx.remove_image("app:1", self.options)
        self.assertEqual(self.ctx.collect_images(options=self.options)["layers"], 0)
        self.ctx.release_image("first", self.options)
        would = self.ctx.collect_images(dry_run=True, options=self.options)
        self.assertEqual((would["containers"], would["layers"]), (0, 1))
        self.assertEqual(self.ctx.collect_images(options=self.options), would)

    def test_a_container(self) -> None:
        self.ctx.pull_image(self.image, "app:1", self.options)
        storage = os.path.join(self.folder, "copies")
        with contain.Container(ctx=self.ctx) as c:
            c.load_image("app:1", options=self.options, env={"A": "6"}, storage=storage)
            c.create()
            c.start()
            self.assertEqual(c.wait(timeout=20).code, 6)
        self.assertEqual(os.listdir(storage), [])
        self.assertEqual(os.listdir(os.path.join(self.store, "containers")), [])

    def test_a_configuration(self) -> None:
        config = self.ctx.image_config(self.image, ["/x"], user="7", env={"B": "1"})
        process = config["process"]
        self.assertEqual((config["root"]["path"], process["args"], process["cwd"]), ("rootfs", ["/x"], "/tmp"))
        self.assertEqual((process["user"]["uid"], process["env"][0], process["env"][-2]), (7, "A=5", "B=1"))
        with self.assertRaisesRegex(contain.ConfigError, "looked up"):
            self.ctx.image_config(self.image, user="app")
        with self.assertRaisesRegex(contain.ConfigError, "has no user"):
            self.ctx.image_config(self.image, user="app", rootfs=self.rootfs)
