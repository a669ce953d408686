# SPDX-License-Identifier: MIT
"""Run OCI containers in this process, through libcontain.

    result = contain.run(["uname", "-a"], rootfs="/", capture_output=True)

    with contain.Container("web") as web:
        web.load_bundle("/srv/web")
        web.create()
        web.start()
        status = web.wait(timeout=60)
"""

from ._descriptor import Descriptor, HasFileno
from ._deploy import DeployOptions
from ._image import ImageOptions, ImageProgress, UnpackOptions
from ._handle import StrPath, signal_number, version
from ._streams import Attachment, LogEntry, Logs
from .constants import (
    AttachFlags,
    Cause,
    CheckpointFlags,
    ErrorCode,
    Event,
    Flags,
    KeeperFlags,
    LogLevel,
    MountFlags,
    PlaceFlags,
    RunFlags,
    Status,
)
from .container import Container
from .context import Context, LogFunction
from .process import Process
from .errors import (
    AlreadyExists,
    Busy,
    Cancelled,
    CheckpointError,
    ConfigError,
    ContainError,
    Forked,
    HookError,
    ImageError,
    InvalidArgument,
    NotFound,
    NotRunning,
    ProgramError,
    SetupError,
    StateError,
    Timeout,
    Unsupported,
    WrongStatus,
)
from .exit_status import ExitStatus
from ._run import Result, run

__all__ = [
    "AlreadyExists",
    "AttachFlags",
    "Attachment",
    "Busy",
    "Cancelled",
    "Cause",
    "CheckpointError",
    "CheckpointFlags",
    "ConfigError",
    "ContainError",
    "Container",
    "Context",
    "DeployOptions",
    "Descriptor",
    "ErrorCode",
    "Event",
    "ExitStatus",
    "Flags",
    "Forked",
    "HasFileno",
    "HookError",
    "ImageError",
    "ImageOptions",
    "ImageProgress",
    "InvalidArgument",
    "KeeperFlags",
    "LogEntry",
    "LogFunction",
    "LogLevel",
    "Logs",
    "MountFlags",
    "NotFound",
    "NotRunning",
    "PlaceFlags",
    "Process",
    "ProgramError",
    "Result",
    "RunFlags",
    "SetupError",
    "StateError",
    "Status",
    "StrPath",
    "Timeout",
    "UnpackOptions",
    "Unsupported",
    "WrongStatus",
    "run",
    "signal_number",
    "version",
]
