# SPDX-License-Identifier: MIT
"""One container: its configuration, its life, and looking at it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from ctypes import byref, sizeof
from types import TracebackType
from typing import Any, NoReturn

from . import _mount, _wait
from ._descriptor import Descriptor, fileno
from ._checkpoint import Checkpointed
from ._handle import (
    Handle,
    StrPath,
    c_string,
    c_string_or_null,
    c_strings,
    call,
    call_for_document,
    call_for_object,
    lib,
    text,
)
from ._lib import Exit
from ._keeper import Kept
from ._image_run import Imaged
from ._place import Placed
from .constants import DestroyFlags, ErrorCode, Event
from .constants import Flags, MountFlags, SignalFlags, Status
from .context import Context
from .errors import NotFound, NotRunning, Timeout
from .exit_status import ExitStatus
from .process import ExecRequest, Process

def _document(config: Mapping[str, Any] | str | bytes) -> bytes:
    if isinstance(config, Mapping):
        config = json.dumps(config, ensure_ascii=False, allow_nan=False)
    return config.encode() if isinstance(config, str) else bytes(config)


class Container(Kept, Checkpointed, Placed, Imaged):
    """One container. Any thread may use it; wait() and signal() run beside every other call.

    Container() makes the handle of a container that does not exist yet: load a configuration, then
    create() and start(). Container.open() makes a handle of one that exists.

    As a context manager, it destroys the container on the way out, by force, if this object
    created it, and closes the handle. Without one, closing or collecting the object leaves the
    container alone, unless it is ephemeral: that one ends with its last handle.
    """

    def __init__(self, id: str | None = None, ctx: Context | None = None) -> None:
        self._adopt(lib.contain_new, c_string_or_null(id), ctx)

    @classmethod
    def open(cls, id: str, ctx: Context | None = None) -> Container:
        """A handle of a container that exists; raises NotFound."""
        self = cls.__new__(cls)
        self._adopt(lib.contain_open, c_string(id), ctx)
        return self

    def _adopt(self, make: Any, id: bytes | None, ctx: Context | None) -> None:
        with contextlib.ExitStack() as stack:
            address = stack.enter_context(ctx._handle.borrowed()) if ctx is not None else None
            made = call_for_object(make, address, id)
        self._handle = Handle(made, lib.contain_ref, lib.contain_unref, ctx and ctx._log)
        self._created_here = False

    def close(self) -> None:
        """Gives the handle back. The container lives on, unless it is ephemeral."""
        self._handle.close()

    @property
    def closed(self) -> bool:
        return self._handle.closed

    def __enter__(self) -> Container:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._created_here and not self.closed:
                with contextlib.suppress(NotFound):
                    self.destroy(force=True)
        finally:
            self.close()

    def __repr__(self) -> str:
        return "<Container closed>" if self.closed else f"<Container {self.id!r}>"

    @property
    def id(self) -> str:
        with self._handle.borrowed() as c:
            return text(lib.contain_id(c))

    # --- the configuration ---------------------------------------------------------------------

    def load_bundle(self, directory: StrPath) -> None:
        """Reads the config.json of a bundle."""
        path = c_string(directory)
        with self._handle.borrowed() as c:
            call(lib.contain_load_bundle, c, path)

    def load_config(
        self, config: Mapping[str, Any] | str | bytes, directory: StrPath | None = None
    ) -> None:
        """Takes a configuration: a dict, or a config.json document.

        Relative paths in it start from `directory`, or else from the working directory.
        """
        document = _document(config)
        path = c_string_or_null(directory)
        with self._handle.borrowed() as c:
            call(lib.contain_load_config, c, document, len(document), path)

    def load_rootfs(self, rootfs: StrPath, argv: Sequence[StrPath]) -> None:
        """Takes the default configuration, for a command in a root file system.

        "/" is the host's own root, read-only.
        """
        path = c_string(rootfs)
        words = c_strings(argv)
        with self._handle.borrowed() as c:
            call(lib.contain_load_rootfs, c, path, words)

    def set_flags(self, flags: Flags) -> None:
        """Chooses how the container is made; replaces what was set before."""
        with self._handle.borrowed() as c:
            call(lib.contain_set_flags, c, int(flags))

    def set_stdio(
        self,
        stdin: Descriptor | None = None,
        stdout: Descriptor | None = None,
        stderr: Descriptor | None = None,
    ) -> None:
        """Chooses the standard streams of the container's process; None is the caller's own."""
        numbers = [-1 if stream is None else fileno(stream) for stream in (stdin, stdout, stderr)]
        with self._handle.borrowed() as c:
            call(lib.contain_set_stdio, c, *numbers)

    def add_fd(self, fd: Descriptor) -> int:
        """Passes one more descriptor on; returns its number inside, from 3 on."""
        with self._handle.borrowed() as c:
            return call(lib.contain_add_fd, c, fileno(fd))

    def set_rootfs_fd(self, fd: Descriptor) -> None:
        """Gives the root file system as an open folder or a detached mount."""
        with self._handle.borrowed() as c:
            call(lib.contain_set_rootfs_fd, c, fileno(fd))

    def set_namespace_fd(self, type: str, fd: Descriptor) -> None:
        """Gives a namespace to join: "network" and an opened /proc/PID/ns/net, for instance."""
        name = c_string(type)
        with self._handle.borrowed() as c:
            call(lib.contain_set_namespace_fd, c, name, fileno(fd))

    def set_console_socket(self, path: StrPath | None) -> None:
        """Chooses the socket that receives the terminal; None keeps it for console_fd()."""
        name = c_string_or_null(path)
        with self._handle.borrowed() as c:
            call(lib.contain_set_console_socket, c, name)

    def set_seccomp_socket(self, fd: Descriptor) -> None:
        """Chooses the connected socket that receives the seccomp notification descriptor."""
        with self._handle.borrowed() as c:
            call(lib.contain_set_seccomp_socket, c, fileno(fd))

    def set_listen_fds(self, n: int, names: Sequence[str] = ()) -> None:
        """Says that the first n of the added descriptors are sockets to serve (sd_listen_fds(3))."""
        text = c_string_or_null(":".join(names) if names else None)
        with self._handle.borrowed() as c:
            call(lib.contain_set_listen_fds, c, n, text)

    def set_notify_socket(self, path: StrPath | None) -> None:
        """Chooses the service manager's socket that is told when the program is ready; None for nobody."""
        name = c_string_or_null(path)
        with self._handle.borrowed() as c:
            call(lib.contain_set_notify_socket, c, name)

    def plan(self) -> dict[str, Any]:
        """The steps that would make the container; runs nothing and needs no privilege."""
        with self._handle.borrowed() as c:
            result: dict[str, Any] = call_for_document(lib.contain_plan_json, c)
        return result

    def check(
        self,
        config: Mapping[str, Any] | str | bytes | None = None,
        directory: StrPath | None = None,
    ) -> list[dict[str, Any]]:
        """All that keeps a configuration from becoming a container here; none when it is empty.

        Without `config` it is that of the bundle `directory`. Each problem has "pointer", "cause"
        ("config", "kernel", "privilege", "build", "other"), "sentence", "hint", "message", "step",
        "code" and "errno". Makes nothing, changes nothing, needs no privilege.
        """
        document = None if config is None else _document(config)
        path = c_string_or_null(directory)
        with self._handle.borrowed() as c:
            result: dict[str, Any] = call_for_document(
                lib.contain_check, c, document, len(document or b""), path
            )
        problems: list[dict[str, Any]] = result["problems"]
        return problems

    # --- the life cycle ------------------------------------------------------------------------

    def create(self) -> None:
        """Makes the container, up to but not including the user's program."""
        with self._handle.borrowed() as c:
            call(lib.contain_create, c)
            self._created_here = True

    def start(self) -> None:
        """Runs the user's program; raises ProgramError when it cannot be executed."""
        with self._handle.borrowed() as c:
            call(lib.contain_start, c)

    def pause(self) -> None:
        """Freezes every process in the container; returns when all of them stand still."""
        with self._handle.borrowed() as c:
            call(lib.contain_pause, c)

    def resume(self) -> None:
        """Lets a paused container go on."""
        with self._handle.borrowed() as c:
            call(lib.contain_resume, c)

    def update(self, resources: Mapping[str, Any] | str | bytes) -> None:
        """Changes limits: a linux.resources object, of which what it names changes.

        A failure changes nothing; its pointer leads into `resources`.
        """
        document = _document(resources)
        with self._handle.borrowed() as c:
            call(lib.contain_update, c, document, len(document))

    def mount(
        self,
        source: Descriptor | StrPath,
        target: StrPath,
        flags: MountFlags = MountFlags(0),
        *,
        userns: Descriptor | None = None,
    ) -> None:
        """Mounts a file or folder of the host's, by path or descriptor, at an absolute path inside.

        With `userns` the mount has the ids of that user namespace.
        """
        _mount.mount(self._handle, source, target, flags, userns)

    def unmount(self, target: StrPath, *, detach: bool = False) -> None:
        """Takes off what is mounted there; with `detach` also when it is in use."""
        _mount.unmount(self._handle, target, detach)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Pauses for the length of a with block."""
        self.pause()
        try:
            yield
        finally:
            with contextlib.suppress(NotRunning):  # it may have been killed meanwhile
                self.resume()

    def signal(self, signo: int, *, all_processes: bool = False) -> None:
        """Sends a signal to the container's first process, or to each of its processes."""
        flags = SignalFlags.ALL if all_processes else SignalFlags(0)
        with self._handle.borrowed() as c:
            call(lib.contain_signal, c, int(signo), int(flags))

    def stop_signal(self) -> int:
        """The signal that the container asks to be ended with: its image's, or SIGTERM."""
        with self._handle.borrowed() as c:
            return call(lib.contain_stop_signal, c)

    def wait(self, timeout: float | None = None) -> ExitStatus:
        """Waits until the container's process has ended; raises Timeout after `timeout` seconds.

        Other threads run meanwhile, signal handlers too: Ctrl-C ends it. Asking again gives the
        same answer.
        """
        deadline = _wait.Deadline(timeout)
        status = self._exit_status(0)
        while status is None:
            fds = self._end_fds()
            if fds and not _wait.readable(fds, deadline):
                raise Timeout(
                    errno.ETIMEDOUT,
                    f"the container still runs after {timeout} s",
                    code=ErrorCode.TIMEOUT,
                )
            status = self._exit_status(_wait.GRACE_MS)
        return status

    async def wait_async(self) -> ExitStatus:
        """Like wait(), in the running event loop, without a thread."""
        status = self._exit_status(0)
        while status is None:
            fds = self._end_fds()
            if fds:
                await _wait.readable_async(fds)
            status = self._exit_status(_wait.GRACE_MS)
        return status

    def exec(
        self,
        args: Sequence[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        user: tuple[int, int] | None = None,
        terminal: bool = False,
        changes: Mapping[str, Any] | None = None,
        document: Mapping[str, Any] | str | bytes | None = None,
        stdin: Descriptor | None = None,
        stdout: Descriptor | None = None,
        stderr: Descriptor | None = None,
        fds: Sequence[Descriptor] = (),
        console_socket: StrPath | None = None,
        cgroups: Sequence[str] = (),
        detach: bool = False,
        ignore_paused: bool = False,
        timeout: float | None = None,
    ) -> Process:
        """Runs one more program in the container; raises ProgramError when it cannot be executed.

        It is like the container's own process, but for what the arguments say; `changes` has any other member
        of the process object of a config.json. A whole `document` takes the place of all of these.
        Without `detach`, the process is killed when its object is closed. Raises Timeout when the program
        does not run after `timeout` seconds.
        """

        if document is None:
            more = dict(changes or {})
            more |= {"terminal": terminal}
            if args is not None:
                more["args"] = list(args)
            if env:
                more["env"] = [*more.get("env", ()), *(f"{k}={v}" for k, v in env.items())]
            if cwd is not None:
                more["cwd"] = cwd
            if user is not None:
                more["user"] = {**more.get("user", {}), "uid": user[0], "gid": user[1]}
            document = self.process_document(more)
        request = ExecRequest(stdin, stdout, stderr, fds, console_socket, cgroups, timeout)
        return Process(self, _document(document), request, detach, ignore_paused)

    def process_document(self, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The container's own process object, changed: lists in env, groups and capabilities are added to."""
        text = _document(changes or {})
        with self._handle.borrowed() as c:
            result: dict[str, Any] = call_for_document(
                lib.contain_process_json, c, text, len(text)
            )
        return result

    def _exit_status(self, timeout_ms: int) -> ExitStatus | None:
        """How the process ended; None while it runs."""
        ret = Exit(size=sizeof(Exit))
        try:
            with self._handle.borrowed() as c:
                call(lib.contain_wait, c, timeout_ms, byref(ret))
        except Timeout:
            return None
        return ExitStatus._read(ret)

    def _running_pidfd(self) -> int | None:
        try:
            return self.pidfd()
        except NotRunning as error:
            if error.errno != errno.ESRCH:
                raise
            return None  # it has ended meanwhile

    def _end_fds(self) -> list[int]:
        """What becomes readable when it may have ended; the pidfd works when the handle is closed, too."""
        fds: list[int] = []
        try:
            fds.append(self.pidfd())
            fds.append(self.exit_fd())
        except NotRunning:
            pass
        except BaseException:
            for fd in fds:
                os.close(fd)
            raise
        return fds

    def destroy(self, *, force: bool = False) -> None:
        """Removes the container; with `force`, also one that runs."""
        flags = DestroyFlags.FORCE if force else DestroyFlags(0)
        with self._handle.borrowed() as c:
            call(lib.contain_destroy, c, int(flags))
            self._created_here = False

    def become(self) -> NoReturn:
        """Replaces this process by the container's: like os.execv(), it flushes and closes nothing."""
        with self._handle.borrowed() as c:
            call(lib.contain_become, c)
        raise AssertionError("contain_become() returned without an error")

    # --- looking at it -------------------------------------------------------------------------

    def status(self) -> Status:
        """The container's status now."""
        with self._handle.borrowed() as c:
            return Status(call(lib.contain_status, c))

    def state(self) -> dict[str, Any]:
        """The state object of the runtime-spec, with rootfs, created and owner besides."""
        with self._handle.borrowed() as c:
            result: dict[str, Any] = call_for_document(lib.contain_state_json, c)
        return result

    def stats(self) -> dict[str, Any]:
        """What it has used, and may use: cpu, cpuset, memory, pids, blkio, hugetlb, intel_rdt, network_interfaces.

        Nanoseconds and bytes. What the kernel does not tell is not there.
        """
        with self._handle.borrowed() as c:
            result: dict[str, Any] = call_for_document(lib.contain_stats_json, c)
        return result

    def processes(self) -> list[int]:
        """The pids of all its processes as the caller sees them. For display, as pid is."""
        with self._handle.borrowed() as c:
            result: list[int] = call_for_document(lib.contain_processes_json, c)
        return result

    @property
    def pid(self) -> int:
        """The process as the caller sees it, 0 when there is none. For display: see pidfd()."""
        with self._handle.borrowed() as c:
            pid: int = lib.contain_pid(c)
        return pid

    def exit_fd(self) -> int:
        """A new descriptor that is readable when wait() is to be asked. Never read from it."""
        with self._handle.borrowed() as c:
            return call(lib.contain_exit_fd, c)

    def pidfd(self) -> int:
        """The process as a new descriptor, for os.waitid(), poll() or signal.pidfd_send_signal()."""
        with self._handle.borrowed() as c:
            return call(lib.contain_pidfd, c)

    def console_fd(self) -> int:
        """The master end of the container's terminal, as a new descriptor."""
        with self._handle.borrowed() as c:
            return call(lib.contain_console_fd, c)

    def notify_fd(self) -> int:
        """A new descriptor that is readable when there is something to forward_notifications()."""
        with self._handle.borrowed() as c:
            return call(lib.contain_notify_fd, c)

    def forward_notifications(self, main_process: bool = False) -> bool:
        """Passes on what the program says of itself; True once it is ready."""
        with self._handle.borrowed() as c:
            return call(lib.contain_notify_forward, c, int(main_process)) > 0

    def event_fd(self) -> int:
        """A new descriptor that is readable when next_event() has one. Never read from it."""
        with self._handle.borrowed() as c:
            return call(lib.contain_event_fd, c)

    def next_event(self) -> Event | None:
        """The next event, once per handle and in order; None when there is none now."""
        with self._handle.borrowed() as c:
            number = call(lib.contain_event_next, c)
        return Event(number) if number else None

    def events(self) -> Iterator[Event]:
        """The events that have happened until now, without blocking."""
        while (event := self.next_event()) is not None:
            yield event

    async def events_async(self) -> AsyncIterator[Event]:
        """Each event as it happens, in the running event loop; ends when the container is destroyed."""
        while True:
            for event in self.events():
                yield event
                if event is Event.DESTROYED:
                    return
            await _wait.readable_async([self.event_fd()])
