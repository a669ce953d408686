# SPDX-License-Identifier: MIT
"""Mounts in a container that is there."""

from __future__ import annotations

import os
from typing import Any

from ._descriptor import fileno
from ._handle import Handle, StrPath, c_string, call, lib
from .constants import MountFlags, UnmountFlags


def mount(handle: Handle, source: Any, target: StrPath, flags: MountFlags, userns: Any) -> None:
    """@source: a path, or a descriptor."""
    name = c_string(target)
    userns_fd = -1 if userns is None else fileno(userns)
    if userns is not None:
        flags |= MountFlags.IDMAP
    opened = isinstance(source, (str, bytes, os.PathLike))
    fd = os.open(source, os.O_PATH | os.O_CLOEXEC) if opened else fileno(source)
    try:
        with handle.borrowed() as c:
            call(lib.contain_mount, c, fd, name, int(flags), userns_fd)
    finally:
        if opened:
            os.close(fd)


def unmount(handle: Handle, target: StrPath, detach: bool) -> None:
    name = c_string(target)
    flags = UnmountFlags.DETACH if detach else UnmountFlags(0)
    with handle.borrowed() as c:
        call(lib.contain_unmount, c, name, int(flags))
