# SPDX-License-Identifier: MIT
"""Configurations for programs that run in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import byref, sizeof

from ._handle import Handle, StrPath, c_string, c_string_or_null, c_strings, call, lib
from ._lib import PlaceOptions
from .constants import PlaceFlags


class Placed:
    """The part of Container that is about programs in place."""

    _handle: Handle

    def load_place(
        self,
        rootfs: StrPath,
        argv: Sequence[StrPath],
        *,
        flags: PlaceFlags = PlaceFlags(0),
        user: str | None = None,
        group: str | None = None,
        cwd: StrPath | None = None,
        binds: Sequence[StrPath] = (),
        read_only_binds: Sequence[StrPath] = (),
        env_files: Sequence[StrPath] = (),
        env: Mapping[str, str] | None = None,
        cap_profile: str | None = None,
        capabilities: Sequence[str] = (),
        notify_socket: StrPath | None = None,
    ) -> None:
        """Takes a configuration for become(): a command in a root file system, and in the host otherwise.

        `user` and `group` are names of the image or ids, binds are "SOURCE[:TARGET[:OPTIONS]]". The environment
        is that of the image's /.drootenv, then of `env_files`, then `env`. `cap_profile` is "droot", "image" or
        "none"; `capabilities` are kept besides.
        """
        opts = PlaceOptions(
            size=sizeof(PlaceOptions),
            flags=int(flags),
            user=c_string_or_null(user),
            group=c_string_or_null(group),
            cwd=c_string_or_null(cwd),
            binds=c_strings(binds),
            read_only_binds=c_strings(read_only_binds),
            env_files=c_strings(env_files),
            env=c_strings([f"{name}={value}" for name, value in (env or {}).items()]),
            cap_profile=c_string_or_null(cap_profile),
            capabilities=c_strings(capabilities) if capabilities else None,
            notify_socket=c_string_or_null(notify_socket),
        )
        path = c_string(rootfs)
        words = c_strings(argv)
        with self._handle.borrowed() as c:
            call(lib.contain_load_place, c, path, byref(opts), words)
