# SPDX-License-Identifier: MIT
"""One more process in a container: what Container.exec() returns."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from ctypes import byref, c_int, c_void_p, sizeof
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _wait
from ._descriptor import Descriptor, fileno
from ._handle import Handle, StrPath, c_string_or_null, c_strings, call, lib
from ._lib import ExecOptions, Exit
from .constants import ErrorCode, ExecFlags
from .errors import Timeout
from .exit_status import ExitStatus

if TYPE_CHECKING:
    from .container import Container


class ExecRequest:
    """What a process gets besides its document, kept for as long as C looks at it."""

    def __init__(
        self,
        stdin: Descriptor | None,
        stdout: Descriptor | None,
        stderr: Descriptor | None,
        fds: Sequence[Descriptor],
        console_socket: StrPath | None,
        cgroups: Sequence[str],
        timeout: float | None,
    ) -> None:
        streams = [-1 if f is None else fileno(f) for f in (stdin, stdout, stderr)]
        self._keep: list[Any] = [
            (c_int * 3)(*streams),
            (c_int * len(fds))(*(fileno(f) for f in fds)),
            c_strings(cgroups),
        ]
        self.options = ExecOptions(size=sizeof(ExecOptions), n_fds=len(fds))
        self.options.stdio, self.options.fds = self._keep[0], self._keep[1]
        self.options.cgroups = self._keep[2]
        self.options.console_socket = c_string_or_null(console_socket)
        self.options.timeout_ms = 0 if timeout is None else max(1, _wait.Deadline(timeout).left_ms() or 0)


class Process:
    """One more process in a container. Any thread may use it.

    As a context manager, and when it is collected, it closes its handle: the process is killed then if it
    still runs, unless it was started with `detach`.
    """

    def __init__(
        self,
        container: Container,
        document: bytes,
        request: ExecRequest,
        detach: bool,
        ignore_paused: bool,
    ) -> None:
        flags = ExecFlags(0)
        if detach:
            flags |= ExecFlags.DETACH
        if ignore_paused:
            flags |= ExecFlags.IGNORE_PAUSED
        request.options.flags = int(flags)
        made = c_void_p()
        with container._handle.borrowed() as c:
            call(lib.contain_exec, c, document, len(document), byref(request.options), byref(made))
        assert made.value is not None
        self._handle = Handle(
            made.value, lib.contain_process_ref, lib.contain_process_unref, container._handle
        )

    def close(self) -> None:
        """Gives the handle back; kills the process if it runs and is not detached."""
        self._handle.close()

    @property
    def closed(self) -> bool:
        return self._handle.closed

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<Process closed>" if self.closed else f"<Process {self.pid}>"

    def signal(self, signo: int) -> None:
        """Sends a signal; raises NotRunning when the process has ended."""
        with self._handle.borrowed() as p:
            call(lib.contain_process_signal, p, int(signo))

    def wait(self, timeout: float | None = None) -> ExitStatus:
        """Waits until the process has ended; raises Timeout after `timeout` seconds."""
        if not _wait.readable([self.event_fd()], _wait.Deadline(timeout)):
            raise Timeout(
                errno.ETIMEDOUT,
                f"the process still runs after {timeout} s",
                code=ErrorCode.TIMEOUT,
            )
        return self._exit_status()

    async def wait_async(self) -> ExitStatus:
        """Like wait(), in the running event loop, without a thread."""
        await _wait.readable_async([self.event_fd()])
        return self._exit_status()

    def _exit_status(self) -> ExitStatus:
        ret = Exit(size=sizeof(Exit))
        with self._handle.borrowed() as p:
            call(lib.contain_process_wait, p, _wait.GRACE_MS, byref(ret))
        return ExitStatus._read(ret)

    def resize(self, rows: int, columns: int) -> None:
        """Sets the size of the process's terminal."""
        with self._handle.borrowed() as p:
            call(lib.contain_process_resize, p, rows, columns)

    @property
    def pid(self) -> int:
        """The process as the caller sees it. For display: see pidfd()."""
        with self._handle.borrowed() as p:
            pid: int = lib.contain_process_pid(p)
        return pid

    def pidfd(self) -> int:
        """The process as a new descriptor."""
        with self._handle.borrowed() as p:
            return call(lib.contain_process_pidfd, p)

    def console_fd(self) -> int:
        """The master end of the process's terminal, as a new descriptor."""
        with self._handle.borrowed() as p:
            return call(lib.contain_process_console_fd, p)

    def event_fd(self) -> int:
        """A new descriptor that is readable when the process has ended. Never read from it."""
        with self._handle.borrowed() as p:
            return call(lib.contain_process_event_fd, p)
