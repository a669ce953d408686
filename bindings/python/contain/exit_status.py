# SPDX-License-Identifier: MIT
"""How a process ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._lib import Exit


@dataclass(frozen=True)
class ExitStatus:
    """How a container's process ended."""

    known: bool
    """False: the status was taken by another process; then there is no code and no signal."""
    code: int | None
    """The exit code; None when a signal ended it."""
    signal: int | None
    """The signal that ended it, or None."""
    core_dumped: bool
    oom_killed: bool = False
    """The kernel has killed a process in its cgroup for want of memory."""
    started_ns: int | None = field(default=None, compare=False)
    """When it was started, as time.time_ns() has it; None when not known."""
    ended_ns: int | None = field(default=None, compare=False)
    """When it had ended."""

    @classmethod
    def _read(cls, ret: Exit) -> ExitStatus:
        return cls(
            known=bool(ret.known),
            code=ret.code if ret.known and not ret.signo else None,
            signal=ret.signo or None,
            core_dumped=bool(ret.core),
            oom_killed=bool(ret.oom),
            started_ns=ret.started_nsec or None,
            ended_ns=ret.ended_nsec or None,
        )

    @property
    def ok(self) -> bool:
        """It is known to have exited with code 0."""
        return self.code == 0

    @property
    def returncode(self) -> int | None:
        """As subprocess has it: the exit code, or the negative signal; None when unknown."""
        return -self.signal if self.signal is not None else self.code
