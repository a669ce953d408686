# SPDX-License-Identifier: MIT
"""The exceptions. One class holds everything; the others exist to be caught by name."""

from __future__ import annotations

from .constants import Cause, ErrorCode


class ContainError(OSError):
    """A call failed.

    An OSError, because every failure has an errno. str() is the whole message in one line.
    """

    code: ErrorCode
    """What went wrong: permanent, the thing to compare."""
    cause: Cause
    """What it is due to: the configuration, the kernel, a lack of rights, this build."""
    pointer: str
    """The place in the configuration, as a JSON pointer; "" when it is not about one place."""
    step: str
    """The step of the plan that failed; "" when no step was at work."""
    sentence: str
    """What failed, without place, number and hint."""
    hint: str
    """What might help, or ""."""

    def __init__(
        self,
        errno: int,
        message: str,
        *,
        code: int = ErrorCode.SYSTEM,
        cause: int = Cause.OTHER,
        pointer: str = "",
        step: str = "",
        sentence: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(errno, message)
        self.code = ErrorCode(code)
        self.cause = Cause(cause)
        self.pointer = pointer
        self.step = step
        self.sentence = sentence or message
        self.hint = hint

    def __str__(self) -> str:
        return str(self.strerror)


class InvalidArgument(ContainError, ValueError):
    """An argument, such as an id, is not acceptable."""


class Forked(ContainError):
    """The handle belongs to the process that this one was forked from."""


class Busy(ContainError):
    """Too late or too early for this call on this handle."""


class Timeout(ContainError, TimeoutError):
    """The time given is over."""


class Cancelled(ContainError):
    """The caller gave the call up."""


class Unsupported(ContainError):
    """The kernel or this build of the library lacks what is asked for."""


class AlreadyExists(ContainError):
    """A container with this id exists."""


class NotFound(ContainError):
    """No container has this id."""


class WrongStatus(ContainError):
    """The container is not in the status that the call needs."""


class NotRunning(ContainError):
    """The container's process has ended."""


class StateError(ContainError):
    """The state directory, or a record in it, is unusable."""


class ConfigError(ContainError, ValueError):
    """The configuration is not valid: `pointer` says where."""


class SetupError(ContainError):
    """The container cannot be built: `pointer` and `step` say where."""


class HookError(SetupError):
    """A hook failed or took too long."""


class CheckpointError(ContainError):
    """The container cannot be checkpointed, or not be restored."""


class ImageError(ContainError):
    """An image is absent, damaged, not what its digest says, or of a kind that is not understood."""


class ProgramError(SetupError):
    """The container's program is absent or cannot be executed."""


_CLASSES: dict[int, type[ContainError]] = {
    ErrorCode.ARGUMENT: InvalidArgument,
    ErrorCode.ID: InvalidArgument,
    ErrorCode.FORKED: Forked,
    ErrorCode.BUSY: Busy,
    ErrorCode.TIMEOUT: Timeout,
    ErrorCode.UNSUPPORTED: Unsupported,
    ErrorCode.CANCELLED: Cancelled,
    ErrorCode.EXISTS: AlreadyExists,
    ErrorCode.NOT_FOUND: NotFound,
    ErrorCode.STATUS: WrongStatus,
    ErrorCode.NOT_RUNNING: NotRunning,
    ErrorCode.STATE: StateError,
    ErrorCode.HOOK: HookError,
    ErrorCode.PROGRAM: ProgramError,
    ErrorCode.CHECKPOINT: CheckpointError,
}

# The hundreds are the chapters of <contain/error.h>.
_CHAPTERS: dict[int, type[ContainError]] = {3: ConfigError, 4: SetupError, 6: ImageError}


def class_of(code: int) -> type[ContainError]:
    """The exception class for an error code."""
    return _CLASSES.get(code) or _CHAPTERS.get(code // 100, ContainError)
