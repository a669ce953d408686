# SPDX-License-Identifier: MIT
"""What containers share: where their state lives, how cgroups are managed, where log lines go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from ._handle import (
    Handle,
    StrPath,
    text,
    c_string,
    c_string_or_null,
    c_strings,
    call,
    call_for_document,
    call_for_object,
    lib,
)
from ._deploy import Deploying
from ._image import Imaging
from ._image_run import Configuring
from ._image_store import Storing
from ._lib import LOG_FN
from .constants import ConfigFlags, LogLevel

LogFunction = Callable[[LogLevel, str], None]


class Context(Imaging, Configuring, Deploying, Storing):
    """Settings and caches that containers share; any number of threads may use it.

    state_root      the folder under which each container has its state; by default /run/contain
                    for root, $XDG_RUNTIME_DIR/contain for other users
    cgroup_manager  "cgroupfs" (the default), "systemd" or "disabled"
    log             called with each log line, by the thread that called the library; it must not
                    use the container that is being logged about
    log_level       the least severe level that is wanted
    """

    def __init__(
        self,
        *,
        state_root: StrPath | None = None,
        cgroup_manager: str | None = None,
        log: LogFunction | None = None,
        log_level: LogLevel = LogLevel.WARNING,
    ) -> None:
        # Containers keep this thunk alive too: C may call it for as long as one of them lives.
        self._log = _log_thunk(log) if log is not None else None
        address = call_for_object(lib.contain_ctx_new)
        self._handle = Handle(address, lib.contain_ctx_ref, lib.contain_ctx_unref, self._log)
        try:
            with self._handle.borrowed() as ctx:
                if state_root is not None:
                    call(lib.contain_ctx_set_state_root, ctx, c_string(state_root))
                if cgroup_manager is not None:
                    call(lib.contain_ctx_set_cgroup_manager, ctx, c_string(cgroup_manager))
                if self._log is not None:
                    call(lib.contain_ctx_set_log, ctx, self._log, None, int(log_level))
        except BaseException:
            self._handle.close()
            raise

    def close(self) -> None:
        """Gives the context back; containers made from it go on."""
        self._handle.close()

    @property
    def closed(self) -> bool:
        return self._handle.closed

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def list_containers(self) -> list[dict[str, Any]]:
        """The state of each container under the state root, sorted by id."""
        with self._handle.borrowed() as ctx:
            result: list[dict[str, Any]] = call_for_document(lib.contain_list_json, ctx)
        return result

    def features(self) -> dict[str, Any]:
        """What this build and this kernel can do (runtime-spec, features.md)."""
        with self._handle.borrowed() as ctx:
            result: dict[str, Any] = call_for_document(lib.contain_features_json, ctx)
        return result

    def default_config(
        self,
        rootfs: StrPath | None = None,
        argv: Sequence[StrPath] | None = None,
        *,
        rootless: bool = False,
        subids: bool = False,
        terminal: bool = False,
    ) -> dict[str, Any]:
        """A complete config.json to start from; see CONTAIN_CONFIG_SUBIDS for what subids adds."""
        flags = ConfigFlags(0)
        if rootless:
            flags |= ConfigFlags.ROOTLESS
        if subids:
            flags |= ConfigFlags.SUBIDS
        if terminal:
            flags |= ConfigFlags.TERMINAL
        words = None if argv is None else c_strings(argv)
        root = c_string_or_null(rootfs)
        with self._handle.borrowed() as ctx:
            result: dict[str, Any] = call_for_document(
                lib.contain_default_config, ctx, root, words, int(flags)
            )
        return result


def _log_thunk(log: LogFunction) -> Any:
    def receive(_userdata: int | None, level: int, line: bytes) -> None:
        log(LogLevel(level), text(line))

    return LOG_FN(receive)
