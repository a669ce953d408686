# SPDX-License-Identifier: MIT
"""A kept container's streams and its log."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from ctypes import byref, c_uint64, sizeof
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO

from ._handle import call, lib
from ._lib import LogEntry as _Entry
from .errors import ContainError, Timeout

_SLICE_MS = 200
"""How long a call in C waits before signal handlers of Python get their turn."""


class _Owned:
    """A C object that one caller uses at a time."""

    def __init__(self, address: int, free: Callable[[int], Any]) -> None:
        self._address: int | None = address
        self._lock = threading.Lock()
        self._finalizer = weakref.finalize(self, free, address)

    def _call(self, function: Callable[..., int], *arguments: Any) -> int:
        with self._lock:
            if self._address is None:
                raise ValueError("operation on a closed object")
            return call(function, self._address, *arguments)

    def close(self) -> None:
        """Ends it. Closing twice is fine."""
        with self._lock:
            self._address = None
            self._finalizer()


class Attachment(_Owned):
    """A connection with the streams of a container, as files; a context manager, which closes all of them.

    Output is what is written from the moment of attaching on, and ends when the container has written its last.
    """

    stdin: BinaryIO | None
    """Unbuffered. None when the container reads nothing, or this was not asked for."""
    stdout: BinaryIO | None
    stderr: BinaryIO | None
    """None for a terminal, too."""

    def __init__(self, address: int) -> None:
        super().__init__(address, lib.contain_attachment_free)
        self.stdin = self._stream(0, "wb")
        self.stdout = self._stream(1, "rb")
        self.stderr = self._stream(2, "rb")

    def _stream(self, number: int, mode: str) -> BinaryIO | None:
        try:
            fd = self._call(lib.contain_attachment_fd, number)
        except ContainError:
            return None
        return os.fdopen(fd, mode, buffering=0)  # type: ignore[return-value]

    def lost(self) -> int:
        """How many bytes of output this connection has missed, being slow."""
        ret = c_uint64()
        self._call(lib.contain_attachment_lost, byref(ret))
        return ret.value

    def close(self) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        super().close()

    def __enter__(self) -> Attachment:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True)
class LogEntry:
    """One entry of a container's log."""

    time_ns: int
    """When it was written, as time.time_ns() has it."""
    stream: int
    """1: standard output; 2: standard error."""
    text: bytes
    """Without the end of the line."""
    partial: bool
    """The line goes on in the next entry of the same stream."""
    gap: bool
    """What was before has been rotated away before it could be read."""

    @property
    def bytes(self) -> bytes:
        """What the container wrote: with the end of the line, if it had one."""
        return self.text if self.partial else self.text + b"\n"


class Logs(_Owned, Iterator[LogEntry]):
    """The entries of a container's log, one after the other."""

    def __init__(self, address: int) -> None:
        super().__init__(address, lib.contain_log_free)

    def __next__(self) -> LogEntry:
        while True:
            entry = _Entry(size=sizeof(_Entry))
            try:
                if self._call(lib.contain_log_next, _SLICE_MS, byref(entry)) == 0:
                    raise StopIteration
            except Timeout:
                continue
            return LogEntry(
                entry.time_nsec,
                entry.stream,
                entry.text[: entry.length],
                bool(entry.partial),
                bool(entry.gap),
            )
