# SPDX-License-Identifier: MIT
"""Containers of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import byref, sizeof
from typing import Any

from ._handle import Handle, StrPath, c_string, c_string_or_null, c_strings, call, call_for_document, lib
from ._image import ImageOptions, image_options
from ._lib import RunOptions
from .constants import RunFlags


def _run_options(
    flags: RunFlags,
    user: str | None,
    cwd: StrPath | None,
    entrypoint: Sequence[StrPath] | None,
    env_files: Sequence[StrPath],
    env: Mapping[str, str] | None,
    storage: StrPath | None,
) -> Any:
    """What is to differ from what an image says, as C takes it."""
    return byref(
        RunOptions(
            size=sizeof(RunOptions),
            flags=int(flags),
            user=c_string_or_null(user),
            cwd=c_string_or_null(cwd),
            entrypoint=None if entrypoint is None else c_strings(entrypoint),
            env_files=c_strings(env_files),
            env=c_strings([f"{name}={value}" for name, value in (env or {}).items()]),
            storage=c_string_or_null(storage),
        )
    )


class Configuring:
    """The part of Context that is about configurations of images."""

    _handle: Handle

    def image_config(
        self,
        image: StrPath,
        argv: Sequence[StrPath] | None = None,
        *,
        rootfs: StrPath | None = None,
        options: ImageOptions | None = None,
        flags: RunFlags = RunFlags(0),
        user: str | None = None,
        cwd: StrPath | None = None,
        entrypoint: Sequence[StrPath] | None = None,
        env_files: Sequence[StrPath] = (),
        env: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The config.json of a container of an image, for a bundle in which that is unpacked to "rootfs".

        Users are looked up in `rootfs`, to which the image was unpacked; without, they have to be numbers.
        """
        run = _run_options(flags, user, cwd, entrypoint, env_files, env, None)
        words = None if argv is None else c_strings(argv)
        root = c_string_or_null(rootfs)
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, Any] = call_for_document(
                lib.contain_image_config, ctx, c_string(image), root, opts, run, words
            )
        return result


class Imaged:
    """The part of Container that is about its image."""

    _handle: Handle

    def load_image(
        self,
        image: StrPath,
        argv: Sequence[StrPath] | None = None,
        *,
        options: ImageOptions | None = None,
        flags: RunFlags = RunFlags(0),
        user: str | None = None,
        cwd: StrPath | None = None,
        entrypoint: Sequence[StrPath] | None = None,
        env_files: Sequence[StrPath] = (),
        env: Mapping[str, str] | None = None,
        storage: StrPath | None = None,
    ) -> None:
        """Takes root file system and configuration from an image: the layers of ImageOptions.store, or a copy.

        `argv` takes the place of the image's Cmd, `entrypoint` that of its Entrypoint and Cmd. A copy goes with
        the container; `storage` is the folder that it is made in.
        """
        run = _run_options(flags, user, cwd, entrypoint, env_files, env, storage)
        words = None if argv is None else c_strings(argv)
        with self._handle.borrowed() as c, image_options(options) as opts:
            call(lib.contain_load_image, c, c_string(image), opts, run, words)
