# SPDX-License-Identifier: MIT
"""Writing a container to files, and making one from them."""

from __future__ import annotations

from ctypes import byref, sizeof

from ._handle import Handle, StrPath, c_string, c_string_or_null, call, lib
from ._lib import CheckpointOptions, RestoreOptions
from .constants import CheckpointFlags


class Checkpointed:
    """The part of Container that is about checkpoints."""

    _handle: Handle
    _created_here: bool

    def checkpoint(
        self,
        image_path: StrPath,
        *,
        flags: CheckpointFlags = CheckpointFlags(0),
        work_path: StrPath | None = None,
        parent_path: StrPath | None = None,
        page_server: str | None = None,
        status_fd: int | None = None,
        cgroups_mode: str | None = None,
        network_lock: str | None = None,
        criu: StrPath | None = None,
    ) -> None:
        """Writes the running container to files in `image_path`; then it is stopped, unless left running.

        CRIU's log is in `work_path`, or with the images. `parent_path`, of an earlier PRE_DUMP, is relative to
        `image_path`. `criu` is the program, where it is in none of the usual folders.
        """
        opts = CheckpointOptions(
            size=sizeof(CheckpointOptions),
            flags=int(flags),
            status_fd=status_fd or 0,
            image_path=c_string(image_path),
            work_path=c_string_or_null(work_path),
            parent_path=c_string_or_null(parent_path),
            page_server=c_string_or_null(page_server),
            cgroups_mode=c_string_or_null(cgroups_mode),
            network_lock=c_string_or_null(network_lock),
            criu=c_string_or_null(criu),
        )
        with self._handle.borrowed() as c:
            call(lib.contain_checkpoint, c, byref(opts))

    def restore(
        self,
        image_path: StrPath,
        *,
        flags: CheckpointFlags = CheckpointFlags(0),
        work_path: StrPath | None = None,
        cgroups_mode: str | None = None,
        network_lock: str | None = None,
        lsm_profile: str | None = None,
        lsm_mount_context: str | None = None,
        criu: StrPath | None = None,
    ) -> None:
        """Makes this container, whose configuration is loaded, from a checkpoint; its program runs at once."""
        opts = RestoreOptions(
            size=sizeof(RestoreOptions),
            flags=int(flags),
            image_path=c_string(image_path),
            work_path=c_string_or_null(work_path),
            cgroups_mode=c_string_or_null(cgroups_mode),
            network_lock=c_string_or_null(network_lock),
            lsm_profile=c_string_or_null(lsm_profile),
            lsm_mount_context=c_string_or_null(lsm_mount_context),
            criu=c_string_or_null(criu),
        )
        with self._handle.borrowed() as c:
            call(lib.contain_restore, c, byref(opts))
            self._created_here = True
