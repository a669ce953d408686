# SPDX-License-Identifier: MIT
"""Containers of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import byref, sizeof

from ._handle import Handle, StrPath, c_string, c_string_or_null, c_strings, call, lib
from ._image import ImageOptions, image_options
from ._lib import RunOptions
from .constants import RunFlags


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
        """Takes root file system and configuration from an image, of which the container gets a copy of its own.

        `argv` takes the place of the image's Cmd, `entrypoint` that of its Entrypoint and Cmd. The copy goes with
        the container; `storage` is the folder that it is made in.
        """
        run = RunOptions(
            size=sizeof(RunOptions),
            flags=int(flags),
            user=c_string_or_null(user),
            cwd=c_string_or_null(cwd),
            entrypoint=None if entrypoint is None else c_strings(entrypoint),
            env_files=c_strings(env_files),
            env=c_strings([f"{name}={value}" for name, value in (env or {}).items()]),
            storage=c_string_or_null(storage),
        )
        words = None if argv is None else c_strings(argv)
        with self._handle.borrowed() as c, image_options(options) as opts:
            call(lib.contain_load_image, c, c_string(image), opts, byref(run), words)
