# SPDX-License-Identifier: MIT
"""What a container with a keeper can do besides."""

from __future__ import annotations

from ctypes import byref, c_void_p, sizeof

from ._handle import Handle, StrPath, c_string_or_null, call, lib
from ._lib import KeeperOptions, LogsOptions
from ._streams import Attachment, Logs
from .constants import AttachFlags, KeeperFlags, LogsFlags


class Kept:
    """The part of Container that is about its keeper."""

    _handle: Handle

    def set_keeper(
        self,
        flags: KeeperFlags = KeeperFlags(0),
        *,
        log_path: StrPath | None = None,
        log_bytes: int = 0,
        log_files: int = 0,
    ) -> None:
        """Gives the container a keeper: a small process that stays with it when this one goes.

        It holds the streams or the terminal, writes their log (in the container's state folder, unless
        log_path says otherwise; log_files files of log_bytes each), and writes down how the container ended.
        """
        options = KeeperOptions(
            size=sizeof(KeeperOptions),
            flags=int(flags),
            log_files=log_files,
            log_bytes=log_bytes,
            log_path=c_string_or_null(log_path),
        )
        with self._handle.borrowed() as c:
            call(lib.contain_set_keeper, c, byref(options))

    def attach(self, flags: AttachFlags = AttachFlags(0)) -> Attachment:
        """Connects with the streams of a container that has a keeper; by default with all of them."""
        ret = c_void_p()
        with self._handle.borrowed() as c:
            call(lib.contain_attach, c, int(flags), byref(ret))
        assert ret.value is not None
        return Attachment(ret.value)

    def resize(self, rows: int, columns: int) -> None:
        """Sets the size of the container's terminal."""
        with self._handle.borrowed() as c:
            call(lib.contain_resize, c, rows, columns)

    def logs(self, *, follow: bool = False, tail: int | None = None, since_ns: int = 0) -> Logs:
        """The log of a container that has, or had, a keeper, entry by entry.

        With `follow`, waits for more until the container has written its last; with `tail`, begins at so many
        lines before the end; with `since_ns`, at that time.
        """
        options = LogsOptions(
            size=sizeof(LogsOptions),
            flags=int(LogsFlags.FOLLOW if follow else LogsFlags(0)),
            has_tail=int(tail is not None),
            tail=tail or 0,
            since_nsec=since_ns,
        )
        ret = c_void_p()
        with self._handle.borrowed() as c:
            call(lib.contain_logs, c, byref(options), byref(ret))
        assert ret.value is not None
        return Logs(ret.value)
