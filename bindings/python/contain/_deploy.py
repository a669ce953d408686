# SPDX-License-Identifier: MIT
"""Images as one archive, and as releases in a folder."""

from __future__ import annotations

from ctypes import byref, sizeof
from dataclasses import dataclass
from typing import Any

from . import _lib
from ._descriptor import HasFileno, fileno
from ._handle import Handle, StrPath, c_string, c_string_or_null, call_for_document, lib
from ._image import ImageOptions, UnpackOptions, image_options, unpack_options
from .constants import DeployFlags, ExportFlags, PruneFlags


@dataclass
class DeployOptions:
    """What is to become of an image that is deployed; the defaults make it the current release."""

    in_place: bool = False
    """Make the image what is in the folder itself, file by file; there are no releases then."""
    quick: bool = False
    """In place: take files of the same size and time for the same."""
    force: bool = False
    """In place: also where files are that were never deployed, which go."""
    env: bool = True
    """Write the file /.drootenv."""
    keep: int = 0
    """Releases that stay, the newest; 0 for all."""
    expect_digest: str | None = None
    """Refuse any other image or archive."""


def _deploy_options(options: DeployOptions | None) -> Any:
    o = options if options is not None else DeployOptions()
    flags = DeployFlags(0)
    for wanted, flag in (
        (o.in_place, DeployFlags.IN_PLACE),
        (o.quick, DeployFlags.QUICK),
        (o.force, DeployFlags.FORCE),
        (not o.env, DeployFlags.NO_ENV),
    ):
        if wanted:
            flags |= flag
    return byref(
        _lib.DeployOptions(
            size=sizeof(_lib.DeployOptions),
            flags=int(flags),
            keep=o.keep,
            expect_digest=c_string_or_null(o.expect_digest),
        )
    )


class Deploying:
    """The part of Context that is about archives and releases."""

    _handle: Handle

    def export_image(
        self,
        image: StrPath,
        file: HasFileno | int,
        options: ImageOptions | None = None,
        *,
        env: bool = True,
        devices: bool = True,
    ) -> dict[str, Any]:
        """Writes an image's root file system to @file as one tar, whose bytes follow from the image alone.

        Returns the "digest" and the "size" of the archive, and how many devices were left out ("skippedDevices").
        """
        flags = ExportFlags(0) if env else ExportFlags.NO_ENV
        flags |= ExportFlags(0) if devices else ExportFlags.NO_DEVICES
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, Any] = call_for_document(
                lib.contain_image_export, ctx, c_string(image), fileno(file), int(flags), opts
            )
        return result

    def deploy(
        self,
        image: StrPath,
        folder: StrPath,
        options: ImageOptions | None = None,
        unpack: UnpackOptions | None = None,
        deploy: DeployOptions | None = None,
    ) -> dict[str, Any]:
        """Makes an image the release that is in force in a folder.

        Returns its "status" ("deployed", "switched" or "unchanged"), "name" and "digest"; and what was "pruned"
        and could not be ("inUse"), or how many files were "changed", "unchanged" and "removed".
        """
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, Any] = call_for_document(
                lib.contain_deploy,
                ctx,
                c_string(image),
                c_string(folder),
                opts,
                unpack_options(unpack),
                _deploy_options(deploy),
            )
        return result

    def releases(self, folder: StrPath) -> list[dict[str, Any]]:
        """What was deployed to a folder, from the newest to the oldest."""
        with self._handle.borrowed() as ctx:
            result: list[dict[str, Any]] = call_for_document(lib.contain_releases_json, ctx, c_string(folder))
        return result

    def rollback(self, folder: StrPath, to: str | None = None) -> dict[str, Any]:
        """Makes the release @to the one in force, by default the one that was before."""
        with self._handle.borrowed() as ctx:
            result: dict[str, Any] = call_for_document(
                lib.contain_rollback, ctx, c_string(folder), c_string_or_null(to)
            )
        return result

    def prune(self, folder: StrPath, keep: int, *, dry_run: bool = False) -> dict[str, Any]:
        """Removes all releases but the @keep newest, and those that are needed: "pruned", "inUse"."""
        flags = PruneFlags.DRY_RUN if dry_run else PruneFlags(0)
        with self._handle.borrowed() as ctx:
            result: dict[str, Any] = call_for_document(
                lib.contain_prune, ctx, c_string(folder), keep, int(flags)
            )
        return result
