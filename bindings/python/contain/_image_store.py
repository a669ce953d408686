# SPDX-License-Identifier: MIT
"""The content store: images that were pulled, and root file systems over their layers."""

from __future__ import annotations

from ctypes import byref, c_int
from typing import Any

from ._descriptor import fileno
from ._handle import Handle, StrPath, c_string, c_string_or_null, call, call_for_document, lib
from ._image import ImageOptions, image_options
from .constants import CollectFlags


class Storing:
    """The part of Context that is about the content store; ImageOptions.store says which one."""

    _handle: Handle

    def pull_image(
        self, image: StrPath, name: str | None = None, options: ImageOptions | None = None
    ) -> dict[str, Any]:
        """Brings an image into the store: "name", "digest", "layers", "size". Files and folders need a @name."""
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, Any] = call_for_document(
                lib.contain_image_pull, ctx, c_string(image), c_string_or_null(name), opts
            )
        return result

    def list_images(self, options: ImageOptions | None = None) -> dict[str, Any]:
        """What is in the store: "images", and the "containers" that use them."""
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, Any] = call_for_document(lib.contain_image_store_list_json, ctx, opts)
        return result

    def remove_image(self, name: str, options: ImageOptions | None = None) -> None:
        """Takes a name out of the store; collect_images() frees the space."""
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            call(lib.contain_image_store_remove, ctx, c_string(name), opts)

    def collect_images(self, dry_run: bool = False, options: ImageOptions | None = None) -> dict[str, int]:
        """Removes what no name and no container needs: how many "blobs", "layers", "partial" ones, and "bytes"."""
        flags = int(CollectFlags.DRY_RUN if dry_run else 0)
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, int] = call_for_document(lib.contain_image_store_collect, ctx, flags, opts)
        return result

    def mount_image(
        self, image: StrPath, container_id: str | None, userns: Any = None, options: ImageOptions | None = None
    ) -> tuple[int, dict[str, Any]]:
        """
        A root file system over an image's layers: the descriptor of a mount that is attached nowhere, and the
        "image" with its "config". What is written is kept under @container_id; None: nothing can be.
        """
        fd = c_int(-1)
        userns_fd = -1 if userns is None else fileno(userns)
        name, own = c_string(image), c_string_or_null(container_id)
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, Any] = call_for_document(
                lib.contain_image_store_mount, ctx, name, own, userns_fd, opts, byref(fd)
            )
        return fd.value, result

    def release_image(self, container_id: str, options: ImageOptions | None = None) -> None:
        """Removes what was written to a root file system of mount_image(), which is unmounted."""
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            call(lib.contain_image_store_release, ctx, c_string(container_id), opts)
